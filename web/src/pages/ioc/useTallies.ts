import { type Summary, summary } from "../../api/insight";
import { type Count, countCases } from "../../api/live";
import { useLast, useLoad } from "../../lib/hooks";
import { type Live, useOnChange } from "../../lib/useFeed";
import { baseOf, clean, type Filter, freshOf, wantedOf } from "./filter";

const EVERY = 2000; // ms
export interface Tallies { open: number; overdue: number; fresh: number; roots: Record<string, number> }

/** Numbers that obey the other filters but not each other, counted by the server. */
export function useTallies(filter: Filter, roots: string[], live: Live, who: string): { tallies: Tallies | undefined; today: Summary | undefined; reload: () => void } {
  const numbers = useLoad(JSON.stringify([clean(filter), roots, who]), () => tally(filter, roots));
  const today = useLoad(`today:${who}`, summary);
  const reload = () => { numbers.reload(); today.reload(); };
  useOnChange(live, reload, EVERY);
  return { tallies: useLast(numbers.data), today: today.data, reload };
}

async function tally(filter: Filter, roots: string[]): Promise<Tallies> {
  const { root: _, category: __, ...everywhere } = filter;
  const count = (f: Filter): Promise<Count> => countCases(wantedOf(f));
  const [base, fresh, ...each] = await Promise.all([count(baseOf(filter)), count(freshOf(baseOf(filter))), ...roots.map((root) => count({ ...everywhere, root }))]);
  return { open: base.count, overdue: base.overdue, fresh: fresh.count, roots: Object.fromEntries(roots.map((root, i) => [root, each[i]!.count])) };
}
