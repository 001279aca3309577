import type { CaseClock } from "../../api/types";
import { t } from "../../i18n";
import { dateTime, remaining, urgency } from "../../lib/time";
import { Icon } from "../../ui/Icon";

/** Each running deadline as a bar that fills up; words say what the colour says. */
export function Clocks({ clocks, now, done }: { clocks: CaseClock[]; now: number; done: boolean }) {
  if (!clocks.length) return null;
  return (
    <section className="card pad stack"><h2 className="case__h">{t("case_clocks")}</h2>
      <ul className="stack">{clocks.map((c) => {
        const level = c.paused || (done && !c.overdue) ? "none" : urgency(c.due_at, now, c.overdue);
        const start = Date.parse(c.started_at), end = c.due_at ? Date.parse(c.due_at) : start;
        const share = end > start ? Math.min(1, Math.max(0.02, (now - start) / (end - start))) : 0;
        return (
          <li key={`${c.name}${c.started_at}`} className="clock">
            <div className="between"><span><span className="strong">{c.label}</span>{c.promise && <span className="muted small"> · {t("clock_promise")}</span>}</span>{(!done || c.overdue) && <span className={`due due--${level}`}><Icon name={c.paused ? "pause" : level === "late" ? "alert" : "clock"} size={16} />{c.paused ? t("case_paused") : c.overdue && (done || end > now) ? t("overdue") : remaining(c.due_at, now)}</span>}</div>
            <div className={`clock__bar clock__bar--${level}`}><i style={{ width: `${share * 100}%` }} /></div>
            {c.due_at && <p className="muted small num">{dateTime(c.due_at)}</p>}
          </li>
        );
      })}</ul>
    </section>
  );
}
