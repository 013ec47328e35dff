// How old the knowledge is that answers rest on: always on the screen, in words; and how it is made new.

import { asked, clockOf, known, profileInWords, settings, words, PLAIN } from "./device.js";
import { byId, el, icon, setIcon } from "./dom.js";
import { unkept } from "./kept.js";
import { notice, standing } from "./screen.js";
import { Refused, shownRoot } from "./trust.js";

const HOUR = 3_600_000;
const SKEW = 5 * 60_000; // a clock may differ so much
// state: shape, sentence
const STATES = {
  missing: ["undetermined", "known_missing"],
  clock: ["invalid", "clock_wrong"],
  back: ["invalid", "clock_back"],
  ok: ["valid", "known_ok"],
  soon: ["undetermined", "known_soon"],
  old: ["invalid", "known_old"],
};

function stateOf(now) {
  const { soft_limit_hours: soft, hard_limit_hours: hard } = asked();
  const age = known.age(now);
  if (age === null) return "missing";
  if (now < known.asOf - SKEW) return "clock";
  if (known.setBack(now)) return "back";
  return age <= soft * HOUR ? "ok" : age <= hard * HOUR ? "soon" : "old";
}

const inShort = (age) =>
  age === null ? words.say("known_none") : words.say("known_fresh", { short: age < 60_000 ? words.say("now_short") : words.span(age) });

export function tellKnown() {
  const now = Date.now();
  known.tick(now);
  const [state, age] = [stateOf(now), known.age(known.now(now))];
  const clock = state === "clock" || state === "back";
  const [shape, says] = STATES[state];
  byId("known").className = `known ${clock ? "clock" : state}`;
  setIcon(byId("known"), shape);
  byId("known-says").textContent = clock ? words.say("clock_short") : inShort(age);
  const sentence = state === "missing" || clock ? "" : `${words.say("known_is", { age: words.age(age) })} `;
  byId("known-state").className = `state ${clock ? "clock" : state}`;
  byId("known-state").replaceChildren(icon(shape), el("span", {}, sentence + words.say(says)));
  byId("known-facts").replaceChildren(...facts());
  byId("profile-says").textContent = byId("profile-state").textContent = profileInWords();
  byId("drop-profile").hidden = settings.profile === PLAIN;
  const stands = { clock_wrong: state === "clock", clock_back: state === "back", root_ended: known.ended, storage_full: unkept.size > 0 };
  for (const [key, so] of Object.entries(stands)) standing[so ? "add" : "delete"](key);
  notice();
}

function* facts() {
  const fact = (name, value, wide = "") => el(`div${wide}`, {}, el("dt", {}, words.say(name)), el(wide ? "dd.code" : "dd", {}, value));
  if (known.trust) {
    yield fact("as_of", clockOf(known.asOf));
    yield fact("registry", known.trust.public_url.replace(/^https?:\/\//, ""));
    yield fact("issuers_known", String(known.trust.organisations.size));
  }
  if (known.root) yield fact("root", `${shownRoot(known.root).id} · ${shownRoot(known.root).key}`, ".wide");
}

// Does it, and tells how it went; `told`: also where somebody asked for it.
async function made(work, good, told) {
  let how = good;
  try {
    await work();
    standing.delete("root_changed");
  } catch (fault) {
    if (!(fault instanceof Refused)) console.error(fault);
    how = fault instanceof Refused ? fault.why : "fault";
    if (how === "root_changed" || how === "root_ended") standing.delete("root_changed");
    if (how === "root_changed") standing.add(how);
  }
  tellKnown();
  if (told) byId("known-told").textContent = words.say(how);
}

export const refresh = (told = false) => made(() => known.refresh(), "fetched", told);
export const takeFile = (file) => made(async () => known.take(await file.text()), "loaded", true);
