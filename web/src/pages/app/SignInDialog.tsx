import { useState } from "react";
import { canLeave, leaveAsCitizen, providers } from "../../api/oidc";
import type { Provider } from "../../api/types";
import { t } from "../../i18n";
import { useLoad } from "../../lib/hooks";
import { errorText, Note } from "../../ui/bits";
import { Dialog } from "../../ui/Dialog";
import { Icon } from "../../ui/Icon";
import { OtpForm } from "./OtpForm";

/** By phone, or wherever else the city lets citizens sign in. */
export function SignInDialog({ close }: { close: () => void }) {
  const others = useLoad(canLeave() ? "providers" : null, () => providers("citizens")).data ?? [];
  const [busy, setBusy] = useState(false);
  const [problem, setProblem] = useState("");
  async function leave(provider: Provider) {
    setBusy(true);
    setProblem("");
    try { await leaveAsCitizen(provider); } catch (error) { setProblem(errorText(error)); setBusy(false); }
  }
  return (
    <Dialog title={t(others.length ? "sign_in_title" : "mine_login")} onClose={close}>
      {others.length > 0 && <section className="stack stack--tight providers">
        {problem && <Note kind="danger">{problem}</Note>}
        {others.map((one) => <button key={one.name} type="button" className="btn" disabled={busy} onClick={() => void leave(one)}><Icon name="user" />{t("login_with", { name: one.label })}</button>)}
        <p className="muted small">{t("login_or")}</p>
        <h3>{t("sign_in_phone")}</h3>
      </section>}
      <OtpForm close={close} />
    </Dialog>
  );
}
