// Which part of the page is shown, and what stands above it whatever is shown.

import { words } from "./device.js";
import { byId } from "./dom.js";

const VIEWS = ["start", "camera", "choose", "number", "verdict", "report", "more"];

// view: which part; last: the verdict that is shown, to be drawn again in another language; changed: who wants to know
export const screen = { view: "start", last: null, changed: () => undefined };

export function show(name, { push = true, focus = true } = {}) {
  for (const one of VIEWS) byId(`view-${one}`).hidden = one !== name;
  document.body.dataset.view = name;
  const before = screen.view;
  if (push && before !== name) history[before === "start" || name === "camera" ? "replaceState" : "pushState"]({ view: name }, "");
  screen.view = name;
  if (name === "camera") screen.last = null;
  byId("to-report").hidden = !screen.last;
  byId("thumb").hidden = name === "camera" || name === "start";
  nameNext();
  scrollTo(0, 0);
  if (focus) byId(`view-${name}`).querySelector("h1")?.focus({ preventScroll: true });
  screen.changed(name);
}

export function nameNext() {
  byId("next").textContent = words.say(screen.view === "verdict" && screen.last ? "next_scan" : "back");
}

let hush = 0; // until when the hint stays as it is

export function hint(key, stays = 0) {
  const text = key ? words.say(key) : "";
  if (byId("hint").textContent !== text) byId("hint").textContent = text;
  byId("hint").hidden = !text;
  hush = stays ? performance.now() + stays : 0;
}

export const hintIsOver = () => hush > 0 && performance.now() > hush;

// What has to be seen to before anything else; what stands stays until it is put right.
export const standing = new Set(); // keys of words

export function notice(text = "") {
  const says = [...[...standing].map((key) => words.say(key)), text].filter(Boolean).join(" ");
  if (byId("notice").textContent !== says) byId("notice").textContent = says;
  byId("notice").hidden = !says;
}
