import { type FormEvent, useEffect, useState } from "react";
import { onStepUp } from "../api/client";
import type { Way } from "../api/errors";
import { ApiError } from "../api/errors";
import { leaveAsStaff, providers } from "../api/oidc";
import { isCancelled, prove, proveByPasskey } from "../api/staff";
import { t } from "../i18n";
import { useLoad } from "../lib/hooks";
import { errorText, Note, Spinner } from "./bits";
import { Dialog } from "./Dialog";

interface Asked { ways: Way[]; answer: (proved: boolean) => void }

/** Asks staff to prove anew who they are, when the server wants that; what it refused is then sent again. */
export function StepUp() {
  const [asked, setAsked] = useState<Asked[]>([]);
  useEffect(() => {
    onStepUp((ways) => new Promise((answer) => setAsked((list) => [...list, { ways, answer }])));
    return () => onStepUp(null);
  }, []);
  const [first] = asked;
  if (!first) return null;
  // one proof answers all who wait for it
  const close = (proved: boolean) => { asked.forEach(({ answer }) => answer(proved)); setAsked([]); };
  return <Dialog title={t("proof_title")} onClose={() => close(false)}><Proof ways={first.ways} done={() => close(true)} /></Dialog>;
}

function Proof({ ways, done }: { ways: Way[]; done: () => void }) {
  const typed = ways.includes("totp") ? "otp" : ways.includes("password") ? "password" : null;
  const [value, setValue] = useState("");
  const [problem, setProblem] = useState("");
  const [busy, setBusy] = useState(false);
  const away = ways.includes("sign_in");
  const { data: others, error: noOthers } = useLoad(away ? "providers" : null, () => providers("staff"));
  async function by(way: () => Promise<unknown>) {
    setBusy(true);
    setProblem("");
    try { await way(); done(); }
    catch (error) {
      if (!isCancelled(error)) setProblem(error instanceof ApiError && error.fields[0] ? error.fields[0].detail : errorText(error));
      setBusy(false);
    }
  }
  function submit(e: FormEvent) {
    e.preventDefault();
    void by(() => prove(typed === "otp" ? { otp: value.trim() } : { password: value }));
  }
  return (
    <form className="stack" onSubmit={submit}>
      <p>{t(away ? "proof_sign_in" : "proof_text")}</p>
      {problem && <Note kind="danger">{problem}</Note>}
      {ways.includes("passkey") && <button type="button" className="btn btn--primary" disabled={busy} onClick={() => void by(proveByPasskey)}>{t("proof_passkey")}</button>}
      {Boolean(noOthers) && <Note kind="danger">{errorText(noOthers)}</Note>}
      {others?.length === 0 && <Note kind="warn">{t("proof_nowhere")}</Note>}
      {others?.map((one) => <button key={one.name} type="button" className="btn btn--primary" disabled={busy} onClick={() => void by(() => leaveAsStaff(one, true).then(() => new Promise(() => undefined)))}>{t("login_with", { name: one.label })}</button>)}
      {typed && <div className="field"><label htmlFor="proof">{t(typed === "otp" ? "login_otp" : "login_password")}</label><input id="proof" className="input" required type={typed === "otp" ? "text" : "password"} autoComplete={typed === "otp" ? "one-time-code" : "current-password"} value={value} onChange={(e) => setValue(e.target.value)} /></div>}
      {typed && <button className="btn" disabled={busy}>{busy && <Spinner />}{t("proof_go")}</button>}
    </form>
  );
}
