import { describe, expect, it } from "vitest";
import { bare, boxBetween, pointAt } from "./boxes";

const frame = { left: 100, top: 50, width: 400, height: 200 };

describe("boxes over a picture", () => {
  it("are in shares of the picture, and a pointer outside of it is at its edge", () => {
    expect(pointAt({ clientX: 300, clientY: 100 }, frame)).toEqual({ x: 0.5, y: 0.25 });
    expect(pointAt({ clientX: 0, clientY: 999 }, frame)).toEqual({ x: 0, y: 1 });
  });
  it("have the same corners whichever was drawn first", () => {
    const box = { kind: "other", x: 0.2, y: 0.3, w: 0.4, h: 0.1 };
    expect(boxBetween({ x: 0.2, y: 0.3 }, { x: 0.6, y: 0.4 })).toEqual(box);
    expect(boxBetween({ x: 0.6, y: 0.4 }, { x: 0.2, y: 0.3 })).toEqual(box);
  });
  it("never leave the picture by rounding, and a click is none", () => {
    const box = boxBetween({ x: 1 / 3, y: 2 / 3 }, { x: 1, y: 1 })!;
    expect(box.x + box.w).toBeLessThanOrEqual(1);
    expect(box.y + box.h).toBeLessThanOrEqual(1);
    expect(boxBetween({ x: 0.5, y: 0.5 }, { x: 0.505, y: 0.9 })).toBeNull();
  });
  it("are sent without the detector's score", () => {
    expect(bare({ kind: "face", x: 0, y: 0, w: 1, h: 1, score: 0.7 })).toEqual({ kind: "face", x: 0, y: 0, w: 1, h: 1 });
  });
});
