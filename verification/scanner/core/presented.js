// What somebody holds up, told apart by its form alone: a code, a full certificate, or no more than a number.
//
// The forms exclude one another, so nothing is tried after something else has failed:
//
//     begins with byte 84                  the bytes of a compact token
//     begins with http:// or https://      `…/v#` and digits: a code; `…/v/` and a number: a number
//     three parts with dots between        a `vc+jwt`; after an empty line its proof from the log (C2SP tlog-proof)
//     at most 64 characters                a number as people type it
//     longer, digits alone                 a code without its address

import { openCwt } from "./cwt.js";
import { openJws } from "./jws.js";
import { FIRST_LINE, readProof } from "./log.js";
import { parseNumber } from "./number.js";
import { readAnyClaims } from "./organisation_claims.js";
import { unpack } from "./qr.js";
import { characters, Malformed } from "./strict.js";

const LONGEST_NUMBER = 64;
const THREE_PARTS = /^[A-Za-z0-9_-]+\.[A-Za-z0-9_-]+\.[A-Za-z0-9_-]+$/;
const NUMBER_ADDRESS =
  /^(https?:\/\/[A-Za-z0-9._:[\]-]+(?:\/[A-Za-z0-9._~-]+)*)\/v\/([A-Za-z0-9-]{16,40})(?:\?[A-Za-z0-9=&-]{0,40})?$/i;

/** Neither a code, nor a certificate, nor a number. */
export class NotACertificate extends Malformed {}

/**
 * @typedef {{ kind: "code", cwt: import("./cwt.js").OpenedCwt, base: string | null }} OpenedCode
 * @typedef {{ kind: "full", jws: import("./jws.js").OpenedJws, stated: import("./claims.js").Stated | null,
 *   proof: import("./log.js").LogProof | null }} OpenedFull
 * @typedef {{ kind: "number", number: string, base: string | null }} NumberAlone
 */

/**
 * What was presented, taken apart and read, no signature checked yet. Throws NotACertificate.
 * @param {string | Uint8Array} given text as scanned or typed, or the bytes of a file
 * @returns {OpenedCode | OpenedFull | NumberAlone}
 */
export function opened(given) {
  try {
    if (typeof given !== "string" && given[0] === 0x84) return { kind: "code", cwt: openCwt(given), base: null };
    const text = (
      typeof given === "string" ? given : new TextDecoder("utf-8", { ignoreBOM: true }).decode(given)
    ).replace(/^[ \t\r\n]+|[ \t\r\n]+$/g, "");
    return openedText(text);
  } catch (fault) {
    if (fault instanceof Malformed) throw new NotACertificate(fault.message);
    throw fault;
  }
}

/** @param {string} text @returns {OpenedCode | OpenedFull | NumberAlone} */
function openedText(text) {
  if (/^https?:\/\//i.test(text)) {
    const address = text.includes("#") ? null : NUMBER_ADDRESS.exec(text);
    return address === null
      ? code(text)
      : { kind: "number", number: parseNumber(address[2]), base: address[1].toLowerCase() };
  }
  const [full, proof] = parted(text);
  if (THREE_PARTS.test(full)) return openedFull(full, proof);
  if (characters(text) <= LONGEST_NUMBER) return { kind: "number", number: parseNumber(text), base: null };
  return code(text);
}

/** @param {string} text @returns {OpenedCode} */
function code(text) {
  const { token, base } = unpack(text);
  return { kind: "code", cwt: openCwt(token), base };
}

/** A text, and the proof below it where one is there. @param {string} text @returns {[string, string | null]} */
function parted(text) {
  const lines = text.replaceAll("\r\n", "\n");
  const cut = lines.indexOf("\n\n");
  const proof = cut < 0 ? "" : lines.slice(cut + 2);
  return proof.startsWith(FIRST_LINE) ? [lines.slice(0, cut), `${proof}\n`] : [text, null];
}

/**
 * A `vc+jwt`, taken apart and read, with the proof that came with it. Throws Malformed.
 * @param {string} text @param {string | null} proof
 * @returns {OpenedFull}
 */
export function openedFull(text, proof = null) {
  const jws = openJws(text, "vc+jwt");
  const shown = proof === null ? null : readProof(proof);
  try {
    return { kind: "full", jws, stated: readAnyClaims(jws.payload), proof: shown };
  } catch (fault) {
    if (fault instanceof Malformed) return { kind: "full", jws, stated: null, proof: shown };
    throw fault;
  }
}
