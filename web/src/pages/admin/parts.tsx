/** Parts of the tables and forms of this page. */
import { type FormEvent, type ReactNode, useLayoutEffect, useRef, useState } from "react";
import { errorText, Note, Spinner } from "../../ui/bits";
import { Dialog } from "../../ui/Dialog";
import { Icon } from "../../ui/Icon";
import { DocContext, useDoc } from "./form";
import { below, fromError, type Issue, without } from "./issues";
import { withValue } from "./pointer";
import { w } from "./words";

/** A row that opens below itself; `at` is the place that it stands for. */
export function OpenRow({ at, columns, cells, open, toggle, label, children, tools }: { at: string; columns: number; cells: ReactNode[]; open: boolean; toggle: () => void; label: string; children: () => ReactNode; tools?: ReactNode }) {
  const { issues } = useDoc();
  const mine = below(issues, at);
  const wrong = mine.some((i) => i.severity === "error");
  return (
    <>
      <tr className={`orow ${open ? "orow--open" : ""} ${mine.length ? (wrong ? "orow--wrong" : "orow--warn") : ""}`} data-at={open ? undefined : at} tabIndex={-1}>
        <td className="orow__toggle"><button type="button" className="icon-button" aria-expanded={open} aria-label={label} onClick={toggle}><Icon name={open ? "down" : "right"} size={16} /></button></td>
        {cells.map((c, i) => <td key={i} onClick={(e) => { if (!(e.target as HTMLElement).closest("button, a, input, select")) toggle(); }}>{c}</td>)}
        {tools && <td className="orow__tools">{tools}</td>}
      </tr>
      {mine.length > 0 && !open && <tr className="orow__issues"><td /><td colSpan={columns - 1}>{mine.slice(0, 4).map((i, n) => <span key={n} className={i.severity === "error" ? "field__error" : "field__warning"}>{i.text}</span>)}{mine.length > 4 && <span className="muted small">{w("and_more", { n: mine.length - 4 })}</span>}</td></tr>}
      {open && <tr className="orow__form"><td colSpan={columns}><PartForm at={at} issues={mine}>{children()}</PartForm></td></tr>}
    </>
  );
}

/** The form of an open row; above it what no control of it shows (a key that should not be there). */
function PartForm({ at, issues, children }: { at: string; issues: Issue[]; children: ReactNode }) {
  const box = useRef<HTMLDivElement>(null);
  const [stray, setStray] = useState<Issue[]>([]);
  useLayoutEffect(() => {
    const places = [...box.current!.querySelectorAll<HTMLElement>("input[data-at], select[data-at], textarea[data-at], .choices[data-at]")].map((e) => e.dataset.at!);
    setStray(issues.filter((i) => !places.some((p) => below([i], p).length)));
  }, [issues.map((i) => i.at).join("|")]); // eslint-disable-line
  return (
    <div ref={box} className="partform" data-at={at} tabIndex={-1}>
      {stray.map((i, n) => <p key={n} className={i.severity === "error" ? "field__error" : "field__warning"} role="alert">{i.text}{i.at !== at && <span className="mono muted"> {i.at.slice(at.length)}</span>}</p>)}
      {children}
    </div>
  );
}

export const Group = ({ title, children, tools }: { title: string; children: ReactNode; tools?: ReactNode }) => (
  <section className="group"><div className="between"><h4 className="group__h">{title}</h4>{tools}</div>{children}</section>
);
export const AddButton = ({ label, onClick }: { label: string; onClick: () => void }) => <button type="button" className="btn btn--small" onClick={onClick}><Icon name="plus" size={16} />{label}</button>;
export const RemoveButton = ({ label, onClick }: { label: string; onClick: () => void }) => <button type="button" className="icon-button icon-button--s" aria-label={label} title={label} onClick={onClick}><Icon name="x" size={16} /></button>;

/** A table that scrolls by itself where the window is narrow. */
export const Table = ({ head, children, label }: { head: ReactNode[]; children: ReactNode; label: string }) => (
  <div className="tablebox card" role="region" aria-label={label} tabIndex={0}><table className="table"><thead><tr>{head.map((h, i) => <th key={i} scope="col">{h}</th>)}</tr></thead><tbody>{children}</tbody></table></div>
);

/**
 * A form in a dialog over a small document of its own. Refusals are shown at the fields they name;
 * what names no field of `places` is shown above them.
 */
export function FormDialog<D>({ title, start, places, send, close, children, action }: { title: string; start: D; places: string[]; send: (doc: D) => Promise<void>; close: () => void; children: (doc: D, set: (at: string, value: unknown) => void) => ReactNode; action?: string }) {
  const [doc, setDoc] = useState(start);
  const [issues, setIssues] = useState<Issue[]>([]);
  const [general, setGeneral] = useState("");
  const [busy, setBusy] = useState(false);
  const set = (at: string, value: unknown) => { setDoc((d) => withValue(d, at, value)); setIssues((list) => without(list, at)); setGeneral(""); };
  async function submit(e: FormEvent<HTMLFormElement>) {
    e.preventDefault();
    const form = e.currentTarget;
    setBusy(true); setGeneral(""); setIssues([]);
    try { await send(doc); close(); } catch (error) {
      // a code in the address (`?code`) stands in the form too
      const found = fromError(error).map((i) => (i.at.startsWith("?") ? { ...i, at: `/${i.at.slice(1)}` } : i));
      const stray = found.filter((i) => !places.some((p) => below([i], p).length));
      setIssues(found);
      setGeneral(found.length ? stray.map((i) => i.text).join(" ") : errorText(error));
      setBusy(false);
      requestAnimationFrame(() => form.querySelector<HTMLElement>("[aria-invalid]")?.focus());
    }
  }
  return (
    <Dialog title={title} onClose={close}>
      <form className="stack" onSubmit={(e) => void submit(e)} noValidate>
        {general && <Note kind="danger">{general}</Note>}
        <DocContext.Provider value={{ doc, set, readOnly: false, issues }}>{children(doc, set)}</DocContext.Provider>
        <div className="dialog__foot"><button type="button" className="btn" onClick={close}>{w("cancel")}</button><button className="btn btn--primary" disabled={busy}>{busy && <Spinner />}{action ?? w("save")}</button></div>
      </form>
    </Dialog>
  );
}

/** Asks before something is taken away; says why where it is refused. */
export function Confirm({ title, text, action, run, close }: { title: string; text: ReactNode; action: string; run: () => Promise<unknown> | void; close: () => void }) {
  const [busy, setBusy] = useState(false);
  const [wrong, setWrong] = useState("");
  const go = async () => {
    setBusy(true); setWrong("");
    try { await run(); close(); } catch (e) { setWrong(fromError(e).map((i) => i.text).join(" ") || errorText(e)); setBusy(false); }
  };
  return (
    <Dialog title={title} onClose={close}>
      {wrong && <Note kind="danger">{wrong}</Note>}
      <div>{text}</div>
      <div className="dialog__foot"><button className="btn" onClick={close}>{w("cancel")}</button><button className="btn btn--danger-full" disabled={busy} onClick={() => void go()}>{busy && <Spinner />}{action}</button></div>
    </Dialog>
  );
}
