import { useEffect, useState } from "react";
import { nearbyLike } from "../../api/casework";
import type { NearbyCase, Position } from "../../api/types";
import { t, useLang } from "../../i18n";
import { distanceText } from "../../lib/geo";
import { useDebounced, useNow } from "../../lib/hooks";
import { ago } from "../../lib/time";
import { StatusBadge } from "../../ui/bits";
import { Icon } from "../../ui/Icon";
import { reasons } from "../app/Nearby";

const RADIUS_M = 150, MOST = 5;

/**
 * Open cases around the place, the likeliest first: perhaps the caller need not report anything new.
 * Of every kind, as callers and operators call the same thing by different names.
 */
export function CallNearby({ at, description }: { at: Position; description: string }) {
  const lang = useLang(), now = useNow();
  const [list, setList] = useState<NearbyCase[] | null>(null);
  const place = useDebounced(at, 400), words = useDebounced(description.trim().slice(0, 400), 600);
  useEffect(() => {
    const stop = new AbortController();
    nearbyLike(place, { description: words, radius_m: RADIUS_M }, stop.signal).then((items) => setList(items.slice(0, MOST)), () => undefined);
    return () => stop.abort();
  }, [place.lat, place.lon, words, lang]);
  if (!list) return null;
  return (
    <section className="card pad stack call__near" aria-live="polite"><h2 className="case__h row"><Icon name="users" />{t("call_near")}</h2>
      {!list.length ? <p className="muted small">{t("call_near_none")}</p> : <>
        <p className="muted small">{t("call_near_lead")}</p>
        <ul className="stack stack--tight">{list.map((c) => (
          <li key={c.id}><a className="rel__link" href={`#/case/${c.id}`} target="_blank" rel="noopener">
            <b className="num">{c.code}</b><span className="small ellipsis">{c.category.name}</span><StatusBadge status={c.status} />
            <span className="muted small num call__facts">{[distanceText(c.distance_m), ago(c.opened_at, now), ...reasons(c)].join(" · ")}</span></a></li>))}</ul></>}
    </section>
  );
}
