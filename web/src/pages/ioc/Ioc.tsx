import { useEffect, useMemo, useState } from "react";
import { categories, departments, wards } from "../../api/endpoints";
import { firstCases, type Sort } from "../../api/live";
import { local, t, useLang } from "../../i18n";
import { wardFinder } from "../../lib/geo";
import { useDebounced, useLast, useLoad, useMedia, useNow, usePoll, useSession } from "../../lib/hooks";
import { clockTime } from "../../lib/time";
import { type Live, LOOK_EVERY, mayBeOld, useFeed, useOnChange } from "../../lib/useFeed";
import { usePicked } from "../../lib/usePicked";
import { Map } from "../../map";
import type { View } from "../../map/context";
import { OpenCases } from "../../map/layers/OpenCases";
import { Switches } from "../../ui/Header";
import { Icon } from "../../ui/Icon";
import mark from "../../ui/mark.svg";
import { Alerts } from "./Alerts";
import { CaseCard } from "./CaseCard";
import { type Drill, DrillList } from "./DrillList";
import { Figures } from "./Figures";
import { type Filter, NOTHING, wantedOf } from "./filter";
import { LiveList } from "./LiveList";
import { OverlayLayers, OverlaySwitches, useOverlays } from "./overlays";
import { useTallies } from "./useTallies";

export function Ioc() {
  useLang();
  const person = useSession("staff")?.person, who = person?.id ?? "";
  const now = useNow(15_000);
  const wide = useMedia("(min-width: 900px)");
  const [filter, setFilter] = useState<Filter>(NOTHING);
  const [sort, setSort] = useState<Sort>("due");
  const [view, setView] = useState<View | null>(null);
  const [drill, setDrill] = useState<Drill | null>(null);
  const tree = useLoad("categories", categories).data, units = useLoad("departments", departments).data, shapes = useLoad("wards", wards).data;
  const wardAt = useMemo(() => (shapes ? wardFinder(shapes) : null), [shapes]);
  const roots = useMemo(() => tree?.map((c) => c.code) ?? [], [tree]);

  const wanted = wantedOf(filter);
  const live = useFeed(wanted, who);
  const box = useDebounced(view?.box ?? null, 200);
  const first = useLoad(box && JSON.stringify([wanted, box, sort, who]), () => firstCases(wanted, box, sort));
  const cases = useLast(first.data)?.features;
  useOnChange(live, first.reload, 1000);
  const { tallies, today, reload } = useTallies(filter, roots, live, who);
  usePoll(() => { first.reload(); reload(); }, LOOK_EVERY, mayBeOld(live, wanted));
  const { picked, pick, pickAt, drop } = usePicked(live);
  const overlays = useOverlays(wanted.category);
  const unit = (code: string | null) => local(units?.find((d) => d.code === code)?.name) || code || "";

  useEffect(() => {
    const esc = (e: KeyboardEvent) => { if (e.key === "Escape") drop(); };
    window.addEventListener("keydown", esc);
    return () => window.removeEventListener("keydown", esc);
  }, [drop]);

  const rows = { now, selected: picked?.properties.id, select: pick, wardAt };
  const at = picked?.geometry.coordinates ?? null;
  return (
    <main id="main" className="ioc">
      <Map className="ioc__map" label={t("ioc_title")} selected={at} onMiss={drop} onView={setView} inset={wide} padding={wide ? { left: 424, right: 70, top: 30, bottom: 30 } : {}}
        layers={<><OpenCases wanted={wanted} who={who} live={live} selected={at} onSelect={pickAt} /><OverlayLayers overlays={overlays} drill={setDrill} /></>} />
      <Alerts person={person} live={live} drill={setDrill} />
      <OverlaySwitches overlays={overlays} drill={setDrill} />
      <aside className="ioc__panel" aria-label={t("ioc_panel")}>
        <header className="ioc__head">
          <img src={mark} alt="" width={36} height={36} />
          <div className="ioc__title"><h1>{t("ioc_title")}</h1><Stamp live={live} /></div>
          <Switches />
        </header>
        <Figures filter={filter} set={setFilter} tallies={tallies} today={today} tree={tree} units={units} drill={setDrill} />
        {drill ? <DrillList drill={drill} signedIn={Boolean(person)} close={() => setDrill(null)} {...rows} />
          : <LiveList cases={cases ?? []} loading={!cases && !first.error} sort={sort} setSort={setSort} {...rows} />}
      </aside>
      {picked && <CaseCard key={picked.properties.id} incident={picked} ward={wardAt?.(picked.geometry.coordinates)?.properties} unit={unit(picked.properties.department)} signedIn={Boolean(person)} close={drop} />}
    </main>
  );
}

function Stamp({ live: { state, since } }: { live: Live }) {
  if (state === "lost") return <p className="stamp stamp--off" role="alert"><Icon name="offline" size={16} />{t("ioc_lost", { time: clockTime(since) })}</p>;
  return <p className="stamp" role="status"><i className={`stamp__dot ${state === "live" ? "" : "stamp__dot--wait"}`} />{t(state === "live" ? "ioc_live" : "ioc_connecting")}</p>;
}
