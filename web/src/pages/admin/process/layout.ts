/**
 * Places the states of a process for drawing, in layers: a column for each status, arrows between.
 * An arrow that passes columns in between gets a narrow place in each, so it runs beside the
 * states and not behind them; sweeps to and fro put what belongs together side by side. Pure.
 */
import { type Process, targetOf } from "./document";
import { orderOf } from "./order";

export interface Node { name: string; x: number; y: number; w: number; h: number; column: number }
export interface Edge { from: string; to: string; actions: string[]; path: string; mid: { x: number; y: number } }
export interface Layout { nodes: Node[]; edges: Edge[]; width: number; height: number; columns: { status: string; x: number }[] }

export const COLUMNS = ["received", "assigned", "in_progress", "waiting", "resolved", "closed"];
const W = 144, H = 54, GAP_X = 62, GAP_Y = 26, GAP_LANE = 12, LANE = 4, TOP = 34, SWEEPS = 8;
const columnOf = (status: string): number => Math.max(0, COLUMNS.indexOf(status === "rejected" ? "closed" : status));

interface Slot { id: string; real: boolean; column: number; y: number; near: string[] }

/** Arrows by where they start and end; actions that stay where they are draw none. */
export function arrows(p: Process): { from: string; to: string; actions: string[] }[] {
  const found = new Map<string, { from: string; to: string; actions: string[] }>();
  for (const [name, action] of Object.entries(p.actions)) {
    for (const from of action.from) {
      const to = targetOf(action, from);
      if (to === from || !p.states[to] || !p.states[from]) continue;
      const key = `${from}>${to}`;
      const edge = found.get(key) ?? { from, to, actions: [] };
      edge.actions.push(name);
      found.set(key, edge);
    }
  }
  return [...found.values()];
}

export function layout(p: Process): Layout {
  const slots = new Map<string, Slot>();
  // columns without a state are left out, before any arrow passes through them
  const present = COLUMNS.map((_, c) => c).filter((c) => Object.values(p.states).some((s) => columnOf(s.status) === c));
  for (const name of orderOf(p).states) slots.set(name, { id: name, real: true, column: present.indexOf(columnOf(p.states[name]!.status)), y: 0, near: [] });
  const edges = arrows(p).map((e) => ({ ...e, way: laneOf(e, slots) }));
  for (const { way } of edges) way.forEach((id, i) => { if (i) { slots.get(id)!.near.push(way[i - 1]!); slots.get(way[i - 1]!)!.near.push(id); } });

  const used = present.map((_, c) => [...slots.values()].filter((s) => s.column === c));
  used.forEach(stack);
  for (let n = 0; n < SWEEPS; n++) {
    for (const list of n % 2 ? [...used].reverse() : used) {
      const wish = new Map(list.map((s) => [s, mean(s.near.map((id) => slots.get(id)!).filter((o) => o.column !== s.column).map((o) => o.y), s.y)]));
      list.sort((a, b) => wish.get(a)! - wish.get(b)!);
      stack(list);
    }
  }
  const low = Math.min(...[...slots.values()].map((s) => s.y - high(s) / 2), 0);
  for (const s of slots.values()) s.y += TOP - low;
  const x = (column: number) => column * (W + GAP_X);
  const nodes = [...slots.values()].filter((s) => s.real).map((s) => ({ name: s.id, x: x(s.column), y: s.y - H / 2, w: W, h: H, column: s.column }));
  const ports = portsOf(edges, slots);
  const statuses = present.map((of, c) => ({ status: COLUMNS[of]!, x: x(c) }));
  return {
    nodes, columns: statuses,
    edges: edges.map((e) => ({ from: e.from, to: e.to, actions: e.actions, ...draw(e.way, slots, x, ports) })),
    width: x(used.length - 1) + W + 40, height: Math.max(...[...slots.values()].map((s) => s.y + high(s) / 2)) + 16,
  };
}

const high = (s: Slot): number => (s.real ? H : LANE);
const gap = (s: Slot): number => (s.real ? GAP_Y : GAP_LANE);
const mean = (list: number[], otherwise: number): number => (list.length ? list.reduce((a, b) => a + b, 0) / list.length : otherwise);

