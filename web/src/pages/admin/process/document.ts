/** The process document as the server keeps it (`GET /v1/admin/processes/schema`). */
import type { Lang } from "../../../api/types";

export type Text = Record<Lang, string>;
export interface Notify { audience: string; template: string }
export interface Choice { value: string; label: Text }
export interface FormField { name: string; type: string; label: Text; required?: boolean | string; public?: boolean; max_length?: number; min?: number | null; max?: number | null; whole?: boolean; choices?: Choice[]; purpose?: string }
export interface State { label: Text; public_label: Text; status: string; automatic?: { action: string; when?: string | null }[] }
export interface Child { department: string; text: string; hours?: string }
export interface Action {
  label: Text; from: string[]; to?: string | Record<string, string> | null; roles: string[]; when?: string | null; form?: FormField[]; notify?: Notify[];
  set?: Record<string, string>; restarts?: string[]; stops?: string[]; extends?: Record<string, string>; opens?: Child | null; merges?: string | null;
  webhooks?: string[]; undo?: boolean; style?: string; public?: boolean;
}
export interface Mark { name: string; at: number; notify?: Notify[] }
export interface Clock { label: Text; hours: number | string; calendar?: string; starts_with?: string; runs_in: string[]; pauses_in?: string[]; promise?: boolean; marks?: Mark[]; timeout?: string | null }
export interface Process {
  key: string; title: Text; initial: string; data?: Record<string, number | string>;
  states: Record<string, State>; actions: Record<string, Action>; clocks: Record<string, Clock>;
}

export const STATUSES = ["received", "assigned", "in_progress", "waiting", "resolved", "closed", "rejected"];
export const ROLES = ["reporter", "staff", "supervisor", "operator", "leader", "system"];
export const AUDIENCES = ["reporter", "followers", "department", "assignee", "supervisors", "operators", "leaders"];
export const FIELD_TYPES = ["text", "number", "date", "choice", "photo", "department", "person", "case", "rating"];
export const SETTABLE = ["department", "assignee", "priority", "case_class", "answer", "rating"];
export const STYLES = ["primary", "default", "danger"];
export const PURPOSES = ["after", "report", "note"];

/** Where an action leads from a state; it may stay. */
export const targetOf = (action: Action, from: string): string =>
  (typeof action.to === "object" && action.to !== null ? action.to[from] : action.to) ?? from;
export const emptyText = (): Text => ({ vi: "", en: "" });
