import { useCallback, useMemo, useState } from "react";
import { local } from "../../../i18n";
import { useLoad } from "../../../lib/hooks";
import { dateTime } from "../../../lib/time";
import { Failure, Note, Skeleton } from "../../../ui/bits";
import { toast } from "../../../ui/Toasts";
import { deleteDraft, publishVersion, version, webhooks } from "../adminApi";
import { diff } from "../diff";
import { DocContext, useJump } from "../form";
import type { Issue } from "../issues";
import { Confirm } from "../parts";
import { segments } from "../pointer";
import { w, type Word } from "../words";
import { DraftBar } from "../draft/DraftBar";
import { Boundary } from "../draft/Boundary";
import { useEditor } from "../draft/editor";
import { JsonView } from "../draft/JsonView";
import { useVersions } from "../draft/useVersions";
import { Versions } from "../draft/Versions";
import { Diagram } from "./Diagram";
import { type Process, ROLES } from "./document";
import { General } from "./General";
import { Migrate } from "./Migrate";
import { findDangling } from "./names";
import { type PartKind, Parts } from "./Parts";
import { placeIn } from "./place";

type View = "diagram" | PartKind | "general" | "json" | "migrate";
const asIs = (p: Process): Process => p;
/** A document typed as JSON may be of any shape; the server says what is wrong with that. */
const findHere = (p: Process): Issue[] => { try { return findDangling(p).map((d) => ({ at: d.at, severity: "error", text: w(`missing_${d.what}` as Word, { name: d.name }) })); } catch { return []; } };

