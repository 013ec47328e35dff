// Trust as a file: signed with the registry's root key, a JWS of type `bevis-trust+jws`; or the JSON alone, which says
// nothing of who made it. All that is in it is checked, and one fault refuses the whole: `verification/trust_file.py`.

import { openJws, verifyJws } from "./jws.js";
import { algorithmOf, checkPublicKey, nameOf, publicKeyFromJwk } from "./keys.js";
import { NoteKey, openNote } from "./note.js";
import * as read from "./members.js";
import { decodeTokenList } from "./status_list.js";
import { characters, decodeBase64url, isObject, Malformed, readJson } from "./strict.js";
import { CODE_DIGEST_BYTES } from "./cwt.js";
import { Trust } from "./trust.js";

const FORMAT = "bevis-trust/1";
const SIGNED_TYPE = "bevis-trust+jws";
const ENDED = "bevis-root-ended/1";
const MAX_TRUST_BYTES = 67_108_864;
const MOST_ENDED = 100; // root keys that were stolen, of one registry
const SINCE = /^since: ([0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2}Z)$/;
const NAMED = /^[A-Za-z0-9._-]{1,64}$/;
const AT_ONCE = 50; // keys looked at before anything else may run
const { may, must, or, record } = read;

/** A trust file that cannot be read; says where, and what is wrong there. */
export class MalformedTrust extends Malformed {}

/** The root key that was given says of itself that it is stolen: nothing that it has signed is to be believed. */
export class RootEnded extends MalformedTrust {}

/** @template T @param {() => T} said @returns {T} what is wrong, told as a fault of the member it stands in */
function faulty(said) {
  try {
    return said();
  } catch (fault) {
    if (fault instanceof Malformed && !(fault instanceof read.Fault)) throw new read.Fault(fault.message);
    throw fault;
  }
}

/** @type {read.Reader<Uint8Array>} */
const publicKey = (given) => faulty(() => publicKeyFromJwk(given));
/** @type {read.Reader<Uint8Array>} */
const ed25519 = (given) => {
  const key = publicKey(given);
  if (algorithmOf(key) !== "EdDSA") throw new read.Fault("is no key of Ed25519, which alone signs codes and lists");
  return key;
};
/** @type {read.Reader<Uint8Array>} */
const bytes = (given) => {
  if (typeof given !== "string") throw new read.Fault("is no text");
  return faulty(() => decodeBase64url(given));
};
const keyName = read.matching(/^[A-Za-z0-9_-]{1,64}$/, "is no name of a key");
const codes = read.list(read.code);
const count = read.integer();
const span = read.list(count, 2, 2);
const closing = read.mapping(read.code, read.oneOf("confirm", "end"));
const nothing = () => new Map();

