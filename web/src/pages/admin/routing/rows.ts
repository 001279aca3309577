/** Rows of the routing grid: their order decides, the first that matches wins. Pure. */
import { freeName } from "../pointer";
import type { Row } from "./document";

/** The row at `from` comes to stand at `to`; out of range stays at the end it came to. */
export function moved<T>(rows: T[], from: number, to: number): T[] {
  const target = Math.max(0, Math.min(rows.length - 1, to));
  const row = rows[from];
  if (row === undefined || target === from) return rows;
  const rest = rows.filter((_, i) => i !== from);
  return [...rest.slice(0, target), row, ...rest.slice(target)];
}
export const withRow = <T,>(rows: T[], index: number, row: T): T[] => [...rows.slice(0, index), row, ...rows.slice(index)];

export const copyOf = (rows: Row[], row: Row): Row => ({ ...structuredClone(row), id: freeName(rows.map((r) => r.id), `${row.id}-copy`.slice(0, 55)) });
export const newRow = (rows: Row[], department: string): Row => ({
  id: freeName(rows.map((r) => r.id), "rule"), when: {}, then: { department, co_departments: [], priority: 3, class: "normal", hours: 40 }, reason: { vi: "", en: "" },
});

/** A condition without values is none; the server would take it as one that never holds. */
export function tidied(row: Row): Row {
  const when = Object.fromEntries(Object.entries(row.when).filter(([, v]) => v != null && !(Array.isArray(v) && !v.length) && !(typeof v === "object" && !Array.isArray(v) && !Object.keys(v).length)));
  return { ...row, when };
}
