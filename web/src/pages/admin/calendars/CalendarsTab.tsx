import { useState } from "react";
import { currentLang } from "../../../i18n";
import { useLoad } from "../../../lib/hooks";
import { cityDay, shortDate } from "../../../lib/time";
import { Failure, Note, Skeleton } from "../../../ui/bits";
import { Icon } from "../../../ui/Icon";
import { toast } from "../../../ui/Toasts";
import { calendar, calendars, type Calendar, type Day, deleteDay, putCalendar, putDay } from "../adminApi";
import { Problems, TextAt } from "../form";
import { AddButton, Confirm, FormDialog, RemoveButton, Table } from "../parts";
import { w, type Word } from "../words";
import { minutesOf, spansText, weekdayOf } from "./dates";
import { SpansAt } from "./SpansAt";
import { YearView } from "./YearView";

const OFFICE: [string, string][] = [["07:30", "11:30"], ["13:30", "17:00"]];
type DayForm = { day: string; open: string[][]; name: string; closed: boolean };

export function CalendarsTab({ path }: { path: string[] }) {
  const list = useLoad("admin:calendars", calendars);
  const code = path[0] ?? list.data?.find((c) => !c.fixed)?.code ?? list.data?.[0]?.code ?? null;
  const today = cityDay(Date.now());
  const [year, setYear] = useState(Number(today.slice(0, 4)));
  const [editing, setEditing] = useState<"week" | "new" | DayForm | null>(null);
  const [removing, setRemoving] = useState<Day | null>(null);
  const one = useLoad(code === null ? null : `admin:calendar:${code}:${year}`, () => calendar(code!, year));
  const reload = () => { one.reload(); list.reload(); };
  if (list.error) return <Failure error={list.error} retry={list.reload} />;
  const c = one.data;
  const openDay = (day: string) => {
    const known = c?.days.find((d) => d.day === day);
    const usual = c?.week[weekdayOf(day) - 1] ?? [];
    // a day that is worked becomes a holiday, a day off becomes a worked one
    setEditing(known ? { day, open: known.open, name: known.name, closed: !known.open.length } : { day, open: usual.length ? [] : OFFICE, name: "", closed: usual.length > 0 });
  };
  const startOf = (kind: "holiday" | "worked"): DayForm => ({ day: "", open: kind === "worked" ? OFFICE : [], name: "", closed: kind === "holiday" });
  return (
    <div className="shaped">
      <nav className="versions" aria-label={w("tab_calendars")}><h2 className="label">{w("tab_calendars")}</h2>
        <ul>{(list.data ?? []).map((x) => <li key={x.code}><a className="version" href={`#/calendars/${x.code}`} aria-current={x.code === code || undefined}><b>{x.name}</b><span className="small muted">{x.fixed ? w("fixed") : w("hours_week", { n: (Math.round(x.week.reduce((s, d) => s + minutesOf(d), 0) / 6) / 10).toLocaleString(currentLang() === "vi" ? "vi-VN" : "en-GB") })}</span></a></li>)}</ul>
        <AddButton label={w("add_calendar")} onClick={() => setEditing("new")} />
      </nav>
      <div className="shaped__main stack">
        {Boolean(one.error) && <Failure error={one.error} retry={one.reload} />}
        {!c && !one.error && <Skeleton height={320} />}
        {c && <>
          <header className="shaped__head"><div><h1>{c.name}</h1><p className="muted small num">{c.timezone} · {w("version_n", { n: c.version })}</p></div>{!c.fixed && <button className="btn btn--small" onClick={() => setEditing("week")}>{w("edit_week")}</button>}</header>
          {c.fixed && <Note>{w("calendar_fixed")}</Note>}
          <dl className="week card">{c.week.map((d, i) => <div key={i} className={d.length ? "" : "week--off"}><dt>{w(`weekday_${i + 1}` as Word)}</dt><dd className="num">{d.length ? d.map(([a, b]) => <span key={a}>{a}–{b}</span>) : w("closed")}</dd></div>)}</dl>
          <div className="between wraps"><div className="row"><button className="icon-button" aria-label={w("year_before")} onClick={() => setYear(year - 1)}><Icon name="left" /></button><h2 className="num" aria-live="polite">{year}</h2><button className="icon-button" aria-label={w("year_after")} onClick={() => setYear(year + 1)}><Icon name="right" /></button></div>
            {!c.fixed && <div className="row"><AddButton label={w("add_holiday")} onClick={() => setEditing(startOf("holiday"))} /><AddButton label={w("add_worked")} onClick={() => setEditing(startOf("worked"))} /></div>}</div>
          <p className="legend small muted"><span className="day day--holiday" />{w("holiday")}<span className="day day--work" />{w("worked_day")}<span className="day day--off" />{w("day_off")}</p>
          <YearView year={year} calendar={c} days={c.days} today={today} open={openDay} />
          <h2>{w("special_days", { year, n: c.days.length })}</h2>
          {c.days.length === 0 ? <p className="muted">{w("special_none")}</p> : (
            <Table label={w("special_days", { year, n: c.days.length })} head={[w("day"), w("weekday"), w("day_name"), w("open_hours"), <span key="t" className="sr">{w("tools")}</span>]}>
              {c.days.map((d) => <tr key={d.day}><td className="num">{shortDate(d.day)}</td><td>{w(`weekday_${weekdayOf(d.day)}` as Word)}</td><td>{c.fixed ? d.name : <button type="button" className="linklike" onClick={() => openDay(d.day)}>{d.name}</button>}</td><td className="num">{d.open.length ? spansText(d.open) : <span className="badge badge--danger">{w("holiday")}</span>}</td><td className="orow__tools">{!c.fixed && <RemoveButton label={w("remove_named", { name: `${shortDate(d.day)} ${d.name}` })} onClick={() => setRemoving(d)} />}</td></tr>)}
            </Table>
          )}
        </>}
      </div>
      {editing === "week" && c && <CalendarForm start={c} close={() => setEditing(null)} saved={reload} />}
      {editing === "new" && <CalendarForm close={() => setEditing(null)} saved={(made) => { reload(); location.hash = `#/calendars/${made}`; }} />}
      {editing && typeof editing === "object" && code && <DayDialog code={code} start={editing} close={() => setEditing(null)} saved={(day) => { if (day.startsWith(String(year))) reload(); else setYear(Number(day.slice(0, 4))); }} />}
      {removing && code && <Confirm title={w("remove_day_title")} text={<p>{w("remove_day_text", { day: shortDate(removing.day), name: removing.name })}</p>} action={w("remove")} close={() => setRemoving(null)} run={async () => { await deleteDay(code, removing.day); reload(); }} />}
    </div>
  );
}

