import { useCallback, useEffect, useMemo, useRef, useState } from "react";
import { type CaseQuery, type FeedEvent, openFeed } from "../api/live";
import { follow, type Message } from "./feed";
import { throttle } from "./throttle";

type Listener = (event: FeedEvent) => void;
export interface Live {
  state: "connecting" | "live" | "lost";
  /** When it became so. */
  since: number;
  subscribe: (listener: Listener) => () => void;
}

/** Open cases of a filter as they change, for as long as the page is there. `who` reads: another reader sees another map. */
export function useFeed({ min_age_h: _, max_age_h: __, ...wanted }: CaseQuery, who: string): Live {
  const [now, setNow] = useState<Pick<Live, "state" | "since">>(() => ({ state: "connecting", since: Date.now() }));
  const listeners = useRef(new Set<Listener>());
  const key = JSON.stringify(wanted);
  useEffect(() => {
    const become = (state: Live["state"]) => setNow((old) => (old.state === state ? old : { state, since: Date.now() }));
    const tell = (event: FeedEvent) => listeners.current.forEach((listen) => listen(event));
    let first = true;
    become("connecting");
    return follow({
      open: (lastId, signal) => openFeed(JSON.parse(key) as CaseQuery, lastId, signal),
      onLost: () => become("lost"),
      onMessage: (message) => {
        const event = eventOf(message, first);
        if (event?.type === "ready") { first = false; become("live"); }
        if (event) tell(event);
      },
    });
  }, [key, who]);
  const subscribe = useCallback((listener: Listener) => { listeners.current.add(listener); return () => { listeners.current.delete(listener); }; }, []);
  return useMemo(() => ({ ...now, subscribe }), [now, subscribe]);
}

/** What a message means; null for one of a later server that this page does not know. */
export function eventOf({ event, data }: Message, first: boolean): FeedEvent | null {
  switch (event) {
    // what was loaded before the first word may be older than it
    case "feed.ready": return { type: "ready", anew: first };
    case "feed.reset": return { type: "ready", anew: true };
    case "case.opened": case "case.changed": case "case.closed": return { type: event, ...(JSON.parse(data) as object) } as FeedEvent;
    default: return null;
  }
}

/** While this holds, what is shown is looked at again every `LOOK_EVERY` ms: nobody tells, or cases grow older without a change. */
export const mayBeOld = (live: Live, { min_age_h, max_age_h }: CaseQuery): boolean => live.state === "lost" || min_age_h !== undefined || max_age_h !== undefined;
export const LOOK_EVERY = 30_000;

/** Runs soon after something happened, and at most once in `every` ms. */
export function useOnChange(live: Live, run: () => void, every: number, first = 300): void {
  const latest = useRef(run);
  latest.current = run;
  const { subscribe } = live;
  useEffect(() => {
    const { call, stop } = throttle(() => latest.current(), first, every);
    const leave = subscribe((event) => { if (event.type !== "ready" || event.anew) call(); });
    return () => { leave(); stop(); };
  }, [subscribe, every, first]);
}
