/** Open incidents: clustered on the page, coloured by field, ringed red when overdue. */
import type { ExpressionSpecification, GeoJSONSource, Map as GlMap } from "maplibre-gl";
import type { Incidents } from "../api/types";
import { FONT } from "./base";
import { type Palette, ROOTS } from "./colours";

const SOURCE = "incidents";
const empty: Incidents = { type: "FeatureCollection", features: [] };
const share: ExpressionSpecification = ["/", ["get", "late"], ["get", "point_count"]];
const size: ExpressionSpecification = ["step", ["get", "point_count"], 14, 10, 17, 50, 21, 250, 26, 1000, 32];

function paints(p: Palette): Record<string, Record<string, unknown>> {
  const root: unknown = ["match", ["get", "root"], ...ROOTS.flatMap((r) => [r, p.roots[r]]), p.other];
  return {
    "incident-late": { "circle-stroke-color": p.late, "circle-color": p.late },
    incident: { "circle-color": root, "circle-stroke-color": p.stroke },
    "incident-cluster": { "circle-color": p.cluster, "circle-stroke-color": ["case", [">", ["get", "late"], 0], p.late, p.clusterRing] },
    "incident-count": { "text-color": p.clusterText },
    "incident-on": { "circle-stroke-color": p.pick },
  };
}

export function addIncidents(map: GlMap, p: Palette, data: Incidents = empty): void {
  if (map.getSource(SOURCE)) return;
  map.addSource(SOURCE, { type: "geojson", data, cluster: true, clusterRadius: 46, clusterMaxZoom: 14, clusterProperties: { late: ["+", ["case", ["to-boolean", ["get", "overdue"]], 1, 0]] } });
  map.addSource("incident-on", { type: "geojson", data: empty });
  const c = paints(p);
  const urgent: ExpressionSpecification = ["==", ["get", "priority"], 1];
  map.addLayer({ id: "incident-on", type: "circle", source: "incident-on", paint: { "circle-radius": 19, "circle-opacity": 0, "circle-stroke-width": 4, ...c["incident-on"] } as never });
  map.addLayer({ id: "incident-late", type: "circle", source: SOURCE, filter: ["all", ["!", ["has", "point_count"]], ["to-boolean", ["get", "overdue"]]], paint: { "circle-radius": ["case", urgent, 13, 11.5], "circle-opacity": 0.18, "circle-stroke-width": 2.6, ...c["incident-late"] } as never });
  map.addLayer({ id: "incident", type: "circle", source: SOURCE, filter: ["!", ["has", "point_count"]], paint: { "circle-radius": ["case", urgent, 8.5, 6.5], "circle-stroke-width": 2, ...c.incident } as never });
  map.addLayer({ id: "incident-cluster", type: "circle", source: SOURCE, filter: ["has", "point_count"], paint: { "circle-radius": size, "circle-stroke-width": ["case", [">", ["get", "late"], 0], ["interpolate", ["linear"], share, 0, 2, 1, 6], 2], "circle-opacity": 0.94, ...c["incident-cluster"] } as never });
  map.addLayer({ id: "incident-count", type: "symbol", source: SOURCE, filter: ["has", "point_count"], layout: { "text-field": ["to-string", ["get", "point_count_abbreviated"]], "text-font": FONT, "text-size": 13, "text-allow-overlap": true, "text-ignore-placement": true }, paint: c["incident-count"] as never });
}
export function repaintIncidents(map: GlMap, p: Palette): void {
  for (const [id, paint] of Object.entries(paints(p))) if (map.getLayer(id)) for (const [k, v] of Object.entries(paint)) map.setPaintProperty(id, k as never, v as never);
}
export const showIncidents = (map: GlMap, data: Incidents): void => { (map.getSource(SOURCE) as GeoJSONSource | undefined)?.setData(data); };
export function markIncident(map: GlMap, at: GeoJSON.Position | null): void {
  const data: GeoJSON.FeatureCollection = { type: "FeatureCollection", features: at ? [{ type: "Feature", properties: {}, geometry: { type: "Point", coordinates: at } }] : [] };
  (map.getSource("incident-on") as GeoJSONSource | undefined)?.setData(data);
}

export function onIncident(map: GlMap, select: (id: string | null) => void): void {
  const layers = ["incident", "incident-late", "incident-cluster"];
  map.on("click", (e) => {
    const hit = map.queryRenderedFeatures([[e.point.x - 6, e.point.y - 6], [e.point.x + 6, e.point.y + 6]], { layers: layers.filter((l) => map.getLayer(l)) })[0];
    if (!hit) { select(null); return; }
    const props = hit.properties as { id?: string; cluster_id?: number };
    if (props.cluster_id === undefined) { select(props.id ?? null); return; }
    const centre = (hit.geometry as GeoJSON.Point).coordinates as [number, number];
    void (map.getSource(SOURCE) as GeoJSONSource).getClusterExpansionZoom(props.cluster_id).then((zoom) => map.easeTo({ center: centre, zoom: Math.min(zoom + 0.3, 17), duration: 450 }));
  });
  map.on("mousemove", (e) => {
    const over = map.queryRenderedFeatures(e.point, { layers: layers.filter((l) => map.getLayer(l)) }).length > 0;
    map.getCanvas().style.cursor = over ? "pointer" : "";
  });
}
