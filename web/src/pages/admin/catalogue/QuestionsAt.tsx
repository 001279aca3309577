import { useState } from "react";
import { fieldsOf } from "../../../lib/schema";
import type { JsonSchema } from "../../../api/types";
import { Field, useDoc } from "../form";
import { valueAt } from "../pointer";
import { w } from "../words";

/** The extra questions of a category: named as citizens read them, and as the JSON Schema they are. */
export function QuestionsAt({ at }: { at: string }) {
  const { doc, set } = useDoc();
  const value = valueAt(doc, at) as JsonSchema;
  const [typed, setTyped] = useState<string | null>(null);
  const [wrong, setWrong] = useState("");
  const read = (text: string) => {
    setTyped(text);
    try { const parsed: unknown = JSON.parse(text || "{}"); if (parsed === null || typeof parsed !== "object" || Array.isArray(parsed)) throw new Error("{…}"); set(at, parsed); setWrong(""); } catch (e) { setWrong(w("json_wrong", { reason: (e as Error).message })); }
  };
  const fields = fieldsOf(value);
  return (
    <details className="more"><summary>{w("questions")} <span className="muted num">{fields.length}</span></summary>
      <div className="stack stack--s">
        <ul className="lines small">{fields.map((f) => <li key={f.name}><b>{f.label}</b>{f.required && " *"} <span className="mono muted">{f.name}</span>{f.choices?.length ? <span className="muted">: {f.choices.map((c) => c.label).join(" / ")}</span> : null}</li>)}</ul>
        <Field at={at} label={w("questions_json")} hint={w("questions_hint")}>{(wired) => <><textarea {...wired} className="input mono" rows={8} spellCheck={false} aria-invalid={wrong ? true : wired["aria-invalid"]} value={typed ?? JSON.stringify(value, null, 2)} onChange={(e) => read(e.target.value)} />{wrong && <span className="field__error" role="alert">{wrong}</span>}</>}</Field>
      </div>
    </details>
  );
}
