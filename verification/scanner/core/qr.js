// Between a compact token and the text in a QR code: `PUBLIC_URL/v#` and the token as one decimal number.

import { characters, Malformed } from "./strict.js";
import { MAX_TOKEN_BYTES } from "./cwt.js";

const VERSION = "01";
const MAX_DIGITS = (2n << BigInt(8 * MAX_TOKEN_BYTES)).toString().length;
const MAX_ADDRESS = 200;
const ADDRESS = /^(https?:\/\/[A-Za-z0-9._:[\]-]+(?:\/[A-Za-z0-9._~-]+)*)\/v$/i;

/** A text that is not exactly one token as a QR code carries it. */
export class MalformedQr extends Malformed {}

/**
 * The token in a QR text, a verify address (http or https, /v or /V) or bare digits, and the address before /v# in
 * lower case. The address is told, not judged and never followed: whose it is, is a finding.
 * @param {string} text
 * @returns {{ token: Uint8Array, base: string | null }}
 */
export function unpack(text) {
  if (characters(text) > MAX_DIGITS + MAX_ADDRESS) throw new MalformedQr("longer than a QR code of ours");
  const mark = text.lastIndexOf("#");
  const digits = text.slice(mark + 1);
  const address = mark < 0 ? null : ADDRESS.exec(text.slice(0, mark));
  if (mark >= 0 && address === null) throw new MalformedQr("neither a verify address nor digits alone");
  // ASCII alone: other scripts have digits too.
  if (!/^[1-9][0-9]*$/.test(digits) || digits.length > MAX_DIGITS)
    throw new MalformedQr("not a decimal number without leading zeros");
  const even = BigInt(digits).toString(16);
  const written = even.length % 2 ? `0${even}` : even;
  const length = written.length / 2 - 1;
  if (!written.startsWith(VERSION) || length < 1 || length > MAX_TOKEN_BYTES) throw new MalformedQr("not version 01");
  const token = Uint8Array.from({ length }, (_, at) => Number.parseInt(written.slice(2 * at + 2, 2 * at + 4), 16));
  return { token, base: address === null ? null : address[1].toLowerCase() };
}
