// The scanner: what is shown when. A code in view becomes a verdict made on this device; nothing is asked of the network.

import { answer, check } from "../core/check.js";
import { EDITIONS } from "../core/rules.js";
import { Camera, whyNot } from "./camera.js";
import { View, normalNumber, shownNumber, whatIs } from "./codes.js";
import { KEEPS, checks, csv, forgetChecks, remember } from "./day.js";
import { Decoder, script } from "./decoder.js";
import { byId, el, icon, setIcon } from "./dom.js";
import { read, write, forget } from "./kept.js";
import { at, root } from "./place.js";
import { asksFor, inWords, readProfile } from "./profile.js";
import { REASONS, plainNote, report, send } from "./report.js";
import { buzz, sound } from "./signal.js";
import { Known, Refused, shownRoot } from "./trust.js";
import { drawVerdict, fill } from "./verdict.js";
import { TONGUES, Words, chosenTongue } from "./words.js";

const SKEW = 5 * 60_000; // a clock may differ so much
const FRESH_EVERY = 10 * 60_000;
const VERDICT_LASTS = 5 * 60_000; // then it is told to be old
const CAMERA_LASTS = 60_000; // while something else is shown
const LONGEST_WAIT = 15_000;
const PLAIN = { situation: "site_entry", schemes: [], level: null, root: null };

const words = new Words();
const known = new Known();
const view = new View();
const settings = { profile: PLAIN, keep: 24, sound: false, buzz: true, tongue: "" };
const order = Object.values(EDITIONS).at(-1).order; // the highest level first
let decoder, camera, situations, drafts;
let shown = "start";
let last = null; // the verdict that is shown, to be shown again in another language
let resting = 0;
let hush = 0; // until when the hint stays as it is

// ---- views

const VIEWS = ["start", "camera", "choose", "number", "verdict", "report", "more"];

function show(name, { push = true, focus = true } = {}) {
  for (const one of VIEWS) byId(`view-${one}`).hidden = one !== name;
  document.body.dataset.view = name;
  byId("thumb").hidden = name === "camera" || name === "start";
  byId("next").textContent = words.say(name === "verdict" && last ? "next_scan" : "back");
  if (push && shown !== name) history[shown === "start" || name === "camera" ? "replaceState" : "pushState"]({ view: name }, "");
  shown = name;
  if (name === "camera") last = null;
  byId("to-report").hidden = !last;
  scrollTo(0, 0);
  if (focus) byId(`view-${name}`).querySelector("h1")?.focus({ preventScroll: true });
  if (name !== "camera") camera?.pause();
  clearTimeout(resting);
  resting = setTimeout(() => shown !== "camera" && rest(), CAMERA_LASTS);
}

// Nobody scans: the camera is let go, and its light with it.
function rest() {
  camera.stop();
  byId("torch").setAttribute("aria-pressed", "false");
}

async function toCamera() {
  view.clear();
  notice();
  show("camera", { focus: false });
  document.title = "Bevis";
  hint(camera.on ? "aim" : "starting");
  byId("no-camera").hidden = true;
  try {
    await camera.start();
    if (shown !== "camera") return camera.pause();
    byId("torch").hidden = !camera.torch;
    navigator.wakeLock?.request("screen").catch(() => undefined); // a dark screen at a gate is a queue
    hint("aim");
  } catch (fault) {
    byId("no-camera-says").textContent = words.say(whyNot(fault));
    byId("no-camera").hidden = false;
    hint("");
  }
}

function hint(key, stays = 0) {
  const place = byId("hint");
  const text = key ? words.say(key) : "";
  if (place.textContent !== text) place.textContent = text;
  place.hidden = !text;
  hush = stays ? performance.now() + stays : 0;
}

// What has to be seen to before anything else; what stands stays until it is put right.
const standing = new Set(); // keys of words
const ROOT_FAULTS = new Set(["root_changed", "root_ended"]);
function notice(text = "") {
  const says = [...[...standing].map((key) => words.say(key)), text].filter(Boolean).join(" ");
  if (byId("notice").textContent !== says) byId("notice").textContent = says;
  byId("notice").hidden = !says;
}

