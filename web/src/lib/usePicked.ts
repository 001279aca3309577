import { useCallback, useEffect, useRef, useState } from "react";
import { firstCases, MOST } from "../api/live";
import { changed, type Incident } from "./incidents";
import type { Live } from "./useFeed";

const AROUND = 0.0002; // degrees; a place in a tile is exact to a metre

/** The case that somebody looks at, which goes on changing while they do. */
export function usePicked({ subscribe }: Live) {
  const [picked, setPicked] = useState<Incident | null>(null);
  const turn = useRef(0);
  const pick = useCallback((incident: Incident | null) => { turn.current++; setPicked(incident); }, []);
  /** A point of the map knows its id and little else. */
  const pickAt = useCallback(async (id: string, [lon = 0, lat = 0]: GeoJSON.Position) => {
    const mine = ++turn.current;
    const near = await firstCases({}, [lon - AROUND, lat - AROUND, lon + AROUND, lat + AROUND], "due", MOST).catch(() => null);
    const found = near?.features.find((f) => f.properties.id === id);
    if (found && mine === turn.current) setPicked(found);
  }, []);
  useEffect(() => subscribe((event) => setPicked((now) => {
    if (!now || event.type === "ready" || event.id !== now.properties.id) return now;
    if (event.type !== "case.closed") return changed(now, event);
    return event.status ? { ...now, properties: { ...now.properties, status: event.status } } : now;
  })), [subscribe]);
  return { picked, pick, pickAt, drop: useCallback(() => pick(null), [pick]) };
}
