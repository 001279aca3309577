import { Note } from "../../../ui/bits";
import type { Trial } from "../adminApi";
import { Table } from "../parts";
import { w, type Word } from "../words";
import { PriorityMark } from "./summary";

type Answer = Trial["differences"][number]["before"];
/** What the draft would have done to the last reports, before and after. */
export function TrialView({ trial }: { trial: Trial }) {
  if (!trial.tried) return <Note>{w("trial_nothing")}</Note>;
  if (!trial.different) return <Note kind="ok">{w("trial_same", { tried: trial.tried })}</Note>;
  return (
    <section className="stack stack--s">
      <h3>{w("trial_different", { tried: trial.tried, n: trial.different })}</h3>
      <Table label={w("trial")} head={[w("report"), w("category"), w("before"), w("after")]}>
        {trial.differences.map((d) => (
          <tr key={d.report_id}><td className="num"><a href={`/desk#/?status=all&q=${encodeURIComponent(d.code)}`} target="_blank" rel="noreferrer">{d.code}</a></td><td>{d.category.name}</td><td><One answer={d.before} other={d.after} /></td><td><One answer={d.after} other={d.before} strong /></td></tr>
        ))}
      </Table>
      {trial.different > trial.differences.length && <p className="muted small">{w("trial_first", { n: trial.differences.length })}</p>}
    </section>
  );
}
function One({ answer: a, other: b, strong }: { answer: Answer; other: Answer; strong?: boolean }) {
  const mark = (changed: boolean) => (changed ? (strong ? "changed changed--new" : "changed") : "");
  return (
    <div className="outcome"><span className={mark(a.department.code !== b.department.code)}>{a.department.name}</span>
      <span className="wraps"><span className={mark(a.priority !== b.priority)}><PriorityMark n={a.priority} /></span><span className={`mini ${mark(a.class !== b.class)}`}>{w(`class_${a.class}` as Word)}</span><span className={`mini num ${mark(a.hours !== b.hours)}`}>{w("n_hours", { n: a.hours })}</span>{a.verify && <span className={`mini ${mark(a.verify !== b.verify)}`}>{w("verify_short")}</span>}<span className="mono muted small">{a.rule ?? w("otherwise")}</span></span>
    </div>
  );
}
