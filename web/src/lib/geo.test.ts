import { describe, expect, it } from "vitest";
import type { Wards } from "../api/types";
import { boxOf, contains, distanceText, inBox, labelPoint, wardFinder } from "./geo";

const square = (x: number, y: number, size: number): GeoJSON.Position[] => [[x, y], [x + size, y], [x + size, y + size], [x, y + size], [x, y]];
const wards: Wards = {
  type: "FeatureCollection",
  features: [
    { type: "Feature", properties: { code: "1", name: "Một" }, geometry: { type: "Polygon", coordinates: [square(0, 0, 10), square(4, 4, 2)] } },
    { type: "Feature", properties: { code: "2", name: "Hai" }, geometry: { type: "MultiPolygon", coordinates: [[square(20, 0, 1)], [square(4, 4, 2)]] } },
  ],
};

describe("wards", () => {
  it("finds the ward of a point, holes and parts included", () => {
    const find = wardFinder(wards);
    expect(find([1, 1])?.properties.code).toBe("1");
    expect(find([5, 5])?.properties.code).toBe("2");
    expect(find([20.5, 0.5])?.properties.code).toBe("2");
    expect(find([15, 5])).toBeUndefined();
  });
  it("puts the label inside, also when the middle is a hole to the sea", () => {
    const horseshoe: GeoJSON.Polygon = { type: "Polygon", coordinates: [[[0, 0], [10, 0], [10, 10], [8, 10], [8, 2], [2, 2], [2, 10], [0, 10], [0, 0]]] };
    expect(contains(horseshoe, labelPoint(horseshoe))).toBe(true);
  });
  it("measures boxes", () => {
    expect(boxOf(wards)).toEqual([0, 0, 21, 10]);
    expect(boxOf({ type: "FeatureCollection", features: [] })).toBeNull();
    expect(inBox([10, 10], [0, 0, 10, 10])).toBe(true);
    expect(inBox([10.1, 10], [0, 0, 10, 10])).toBe(false);
  });
  it("says distances as people do", () => {
    expect([4.4, 87, 949, 1230].map(distanceText)).toEqual(["4 m", "90 m", "950 m", "1.2 km"]);
  });
});
