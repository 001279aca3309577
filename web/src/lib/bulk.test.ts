import { describe, expect, it } from "vitest";
import type { Action, CaseItem, Field } from "../api/types";
import { alike, offersOf, secondsLeft, undoDeadline, whyNot } from "./bulk";

const field = (name: string, type: Field["type"], required: boolean): Field => ({ name, type, label: name, required });
const action = (name: string, form: Field[] = []): Action => ({ action: name, label: name, style: "default", undo: false, form });
const item = (id: string, change: Partial<CaseItem> = {}) => ({ id, state: "assigned", department: { code: "hepco", name: "" }, is_child: false, assignee: null, ...change }) as CaseItem;

describe("a bulk action", () => {
  it("asks one case of each kind for its buttons", () => {
    const groups = alike([item("a"), item("b", { state: "in_progress" }), item("c"), item("d", { assignee: "me" })], "me");
    expect(groups.map((g) => g.map((i) => i.id).join())).toEqual(["a,c", "b", "d"]);
  });
  it("is offered with the strictest form, the most widely possible first", () => {
    const offers = offersOf([
      { lead: "a", size: 1, actions: [action("accept"), action("extend", [field("reason", "text", false)])] },
      { lead: "b", size: 3, actions: [action("extend", [field("reason", "text", true)]), action("resolve", [field("photos", "photo", true)])] },
    ]);
    expect(offers.map((o) => [o.action.action, o.count, o.lead])).toEqual([["extend", 4, "a"], ["accept", 1, "a"]]);
    expect(offers[0]!.action.form[0]!.required).toBe(true);
  });
  it("leaves photos to the single case", () => {
    expect(offersOf([{ lead: "a", size: 2, actions: [action("x", [field("photos", "photo", false), field("note", "text", false)])] }])[0]!.action.form.map((f) => f.name)).toEqual(["note"]);
  });
  it("can be taken back for as long as the server's clock says", () => {
    const now = 1_000_000;
    const deadline = undoDeadline("2026-11-23T02:01:00Z", "Mon, 23 Nov 2026 02:00:00 GMT", now);
    expect([secondsLeft(deadline, now), secondsLeft(deadline, now + 58_100), secondsLeft(deadline, now + 61_000), secondsLeft(null, now)]).toEqual([59, 1, 0, 0]);
    expect(undoDeadline(null, null, now)).toBeNull();
  });
  it("names the step as people know it", () => {
    const problem = { code: "action_not_offered", detail: "Bước «take» không còn thực hiện được", errors: [] };
    expect(whyNot({ id: "a", rev: null, problem }, { action: "take", label: "Tôi xử lý" })).toBe("Bước «Tôi xử lý» không còn thực hiện được");
  });
  it("says why a case was left", () => {
    const problem = { code: "invalid", detail: "Sai", errors: [{ pointer: "/form/a", code: "x", detail: "Thiếu" }, { pointer: "/form/b", code: "x", detail: "Thiếu" }] };
    expect([whyNot({ id: "a", rev: 2, problem: null }), whyNot({ id: "a", rev: null, problem }), whyNot({ id: "a", rev: null, problem: { ...problem, errors: [] } })]).toEqual([null, "Thiếu", "Sai"]);
  });
});
