import { useState } from "react";
import { currentLang } from "../../../i18n";
import { useLoad } from "../../../lib/hooks";
import { Failure, Skeleton } from "../../../ui/bits";
import { toast } from "../../../ui/Toasts";
import { calendars, type DepartmentRow, departmentRows, putDepartment } from "../adminApi";
import { CheckAt, type Option, SelectAt, TextAt } from "../form";
import { AddButton, FormDialog, Table } from "../parts";
import { w } from "../words";

const BLANK: DepartmentRow = { code: "", name: "", name_en: "", phone: null, email: null, deputy: null, calendar: null, active: true };
const nameOf = (d: { name: string; name_en: string }): string => (currentLang() === "en" && d.name_en) || d.name;

export function Departments() {
  const { data, error, reload } = useLoad("admin:departments", departmentRows);
  const times = useLoad("admin:calendars", calendars).data ?? [];
  const [editing, setEditing] = useState<DepartmentRow | null>(null);
  if (error) return <Failure error={error} retry={reload} />;
  if (!data) return <Skeleton height={300} />;
  const named = (code: string | null) => { const d = data.find((x) => x.code === code); return d ? nameOf(d) : code; };
  return (
    <div className="stack">
      <div className="between"><h1>{w("tab_departments")} <span className="muted num">{data.length}</span></h1><AddButton label={w("add_department")} onClick={() => setEditing(BLANK)} /></div>
      <Table label={w("tab_departments")} head={[w("name"), w("phone"), "Email", w("deputy"), w("tab_calendars"), ""]}>
        {data.map((d) => (
          <tr key={d.code} className={d.active ? "" : "off"}><td><button type="button" className="linklike" onClick={() => setEditing(d)}>{nameOf(d)}</button><br /><span className="mono muted">{d.code}</span></td>
            <td className="num">{d.phone ?? <Missing on={d.active && !d.email} />}</td><td>{d.email ?? <Missing on={d.active && !d.phone} />}</td><td>{named(d.deputy) ?? <Missing on={d.active} />}</td>
            <td>{times.find((c) => c.code === d.calendar)?.name ?? <span className="muted">{w("calendar_city")}</span>}</td><td>{!d.active && <span className="badge">{w("retired")}</span>}</td></tr>
        ))}
      </Table>
      {editing && <DepartmentForm start={editing} all={data} calendars={times.map((c) => ({ value: c.code, label: c.name }))} close={() => setEditing(null)} saved={reload} />}
    </div>
  );
}
/** What keeps the department from being anybody's owner in the routing rules. */
const Missing = ({ on }: { on: boolean }) => (on ? <span className="field__warning">{w("missing")}</span> : <span className="muted">–</span>);

function DepartmentForm({ start, all, calendars: times, close, saved }: { start: DepartmentRow; all: DepartmentRow[]; calendars: Option[]; close: () => void; saved: () => void }) {
  const fresh = !start.code;
  return (
    <FormDialog title={fresh ? w("add_department") : nameOf(start)} start={start} places={["/name", "/name_en", "/phone", "/email", "/deputy", "/calendar", "/active", "/code"]} close={close}
      send={async ({ code, ...body }) => { await putDepartment(code || "-", body); toast(w("saved")); saved(); }}>
      {() => <>
        {fresh && <TextAt at="/code" label={w("code_name")} hint={w("code_hint")} mono empty="" />}
        <TextAt at="/name" label={w("in_vi", { label: w("name") })} empty="" /><TextAt at="/name_en" label={w("in_en", { label: w("name") })} empty="" />
        <div className="pair"><TextAt at="/phone" label={w("phone")} type="tel" empty={null} /><TextAt at="/email" label="Email" type="email" empty={null} /></div>
        <SelectAt at="/deputy" label={w("deputy")} hint={w("deputy_hint")} empty={null} none={w("none")} options={all.filter((d) => d.code !== start.code && d.active).map((d) => ({ value: d.code, label: nameOf(d) }))} />
        <SelectAt at="/calendar" label={w("tab_calendars")} empty={null} none={w("calendar_city")} options={times} />
        <CheckAt at="/active" label={w("active")} hint={w("active_hint")} />
      </>}
    </FormDialog>
  );
}
