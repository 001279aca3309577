/**
 * The order in which states, actions and clocks are shown: the server keeps documents without the
 * order of their keys, so it is told by the process itself, from where cases begin onwards. Pure.
 */
import { type Action, type Process, STATUSES, targetOf } from "./document";

/** Steps from the initial state to each state; states that no action leads to come last. */
function distances(p: Process): Map<string, number> {
  const found = new Map<string, number>([[p.initial, 0]]);
  for (const [state, n] of found) {
    for (const a of Object.values(p.actions)) if (a.from.includes(state)) { const to = targetOf(a, state); if (p.states[to] && !found.has(to)) found.set(to, n + 1); }
  }
  return found;
}

export interface Order { states: string[]; actions: string[]; clocks: string[] }
export function orderOf(p: Process): Order {
  const far = distances(p), end = Object.keys(p.states).length;
  const status = (s: string) => STATUSES.indexOf(p.states[s]!.status);
  const states = Object.keys(p.states).sort((a, b) => status(a) - status(b) || (far.get(a) ?? end) - (far.get(b) ?? end) || a.localeCompare(b));
  const place = new Map(states.map((s, i) => [s, i]));
  const first = (list: string[]) => Math.min(...list.map((s) => place.get(s) ?? end), end + 1);
  /** Where an action goes on counts more than where it goes back to or stays. */
  const onward = (a: Action) => { const to = Math.max(...a.from.map((s) => place.get(targetOf(a, s)) ?? -1), -1); return to > first(a.from) ? to : end + 2; };
  const by = <T,>(record: Record<string, T>, ...keys: ((x: T) => number)[]) =>
    Object.keys(record).sort((x, y) => keys.reduce((found, k) => found || k(record[x]!) - k(record[y]!), 0) || x.localeCompare(y));
  return { states, actions: by(p.actions, (a) => first(a.from), onward), clocks: by(p.clocks, (c) => first(c.runs_in), (c) => (c.promise ? 0 : 1)) };
}
