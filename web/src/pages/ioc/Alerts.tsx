import { useState } from "react";
import { acknowledge, type Alert, alerts } from "../../api/insight";
import type { Person } from "../../api/types";
import { t } from "../../i18n";
import { useLoad, usePoll } from "../../lib/hooks";
import { clockTime } from "../../lib/time";
import { type Live, useOnChange } from "../../lib/useFeed";
import { errorText, Spinner } from "../../ui/bits";
import { Icon } from "../../ui/Icon";
import type { Drill } from "./DrillList";

/** Who is told of surges, and may say that somebody has one in hand. */
const WATCHERS = ["operator", "leader"];
const EVERY = 30_000;

/** The newest surge that nobody has in hand yet. */
export function Alerts({ person, live, drill }: { person: Person | undefined; live: Live; drill: (d: Drill) => void }) {
  const watches = person !== undefined && WATCHERS.includes(person.role);
  const open = useLoad(watches ? `alerts:${person.id}` : null, alerts);
  usePoll(open.reload, EVERY, watches);
  useOnChange(live, open.reload, 5000, 1500);
  const waiting = open.data?.filter((a) => !a.acknowledged_at) ?? [];
  const alert = waiting[0];
  return alert ? <Banner key={alert.id} alert={alert} more={waiting.length - 1} drill={drill} reload={open.reload} /> : null;
}

function Banner({ alert, more, drill, reload }: { alert: Alert; more: number; drill: (d: Drill) => void; reload: () => void }) {
  const [busy, setBusy] = useState(false);
  const [error, setError] = useState<unknown>(null);
  const title = t("ioc_alert", { what: alert.category?.name ?? t("ioc_alert_any"), area: alert.area.name });
  async function inHand() {
    setBusy(true);
    setError(null);
    try { await acknowledge(alert.id); reload(); } catch (e) { setError(e); setBusy(false); }
  }
  return (
    <section className="surge" role="alert">
      <Icon name="bell" />
      <div className="surge__text"><b>{title}</b><span className="small num">{t("ioc_alert_text", { n: alert.count, m: alert.minutes, time: clockTime(alert.until) })}{more > 0 && ` · ${t("ioc_alert_more", { n: more })}`}</span>{error !== null && <span className="small strong">{errorText(error)}</span>}</div>
      <button className="btn btn--small" onClick={() => drill({ title: () => title, path: alert.cases })}>{t("ioc_alert_cases")}</button>
      <button className="btn btn--small btn--primary" disabled={busy} onClick={() => void inHand()}>{busy && <Spinner />}{t("ioc_alert_ack")}</button>
    </section>
  );
}
