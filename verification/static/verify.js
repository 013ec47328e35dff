// Reads the code from the address, takes it out of the address, asks the registry, shows its answer.
// The part after # is sent to no server by the browser; here it goes to the registry alone, and into no log.

import { fade, given, gone } from "./old_answer.js";

const place = document.getElementById("verdict");
const entry = document.getElementById("entry");
// What the registry answers is HTML of its own templates, in which all else is escaped; nothing else becomes any.
const trusted = globalThis.trustedTypes?.createPolicy("bevis-answers", { createHTML: (html) => html }) ?? {
  createHTML: (html) => html,
};
const LONGEST_WAIT = 15_000; // milliseconds; after that a controller is told that there is no answer
let asked = 0;
let code = "";
let about = null; // the last question, beside the code

function show(node) {
  place.replaceChildren(node);
  entry.hidden = true;
  const heading = place.querySelector("h1");
  if (heading) {
    heading.focus();
    document.title = heading.textContent;
  }
}

// An answer, which is of this moment.
function tell(node) {
  show(node);
  given(place, () => ask(about, about.situation === undefined));
}

function copy(id) {
  return document.getElementById(id).content.cloneNode(true);
}

function clear() {
  asked += 1; // an answer still under way belongs to what was shown before
  gone();
  place.replaceChildren();
  entry.hidden = false;
}

// Where the scanner is installed, what this device knows is shown until the registry has answered.
async function early(text) {
  if (!navigator.serviceWorker?.controller) return null;
  try {
    return await (await import(place.dataset.early)).earlyAnswer(text);
  } catch {
    return null; // the registry is asked all the same
  }
}

async function ask(question, isCode = false) {
  clear();
  about = question;
  const mine = asked;
  show(copy("checking"));
  let onDevice = null;
  let answered = false;
  if (isCode) {
    early(location.origin + location.pathname + code).then((node) => {
      if (!node || answered || mine !== asked) return;
      onDevice = node;
      tell(node);
    });
  }
  let answer;
  try {
    const response = await fetch(place.dataset.ask, {
      method: "POST",
      headers: { "Content-Type": "application/json", Accept: "text/html" },
      body: JSON.stringify({
        token: location.origin + location.pathname + code,
        lang: document.documentElement.lang,
        ...question,
      }),
      cache: "no-store",
      signal: AbortSignal.timeout(LONGEST_WAIT),
    });
    const text = await response.text();
    answer = response.ok || response.status === 429 ? new DOMParser().parseFromString(trusted.createHTML(text), "text/html").querySelector("article.answer") : null;
  } catch {
    answer = null;
  }
  if (mine !== asked) return; // another code was scanned meanwhile
  answered = true;
  if (answer) tell(document.adoptNode(answer));
  else if (onDevice) onDevice.querySelector(".live").textContent = copy("no-answer").querySelector("h1 + p").textContent;
  else show(copy("no-answer"));
}

async function check() {
  if (location.hash.length < 2) return;
  code = location.hash;
  history.replaceState(null, "", location.pathname + location.search);
  await ask({}, true);
}

// A second scan into the same tab changes only what follows #.
addEventListener("hashchange", check);
// A page brought back from memory would show an old answer as if it were today's.
addEventListener("pageshow", (event) => {
  if (!event.persisted) return;
  if (!fade()) clear();
  check();
});
// The same code for another day, or for something else.
place.addEventListener("submit", (event) => {
  event.preventDefault();
  const chosen = new FormData(event.target);
  const question = { situation: chosen.get("situation") };
  if (chosen.get("on")) question.on = chosen.get("on");
  ask(question);
});
// In another language the same code is asked about again.
for (const link of document.querySelectorAll(".languages a")) {
  link.addEventListener("click", () => {
    if (place.hasChildNodes()) link.hash = code;
  });
}
check();
