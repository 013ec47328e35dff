// What a verifier believes and since when: keys, organisations, schemes, mandates, recognitions, status lists.
//
// Members are called as in the file; see `verification/trust.py` for what each means. Days are texts, moments
// milliseconds, None is null.

import { addDays } from "./days.js";
import { LISTED } from "./status_list.js";

/** @typedef {{ id: string, name: string, registered_on: string, struck_off_on: string | null, closed_on: string | null,
 *   sector_body: boolean }} Organisation */
/** @typedef {{ kid: string, organisation: string, public_key: Uint8Array, not_before: number, retired_at: number | null,
 *   compromised_since: number | null, sound_below: number | null, spoilt: [number, number][] }} Key */
/** @typedef {{ spans: [number, number][], digests: Uint8Array }} Survivors */
/** @typedef {{ kid: string, public_key: Uint8Array, not_before: number, retired_at: number | null,
 *   compromised_since: number | null, signs_below: number | null, survivors: Survivors | null }} AttestationKey */
/** @typedef {{ code: string, owner: string, title: Record<string, string>, max_level: string, time_zone: string,
 *   versions: string[], closing: Map<string, "confirm" | "end"> }} Scheme */
/** @typedef {{ id: string, issuer: string, scheme: string, versions: string[] | null, max_level: string, since: string,
 *   until: string | null, withdrawn_from: string | null, certificate: string | null }} Mandate */
/** @typedef {{ id: string, scheme: string, accepts: string, versions: string[] | null, min_level: string | null,
 *   issued_from: string | null, issued_until: string | null, accepted_from: string, accepted_until: string | null,
 *   required_classes: string[], class_map: Map<string, string>, condition: Record<string, string> | null,
 *   withdrawn_from: string | null }} Recognition */
/** @typedef {{ kind: string, effective_from: number, reason: string | null, kid?: string | null,
 *   successor?: string | null, log_index?: number | null }} StatusEvent */
/** @typedef {{ statuses: import("./status_list.js").StatusList, issued_at: number, ttl: number,
 *   expires_at: number | null }} KnownList */
/** @typedef {{ origin: string, public_key: Uint8Array, closed_at: number | null }} KnownLog */

/** All that is believed, as of one moment. */
export class Trust {
  /** @param {any} members as `readTrust` has read them */
  constructor(members) {
    /** @type {number} */ this.as_of = members.as_of;
    /** @type {string} */ this.public_url = members.public_url;
    /** @type {Map<string, Organisation>} */ this.organisations = members.organisations;
    /** @type {Key[]} */ this.keys = members.keys;
    /** @type {AttestationKey[]} */ this.attestation_keys = members.attestation_keys;
    /** @type {AttestationKey[]} */ this.status_keys = members.status_keys;
    /** @type {Map<string, Scheme>} */ this.schemes = members.schemes;
    /** @type {Mandate[]} */ this.mandates = members.mandates;
    /** @type {Map<string, { vc_jwt: string, log_index: number | null }>} */ this.certificates = members.certificates;
    /** @type {Recognition[]} */ this.recognitions = members.recognitions;
    /** @type {Map<number, KnownList>} */ this.status_lists = members.status_lists;
    /** @type {string[]} */ this.editions = members.editions;
    /** @type {KnownLog[]} */ this.logs = members.logs;
    /** @type {Map<string, StatusEvent[]>} */ this.events = members.events;
    /** @type {{ changes: Map<number, Map<number, StatusEvent[]>>, logged: { size: number, at: number }[] } | null} */
    this.history = members.history;
    /** The registry's address without http:// or https://. */
    this.host = this.public_url.slice(this.public_url.indexOf("//") + 2);

    this.keysByUrl = new Map(this.keys.map((key) => [`${didWeb(this.public_url, key.organisation)}#${key.kid}`, key]));
    this.keysByOrganisation = grouped(this.keys, (key) => key.organisation);
    this.attestationKeysByKid = new Map(this.attestation_keys.map((key) => [key.kid, key]));
    this.mandatesByIssuer = grouped(this.mandates, ({ issuer, scheme }) => `${issuer} ${scheme}`);
    this.recognitionsByScheme = grouped(this.recognitions, (one) => one.accepts);
  }

  /** The key a `vc+jwt` names: did, #, kid. @param {string} kid @returns {Key | null} */
  issuerKey(kid) {
    return this.keysByUrl.get(kid) ?? null;
  }

