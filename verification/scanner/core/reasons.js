// What a reason says about a case, in one language: the sentences of `verification/texts`, filled in.
//
// They are plain text: who shows them, escapes them. What comes out of a token and is put into a sentence can neither
// turn the text around nor break the line.

import { Span } from "./findings.js";
import { inLanguage } from "./claims.js";
import { isObject } from "./strict.js";

const [MINUTE, HOUR, DAY] = [60_000, 3_600_000, 86_400_000];
const LONGEST = 200;
const HIDES = /(?![\u200c\u200d])[\p{Cc}\p{Cf}\p{Cs}\p{Co}\p{Cn}\p{Zl}\p{Zp}]/gu;
/** What `verification.scanner_texts.texts_for_scanner` gives. @typedef {Record<string, any>} Texts */

/**
 * Text from outside, fit to stand in a line: no control, no invisible turn of direction, not endless.
 * @param {string} text
 */
export function harmless(text) {
  const shown = [...text].slice(0, LONGEST + 1).map((character) => character.replace(HIDES, "\ufffd"));
  return shown.length <= LONGEST ? shown.join("") : `${shown.slice(0, LONGEST - 1).join("")}…`;
}

/**
 * What a reason says about a case. A value that is not known turns to the plain sentence.
 * @param {string} code @param {import("./findings.js").Params} params @param {Texts} texts @param {string} lang
 */
export function sentence(code, params, texts, lang) {
  const { says, plain, title } = texts.reasons[code];
  const known = (/** @type {string} */ pattern) => places(pattern).every((name) => Object.hasOwn(params, name));
  const pattern = [says, plain ?? title].find(known) ?? title;
  return filled(pattern, params, texts, lang) + more(params, texts);
}

/** @param {string} pattern */
const places = (pattern) => Array.from(pattern.matchAll(/\{(\w+)\}/g), (found) => found[1]);

/** @param {string} pattern @param {import("./findings.js").Params} params @param {Texts} texts @param {string} lang */
const filled = (pattern, params, texts, lang) =>
  pattern.replace(/\{(\w+)\}/g, (_, name) => word(name, params[name], texts, lang));

/** Why it happened, and what came in its place. @param {import("./findings.js").Params} params @param {Texts} texts */
function more({ why, successor }, { words }) {
  const because = Object.hasOwn(words.because, String(why)) ? words.because[String(why)] : null;
  const reason = because ? ` ${words.because.sentence.replace("{why}", () => because)}` : "";
  if (successor === undefined) return reason;
  return `${reason} ${words.successor.sentence.replace("{successor}", () => harmless(String(successor)))}`;
}

/** A length of time in its largest unit, rounded down: 5 days, 12 minutes. @param {number} span @param {Texts} texts */
export function spanInWords(span, { words }) {
  const minutes = Math.max(0, Math.floor(span / MINUTE));
  // Up to four days the hours matter: limits are set in them, and "73 hours" says more than "3 days".
  const [unit, size] = minutes >= 1440 * 4 ? ["day", 1440] : minutes >= 60 ? ["hour", 60] : ["minute", 1];
  const count = Math.floor(minutes / size);
  const [one, many] = words.span[unit];
  return count === 1 ? one : many.replace("{n}", String(count));
}

/**
 * How old knowledge is, rounded up: nothing is told to be younger than it is.
 * @param {number} age @param {Texts} texts
 */
export function ageInWords(age, texts) {
  if (age < MINUTE) return texts.words.age.now;
  const unit = age > 4 * DAY ? DAY : age >= HOUR ? HOUR : MINUTE;
  return texts.words.age.old.replace("{span}", () => spanInWords(Math.ceil(age / unit) * unit, texts));
}

/**
 * A value as it stands in a sentence.
 * @param {string} name @param {any} value @param {Texts} texts @param {string} lang
 */
function word(name, value, texts, lang) {
  if (value instanceof Span)
    return name === "age" ? ageInWords(value.milliseconds, texts) : spanInWords(value.milliseconds, texts);
  return harmless(isObject(value) ? inLanguage(value, lang) : String(value));
}
