import { useCallback, useMemo, useState } from "react";
import { local } from "../../../i18n";
import { useLoad } from "../../../lib/hooks";
import { dateTime } from "../../../lib/time";
import { Failure, Note, Skeleton } from "../../../ui/bits";
import { toast } from "../../../ui/Toasts";
import { deleteDraft, publishVersion, version } from "../adminApi";
import { Boundary } from "../draft/Boundary";
import { diff } from "../diff";
import { DraftBar } from "../draft/DraftBar";
import { useEditor } from "../draft/editor";
import { JsonView } from "../draft/JsonView";
import { useVersions } from "../draft/useVersions";
import { Versions } from "../draft/Versions";
import { DocContext, useJump } from "../form";
import type { Issue } from "../issues";
import { Confirm } from "../parts";
import { segments } from "../pointer";
import { keyWord, w, type Word } from "../words";
import type { Ruleset } from "./document";
import { useCity } from "./options";
import { OverruledList } from "./OverruledList";
import { tidied } from "./rows";
import { RowTable } from "./RowTable";
import { TrialView } from "./TrialView";

const VIEWS = ["rows", "overruled", "json"] as const;
const ready = (r: Ruleset): Ruleset => { try { return { ...r, rows: r.rows.map(tidied) }; } catch { return r; } };
const nothing = (): Issue[] => [];

