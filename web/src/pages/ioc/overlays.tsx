import { useState } from "react";
import { areaFigures, hotspots, hotspotShapes, timeline } from "../../api/insight";
import { local, t } from "../../i18n";
import { useDebounced, useLast, useLoad, useNow } from "../../lib/hooks";
import { shortDate } from "../../lib/time";
import { byPopulation, Choropleth } from "../../map/layers/Choropleth";
import { Heat } from "../../map/layers/Heat";
import { Hotspots } from "../../map/layers/Hotspots";
import type { Drill } from "./DrillList";
import { casesOfSteps, daysOf, SPAN, spanUpTo, WINDOWS, within } from "./period";

const NAMES = ["heat", "areas", "hotspots"] as const;
type Name = (typeof NAMES)[number];
const ANEW = 5 * 60_000; // ms; figures of days change slowly

/** What can be laid under the cases, off until somebody wants it, and the days it is about. */
export function useOverlays(category: string | undefined) {
  const [on, setOn] = useState<ReadonlySet<Name>>(new Set());
  const [window, setWindow] = useState<number>(30);
  const [end, setEnd] = useState(SPAN - 1);
  const now = useNow(ANEW);
  const timed = on.has("heat") || on.has("areas");
  const span = spanUpTo(now);
  const steps = useLast(useLoad(timed ? JSON.stringify([span, category, now]) : null, () => timeline(span, category)).data) ?? [];
  const chosen = within(steps, end, window), days = daysOf(chosen);
  const settled = useDebounced(days && JSON.stringify(days), 150);
  const areas = useLast(useLoad(on.has("areas") && settled ? JSON.stringify([settled, category, now]) : null, () => areaFigures(JSON.parse(settled!) as typeof span, category)).data);
  const spots = useLoad(on.has("hotspots") ? `spots:${now}` : null, async () => ({ spots: await hotspots(), shapes: await hotspotShapes() })).data;
  const toggle = (name: Name) => setOn((old) => { const set = new Set(old); if (!set.delete(name)) set.add(name); return set; });
  return { on, toggle, timed, window, setWindow, end, setEnd, steps, chosen, days, category, areas: on.has("areas") ? areas : undefined, spots: on.has("hotspots") ? spots : undefined };
}
type Overlays = ReturnType<typeof useOverlays>;

export function OverlayLayers({ overlays: { on, days, category, areas, spots }, drill }: { overlays: Overlays; drill: (d: Drill) => void }) {
  return (
    <>
      {areas && <Choropleth areas={areas} onPick={(a) => drill({ title: () => t("ioc_drill_area", { name: local({ vi: a.name.vi, en: a.name.en ?? a.name.vi }), n: a.opened }), path: a.cases })} />}
      {on.has("heat") && days && <Heat days={days} category={category} onPick={(c) => drill({ title: () => t("ioc_drill_cell", { n: c.count }), path: c.cases })} />}
      {spots && <Hotspots {...spots} onPick={(s) => drill({ title: () => t("ioc_drill_hotspot", { n: s.count, usual: s.expected.toLocaleString("vi-VN", { maximumFractionDigits: 1 }) }), path: s.cases })} />}
    </>
  );
}

export function OverlaySwitches({ overlays, drill }: { overlays: Overlays; drill: (d: Drill) => void }) {
  const { on, toggle, timed, areas, spots } = overlays;
  return (
    <section className="overlays" aria-label={t("ioc_layers")}>
      <div className="overlays__switches" role="group" aria-label={t("ioc_layers")}>
        {NAMES.map((name) => <button key={name} className="chip chip--s" aria-pressed={on.has(name)} onClick={() => toggle(name)}>{t(`ioc_${name}`)}</button>)}
      </div>
      {timed && <TimeSlider overlays={overlays} drill={drill} />}
      {timed && <p className="overlays__legend small muted"><span>{t(areas ? (byPopulation(areas) ? "ioc_rate" : "ioc_counted") : "ioc_heat_legend")}</span><span className="row">{t("ioc_few")}<i className="overlays__ramp" />{t("ioc_many")}</span></p>}
      {spots?.spots.length === 0 && <p className="small muted" role="status">{t("ioc_hotspots_none")}</p>}
    </section>
  );
}

/** A bar for each day; the slider moves the window that the map shows, the figure leads to its cases. */
function TimeSlider({ overlays: { steps, chosen, window, setWindow, end, setEnd }, drill }: { overlays: Overlays; drill: (d: Drill) => void }) {
  const most = Math.max(1, ...steps.map((s) => s.opened));
  const opened = chosen.reduce((sum, s) => sum + s.opened, 0).toLocaleString("vi-VN");
  const first = chosen[0], last = chosen.at(-1);
  const span = first && last ? (first === last ? shortDate(first.start) : `${shortDate(first.start)} – ${shortDate(last.start)}`) : "";
  const path = casesOfSteps(chosen);
  return (
    <div className="slider">
      <div className="between">
        <span className="small strong num">{span}</span>
        <select className="input input--small slider__window" aria-label={t("ioc_window")} value={window} onChange={(e) => setWindow(Number(e.target.value))}>
          {WINDOWS.map((n) => <option key={n} value={n}>{n === 1 ? t("ioc_day") : t("ioc_days", { n })}</option>)}
        </select>
      </div>
      <svg className="slider__bars" viewBox={`0 0 ${SPAN} 20`} preserveAspectRatio="none" aria-hidden="true">
        {steps.map((s, i) => <rect key={s.start} className={i <= end && i > end - window ? "slider__on" : undefined} x={i + 0.1} width={0.8} y={20 - (20 * s.opened) / most} height={(20 * s.opened) / most} />)}
      </svg>
      <input type="range" min={0} max={SPAN - 1} value={end} onChange={(e) => setEnd(Number(e.target.value))} aria-label={t("ioc_slider")} aria-valuetext={span} />
      {path && <button className="btn btn--small btn--plain slider__cases num" onClick={() => drill({ title: () => t("ioc_drill_days", { days: span, n: opened }), path })}>{t("ioc_opened_in", { n: opened })}</button>}
    </div>
  );
}
