import type { ReactNode } from "react";
import { categories, departments, wards } from "../../api/endpoints";
import type { Colleague, Person } from "../../api/types";
import { currentLang, local, statusLabel, t } from "../../i18n";
import { flat } from "../../lib/categories";
import { useLoad } from "../../lib/hooks";

const STATUSES = ["received", "assigned", "in_progress", "waiting", "resolved", "closed", "rejected"];
const OPEN = "open";
interface Props { params: URLSearchParams; set: (name: string, value: string) => void; person: Person | undefined; staff: (Colleague & { department: string })[]; clear?: (() => void) | undefined }

export function Filters({ params, set, person, staff, clear }: Props) {
  const value = (name: string) => params.get(name) ?? "";
  const tree = useLoad("categories", categories).data, units = useLoad("departments", departments).data, shapes = useLoad("wards", wards).data;
  const status = params.get("status") ?? OPEN;
  const select = (name: string, label: string, options: ReactNode) => (
    <select className="input input--small" aria-label={label} value={value(name)} onChange={(e) => set(name, e.target.value)}>
      <option value="">{label}: {t("all").toLowerCase()}</option>
      {/* a saved view may hold several codes, which one select cannot choose but must not hide */}
      {value(name).includes(",") && <option value={value(name)}>{label}: {value(name)}</option>}
      {options}
    </select>
  );
  const others = staff.filter((p) => p.id !== person?.id && (!person?.department || p.department === person.department.code || p.id === value("assignee")));
  const assignee = value("assignee");
  return (
    <div className="cases__selects">
      <select className="input input--small" aria-label={t("list_status")} value={status} onChange={(e) => set("status", e.target.value === OPEN ? "" : e.target.value)}>
        <option value={OPEN}>{t("list_status")}: {t("list_open").toLowerCase()}</option><option value="all">{t("list_every")}</option>
        {status.includes(",") && <option value={status}>{status.split(",").map((s) => (s === OPEN ? t("list_open") : statusLabel(s))).join(", ")}</option>}
        {STATUSES.map((s) => <option key={s} value={s}>{statusLabel(s)}</option>)}
      </select>
      {select("department", t("list_department"), units?.map((d) => <option key={d.code} value={d.code}>{local(d.name)}</option>))}
      {select("category", t("list_category"), tree?.map((r) => <optgroup key={r.code} label={local(r.name)}><option value={r.code}>{local(r.name)} ({t("all").toLowerCase()})</option>{flat(r.children).map((c) => <option key={c.code} value={c.code}>{local(c.name)}</option>)}</optgroup>))}
      {select("area", t("list_area"), [...(shapes?.features ?? [])].sort((a, b) => a.properties.name.localeCompare(b.properties.name, "vi")).map(({ properties: w }) => <option key={w.code} value={w.code}>{(currentLang() === "en" && w.name_en) || w.name}</option>))}
      {select("assignee", t("list_assignee"), <>
        {person && <option value="me">{t("assignee_me")}</option>}<option value="none">{t("assignee_none")}</option>
        {assignee && !["me", "none"].includes(assignee) && !others.some((p) => p.id === assignee) && <option value={assignee}>{t("assignee_short")}</option>}
        {others.map((p) => <option key={p.id} value={p.id}>{p.name}</option>)}
      </>)}
      {clear && <button className="btn btn--small btn--plain" onClick={clear}>{t("list_clear")}</button>}
    </div>
  );
}
