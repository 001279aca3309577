import { useCallback, useEffect, useMemo } from "react";
import { ApiError } from "../../api/errors";
import { actOnCase, oneCase, wards } from "../../api/endpoints";
import type { CaseView, Person } from "../../api/types";
import { currentLang, t, type Key } from "../../i18n";
import { wardFinder } from "../../lib/geo";
import { useLoad, useNow, usePoll } from "../../lib/hooks";
import { ago, dateTime } from "../../lib/time";
import { Map } from "../../map";
import { Actions } from "../../ui/Actions";
import { Dot, Due, Empty, Failure, Note, Skeleton, StatusBadge } from "../../ui/bits";
import { FormCase } from "../../ui/CaseFields";
import { Icon } from "../../ui/Icon";
import { Photos } from "../../ui/Photos";
import { isDone } from "../../ui/ReportSummary";
import { toast } from "../../ui/Toasts";
import { caseHref } from "./CaseList";
import { CaseTimeline } from "./CaseTimeline";
import { Clocks } from "./Clocks";
import { Duplicates } from "./Duplicates";
import { Explain } from "./Explain";
import { Publications } from "./Publications";
import { Relatives } from "./Relatives";
import { Reporters } from "./Reporters";
import { sourceLabel } from "./sources";
import { ReviewMarks, Trust } from "./Trust";
import { caseChanged } from "./useCases";
import { usePersons } from "./usePersons";
import { usePresence } from "./usePresence";

