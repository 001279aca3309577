/** What the map and the panel of /ioc and / compute from one feed of open incidents. Pure. */
import type { Incidents } from "../api/types";
import { type Box, inBox } from "./geo";
import { currentLang } from "../i18n/lang";
import { cityDay } from "./time";

export type Incident = Incidents["features"][number];
/** The feed is the same for all readers, so it carries both languages. */
export const categoryName = ({ category_name, category_name_en }: Incidents["features"][number]["properties"]): string => (currentLang() === "en" && category_name_en) || category_name;
export type Tally = "open" | "overdue" | "urgent" | "today";
export interface Filter { tally: Tally; root?: string; category?: string; department?: string; status?: string }

export function isOf(tally: Tally, { properties: p }: Incident, now: number): boolean {
  switch (tally) {
    case "open": return true;
    case "overdue": return p.overdue;
    case "urgent": return p.priority === 1;
    case "today": return cityDay(p.opened_at) === cityDay(now);
  }
}
const matches = (f: Filter, { properties: p }: Incident): boolean =>
  (!f.root || p.root === f.root) && (!f.category || p.category === f.category) && (!f.department || p.department === f.department) && (!f.status || p.status === f.status);

export const filtered = (all: Incident[], f: Filter, now: number): Incident[] => all.filter((i) => matches(f, i) && isOf(f.tally, i, now));

/** The four numbers obey the other filters but not each other, so that each shows what a click would give. */
export function tallies(all: Incident[], f: Filter, now: number): Record<Tally, number> {
  const count = { open: 0, overdue: 0, urgent: 0, today: 0 };
  const today = cityDay(now);
  for (const incident of all) {
    if (!matches(f, incident)) continue;
    const p = incident.properties;
    count.open++;
    if (p.overdue) count.overdue++;
    if (p.priority === 1) count.urgent++;
    if (cityDay(p.opened_at) === today) count.today++;
  }
  return count;
}

export function countBy(all: Incident[], key: "root" | "department" | "status"): Map<string, number> {
  const count = new Map<string, number>();
  for (const { properties } of all) { const k = properties[key]; if (k) count.set(k, (count.get(k) ?? 0) + 1); }
  return count;
}

export type Order = "late" | "new";
export function inView(all: Incident[], box: Box | null, order: Order): Incident[] {
  const seen = box ? all.filter((i) => inBox(i.geometry.coordinates, box)) : [...all];
  const due = (i: Incident) => (i.properties.due_at ? Date.parse(i.properties.due_at) : Infinity);
  return order === "new"
    ? seen.sort((a, b) => Date.parse(b.properties.opened_at) - Date.parse(a.properties.opened_at))
    : seen.sort((a, b) => Number(b.properties.overdue) - Number(a.properties.overdue) || due(a) - due(b));
}
