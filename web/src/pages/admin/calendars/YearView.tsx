import { currentLang } from "../../../i18n";
import type { Calendar, Day } from "../adminApi";
import { w, type Word } from "../words";
import { isoDay, monthGrid, spansText } from "./dates";

/** Twelve months; days off are grey, holidays and worked days stand out. The list below is for the keyboard. */
export function YearView({ year, calendar, days, today, open }: { year: number; calendar: Calendar; days: Day[]; today: string; open: (day: string) => void }) {
  const special = new Map(days.map((d) => [d.day, d]));
  const month = new Intl.DateTimeFormat(currentLang() === "vi" ? "vi-VN" : "en-GB", { month: "long", timeZone: "UTC" });
  return (
    <div className="year">
      {Array.from({ length: 12 }, (_, i) => i + 1).map((m) => (
        <table key={m} className="month"><caption>{month.format(new Date(`${isoDay(year, m, 1)}T00:00:00Z`))}</caption>
          <thead><tr>{[1, 2, 3, 4, 5, 6, 7].map((d) => <th key={d} scope="col"><abbr title={w(`weekday_${d}` as Word)}>{w(`wd_${d}` as Word)}</abbr></th>)}</tr></thead>
          <tbody>{monthGrid(year, m).map((week, n) => <tr key={n}>{week.map((c, k) => {
            if (!c) return <td key={k} />;
            const d = special.get(c.day), closed = !(calendar.week[c.weekday - 1] ?? []).length;
            const look = d ? (d.open.length ? "day--work" : "day--holiday") : closed ? "day--off" : "";
            const title = d ? `${d.name}${d.open.length ? `: ${spansText(d.open)}` : ""}` : undefined;
            return <td key={k}><button type="button" tabIndex={-1} className={`day ${look} ${c.day === today ? "day--today" : ""}`} title={title} aria-label={`${c.day}${title ? `, ${title}` : ""}`} disabled={calendar.fixed} onClick={() => open(c.day)}>{c.date}</button></td>;
          })}</tr>)}</tbody>
        </table>
      ))}
    </div>
  );
}
