import { describe, expect, it } from "vitest";
import document from "../../../../../workflows/definitions/process.json";
import type { Process } from "./document";
import { arrows, layout } from "./layout";
import { orderOf } from "./order";

const shipped = document as unknown as Process;

describe("the diagram of a process", () => {
  it("has an arrow for every way between two states, with all actions that take it", () => {
    const found = arrows(shipped);
    expect(found.find((e) => e.from === "waiting" && e.to === "in_progress")!.actions.sort()).toEqual(["answer", "go_on"]);
    expect(found.some((e) => e.from === e.to)).toBe(false);
    expect(found.filter((e) => e.actions.includes("ask")).map((e) => `${e.from}>${e.to}`).sort()).toEqual(["in_progress>waiting", "intake>clarifying"]);
  });
  it("puts states into the column of their status, and none over another", () => {
    const { nodes, columns } = layout(shipped);
    expect(nodes).toHaveLength(Object.keys(shipped.states).length);
    expect(columns.map((c) => c.status)).toEqual(["received", "assigned", "in_progress", "waiting", "resolved", "closed"]);
    for (const a of nodes) for (const b of nodes) if (a.name < b.name && a.column === b.column) expect(Math.abs(a.y - b.y)).toBeGreaterThanOrEqual(a.h);
  });
  it("draws inside its frame, every arrow with a path", () => {
    const { nodes, edges, width, height } = layout(shipped);
    for (const n of nodes) { expect(n.x).toBeGreaterThanOrEqual(0); expect(n.x + n.w).toBeLessThanOrEqual(width); expect(n.y).toBeGreaterThanOrEqual(0); expect(n.y + n.h).toBeLessThanOrEqual(height); }
    for (const e of edges) expect(e.path).toMatch(/^M[\d.-]+ [\d.-]+[CL]/);
  });
  it("survives actions that name states which are gone, and columns without states", () => {
    const two: Process = { key: "k", title: { vi: "", en: "" }, initial: "a", actions: { x: { label: { vi: "", en: "" }, from: ["a", "gone"], to: "gone", roles: [] }, y: { label: { vi: "", en: "" }, from: ["a"], to: "b", roles: [] } }, clocks: {},
      states: { a: { label: { vi: "", en: "" }, public_label: { vi: "", en: "" }, status: "received" }, b: { label: { vi: "", en: "" }, public_label: { vi: "", en: "" }, status: "rejected" } } };
    expect(layout(two).edges.map((e) => e.actions)).toEqual([["y"]]);
    expect(layout(two).columns).toHaveLength(2);
  });
});

it("parts come in the order of the process, whatever the order of their keys", () => {
  const shuffled: Process = { ...shipped, states: Object.fromEntries(Object.entries(shipped.states).reverse()), actions: Object.fromEntries(Object.entries(shipped.actions).sort()) };
  expect(orderOf(shuffled)).toEqual(orderOf(shipped));
  expect(orderOf(shipped).states.slice(0, 3)).toEqual(["intake", "assigned", "in_progress"]);
  expect(orderOf(shipped).actions[0]).toBe("route");
  expect(orderOf(shipped).clocks.slice(0, 2)).toEqual(["resolution", "acceptance"]);
});
