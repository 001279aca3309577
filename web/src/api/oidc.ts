/** Signing in at an identity provider: leaving for it, and coming back to where one was. */
import { text } from "../lib/base64url";
import { get, post } from "./client";
import { ApiError, NetworkError, type Problem } from "./errors";
import type { Realm } from "./session";
import { currentLang } from "../i18n/lang";
import type { Provider, Tokens } from "./types";

export const providers = (audience: "citizens" | "staff") => get<{ items: Provider[] }>(`/v1/auth/providers?audience=${audience}`).then((r) => r.items);

/** What this tab remembers while it is away; `verifier` shows that whoever comes back is who left. */
interface Left { back: string; verifier?: string }
const key = (of: Realm) => `ht.left.${of}`;
const remember = (of: Realm, left: Left) => { try { sessionStorage.setItem(key(of), JSON.stringify(left)); } catch { /* back at the start page, then */ } };
function recall(of: Realm): Left | null {
  try {
    const left = JSON.parse(sessionStorage.getItem(key(of)) ?? "null") as Left | null;
    sessionStorage.removeItem(key(of));
    return left;
  } catch { return null; }
}
const fromProvider = (hash: string): boolean => /^#\/(sign-in|signed-in)(\?|$)/.test(hash);
const here = (): string => (fromProvider(location.hash) ? "" : location.hash);

/** Browsers only compute the challenge on an encrypted page, or on this machine. */
export const canLeave = (): boolean => Boolean(globalThis.crypto?.subtle);

export async function leaveAsCitizen(provider: Provider): Promise<void> {
  const verifier = text(crypto.getRandomValues(new Uint8Array(32)).buffer);
  const challenge = text(await crypto.subtle.digest("SHA-256", new TextEncoder().encode(verifier)));
  remember("citizen", { back: here(), verifier });
  await leave(`${provider.login_url}?return_to=${encodeURIComponent("/app")}&code_challenge=${challenge}`);
}
/** `fresh`: the provider asks anew who it is, though it knows. */
export async function leaveAsStaff(provider: Provider, fresh = false): Promise<void> {
  remember("staff", { back: here() });
  await leave(`${provider.login_url}?return_to=${encodeURIComponent(location.pathname)}${fresh ? "&fresh=true" : ""}`);
}
/** Asked first: a provider that is down is told here, not on an empty page of its own. */
async function leave(url: string): Promise<void> {
  const answer = await fetch(url, { redirect: "manual", credentials: "omit", cache: "no-store", headers: { Accept: "application/json", "Accept-Language": currentLang() } }).catch(() => { throw new NetworkError(); });
  if (answer.type !== "opaqueredirect") throw new ApiError(answer.status, (await answer.json().catch(() => ({}))) as Problem);
  location.assign(url);
}

export interface Return { back: string; verifier?: string; code?: string; problem?: string }
/** What a provider's answer left in the address, which forgets it at once: a code is nobody's to see or to keep. */
export function takeReturn(of: Realm, otherwise: string): Return | null {
  if (!fromProvider(location.hash)) return null;
  const told = new URLSearchParams(location.hash.split("?")[1] ?? ""), left = recall(of);
  const back = left?.back || otherwise;
  history.replaceState(null, "", back);
  return { back, ...(left?.verifier ? { verifier: left.verifier } : {}), ...(told.get("code") ? { code: told.get("code")! } : {}), ...(told.get("problem") ? { problem: told.get("problem")! } : {}) };
}
export const exchange = (code: string, code_verifier: string) => post<Tokens>("/v1/auth/oidc/exchange", { code, code_verifier }, { anonymous: true });
