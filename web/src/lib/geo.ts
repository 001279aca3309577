import { t } from "../i18n";
import type { Wards } from "../api/types";

export type Box = [west: number, south: number, east: number, north: number];
type Ring = GeoJSON.Position[];

export function eachPosition(geometry: GeoJSON.Geometry, visit: (p: GeoJSON.Position) => void): void {
  if (geometry.type === "GeometryCollection") { geometry.geometries.forEach((g) => eachPosition(g, visit)); return; }
  const walk = (c: unknown): void => {
    if (Array.isArray(c) && typeof c[0] === "number") visit(c as GeoJSON.Position);
    else if (Array.isArray(c)) c.forEach(walk);
  };
  walk(geometry.coordinates);
}

export function boxOf(collection: GeoJSON.FeatureCollection): Box | null {
  let box: Box | null = null;
  for (const feature of collection.features)
    eachPosition(feature.geometry, ([x = 0, y = 0]) => {
      box = box ? [Math.min(box[0], x), Math.min(box[1], y), Math.max(box[2], x), Math.max(box[3], y)] : [x, y, x, y];
    });
  return box;
}
export const inBox = ([x = 0, y = 0]: GeoJSON.Position, [w, s, e, n]: Box): boolean => x >= w && x <= e && y >= s && y <= n;

function inRing([x = 0, y = 0]: GeoJSON.Position, ring: Ring): boolean {
  let inside = false;
  for (let i = 0, j = ring.length - 1; i < ring.length; j = i++) {
    const [xi = 0, yi = 0] = ring[i]!, [xj = 0, yj = 0] = ring[j]!;
    if (yi > y !== yj > y && x < ((xj - xi) * (y - yi)) / (yj - yi) + xi) inside = !inside;
  }
  return inside;
}
const inPolygon = (p: GeoJSON.Position, rings: Ring[]): boolean =>
  rings.length > 0 && inRing(p, rings[0]!) && !rings.slice(1).some((hole) => inRing(p, hole));
export const contains = (g: GeoJSON.Polygon | GeoJSON.MultiPolygon, p: GeoJSON.Position): boolean =>
  g.type === "Polygon" ? inPolygon(p, g.coordinates) : g.coordinates.some((rings) => inPolygon(p, rings));

/** Finds the ward of a point on the page; boxes first, so that a list of hundreds costs nothing. */
export function wardFinder(wards: Wards): (p: GeoJSON.Position) => Wards["features"][number] | undefined {
  const boxed = wards.features.map((f) => ({ f, box: boxOf({ type: "FeatureCollection", features: [f] })! }));
  return (p) => boxed.find(({ f, box }) => box && inBox(p, box) && contains(f.geometry, p))?.f;
}

/** Where a label stands: the middle of the widest stretch inside the largest ring, at the height of its middle. */
export function labelPoint(g: GeoJSON.Polygon | GeoJSON.MultiPolygon): GeoJSON.Position {
  const rings = (g.type === "Polygon" ? [g.coordinates[0]!] : g.coordinates.map((p) => p[0]!)) as Ring[];
  const area = (r: Ring) => Math.abs(r.reduce((sum, [x = 0, y = 0], i) => { const [u = 0, v = 0] = r[(i + 1) % r.length]!; return sum + x * v - u * y; }, 0));
  const ring = rings.reduce((a, b) => (area(b) > area(a) ? b : a));
  const ys = ring.map((p) => p[1]!);
  const south = Math.min(...ys), north = Math.max(...ys);
  let best: { width: number; at: GeoJSON.Position } = { width: -1, at: ring[0]! };
  for (const share of [0.5, 0.4, 0.6, 0.3, 0.7]) {
    const y = south + (north - south) * share + 1e-9;
    const cuts: number[] = [];
    for (let i = 0, j = ring.length - 1; i < ring.length; j = i++) {
      const [xi = 0, yi = 0] = ring[i]!, [xj = 0, yj = 0] = ring[j]!;
      if (yi > y !== yj > y) cuts.push(((xj - xi) * (y - yi)) / (yj - yi) + xi);
    }
    cuts.sort((a, b) => a - b);
    for (let i = 0; i + 1 < cuts.length; i += 2) {
      const width = (cuts[i + 1]! - cuts[i]!) * (share === 0.5 ? 1.15 : 1);
      if (width > best.width) best = { width, at: [(cuts[i]! + cuts[i + 1]!) / 2, y] };
    }
  }
  return best.at;
}

export function distanceText(metres: number): string {
  return metres < 950 ? t("metres", { n: metres < 10 ? Math.round(metres) : Math.round(metres / 10) * 10 }) : t("kilometres", { n: (metres / 1000).toFixed(1) });
}
