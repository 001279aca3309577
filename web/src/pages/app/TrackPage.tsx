import { useCallback } from "react";
import { actOnReport, categories, report } from "../../api/endpoints";
import { NetworkError } from "../../api/errors";
import type { Status } from "../../api/types";
import { statusLabel, t } from "../../i18n";
import { rootOf } from "../../lib/categories";
import { useLoad, useNow, usePoll } from "../../lib/hooks";
import { dateTime } from "../../lib/time";
import { Map } from "../../map";
import { Actions } from "../../ui/Actions";
import { Due, Empty, Failure, Skeleton, StatusBadge } from "../../ui/bits";
import { Icon } from "../../ui/Icon";
import { Photos } from "../../ui/Photos";
import { PublicTimeline } from "../../ui/PublicTimeline";
import { isDone } from "../../ui/ReportSummary";
import { copy, trackPath } from "./DonePage";
import { mine } from "./draft";
import { LeaveCard } from "./LeaveCard";
import { Ties } from "./Ties";

const WAY: Status[] = ["received", "assigned", "in_progress", "resolved"];
const reached: Record<Status, number> = { received: 0, assigned: 1, in_progress: 2, waiting: 2, resolved: 3, closed: 4, rejected: -1 };

export function TrackPage({ id, token: given }: { id: string; token: string | null }) {
  const token = given ?? mine().find((m) => m.id === id)?.token ?? null;
  const now = useNow();
  const { data: r, error, reload, set } = useLoad(`report:${id}`, () => report(id, token));
  const tree = useLoad("categories", categories).data;
  const pending = r?.photos?.some((p) => p.state === "pending");
  usePoll(reload, pending ? 4000 : 20_000);
  const run = useCallback(async (action: string, form: Record<string, unknown>) => set(await actOnReport(id, action, form, token)), [id, token, set]);
  if (!r) {
    if (!error) return <div className="stack"><Skeleton height={60} /><Skeleton height={120} /><Skeleton height={240} /></div>;
    return error instanceof NetworkError ? <Failure error={error} retry={reload} /> : <Empty icon="help"><h1 style={{ fontSize: "1.3rem" }}>{t("track_not_found")}</h1><p>{t("track_not_found_text")}</p><a className="btn" href="/">{t("home_find")}</a></Empty>;
  }
  const done = isDone(r.status);
  const root = tree && rootOf(tree, r.category.code)?.code;
  const before = r.photos.filter((p) => p.purpose === "report"), after = r.photos.filter((p) => p.purpose === "after");
  const score = r.rating;
  // closed without a result: withdrawn, or ended in some other way of the process
  const givenUp = r.status === "closed" && r.timeline.findLast((step) => step.status !== "closed")?.status !== "resolved";
  const at = givenUp ? -1 : (reached[r.status] ?? 0);
  return (
    <article className="track stack">
      <header className="stack stack--tight">
        <div className="row"><button className="btn btn--small num" onClick={() => void copy(token ? location.origin + trackPath(id, token) : r.code)} aria-label={`${t("copy")}: ${r.code}`}>{r.code}<Icon name="copy" size={16} /></button><StatusBadge status={r.status} label={r.status_label} plain={givenUp} /><span style={{ marginLeft: "auto" }}><Due at={r.due_at} now={now} overdue={r.overdue} done={done} /></span></div>
        <h1>{r.category.name}</h1>
      </header>
      {at >= 0 && <ol className="way" aria-hidden="true">{WAY.map((s, i) => <li key={s} className={i < at || at >= 3 ? "way--past" : i === at ? "way--here" : ""}><span>{i < at || at >= 3 ? <Icon name="check" size={16} /> : i + 1}</span>{statusLabel(s)}</li>)}</ol>}
      {(r.answer || after.length > 0) && <section className="card pad stack"><h2>{t("track_answer")}</h2>{r.answer && <p className="answer pre">{r.answer}</p>}{after.length > 0 && <Photos photos={after} min={150} />}{score != null && <p className="row"><Icon name="star" filled /> {t("track_rated", { score })}</p>}</section>}
      {r.actions.length > 0 && <section className="card pad stack"><h2>{t("track_what_now")}</h2><div className="row"><Actions actions={r.actions} run={run} onConflict={reload} /></div></section>}
      <section className="card pad stack">
        <dl className="facts">
          {r.department && <><dt>{t("track_unit")}</dt><dd>{r.department.name}</dd></>}
          {r.area && <><dt>{t("done_area")}</dt><dd>{r.area.name}</dd></>}
          {r.address && <><dt>{t("case_where")}</dt><dd>{r.address}</dd></>}
          <dt>{t("track_filed")}</dt><dd className="num">{dateTime(r.filed_at)}</dd>
          {r.due_at && !givenUp && <><dt>{t("due")}</dt><dd className="num">{dateTime(r.due_at)}</dd></>}
        </dl>
        {/* whoever filed it is told anyway, and cannot have the same problem twice */}
        {r.description ? r.supports > 0 && <p className="row"><Icon name="users" />{t("tie_count", { n: r.supports })}</p> : <Ties report={r} changed={reload} />}
        {r.description && <p className="pre">{r.description}</p>}
        {before.length > 0 && <Photos photos={before} min={130} />}
        {r.location && <Map label={t("case_where")} style={{ height: 220, borderRadius: "var(--r)" }} pin={r.location} pinRoot={root} ward={r.area.code} gentle />}
      </section>
      {r.timeline.length > 0 && <section className="card pad stack"><h2>{t("track_timeline")}</h2><PublicTimeline steps={[...r.timeline].reverse()} /></section>}
      {r.description && <LeaveCard id={id} code={r.code} token={token} />}
    </article>
  );
}
