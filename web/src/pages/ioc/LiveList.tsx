import type { WardProps, Wards } from "../../api/types";
import { currentLang, t } from "../../i18n";
import { categoryName, type Incident, type Order } from "../../lib/incidents";
import { ago } from "../../lib/time";
import { Dot, Due, Empty, Skeleton } from "../../ui/bits";

const MOST = 80;
const nameOf = (w: WardProps | undefined) => w && ((currentLang() === "en" && w.name_en) || w.name);
interface Props { list: Incident[]; order: Order; setOrder: (o: Order) => void; now: number; selected: string | null; select: (id: string) => void; wardAt: ((p: GeoJSON.Position) => Wards["features"][number] | undefined) | null; loading: boolean }

/** The cases behind the numbers: what lies in the visible part of the map. */
export function LiveList({ list, order, setOrder, now, selected, select, wardAt, loading }: Props) {
  return (
    <section className="live" aria-label={t("ioc_in_view")}>
      <div className="between live__head">
        <h2>{t("ioc_in_view")} <span className="muted num">{list.length.toLocaleString("vi-VN")}</span></h2>
        <div className="segment" role="group" aria-label={t("list_sort")}>
          {(["late", "new"] as const).map((o) => <button key={o} aria-pressed={order === o} onClick={() => setOrder(o)}>{t(`ioc_sort_${o}`)}</button>)}
        </div>
      </div>
      <ul className="live__list">
        {loading && [1, 2, 3, 4, 5].map((n) => <li key={n} style={{ padding: "6px 16px" }}><Skeleton height={52} /></li>)}
        {list.slice(0, MOST).map(({ properties: p, geometry }) => (
          <li key={p.id}>
            <button className="live__row" aria-pressed={selected === p.id} onClick={() => select(p.id)}>
              <Dot root={p.root} />
              <span className="live__what"><span className="strong ellipsis">{categoryName(p)}</span><span className="muted small ellipsis">{[nameOf(wardAt?.(geometry.coordinates)?.properties), ago(p.opened_at, now)].filter(Boolean).join(" · ")}</span></span>
              <span className="live__side"><Due at={p.due_at} now={now} overdue={p.overdue} />{p.priority === 1 && <span className="badge badge--danger">{t("priority_1")}</span>}</span>
            </button>
          </li>
        ))}
        {list.length > MOST && <li className="live__rest muted small">{t("ioc_more", { n: (list.length - MOST).toLocaleString("vi-VN") })}</li>}
        {!loading && list.length === 0 && <Empty icon="map">{t("ioc_none")}</Empty>}
      </ul>
    </section>
  );
}
