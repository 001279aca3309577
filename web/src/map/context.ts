/** What the layers of a map share: the map, and whom a click on which layer is for. */
import type { GeoJSONSource, LayerSpecification, Map as GlMap, MapGeoJSONFeature, SourceSpecification } from "maplibre-gl";
import { createContext, useContext, useEffect, useRef, useState } from "react";
import type { Box } from "../lib/geo";

export type Hit = (feature: MapGeoJSONFeature) => void;
export type Edges = Partial<Record<"top" | "right" | "bottom" | "left", number>>;
/** `padding`: edges that panels lie over. `gone`: the map was taken down, and its layers with it. */
export interface MapTools { map: GlMap; hits: Map<string, Hit>; padding: () => Edges; gone: boolean }
export const MapContext = createContext<MapTools | null>(null);
/** For what stands inside a map, which shows its children once it is there. */
export function useMap(): MapTools {
  const tools = useContext(MapContext);
  if (!tools) throw new Error("a layer stands inside a map");
  return tools;
}

/**
 * Layers (and their source, if it is theirs) for as long as the component is there; their colours follow.
 * Another `edition` is another source, made anew.
 */
export function useLayers(id: string, source: SourceSpecification | null, layers: LayerSpecification[], below?: string, edition = ""): void {
  const tools = useMap();
  const latest = useRef({ source, layers });
  latest.current = { source, layers };
  useEffect(() => {
    const { map } = tools, { source, layers } = latest.current;
    if (source) map.addSource(id, source);
    for (const layer of layers) map.addLayer(layer, below && map.getLayer(below) ? below : undefined);
    return () => {
      if (tools.gone) return;
      for (const layer of layers) map.removeLayer(layer.id);
      if (source) map.removeSource(id);
    };
  }, [tools, id, below, edition]);
  const look = JSON.stringify(layers.map((l) => [l.id, l.paint]));
  useEffect(() => {
    for (const [layer, paint] of JSON.parse(look) as [string, object][]) for (const [k, v] of Object.entries(paint)) tools.map.setPaintProperty(layer, k as never, v as never);
  }, [tools, look]);
}
export function useData(id: string, data: GeoJSON.FeatureCollection): void {
  const { map } = useMap();
  useEffect(() => { (map.getSource(id) as GeoJSONSource | undefined)?.setData(data); }, [map, id, data]);
}
/** A click, or a tap near by, goes to the layer that lies on top. */
export function useHits(layers: string[], hit: Hit): void {
  const tools = useMap();
  const latest = useRef(hit);
  latest.current = hit;
  const key = layers.join();
  useEffect(() => {
    const ids = key.split(",");
    for (const id of ids) tools.hits.set(id, (feature) => latest.current(feature));
    return () => { for (const id of ids) tools.hits.delete(id); };
  }, [tools, key]);
}

export interface View { box: Box; zoom: number }
/** `left`: pixels that a panel covers. */
export function viewOf(map: GlMap, left = 0): View {
  const b = map.getBounds();
  const west = left ? map.unproject([left, 0]).lng : b.getWest();
  return { box: [west, b.getSouth(), b.getEast(), b.getNorth()], zoom: map.getZoom() };
}
/** What the map shows, whenever it has come to rest. */
export function useView(): View {
  const { map } = useMap();
  const [view, setView] = useState(() => viewOf(map));
  useEffect(() => {
    const moved = () => setView(viewOf(map));
    map.on("moveend", moved);
    return () => { map.off("moveend", moved); };
  }, [map]);
  return view;
}
export const nothing: GeoJSON.FeatureCollection = { type: "FeatureCollection", features: [] };
