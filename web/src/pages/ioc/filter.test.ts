import { describe, expect, it } from "vitest";
import { AGES, ageIndex, baseOf, freshOf, isFresh, wantedOf, withAge } from "./filter";

describe("the filter of the operations centre", () => {
  it("asks for a leaf, or for all below a root", () => {
    expect(wantedOf({ root: "waste" })).toEqual({ category: "waste" });
    expect(wantedOf({ root: "waste", category: "waste.pile", overdue: false, department: undefined as never })).toEqual({ category: "waste.pile" });
  });
  it("counts what a click on a number would give", () => {
    const old = { department: "dien", overdue: true, min_age_h: 168 };
    expect(baseOf(old)).toEqual({ department: "dien", min_age_h: 168 });
    expect(freshOf(old)).toEqual({ department: "dien", overdue: true, max_age_h: 24 });
    expect(baseOf(freshOf(old))).toEqual({ department: "dien" });
    expect([isFresh(old), isFresh(freshOf(old))]).toEqual([false, true]);
  });
  it("finds the age that was chosen again", () => {
    for (let i = 0; i < AGES.length; i++) expect(ageIndex(withAge({ status: "waiting", min_age_h: 1 }, i))).toBe(i);
    expect(ageIndex({})).toBe(-1);
    expect(withAge({ min_age_h: 72, status: "waiting" }, -1)).toEqual({ status: "waiting" });
  });
});
