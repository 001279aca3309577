import type { ExpressionSpecification } from "maplibre-gl";
import { useEffect } from "react";
import type { AreaFigures } from "../../api/insight";
import { useTheme } from "../../ui/Header";
import { palettes } from "../colours";
import { useHits, useLayers, useMap } from "../context";

/** Rates where every ward's population is known, else counts: the two do not stand on one map. */
export const byPopulation = (areas: AreaFigures[]): boolean => areas.length > 0 && areas.every((a) => a.opened_per_1000 !== null);

/** Wards coloured by what was opened there; the shapes are those of the base map. */
export function Choropleth({ areas, onPick }: { areas: AreaFigures[]; onPick: (area: AreaFigures) => void }) {
  const tools = useMap();
  const ramp = palettes[useTheme()].ramp;
  const share: ExpressionSpecification = ["feature-state", "share"];
  useLayers("wards", null, [
    { id: "choropleth", type: "fill", source: "wards", paint: { "fill-color": ["interpolate", ["linear"], ["coalesce", share, 0], 0, ramp[0], 0.5, ramp[1], 1, ramp[2]], "fill-opacity": ["case", ["==", share, null], 0, 0.72] } },
  ], "ward-line");
  useEffect(() => {
    const rates = byPopulation(areas), value = (a: AreaFigures) => (rates ? (a.opened_per_1000 ?? 0) : a.opened);
    const most = Math.max(...areas.map(value), Number.MIN_VALUE);
    for (const a of areas) tools.map.setFeatureState({ source: "wards", id: a.code }, { share: value(a) / most });
    return () => { if (!tools.gone) tools.map.removeFeatureState({ source: "wards" }); };
  }, [tools, areas]);
  useHits(["choropleth"], (hit) => { const area = areas.find((a) => a.code === hit.properties.code); if (area) onPick(area); });
  return null;
}
