import type { ExpressionSpecification } from "maplibre-gl";
import { useMemo } from "react";
import { type Days, heat, type HeatCell } from "../../api/insight";
import { useDebounced, useLast, useLoad } from "../../lib/hooks";
import { useTheme } from "../../ui/Header";
import { palettes } from "../colours";
import { useData, useHits, useLayers, useMap, useView, nothing } from "../context";
import { LOWEST } from "./caseLayers";

/** A square for each cell in which cases were opened in the period, the darker the more. */
export function Heat({ days, category, onPick }: { days: Days; category: string | undefined; onPick: (cell: HeatCell) => void }) {
  useMap();
  const view = useDebounced(useView(), 200), wanted = useDebounced(days, 150);
  const zoom = Math.ceil(view.zoom); // rather fine than coarse: 16 to 64 pixels a cell
  const cells = useLast(useLoad(JSON.stringify([wanted, view.box, zoom, category]), () => heat(wanted, view.box, zoom, category)).data);
  const ramp = palettes[useTheme()].ramp;
  const colour: ExpressionSpecification = ["interpolate", ["linear"], ["get", "share"], 0, ramp[0], 0.5, ramp[1], 1, ramp[2]];
  useLayers("heat", { type: "geojson", data: nothing }, [
    { id: "heat", type: "fill", source: "heat", paint: { "fill-color": colour, "fill-opacity": 0.62, "fill-antialias": false } },
  ], LOWEST);
  useData("heat", useMemo(() => squares(cells ?? []), [cells]));
  useHits(["heat"], (hit) => { const cell = cells?.find((c) => c.cell === hit.properties.cell); if (cell) onPick(cell); });
  return null;
}

/** The share of the fullest cell, by its root: a few crowded cells must not leave the rest pale. */
function squares(cells: HeatCell[]): GeoJSON.FeatureCollection {
  const most = Math.max(1, ...cells.map((c) => c.count));
  return { type: "FeatureCollection", features: cells.map(({ cell, bbox: [w, s, e, n], count }) => ({ type: "Feature", properties: { cell, share: Math.sqrt(count / most) }, geometry: { type: "Polygon", coordinates: [[[w, s], [e, s], [e, n], [w, n], [w, s]]] } })) };
}
