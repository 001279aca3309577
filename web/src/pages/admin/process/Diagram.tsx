import { useId, useMemo, useState } from "react";
import { local, statusLabel } from "../../../i18n";
import { tones } from "../../../ui/bits";
import type { Status } from "../../../api/types";
import { below, type Issue } from "../issues";
import { pointer } from "../pointer";
import { w } from "../words";
import type { Process } from "./document";
import { targetOf } from "./document";
import { layout } from "./layout";

interface Props { process: Process; issues: Issue[]; open: (at: string) => void }

/** States by status, with the actions as arrows. One state chosen shows its own arrows and their names. */
export function Diagram({ process, issues, open }: Props) {
  const drawn = useMemo(() => layout(process), [process]);
  const [chosen, setChosen] = useState<string | null>(null);
  const [over, setOver] = useState<string | null>(null);
  const arrow = useId();
  const lit = over ?? (chosen && process.states[chosen] ? chosen : null);
  const name = (state: string) => local(process.states[state]?.label) || state;
  const state = chosen ? process.states[chosen] : undefined;
  const here = Object.entries(process.actions).filter(([, a]) => chosen && a.from.includes(chosen));
  const into = Object.entries(process.actions).flatMap(([key, a]) => a.from.filter((f) => f !== chosen && targetOf(a, f) === chosen).map((f) => ({ key, a, from: f })));
  return (
    <div className="stack">
      <div className="diagram card" role="group" aria-label={w("diagram_label")}>
        <svg viewBox={`-6 0 ${drawn.width} ${drawn.height}`} style={{ minWidth: drawn.width * 0.6, maxWidth: drawn.width * 1.15 }}>
          <defs>
            {["", "-on"].map((k) => <marker key={k} id={`${arrow}${k}`} className={`arrow${k}`} viewBox="0 0 8 8" refX="6" refY="4" markerUnits="userSpaceOnUse" markerWidth="9" markerHeight="9" orient="auto-start-reverse"><path d="M0 .8 7 4 0 7.200z" /></marker>)}
          </defs>
          {drawn.columns.map((c) => <text key={c.status + c.x} x={c.x + 72} y={16} className="diagram__column">{statusLabel(c.status)}</text>)}
          {[...drawn.edges].sort((a, b) => Number(touches(a, lit)) - Number(touches(b, lit))).map((e) => {
            const on = touches(e, lit);
            return <path key={`${e.from}>${e.to}`} d={e.path} className={`edge ${on ? "edge--on" : lit ? "edge--off" : ""} ${on && e.to === lit ? "edge--in" : ""}`} markerEnd={`url(#${arrow}${on ? "-on" : ""})`}><title>{`${name(e.from)} → ${name(e.to)}: ${e.actions.map((a) => local(process.actions[a]!.label) || a).join(", ")}`}</title></path>;
          })}
          {drawn.nodes.map((n) => {
            const s = process.states[n.name]!;
            const wrong = below(issues, pointer("states", n.name));
            return (
              <foreignObject key={n.name} x={n.x} y={n.y} width={n.w} height={n.h}>
                <button type="button" className={`node node--${tones[s.status as Status] ?? "info"} ${n.name === process.initial ? "node--first" : ""}`} aria-pressed={chosen === n.name}
                  onClick={() => setChosen(chosen === n.name ? null : n.name)} onMouseEnter={() => setOver(n.name)} onMouseLeave={() => setOver(null)} onFocus={() => setOver(n.name)} onBlur={() => setOver(null)}>
                  <span>{name(n.name)}</span>{wrong.length > 0 && <i className="node__wrong" aria-label={w("problems")}>!</i>}
                </button>
              </foreignObject>
            );
          })}
        </svg>
      </div>
      {!state && <p className="muted small">{w("diagram_hint")}</p>}
      {state && chosen && (
        <section className="card pad stack" aria-live="polite">
          <div className="between"><h3>{name(chosen)} <span className="muted small">· {local(state.public_label)}</span></h3><button type="button" className="btn btn--small" onClick={() => open(pointer("states", chosen))}>{w("open_part")}</button></div>
          <div className="cols">
            <Ways title={w("ways_out", { n: here.length })} list={here.map(([key, a]) => ({ key, label: local(a.label) || key, note: targetOf(a, chosen) === chosen ? w("stays") : `→ ${name(targetOf(a, chosen))}`, who: a.roles }))} open={open} />
            <Ways title={w("ways_in", { n: into.length })} list={into.map(({ key, a, from }) => ({ key, label: local(a.label) || key, note: `← ${name(from)}`, who: a.roles }))} open={open} />
            <div className="stack stack--tight"><h4 className="label">{w("clocks_here")}</h4><ul className="lines">{Object.entries(process.clocks).filter(([, c]) => [...c.runs_in, ...(c.pauses_in ?? [])].includes(chosen)).map(([key, c]) => <li key={key}><button type="button" className="linklike" onClick={() => open(pointer("clocks", key))}>{local(c.label) || key}</button> <span className="muted small">{w(c.runs_in.includes(chosen) ? "runs" : "pauses")}</span></li>)}</ul></div>
          </div>
        </section>
      )}
    </div>
  );
}
const touches = (e: { from: string; to: string }, state: string | null): boolean => state !== null && (e.from === state || e.to === state);

function Ways({ title, list, open }: { title: string; list: { key: string; label: string; note: string; who: string[] }[]; open: (at: string) => void }) {
  return (
    <div className="stack stack--tight"><h4 className="label">{title}</h4>
      <ul className="lines">{list.map((x, i) => <li key={i}><button type="button" className="linklike" onClick={() => open(pointer("actions", x.key))}>{x.label}</button> <span className="muted small">{x.note} · {x.who.map((r) => w(`prole_${r}` as never)).join(", ")}</span></li>)}</ul>
    </div>
  );
}
