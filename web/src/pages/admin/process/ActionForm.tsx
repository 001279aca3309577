import { Group } from "../parts";
import { CheckAt, ChipsAt, LabelAt, type Option, PicksAt, SelectAt, TextAt, useDoc } from "../form";
import { pointer } from "../pointer";
import { w } from "../words";
import type { Process } from "./document";
import { FormAt } from "./FieldForm";
import { clockOptions, roleOptions, setOptions, stateName, stateOptions, styleOptions, templatesOf } from "./options";
import { NameField, NotifyAt, PairsAt } from "./small";

interface Props { process: Process; name: string; rename: (to: string) => void; remove: () => void; webhooks: Option[] }

export function ActionForm({ process, name, rename, remove, webhooks }: Props) {
  const { set, readOnly } = useDoc();
  const at = pointer("actions", name), action = process.actions[name]!;
  const mode = typeof action.to === "string" ? "one" : action.to ? "each" : "stay";
  const setMode = (m: string) => set(`${at}/to`, m === "stay" ? undefined : m === "one" ? (process.initial) : Object.fromEntries(action.from.map((s) => [s, s])));
  const caseFields = (action.form ?? []).filter((f) => f.type === "case").map((f) => ({ value: f.name, label: f.name }));
  return (
    <div className="stack">
      <div className="pair"><NameField name={name} taken={Object.keys(process.actions)} rename={rename} /><SelectAt at={`${at}/style`} label={w("style")} options={styleOptions()} none={w("style_default")} /></div>
      <LabelAt at={`${at}/label`} label={w("label_button")} />
      <Group title={w("who_where")}>
        <ChipsAt at={`${at}/roles`} label={w("roles")} options={roleOptions()} />
        <ChipsAt at={`${at}/from`} label={w("from_states")} options={stateOptions(process)} />
        <div className="pair">
          <div className="field f"><label>{w("to_state")}
            <select className="input input--small" disabled={readOnly} value={mode} onChange={(e) => setMode(e.target.value)}><option value="stay">{w("to_stay")}</option><option value="one">{w("to_one")}</option><option value="each">{w("to_each")}</option></select></label></div>
          {mode === "one" && <SelectAt at={`${at}/to`} label={w("target")} options={stateOptions(process)} />}
        </div>
        {mode === "each" && <div className="pair">{action.from.map((s) => <SelectAt key={s} at={`${at}/to${pointer(s)}`} label={w("from_to", { state: stateName(process, s) })} options={stateOptions(process)} none={w("to_stay")} />)}</div>}
        <TextAt at={`${at}/when`} label={w("guard")} hint={w("guard_hint")} mono />
      </Group>
      <Group title={w("form")}><FormAt at={`${at}/form`} /></Group>
      <Group title={w("tells")}><NotifyAt at={`${at}/notify`} templates={templatesOf(process)} /></Group>
      <Group title={w("clocks_of_action")}>
        <div className="pair"><ChipsAt at={`${at}/restarts`} label={w("restarts")} options={clockOptions(process)} /><ChipsAt at={`${at}/stops`} label={w("stops")} options={clockOptions(process)} /></div>
        <PairsAt at={`${at}/extends`} options={clockOptions(process)} name={w("part_clock")} value={w("more_hours")} add={w("add_extends")} />
      </Group>
      <details className="more" open={Boolean(action.opens || action.merges || action.webhooks?.length || Object.keys(action.set ?? {}).length)}>
        <summary>{w("more_effects")}</summary>
        <div className="stack">
          <Group title={w("sets")}><PairsAt at={`${at}/set`} options={setOptions(process)} name={w("set_field")} value={w("expression")} add={w("add_set")} /></Group>
          <Group title={w("opens")}>
            <label className="check check--s"><input type="checkbox" disabled={readOnly} checked={Boolean(action.opens)} onChange={(e) => set(`${at}/opens`, e.target.checked ? { department: "form.department", text: "form.text", hours: "routing.hours" } : undefined)} /><span>{w("opens_child")}</span></label>
            {action.opens && <div className="trio"><TextAt at={`${at}/opens/department`} label={w("opens_department")} mono empty="" /><TextAt at={`${at}/opens/text`} label={w("opens_text")} mono empty="" /><TextAt at={`${at}/opens/hours`} label={w("hours")} mono /></div>}
          </Group>
          <div className="pair"><SelectAt at={`${at}/merges`} label={w("merges")} options={caseFields} none={w("merges_none")} /><PicksAt at={`${at}/webhooks`} label={w("webhooks_called")} options={webhooks} /></div>
          <CheckAt at={`${at}/undo`} label={w("undo")} />
          <CheckAt at={`${at}/public`} label={w("action_public")} otherwise />
        </div>
      </details>
      {!readOnly && <div><button type="button" className="btn btn--small btn--danger" onClick={remove}>{w("remove_action")}</button></div>}
    </div>
  );
}
