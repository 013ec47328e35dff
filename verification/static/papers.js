// Fetches diplomas and cards with an issuer's key: one, or all of a batch. The key stays in this page and goes nowhere
// but to the registry's own API.

const form = document.getElementById("papers");
const told = document.getElementById("told");
const NUMBER = /^[0-9a-z]{4}([- ]?[0-9a-z]{4}){3}$/i;
const KEY = /^[!-~]+$/; // what can stand in a header
const BATCH = /^[a-z0-9-]{5,64}$/;
const ASKED_EVERY = 1000; // milliseconds
const KEPT = 60_000; // by then a browser has saved what it was given
let turn = 0;

class Refused extends Error {
  constructor(problem) {
    super(problem?.title);
    this.problem = problem;
  }
}

// What was typed is not what the field says that it wants.
const asIn = (id) => new Refused({ detail: document.getElementById(id).textContent });

function show(id) {
  const node = document.getElementById(id).content.cloneNode(true).firstElementChild;
  told.replaceChildren(node);
  node.querySelector("h2")?.focus();
  return node;
}

// The answer of the API. Raises Refused with its problem, or with none where nothing answers.
async function ask(key, path, init = {}) {
  let answer;
  try {
    answer = await fetch(form.dataset.api + path, {
      ...init,
      headers: { ...init.headers, Authorization: `Bearer ${key}`, "Accept-Language": document.documentElement.lang },
      cache: "no-store",
      redirect: "error",
    });
  } catch {
    throw new Refused(null);
  }
  if (answer.ok) return answer;
  throw new Refused(await answer.json().catch(() => null));
}

async function save(answer) {
  const said = /filename="([^"\/\\]+)"/.exec(answer.headers.get("content-disposition") ?? "");
  const address = URL.createObjectURL(await answer.blob());
  const link = document.createElement("a");
  link.href = address;
  link.download = said ? said[1] : "papers";
  link.click();
  setTimeout(() => URL.revokeObjectURL(address), KEPT);
  return link.download;
}

async function one(key, number, { page, lang }) {
  const kind = page === "card" ? "card" : "pdf";
  return ask(key, `/certificates/${encodeURIComponent(number)}/${kind}?lang=${lang}`);
}

async function all(key, batch, wanted, mine, working) {
  const orders = `/batches/${encodeURIComponent(batch)}/papers`;
  const once = [...crypto.getRandomValues(new Uint8Array(16))].map((byte) => byte.toString(16).padStart(2, "0")).join("");
  const headers = { "Content-Type": "application/json", "Idempotency-Key": once };
  let order = await (await ask(key, orders, { method: "POST", headers, body: JSON.stringify(wanted) })).json();
  const bar = working.querySelector("progress");
  while (order.state === "waiting" && mine === turn) {
    bar.max = Math.max(1, order.of);
    bar.value = order.done;
    const says = document.getElementById("how-far").textContent;
    working.querySelector(".says").textContent = says.replace("{done}", order.done).replace("{of}", order.of);
    await new Promise((next) => setTimeout(next, ASKED_EVERY));
    order = await (await ask(key, `${orders}/${order.id}`)).json();
  }
  return { answer: await ask(key, `${orders}/${order.id}/archive`), left: order.unprintable };
}

async function get() {
  const { key, what, page, lang } = Object.fromEntries([...new FormData(form)].map(([name, said]) => [name, said.trim()]));
  const mine = ++turn;
  const working = show("working");
  try {
    const isNumber = NUMBER.test(what);
    if (!KEY.test(key)) throw asIn("key-hint");
    if (!isNumber && !BATCH.test(what)) throw asIn("what-hint");
    const { answer, left } = isNumber
      ? { answer: await one(key, what, { page, lang }), left: {} }
      : await all(key, what, { page, lang }, mine, working);
    if (mine !== turn) return;
    const name = await save(answer);
    tellSaved(name, Object.entries(left));
  } catch (fault) {
    if (mine !== turn) return;
    if (!(fault instanceof Refused)) console.error(fault);
    tellRefused(fault.problem);
  }
}

function tellSaved(name, left) {
  const node = show("saved");
  node.querySelector(".says").textContent = name;
  for (const part of node.querySelectorAll("[hidden]")) part.hidden = left.length === 0;
  node.querySelector("ul").replaceChildren(
    ...left.map(([number, why]) => {
      const line = document.createElement("li");
      line.textContent = `${number}: ${why}`;
      return line;
    }),
  );
}

function tellRefused(problem) {
  const node = show("refused");
  if (!problem) return;
  if (problem.title) node.querySelector("h2").textContent = problem.title;
  node.querySelector("p").textContent = problem.detail ?? "";
}

form.hidden = false;
form.addEventListener("submit", (event) => {
  event.preventDefault();
  get();
});
