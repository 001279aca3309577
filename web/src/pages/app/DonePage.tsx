import { useEffect, useRef } from "react";
import type { FiledReport } from "../../api/types";
import { t } from "../../i18n";
import { useNow } from "../../lib/hooks";
import { dateTime, remaining } from "../../lib/time";
import { Icon } from "../../ui/Icon";
import { toast } from "../../ui/Toasts";

export const trackPath = (id: string, token: string): string => `/app#/r/${id}?t=${encodeURIComponent(token)}`;
export async function copy(text: string): Promise<void> {
  try { await navigator.clipboard.writeText(text); toast(t("copied")); } catch { prompt(t("copy"), text); }
}
export function DonePage({ filed, again }: { filed: FiledReport; again: () => void }) {
  const now = useNow();
  const title = useRef<HTMLHeadingElement>(null);
  const link = location.origin + trackPath(filed.id, filed.track_token);
  useEffect(() => { title.current?.focus(); window.scrollTo(0, 0); }, []);
  return (
    <section className="done card pad stack">
      <span className="done__mark"><Icon name="check" size={36} /></span>
      <div><h1 ref={title} tabIndex={-1}>{t("done_title")}</h1><p className="muted">{t("done_lead")}</p></div>
      <button className="done__code num" onClick={() => void copy(filed.code)} aria-label={`${t("copy")}: ${filed.code}`}>{filed.code}<Icon name="copy" /></button>
      <dl className="facts">
        {filed.department && <><dt>{t("done_to")}</dt><dd>{filed.department.name}</dd></>}
        {filed.area && <><dt>{t("done_area")}</dt><dd>{filed.area.name}</dd></>}
        {filed.due_at && <><dt>{t("done_due")}</dt><dd className="num">{dateTime(filed.due_at)}<br /><span className="muted">{remaining(filed.due_at, now)}</span></dd></>}
      </dl>
      <a className="btn btn--primary" href={trackPath(filed.id, filed.track_token)}>{t("done_track")}<Icon name="right" /></a>
      <div className="row">
        <button className="btn btn--small" onClick={() => void copy(link)}><Icon name="copy" size={18} />{t("done_link")}</button>
        {"share" in navigator && <button className="btn btn--small" onClick={() => void navigator.share({ title: filed.code, url: link }).catch(() => undefined)}><Icon name="share" size={18} />{t("share")}</button>}
        <button className="btn btn--small btn--plain" onClick={again}>{t("done_again")}</button>
      </div>
    </section>
  );
}