const revOf = (etag: string | null, view: CaseView): number => { const n = Number(etag?.replace(/^W\//, "").replaceAll('"', "")); return Number.isFinite(n) && etag ? n : view.rev; };

const NOBODY: CaseView[] = [];

export function CasePage({ id, back, wide, person, params }: { id: string; back: string; wide: boolean; person: Person | undefined; params: URLSearchParams }) {
  const now = useNow();
  const { data, error, loading, reload, set } = useLoad(`case:${id}`, async () => { const r = await oneCase(id); return { ...r.data, rev: revOf(r.etag, r.data) }; });
  const shapes = useLoad("wards", wards).data;
  const persons = usePersons(useMemo(() => (data ? [data] : NOBODY), [data]));
  usePresence(id, data !== undefined);
  // while somebody fills in a form the case stays as they saw it, so that If-Match can tell of a change
  usePoll(() => { if (!document.querySelector("dialog[open]")) reload(); }, 20_000);
  const run = useCallback(async (action: string, form: Record<string, unknown>) => {
    const next = await actOnCase(id, data!.rev, action, form);
    caseChanged();
    if (next) return set(next);
    // 204: the step took the case out of this person's sight
    location.hash = back;
    return t("case_left", { label: data!.actions.find((a) => a.action === action)?.label ?? "" });
  }, [id, data, set, back]);
  const href = (other: string) => caseHref(other, params);
  const conflict = () => { reload(); caseChanged(); };
  const changed = (next?: CaseView) => { caseChanged(); if (next) set(next); else reload(); };
  useEffect(() => { if (!wide) window.scrollTo(0, 0); }, [id, wide]);

  if (!data) return (
    <section className="case" aria-busy={loading}>
      {!wide && <a className="btn btn--plain btn--small" href={back}><Icon name="left" size={18} />{t("back")}</a>}
      {error ? (error instanceof ApiError && [403, 404].includes(error.status) ? <Empty icon="help">{t("case_not_found")}</Empty> : <Failure error={error} retry={reload} />) : <div className="stack"><Skeleton height={40} /><Skeleton height={220} /><Skeleton height={160} /></div>}
    </section>
  );
  const root = data.root;
  const ward = data.area && shapes?.features.some((f) => f.properties.code === data.area?.code) ? data.area.code : shapes ? data.location ? wardFinder(shapes)([data.location.lon, data.location.lat])?.properties.code : undefined : undefined;
  const done = isDone(data.status);
  const rating = data.rating;
  return (
    <article className="case" aria-labelledby="case-title">
      <header className="case__head">
        <div className="row">
          {!wide && <a className="icon-button" href={back} aria-label={t("back")}><Icon name="left" /></a>}
          <Dot root={root} /><span className="muted small num">{data.code}</span>
          <StatusBadge status={data.status} label={data.state_label || data.status_label} />
          {data.priority <= 2 && <span className={`badge badge--${data.priority === 1 ? "danger" : "warn"}`}>{t(`priority_${data.priority}` as Key)}</span>}
          {data.reports.length > 1 && <span className="badge"><Icon name="users" size={15} />{data.reports.length}</span>}
          {data.supports > 0 && <span className="badge badge--info">{t("case_supports", { n: data.supports })}</span>}
          {data.is_child && <span className="badge badge--info">{t("badge_child")}</span>}
          {data.is_duplicate && <span className="badge">{t("badge_duplicate")}</span>}
          <span style={{ marginLeft: "auto" }}><Due at={data.due_at} now={now} overdue={data.overdue} done={done} /></span>
        </div>
        <h1 id="case-title">{data.category.name}</h1>
        <p className="muted small">{[data.department?.name, data.area?.name].filter(Boolean).join(" · ")}</p>
        {data.present.length > 0 && <p className="present" role="status"><Icon name="users" size={18} />{t(data.present.length > 1 ? "present_many" : "present_one", { names: data.present.map((p) => p.name).join(", ") })}</p>}
      </header>
      {error instanceof ApiError && [403, 404].includes(error.status) && <Note kind="warn">{t("case_stale_gone")}</Note>}
      <ReviewMarks data={data} person={person} changed={changed} />
      <div className="case__actions" role="group" aria-label={t("track_what_now")}>
        {/* also without buttons: a form that is open must not go with what was typed into it */}
        <FormCase.Provider value={id}><Actions actions={data.actions} run={run} onConflict={conflict} /></FormCase.Provider>
        {!data.actions.length && <span className="muted small">{t("case_no_actions")}</span>}
      </div>
      {data.summary && <p className="case__text pre">{data.reports[0]?.description || data.summary}</p>}
      {data.photos.length > 0 && <Photos photos={data.photos} tagged min={190} />}
      <Publications caseId={id} photos={data.photos} originals={data.may_take_originals} />
      <div className="case__cols">
        <section className="card case__map">
          {data.location && <Map label={t("case_where")} style={{ height: 260 }} pin={data.location} pinRoot={root} ward={ward ?? null} gentle />}
          <dl className="facts pad" style={{ padding: "14px 16px" }}>
            {data.address && <><dt>{t("case_where")}</dt><dd>{data.address}</dd></>}
            {data.area && <><dt>{t("case_ward")}</dt><dd>{data.area.name}</dd></>}
            {data.location && <><dt>{t("case_directions")}</dt><dd className="num"><a href={`geo:${data.location.lat},${data.location.lon}`}>{data.location.lat.toFixed(5)}, {data.location.lon.toFixed(5)}</a></dd></>}
            {data.assignee && <><dt>{t("case_assignee")}</dt><dd>{persons.nameOf(data.assignee) ?? (data.assignee === person?.id ? t("assignee_me") : t("assignee_short"))}</dd></>}
            {data.co_departments.length > 0 && <><dt>{t("case_helpers")}</dt><dd>{data.co_departments.map((d) => d.name).join(", ")}</dd></>}
            <dt>{t("case_opened")}</dt><dd className="num">{dateTime(data.opened_at)} <span className="muted">({ago(data.opened_at, now)})</span></dd>
            {rating != null && <><dt>{t("case_rating")}</dt><dd>{rating}/5 · {t(`rating_${rating}` as Key)}</dd></>}
          </dl>
        </section>
        <div className="stack">
          <Clocks clocks={data.clocks} now={now} done={done} />
          {data.answer && <section className="card pad stack stack--tight"><h2 className="case__h">{t("case_answer")}</h2><p className="answer pre">{data.answer}</p></section>}
          <Trust data={data} />
          <Relatives data={data} person={person} href={href} changed={changed} conflict={conflict} />
          <Explain id={id} rev={data.rev} />
        </div>
      </div>
      <Duplicates data={data} person={person} href={href} changed={changed} conflict={conflict} left={(label) => { caseChanged(); toast(t("case_left", { label })); location.hash = back; }} />
      {(data.reports.length > 1 || data.may_read_reporters) && <section className="card pad stack"><h2 className="case__h">{t("case_reports", { n: data.reports.length })}</h2>
        <ul className="stack">{data.reports.map((r) => <li key={r.id} className="report"><p className="small muted num">{r.code} · {dateTime(r.filed_at)} · {sourceLabel(r.source)}</p><p className="pre">{r.description}</p>{data.reports.length > 1 && r.photos.length > 0 && <Photos photos={r.photos} min={84} />}</li>)}</ul>{data.may_read_reporters && <Reporters id={id} />}</section>}
      <CaseTimeline id={id} events={data.timeline} changed={reload} lang={currentLang()} />
    </article>
  );
}
