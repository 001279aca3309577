import { useCallback, useEffect, useRef, useState } from "react";
import { ApiError } from "../../../api/errors";
import { keep, load } from "../../../lib/store";
import { addDraft, type Check, checkVersion, deleteDraft, type Kind, publishVersion, type Version } from "../adminApi";
import { fromError, fromProblems, type Issue, without } from "../issues";
import { withValue } from "../pointer";

/** A draft as it is being written; it lies in this browser until it is kept on the server. */
export interface Draft<D> { base: number; saved: number | null; savedText: string | null; note: string; document: D }
export interface Editor<D> {
  draft: Draft<D> | null; issues: Issue[]; check: Check | null; busy: "" | "save" | "check" | "publish" | "discard"; error: unknown; unsaved: boolean;
  begin: (base: number, document: D, saved?: Version) => void;
  set: (at: string, value: unknown) => void;
  /** A change of many places: what a check said no longer fits. */
  replace: (document: D) => void;
  setNote: (note: string) => void;
  save: () => Promise<number | null>; runCheck: () => Promise<void>; publish: () => Promise<Version | null>; discard: () => Promise<void>;
  showError: (error: unknown) => void;
}

const text = (d: { document: unknown; note: string }): string => JSON.stringify([d.document, d.note]);

/**
 * Editing of one kind of document. A draft on the server never changes, so keeping one that was
 * changed adds a new draft and takes the old one away.
 */
export function useEditor<D>(kind: Kind, ready: (document: D) => D, findHere: (document: D) => Issue[]): Editor<D> {
  const store = `ht.admin.${kind}`;
  const [draft, setDraft] = useState<Draft<D> | null>(() => load<Draft<D> | null>(store, null));
  const [issues, setIssues] = useState<Issue[]>([]);
  const [check, setCheck] = useState<Check | null>(null);
  const [busy, setBusy] = useState<Editor<D>["busy"]>("");
  const [error, setError] = useState<unknown>(null);
  const latest = useRef(draft);
  latest.current = draft;
  useEffect(() => { keep(store, draft); }, [store, draft]);

  const change = useCallback((next: Draft<D> | null) => { latest.current = next; setDraft(next); }, []);
  const begin = useCallback((base: number, document: D, saved?: Version) => {
    change({ base, document, note: saved?.note ?? "", saved: saved?.version ?? null, savedText: saved ? text({ document, note: saved.note }) : null });
    setIssues([]); setCheck(null); setError(null);
  }, [change]);
  const set = useCallback((at: string, value: unknown) => {
    const now = latest.current;
    if (!now) return;
    change({ ...now, document: withValue(now.document, at, value) });
    setIssues((list) => without(list, at)); setCheck(null); setError(null);
  }, [change]);
  const replace = useCallback((document: D) => { if (latest.current) change({ ...latest.current, document }); setIssues([]); setCheck(null); setError(null); }, [change]);
  const setNote = useCallback((note: string) => { if (latest.current) change({ ...latest.current, note }); }, [change]);

  /** One thing at a time; a refusal is shown at the places that it names. */
  async function step<T>(name: Editor<D>["busy"], run: () => Promise<T>): Promise<T | null> {
    setBusy(name); setError(null);
    try { return await run(); } catch (e) {
      const found = fromError(e, "/document");
      setIssues(found);
      setError(e);
      return null;
    } finally { setBusy(""); }
  }
  async function keepOnServer(): Promise<number | null> {
    const now = latest.current;
    if (!now) return null;
    const document = ready(now.document);
    const wrong = findHere(document);
    if (wrong.length) { setIssues(wrong); return null; }
    if (now.saved !== null && now.savedText === text({ document, note: now.note })) return now.saved;
    const added = await addDraft(kind, document, now.note);
    // somebody may have thrown the old one away already
    if (now.saved !== null) await deleteDraft(kind, now.saved).catch((e: unknown) => { if (!(e instanceof ApiError)) throw e; });
    change({ ...latest.current!, document, saved: added.version, savedText: text({ document, note: now.note }) });
    return added.version;
  }
  const save = () => step("save", async () => { setIssues([]); return keepOnServer(); });
  const runCheck = async () => { await step("check", async () => {
    setIssues([]); setCheck(null);
    const n = await keepOnServer();
    if (n === null) return;
    const found = await checkVersion(kind, n);
    setIssues(fromProblems(found.problems)); setCheck(found);
  }); };
  const publish = () => step("publish", async () => {
    const n = await keepOnServer();
    if (n === null) return null;
    const done = await publishVersion(kind, n);
    change(null); setIssues([]); setCheck(null);
    return done;
  });
  const discard = async () => { await step("discard", async () => {
    const saved = latest.current?.saved;
    if (saved != null) await deleteDraft(kind, saved).catch((e: unknown) => { if (!(e instanceof ApiError && (e.status === 404 || e.status === 409))) throw e; });
    change(null); setIssues([]); setCheck(null);
  }); };
  const unsaved = draft !== null && draft.savedText !== text(draft);
  return { draft, issues, check, busy, error, unsaved, begin, set, replace, setNote, save, runCheck, publish, discard, showError: setError };
}
