// For the verify page, where the scanner is installed: what this device knows of a code, until the registry has answered.

import { answer, check } from "../core/check.js";
import { EDITIONS } from "../core/rules.js";
import { beginDevice, clockOf, known, lists, order, words, PLAIN } from "./device.js";
import { el } from "./dom.js";
import { asksFor } from "./profile.js";
import { drawVerdict } from "./verdict.js";

// The verdict as an element, in the language of the page; null where this device knows nothing.
export async function earlyAnswer(code) {
  await beginDevice();
  if (!known.trust || known.setBack(Date.now())) return null;
  await words.load(document.documentElement.lang);
  const verdict = await check(code, known.trust, { now: new Date(), situation: asksFor(PLAIN, lists.situations, order), schemes: [] });
  const told = answer(verdict, words.texts, words.lang);
  return drawVerdict(told, {
    words: words.page,
    order: EDITIONS[told.edition]?.order ?? order,
    age: words.age(new Date(told.checked_at) - new Date(told.known_as_of)),
    clock: clockOf(told.checked_at, told.certificate?.time_zone),
    situation: lists.situations[told.situation].title[words.lang],
    whole: true,
    more: [el("p.on-device", {}, `${words.say("offline_answer")} `, el("span.live", {}, words.say("asking_live")))],
  });
}
