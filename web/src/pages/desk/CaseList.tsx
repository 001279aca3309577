import { useEffect, useRef, useState } from "react";
import { type CaseFilter, categories, departments, wards } from "../../api/endpoints";
import type { CaseItem, Person } from "../../api/types";
import { currentLang, local, statusLabel, t, type Key } from "../../i18n";
import { flat } from "../../lib/categories";
import { useDebounced, useLoad, useNow } from "../../lib/hooks";
import { steady } from "../../lib/steady";
import { Dot, Due, Empty, Failure, Skeleton, Spinner, StatusBadge } from "../../ui/bits";
import { Icon } from "../../ui/Icon";
import { isDone } from "../../ui/ReportSummary";
import { useCases } from "./useCases";

const SORTS: [string, Key][] = [["due", "sort_due"], ["-opened", "sort_new"], ["-updated", "sort_updated"]];
const STATUSES = ["received", "assigned", "in_progress", "waiting", "resolved", "closed", "rejected"];
const OPEN = "open";
const NAMES = ["status", "department", "category", "area", "q", "sort", "overdue", "assignee"] as const;

/** Filters live behind the # of the address: a list can be bookmarked and sent to a colleague. */
export function CaseList({ person, selected, params }: { person: Person | undefined; selected: string | undefined; params: URLSearchParams }) {
  const value = (name: (typeof NAMES)[number]) => params.get(name) ?? "";
  const [typed, setTyped] = useState(value("q"));
  const q = useDebounced(typed.trim(), 300);
  const now = useNow();
  const list = useRef<HTMLUListElement>(null);
  const search = useRef<HTMLInputElement>(null);
  const tree = useLoad("categories", categories).data, units = useLoad("departments", departments).data, shapes = useLoad("wards", wards).data;
  const go = (id: string | undefined, next: URLSearchParams = params) => { const s = next.toString(); location.hash = `${id ? `/case/${id}` : "/"}${s ? `?${s}` : ""}`; };
  const set = (name: string, v: string) => { const next = new URLSearchParams(params); if (v) next.set(name, v); else next.delete(name); go(selected, next); };
  useEffect(() => { if (q !== value("q")) set("q", q); }, [q]); // eslint-disable-line

  const status = params.get("status") ?? OPEN;
  const filter: CaseFilter = {
    status: status === "all" ? "" : status, department: value("department"), category: value("category"), area: value("area"), q,
    overdue: value("overdue") === "true", assignee: value("assignee") === "me" ? (person?.id ?? "") : "", sort: value("sort") || "due",
  };
  const { items, next, loading, more, error, fresh, loadMore, reload } = useCases(filter);
  const filtered = ["status", "department", "category", "area", "overdue", "assignee"].filter((n) => params.get(n)).length;

  useEffect(() => {
    const keys = (e: KeyboardEvent) => {
      if (e.ctrlKey || e.metaKey || e.altKey || document.querySelector("dialog[open]")) return;
      const inField = (e.target as HTMLElement).closest?.("input, textarea, select");
      if (e.key === "Escape") { if (inField) (e.target as HTMLElement).blur(); else if (selected) go(undefined); return; }
      if (inField) return;
      if (e.key === "/") { e.preventDefault(); search.current?.focus(); return; }
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
  const select = (name: "department" | "category" | "area", label: string, options: React.ReactNode) => (
    <select className="input input--small" aria-label={label} value={value(name)} onChange={(e) => set(name, e.target.value)}><option value="">{label}: {t("all").toLowerCase()}</option>{options}</select>
  );
  return (
    <section className="cases" aria-label={t("list_title")}>
      <div className="cases__bar">
        <div className="cases__search"><Icon name="search" size={18} />
          <input ref={search} type="search" className="input input--small" placeholder={t("list_search")} aria-label={t("list_search")} value={typed} onChange={(e) => setTyped(e.target.value)} /></div>
        <div className="cases__quick">
          <label className="chip chip--s"><input type="checkbox" checked={filter.overdue ?? false} onChange={(e) => set("overdue", e.target.checked ? "true" : "")} /><Icon name="alert" size={16} />{t("list_overdue")}</label>
          {person && <label className="chip chip--s"><input type="checkbox" checked={value("assignee") === "me"} onChange={(e) => set("assignee", e.target.checked ? "me" : "")} /><Icon name="user" size={16} />{t("list_mine")}</label>}
        <details className="cases__filters">
          <summary><Icon name="filter" size={16} />{t("list_filters")}{filtered > 0 && <span className="badge badge--brand num">{filtered}</span>}</summary>
          <div className="cases__selects">
            <select className="input input--small" aria-label={t("list_status")} value={status} onChange={(e) => set("status", e.target.value === OPEN ? "" : e.target.value)}>
              <option value={OPEN}>{t("list_status")}: {t("list_open").toLowerCase()}</option><option value="all">{t("list_every")}</option>
              {STATUSES.map((s) => <option key={s} value={s}>{statusLabel(s)}</option>)}
            </select>
            {select("department", t("list_department"), units?.map((d) => <option key={d.code} value={d.code}>{local(d.name)}</option>))}
            {select("category", t("list_category"), tree?.map((r) => <optgroup key={r.code} label={local(r.name)}><option value={r.code}>{local(r.name)} ({t("all").toLowerCase()})</option>{flat(r.children).map((c) => <option key={c.code} value={c.code}>{local(c.name)}</option>)}</optgroup>))}
            {select("area", t("list_area"), [...(shapes?.features ?? [])].sort((a, b) => a.properties.name.localeCompare(b.properties.name, "vi")).map(({ properties: w }) => <option key={w.code} value={w.code}>{(currentLang() === "en" && w.name_en) || w.name}</option>))}
            {filtered > 0 && <button className="btn btn--small btn--plain" onClick={() => { setTyped(""); go(selected, new URLSearchParams()); }}>{t("list_clear")}</button>}
          </div>
        </details>
        </div>
        <div className="between">
          <span className="muted small num" role="status">{loading && !items.length ? t("loading") : count}</span>
          <label className="row small muted" style={{ gap: 6 }}>{t("list_sort")}
            <select className="cases__sort" value={filter.sort} onChange={(e) => set("sort", e.target.value === "due" ? "" : e.target.value)}>{SORTS.map(([v, k]) => <option key={v} value={v}>{t(k)}</option>)}</select>
          </label>
        </div>
      </div>
      {Boolean(error) && <div style={{ padding: 12 }}><Failure error={error} retry={reload} /></div>}
      <ul className="cases__list" ref={list} aria-busy={loading} style={fresh ? {} : { opacity: items.length ? 0.6 : 1 }}>
        {loading && !items.length && [1, 2, 3, 4, 5, 6].map((n) => <li key={n} style={{ padding: "10px 16px" }}><Skeleton height={84} /></li>)}
        {items.map((c) => <Row key={c.id} item={c} now={now} on={c.id === selected} open={() => go(c.id)} />)}
        {next && <li className="cases__more"><button className="btn" onClick={() => void loadMore()} disabled={more}>{more && <Spinner />}{t("list_more")}</button></li>}
        {!loading && !items.length && !error && <Empty><p>{t("list_empty")}</p></Empty>}
        {!next && items.length > 5 && <li className="cases__more muted small">{t("list_end")}</li>}
      </ul>
    </section>
  );
}

function Row({ item: c, now, on, open }: { item: CaseItem; now: number; on: boolean; open: () => void }) {
  const done = isDone(c.status);
  return (
    <li>
      <button className={`case-row ${c.overdue && !done ? "case-row--late" : ""}`} data-id={c.id} aria-current={on || undefined} onClick={open}>
        {c.photo_url ? <img className="case-row__photo" src={steady(c.photo_url)} alt="" loading="lazy" /> : <span className="case-row__photo case-row__photo--none"><Icon name="camera" /></span>}
        <span className="case-row__main">
          <span className="between"><span className="row small muted" style={{ gap: 7, flexWrap: "nowrap", minWidth: 0 }}><Dot root={c.root} /><span className="ellipsis">{c.category.name}</span></span>
            {c.priority <= 2 && <span className={`badge badge--${c.priority === 1 ? "danger" : "warn"}`}>{t(`priority_${c.priority}` as Key)}</span>}</span>
          <span className="case-row__text">{c.summary || c.category.name}</span>
          <span className="small muted ellipsis">{[c.area?.name, c.address].filter(Boolean).join(" · ")}</span>
          <span className="between case-row__foot"><span className="row" style={{ gap: 8 }}><StatusBadge status={c.status} label={c.state_label || c.status_label} /><span className="muted small num">{c.code}</span></span><Due at={c.due_at} now={now} overdue={c.overdue} done={done} /></span>
        </span>
      </button>
    </li>
  );
}
