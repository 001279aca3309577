import { useState } from "react";
import { local } from "../../../i18n";
import { StatusBadge } from "../../../ui/bits";
import type { Status } from "../../../api/types";
import { AddButton, Confirm, OpenRow, Table } from "../parts";
import { type Option, useDoc } from "../form";
import { freeName, pointer } from "../pointer";
import { w } from "../words";
import { ActionForm } from "./ActionForm";
import { ClockForm } from "./ClockForm";
import { type Action, emptyText, type Process, targetOf } from "./document";
import { removeAction, removeClock, removeState, renameAction, renameClock, renameState } from "./edits";
import { orderOf } from "./order";
import { stateName } from "./options";
import { StateForm } from "./StateForm";

export type PartKind = "states" | "actions" | "clocks";
interface Props { kind: PartKind; process: Process; opened: string | null; open: (name: string | null) => void; replace: (p: Process) => void; webhooks: Option[] }

const RENAME = { states: renameState, actions: renameAction, clocks: renameClock };
const REMOVE = { states: removeState, actions: removeAction, clocks: removeClock };

/** One kind of parts as a table; a row opens into its form. */
export function Parts({ kind, process: p, opened, open, replace, webhooks }: Props) {
  const { readOnly } = useDoc();
  const [asking, setAsking] = useState<string | null>(null);
  const rename = (name: string) => (to: string) => { replace(RENAME[kind](p, name, to)); open(to); };
  const add = () => {
    const name = freeName(Object.keys(p[kind]), `new_${kind.slice(0, -1)}`);
    const label = { vi: w("new_name"), en: "" };
    const part = kind === "states" ? { label, public_label: emptyText(), status: "in_progress" } : kind === "actions" ? { label, from: [p.initial], roles: ["operator"], form: [], notify: [] } : { label, hours: 24, runs_in: [p.initial], marks: [] };
    replace({ ...p, [kind]: { ...p[kind], [name]: part } });
    open(name);
  };
  const heads = { states: ["", w("part_state"), w("label_public"), w("status_shared"), w("automatic")], actions: ["", w("part_action"), w("from_to_short"), w("roles"), w("form"), w("tells")], clocks: ["", w("part_clock"), w("hours"), w("runs_in"), w("marks")] }[kind];
  // what is new or renamed keeps to the order too; its form stays open wherever it comes to stand
  const names = orderOf(p)[kind];
  return (
    <div className="stack">
      <Table head={heads} label={w(`tab_${kind}`)}>
        {names.map((name) => (
          <OpenRow key={name} at={pointer(kind, name)} columns={heads.length} open={opened === name} toggle={() => open(opened === name ? null : name)} label={w("open_named", { name })} cells={kind === "states" ? stateCells(p, name) : kind === "actions" ? actionCells(p, name) : clockCells(p, name)}>
            {() => kind === "states" ? <StateForm process={p} name={name} rename={rename(name)} remove={() => setAsking(name)} />
              : kind === "actions" ? <ActionForm process={p} name={name} rename={rename(name)} remove={() => setAsking(name)} webhooks={webhooks} />
              : <ClockForm process={p} name={name} rename={rename(name)} remove={() => setAsking(name)} />}
          </OpenRow>
        ))}
      </Table>
      {!readOnly && <div><AddButton label={w(`add_${kind}`)} onClick={add} /></div>}
      {asking && <Confirm title={w(`remove_${kind}_title`)} text={<p>{w(`remove_${kind}_text`, { name: local(p[kind][asking]?.label) || asking })}</p>} action={w("remove")} close={() => setAsking(null)} run={() => { replace(REMOVE[kind](p, asking)); open(null); }} />}
    </div>
  );
}

const code = (name: string) => <span className="mono muted">{name}</span>;
const two = (label: string, name: string) => <><b>{label || name}</b><br />{code(name)}</>;
const roles = (list: string[]) => <span className="wraps">{list.map((r) => <span key={r} className="mini">{w(`prole_${r}` as never)}</span>)}</span>;

function stateCells(p: Process, name: string) {
  const s = p.states[name]!;
  return [two(local(s.label), name), local(s.public_label), <StatusBadge status={s.status as Status} />,
    (s.automatic ?? []).length ? <ul className="lines small">{s.automatic!.map((a, i) => <li key={i}>{local(p.actions[a.action]?.label) || a.action}{a.when && <span className="mono muted"> {a.when}</span>}</li>)}</ul> : name === p.initial ? <span className="mini">{w("initial")}</span> : ""];
}
function actionCells(p: Process, name: string) {
  const a = p.actions[name]!;
  return [two(local(a.label), name), <Ways p={p} a={a} />, roles(a.roles),
    <span className="small">{(a.form ?? []).map((f) => (local(f.label) || f.name) + (f.required ? "*" : "")).join(", ")}</span>,
    <span className="small">{[...new Set((a.notify ?? []).map((n) => w(`audience_${n.audience}` as never)))].join(", ")}</span>];
}
/** Where it leads, one line for each target. */
function Ways({ p, a }: { p: Process; a: Action }) {
  const targets = [...new Set(a.from.map((s) => (targetOf(a, s) === s && !a.to ? "" : targetOf(a, s))))];
  return <ul className="lines small">{targets.map((t) => <li key={t}>{a.from.filter((s) => (t === "" ? true : targetOf(a, s) === t)).map((s) => stateName(p, s)).join(", ")} {t ? <b>→ {stateName(p, t)}</b> : <span className="muted">({w("stays")})</span>}</li>)}{a.when && <li className="mono muted">{w("if")} {a.when}</li>}</ul>;
}
function clockCells(p: Process, name: string) {
  const c = p.clocks[name]!;
  const hours = typeof c.hours === "number" ? w("n_hours", { n: c.hours }) : <span className="mono">{c.hours}</span>;
  return [<>{two(local(c.label), name)}{c.promise && <> <span className="mini mini--brand">{w("promise_short")}</span></>}</>, <>{hours}<br /><span className="muted small">{w(c.calendar === "always" ? "count_always" : "count_working")}</span></>,
    <span className="small">{c.runs_in.map((s) => stateName(p, s)).join(", ")}{(c.pauses_in ?? []).length > 0 && <><br /><span className="muted">{w("pauses")}: {c.pauses_in!.map((s) => stateName(p, s)).join(", ")}</span></>}</span>,
    <ul className="lines small">{(c.marks ?? []).map((m) => <li key={m.name} className="num">{Math.round(m.at * 100)}% → {(m.notify ?? []).map((n) => w(`audience_${n.audience}` as never)).join(", ") || "–"}</li>)}{c.timeout && <li>{w("then_action", { action: local(p.actions[c.timeout]?.label) || c.timeout })}</li>}</ul>];
}
