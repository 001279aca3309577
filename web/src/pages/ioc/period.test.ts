import { expect, it } from "vitest";
import { casesOfSteps, daysOf, spanUpTo, within } from "./period";

const step = (day: number) => ({
  start: `2026-11-0${day}T00:00:00+07:00`, end: `2026-11-0${day + 1}T00:00:00+07:00`, opened: day, open: 0, overdue: 0, resolved: 0,
  cases: `/v1/cases?opened_from=2026-11-0${day}T00%3A00%3A00%2B07%3A00&opened_to=2026-11-0${day + 1}T00%3A00%3A00%2B07%3A00&public=true`,
});
const steps = [1, 2, 3, 4, 5].map(step);

it("takes a window of days and lists its cases in one go", () => {
  const chosen = within(steps, 3, 3);
  expect(chosen.map((s) => s.opened)).toEqual([2, 3, 4]);
  expect(daysOf(chosen)).toEqual({ from: "2026-11-02", to: "2026-11-04" });
  expect(new URLSearchParams(casesOfSteps(chosen)!.split("?")[1])).toEqual(new URLSearchParams({ opened_from: "2026-11-02T00:00:00+07:00", opened_to: "2026-11-05T00:00:00+07:00", public: "true" }));
  expect(within(steps, 1, 30)).toHaveLength(2);
  expect([daysOf([]), casesOfSteps([])]).toEqual([null, null]);
});
it("ends today by the city's clock", () => {
  expect(spanUpTo(Date.parse("2026-11-22T18:00:00Z"))).toEqual({ from: "2026-08-26", to: "2026-11-23" });
});
