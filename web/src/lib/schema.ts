/** A category's questions (JSON Schema) as the same fields that the forms of actions use. */
import type { Field, JsonSchema } from "../api/types";
import { currentLang, local, t } from "../i18n";

export function fieldsOf(schema: JsonSchema | null | undefined): Field[] {
  const required = new Set(schema?.required ?? []);
  const asked = Object.entries(schema?.properties ?? {}).sort(([, a], [, b]) => (a.position ?? 0) - (b.position ?? 0));
  return asked.map(([name, q]) => ({
    name,
    label: titleOf(q) || name,
    required: required.has(name),
    ...shapeOf(q),
  }));
}

/** Titles come as `title` with `title_en`, or as a text per language. */
const titleOf = (q: Pick<JsonSchema, "title" | "title_en">): string => (currentLang() === "en" && q.title_en) || local(q.title);

function shapeOf(q: JsonSchema): Omit<Field, "name" | "label" | "required"> {
  const choices = choicesOf(q) ?? choicesOf(q.items);
  if (choices) return { type: "choice", choices, multiple: q.type === "array" };
  if (q.type === "boolean") return { type: "choice", choices: [{ value: "true", label: t("yes") }, { value: "false", label: t("no") }] };
  if (q.type === "number" || q.type === "integer") return { type: "number", min: q.minimum ?? null, max: q.maximum ?? null };
  if (q.format === "date") return { type: "date" };
  return { type: "text", max_length: q.maxLength ?? 200 };
}

function choicesOf(q: JsonSchema | undefined): { value: string; label: string }[] | undefined {
  if (q?.oneOf) return q.oneOf.map((o) => ({ value: String(o.const), label: titleOf(o) || String(o.const) }));
  return q?.enum?.map((value) => ({ value: String(value), label: String(value) }));
}

/** Form values are texts; the server wants what the schema says. */
export function answersOf(schema: JsonSchema | null | undefined, values: Record<string, unknown>): Record<string, unknown> {
  const out: Record<string, unknown> = {};
  for (const [name, q] of Object.entries(schema?.properties ?? {})) {
    const value = values[name];
    if (value === undefined || value === null || value === "" || (Array.isArray(value) && !value.length)) continue;
    out[name] = q.type === "boolean" ? value === "true" || value === true
      : q.type === "number" || q.type === "integer" || typeof (q.enum?.[0] ?? q.oneOf?.[0]?.const) === "number" ? Number(value)
      : value;
  }
  return out;
}
