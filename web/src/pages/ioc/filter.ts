/** The filter of the operations centre, and what its four numbers count. Pure. */
import type { CaseQuery } from "../../api/live";

export interface Filter extends Omit<CaseQuery, "category"> { root?: string | undefined; category?: string | undefined }
export const OPEN_STATUSES = ["received", "assigned", "in_progress", "waiting"];
export const DAY_H = 24;
export const NOTHING: Filter = {};

export const clean = (f: Filter): Filter => Object.fromEntries(Object.entries(f).filter(([, v]) => v !== undefined && v !== "" && v !== false));
/** As tiles, list and feed are asked: a root means all that is below it. */
export function wantedOf({ root, category, ...rest }: Filter): CaseQuery {
  const code = category ?? root;
  return { ...(clean(rest) as CaseQuery), ...(code ? { category: code } : {}) };
}
export const isFresh = (f: Filter): boolean => f.max_age_h === DAY_H;
export const freshOf = ({ min_age_h: _, max_age_h: __, ...f }: Filter): Filter => ({ ...f, max_age_h: DAY_H });
/** Without what the numbers switch on and off: each shows what a click on it would give. */
export function baseOf({ overdue: _, ...f }: Filter): Filter {
  if (!isFresh(f)) return f;
  const { max_age_h: __, ...rest } = f;
  return rest;
}

/** Ages to choose from, as one select holds them. */
export const AGES = [{ max_age_h: DAY_H }, { max_age_h: 3 * DAY_H }, { min_age_h: 3 * DAY_H }, { min_age_h: 7 * DAY_H }, { min_age_h: 30 * DAY_H }] as const;
export const ageIndex = (f: Filter): number => AGES.findIndex((a) => ("max_age_h" in a ? a.max_age_h : undefined) === f.max_age_h && ("min_age_h" in a ? a.min_age_h : undefined) === f.min_age_h);
export const withAge = ({ min_age_h: _, max_age_h: __, ...f }: Filter, index: number): Filter => ({ ...f, ...AGES[index] });
