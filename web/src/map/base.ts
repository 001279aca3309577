/** The base map: sea, land, wards, islands. Nothing is fetched from outside; letters are drawn from the page's own font. */
import type { GeoJSONSource, LayerSpecification, Map as GlMap, StyleSpecification } from "maplibre-gl";
import type { Wards } from "../api/types";
import { labelPoint } from "../lib/geo";
import { islands } from "./islands";
import landUrl from "./land.json?url";
import type { Palette } from "./colours";

export const FONT = ["Be Vietnam Pro", "sans-serif"];
const nothing: GeoJSON.FeatureCollection = { type: "FeatureCollection", features: [] };
const source = (data: GeoJSON.FeatureCollection | string, extra: object = {}) => ({ type: "geojson" as const, data, ...extra });

export function baseStyle(p: Palette): StyleSpecification {
  return {
    version: 8,
    sources: { land: source(new URL(landUrl, location.href).href), wards: source(nothing, { promoteId: "code" }), "ward-names": source(nothing), islands: source(islands()) },
    layers: [
      { id: "sea", type: "background" },
      { id: "land", type: "fill", source: "land", paint: { "fill-antialias": true } },
      { id: "ward", type: "fill", source: "wards", paint: { "fill-opacity": 0.94 } },
      { id: "ward-on", type: "fill", source: "wards", filter: ["==", ["get", "code"], ""], paint: { "fill-opacity": 0.16 } },
      { id: "ward-line", type: "line", source: "wards", paint: { "line-width": ["interpolate", ["linear"], ["zoom"], 7, 0.4, 11, 1, 15, 1.8] }, layout: { "line-join": "round" } },
      { id: "island", type: "circle", source: "islands", filter: ["==", ["get", "kind"], "island"], paint: { "circle-radius": ["interpolate", ["linear"], ["zoom"], 4, 1.8, 8, 5], "circle-stroke-width": 1 } },
      { id: "sea-name", type: "symbol", source: "islands", filter: ["==", ["get", "kind"], "sea"], maxzoom: 8, layout: { "text-field": ["get", "name"], "text-font": FONT, "text-size": 15, "text-letter-spacing": 0.25 } },
      { id: "island-name", type: "symbol", source: "islands", filter: ["==", ["get", "kind"], "name"], layout: { "text-field": ["get", "name"], "text-font": FONT, "text-size": 12, "text-line-height": 1.25, "text-anchor": "top", "text-allow-overlap": true } },
      { id: "ward-name", type: "symbol", source: "ward-names", minzoom: 9.3, layout: { "text-field": ["get", "name"], "text-font": FONT, "text-size": ["interpolate", ["linear"], ["zoom"], 9, 10.5, 14, 14], "text-max-width": 7, "text-padding": 6, "symbol-sort-key": ["get", "order"] }, paint: { "text-opacity": 0.95 } },
    ].map((layer) => ({ ...layer, paint: { ...(layer as { paint?: object }).paint, ...tint(layer.id, p) } })) as LayerSpecification[],
  };
}

function tint(id: string, p: Palette): Record<string, unknown> {
  switch (id) {
    case "sea": return { "background-color": p.sea };
    case "land": return { "fill-color": p.land };
    case "ward": return { "fill-color": p.ward };
    case "ward-on": return { "fill-color": p.pick };
    case "ward-line": return { "line-color": p.wardLine };
    case "island": return { "circle-color": p.island, "circle-stroke-color": p.wardLine };
    case "sea-name": return { "text-color": p.water };
    case "island-name": return { "text-color": p.label, "text-halo-color": p.sea, "text-halo-width": 1.4 };
    case "ward-name": return { "text-color": p.label, "text-halo-color": p.halo, "text-halo-width": 1.4 };
    default: return {};
  }
}
export function repaint(map: GlMap, p: Palette): void {
  for (const { id } of map.getStyle().layers) for (const [k, v] of Object.entries(tint(id, p))) map.setPaintProperty(id, k as never, v as never);
}

export function showWards(map: GlMap, wards: Wards, lang: string): void {
  (map.getSource("wards") as GeoJSONSource | undefined)?.setData(wards);
  const names = wards.features.map((f) => ({
    type: "Feature" as const,
    properties: { name: (lang === "en" && f.properties.name_en) || f.properties.name, order: f.properties.name.startsWith("Phường") ? 0 : 1 },
    geometry: { type: "Point" as const, coordinates: labelPoint(f.geometry) },
  }));
  (map.getSource("ward-names") as GeoJSONSource | undefined)?.setData({ type: "FeatureCollection", features: names });
}
export const showIslands = (map: GlMap): void => { (map.getSource("islands") as GeoJSONSource | undefined)?.setData(islands()); };
