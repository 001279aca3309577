import { describe, expect, it } from "vitest";
import { cellBox, cellLevel, splitZoom, tileAt } from "./tileGrid";

const HUE: [number, number] = [107.5909, 16.4637];

describe("the grid of tiles", () => {
  it("finds the tile of a place", () => {
    expect(tileAt(...HUE, 0)).toEqual({ z: 0, x: 0, y: 0 });
    expect(tileAt(-180, 85.2, 3)).toEqual({ z: 3, x: 0, y: 0 });
    expect(tileAt(180, -85.2, 3)).toEqual({ z: 3, x: 7, y: 7 });
  });
  it("names a cell as the server does: the heat cell 13221300102000 holds what its bbox says", () => {
    const box = cellBox(parseInt("13221300102000", 4), 14);
    [107.578125, 16.446622271646632, 107.60009765625, 16.46769474828896].forEach((edge, i) => expect(box[i]).toBeCloseTo(edge, 9));
  });
  it("has a cell's middle in the tile of its column and row", () => {
    for (const level of [8, 14, 18]) {
      const { x, y } = tileAt(...HUE, level);
      let cell = 0;
      for (let bit = 0; bit < level; bit++) cell += (Math.floor(x / 2 ** bit) % 2) * 4 ** bit + (Math.floor(y / 2 ** bit) % 2) * 2 * 4 ** bit;
      const [west, south, east, north] = cellBox(cell, level);
      expect(HUE[0] >= west && HUE[0] < east && HUE[1] > south && HUE[1] <= north).toBe(true);
    }
  });
  it("knows where clusters split", () => {
    for (let zoom = 4; zoom < 15; zoom++) {
      const next = splitZoom(zoom);
      expect(next).toBeGreaterThan(zoom);
      if (next < 15) expect(cellLevel(next)).toBeGreaterThan(cellLevel(zoom));
      expect(cellLevel(next - 1)).toBe(cellLevel(zoom));
    }
  });
});
