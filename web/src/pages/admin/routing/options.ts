/** What rules may name: the city's categories, wards, departments, questions. */
import { categories, departments, wards } from "../../../api/endpoints";
import type { Category, JsonSchema } from "../../../api/types";
import { currentLang, local } from "../../../i18n";
import { flat } from "../../../lib/categories";
import { useLoad } from "../../../lib/hooks";
import type { Option } from "../form";
import { w, type Word } from "../words";
import { ASSIGNS, CLASSES, PRIORITIES, REVIEWS, WEEKDAYS } from "./document";
import { t, type Key } from "../../../i18n";

export interface City { categories: { label: string; options: Option[] }[]; areas: Option[]; departments: Option[]; questions: Record<string, { label: string; values: Option[] }>; name: (kind: "categories" | "areas" | "departments", code: string) => string }
export const SOURCES = ["app", "web", "phone", "sos", "open311"];

export function useCity(): City {
  const tree = useLoad("categories", categories).data ?? [], units = useLoad("departments", departments).data ?? [], shapes = useLoad("wards", wards).data;
  const groups = tree.map((r) => ({ label: local(r.name), options: [{ value: r.code, label: w("whole_field", { name: local(r.name) }) }, ...flat(r.children).map((c) => ({ value: c.code, label: local(c.name) }))] }));
  const areas = (shapes?.features ?? []).map(({ properties: p }) => ({ value: p.code, label: (currentLang() === "en" && p.name_en) || p.name })).sort((a, b) => a.label.localeCompare(b.label, "vi"));
  const codes = units.map((d) => ({ value: d.code, label: local(d.name) }));
  const known = { categories: new Map(groups.flatMap((g) => g.options).map((o) => [o.value, o.label])), areas: new Map(areas.map((o) => [o.value, o.label])), departments: new Map(codes.map((o) => [o.value, o.label])) };
  return { categories: groups, areas, departments: codes, questions: questionsOf(tree), name: (kind, code) => known[kind].get(code) ?? code };
}

function questionsOf(tree: Category[]): City["questions"] {
  const found: City["questions"] = {};
  const title = (q: JsonSchema, name: string) => (currentLang() === "en" && q.title_en) || local(q.title) || name;
  for (const c of flat(tree)) for (const [name, q] of Object.entries(c.questions.properties ?? {})) {
    const values = (q.oneOf?.map((o) => ({ value: String(o.const), label: title(o, String(o.const)) })) ?? q.enum?.map((v) => ({ value: String(v), label: String(v) })) ?? []) as Option[];
    const old = found[name];
    found[name] = { label: old ? old.label : title(q, name), values: [...(old?.values ?? []), ...values.filter((v) => !old?.values.some((o) => o.value === v.value))] };
  }
  return found;
}

export const priorityOptions = (): Option[] => PRIORITIES.map((n) => ({ value: String(n), label: `${n} · ${t(`priority_${n}` as Key)}` }));
export const classOptions = (): Option[] => CLASSES.map((value) => ({ value, label: w(`class_${value}` as Word) }));
export const assignOptions = (): Option[] => ASSIGNS.map((value) => ({ value, label: w(`assign_${value}` as Word) }));
export const weekdayOptions = (): Option[] => WEEKDAYS.map((n) => ({ value: String(n), label: w(`weekday_${n}` as Word) }));
export const reviewOptions = (): Option[] => REVIEWS.map((value) => ({ value, label: w(`review_${value}` as Word) }));
export const sourceOptions = (): Option[] => SOURCES.map((value) => ({ value, label: w(`source_${value}` as Word) }));
