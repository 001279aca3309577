/** Reports that could not be sent for want of a network: kept whole, photos and all, and handed in when there is one again. */
import { post } from "../../api/client";
import { addLatePhotos, report as askFor } from "../../api/endpoints";
import { ApiError, NetworkError, type Problem } from "../../api/errors";
import type { FiledReport, ReportDraft } from "../../api/types";
import { inStore } from "./database";
import { addMine, draftOf, type Draft, dropDraft, loadDraft, type Refusal } from "./draft";
import { dropOrphans, dropPhotos, isStale, mustGo, sendKept, sentAs } from "./kept";

export interface Waiting {
  id: string; draft: Draft; title: string; at: string;
  /** As it goes to the server; its photos are named when they are there. */
  body: ReportDraft;
  /** It went out and nobody knows whether it arrived: from then on its body stays as it is. */
  tried: boolean;
  /** The server said no, and why: it waits for its author. */
  refused: Refusal | null;
}
/** `lost`: photos that neither the server nor this device has any more. */
export interface Arrived { item: Waiting; filed: FiledReport; lost: number }
interface Answer { items: { id: string | null; status: number; report: FiledReport | null; problem: Problem | null }[] }
const MOST = 50;

let list: Waiting[] = [], asked = false;
const listeners = new Set<() => void>(), hearers = new Set<(arrived: Arrived) => void>();
export const waitingNow = (): Waiting[] => list;
export const onWaiting = (tell: () => void) => {
  listeners.add(tell);
  if (!asked) { asked = true; refresh().catch(() => undefined); }
  return () => { listeners.delete(tell); };
};
export const onArrived = (hear: (arrived: Arrived) => void) => { hearers.add(hear); return () => { hearers.delete(hear); }; };

async function refresh(): Promise<Waiting[]> {
  const all = await inStore<Partial<Waiting>[]>("waiting", "readonly", (store) => store.getAll());
  // kept by an earlier version, which knew neither drafts nor refusals
  list = all.map((item) => ({ tried: true, refused: null, ...item, draft: item.draft ?? draftOf(item.id!, item.body!) }) as Waiting).sort((a, b) => a.at.localeCompare(b.at));
  listeners.forEach((tell) => tell());
  return list;
}

/** Kept under its own id: waiting twice is waiting once. */
export async function wait(item: Waiting): Promise<void> {
  await inStore("waiting", "readwrite", (store) => store.put(item));
  await refresh();
}
/** It is on its way elsewhere, or its author wants it no more. */
export async function settle(id: string): Promise<void> {
  await inStore("waiting", "readwrite", (store) => store.delete(id));
  await refresh();
}
export async function discard(item: Waiting): Promise<void> {
  await settle(item.id);
  await dropPhotos(item.draft.photos);
}

const refusalOf = (problem: Problem, status = 0): Refusal => ({ code: problem.code ?? `http_${status}`, text: problem.detail || problem.title || `HTTP ${status}`, fields: problem.errors ?? [] });
const isFinal = (status: number): boolean => status >= 400 && status < 500 && ![401, 408, 426, 429].includes(status);

/** Hands in what waits, one tab at a time; throws when the network is gone again, with everything still in its place. */
export async function handIn(): Promise<Arrived[]> {
  if (!navigator.locks) return handInAll();
  return navigator.locks.request("ht.hand-in", { ifAvailable: true }, (lock) => (lock ? handInAll() : []));
}
async function handInAll(): Promise<Arrived[]> {
  const items = (await refresh()).filter((item) => !item.refused);
  await dropOrphans([...loadDraft().photos, ...list.flatMap((item) => item.draft.photos)]);
  // what is ready goes first and together; then one by one, so that each photo that arrived is worth its while
  const ready = items.filter((item) => item.tried || !item.draft.photos.some(mustGo));
  const arrived: Arrived[] = [];
  for (let from = 0; from < ready.length; from += MOST) arrived.push(...(await file(ready.slice(from, from + MOST))));
  for (const item of items) {
    if (ready.includes(item)) continue;
    const whole = await sendPhotos(item);
    if (whole) arrived.push(...(await file([whole])));
  }
  return arrived;
}

/** The item with all its photos at the server; null when one of them was refused, or must wait. */
async function sendPhotos(item: Waiting): Promise<Waiting | null> {
  let now = item;
  for (const photo of item.draft.photos) {
    if (!mustGo(photo) || !photo.key) continue;
    try {
      const upload = await sendKept(photo.key);
      now = withPhoto(now, photo.key, (p) => sentAs(p, upload));
    } catch (error) {
      if (!(error instanceof ApiError)) throw error instanceof NetworkError ? error : new NetworkError();
      if (!isFinal(error.status)) return null;
      const text = error.fields[0]?.detail ?? error.message;
      await wait({ ...withPhoto(now, photo.key, (p) => ({ ...p, error: text })), refused: { code: error.code, text, fields: [{ pointer: "/uploads", detail: text }] } });
      return null;
    }
    await wait(now);
  }
  return now;
}
const withPhoto = (item: Waiting, key: string, change: (photo: Draft["photos"][number]) => Draft["photos"][number]): Waiting =>
  ({ ...item, draft: { ...item.draft, photos: item.draft.photos.map((p) => (p.key === key ? change(p) : p)) } });

async function file(items: Waiting[]): Promise<Arrived[]> {
  const going: Waiting[] = [];
  for (const item of items) {
    const uploads = item.draft.photos.flatMap((p) => p.upload_id ?? []);
    const sent = item.tried ? item : { ...item, tried: true, body: { ...item.body, uploads } };
    if (sent !== item) await wait(sent);
    going.push(sent);
  }
  const answer = await post<Answer>("/v1/reports/batch", { items: going.map((item) => ({ ...item.body, id: item.id })) });
  const arrived: Arrived[] = [];
  for (const [index, item] of going.entries()) {
    const result = answer.items[index];
    if (result?.report) arrived.push(await arrive(item, result.report));
    // refused for sure: nothing is stored under its id, so what is corrected may differ
    else if (result?.problem && isFinal(result.status)) await wait({ ...item, tried: false, refused: refusalOf(result.problem, result.status) });
  }
  return arrived;
}
async function arrive(item: Waiting, filed: FiledReport): Promise<Arrived> {
  addMine({ id: item.id, token: filed.track_token, code: filed.code, category: item.title, at: item.at });
  const lost = await completePhotos(item, filed.track_token), arrived = { item, filed, lost };
  await settle(item.id);
  await dropPhotos(item.draft.photos);
  if (loadDraft().id === item.id) dropDraft();
  hearers.forEach((hear) => hear(arrived));
  return arrived;
}
/** A report that was on its way for days may have arrived without photos that the server had forgotten: they follow. How many cannot. */
async function completePhotos(item: Waiting, token: string): Promise<number> {
  const old = item.draft.photos.filter((photo) => isStale(photo));
  if (!old.length) return 0;
  const missing = Math.max(0, (item.body.uploads?.length ?? 0) - (await askFor(item.id, token)).photos.length);
  let lost = missing;
  for (const { key } of old.slice(0, missing)) {
    try { await addLatePhotos(item.id, [(await sendKept(key!)).upload_id], token); lost--; }
    catch (error) { if (!(error instanceof ApiError) || !isFinal(error.status)) throw error; }
  }
  return lost;
}
