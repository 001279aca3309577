import { useMemo } from "react";
import type { Hotspot } from "../../api/insight";
import { useTheme } from "../../ui/Header";
import { FONT } from "../base";
import { palettes } from "../colours";
import { nothing, useData, useHits, useLayers } from "../context";
import { LOWEST } from "./caseLayers";

/** Places with clearly more cases than usual: their outline, and how many times the usual. */
export function Hotspots({ shapes, spots, onPick }: { shapes: GeoJSON.FeatureCollection; spots: Hotspot[]; onPick: (spot: Hotspot) => void }) {
  const palette = palettes[useTheme()];
  useLayers("hotspots", { type: "geojson", data: nothing }, [
    { id: "hotspot", type: "fill", source: "hotspots", paint: { "fill-color": palette.late, "fill-opacity": 0.14 } },
    { id: "hotspot-line", type: "line", source: "hotspots", layout: { "line-join": "round" }, paint: { "line-color": palette.late, "line-width": 2.4, "line-dasharray": [2, 1.4] } },
    { id: "hotspot-times", type: "symbol", source: "hotspots", layout: { "text-field": ["get", "times"], "text-font": FONT, "text-size": 13, "text-allow-overlap": true, "text-offset": [0, -1.6] }, paint: { "text-color": palette.late, "text-halo-color": palette.halo, "text-halo-width": 1.6 } },
  ], LOWEST);
  useData("hotspots", useMemo(() => ({
    type: "FeatureCollection" as const,
    features: shapes.features.map((f) => ({ ...f, properties: { id: String(f.id), times: `×${Number(f.properties?.ratio ?? 0).toLocaleString("vi-VN", { maximumFractionDigits: 1 })}` } })),
  }), [shapes]));
  useHits(["hotspot"], (hit) => { const spot = spots.find((s) => String(s.id) === hit.properties.id); if (spot) onPick(spot); });
  return null;
}