const ORGANISATION = record({
  id: must(read.code),
  name: must(read.name),
  registered_on: must(read.day),
  struck_off_on: may(read.day),
  closed_on: may(read.day),
  sector_body: or(read.flag, false),
});
const KEY = record({
  kid: must(keyName),
  organisation: must(read.code),
  jwk: must(publicKey),
  not_before: must(read.moment),
  retired_at: may(read.moment),
  compromised_since: may(read.moment),
  sound_below: may(count),
  spoilt: or(read.list(span), []),
});
const SURVIVORS = record({
  spans: must(read.list(span)),
  digests: must(bytes),
});
const ATTESTATION_KEY = record({
  kid: must(read.matching(/^[0-9a-f]{8}$/, "is not four bytes in hexadecimal")),
  jwk: must(ed25519),
  not_before: must(read.moment),
  retired_at: may(read.moment),
  compromised_since: may(read.moment),
  signs_below: may(count),
  survivors: may((given) => oneForEach(SURVIVORS(given))),
});
const SCHEME = record({
  code: must(read.code),
  owner: must(read.code),
  title: must(read.byLanguage),
  max_level: must(read.level),
  time_zone: must(read.zone),
  versions: must(codes),
  closing: { read: closing, missing: nothing },
});
const MANDATE = record({
  id: must(read.code),
  issuer: must(read.code),
  scheme: must(read.code),
  versions: may(codes),
  max_level: must(read.level),
  since: must(read.day),
  until: may(read.day),
  withdrawn_from: may(read.day),
  certificate: may(read.number),
});
const KNOWN_CERTIFICATE = record({
  vc_jwt: must(read.matching(/^[A-Za-z0-9_-]+\.[A-Za-z0-9_-]+\.[A-Za-z0-9_-]+$/, "is no vc+jwt", 81_920)),
  log_index: may(count),
});
const RECOGNITION = record({
  id: must(read.code),
  scheme: must(read.code),
  accepts: must(read.code),
  versions: may(codes),
  min_level: may(read.level),
  issued_from: may(read.day),
  issued_until: may(read.day),
  accepted_from: must(read.day),
  accepted_until: may(read.day),
  required_classes: or(read.list(read.name), []),
  class_map: { read: read.mapping(read.name, read.name), missing: nothing },
  condition: may(read.byLanguage),
  withdrawn_from: may(read.day),
});
const KNOWN_LIST = record({
  statuses: must(read.such(isObject, "is no status list")),
  issued_at: must(read.moment),
  ttl: or(count, 3600),
  expires_at: may(read.moment),
});
const KNOWN_LOG = record({ origin: must(read.text(300)), jwk: must(ed25519), closed_at: may(count) });
const CHANGED = ["suspended", "reinstated", "revoked", "annulled", "superseded"];
const CHANGE = {
  kind: must(read.oneOf(...CHANGED)),
  effective_from: must(read.moment),
  reason: may(read.code),
};
const EVENT = record({
  ...CHANGE,
  kind: must(read.oneOf("issued", ...CHANGED)),
  kid: may(keyName),
  successor: may(read.number),
  log_index: may(count),
});
const place = (/** @type {any} */ given) => {
  if (!/^(?:0|[1-9][0-9]{0,15})$/.test(given)) throw new read.Fault("is no number");
  return Number(given);
};
const HISTORY = record({
  changes: must(read.mapping(place, read.mapping(place, read.list(record(CHANGE))))),
  logged: or(read.list(record({ size: must(read.integer(1)), at: must(read.moment) })), []),
});
const URL = /^https?:\/\/[A-Za-z0-9.:[\]-]+(?:\/[A-Za-z0-9._~-]+)*$/;
const aText = read.such((given) => typeof given === "string", "is no text");
const note = read.such((given) => typeof given === "string" && characters(given) <= 2000, "is no short text");
/** @type {read.Reader<Uint8Array>} */
const sealRoot = (given) => {
  const certificate = bytes(given);
  if (certificate.length < 1 || certificate.length > 8192) throw new read.Fault("is no certificate of a seal");
  return certificate;
};
const TRUST = record({
  as_of: must(read.moment),
  public_url: must(read.matching(URL, "is no address without a slash at its end", 200)),
  organisations: { read: read.mapping(aText, ORGANISATION), missing: nothing },
  keys: or(read.list(KEY), []),
  attestation_keys: or(read.list(ATTESTATION_KEY), []),
  status_keys: or(read.list(ATTESTATION_KEY), []),
  schemes: { read: read.mapping(aText, SCHEME), missing: nothing },
  mandates: or(read.list(MANDATE), []),
  certificates: { read: read.mapping(read.number, KNOWN_CERTIFICATE), missing: nothing },
  recognitions: or(read.list(RECOGNITION), []),
  status_lists: { read: read.mapping(place, KNOWN_LIST), missing: nothing },
  editions: or(read.list(aText), []),
  seal_roots: or(read.list(sealRoot), []), // of documents, which nothing here reads
  stolen_seals: or(read.list(read.matching(/^[0-9a-f]{64}$/, "is no digest")), []),
  logs: or(read.list(KNOWN_LOG), []),
  events: { read: read.mapping(read.number, read.list(EVENT)), missing: nothing },
  history: may(HISTORY),
  ended_roots: or(read.list(note, 0, MOST_ENDED), []),
});

/** @param {import("./trust.js").Survivors} survivors */
function oneForEach(survivors) {
  let before = -1;
  let places = 0;
  for (const [first, last] of survivors.spans) {
    if (!(before < first && first <= last)) throw new read.Fault("the places in the log do not rise");
    before = last;
    places += last - first + 1;
  }
  if (places * CODE_DIGEST_BYTES !== survivors.digests.length)
    throw new read.Fault("there is not one digest for each place in the log");
  return survivors;
}

/**
 * Read a trust file, signed or not.
 * @param {string | Uint8Array} given the file
 * @param {string | null} root the registry's root key, NAME+ID+KEY: then nothing is read but what it has signed
 * @returns {Promise<Trust>} Throws MalformedTrust.
 */
export async function readTrust(given, root = null) {
  try {
    // A file that is not UTF-8 keeps what it is not, and is refused where it stands.
    const text = typeof given === "string" ? given : new TextDecoder("utf-8", { ignoreBOM: true }).decode(given);
    const key = root === null ? null : await NoteKey.from(root);
    const trimmed = text.replace(/^[ \t\r\n\v\f]+|[ \t\r\n\v\f]+$/g, "");
    if (!trimmed.startsWith("{")) return await trustFrom(await signedBy(key, trimmed));
    if (key !== null) throw new MalformedTrust(`this trust file is not signed, and ${key.name} signs its own`);
    return await trustFrom(readJson(given, { maxBytes: MAX_TRUST_BYTES }));
  } catch (fault) {
    if (fault instanceof MalformedTrust) throw fault;
    if (fault instanceof read.Fault) throw new MalformedTrust(`${fault.path.join(".") || "trust"}: ${fault.message}`);
    if (fault instanceof Malformed) throw new MalformedTrust(`this is no trust file: ${fault.message}`);
    throw fault;
  }
}

