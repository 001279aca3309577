import { describe, expect, it } from "vitest";
import { diff } from "./diff";
import { without } from "./issues";
import { freeName, isBelow, pointer, segments, valueAt, withKey, withValue } from "./pointer";

describe("pointers", () => {
  it("name keys with slashes and tildes", () => {
    expect(pointer("set", "a/b~c", 0)).toBe("/set/a~1b~0c/0");
    expect(segments("/set/a~1b~0c/0")).toEqual(["set", "a/b~c", "0"]);
    expect(valueAt({ set: { "a/b": [7] } }, "/set/a~1b/0")).toBe(7);
    expect(valueAt({ a: null }, "/a/b/c")).toBeUndefined();
    expect([isBelow("/a/1", "/a"), isBelow("/ab", "/a"), isBelow("/a", "/a")]).toEqual([true, false, true]);
  });
  it("change one place of a copy, and nothing else", () => {
    const before = { rows: [{ id: "a" }, { id: "b" }], other: { x: 1 } };
    const after = withValue(before, "/rows/1/id", "c");
    expect(after.rows[1]).toEqual({ id: "c" });
    expect(before.rows[1]).toEqual({ id: "b" });
    expect(after.other).toBe(before.other);
    expect(withValue(before, "/rows/0", undefined).rows).toEqual([{ id: "b" }]);
    expect(withValue(before, "/other/x", undefined).other).toEqual({});
    expect(withValue({}, "/when/hours", { start: "22:00" })).toEqual({ when: { hours: { start: "22:00" } } });
  });
  it("keep the order of keys, and find names that are free", () => {
    expect(Object.keys(withKey({ a: 1, b: 2, c: 3 }, "b", "z"))).toEqual(["a", "z", "c"]);
    expect(freeName(["rule", "rule_2"], "rule")).toBe("rule_3");
  });
});

describe("changes between two documents", () => {
  it("are told one by one, at their places", () => {
    expect(diff({ a: { vi: "x", en: "y" }, b: 1 }, { a: { vi: "z", en: "y" } })).toEqual([{ at: "/a/vi", before: "x", after: "z" }, { at: "/b", before: 1 }]);
    expect(diff({ a: [1] }, { a: [1] })).toEqual([]);
  });
  it("know a row by its id, wherever it stands", () => {
    const a = { id: "a", n: 1 }, b = { id: "b", n: 1 };
    expect(diff({ rows: [a, b] }, { rows: [b, { ...a, n: 2 }] })).toEqual([{ at: "/rows/a/n", before: 1, after: 2 }, { at: "/rows", before: undefined, after: undefined }]);
    expect(diff({ rows: [a, b] }, { rows: [{ id: "c", n: 0 }, b] }).map((c) => c.at)).toEqual(["/rows/a", "/rows/c"]);
  });
});

it("what was said of a place is answered by changing it, or what holds it", () => {
  const issues = ["/a/b", "/a/b/c", "/a", "/d", ""].map((at) => ({ at, severity: "error" as const, text: at }));
  expect(without(issues, "/a/b").map((i) => i.at)).toEqual(["/d", ""]);
});
