import { AddButton, Group, RemoveButton } from "../parts";
import { CheckAt, ChipsAt, Field, LabelAt, NumberAt, SelectAt, TextAt, useDoc } from "../form";
import { freeName, pointer, valueAt } from "../pointer";
import { w } from "../words";
import type { Process } from "./document";
import { actionOptions, stateOptions, templatesOf } from "./options";
import { NameField, NotifyAt } from "./small";

export function ClockForm({ process, name, rename, remove }: { process: Process; name: string; rename: (to: string) => void; remove: () => void }) {
  const { set, readOnly } = useDoc();
  const at = pointer("clocks", name), clock = process.clocks[name]!, marks = clock.marks ?? [];
  return (
    <div className="stack">
      <div className="pair"><NameField name={name} taken={Object.keys(process.clocks)} rename={rename} /><HoursAt at={`${at}/hours`} /></div>
      <LabelAt at={`${at}/label`} label={w("label")} />
      <div className="trio">
        <SelectAt at={`${at}/calendar`} label={w("counted_in")} options={["working", "always"].map((v) => ({ value: v, label: w(`count_${v}` as never) }))} none={w("count_working")} />
        <SelectAt at={`${at}/starts_with`} label={w("starts_with")} options={["state", "action"].map((v) => ({ value: v, label: w(`starts_${v}` as never) }))} none={w("starts_state")} />
        <SelectAt at={`${at}/timeout`} label={w("timeout")} options={actionOptions(process)} none={w("timeout_none")} />
      </div>
      <ChipsAt at={`${at}/runs_in`} label={w("runs_in")} options={stateOptions(process)} />
      <ChipsAt at={`${at}/pauses_in`} label={w("pauses_in")} options={stateOptions(process)} />
      <CheckAt at={`${at}/promise`} label={w("promise")} hint={w("promise_hint")} />
      <Group title={w("marks")}>
        {marks.map((m, i) => (
          <fieldset key={i} className="fieldbox" data-at={`${at}/marks/${i}`} tabIndex={-1}>
            <legend><b className="num">{w("mark_at", { share: Math.round(m.at * 100) })}</b>{!readOnly && <span className="fieldbox__tools"><RemoveButton label={w("remove")} onClick={() => set(`${at}/marks/${i}`, undefined)} /></span>}</legend>
            <div className="stack stack--s">
              <div className="pair"><TextAt at={`${at}/marks/${i}/name`} label={w("code_name")} mono empty="" /><NumberAt at={`${at}/marks/${i}/at`} label={w("mark_share")} hint={w("mark_hint")} min={0} max={10} step={0.05} /></div>
              <NotifyAt at={`${at}/marks/${i}/notify`} templates={templatesOf(process)} />
            </div>
          </fieldset>
        ))}
        {!marks.length && <span className="muted small">{w("none")}</span>}
        {!readOnly && <div><AddButton label={w("add_mark")} onClick={() => set(`${at}/marks`, [...marks, { name: freeName(marks.map((m) => m.name), `${name.slice(0, 30)}_soon`), at: 0.75, notify: [] }])} /></div>}
      </Group>
      {!readOnly && <div><button type="button" className="btn btn--small btn--danger" onClick={remove}>{w("remove_clock")}</button></div>}
    </div>
  );
}

/** A number of hours, or an expression that gives one. */
function HoursAt({ at }: { at: string }) {
  const { doc, set } = useDoc();
  const value = valueAt(doc, at);
  return <Field at={at} label={w("hours")} hint={w("hours_hint")}>{(wired) => (
    <input {...wired} className="input input--small mono" spellCheck={false} value={String(value ?? "")} onChange={(e) => set(at, hoursOf(e.target.value))} />
  )}</Field>;
}
/** "24" is a number; "24." is still being typed, and so a text. */
const hoursOf = (typed: string): number | string => (/^\d+(\.\d*[1-9])?$/.test(typed) ? Number(typed) : typed);
