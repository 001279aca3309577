/** How open cases look: clusters below zoom 15, then points coloured by field, ringed red when overdue. */
import type { ExpressionSpecification, LayerSpecification } from "maplibre-gl";
import { FONT } from "../base";
import { type Palette, ROOTS } from "../colours";

export const SOURCE = "open_cases";
const LAYER = "open_cases"; // inside the tiles
const count: ExpressionSpecification = ["get", "count"];
const share: ExpressionSpecification = ["/", ["get", "overdue"], count];
const size: ExpressionSpecification = ["step", count, 11, 10, 13, 50, 15, 250, 17, 1000, 19, 10_000, 21];
const root: ExpressionSpecification = ["slice", ["get", "category"], 0, ["index-of", ".", ["concat", ["get", "category"], "."]]];
const brief = (divisor: number, unit: string): ExpressionSpecification => ["concat", ["number-format", ["/", count, divisor], { "max-fraction-digits": 1, locale: "vi" }], unit];
const clustered: ExpressionSpecification = ["has", "count"];
const single: ExpressionSpecification = ["!", clustered];
const urgent: ExpressionSpecification = ["==", ["get", "priority"], 1];
const late: ExpressionSpecification = ["boolean", ["get", "overdue"], false];

export const CLUSTER = "case-cluster";
export const POINT = "case";
export const LOWEST = "case-on";
export const ON = "case-on";

export const markLayer = (p: Palette): LayerSpecification => ({ id: ON, type: "circle", source: ON, paint: { "circle-radius": 19, "circle-opacity": 0, "circle-stroke-width": 4, "circle-stroke-color": p.pick } });
export function caseLayers(p: Palette): LayerSpecification[] {
  const from = { source: SOURCE, "source-layer": LAYER };
  const colour = ["match", root, ...ROOTS.flatMap((r) => [r, p.roots[r]]), p.other] as unknown as ExpressionSpecification;
  return [
    { id: "case-late", type: "circle", ...from, filter: ["all", single, late], paint: { "circle-radius": ["case", urgent, 13, 11.5], "circle-opacity": 0.18, "circle-stroke-width": 2.6, "circle-stroke-color": p.late, "circle-color": p.late } },
    { id: POINT, type: "circle", ...from, filter: single, paint: { "circle-radius": ["case", urgent, 8.5, 6.5], "circle-stroke-width": 2, "circle-color": colour, "circle-stroke-color": p.stroke } },
    { id: CLUSTER, type: "circle", ...from, filter: clustered, layout: { "circle-sort-key": count }, paint: { "circle-radius": size, "circle-opacity": 0.94, "circle-color": p.cluster, "circle-stroke-color": ["case", [">", ["get", "overdue"], 0], p.late, p.clusterRing], "circle-stroke-width": ["case", [">", ["get", "overdue"], 0], ["interpolate", ["linear"], share, 0, 1.5, 1, 4], 1.5] } },
    { id: "case-count", type: "symbol", ...from, filter: clustered, layout: { "text-field": ["case", [">=", count, 1e6], brief(1e6, "tr"), [">=", count, 1000], brief(1000, "k"), ["to-string", count]], "text-font": FONT, "text-size": 12, "text-padding": 0, "symbol-sort-key": ["-", 0, count], "symbol-z-order": "auto" }, paint: { "text-color": p.clusterText } },
  ];
}