export function ProcessTab({ path }: { path: string[] }) {
  const editor = useEditor<Process>("processes", asIs, findHere);
  const { list, shown, found } = useVersions<Process>("processes", path[0], editor.draft !== null);
  const hooks = useLoad("admin:webhooks", webhooks);
  const [view, setView] = useState<View>("diagram");
  const [opened, setOpened] = useState<string | null>(null);
  const [target, setTarget] = useState<{ place: string; turn: number } | null>(null);
  const [asking, setAsking] = useState<"replace" | "delete" | "again" | null>(null);
  useJump(target);
  const jump = useCallback((at: string) => {
    const [part, name] = segments(at);
    if (part === "states" || part === "actions" || part === "clocks") { setView(part); setOpened(name ?? null); } else setView("general");
    setTarget((t) => ({ place: at, turn: (t?.turn ?? 0) + 1 }));
  }, []);

  const editing = shown === "draft" && editor.draft !== null;
  const process = editing ? editor.draft!.document : found.data?.document;
  const meta = editing ? null : list.data?.find((v) => v.version === shown);
  const base = useLoad(editing ? `base:${editor.draft!.base}` : null, () => version<Process>("processes", editor.draft!.base)).data;
  const place = useMemo(() => placeIn([editor.draft?.document, base?.document]), [editor.draft, base]);
  const changes = useMemo(() => (editing && base ? diff(base.document, editor.draft!.document) : []), [editing, base, editor.draft]);
  const name = useCallback((code: string): string => {
    for (const d of [editor.draft?.document, base?.document]) for (const part of [d?.states, d?.actions, d?.clocks]) if (part?.[code]) return local(part[code].label) || code;
    return ROLES.includes(code) ? w(`prole_${code}` as Word) : code;
  }, [editor.draft, base]);
  const go = (to: number | "draft") => { location.hash = `#/process/${to}`; };
  const begin = () => { if (process && meta) { editor.begin(meta.version, process, meta.state === "draft" ? meta : undefined); go("draft"); } };

  if (list.error) return <Failure error={list.error} retry={list.reload} />;
  const views: View[] = ["diagram", "states", "actions", "clocks", "general", "json", ...(meta?.state === "published" ? (["migrate"] as const) : [])];
  const now: View = views.includes(view) ? view : "diagram";
  return (
    <div className="shaped">
      <Versions list={list.data ?? []} shown={shown} href={(n) => `#/process/${n}`} draft={editor.draft ? { base: editor.draft.base, unsaved: editor.unsaved, saved: editor.draft.saved } : null} />
      <div className="shaped__main stack">
        {found.error !== undefined && !editing && <Failure error={found.error} retry={found.reload} />}
        <header className="shaped__head">
          <div><h1>{editing ? w("draft_here") : shown !== null ? w("process_version", { n: shown }) : w("tab_process")}</h1>
            {meta && <p className="muted small">{meta.current ? `${w("in_force")} · ` : ""}{w(meta.state === "draft" ? "made_at" : "published_at", { at: dateTime(meta.published_at ?? meta.created_at) })}{meta.note && ` · ${meta.note}`}</p>}
            {editing && <p className="muted small">{w("changes_from", { n: editor.draft!.base, count: changes.length })}</p>}</div>
          {meta && process && <div className="row">
            {meta.state === "draft" && <button className="btn btn--small btn--danger" onClick={() => setAsking("delete")}>{w("delete_draft")}</button>}
            {meta.state === "published" && !meta.current && <button className="btn btn--small" onClick={() => setAsking("again")}>{w("publish_again")}</button>}
            <button className="btn btn--small btn--primary" onClick={() => (editor.draft && editor.unsaved ? setAsking("replace") : begin())}>{w(meta.state === "draft" ? "edit_draft" : "edit_copy")}</button>
          </div>}
        </header>
        {editing && <DraftBar editor={editor} changes={changes} place={place} name={name} jump={jump} onSaved={list.reload} onPublished={(v) => { list.reload(); go(v.version); setView("migrate"); }} onGone={() => { list.reload(); location.hash = "#/process"; }} />}
        <div className="segments" role="tablist" aria-label={w("views")}>{views.map((v) => <button key={v} type="button" role="tab" aria-selected={now === v} onClick={() => { setView(v); setOpened(null); }}>{w(`tab_${v}` as Word)}{process && (v === "states" || v === "actions" || v === "clocks") && <span className="muted num"> {Object.keys(process[v] ?? {}).length}</span>}</button>)}</div>
        {!process ? <Skeleton height={320} /> : (
          <DocContext.Provider value={{ doc: process, set: editor.set, readOnly: !editing, issues: editing ? editor.issues : [] }}>
            {now === "json" ? <JsonView key={String(shown)} value={process} readOnly={!editing} apply={(d) => editor.replace(d as Process)} /> : <Boundary key={now} of={process}>
            {now === "diagram" && <Diagram process={process} issues={editing ? editor.issues : []} open={jump} />}
            {(now === "states" || now === "actions" || now === "clocks") && <Parts kind={now} process={process} opened={opened} open={setOpened} replace={editor.replace} webhooks={(hooks.data ?? []).filter((h) => h.active).map((h) => ({ value: h.name, label: h.name }))} />}
            {now === "general" && <General process={process} />}
            {now === "migrate" && typeof shown === "number" && <Migrate key={shown} version={shown} process={process} />}
            </Boundary>}
          </DocContext.Provider>
        )}
        {!editing && now !== "migrate" && now !== "diagram" && process && <Note>{w("read_only")}</Note>}
      </div>
      {asking === "replace" && <Confirm title={w("replace_title")} text={<p>{w("replace_text")}</p>} action={w("replace_go")} run={begin} close={() => setAsking(null)} />}
      {asking === "again" && meta && <Confirm title={w("publish_again")} text={<p>{w("publish_again_text", { n: meta.version })}</p>} action={w("publish")} close={() => setAsking(null)} run={async () => { await publishVersion("processes", meta.version); toast(w("published_toast", { n: meta.version })); list.reload(); setView("migrate"); }} />}
      {asking === "delete" && meta && <Confirm title={w("discard_title")} text={<p>{w("delete_text", { n: meta.version })}</p>} action={w("delete_draft")} run={async () => { await deleteDraft("processes", meta.version); list.reload(); location.hash = "#/process"; }} close={() => setAsking(null)} />}
    </div>
  );
}
