import { type FormEvent, useEffect, useState } from "react";
import { ApiError } from "../../api/errors";
import { categories, reportByCode } from "../../api/endpoints";
import { countCases } from "../../api/live";
import type { ReportView } from "../../api/types";
import { local, t, useLang } from "../../i18n";
import { categoryName } from "../../lib/incidents";
import { useLast, useLoad, useNow, usePoll } from "../../lib/hooks";
import { ago } from "../../lib/time";
import { reportCode } from "../../lib/text";
import { LOOK_EVERY, mayBeOld, useFeed, useOnChange } from "../../lib/useFeed";
import { usePicked } from "../../lib/usePicked";
import { Map } from "../../map";
import { OpenCases } from "../../map/layers/OpenCases";
import { Dot, Due, errorText, Spinner, StatusBadge } from "../../ui/bits";
import { Header } from "../../ui/Header";
import { Icon, iconFor, type IconName } from "../../ui/Icon";
import { ReportSummary } from "../../ui/ReportSummary";

export function PublicPage() {
  useLang();
  const tree = useLoad("categories", categories).data;
  const now = useNow();
  const [root, setRoot] = useState<string | null>(null);
  const wanted = root ? { category: root } : {};
  const live = useFeed(wanted, "");
  const counted = useLoad(`count:${root}`, () => countCases(wanted));
  const count = useLast(counted.data)?.count;
  useOnChange(live, counted.reload, 3000);
  usePoll(counted.reload, LOOK_EVERY, mayBeOld(live, wanted));
  const { picked: one, pickAt, drop } = usePicked(live);
  const at = one?.geometry.coordinates ?? null;
  return (
    <>
      <Header><a className="top__link hide-s" href="/app#/mine">{t("nav_mine")}</a><a className="top__link hide-s" href="/desk">{t("staff_only")}</a></Header>
      <main id="main" tabIndex={-1}>
        <section className="hero">
          <div className="hero__text">
            <h1>{t("home_title")}</h1>
            <p className="hero__lead">{t("home_lead")}</p>
            <a className="btn btn--primary btn--big" href="/app"><Icon name="camera" size={24} />{t("home_send")}</a>
            <Find />
          </div>
          <ol className="how">
            {(["camera", "pin", "check"] as IconName[]).map((icon, i) => <li key={icon}><span className="how__icon"><Icon name={icon} size={24} /></span><div><b>{t(`home_how${i + 1}` as "home_how1")}</b><p>{t(`home_how${i + 1}_text` as "home_how1_text")}</p></div></li>)}
          </ol>
        </section>
        <section className="openmap">
          <div className="openmap__head">
            <div><h2>{t("home_map")}</h2><p className="muted num">{count === undefined ? t("loading") : t("home_map_lead", { n: count.toLocaleString("vi-VN") })}</p></div>
            <div className="choices" role="group" aria-label={t("list_category")}>
              {tree?.map((c) => <button key={c.code} className="chip chip--root" style={{ "--dot": `var(--c-${c.code}, var(--c-other))` } as React.CSSProperties} aria-pressed={root === c.code} onClick={() => setRoot(root === c.code ? null : c.code)}><Icon name={iconFor(c.code)} size={18} />{local(c.name)}</button>)}
            </div>
          </div>
          <Map className="openmap__map" label={t("home_map")} gentle inset selected={at} onMiss={drop} layers={<OpenCases wanted={wanted} who="" live={live} selected={at} onSelect={pickAt} />}>
            {one && <div className="openmap__card card">
              <div className="between"><span className="row small"><Dot root={one.properties.root} /><b className="num">{one.properties.code}</b></span><button className="icon-button" aria-label={t("close")} onClick={drop}><Icon name="x" /></button></div>
              <b>{categoryName(one.properties)}</b>
              <div className="row"><StatusBadge status={one.properties.status} /><Due at={one.properties.due_at} now={now} overdue={one.properties.overdue} /></div>
              <p className="muted small">{ago(one.properties.opened_at, now)}</p>
            </div>}
          </Map>
          <p className="legend muted small"><span className="row"><i className="legend__late" />{t("legend_overdue")}</span><span className="row"><i className="legend__cluster">9</i>{t("legend_cluster")}</span></p>
        </section>
      </main>
      <footer className="foot"><p>{t("home_footer")}</p><nav className="row"><a href="/app">{t("nav_app")}</a><a href="/desk">{t("staff_only")}</a><a href="/ioc">{t("nav_ioc")}</a></nav></footer>
    </>
  );
}

function Find() {
  const [typed, setTyped] = useState(() => new URLSearchParams(location.search).get("code") ?? "");
  const [found, setFound] = useState<ReportView | null>(null);
  const [wrong, setWrong] = useState("");
  const [busy, setBusy] = useState(false);
  async function search(text: string) {
    const code = reportCode(text);
    setFound(null);
    setWrong(code ? "" : t("home_bad_code"));
    if (!code) return;
    setBusy(true);
    try { setFound(await reportByCode(code)); history.replaceState(null, "", `/?code=${code}`); }
    catch (e) { setWrong(e instanceof ApiError && e.status === 404 ? t("home_not_found", { code }) : errorText(e)); }
    finally { setBusy(false); }
  }
  useEffect(() => { if (typed) void search(typed); }, []); // eslint-disable-line
  return (
    <div className="find card">
      <form onSubmit={(e: FormEvent) => { e.preventDefault(); void search(typed); }} noValidate>
        <label htmlFor="code" className="strong">{t("home_find")}</label>
        <div className="find__row">
          <input id="code" className="input num" placeholder="H7K-9M2R" autoComplete="off" autoCapitalize="characters" spellCheck={false} value={typed} onChange={(e) => setTyped(e.target.value)} aria-describedby="code-hint" aria-invalid={wrong ? true : undefined} />
          <button className="btn" disabled={busy}>{busy ? <Spinner /> : <Icon name="search" />}{t("home_search")}</button>
        </div>
        <p id="code-hint" className={wrong ? "field__error" : "field__hint"} role={wrong ? "alert" : undefined}>{wrong || t("home_code_hint")}</p>
      </form>
      {found && <div className="find__result" aria-live="polite"><ReportSummary report={found} /><p className="muted small">{t("track_public")}</p></div>}
    </div>
  );
}
