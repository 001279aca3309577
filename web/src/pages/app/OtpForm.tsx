import { type FormEvent, useState } from "react";
import { requestOtp, verifyOtp } from "../../api/endpoints";
import { signIn } from "../../api/session";
import { t } from "../../i18n";
import { phoneLooksRight } from "../../lib/text";
import { errorText, Note, Spinner } from "../../ui/bits";

export function OtpForm({ close }: { close: () => void }) {
  const [phone, setPhone] = useState("");
  const [code, setCode] = useState("");
  const [sent, setSent] = useState(false);
  const [busy, setBusy] = useState(false);
  const [problem, setProblem] = useState("");
  async function submit(e: FormEvent) {
    e.preventDefault();
    if (!phoneLooksRight(phone)) { setProblem(t("contact_bad_phone")); return; }
    setBusy(true);
    setProblem("");
    try {
      const plain = phone.replace(/[\s.-]/g, "");
      if (sent) { signIn(await verifyOtp(plain, code.trim()), { phone: plain }, "citizen"); close(); }
      else { await requestOtp(plain); setSent(true); }
    } catch (error) { setProblem(errorText(error)); }
    finally { setBusy(false); }
  }
  return (
    <form className="stack" onSubmit={(e) => void submit(e)} noValidate>
      {problem && <Note kind="danger">{problem}</Note>}
      <div className="field"><label htmlFor="phone">{t("contact_phone")}</label><input id="phone" className="input" type="tel" autoComplete="tel" autoFocus readOnly={sent} value={phone} onChange={(e) => setPhone(e.target.value)} /></div>
      {sent && <><Note kind="ok">{t("otp_sent", { phone })}</Note><div className="field"><label htmlFor="otp">{t("otp_code")}</label><input id="otp" className="input num" inputMode="numeric" autoComplete="one-time-code" maxLength={8} autoFocus value={code} onChange={(e) => setCode(e.target.value)} /></div></>}
      <div className="dialog__foot"><button type="button" className="btn" onClick={close}>{t("cancel")}</button><button className="btn btn--primary" disabled={busy || (sent && !code.trim())}>{busy && <Spinner />}{t(sent ? "otp_verify" : "otp_send")}</button></div>
    </form>
  );
}
