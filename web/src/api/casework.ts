/** Calls of the desk beyond one case's steps, and what citizens say to each other's reports. */
import { call, get, post, query } from "./client";
import type * as T from "./types";

const seg = encodeURIComponent;
const one = (id: string): string => `/v1/cases/${seg(id)}`;
const ifMatch = (rev: number) => ({ headers: { "If-Match": `"${rev}"` } });

/** `serverNow` is the server's clock: until when something can be undone is said by it. */
export async function actOnAll(action: string, cases: { id: string; rev: number }[], form: unknown): Promise<{ result: T.BulkResult; serverNow: string | null }> {
  const { data, date } = await call<T.BulkResult>("/v1/cases/actions", { method: "POST", body: { action, cases, form } });
  return { result: data, serverNow: date };
}
export const undoAll = (id: string) => post<T.BulkResult>(`/v1/cases/actions/${seg(id)}/undo`, undefined);

export const views = () => get<T.Page<T.SavedView>>("/v1/views?limit=200").then((r) => r.items);
export const addView = (view: T.ViewDraft) => post<T.SavedView>("/v1/views", view);
export const changeView = (id: string, view: T.ViewDraft) => call<T.SavedView>(`/v1/views/${seg(id)}`, { method: "PUT", body: view }).then((r) => r.data);
export const removeView = (id: string) => call<void>(`/v1/views/${seg(id)}`, { method: "DELETE" });

export const duplicates = (id: string) => get<{ items: T.Duplicate[] }>(`${one(id)}/duplicates`).then((r) => r.items);
export const mergeCase = (id: string, rev: number, body: { into: string; note?: string }) => post<T.CaseView | undefined>(`${one(id)}/merge`, body, ifMatch(rev));
export const unmergeCase = (id: string, rev: number) => post<T.CaseView | undefined>(`${one(id)}/unmerge`, undefined, ifMatch(rev));
export const linkCase = (id: string, other: string, note: string) => post<T.CaseView>(`${one(id)}/links`, { other, note });
export const unlinkCase = (id: string, other: string) => call<void>(`${one(id)}/links/${seg(other)}`, { method: "DELETE" });

export const people = (id: string) => get<{ items: T.Colleague[] }>(`${one(id)}/people`).then((r) => r.items);
export const fittingAnswers = (id: string) => get<T.Page<T.FittingAnswer>>(`${one(id)}/answers`).then((r) => r.items);

export const notePresence = (id: string) => call<void>(`${one(id)}/presence`, { method: "PUT" });
/** `keepalive`, so that it also arrives when the page is being closed. */
export const noteAbsence = (id: string) => call<void>(`${one(id)}/presence`, { method: "DELETE", keepalive: true });

export const nearbyLike = (at: T.Position, like: { category?: string | undefined; description?: string; radius_m: number }, signal?: AbortSignal) =>
  get<T.Page<T.NearbyCase>>(`/v1/reports/nearby${query({ lat: at.lat, lon: at.lon, ...like })}`, signal).then((r) => r.items);

/** The marks for review go: somebody has looked. */
export const endReview = (id: string) => call<T.CaseView>(`${one(id)}/review`, { method: "DELETE" }).then((r) => r.data);

/** "Tôi cũng gặp" and "Theo dõi": said or taken back. */
export const tie = (report: string, what: "support" | "follow", on: boolean) =>
  call<void>(`/v1/reports/${seg(report)}/${what}`, { method: on ? "PUT" : "DELETE" });
