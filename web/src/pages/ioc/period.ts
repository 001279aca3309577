/** Days of the time slider. Pure. */
import type { Days, TimeStep } from "../../api/insight";
import { cityDay } from "../../lib/time";

export const SPAN = 90;
export const WINDOWS = [1, 7, 30] as const;
/** The last `SPAN` days of the city up to `now`. */
export const spanUpTo = (now: number): Days => ({ from: cityDay(now - (SPAN - 1) * 86_400_000), to: cityDay(now) });

/** The steps from `window` days before step `end` up to it. */
export const within = (steps: TimeStep[], end: number, window: number): TimeStep[] => steps.slice(Math.max(0, end - window + 1), end + 1);
export const daysOf = (steps: TimeStep[]): Days | null => (steps.length ? { from: cityDay(steps[0]!.start), to: cityDay(steps.at(-1)!.start) } : null);
/** The cases of several steps in a row: the first one's list, up to the end of the last. */
export function casesOfSteps(steps: TimeStep[]): string | null {
  const last = steps.at(-1);
  if (!last) return null;
  const [path = "", search = ""] = steps[0]!.cases.split("?");
  const query = new URLSearchParams(search);
  query.set("opened_to", new URLSearchParams(last.cases.split("?")[1]).get("opened_to") ?? last.end);
  return `${path}?${query.toString()}`;
}
