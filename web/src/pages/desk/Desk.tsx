import { useEffect, useState } from "react";
import { me } from "../../api/endpoints";
import { session, signInStaff } from "../../api/session";
import { leave } from "../../api/staff";
import { t, useLang } from "../../i18n";
import { useMedia, useRoute, useSession } from "../../lib/hooks";
import { Empty } from "../../ui/bits";
import { Header } from "../../ui/Header";
import { Icon } from "../../ui/Icon";
import { Account } from "./Account";
import { CallPage } from "./CallPage";
import { CasePage } from "./CasePage";
import { CaseList } from "./CaseList";
import { Login } from "./Login";
import { SosList } from "./SosList";
import { CasePhotoPage, PhotosPage } from "./PhotosPage";

const MAY_RESCUE = ["staff", "supervisor", "operator", "leader"];

/** Work list beside the case on a wide screen, one after the other on a phone. */
export function Desk() {
  useLang();
  const who = useSession("staff");
  const [was, setWas] = useState(false);
  const { path, params } = useRoute();
  const wide = useMedia("(min-width: 980px)");
  const id = path[0] === "case" ? path[1] : undefined;
  useEffect(() => { if (who) setWas(true); }, [who]);
  useEffect(() => {
    if (session("staff") && !session("staff")?.person) me().then(signInStaff, () => undefined);
  }, []);
  useEffect(() => { document.title = `${t("nav_desk")} – ${t("brand")}`; });
  if (!who) return <Login again={was} />;
  const filters = params.toString();
  const approves = ["staff", "supervisor", "operator"].includes(who.person?.role ?? "");
  const calling = path[0] === "call" && who.person?.role === "operator";
  const back = `#/${filters ? `?${filters}` : ""}`;
  return (
    <>
      <Header title={t("nav_desk")} home="/desk" narrow>
        {who.person?.role === "operator" && <a className="top__link top__call" href={`#/call${filters ? `?${filters}` : ""}`} aria-current={calling ? "page" : undefined}><Icon name="phone" size={18} /><span>{t("call_nav")}</span></a>}
        {approves && <a className="top__link top__call" href="#/photos" aria-current={path[0] === "photos" ? "page" : undefined}><Icon name="camera" size={18} /><span>{t("photos_title")}</span></a>}
        {MAY_RESCUE.includes(who.person?.role ?? "") && <a className="top__link" href="#/sos" aria-current={path[0] === "sos" ? "page" : undefined}>{t("sos_list")}</a>}
        <a className="top__link hide-s" href="/ioc">{t("nav_ioc")}</a>
        {who.person?.role === "admin" && <a className="top__link hide-s" href="/admin">{t("nav_admin")}</a>}
        <a className="top__link top__call" href="#/account" aria-current={path[0] === "account" ? "page" : undefined}><Icon name="user" size={18} /><span>{t("account")}</span></a>
        {who.person && <span className="who hide-s"><b className="ellipsis">{who.person.name}</b><small className="muted ellipsis">{who.person.department?.name ?? ""}</small></span>}
        <button className="icon-button" onClick={() => void leave()} aria-label={t("logout")} title={t("logout")}><Icon name="exit" /></button>
      </Header>
      {path[0] === "account" ? <Account /> : path[0] === "photos" && approves ? <main id="main" tabIndex={-1}><PhotosPage back={back} /></main> : id && path[2] === "photo" && path[3] ? <main id="main" tabIndex={-1}><CasePhotoPage caseId={id} photoId={path[3]} /></main> : path[0] === "sos" ? <SosList /> : calling ? <main id="main" className="desk__call" tabIndex={-1}><CallPage back={back} /></main> : <main id="main" className={`desk ${id ? "desk--case" : ""}`} tabIndex={-1}>
        {(wide || !id) && <CaseList key={who.person?.id ?? ""} person={who.person} selected={id} params={params} />}
        {id ? <CasePage key={id} id={id} back={back} wide={wide} person={who.person} params={params} /> : wide && <div className="desk__none"><Empty icon="list"><p className="strong">{t("case_pick")}</p><p className="small">{t("case_pick_hint")}</p></Empty></div>}
      </main>}
    </>
  );
}
