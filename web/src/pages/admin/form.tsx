/** Controls bound to places of a document. Each shows what speaks against its place. */
import { createContext, type ReactNode, useContext, useEffect, useId, useRef, useState } from "react";
import { Icon } from "../../ui/Icon";
import { below, type Issue } from "./issues";
import { valueAt } from "./pointer";
import { w } from "./words";

export interface Doc { doc: unknown; set: (at: string, value: unknown) => void; readOnly: boolean; issues: Issue[] }
export const DocContext = createContext<Doc>({ doc: {}, set: () => undefined, readOnly: true, issues: [] });
export const useDoc = (): Doc => useContext(DocContext);
export interface Option { value: string; label: string }

interface Base { at: string; label: string; hint?: ReactNode; className?: string }
/** What stands in the document where the control is left empty; without it the place is taken out. */
interface Emptiable { empty?: null | "" }

export function Problems({ at, id, exact }: { at: string; id?: string; exact?: boolean }) {
  const { issues } = useDoc();
  const mine = exact ? issues.filter((i) => i.at === at) : below(issues, at);
  if (!mine.length) return null;
  return <span id={id} className="problems">{mine.map((i, n) => <span key={n} className={i.severity === "error" ? "field__error" : "field__warning"} role={i.severity === "error" ? "alert" : undefined}>{i.text}</span>)}</span>;
}

type Wired = { id: string; "data-at": string; "aria-invalid": true | undefined; "aria-describedby": string | undefined; disabled: boolean };
export function Field({ at, label, hint, className, children }: Base & { children: (wired: Wired) => ReactNode }) {
  const id = useId();
  const { issues, readOnly } = useDoc();
  const mine = below(issues, at);
  return (
    <div className={`field f ${className ?? ""}`}>
      <label htmlFor={id}>{label}</label>
      {children({ id, "data-at": at, "aria-invalid": mine.some((i) => i.severity === "error") || undefined, "aria-describedby": mine.length ? `${id}-e` : undefined, disabled: readOnly })}
      {hint && <span className="field__hint">{hint}</span>}
      <Problems at={at} id={`${id}-e`} />
    </div>
  );
}

const asText = (v: unknown): string => (typeof v === "string" || typeof v === "number" ? String(v) : "");

export function TextAt({ at, label, hint, className, empty, mono, long, type = "text", placeholder, list, auto }: Base & Emptiable & { mono?: boolean; long?: boolean; type?: string; placeholder?: string; list?: string[]; auto?: string }) {
  const { doc, set } = useDoc();
  const listId = useId();
  const value = asText(valueAt(doc, at));
  const change = (v: string) => set(at, v === "" && empty !== "" ? (empty === null ? null : undefined) : v);
  const look = `input input--small ${mono ? "mono" : ""}`;
  return (
    <Field at={at} label={label} hint={hint} {...(className ? { className } : {})}>
      {(wired) => long
        ? <textarea {...wired} className={look} rows={3} value={value} onChange={(e) => change(e.target.value)} />
        : <><input {...wired} className={look} type={type} value={value} placeholder={placeholder} autoComplete={auto ?? "off"} spellCheck={mono ? false : undefined} list={list ? listId : undefined} onChange={(e) => change(e.target.value)} />{list && <datalist id={listId}>{list.map((v) => <option key={v} value={v} />)}</datalist>}</>}
    </Field>
  );
}
/** Both languages of a text, side by side. */
export const LabelAt = ({ at, label }: { at: string; label: string }) => (
  <div className="pair"><TextAt at={`${at}/vi`} label={w("in_vi", { label })} empty="" /><TextAt at={`${at}/en`} label={w("in_en", { label })} empty="" /></div>
);

/** Keeps what is typed while it is no number yet ("1.", "-"), and tells the document only numbers. */
export function NumberAt({ at, label, hint, className, empty, min, max, step }: Base & Emptiable & { min?: number; max?: number; step?: number | "any" }) {
  const { doc, set } = useDoc();
  const value = valueAt(doc, at);
  return <Field at={at} label={label} hint={hint} {...(className ? { className } : {})}>{(wired) => (
    <input {...wired} className="input input--small num" type="number" min={min} max={max} step={step ?? "any"} value={asText(value)}
      onChange={(e) => set(at, e.target.value === "" ? (empty === null ? null : undefined) : Number(e.target.value))} />
  )}</Field>;
}

export function SelectAt({ at, label, hint, className, empty, options, none }: Base & Emptiable & { options: Option[]; none?: string }) {
  const { doc, set } = useDoc();
  const value = asText(valueAt(doc, at));
  const known = options.some((o) => o.value === value);
  return <Field at={at} label={label} hint={hint} {...(className ? { className } : {})}>{(wired) => (
    <select {...wired} className="input input--small" value={value} onChange={(e) => set(at, e.target.value === "" ? (empty === null ? null : undefined) : e.target.value)}>
      {(none !== undefined || !value) && <option value="">{none ?? w("choose")}</option>}
      {!known && value && <option value={value}>{w("unknown_value", { value })}</option>}
      {options.map((o) => <option key={o.value} value={o.value}>{o.label}</option>)}
    </select>
  )}</Field>;
}

export function CheckAt({ at, label, hint, otherwise = false }: Base & { otherwise?: boolean }) {
  const { doc, set, readOnly } = useDoc();
  const on = valueAt(doc, at) ?? otherwise;
  return (
    <div className="field f"><label className="check check--s"><input type="checkbox" data-at={at} disabled={readOnly} checked={on === true} onChange={(e) => set(at, e.target.checked)} /><span>{label}{hint && <span className="field__hint"> {hint}</span>}</span></label><Problems at={at} /></div>
  );
}

