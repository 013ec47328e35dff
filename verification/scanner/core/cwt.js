// The compact token in the QR code: an untagged COSE_Sign1 (RFC 9052) that carries a CWT (RFC 8392).
//
// Claims: 1 iss (the issuer's short id), 4 exp (left out where there is no end), 5 nbf, 7 cti (the 10 bytes of the
// number) and one private claim, -65537: name, birth, scheme, level, place in the status lists, log index, then
// restrictions and scope classes where there are any. Birth is a year, or [year, month, day], or null.

import { readCbor } from "./cbor.js";
import { EARLIEST, isDay, LATEST, midnightOf } from "./days.js";
import { goodSignature } from "./keys.js";
import { code, integer, level, list, name } from "./members.js";
import { numberOf } from "./number.js";
import { hex, joined, Malformed, utf8 } from "./strict.js";

export const MAX_TOKEN_BYTES = 1200; // what a QR code of the densest printable kind could hold
export const CODE_DIGEST_BYTES = 8;
const ED25519_BYTES = 32;
const KEY_ID_BYTES = 4;
const [ISS, EXP, NBF, CTI, FACTS] = [1, 4, 5, 7, -65537];
const [FEWEST, MOST, LONGEST_LIST, DEEPEST] = [6, 8, 40, 4];
// The bytes that every token has around what differs, as RFC 9052 lays them: an array of four with the protected header
// {1: -8, 4: key id}, an empty unprotected header, the payload and 64 bytes of signature.
const HEAD = "8449a201270444";
const UNPROTECTED = HEAD.length / 2 + KEY_ID_BYTES;
const TAIL = 2 + 64;
const CONTEXT = joined(Uint8Array.of(0x84, 0x6a), utf8("Signature1")); // how the Sig_structure begins
// Two days more: the first and the last day begin and end in a time zone.
const FIRST_SECOND = midnightOf(EARLIEST) / 1000 - 86_400;
const LAST_SECOND = midnightOf(LATEST) / 1000 + 3 * 86_400 - 1;

/** Bytes that are not exactly one compact token as we write them. */
export class MalformedCwt extends Malformed {}

/**
 * What a token says. Moments are milliseconds; not_before: first instant of its first day; expires: first instant after
 * its last day, null = no end; birth: a year, a day, or null.
 * @typedef {{ issuer: string, number: string, not_before: number, expires: number | null, holder_name: string,
 *   birth: number | string | null, scheme: string, level: string, status: { list: number, index: number },
 *   log_index: number | null, restrictions: string[], scope_classes: string[] }} CompactToken
 *
 * A token taken apart, its signature not checked yet; kid: 4 bytes in hexadecimal.
 * @typedef {{ kid: string, token: CompactToken, signed: Uint8Array, signature: Uint8Array }} OpenedCwt
 */

/** Read a token strictly. Throws MalformedCwt, NotStrict or Fault. @param {Uint8Array} data @returns {OpenedCwt} */
export function openCwt(data) {
  if (data.length > MAX_TOKEN_BYTES) throw new MalformedCwt(`longer than ${MAX_TOKEN_BYTES} bytes`);
  // Compared byte by byte, there is no second spelling: no tag, no other header, no longer form of a length.
  const [head, tail] = [data.subarray(0, UNPROTECTED), data.subarray(Math.max(0, data.length - TAIL))];
  if (
    !hex(head).startsWith(HEAD) ||
    data[UNPROTECTED] !== 0xa0 ||
    tail.length !== TAIL ||
    hex(tail).slice(0, 4) !== "5840"
  )
    throw new MalformedCwt("not an untagged COSE_Sign1 of Ed25519 with a key id of 4 bytes");
  const payload = data.subarray(UNPROTECTED + 1, data.length - TAIL);
  const token = tokenOf(readCbor(contentOf(payload), { maxBytes: MAX_TOKEN_BYTES, maxDepth: DEEPEST }));
  // The Sig_structure of RFC 9052 section 4.4, without external data.
  const signed = joined(CONTEXT, head.subarray(1), Uint8Array.of(0x40), payload);
  return { kid: hex(head.subarray(-KEY_ID_BYTES)), token, signed, signature: tail.subarray(2) };
}

