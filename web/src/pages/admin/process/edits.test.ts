import { describe, expect, it } from "vitest";
import document from "../../../../../workflows/definitions/process.json";
import { withValue } from "../pointer";
import type { Process } from "./document";
import { removeAction, removeClock, removeState, renameAction, renameClock, renameState } from "./edits";
import { findDangling } from "./names";

const shipped = document as unknown as Process;

describe("names of a process", () => {
  it("are all declared in the shipped one, and after each renaming", () => {
    expect(findDangling(shipped)).toEqual([]);
    for (const s of Object.keys(shipped.states)) expect(findDangling(renameState(shipped, s, "elsewhere"))).toEqual([]);
    for (const a of Object.keys(shipped.actions)) expect(findDangling(renameAction(shipped, a, "another"))).toEqual([]);
    for (const c of Object.keys(shipped.clocks)) expect(findDangling(renameClock(shipped, c, "other_time"))).toEqual([]);
  });
  it("keep their order when renamed", () => {
    expect(Object.keys(renameState(shipped, "intake", "first").states)[0]).toBe("first");
  });
  it("leave with their part; only what led to a state says so", () => {
    expect(findDangling(removeState(shipped, "publication"))).toEqual([{ at: "/actions/approve/to", what: "state", name: "publication" }]);
    expect(findDangling(removeState(shipped, "waiting")).map((d) => d.at)).toEqual(["/actions/ask/to/in_progress"]);
    expect(findDangling(removeAction(shipped, "finish"))).toEqual([]);
    expect(findDangling(removeClock(shipped, "directive"))).toEqual([]);
  });
  it("are found missing at their place", () => {
    const wrong = withValue(withValue(shipped, "/clocks/rating/timeout", "nothing"), "/actions/return/set", { "data.unknown": "1" });
    expect(findDangling(wrong).map((d) => d.at)).toEqual(["/actions/return/set/data.unknown", "/clocks/rating/timeout"]);
  });
  it("have exactly one promise, from the first state on", () => {
    expect(findDangling(removeClock(shipped, "resolution")).map((d) => d.what)).toEqual(["promise"]);
    expect(findDangling(withValue(shipped, "/clocks/rating/promise", true)).map((d) => d.at)).toEqual(["/clocks/rating/promise"]);
    expect(findDangling(withValue(shipped, "/clocks/resolution/starts_with", "action")).map((d) => d.at)).toEqual(["/clocks/resolution/promise"]);
  });
});
