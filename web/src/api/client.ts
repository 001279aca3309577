import { currentLang } from "../i18n/lang";
import { ApiError, NetworkError, type Problem, type Way } from "./errors";
import { realm, session, signIn, signOut } from "./session";
import type { Tokens } from "./types";

export interface Call { method?: string; body?: unknown; headers?: Record<string, string>; signal?: AbortSignal; anonymous?: boolean; keepalive?: boolean; cache?: RequestCache }
export interface Answer<T> { data: T; etag: string | null; status: number; date: string | null }

export function query(params: Record<string, string | number | boolean | null | undefined>): string {
  const pairs = Object.entries(params).filter(([, v]) => v !== undefined && v !== null && v !== "" && v !== false);
  const text = new URLSearchParams(pairs.map(([k, v]) => [k, String(v)])).toString();
  return text && `?${text}`;
}

/** Has the person prove anew who they are; whether they did. Set by the pages of staff, which have a dialog for it. */
let stepUp: ((ways: Way[]) => Promise<boolean>) | null = null;
export const onStepUp = (ask: typeof stepUp): void => { stepUp = ask; };

/** The server's answer, whatever it is; a token that has run out is renewed on the way, and what wants a fresh proof is sent again after it. */
export async function respond(path: string, options: Call = {}): Promise<Response> {
  let response = await send(path, options);
  if (response.status === 403 && stepUp) {
    const problem = await problemOf(response.clone());
    if (problem.code === "step_up_required" && (await stepUp(problem.ways ?? []))) response = await send(path, options);
  }
  if (response.status === 401 && !options.anonymous && session() && (await renew())) response = await send(path, options);
  if (response.status === 401 && !options.anonymous && session()) {
    signOut();
    // a citizen may do nearly everything without an account; a stale one must not stand in the way
    if (realm() === "citizen") response = await send(path, options);
  }
  return response;
}

export async function call<T>(path: string, options: Call = {}): Promise<Answer<T>> {
  const response = await respond(path, options);
  if (response.status === 304) return { data: undefined as T, etag: response.headers.get("ETag"), status: 304, date: response.headers.get("Date") };
  if (!response.ok) throw new ApiError(response.status, await problemOf(response));
  const text = response.status === 204 ? "" : await response.text();
  return { data: (text ? JSON.parse(text) : undefined) as T, etag: response.headers.get("ETag"), status: response.status, date: response.headers.get("Date") };
}

export const get = async <T>(path: string, signal?: AbortSignal): Promise<T> => (await call<T>(path, signal ? { signal } : {})).data;
export const post = async <T>(path: string, body: unknown, options: Call = {}): Promise<T> =>
  (await call<T>(path, { ...options, method: "POST", body })).data;

function headersFor(options: Call): Record<string, string> {
  const headers: Record<string, string> = { Accept: "application/json", "Accept-Language": currentLang(), ...options.headers };
  const token = options.anonymous ? undefined : session()?.access_token;
  if (token) headers.Authorization = `Bearer ${token}`;
  if (options.body !== undefined) headers["Content-Type"] = "application/json";
  return headers;
}

/** Bytes as they are, under the session's token; a token that has run out is renewed on the way. */
export async function sendBytes(path: string, method: string, body: Blob | null, headers: Record<string, string>, signal: AbortSignal): Promise<Response> {
  const go = () => fetch(path, { method, body, signal, headers: { ...headersFor({}), ...headers }, cache: "no-store", credentials: credentials() });
  const response = await go();
  return response.status === 401 && session() && (await renew()) ? go() : response;
}
/** The cookie of staff is for their pages: on those of citizens nobody acts under it. */
const credentials = (): RequestCredentials => (realm() === "staff" ? "same-origin" : "omit");

async function send(path: string, options: Call): Promise<Response> {
  try {
    return await fetch(path, {
      method: options.method ?? "GET",
      headers: headersFor(options),
      body: options.body === undefined ? null : JSON.stringify(options.body),
      signal: options.signal ?? null,
      cache: options.cache ?? "no-store",
      credentials: credentials(),
      keepalive: options.keepalive ?? false,
    });
  } catch (error) {
    if ((error as Error).name === "AbortError") throw error;
    throw new NetworkError();
  }
}

/** Rotating refresh: one at a time, or the second would use a token that is already spent. */
let refreshing: Promise<boolean> | null = null;
export function renew(): Promise<boolean> {
  const refresh_token = session()?.refresh_token;
  if (!refresh_token) return Promise.resolve(false);
  refreshing ??= send("/v1/auth/refresh", { method: "POST", body: { refresh_token }, anonymous: true })
    .then(async (r) => { if (r.ok) signIn((await r.json()) as Tokens, {}, realm()); return r.ok; })
    .catch(() => false)
    .finally(() => { refreshing = null; });
  return refreshing;
}

async function problemOf(response: Response): Promise<Problem> {
  try { return (await response.json()) as Problem; } catch { return { title: response.statusText }; }
}

/** Multipart upload with progress, which fetch does not tell. */
export function upload<T>(path: string, file: Blob, name: string, progress: (share: number) => void, signal?: AbortSignal): Promise<T> {
  return new Promise((resolve, reject) => {
    const xhr = new XMLHttpRequest();
    xhr.open("POST", path);
    const { "Content-Type": _, ...headers } = headersFor({});
    for (const [k, v] of Object.entries(headers)) xhr.setRequestHeader(k, v);
    xhr.upload.onprogress = (e) => { if (e.lengthComputable) progress(e.loaded / e.total); };
    xhr.onerror = () => reject(new NetworkError());
    xhr.onabort = () => reject(new DOMException("aborted", "AbortError"));
    xhr.onload = () => {
      let body: unknown;
      try { body = JSON.parse(xhr.responseText); } catch { body = { title: xhr.statusText }; }
      if (xhr.status >= 200 && xhr.status < 300) resolve(body as T);
      else reject(new ApiError(xhr.status, body as Problem));
    };
    signal?.addEventListener("abort", () => xhr.abort());
    const form = new FormData();
    form.append("file", file, name);
    xhr.send(form);
  });
}
