import { describe, expect, it } from "vitest";
import { inTree } from "../catalogue/tree";
import { daysIn, minutesOf, monthGrid, readSpans, spansText, weekdayOf } from "./dates";

describe("the year of a calendar", () => {
  it("begins its weeks on Monday", () => {
    expect([weekdayOf("2026-11-23"), weekdayOf("2027-02-07")]).toEqual([1, 7]);
    const feb = monthGrid(2027, 2);
    expect(feb).toHaveLength(4);
    expect(feb[0]![0]).toEqual({ day: "2027-02-01", date: 1, weekday: 1 });
    expect(monthGrid(2026, 11)[0]!.slice(0, 6).every((c) => c === null)).toBe(true);
    expect([daysIn(2028, 2), daysIn(2027, 12)]).toEqual([29, 31]);
  });
  it("reads open hours as people type them", () => {
    expect(readSpans("7:30-11:30, 13:30–17:00")).toEqual([["07:30", "11:30"], ["13:30", "17:00"]]);
    expect(readSpans("7h - 11h30")).toEqual([["07:00", "11:30"]]);
    expect(readSpans("")).toEqual([]);
    expect(readSpans("sáng")).toBeNull();
    expect(spansText([["07:30", "11:30"], ["13:30", "17:00"]])).toBe("07:30–11:30, 13:30–17:00");
    expect(minutesOf([["07:30", "11:30"], ["13:30", "24:00"]])).toBe(870);
  });
});

it("categories come in the order of their tree, those without a parent last", () => {
  const rows = [{ code: "b", parent: null, position: 2 }, { code: "a.y", parent: "a", position: 9 }, { code: "lost", parent: "nowhere", position: 1 }, { code: "a", parent: null, position: 1 }, { code: "a.x", parent: "a", position: 3 }];
  expect(inTree(rows).map(({ row, depth }) => `${depth}${row.code}`)).toEqual(["0a", "1a.x", "1a.y", "0b", "0lost"]);
});
