/** Smaller parts of the process's forms: names, messages, pairs, expressions. */
import { useState } from "react";
import { AddButton, RemoveButton } from "../parts";
import { type Option, SelectAt, TextAt, useDoc } from "../form";
import { type Json, pointer, valueAt, withKey } from "../pointer";
import { w } from "../words";
import type { Notify } from "./document";
import { audienceOptions } from "./options";

const NAME = /^[a-z][a-z0-9_]{0,39}$/;
/** The name of a part in the document; other parts that name it follow when the field is left. */
export function NameField({ name, taken, rename }: { name: string; taken: string[]; rename: (to: string) => void }) {
  const { readOnly } = useDoc();
  const [typed, setTyped] = useState(name);
  const wrong = typed === name ? "" : !NAME.test(typed) ? w("name_malformed") : taken.includes(typed) ? w("name_taken") : "";
  return (
    <div className="field f"><label htmlFor={`name-${name}`}>{w("code_name")}</label>
      <input id={`name-${name}`} className="input input--small mono" disabled={readOnly} spellCheck={false} value={typed} aria-invalid={wrong ? true : undefined} aria-describedby={wrong ? `name-${name}-e` : undefined}
        onChange={(e) => setTyped(e.target.value)} onBlur={() => { if (!wrong && typed !== name) rename(typed); }} />
      {wrong && <span className="field__error" id={`name-${name}-e`} role="alert">{wrong}</span>}
    </div>
  );
}

/** Whom to tell, and with which message. */
export function NotifyAt({ at, templates }: { at: string; templates: string[] }) {
  const { doc, set, readOnly } = useDoc();
  const list = (valueAt(doc, at) ?? []) as Notify[];
  return (
    <div className="stack stack--tight">
      {list.map((_, i) => (
        <div key={i} className="line" data-at={`${at}/${i}`} tabIndex={-1}>
          <SelectAt at={`${at}/${i}/audience`} label={w("audience")} options={audienceOptions()} />
          <TextAt at={`${at}/${i}/template`} label={w("template")} empty="" mono list={templates} />
          {!readOnly && <RemoveButton label={w("remove")} onClick={() => set(`${at}/${i}`, undefined)} />}
        </div>
      ))}
      {!list.length && <span className="muted small">{w("nobody")}</span>}
      {!readOnly && <div><AddButton label={w("add_notify")} onClick={() => set(at, [...list, { audience: "department", template: "" }])} /></div>}
    </div>
  );
}

/** What is written where: a name chosen from a list, and an expression. */
export function PairsAt({ at, options, name, value, add }: { at: string; options: Option[]; name: string; value: string; add: string }) {
  const { doc, set, readOnly } = useDoc();
  const record = (valueAt(doc, at) ?? {}) as Record<string, string>;
  const keys = Object.keys(record), free = options.filter((o) => !keys.includes(o.value));
  const drop = (key: string) => { const { [key]: _, ...rest } = record as Json; set(at, rest); };
  return (
    <div className="stack stack--tight">
      {keys.map((key) => (
        <div key={key} className="line" data-at={at + pointer(key)} tabIndex={-1}>
          <div className="field f"><label>{name}
            <select className="input input--small" disabled={readOnly} value={key} onChange={(e) => set(at, withKey(record, key, e.target.value))}>
              {[...(options.some((o) => o.value === key) ? [] : [{ value: key, label: w("unknown_value", { value: key }) }]), ...options].filter((o) => o.value === key || !keys.includes(o.value)).map((o) => <option key={o.value} value={o.value}>{o.label}</option>)}
            </select></label></div>
          <TextAt at={at + pointer(key)} label={value} empty="" mono />
          {!readOnly && <RemoveButton label={w("remove")} onClick={() => drop(key)} />}
        </div>
      ))}
      {!keys.length && readOnly && <span className="muted small">{w("none")}</span>}
      {!readOnly && free.length > 0 && <div><AddButton label={add} onClick={() => set(at, { ...record, [free[0]!.value]: "" })} /></div>}
    </div>
  );
}
