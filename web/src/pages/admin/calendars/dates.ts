/** Days of a year as a calendar shows them. Days are texts (2027-02-05): no time zone moves them. Pure. */
export interface Cell { day: string; date: number; weekday: number }

export const isoDay = (year: number, month: number, date: number): string => `${year}-${String(month).padStart(2, "0")}-${String(date).padStart(2, "0")}`;
/** 1 is Monday. */
export const weekdayOf = (day: string): number => new Date(`${day}T00:00:00Z`).getUTCDay() || 7;
export const daysIn = (year: number, month: number): number => new Date(Date.UTC(year, month, 0)).getUTCDate();

/** The weeks of a month, Monday first; null before its first day and after its last. */
export function monthGrid(year: number, month: number): (Cell | null)[][] {
  const first = weekdayOf(isoDay(year, month, 1));
  const cells: (Cell | null)[] = Array.from({ length: first - 1 }, () => null);
  for (let date = 1; date <= daysIn(year, month); date++) { const day = isoDay(year, month, date); cells.push({ day, date, weekday: weekdayOf(day) }); }
  while (cells.length % 7) cells.push(null);
  return Array.from({ length: cells.length / 7 }, (_, n) => cells.slice(n * 7, n * 7 + 7));
}

export type Spans = [string, string][];
export const spansText = (spans: string[][]): string => spans.map(([a, b]) => `${a}–${b}`).join(", ");
/** "07:30–11:30, 13:30-17:00" as spans; null for what is not read as such. */
export function readSpans(typed: string): Spans | null {
  const out: Spans = [];
  for (const part of typed.split(/[,;]/).map((s) => s.trim()).filter(Boolean)) {
    const found = /^(\d{1,2})[:hg](\d{2})?\s*(?:-|–|—|đến|to)\s*(\d{1,2})[:hg](\d{2})?$/i.exec(part);
    if (!found) return null;
    const at = (h: string, m: string | undefined) => `${h.padStart(2, "0")}:${m ?? "00"}`;
    out.push([at(found[1]!, found[2]), at(found[3]!, found[4])]);
  }
  return out;
}
export const minutesOf = (spans: string[][]): number => spans.reduce((sum, [a = "0:0", b = "0:0"]) => sum + minute(b) - minute(a), 0);
const minute = (at: string): number => { const [h = 0, m = 0] = at.split(":").map(Number); return h * 60 + m; };
