// A certificate about a person, from the claims of its Verifiable Credential.
//
// Strict without a second list of rules: what was read is written again and must be what was given, so that nothing
// unknown, missing, doubled or of another type passes. See `verification/claims.py`.

import { certificate } from "./certificate.js";
import { endOf, stampOf, stampUtc, startOf } from "./days.js";
import { displayNumber } from "./number.js";
import { characters, isObject, Malformed, same } from "./strict.js";
import { didWeb } from "./trust.js";

export const VC_CONTEXT = "https://www.w3.org/ns/credentials/v2";
const BADGE_CONTEXT = "https://purl.imsglobal.org/spec/ob/v3p0/context-3.0.3.json";
const LONGEST_DID = 400;
const LONGEST_NAME = 120;

/** Members of `competence` whose value is the fact as it stands; days and moments are texts here as there. */
const AS_IT_STANDS = {
  number: "number",
  subject: "subject",
  birthYear: "birth_year",
  birthInCode: "birth_in_code",
  scheme: "scheme",
  schemeVersion: "scheme_version",
  edition: "edition",
  mandate: "mandate",
  party: "party",
  timeZone: "time_zone",
  attendedMinutes: "attended_minutes",
  mandatoryMinutes: "mandatory_minutes",
  attendedPercent: "attended_percent",
  delivery: "delivery",
  languageTraining: "language_training",
  languageTest: "language_test",
};
const DAYS = {
  birthDate: "birth_date",
  courseFirstOn: "course_first_on",
  courseLastOn: "course_last_on",
  assessedOn: "assessed_on",
  decidedOn: "decided_on",
  validFromDay: "valid_from",
  validUntilDay: "valid_until",
};
const LINEAGE = { corrects: "corrects", renews: "renews" };
const PARTIES = {
  trainingProvider: "training_provider",
  examinationBody: "examination_body",
  schemeOwner: "scheme_owner",
  registerKeeper: "register_keeper",
};
const BY_LANGUAGE = ["title", "content"];
const STAGES = ["enrolment", "attendance", "exam"];
const NESTED = [
  "level",
  "identity",
  ...STAGES,
  "scopeClasses",
  "restrictions",
  "tokenStatus",
  "statusList",
  "statusIndex",
];
const ALONE = { ...AS_IT_STANDS, ...LINEAGE, ...DAYS };

/** Claims that do not state a certificate of ours. */
export class MalformedCertificate extends Malformed {}

/**
 * A certificate as read from claims, and under which names it was stated; kind: whom it is about.
 * @typedef {{ kind: "person" | "organisation", certificate: any, issuer_did: string, public_url: string }} Stated
 */

/** @param {Record<string, any>} claims @returns {Stated} Throws Malformed. */
export function readClaims(claims) {
  const facts = claims.credentialSubject?.competence;
  if (!isObject(facts)) throw new MalformedCertificate("nothing of ours is stated");
  const publicUrl = registryOf(claims);
  /** @type {Record<string, any>} */
  const given = {};
  for (const [term, fact] of Object.entries(ALONE)) if (term in facts) given[fact] = facts[term];
  for (const [term, fact] of Object.entries(PARTIES)) if (term in facts) given[fact] = partyOf(facts[term]);
  if ("content" in facts) given.content = facts.content;
  const said = certificate({
    ...given,
    holder_name: claims.credentialSubject.identifier?.[0]?.identityHash,
    title: facts.title,
    level: facts.level,
    issuer: partyOf(claims.issuer),
    identity: facts.identity ?? {},
    issued_at: claims.awardedDate,
    scope_classes: facts.scopeClasses ?? [],
    restrictions: facts.restrictions ?? [],
    status: placeOf(facts),
  });
  const issuerDid = claims.issuer.id;
  const again = toClaims(said, issuerDid, publicUrl);
  if (!same(claims, again) && !same(claims, { ...again, "@context": spelledOut(publicUrl, said) }))
    throw new MalformedCertificate("unknown, missing or not as this certificate is written");
  return { kind: "person", certificate: said, issuer_did: issuerDid, public_url: publicUrl };
}

/** The certificate as it is written. @param {any} said @param {string} issuerDid @param {string} publicUrl */
function toClaims(said, issuerDid, publicUrl) {
  const title = inLanguage(said.title, "en");
  const outline = (["en", "sv", "nb"].map((lang) => said.content[lang]).find(Boolean) ?? []).join("\n") || title;
  return {
    "@context": [VC_CONTEXT, BADGE_CONTEXT, terms(publicUrl)],
    id: `${publicUrl}/v/${displayNumber(said.number)}`,
    type: ["VerifiableCredential", "OpenBadgeCredential"],
    name: title,
    issuer: { id: issuerDid, type: ["Profile"], name: said.issuer.name },
    awardedDate: stampUtc(said.issued_at),
    ...validity(said),
    credentialSubject: {
      type: ["AchievementSubject"],
      identifier: [{ type: "IdentityObject", identityHash: said.holder_name, identityType: "name", hashed: false }],
      achievement: {
        id: `${publicUrl}/schemes/${said.scheme}`,
        type: ["Achievement"],
        name: title,
        description: outline,
        criteria: { id: `${publicUrl}/levels/${said.level}`, narrative: outline },
      },
      competence: competence(said, publicUrl),
    },
    credentialStatus: statusEntries(said.status, publicUrl),
  };
}

