/** The grid of Web Mercator tiles, and the cells that the server's clusters count. Pure. */
import type { Box } from "../lib/geo";

export interface TileId { z: number; x: number; y: number }
/** From this zoom on tiles hold single cases. */
export const POINTS_FROM = 15;
/** Zooms at which clusters fall into finer cells (gis/tile_grid.py). */
const FINER = [6, 8, 10, 12, 13, POINTS_FROM];

export function tileAt(lon: number, lat: number, z: number): TileId {
  const size = 2 ** z, sin = Math.sin((lat * Math.PI) / 180);
  const within = (n: number) => Math.min(size - 1, Math.max(0, Math.floor(n * size)));
  return { z, x: within(lon / 360 + 0.5), y: within(0.5 - Math.log((1 + sin) / (1 - sin)) / (4 * Math.PI)) };
}
/** The next zoom at which a cluster may fall apart. */
export const splitZoom = (zoom: number): number => FINER.find((z) => z > Math.floor(zoom)) ?? Math.floor(zoom) + 1;

/** The level of the cells in a cluster tile of zoom z. */
export const cellLevel = (z: number): number => (z >= 13 ? 18 : Math.max(8, Math.floor((z + 4) / 2) * 2));
/** Bounds of a cell, a quadkey as a number: column and row bit by bit, the column's lowest. Up to 2^36, so no shifts. */
export function cellBox(cell: number, level: number): Box {
  let x = 0, y = 0;
  for (let bit = 0, rest = cell; bit < level; bit++, rest = Math.floor(rest / 4)) {
    x += (rest % 2) * 2 ** bit;
    y += (Math.floor(rest / 2) % 2) * 2 ** bit;
  }
  const lon = (column: number) => (column / 2 ** level) * 360 - 180;
  const lat = (row: number) => (Math.atan(Math.sinh(Math.PI * (1 - (2 * row) / 2 ** level))) * 180) / Math.PI;
  return [lon(x), lat(y + 1), lon(x + 1), lat(y)];
}
