/** Every call that the pages make, one line each. */
import { type Answer, call, get, post, query, respond, upload } from "./client";
import { ApiError, NetworkError, type Problem } from "./errors";
import { currentLang } from "../i18n/lang";
import type * as T from "./types";

const seg = encodeURIComponent;
const track = (token?: string | null) => query({ track_token: token ?? undefined });

export const requestOtp = (phone: string) => post<void>("/v1/auth/otp", { phone }, { anonymous: true });
export const verifyOtp = (phone: string, code: string) => post<T.Tokens>("/v1/auth/otp/verify", { phone, code }, { anonymous: true });
export const me = () => get<T.Person>("/v1/me");

/** As they were read last, where there is no network: whoever files then decides about what they can read. */
export const consentTexts = () => get<{ items: T.ConsentText[] }>("/v1/consents").then(
  (r) => { lastTexts.set(currentLang(), r.items); return r.items; },
  (error: unknown) => { const last = lastTexts.get(currentLang()); if (error instanceof NetworkError && last) return last; throw error; });
const lastTexts = new Map<T.Lang, T.ConsentText[]>();
export const myConsents = () => get<T.Consents>("/v1/me/consents");
export const decideConsents = (consents: T.Decision[]) => post<T.Consents>("/v1/me/consents", { consents });
export const correctMe = (changes: { name?: string; email?: string }) => call<T.Person>("/v1/me", { method: "PATCH", body: changes }).then((r) => r.data);
export const exportMe = async (): Promise<Blob> => {
  const response = await respond("/v1/me/export");
  if (!response.ok) throw new ApiError(response.status, { title: response.statusText });
  return response.blob();
};
export const eraseMe = () => call<unknown>("/v1/me", { method: "DELETE" });
export const myRequests = () => get<T.Page<T.DataRequest>>("/v1/me/requests").then((r) => r.items);
export const askAboutData = (kind: T.RequestKind, text: string) => post<T.DataRequest>("/v1/me/requests", { kind, text });
export const dataRequest = (id: string) => get<T.DataRequestDetail>(`/v1/person-requests/${seg(id)}`);
export const actOnDataRequest = (id: string, action: string) => post<T.DataRequestDetail>(`/v1/person-requests/${seg(id)}/actions/${seg(action)}`, {});
export const leaveReport = (id: string, token?: string | null) => call<void>(`/v1/reports/${seg(id)}/reporter${track(token)}`, { method: "DELETE" });

let categoryTree: Promise<T.Category[]> | undefined;
export function categories(): Promise<T.Category[]> {
  categoryTree ??= call<{ items: T.Category[] }>("/v1/categories").then(({ data, etag }) => { catalogue = etag; return data.items; });
  categoryTree.catch(() => { categoryTree = undefined; });
  return categoryTree;
}
let catalogue: string | null = null;
/** Which catalogue this page shows: a report says by which it was written. */
export const catalogueVersion = (): string | null => catalogue;
let departmentList: Promise<T.Department[]> | undefined;
export function departments(): Promise<T.Department[]> {
  departmentList ??= get<{ items: T.Department[] }>("/v1/departments").then((r) => r.items);
  departmentList.catch(() => { departmentList = undefined; });
  return departmentList;
}
let wardShapes: Promise<T.Wards> | undefined;
export function wards(): Promise<T.Wards> {
  wardShapes ??= get<T.Wards>("/v1/areas.geojson?kind=ward");
  wardShapes.catch(() => { wardShapes = undefined; });
  return wardShapes;
}

export const locate = (at: T.Position, signal?: AbortSignal) =>
  get<{ areas: T.Area[] }>(`/v1/areas/locate${query({ lat: at.lat, lon: at.lon })}`, signal).then((r) => r.areas);

/** From here on a file goes in pieces; a smaller one is sooner sent again than asked after. */
const LARGE = 1024 * 1024;
export const sendPhoto = (file: Blob, name: string, again: string | null, progress: (share: number) => void) =>
  file.size < LARGE ? upload<T.Upload>("/v1/media", file, name, progress) : pieces().then(({ sendInPieces }) => sendInPieces(file, name, again, progress));
