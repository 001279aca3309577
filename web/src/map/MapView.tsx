import "maplibre-gl/dist/maplibre-gl.css";
import { Map as GlMap, type MapGeoJSONFeature, Marker, setWorkerUrl } from "maplibre-gl";
import workerUrl from "maplibre-gl/dist/maplibre-gl-worker.mjs?url";
import { type CSSProperties, type ReactNode, useEffect, useMemo, useRef, useState } from "react";
import { wards as loadWards } from "../api/endpoints";
import { TILES, tokenHeader } from "../api/live";
import type { Position, Wards } from "../api/types";
import { t, useLang } from "../i18n";
import { type Box, boxOf } from "../lib/geo";
import { keep, load } from "../lib/store";
import { useTheme } from "../ui/Header";
import { Icon } from "../ui/Icon";
import { baseStyle, repaint, showIslands, showWards } from "./base";
import { palettes } from "./colours";
import { MapContext, type MapTools, type View, viewOf } from "./context";
import { Inset } from "./Inset";
import { POINTS_FROM } from "./tileGrid";

setWorkerUrl(workerUrl);
const VIETNAM: Box = [102, 7, 118, 23.5];

export interface MapProps {
  label: string;
  className?: string;
  style?: CSSProperties;
  /** A place to show; with `onPick` it can be tapped and dragged. */
  pin?: Position | null;
  pinRoot?: string | undefined;
  onPick?: (at: Position) => void;
  /** What is drawn over the base map; it is there when the map is. */
  layers?: ReactNode;
  /** Brought into view when it changes. */
  selected?: GeoJSON.Position | null;
  /** A click beside everything. */
  onMiss?: () => void;
  onView?: (view: View) => void;
  ward?: string | null | undefined;
  /** Free edges that panels lie over, so that "the whole city" is what remains visible. */
  padding?: Partial<Record<"top" | "right" | "bottom" | "left", number>>;
  /** On a scrolling page one finger scrolls the page and two move the map. */
  gentle?: boolean;
  inset?: boolean;
  children?: ReactNode;
}

