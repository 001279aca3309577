import { useCallback, useEffect, useRef, useState, useSyncExternalStore } from "react";
import { onSession, type Realm, session, type Session } from "../api/session";
import { currentLang, onLang } from "../i18n/lang";

/** One clock for every countdown on the page. */
export function useNow(every = 30_000): number {
  const [now, setNow] = useState(Date.now);
  useEffect(() => { const id = setInterval(() => setNow(Date.now()), every); return () => clearInterval(id); }, [every]);
  return now;
}

export interface Loaded<T> { data: T | undefined; error: unknown; loading: boolean; reload: () => void; set: (data: T) => void }
/** Loads when `key` or the language changes; keeps the old data on the page while new data is coming. */
export function useLoad<T>(key: string | null, load: () => Promise<T>): Loaded<T> {
  const [state, setState] = useState<{ key: string | null; data?: T; error?: unknown; loading: boolean }>({ key: null, loading: key !== null });
  const lang = useSyncExternalStore(onLang, currentLang);
  const latest = useRef(load);
  latest.current = load;
  const [turn, setTurn] = useState(0);
  useEffect(() => {
    if (key === null) return;
    let alive = true;
    setState((s) => (s.key === key ? { ...s, loading: true } : { key, loading: true }));
    latest.current().then(
      (data) => { if (alive) setState({ key, data, loading: false }); },
      (error: unknown) => { if (alive) setState((s) => ({ ...s, key, error, loading: false })); },
    );
    return () => { alive = false; };
  }, [key, turn, lang]);
  const reload = useCallback(() => setTurn((n) => n + 1), []);
  const set = useCallback((data: T) => setState((s) => ({ ...s, data, error: undefined })), []);
  const mine = state.key === key;
  return { data: mine ? state.data : undefined, error: mine ? state.error : undefined, loading: key !== null && (!mine || state.loading), reload, set };
}

/** The last data there was, while other data is coming. */
export function useLast<T>(data: T | undefined): T | undefined {
  const last = useRef(data);
  if (data !== undefined) last.current = data;
  return last.current;
}

/** Calls while the page is visible, and at once when it comes back. */
export function usePoll(run: () => void, every: number, active = true): void {
  const latest = useRef(run);
  latest.current = run;
  useEffect(() => {
    if (!active) return;
    const tick = () => { if (!document.hidden) latest.current(); };
    const id = setInterval(tick, every);
    document.addEventListener("visibilitychange", tick);
    window.addEventListener("online", tick);
    return () => { clearInterval(id); document.removeEventListener("visibilitychange", tick); window.removeEventListener("online", tick); };
  }, [every, active]);
}

export function useDebounced<T>(value: T, delay: number): T {
  const [late, setLate] = useState(value);
  useEffect(() => { const id = setTimeout(() => setLate(value), delay); return () => clearTimeout(id); }, [value, delay]);
  return late;
}

const onHash = (tell: () => void) => { window.addEventListener("hashchange", tell); return () => window.removeEventListener("hashchange", tell); };
/** Pages route by hash: the server knows four paths only, and a token behind # never reaches its log. */
export function useRoute(): { path: string[]; params: URLSearchParams } {
  const hash = useSyncExternalStore(onHash, () => location.hash);
  const [path = "", search = ""] = hash.replace(/^#\/?/, "").split("?");
  return { path: path.split("/").filter(Boolean).map(decodeURIComponent), params: new URLSearchParams(search) };
}
export function useSession(of: Realm): Session | null {
  return useSyncExternalStore(onSession, () => session(of));
}
export function useMedia(rule: string): boolean {
  const list = useRef(matchMedia(rule));
  return useSyncExternalStore((tell) => { list.current.addEventListener("change", tell); return () => list.current.removeEventListener("change", tell); }, () => list.current.matches);
}