/**
 * Whether the signature is that key's; no other algorithm than Ed25519 signs a token.
 * @param {OpenedCwt} opened @param {Uint8Array} key
 */
export const verifyCwt = async (opened, key) =>
  key.length === ED25519_BYTES && (await goodSignature(key, opened.signature, opened.signed));

/**
 * By which a code is known again among those that a key may have signed.
 * @param {Uint8Array} signed
 * @returns {Promise<string>}
 */
export async function codeDigest(signed) {
  const digest = await crypto.subtle.digest("SHA-256", joined(utf8("bevis/v1/code\0"), signed));
  return hex(new Uint8Array(digest).subarray(0, CODE_DIGEST_BYTES));
}

/** The bytes in a byte string of CBOR, its length in the shortest form. @param {Uint8Array} payload */
function contentOf(payload) {
  const [kind, high, low] = payload;
  if (kind === 0x58 && high === payload.length - 2 && high >= 24) return payload.subarray(2);
  const length = high * 256 + low;
  if (kind === 0x59 && length === payload.length - 3 && length >= 256) return payload.subarray(3);
  throw new MalformedCwt("the payload is no byte string of that length");
}

/** What the claims say. @param {unknown} claims @returns {CompactToken} */
function tokenOf(claims) {
  const expected = claims instanceof Map && claims.has(EXP) ? 5 : 4;
  if (!(claims instanceof Map) || claims.size !== expected || ![ISS, NBF, CTI, FACTS].every((one) => claims.has(one)))
    throw new MalformedCwt("not the claims of a token");
  const [facts, number] = [claims.get(FACTS), claims.get(CTI)];
  if (!Array.isArray(facts) || facts.length < FEWEST || facts.length > MOST || !(number instanceof Uint8Array))
    throw new MalformedCwt("the private claim has not its six to eight parts, or the number is not bytes");
  // What is empty is left out.
  if (facts.length > FEWEST && (!Array.isArray(facts.at(-1)) || facts.at(-1).length === 0))
    throw new MalformedCwt("an empty list");
  const [holder, birth, scheme, graded, place, logIndex, restrictions, classes] = facts;
  if (!Array.isArray(place) || place.length !== 2) throw new MalformedCwt("no place in the lists");
  const texts = list(name, 0, LONGEST_LIST);
  return {
    issuer: code(claims.get(ISS)),
    number: numberOf(number),
    not_before: momentOf(claims.get(NBF)),
    expires: claims.has(EXP) ? momentOf(claims.get(EXP)) : null,
    holder_name: name(holder),
    birth: birth === null ? null : birthOf(birth),
    scheme: code(scheme),
    level: level(graded),
    status: { list: integer(0, 10_000_000)(place[0]), index: integer(0, 100_000_000)(place[1]) },
    log_index: logIndex === null ? null : integer()(logIndex),
    restrictions: restrictions === undefined ? [] : texts(restrictions),
    scope_classes: classes === undefined ? [] : texts(classes),
  };
}

/** A year, or [year, month, day]. @param {unknown} given @returns {number | string} */
function birthOf(given) {
  if (!Array.isArray(given)) return integer(Number(EARLIEST.slice(0, 4)), Number(LATEST.slice(0, 4)))(given);
  if (given.length === 3 && given.every((part) => Number.isInteger(part) && part >= 0)) {
    const [year, month, day] = given.map((part, at) => String(part).padStart(at ? 2 : 4, "0"));
    const born = `${year}-${month}-${day}`;
    if (isDay(born) && EARLIEST <= born && born <= LATEST) return born;
  }
  throw new MalformedCwt("birth is neither a year nor a date, or lies too far away");
}

/** @param {unknown} seconds */
const momentOf = (seconds) => integer(FIRST_SECOND, LAST_SECOND)(seconds) * 1000;
