import { afterEach, beforeEach, expect, it, vi } from "vitest";
import { throttle } from "./throttle";

beforeEach(() => { vi.useFakeTimers(); });
afterEach(() => { vi.useRealTimers(); });

it("runs soon after the first call, then once in a while, and for the last call too", () => {
  let runs = 0;
  const { call, stop } = throttle(() => { runs++; }, 250, 1000);
  call();
  vi.advanceTimersByTime(249);
  expect(runs).toBe(0);
  vi.advanceTimersByTime(1);
  expect(runs).toBe(1);
  for (let i = 0; i < 100; i++) { call(); vi.advanceTimersByTime(10); }
  expect(runs).toBe(2);
  call();
  vi.advanceTimersByTime(1000);
  expect(runs).toBe(3);
  call();
  stop();
  vi.advanceTimersByTime(5000);
  expect(runs).toBe(3);
});
