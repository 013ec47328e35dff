// The scanner: a code in view becomes a verdict made on this device; nothing is asked of the network.

import { askNumber, drawLast, fade, forgetTurn, isTurn, judge, plainAnswer, tell, wait, whom } from "./answers.js";
import { Camera, whyNot } from "./camera.js";
import { View, whatIs } from "./codes.js";
import { Decoder, script } from "./decoder.js";
import { beginDevice, hearOtherTabs, words } from "./device.js";
import { byId, el } from "./dom.js";
import { refresh, tellKnown } from "./known_shown.js";
import { drawMore, drawReport, listenToMore, tellInstalled } from "./more.js";
import { root } from "./place.js";
import { send } from "./report.js";
import { hint, hintIsOver, nameNext, notice, screen, show, standing } from "./screen.js";
import { askProfile } from "./set_up.js";

const FRESH_EVERY = 10 * 60_000;
const CAMERA_LASTS = 60_000; // while something else is shown
const HINT_LASTS = 2_500;

const view = new View();
let decoder, camera;
let resting = 0;
let newer = false; // whether a newer version of the page is here

// ---- the camera

async function toCamera() {
  if (newer) return location.reload();
  view.clear();
  show("camera", { focus: false });
  notice();
  document.title = "Bevis";
  hint(camera.on ? "aim" : "starting");
  byId("no-camera").hidden = true;
  try {
    await camera.start();
    if (screen.view !== "camera") return camera.pause();
    byId("torch").hidden = !camera.torch;
    navigator.wakeLock?.request("screen").catch(() => undefined); // a dark screen at a gate is a queue
    hint("aim");
  } catch (fault) {
    byId("no-camera-says").textContent = words.say(whyNot(fault));
    byId("no-camera").hidden = false;
    hint("");
  }
}

screen.changed = (name) => {
  forgetTurn();
  clearTimeout(resting);
  if (name === "camera") return;
  camera?.pause();
  resting = setTimeout(rest, CAMERA_LASTS);
};

// Nobody scans: the camera is let go, and its light with it.
function rest() {
  camera.stop();
  byId("torch").setAttribute("aria-pressed", "false");
}

async function light({ currentTarget: button }) {
  const lit = button.getAttribute("aria-pressed") !== "true";
  await camera.setTorch(lit).then(
    () => button.setAttribute("aria-pressed", String(lit)),
    () => undefined,
  );
}

// ---- codes

function found(codes, captured) {
  const seen = view.look(codes, performance.now());
  if (seen.kind === "one") take(seen.code, captured);
  else if (seen.kind === "several") choose(seen.codes);
  else if (seen.kind === "other") hint("not_ours", HINT_LASTS);
  else if (hintIsOver()) hint("aim");
}

async function take(code, captured = null) {
  camera.pause();
  try {
    if (code.kind === "certificate") await judge(code.text, captured);
    else if (code.kind === "gate") askProfile(code.text, toCamera);
    else if (code.kind === "number") await askNumber(code.text);
  } catch (fault) {
    broken(fault);
  }
}

// Each is judged by itself, and none before it was chosen.
function choose(codes) {
  camera.pause();
  view.clear();
  const choices = codes.map((code, place) => {
    const says = el("span", {}, "…");
    named(code).then((text) => says.replaceChildren(text), () => undefined);
    return el("li", {}, el("button", { type: "button", onclick: () => take(code) }, el("b", {}, String(place + 1)), says));
  });
  byId("choices").replaceChildren(...choices);
  show("choose");
}

async function named(code) {
  if (code.kind === "gate") return words.say("profile_title");
  if (code.kind === "number") return code.text;
  return (await whom(code.text)) ?? words.say("unreadable_code");
}

async function lookAt(file) {
  if (!file) return;
  camera.pause();
  const mine = wait("asking_image");
  try {
    const { codes } = await decoder.picture(await file.arrayBuffer());
    if (!isTurn(mine)) return;
    const seen = codes.map((code) => whatIs(code.text)).filter((code) => code.kind !== "other");
    const ours = [...new Map(seen.map((code) => [code.same, code])).values()];
    if (ours.length > 1) choose(ours);
    else if (ours.length === 1) take(ours[0]);
    else tell({ plain: codes.length ? "not_ours" : "nothing_in_image", title: "unreadable_code" });
  } catch {
    if (isTurn(mine)) tell({ plain: "nothing_in_image", title: "unreadable_code" });
  }
}

function pasted({ clipboardData: data, target }) {
  const file = [...(data?.files ?? [])].find((one) => one.type.startsWith("image/"));
  if (file) return lookAt(file);
  if (target instanceof HTMLInputElement || target instanceof HTMLTextAreaElement) return;
  const code = whatIs((data?.getData("text") ?? "").trim());
  if (code.kind !== "other") take(code);
}

