/** One action on many cases: which can be offered, until when it can be taken back. */
import type { Action, BulkResult, CaseItem, Field } from "../api/types";

export const MOST_CASES = 200;

/** Cases that should have the same buttons, so that one of each group is asked and not all. */
export function alike(items: CaseItem[], me: string | undefined): CaseItem[][] {
  const groups = new Map<string, CaseItem[]>();
  for (const item of items) {
    const key = [item.state, item.department.code, item.is_child, item.assignee === (me ?? null)].join("|");
    groups.set(key, [...(groups.get(key) ?? []), item]);
  }
  return [...groups.values()].sort((a, b) => b.length - a.length);
}

/** `count` of the ticked cases should take it; `lead` is one that does, whose people and answers fit. */
export interface Offer { action: Action; count: number; lead: string }

export function offersOf(groups: { lead: string; size: number; actions: Action[] }[]): Offer[] {
  const offers = new Map<string, Offer>();
  for (const { lead, size, actions } of groups)
    for (const action of actions) {
      const known = offers.get(action.action);
      if (known) { known.count += size; known.action = { ...known.action, form: strictest(known.action.form, action.form) }; }
      else offers.set(action.action, { action: { ...action }, count: size, lead });
    }
  // a photo proves the work on one case, so what needs one is done case by case
  return [...offers.values()]
    .filter(({ action }) => !action.form.some((f) => f.type === "photo" && f.required))
    .map((o) => ({ ...o, action: { ...o.action, form: o.action.form.filter((f) => f.type !== "photo") } }))
    .sort((a, b) => b.count - a.count);
}
const strictest = (a: Field[], b: Field[]): Field[] =>
  a.map((f) => ({ ...f, required: f.required || b.some((g) => g.name === f.name && g.required) }));

/** The moment on this device's clock, as the server's may be minutes off; its Date has no fractions. */
export function undoDeadline(undoUntil: string | null, serverNow: string | null, now: number): number | null {
  if (!undoUntil) return null;
  const there = serverNow ? Date.parse(serverNow) + 1000 : NaN;
  return now + Date.parse(undoUntil) - (Number.isNaN(there) ? now : there);
}
export const secondsLeft = (deadline: number | null, now: number): number => (deadline === null ? 0 : Math.max(0, Math.ceil((deadline - now) / 1000)));

/** Why a case was left as it is; null when it was done. The server names the step by its key, people by its label. */
export function whyNot(item: BulkResult["items"][number], step?: { action: string; label: string }): string | null {
  if (!item.problem) return null;
  const fields = item.problem.errors.map((e) => e.detail);
  const text = fields.length ? [...new Set(fields)].join(" ") : item.problem.detail;
  return step ? text.replace(/([«“])([a-z_0-9]+)([»”])/g, (all, open: string, key: string, close: string) => (key === step.action ? open + step.label + close : all)) : text;
}
