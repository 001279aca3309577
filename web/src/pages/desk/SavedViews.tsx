import { type FormEvent, useState } from "react";
import { addView, changeView, removeView, views } from "../../api/casework";
import { ApiError, fieldMessage } from "../../api/errors";
import type { SavedView } from "../../api/types";
import { t } from "../../i18n";
import { useLoad } from "../../lib/hooks";
import { sameFilter, viewFilter, viewParams } from "../../lib/views";
import { errorText, Note, Spinner } from "../../ui/bits";
import { Dialog } from "../../ui/Dialog";
import { Icon } from "../../ui/Icon";
import { toast } from "../../ui/Toasts";

/** Filters under a name. Which one was chosen stands in the address, as it may have been changed since. */
export function SavedViews({ params, go }: { params: URLSearchParams; go: (params: URLSearchParams) => void }) {
  const { data, reload } = useLoad("views", views);
  const [editing, setEditing] = useState<SavedView | "new" | null>(null);
  const chosen = data?.find((v) => v.id === params.get("view")) ?? data?.find((v) => sameFilter(params, v.filter));
  const exact = chosen && sameFilter(params, chosen.filter);
  const show = (view: SavedView) => { const next = viewParams(view.filter); next.set("view", view.id); go(next); };
  const group = (label: string, list: SavedView[]) => list.length > 0 && <optgroup label={label}>{list.map((v) => <option key={v.id} value={v.id}>{v.mine ? v.name : t("view_by", { name: v.name, owner: v.owner })}{v.mine && v.shared ? ` · ${t("view_shared")}` : ""}</option>)}</optgroup>;
  return (
    <div className="views">
      <select className="input input--small" aria-label={t("view_label")} value={exact ? chosen.id : ""} disabled={!data?.length}
        onChange={(e) => { const view = data?.find((v) => v.id === e.target.value); if (view) show(view); else go(new URLSearchParams()); }}>
        <option value="">{t("view_pick")}</option>
        {group(t("view_mine"), data?.filter((v) => v.mine) ?? [])}{group(t("view_team"), data?.filter((v) => !v.mine) ?? [])}
      </select>
      {chosen?.mine && <button className="icon-button" onClick={() => setEditing(chosen)} aria-label={`${t("view_edit")}: ${chosen.name}`} title={`${t("view_edit")}: ${chosen.name}`}><Icon name="note" /></button>}
      {!exact && <button className="btn btn--small btn--plain" onClick={() => setEditing("new")}><Icon name="plus" size={16} />{t("view_save")}</button>}
      {editing && <ViewDialog view={editing === "new" ? null : editing} params={params} close={() => setEditing(null)} saved={(v) => { reload(); if (v) show(v); else { const next = new URLSearchParams(params); next.delete("view"); go(next); } }} />}
    </div>
  );
}

function ViewDialog({ view, params, close, saved }: { view: SavedView | null; params: URLSearchParams; close: () => void; saved: (view: SavedView | null) => void }) {
  const [name, setName] = useState(view?.name ?? "");
  const [shared, setShared] = useState(view?.shared ?? false);
  const differs = view !== null && !sameFilter(params, view.filter);
  const [refilter, setRefilter] = useState(differs);
  const [busy, setBusy] = useState(false);
  const [problem, setProblem] = useState<unknown>(null);
  const wrong = problem instanceof ApiError ? fieldMessage(problem.fields, "name") : undefined;
  async function attempt(what: () => Promise<SavedView | null>, said: string) {
    setBusy(true);
    setProblem(null);
    try { saved(await what()); toast(said); close(); } catch (error) { setProblem(error); setBusy(false); }
  }
  function submit(e: FormEvent) {
    e.preventDefault();
    const draft = { name: name.trim(), shared, filter: view && !refilter ? view.filter : viewFilter(params) };
    void attempt(() => (view ? changeView(view.id, draft) : addView(draft)), t("view_saved", { name: draft.name }));
  }
  return (
    <Dialog title={t(view ? "view_edit" : "view_save_title")} onClose={close}>
      <form className="stack" onSubmit={submit}>
        {Boolean(problem) && !wrong && <Note kind="danger">{errorText(problem)}</Note>}
        <div className="field"><label htmlFor="view-name">{t("view_name")}</label>
          <input id="view-name" className="input" autoFocus required maxLength={80} placeholder={t("view_name_hint")} value={name} aria-invalid={wrong ? true : undefined} onChange={(e) => setName(e.target.value)} />{wrong && <span className="field__error" role="alert">{wrong}</span>}</div>
        <label className="check"><input type="checkbox" checked={shared} onChange={(e) => setShared(e.target.checked)} /><span><b>{t("view_share")}</b><br /><span className="muted small">{t("view_share_hint")}</span></span></label>
        {differs && <label className="check"><input type="checkbox" checked={refilter} onChange={(e) => setRefilter(e.target.checked)} /><b>{t("view_refilter")}</b></label>}
        <div className="dialog__foot">
          {view && <button type="button" className="btn btn--danger" style={{ marginRight: "auto" }} disabled={busy} onClick={() => { if (confirm(t("view_delete_sure", { name: view.name }))) void attempt(async () => { await removeView(view.id); return null; }, t("view_deleted", { name: view.name })); }}>{t("view_delete")}</button>}
          <button type="button" className="btn" onClick={close}>{t("cancel")}</button>
          <button className="btn btn--primary" disabled={busy || !name.trim()}>{busy && <Spinner />}{t("save")}</button>
        </div>
      </form>
    </Dialog>
  );
}
