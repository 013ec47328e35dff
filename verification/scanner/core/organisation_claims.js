// A certificate about an organisation, from the claims of its Verifiable Credential; strict as `claims.js` is.

import { organisationCertificate } from "./certificate.js";
import * as written from "./claims.js";
import { stampUtc } from "./days.js";
import { displayNumber, parseNumber } from "./number.js";
import { isObject, same } from "./strict.js";
import { didWeb } from "./trust.js";

const TYPE = "OrganisationCertificate";
const BESIDE = [
  "number",
  "title",
  "decidedOn",
  "issuedAt",
  "validFromDay",
  "validUntilDay",
  "timeZone",
  "replaces",
  "tokenStatus",
];

/**
 * A certificate about a person or about an organisation, whichever the claims say.
 * @param {Record<string, any>} claims
 * @returns {import("./claims.js").Stated} Throws Malformed.
 */
export const readAnyClaims = (claims) =>
  Array.isArray(claims.type) && claims.type.includes(TYPE)
    ? readOrganisationClaims(claims)
    : written.readClaims(claims);

/** @param {Record<string, any>} claims @returns {import("./claims.js").Stated} */
function readOrganisationClaims(claims) {
  const facts = claims.credentialSubject?.attestation;
  if (!isObject(facts)) throw new written.MalformedCertificate("nothing of ours is stated");
  const publicUrl = written.registryOf(claims);
  const attested = Object.entries(facts).filter(([name]) => !BESIDE.includes(name));
  const { number, title, decidedOn, issuedAt, validFromDay, validUntilDay, timeZone, replaces } = facts;
  const said = organisationCertificate({
    number,
    holder: written.partyOf(claims.credentialSubject),
    issuer: written.partyOf(claims.issuer),
    title,
    attests: renamed(Object.fromEntries(attested), snake),
    decided_on: decidedOn,
    issued_at: issuedAt,
    valid_from: validFromDay,
    valid_until: validUntilDay ?? null,
    time_zone: timeZone,
    replaces: typeof replaces === "string" ? parseNumber(replaces) : null,
    status: written.placeOf(facts),
  });
  const issuerDid = claims.issuer.id;
  if (!same(claims, toClaims(said, issuerDid, publicUrl)))
    throw new written.MalformedCertificate("unknown, missing or not as this certificate is written");
  return { kind: "organisation", certificate: said, issuer_did: issuerDid, public_url: publicUrl };
}

/** @param {any} said @param {string} issuerDid @param {string} publicUrl */
function toClaims(said, issuerDid, publicUrl) {
  return {
    "@context": [written.VC_CONTEXT, context(publicUrl)],
    id: `${publicUrl}/v/${displayNumber(said.number)}`,
    type: ["VerifiableCredential", TYPE],
    name: written.inLanguage(said.title, "en"),
    issuer: { id: issuerDid, type: ["Organisation"], name: said.issuer.name },
    ...written.validity(said),
    credentialSubject: {
      id: didWeb(publicUrl, said.holder.id),
      type: ["Organisation"],
      name: said.holder.name,
      attestation: attestation(said),
    },
    credentialStatus: written.statusEntries(said.status, publicUrl),
  };
}

/** @param {string} publicUrl */
function context(publicUrl) {
  const vocabulary = `${publicUrl}/ns#`;
  return {
    [TYPE]: vocabulary + TYPE,
    Organisation: `${vocabulary}Organisation`,
    attestation: {
      "@id": `${vocabulary}attestation`,
      "@context": { "@vocab": vocabulary, title: { "@container": "@language" } },
    },
  };
}

/** Our own facts; what is not stated has no member. @param {any} said */
function attestation(said) {
  const facts = {
    number: said.number,
    title: said.title,
    ...renamed(said.attests, camel),
    decidedOn: said.decided_on,
    issuedAt: stampUtc(said.issued_at),
    validFromDay: said.valid_from,
    timeZone: said.time_zone,
    tokenStatus: written.tokenStatus(said.status),
  };
  if (said.valid_until !== null) facts.validUntilDay = said.valid_until;
  if (said.replaces !== null) facts.replaces = displayNumber(said.replaces);
  return facts;
}

const camel = (/** @type {string} */ name) => name.replace(/_([a-z])/g, (_, letter) => letter.toUpperCase());
const snake = (/** @type {string} */ name) => name.replace(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`);

/**
 * The same facts under their names in the other place, without those that say nothing.
 * @param {any} value @param {(name: string) => string} name @returns {any}
 */
function renamed(value, name) {
  if (Array.isArray(value)) return value.map((each) => renamed(each, name));
  if (!isObject(value)) return value;
  const told = Object.entries(value).filter(([, each]) => each !== null && !(Array.isArray(each) && each.length === 0));
  return Object.fromEntries(told.map(([each, inner]) => [name(each), renamed(inner, name)]));
}