const oldVerdict = () => shown === "verdict" && last && Date.now() - last.at > VERDICT_LASTS;

// ---- what is known

function tellKnown() {
  const now = Date.now();
  const asked = asksFor(settings.profile, situations, order);
  const age = known.age(now);
  const wrong = known.trust && now < known.asOf - SKEW;
  const state =
    age === null ? "missing" : wrong ? "clock" : age <= asked.soft_limit_hours * 3_600_000 ? "ok" : age <= asked.hard_limit_hours * 3_600_000 ? "soon" : "old";
  const shape = { missing: "undetermined", clock: "invalid", ok: "valid", soon: "undetermined", old: "invalid" }[state];
  const says = { missing: "known_missing", clock: "clock_wrong", ok: "known_ok", soon: "known_soon", old: "known_old" }[state];
  const short = age === null ? words.say("known_none") : words.say("known_fresh", { short: age < 60_000 ? words.say("now_short") : words.span(age) });
  byId("known").className = `known ${state}`;
  setIcon(byId("known"), shape);
  byId("known-says").textContent = state === "clock" ? words.say("clock_short") : short;
  const place = byId("known-state");
  place.className = `state ${state}`;
  place.replaceChildren(icon(shape), el("span", {}, state === "missing" || state === "clock" ? words.say(says) : `${words.say("known_is", { age: words.age(age) })} ${words.say(says)}`));
  const facts = [];
  if (known.trust) {
    facts.push([words.say("as_of"), clockOf(known.asOf)], [words.say("registry"), known.trust.public_url.replace(/^https?:\/\//, "")]);
    facts.push([words.say("issuers_known"), String(known.trust.organisations.size)]);
  }
  byId("known-facts").replaceChildren(...facts.map(([name, value]) => el("div", {}, el("dt", {}, name), el("dd", {}, value))));
  if (known.root) byId("known-facts").append(el("div.wide", {}, el("dt", {}, words.say("root")), el("dd.code", {}, `${shownRoot(known.root).id} · ${shownRoot(known.root).key}`)));
  standing[state === "clock" ? "add" : "delete"]("clock_wrong");
  notice(oldVerdict() ? words.say("old_verdict") : "");
  byId("profile-says").textContent = byId("profile-state").textContent = inWords(settings.profile, situations, known.trust, words);
  byId("drop-profile").hidden = settings.profile === PLAIN;
}

async function refresh(told) {
  try {
    await known.refresh();
    for (const one of ROOT_FAULTS) standing.delete(one);
    if (told) byId("known-told").textContent = words.say("fetched");
  } catch (fault) {
    const why = fault instanceof Refused ? fault.why : "no_net";
    if (told) byId("known-told").textContent = words.say(why);
    if (ROOT_FAULTS.has(why)) standing.add(why);
  }
  tellKnown();
}

const clockOf = (moment, timeZone) =>
  new Date(moment).toLocaleString("sv-SE", { dateStyle: "short", timeStyle: "short", ...(timeZone ? { timeZone } : {}) });

// ---- verdicts

// captured: when the frame was taken that this is about, by performance.now()
async function judge(text, captured = null) {
  camera.pause();
  if (!known.trust) await refresh(false);
  if (!known.trust) return tell({ plain: "known_missing" });
  const verdict = await check(text, known.trust, {
    now: new Date(),
    situation: asksFor(settings.profile, situations, order),
    schemes: settings.profile.schemes,
  });
  felt(tell({ verdict, here: true }));
  // From the moment the camera took the picture until the answer is about to be seen: what `make bench` reads.
  if (captured !== null) requestAnimationFrame((end) => performance.measure("bevis:frame-to-verdict", { start: captured, end: Math.max(end, performance.now()) }));
}

function felt(told) {
  if (settings.buzz) buzz(told.outcome);
  if (settings.sound) sound(told.outcome);
  const row = { at: new Date().toISOString().slice(0, 19) + "Z", number: told.certificate?.number ?? "", outcome: told.outcome, headline: told.headline };
  remember(row, settings.keep).catch(() => undefined);
}

// what: {verdict, here} made on this device, {answers} of the registry by language, or {plain, title} of no certificate at all
function tell(what) {
  last = { ...what, at: Date.now() };
  last.told = drawLast();
  show("verdict");
  return last.told;
}

function drawLast() {
  const place = byId("verdict");
  let told = null;
  if (last.plain) {
    place.replaceChildren(plainAnswer(words.say(last.title ?? "known_none"), words.say(last.plain)));
  } else {
    told = last.verdict ? answer(last.verdict, words.texts, words.lang) : last.answer;
    const situation = situations[told.situation] ?? situations[settings.profile.situation];
    const made = drawVerdict(told, {
      words: words.page,
      order: EDITIONS[told.edition]?.order ?? order,
      age: words.age(new Date(told.checked_at) - new Date(told.known_as_of)),
      clock: clockOf(told.checked_at, told.certificate?.time_zone),
      situation: situation.title[words.lang] ?? situation.title,
      more: [draftHeadline(told.headline), last.here && el("p.on-device", {}, words.say("offline_answer"))],
    });
    place.replaceChildren(made);
  }
  document.title = `${place.querySelector("h1").textContent} · Bevis`;
  return told;
}

const plainAnswer = (title, says) =>
  el(
    "article.answer.undetermined",
    {},
    el("div.banner.undetermined", { role: "status" }, icon("undetermined"), el("div", {}, el("h1.verdict", { tabindex: "-1" }, title), el("p", {}, says))),
  );

function draftHeadline(headline) {
  const said = drafts[settings.tongue]?.headlines[headline];
  return said && el("p.draft", {}, el("span", { lang: settings.tongue }, `${said.title}. ${said.says}`), el("small", {}, ` (${words.say("draft")})`));
}

// ---- a number: the registry alone knows

async function askNumber(text) {
  const number = normalNumber(text);
  if (number === null) {
    byId("number-net").textContent = words.say("number_wrong");
    byId("number").setAttribute("aria-invalid", "true");
    return byId("number").focus();
  }
  byId("number").removeAttribute("aria-invalid");
  const { situation, schemes, level } = settings.profile;
  const body = { token: shownNumber(number), situation, lang: words.lang, ...(schemes.length ? { schemes } : {}), ...(level ? { level } : {}) };
  try {
    const response = await fetch(at("api/v1/verify"), {
      method: "POST",
      headers: { "Content-Type": "application/json", Accept: "application/json" },
      body: JSON.stringify(body),
      cache: "no-store",
      signal: AbortSignal.timeout(LONGEST_WAIT),
    });
    if (response.status === 429) return tell({ plain: "too_many", title: "number_offline" });
    if (!response.ok) throw new Error(String(response.status));
    felt(tell({ answer: await response.json() }));
  } catch {
    tell({ plain: "number_offline_says", title: "number_offline" });
  }
}

// ---- codes

function found(codes, captured) {
  const now = performance.now();
  const seen = view.look(codes, now);
  if (seen.kind === "one") take(seen.code, captured);
  else if (seen.kind === "several") choose(seen.codes);
  else if (seen.kind === "other") hint("not_ours", 2500);
  else if (hush && now > hush) hint("aim");
}

function take(code, captured = null) {
  if (code.kind === "certificate") return judge(code.text, captured).catch(broken);
  if (code.kind === "gate") return askProfile(code.text);
  if (code.kind === "number") return askNumber(code.text);
}

// What each code says of itself is not told before it is judged; and each is judged alone.
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
  if (!known.trust) return words.say("choice", { n: "" });
  const verdict = await check(code.text, known.trust, { now: new Date(), situation: asksFor(settings.profile, situations, order), schemes: settings.profile.schemes });
  const proof = answer(verdict, words.texts, words.lang).certificate;
  return proof ? `${proof.holder} · ${proof.title}` : words.say("unreadable_code");
}

async function lookAt(file) {
  if (!file) return;
  camera.pause();
  try {
    const { codes } = await decoder.picture(await file.arrayBuffer());
    const ours = new Map(codes.map((code) => whatIs(code.text)).filter((code) => code.kind !== "other").map((code) => [code.same, code]));
    if (ours.size > 1) choose([...ours.values()]);
    else if (ours.size === 1) take([...ours.values()][0]);
    else tell({ plain: codes.length ? "not_ours" : "nothing_in_image", title: "unreadable_code" });
  } catch {
    tell({ plain: "nothing_in_image", title: "unreadable_code" });
  }
}

// ---- the gate's profile

function askProfile(text) {
  camera.pause();
  const base = text.slice(0, text.indexOf("#gate?")).replace(/scan$/i, "");
  if (base.toLowerCase() !== root.href.toLowerCase()) return tell({ plain: "profile_elsewhere", title: "profile_title" });
  const asked = readProfile(text, situations, order);
  if (!asked) return tell({ plain: "profile_bad", title: "profile_title" });
  const other = asked.root && known.root && asked.root !== known.root;
  const set = async () => {
    if (asked.root) await known.pin(asked.root);
    settings.profile = { situation: asked.situation, schemes: asked.schemes, level: asked.level, root: null };
    await write("profile", settings.profile);
    standing.clear();
    await refresh(false);
    toCamera();
  };
  byId("verdict").replaceChildren(
    el(
      "article.ask-profile",
      {},
      el("h1", { tabindex: "-1" }, words.say("profile_ask")),
      el("p.lead", {}, words.say("profile_ask_says")),
      el(
        "div.card",
        {},
        el("p.holder", {}, inWords(asked, situations, known.trust, words)),
        asked.root && el("p.hint", {}, words.say("profile_root")),
        asked.root && el("p.code", {}, shownRoot(asked.root).name, el("br"), `${shownRoot(asked.root).id} · ${shownRoot(asked.root).key}`),
        other && el("p.state.old", {}, icon("invalid"), el("span", {}, words.say("profile_root_other"))),
      ),
      el("div.pair", {}, el("button.action", { type: "button", onclick: () => set().catch(broken) }, words.say("yes_set")), el("button.action.quiet", { type: "button", onclick: toCamera }, words.say("cancel"))),
    ),
  );
  last = null;
  show("verdict");
}

// ---- a report of a problem

function drawReport() {
  const option = (reason, place) =>
    el("label.switch", {}, el("input", { type: "radio", name: "reason", value: reason, checked: place === 0 }), el("span", {}, words.say(`report_${reason}`)));
  byId("report-reasons").replaceChildren(...REASONS.map(option));
  byId("report-note").value = "";
  byId("report-told").textContent = "";
}

async function sendReport(form) {
  const note = plainNote(byId("report-note").value);
  if (!(await report(new FormData(form).get("reason"), note, last?.told ?? null))) return "report_full";
  let { waiting, refused } = await send();
  if (waiting) ({ waiting, refused } = await send()); // what was under way may have begun before this one
  return refused ? "report_refused" : waiting ? "report_waits" : "report_sent";
}

// ---- more

async function drawDay() {
  const rows = await checks(settings.keep, Date.now());
  const headline = (row) => words.texts.headlines?.[row.headline]?.title ?? row.headline;
  byId("day").replaceChildren(
    ...rows.slice(0, 100).map((row) =>
      el(`li.${row.outcome}`, {}, icon(row.outcome), el("span", {}, headline(row)), el("span.number", {}, row.number || "–"), el("time", { datetime: row.at }, clockOf(row.at).slice(-5))),
    ),
  );
  byId("day").hidden = rows.length === 0;
  byId("day-told").textContent = rows.length ? "" : words.say("day_none");
  byId("export").disabled = byId("delete").disabled = rows.length === 0;
}

async function saveDay() {
  const rows = (await checks(settings.keep, Date.now())).reverse();
  const head = ["time", "number", "outcome", "headline"].map((name) => words.say(`column_${name}`));
  const address = URL.createObjectURL(new Blob([csv([head, ...rows.map((row) => [row.at, row.number, row.outcome, row.headline])])], { type: "text/csv" }));
  el("a", { href: address, download: `bevis-${new Date().toISOString().slice(0, 10)}.csv` }).click();
  setTimeout(() => URL.revokeObjectURL(address), 10_000);
}

function drawMore() {
  tellKnown();
  drawDay().catch(() => undefined);
  byId("keep").replaceChildren(...KEEPS.map((hours) => el("option", { value: hours, selected: hours === settings.keep }, words.say(`keep_${hours}`))));
  byId("tongues").replaceChildren(
    ...TONGUES.map((lang) => el("button", { type: "button", lang, "aria-pressed": String(lang === words.lang), onclick: () => speak(lang) }, { sv: "Svenska", nb: "Norsk", en: "English" }[lang])),
  );
  const more = Object.entries(drafts).map(([lang, said]) => el("option", { value: lang, lang, selected: lang === settings.tongue }, said.name));
  byId("tongue-more").replaceChildren(el("option", { value: "" }, words.say("tongue_none")), ...more);
  byId("sound").checked = settings.sound;
  byId("buzz").checked = settings.buzz;
  byId("known-told").textContent = "";
}

async function speak(lang) {
  await words.load(lang);
  await write("lang", lang);
  dress();
}

// All words anew; what is shown stays.
function dress() {
  document.documentElement.lang = words.lang;
  for (const place of document.querySelectorAll("[data-say]")) place.textContent = words.say(place.dataset.say);
  for (const place of document.querySelectorAll("[data-page]")) place.textContent = words.page[place.dataset.page];
  tellKnown();
  if (shown === "more") drawMore();
  if (shown === "verdict" && last) drawLast();
  byId("next").textContent = words.say(shown === "verdict" && last ? "next_scan" : "back");
  tellInstalled();
}

function tellInstalled() {
  byId("installed").textContent = words.say(navigator.serviceWorker?.controller ? "installed_yes" : "installed_not");
}

function broken(fault) {
  console.error(fault);
  tell({ plain: "fault", title: "number_offline" });
}

// ---- begin

async function fromAddress() {
  const hash = location.hash;
  if (hash.length < 2) return false;
  // The code is taken out of the address: it names a person.
  const text = location.origin + location.pathname + hash;
  history.replaceState(history.state, "", location.pathname + location.search);
  const code = whatIs(text.replace(/\/V#/, "/v#"));
  if (code.kind === "other") tell({ plain: "not_ours", title: "unreadable_code" });
  else await take(code);
  return true;
}

function listen() {
  const on = (id, kind, work) => byId(id).addEventListener(kind, work);
  on("next", "click", toCamera);
  on("try-camera", "click", toCamera);
  on("known", "click", () => (drawMore(), show("more")));
  on("to-more", "click", () => (drawMore(), show("more")));
  on("to-number", "click", () => {
    byId("number-net").textContent = words.say("number_net");
    show("number", { focus: false });
    byId("number").focus();
  });
  on("to-image", "click", () => byId("image").click());
  on("image", "change", ({ target }) => lookAt(target.files[0]).finally(() => (target.value = "")));
  on("number-form", "submit", (event) => (event.preventDefault(), askNumber(byId("number").value)));
  on("to-report", "click", () => (drawReport(), show("report")));
  on("report-form", "submit", async (event) => {
    event.preventDefault();
    const told = await sendReport(event.target);
    if (told !== "report_refused") drawReport();
    byId("report-told").textContent = words.say(told);
  });
  on("torch", "click", async ({ currentTarget: button }) => {
    const lit = button.getAttribute("aria-pressed") !== "true";
    await camera.setTorch(lit).then(() => button.setAttribute("aria-pressed", String(lit)), () => undefined);
  });
  on("refresh", "click", () => refresh(true));
  on("from-file", "click", () => byId("trust-file").click());
  on("trust-file", "change", async ({ target }) => {
    const told = await known.take(await target.files[0].text()).then(() => "loaded", (fault) => fault.why ?? "not_trusted");
    target.value = "";
    if (told === "root_ended") standing.add(told);
    tellKnown();
    byId("known-told").textContent = words.say(told);
  });
  on("drop-profile", "click", async () => {
    settings.profile = PLAIN;
    await forget("profile");
    drawMore();
  });
  on("keep", "change", ({ target }) => set("keep", Number(target.value)).then(drawDay));
  on("sound", "change", ({ target }) => set("sound", target.checked));
  on("buzz", "change", ({ target }) => set("buzz", target.checked));
  on("tongue-more", "change", ({ target }) => set("tongue", target.value));
  on("export", "click", saveDay);
  on("delete", "click", async ({ currentTarget: button }) => {
    if (button.dataset.sure !== "yes") {
      button.dataset.sure = "yes";
      button.textContent = words.say("delete_sure");
      return;
    }
    delete button.dataset.sure;
    button.textContent = words.say("delete");
    await forgetChecks();
    await drawDay();
    byId("day-told").textContent = words.say("deleted");
  });
  addEventListener("popstate", ({ state }) => {
    const name = state?.view ?? "camera";
    if (name === "more") (drawMore(), show(name, { push: false }));
    else if (name === "number" || (name === "verdict" && last)) show(name, { push: false });
    else toCamera();
  });
  addEventListener("hashchange", () => fromAddress().catch(broken));
  // A page brought back from memory would show an old answer as if it were today's.
  addEventListener("pageshow", (event) => event.persisted && toCamera());
  addEventListener("paste", (event) => {
    const file = [...(event.clipboardData?.files ?? [])].find((one) => one.type.startsWith("image/"));
    if (file) lookAt(file);
    else if (!(event.target instanceof HTMLInputElement)) {
      const code = whatIs((event.clipboardData?.getData("text") ?? "").trim());
      if (code.kind !== "other") take(code);
    }
  });
  addEventListener("dragover", (event) => event.preventDefault());
  addEventListener("drop", (event) => (event.preventDefault(), lookAt(event.dataTransfer?.files[0])));
  addEventListener("online", () => (refresh(false), send()));
  document.addEventListener("visibilitychange", () => {
    if (document.hidden) rest();
    else {
      refresh(false);
      if (shown === "camera") toCamera();
    }
  });
  // A newer version has come meanwhile: nobody stands in the middle of a verdict, so it begins at once.
  const before = navigator.serviceWorker?.controller;
  navigator.serviceWorker?.addEventListener("controllerchange", () => {
    tellInstalled();
    if (before && shown === "camera") location.reload();
  });
  setInterval(tellKnown, 20_000);
  setInterval(() => document.hidden || refresh(false), FRESH_EVERY);
}

async function set(name, value) {
  settings[name] = value;
  await write(name, value);
}

async function begin() {
  const json = (name) => fetch(at(`scan/${name}`)).then((told) => told.json());
  navigator.serviceWorker?.register(script("sw.js"), { scope: root.pathname }).catch((fault) => console.error(fault));
  const kept = ["lang", ...Object.keys(settings)].map((name) => read(name).then((value) => [name, value]));
  const [, , , ...had] = await Promise.all([
    known.begin(),
    json("situations.json").then((told) => (situations = Object.fromEntries(Object.values(told).at(-1).map((one) => [one.id, one])))),
    json("drafts.json").then((told) => (drafts = told)),
    ...kept,
  ]);
  const { lang, ...others } = Object.fromEntries(had.filter(([, value]) => value !== undefined));
  Object.assign(settings, others);
  if (!(settings.profile.situation in situations)) settings.profile = PLAIN;
  await words.load(chosenTongue(lang));
  decoder = new Decoder();
  decoder.ready.catch((fault) => console.error(fault));
  camera = new Camera(byId("video"), byId("outlines"), decoder, found);
  listen();
  dress();
  performance.mark("bevis:ready");
  navigator.storage?.persist?.();
  // Never a wait for the network: what is here is used, and what is newer comes when it comes.
  if (navigator.onLine !== false) (refresh(false), send());
  if (!(await fromAddress())) await toCamera();
}

begin().catch((fault) => {
  console.error(fault);
  byId("view-start").replaceChildren(plainAnswer("Bevis", "Skannern kunde inte starta. Skanneren kunne ikke starte. The scanner could not start."));
});
