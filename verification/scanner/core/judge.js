// Findings and a situation in, one verdict out. How much a reason weighs is data, made from `verification/texts`.

import { dayAt } from "./days.js";
import { failed, open, passed, Span } from "./findings.js";
import { rulesFor, satisfies } from "./order.js";
import { countedAs } from "./recognition.js";
import { HEADLINES, REASONS } from "./rules.js";
import { thirdParty } from "./stated.js";

const HOUR = 3_600_000;
const RANKED = Object.keys(HEADLINES); // the worst first
/** @typedef {import("./findings.js").Finding} Finding */
/** @typedef {import("./findings.js").Seen} Seen */
/** @typedef {import("./trust.js").Trust} Trust */

/**
 * What the certificate is needed for, as in `verification/situations`; what is left out asks for nothing.
 * @typedef {{ id: string, level?: string | null, third_party?: boolean, identity?: number, schemes?: string[],
 *   subject?: "person" | "organisation" | null, soft_limit_hours: number, hard_limit_hours: number }} Situation
 *
 * One verdict. reasons: every finding, those that decide first; edition: of the rules it was read by.
 * @typedef {{ outcome: "valid" | "invalid" | "undetermined", headline: string, reasons: Finding[], checked_at: number,
 *   known_as_of: number, edition: string, situation: string, certificate: Seen | null, on: string | null }} Verdict
 */

/**
 * One failed step makes it invalid, one that could not be checked undetermined; and what is known must be young enough.
 * The worst failed step gives the headline.
 * @param {import("./findings.js").Findings} findings @param {Situation} situation @param {number} now @param {Trust} trust
 * @returns {Verdict}
 */
export function judge(findings, situation, now, trust) {
  const seen = findings.certificate;
  const found = [...findings.findings];
  if (seen) found.push(...needed(seen, situation, findings.on, now, trust), age(findings, situation, now));
  const by = (/** @type {string} */ outcome) => found.filter((finding) => finding.outcome === outcome);
  const refused = by("failed").sort((one, other) => rankOf(one) - rankOf(other));
  const openEnds = by("could_not_check");
  const headline = headlineOf(refused, openEnds);
  return {
    outcome: HEADLINES[headline],
    headline,
    // Failed first, the worst of them before others; then what is open; steps keep their order within.
    reasons: [...refused, ...openEnds, ...by("passed"), ...by("does_not_apply")],
    checked_at: now,
    known_as_of: findings.known_as_of,
    edition: (seen ? rulesFor(seen.edition, seen.valid_from) : rulesFor(null, dayAt(now, "UTC"))).edition,
    situation: situation.id,
    certificate: seen,
    on: findings.on,
  };
}

/** @param {Finding[]} refused the worst first @param {Finding[]} openEnds */
function headlineOf(refused, openEnds) {
  const decisive = openEnds.filter(({ code }) => decides(code));
  // A failed step that decides nothing has no headline, and ranks behind all that have one.
  if (refused.length && decides(refused[0].code)) return REASONS[refused[0].code].headline ?? "unknown";
  if (decisive.some(({ code }) => code !== "knowledge_stale")) return "unknown";
  return decisive.length ? "valid_stale" : "valid";
}

/** @param {string} code */
const decides = (code) => REASONS[code].severity === "decisive";

/** @param {Finding} finding */
function rankOf({ code }) {
  const { headline } = REASONS[code];
  return headline === null ? RANKED.length : RANKED.indexOf(headline);
}

/**
 * Whether the certificate is enough for the situation.
 * @param {Seen} seen @param {Situation} situation @param {string | null} on @param {number} now @param {Trust} trust
 */
function needed(seen, situation, on, now, trust) {
  const found = [];
  const { subject = "person", schemes = [], level = null } = situation;
  if (subject !== null && seen.subject !== subject)
    found.push(failed(subject === "person" ? "person_needed" : "organisation_needed"));
  if (schemes.length) found.push(...scheme(seen, schemes, on, now, trust));
  const independent = thirdParty(seen);
  if (level !== null) found.push(levelMet(seen, level, independent));
  if (situation.third_party) {
    if (independent === null) found.push(open("third_party_unknown"));
    else found.push(independent ? passed("third_party_met") : failed("third_party_missing"));
  }
  if (situation.identity) found.push(identity(seen, situation.identity));
  return found;
}

/**
 * Whether it is one of these, or its owner has it counted as one.
 * @param {Seen} seen @param {string[]} wanted @param {string | null} on @param {number} now @param {Trust} trust
 */
function scheme(seen, wanted, on, now, trust) {
  const title = Object.keys(seen.title).length ? seen.title : seen.scheme;
  const params = { scheme: title, needed: wanted.join(", ") };
  if (wanted.includes(seen.scheme)) return [passed("scheme_met", params)];
  const counted = countedAs(seen, wanted, on, now, trust);
  if (counted === null) return [failed("scheme_other", params)];
  return counted.outcome === "passed" ? [counted, passed("scheme_met", params)] : [counted];
}

/** @param {Seen} seen @param {string} wanted @param {boolean | null} independent */
function levelMet(seen, wanted, independent) {
  if (seen.level === null) return failed("level_too_low", { needed: wanted });
  const rules = rulesFor(seen.edition, seen.valid_from);
  const params = { needed: wanted, level: seen.level };
  if (satisfies(seen.level, wanted, independent === true, rules)) return passed("level_enough", params);
  const atBest = satisfies(seen.level, wanted, independent !== false, rules);
  return atBest ? open("third_party_unknown") : failed("level_too_low", params);
}

/**
 * The weakest of enrolment and exam counts; the short code states neither. What is not known does not help: an exam that
 * was held and a check that is not stated could not be checked.
 * @param {Seen} seen @param {number} wanted
 */
function identity(seen, wanted) {
  if (seen.full === null) return open("identity_unknown");
  const { enrolment, exam } = seen.full.identity;
  const stages = seen.full.assessed_on !== null || exam !== null ? [enrolment, exam] : [enrolment];
  const known = stages.filter((stage) => stage !== null);
  const found = Math.min(...known);
  if (known.length && found < wanted) return failed("identity_too_low", { found, needed: wanted });
  if (known.length < stages.length) return open("identity_unknown");
  return passed("identity_met", { found, needed: wanted });
}

/**
 * How old the oldest knowledge is that the answer rests on.
 * @param {import("./findings.js").Findings} findings @param {Situation} situation @param {number} now
 */
function age({ known_as_of: since }, { soft_limit_hours: softly, hard_limit_hours: firmly }, now) {
  const [old, soft, hard] = [now - since, softly * HOUR, firmly * HOUR];
  if (old <= soft) return passed("knowledge_fresh", { age: new Span(old) });
  if (old <= hard) return open("knowledge_stale", { age: new Span(old), limit: new Span(soft) });
  return open("knowledge_too_old", { age: new Span(old), limit: new Span(hard) });
}
