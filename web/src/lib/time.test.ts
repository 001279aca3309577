import { describe, expect, it } from "vitest";
import { fit } from "./image";
import { steady } from "./steady";
import { cityDay, dateTime, remaining, spanText, urgency } from "./time";

const HOUR = 3_600_000, now = Date.parse("2026-11-23T02:00:00Z");
const at = (hours: number) => new Date(now + hours * HOUR).toISOString();

describe("deadlines", () => {
  it("are said in words", () => {
    expect([52, -3.5, 0.005].map((h) => remaining(at(h), now))).toEqual(["còn 2 ngày 4 giờ", "quá hạn 3 giờ 30 phút", "đến hạn"]);
    expect(spanText(12 * 24 * HOUR + 5 * HOUR)).toBe("12 ngày");
    expect(remaining(null, now)).toBe("Không có hạn");
  });
  it("are late when the server says so, whatever the date", () => {
    expect([urgency(at(50), now, true), urgency(at(2), now), urgency(at(9), now), urgency(at(-1), now), urgency(null, now)]).toEqual(["late", "soon", "calm", "late", "none"]);
  });
  it("follow the city's clock", () => {
    expect(cityDay("2026-11-22T17:30:00Z")).toBe("2026-11-23");
    expect(dateTime("2026-11-22T17:30:00Z")).toContain("00:30");
  });
});

it("photos shrink to 2048 on the longer side and never grow", () => {
  expect([fit(4000, 3000), fit(1500, 4096), fit(800, 600)]).toEqual([{ width: 2048, height: 1536 }, { width: 750, height: 2048 }, { width: 800, height: 600 }]);
});

it("a signed link is kept until it is nearly spent", () => {
  const link = (minutes: number, signature: string) => `/media/1/small.jpg?expires=${now / 1000 + minutes * 60}&signature=${signature}`;
  const first = link(120, "a");
  expect(steady(first, now)).toBe(first);
  expect(steady(link(125, "b"), now + 5 * 60_000)).toBe(first);
  const later = link(235, "c");
  expect(steady(later, now + 115 * 60_000)).toBe(later);
  expect([steady(null), steady("/plain.jpg")]).toEqual([null, "/plain.jpg"]);
});
