/** The work list's filter: as it stands behind the # of the address, as it is asked for, as it is saved. */
import type { CaseFilter } from "../api/endpoints";
import type { ViewDraft } from "../api/types";

export const FILTERS = ["status", "department", "category", "area", "assignee", "overdue", "review", "bbox", "q", "sort"] as const;
export type FilterName = (typeof FILTERS)[number];
/** In the address what is usual goes without saying: open cases, the most urgent first. */
const OPEN = "open", ALL = "all", DUE = "due", SERVER_SORT = "-opened";

export function caseFilter(params: URLSearchParams): CaseFilter {
  const value = (name: FilterName) => params.get(name) ?? "";
  const status = params.get("status") ?? OPEN;
  return {
    status: status === ALL ? "" : status, department: value("department"), category: value("category"), area: value("area"),
    assignee: value("assignee"), overdue: value("overdue") === "true", review: value("review"), bbox: value("bbox"), q: value("q"), sort: value("sort") || DUE,
  };
}

/** What a saved view holds: the query of `GET /v1/cases`, without what does not filter. */
export function viewFilter(params: URLSearchParams): ViewDraft["filter"] {
  const given = Object.entries(caseFilter(params)).filter(([, v]) => v !== "" && v !== false);
  return Object.fromEntries(given) as ViewDraft["filter"];
}

export function viewParams(filter: Record<string, unknown>): URLSearchParams {
  const params = new URLSearchParams();
  for (const name of FILTERS) {
    const value = filter[name];
    if (value !== undefined && value !== null && value !== "" && value !== false) params.set(name, String(value));
  }
  if (!params.has("status")) params.set("status", ALL);
  else if (params.get("status") === OPEN) params.delete("status");
  if (!params.has("sort")) params.set("sort", SERVER_SORT);
  else if (params.get("sort") === DUE) params.delete("sort");
  return params;
}

/** Whether the list shows just what the view holds. */
export const sameFilter = (params: URLSearchParams, filter: Record<string, unknown>): boolean =>
  FILTERS.every((name) => (params.get(name) ?? "") === (viewParams(filter).get(name) ?? ""));
