/** JSON pointers (RFC 6901): the server names places by them, and the forms are bound to them. Pure. */
export type Json = Record<string, unknown>;

export const segments = (at: string): string[] => at.split("/").slice(1).map((s) => s.replace(/~1/g, "/").replace(/~0/g, "~"));
export const pointer = (...parts: (string | number)[]): string => parts.map((p) => `/${String(p).replace(/~/g, "~0").replace(/\//g, "~1")}`).join("");
/** Whether `place` is `at` or lies below it. */
export const isBelow = (place: string, at: string): boolean => place === at || place.startsWith(`${at}/`);

export function valueAt(document: unknown, at: string): unknown {
  let value = document;
  for (const s of segments(at)) {
    if (value === null || typeof value !== "object") return undefined;
    value = Array.isArray(value) ? value[Number(s)] : (value as Json)[s];
  }
  return value;
}

/** A copy with another value at one place; `undefined` takes the place out. Nothing else is copied. */
export function withValue<T>(document: T, at: string, value: unknown): T {
  return put(document, segments(at), value) as T;
}
function put(node: unknown, path: string[], value: unknown): unknown {
  const [head, ...rest] = path;
  if (head === undefined) return value;
  if (Array.isArray(node)) {
    const index = Number(head);
    if (!rest.length && value === undefined) return node.filter((_, i) => i !== index);
    const copy = [...node];
    copy[index] = put(node[index], rest, value);
    return copy;
  }
  const copy: Json = { ...(node as Json | null | undefined) };
  if (!rest.length && value === undefined) delete copy[head];
  else copy[head] = put(copy[head], rest, value);
  return copy;
}

/** A copy with another name for one key, at its old place: the order of states is how they are shown. */
export function withKey<T>(record: Record<string, T>, from: string, to: string): Record<string, T> {
  return Object.fromEntries(Object.entries(record).map(([k, v]) => [k === from ? to : k, v]));
}

/** A name that is not taken yet: `step`, `step_2`, … */
export function freeName(taken: Iterable<string>, wish: string): string {
  const all = new Set(taken);
  let name = wish;
  for (let n = 2; all.has(name); n++) name = `${wish}_${n}`;
  return name;
}
