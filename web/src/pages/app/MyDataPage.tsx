import { type FormEvent, useState } from "react";
import { actOnDataRequest, askAboutData, correctMe, dataRequest, decideConsents, eraseMe, exportMe, me, myConsents, myRequests } from "../../api/endpoints";
import { signOut } from "../../api/session";
import type { Consents, DataRequest } from "../../api/types";
import { t } from "../../i18n";
import { useLoad, useNow, useSession } from "../../lib/hooks";
import { ago } from "../../lib/time";
import { Due, Empty, errorText, Failure, Note, Skeleton, Spinner, StatusBadge } from "../../ui/bits";
import { Icon } from "../../ui/Icon";
import { toast } from "../../ui/Toasts";
import { SignInDialog } from "./SignInDialog";

const KINDS = ["correction", "withdrawal", "restriction", "complaint"] as const;

/** What the law calls the rights of the data subject, as five cards. */
export function MyDataPage() {
  const who = useSession("citizen");
  const [login, setLogin] = useState(false);
  if (!who) return (
    <div className="stack"><h1>{t("data_title")}</h1>
      <div className="card"><Empty icon="user"><p>{t("data_login")}</p><button className="btn btn--primary" onClick={() => setLogin(true)}>{t("login_go")}</button></Empty></div>
      <p className="muted small">{t("data_without_account")}</p>
      {login && <SignInDialog close={() => setLogin(false)} />}
    </div>
  );
  return <Signed key={who.access_token} />;
}

function Signed() {
  return (
    <div className="stack">
      <div className="between"><h1>{t("data_title")}</h1><a className="btn btn--small btn--plain" href="#/mine">{t("mine_title")}</a></div>
      <p className="muted">{t("data_lead")}</p>
      <ConsentsCard /><ProfileCard /><ExportCard /><RequestsCard /><EraseCard />
    </div>
  );
}

function ConsentsCard() {
  const { data, error, reload } = useLoad("consents", myConsents);
  const [now, setNow] = useState<Consents | null>(null);
  const [busy, setBusy] = useState("");
  const shown = now ?? data;
  async function decide(purpose: string, version: string, given: boolean) {
    setBusy(purpose);
    try { setNow(await decideConsents([{ purpose, version, given }])); toast(t(given ? "consent_given" : "consent_refused")); }
    catch (e) { toast(errorText(e)); }
    finally { setBusy(""); }
  }
  return (
    <section className="card pad stack" aria-labelledby="consents">
      <h2 id="consents"><Icon name="check" /> {t("consents_title")}</h2>
      {Boolean(error) && <Failure error={error} retry={reload} />}
      {!shown && !error && <Skeleton height={160} />}
      <ul className="stack">{shown?.texts.map((text) => {
        const state = shown.current[text.purpose];
        return (
          <li key={text.purpose} className="consent">
            <p className="small">{text.text}</p>
            {text.basis === "duty" ? <p className="muted small">{t("consent_duty")}</p> : (
              <div className="consent__choice" role="group" aria-label={text.text}>
                <button className={`btn btn--small ${state === true ? "btn--primary" : ""}`} aria-pressed={state === true} disabled={busy === text.purpose} onClick={() => void decide(text.purpose, text.version, true)}>{t("consent_yes")}</button>
                <button className={`btn btn--small ${state === false ? "btn--primary" : ""}`} aria-pressed={state === false} disabled={busy === text.purpose} onClick={() => void decide(text.purpose, text.version, false)}>{t(state === true ? "consent_withdraw" : "consent_no")}</button>
                {state === null && <span className="muted small">{t("consent_none")}</span>}
              </div>)}
          </li>);
      })}</ul>
    </section>
  );
}

function ProfileCard() {
  const { data } = useLoad("me", me);
  const [name, setName] = useState<string | null>(null);
  const [email, setEmail] = useState("");
  const [busy, setBusy] = useState(false);
  async function save(e: FormEvent) {
    e.preventDefault();
    setBusy(true);
    try { await correctMe({ ...(name !== null ? { name } : {}), ...(email.trim() ? { email: email.trim() } : {}) }); toast(t("profile_saved")); setEmail(""); }
    catch (error) { toast(errorText(error)); }
    finally { setBusy(false); }
  }
  return (
    <section className="card pad stack" aria-labelledby="profile">
      <h2 id="profile"><Icon name="user" /> {t("profile_title")}</h2>
      <form className="stack" onSubmit={(e) => void save(e)}>
        <p className="muted small">{t("contact_phone")}: <span className="num">{data?.phone ?? "—"}</span></p>
        <div className="field"><label htmlFor="p-name">{t("contact_name")}</label><input id="p-name" className="input" autoComplete="name" maxLength={120} value={name ?? data?.name ?? ""} onChange={(e) => setName(e.target.value)} /></div>
        <div className="field"><label htmlFor="p-email">{t("contact_email")}</label><input id="p-email" className="input" type="email" autoComplete="email" maxLength={200} value={email} onChange={(e) => setEmail(e.target.value)} /></div>
        <div><button className="btn" disabled={busy || (name === null && !email.trim())}>{busy && <Spinner />}{t("save")}</button></div>
      </form>
    </section>
  );
}