/** Loaded by whoever has a large file: whoever calls for help need not wait for it. */
const pieces = () => import("./tus").catch(() => { throw new NetworkError(); });
export const cityNow = () => get<T.CityNow>("/v1/city");
export const fileReport = (id: string, draft: T.ReportDraft) =>
  call<T.FiledReport>(`/v1/reports/${seg(id)}`, { method: "PUT", body: draft }).then((r) => r.data);
/** Photos that come after their report; those that it has are passed over. */
export const addLatePhotos = (id: string, uploads: string[], token: string) => call<T.ReportView>(`/v1/reports/${seg(id)}/uploads${track(token)}`, { method: "PUT", body: { uploads } });
export const callForHelp = (id: string, body: T.SosCall) => call<T.SosFiled>(`/v1/sos/${seg(id)}`, { method: "PUT", body }).then((r) => r.data);
export const sosLines = (order: "urgent" | "oldest") => get<{ items: T.SosLine[]; people: number }>(`/v1/sos${query({ order })}`);
export const sosTable = () => respond("/v1/sos.csv").then((r) => r.blob());
export const report = (id: string, token?: string | null) => get<T.ReportView>(`/v1/reports/${seg(id)}${track(token)}`);
export const reportByCode = (code: string) => get<T.ReportView>(`/v1/reports/lookup${query({ code })}`);
export const actOnReport = (id: string, action: string, form: unknown, token?: string | null) =>
  post<T.ReportView>(`/v1/reports/${seg(id)}/actions/${seg(action)}${track(token)}`, form);
export const myReports = () => get<T.Page<T.MyReport>>("/v1/me/reports").then((r) => r.items);
export const myNotifications = () => get<T.Page<T.InboxItem>>("/v1/me/notifications").then((r) => r.items);

export type CaseFilter = { status?: string; department?: string; assignee?: string; category?: string; area?: string; overdue?: boolean; review?: string; bbox?: string; q?: string; sort?: string };
export const cases = (filter: CaseFilter, cursor?: string | null, limit = 50, signal?: AbortSignal) =>
  get<T.Page<T.CaseItem>>(`/v1/cases${query({ ...filter, limit, cursor: cursor ?? undefined })}`, signal);
/** A file to be kept, with the name that the server gives it. */
const fileAt = async (path: string): Promise<{ file: Blob; name: string }> => {
  const response = await respond(path);
  if (!response.ok) throw new ApiError(response.status, (await response.json().catch(() => ({ title: response.statusText }))) as Problem);
  const name = /filename="([^"]+)"/.exec(response.headers.get("Content-Disposition") ?? "")?.[1];
  return { file: await response.blob(), name: name ?? "" };
};
/** All cases of a filter as a table. */
export const casesTable = ({ sort: _, ...filter }: CaseFilter) => fileAt(`/v1/cases/export${query({ ...filter, format: "csv" })}`);
/** A photo or a video as it was sent, with all that its file tells. */
export const originalOf = (photoId: string) => fileAt(`/v1/photos/${seg(photoId)}/original`);
export const oneCase = (id: string): Promise<Answer<T.CaseView>> => call<T.CaseView>(`/v1/cases/${seg(id)}`);
export const actOnCase = (id: string, rev: number, action: string, form: unknown) =>
  post<T.CaseView | undefined>(`/v1/cases/${seg(id)}/actions/${seg(action)}`, form, { headers: { "If-Match": `"${rev}"` } });
export const waitingPhotos = (cursor?: string | null) => get<T.Page<T.WaitingPhoto>>(`/v1/photos${query({ limit: 30, cursor: cursor ?? undefined })}`);
export const decidePhoto = (id: string, rev: number, decision: T.PhotoDecision, leaving = false) =>
  call<T.PhotoPublication>(`/v1/photos/${seg(id)}/publication`, { method: "PUT", body: decision, headers: { "If-Match": `"${rev}"` }, keepalive: leaving });
export const addNote = (id: string, text: string) => post<unknown>(`/v1/cases/${seg(id)}/notes`, { text });
export const readReporters = (id: string, reason: string) => get<T.CaseReporters>(`/v1/cases/${seg(id)}/reporters?reason=${seg(reason)}`);
export const explainCase = (id: string) => get<T.Explanation>(`/v1/cases/${seg(id)}/explain`);
