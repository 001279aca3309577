import { useEffect, useRef } from "react";
import { t } from "../../i18n";
import { Icon } from "../../ui/Icon";

/** After sending without a network: nothing is lost, and nothing more is to be done. */
export function KeptPage({ photos, again }: { photos: number; again: () => void }) {
  const title = useRef<HTMLHeadingElement>(null);
  useEffect(() => { title.current?.focus(); window.scrollTo(0, 0); }, []);
  return (
    <section className="done card pad stack">
      <span className="done__mark done__mark--kept"><Icon name="offline" size={36} /></span>
      <div><h1 ref={title} tabIndex={-1}>{t("kept_title")}</h1><p className="muted">{t("kept_lead")}</p></div>
      {photos > 0 && <p className="row"><Icon name="camera" size={18} />{t("kept_photos", { n: photos })}</p>}
      <div className="row"><a className="btn" href="#/mine">{t("kept_list")}</a><button className="btn btn--plain" onClick={again}>{t("done_again")}</button></div>
    </section>
  );
}
