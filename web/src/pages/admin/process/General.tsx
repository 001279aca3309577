import { useState } from "react";
import { AddButton, Group, RemoveButton } from "../parts";
import { Field, LabelAt, SelectAt, useDoc } from "../form";
import { freeName, pointer, withKey } from "../pointer";
import { w } from "../words";
import type { Process } from "./document";
import { stateOptions } from "./options";

/** What is said of the process as a whole: its name, where cases begin, its counters. */
export function General({ process }: { process: Process }) {
  const { set, readOnly } = useDoc();
  const data = process.data ?? {};
  return (
    <div className="card pad stack">
      <LabelAt at="/title" label={w("process_title")} />
      <SelectAt at="/initial" label={w("initial_state")} options={stateOptions(process)} />
      <Group title={w("counters")}>
        <p className="field__hint">{w("counters_hint")}</p>
        {Object.entries(data).map(([name, value]) => <Counter key={name} name={name} value={value} rename={(to) => set("/data", withKey(data, name, to))} remove={() => { const { [name]: _, ...rest } = data; set("/data", rest); }} taken={Object.keys(data)} />)}
        {!readOnly && <div><AddButton label={w("add_counter")} onClick={() => set("/data", { ...data, [freeName(Object.keys(data), "counter")]: 0 })} /></div>}
      </Group>
    </div>
  );
}

function Counter({ name, value, taken, rename, remove }: { name: string; value: number | string; taken: string[]; rename: (to: string) => void; remove: () => void }) {
  const { set, readOnly } = useDoc();
  const [typed, setTyped] = useState(name);
  const at = `/data${pointer(name)}`;
  return (
    <div className="line">
      <div className="field f"><label>{w("code_name")}<input className="input input--small mono" disabled={readOnly} value={typed} onChange={(e) => setTyped(e.target.value)} onBlur={() => { if (/^[a-z][a-z0-9_]{0,39}$/.test(typed) && !taken.includes(typed)) rename(typed); else setTyped(name); }} /></label></div>
      <Field at={at} label={w("starts_at")}>{(wired) => <input {...wired} className="input input--small num" value={String(value)} onChange={(e) => set(at, /^-?\d+$/.test(e.target.value) ? Number(e.target.value) : e.target.value)} />}</Field>
      {!readOnly && <RemoveButton label={w("remove_named", { name })} onClick={remove} />}
    </div>
  );
}
