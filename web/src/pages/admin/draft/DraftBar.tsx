import { type ReactNode, useState } from "react";
import { errorText, Note, Spinner } from "../../../ui/bits";
import { Dialog } from "../../../ui/Dialog";
import { toast } from "../../../ui/Toasts";
import type { Version } from "../adminApi";
import type { Change } from "../diff";
import { w } from "../words";
import { ChangeList } from "./ChangeList";
import type { Editor } from "./editor";
import { IssueList } from "./IssueList";

interface Props<D> {
  editor: Editor<D>; changes: Change[]; place: (at: string) => string; name: (code: string) => string; jump: (at: string) => void;
  onPublished: (v: Version) => void; onSaved: () => void; onGone: () => void; children?: ReactNode;
}

/** What can be done with a draft, and what speaks against it. */
export function DraftBar<D>({ editor: e, changes, place, name, jump, onPublished, onSaved, onGone, children }: Props<D>) {
  const [asking, setAsking] = useState<"publish" | "discard" | null>(null);
  const d = e.draft!;
  const publishable = Boolean(e.check?.publishable) && !e.unsaved;
  const run = async (what: () => Promise<unknown>) => { await what(); onSaved(); };
  const publish = async () => {
    const done = await e.publish();
    setAsking(null);
    if (!done) return;
    toast(w("published_toast", { n: done.version }));
    onPublished(done);
  };
  const discard = async () => { await e.discard(); setAsking(null); onGone(); };
  const general = e.error && !e.issues.length ? errorText(e.error) : "";
  return (
    <div className="draft">
      <div className="draft__bar">
        <label className="draft__note"><span className="sr">{w("note")}</span><input className="input input--small" maxLength={500} placeholder={w("note_hint")} value={d.note} onChange={(x) => e.setNote(x.target.value)} /></label>
        <button className="btn btn--small" disabled={Boolean(e.busy) || !e.unsaved} onClick={() => void run(e.save)}>{e.busy === "save" && <Spinner />}{e.unsaved ? w("save_draft") : w("saved_as", { n: d.saved ?? "" })}</button>
        <button className="btn btn--small" disabled={Boolean(e.busy)} onClick={() => void run(e.runCheck).then(() => document.querySelector(".shaped__head")?.scrollIntoView({ block: "start" }))}>{e.busy === "check" && <Spinner />}{w("check")}</button>
        <button className="btn btn--small btn--primary" disabled={Boolean(e.busy) || !publishable} title={publishable ? undefined : w("check_first")} onClick={() => setAsking("publish")}>{w("publish")}</button>
        <button className="btn btn--small btn--plain draft__drop" disabled={Boolean(e.busy)} onClick={() => setAsking("discard")}>{w("discard")}</button>
      </div>
      {general && <Note kind="danger">{general}</Note>}
      {e.check && e.check.publishable && <Note kind="ok">{w(e.check.problems.length ? "check_ok_warnings" : "check_ok")}</Note>}
      <IssueList issues={e.issues} place={place} jump={jump} />
      {children}
      {asking === "publish" && (
        <Dialog title={w("publish_title")} onClose={() => setAsking(null)}>
          <p>{w("publish_text")}</p>
          <h3 className="label">{w("changes_from", { n: d.base, count: changes.length })}</h3>
          <ChangeList changes={changes} place={place} name={name} />
          <div className="dialog__foot"><button className="btn" onClick={() => setAsking(null)}>{w("cancel")}</button><button className="btn btn--primary" disabled={Boolean(e.busy)} onClick={() => void publish()}>{e.busy === "publish" && <Spinner />}{w("publish")}</button></div>
        </Dialog>
      )}
      {asking === "discard" && (
        <Dialog title={w("discard_title")} onClose={() => setAsking(null)}>
          <p>{w("discard_text", { count: changes.length })}</p>
          <div className="dialog__foot"><button className="btn" onClick={() => setAsking(null)}>{w("cancel")}</button><button className="btn btn--danger-full" disabled={Boolean(e.busy)} onClick={() => void discard()}>{e.busy === "discard" && <Spinner />}{w("discard")}</button></div>
        </Dialog>
      )}
    </div>
  );
}
