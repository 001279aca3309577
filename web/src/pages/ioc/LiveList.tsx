import { MOST, type Sort } from "../../api/live";
import type { WardProps, Wards } from "../../api/types";
import { currentLang, t } from "../../i18n";
import { categoryName, type Incident } from "../../lib/incidents";
import { ago } from "../../lib/time";
import { Dot, Due, Empty, Skeleton, StatusBadge } from "../../ui/bits";
import { OPEN_STATUSES } from "./filter";

export type WardAt = ((p: GeoJSON.Position) => Wards["features"][number] | undefined) | null;
export const wardName = (w: WardProps | undefined) => w && ((currentLang() === "en" && w.name_en) || w.name);

interface Rows { cases: Incident[]; now: number; selected: string | undefined; select: (incident: Incident) => void; wardAt: WardAt }
export const CaseRows = ({ cases, now, selected, select, wardAt }: Rows) => cases.map((incident) => {
  const { properties: p, geometry } = incident;
  return (
    <li key={p.id}>
      <button className="live__row" data-id={p.id} aria-pressed={selected === p.id} onClick={() => select(incident)}>
        <Dot root={p.root} />
        <span className="live__what"><span className="strong ellipsis">{categoryName(p)}</span><span className="muted small ellipsis">{[wardName(wardAt?.(geometry.coordinates)?.properties), ago(p.opened_at, now)].filter(Boolean).join(" · ")}</span></span>
        <span className="live__side">{OPEN_STATUSES.includes(p.status) ? <Due at={p.due_at} now={now} overdue={p.overdue} /> : <StatusBadge status={p.status} />}{p.priority === 1 && <span className="badge badge--danger">{t("priority_1")}</span>}</span>
      </button>
    </li>
  );
});

/** The cases behind the clusters: the first ones of what lies in the visible part of the map. */
export function LiveList({ sort, setSort, loading, ...rows }: Rows & { sort: Sort; setSort: (s: Sort) => void; loading: boolean }) {
  const n = rows.cases.length, full = n >= MOST;
  return (
    <section className="live" aria-label={t("ioc_in_view")}>
      <div className="between live__head">
        <h2>{t("ioc_in_view")} {!loading && <span className="muted num">{full ? `${n}+` : n}</span>}</h2>
        <div className="segment" role="group" aria-label={t("list_sort")}>
          {(["due", "newest"] as const).map((s) => <button key={s} aria-pressed={sort === s} onClick={() => setSort(s)}>{t(`ioc_sort_${s}`)}</button>)}
        </div>
      </div>
      <ul className="live__list" aria-busy={loading}>
        {loading && [1, 2, 3, 4, 5].map((k) => <li key={k} style={{ padding: "6px 16px" }}><Skeleton height={52} /></li>)}
        <CaseRows {...rows} />
        {full && <li className="live__rest muted small">{t(`ioc_first_${sort}`, { n })}</li>}
        {!loading && n === 0 && <Empty icon="map">{t("ioc_none")}</Empty>}
      </ul>
    </section>
  );
}
