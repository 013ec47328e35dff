// Public keys and what they verify: two kinds, each with one algorithm.
//
// Ed25519  32 bytes (RFC 8032 section 5.1.2); EdDSA
// P-256    65 bytes, an uncompressed point (SEC 1 section 2.3.3); ES256, signatures as r and s (IEEE P1363)
//
// The bytes alone say which kind it is, so that no token can name another algorithm for a key. WebCrypto takes keys of
// small order and points beside the curve; they are refused here before it sees them, as `verification/keys.py` does.

import { decodeBase64url, encodeBase64url, isObject, joined, Malformed, sameBytes } from "./strict.js";

export const SIGNATURE_BYTES = 64;
const ED25519_BYTES = 32;
const P256_BYTES = 65;
const P = 2n ** 255n - 19n;
const L = 2n ** 252n + 27742317777372353535851937790883648493n; // how many points Ed25519 signs with
const D = 37095705934669439343138083508754565189542113879843219016388785533085940283555n;
// y of the points of order 1, 2, 4 and 8; with either sign and with y + p these are the 14 weak encodings.
const WEAK_Y = new Set([
  0n,
  1n,
  P - 1n,
  0x7a03ac9277fdc74ec6cc392cfa53202a0f67100d760b3cba4fd84d3d706a17c7n,
  0x05fc536d880238b13933c6d305acdfd5f098eff289f4c345b027b2c28f95e826n,
]);
const P256 = 2n ** 256n - 2n ** 224n + 2n ** 192n + 2n ** 96n - 1n;
const P256_B = 0x5ac635d8aa3a93e7b3ebbd55769886bc651d06b0cc53b0f63bce3c3e27d2604bn;
const NAMES = { EdDSA: ["EdDSA", "Ed25519"], ES256: ["ES256"] };

/** A public key under which anybody could sign, or that is none of ours. */
export class WeakKey extends Malformed {}

/** The one algorithm of a key. @param {Uint8Array} key @returns {"EdDSA" | "ES256"} */
export function algorithmOf(key) {
  if (key.length === ED25519_BYTES) return "EdDSA";
  if (key.length === P256_BYTES && key[0] === 4) return "ES256";
  throw new WeakKey("a public key is 32 bytes of Ed25519, or the 65 bytes of an uncompressed point of P-256");
}

/** Whether a header may call the algorithm of this key so. @param {Uint8Array} key @param {string} alg */
export const goesBy = (key, alg) => NAMES[algorithmOf(key)].includes(alg);

/** @param {Uint8Array} bytes @returns {bigint} */
const bigEndian = (bytes) => bytes.reduce((held, byte) => (held << 8n) | BigInt(byte), 0n);
/** @param {Uint8Array} bytes @returns {bigint} */
const littleEndian = (bytes) => bigEndian(bytes.slice().reverse());

/** Refuse what is no sound public key. Throws WeakKey. @param {Uint8Array} key */
export function checkPublicKey(key) {
  if (algorithmOf(key) === "EdDSA") checkEd25519(key);
  else checkP256(key);
}

/** @param {Uint8Array} key */
function checkEd25519(key) {
  const y = littleEndian(key) & (2n ** 255n - 1n);
  if (y >= P) throw new WeakKey("the key is not written canonically");
  if (WEAK_Y.has(y)) throw new WeakKey("the key is of small order: anybody could sign with it");
  // x² is (y² - 1) / (d·y² + 1): a square where the product is one.
  const squared = (y * y) % P;
  const product = ((squared - 1n) * (((D * squared) % P) + 1n)) % P;
  if (!isSquare(product)) throw new WeakKey("the key is no point of the curve");
}

/**
 * Whether a number is a square other than 0 among those below P (Euler): its power of (P - 1) / 2 = 2^254 - 10 is 1. By
 * powers of 2^n - 1, since a national trust file has thousands of keys.
 * @param {bigint} base
 */
function isSquare(base) {
  const squared = (/** @type {bigint} */ value, /** @type {number} */ times) => {
    let result = value;
    for (let time = 0; time < times; time += 1) result = (result * result) % P;
    return result;
  };
  /**
   * From the powers of 2^n - 1 and 2^m - 1 that of 2^(n+m) - 1.
   * @param {bigint} one @param {bigint} other @param {number} m
   */
  const joint = (one, other, m) => (squared(one, m) * other) % P;
  const two = joint(base, base, 1);
  const five = joint(joint(two, two, 2), base, 1);
  const ten = joint(five, five, 5);
  const twenty = joint(ten, ten, 10);
  const forty = joint(twenty, twenty, 20);
  const eighty = joint(forty, forty, 40);
  const most = joint(joint(joint(eighty, eighty, 80), eighty, 80), ten, 10);
  return (squared(most, 4) * squared(two, 1)) % P === 1n;
}