export default function MapView(props: MapProps) {
  const { label, className = "", style, pin, pinRoot, onPick, layers, selected, ward, gentle, inset, children } = props;
  const lang = useLang(), theme = useTheme(), palette = palettes[theme];
  const holder = useRef<HTMLDivElement>(null);
  const latest = useRef(props);
  latest.current = props;
  const map = useRef<GlMap | null>(null);
  const marker = useRef<Marker | null>(null);
  const box = useRef<Box>(load<Box>("ht.home", VIETNAM));
  const [tools, setTools] = useState<MapTools | null>(null);
  const ready = tools !== null;
  const [failed, setFailed] = useState(false);
  const [wards, setWards] = useState<Wards>();

  const toBox = (to: Box, animate = true) => map.current?.fitBounds(to, { padding: { top: 24, right: 24, bottom: 24, left: 24, ...latest.current.padding }, duration: animate ? 600 : 0 });

  useEffect(() => {
    let gone = false;
    let made: GlMap;
    try {
      made = new GlMap({
        container: holder.current!, style: baseStyle(palette), attributionControl: false, fadeDuration: 0, minZoom: 4, maxZoom: 19, dragRotate: false, pitchWithRotate: false, touchPitch: false,
        maxBounds: [91, -5, 129, 31], bounds: box.current, fitBoundsOptions: { padding: 24 }, cooperativeGestures: gentle ?? false,
        // what is out of sight is not told of changes: it is asked for again, and costs a 304
        maxTileCacheSize: 0, transformRequest: (url) => (url.startsWith(location.origin + TILES) ? { url, headers: tokenHeader() } : { url }),
        locale: { "CooperativeGesturesHandler.WindowsHelpText": lang === "vi" ? "Giữ Ctrl và cuộn để phóng bản đồ" : "Use Ctrl + scroll to zoom", "CooperativeGesturesHandler.MobileHelpText": lang === "vi" ? "Dùng hai ngón để di chuyển bản đồ" : "Use two fingers to move the map", "Map.Title": label },
      });
    } catch { setFailed(true); return; }
    map.current = made;
    const parts: MapTools = { map: made, hits: new Map(), padding: () => latest.current.padding ?? {}, gone: false };
    made.touchZoomRotate.disableRotation();
    made.keyboard.disableRotation();
    // letters are drawn once: the font has to be there before the first of them
    const font = Promise.race([document.fonts.load('400 24px "Be Vietnam Pro"', "AẠĐơ"), new Promise((done) => setTimeout(done, 1500))]);
    const styled = new Promise((done) => made.once("load", done));
    loadWards().then(async (w) => {
      await Promise.all([font, styled]);
      if (gone) return;
      setWards(w);
    }, () => undefined);
    void Promise.all([font, styled]).then(() => {
      if (gone) return;
      setTools(parts);
      tellView();
    });
    const tellView = () => latest.current.onView?.(viewOf(made, parts.padding().left));
    made.on("moveend", tellView);
    // for the pictures of e2e/: everything asked for has been drawn
    made.on("idle", () => { if (latest.current.layers === undefined || parts.hits.size) holder.current?.setAttribute("data-idle", ""); });
    made.on("dataloading", () => holder.current?.removeAttribute("data-idle"));
    made.on("click", (e) => {
      latest.current.onPick?.({ lat: e.lngLat.lat, lon: e.lngLat.lng });
      const hit = hitAt(parts, e.point, 6);
      if (hit) parts.hits.get(hit.layer.id)?.(hit);
      else latest.current.onMiss?.();
    });
    made.on("mousemove", (e) => { if (parts.hits.size) made.getCanvas().style.cursor = hitAt(parts, e.point, 0) ? "pointer" : ""; });
    const resized = new ResizeObserver(() => made.resize());
    resized.observe(holder.current!);
    return () => { gone = parts.gone = true; resized.disconnect(); made.remove(); map.current = null; marker.current = null; setTools(null); };
  }, []); // eslint-disable-line

  useEffect(() => {
    if (!ready || !wards || !map.current) return;
    showWards(map.current, wards, lang);
    const found = boxOf(wards);
    if (!found) return;
    const first = box.current.join() !== found.join();
    box.current = found;
    keep("ht.home", found);
    if (!latest.current.pin && (first || latest.current.padding)) toBox(found, false);
  }, [ready, wards, lang]); // eslint-disable-line
  useEffect(() => { if (ready && map.current) repaint(map.current, palette); }, [ready, theme]); // eslint-disable-line
  useEffect(() => { if (ready && map.current) showIslands(map.current); }, [ready, lang]);
  useEffect(() => {
    if (!ready || !map.current || !selected) return;
    const at = map.current.project(selected as [number, number]);
    const { clientWidth: w, clientHeight: h } = holder.current!;
    const { left = 0, right = 0, top = 0, bottom = 0 } = latest.current.padding ?? {};
    const zoom = map.current.getZoom();
    if (at.x < left + 60 || at.x > w - right - 60 || at.y < 80 || at.y > h - 80 || zoom < POINTS_FROM)
      map.current.easeTo({ center: selected as [number, number], zoom: Math.max(zoom, POINTS_FROM + 0.3), duration: 600, offset: [(left - right) / 2, (top - bottom) / 2] });
  }, [ready, selected?.[0], selected?.[1]]); // eslint-disable-line
  useEffect(() => { if (ready) map.current?.setFilter("ward-on", ["==", ["get", "code"], ward ?? ""]); }, [ready, ward]);
  useEffect(() => {
    if (!ready || !map.current) return;
    if (!pin) { marker.current?.remove(); marker.current = null; return; }
    if (!marker.current) {
      marker.current = new Marker({ element: pinElement(pinRoot), anchor: "bottom", draggable: Boolean(latest.current.onPick) }).setLngLat([pin.lon, pin.lat]).addTo(map.current);
      marker.current.on("dragend", () => { const at = marker.current!.getLngLat(); latest.current.onPick?.({ lat: at.lat, lon: at.lng }); });
      map.current.jumpTo({ center: [pin.lon, pin.lat], zoom: Math.max(map.current.getZoom(), 14.5) });
    } else marker.current.setLngLat([pin.lon, pin.lat]);
    if (!map.current.getBounds().contains([pin.lon, pin.lat])) map.current.easeTo({ center: [pin.lon, pin.lat], duration: 500 });
  }, [ready, pin?.lat, pin?.lon]); // eslint-disable-line
  // a place is best read inside its ward; whoever sets the pin keeps the view that they chose
  useEffect(() => {
    const shape = ward && pin && !onPick ? wards?.features.find((f) => f.properties.code === ward) : undefined;
    const found = shape && boxOf({ type: "FeatureCollection", features: [shape] });
    if (ready && found && pin) map.current?.fitBounds([Math.min(found[0], pin.lon), Math.min(found[1], pin.lat), Math.max(found[2], pin.lon), Math.max(found[3], pin.lat)], { padding: 30, maxZoom: 15, duration: 0 });
  }, [ready, wards, ward, pin?.lat, pin?.lon]); // eslint-disable-line

  const middle = useMemo(() => { const b = wards && boxOf(wards); return b ? ([(b[0] + b[2]) / 2, (b[1] + b[3]) / 2] as [number, number]) : null; }, [wards]);
  const approximate = wards?.features.some((f) => f.properties.approximate);
  return (
    <section className={`map ${className}`} style={style} aria-label={label}>
      <div ref={holder} className="map__canvas" />
      {failed && <p className="map__fail">{t("error_map")}</p>}
      {!failed && <div className="map__tools">
        <button type="button" onClick={() => map.current?.zoomIn()} aria-label={t("map_zoom_in")}><Icon name="plus" /></button>
        <button type="button" onClick={() => map.current?.zoomOut()} aria-label={t("map_zoom_out")}><Icon name="minus" /></button>
        <button type="button" onClick={() => toBox(box.current)} aria-label={t("map_home")} title={t("map_home")}><Icon name="home" /></button>
        {onPick && <button type="button" onClick={() => { const c = map.current?.getCenter(); if (c) onPick({ lat: c.lat, lon: c.lng }); }} aria-label={t("place_centre")} title={t("place_centre")}><Icon name="pin" /></button>}
      </div>}
      {inset && !failed && <Inset here={middle} onClick={() => toBox(VIETNAM)} />}
      {tools && <MapContext value={tools}>{layers}</MapContext>}
      {children}
      <p className="map__credit">{approximate && <><strong>{t("map_approx")}</strong> · </>}{t("map_land")}</p>
    </section>
  );
}

/** What lies on top of the layers that answer to clicks, `around` pixels from a point. */
function hitAt({ map, hits }: MapTools, { x, y }: { x: number; y: number }, around: number): MapGeoJSONFeature | undefined {
  const layers = [...hits.keys()].filter((id) => map.getLayer(id));
  return layers.length ? map.queryRenderedFeatures([[x - around, y - around], [x + around, y + around]], { layers })[0] : undefined;
}

function pinElement(root?: string): HTMLElement {
  const el = document.createElement("div");
  el.style.color = root ? `var(--c-${root}, var(--brand))` : "var(--brand)";
  el.innerHTML = '<svg width="38" height="46" viewBox="0 0 38 46" aria-hidden="true"><path d="M19 1.500C9.600 1.500 2 9 2 18.300 2 30.500 19 44.500 19 44.500s17-14 17-26.200C36 9 28.400 1.500 19 1.500z" fill="currentColor" stroke="#fff" stroke-width="2.500"/><circle cx="19" cy="18.500" r="6" fill="#fff"/></svg>';
  el.style.cursor = "grab";
  return el;
}
