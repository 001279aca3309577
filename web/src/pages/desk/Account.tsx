import { type FormEvent, useState } from "react";
import { signInStaff } from "../../api/session";
import { addPasskey, beginTotp, confirmTotp, endSession, factors, hasPasskeys, isCancelled, ownSession, removePasskey, removeTotp, sessions } from "../../api/staff";
import { type Key, t } from "../../i18n";
import { deviceName } from "../../lib/device";
import { useLoad } from "../../lib/hooks";
import { dateTime } from "../../lib/time";
import { errorText, Failure, Note } from "../../ui/bits";
import { QrCode } from "../../ui/QrCode";
import { toast } from "../../ui/Toasts";

/** How one signs in: passkeys, an authenticator app, and where one is signed in. */
export function Account() {
  const own = useLoad("own-session", ownSession);
  const [problem, setProblem] = useState("");
  const set = useLoad("factors", factors);
  async function run(what: () => Promise<unknown>) {
    setProblem("");
    try {
      await what();
      set.reload();
      const now = await ownSession();
      own.set(now);
      signInStaff(now.person);
    } catch (error) { if (!isCancelled(error)) setProblem(errorText(error)); }
  }
  return (
    <main id="main" className="account stack" tabIndex={-1}>
      <h1>{t("account_title")}</h1>
      {own.data?.limited && <Note kind="warn">{t("account_must")}</Note>}
      {problem && <Note kind="danger">{problem}</Note>}
      {set.error !== undefined && <Failure error={set.error} retry={set.reload} />}
      {set.data && <Passkeys keys={set.data.passkeys} run={run} />}
      {set.data && <App on={set.data.totp} left={set.data.recovery_codes} run={run} />}
      <Sessions />
    </main>
  );
}

type Run = (what: () => Promise<unknown>) => Promise<void>;

function Passkeys({ keys, run }: { keys: { id: string; name: string; used_at: string | null }[]; run: Run }) {
  const [name, setName] = useState("");
  function add(e: FormEvent) {
    e.preventDefault();
    void run(async () => { await addPasskey(name.trim()); setName(""); toast(t("passkey_added")); });
  }
  return (
    <section className="card pad stack">
      <div><h2>{t("passkeys")}</h2><p className="muted">{t("passkeys_hint")}</p></div>
      {keys.map((key) => (
        <div key={key.id} className="between">
          <span><b>{key.name}</b> <small className="muted">{key.used_at ? t("passkey_used", { at: dateTime(key.used_at) }) : t("passkey_unused")}</small></span>
          <button className="btn btn--small" onClick={() => void run(() => removePasskey(key.id))}>{t("passkey_remove", { name: key.name })}</button>
        </div>
      ))}
      {hasPasskeys() ? (
        <form className="stack" onSubmit={add}>
          <div className="field"><label htmlFor="passkey-name">{t("passkey_name")}</label><input id="passkey-name" className="input" required maxLength={60} placeholder={t("passkey_name_hint")} value={name} onChange={(e) => setName(e.target.value)} /></div>
          <button className="btn btn--primary" id="passkey-add">{t("passkey_add")}</button>
        </form>
      ) : <p className="muted">{t("passkey_none")}</p>}
    </section>
  );
}

function App({ on, left, run }: { on: boolean; left: number; run: Run }) {
  const [begun, setBegun] = useState<{ secret: string; url: string }>();
  const [code, setCode] = useState("");
  const [codes, setCodes] = useState<string[]>([]);
  function confirm(e: FormEvent) {
    e.preventDefault();
    void run(async () => { setCodes(await confirmTotp(code.trim())); setBegun(undefined); setCode(""); });
  }
  return (
    <section className="card pad stack">
      <div><h2>{t("totp")}</h2><p className="muted">{on ? t("totp_on", { n: left }) : t("totp_hint")}</p></div>
      {codes.length > 0 && (
        <div className="stack">
          <Note kind="warn">{t("totp_codes_hint")}</Note>
          <h3>{t("totp_codes")}</h3>
          <pre className="account__codes">{codes.join("\n")}</pre>
          <button className="btn" onClick={() => setCodes([])}>{t("totp_kept")}</button>
        </div>
      )}
      {on ? <button className="btn" onClick={() => void run(removeTotp)}>{t("totp_remove")}</button>
        : begun ? (
          <form className="stack" onSubmit={confirm}>
            <p>{t("totp_how")}</p>
            <div className="account__enrol">
              <QrCode text={begun.url} label={t("totp_qr")} />
              <div className="stack">
                <p>{t("totp_secret")}:<br /><code className="account__secret">{begun.secret.replace(/(.{4})/g, "$1 ")}</code></p>
                <a className="btn btn--small" href={begun.url}>{t("totp_open")}</a>
              </div>
            </div>
            <div className="field"><label htmlFor="totp-code">{t("login_otp")}</label><input id="totp-code" className="input" required pattern="[0-9]{6}" inputMode="numeric" autoComplete="one-time-code" value={code} onChange={(e) => setCode(e.target.value)} /></div>
            <button className="btn btn--primary">{t("totp_confirm")}</button>
          </form>
        ) : <button className="btn" onClick={() => void run(async () => setBegun(await beginTotp()))}>{t("totp_add")}</button>}
    </section>
  );
}

function Sessions() {
  const { data, error, reload } = useLoad("sessions", sessions);
  const end = (id: string) => endSession(id).then(() => { toast(t("session_ended")); reload(); }, (problem: unknown) => toast(errorText(problem)));
  return (
    <section className="card pad stack">
      <h2>{t("sessions")}</h2>
      {error !== undefined && <Failure error={error} retry={reload} />}
      {data?.map((one) => (
        <div key={one.id} className="between">
          <span title={one.user_agent}><b>{deviceName(one.user_agent) || t("session_program")}</b> <small className="muted num">{t(`method_${one.method}` as Key)} · {dateTime(one.seen_at)}</small></span>
          {one.current ? <span className="badge">{t("session_here")}</span> : <button className="btn btn--small" onClick={() => void end(one.id)}>{t("session_end")}</button>}
        </div>
      ))}
    </section>
  );
}
