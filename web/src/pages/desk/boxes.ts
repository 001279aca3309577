/** Boxes over a picture, in shares of its width and height, as the API has them. */
import type { Box } from "../../api/types";

export interface Point { x: number; y: number }

const LEAST = 0.01; // of a side: less is a click that slipped
const within = (n: number): number => Math.min(1, Math.max(0, n));
const short = (n: number): number => Math.round(n * 1e5) / 1e5;

/** Where a pointer is on the picture; outside of it counts as its edge. */
export const pointAt = (at: { clientX: number; clientY: number }, frame: { left: number; top: number; width: number; height: number }): Point =>
  ({ x: within((at.clientX - frame.left) / frame.width), y: within((at.clientY - frame.top) / frame.height) });

/** The box between two corners, whichever was drawn first; null if it is too small to be meant. */
export function boxBetween(a: Point, b: Point): Box | null {
  const [x, y, w, h] = [Math.min(a.x, b.x), Math.min(a.y, b.y), Math.abs(a.x - b.x), Math.abs(a.y - b.y)].map(short) as [number, number, number, number];
  return w < LEAST || h < LEAST ? null : { kind: "other", x, y, w: Math.min(w, short(1 - x)), h: Math.min(h, short(1 - y)) };
}

/** What is sent of a box: a detector's score is no part of a decision. */
export const bare = ({ kind, x, y, w, h }: Box): Box => ({ kind, x, y, w, h });
