// An answer is of its moment. After a while its colour goes; what is left tells when it was given, and asks again.

const LASTS = 180_000; // milliseconds, as in the scanner
const SET_BACK = 60_000; // so far a clock may be put right without making an answer old
const EARLY = 50; // by so little a timer may be called too early
let last = null;

// place  what the answer stands in; an element with the template #old somewhere in the document
// again  asks the same question once more
export function given(place, again) {
  last = { place, again, at: Date.now(), by: performance.now() };
  setTimeout(look, LASTS + EARLY);
}

// Nothing is shown any more that could grow old.
export function gone() {
  last = null;
}

// A page brought back from memory may have slept for any time, in which no clock of it went.
export function fade() {
  if (!last) return false;
  const { place, again } = last;
  const old = document.getElementById("old").content.cloneNode(true);
  const says = old.querySelector("p");
  const clock = place.querySelector(".checked time, .foot time")?.textContent ?? "";
  const title = place.querySelector(".answer .verdict")?.textContent ?? "";
  says.textContent = says.textContent.replace("{clock}", () => clock).replace("{title}", () => title);
  old.querySelector("button").addEventListener("click", again);
  document.title = old.querySelector(".verdict").textContent;
  place.replaceChildren(old);
  last = null;
  return true;
}

function look() {
  if (!last) return;
  const passed = Date.now() - last.at;
  if (-SET_BACK < passed && Math.max(passed, performance.now() - last.by) < LASTS) return;
  fade();
}

addEventListener("visibilitychange", look);
addEventListener("focus", look);
