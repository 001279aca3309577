import { useState } from "react";
import { endReview } from "../../api/casework";
import type { CaseView, Person } from "../../api/types";
import { t } from "../../i18n";
import { errorText, Note, Spinner } from "../../ui/bits";
import { Icon } from "../../ui/Icon";
import { toast } from "../../ui/Toasts";
import { isLow } from "./trustLevel";

const MAY_END = ["staff", "supervisor", "operator", "leader"];

/** Why somebody should look at the case, until somebody says that they have. */
export function ReviewMarks({ data, person, changed }: { data: CaseView; person: Person | undefined; changed: (next: CaseView) => void }) {
  const [busy, setBusy] = useState(false);
  if (!data.review.length) return null;
  async function end() {
    setBusy(true);
    try { changed(await endReview(data.id)); toast(t("review_ended")); }
    catch (error) { toast(errorText(error)); }
    finally { setBusy(false); }
  }
  return (
    <Note kind="warn"><div className="stack stack--tight">
      <b>{t("review_title")}</b>
      <ul className="stack stack--tight">{data.review.map((mark) => <li key={mark.code}>{mark.detail}</li>)}</ul>
      {MAY_END.includes(person?.role ?? "") && <div><button className="btn btn--small" disabled={busy} onClick={() => void end()}>{busy ? <Spinner /> : <Icon name="check" size={16} />}{t("review_end")}</button></div>}
    </div></Note>
  );
}

/** How far the first report speaks for itself, and what counted for and against it. */
export function Trust({ data }: { data: CaseView }) {
  if (data.trust === null) return null;
  return (
    <section className="card pad stack" aria-labelledby="trust">
      <div className="clock">
        <div className="between"><h2 id="trust" className="case__h">{t("trust_title")}</h2><b className="num">{t("trust_of", { n: data.trust })}</b></div>
        <div className={`clock__bar ${isLow(data.trust) ? "clock__bar--soon" : ""}`}><i style={{ width: `${data.trust}%` }} /></div>
      </div>
      {data.trust_reasons.length > 0
        ? <ul className="trust">{data.trust_reasons.map((reason) => <li key={reason.code} className={reason.weight < 0 ? "trust__against" : ""}><b className="num">{signed(reason.weight)}</b><span>{reason.detail}</span></li>)}</ul>
        : <p className="small">{t("trust_nothing")}</p>}
      <p className="muted small">{t("trust_lead")}</p>
    </section>
  );
}
const signed = (n: number): string => (n > 0 ? `+${n}` : `−${Math.abs(n)}`);
