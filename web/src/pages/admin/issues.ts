/** What speaks against a document or a form, by its place: from a check, a refusal, or found here. */
import { ApiError } from "../../api/errors";
import type { Problem } from "./adminApi";
import { isBelow } from "./pointer";

export interface Issue { at: string; severity: "error" | "warning"; text: string }

export const fromProblems = (list: Problem[]): Issue[] => list.map((p) => ({ at: p.pointer, severity: p.severity, text: p.detail }));
/** The fields of a refusal, `root` cut off in front (`/document/states/…` is `/states/…` of the draft). */
export function fromError(error: unknown, root = ""): Issue[] {
  if (!(error instanceof ApiError)) return [];
  return error.fields.map(({ pointer, detail }) => ({ at: root && isBelow(pointer, root) ? pointer.slice(root.length) : pointer, severity: "error", text: detail }));
}
export const below = (issues: Issue[], at: string): Issue[] => issues.filter((i) => isBelow(i.at, at));
/** Who changes a place has answered what was said of it; the next check says what is left. */
export const without = (issues: Issue[], at: string): Issue[] => issues.filter((i) => !isBelow(i.at, at) && !(i.at !== "" && isBelow(at, i.at)));
