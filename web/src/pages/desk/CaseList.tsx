import { useEffect, useRef, useState } from "react";
import { casesTable } from "../../api/endpoints";
import type { Person } from "../../api/types";
import { t, type Key } from "../../i18n";
import { useDebounced, useNow } from "../../lib/hooks";
import { caseFilter } from "../../lib/views";
import { Empty, Failure, Skeleton, Spinner } from "../../ui/bits";
import { Icon } from "../../ui/Icon";
import { BulkDialog, type Outcome, ResultDialog, summary, UndoButton } from "./Bulk";
import { CaseRow } from "./CaseRow";
import { Filters } from "./Filters";
import { SavedViews } from "./SavedViews";
import { TakeButton } from "./TakeButton";
import { useCases } from "./useCases";
import { usePersons } from "./usePersons";

const SORTS: [string, Key][] = [["due", "sort_due"], ["-opened", "sort_new"], ["-updated", "sort_updated"], ["trust", "sort_trust"]];
const COUNTED = ["status", "department", "category", "area", "overdue", "assignee", "review"];
/** Who moves no cases ticks none. */
const WORKERS = ["staff", "supervisor", "operator", "leader"];
const MAY_EXPORT = ["supervisor", "operator", "leader", "analyst"];

/** Filters live behind the # of the address: a list can be bookmarked and sent to a colleague. */
export function CaseList({ person, selected, params }: { person: Person | undefined; selected: string | undefined; params: URLSearchParams }) {
  const value = (name: string) => params.get(name) ?? "";
  const [typed, setTyped] = useState(value("q"));
  const q = useDebounced(typed.trim(), 300);
  const now = useNow();
  const list = useRef<HTMLUListElement>(null);
  const search = useRef<HTMLInputElement>(null);
  const [ticked, setTicked] = useState<ReadonlySet<string>>(new Set());
  const [acting, setActing] = useState(false);
  const [outcome, setOutcome] = useState<Outcome | null>(null);
  const [seeing, setSeeing] = useState(false);
  const go = (id: string | undefined, next: URLSearchParams = params) => { location.hash = caseHref(id, next); };
  const set = (name: string, v: string) => { const next = new URLSearchParams(params); if (v) next.set(name, v); else next.delete(name); go(selected, next); };
  useEffect(() => { if (q !== value("q")) set("q", q); }, [q]); // eslint-disable-line
  useEffect(() => { if (value("q") !== q) setTyped(value("q")); }, [params.get("q")]); // eslint-disable-line

  const filter = caseFilter(params);
  const { items, next, loading, more, error, fresh, loadMore, reload } = useCases(filter);
  const { nameOf, all } = usePersons(items, person?.department?.code);
  const filtered = COUNTED.filter((n) => params.get(n)).length;
  // what has left the list is no longer ticked: nobody acts on what they do not see
  const chosen = items.filter((c) => ticked.has(c.id));
  const tick = (id: string, on: boolean) => setTicked((old) => { const set = new Set(old); if (on) set.add(id); else set.delete(id); return set; });
  const mayTick = person ? WORKERS.includes(person.role) : false;
  useEffect(() => { if (!outcome?.deadline || outcome.undone) return; const id = setTimeout(() => setOutcome((o) => (o === outcome && !seeing ? null : o)), Math.max(0, outcome.deadline - Date.now()) + 4000); return () => clearTimeout(id); }, [outcome, seeing]);

  useEffect(() => {
    const keys = (e: KeyboardEvent) => {
      if (e.ctrlKey || e.metaKey || e.altKey || document.querySelector("dialog[open]")) return;
      // a tick box keeps the keys of the list, which type nothing into it
      const inField = (e.target as HTMLElement).closest?.("input:not([type=checkbox]), textarea, select");
      if (e.key === "Escape") { if (inField) (e.target as HTMLElement).blur(); else if (selected) go(undefined); return; }
      if (inField) return;
      if (e.key === "/") { e.preventDefault(); search.current?.focus(); return; }
      if (e.key === "x" && selected && mayTick && items.some((i) => i.id === selected)) { tick(selected, !ticked.has(selected)); return; }
      const step = e.key === "j" ? 1 : e.key === "k" ? -1 : 0;
      if (!step) return;
      const at = items.findIndex((i) => i.id === selected);
      const to = items[at < 0 ? 0 : Math.min(items.length - 1, Math.max(0, at + step))];
      if (to) { e.preventDefault(); go(to.id); list.current?.querySelector(`[data-id="${to.id}"]`)?.scrollIntoView({ block: "nearest" }); }
    };
    window.addEventListener("keydown", keys);
    return () => window.removeEventListener("keydown", keys);
  });

  const count = t(next ? "list_count_more" : "list_count", { n: items.length });
  const everything = items.length > 0 && chosen.length === items.length;
  return (
    <section className="cases" aria-label={t("list_title")}>
      <div className="cases__bar">
        <div className="cases__search"><Icon name="search" size={18} />
          <input ref={search} type="search" className="input input--small" placeholder={t("list_search")} aria-label={t("list_search")} value={typed} onChange={(e) => setTyped(e.target.value)} /></div>
        {person && <SavedViews params={params} go={(to) => go(selected, to)} />}
        <div className="cases__quick">
          <label className="chip chip--s"><input type="checkbox" checked={filter.overdue ?? false} onChange={(e) => set("overdue", e.target.checked ? "true" : "")} /><Icon name="alert" size={16} />{t("list_overdue")}</label>
          {person && <label className="chip chip--s"><input type="checkbox" checked={value("assignee") === "me"} onChange={(e) => set("assignee", e.target.checked ? "me" : "")} /><Icon name="user" size={16} />{t("list_mine")}</label>}
          <label className="chip chip--s"><input type="checkbox" checked={filter.review !== ""} onChange={(e) => set("review", e.target.checked ? "any" : "")} /><Icon name="note" size={16} />{t("list_review")}</label>
          <details className="cases__filters">
            <summary><Icon name="filter" size={16} />{t("list_filters")}{filtered > 0 && <span className="badge badge--brand num">{filtered}</span>}</summary>
            <Filters params={params} set={set} person={person} staff={all} clear={filtered > 0 ? () => { setTyped(""); go(selected, new URLSearchParams()); } : undefined} />
          </details>
          {person && MAY_EXPORT.includes(person.role) && items.length > 0 && <TakeButton plain label={t("list_export")} hint={t("list_export_hint")} from={() => casesTable(filter)} />}
        </div>
        <div className="between">
          <span className="row small muted" style={{ gap: 12 }}>
            {mayTick && items.length > 0 && <label className="row" style={{ gap: 7 }}><input type="checkbox" className="tick" checked={everything} ref={(box) => { if (box) box.indeterminate = chosen.length > 0 && !everything; }} onChange={(e) => setTicked(new Set(e.target.checked ? items.map((c) => c.id) : []))} aria-label={t("bulk_all")} /></label>}
            <span className="num" role="status">{loading && !items.length ? t("loading") : count}</span>
          </span>
          <label className="row small muted" style={{ gap: 6 }}>{t("list_sort")}
            <select className="cases__sort" value={filter.sort} onChange={(e) => set("sort", e.target.value === "due" ? "" : e.target.value)}>{SORTS.map(([v, k]) => <option key={v} value={v}>{t(k)}</option>)}</select>
          </label>
        </div>
      </div>
      {Boolean(error) && <div style={{ padding: 12 }}><Failure error={error} retry={reload} /></div>}
      <ul className="cases__list" ref={list} aria-busy={loading} style={fresh ? {} : { opacity: items.length ? 0.6 : 1 }}>
        {loading && !items.length && [1, 2, 3, 4, 5, 6].map((n) => <li key={n} style={{ padding: "10px 16px" }}><Skeleton height={84} /></li>)}
        {items.map((c) => <CaseRow key={c.id} item={c} now={now} on={c.id === selected} me={person?.id} name={nameOf(c.assignee)} trusts={filter.sort === "trust"} ticked={ticked.has(c.id)} tick={mayTick ? (on) => tick(c.id, on) : undefined} open={() => go(c.id)} />)}
        {next && <li className="cases__more"><button className="btn" onClick={() => void loadMore()} disabled={more}>{more && <Spinner />}{t("list_more")}</button></li>}
        {!loading && !items.length && !error && <Empty><p>{t("list_empty")}</p></Empty>}
        {!next && items.length > 5 && <li className="cases__more muted small">{t("list_end")}</li>}
      </ul>
      {chosen.length > 0 ? <div className="bulk" role="region" aria-label={t("bulk_n", { n: chosen.length })}>
        <b className="num">{t("bulk_n", { n: chosen.length })}</b>
        <button className="btn btn--small btn--plain" onClick={() => setTicked(new Set())}>{t("bulk_none")}</button>
        <button className="btn btn--small btn--primary" onClick={() => setActing(true)}>{t("bulk_do")}</button>
      </div> : outcome && !seeing && <div className="bulk" role="region" aria-label={outcome.label}>
        <span className="small"><b>{outcome.label}</b><br />{summary(outcome)}</span>
        <button className="btn btn--small btn--plain" onClick={() => setSeeing(true)}>{t("bulk_see")}</button>
        <UndoButton small outcome={outcome} undone={(undone) => { setOutcome({ ...outcome, undone }); setSeeing(true); }} />
        <button className="icon-button" aria-label={t("close")} onClick={() => setOutcome(null)}><Icon name="x" size={18} /></button>
      </div>}
      {acting && <BulkDialog items={chosen} me={person?.id} close={() => setActing(false)} done={(o) => { setActing(false); setTicked(new Set()); setOutcome(o); setSeeing(true); }} />}
      {seeing && outcome && <ResultDialog outcome={outcome} undone={(undone) => setOutcome({ ...outcome, undone })} close={() => { setSeeing(false); if (outcome.undone || !outcome.deadline || outcome.deadline < Date.now()) setOutcome(null); }} href={(id) => caseHref(id, params)} />}
    </section>
  );
}

/** One case with the list's filter beside it. */
export const caseHref = (id: string | undefined, params: URLSearchParams): string => {
  const s = params.toString();
  return `#${id ? `/case/${id}` : "/"}${s ? `?${s}` : ""}`;
};
