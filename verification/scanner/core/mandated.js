// Who stands behind a mandate: its own certificate, signed by the scheme's owner, held against what the trust says.
// Whoever makes the trust can write any mandate into it, and cannot sign for the owner of the scheme.

import { failed, open, passed } from "./findings.js";
import { verifyJws } from "./jws.js";
import { displayNumber } from "./number.js";
import { openedFull } from "./presented.js";
import { Malformed, same } from "./strict.js";

/** @typedef {import("./trust.js").Trust} Trust */
/** @typedef {import("./trust.js").Mandate} Mandate */

/**
 * What the certificate of a mandate says of it; null where it has none, or the trust does not bring it.
 * @param {Mandate} mandate @param {string} owner id of the scheme's owner @param {Trust} trust
 */
export async function mandateCertificate(mandate, owner, trust) {
  const known = mandate.certificate === null ? undefined : trust.certificates.get(mandate.certificate);
  if (known === undefined || mandate.certificate === null) return null;
  const params = {
    certificate: displayNumber(mandate.certificate),
    owner: trust.organisations.get(owner)?.name ?? owner,
  };
  const read = readBack(known.vc_jwt);
  const key = read === null ? null : trust.issuerKey(read.jws.kid);
  const stated = read?.stated ?? null;
  const signed = read && key && stated && key.organisation === owner && (await verifyJws(read.jws, key.public_key));
  if (!signed || stated?.kind !== "organisation" || !says(stated.certificate, mandate, owner))
    return failed("mandate_certificate_disagrees", params);
  return sound(key, known, trust)
    ? passed("mandate_certificate", params)
    : open("mandate_certificate_unproven", params);
}

/** @param {string} text */
function readBack(text) {
  try {
    return openedFull(text);
  } catch (fault) {
    if (fault instanceof Malformed) return null;
    throw fault;
  }
}

/**
 * Whether the trust says no more than the owner has signed. A suspension parts its days, so they may be fewer.
 * @param {any} said @param {Mandate} mandate @param {string} owner
 */
function says(said, mandate, owner) {
  const terms = said.attests;
  return (
    terms.kind === "mandate" &&
    said.number === mandate.certificate &&
    said.issuer.id === owner &&
    said.holder.id === mandate.issuer &&
    terms.mandate === mandate.id &&
    terms.scheme === mandate.scheme &&
    same(terms.versions, mandate.versions) &&
    terms.max_level === mandate.max_level &&
    said.valid_from <= mandate.since &&
    (said.valid_until === null || (mandate.until !== null && mandate.until <= said.valid_until))
  );
}

/**
 * Whether it was signed while the key was its owner's alone. A place says nothing of which of several logs.
 * @param {import("./trust.js").Key} key @param {{ log_index: number | null }} known @param {Trust} trust
 */
function sound(key, known, trust) {
  if (key.compromised_since === null) return true;
  if (key.sound_below === null || known.log_index === null || trust.logs.length !== 1) return false;
  return known.log_index < key.sound_below;
}
