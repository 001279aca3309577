import { useState } from "react";
import { leaveReport } from "../../api/endpoints";
import type { Action } from "../../api/types";
import { t } from "../../i18n";
import { ActionDialog } from "../../ui/Actions";
import { Icon } from "../../ui/Icon";
import { forgetMine } from "./draft";

/** The way out for whoever filed it: the report stays, and is nobody's. */
export function LeaveCard({ id, code, token }: { id: string; code: string; token: string | null }) {
  const [asking, setAsking] = useState(false);
  const leave: Action = { action: "leave", label: t("leave_title"), style: "danger", undo: false, form: [] };
  async function run() {
    await leaveReport(id, token);
    forgetMine(id);
    location.hash = "#/mine";
    return t("leave_done", { code });
  }
  return (
    <section className="card pad stack stack--tight" aria-labelledby="leave">
      <h2 id="leave"><Icon name="exit" size={20} /> {t("leave_title")}</h2>
      <p className="muted small">{t("leave_hint")}</p>
      <div><button className="btn btn--small" id="leave-go" onClick={() => setAsking(true)}>{t("leave_go")}</button></div>
      {asking && <ActionDialog action={leave} lead={t("leave_sure")} run={run} close={() => setAsking(false)} />}
    </section>
  );
}
