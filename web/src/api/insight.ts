/** Figures behind the map: each says where its cases are listed. */
import { get, post, query } from "./client";
import type { Box } from "../lib/geo";
import type { CaseItem, LocalText, Named, Page } from "./types";

export interface Today { open: number; overdue: number; opened: number; resolved: number; cases: string; overdue_cases: string; opened_cases: string; resolved_cases: string }
export interface Summary { day: string; total: Today; categories: (Today & { category: string; name: LocalText })[] }
export interface HeatCell { cell: string; bbox: Box; count: number; cases: string }
export interface AreaFigures { code: string; name: { vi: string; en: string | null }; population: number | null; opened: number; open: number; overdue: number; opened_per_1000: number | null; cases: string }
export interface TimeStep { start: string; end: string; opened: number; open: number; overdue: number; resolved: number; cases: string }
export interface Hotspot { id: number; category: string; area: string; count: number; expected: number; ratio: number; since: string; until: string; cases: string }
export interface Alert {
  id: number; category: Named | null; area: Named; count: number; minutes: number; since: string; until: string; raised_at: string;
  acknowledged_by: string | null; acknowledged_at: string | null; closed_at: string | null; cases: string;
}
/** Days of the city, both included. */
export interface Days { from: string; to: string }

export const summary = () => get<Summary>("/v1/stats/summary");
export const heat = (days: Days, box: Box, zoom: number, category?: string) =>
  get<{ items: HeatCell[] }>(`/v1/stats/heat${query({ ...days, category, zoom, bbox: box.map((n) => n.toFixed(5)).join() })}`).then((r) => r.items);
export const areaFigures = (days: Days, category?: string) => get<{ items: AreaFigures[] }>(`/v1/stats/areas${query({ ...days, category })}`).then((r) => r.items);
export const timeline = (days: Days, category?: string) => get<{ items: TimeStep[] }>(`/v1/stats/timeline${query({ ...days, category, step: "day" })}`).then((r) => r.items);
export const hotspots = () => get<{ items: Hotspot[] }>("/v1/stats/hotspots").then((r) => r.items);
/** Their places, as a layer of the public map service; `id` is that of `hotspots`. */
export const hotspotShapes = () => get<GeoJSON.FeatureCollection>("/ogc/collections/hotspots/items?f=json&limit=1000");
export const alerts = () => get<Page<Alert>>("/v1/alerts?open=true").then((r) => r.items);
export const acknowledge = (id: number) => post<Alert>(`/v1/alerts/${id}/acknowledge`, undefined);
/** The cases behind a figure, by the path that came with it. */
export const casesOf = (path: string, cursor?: string | null) => get<Page<CaseItem>>(cursor ? `${path}&cursor=${encodeURIComponent(cursor)}` : path);
