import { originalOf } from "../../api/endpoints";
import type { Photo, PhotoPublication } from "../../api/types";
import { t } from "../../i18n";
import { dateTime } from "../../lib/time";
import { steady } from "../../lib/steady";
import { TakeButton } from "./TakeButton";

/** No person has looked yet: also where it is withheld only for want of the reporter's consent. */
export const undecided = (p: PhotoPublication): boolean => p.state === "waiting" || (p.state === "withheld" && p.decided_by === null && p.against.length > 0);

function stateOf(p: PhotoPublication): { label: string; tone: string } {
  if (undecided(p)) return { label: p.against.length ? t("pub_never") : t("pub_waiting"), tone: p.against.length ? "" : "warn" };
  if (p.state === "withheld") return { label: t("pub_withheld"), tone: "danger" };
  if (p.picture === "ready") return { label: t("pub_public"), tone: "ok" };
  return p.picture === "failed" ? { label: t("pub_broken"), tone: "danger" } : { label: t("pub_making"), tone: "info" };
}

/** Who may see each photo of a case, the way to decide on it, and to take its file along as evidence. */
export function Publications({ caseId, photos, originals }: { caseId: string; photos: Photo[]; originals: boolean }) {
  const shown = photos.filter((p) => p.publication);
  if (!shown.length) return null;
  return (
    <details className="card pub"><summary><h2 className="case__h">{t("pub_title")}</h2><span className="badge num">{t("pub_count", { n: shown.filter((p) => p.publication!.picture === "ready").length, all: shown.length })}</span></summary>
      <ul className="stack stack--tight">{shown.map((p) => {
        const publication = p.publication!, { label, tone } = stateOf(publication);
        return (
          <li key={p.id} className="pub__row">
            <img src={steady(p.small_url) ?? ""} alt="" loading="lazy" />
            <div className="stack stack--tight"><span className="row"><span className={tone ? `badge badge--${tone}` : "badge"}>{label}</span>{publication.overruled && <span className="badge">{t("pub_overruled")}</span>}</span>
              {publication.decided_at && <span className="small muted">{[publication.decided_by, dateTime(publication.decided_at)].filter(Boolean).join(" · ")}</span>}
              {publication.state !== "approved" && publication.against.map((r) => <span key={r.code} className="small muted">{r.detail}</span>)}
              {publication.reason && <span className="small">{publication.reason}</span>}</div>
            <span className="row">{publication.public_url && <a className="btn btn--small" href={publication.public_url} target="_blank" rel="noreferrer">{t("pub_see")}</a>}{publication.may_decide && <a className="btn btn--small" href={`#/case/${caseId}/photo/${p.id}`}>{t(undecided(publication) ? "pub_decide" : "pub_again")}</a>}{originals && <TakeButton label={t("pub_original")} hint={t("pub_original_hint")} from={() => originalOf(p.id)} />}</span>
          </li>
        );
      })}</ul>
    </details>
  );
}
