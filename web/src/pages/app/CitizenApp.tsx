import { useEffect } from "react";
import { t, useLang } from "../../i18n";
import { useRoute } from "../../lib/hooks";
import { Header } from "../../ui/Header";
import { CodePage } from "./CodePage";
import { FilePage } from "./FilePage";
import { MinePage } from "./MinePage";
import { TrackPage } from "./TrackPage";

export function CitizenApp() {
  useLang();
  const { path, params } = useRoute();
  const page = path[0] === "mine" ? "mine" : path[0] === "r" && path[1] ? "track" : path[0] === "c" && path[1] ? "code" : "file";
  useEffect(() => { document.title = `${t(page === "file" ? "app_title" : "mine_title")} – ${t("brand")}`; window.scrollTo(0, 0); }, [page]);
  return (
    <>
      <Header narrow><a className="top__link" href="#/" aria-current={page === "file" ? "page" : undefined}>{t("nav_app")}</a><a className="top__link" href="#/mine" aria-current={page !== "file" ? "page" : undefined}>{t("nav_mine")}</a></Header>
      <main id="main" className="page page--narrow" tabIndex={-1}>
        {page === "file" && <FilePage />}
        {page === "mine" && <MinePage />}
        {page === "code" && <CodePage key={path[1]} code={path[1]!} />}
        {page === "track" && <TrackPage key={path[1]} id={path[1]!} token={params.get("t")} />}
      </main>
    </>
  );
}
