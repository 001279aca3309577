import { useState } from "react";
import { useLoad, usePoll } from "../../../lib/hooks";
import { dateTime } from "../../../lib/time";
import { errorText, Failure, Note, Skeleton, Spinner } from "../../../ui/bits";
import { migrationPlan, migrations, startMigration } from "../adminApi";
import { fromError, type Issue } from "../issues";
import { Confirm, Table } from "../parts";
import { pointer } from "../pointer";
import { w } from "../words";
import type { Process } from "./document";
import { stateOptions } from "./options";

/** Running cases stay on the version they began with until they are moved to another here. */
export function Migrate({ version, process }: { version: number; process: Process }) {
  const plan = useLoad(`plan:${version}`, () => migrationPlan(version));
  const runs = useLoad("migrations", migrations);
  const [targets, setTargets] = useState<Record<string, string>>({});
  const [issues, setIssues] = useState<Issue[]>([]);
  const [general, setGeneral] = useState("");
  const [asking, setAsking] = useState(false);
  const running = runs.data?.some((m) => !m.finished_at) ?? false;
  usePoll(() => { runs.reload(); plan.reload(); }, 1500, running);
  const items = plan.data ?? [], total = items.reduce((sum, i) => sum + i.cases, 0);
  const needs = [...new Set(items.filter((i) => i.target === null).map((i) => i.state))];
  const missing = needs.filter((s) => !targets[s]);

  async function start() {
    setIssues([]); setGeneral("");
    try { await startMigration(version, Object.fromEntries(needs.flatMap((s) => (targets[s] ? [[s, targets[s]]] : [])))); runs.reload(); plan.reload(); } catch (e) {
      const found = fromError(e);
      setIssues(found);
      if (!found.length) setGeneral(errorText(e));
    }
  }
  if (plan.error || runs.error) return <Failure error={plan.error ?? runs.error} retry={() => { plan.reload(); runs.reload(); }} />;
  if (!plan.data || !runs.data) return <Skeleton height={140} />;
  return (
    <div className="stack">
      <p className="muted">{w("migrate_lead", { n: version })}</p>
      {general && <Note kind="danger">{general}</Note>}
      {total === 0 ? <Note kind="ok">{w("migrate_none", { n: version })}</Note> : <>
        <Table label={w("tab_migrate")} head={[w("from_version"), w("part_state"), w("cases"), w("target")]}>
          {items.map((i) => {
            const wrong = issues.filter((x) => x.at === pointer("states", i.state));
            return (
              <tr key={`${i.from_version}/${i.state}`}>
                <td className="num">{i.from_version}</td><td><b>{i.state_label}</b> <span className="mono muted">{i.state}</span></td><td className="num">{i.cases}</td>
                <td>{i.target !== null ? <span className="muted">{i.state === i.target ? w("same_state") : i.target}</span> : <>
                  <select className="input input--small" aria-label={w("target_for", { state: i.state_label })} aria-invalid={wrong.length ? true : undefined} value={targets[i.state] ?? ""} onChange={(e) => setTargets({ ...targets, [i.state]: e.target.value })}>
                    <option value="">{w("choose_target")}</option>{stateOptions(process).map((o) => <option key={o.value} value={o.value}>{o.label}</option>)}
                  </select>{wrong.map((x, n) => <span key={n} className="field__error" role="alert">{x.text}</span>)}</>}</td>
              </tr>
            );
          })}
        </Table>
        <div className="row"><button className="btn btn--primary" disabled={running || missing.length > 0} onClick={() => setAsking(true)}>{running && <Spinner />}{w("migrate_start", { n: total })}</button>{missing.length > 0 && <span className="muted small">{w("migrate_missing", { n: missing.length })}</span>}</div>
      </>}
      {runs.data.length > 0 && <section className="stack stack--tight"><h3 className="label">{w("migrations")}</h3>
        <ul className="stack stack--tight">{runs.data.slice(0, 6).map((m) => (
          <li key={m.id} className="card run"><span><b>{w("to_version", { n: m.to_version })}</b> <span className="muted small num">{dateTime(m.created_at)}</span></span>
            <progress max={Math.max(1, m.total)} value={m.finished_at ? Math.max(1, m.total) : m.moved} aria-label={w("progress")} />
            <span className="num small" role="status">{m.finished_at ? w("migrate_done", { n: m.moved }) : w("migrate_moved", { n: m.moved, total: m.total })}</span></li>
        ))}</ul></section>}
      {asking && <Confirm title={w("migrate_title")} text={<p>{w("migrate_text", { n: total, version })}</p>} action={w("migrate_go")} run={start} close={() => setAsking(false)} />}
    </div>
  );
}
