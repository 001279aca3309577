import { useEffect, useState } from "react";
import { me } from "../../api/endpoints";
import { session, signInStaff } from "../../api/session";
import { leave } from "../../api/staff";
import { t, useLang } from "../../i18n";
import { useRoute, useSession } from "../../lib/hooks";
import { Note } from "../../ui/bits";
import { Header } from "../../ui/Header";
import { Icon } from "../../ui/Icon";
import { Login } from "../desk/Login";
import { CalendarsTab } from "./calendars/CalendarsTab";
import { CatalogueTab } from "./catalogue/CatalogueTab";
import { ProcessTab } from "./process/ProcessTab";
import { RoutingTab } from "./routing/RoutingTab";
import { w, type Word } from "./words";

const TABS = ["process", "routing", "calendars", "catalogue"] as const;

/** Where the administrators of a city shape it, without code. */
export function Admin() {
  useLang();
  const who = useSession("staff");
  const [was, setWas] = useState(false);
  const { path } = useRoute();
  const tab = TABS.find((x) => x === path[0]) ?? "process";
  const role = who?.person?.role;
  useEffect(() => { if (who) setWas(true); }, [who]);
  useEffect(() => {
    if (session("staff") && !session("staff")?.person) me().then(signInStaff, () => undefined);
  }, []);
  useEffect(() => { document.title = `${w("admin")} – ${t("brand")}`; });
  if (!who) return <Login again={was} />;
  const rest = path.slice(1);
  return (
    <>
      <Header title={w("admin")} home="/admin">
        <a className="top__link hide-s" href="/desk">{t("nav_desk")}</a>
        <a className="top__link hide-s" href="/ioc">{t("nav_ioc")}</a>
        <a className="top__link" href="/desk#/account">{t("account")}</a>
        {who.person && <span className="who hide-s"><b className="ellipsis">{who.person.name}</b><small className="muted ellipsis">{w(`role_${role}` as Word)}</small></span>}
        <button className="icon-button" onClick={() => void leave()} aria-label={t("logout")} title={t("logout")}><Icon name="exit" /></button>
      </Header>
      <nav className="tabs" aria-label={w("admin")}>{TABS.map((x) => <a key={x} href={`#/${x}`} aria-current={x === tab ? "page" : undefined}>{w(`tab_${x}` as Word)}</a>)}</nav>
      <main id="main" className="admin" tabIndex={-1}>
        {role && role !== "admin" ? <Note kind="warn">{w("admins_only")}</Note>
          : tab === "process" ? <ProcessTab path={rest} /> : tab === "routing" ? <RoutingTab path={rest} /> : tab === "calendars" ? <CalendarsTab path={rest} /> : <CatalogueTab path={rest} />}
      </main>
    </>
  );
}
