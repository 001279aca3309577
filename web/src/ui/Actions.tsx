import { type FormEvent, useEffect, useRef, useState } from "react";
import { ApiError, fieldMessage } from "../api/errors";
import type { Action } from "../api/types";
import { t } from "../i18n";
import { body, check, type Values } from "../lib/form";
import { errorText, Note, Spinner } from "./bits";
import { Dialog } from "./Dialog";
import { FormFields } from "./FormFields";
import { toast } from "./Toasts";

interface Props {
  actions: Action[];
  /** Sends the form; throws what the client throws. May answer what to say when it is done. */
  run: (action: string, form: Values) => Promise<string | void>;
  /** Somebody was faster: load the new version. */
  onConflict?: () => void;
  small?: boolean;
}

/** The way forward comes first: on a phone the rest is reached by scrolling. */
const inOrder = (actions: Action[]): Action[] => [...actions].sort((a, b) => Number(b.style === "primary") - Number(a.style === "primary"));

/** Exactly the buttons the server offers, each with the form it asks for. Nothing here knows a process. */
export function Actions({ actions, run, onConflict, small }: Props) {
  const [open, setOpen] = useState<Action | null>(null);
  const current = open && (actions.find((a) => a.action === open.action) ?? null);
  return (
    <>
      {inOrder(actions).map((a) => (
        <button key={a.action} className={`btn ${small ? "btn--small" : ""} ${a.style === "primary" ? "btn--primary" : a.style === "danger" ? "btn--danger" : ""}`} onClick={() => setOpen(a)}>{a.label}</button>
      ))}
      {open && <ActionDialog key={open.action} action={current ?? open} gone={!current} run={run} onConflict={onConflict} close={() => setOpen(null)} />}
    </>
  );
}

interface DialogProps { action: Action; title?: string; lead?: string; gone?: boolean; run: Props["run"]; onConflict?: (() => void) | undefined; close: () => void }
/** One form, sent once; also for what is no step of a process, as `lead` explains. */
export function ActionDialog({ action, title, lead, gone = false, run, onConflict, close }: DialogProps) {
  const [values, setValues] = useState<Values>({});
  const [wrong, setWrong] = useState<Record<string, string | undefined>>({});
  const [problem, setProblem] = useState<{ text: string; kind: "danger" | "warn" } | null>(null);
  const [sending, setSending] = useState(false);
  const [uploading, setUploading] = useState(false);
  const form = useRef<HTMLFormElement>(null);
  // the first field that is wrong, so that it can be corrected without looking for it
  useEffect(() => { form.current?.querySelector<HTMLElement>("[aria-invalid]")?.focus(); }, [wrong]);

  async function submit(e: FormEvent) {
    e.preventDefault();
    const missing = check(action.form, values);
    setWrong(missing);
    setProblem(null);
    if (Object.keys(missing).length) return;
    setSending(true);
    try {
      const said = await run(action.action, body(action.form, values));
      toast(said || t("action_done", { label: action.label }));
      close();
    } catch (error) {
      setSending(false);
      if (error instanceof ApiError && (error.status === 409 || error.status === 412)) {
        // somebody was faster: the case is loaded anew, what was typed stays; other conflicts have words of their own
        const stale = error.code === "case_changed" || error.status === 412;
        setProblem({ kind: "warn", text: stale ? t("case_conflict_kept") : errorText(error) });
        onConflict?.();
      } else if (error instanceof ApiError && error.fields.length) {
        const known = Object.fromEntries(action.form.map((f) => [f.name, fieldMessage(error.fields, f.name)]));
        setWrong(known);
        if (!Object.values(known).some(Boolean)) setProblem({ kind: "danger", text: error.fields.map((f) => f.detail).join(" ") });
      } else setProblem({ kind: "danger", text: errorText(error) });
    }
  }
  return (
    <Dialog title={title ?? action.label} onClose={close}>
      <form ref={form} className="stack" onSubmit={(e) => void submit(e)} noValidate>
        {problem && <Note kind={problem.kind}>{problem.text}</Note>}
        {gone && <Note kind="warn">{t("case_action_gone")}</Note>}
        {lead && <p>{lead}</p>}
        {!lead && action.form.length === 0 && !problem && <p>{t("action_sure", { label: action.label })}</p>}
        <FormFields fields={action.form} values={values} errors={wrong} onChange={(v) => { setValues(v); setWrong({}); }} onBusy={setUploading} />
        <div className="dialog__foot">
          <button type="button" className="btn" onClick={close}>{t("cancel")}</button>
          <button className={`btn ${action.style === "danger" ? "btn--danger-full" : "btn--primary"}`} disabled={sending || uploading || gone}>{sending && <Spinner />}{action.form.length ? action.label : t("confirm")}</button>
        </div>
      </form>
    </Dialog>
  );
}
