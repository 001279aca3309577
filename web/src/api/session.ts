/** Who is signed in. Citizens: in this tab only, by their tokens. Staff: the browser holds a cookie that no script reads; here is only whose it is. */
import type { Person, Tokens } from "./types";

export type Realm = "staff" | "citizen";
export interface Session { access_token?: string; refresh_token?: string | null; person?: Person; phone?: string }

const key = (realm: Realm) => `ht.session.${realm}`;
const listeners = new Set<() => void>();
let current: Realm = "citizen";
const cache: Partial<Record<Realm, Session | null>> = {};

export const setRealm = (realm: Realm): void => { current = realm; };
export const realm = (): Realm => current;

export function session(of: Realm = current): Session | null {
  if (cache[of] === undefined) {
    try { cache[of] = JSON.parse(sessionStorage.getItem(key(of)) ?? "null") as Session | null; }
    catch { cache[of] = null; }
  }
  return cache[of] ?? null;
}

export function signIn(tokens: Tokens & { person?: Person }, extra: { phone?: string } = {}, of: Realm = current): void {
  const value: Session = { ...session(of), access_token: tokens.access_token, refresh_token: tokens.refresh_token ?? null, ...extra };
  if (tokens.person) value.person = tokens.person;
  cache[of] = value;
  try { sessionStorage.setItem(key(of), JSON.stringify(value)); } catch { /* private mode: memory only */ }
  listeners.forEach((tell) => tell());
}

/** Staff hold a cookie; `person` is whose it is. */
export function signInStaff(person: Person): void {
  cache.staff = { person };
  try { sessionStorage.setItem(key("staff"), JSON.stringify(cache.staff)); } catch { /* private mode: memory only */ }
  listeners.forEach((tell) => tell());
}

export function signOut(of: Realm = current): void {
  cache[of] = null;
  try { sessionStorage.removeItem(key(of)); } catch { /* nothing to forget */ }
  listeners.forEach((tell) => tell());
}

export function onSession(tell: () => void): () => void {
  listeners.add(tell);
  return () => listeners.delete(tell);
}
