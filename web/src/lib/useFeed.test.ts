import { expect, it } from "vitest";
import { eventOf, mayBeOld } from "./useFeed";

it("says what a message means for the page", () => {
  expect(eventOf({ event: "feed.ready", data: '{"seq":7}' }, true)).toEqual({ type: "ready", anew: true });
  expect(eventOf({ event: "feed.ready", data: '{"seq":7}' }, false)).toEqual({ type: "ready", anew: false });
  expect(eventOf({ event: "feed.reset", data: '{"seq":7}' }, false)).toEqual({ type: "ready", anew: true });
  expect(eventOf({ event: "case.closed", data: '{"id":"a"}' }, false)).toEqual({ type: "case.closed", id: "a" });
  expect(eventOf({ event: "case.painted", data: "{}" }, false)).toBeNull();
});
it("looks again by itself when nobody tells, or when cases only grow older", () => {
  const live = { state: "live" as const, since: 0, subscribe: () => () => undefined };
  expect(mayBeOld(live, {})).toBe(false);
  expect(mayBeOld({ ...live, state: "lost" }, {})).toBe(true);
  expect([mayBeOld(live, { min_age_h: 72 }), mayBeOld(live, { max_age_h: 24 })]).toEqual([true, true]);
});
