import { type FormEvent, useEffect, useState } from "react";
import { ApiError } from "../../api/errors";
import { leaveAsStaff, providers } from "../../api/oidc";
import { signInStaff } from "../../api/session";
import { hasPasskeys, isCancelled, ownSession, signInByPasskey, signInByPassword } from "../../api/staff";
import type { OwnSession, Provider } from "../../api/types";
import { t } from "../../i18n";
import { useLoad } from "../../lib/hooks";
import { errorText, Note, Spinner } from "../../ui/bits";
import { staffProblem } from "../../ui/comeBack";
import { Header } from "../../ui/Header";
import mark from "../../ui/mark.svg";

export function Login({ again }: { again: boolean }) {
  const [username, setUsername] = useState("");
  const [password, setPassword] = useState("");
  const [otp, setOtp] = useState("");
  const [ways, setWays] = useState<string[]>([]);
  const [problem, setProblem] = useState(staffProblem);
  const [busy, setBusy] = useState(false);
  const others = useLoad("providers", () => providers("staff")).data ?? [];
  // the cookie may hold although this tab does not know: another tab, or back from a provider
  useEffect(() => { ownSession().then(enter, () => undefined); }, []);

  async function by(way: () => Promise<OwnSession>) {
    setBusy(true);
    setProblem("");
    try { enter(await way()); }
    catch (error) {
      const more = error instanceof ApiError && error.ways.length > 0 && error.code === "second_factor_required";
      if (error instanceof ApiError) setWays(error.ways);
      if (more && error.ways.includes("totp")) setOtp("");
      else if (more) setProblem(t("login_use_passkey"));
      else if (!isCancelled(error)) setProblem(error instanceof ApiError && error.code === "wrong_password" ? t("login_wrong") : errorText(error));
      setBusy(false);
    }
  }
  async function leave(provider: Provider) {
    setBusy(true);
    setProblem("");
    try { await leaveAsStaff(provider); } catch (error) { setProblem(errorText(error)); setBusy(false); }
  }
  function submit(e: FormEvent) {
    e.preventDefault();
    void by(() => signInByPassword(username.trim(), password, otp.trim()));
  }
  const wantsCode = ways.includes("totp");
  return (
    <>
      <Header />
      <main id="main" className="login" tabIndex={-1}>
        <form className="card pad stack login__card" onSubmit={submit}>
          <img src={mark} alt="" width={48} height={48} />
          <div><h1 style={{ fontSize: "1.5rem" }}>{t("login_title")}</h1><p className="muted">{t("login_hint")}</p></div>
          {again && !problem && <Note>{t("login_again")}</Note>}
          {problem && <Note kind="danger">{problem}</Note>}
          <div className="field"><label htmlFor="user">{t("login_user")}</label><input id="user" className="input" autoFocus required autoComplete="username webauthn" autoCapitalize="none" spellCheck={false} value={username} onChange={(e) => setUsername(e.target.value)} /></div>
          <div className="field"><label htmlFor="password">{t("login_password")}</label><input id="password" className="input" type="password" required autoComplete="current-password" value={password} onChange={(e) => setPassword(e.target.value)} /></div>
          {wantsCode && <div className="field"><label htmlFor="otp">{t("login_otp")}</label><input id="otp" className="input" autoFocus required minLength={6} maxLength={20} autoComplete="one-time-code" autoCapitalize="none" spellCheck={false} aria-describedby="otp-hint" value={otp} onChange={(e) => setOtp(e.target.value)} /><small id="otp-hint" className="muted">{t("login_otp_hint")}</small></div>}
          <button className="btn btn--primary" disabled={busy}>{busy && <Spinner />}{t("login_go")}</button>
          {(hasPasskeys() || others.length > 0) && <p className="muted small">{t("login_or")}</p>}
          {hasPasskeys() && <button type="button" id="passkey" className="btn" disabled={busy} onClick={() => void by(signInByPasskey)}>{t("login_passkey")}</button>}
          {others.map((one) => <button key={one.name} type="button" className="btn" disabled={busy} onClick={() => void leave(one)}>{t("login_with", { name: one.label })}</button>)}
        </form>
      </main>
    </>
  );
}

function enter(own: OwnSession) {
  if (own.limited) location.hash = "#/account";
  signInStaff(own.person);
}
