// Keeps the scanner on the device, so that it starts with no network and no server. The list KEPT (path -> digest) is put
// before this file by whoever serves it; every file is held against its digest, so that what is kept is one version or none.

const ROOT = new URL("../", location.href);
const NAME = "bevis-scan-";
const CACHE = NAME + KEPT["scan"].slice(7, 19) + Object.values(KEPT).join("").length.toString(36) + digestOfAll();
const PATHS = new Set(Object.keys(KEPT).map((path) => new URL(path, ROOT).pathname));
const SHELL = new URL("scan", ROOT).href;
const PATIENCE = 4000; // milliseconds for a verify page; then this device answers by itself

function digestOfAll() {
  let sum = 5381;
  for (const one of JSON.stringify(KEPT)) sum = ((sum * 33) ^ one.charCodeAt(0)) >>> 0;
  return sum.toString(36);
}

async function keep() {
  const cache = await caches.open(CACHE);
  await Promise.all(
    Object.entries(KEPT).map(async ([path, integrity]) => {
      const url = new URL(path, ROOT).href;
      const answer = await fetch(url, { integrity, cache: "no-cache", credentials: "same-origin" });
      if (!answer.ok || answer.redirected) throw new Error(`${path}: ${answer.status}`);
      await cache.put(url, answer);
    }),
  );
}

// All but the version before: a page that began with it may still ask for a part that it has not needed yet.
async function forgetOthers() {
  const others = (await caches.keys()).filter((name) => name.startsWith(NAME) && name !== CACHE);
  for (const name of others.slice(0, -1)) await caches.delete(name);
  await clients.claim();
}

async function kept(url) {
  const cache = await caches.open(CACHE);
  return cache.match(url, { ignoreSearch: true });
}

// Parts are named by what they hold, so that one of another version is the one that is asked for.
const PART = /\/scan\/[a-z0-9]+-[A-Z0-9]{8}\.js$/;

async function keptFirst(request, url) {
  return (await kept(url)) ?? fetch(request);
}

// A link from a code: the registry's own page while it answers, else the scanner, which reads what follows # itself.
async function pageFirst(request) {
  const late = new AbortController();
  const clock = setTimeout(() => late.abort(), PATIENCE);
  try {
    const answer = await fetch(request, { signal: late.signal });
    if (answer.status < 500) return answer;
  } catch {
    // no network, or no server
  } finally {
    clearTimeout(clock);
  }
  return (await kept(SHELL)) ?? Response.error();
}

addEventListener("install", (event) => {
  skipWaiting();
  event.waitUntil(keep());
});

addEventListener("activate", (event) => event.waitUntil(forgetOthers()));

addEventListener("fetch", (event) => {
  const { request } = event;
  const url = new URL(request.url);
  if (request.method !== "GET" || url.origin !== ROOT.origin || !url.pathname.startsWith(ROOT.pathname)) return;
  const path = url.pathname.slice(ROOT.pathname.length);
  if (request.mode === "navigate") {
    if (path === "scan") event.respondWith(keptFirst(request, SHELL));
    else if (path.toLowerCase() === "v") event.respondWith(pageFirst(request));
  } else if (PATHS.has(url.pathname)) {
    event.respondWith(keptFirst(request, url.href));
  } else if (PART.test(url.pathname)) {
    event.respondWith(caches.match(url.href).then((found) => found ?? fetch(request)));
  }
});
