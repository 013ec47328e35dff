// What a genuine certificate states of itself: level, whom it is about, independence, identity. No judgement.

import { openFindings } from "./certificate.js";
import { apart, failed, passed } from "./findings.js";

const NOT_STATED = "–";
const PARTY = { third: "independence_third", second: "independence_second", first: "independence_first" };

/**
 * One finding a fact; the short code states neither independence nor identity.
 * @param {import("./findings.js").Seen} seen
 */
export function stated(seen) {
  if (seen.organisation !== null) return [passed("subject_organisation"), attested(seen.organisation)];
  return [
    passed("level_stated", { level: /** @type {string} */ (seen.level) }),
    passed(seen.subject === "person" ? "subject_person" : "subject_organisation"),
    independence(seen.level, seen.full?.party ?? null),
    identity(seen.full?.identity ?? {}),
  ];
}

/**
 * Whether those who examined were independent of those who trained; null = not stated.
 * @param {import("./findings.js").Seen} seen
 * @returns {boolean | null}
 */
export function thirdParty(seen) {
  if (seen.subject !== "person") return null;
  if (seen.full?.party) return seen.full.party === "third";
  return seen.level === "C1" ? true : null;
}

/** What is said of the organisation. @param {any} said */
function attested(said) {
  const terms = said.attests;
  const params = { holder: said.holder.name, issuer: said.issuer.name };
  if (terms.kind === "mandate") return passed("attests_mandate", { ...params, level: terms.max_level });
  const named = { ...params, standard: `${terms.standard}:${terms.edition}` };
  if (terms.kind === "accreditation") return passed("attests_accreditation", named);
  if (terms.kind === "quality_certificate") return passed("attests_quality_certificate", named);
  const audited = { ...named, day: terms.last_on, open: openFindings(terms) };
  return passed(terms.conforms ? "attests_audit" : "attests_audit_failed", audited);
}

/** @param {string | null} level @param {string | null} party */
function independence(level, party) {
  if (party === null) return apart("independence_not_stated");
  // The level promises what the facts beside it deny.
  if (level === "C1" && party !== "third") return failed("independence_contradicts");
  return passed(PARTY[party]);
}

/** @param {Record<string, number | null>} stages */
function identity(stages) {
  const told = Object.entries(stages);
  if (told.every(([, found]) => found === null)) return apart("identity_not_stated");
  return passed(
    "identity_stated",
    Object.fromEntries(told.map(([stage, found]) => [stage, found === null ? NOT_STATED : String(found)])),
  );
}
