import { useEffect, useState } from "react";
import { myNotifications, myReports, report } from "../../api/endpoints";
import { ApiError } from "../../api/errors";
import { signOut } from "../../api/session";
import type { MyReport, ReportView } from "../../api/types";
import { t } from "../../i18n";
import { useLoad, useNow, useSession } from "../../lib/hooks";
import { ago } from "../../lib/time";
import { steady } from "../../lib/steady";
import { Due, Empty, Skeleton, StatusBadge } from "../../ui/bits";
import { Icon } from "../../ui/Icon";
import { isDone } from "../../ui/ReportSummary";
import { trackPath } from "./DonePage";
import { forgetMine, type Mine, mine } from "./draft";
import { onArrived } from "./queue";
import { SignInDialog } from "./SignInDialog";
import { useWaiting } from "./useWaiting";
import { WaitingList } from "./WaitingList";

interface Row { id: string; token: string | null; code: string; title: string; at: string; view?: ReportView | MyReport; gone?: boolean }

async function loadRows(signedIn: boolean): Promise<Row[]> {
  const kept = mine();
  const [account, local] = await Promise.all([signedIn ? myReports().catch(() => []) : [], Promise.all(kept.map(fresh))]);
  const rows = [...local, ...account.filter((r) => !kept.some((m) => m.id === r.id)).map((view): Row => ({ id: view.id, token: null, code: view.code, title: view.category.name, at: view.filed_at, view }))];
  return rows.sort((a, b) => Date.parse(b.at) - Date.parse(a.at));
}
async function fresh(m: Mine): Promise<Row> {
  const row: Row = { id: m.id, token: m.token, code: m.code, title: m.category, at: m.at };
  try { const view = await report(m.id, m.token); return { ...row, view, title: view.category.name }; }
  catch (e) { return { ...row, gone: e instanceof ApiError && [401, 403, 404].includes(e.status) }; }
}

export function MinePage() {
  const who = useSession("citizen");
  const now = useNow();
  const { data: rows, reload } = useLoad(`mine:${who?.access_token ?? ""}`, () => loadRows(Boolean(who)));
  const inbox = useLoad(who ? `inbox:${who.access_token}` : null, myNotifications).data;
  const [login, setLogin] = useState(false);
  const waits = useWaiting().length > 0;
  useEffect(() => onArrived(reload), [reload]);
  return (
    <div className="stack">
      <div className="between"><h1>{t("mine_title")}</h1>{who && <button className="btn btn--small btn--plain" onClick={() => signOut("citizen")}>{t("mine_logout")}</button>}</div>
      {who && (who.phone || who.person?.name) && <p className="muted small">{who.phone ? t("mine_signed", { phone: who.phone }) : t("mine_signed_as", { name: who.person!.name })}</p>}
      <WaitingList />
      {!rows && <><Skeleton height={88} /><Skeleton height={88} /></>}
      {rows?.length === 0 && !waits && <div className="card"><Empty icon="camera"><p>{t("mine_empty")}</p><a className="btn btn--primary" href="#/">{t("nav_app")}</a></Empty></div>}
      <ul className="stack">{rows?.map((r) => (
        <li key={r.id} className="card mine">
          <a href={r.token ? trackPath(r.id, r.token) : `#/r/${r.id}`}>
            <span className="between"><b>{r.title}</b>{r.view && <StatusBadge status={r.view.status} label={r.view.status_label} />}</span>
            <span className="between muted small"><span className="num">{r.code} · {ago(r.at, now)}</span>{r.view && <Due at={r.view.due_at} now={now} overdue={"overdue" in r.view ? r.view.overdue : !isDone(r.view.status) && Date.parse(r.view.due_at) < now} done={isDone(r.view.status)} />}</span>
            {r.view?.area && <span className="muted small">{r.view.area.name}</span>}
          </a>
          {r.gone && <p className="between small muted">{t("mine_gone")}<button className="btn btn--small btn--plain" onClick={() => { forgetMine(r.id); reload(); }}>{t("mine_forget")}</button></p>}
        </li>))}</ul>
      {inbox && inbox.length > 0 && <section className="card pad stack"><h2><Icon name="bell" /> {t("mine_inbox")}</h2>
        <ul className="stack">{inbox.map((n) => <li key={n.id}><a className="inbox" href={n.data.report_id ? `#/r/${n.data.report_id}` : "#/mine"}>{n.data.photo_url && <img src={steady(n.data.photo_url)} alt="" />}<span><b>{n.title}</b><br /><span className="small">{n.body}</span><br /><span className="muted small">{ago(n.created_at, now)}</span></span></a></li>)}</ul></section>}
      {!who && <section className="card pad between" style={{ flexWrap: "wrap" }}><div><b>{t("sign_in_title")}</b><p className="muted small">{t("mine_login_hint")}</p></div><button className="btn" onClick={() => setLogin(true)}><Icon name="user" />{t("login_go")}</button></section>}
      <p className="muted small"><a href="#/data">{t("nav_data")}</a></p>
      {login && <SignInDialog close={() => setLogin(false)} />}
    </div>
  );
}
