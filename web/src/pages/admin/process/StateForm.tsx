import { AddButton, Group, RemoveButton } from "../parts";
import { LabelAt, SelectAt, TextAt, useDoc } from "../form";
import { pointer } from "../pointer";
import { w } from "../words";
import type { Process } from "./document";
import { actionOptions, statusOptions } from "./options";
import { NameField } from "./small";

export function StateForm({ process, name, rename, remove }: { process: Process; name: string; rename: (to: string) => void; remove: () => void }) {
  const { set, readOnly } = useDoc();
  const at = pointer("states", name), automatic = process.states[name]!.automatic ?? [];
  return (
    <div className="stack">
      <div className="pair"><NameField name={name} taken={Object.keys(process.states)} rename={rename} /><SelectAt at={`${at}/status`} label={w("status_shared")} hint={w("status_hint")} options={statusOptions()} /></div>
      <LabelAt at={`${at}/label`} label={w("label_staff")} />
      <LabelAt at={`${at}/public_label`} label={w("label_public")} />
      <Group title={w("automatic")}>
        {automatic.map((_, i) => (
          <div key={i} className="line" data-at={`${at}/automatic/${i}`} tabIndex={-1}>
            <SelectAt at={`${at}/automatic/${i}/action`} label={w("part_action")} options={actionOptions(process)} empty="" />
            <TextAt at={`${at}/automatic/${i}/when`} label={w("when_optional")} mono />
            {!readOnly && <RemoveButton label={w("remove")} onClick={() => set(`${at}/automatic/${i}`, undefined)} />}
          </div>
        ))}
        {!automatic.length && <span className="muted small">{w("automatic_none")}</span>}
        {!readOnly && <div><AddButton label={w("add_automatic")} onClick={() => set(`${at}/automatic`, [...automatic, { action: "" }])} /></div>}
      </Group>
      {!readOnly && <div><button type="button" className="btn btn--small btn--danger" disabled={name === process.initial} title={name === process.initial ? w("initial_stays") : undefined} onClick={remove}>{w("remove_state")}</button></div>}
    </div>
  );
}
