import { dateTime } from "../../../lib/time";
import { Icon } from "../../../ui/Icon";
import type { Version } from "../adminApi";
import { w } from "../words";

interface Props { list: Version[]; shown: number | "draft" | null; href: (n: number | "draft") => string; draft: { base: number; unsaved: boolean; saved: number | null } | null }

/** Versions, newest first, and above them the draft that is being written here. */
export function Versions({ list, shown, href, draft }: Props) {
  return (
    <nav className="versions" aria-label={w("versions")}>
      <h2 className="label">{w("versions")}</h2>
      <ul>
        {draft && (
          <li><a className="version version--draft" href={href("draft")} aria-current={shown === "draft" || undefined}>
            <span className="between"><b>{w("draft_here")}</b><Icon name="note" size={16} /></span>
            <span className="small muted">{w("draft_from", { n: draft.base })}{draft.unsaved ? ` · ${w("unsaved")}` : ""}</span>
          </a></li>
        )}
        {list.filter((v) => v.version !== draft?.saved).map((v) => (
          <li key={v.version}><a className="version" href={href(v.version)} aria-current={shown === v.version || undefined}>
            <span className="between"><b className="num">{w("version_n", { n: v.version })}</b>
              {v.current ? <span className="badge badge--ok">{w("in_force")}</span> : v.state === "draft" ? <span className="badge badge--warn">{w("draft")}</span> : <span className="badge">{w("published")}</span>}</span>
            <span className="small muted num">{dateTime(v.published_at ?? v.created_at)}</span>
            {v.note && <span className="small version__note">{v.note}</span>}
          </a></li>
        ))}
      </ul>
    </nav>
  );
}