/** Our own facts; what is not stated has no member. @param {any} said @param {string} publicUrl */
function competence(said, publicUrl) {
  /** @type {Record<string, any>} */
  const facts = { level: said.level, title: said.title, tokenStatus: tokenStatus(said.status) };
  if (Object.keys(said.content).length) facts.content = said.content;
  const identity = STAGES.filter((stage) => said.identity[stage] !== null);
  if (identity.length) facts.identity = Object.fromEntries(identity.map((stage) => [stage, said.identity[stage]]));
  if (said.scope_classes.length) facts.scopeClasses = said.scope_classes;
  if (said.restrictions.length) facts.restrictions = said.restrictions;
  for (const [term, fact] of Object.entries(ALONE)) if (said[fact] !== null) facts[term] = said[fact];
  for (const [term, fact] of Object.entries(PARTIES)) {
    const party = said[fact];
    if (party !== null) facts[term] = { id: didWeb(publicUrl, party.id), type: ["Profile"], name: party.name };
  }
  return facts;
}

const languageMaps = () => Object.fromEntries(BY_LANGUAGE.map((term) => [term, { "@container": "@language" }]));

/** The inline context: under one member of our own, every term is of our vocabulary. @param {string} publicUrl */
function terms(publicUrl) {
  const vocabulary = `${publicUrl}/ns#`;
  return { competence: { "@id": `${vocabulary}competence`, "@context": { "@vocab": vocabulary, ...languageMaps() } } };
}

/**
 * The contexts as the first certificates were signed with them: every term by its own name.
 * @param {string} publicUrl @param {any} said
 */
function spelledOut(publicUrl, said) {
  const vocabulary = `${publicUrl}/ns#`;
  const lineage = Object.entries(LINEAGE).flatMap(([term, fact]) => (said[fact] === null ? [] : [term]));
  const spelled = [...[AS_IT_STANDS, DAYS, PARTIES].flatMap(Object.keys), ...NESTED, ...lineage];
  /** @type {Record<string, any>} */
  const context = Object.fromEntries(spelled.map((term) => [term, vocabulary + term]));
  for (const term of BY_LANGUAGE) context[term] = { "@id": vocabulary + term, "@container": "@language" };
  return [VC_CONTEXT, BADGE_CONTEXT, { competence: { "@id": `${vocabulary}competence`, "@context": context } }];
}

/** Its first moment and its last second, where its scheme keeps its time. @param {any} said */
export function validity(said) {
  const first = stampOf(startOf(said.valid_from, said.time_zone), said.time_zone);
  if (said.valid_until === null) return { validFrom: first };
  return { validFrom: first, validUntil: stampOf(endOf(said.valid_until, said.time_zone) - 1000, said.time_zone) };
}

/** Where its status is told, for whoever reads Bitstring Status Lists. @param {any} status @param {string} publicUrl */
export function statusEntries(status, publicUrl) {
  const lists = `${publicUrl}/status/${status.list}/`;
  return ["revocation", "suspension"].map((purpose) => ({
    id: `${lists}${purpose}#${status.index}`,
    type: "BitstringStatusListEntry",
    statusPurpose: purpose,
    statusListIndex: String(status.index),
    statusListCredential: lists + purpose,
  }));
}

/** The same place, for whoever reads Token Status Lists. @param {any} status */
export const tokenStatus = (status) => ({ statusList: status.list, statusIndex: status.index });

/** @param {any} facts */
export const placeOf = (facts) => ({ list: facts.tokenStatus?.statusList, index: facts.tokenStatus?.statusIndex });

/**
 * The text in that language, else in the next of en, sv, nb that there is.
 * @param {Record<string, string>} texts @param {string} lang
 */
export const inLanguage = (texts, lang) => {
  const found = [lang, "en", "sv", "nb"].find((each) => Object.hasOwn(texts, each));
  return found === undefined ? "" : texts[found];
};

/** The address of the registry that an id names. @param {Record<string, any>} claims */
export function registryOf(claims) {
  const cut = typeof claims.id === "string" ? claims.id.lastIndexOf("/v/") : -1;
  if (cut < 0 || characters(claims.id.slice(0, cut)) > LONGEST_DID)
    throw new MalformedCertificate("no registry's address, or too long");
  return claims.id.slice(0, cut);
}

/** An organisation as its did and name tell of it. @param {any} profile @returns {{ id: string, name: string }} */
export function partyOf(profile) {
  const [did, name] = [profile?.id, profile?.name];
  if (typeof did !== "string" || typeof name !== "string" || !did.includes(":"))
    throw new MalformedCertificate("an organisation has no id or no name");
  if (characters(did) > LONGEST_DID || characters(name) > LONGEST_NAME)
    throw new MalformedCertificate("an organisation's name or id is too long");
  try {
    return { id: decodeURIComponent(did.slice(did.lastIndexOf(":") + 1)), name };
  } catch {
    throw new MalformedCertificate("an organisation's id is none");
  }
}
