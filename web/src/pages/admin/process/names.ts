/**
 * Names that a process uses but does not declare. The server refuses such a document as a whole;
 * here each is found at its place, so that it can be mended there. Pure.
 */
import { pointer } from "../pointer";
import { type Process, SETTABLE } from "./document";

export type Missing = "state" | "action" | "clock" | "field" | "promise";
export interface Dangling { at: string; what: Missing; name: string }

export function findDangling(p: Process): Dangling[] {
  const out: Dangling[] = [];
  const need = (what: Missing, known: object, name: string | null | undefined, ...at: (string | number)[]) => {
    if (name != null && !Object.hasOwn(known, name)) out.push({ at: pointer(...at), what, name });
  };
  need("state", p.states, p.initial, "initial");
  for (const [name, state] of Object.entries(p.states)) (state.automatic ?? []).forEach((a, i) => need("action", p.actions, a.action, "states", name, "automatic", i, "action"));
  for (const [name, a] of Object.entries(p.actions)) {
    a.from.forEach((s) => need("state", p.states, s, "actions", name, "from"));
    if (typeof a.to === "string") need("state", p.states, a.to, "actions", name, "to");
    // targets of states that it does not start from are never used
    else for (const from of a.from) need("state", p.states, a.to?.[from], "actions", name, "to", from);
    for (const key of ["restarts", "stops"] as const) (a[key] ?? []).forEach((c) => need("clock", p.clocks, c, "actions", name, key));
    for (const c of Object.keys(a.extends ?? {})) need("clock", p.clocks, c, "actions", name, "extends", c);
    for (const f of Object.keys(a.set ?? {})) {
      if (!SETTABLE.includes(f) && !(f.startsWith("data.") && Object.hasOwn(p.data ?? {}, f.slice(5)))) out.push({ at: pointer("actions", name, "set", f), what: "field", name: f });
    }
    if (a.merges && !(a.form ?? []).some((f) => f.name === a.merges && f.type === "case")) out.push({ at: pointer("actions", name, "merges"), what: "field", name: a.merges });
  }
  for (const [name, c] of Object.entries(p.clocks)) {
    for (const key of ["runs_in", "pauses_in"] as const) (c[key] ?? []).forEach((s) => need("state", p.states, s, "clocks", name, key));
    need("action", p.actions, c.timeout, "clocks", name, "timeout");
  }
  const promises = Object.entries(p.clocks).filter(([, c]) => c.promise);
  const [first] = promises;
  if (promises.length !== 1 || !first![1].runs_in.includes(p.initial) || first![1].starts_with === "action") {
    out.push({ at: first ? pointer("clocks", promises.at(-1)![0], "promise") : "/clocks", what: "promise", name: "" });
  }
  return out;
}
