// From what was shown to a verdict on the screen: judged on this device, or a number asked of the registry.

import { answer, check } from "../core/check.js";
import { EDITIONS } from "../core/rules.js";
import { readAnswer } from "./answered.js";
import { normalNumber, shownNumber } from "./codes.js";
import { remember } from "./day.js";
import { agree, asked, clockOf, known, lists, order, settings, words } from "./device.js";
import { byId, el, icon } from "./dom.js";
import { refresh } from "./known_shown.js";
import { own } from "./own.js";
import { at } from "./place.js";
import { screen, show } from "./screen.js";
import { buzz, sound } from "./signal.js";
import { drawVerdict } from "./verdict.js";

const LONGEST_WAIT = 15_000;
const VERDICT_LASTS = 3 * 60_000; // then whoever was checked is somewhere else
const SET_BACK = 60_000; // a clock that shows so much earlier says nothing of how long it was
let turn = 0; // an answer still under way belongs to what was shown before

export const forgetTurn = () => (turn += 1);
export const isTurn = (mine) => mine === turn;

const verdictOn = (text) =>
  check(text, known.trust, { now: new Date(known.now(Date.now())), situation: asked(), schemes: settings.profile.schemes });

// captured: when the frame was taken that this is about, by performance.now()
export async function judge(text, captured = null) {
  let mine = forgetTurn();
  await agree();
  if (mine !== turn) return;
  if (!known.trust && !known.ended) {
    mine = wait("asking_known"); // the first time, and the network may be slow
    await refresh();
  }
  const { trust } = known;
  const verdict = trust && (await verdictOn(text));
  if (mine !== turn) return;
  if (!verdict) return tell(known.ended ? { plain: "root_ended", title: "not_confirmed" } : { plain: "known_missing" });
  if (trust !== known.trust) return judge(text, captured); // another is believed meanwhile
  if (verdict.outcome === "valid" && known.setBack(Date.now())) return tell({ plain: "clock_back", title: "not_confirmed" });
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
  const mine = wait("asking_number", shownNumber(number));
  await agree();
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
    if (response.ok) told = readAnswer(await response.text(), body);
  } catch {
    // no network, or no server
  }
  if (mine !== turn) return true;
  if (told) felt(tell({ answer: told }));
  else if (status === 200) tell({ plain: "number_answer", title: "unreadable_answer" });
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
  screen.last = { ...what, at: Date.now(), by: performance.now(), trust: known.root, profile: settings.profile };
  screen.last.told = drawLast();
  show("verdict");
  setTimeout(fade, VERDICT_LASTS);
  return screen.last.told;
}

// Something is under way, and who waits can go elsewhere. Gives whose turn it is.
export function wait(key, about = "") {
  byId("verdict").replaceChildren(
    el("article.asking", {}, el("div.banner.waiting", { role: "status" }, el("div", {}, el("h1.verdict", { tabindex: "-1" }, words.say(key)), about && el("p.number", {}, about)))),
  );
  screen.last = null;
  show("verdict");
  return forgetTurn();
}

// An answer is of its moment, of the key that was believed and of what was asked; after that it has no colour any more.
export function fade() {
  const { last } = screen;
  if (!last?.told || last.over) return;
  const gone = Date.now() - last.at;
  const changed = last.profile !== settings.profile || (last.verdict && (last.trust !== known.root || known.ended));
  if (!changed && -SET_BACK < gone && Math.max(gone, performance.now() - last.by) < VERDICT_LASTS) return;
  last.over = true;
  drawLast();
}

export function drawLast() {
  const { verdict, answer: theirs, plain, title, over } = screen.last;
  const told = verdict ? answer(verdict, words.texts, words.lang) : (theirs ?? null);
  const drawing = () => (over ? overAnswer(told) : drawn(told, Boolean(verdict)));
  const made = told ? drawing() : plainAnswer(words.say(title ?? "known_none"), words.say(plain));
  byId("verdict").replaceChildren(made);
  document.title = `${made.querySelector("h1").textContent} · Bevis`;
  return told;
}

function drawn(told, onDevice) {
  const situation = own(lists.situations, told.situation) ?? lists.situations[settings.profile.situation];
  return drawVerdict(told, {
    words: words.page,
    order: own(EDITIONS, told.edition)?.order ?? order,
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

const overAnswer = (told) =>
  el(
    "article.answer.over",
    {},
    el(
      "div.banner.over",
      { role: "status" },
      icon("scan"),
      el(
        "div",
        {},
        el("h1.verdict", { tabindex: "-1" }, words.say("over")),
        el("p", {}, words.say("over_says", { clock: clockOf(told.checked_at, told.certificate?.time_zone).slice(-5), title: told.title })),
      ),
    ),
  );

function draftHeadline(headline) {
  const said = own(own(lists.drafts, settings.tongue)?.headlines, headline);
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