async function typed(event) {
  event.preventDefault();
  const field = byId("number");
  try {
    if (await askNumber(field.value)) return field.removeAttribute("aria-invalid");
  } catch (fault) {
    return broken(fault);
  }
  byId("number-net").textContent = words.say("number_wrong");
  field.setAttribute("aria-invalid", "true");
  field.focus();
}

async function fromAddress() {
  const { hash } = location;
  if (hash.length < 2) return false;
  // The code is taken out of the address: it names a person.
  const text = location.origin + location.pathname + hash;
  history.replaceState(history.state, "", location.pathname + location.search);
  const code = whatIs(text);
  if (code.kind === "other") tell({ plain: "not_ours", title: "unreadable_code" });
  else await take(code);
  return true;
}

function broken(fault) {
  console.error(fault);
  tell({ plain: "fault", title: "number_offline" });
}

// ---- the page

// All words anew; what is shown stays.
function dress() {
  document.documentElement.lang = words.lang;
  for (const place of document.querySelectorAll("[data-say]")) place.textContent = words.say(place.dataset.say);
  for (const place of document.querySelectorAll("[data-page]")) place.textContent = words.page[place.dataset.page];
  tellKnown();
  nameNext();
  if (screen.view === "more") drawMore(dress);
  if (screen.view === "verdict" && screen.last) drawLast();
}

function toMore() {
  drawMore(dress);
  show("more");
}

function toNumber() {
  byId("number-net").textContent = words.say("number_net");
  show("number", { focus: false });
  byId("number").focus();
}

function back({ state }) {
  const name = state?.view ?? "camera";
  fade();
  if (name === "more") drawMore(dress);
  if (name === "more" || name === "number" || (name === "verdict" && screen.last)) show(name, { push: false });
  else toCamera();
}

function listen() {
  const on = (id, kind, work) => byId(id).addEventListener(kind, work);
  for (const id of ["next", "try-camera"]) on(id, "click", toCamera);
  for (const id of ["known", "to-more"]) on(id, "click", toMore);
  on("to-number", "click", toNumber);
  on("to-image", "click", () => byId("image").click());
  on("to-report", "click", () => (drawReport(), show("report")));
  on("image", "change", ({ target }) => lookAt(target.files[0]).finally(() => (target.value = "")));
  on("number-form", "submit", typed);
  on("torch", "click", light);
  listenToMore(on, dress);
  addEventListener("popstate", back);
  addEventListener("hashchange", () => fromAddress().catch(broken));
  // A page brought back from memory would show an old answer as if it were today's.
  addEventListener("pageshow", (event) => event.persisted && toCamera());
  addEventListener("paste", pasted);
  hearOtherTabs(seen);
  addEventListener("dragover", (event) => event.preventDefault());
  addEventListener("drop", (event) => (event.preventDefault(), lookAt(event.dataTransfer?.files[0])));
  addEventListener("online", () => (refresh(), send()));
  document.addEventListener("visibilitychange", () => {
    if (document.hidden) return rest();
    seen();
    refresh();
    if (screen.view === "camera") toCamera();
  });
  setInterval(seen, 20_000);
  setInterval(() => document.hidden || refresh(), FRESH_EVERY);
}

// What is on the screen is looked at again: whether it still holds.
function seen() {
  fade();
  tellKnown();
}

function install() {
  const workers = navigator.serviceWorker;
  workers?.register(script("sw.js"), { scope: root.pathname }).catch((fault) => console.error(fault));
  const before = workers?.controller;
  workers?.addEventListener("controllerchange", () => {
    tellInstalled();
    // A newer version has come meanwhile. Where somebody stands in the middle of a verdict, it begins after that.
    newer = Boolean(before);
    if (newer && screen.view === "camera") location.reload();
  });
}

async function begin() {
  await beginDevice();
  install();
  decoder = new Decoder();
  decoder.ready.catch((fault) => console.error(fault));
  camera = new Camera(byId("video"), byId("outlines"), decoder, found);
  if (!globalThis.isSecureContext) standing.add("not_secure");
  listen();
  dress();
  performance.mark("bevis:ready");
  navigator.storage?.persist?.();
  // Never a wait for the network: what is here is used, and what is newer comes when it comes.
  // A link goes first: it may be a set-up code with the key to be believed.
  const there = fromAddress();
  if (navigator.onLine !== false) (refresh(), send());
  if (!(await there)) await toCamera();
}

begin().catch((fault) => {
  console.error(fault);
  byId("view-start").replaceChildren(
    plainAnswer("Bevis", "Skannern kunde inte starta. Skanneren kunne ikke starte. The scanner could not start."),
  );
});
