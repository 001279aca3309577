import { useState } from "react";
import { NetworkError } from "../../api/errors";
import { t } from "../../i18n";
import { useNow } from "../../lib/hooks";
import { ago } from "../../lib/time";
import { uuid } from "../../lib/text";
import { ActionDialog } from "../../ui/Actions";
import { errorText, Note, Spinner } from "../../ui/bits";
import { Icon } from "../../ui/Icon";
import { toast } from "../../ui/Toasts";
import { isBlank, keepDraft, loadDraft, type Refusal } from "./draft";
import { discard, handIn, settle, type Waiting } from "./queue";
import { useWaiting } from "./useWaiting";

/** What this device still has to send, and what was refused when it was sent: each with what its author can do. */
export function WaitingList() {
  const now = useNow();
  const items = useWaiting();
  const [busy, setBusy] = useState(false);
  if (!items.length) return null;
  async function sendNow() {
    setBusy(true);
    try { await handIn(); } catch (error) { toast(error instanceof NetworkError ? t("waiting_still") : errorText(error)); }
    setBusy(false);
  }
  const open = items.some((item) => !item.refused);
  return (
    <section className="card pad stack waiting" aria-labelledby="waiting">
      <div className="between"><h2 id="waiting"><Icon name="offline" size={20} /> {t("waiting_title")}</h2>
        {open && <button className="btn btn--small" id="waiting-now" disabled={busy} onClick={() => void sendNow()}>{busy && <Spinner />}{t(busy ? "waiting_sending" : "waiting_now")}</button>}</div>
      <p className="muted small">{t("waiting_lead")}</p>
      <ul className="stack">{items.map((item) => <Item key={item.id} item={item} now={now} />)}</ul>
    </section>
  );
}

function Item({ item, now }: { item: Waiting; now: number }) {
  const [asking, setAsking] = useState(false);
  const { draft, refused } = item;
  async function correct() {
    const writing = loadDraft();
    if (writing.id !== draft.id && !isBlank(writing) && !confirm(t("waiting_replace"))) return;
    // an id that another report has is not its own any more
    keepDraft({ ...draft, id: refused?.code === "report_id_taken" ? uuid() : draft.id, sent: item.tried ? item.body : null, refusal: refused });
    await settle(item.id);
    location.hash = "#/";
  }
  const drop = { action: "drop", label: t("waiting_drop"), style: "danger" as const, undo: false, form: [] };
  return (
    <li className="waiting__item stack stack--tight" data-id={item.id}>
      <span className="between"><b>{item.title}</b><span className={`badge badge--${refused ? "danger" : "warn"}`}>{t(refused ? "waiting_refused" : "waiting_state")}</span></span>
      {draft.description && <p className="small">{draft.description}</p>}
      <span className="muted small num">{ago(item.at, now)}{draft.photos.length > 0 && ` · ${t("kept_photos", { n: draft.photos.length })}`}</span>
      {draft.photos.some((p) => p.preview) && <span className="waiting__photos">{draft.photos.map((p, i) => p.preview && <img key={p.key ?? i} src={p.preview} alt={t("photo_alt", { n: i + 1 })} />)}</span>}
      {refused && <Note kind="danger">{reasons(refused).map((text) => <b key={text} className="waiting__why">{text}</b>)}<span className="waiting__why muted small">{t("waiting_what")}</span></Note>}
      <div className="row">
        {refused && <button className="btn btn--small btn--primary" onClick={() => void correct()}>{t("waiting_fix")}</button>}
        <button className="btn btn--small" onClick={() => setAsking(true)}>{t("waiting_drop")}</button>
      </div>
      {asking && <ActionDialog action={drop} title={t("waiting_drop_title")} lead={t("waiting_drop_sure")} run={async () => { await discard(item); return t("waiting_dropped"); }} close={() => setAsking(false)} />}
    </li>
  );
}

/** What it says of fields says more than that something was wrong. */
const reasons = (refused: Refusal): string[] => (refused.fields.length ? [...new Set(refused.fields.map((f) => f.detail))] : [refused.text]);

/** On the form: that something waits, without being in the way of it. */
export function WaitingNote() {
  const items = useWaiting(), writing = loadDraft().id;
  const refused = items.filter((item) => item.refused).length, open = items.filter((item) => !item.refused && item.id !== writing).length;
  if (!refused && !open) return null;
  return <div className="coming"><Note kind={refused ? "danger" : "warn"} icon="offline">{refused > 0 && `${t("waiting_some_refused", { n: refused })} `}{open > 0 && `${t("waiting_some", { n: open })} `}<a href="#/mine">{t("waiting_see")}</a></Note></div>;
}
