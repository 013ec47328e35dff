// JSON Web Signature in compact form (RFC 7515), behind the strict reader.
//
// The algorithm is the key's: what the header says is compared with it, never followed (RFC 8725 section 3.1).

import { goesBy, goodSignature, SIGNATURE_BYTES } from "./keys.js";
import { decodeBase64url, Malformed, readJson, utf8 } from "./strict.js";

const LONGEST = { "vc+jwt": 65_536, "statuslist+jwt": 8_388_608, "bevis-trust+jws": 89_478_488 };
const CONTENT = { "vc+jwt": "vc" }; // the one `cty` a kind may have; the others have none
const MAX_HEADER_BYTES = 1024;
const HEADER_MEMBERS = ["alg", "typ", "kid", "cty", "iss"];
const ALGORITHMS = ["EdDSA", "Ed25519", "ES256"];
// The longest did:web with a key's name. What is no name is not looked for.
const KID = /^(?:did:web:[A-Za-z0-9._:%[\]~-]{1,230}#)?[A-Za-z0-9_-]{1,64}$/;

/** A text that is not exactly one JWS as we read them. */
export class MalformedJws extends Malformed {}

/**
 * A JWS taken apart, its signature not checked yet; signed: the bytes it is over.
 * @typedef {{ text: string, kid: string, header: Record<string, string>, payload: Record<string, any>,
 *   signed: Uint8Array, signature: Uint8Array }} OpenedJws
 */

/**
 * Read a compact JWS strictly. Throws MalformedJws or NotStrict.
 * @param {string} text
 * @param {keyof typeof LONGEST} typ what it must say it is; a status list is no certificate
 * @returns {OpenedJws}
 */
export function openJws(text, typ) {
  const longest = LONGEST[typ];
  if (text.length > longest) throw new MalformedJws(`longer than ${longest} characters`);
  const parts = text.split(".");
  if (parts.length !== 3) throw new MalformedJws("not three parts");
  const header = headerOf(parts[0], typ);
  const signature = decodeBase64url(parts[2]);
  if (signature.length !== SIGNATURE_BYTES) throw new MalformedJws(`the signature is not ${SIGNATURE_BYTES} bytes`);
  const payload = readJson(decodeBase64url(parts[1]), { maxBytes: longest });
  return { text, kid: header.kid, header, payload, signed: utf8(`${parts[0]}.${parts[1]}`), signature };
}

/**
 * Whether the signature is that key's, by the key's own algorithm.
 * @param {OpenedJws} opened @param {Uint8Array} key
 */
export const verifyJws = async (opened, key) =>
  goesBy(key, opened.header.alg) && (await goodSignature(key, opened.signature, opened.signed));

/** @param {string} part @param {keyof typeof LONGEST} typ */
function headerOf(part, typ) {
  const header = readJson(decodeBase64url(part), { maxBytes: MAX_HEADER_BYTES, maxDepth: 1 });
  const known = Object.entries(header).every(
    ([each, value]) => HEADER_MEMBERS.includes(each) && typeof value === "string",
  );
  if (!known) throw new MalformedJws("the header has a member that is not known, or no text");
  if (!ALGORITHMS.includes(header.alg)) throw new MalformedJws("the algorithm is none of ours");
  if (header.typ !== typ) throw new MalformedJws("it says it is something else");
  if ("cty" in header && header.cty !== CONTENT[typ]) throw new MalformedJws("it says it holds something else");
  if (!KID.test(header.kid ?? "")) throw new MalformedJws("it names no key");
  return header;
}
