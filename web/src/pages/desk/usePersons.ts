import { useEffect, useState } from "react";
import { people } from "../../api/casework";
import type { CaseItem, Colleague } from "../../api/types";

/**
 * Names of assignees. The list has their ids only; the people of a department are known through any
 * of its cases, so each department is asked once a visit.
 */
const asked = new Set<string>();
const known = new Map<string, Colleague & { department: string }>();
const listeners = new Set<() => void>();
const MOST_AT_ONCE = 6;

function ask(department: string, caseId: string): void {
  asked.add(department);
  people(caseId).then(
    (found) => { found.forEach((p) => known.set(p.id, { ...p, department })); listeners.forEach((tell) => tell()); },
    () => { asked.delete(department); },
  );
}

export function usePersons(items: CaseItem[], own?: string | undefined): { nameOf: (id: string | null) => string | undefined; all: (Colleague & { department: string })[] } {
  const [, redraw] = useState(0);
  useEffect(() => { const tell = () => redraw((n) => n + 1); listeners.add(tell); return () => { listeners.delete(tell); }; }, []);
  useEffect(() => {
    const wanted = new Map<string, string>();
    for (const c of items) if ((c.assignee && !known.has(c.assignee)) || c.department.code === own) wanted.set(c.department.code, c.id);
    [...wanted].filter(([department]) => !asked.has(department)).slice(0, MOST_AT_ONCE).forEach(([department, id]) => ask(department, id));
  }, [items, own]);
  return { nameOf: (id) => (id ? known.get(id)?.name : undefined), all: [...known.values()].sort((a, b) => a.name.localeCompare(b.name, "vi")) };
}
