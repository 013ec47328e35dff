// What stays on the device (IndexedDB): settings and trust by name, the day's checks, reports that wait.

const NAME = "bevis-scan";
const STORES = { kept: undefined, checks: { keyPath: "id", autoIncrement: true }, reports: { keyPath: "id", autoIncrement: true } };

const opened = new Promise((resolve, reject) => {
  const asked = indexedDB.open(NAME, 1);
  asked.onupgradeneeded = () => {
    for (const [name, options] of Object.entries(STORES)) asked.result.createObjectStore(name, options);
  };
  asked.onsuccess = () => resolve(asked.result);
  asked.onerror = () => reject(asked.error);
});

async function within(store, mode, work) {
  const db = await opened;
  return new Promise((resolve, reject) => {
    const change = db.transaction(store, mode);
    const asked = work(change.objectStore(store));
    change.oncomplete = () => resolve(asked?.result);
    change.onerror = change.onabort = () => reject(change.error);
  });
}

export const read = (name) => within("kept", "readonly", (store) => store.get(name));
export const write = (name, value) => within("kept", "readwrite", (store) => store.put(value, name));
export const forget = (name) => within("kept", "readwrite", (store) => store.delete(name));
export const all = (store) => within(store, "readonly", (rows) => rows.getAll());
export const add = (store, row) => within(store, "readwrite", (rows) => rows.add(row));
export const remove = (store, id) => within(store, "readwrite", (rows) => rows.delete(id));
export const empty = (store) => within(store, "readwrite", (rows) => rows.clear());
