import { describe, expect, it } from "vitest";
import { caseFilter, sameFilter, viewFilter, viewParams } from "./views";

const params = (text: string) => new URLSearchParams(text);

describe("filters of the work list", () => {
  it("show open cases by their deadline unless something else is said", () => {
    expect(viewFilter(params(""))).toEqual({ status: "open", sort: "due" });
    expect(caseFilter(params("status=all&overdue=true&assignee=none"))).toMatchObject({ status: "", overdue: true, assignee: "none", sort: "due" });
  });
  it("come back from a saved view as they were", () => {
    for (const text of ["", "status=all", "status=waiting&sort=-updated", "review=any&sort=trust", "department=hepco&category=waste&area=1&assignee=me&overdue=true&q=ổ gà"])
      expect(sameFilter(params(text), viewFilter(params(text)))).toBe(true);
  });
  it("read a view that was saved elsewhere", () => {
    expect(viewParams({ status: "open,resolved", overdue: false, q: null }).toString()).toBe("status=open%2Cresolved&sort=-opened");
    expect(viewParams({}).get("status")).toBe("all");
  });
  it("differ when anything differs", () => {
    expect(sameFilter(params("status=all&view=7"), viewFilter(params("status=all")))).toBe(true);
    expect(sameFilter(params("q=cống"), viewFilter(params("")))).toBe(false);
  });
});
