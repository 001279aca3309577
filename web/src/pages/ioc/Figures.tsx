import type { Summary } from "../../api/insight";
import type { Category, Department } from "../../api/types";
import { local, statusLabel, t, type Key } from "../../i18n";
import { flat } from "../../lib/categories";
import { Icon, iconFor, type IconName } from "../../ui/Icon";
import type { Drill } from "./DrillList";
import { ageIndex, AGES, baseOf, clean, type Filter, freshOf, isFresh, NOTHING, OPEN_STATUSES, withAge } from "./filter";
import type { Tallies } from "./useTallies";

interface Props { filter: Filter; set: (f: Filter) => void; tallies: Tallies | undefined; today: Summary | undefined; tree: Category[] | undefined; units: Department[] | undefined; drill: (d: Drill) => void }

export function Figures(props: Props) {
  return <><Counts {...props} /><Roots {...props} /><Selects {...props} /></>;
}

/** Three numbers filter what is open; what was done today is a list of its own. */
function Counts({ filter, set, tallies, today, drill }: Props) {
  const fresh = isFresh(filter), base = baseOf(filter);
  const done = resolvedToday(filter, today);
  return (
    <div className="ioc__counts" role="group" aria-label={t("ioc_panel")}>
      <Count name="open" icon="list" n={tallies?.open} pressed={!filter.overdue && !fresh} press={() => set(base)} />
      <Count name="overdue" icon="alert" n={tallies?.overdue} pressed={filter.overdue ?? false} press={() => set(filter.overdue ? base : { ...base, overdue: true })} />
      <Count name="fresh" icon="clock" n={tallies?.fresh} pressed={fresh} press={() => set(fresh ? base : freshOf(base))} />
      <button className="count count--resolved" disabled={!done} title={done ? undefined : t("ioc_resolved_no")} onClick={() => done && drill({ title: () => t("ioc_drill_resolved"), path: done.path })}>
        <span className="count__n num">{done ? done.n.toLocaleString("vi-VN") : "–"}</span><span className="count__label"><Icon name="check" size={16} />{t("ioc_resolved")}</span>
      </button>
    </div>
  );
}
function Count({ name, icon, n, pressed, press }: { name: "open" | "overdue" | "fresh"; icon: IconName; n: number | undefined; pressed: boolean; press: () => void }) {
  return (
    <button className={`count count--${name}`} aria-pressed={pressed} onClick={press}>
      <span className={`count__n num ${n !== undefined && n >= 100_000 ? "count__n--long" : ""}`}>{n === undefined ? "–" : n.toLocaleString("vi-VN")}</span><span className="count__label"><Icon name={icon} size={16} />{t(`ioc_${name}`)}</span>
    </button>
  );
}
/** The summary counts by root category alone: beside another filter it would not be true. */
function resolvedToday({ root, category, department, status, min_age_h, max_age_h }: Filter, today: Summary | undefined): { n: number; path: string } | null {
  if (!today || category || department || status || min_age_h || max_age_h) return null;
  const of = root ? today.categories.find((c) => c.category === root) : today.total;
  return of ? { n: of.resolved, path: of.resolved_cases } : null;
}

function Roots({ filter, set, tallies, tree }: Props) {
  const pick = (code: string) => { const { root, category: _, ...rest } = filter; set(root === code ? rest : { ...rest, root: code }); };
  return (
    <div className="ioc__roots" role="group" aria-label={t("ioc_by_category")}>
      {tree?.map((c) => (
        <button key={c.code} className="rootchip" style={{ "--dot": `var(--c-${c.code}, var(--c-other))` } as React.CSSProperties} aria-pressed={filter.root === c.code} onClick={() => pick(c.code)}>
          <Icon name={iconFor(c.code)} size={18} /><span className="ellipsis">{local(c.name)}</span><b className="num">{tallies?.roots[c.code]?.toLocaleString("vi-VN") ?? ""}</b>
        </button>
      ))}
    </div>
  );
}

function Selects({ filter, set, tree, units }: Props) {
  const patch = (change: Filter) => set(clean({ ...filter, ...change }));
  const select = (label: Key, value: string, change: (v: string) => void, options: React.ReactNode) => (
    <select className="input input--small" aria-label={t(label)} value={value} onChange={(e) => change(e.target.value)}><option value="">{t(label)}: {t("all").toLowerCase()}</option>{options}</select>
  );
  return (
    <div className="ioc__filters">
      {select("list_category", filter.category ?? "", (category) => patch({ category }), tree?.filter((r) => !filter.root || r.code === filter.root).map((r) => <optgroup key={r.code} label={local(r.name)}>{flat(r.children).map((c) => <option key={c.code} value={c.code}>{local(c.name)}</option>)}</optgroup>))}
      {select("list_department", filter.department ?? "", (department) => patch({ department }), units?.map((d) => <option key={d.code} value={d.code}>{local(d.name)}</option>))}
      {select("list_status", filter.status ?? "", (status) => patch({ status }), OPEN_STATUSES.map((s) => <option key={s} value={s}>{statusLabel(s)}</option>))}
      {select("ioc_age", String(ageIndex(filter)).replace("-1", ""), (v) => set(withAge(filter, v === "" ? -1 : Number(v))), AGES.map((_, i) => <option key={i} value={i}>{t(`ioc_age_${i}` as Key)}</option>))}
      <button className="btn btn--small ioc__clear" disabled={Object.keys(clean(filter)).length === 0} onClick={() => set(NOTHING)}><Icon name="x" size={16} />{t("ioc_clear")}</button>
    </div>
  );
}
