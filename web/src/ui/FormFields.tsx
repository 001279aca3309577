import { useEffect, useId, useState } from "react";
import { departments } from "../api/endpoints";
import type { Choice, Field } from "../api/types";
import { local, t, type Key } from "../i18n";
import type { Values } from "../lib/form";
import { AnswerMenu, CaseCode, PersonSelect, takesWords } from "./CaseFields";
import { Icon } from "./Icon";
import { PhotoField, type Sent } from "./PhotoField";

interface Props { fields: Field[]; values: Values; errors: Record<string, string | undefined>; onChange: (values: Values) => void; onBusy?: (busy: boolean) => void }

/** A form drawn from data: whatever fields the server names. */
export function FormFields({ fields, values, errors, onChange, onBusy }: Props) {
  return <>{fields.map((f) => <OneField key={f.name} field={f} value={values[f.name]} error={errors[f.name]} onBusy={onBusy} set={(v) => onChange({ ...values, [f.name]: v })} />)}</>;
}

interface One { field: Field; value: unknown; error: string | undefined; set: (value: unknown) => void; onBusy?: ((busy: boolean) => void) | undefined }
function OneField({ field, value, error, set, onBusy }: One) {
  const id = useId();
  const described = error ? `${id}-error` : undefined;
  const common = { id, "aria-invalid": error ? true : undefined, "aria-describedby": described, "aria-required": field.required || undefined, className: "input" } as const;
  const label = <>{field.label}{!field.required && <span className="field__hint" style={{ fontWeight: 400 }}> · {t("optional")}</span>}</>;
  const wrong = error && <span className="field__error" id={described} role="alert">{error}</span>;
  const text = typeof value === "string" || typeof value === "number" ? String(value) : "";

  if (field.type === "photo") return <div className="field"><span className="field__label">{label}</span><Uploads set={set} onBusy={onBusy} label={field.label} max={field.max ?? 5} error={error} /></div>;
  if (field.type === "rating") return <Rating field={field} value={Number(value) || 0} set={set} wrong={wrong} />;
  if (field.type === "department") return <DepartmentField field={field} id={id} label={label} wrong={wrong} value={text} set={set} common={common} />;
  if (field.type === "person") return <div className="field"><label htmlFor={id}>{label}</label><PersonSelect common={common} value={text} set={set} />{wrong}</div>;
  if (field.type === "case") return <div className="field"><label htmlFor={id}>{label}</label><CaseCode common={common} id={id} value={text} set={set} />{wrong}</div>;
  if (field.type === "choice") {
    const choices = field.choices ?? [];
    if (field.multiple || choices.length <= 5) {
      const chosen = Array.isArray(value) ? (value as string[]) : text ? [text] : [];
      const toggle = (v: string) => set(field.multiple ? (chosen.includes(v) ? chosen.filter((x) => x !== v) : [...chosen, v]) : v);
      return (
        <fieldset className="field" aria-describedby={described}><legend className="field__label" style={{ marginBottom: 6 }}>{label}</legend>
          <div className="choices">{choices.map((c) => <label key={c.value} className="chip"><input type={field.multiple ? "checkbox" : "radio"} name={id} checked={chosen.includes(c.value)} onChange={() => toggle(c.value)} />{c.label}</label>)}</div>{wrong}
        </fieldset>
      );
    }
    return <div className="field"><label htmlFor={id}>{label}</label><Select common={common} value={text} set={set} choices={choices} />{wrong}</div>;
  }
  const long = field.type === "text" && (field.max_length ?? 1000) > 120;
  return (
    <div className="field">
      <label htmlFor={id}>{label}</label>
      {long && takesWords(field) && <AnswerMenu value={text} set={set} />}
      {long ? <textarea {...common} value={text} rows={4} onChange={(e) => set(e.target.value)} />
        : <input {...common} type={field.type === "text" ? "text" : field.type} inputMode={field.type === "number" ? "decimal" : undefined} min={field.min ?? undefined} max={field.max ?? undefined} value={text} onChange={(e) => set(e.target.value)} />}
      {long && field.max_length && text.length > field.max_length * 0.8 && <span className="field__hint num">{t("form_chars", { n: text.length, max: field.max_length })}</span>}
      {wrong}
    </div>
  );
}

function Select({ common, value, set, choices }: { common: object; value: string; set: (v: string) => void; choices: Choice[] }) {
  return <select {...common} value={value} onChange={(e) => set(e.target.value)}><option value="">{t("choose")}</option>{choices.map((c) => <option key={c.value} value={c.value}>{c.label}</option>)}</select>;
}
function DepartmentField({ field, id, label, wrong, value, set, common }: { field: Field; id: string; label: React.ReactNode; wrong: React.ReactNode; value: string; set: (v: unknown) => void; common: object }) {
  const [choices, setChoices] = useState<Choice[]>(field.choices ?? []);
  useEffect(() => { if (!field.choices?.length) departments().then((all) => setChoices(all.map((d) => ({ value: d.code, label: local(d.name) }))), () => undefined); }, [field]);
  return <div className="field"><label htmlFor={id}>{label}</label><Select common={common} value={value} set={set} choices={choices} />{wrong}</div>;
}
function Uploads({ set, onBusy, label, max, error }: { set: (v: unknown) => void; onBusy?: ((b: boolean) => void) | undefined; label: string; max: number; error: string | undefined }) {
  const [sent, setSent] = useState<Sent[]>([]);
  return <PhotoField value={sent} label={label} max={max} error={error} {...(onBusy ? { onBusy } : {})} onChange={(next) => { setSent(next); set(next.map((s) => s.upload_id)); }} />;
}
function Rating({ field, value, set, wrong }: { field: Field; value: number; set: (v: unknown) => void; wrong: React.ReactNode }) {
  const name = useId();
  const [hover, setHover] = useState(0);
  const shown = hover || value;
  return (
    <fieldset className="field"><legend className="field__label">{field.label}</legend>
      <div className="row">
        <div className="rating" onMouseLeave={() => setHover(0)}>
          {[1, 2, 3, 4, 5].map((n) => (
            <label key={n} className={n <= shown ? "on" : ""} onMouseEnter={() => setHover(n)}>
              <input type="radio" name={name} checked={value === n} onChange={() => set(n)} aria-label={`${t("rating_of", { n })}: ${t(`rating_${n}` as Key)}`} /><Icon name="star" size={34} filled={n <= shown} />
            </label>
          ))}
        </div>
        <span className="muted" aria-hidden="true">{shown ? t(`rating_${shown}` as Key) : ""}</span>
      </div>{wrong}
    </fieldset>
  );
}
