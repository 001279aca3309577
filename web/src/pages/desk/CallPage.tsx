import { type FormEvent, useEffect, useRef, useState } from "react";
import { cases, categories } from "../../api/endpoints";
import { ApiError, fieldMessage, NetworkError } from "../../api/errors";
import type { FiledReport } from "../../api/types";
import { t } from "../../i18n";
import { findCategory } from "../../lib/categories";
import { useLoad } from "../../lib/hooks";
import { answersOf, fieldsOf } from "../../lib/schema";
import { phoneLooksRight } from "../../lib/text";
import { dateTime } from "../../lib/time";
import { errorText, Failure, Note, Skeleton, Spinner } from "../../ui/bits";
import { FormFields } from "../../ui/FormFields";
import { Icon } from "../../ui/Icon";
import { CategoryPicker } from "../app/CategoryPicker";
import { bodyOf, type Draft } from "../app/draft";
import { PlaceStep } from "../app/PlaceStep";
import { newCall, sendCall } from "./callDraft";
import { CallNearby } from "./CallNearby";
import { caseChanged } from "./useCases";

/** What somebody tells on the telephone, in the order in which people tell it: what, where, who. */
export function CallPage({ back }: { back: string }) {
  const [draft, setDraft] = useState(newCall);
  const [tried, setTried] = useState(false);
  const [busy, setBusy] = useState(false);
  const [problem, setProblem] = useState<{ kind: "danger" | "warn"; text: string } | null>(null);
  const [fields, setFields] = useState<{ pointer: string; detail: string }[]>([]);
  const [done, setDone] = useState<FiledReport | null>(null);
  const form = useRef<HTMLFormElement>(null);
  const { data: tree, error: noTree, reload } = useLoad("categories", categories);
  const patch = (change: Partial<Draft>) => setDraft((d) => ({ ...d, ...change }));
  const category = findCategory(tree ?? [], draft.category);
  // a caller cannot always answer, so nothing that is asked of a citizen's form is required here
  const questions = fieldsOf(category?.questions).map((q) => ({ ...q, required: false }));
  const badPhone = !draft.anonymous && draft.contact.phone.trim() !== "" && !phoneLooksRight(draft.contact.phone);
  const missing = ([[!category, t("need_category")], [!draft.description.trim(), t("need_description")], [!draft.location, t("need_place")], [badPhone, t("contact_phone").toLowerCase()]] as [boolean, string][]).filter(([yes]) => yes).map(([, what]) => what);
  useEffect(() => { document.title = `${t("call_title")} – ${t("brand")}`; });

  async function submit(e: FormEvent) {
    e.preventDefault();
    setTried(true);
    if (busy) return;
    if (missing.length) { requestAnimationFrame(() => form.current?.querySelector(".field__error")?.scrollIntoView({ behavior: "smooth", block: "center" })); return; }
    setBusy(true);
    setProblem(null);
    setFields([]);
    const body = bodyOf(draft, answersOf(category?.questions, draft.answers));
    const sent = draft.sent;
    patch({ sent: sent ?? body });
    try { setDone(await sendCall(draft.id, body, sent)); caseChanged(); } catch (error) {
      // refused for sure, so the next try may differ; without an answer it may have arrived
      if (error instanceof ApiError && error.status < 500) { patch({ sent }); setFields(error.fields); }
      setProblem(error instanceof NetworkError ? { kind: "warn", text: t("call_unsure") } : { kind: "danger", text: errorText(error) });
    } finally { setBusy(false); }
  }
  if (done) return <CallDone filed={done} back={back} again={() => { setDraft(newCall()); setDone(null); setTried(false); }} />;

  const says = (name: string) => fieldMessage(fields, name);
  const descriptionError = says("description") ?? (tried && !draft.description.trim() ? t("form_required") : undefined);
  const contact = (name: "name" | "phone", type: string, wrong: string | undefined) => (
    <div className="field"><label htmlFor={`call-${name}`}>{t(`contact_${name}`)} <span className="field__hint">· {t("optional")}</span></label>
      <input id={`call-${name}`} className="input" type={type} autoComplete="off" value={draft.contact[name]} aria-invalid={wrong ? true : undefined} onChange={(e) => patch({ contact: { ...draft.contact, [name]: e.target.value } })} />
      {wrong && <span className="field__error" role="alert">{wrong}</span>}</div>
  );
  return (
    <form ref={form} className="call" onSubmit={(e) => void submit(e)} noValidate>
      <header className="call__head"><a className="icon-button" href={back} aria-label={t("back")}><Icon name="left" /></a><div><h1>{t("call_title")}</h1><p className="muted small">{t("call_lead")}</p></div></header>
      {Boolean(noTree) && <Failure error={noTree} retry={reload} />}
      <div className="call__cols">
        <section className="card pad stack call__what" aria-labelledby="call-what"><h2 id="call-what" className="case__h">{t("call_what")}</h2>
          {tree ? <CategoryPicker tree={tree} value={category} pick={(code) => patch({ category: code, answers: {} })} error={says("category") ?? (tried && !category ? t("form_required") : undefined)} /> : !noTree && <Skeleton height={160} />}
          <div className="field"><label htmlFor="call-description">{t("call_description")}</label>
            <textarea id="call-description" className="input" rows={5} maxLength={4000} value={draft.description} aria-invalid={descriptionError ? true : undefined} onChange={(e) => patch({ description: e.target.value })} />
            {descriptionError && <span className="field__error" role="alert">{descriptionError}</span>}</div>
          {questions.length > 0 && <><h3 className="label">{t("call_questions")}</h3><FormFields fields={questions} values={draft.answers} errors={Object.fromEntries(questions.map((q) => [q.name, says(q.name)]))} onChange={(answers) => patch({ answers })} /></>}
        </section>
        <section className="card pad stack call__where" aria-labelledby="call-where"><h2 id="call-where" className="case__h">{t("call_where")}</h2>
          <div className="field"><label htmlFor="call-address">{t("call_address")}</label>
            <input id="call-address" className="input" maxLength={300} placeholder={t("call_address_hint")} value={draft.address} onChange={(e) => patch({ address: e.target.value })} /></div>
          <PlaceStep here={false} at={draft.location} set={(location) => patch({ location })} error={says("location") ?? says("lat") ?? (tried && !draft.location ? t("place_needed") : undefined)} />
        </section>
        {draft.location && <CallNearby at={draft.location} description={draft.description} />}
        <section className="card pad stack call__who" aria-labelledby="call-who"><h2 id="call-who" className="case__h">{t("call_who")}</h2>
          <label className="check"><input type="checkbox" checked={draft.anonymous} onChange={(e) => patch({ anonymous: e.target.checked })} /><span><b>{t("call_anonymous")}</b><br /><span className="muted small">{t("call_anonymous_hint")}</span></span></label>
          {!draft.anonymous && <div className="file__two">{contact("name", "text", says("name"))}{contact("phone", "tel", says("phone") ?? (badPhone && tried ? t("contact_bad_phone") : undefined))}</div>}
          {problem && <Note kind={problem.kind} icon={problem.kind === "warn" ? "offline" : "alert"}>{problem.text}</Note>}
          <p className={`small ${tried && missing.length ? "field__error" : "muted"}`} role="status">{missing.length ? t("missing", { list: missing.join(", ") }) : t("ready")}</p>
          <button className="btn btn--primary btn--big" disabled={busy}>{busy && <Spinner />}{busy ? t("app_sending") : t("call_send")}</button>
        </section>
      </div>
    </form>
  );
}

