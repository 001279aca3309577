import { useEffect, useState } from "react";
import { sosLines, sosTable } from "../../api/endpoints";
import type { SosLine } from "../../api/types";
import { t } from "../../i18n";
import { useLoad, useNow } from "../../lib/hooks";
import { ago } from "../../lib/time";
import { Empty, Failure, Skeleton, StatusBadge } from "../../ui/bits";
import { Icon } from "../../ui/Icon";

const EVERY_MS = 15_000;
const GROUPS = ["children", "elderly", "pregnant", "injured"] as const;

/** Whom to fetch: one line for those who are together, the urgent first or the oldest. */
export function SosList() {
  const [order, setOrder] = useState<"urgent" | "oldest">("urgent");
  const { data, error, reload } = useLoad(`sos:${order}`, () => sosLines(order));
  const now = useNow();
  useEffect(() => { const timer = setInterval(reload, EVERY_MS); return () => clearInterval(timer); }, [reload]);
  async function save() {
    const link = document.createElement("a");
    link.href = URL.createObjectURL(await sosTable());
    link.download = "sos.csv";
    link.click();
    URL.revokeObjectURL(link.href);
  }
  return (
    <main id="main" className="page stack" tabIndex={-1}>
      <div className="between" style={{ flexWrap: "wrap" }}>
        <h1>{t("sos_list")} {data && <span className="num muted">· {t("sos_total", { n: data.people })}</span>}</h1>
        <span className="row">
          <select className="input input--small" style={{ width: "auto" }} aria-label={t("list_sort")} value={order} onChange={(e) => setOrder(e.target.value as typeof order)}><option value="urgent">{t("sos_urgent")}</option><option value="oldest">{t("sos_oldest")}</option></select>
          <button className="btn btn--small" onClick={() => void save()}><Icon name="out" size={16} />CSV</button>
          <button className="btn btn--small" onClick={() => print()}>{t("sos_print")}</button>
        </span>
      </div>
      {Boolean(error) && <Failure error={error} retry={reload} />}
      {!data && !error && <Skeleton height={120} />}
      {data?.items.length === 0 && <Empty icon="check"><p>{t("sos_none")}</p></Empty>}
      <ul className="stack">{data?.items.map((line) => <li key={line.id} className="card pad stack" style={line.open ? undefined : { opacity: 0.6 }}><Line line={line} now={now} /></li>)}</ul>
    </main>
  );
}

function Line({ line, now }: { line: SosLine; now: number }) {
  const { lat, lon } = line.location;
  return (
    <>
      <div className="between"><b className="sos__kind">{line.kind_label} · {t("sos_total", { n: line.people })}</b><span className="muted small">{ago(line.called_at, now)}</span></div>
      <p className="small">{GROUPS.filter((name) => line[name] > 0).map((name) => `${line[name]} ${t(`sos_${name}`).toLowerCase()}`).join(" · ")}</p>
      <p className="small row" style={{ gap: 6 }}><Icon name="pin" size={16} />{line.place_known ? <a href={`geo:${lat},${lon}`} className="num">{lat.toFixed(5)}, {lon.toFixed(5)}</a> : <b>{t("sos_where")}</b>} · {line.area.name}</p>
      {line.calls.map((call) => (
        <p key={call.id} className="small"><a className="num" href={`#/case/${call.case_id}`}>{call.code}</a> <StatusBadge status={call.status as Parameters<typeof StatusBadge>[0]["status"]} label={call.state_label} /> {call.phone && <a className="num" href={`tel:${call.phone}`}>{call.phone}</a>} {call.note}</p>))}
    </>
  );
}
