import type { Field } from "../api/types";
import { t } from "../i18n";
import { reportCode } from "./text";

export type Values = Record<string, unknown>;
const empty = (v: unknown): boolean => v === undefined || v === null || v === "" || (Array.isArray(v) && v.length === 0);

/** What is wrong before the server is asked, by field name. The server has the last word. */
export function check(fields: Field[], values: Values): Record<string, string> {
  const wrong: Record<string, string> = {};
  for (const f of fields) {
    const v = values[f.name];
    if (empty(v) || (typeof v === "string" && !v.trim())) { if (f.required) wrong[f.name] = t("form_required"); continue; }
    if (f.type === "text" && f.max_length && String(v).length > f.max_length) wrong[f.name] = t("form_too_long", { n: f.max_length });
    if (f.type === "case" && !reportCode(String(v))) wrong[f.name] = t("form_bad_code");
    if (f.type === "number") {
      const n = Number(v);
      if (Number.isNaN(n) || (f.min != null && n < f.min) || (f.max != null && n > f.max)) wrong[f.name] = t("form_bad_number", { min: f.min ?? "…", max: f.max ?? "…" });
    }
  }
  return wrong;
}

/** Only what was filled in, numbers as numbers. */
export function body(fields: Field[], values: Values): Values {
  const out: Values = {};
  for (const f of fields) {
    const v = values[f.name];
    if (empty(v)) continue;
    out[f.name] = f.type === "number" || f.type === "rating" ? Number(v) : f.type === "case" ? (reportCode(String(v)) ?? v) : typeof v === "string" ? v.trim() : v;
  }
  return out;
}
