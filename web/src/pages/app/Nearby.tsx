import { useEffect, useState } from "react";
import { nearbyLike } from "../../api/casework";
import type { NearbyCase, Position } from "../../api/types";
import { t, useLang } from "../../i18n";
import { distanceText } from "../../lib/geo";
import { useDebounced, useNow, useSession } from "../../lib/hooks";
import { ago } from "../../lib/time";
import { steady } from "../../lib/steady";
import { StatusBadge } from "../../ui/bits";
import { Icon } from "../../ui/Icon";
import { TiesByCode } from "./Ties";

/** Why it may be the same, without what the card says anyway. */
const SAID = ["distance", "same_place", "same_category", "same_hour", "hours_apart", "days_apart"];
export const reasons = (c: NearbyCase): string[] => c.reasons.filter((r) => !SAID.includes(r.code)).map((r) => r.detail);

/** Shown before sending, never in the way of it. */
export function Nearby({ at, category, description }: { at: Position; category: string; description: string }) {
  const lang = useLang();
  const now = useNow();
  const who = useSession("citizen");
  const [list, setList] = useState<NearbyCase[]>([]);
  const place = useDebounced(at, 400), words = useDebounced(description.trim().slice(0, 400), 800);
  useEffect(() => {
    const stop = new AbortController();
    nearbyLike(place, { category, description: words, radius_m: 100 }, stop.signal).then((items) => setList(items.slice(0, 3)), () => undefined);
    return () => stop.abort();
  }, [place.lat, place.lon, category, words, lang]);
  if (!list.length) return null;
  return (
    <section className="nearby" aria-live="polite"><h3><Icon name="users" />{t("nearby_title")}</h3><p className="muted small">{t("nearby_lead")}</p>
      <ul>{list.map((c) => (
        <li key={c.id}>
          {c.photo_url && <img src={steady(c.photo_url)} alt="" />}
          <div><b>{c.category.name}</b><p className="muted small num">{[distanceText(c.distance_m), ago(c.opened_at, now), ...reasons(c)].join(" · ")}</p><StatusBadge status={c.status} /></div>
          {/* opener: the new tab is signed in as this one is, and the draft stays here */}
          <a className="btn btn--small" href={`/app#/c/${encodeURIComponent(c.code)}`} target="_blank" rel="opener">{t("nearby_see")}</a>
          <TiesByCode code={c.code} supports={c.supports} />
        </li>))}</ul>
      {!who && <p className="small"><a href="#/mine">{t("tie_sign_in")}</a></p>}
    </section>
  );
}