function ExportCard() {
  const [busy, setBusy] = useState(false);
  async function take() {
    setBusy(true);
    try {
      const link = document.createElement("a");
      link.href = URL.createObjectURL(await exportMe());
      link.download = "hien-truong-du-lieu-cua-toi.zip";
      link.click();
      setTimeout(() => URL.revokeObjectURL(link.href), 10_000);
    } catch (error) { toast(errorText(error)); }
    finally { setBusy(false); }
  }
  return (
    <section className="card pad stack" aria-labelledby="export">
      <h2 id="export"><Icon name="download" /> {t("export_title")}</h2>
      <p className="muted small">{t("export_hint")}</p>
      <div><button className="btn" disabled={busy} onClick={() => void take()}>{busy && <Spinner />}{t("export_go")}</button></div>
    </section>
  );
}

function RequestsCard() {
  const now = useNow();
  const { data, error, reload } = useLoad("requests", myRequests);
  const [kind, setKind] = useState<(typeof KINDS)[number]>("correction");
  const [text, setText] = useState("");
  const [busy, setBusy] = useState(false);
  async function send(e: FormEvent) {
    e.preventDefault();
    setBusy(true);
    try { const filed = await askAboutData(kind, text.trim()); setText(""); toast(t("request_sent", { code: filed.code })); reload(); }
    catch (problem) { toast(errorText(problem)); }
    finally { setBusy(false); }
  }
  return (
    <section className="card pad stack" aria-labelledby="requests">
      <h2 id="requests"><Icon name="clock" /> {t("requests_title")}</h2>
      <p className="muted small">{t("requests_hint")}</p>
      <form className="stack" onSubmit={(e) => void send(e)}>
        <div className="field"><label htmlFor="r-kind">{t("request_kind")}</label>
          <select id="r-kind" className="input" value={kind} onChange={(e) => setKind(e.target.value as (typeof KINDS)[number])}>{KINDS.map((each) => <option key={each} value={each}>{t(`request_${each}`)}</option>)}</select></div>
        <div className="field"><label htmlFor="r-text">{t("request_text")}</label><textarea id="r-text" className="input" rows={3} maxLength={2000} value={text} onChange={(e) => setText(e.target.value)} /></div>
        <div><button className="btn" disabled={busy || !text.trim()}>{busy && <Spinner />}{t("send")}</button></div>
      </form>
      {Boolean(error) && <Failure error={error} retry={reload} />}
      <ul className="stack">{data?.map((request: DataRequest) => (
        <li key={request.id} className="consent">
          <span className="between"><b>{request.kind.name}</b><StatusBadge status={request.status} label={request.state} /></span>
          <span className="between muted small"><span className="num">{request.code} · {ago(request.opened_at, now)}</span><Due at={request.due_at} now={now} overdue={request.overdue} done={request.closed_at !== null} /></span>
          {request.text && <p className="small">{request.text}</p>}
          {request.answer && <Note kind="ok" icon="check">{request.answer}</Note>}
          {(request.closed_at === null || request.kind.code === "restriction") && <RequestSteps id={request.id} done={reload} />}
        </li>))}</ul>
    </section>
  );
}

/** What the person may still do about a request: withdraw it, or lift the restriction that it brought. */
function RequestSteps({ id, done }: { id: string; done: () => void }) {
  const { data, reload } = useLoad(`request ${id}`, () => dataRequest(id));
  const [busy, setBusy] = useState(false);
  async function act(action: string) {
    setBusy(true);
    try { const after = await actOnDataRequest(id, action); toast(after.state); reload(); done(); }
    catch (error) { toast(errorText(error)); }
    finally { setBusy(false); }
  }
  if (!data?.actions.length) return null;
  return <span className="row">{data.actions.map((each) => <button key={each.name} className="btn btn--small" disabled={busy} onClick={() => void act(each.name)}>{busy && <Spinner />}{each.label}</button>)}</span>;
}

function EraseCard() {
  const [sure, setSure] = useState(false);
  const [busy, setBusy] = useState(false);
  async function erase() {
    setBusy(true);
    try { await eraseMe(); signOut("citizen"); toast(t("erase_done")); location.hash = "#/"; }
    catch (error) { toast(errorText(error)); }
    finally { setBusy(false); }
  }
  return (
    <section className="card pad stack" aria-labelledby="erase">
      <h2 id="erase"><Icon name="alert" /> {t("erase_title")}</h2>
      <p className="muted small">{t("erase_hint")}</p>
      {!sure ? <div><button className="btn" onClick={() => setSure(true)}>{t("erase_go")}</button></div> : <>
        <Note kind="danger" icon="alert">{t("erase_sure")}</Note>
        <div className="between"><button className="btn" onClick={() => setSure(false)}>{t("cancel")}</button><button className="btn btn--danger" disabled={busy} onClick={() => void erase()}>{busy && <Spinner />}{t("erase_yes")}</button></div></>}
    </section>
  );
}
