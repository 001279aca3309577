import type { Map as GlMap } from "maplibre-gl";
import { useEffect } from "react";
import { renew } from "../../api/client";
import { type CaseQuery, firstCases, MOST, tilesOf } from "../../api/live";
import type { Position } from "../../api/types";
import { boxOf } from "../../lib/geo";
import { usePoll } from "../../lib/hooks";
import { throttle } from "../../lib/throttle";
import { type Live, LOOK_EVERY, mayBeOld } from "../../lib/useFeed";
import { useTheme } from "../../ui/Header";
import { palettes } from "../colours";
import { type MapTools, nothing, useData, useHits, useLayers, useMap } from "../context";
import { cellBox, cellLevel, POINTS_FROM, splitZoom, tileAt, type TileId } from "../tileGrid";
import { caseLayers, CLUSTER, markLayer, ON, POINT, SOURCE } from "./caseLayers";
import { Pulses } from "./Pulses";

const MAX_ZOOM = 16; // of the source; beyond it the map enlarges
const AFTER_COMMIT = 250; // ms; the server looks at most so often whether a layer has changed
const POINTS = [POINT, "case-late"];
interface Cluster { at: [number, number]; cell: number; count: number }
interface Props { wanted: CaseQuery; who: string; live: Live; selected: GeoJSON.Position | null; onSelect: (id: string, at: GeoJSON.Position) => void }

/** Open cases from vector tiles. When one changes, the tiles that hold it are asked for again, nothing else. */
export function OpenCases({ wanted, who, live, selected, onSelect }: Props) {
  const tools = useMap(), { map } = tools;
  const palette = palettes[useTheme()];
  const tiles = tilesOf(wanted);
  useLayers(ON, { type: "geojson", data: nothing }, [markLayer(palette)]);
  // made anew for another filter: MapLibre's setTiles keeps a tile whose new answer has the old ETag, and all filters of one moment have the same
  useLayers(SOURCE, { type: "vector", tiles: [tiles], minzoom: 0, maxzoom: MAX_ZOOM }, caseLayers(palette), undefined, tiles + who);
  useData(ON, selected ? { type: "FeatureCollection", features: [{ type: "Feature", properties: {}, geometry: { type: "Point", coordinates: selected } }] } : nothing);

  useRenewal(map);
  useFreshTiles(map, live);
  usePoll(() => map.refreshTiles(SOURCE), LOOK_EVERY, mayBeOld(live, wanted));

  useHits([CLUSTER, ...POINTS], (hit) => {
    const at = (hit.geometry as GeoJSON.Point).coordinates;
    if (hit.layer.id !== CLUSTER) { onSelect(String(hit.properties.id), at); return; }
    void zoomInto(tools, { at: at as [number, number], cell: Number(hit.id), count: Number(hit.properties.count) }, wanted);
  });
  return <Pulses live={live} />;
}

/** To where a cluster falls apart: a few cases are fitted into the view, many are looked at one step closer. */
async function zoomInto({ map, padding }: MapTools, { at, cell, count }: Cluster, wanted: CaseQuery): Promise<void> {
  const zoom = map.getZoom(), { left = 0, right = 0, top = 0, bottom = 0 } = padding();
  const found = count <= MOST ? await firstCases(wanted, cellBox(cell, cellLevel(Math.floor(zoom))), "due").then(boxOf, () => null) : null;
  const fit = found && map.cameraForBounds(found, { padding: { left: left + 80, right: right + 80, top: top + 80, bottom: bottom + 80 }, maxZoom: 17 });
  // a count may be older than the cases: it goes closer in any case
  const to = fit && (fit.zoom ?? 0) > zoom ? { center: fit.center!, zoom: fit.zoom! } : { center: at, zoom: splitZoom(zoom) + 0.1, offset: [(left - right) / 2, (top - bottom) / 2] as [number, number] };
  map.easeTo({ ...to, duration: 450 });
}

/** A token that has run out takes the tiles with it: renew it and ask again. */
function useRenewal(map: GlMap): void {
  useEffect(() => {
    const failed = (e: { error?: { status?: number }; sourceId?: string }) => {
      if (e.sourceId === SOURCE && e.error?.status === 401) void renew().then((done) => { if (done && map.getSource(SOURCE)) map.refreshTiles(SOURCE); });
    };
    map.on("error", failed as never);
    return () => { map.off("error", failed as never); };
  }, [map]);
}

function useFreshTiles(map: GlMap, { subscribe }: Live): void {
  useEffect(() => {
    const places = new globalThis.Map<string, Position>();
    let touched: TileId[] = [], all = false;
    const { call, stop } = throttle(() => {
      const whole = all, some = touched;
      // a tile still on its way may bring what was before: ask once more
      const late = !map.areTilesLoaded();
      all = late && whole;
      touched = late ? some : [];
      map.refreshTiles(SOURCE, whole ? undefined : some);
      if (late) call();
    }, AFTER_COMMIT, 1000);
    const touch = ({ lat, lon }: Position) => { for (const z of levels(map)) touched.push(tileAt(lon, lat, z)); };
    const leave = subscribe((event) => {
      if (event.type === "ready") { if (!event.anew) return; all = true; call(); return; }
      const was = places.get(event.id) ?? placeOnMap(map, event.id);
      if (was) touch(was);
      if (event.type === "case.closed") { places.delete(event.id); all ||= !was; }
      else { places.set(event.id, event.location); touch(event.location); }
      call();
    });
    return () => { leave(); stop(); };
  }, [map, subscribe]);
}
const levels = (map: GlMap): number[] => { const z = Math.floor(map.getZoom()); return [z - 1, z, z + 1].filter((n) => n >= 0 && n <= MAX_ZOOM); };
/** Where a case stands now, if the map shows single cases. */
function placeOnMap(map: GlMap, id: string): Position | null {
  if (map.getZoom() < POINTS_FROM) return null;
  const found = map.querySourceFeatures(SOURCE, { sourceLayer: "open_cases", filter: ["==", ["get", "id"], id] })[0];
  if (!found) return null;
  const [lon = 0, lat = 0] = (found.geometry as GeoJSON.Point).coordinates;
  return { lat, lon };
}
