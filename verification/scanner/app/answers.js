// From what was shown to a verdict on the screen: judged on this device, or a number asked of the registry.

import { answer, check } from "../core/check.js";
import { EDITIONS } from "../core/rules.js";
import { normalNumber, shownNumber } from "./codes.js";
import { remember } from "./day.js";
import { asked, clockOf, known, lists, order, settings, words } from "./device.js";
import { byId, el, icon } from "./dom.js";
import { refresh } from "./known_shown.js";
import { at } from "./place.js";
import { screen, show } from "./screen.js";
import { buzz, sound } from "./signal.js";
import { drawVerdict } from "./verdict.js";

const LONGEST_WAIT = 15_000;
let turn = 0; // an answer still under way belongs to what was shown before

export const forgetTurn = () => (turn += 1);

const verdictOn = (text) =>
  check(text, known.trust, { now: new Date(), situation: asked(), schemes: settings.profile.schemes });

// captured: when the frame was taken that this is about, by performance.now()
export async function judge(text, captured = null) {
  const mine = forgetTurn();
  if (!known.trust) {
    show("start", { push: false, focus: false }); // the first time, and the network may be slow
    await refresh();
  }
  const verdict = known.trust && (await verdictOn(text));
  if (mine !== turn) return;
  if (!verdict) return tell({ plain: "known_missing" });
  felt(tell({ verdict }));
  // From the moment the camera took the picture until the answer is about to be seen: what `make bench` reads.
  if (captured !== null)
    requestAnimationFrame((end) =>
      performance.measure("bevis:frame-to-verdict", { start: captured, end: Math.max(end, performance.now()) }),
    );
}

// Whom a code names, where it says so truly; null where it cannot be told.
export async function whom(text) {
  const proof = known.trust && answer(await verdictOn(text), words.texts, words.lang).certificate;
  return proof ? `${proof.holder} · ${proof.title}` : null;
}

// The registry alone knows what a number is about. False where it is none.
export async function askNumber(text) {
  const number = normalNumber(text);
  if (number === null) return false;
  const mine = forgetTurn();
  const { situation, schemes, level } = settings.profile;
  const body = { token: shownNumber(number), situation, lang: words.lang, ...(schemes.length && { schemes }), ...(level && { level }) };
  let told = null;
  let status = 0;
  try {
    const response = await fetch(at("api/v1/verify"), {
      method: "POST",
      headers: { "Content-Type": "application/json", Accept: "application/json" },
      body: JSON.stringify(body),
      cache: "no-store",
      signal: AbortSignal.timeout(LONGEST_WAIT),
    });
    status = response.status;
    if (response.ok) told = await response.json();
  } catch {
    // no network, or no server
  }
  if (mine !== turn) return true;
  if (told) felt(tell({ answer: told }));
  else tell({ plain: status === 429 ? "too_many" : "number_offline_says", title: "number_offline" });
  return true;
}

function felt({ outcome, headline, certificate }) {
  if (settings.buzz) buzz(outcome);
  if (settings.sound) sound(outcome);
  const row = { at: `${new Date().toISOString().slice(0, 19)}Z`, number: certificate?.number ?? "", outcome, headline };
  remember(row, settings.keep).catch(() => undefined);
}

// what: {verdict} made on this device, {answer} of the registry, or {plain, title}: words where there is no certificate.
// Gives the answer, null of the last.
export function tell(what) {
  screen.last = { ...what, at: Date.now() };
  screen.last.told = drawLast();
  show("verdict");
  return screen.last.told;
}

export function drawLast() {
  const { verdict, answer: theirs, plain, title } = screen.last;
  const told = verdict ? answer(verdict, words.texts, words.lang) : (theirs ?? null);
  const made = told ? drawn(told, Boolean(verdict)) : plainAnswer(words.say(title ?? "known_none"), words.say(plain));
  byId("verdict").replaceChildren(made);
  document.title = `${made.querySelector("h1").textContent} · Bevis`;
  return told;
}

function drawn(told, onDevice) {
  const situation = lists.situations[told.situation] ?? lists.situations[settings.profile.situation];
  return drawVerdict(told, {
    words: words.page,
    order: EDITIONS[told.edition]?.order ?? order,
    age: words.age(new Date(told.checked_at) - new Date(told.known_as_of)),
    clock: clockOf(told.checked_at, told.certificate?.time_zone),
    situation: situation.title[words.lang],
    more: [draftHeadline(told.headline), onDevice && el("p.on-device", {}, words.say("offline_answer"))],
  });
}

export const plainAnswer = (title, says) =>
  el(
    "article.answer.undetermined",
    {},
    el(
      "div.banner.undetermined",
      { role: "status" },
      icon("undetermined"),
      el("div", {}, el("h1.verdict", { tabindex: "-1" }, title), el("p", {}, says)),
    ),
  );

function draftHeadline(headline) {
  const said = lists.drafts[settings.tongue]?.headlines[headline];
  return (
    said &&
    el(
      "p.draft",
      {},
      el("span", { lang: settings.tongue }, `${said.title}. ${said.says}`),
      el("small", {}, ` (${words.say("draft")})`),
    )
  );
}
