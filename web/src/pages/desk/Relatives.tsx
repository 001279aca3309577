import { useState } from "react";
import { unlinkCase, unmergeCase } from "../../api/casework";
import type { CaseView, Person, Relative } from "../../api/types";
import { t, type Key } from "../../i18n";
import { errorText, StatusBadge } from "../../ui/bits";
import { Icon } from "../../ui/Icon";
import { ActionDialog } from "../../ui/Actions";
import { toast } from "../../ui/Toasts";

const ORDER: Relative["relation"][] = ["merged_into", "parent", "child", "duplicate", "same_cause"];
const MAY_UNMERGE = ["supervisor", "operator"], MAY_LINK = ["staff", "supervisor", "operator", "leader"];
interface Props { data: CaseView; person: Person | undefined; href: (id: string) => string; changed: (next?: CaseView) => void; conflict: () => void }

/** Other cases that this one has to do with, and taking a merge or a link back. */
export function Relatives({ data, person, href, changed, conflict }: Props) {
  const [apart, setApart] = useState(false);
  const role = person?.role ?? "";
  const groups = ORDER.map((relation) => ({ relation, list: data.relatives.filter((r) => r.relation === relation) })).filter((g) => g.list.length);
  const mayUnmerge = data.is_duplicate && MAY_UNMERGE.includes(role) && (!person?.department || person.department.code === data.department.code);
  if (!groups.length && !mayUnmerge) return null;
  async function unlink(other: Relative) {
    try { await unlinkCase(data.id, other.id); toast(t("rel_unlinked", { code: other.code })); changed(); } catch (error) { toast(errorText(error)); }
  }
  return (
    <section className="card pad stack" aria-labelledby="relatives"><div className="between"><h2 id="relatives" className="case__h">{t("rel_title")}</h2>
      {mayUnmerge && <button className="btn btn--small" onClick={() => setApart(true)}>{t("unmerge")}</button>}</div>
      {groups.map(({ relation, list }) => (
        <div key={relation} className="rel"><h3 className="label">{t(`rel_${relation}` as Key)}</h3>
          <ul>{list.map((r) => <li key={r.id} className="rel__item"><a className="rel__link" href={href(r.id)}><b className="num">{r.code}</b><span className="small muted ellipsis">{r.department.name}</span><StatusBadge status={r.status} label={r.state_label} /></a>
            {relation === "same_cause" && MAY_LINK.includes(role) && <button className="icon-button" aria-label={t("rel_unlink", { code: r.code })} title={t("rel_unlink", { code: r.code })} onClick={() => void unlink(r)}><Icon name="x" size={18} /></button>}</li>)}</ul>
        </div>))}
      {apart && <ActionDialog action={{ action: "unmerge", label: t("unmerge"), style: "primary", undo: false, form: [] }} title={t("unmerge_title", { code: data.code })} lead={t("unmerge_text")} close={() => setApart(false)} onConflict={conflict}
        run={async () => { changed(await unmergeCase(data.id, data.rev)); return t("unmerge_done", { code: data.code }); }} />}
    </section>
  );
}
