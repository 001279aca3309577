import { useEffect, useRef, useState } from "react";
import { casesOf } from "../../api/insight";
import type { CaseItem } from "../../api/types";
import { t } from "../../i18n";
import { useLoad } from "../../lib/hooks";
import { type Incident, incidentOf } from "../../lib/incidents";
import { Empty, errorText, Failure, Note, Skeleton, Spinner } from "../../ui/bits";
import { Icon } from "../../ui/Icon";
import { CaseRows, type WardAt } from "./LiveList";

/** A figure in the reader's language, and the path of the list of what it counts. */
export interface Drill { title: () => string; path: string }
interface Props { drill: Drill; signedIn: boolean; close: () => void; now: number; selected: string | undefined; select: (incident: Incident) => void; wardAt: WardAt }

/** The cases behind one figure, in place of the live list. */
export function DrillList({ drill, signedIn, close, ...rows }: Props) {
  const first = useLoad(signedIn ? drill.path : null, () => casesOf(drill.path));
  const [more, setMore] = useState<{ items: CaseItem[]; next: string | null | undefined; busy: boolean; error: unknown }>({ items: [], next: undefined, busy: false, error: null });
  const head = useRef<HTMLHeadingElement>(null);
  useEffect(() => { setMore({ items: [], next: undefined, busy: false, error: null }); head.current?.focus(); head.current?.scrollIntoView({ block: "nearest" }); }, [drill.path]);
  const next = more.next === undefined ? first.data?.next_cursor : more.next;
  const cases = [...(first.data?.items ?? []), ...more.items].map(incidentOf).filter((c) => c !== null);
  async function load() {
    setMore((m) => ({ ...m, busy: true, error: null }));
    try { const page = await casesOf(drill.path, next); setMore((m) => ({ items: [...m.items, ...page.items], next: page.next_cursor ?? null, busy: false, error: null })); }
    catch (error) { setMore((m) => ({ ...m, busy: false, error })); }
  }
  return (
    <section className="live" aria-label={drill.title()}>
      <div className="between live__head live__head--drill">
        <h2 ref={head} tabIndex={-1}>{drill.title()}</h2>
        <button className="icon-button" onClick={close} aria-label={t("ioc_drill_back")} title={t("ioc_drill_back")}><Icon name="x" /></button>
      </div>
      <ul className="live__list" aria-busy={first.loading}>
        {!signedIn && <li className="live__rest"><Note>{t("ioc_drill_signin")} <a href="/desk">{t("login_go")}</a></Note></li>}
        {Boolean(first.error) && <li className="live__rest"><Failure error={first.error} retry={first.reload} /></li>}
        {signedIn && !first.data && !first.error && [1, 2, 3].map((k) => <li key={k} style={{ padding: "6px 16px" }}><Skeleton height={52} /></li>)}
        <CaseRows {...rows} cases={cases} />
        {next && <li className="live__rest"><button className="btn btn--small" disabled={more.busy} onClick={() => void load()}>{more.busy && <Spinner />}{t("list_more")}</button>{Boolean(more.error) && <p role="alert">{errorText(more.error)}</p>}</li>}
        {first.data && cases.length === 0 && <Empty icon="map">{t("ioc_drill_none")}</Empty>}
      </ul>
    </section>
  );
}