/** @param {Uint8Array} key */
function checkP256(key) {
  const x = bigEndian(key.subarray(1, 33));
  const y = bigEndian(key.subarray(33));
  const on = (y * y - (x * x * x - 3n * x + P256_B)) % P256 === 0n;
  if (x >= P256 || y >= P256 || !on) throw new WeakKey("the key is no point of the curve");
}

/**
 * The key in a JSON Web Key of a trust file, where nothing stands beside the key itself; whether it is sound,
 * `checkPublicKey` tells. Throws WeakKey or NotStrict.
 * @param {unknown} jwk @returns {Uint8Array}
 */
export function publicKeyFromJwk(jwk) {
  if (!isObject(jwk)) throw new WeakKey("a key is a JSON object");
  const coordinates = { "OKP Ed25519": ["x"], "EC P-256": ["x", "y"] }[`${jwk.kty} ${jwk.crv}`];
  if (coordinates === undefined) throw new WeakKey("a key is of kty OKP and crv Ed25519, or of kty EC and crv P-256");
  const known = ["kty", "crv", ...coordinates];
  if (Object.keys(jwk).length !== known.length || !known.every((member) => typeof jwk[member] === "string"))
    throw new WeakKey("the key has members beside kty, crv, x and y");
  const raw = coordinates.map((member) => decodeBase64url(jwk[member]));
  if (raw.some((bytes) => bytes.length !== 32)) throw new WeakKey("a coordinate of the key has not 32 bytes");
  return coordinates.length === 1 ? raw[0] : joined(Uint8Array.of(4), ...raw);
}

/** A key as a text that is this key's alone. @param {Uint8Array} key */
export const nameOf = (key) => encodeBase64url(key);

/** @type {WeakMap<Uint8Array, Promise<CryptoKey | null>>} keys that have been looked at and loaded */
const loaded = new WeakMap();

/**
 * The key as WebCrypto has it; null where it knows no Ed25519.
 * @param {Uint8Array} key
 * @returns {Promise<CryptoKey | null>}
 */
function load(key) {
  let found = loaded.get(key);
  if (found === undefined) {
    const kind = algorithmOf(key) === "EdDSA" ? { name: "Ed25519" } : { name: "ECDSA", namedCurve: "P-256" };
    found = crypto.subtle.importKey("raw", key, kind, false, ["verify"]).catch((fault) => {
      if (fault.name === "NotSupportedError") return null;
      throw fault;
    });
    loaded.set(key, found);
  }
  return found;
}

/**
 * Whether the signature over data is that key's, by the key's own algorithm.
 * @param {Uint8Array} key one that `checkPublicKey` has passed @param {Uint8Array} signature @param {Uint8Array} data
 * @returns {Promise<boolean>}
 */
export async function goodSignature(key, signature, data) {
  if (signature.length !== SIGNATURE_BYTES) return false;
  const ready = await load(key);
  if (algorithmOf(key) === "ES256")
    return crypto.subtle.verify({ name: "ECDSA", hash: "SHA-256" }, /** @type {CryptoKey} */ (ready), signature, data);
  // S + L signs the same: whoever has one signature must not have two (RFC 8032 section 5.1.7).
  if (littleEndian(signature.subarray(32)) >= L) return false;
  return ready === null ? verifiedAlone(key, signature, data) : crypto.subtle.verify("Ed25519", ready, signature, data);
}

/**
 * The same where the browser has no Ed25519: R must be [S]B - [k]A, byte for byte, as OpenSSL and BoringSSL have it.
 * @param {Uint8Array} key @param {Uint8Array} signature @param {Uint8Array} data
 */
export async function verifiedAlone(key, signature, data) {
  const { Point } = await import("@noble/ed25519");
  const [r, s] = [signature.subarray(0, 32), littleEndian(signature.subarray(32))];
  const digest = await crypto.subtle.digest("SHA-512", joined(r, key, data));
  const k = littleEndian(new Uint8Array(digest)) % L;
  const found = Point.BASE.multiply(s, false).add(Point.fromBytes(key).multiply(k, false).negate());
  return sameBytes(found.toBytes(), r);
}
