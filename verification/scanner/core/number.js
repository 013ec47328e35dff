// The number of a certificate: 80 random bits in Crockford's base32, as it is typed, kept and shown.

import { characters, Malformed } from "./strict.js";

const CROCKFORD = "0123456789ABCDEFGHJKMNPQRSTVWXYZ";
const LENGTH = 16;
const LONGEST = 4 * LENGTH;

/** A text that is no certificate number. */
export class MalformedNumber extends Malformed {}

/** @param {string} text */
export const isNumber = (text) => /^[0-9A-HJKMNP-TV-Z]{16}$/.test(text);

/** The number that stands for 10 bytes. @param {Uint8Array} bytes */
export function numberOf(bytes) {
  if (bytes.length !== 10) throw new MalformedNumber("a certificate number is made of 10 bytes");
  let held = 0n;
  for (const byte of bytes) held = (held << 8n) | BigInt(byte);
  let number = "";
  for (let place = 0; place < LENGTH; place += 1) {
    number = CROCKFORD[Number(held & 31n)] + number;
    held >>= 5n;
  }
  return number;
}

/** The number as people read it: XXXX-XXXX-XXXX-XXXX. @param {string} number */
export const displayNumber = (number) => (number.match(/.{1,4}/gu) ?? []).slice(0, 4).join("-");

/**
 * A number as people type it: case, dashes and spaces do not matter, O is 0, I and L are 1.
 *
 * Only ASCII, a long dash and a fixed space are read: upper-casing others would turn some into our letters.
 * @param {string} text
 */
export function parseNumber(text) {
  if (characters(text) > LONGEST || !/^[\u0000-\u007f\u2013\u00a0]*$/.test(text))
    throw new MalformedNumber("a certificate number has 16 letters and digits");
  const number = text
    .replace(/^[\s\u001c-\u001f]+|[\s\u001c-\u001f]+$/g, "")
    .toUpperCase()
    .replace(/[- \u2013\u00a0]/g, "")
    .replaceAll("O", "0")
    .replace(/[IL]/g, "1");
  if (!isNumber(number)) throw new MalformedNumber("a certificate number has 16 letters and digits");
  return number;
}
