import { type FormEvent, type ReactNode, useEffect, useMemo, useState } from "react";
import { ApiError, fieldMessage, NetworkError } from "../../api/errors";
import { catalogueVersion, categories, consentTexts, fileReport } from "../../api/endpoints";
import type { ConsentText, FiledReport, Position, Upload } from "../../api/types";
import { local, t } from "../../i18n";
import { findCategory } from "../../lib/categories";
import { check } from "../../lib/form";
import { useLoad } from "../../lib/hooks";
import { answersOf, fieldsOf } from "../../lib/schema";
import { keep } from "../../lib/store";
import { emailLooksRight, phoneLooksRight } from "../../lib/text";
import { errorText, Failure, Note, Skeleton, Spinner } from "../../ui/bits";
import { FormFields } from "../../ui/FormFields";
import { Icon } from "../../ui/Icon";
import { PhotoField, type Sent } from "../../ui/PhotoField";
import { toast } from "../../ui/Toasts";
import { CategoryPicker } from "./CategoryPicker";
import { DonePage } from "./DonePage";
import { addMine, bodyOf, type Draft, dropDraft, hasContact, isBlank, keepDraft, loadDraft, newDraft, PUBLISH_PHOTO } from "./draft";
import { dropPhotos, mustGo, sendKept, sentAs } from "./kept";
import { KeptPage } from "./KeptPage";
import { Nearby } from "./Nearby";
import { PhotoConsent } from "./PhotoConsent";
import { PlaceStep } from "./PlaceStep";
import { onArrived, settle, wait } from "./queue";
import { keeper, useKeptPhotos } from "./useKeptPhotos";

const MOST_PHOTOS = 8, LONGEST = 2000;

