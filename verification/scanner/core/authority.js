// Whether whoever signed was entitled to: issuer, scheme, mandate, edition; as it was at issue.

import { dayAt } from "./days.js";
import { apart, failed, open, passed } from "./findings.js";
import { inLanguage } from "./claims.js";
import { mandateCertificate } from "./mandated.js";
import { editions, lower, rank, rulesFor } from "./order.js";
import { activeOn, holdsOn, onClosing } from "./trust.js";

/** @typedef {import("./findings.js").Case} Case */
/** @typedef {import("./findings.js").Finding} Finding */
/** @typedef {import("./trust.js").Organisation} Organisation */
/** @typedef {import("./trust.js").Scheme} Scheme */

/**
 * Issuer, scheme, mandate and edition, as they were at issue; and that the issuer has closed since.
 * @param {Case} asked
 * @returns {Promise<Finding[]>}
 */
export async function entitled(asked) {
  const { seen } = asked;
  const about = seen.level === null || seen.organisation !== null;
  const found = about ? organisations(asked) : [...issuer(asked), ...(await schemeAndMandate(asked)), edition(asked)];
  return [...found, ...closed(asked)];
}

/**
 * That the issuer has closed since, and what the scheme makes of it. The certificate is as genuine as it was.
 * @param {Case} asked
 */
function closed({ seen, trust, now, on }) {
  const [known, scheme] = [trust.organisations.get(seen.issuer), trust.schemes.get(seen.scheme)];
  const day = on ?? dayAt(now, seen.time_zone);
  if (!known?.closed_on || day < known.closed_on) return [];
  const params = { issuer: known.name, day: known.closed_on };
  const then = scheme ? onClosing(scheme, seen.full?.scheme_version ?? null) : "confirm";
  if (then === "end") return [failed("issuer_closed_ends", params)];
  return [then === "confirm" ? open("issuer_closed_confirm", params) : apart("issuer_closed", params)];
}

/**
 * Of a certificate about an organisation: who says so, and of a mandate, whether the scheme is theirs to give.
 * @param {Case} asked
 */
function organisations(asked) {
  const { seen, trust } = asked;
  const found = issuer(asked);
  const terms = seen.organisation?.attests;
  if (terms?.kind !== "mandate") return found;
  const scheme = trust.schemes.get(terms.scheme);
  const owner = scheme && trust.organisations.get(scheme.owner);
  if (scheme === undefined || owner === undefined)
    return [...found, open("scheme_unknown", { scheme: inLanguage(seen.title, "en") || seen.scheme })];
  const params = { issuer: seen.issuer_name, owner: owner.name, scheme: scheme.title };
  found.push(passed("scheme_known", { scheme: scheme.title }));
  if (scheme.owner !== seen.issuer) found.push(failed("mandate_not_owners", params));
  else if (capped(terms.max_level, owner, scheme, rulesFor(null, asked.issue_day)) !== terms.max_level)
    found.push(failed("mandate_above_owner", { ...params, level: terms.max_level }));
  else found.push(passed("mandate_owners", params));
  return found;
}

/** Whether the issuer is known, and was active at issue. @param {Case} asked @returns {Finding[]} */
function issuer({ seen, trust, issue_day: day, trust_is_older: older, signed_at_known: known }) {
  const issuer = trust.organisations.get(seen.issuer);
  if (issuer === undefined) return [open("issuer_unknown", { issuer: seen.issuer_name })];
  const params = { issuer: issuer.name };
  const there = passed("issuer_known", params);
  if (activeOn(issuer, day)) return [there, passed("issuer_active", params)];
  return [there, older || !known ? open("issuer_unknown", params) : failed("issuer_inactive", { ...params, day })];
}

/**
 * Whether the scheme is known, and the issuer's mandate covered it.
 * @param {Case} asked
 * @returns {Promise<Finding[]>}
 */
