import { oneCase } from "../../api/endpoints";
import type { WardProps } from "../../api/types";
import { currentLang, t, type Key } from "../../i18n";
import { useLoad, useNow } from "../../lib/hooks";
import { categoryName, type Incident } from "../../lib/incidents";
import { dateTime, span, urgency } from "../../lib/time";
import { Dot, StatusBadge } from "../../ui/bits";
import { Icon } from "../../ui/Icon";
import { Photos } from "../../ui/Photos";

interface Props { incident: Incident; ward: WardProps | undefined; unit: string; signedIn: boolean; close: () => void }
export function CaseCard({ incident: { properties: p }, ward, unit, signedIn, close }: Props) {
  // the public feed has no photo: those who signed in see the case itself
  const full = useLoad(signedIn ? `${p.id}:${p.status}:${p.overdue}` : null, () => oneCase(p.id).then((r) => r.data)).data;
  const wardName = ward ? (currentLang() === "en" && ward.name_en) || ward.name : full?.area?.name;
  return (
    <section className="casecard card" aria-label={p.code}>
      <div className="between">
        <span className="row small"><Dot root={p.root} /><b className="num">{p.code}</b><StatusBadge status={p.status} label={full?.state_label} />{p.priority <= 2 && <span className={`badge badge--${p.priority === 1 ? "danger" : "warn"}`}>{t(`priority_${p.priority}` as Key)}</span>}</span>
        <button className="icon-button" onClick={close} aria-label={t("close")}><Icon name="x" /></button>
      </div>
      <h2>{categoryName(p)}</h2>
      {full?.summary && <p className="casecard__text">{full.summary}</p>}
      {full && full.photos.length > 0 && <Photos photos={full.photos.slice(0, 3)} min={120} />}
      {p.due_at && <Countdown due={p.due_at} overdue={p.overdue} />}
      <dl className="facts">
        {wardName && <><dt>{t("case_ward")}</dt><dd>{wardName}</dd></>}
        {unit && <><dt>{t("list_department")}</dt><dd>{unit}</dd></>}
        {full?.address && <><dt>{t("case_where")}</dt><dd>{full.address}</dd></>}
        <dt>{t("case_opened")}</dt><dd className="num">{dateTime(p.opened_at)}</dd>
      </dl>
      <a className="btn btn--primary" href={`/desk#/case/${p.id}`}><Icon name="out" size={18} />{t("ioc_desk")}</a>
      {!signedIn && <p className="muted small">{t("ioc_signin")}: <a href="/desk">{t("login_go")}</a></p>}
    </section>
  );
}

function Countdown({ due, overdue }: { due: string; overdue: boolean }) {
  const now = useNow(1000);
  const left = Date.parse(due) - now;
  const { days, hours, minutes } = span(left);
  const seconds = Math.floor((Math.abs(left) % 60_000) / 1000);
  const two = (n: number) => String(n).padStart(2, "0");
  const late = left < 0 || overdue;
  return (
    <div className={`countdown countdown--${urgency(due, now, overdue)}`} role="timer">
      <span className="label">{late ? t("overdue") : t("ioc_countdown")}</span>
      <span className="countdown__n num">{days > 0 && <>{days}<small>{t("days", { n: "" }).trim()}</small> </>}{two(hours)}:{two(minutes)}<small>:{two(seconds)}</small></span>
      <span className="small muted num">{t("due")}: {dateTime(due)}</span>
    </div>
  );
}
