/** What could not be sent for want of a network: kept in IndexedDB, handed in as one batch when there is one again. */
import { post } from "../../api/client";
import type { FiledReport, ReportDraft } from "../../api/types";
import { addMine } from "./draft";

export interface Waiting { id: string; body: ReportDraft; title: string; at: string }
interface Answer { items: { id: string | null; status: number; report: FiledReport | null }[] }
const MOST = 50;

function open(): Promise<IDBDatabase> {
  return new Promise((done, fail) => {
    const asked = indexedDB.open("hientruong", 1);
    asked.onupgradeneeded = () => asked.result.createObjectStore("waiting", { keyPath: "id" });
    asked.onsuccess = () => done(asked.result);
    asked.onerror = () => fail(asked.error);
  });
}
async function inStore<T>(mode: IDBTransactionMode, act: (store: IDBObjectStore) => IDBRequest<T>): Promise<T> {
  const base = await open();
  try {
    return await new Promise<T>((done, fail) => {
      const transaction = base.transaction("waiting", mode);
      const asked = act(transaction.objectStore("waiting"));
      transaction.oncomplete = () => done(asked.result);
      transaction.onerror = () => fail(transaction.error);
      transaction.onabort = () => fail(transaction.error);
    });
  } finally { base.close(); }
}

/** Kept under its own id: waiting twice is waiting once. */
export const wait = (item: Waiting): Promise<unknown> => inStore("readwrite", (store) => store.put(item));
export const waiting = (): Promise<Waiting[]> => inStore<Waiting[]>("readonly", (store) => store.getAll());
export const settle = (id: string): Promise<unknown> => inStore("readwrite", (store) => store.delete(id));

/** Hand in what waits; those that arrived, now or before. What is refused for good stays for its author to see. */
export async function handIn(): Promise<Waiting[]> {
  const items = (await waiting()).slice(0, MOST);
  if (!items.length) return [];
  const answer = await post<Answer>("/v1/reports/batch", { items: items.map((item) => ({ ...item.body, id: item.id })) });
  const arrived: Waiting[] = [];
  for (const [index, item] of items.entries()) {
    const result = answer.items[index];
    if (!result?.report) continue;
    addMine({ id: item.id, token: result.report.track_token, code: result.report.code, category: item.title, at: item.at });
    await settle(item.id);
    arrived.push(item);
  }
  return arrived;
}
