import { useCallback, useEffect, useRef, useState } from "react";
import { type CaseFilter, cases } from "../../api/endpoints";
import type { CaseItem } from "../../api/types";
import { usePoll } from "../../lib/hooks";

interface State { key: string; items: CaseItem[]; next: string | null; loading: boolean; more: boolean; error: unknown }
const PAGE = 40;

/** Keyset pages; a quiet refresh asks again for as many rows as are on the page. */
export function useCases(filter: CaseFilter) {
  const key = JSON.stringify(filter);
  const [state, setState] = useState<State>({ key: "", items: [], next: null, loading: true, more: false, error: null });
  const latest = useRef(state);
  latest.current = state;
  const turn = useRef(0);

  const load = useCallback(async (quiet: boolean) => {
    const mine = ++turn.current;
    if (!quiet) setState((s) => ({ ...s, loading: true, error: null }));
    try {
      const rows = quiet ? Math.min(200, Math.max(PAGE, latest.current.items.length)) : PAGE;
      const page = await cases(JSON.parse(key) as CaseFilter, null, rows);
      if (mine !== turn.current) return;
      setState((s) => {
        // rows beyond what one request may bring stay until they are asked for again
        const kept = quiet && s.items.length > 200 ? s.items.slice(200).filter((i) => !page.items.some((p) => p.id === i.id)) : [];
        return { key, items: [...page.items, ...kept], next: kept.length ? s.next : (page.next_cursor ?? null), loading: false, more: false, error: null };
      });
    } catch (error) {
      if (mine === turn.current) setState((s) => ({ ...s, loading: false, error: quiet && s.items.length ? s.error : error }));
    }
  }, [key]);
  useEffect(() => { void load(false); }, [load]);
  usePoll(() => { if (!latest.current.more) void load(true); }, 15_000);
  useEffect(() => {
    const changed = () => void load(true);
    window.addEventListener("ht:case-changed", changed);
    return () => window.removeEventListener("ht:case-changed", changed);
  }, [load]);

  const loadMore = useCallback(async () => {
    const { next, more } = latest.current;
    if (!next || more) return;
    const mine = ++turn.current;
    setState((s) => ({ ...s, more: true }));
    try {
      const page = await cases(JSON.parse(key) as CaseFilter, next, PAGE);
      if (mine !== turn.current) return;
      setState((s) => ({ ...s, items: [...s.items, ...page.items.filter((p) => !s.items.some((i) => i.id === p.id))], next: page.next_cursor ?? null, more: false }));
    } catch (error) { if (mine === turn.current) setState((s) => ({ ...s, more: false, error })); }
  }, [key]);
  return { ...state, fresh: state.key === key, loadMore, reload: () => void load(false) };
}
export const caseChanged = (): boolean => window.dispatchEvent(new Event("ht:case-changed"));
