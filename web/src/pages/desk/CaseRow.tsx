import type { CaseItem } from "../../api/types";
import { t, type Key } from "../../i18n";
import { steady } from "../../lib/steady";
import { Dot, Due, StatusBadge } from "../../ui/bits";
import { Icon } from "../../ui/Icon";
import { isDone } from "../../ui/ReportSummary";
import { isLow } from "./trustLevel";

interface Props { item: CaseItem; now: number; on: boolean; me: string | undefined; name: string | undefined; /** The list is sorted by trust: every row says its own. */ trusts: boolean; ticked: boolean; tick?: ((on: boolean) => void) | undefined; open: () => void }

/** The tick box lies over the photo, beside the button and not in it: two controls, two purposes. */
export function CaseRow({ item: c, now, on, me, name, trusts, ticked, tick, open }: Props) {
  const done = isDone(c.status);
  const saysTrust = isLow(c.trust) || (trusts && c.trust !== null);
  return (
    <li className={`case-item ${ticked ? "case-item--ticked" : ""}`}>
      {tick && <label className="case-item__tick"><input type="checkbox" checked={ticked} onChange={(e) => tick(e.target.checked)} /><span className="sr">{t("bulk_tick", { code: c.code })}</span></label>}
      <button className={`case-row ${c.overdue && !done ? "case-row--late" : ""}`} data-id={c.id} aria-current={on || undefined} onClick={open}>
        {c.photo_url ? <img className="case-row__photo" src={steady(c.photo_url)} alt="" loading="lazy" /> : <span className="case-row__photo case-row__photo--none"><Icon name="camera" /></span>}
        <span className="case-row__main">
          <span className="between"><span className="row small muted" style={{ gap: 7, flexWrap: "nowrap", minWidth: 0 }}><Dot root={c.root} /><span className="ellipsis">{c.category.name}</span></span>
            {c.priority <= 2 && <span className={`badge badge--${c.priority === 1 ? "danger" : "warn"}`}>{t(`priority_${c.priority}` as Key)}</span>}</span>
          <span className="case-row__text">{c.summary || c.category.name}</span>
          <span className="small muted ellipsis">{[c.area?.name, c.address].filter(Boolean).join(" · ")}</span>
          <span className="between case-row__foot"><span className="row" style={{ gap: 8 }}><StatusBadge status={c.status} label={c.state_label || c.status_label} /><span className="muted small num">{c.code}</span></span><Due at={c.due_at} now={now} overdue={c.overdue} done={done} /></span>
          {(c.review.length > 0 || saysTrust || c.is_child || c.is_duplicate || c.assignee) && <span className="row case-row__marks">
            {c.review.length > 0 && <span className="badge badge--warn" title={c.review.map((mark) => mark.detail).join("\n")}><Icon name="note" size={14} />{t("list_review")}</span>}
            {saysTrust && <span className={`badge num ${isLow(c.trust) ? "badge--warn" : ""}`} title={t("trust_title")}>{t("trust_short", { n: c.trust ?? 0 })}</span>}
            {c.is_child && <span className="badge badge--info"><Icon name="users" size={14} />{t("badge_child")}</span>}
            {c.is_duplicate && <span className="badge"><Icon name="copy" size={14} />{t("badge_duplicate")}</span>}
            {c.assignee && <span className={`badge ${c.assignee === me ? "badge--brand" : ""}`} title={t("list_assignee")}><Icon name="user" size={14} /><span className="ellipsis">{c.assignee === me ? t("assignee_me") : (name ?? t("assignee_short"))}</span></span>}
          </span>}
        </span>
      </button>
    </li>
  );
}