  /** An organisation's key by its own name. @param {string} organisation @param {string} kid */
  keyOf(organisation, kid) {
    return this.issuerKey(`${didWeb(this.public_url, organisation)}#${kid}`);
  }

  /** Every key that organisation ever had. @param {string} organisation */
  keysOf(organisation) {
    return this.keysByOrganisation.get(organisation) ?? [];
  }

  /** The key a compact token names by four bytes. @param {string} kid @returns {AttestationKey | null} */
  attestationKey(kid) {
    return this.attestationKeysByKid.get(kid) ?? null;
  }

  /** Every mandate that issuer ever had for that scheme. @param {string} issuer @param {string} scheme */
  mandatesOf(issuer, scheme) {
    return this.mandatesByIssuer.get(`${issuer} ${scheme}`) ?? [];
  }

  /** Every decision by which another scheme accepts, or accepted, that scheme's certificates. @param {string} scheme */
  recognitionsOf(scheme) {
    return this.recognitionsByScheme.get(scheme) ?? [];
  }

  /**
   * What the status list says at a place; null where there is no such place, or no such status.
   * @param {{ list: number, index: number }} place
   */
  listed(place) {
    const value = this.status_lists.get(place.list)?.statuses.at(place.index) ?? null;
    return value === null ? null : (LISTED[value] ?? null);
  }

  /** A moment by which the log had an entry; null where none is known. @param {number} logIndex */
  thereBy(logIndex) {
    return this.history?.logged.find((head) => logIndex < head.size)?.at ?? null;
  }
}

/** @template T @param {T[]} all @param {(one: T) => string} by @returns {Map<string, T[]>} */
function grouped(all, by) {
  const found = new Map();
  for (const one of all) {
    const group = found.get(by(one));
    if (group === undefined) found.set(by(one), [one]);
    else group.push(one);
  }
  return found;
}

/**
 * The did:web name of an organisation of the registry at an address; of the registry itself without one.
 * @param {string} publicUrl @param {string | null} organisation
 */
export function didWeb(publicUrl, organisation = null) {
  const [, host, path] = /^(?:[A-Za-z][A-Za-z0-9+.-]*:)?(?:\/\/([^/?#]*))?([^?#]*)/.exec(publicUrl) ?? [];
  const steps = (path ?? "").split("/").filter((step) => step !== "");
  const named = ["did:web", (host ?? "").toLowerCase().replaceAll(":", "%3A"), ...steps.map(quoted)];
  return [...named, ...(organisation ? ["o", organisation] : [])].join(":");
}

/** All but letters, digits and `_.-~` written as percents. @param {string} text */
const quoted = (text) =>
  encodeURIComponent(text).replace(/[!'()*]/g, (each) => `%${each.charCodeAt(0).toString(16).toUpperCase()}`);

/** Whether an organisation may act that day. @param {Organisation} known @param {string} day */
export const activeOn = (known, day) =>
  known.registered_on <= day && [known.struck_off_on, known.closed_on].every((end) => end === null || day < end);

/** Whether a mandate is in force that day. @param {Mandate} mandate @param {string} day */
export const holdsOn = (mandate, day) =>
  mandate.since <= day &&
  (mandate.until === null || day <= mandate.until) &&
  (mandate.withdrawn_from === null || day < mandate.withdrawn_from);

/**
 * Whether the entry there is one that a key signed when it was no longer its owner's alone.
 * @param {Key} key @param {number} logIndex
 */
export const spoils = (key, logIndex) => key.spoilt.some(([first, last]) => first <= logIndex && logIndex <= last);

/**
 * What becomes of a certificate when its issuer closes; where the version is not known, and it matters: ask.
 * @param {Scheme} scheme @param {string | null} version
 */
export function onClosing(scheme, version) {
  const asked = version === null ? scheme.versions : [version];
  const told = new Set(asked.map((one) => scheme.closing.get(one) ?? "stand"));
  return told.size === 1 ? [...told][0] : "confirm";
}

/** The last day on which a certificate may be relied upon by a recognition; null = no end. @param {Recognition} one */
export function lastDayOf(one) {
  // The calendar has no day before its first.
  const first = one.withdrawn_from === "0001-01-01";
  const ended = one.withdrawn_from === null || first ? one.withdrawn_from : addDays(one.withdrawn_from, -1);
  const ends = [one.accepted_until, ended].filter((day) => day !== null).sort();
  return ends[0] ?? null;
}
