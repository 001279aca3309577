import { useState } from "react";
import { useLoad } from "../../../lib/hooks";
import { Failure, Note, Skeleton } from "../../../ui/bits";
import { overruled } from "../adminApi";
import { Table } from "../parts";
import { w } from "../words";

/** Rules that people overrule: where the grid should be mended first. */
export function OverruledList({ open, name }: { open: (rule: string | null) => void; name: (rule: string | null) => string }) {
  const [days, setDays] = useState(90);
  const { data, error, reload } = useLoad(`overruled:${days}`, () => overruled(days));
  return (
    <div className="stack">
      <div className="between"><p className="muted">{w("overruled_lead")}</p>
        <select className="input input--small auto" aria-label={w("period")} value={days} onChange={(e) => setDays(Number(e.target.value))}>{[30, 90, 180, 366].map((n) => <option key={n} value={n}>{w("last_days", { n })}</option>)}</select></div>
      {Boolean(error) && <Failure error={error} retry={reload} />}
      {!data && !error && <Skeleton height={160} />}
      {data && !data.length && <Note kind="ok">{w("overruled_none")}</Note>}
      {data && data.length > 0 && (
        <Table label={w("tab_overruled")} head={[w("rule"), w("cases"), w("overruled"), w("usually_to")]}>
          {data.map((o) => (
            <tr key={o.rule ?? ""}><td><button type="button" className="linklike" onClick={() => open(o.rule)}>{name(o.rule)}</button> <span className="mono muted">{o.rule}</span></td><td className="num">{o.cases}</td>
              <td className="nowrap"><span className="share"><i style={{ width: `${Math.round((100 * o.overruled) / o.cases)}%` }} /></span> <span className="num">{o.overruled} ({Math.round((100 * o.overruled) / o.cases)}%)</span></td><td>{o.usually.name}</td></tr>
          ))}
        </Table>
      )}
    </div>
  );
}
