import { useState } from "react";
import { duplicates, linkCase, mergeCase } from "../../api/casework";
import type { CaseView, Duplicate, Field, Person } from "../../api/types";
import { t } from "../../i18n";
import { useLoad, useNow } from "../../lib/hooks";
import { steady } from "../../lib/steady";
import { ago } from "../../lib/time";
import { ActionDialog } from "../../ui/Actions";
import { StatusBadge } from "../../ui/bits";
import { Icon } from "../../ui/Icon";

/** The likeliest; the rest is mostly chance. */
const FIRST = 4;
const MAY_LINK = ["staff", "supervisor", "operator", "leader"];
interface Props { data: CaseView; person: Person | undefined; href: (id: string) => string; changed: (next?: CaseView) => void; left: (code: string) => void; conflict: () => void }

/** Suggestions with their reasons; nothing is merged unless somebody says so. */
export function Duplicates({ data, person, href, changed, left, conflict }: Props) {
  const now = useNow();
  const [all, setAll] = useState(false);
  const [asking, setAsking] = useState<{ what: "merge" | "link"; other: Duplicate } | null>(null);
  const looking = !data.is_child && !data.is_duplicate && data.closed_at === null && data.resolved_at === null;
  const { data: found } = useLoad(looking ? `duplicates:${data.id}:${data.rev}:${data.relatives.length}` : null, () => duplicates(data.id));
  if (!looking || !found?.length) return null;
  // the wire does not say which step merges: the one that asks for another case is taken for it
  const mayMerge = data.actions.some((a) => a.form.some((f) => f.type === "case"));
  const mayLink = MAY_LINK.includes(person?.role ?? "");
  const other = asking?.other;
  const words = { code: data.code, other: other?.code ?? "" };
  const note: Field = { name: "note", type: "text", label: t("dup_note"), required: false, max_length: 1000 };
  return (
    <section className="card pad stack dups" aria-labelledby="dups"><div><h2 id="dups" className="case__h">{t("dup_title")} <span className="badge badge--warn num">{found.length}</span></h2><p className="muted small">{t("dup_lead")}</p></div>
      <ul className="stack">{found.slice(0, all ? found.length : FIRST).map((d) => (
        <li key={d.id} className="dup">
          {d.photo_url ? <img className="dup__photo" src={steady(d.photo_url)} alt="" loading="lazy" /> : <span className="dup__photo dup__photo--none"><Icon name="camera" /></span>}
          <div className="dup__main">
            <p className="row"><a className="num strong" href={href(d.id)}>{d.code}</a><span className={`badge num ${d.score >= 0.5 ? "badge--warn" : ""}`}>{t("dup_score", { n: Math.round(d.score * 100) })}</span><StatusBadge status={d.status} label={d.state_label} /></p>
            <p className="dup__text">{d.summary}</p>
            <p className="muted small">{d.category.name} · {d.department.name} · {ago(d.opened_at, now)}</p>
            <ul className="dup__why">{d.reasons.map((r) => <li key={r.code} className="small">{r.detail}</li>)}</ul>
            {(mayMerge || mayLink) && <p className="row">
              {mayMerge && <button className="btn btn--small btn--primary" onClick={() => setAsking({ what: "merge", other: d })} aria-label={t("dup_merge_title", { code: data.code, other: d.code })}>{t("dup_merge")}</button>}
              {mayLink && <button className="btn btn--small" onClick={() => setAsking({ what: "link", other: d })} aria-label={t("dup_link_title", { code: data.code, other: d.code })}>{t("dup_link")}</button>}
            </p>}
          </div>
        </li>))}</ul>
      {found.length > FIRST && !all && <button className="btn btn--small btn--plain" style={{ justifySelf: "start" }} onClick={() => setAll(true)}>{t("more")} ({found.length - FIRST})</button>}
      {asking?.what === "merge" && other && <ActionDialog action={{ action: "merge", label: t("dup_merge"), style: "primary", undo: false, form: [note] }} title={t("dup_merge_title", words)} lead={t("dup_merge_text", words)} close={() => setAsking(null)} onConflict={conflict}
        run={async (_, form) => { const next = await mergeCase(data.id, data.rev, { into: other.code, ...form }); if (next) changed(next); else left(t("dup_merge")); return t("dup_merge_done", words); }} />}
      {asking?.what === "link" && other && <ActionDialog action={{ action: "link", label: t("dup_link"), style: "primary", undo: false, form: [note] }} title={t("dup_link_title", words)} lead={t("dup_link_text")} close={() => setAsking(null)} onConflict={conflict}
        run={async (_, form) => { changed(await linkCase(data.id, other.code, String(form.note ?? ""))); return t("dup_link_done", words); }} />}
    </section>
  );
}
