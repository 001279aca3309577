/** Photos that this device keeps until their report is filed: whatever happens to page, network or sign-in, they can be sent (again). */
import { cityNow, sendPhoto } from "../../api/endpoints";
import { ApiError, NetworkError } from "../../api/errors";
import { session } from "../../api/session";
import type { Upload } from "../../api/types";
import { t } from "../../i18n";
import { uuid } from "../../lib/text";
import type { Sent } from "../../ui/PhotoField";
import { inStore } from "./database";

interface Kept { key: string; name: string; blob: Blob; at: number }
/** The server forgets after 72 hours what no report names. */
const FRESH_MS = 48 * 3600_000, ORPHAN_MS = 72 * 3600_000;

export async function keepPhoto(blob: Blob, name: string): Promise<string> {
  const key = uuid();
  await inStore("photos", "readwrite", (store) => store.put({ key, name, blob, at: Date.now() } satisfies Kept));
  // the browser may make room where nobody asked it not to; it decides by itself
  void navigator.storage?.persist?.().catch(() => false);
  return key;
}
export async function dropPhotos(photos: Sent[]): Promise<void> {
  for (const { key } of photos) if (key) await inStore("photos", "readwrite", (store) => store.delete(key)).catch(() => undefined);
}
/** What belongs to no report any more, and has not for days: another tab may hold a draft that is not kept yet. */
export async function dropOrphans(needed: Sent[]): Promise<void> {
  const wanted = new Set(needed.map(({ key }) => key)), long = Date.now() - ORPHAN_MS;
  const all = await inStore<Kept[]>("photos", "readonly", (store) => store.getAll());
  await dropPhotos(all.filter(({ key, at }) => at < long && !wanted.has(key)).map(({ key }) => ({ upload_id: null, preview: null, key })));
}

/** Whose upload it is: an account's own can be filed by nobody else. */
export const uploader = (): string => { const who = session("citizen"); return who?.person?.id ?? who?.phone ?? ""; };
/** Whether the server no longer has it, or not for whoever is signed in now. */
export const isStale = (photo: Sent, now = Date.now()): boolean =>
  Boolean(photo.upload_id && photo.key && photo.at && (now - photo.at > FRESH_MS || (photo.by && photo.by !== uploader())));
export const mustGo = (photo: Sent): boolean => !photo.upload_id || isStale(photo);

const underWay = new Map<string, Promise<Upload>>();
/** Sends a kept photo; twice at once is once. A large one goes on where it stopped, also after the page was closed. */
export function sendKept(key: string): Promise<Upload> {
  const going = underWay.get(key) ?? send(key).finally(() => underWay.delete(key));
  underWay.set(key, going);
  return going;
}
async function send(key: string): Promise<Upload> {
  const kept = await inStore<Kept | undefined>("photos", "readonly", (store) => store.get(key));
  if (!kept) throw new ApiError(410, { title: t("photo_gone") });
  await checkReachable();
  return sendPhoto(kept.blob, kept.name, key, () => undefined);
}
/** Without a network a large file would try for half a minute. */
export async function checkReachable(): Promise<void> {
  if (!navigator.onLine) await cityNow().catch((error: unknown) => { if (error instanceof NetworkError) throw error; });
}
export const sentAs = (photo: Sent, upload: Upload): Sent => {
  const { error: _, ...rest } = photo;
  return { ...rest, upload_id: upload.upload_id, at: Date.now(), by: uploader() };
};