async function schemeAndMandate(asked) {
  const { seen, trust } = asked;
  const scheme = trust.schemes.get(seen.scheme);
  const version = seen.full?.scheme_version ?? null;
  if (scheme === undefined || (version !== null && !scheme.versions.includes(version)))
    return [
      open("scheme_unknown", { scheme: inLanguage(seen.title, "en") || seen.scheme }),
      open("mandate_unknown", { issuer: seen.issuer_name }),
    ];
  const found = [passed("scheme_known", { scheme: scheme.title }), mandate(asked, scheme)];
  const behind = found[1].outcome === "passed" ? await certificateBehind(asked, scheme) : null;
  return behind === null ? found : [...found, behind];
}

/**
 * The certificate of the mandate that covers it: the one that it names, else the first that reaches as high.
 * @param {Case} asked @param {Scheme} scheme
 */
async function certificateBehind(asked, scheme) {
  const { seen, trust, issue_day: day } = asked;
  const rules = rulesFor(seen.edition, day);
  const covering = mandatesFor(asked, scheme).filter(
    (one) => holdsOn(one, day) && rank(rules, /** @type {string} */ (seen.level)) >= rank(rules, one.max_level),
  );
  const named = covering.find((one) => one.id === (seen.full?.mandate ?? null)) ?? covering[0];
  return named === undefined ? null : mandateCertificate(named, scheme.owner, trust);
}

/** Every mandate the issuer ever had for the version. @param {Case} asked @param {Scheme} scheme */
function mandatesFor({ seen, trust }, scheme) {
  const version = seen.full?.scheme_version ?? null;
  return trust
    .mandatesOf(seen.issuer, scheme.code)
    .filter((one) => version === null || one.versions === null || one.versions.includes(version));
}

/**
 * Whether the issuer might issue this, at this level, when it did.
 * @param {Case} asked @param {Scheme} scheme
 * @returns {Finding}
 */
function mandate(asked, scheme) {
  const { seen, trust, issue_day: day, signed_at_known: known } = asked;
  const level = /** @type {string} */ (seen.level);
  const rules = rulesFor(seen.edition, day);
  const owner = trust.organisations.get(scheme.owner);
  const params = { issuer: seen.issuer_name, owner: owner?.name ?? scheme.owner, level, ...(known ? { day } : {}) };
  // Of an issuer that is not in this trust nothing is known, its mandates neither: not known is not refused.
  if (owner === undefined || !trust.organisations.has(seen.issuer)) return open("mandate_unknown", params);
  const ever = mandatesFor(asked, scheme);
  const reach = (/** @type {string} */ highest) => capped(highest, owner, scheme, rules);
  const covers = (/** @type {string} */ highest) => rank(rules, level) >= rank(rules, highest);
  const own = seen.issuer === scheme.owner ? [rules.owner_ceiling] : [];
  const allowed = [...own, ...ever.filter((one) => holdsOn(one, day)).map((one) => one.max_level)].map(reach);
  if (allowed.some(covers)) return passed("mandate_covers", params);
  const once = ever.some((one) => covers(reach(one.max_level)));
  // A code does not say when it was issued; its first day may lie before or after that.
  if (asked.trust_is_older || (once && !known)) return open("mandate_unknown", params);
  if (allowed.length) {
    const highest = allowed.reduce((best, one) => (rank(rules, one) < rank(rules, best) ? one : best));
    return failed("mandate_level", { ...params, allowed: highest });
  }
  const gone = ever.map((one) => one.withdrawn_from).filter((from) => from !== null && from <= day);
  if (gone.length) return failed("mandate_withdrawn", { ...params, day: /** @type {string} */ (gone.sort().at(-1)) });
  return failed("mandate_missing", params);
}

/**
 * How high a mandate reaches: not above its scheme, and to the top only where a sector body has given it.
 * @param {string} level @param {Organisation} owner @param {Scheme} scheme @param {import("./order.js").Order} rules
 */
function capped(level, owner, scheme, rules) {
  const given = owner.sector_body ? level : lower(rules, level, rules.owner_ceiling);
  return lower(rules, given, scheme.max_level);
}

/** Whether the edition of the rules it was assessed by is known. @param {Case} asked */
function edition({ seen, trust }) {
  const said = seen.edition;
  if (said === null) return apart("edition_not_stated");
  const known = editions.includes(said) && (trust.editions.length ? trust.editions : editions).includes(said);
  return known ? passed("edition_known", { edition: said }) : open("edition_unknown", { edition: said });
}