/** What is in a signed file. @param {NoteKey | null} key @param {string} text */
async function signedBy(key, text) {
  const opened = openJws(text, SIGNED_TYPE);
  if (key !== null) await checkSignedBy(opened, key);
  return opened.payload;
}

/**
 * Throws what can be known: a new root key looks like a forger's to who has the old.
 * @param {import("./jws.js").OpenedJws} opened @param {NoteKey} root
 */
async function checkSignedBy(opened, root) {
  if (opened.kid === root.id) {
    if (await verifyJws(opened, root.public_key)) return;
    throw new MalformedTrust(`this trust file was changed since ${root.name} signed it`);
  }
  const since = await endOf(root, opened.payload.ended_roots);
  if (since !== null)
    throw new RootEnded(
      `the root key that was given (${root.name}, ${root.id}) is reported as stolen, ${since}, by a statement that it ` +
        "signed itself: have the registry tell its new one by another way than this file, and believe no file that the " +
        "former one has signed",
    );
  const shown = NAMED.test(opened.kid) ? opened.kid : "another";
  throw new MalformedTrust(
    `this trust file is signed with the root key ${shown}, and ${root.id} (${root.name}) was given: either the registry ` +
      "has a new root key, which it tells by another way than this file, or somebody else has made the file",
  );
}

/**
 * Since when, if the file brings a statement of that root key's own that it is not to be believed.
 * @param {NoteKey} root @param {unknown} told @returns {Promise<string | null>}
 */
async function endOf(root, told) {
  for (const one of Array.isArray(told) ? told.slice(0, MOST_ENDED) : []) {
    try {
      const { text } = await openNote(typeof one === "string" ? one : "", [root]);
      const lines = text.split("\n");
      if (lines[0] !== ENDED) continue;
      const since = lines.map((line) => SINCE.exec(line)).find((found) => found !== null);
      return `since ${since ? since[1] : "some day"}`;
    } catch (fault) {
      if (!(fault instanceof Malformed)) throw fault;
    }
  }
  return null;
}

/** @param {Record<string, any>} members */
async function trustFrom(members) {
  const { format, ...said } = members;
  if (format !== FORMAT) throw new MalformedTrust(`format: this reads ${FORMAT}, and the file does not say so`);
  const known = TRUST(said);
  for (const [at, list] of known.status_lists) {
    try {
      list.statuses = await decodeTokenList(list.statuses);
    } catch (fault) {
      if (!(fault instanceof Malformed)) throw fault;
      throw new MalformedTrust(`status_lists.${at}.statuses: is no status list: ${fault.message}`);
    }
  }
  await checkKeys(known);
  checkTogether(known);
  return new Trust(known);
}

/**
 * Whether every key is sound. Each takes a moment, and a national file has thousands: the page gets a word in between.
 * @param {any} known
 */
async function checkKeys(known) {
  let looked = 0;
  for (const kind of ["keys", "attestation_keys", "status_keys", "logs"]) {
    for (const [at, one] of known[kind].entries()) {
      try {
        checkPublicKey(one.jwk);
      } catch (fault) {
        if (!(fault instanceof Malformed)) throw fault;
        throw new MalformedTrust(`${kind}.${at}.jwk: ${fault.message}`);
      }
      one.public_key = one.jwk;
      delete one.jwk;
      looked += 1;
      if (looked % AT_ONCE === 0) await new Promise((resolve) => setTimeout(resolve));
    }
  }
}

/** @param {any} known */
function checkTogether(known) {
  const own = [...known.attestation_keys, ...known.status_keys];
  const twice = (/** @type {string[]} */ names) => new Set(names).size !== names.length;
  const names = [...known.keys.map((key) => `${key.organisation} ${key.kid}`), ...own.map((key) => key.kid)];
  if (twice(names)) throw new MalformedTrust("trust: two keys have one name");
  if (twice(known.logs.map((log) => log.origin))) throw new MalformedTrust("trust: two logs have one name");
  if (twice([...known.keys, ...own, ...known.logs].map((key) => nameOf(key.public_key))))
    throw new MalformedTrust("trust: one public key stands under two names");
  const alone = [...known.organisations].every(([each, one]) => one.id === each);
  if (!alone || ![...known.schemes].every(([each, one]) => one.code === each))
    throw new MalformedTrust("trust: an entry stands under another name than its own");
}
