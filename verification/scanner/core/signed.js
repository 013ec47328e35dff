// Whether the keys behind a certificate were their owners' alone when they signed: the one that signed what was shown,
// and behind a code the issuer's.

import { codeDigest, CODE_DIGEST_BYTES } from "./cwt.js";
import { dayAt } from "./days.js";
import { failed, open, passed } from "./findings.js";
import { hex } from "./strict.js";
import { spoils } from "./trust.js";

/** @typedef {import("./findings.js").Case} Case */
/** @typedef {import("./findings.js").Finding} Finding */

/** Whether the key that signed was good when it did. @param {Case} asked @returns {Promise<Finding>} */
export async function signingKey(asked) {
  const { key, signed_at: signedAt, signed_at_known: known } = asked;
  if (key.compromised_since !== null) return stolen(asked, key.compromised_since);
  if (!asked.by_issuer && isTooLate(asked)) return failed("code_after_its_key");
  // An old certificate may be shown by a new code, so a code's key may be younger than the certificate.
  const earliest = asked.by_issuer ? signedAt : asked.now;
  const after = key.retired_at !== null && signedAt > key.retired_at;
  if (earliest < key.not_before || (after && known)) return failed("key_not_in_use", { day: asked.issue_day });
  if (after) return open("key_time_unproven", { day: dayAt(key.retired_at, asked.seen.time_zone) });
  return passed("key_good");
}

/**
 * Whether it was signed before somebody else had the key.
 *
 * Whoever has the key can write any date. Only what stood in the log before the theft stands, or what the register
 * itself recorded by then; and a code says nothing of when it was made.
 * @param {Case} asked @param {number} since @returns {Promise<Finding>}
 */
async function stolen(asked, since) {
  const { key } = asked;
  const day = { day: dayAt(since, asked.seen.time_zone) };
  if (!asked.by_issuer) return (await isKnown(asked)) ? passed("code_known", day) : failed("key_compromised", day);
  const index = asked.proven_index;
  if (key.sound_below !== null && index !== null)
    return index < key.sound_below ? passed("key_good") : failed("issuer_key_compromised", day);
  if (asked.signed_at >= since) return failed("issuer_key_compromised", day);
  const recorded = asked.history.some((event) => event.kind === "issued" && event.effective_from < since);
  return recorded ? passed("key_good") : open("key_time_unproven", day);
}

/**
 * Whether a code that anybody may have signed says just what one of the registry's would: the register was asked and
 * agrees, or it is among those that the key may have signed truly.
 * @param {Case} asked
 */
async function isKnown({ seen, key, proven_index: index, code }) {
  if (seen.full !== null) return true;
  if (key.survivors === null || index === null || code === null) return false;
  const begin = placeAmong(key.survivors, index) * CODE_DIGEST_BYTES;
  return (
    begin >= 0 && hex(key.survivors.digests.subarray(begin, begin + CODE_DIGEST_BYTES)) === (await codeDigest(code))
  );
}

/**
 * How many places stand before an entry of the log among survivors; below 0 where it is not among them.
 * @param {import("./trust.js").Survivors} survivors @param {number} index
 */
function placeAmong({ spans }, index) {
  let before = 0;
  for (const [first, last] of spans) {
    if (first <= index && index <= last) return before + index - first;
    before += last - first + 1;
  }
  return -1;
}

/** Whether it names an entry in the log that was not there yet when its key ended. @param {Case} asked */
const isTooLate = ({ key, proven_index: index }) =>
  key.signs_below !== null && index !== null && index >= key.signs_below;

/**
 * Behind a code stands the full certificate; the register knows which key signed that. What was signed with a stolen
 * key is no better for having a code of ours.
 * @param {Case} asked @returns {Finding[]}
 */
export function issuersKey(asked) {
  const { history, trust, seen, proven_index: index } = asked;
  if (asked.by_issuer) return [];
  if (history.length === 0) return perhapsStolen(asked);
  const [issued] = history;
  if (issued.kind !== "issued" || !issued.kid) return [];
  const key = trust.keyOf(seen.issuer, issued.kid);
  if (key === null) return [open("key_unknown")];
  if (key.compromised_since === null) return [];
  const bySpan = index === null || key.sound_below === null;
  const bad = bySpan
    ? issued.effective_from >= key.compromised_since
    : index >= /** @type {number} */ (key.sound_below);
  return bad ? [failed("issuer_key_compromised", { day: dayAt(key.compromised_since, seen.time_zone) })] : [];
}

/**
 * A code does not tell which of the issuer's keys signed what stands behind it, nor when.
 *
 * It tells where that stands in the log, and the trust which places a stolen key has spoilt. Without either: where on
 * its first day the issuer had no key but one that was stolen by then, only the register can tell.
 * @param {Case} asked @returns {Finding[]}
 */
function perhapsStolen({ trust, seen, proven_index: index }) {
  const keys = trust.keysOf(seen.issuer);
  const stolenKeys = keys.filter((key) => key.compromised_since !== null);
  if (stolenKeys.length === 0) return [];
  const since = (/** @type {import("./trust.js").Key} */ key) => /** @type {number} */ (key.compromised_since);
  const earliest = (/** @type {import("./trust.js").Key[]} */ some) =>
    dayAt(Math.min(...some.map(since)), seen.time_zone);
  if (index !== null && stolenKeys.every((key) => key.sound_below !== null)) {
    const spoilt = stolenKeys.filter((key) => spoils(key, index));
    return spoilt.length ? [failed("issuer_key_compromised", { day: earliest(spoilt) })] : [];
  }
  const first = seen.not_before;
  const inUse = keys.filter((key) => key.not_before <= first && (key.retired_at === null || first < key.retired_at));
  const stolen = inUse.filter((key) => key.compromised_since !== null && key.compromised_since <= first);
  if (stolen.length === 0 || stolen.length < inUse.length) return [];
  return [open("key_time_unproven", { day: earliest(stolen) })];
}
