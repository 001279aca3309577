import { useEffect, useSyncExternalStore } from "react";
import { t, useLang } from "../../i18n";
import { useRoute } from "../../lib/hooks";
import { Header } from "../../ui/Header";
import { Note, Spinner } from "../../ui/bits";
import { toast } from "../../ui/Toasts";
import { CodePage } from "./CodePage";
import { comingNow, forgetComing, onComing } from "./comeBack";
import { EmergencyBanner } from "./EmergencyBanner";
import { FilePage } from "./FilePage";
import { MinePage } from "./MinePage";
import { handIn, waitingNow } from "./queue";
import { SosPage } from "./SosPage";
import { MyDataPage } from "./MyDataPage";
import { TrackPage } from "./TrackPage";
import { WaitingNote } from "./WaitingList";

const EVERY_MS = 60_000;

export function CitizenApp() {
  useLang();
  const { path, params } = useRoute();
  const page = path[0] === "sos" ? "sos" : path[0] === "mine" ? "mine" : path[0] === "data" ? "data" : path[0] === "r" && path[1] ? "track" : path[0] === "c" && path[1] ? "code" : "file";
  useEffect(() => { document.title = `${t(page === "sos" ? "sos_title" : page === "file" ? "app_title" : page === "data" ? "data_title" : "mine_title")} – ${t("brand")}`; window.scrollTo(0, 0); }, [page]);
  useEffect(() => {
    const refused = () => waitingNow().filter((item) => item.refused).length;
    const send = () => {
      const before = refused();
      if (navigator.onLine) handIn().then((arrived) => {
        if (arrived.length) toast(t("app_handed_in", { n: arrived.length }));
        for (const { filed, lost } of arrived) if (lost) toast(t("photos_lost", { code: filed.code, n: lost }));
        if (refused() > before) toast(t("handed_refused", { n: refused() - before }));
      }, () => undefined); // without a network it stays where it is, until the next time
    };
    send();
    const timer = setInterval(send, EVERY_MS);
    addEventListener("online", send);
    return () => { clearInterval(timer); removeEventListener("online", send); };
  }, []);
  return (
    <>
      <Header narrow><a className="top__link" href="#/sos" aria-current={page === "sos" ? "page" : undefined}><b>SOS</b></a><a className="top__link" href="#/" aria-current={page === "file" ? "page" : undefined}>{t("nav_app")}</a><a className="top__link" href="#/mine" aria-current={page !== "file" && page !== "sos" && page !== "data" ? "page" : undefined}>{t("nav_mine")}</a></Header>
      <main id="main" className="page page--narrow" tabIndex={-1}>
        <EmergencyBanner here={page === "sos"} />
        <Coming />
        {page === "file" && <WaitingNote />}
        {page === "file" && <FilePage />}
        {page === "sos" && <SosPage />}
        {page === "mine" && <MinePage />}
        {page === "data" && <MyDataPage />}
        {page === "code" && <CodePage key={path[1]} code={path[1]!} />}
        {page === "track" && <TrackPage key={path[1]} id={path[1]!} token={params.get("t")} />}
      </main>
    </>
  );
}

/** What came of signing in at an identity provider. */
function Coming() {
  const coming = useSyncExternalStore(onComing, comingNow);
  if (coming.state === "none") return null;
  return <div className="coming">{coming.state === "exchanging" ? <p className="row"><Spinner />{t("signing_in")}</p>
    : <Note kind="danger">{coming.text} <button className="btn btn--small" onClick={forgetComing}>{t("close")}</button></Note>}</div>;
}
