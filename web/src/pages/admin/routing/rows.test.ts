import { describe, expect, it } from "vitest";
import type { Row } from "./document";
import { copyOf, moved, newRow, tidied, withRow } from "./rows";

const row = (id: string): Row => ({ id, when: {}, then: { department: "ioc", priority: 3, class: "normal", hours: 8 }, reason: { vi: "", en: "" } });

describe("rows of the routing grid", () => {
  it("move, and stop at the ends", () => {
    const rows = ["a", "b", "c", "d"];
    expect(moved(rows, 0, 2)).toEqual(["b", "c", "a", "d"]);
    expect(moved(rows, 3, 0)).toEqual(["d", "a", "b", "c"]);
    expect(moved(rows, 1, 99)).toEqual(["a", "c", "d", "b"]);
    expect(moved(rows, 0, -1)).toBe(rows);
    expect(moved(rows, 9, 0)).toBe(rows);
    expect(rows).toEqual(["a", "b", "c", "d"]);
  });
  it("are added and copied under ids of their own", () => {
    const rows = [row("a"), row("a-copy")];
    expect(copyOf(rows, rows[0]!).id).toBe("a-copy_2");
    expect(newRow(rows, "ioc").id).toBe("rule");
    expect(withRow(rows, 1, row("b")).map((r) => r.id)).toEqual(["a", "b", "a-copy"]);
  });
  it("keep no empty conditions: they would never hold", () => {
    expect(tidied({ ...row("a"), when: { category: [], words: ["gas"], hours: null, answers: {}, weekdays: [1] } }).when).toEqual({ words: ["gas"], weekdays: [1] });
  });
});
