import { useCallback, useDeferredValue, useEffect, useMemo, useState } from "react";
import { categories, departments, wards } from "../../api/endpoints";
import type { Incidents } from "../../api/types";
import { local, statusLabel, t, useLang } from "../../i18n";
import { type Box, wardFinder } from "../../lib/geo";
import { useLoad, useMedia, useNow, useSession } from "../../lib/hooks";
import { type Filter, filtered, inView, type Order, tallies, type Tally } from "../../lib/incidents";
import { flat } from "../../lib/categories";
import { clockTime } from "../../lib/time";
import { useIncidents } from "../../lib/useIncidents";
import { Map } from "../../map";
import { Switches } from "../../ui/Header";
import { Icon, iconFor, type IconName } from "../../ui/Icon";
import mark from "../../ui/mark.svg";
import { CaseCard } from "./CaseCard";
import { LiveList } from "./LiveList";

const TALLIES: { key: Tally; icon: IconName }[] = [{ key: "open", icon: "list" }, { key: "overdue", icon: "alert" }, { key: "urgent", icon: "bell" }, { key: "today", icon: "clock" }];
const OPEN_STATUSES = ["received", "assigned", "in_progress", "waiting"];

export function Ioc() {
  useLang();
  const person = useSession("staff")?.person;
  const live = useIncidents(5000, person?.id ?? "");
  const now = useNow(15_000);
  const wide = useMedia("(min-width: 900px)");
  const [filter, setFilter] = useState<Filter>({ tally: "open" });
  const [order, setOrder] = useState<Order>("late");
  const [view, setView] = useState<Box | null>(null);
  const [selected, setSelected] = useState<string | null>(null);
  const tree = useLoad("categories", categories).data, units = useLoad("departments", departments).data, shapes = useLoad("wards", wards).data;
  const wardAt = useMemo(() => (shapes ? wardFinder(shapes) : null), [shapes]);

  const all = useMemo(() => live.data?.features ?? [], [live.data]);
  const shown = useMemo(() => filtered(all, filter, now), [all, filter, now]);
  const onMap = useMemo<Incidents>(() => ({ type: "FeatureCollection", features: shown }), [shown]);
  const count = useMemo(() => tallies(all, filter, now), [all, filter, now]);
  const byRoot = useMemo(() => {
    const { root: _, category: __, ...rest } = filter;
    const m = new globalThis.Map<string, { all: number; late: number }>();
    for (const { properties: p } of filtered(all, rest, now)) { const c = m.get(p.root) ?? { all: 0, late: 0 }; c.all++; if (p.overdue) c.late++; m.set(p.root, c); }
    return m;
  }, [all, filter, now]);
  const deferredView = useDeferredValue(view);
  const list = useMemo(() => inView(shown, deferredView, order), [shown, deferredView, order]);
  const picked = useMemo(() => (selected ? all.find((i) => i.properties.id === selected) : undefined), [all, selected]);
  const patch = useCallback((change: Partial<Filter>) => setFilter((f) => ({ ...f, ...change })), []);
  const filtering = filter.tally !== "open" || filter.root || filter.category || filter.department || filter.status;
  const unit = (code: string | null) => local(units?.find((d) => d.code === code)?.name) || code || "";

  useEffect(() => {
    const esc = (e: KeyboardEvent) => { if (e.key === "Escape") setSelected(null); };
    window.addEventListener("keydown", esc);
    return () => window.removeEventListener("keydown", esc);
  }, []);

  return (
    <main id="main" className="ioc">
      <Map className="ioc__map" label={t("ioc_title")} incidents={onMap} selected={picked?.geometry.coordinates ?? null} onSelect={setSelected} onView={setView} inset={wide} padding={wide ? { left: 424, right: 70, top: 30, bottom: 30 } : {}} />
      <aside className="ioc__panel" aria-label={t("ioc_panel")}>
        <header className="ioc__head">
          <img src={mark} alt="" width={36} height={36} />
          <div className="ioc__title"><h1>{t("ioc_title")}</h1><Stamp at={live.at} offline={live.offline} /></div>
          <Switches />
        </header>
        <div className="ioc__counts" role="group" aria-label={t("ioc_panel")}>
          {TALLIES.map(({ key, icon }) => (
            <button key={key} className={`count count--${key}`} aria-pressed={filter.tally === key} onClick={() => patch({ tally: filter.tally === key ? "open" : key })}>
              <span className="count__n num">{live.data ? count[key].toLocaleString("vi-VN") : "–"}</span>
              <span className="count__label"><Icon name={icon} size={16} />{t(`ioc_${key}`)}</span>
            </button>
          ))}
        </div>
        <div className="ioc__roots" role="group" aria-label={t("ioc_by_category")}>
          {tree?.map((c) => { const n = byRoot.get(c.code); return (
            <button key={c.code} className="rootchip" style={{ "--dot": `var(--c-${c.code}, var(--c-other))` } as React.CSSProperties} aria-pressed={filter.root === c.code} onClick={() => patch({ root: filter.root === c.code ? undefined : c.code, category: undefined } as Partial<Filter>)}>
              <Icon name={iconFor(c.code)} size={18} /><span className="ellipsis">{local(c.name)}</span><b className="num">{n?.all ?? 0}</b>
            </button>); })}
        </div>
        <div className="ioc__filters">
          <select className="input input--small" aria-label={t("list_category")} value={filter.category ?? ""} onChange={(e) => patch({ category: e.target.value || undefined } as Partial<Filter>)}>
            <option value="">{t("list_category")}: {t("all").toLowerCase()}</option>
            {tree?.filter((r) => !filter.root || r.code === filter.root).map((r) => <optgroup key={r.code} label={local(r.name)}>{flat(r.children).map((c) => <option key={c.code} value={c.code}>{local(c.name)}</option>)}</optgroup>)}
          </select>
          <select className="input input--small" aria-label={t("list_department")} value={filter.department ?? ""} onChange={(e) => patch({ department: e.target.value || undefined } as Partial<Filter>)}>
            <option value="">{t("list_department")}: {t("all").toLowerCase()}</option>
            {units?.map((d) => <option key={d.code} value={d.code}>{local(d.name)}</option>)}
          </select>
          <select className="input input--small" aria-label={t("list_status")} value={filter.status ?? ""} onChange={(e) => patch({ status: e.target.value || undefined } as Partial<Filter>)}>
            <option value="">{t("list_status")}: {t("all").toLowerCase()}</option>
            {OPEN_STATUSES.map((s) => <option key={s} value={s}>{statusLabel(s)}</option>)}
          </select>
          <button className="btn btn--small" disabled={!filtering} onClick={() => setFilter({ tally: "open" })}><Icon name="x" size={16} />{t("ioc_clear")}</button>
        </div>
        <LiveList list={list} order={order} setOrder={setOrder} now={now} selected={selected} select={setSelected} wardAt={wardAt} loading={!live.data && !live.offline} />
      </aside>
      {picked && <CaseCard key={picked.properties.id} incident={picked} now={now} ward={wardAt?.(picked.geometry.coordinates)?.properties} unit={unit(picked.properties.department)} signedIn={Boolean(person)} close={() => setSelected(null)} />}
    </main>
  );
}

function Stamp({ at, offline }: { at: number | null; offline: boolean }) {
  if (offline) return <p className="stamp stamp--off" role="alert"><Icon name="offline" size={16} />{at ? t("ioc_offline", { time: clockTime(at) }) : t("ioc_offline_never")}</p>;
  return <p className="stamp num"><i className="stamp__dot" />{at ? t("ioc_stamp", { time: clockTime(at) }) : t("loading")}</p>;
}
