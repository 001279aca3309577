import { local } from "../../../i18n";
import { AddButton, RemoveButton } from "../parts";
import { CheckAt, LabelAt, NumberAt, SelectAt, TextAt, useDoc } from "../form";
import { Icon } from "../../../ui/Icon";
import { freeName, valueAt } from "../pointer";
import { moved } from "../routing/rows";
import { w } from "../words";
import { emptyText, type FormField } from "./document";
import { purposeOptions, typeOptions } from "./options";

/** The form that an action asks to fill in. */
export function FormAt({ at }: { at: string }) {
  const { doc, set, readOnly } = useDoc();
  const fields = (valueAt(doc, at) ?? []) as FormField[];
  const add = () => set(at, [...fields, { name: freeName(fields.map((f) => f.name), "note"), type: "text", label: emptyText(), required: false }]);
  return (
    <div className="stack">
      {fields.map((f, i) => (
        <fieldset key={i} className="fieldbox" data-at={`${at}/${i}`} tabIndex={-1}>
          <legend><b>{i + 1}. {local(f.label) || f.name}</b> <span className="muted small">{w(`ftype_${f.type}` as never)}</span>
            {!readOnly && <span className="fieldbox__tools">
              <button type="button" className="icon-button icon-button--s" disabled={i === 0} aria-label={w("move_up")} title={w("move_up")} onClick={() => set(at, moved(fields, i, i - 1))}><span className="up"><Icon name="down" size={15} /></span></button>
              <button type="button" className="icon-button icon-button--s" disabled={i === fields.length - 1} aria-label={w("move_down")} title={w("move_down")} onClick={() => set(at, moved(fields, i, i + 1))}><Icon name="down" size={15} /></button>
              <RemoveButton label={w("remove_named", { name: local(f.label) || f.name })} onClick={() => set(`${at}/${i}`, undefined)} />
            </span>}
          </legend>
          <OneField at={`${at}/${i}`} field={f} />
        </fieldset>
      ))}
      {!fields.length && <span className="muted small">{w("form_none")}</span>}
      {!readOnly && <div><AddButton label={w("add_field")} onClick={add} /></div>}
    </div>
  );
}

function OneField({ at, field }: { at: string; field: FormField }) {
  const { set, readOnly } = useDoc();
  const choices = field.choices ?? [];
  return (
    <div className="stack stack--s">
      <LabelAt at={`${at}/label`} label={w("label")} />
      <div className="trio"><TextAt at={`${at}/name`} label={w("code_name")} mono empty="" /><SelectAt at={`${at}/type`} label={w("field_type")} options={typeOptions()} /><RequiredAt at={`${at}/required`} value={field.required ?? false} /></div>
      {field.type === "number" && <div className="trio"><NumberAt at={`${at}/min`} label={w("min")} /><NumberAt at={`${at}/max`} label={w("max")} /><CheckAt at={`${at}/whole`} label={w("whole")} /></div>}
      {field.type === "text" && <div className="trio"><NumberAt at={`${at}/max_length`} label={w("max_length")} min={1} step={1} /></div>}
      {field.type === "photo" && <div className="trio"><SelectAt at={`${at}/purpose`} label={w("purpose")} options={purposeOptions()} none={w("purpose_after")} /><NumberAt at={`${at}/max`} label={w("max_photos")} min={1} step={1} /></div>}
      {field.type === "choice" && (
        <div className="stack stack--tight" data-at={`${at}/choices`} tabIndex={-1}><span className="label">{w("choices")}</span>
          {choices.map((_, i) => <div key={i} className="line line--3"><TextAt at={`${at}/choices/${i}/value`} label={w("value")} mono empty="" /><TextAt at={`${at}/choices/${i}/label/vi`} label={w("in_vi", { label: w("label") })} empty="" /><TextAt at={`${at}/choices/${i}/label/en`} label={w("in_en", { label: w("label") })} empty="" />{!readOnly && <RemoveButton label={w("remove")} onClick={() => set(`${at}/choices/${i}`, undefined)} />}</div>)}
          {!readOnly && <div><AddButton label={w("add_one_choice")} onClick={() => set(`${at}/choices`, [...choices, { value: freeName(choices.map((c) => c.value), "value"), label: emptyText() }])} /></div>}
        </div>
      )}
      <CheckAt at={`${at}/public`} label={w("field_public")} />
    </div>
  );
}

/** Never, always, or where an expression says so. */
function RequiredAt({ at, value }: { at: string; value: boolean | string }) {
  const { set, readOnly } = useDoc();
  const mode = typeof value === "string" ? "when" : value ? "yes" : "no";
  return (
    <div className="stack stack--tight">
      <div className="field f"><label>{w("required")}
        <select className="input input--small" disabled={readOnly} value={mode} data-at={mode === "when" ? undefined : at} onChange={(e) => set(at, e.target.value === "when" ? "form.reason == 'x'" : e.target.value === "yes")}>
          <option value="no">{w("required_no")}</option><option value="yes">{w("required_yes")}</option><option value="when">{w("required_when")}</option>
        </select></label></div>
      {mode === "when" && <TextAt at={at} label={w("expression")} mono empty="" />}
    </div>
  );
}