/** A few choices, any of them: all are in sight. */
export function ChipsAt({ at, label, hint, options, numbers }: Base & { options: Option[]; numbers?: boolean }) {
  const { doc, set, readOnly } = useDoc();
  const chosen = ((valueAt(doc, at) ?? []) as (string | number)[]).map(String);
  const toggle = (v: string, on: boolean) => {
    const next = options.map((o) => o.value).filter((o) => (o === v ? on : chosen.includes(o)));
    const strange = chosen.filter((c) => !options.some((o) => o.value === c));
    set(at, [...next, ...strange].map((x) => (numbers ? Number(x) : x)));
  };
  return (
    <fieldset className="field f"><legend className="field__label">{label}</legend>
      <div className="choices choices--s" data-at={at} tabIndex={-1}>
        {options.map((o) => <label key={o.value} className="chip chip--s"><input type="checkbox" disabled={readOnly} checked={chosen.includes(o.value)} onChange={(e) => toggle(o.value, e.target.checked)} />{o.label}</label>)}
      </div>
      {hint && <span className="field__hint">{hint}</span>}<Problems at={at} />
    </fieldset>
  );
}

/** Many choices: what was chosen, and a list to choose one more from. */
export function PicksAt({ at, label, hint, options, groups }: Base & { options: Option[]; groups?: { label: string; options: Option[] }[] }) {
  const { doc, set } = useDoc();
  const chosen = (valueAt(doc, at) ?? []) as string[];
  const all = [...options, ...(groups ?? []).flatMap((g) => g.options)];
  const left = (list: Option[]) => list.filter((o) => !chosen.includes(o.value));
  return (
    <Field at={at} label={label} hint={hint}>{(wired) => <>
      <Tags at={at} values={chosen} name={(v) => all.find((o) => o.value === v)?.label ?? v} />
      {!wired.disabled && <select {...wired} className="input input--small" value="" onChange={(e) => set(at, [...chosen, e.target.value])}>
        <option value="">{w("add_choice")}</option>
        {left(options).map((o) => <option key={o.value} value={o.value}>{o.label}</option>)}
        {groups?.map((g) => left(g.options).length > 0 && <optgroup key={g.label} label={g.label}>{left(g.options).map((o) => <option key={o.value} value={o.value}>{o.label}</option>)}</optgroup>)}
      </select>}
      {wired.disabled && !chosen.length && <span className="muted small">{w("none")}</span>}
    </>}</Field>
  );
}

/** Free words, each added with Enter. */
export function WordsAt({ at, label, hint, parse = (s) => s }: Base & { parse?: (typed: string) => unknown }) {
  const { doc, set } = useDoc();
  const [typed, setTyped] = useState("");
  const chosen = (valueAt(doc, at) ?? []) as unknown[];
  const add = () => {
    const news = typed.split(/[,;\n]/).map((s) => s.trim()).filter(Boolean).map(parse).filter((v) => !chosen.includes(v));
    if (news.length) set(at, [...chosen, ...news]);
    setTyped("");
  };
  return (
    <Field at={at} label={label} hint={hint}>{(wired) => <>
      <Tags at={at} values={chosen.map(String)} name={(v) => v} />
      {!wired.disabled && <input {...wired} className="input input--small" value={typed} placeholder={w("word_add")} enterKeyHint="done" onChange={(e) => setTyped(e.target.value)} onBlur={add} onKeyDown={(e) => { if (e.key === "Enter") { e.preventDefault(); add(); } }} />}
    </>}</Field>
  );
}
function Tags({ at, values, name }: { at: string; values: string[]; name: (value: string) => string }) {
  const { set, doc, readOnly, issues } = useDoc();
  if (!values.length) return null;
  const drop = (i: number) => set(at, ((valueAt(doc, at) ?? []) as unknown[]).filter((_, n) => n !== i));
  return (
    <ul className="tags">{values.map((v, i) => (
      <li key={v} className={below(issues, `${at}/${i}`).length ? "tag tag--wrong" : "tag"}>{name(v)}{!readOnly && <button type="button" aria-label={w("remove_named", { name: name(v) })} onClick={() => drop(i)}><Icon name="x" size={13} /></button>}</li>
    ))}</ul>
  );
}

/** Brings a place into sight and puts the focus there: the control itself, or what is nearest around it. */
export function useJump(at: { place: string; turn: number } | null): void {
  const done = useRef(0);
  useEffect(() => {
    if (!at || done.current === at.turn) return;
    done.current = at.turn;
    // the part that holds it opens in the same render; its fields are there one frame later
    const id = requestAnimationFrame(() => {
      const found = [...document.querySelectorAll<HTMLElement>("[data-at]")]
        .filter((e) => at.place === e.dataset.at || at.place.startsWith(`${e.dataset.at}/`) || e.dataset.at!.startsWith(`${at.place}/`))
        .sort((a, b) => likeness(b.dataset.at!, at.place) - likeness(a.dataset.at!, at.place))[0];
      if (!found) return;
      found.scrollIntoView({ block: "center" });
      found.focus({ preventScroll: true });
    });
    return () => cancelAnimationFrame(id);
  }, [at]);
}
const likeness = (at: string, place: string): number => (at === place ? 1e6 : place.startsWith(at) ? at.length : 1 / at.length);
