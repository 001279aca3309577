import { useEffect, useState } from "react";
import { ApiError, NetworkError } from "../../api/errors";
import { locate } from "../../api/endpoints";
import type { Area, Position } from "../../api/types";
import { local, t, useLang } from "../../i18n";
import { distanceText } from "../../lib/geo";
import { useDebounced } from "../../lib/hooks";
import { Map } from "../../map";
import { Note, Spinner } from "../../ui/bits";
import { Icon } from "../../ui/Icon";

/** `here`: whoever enters it is at the place, so that the device may say where it is. */
export function PlaceStep({ at, set, error, here = true }: { at: Position | null; set: (at: Position) => void; error: string | undefined; here?: boolean }) {
  const lang = useLang();
  const [busy, setBusy] = useState(false);
  const [denied, setDenied] = useState(false);
  const [area, setArea] = useState<Area | null | "outside" | "unknown">(null);
  const settled = useDebounced(at, 250);
  useEffect(() => {
    if (!settled) { setArea(null); return; }
    const stop = new AbortController();
    locate(settled, stop.signal).then(
      (areas) => setArea(areas.find((a) => a.kind === "ward") ?? areas[0] ?? "outside"),
      (e) => { if (e instanceof ApiError && (e.status === 404 || e.status === 422)) setArea("outside"); else if (e instanceof NetworkError) setArea("unknown"); },
    );
    return () => stop.abort();
  }, [settled?.lat, settled?.lon, lang]); // eslint-disable-line

  function useMine() {
    setBusy(true);
    setDenied(false);
    const fail = () => { setBusy(false); setDenied(true); };
    if (!navigator.geolocation) { fail(); return; }
    navigator.geolocation.getCurrentPosition(
      ({ coords }) => { setBusy(false); set({ lat: coords.latitude, lon: coords.longitude, accuracy_m: Math.round(coords.accuracy) }); },
      fail, { enableHighAccuracy: true, timeout: 12_000, maximumAge: 30_000 },
    );
  }
  return (
    <>
      {here && <button type="button" className="btn" onClick={useMine} disabled={busy}>{busy ? <Spinner /> : <Icon name="locate" />}{t(busy ? "place_locating" : "place_me")}</button>}
      {denied && <Note kind="warn">{t("place_denied")}</Note>}
      <Map className="place__map" label={t("step_place")} pin={at} onPick={set} ward={area && typeof area === "object" ? area.code : null}>
        <p className="place__ward" role="status">
          {!at ? t("place_hint") : area === "outside" ? <span className="due due--late"><Icon name="alert" size={16} />{t("place_outside")}</span>
            : area === "unknown" ? <><Icon name="pin" size={18} /><b>{t("place_kept")}</b></>
            : area ? <><Icon name="pin" size={18} /><b>{area.distance_m > 0 ? t("place_near", { area: local(area.name), distance: distanceText(area.distance_m) }) : t("place_in", { area: local(area.name) })}</b></> : <Spinner />}
        </p>
      </Map>
      {error && <span className="field__error" role="alert">{error}</span>}
    </>
  );
}
