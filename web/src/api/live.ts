/** The live map on the wire: tiles, the feed, and the first cases of a box. */
import { VectorTile } from "@mapbox/vector-tile";
import { PbfReader } from "pbf";
import type { Box } from "../lib/geo";
import { call, query, respond } from "./client";
import { ApiError } from "./errors";
import { session } from "./session";
import type { Incidents, Position, Status } from "./types";

/** What tiles, list and feed can be filtered by; the feed knows no age. */
export interface CaseQuery { category?: string; department?: string; status?: string; overdue?: boolean; min_age_h?: number; max_age_h?: number }

export interface CaseChange {
  id: string; code: string; category: string; department: string; status: Status; priority: number; overdue: boolean;
  due_at: string; opened_at: string; at: string; location: Position;
}
export type FeedEvent =
  | ({ type: "case.opened" | "case.changed" } & CaseChange)
  | { type: "case.closed"; id: string; status?: Status }
  /** From here on it is live; `anew`: what was loaded before may be old. */
  | { type: "ready"; anew: boolean };

export const TILES = "/tiles/open_cases/";
/** Absolute: the map's worker knows no page. Braces are the map's to fill in. */
export const tilesOf = (wanted: CaseQuery): string => `${location.origin}${TILES}{z}/{x}/{y}.mvt${query({ ...wanted })}`;
export function tokenHeader(): Record<string, string> {
  const token = session()?.access_token;
  return token ? { Authorization: `Bearer ${token}` } : {};
}

export const openFeed = (wanted: CaseQuery, lastId: string | null, signal: AbortSignal): Promise<Response> => {
  const { min_age_h: _, max_age_h: __, ...known } = wanted;
  return respond(`/v1/incidents/stream${query(known)}`, { signal, headers: { Accept: "text/event-stream", ...(lastId === null ? {} : { "Last-Event-ID": lastId }) } });
};

export type Sort = "due" | "newest";
export const MOST = 200;
/** The most urgent cases of a box, or the newest; at most `limit` of them. */
export const firstCases = (wanted: CaseQuery, box: Box | null, sort: Sort, limit = MOST, signal?: AbortSignal): Promise<Incidents> =>
  call<Incidents>(`/v1/incidents.geojson${query({ ...wanted, bbox: box?.map((n) => n.toFixed(6)).join(), sort, limit })}`, { cache: "no-cache", ...(signal ? { signal } : {}) }).then((r) => r.data);

export interface Count { count: number; overdue: number }
/** How many open cases there are: the one tile of the whole world counts them, however many. */
export async function countCases(wanted: CaseQuery): Promise<Count> {
  const answer = await respond(`${TILES}0/0/0.mvt${query({ ...wanted })}`, { cache: "no-cache", headers: { Accept: "*/*" } });
  if (!answer.ok) throw new ApiError(answer.status, {});
  return sumOf(new Uint8Array(await answer.arrayBuffer()));
}
export function sumOf(tile: Uint8Array): Count {
  const layer = new VectorTile(new PbfReader(tile)).layers.open_cases;
  const sum = { count: 0, overdue: 0 };
  for (let i = 0; i < (layer?.length ?? 0); i++) {
    const { count, overdue } = layer!.feature(i).properties;
    sum.count += Number(count);
    sum.overdue += Number(overdue);
  }
  return sum;
}