/** The slots that an arrow goes through, with one in every column between its ends. */
function laneOf(e: { from: string; to: string }, slots: Map<string, Slot>): string[] {
  const a = slots.get(e.from)!.column, b = slots.get(e.to)!.column, step = Math.sign(b - a);
  const way = [e.from];
  for (let c = a + step; step && c !== b; c += step) {
    const id = `${e.from}>${e.to}@${c}`;
    slots.set(id, { id, real: false, column: c, y: 0, near: [] });
    way.push(id);
  }
  return [...way, e.to];
}

/** One below the other, around the same middle. */
function stack(list: Slot[]): void {
  const total = list.reduce((sum, s) => sum + high(s) + gap(s), 0);
  let y = -total / 2;
  for (const s of list) { s.y = y + (high(s) + gap(s)) / 2; y += high(s) + gap(s); }
}

type Side = "l" | "r";
const key = (node: string, side: Side, other: string, out: boolean) => `${node}|${side}|${other}|${out}`;
/** Arrows leave and reach a state side by side, in the order of where they come from. */
function portsOf(edges: { from: string; to: string; way: string[] }[], slots: Map<string, Slot>): Map<string, number> {
  const ends = new Map<string, { k: string; y: number }[]>();
  const add = (node: string, other: string, out: boolean, id: string) => {
    const a = slots.get(node)!, b = slots.get(other)!;
    const side: Side = b.column < a.column ? "l" : "r";
    const list = ends.get(node + side) ?? [];
    list.push({ k: key(node, side, id, out), y: b.y });
    ends.set(node + side, list);
  };
  for (const e of edges) { add(e.from, e.way[1]!, true, e.to); add(e.to, e.way.at(-2)!, false, e.from); }
  const found = new Map<string, number>();
  for (const list of ends.values()) list.sort((a, b) => a.y - b.y).forEach((p, i) => found.set(p.k, ((i + 1) / (list.length + 1) - 0.5) * (H - 8)));
  return found;
}

function draw(way: string[], slots: Map<string, Slot>, x: (c: number) => number, ports: Map<string, number>): { path: string; mid: { x: number; y: number } } {
  const from = slots.get(way[0]!)!, to = slots.get(way.at(-1)!)!;
  const back = to.column < from.column, inside = to.column === from.column;
  const outSide: Side = back ? "l" : "r", inSide: Side = inside ? "r" : back ? "r" : "l";
  const y1 = from.y + (ports.get(key(from.id, outSide, to.id, true)) ?? 0), y2 = to.y + (ports.get(key(to.id, inSide, from.id, false)) ?? 0);
  const x1 = x(from.column) + (outSide === "r" ? W : 0), x2 = x(to.column) + (inSide === "r" ? W : 0);
  if (inside) {
    const bow = Math.min(GAP_X - 14, 18 + Math.abs(y2 - y1) / 7);
    return { path: `M${x1} ${y1}C${x1 + bow} ${y1} ${x2 + bow} ${y2} ${x2 + 3} ${y2}`, mid: { x: x1 + bow * 0.75, y: (y1 + y2) / 2 } };
  }
  const points = [{ x: x1, y: y1 }];
  for (const id of way.slice(1, -1)) {
    const s = slots.get(id)!, left = x(s.column), right = left + W;
    points.push(...(back ? [{ x: right, y: s.y }, { x: left, y: s.y }] : [{ x: left, y: s.y }, { x: right, y: s.y }]));
  }
  points.push({ x: x2 + (back ? 3 : -3), y: y2 });
  let path = `M${x1} ${y1}`;
  for (let i = 1; i < points.length; i++) {
    const a = points[i - 1]!, b = points[i]!, bend = (b.x - a.x) / 2;
    path += a.y === b.y ? `L${b.x} ${b.y}` : `C${a.x + bend} ${a.y} ${b.x - bend} ${b.y} ${b.x} ${b.y}`;
  }
  const m = Math.floor(points.length / 2);
  return { path, mid: { x: (points[m - 1]!.x + points[m]!.x) / 2, y: (points[m - 1]!.y + points[m]!.y) / 2 } };
}