/** Four steps on one page; nothing is lost when the connection or the tab is. */
export function FilePage() {
  const [draft, setDraft] = useState(loadDraft);
  const [uploading, setUploading] = useState(false);
  const [sending, setSending] = useState(false);
  const [tried, setTried] = useState(false);
  const [problem, setProblem] = useState<{ kind: "danger" | "warn"; text: string } | null>(() => (draft.refusal ? { kind: "danger", text: draft.refusal.text } : null));
  const [fields, setFields] = useState<{ pointer: string; detail: string }[]>(() => draft.refusal?.fields ?? []);
  const [done, setDone] = useState<FiledReport | null>(null);
  const [kept, setKept] = useState(false);
  const [located, setLocated] = useState(false);
  const { data: tree, error: noTree, reload } = useLoad("categories", categories);
  const { data: texts } = useLoad("consent-texts", consentTexts);
  const photoText = texts?.find((text) => text.purpose === PUBLISH_PHOTO);
  const patch = (change: Partial<Draft>) => setDraft((d) => ({ ...d, ...change }));
  useEffect(() => { if (kept || (isBlank(draft) && !draft.sent)) dropDraft(); else keepDraft(draft); }, [draft, kept]);
  const placed = (u: Upload) => { if (u.location) { const at = u.location; setDraft((d) => (d.location ? d : { ...d, location: at })); setLocated(true); } };
  const changePhoto = (key: string, next: Sent) => setDraft((d) => ({ ...d, photos: d.photos.map((p) => (p.key === key ? next : p)) }));
  useKeptPhotos(kept || done || sending ? [] : draft.photos, changePhoto, placed);
  useEffect(() => { if (draft.refusal && tree) showFirstWrong("auto"); }, [Boolean(tree)]); // eslint-disable-line
  // the queue may be faster than a second press of the button
  useEffect(() => onArrived(({ item, filed }) => { if (item.id === draft.id) setDone(filed); }), [draft.id]);

  const category = useMemo(() => findCategory(tree ?? [], draft.category), [tree, draft.category]);
  const questions = fieldsOf(category?.questions);
  const wrongAnswers = check(questions, draft.answers);
  const badPhone = draft.contact.phone.trim() !== "" && !phoneLooksRight(draft.contact.phone);
  const badEmail = draft.contact.email.trim() !== "" && !emailLooksRight(draft.contact.email);
  const photoMissing = Boolean(category?.photo_required) && draft.photos.length === 0;
  const needs: [boolean, string][] = [
    [photoMissing, t("need_photo")], [draft.photos.some((p) => p.error), t("need_photo_out")], [uploading, t("need_upload")], [!draft.location, t("need_place")], [!category, t("need_category")],
    [Object.keys(wrongAnswers).length > 0, t("need_answers")], [!draft.description.trim(), t("need_description")],
    [!draft.anonymous && badPhone, t("contact_phone").toLowerCase()], [!draft.anonymous && badEmail, t("contact_email").toLowerCase()],
    [hasContact(draft) && !draft.consents.includes("identity"), t("consent_needed")],
  ];
  const missing = needs.filter(([yes]) => yes).map(([, what]) => what);

  async function submit(e: FormEvent) {
    e.preventDefault();
    setTried(true);
    if (sending) return;
    if (missing.length) {
      // the first thing that is missing comes into view, with its words beside it
      requestAnimationFrame(() => showFirstWrong("smooth"));
      return;
    }
    setSending(true);
    setProblem(null);
    setFields([]);
    // a retry was written when the first try was: both must be the same body
    const captured_at = draft.sent?.captured_at ?? new Date().toISOString(), catalogue_version = draft.sent ? draft.sent.catalogue_version : catalogueVersion();
    const written = (photos: Sent[]) => ({ ...bodyOf({ ...draft, photos }, answersOf(category?.questions, draft.answers), texts ?? []), captured_at, ...(catalogue_version ? { catalogue_version } : {}) });
    let photos = draft.photos, first = draft.sent;
    try {
      for (const photo of draft.photos) {
        if (!photo.key || !mustGo(photo)) continue;
        const upload = await sendKept(photo.key);
        photos = photos.map((p) => (p.key === photo.key ? sentAs(p, upload) : p));
        changePhoto(photo.key, sentAs(photo, upload));
      }
      const body = written(photos);
      first ??= body;
      let filed: FiledReport;
      patch({ sent: first, refusal: null });
      keepDraft({ ...draft, photos, sent: first, refusal: null });
      try { filed = await fileReport(draft.id, body); }
      catch (error) {
        // the first try did arrive: ask for its receipt with the very same body
        if (!(error instanceof ApiError && error.status === 409 && draft.sent)) throw error;
        filed = await fileReport(draft.id, draft.sent);
        toast(t("app_first_kept"));
      }
      addMine({ id: filed.id, token: filed.track_token, code: filed.code, category: local(category?.name), at: new Date().toISOString() });
      if (!draft.anonymous) keep("ht.contact", draft.contact);
      dropDraft();
      void settle(filed.id).catch(() => undefined);
      void dropPhotos(draft.photos);
      setDone(filed);
    } catch (error) {
      // refused for sure, so the next try may differ; without an answer it may have arrived
      if (error instanceof ApiError && error.status < 500) patch({ sent: draft.sent });
      if (error instanceof ApiError) setFields(error.fields);
      if (!(error instanceof NetworkError)) { setProblem({ kind: "danger", text: errorText(error) }); return; }
      const item = { id: draft.id, draft: { ...draft, photos, refusal: null }, body: first ?? written(photos), title: local(category?.name), at: captured_at, tried: first !== null, refused: null };
      const waits = await wait(item).then(() => true, () => false);
      if (waits && !draft.anonymous) keep("ht.contact", draft.contact);
      // sure to be without a network: there is nothing to press again
      if (waits && !navigator.onLine) setKept(true);
      else setProblem({ kind: "warn", text: t(waits ? "app_unsure" : "error_network") });
    } finally { setSending(false); }
  }
  const startOver = () => { setDraft(newDraft()); setDone(null); setKept(false); setTried(false); setProblem(null); setLocated(false); window.scrollTo(0, 0); };
  const clear = () => { void dropPhotos(draft.photos); void settle(draft.id).catch(() => undefined); startOver(); };
  if (done) return <DonePage filed={done} again={startOver} />;
  if (kept) return <KeptPage photos={draft.photos.length} again={startOver} />;

  const says = (name: string) => fieldMessage(fields, name);
  const contactField = (name: "name" | "phone" | "email", type: string, auto: string, wrong: string | undefined) => (
    <div className="field"><label htmlFor={`c-${name}`}>{t(`contact_${name}`)}</label>
      <input id={`c-${name}`} className="input" type={type} autoComplete={auto} value={draft.contact[name]} aria-invalid={wrong ? true : undefined} onChange={(e) => patch({ contact: { ...draft.contact, [name]: e.target.value } })} />
      {wrong && <span className="field__error" role="alert">{wrong}</span>}</div>
  );
  return (
    <form className="file" onSubmit={(e) => void submit(e)} noValidate>
      <header><h1>{t("app_title")}</h1><p className="muted">{t("app_lead")}</p></header>
      {Boolean(noTree) && <Failure error={noTree} retry={reload} />}

      <Step n={1} title={t("step_photo")} ok={draft.photos.length > 0}>
        <PhotoField big label={t("photo_add")} max={MOST_PHOTOS} value={draft.photos} onChange={(photos) => patch({ photos })} onBusy={setUploading}
          onUploaded={placed} keeper={keeper}
          error={says("uploads") ?? (tried && photoMissing ? t("photo_required") : undefined)} />
        <p className="field__hint">{t("photo_hint", { n: MOST_PHOTOS })}</p>
        {draft.photos.length > 0 && <label className="check"><input type="checkbox" checked={draft.shows_children} onChange={(e) => patch({ shows_children: e.target.checked })} /><span><b>{t("photo_children")}</b><br /><span className="muted small">{t("photo_children_hint")}</span></span></label>}
        {draft.photos.length > 0 && photoText && <PhotoConsent text={photoText} answer={draft.publish_photo} choose={(publish_photo) => patch({ publish_photo })} />}
        {located && draft.location && <Note kind="ok" icon="pin">{t("photo_located")}</Note>}
      </Step>

      <Step n={2} title={t("step_place")} ok={Boolean(draft.location)}>
        <PlaceStep at={draft.location} set={(location: Position) => { setLocated(false); patch({ location }); }} error={says("location") ?? says("lat") ?? (tried && !draft.location ? t("place_needed") : undefined)} />
        <div className="field"><label htmlFor="address">{t("place_address")} <span className="field__hint">· {t("optional")}</span></label>
          <input id="address" className="input" maxLength={300} placeholder={t("place_address_hint")} value={draft.address} onChange={(e) => patch({ address: e.target.value })} /></div>
      </Step>

      <Step n={3} title={t("step_what")} ok={Boolean(category && draft.description.trim())}>
        {tree ? <CategoryPicker tree={tree} value={category} pick={(code) => patch({ category: code, answers: {} })} error={says("category") ?? (tried && !category ? t("form_required") : undefined)} /> : !noTree && <Skeleton height={160} />}
        {category?.photo_required && photoMissing && <Note kind="warn" icon="camera">{t("photo_required")}</Note>}
        {questions.length > 0 && <FormFields fields={questions} values={draft.answers} errors={Object.fromEntries(questions.map((q) => [q.name, says(q.name) ?? (tried ? wrongAnswers[q.name] : undefined)]))} onChange={(answers) => patch({ answers })} />}
        <div className="field"><label htmlFor="description">{t("what_description")}</label>
          <textarea id="description" className="input" rows={4} maxLength={LONGEST} placeholder={t("what_description_hint")} value={draft.description} aria-invalid={tried && !draft.description.trim() ? true : undefined} onChange={(e) => patch({ description: e.target.value })} />
          {(says("description") ?? (tried && !draft.description.trim() ? t("form_required") : "")) && <span className="field__error" role="alert">{says("description") ?? t("form_required")}</span>}</div>
        {draft.location && category && <Nearby at={draft.location} category={category.code} description={draft.description} />}
      </Step>

      <Step n={4} title={t("step_send")} note={t("optional")} ok={draft.anonymous || Boolean(draft.contact.phone.trim() && !badPhone)}>
        <label className="check"><input type="checkbox" checked={draft.anonymous} onChange={(e) => patch({ anonymous: e.target.checked })} /><span><b>{t("contact_anonymous")}</b><br /><span className="muted small">{t("contact_anonymous_hint")}</span></span></label>
        {!draft.anonymous && <>
          <div className="file__two">{contactField("name", "text", "name", says("name"))}{contactField("phone", "tel", "tel", says("phone") ?? (badPhone && tried ? t("contact_bad_phone") : undefined))}</div>
          {contactField("email", "email", "email", says("email") ?? (badEmail && tried ? t("contact_bad_email") : undefined))}
          <p className="field__hint">{t("contact_hint")}</p>
          {hasContact(draft) && texts && <ConsentStep texts={texts.filter((text) => text !== photoText)} chosen={draft.consents} choose={(consents) => patch({ consents })} missing={tried} />}
        </>}
      </Step>

      <div className="file__send">
        {problem && <Note kind={problem.kind} icon={problem.kind === "warn" ? "offline" : "alert"}>{problem.text}</Note>}
        <p className={`small ${tried && missing.length ? "field__error" : "muted"}`} role="status">{missing.length ? t("missing", { list: missing.join(", ") }) : t("ready")}</p>
        <button className="btn btn--primary btn--big" disabled={sending}>{sending ? <><Spinner />{t("app_sending")}</> : <>{t("app_send")}<Icon name="right" /></>}</button>
        {!isBlank(draft) && <p className="between small muted">{t("app_saved")}<button type="button" className="btn btn--plain btn--small" onClick={() => { if (confirm(t("app_clear_sure"))) clear(); }}>{t("app_clear")}</button></p>}
      </div>
    </form>
  );
}

