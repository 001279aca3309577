/** The choices of the process's forms, in the reader's language. */
import { local, statusLabel } from "../../../i18n";
import type { Option } from "../form";
import { w, type Word } from "../words";
import { orderOf } from "./order";
import { AUDIENCES, FIELD_TYPES, type Process, PURPOSES, ROLES, SETTABLE, STATUSES, STYLES } from "./document";

const list = (values: string[], prefix: string): Option[] => values.map((value) => ({ value, label: w(`${prefix}_${value}` as Word) }));
const named = (record: Record<string, { label: { vi: string; en: string } }>, order: string[]): Option[] => order.map((value) => ({ value, label: local(record[value]!.label) || value }));

export const statusOptions = (): Option[] => STATUSES.map((value) => ({ value, label: statusLabel(value) }));
export const roleOptions = (): Option[] => list(ROLES, "prole");
export const audienceOptions = (): Option[] => list(AUDIENCES, "audience");
export const typeOptions = (): Option[] => list(FIELD_TYPES, "ftype");
export const styleOptions = (): Option[] => list(STYLES, "style");
export const purposeOptions = (): Option[] => list(PURPOSES, "purpose");
export const stateOptions = (p: Process): Option[] => named(p.states, orderOf(p).states);
export const actionOptions = (p: Process): Option[] => named(p.actions, orderOf(p).actions);
export const clockOptions = (p: Process): Option[] => named(p.clocks, orderOf(p).clocks);
export const setOptions = (p: Process): Option[] => [...list(SETTABLE, "settable"), ...Object.keys(p.data ?? {}).map((k) => ({ value: `data.${k}`, label: `data.${k}` }))];

/** Templates that the process names: the server has no list of those there are. */
export function templatesOf(p: Process): string[] {
  const all = [...Object.values(p.actions).flatMap((a) => a.notify ?? []), ...Object.values(p.clocks).flatMap((c) => (c.marks ?? []).flatMap((m) => m.notify ?? []))];
  return [...new Set(all.map((n) => n.template).filter(Boolean))].sort();
}
export const stateName = (p: Process, s: string): string => local(p.states[s]?.label) || s;
