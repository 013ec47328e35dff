// What a certificate counts as beside its own scheme, by decision of other schemes' owners.
//
// One step and no further: that A accepts B, and B accepts C, says nothing about A and C.

import { dayAt } from "./days.js";
import { rulesFor, satisfies } from "./order.js";
import { thirdParty } from "./stated.js";
import { lastDayOf } from "./trust.js";

// Where several decisions are about a certificate, the one that says most for it counts.
const BEST_FIRST = {
  recognised: "passed",
  recognition_condition: "could_not_check",
  recognition_unknown: "could_not_check",
  recognition_ended: "failed",
  recognition_not_met: "failed",
};
const ORDER = Object.keys(BEST_FIRST);
const NO_END = "9999-12-31";
/** @typedef {import("./trust.js").Recognition} Recognition */
/** @typedef {import("./findings.js").Seen} Seen */
/** @typedef {{ recognition: Recognition, how: keyof typeof BEST_FIRST, until: string | null }} Counted */

/**
 * The best that is decided about counting it as one of these schemes; null where nothing is.
 * @param {Seen} seen @param {string[]} needed
 * @param {string | null} on null = now; a decision counts on its days where the scheme that accepts keeps its time
 * @param {number} now @param {import("./trust.js").Trust} trust
 * @returns {import("./findings.js").Finding | null}
 */
export function countedAs(seen, needed, on, now, trust) {
  if (seen.subject !== "person" || seen.level === null) return null; // a mandate for a scheme is no certificate of it
  const found = trust.recognitionsOf(seen.scheme).flatMap((one) => {
    const scheme = trust.schemes.get(one.scheme);
    return scheme && needed.includes(one.scheme) ? [counted(one, seen, on ?? dayAt(now, scheme.time_zone), trust)] : [];
  });
  if (found.length === 0) return null;
  const best = found.reduce((first, other) => (better(other, first) ? other : first));
  return {
    code: best.how,
    outcome: /** @type {import("./findings.js").Outcome} */ (BEST_FIRST[best.how]),
    params: told(best, seen, trust),
  };
}

/** Whether one says more for it than another, or as much for longer. @param {Counted} one @param {Counted} other */
function better(one, other) {
  const [rank, otherRank] = [ORDER.indexOf(one.how), ORDER.indexOf(other.how)];
  return rank === otherRank ? (one.until ?? NO_END) > (other.until ?? NO_END) : rank < otherRank;
}

/**
 * @param {Recognition} one @param {Seen} seen @param {string} day @param {import("./trust.js").Trust} trust
 * @returns {Counted}
 */
function counted(one, seen, day, trust) {
  const last = lastDayOf(one);
  if (day < one.accepted_from) return { recognition: one, how: "recognition_not_met", until: last };
  if (last !== null && last < day) return { recognition: one, how: "recognition_ended", until: last };
  const issuedOn = issueDay(seen, trust);
  if (issuedOn !== null && one.issued_until !== null && one.issued_until < issuedOn)
    return { recognition: one, how: "recognition_ended", until: one.issued_until };
  const terms = [issued(one, issuedOn), ofVersion(one, seen), ofLevel(one, seen)];
  if (terms.includes(false) || !one.required_classes.every((each) => seen.scope_classes.includes(each)))
    return { recognition: one, how: "recognition_not_met", until: last };
  if (terms.includes(null)) return { recognition: one, how: "recognition_unknown", until: last };
  return { recognition: one, how: one.condition ? "recognition_condition" : "recognised", until: last };
}

/**
 * What the register knows goes before what the issuer wrote: a cut-off day tempts to date things back.
 * @param {Seen} seen @param {import("./trust.js").Trust} trust
 */
function issueDay(seen, trust) {
  const recorded = trust.events.get(seen.number)?.find((event) => event.kind === "issued");
  const at = recorded ? recorded.effective_from : (seen.full?.issued_at ?? null);
  return at === null ? null : dayAt(at, seen.time_zone);
}

/** @param {Recognition} one @param {string | null} issuedOn @returns {boolean | null} null where it is not known */
function issued(one, issuedOn) {
  if (one.issued_from === null && one.issued_until === null) return true;
  if (issuedOn === null) return null;
  return one.issued_from === null || one.issued_from <= issuedOn;
}

/** @param {Recognition} one @param {Seen} seen @returns {boolean | null} */
function ofVersion(one, seen) {
  if (one.versions === null) return true;
  return seen.full === null ? null : one.versions.includes(seen.full.scheme_version);
}

/** @param {Recognition} one @param {Seen} seen @returns {boolean | null} */
function ofLevel(one, seen) {
  if (one.min_level === null) return true;
  const rules = rulesFor(seen.edition, seen.valid_from);
  const level = /** @type {string} */ (seen.level);
  const third = thirdParty(seen);
  const atBest = satisfies(level, one.min_level, third !== false, rules);
  const atWorst = satisfies(level, one.min_level, third === true, rules);
  return atBest === atWorst ? atBest : null;
}

/** @param {Counted} best @param {Seen} seen @param {import("./trust.js").Trust} trust */
function told({ recognition: one, until }, seen, trust) {
  const scheme = /** @type {import("./trust.js").Scheme} */ (trust.schemes.get(one.scheme));
  return {
    owner: trust.organisations.get(scheme.owner)?.name ?? scheme.owner,
    scheme: Object.keys(seen.title).length ? seen.title : seen.scheme,
    instead: scheme.title,
    recognition: one.id,
    ...(until === null ? {} : { day: until }),
    ...(one.condition === null ? {} : { condition: one.condition }),
  };
}
