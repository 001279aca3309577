import type { ReportView } from "../api/types";
import { t } from "../i18n";
import { useNow } from "../lib/hooks";
import { dateTime } from "../lib/time";
import { Due, StatusBadge } from "./bits";
import { Photos } from "./Photos";
import { PublicTimeline } from "./PublicTimeline";

export const isDone = (status: string): boolean => status === "resolved" || status === "closed" || status === "rejected";

/** What anybody may see of a report. */
export function ReportSummary({ report: r }: { report: ReportView }) {
  const now = useNow();
  return (
    <div className="stack">
      <div className="between" style={{ flexWrap: "wrap" }}><div><b className="num">{r.code}</b><h3 style={{ fontSize: "1.1rem" }}>{r.category.name}</h3></div><StatusBadge status={r.status} label={r.status_label} /></div>
      <dl className="facts">
        {r.department && <><dt>{t("track_unit")}</dt><dd>{r.department.name}</dd></>}
        {r.area && <><dt>{t("done_area")}</dt><dd>{r.area.name}</dd></>}
        <dt>{t("track_filed")}</dt><dd className="num">{dateTime(r.filed_at)}</dd>
        {r.due_at && <><dt>{t("due")}</dt><dd className="num">{dateTime(r.due_at)} <Due at={r.due_at} now={now} overdue={r.overdue} done={isDone(r.status)} /></dd></>}
      </dl>
      {r.photos.length > 0 && <Photos photos={r.photos} tagged min={150} />}
      {r.answer && <blockquote className="answer pre">{r.answer}</blockquote>}
      {r.timeline && r.timeline.length > 0 && <PublicTimeline steps={r.timeline} />}
    </div>
  );
}