function CallDone({ filed, back, again }: { filed: FiledReport; back: string; again: () => void }) {
  const title = useRef<HTMLHeadingElement>(null);
  // the receipt names the report; the case that it is in is found by its code
  const { data } = useLoad(`filed:${filed.code}`, () => cases({ q: filed.code }, null, 1).then((page) => page.items[0] ?? null));
  useEffect(() => { title.current?.focus(); }, []);
  return (
    <section className="call"><div className="card pad stack call__done">
      <span className="done__mark"><Icon name="check" size={32} /></span>
      <div><h1 ref={title} tabIndex={-1}>{t("call_done")}</h1><p className="muted">{t("call_done_read")}</p></div>
      <p className="call__code num">{filed.code}</p>
      <dl className="facts"><dt>{t("done_to")}</dt><dd>{filed.department.name}</dd><dt>{t("done_area")}</dt><dd>{filed.area.name}</dd><dt>{t("done_due")}</dt><dd className="num">{dateTime(filed.due_at)}</dd></dl>
      <div className="row"><button className="btn btn--primary" onClick={again}><Icon name="plus" size={18} />{t("call_next")}</button>
        {data && <a className="btn" href={`#/case/${data.id}`}>{t("call_open")}</a>}<a className="btn btn--plain" href={back}>{t("list_title")}</a></div>
    </div></section>
  );
}
