/** Staff signing in and proving who they are: the calls, and the browser's passkeys. */
import { bytes, text } from "../lib/base64url";
import { call, get, post } from "./client";
import { signOut } from "./session";
import type * as T from "./types";

const BASE = "/v1/auth/staff";
const once = { anonymous: true };

export const signInByPassword = (username: string, password: string, otp?: string) =>
  post<T.OwnSession>(`${BASE}/session`, { username, password, ...(otp ? { otp } : {}) }, once);
export const ownSession = () => get<T.OwnSession>(`${BASE}/session`);
export async function leave(): Promise<void> {
  try { await call(`${BASE}/session`, { method: "DELETE" }); } finally { signOut("staff"); }
}

export const sessions = () => get<{ items: T.StaffSession[] }>(`${BASE}/sessions`).then((r) => r.items);
export const endSession = (id: string) => call(`${BASE}/sessions/${id}`, { method: "DELETE" });
export const factors = () => get<T.Factors>(`${BASE}/factors`);
export const beginTotp = () => post<{ secret: string; url: string }>(`${BASE}/totp`, undefined);
export const confirmTotp = (code: string) => post<{ recovery_codes: string[] }>(`${BASE}/totp/confirm`, { code }).then((r) => r.recovery_codes);
export const removeTotp = () => call(`${BASE}/totp`, { method: "DELETE" });
export const removePasskey = (id: string) => call(`${BASE}/passkeys/${id}`, { method: "DELETE" });
export const prove = (proof: { password: string } | { otp: string }) => post<T.OwnSession>(`${BASE}/step-up`, proof);

/** Passkeys need a page that is encrypted, or on this machine by its name `localhost`. */
export const hasPasskeys = () => typeof PublicKeyCredential !== "undefined";
/** The person closed the browser's window, or let it wait: nothing to tell them. */
export const isCancelled = (error: unknown) => error instanceof DOMException && (error.name === "NotAllowedError" || error.name === "AbortError");

export async function addPasskey(name: string): Promise<T.Passkey> {
  const options = await post<Options>(`${BASE}/passkeys/options`, undefined);
  const publicKey = {
    ...options, challenge: bytes(options.challenge), user: { ...options.user!, id: bytes(options.user!.id) },
    excludeCredentials: options.excludeCredentials?.map(known),
  } as unknown as PublicKeyCredentialCreationOptions;
  const made = (await navigator.credentials.create({ publicKey })) as PublicKeyCredential;
  const response = made.response as AuthenticatorAttestationResponse;
  return post<T.Passkey>(`${BASE}/passkeys`, { name, credential: wire(made, {
    clientDataJSON: text(response.clientDataJSON), attestationObject: text(response.attestationObject), transports: response.getTransports?.() ?? [],
  }) });
}
export const signInByPasskey = async () => post<T.OwnSession>(`${BASE}/passkey`, { credential: await ask("passkey") }, once);
export const proveByPasskey = async () => post<T.OwnSession>(`${BASE}/step-up`, { credential: await ask("step-up") });

type Known = { id: string; type: string };
interface Options { challenge: string; user?: { id: string; name: string; displayName: string }; excludeCredentials?: Known[]; allowCredentials?: Known[] }

async function ask(purpose: "passkey" | "step-up") {
  const options = await post<Options>(`${BASE}/${purpose}/options`, undefined);
  const publicKey = { ...options, challenge: bytes(options.challenge), allowCredentials: options.allowCredentials?.map(known) } as PublicKeyCredentialRequestOptions;
  const used = (await navigator.credentials.get({ publicKey })) as PublicKeyCredential;
  const response = used.response as AuthenticatorAssertionResponse;
  return wire(used, {
    clientDataJSON: text(response.clientDataJSON), authenticatorData: text(response.authenticatorData), signature: text(response.signature),
    ...(response.userHandle ? { userHandle: text(response.userHandle) } : {}),
  });
}
const wire = (made: PublicKeyCredential, response: object) =>
  ({ id: made.id, rawId: text(made.rawId), type: made.type, response, clientExtensionResults: {}, authenticatorAttachment: made.authenticatorAttachment });
const known = (item: Known) => ({ ...item, id: bytes(item.id) });