const showFirstWrong = (behavior: ScrollBehavior) => document.querySelector(".file .field__error")?.closest(".step, .file__send")?.scrollIntoView({ behavior, block: "start" });

/** Shown once a contact is typed; nothing is ticked in advance, each tick is a decision of its own. */
function ConsentStep({ texts, chosen, choose, missing }: { texts: ConsentText[]; chosen: string[]; choose: (purposes: string[]) => void; missing: boolean }) {
  return (
    <fieldset className="stack consents"><legend className="small">{t("consent_ask")}</legend>
      {texts.filter((text) => text.basis === "consent").map((text) => (
        <label key={text.purpose} className="check"><input type="checkbox" checked={chosen.includes(text.purpose)} onChange={(e) => choose(e.target.checked ? [...chosen, text.purpose] : chosen.filter((each) => each !== text.purpose))} />
          <span className="small">{text.text}{text.purpose === "identity" && <> <b>· {t("required")}</b></>}</span></label>))}
      {missing && !chosen.includes("identity") && <span className="field__error" role="alert">{t("consent_missing")}</span>}
    </fieldset>
  );
}

function Step({ n, title, note, ok, children }: { n: number; title: string; note?: string; ok: boolean; children: ReactNode }) {
  return (
    <section className="card step" aria-labelledby={`step-${n}`}>
      <h2 id={`step-${n}`}><span className={`step__n num ${ok ? "step__n--ok" : ""}`}>{ok ? <Icon name="check" size={18} /> : n}</span>{title}{note && <small className="muted">{note}</small>}</h2>
      <div className="stack">{children}</div>
    </section>
  );
}
