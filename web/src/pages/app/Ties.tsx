import { useState } from "react";
import { tie } from "../../api/casework";
import { reportByCode } from "../../api/endpoints";
import type { ReportView } from "../../api/types";
import { t } from "../../i18n";
import { useLoad, useSession } from "../../lib/hooks";
import { errorText } from "../../ui/bits";
import { Icon } from "../../ui/Icon";
import { toast } from "../../ui/Toasts";

type Shown = Pick<ReportView, "id" | "supports" | "supported" | "followed">;

/** "Tôi cũng gặp" and "Theo dõi" for somebody else's report; only an account can be counted once. */
export function Ties({ report, changed }: { report: Shown; changed: () => void }) {
  const who = useSession("citizen");
  const [busy, setBusy] = useState(false);
  if (!who) return <p className="muted small ties">{report.supports > 0 && <b className="num">{t("tie_count", { n: report.supports })} · </b>}<a href="#/mine">{t("tie_sign_in")}</a></p>;
  async function press(what: "support" | "follow", on: boolean) {
    setBusy(true);
    try { await tie(report.id, what, on); if (on) toast(t(what === "support" ? "tie_supported_done" : "tie_followed_done")); changed(); } catch (error) { toast(errorText(error)); }
    setBusy(false);
  }
  return (
    <p className="row ties">
      <button type="button" className="chip" aria-pressed={report.supported} disabled={busy} onClick={() => void press("support", !report.supported)}><Icon name={report.supported ? "check" : "users"} size={16} />{t("tie_support")}{report.supports > 0 && <b className="num">{report.supports}</b>}</button>
      <button type="button" className="chip" aria-pressed={report.followed} disabled={busy} onClick={() => void press("follow", !report.followed)}><Icon name={report.followed ? "check" : "bell"} size={16} />{t(report.followed ? "tie_followed" : "tie_follow")}</button>
    </p>
  );
}

/** The same where only the code is known: what is nearby names the case, and ties belong to its report. */
export function TiesByCode({ code, supports }: { code: string; supports: number }) {
  const who = useSession("citizen");
  const { data, reload } = useLoad(who ? `ties:${code}:${who.access_token}` : null, () => reportByCode(code));
  if (!who) return supports > 0 ? <p className="muted small num">{t("tie_count", { n: supports })}</p> : null;
  return data ? <Ties report={data} changed={reload} /> : null;
}
