/** Changes that touch several parts of a process at once. Pure: each answers a new document. */
import { withKey } from "../pointer";
import type { Action, Process } from "./document";

const mapped = <T, R>(record: Record<string, T>, change: (value: T) => R): Record<string, R> => Object.fromEntries(Object.entries(record).map(([k, v]) => [k, change(v)]));

/** A state under another name, everywhere it is named. */
export function renameState(p: Process, from: string, to: string): Process {
  const name = (s: string) => (s === from ? to : s);
  const target = (t: Action["to"]): Action["to"] => (typeof t === "string" ? name(t) : t ? Object.fromEntries(Object.entries(t).map(([k, v]) => [name(k), name(v)])) : t);
  return {
    ...p, initial: name(p.initial), states: withKey(p.states, from, to),
    actions: mapped(p.actions, (a) => ({ ...a, from: a.from.map(name), ...(a.to === undefined ? {} : { to: target(a.to)! }) })),
    clocks: mapped(p.clocks, (c) => ({ ...c, runs_in: c.runs_in.map(name), ...(c.pauses_in ? { pauses_in: c.pauses_in.map(name) } : {}) })),
  };
}

/**
 * Without a state: nothing starts there and no clock runs there any more. Actions that lead to it
 * still do, for where they should lead now only people know; `findDangling` names them.
 */
export function removeState(p: Process, gone: string): Process {
  const { [gone]: _, ...states } = p.states;
  const left = (list: string[]) => list.filter((s) => s !== gone);
  return {
    ...p, states,
    actions: mapped(p.actions, (a) => ({ ...a, from: left(a.from), ...(typeof a.to === "object" && a.to ? { to: Object.fromEntries(Object.entries(a.to).filter(([k]) => k !== gone)) } : {}) })),
    clocks: mapped(p.clocks, (c) => ({ ...c, runs_in: left(c.runs_in), ...(c.pauses_in ? { pauses_in: left(c.pauses_in) } : {}) })),
  };
}

/** An action under another name, also where the system takes it. */
export function renameAction(p: Process, from: string, to: string): Process {
  const name = (a: string) => (a === from ? to : a);
  return {
    ...p, actions: withKey(p.actions, from, to),
    states: mapped(p.states, (s) => (s.automatic ? { ...s, automatic: s.automatic.map((a) => ({ ...a, action: name(a.action) })) } : s)),
    clocks: mapped(p.clocks, (c) => (c.timeout ? { ...c, timeout: name(c.timeout) } : c)),
  };
}
export function removeAction(p: Process, gone: string): Process {
  const { [gone]: _, ...actions } = p.actions;
  return {
    ...p, actions,
    states: mapped(p.states, (s) => (s.automatic ? { ...s, automatic: s.automatic.filter((a) => a.action !== gone) } : s)),
    clocks: mapped(p.clocks, (c) => { if (c.timeout !== gone) return c; const { timeout: __, ...rest } = c; return rest; }),
  };
}

export function renameClock(p: Process, from: string, to: string): Process {
  const name = (c: string) => (c === from ? to : c);
  return { ...p, clocks: withKey(p.clocks, from, to), actions: mapped(p.actions, (a) => withClocks(a, (list) => list.map(name), (r) => withKey(r, from, to))) };
}
export function removeClock(p: Process, gone: string): Process {
  const { [gone]: _, ...clocks } = p.clocks;
  return { ...p, clocks, actions: mapped(p.actions, (a) => withClocks(a, (list) => list.filter((c) => c !== gone), (r) => Object.fromEntries(Object.entries(r).filter(([k]) => k !== gone)))) };
}
const withClocks = (a: Action, list: (l: string[]) => string[], record: (r: Record<string, string>) => Record<string, string>): Action => ({
  ...a, ...(a.restarts ? { restarts: list(a.restarts) } : {}), ...(a.stops ? { stops: list(a.stops) } : {}), ...(a.extends ? { extends: record(a.extends) } : {}),
});
