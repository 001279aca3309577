/** One open case as map, list and card show it. Pure. */
import type { CaseChange } from "../api/live";
import type { CaseItem, Incidents } from "../api/types";
import { currentLang } from "../i18n/lang";

export type Incident = Incidents["features"][number];
/** The feed is the same for all readers, so it carries both languages. */
export const categoryName = ({ category_name, category_name_en }: Incident["properties"]): string => (currentLang() === "en" && category_name_en) || category_name;
export const rootOf = (category: string): string => category.split(".", 1)[0]!;

/** A row of the work list on the map; null for a case without a place. */
export function incidentOf(c: CaseItem): Incident | null {
  if (!c.location) return null;
  return {
    type: "Feature", geometry: { type: "Point", coordinates: [c.location.lon, c.location.lat] },
    properties: { id: c.id, code: c.code, category: c.category.code, category_name: c.category.name, category_name_en: c.category.name, root: c.root, status: c.status, priority: c.priority, overdue: c.overdue, due_at: c.due_at, opened_at: c.opened_at, department: c.department.code },
  };
}
/** The case after a change; a new category has its name with the next load. */
export const changed = (incident: Incident, c: CaseChange): Incident => ({
  ...incident, geometry: { type: "Point", coordinates: [c.location.lon, c.location.lat] },
  properties: { ...incident.properties, code: c.code, category: c.category, root: rootOf(c.category), status: c.status, priority: c.priority, overdue: c.overdue, due_at: c.due_at, department: c.department },
});
