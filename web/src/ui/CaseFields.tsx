import { createContext, useContext, useEffect, useRef, useState } from "react";
import { duplicates, fittingAnswers, people } from "../api/casework";
import type { Choice, Field } from "../api/types";
import { t } from "../i18n";
import { useLoad } from "../lib/hooks";
import { reportCode } from "../lib/text";
import { errorText, Spinner } from "./bits";
import { Icon } from "./Icon";

/** The case that a form is about, for fields that need to know: who works there, which answers fit. */
export const FormCase = createContext<string | null>(null);

/** Fields whose words go to the citizen; the wire does not say so, the names are the process's custom. */
export const takesWords = (field: Field): boolean => field.type === "text" && ["answer", "question", "text"].includes(field.name);

/** Whom the case can be given to, the least busy first. */
export function usePeople(id: string | null): { choices: Choice[] | undefined; problem: string } {
  const { data, error } = useLoad(id && `people:${id}`, () => people(id!));
  return { choices: data?.map((p) => ({ value: p.id, label: t("person_load", { name: p.name, n: p.open_cases }) })), problem: error ? errorText(error) : "" };
}
export function PersonSelect({ common, value, set }: { common: object; value: string; set: (v: string) => void }) {
  const { choices, problem } = usePeople(useContext(FormCase));
  return (
    <>
      <select {...common} value={value} onChange={(e) => set(e.target.value)} disabled={!choices}><option value="">{t(choices || problem ? "choose" : "loading")}</option>{choices?.map((c) => <option key={c.value} value={c.value}>{c.label}</option>)}</select>
      {choices?.length === 0 && <span className="field__hint">{t("person_none")}</span>}
      {problem && <span className="field__error" role="alert">{problem}</span>}
    </>
  );
}

/** Another case by its code; those that may be the same are proposed. */
export function CaseCode({ common, id, value, set }: { common: object; id: string; value: string; set: (v: string) => void }) {
  const about = useContext(FormCase);
  const { data } = useLoad(about && `dup:${about}`, () => duplicates(about!));
  return (
    <>
      <input {...common} className="input num" list={data?.length ? `${id}-codes` : undefined} autoCapitalize="characters" autoComplete="off" spellCheck={false} placeholder="H7K-9M2R" value={value}
        onChange={(e) => set(e.target.value)} onBlur={() => { const code = reportCode(value); if (code) set(code); }} />
      {data && data.length > 0 && <datalist id={`${id}-codes`}>{data.map((d) => <option key={d.id} value={d.code}>{d.summary || d.category.name}</option>)}</datalist>}
      <span className="field__hint">{t("code_hint")}</span>
    </>
  );
}

/** Texts to start from, made for this case by the server; what was typed already stays in front. */
export function AnswerMenu({ value, set }: { value: string; set: (v: string) => void }) {
  const about = useContext(FormCase);
  const [open, setOpen] = useState(false);
  const box = useRef<HTMLDivElement>(null);
  const { data, error } = useLoad(open && about ? `answers:${about}` : null, () => fittingAnswers(about!));
  useEffect(() => {
    if (!open) return;
    const outside = (e: PointerEvent) => { if (!box.current?.contains(e.target as Node)) setOpen(false); };
    document.addEventListener("pointerdown", outside);
    return () => document.removeEventListener("pointerdown", outside);
  }, [open]);
  if (!about) return null;
  const close = () => { setOpen(false); box.current?.querySelector("button")?.focus(); };
  return (
    <div className="answers" ref={box} onKeyDown={(e) => { if (e.key === "Escape" && open) { e.preventDefault(); e.stopPropagation(); close(); } }}>
      <button type="button" className="btn btn--small btn--plain" aria-expanded={open} onClick={() => setOpen(!open)}><Icon name="note" size={16} />{t("answers_menu")}<Icon name="down" size={16} /></button>
      {open && <ul className="answers__list">
        {!data && !error && <li className="row pad"><Spinner /></li>}
        {Boolean(error) && <li className="pad field__error">{errorText(error)}</li>}
        {data?.length === 0 && <li className="pad muted small">{t("answers_none")}</li>}
        {data?.map((a) => <li key={a.id}><button type="button" onClick={() => { set(value.trim() ? `${value.trim()}\n${a.text}` : a.text); close(); }}><b>{a.title}</b><span className="muted small">{a.text}</span></button></li>)}
      </ul>}
    </div>
  );
}
