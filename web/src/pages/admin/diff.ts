/** What one document has otherwise than another, by place. Pure. */
import { type Json, pointer } from "./pointer";

export interface Change { at: string; before?: unknown; after?: unknown }
const isRecord = (v: unknown): v is Json => v !== null && typeof v === "object" && !Array.isArray(v);
const same = (a: unknown, b: unknown): boolean => JSON.stringify(a) === JSON.stringify(b);
/** Lists of things with an id or a name are compared by it: a row that was moved is still the same row. */
const idOf = (v: unknown): string | undefined => (isRecord(v) ? (typeof v.id === "string" ? v.id : typeof v.name === "string" ? v.name : undefined) : undefined);

export function diff(before: unknown, after: unknown, at = ""): Change[] {
  if (same(before, after)) return [];
  if (isRecord(before) && isRecord(after)) {
    return [...new Set([...Object.keys(before), ...Object.keys(after)])].flatMap((k) => diff(before[k], after[k], at + pointer(k)));
  }
  if (Array.isArray(before) && Array.isArray(after)) {
    const old = byId(before), now = byId(after);
    if (old && now) {
      const inside = [...new Set([...old.keys(), ...now.keys()])].flatMap((k) => diff(old.get(k), now.get(k), at + pointer(k)));
      const moved = moves([...old.keys()], [...now.keys()]);
      return moved ? [...inside, { at, before: undefined, after: undefined }] : inside;
    }
  }
  return [{ at, ...(before === undefined ? {} : { before }), ...(after === undefined ? {} : { after }) }];
}

function byId(list: unknown[]): Map<string, unknown> | null {
  const found = new Map<string, unknown>();
  for (const item of list) {
    const id = idOf(item);
    if (id === undefined || found.has(id)) return null;
    found.set(id, item);
  }
  return found;
}
/** Whether what both have comes in another order. */
function moves(before: string[], after: string[]): boolean {
  const there = new Set(after), was = new Set(before);
  return !same(before.filter((k) => there.has(k)), after.filter((k) => was.has(k)));
}