export function RoutingTab({ path }: { path: string[] }) {
  const editor = useEditor<Ruleset>("routing", ready, nothing);
  const { list, shown, found } = useVersions<Ruleset>("routing", path[0], editor.draft !== null);
  const city = useCity();
  const [view, setView] = useState<(typeof VIEWS)[number]>("rows");
  const [opened, setOpened] = useState<string | null>(null);
  const [target, setTarget] = useState<{ place: string; turn: number } | null>(null);
  const [asking, setAsking] = useState<"replace" | "delete" | "again" | null>(null);
  useJump(target);
  const jump = useCallback((at: string) => {
    const [part, index] = segments(at);
    setView("rows");
    setOpened(part === "rows" && index !== undefined ? `/rows/${index}` : part === "default" ? "/default" : null);
    setTarget((t) => ({ place: at, turn: (t?.turn ?? 0) + 1 }));
  }, []);

  const editing = shown === "draft" && editor.draft !== null;
  const rules = editing ? editor.draft!.document : found.data?.document;
  const meta = editing ? null : list.data?.find((v) => v.version === shown);
  const base = useLoad(editing ? `rbase:${editor.draft!.base}` : null, () => version<Ruleset>("routing", editor.draft!.base)).data;
  const changes = useMemo(() => (editing && base ? diff(base.document, editor.draft!.document) : []), [editing, base, editor.draft]);
  /** "Quy tắc 12 “Có cháy…” › Đơn vị": a row by its number (from a check) or by its id (from a comparison). */
  const place = useCallback((at: string): string => {
    const [part = "", key, ...rest] = segments(at);
    const rows = editor.draft?.document.rows ?? [];
    const row = /^\d+$/.test(key ?? "") ? rows[Number(key)] : (rows.find((r) => r.id === key) ?? base?.document.rows.find((r) => r.id === key));
    const head = part === "default" ? w("otherwise") : key === undefined ? keyWord(part) : `${w("rule")} ${/^\d+$/.test(key) ? Number(key) + 1 : key}${row ? ` “${local(row.reason)}”` : ""}`;
    return [head, ...(part === "default" && key ? [key, ...rest] : rest).map((s) => (/^\d+$/.test(s) ? String(Number(s) + 1) : keyWord(s)))].filter(Boolean).join(" › ");
  }, [editor.draft, base]);
  const name = (code: string): string => (["departments", "categories", "areas"] as const).map((k) => city.name(k, code)).find((found) => found !== code) ?? code;
  const go = (to: number | "draft") => { location.hash = `#/routing/${to}`; };
  const begin = () => { if (rules && meta) { editor.begin(meta.version, rules, meta.state === "draft" ? meta : undefined); go("draft"); } };
  const openRule = (id: string | null) => {
    const index = rules?.rows.findIndex((r) => r.id === id) ?? -1;
    jump(index >= 0 ? `/rows/${index}` : "/default");
  };

  if (list.error) return <Failure error={list.error} retry={list.reload} />;
  return (
    <div className="shaped">
      <Versions list={list.data ?? []} shown={shown} href={(n) => `#/routing/${n}`} draft={editor.draft ? { base: editor.draft.base, unsaved: editor.unsaved, saved: editor.draft.saved } : null} />
      <div className="shaped__main stack">
        {found.error !== undefined && !editing && <Failure error={found.error} retry={found.reload} />}
        <header className="shaped__head">
          <div><h1>{editing ? w("draft_here") : shown !== null ? w("routing_version", { n: shown }) : w("tab_routing")}</h1>
            {meta && <p className="muted small">{meta.current ? `${w("in_force")} · ` : ""}{w(meta.state === "draft" ? "made_at" : "published_at", { at: dateTime(meta.published_at ?? meta.created_at) })}{meta.note && ` · ${meta.note}`}</p>}
            {editing && <p className="muted small">{w("changes_from", { n: editor.draft!.base, count: changes.length })}</p>}</div>
          {meta && rules && <div className="row">
            {meta.state === "draft" && <button className="btn btn--small btn--danger" onClick={() => setAsking("delete")}>{w("delete_draft")}</button>}
            {meta.state === "published" && !meta.current && <button className="btn btn--small" onClick={() => setAsking("again")}>{w("publish_again")}</button>}
            <button className="btn btn--small btn--primary" onClick={() => (editor.draft && editor.unsaved ? setAsking("replace") : begin())}>{w(meta.state === "draft" ? "edit_draft" : "edit_copy")}</button>
          </div>}
        </header>
        {editing && <DraftBar editor={editor} changes={changes} place={place} name={name} jump={jump} onSaved={list.reload} onPublished={(v) => { list.reload(); go(v.version); }} onGone={() => { list.reload(); location.hash = "#/routing"; }}>{editor.check?.trial && <TrialView trial={editor.check.trial} />}</DraftBar>}
        <div className="segments" role="tablist" aria-label={w("views")}>{VIEWS.map((v) => <button key={v} type="button" role="tab" aria-selected={view === v} onClick={() => setView(v)}>{w(`tab_${v}` as Word)}</button>)}</div>
        {!rules ? <Skeleton height={320} /> : (
          <DocContext.Provider value={{ doc: rules, set: editor.set, readOnly: !editing, issues: editing ? editor.issues : [] }}>
            {view === "json" ? <JsonView key={String(shown)} value={rules} readOnly={!editing} apply={(d) => editor.replace(d as Ruleset)} />
              : view === "overruled" ? <OverruledList open={openRule} name={(id) => (id === null ? w("otherwise") : local(rules.rows.find((r) => r.id === id)?.reason) || id)} />
              : <Boundary of={rules}><RowTable rules={rules} city={city} opened={opened} open={setOpened} replace={editor.replace} /></Boundary>}
          </DocContext.Provider>
        )}
        {!editing && view === "json" && <Note>{w("read_only")}</Note>}
      </div>
      {asking === "replace" && <Confirm title={w("replace_title")} text={<p>{w("replace_text")}</p>} action={w("replace_go")} run={begin} close={() => setAsking(null)} />}
      {asking === "again" && meta && <Confirm title={w("publish_again")} text={<p>{w("publish_again_text", { n: meta.version })}</p>} action={w("publish")} close={() => setAsking(null)} run={async () => { await publishVersion("routing", meta.version); toast(w("published_toast", { n: meta.version })); list.reload(); }} />}
      {asking === "delete" && meta && <Confirm title={w("discard_title")} text={<p>{w("delete_text", { n: meta.version })}</p>} action={w("delete_draft")} run={async () => { await deleteDraft("routing", meta.version); list.reload(); location.hash = "#/routing"; }} close={() => setAsking(null)} />}
    </div>
  );
}
