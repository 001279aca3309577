/** What this device keeps in IndexedDB until the server has it: reports that wait, and photos. */
const STORES = { waiting: "id", photos: "key" } as const;
type Store = keyof typeof STORES;

function open(): Promise<IDBDatabase> {
  return new Promise((done, fail) => {
    const asked = indexedDB.open("hientruong", 2);
    asked.onupgradeneeded = () => {
      for (const [name, keyPath] of Object.entries(STORES)) if (!asked.result.objectStoreNames.contains(name)) asked.result.createObjectStore(name, { keyPath });
    };
    asked.onsuccess = () => done(asked.result);
    asked.onerror = () => fail(asked.error);
    asked.onblocked = () => fail(new DOMException("another tab holds an older version open", "InvalidStateError"));
  });
}

/** One step, done when it is on disk. */
export async function inStore<T>(name: Store, mode: IDBTransactionMode, act: (store: IDBObjectStore) => IDBRequest<T>): Promise<T> {
  const base = await open();
  try {
    return await new Promise<T>((done, fail) => {
      const transaction = base.transaction(name, mode);
      const asked = act(transaction.objectStore(name));
      transaction.oncomplete = () => done(asked.result);
      transaction.onerror = () => fail(transaction.error);
      transaction.onabort = () => fail(transaction.error);
    });
  } finally { base.close(); }
}
