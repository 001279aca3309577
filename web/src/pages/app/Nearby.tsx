import { useEffect, useState } from "react";
import { nearby } from "../../api/endpoints";
import type { NearbyCase, Position } from "../../api/types";
import { t, useLang } from "../../i18n";
import { distanceText } from "../../lib/geo";
import { useDebounced, useNow } from "../../lib/hooks";
import { ago } from "../../lib/time";
import { steady } from "../../lib/steady";
import { StatusBadge } from "../../ui/bits";
import { Icon } from "../../ui/Icon";

/** Shown before sending, never in the way of it. */
export function Nearby({ at, category }: { at: Position; category: string }) {
  const lang = useLang();
  const now = useNow();
  const [list, setList] = useState<NearbyCase[]>([]);
  const place = useDebounced(at, 400);
  useEffect(() => {
    const stop = new AbortController();
    nearby(place, category, 100, stop.signal).then((items) => setList(items.slice(0, 3)), () => undefined);
    return () => stop.abort();
  }, [place.lat, place.lon, category, lang]);
  if (!list.length) return null;
  return (
    <section className="nearby" aria-live="polite"><h3><Icon name="users" />{t("nearby_title")}</h3><p className="muted small">{t("nearby_lead")}</p>
      <ul>{list.map((c) => (
        <li key={c.id}>
          {c.photo_url ? <img src={steady(c.photo_url)} alt="" /> : <span className="nearby__none"><Icon name="camera" /></span>}
          <div><b>{c.category.name}</b><p className="muted small num">{[distanceText(c.distance_m), ago(c.opened_at, now)].join(" · ")}</p><StatusBadge status={c.status} /></div>
          <a className="btn btn--small" href={`/?code=${encodeURIComponent(c.code)}`} target="_blank" rel="noopener">{t("nearby_see")}</a>
        </li>))}</ul>
    </section>
  );
}
