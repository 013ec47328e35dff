// Hands a picture or a list in and shows the answers. Nothing of either stays here.

import { fade, given, gone } from "./old_answer.js";

const place = document.getElementById("answers");
const byPicture = document.getElementById("by-picture");
// What the registry answers is HTML of its own templates, in which all else is escaped; nothing else becomes any.
const trusted = globalThis.trustedTypes?.createPolicy("bevis-answers", { createHTML: (html) => html }) ?? {
  createHTML: (html) => html,
};
const LONGEST_WAIT = 60_000; // milliseconds; a PDF of fifty pages takes a while
let asked = 0;

function copy(id) {
  return document.getElementById(id).content.cloneNode(true);
}

function show(node) {
  place.replaceChildren(node);
  place.querySelector("h1, h2")?.focus();
}

// A problem as the API tells it, as a banner like any other.
function told(problem) {
  const banner = copy("no-answer");
  banner.querySelector("h2").textContent = problem.title;
  banner.querySelector("p").textContent = problem.detail ?? "";
  return banner;
}

async function ask(address, init) {
  asked += 1;
  const mine = asked;
  gone();
  show(copy("checking"));
  let answer;
  try {
    const response = await fetch(address, {
      method: "POST",
      cache: "no-store",
      signal: AbortSignal.timeout(LONGEST_WAIT),
      ...init,
      headers: { ...init.headers, Accept: "text/html" },
    });
    if (response.headers.get("content-type")?.startsWith("application/problem+json")) {
      answer = told(await response.json());
    } else {
      const found = new DOMParser().parseFromString(trusted.createHTML(await response.text()), "text/html");
      answer = found.querySelector("section.several, article.answer");
      answer = answer && document.adoptNode(answer);
    }
  } catch {
    answer = null;
  }
  if (mine !== asked) return;
  show(answer ?? copy("no-answer"));
  if (place.querySelector(".several")) given(place, () => ask(address, init));
}

// What the registry has put into the page as it was opened; the list it answered to is asked about again.
if (place.querySelector(".several")) given(place, () => location.reload());
addEventListener("pageshow", (event) => {
  if (event.persisted) fade();
});

byPicture.hidden = false;
byPicture.addEventListener("submit", (event) => {
  event.preventDefault();
  const [file] = byPicture.elements.picture.files;
  const lang = document.documentElement.lang;
  ask(`${place.dataset.pictures}?lang=${lang}`, { headers: { "Content-Type": file.type || "application/octet-stream" }, body: file });
});
// A picture may be dropped on the page, or pasted into it.
function taken(files) {
  if (!files?.length) return false;
  byPicture.elements.picture.files = files;
  byPicture.requestSubmit();
  return true;
}
addEventListener("dragover", (event) => event.preventDefault());
addEventListener("drop", (event) => {
  event.preventDefault();
  taken(event.dataTransfer?.files);
});
addEventListener("paste", (event) => {
  if (taken(event.clipboardData?.files)) event.preventDefault();
});
