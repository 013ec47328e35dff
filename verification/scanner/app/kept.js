// What stays on the device (IndexedDB): settings and trust by name, the day's checks, reports that wait. All tabs share it.

const NAME = "bevis-scan";
const STORES = { kept: undefined, checks: { keyPath: "id", autoIncrement: true }, reports: { keyPath: "id", autoIncrement: true } };

export const unkept = new Set(); // names of what there was no room for: it is used as long as the page is open

let opened = null;

// Anew where it was not let in, or was shut meanwhile.
function open() {
  opened ??= new Promise((resolve, reject) => {
    const asked = indexedDB.open(NAME, 1);
    asked.onupgradeneeded = () => {
      for (const [name, options] of Object.entries(STORES)) asked.result.createObjectStore(name, options);
    };
    asked.onsuccess = () => {
      asked.result.onclose = () => (opened = null);
      resolve(asked.result);
    };
    asked.onerror = () => reject(asked.error);
  });
  opened.catch(() => (opened = null));
  return opened;
}

async function within(store, mode, work) {
  const db = await open();
  return new Promise((resolve, reject) => {
    const change = db.transaction(store, mode);
    change.onerror = change.onabort = () => reject(change.error);
    try {
      const asked = work(change.objectStore(store));
      change.oncomplete = () => resolve(Array.isArray(asked) ? asked.map((each) => each.result) : asked?.result);
    } catch (fault) {
      change.abort(); // all of it or nothing
      reject(fault);
    }
  });
}

// What stands under some names, as of one moment.
export async function readAll(names) {
  const found = await within("kept", "readonly", (store) => names.map((name) => store.get(name)));
  return Object.fromEntries(names.map((name, place) => [name, found[place]]));
}

// All of it or nothing; undefined takes away. False where there was no room.
export async function writeAll(given) {
  const names = Object.keys(given);
  try {
    await within("kept", "readwrite", (store) =>
      names.map((name) => (given[name] === undefined ? store.delete(name) : store.put(given[name], name))),
    );
    for (const name of names) unkept.delete(name);
    return true;
  } catch (fault) {
    console.warn(fault);
    for (const name of names) unkept.add(name);
    return false;
  }
}

export const all = (store) => within(store, "readonly", (rows) => rows.getAll());
export const add = (store, row) => within(store, "readwrite", (rows) => rows.add(row));
export const remove = (store, id) => within(store, "readwrite", (rows) => rows.delete(id));
export const empty = (store) => within(store, "readwrite", (rows) => rows.clear());

// ---- the other tabs of this device

const channel = "BroadcastChannel" in globalThis ? new BroadcastChannel(NAME) : null;
export const tellOthers = (what) => channel?.postMessage(what);
export const hearOthers = (work) => channel?.addEventListener("message", ({ data }) => work(data));

let queue = Promise.resolve();

// One after the other, in all tabs: what changes the key or the trust looks first at what stands there.
export function alone(work) {
  if (navigator.locks) return navigator.locks.request(NAME, work);
  const mine = queue.then(work);
  queue = mine.catch(() => undefined);
  return mine;
}