function DayDialog({ code, start, close, saved }: { code: string; start: DayForm; close: () => void; saved: (day: string) => void }) {
  return (
    <FormDialog title={start.name || w(start.closed ? "add_holiday" : "add_worked")} start={start} places={["/name", "/open", "/day"]} close={close}
      send={async (d) => { await putDay(code, d.day || "-", { name: d.name ?? "", open: (d.closed ? [] : d.open) as [string, string][] }); toast(w("saved")); saved(d.day); }}>
      {(doc, set) => <>
        <TextAt at="/day" label={w("day")} type="date" empty="" />
        <TextAt at="/name" label={w("day_name")} hint={w("day_name_hint")} empty="" />
        <fieldset className="field"><legend className="field__label">{w("open_hours")}</legend><div className="choices">
          <label className="chip chip--s"><input type="radio" name="closed" checked={doc.closed} onChange={() => set("/closed", true)} />{w("closed_all_day")}</label>
          <label className="chip chip--s"><input type="radio" name="closed" checked={!doc.closed} onChange={() => { set("/closed", false); if (!doc.open.length) set("/open", OFFICE); }} />{w("open_some")}</label></div></fieldset>
        {!doc.closed && <SpansAt at="/open" label={w("open_hours")} hint={w("spans_hint")} />}
      </>}
    </FormDialog>
  );
}

function CalendarForm({ start, close, saved }: { start?: Calendar; close: () => void; saved: (code: string) => void }) {
  const blank = { code: "", name: "", timezone: "Asia/Ho_Chi_Minh", week: [OFFICE, OFFICE, OFFICE, OFFICE, OFFICE, [], []] as string[][][] };
  return (
    <FormDialog title={start ? w("edit_week") : w("add_calendar")} start={start ? { code: start.code, name: start.name, timezone: start.timezone, week: start.week } : blank} places={["/name", "/timezone", "/week", "/code"]} close={close}
      send={async (d) => { await putCalendar(d.code || "-", { name: d.name ?? "", timezone: d.timezone ?? "", week: d.week as [string, string][][] }); toast(w("saved")); saved(d.code); }}>
      {(doc, set) => <>
        {!start && <TextAt at="/code" label={w("code_name")} hint={w("code_hint")} mono empty="" />}
        <div className="pair"><TextAt at="/name" label={w("name")} empty="" /><TextAt at="/timezone" label={w("timezone")} mono empty="" /></div>
        <div className="weekform">{doc.week.map((_, i) => <SpansAt key={i} at={`/week/${i}`} label={w(`weekday_${i + 1}` as Word)} />)}</div>
        <Problems at="/week" exact />
        <div className="row"><span className="field__hint">{w("spans_hint")}</span><button type="button" className="btn btn--small" onClick={() => { for (let i = 1; i < 5; i++) set(`/week/${i}`, doc.week[0]); }}>{w("copy_monday")}</button></div>
      </>}
    </FormDialog>
  );
}
