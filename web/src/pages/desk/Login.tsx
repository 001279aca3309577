import { type FormEvent, useState } from "react";
import { ApiError } from "../../api/errors";
import { signInStaff } from "../../api/endpoints";
import { signIn } from "../../api/session";
import { t } from "../../i18n";
import { errorText, Note, Spinner } from "../../ui/bits";
import { Header } from "../../ui/Header";
import mark from "../../ui/mark.svg";

export function Login({ again }: { again: boolean }) {
  const [username, setUsername] = useState("");
  const [password, setPassword] = useState("");
  const [problem, setProblem] = useState("");
  const [busy, setBusy] = useState(false);
  async function submit(e: FormEvent) {
    e.preventDefault();
    setBusy(true);
    setProblem("");
    try { signIn(await signInStaff(username.trim(), password), {}, "staff"); }
    catch (error) { setProblem(error instanceof ApiError && (error.status === 401 || error.status === 403) ? t("login_wrong") : errorText(error)); setBusy(false); }
  }
  return (
    <>
      <Header />
      <main id="main" className="login" tabIndex={-1}>
        <form className="card pad stack login__card" onSubmit={(e) => void submit(e)}>
          <img src={mark} alt="" width={48} height={48} />
          <div><h1 style={{ fontSize: "1.5rem" }}>{t("login_title")}</h1><p className="muted">{t("login_hint")}</p></div>
          {again && !problem && <Note>{t("login_again")}</Note>}
          {problem && <Note kind="danger">{problem}</Note>}
          <div className="field"><label htmlFor="user">{t("login_user")}</label><input id="user" className="input" autoFocus required autoComplete="username" autoCapitalize="none" spellCheck={false} value={username} onChange={(e) => setUsername(e.target.value)} /></div>
          <div className="field"><label htmlFor="password">{t("login_password")}</label><input id="password" className="input" type="password" required autoComplete="current-password" value={password} onChange={(e) => setPassword(e.target.value)} /></div>
          <button className="btn btn--primary" disabled={busy}>{busy && <Spinner />}{t("login_go")}</button>
        </form>
      </main>
    </>
  );
}
