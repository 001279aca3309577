import { useCallback, useEffect, useMemo, useRef, useState } from "react";
import { incidents as fetchIncidents } from "../api/endpoints";
import type { Incidents } from "../api/types";
import { usePoll } from "./hooks";

export interface Live { data: Incidents | undefined; at: number | null; offline: boolean }
/** Asks again every few seconds; 304 costs nothing and redraws nothing. */
export function useIncidents(every: number, who: string, active = true): Live {
  const [live, setLive] = useState<Live>({ data: undefined, at: null, offline: false });
  const etag = useRef<string | null>(null);
  const busy = useRef(false);
  const ask = useCallback(async () => {
    if (busy.current) return;
    busy.current = true;
    try {
      const answer = await fetchIncidents(etag.current, AbortSignal.timeout(15_000));
      etag.current = answer.etag;
      setLive((l) => ({ data: answer.data ?? l.data, at: Date.now(), offline: false }));
    } catch { setLive((l) => ({ ...l, offline: true })); }
    finally { busy.current = false; }
  }, []);
  useEffect(() => { if (!active) return; etag.current = null; void ask(); }, [ask, who, active]);
  usePoll(() => void ask(), every, active);
  return useMemo(() => live, [live]);
}
