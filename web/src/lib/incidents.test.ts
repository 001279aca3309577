import { describe, expect, it } from "vitest";
import { filtered, type Incident, inView, tallies } from "./incidents";

const now = Date.parse("2026-11-23T02:00:00Z"); // 09:00 in the city
const incident = (id: string, change: Partial<Incident["properties"]> = {}, at = [107.6, 16.46]): Incident => ({
  type: "Feature", geometry: { type: "Point", coordinates: at },
  properties: { id, code: id, category: "waste.pile", category_name: "Rác", root: "waste", status: "assigned", priority: 3, overdue: false, due_at: "2026-11-24T00:00:00Z", opened_at: "2026-11-22T10:00:00Z", department: "moi-truong", ...change },
});
const all = [
  incident("a", { overdue: true, due_at: "2026-11-22T00:00:00Z" }),
  incident("b", { priority: 1, opened_at: "2026-11-22T17:30:00Z" }), // 00:30 today in the city
  incident("c", { root: "traffic", category: "traffic.pothole", due_at: null }, [108, 16]),
];

describe("the numbers of the operations centre", () => {
  it("count what a click would show", () => {
    const count = tallies(all, { tally: "open" }, now);
    expect(count).toEqual({ open: 3, overdue: 1, urgent: 1, today: 1 });
    for (const tally of ["open", "overdue", "urgent", "today"] as const) expect(filtered(all, { tally }, now)).toHaveLength(count[tally]);
  });
  it("obey the other filters", () => {
    expect(tallies(all, { tally: "overdue", root: "traffic" }, now)).toEqual({ open: 1, overdue: 0, urgent: 0, today: 0 });
  });
  it("list what is in view, the latest first, those without a deadline last", () => {
    expect(inView(all, null, "late").map((i) => i.properties.id)).toEqual(["a", "b", "c"]);
    expect(inView(all, [107, 16.1, 107.9, 17], "new").map((i) => i.properties.id)).toEqual(["b", "a"]);
  });
});
