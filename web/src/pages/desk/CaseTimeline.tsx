import { type FormEvent, useState } from "react";
import { addNote } from "../../api/endpoints";
import type { CaseEvent } from "../../api/types";
import { t } from "../../i18n";
import { dateTime } from "../../lib/time";
import { errorText, Note, Spinner } from "../../ui/bits";
import { roleLabel } from "./sources";

const MARK: Record<CaseEvent["kind"], string> = { step: "var(--brand)", mark: "var(--line-strong)", note: "var(--warn)" };

export function CaseTimeline({ id, events, changed }: { id: string; events: CaseEvent[]; changed: () => void; lang: string }) {
  const [text, setText] = useState("");
  const [busy, setBusy] = useState(false);
  const [problem, setProblem] = useState("");
  async function submit(e: FormEvent) {
    e.preventDefault();
    if (!text.trim()) return;
    setBusy(true);
    setProblem("");
    try { await addNote(id, text.trim()); setText(""); changed(); } catch (error) { setProblem(errorText(error)); }
    finally { setBusy(false); }
  }
  const newest = [...events].sort((a, b) => Date.parse(b.at) - Date.parse(a.at) || b.rev - a.rev || b.seq - a.seq);
  return (
    <section className="card pad stack"><h2 className="case__h">{t("case_timeline")}</h2>
      <form className="note-form" onSubmit={(e) => void submit(e)}>
        <label className="sr" htmlFor="note">{t("case_note")}</label>
        <textarea id="note" className="input" rows={2} placeholder={`${t("case_note")}. ${t("case_note_hint")}`} value={text} onChange={(e) => setText(e.target.value)} onKeyDown={(e) => { if (e.key === "Enter" && (e.ctrlKey || e.metaKey)) e.currentTarget.form?.requestSubmit(); }} />
        {text.trim() && <button className="btn btn--small btn--primary" disabled={busy}>{busy && <Spinner />}{t("case_note_add")}</button>}
        {problem && <Note kind="danger">{problem}</Note>}
      </form>
      <ol className="timeline">
        {newest.map((e) => (
          <li key={`${e.rev}.${e.seq}.${e.kind}.${e.at}`} className={`t-${e.kind}`} style={{ "--tone": MARK[e.kind] } as React.CSSProperties}>
            <p className="strong">{e.kind === "note" && !e.label ? t("case_note") : e.label}</p>
            <p className="muted small num"><time dateTime={e.at}>{dateTime(e.at)}</time> · {e.actor.name || roleLabel(e.actor.role)}</p>
            {e.text && <p className="quote pre">{e.text}</p>}
          </li>
        ))}
      </ol>
    </section>
  );
}
