// The one answer to a verdict, in one language: the shape that the API returns, see `verification/answer.py`.

import { openFindings } from "./certificate.js";
import { inLanguage } from "./claims.js";
import { dayAt, stampUtc } from "./days.js";
import { displayNumber } from "./number.js";
import { rulesFor } from "./order.js";
import { harmless, sentence } from "./reasons.js";
import { REASONS } from "./rules.js";

/** @typedef {import("./judge.js").Verdict} Verdict */
/** @typedef {import("./reasons.js").Texts} Texts */

/**
 * The answer, as JSON has it.
 * @param {Verdict} verdict @param {Texts} texts of that language @param {string} lang
 * @param {{ showBirth?: boolean }} shown false where only a number was given: whoever has no code sees no birth
 * @returns {Record<string, any>}
 */
export function answer(verdict, texts, lang, { showBirth = true } = {}) {
  const { headline, on } = verdict;
  const words = texts.headlines[headline];
  const reasons = verdict.reasons.map((finding) => told(finding, texts, lang));
  return {
    outcome: verdict.outcome,
    headline,
    title: (on && words.title_on_day) || words.title,
    says: (on && words.on_day) || words.says,
    next: reasons.find((reason) => reason.next)?.next ?? null,
    reasons,
    certificate: verdict.certificate && certificate(verdict, texts, lang, showBirth),
    situation: verdict.situation,
    on,
    checked_at: stampUtc(verdict.checked_at),
    known_as_of: stampUtc(verdict.known_as_of),
    edition: verdict.edition,
  };
}

/** @param {import("./findings.js").Finding} finding @param {Texts} texts @param {string} lang */
function told({ code, outcome, params }, texts, lang) {
  const { title, next } = texts.reasons[code];
  const stands = outcome === "passed" || outcome === "does_not_apply";
  const says = sentence(code, params, texts, lang);
  return { code, outcome, severity: REASONS[code].severity, title, says, next: stands ? null : next };
}

/**
 * What the certificate says, and what its level means.
 * @param {Verdict} verdict @param {Texts} texts @param {string} lang @param {boolean} showBirth
 */
function certificate(verdict, texts, lang, showBirth) {
  const seen = /** @type {import("./findings.js").Seen} */ (verdict.certificate);
  const level = seen.level && texts.levels[rulesFor(seen.edition, seen.valid_from).edition][seen.level];
  const shown = {
    number: displayNumber(seen.number),
    subject: seen.subject,
    holder: harmless(seen.holder_name),
    birth: showBirth && seen.birth !== null ? String(seen.birth) : null,
    scheme: seen.scheme,
    title: harmless(inLanguage(seen.title, lang) || seen.scheme),
    level: seen.level,
    level_name: level?.name ?? null,
    printed_word: level?.printed_word ?? null,
    assures: level?.assures ?? null,
    does_not_assure: level?.does_not_assure ?? null,
    issuer: harmless(seen.issuer_name),
    valid_from: seen.valid_from,
    valid_until: seen.valid_until,
    time_zone: seen.time_zone,
    restrictions: seen.restrictions.map(harmless),
    scope_classes: seen.scope_classes.map(harmless),
    successor: param(verdict, "superseded", "successor"),
  };
  if (seen.full) Object.assign(shown, full(seen.full, verdict, lang));
  if (seen.organisation) Object.assign(shown, aboutOne(seen.organisation, seen));
  return shown;
}

/** @param {any} said @param {Verdict} verdict @param {string} lang */
const full = (said, verdict, lang) => ({
  edition: said.edition,
  scheme_version: said.scheme_version,
  party: said.party,
  issued_on: dayAt(said.issued_at, said.time_zone),
  training_provider: plain(said.training_provider?.name),
  examination_body: plain(said.examination_body?.name),
  scheme_owner: harmless(said.scheme_owner.name),
  mandate: said.mandate,
  mandate_certificate: param(verdict, "mandate_certificate", "certificate"),
  attests: null,
  identity: said.identity,
  content: contentIn(said, lang).map(harmless),
  course_first_on: said.course_first_on,
  course_last_on: said.course_last_on,
  assessed_on: said.assessed_on,
  decided_on: said.decided_on,
  attended_minutes: said.attended_minutes,
  mandatory_minutes: said.mandatory_minutes,
  attended_percent: said.attended_percent,
  delivery: plain(said.delivery),
  language_training: plain(said.language_training),
  language_test: plain(said.language_test),
  corrects: said.corrects && displayNumber(said.corrects),
  renews: said.renews && displayNumber(said.renews),
});

/** @param {string | null | undefined} text */
const plain = (text) => (text ? harmless(text) : null);

/**
 * What was learnt, in that language, else in English, else in whichever there is.
 * @param {any} said @param {string} lang
 * @returns {string[]}
 */
function contentIn(said, lang) {
  const found = [lang, "en", "sv", "nb"].find((each) => Object.hasOwn(said.content, each));
  return found === undefined ? [] : said.content[found];
}

/** @param {any} said @param {import("./findings.js").Seen} seen */
function aboutOne(said, seen) {
  const { attests } = said;
  const members = { ...attests, holder: said.holder.id };
  if ("scope" in attests) members.scope = attests.scope.map(harmless);
  if (attests.kind === "audit") members.open_findings = openFindings(attests);
  if (said.replaces !== null) members.replaces = displayNumber(said.replaces);
  return {
    issued_on: dayAt(said.issued_at, seen.time_zone),
    decided_on: said.decided_on,
    attests: members,
    ...(attests.kind === "mandate" ? { mandate: attests.mandate, scheme_owner: harmless(seen.issuer_name) } : {}),
  };
}

/**
 * What a reason of that code has told, as a text; null where it has not.
 * @param {Verdict} verdict @param {string} code @param {string} name
 */
function param(verdict, code, name) {
  const found = verdict.reasons.find((finding) => finding.code === code)?.params[name];
  return found === undefined ? null : String(found);
}
