// The one reader in front of everything: bytes from outside that can be read in one way only, or not at all.
//
// JSON.parse takes the last of two members and `atob` takes several spellings; whoever signs such bytes can have two
// verifiers read two things. The same is refused here as in `verification/strict.py`.

export const MAX_DEPTH = 12;
export const MAX_INTEGER = Number.MAX_SAFE_INTEGER; // beyond it, numbers are not the same number everywhere
const ALPHABET = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789";
const encoder = new TextEncoder();
const decoder = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true });

/** Something from outside that is not what it should be; each kind of it has a class of its own. */
export class Malformed extends Error {}

/** Bytes that are not written the one way they are read; says what was found, never what was sent. */
export class NotStrict extends Malformed {}

/** @param {string} text @returns {Uint8Array} */
export const utf8 = (text) => encoder.encode(text);

/** How many characters a text has; one beyond the first plane is two units in a string. @param {string} text */
export function characters(text) {
  let count = 0;
  for (const _ of text) count += 1;
  return count;
}

/** @param {...Uint8Array} parts @returns {Uint8Array} */
export function joined(...parts) {
  const whole = new Uint8Array(parts.reduce((length, part) => length + part.length, 0));
  let at = 0;
  for (const part of parts) {
    whole.set(part, at);
    at += part.length;
  }
  return whole;
}

/** @param {Uint8Array} one @param {Uint8Array} other */
export const sameBytes = (one, other) => one.length === other.length && one.every((byte, at) => byte === other[at]);

/** @param {Uint8Array} bytes */
export const hex = (bytes) => Array.from(bytes, (byte) => byte.toString(16).padStart(2, "0")).join("");

/** @param {unknown} value @returns {value is Record<string, any>} */
export const isObject = (value) => typeof value === "object" && value !== null && !Array.isArray(value);

/**
 * Whether two values of JSON are the same; the order of members makes no difference, and true is not 1.
 * @param {any} one @param {any} other @returns {boolean}
 */
export function same(one, other) {
  if (Array.isArray(one) && Array.isArray(other))
    return one.length === other.length && one.every((each, at) => same(each, other[at]));
  if (!isObject(one) || !isObject(other)) return one === other;
  const names = Object.keys(one);
  return (
    names.length === Object.keys(other).length &&
    names.every((name) => Object.hasOwn(other, name) && same(one[name], other[name]))
  );
}

/** @param {string} last the last two characters of the alphabet */
function base64(last) {
  const letters = ALPHABET + last;
  const values = new Int16Array(128).fill(-1);
  for (let value = 0; value < letters.length; value += 1) values[letters.charCodeAt(value)] = value;

  /** @param {Uint8Array} bytes */
  function encode(bytes) {
    let text = "";
    for (let at = 0; at < bytes.length; at += 3) {
      const group = (bytes[at] << 16) | ((bytes[at + 1] ?? 0) << 8) | (bytes[at + 2] ?? 0);
      const quad =
        letters[group >> 18] + letters[(group >> 12) & 63] + letters[(group >> 6) & 63] + letters[group & 63];
      text += at + 2 < bytes.length ? quad : quad.slice(0, bytes.length - at + 1);
    }
    return text;
  }

  /** Without padding. @param {string} text */
  function decode(text) {
    if (text.length % 4 === 1) throw new NotStrict("not base64");
    const bytes = new Uint8Array(Math.floor((text.length * 3) / 4));
    let held = 0;
    let bits = 0;
    let at = 0;
    for (let place = 0; place < text.length; place += 1) {
      const value = values[text.charCodeAt(place)] ?? -1;
      if (value < 0) throw new NotStrict("not base64");
      held = ((held << 6) | value) & 0xffff;
      bits += 6;
      if (bits >= 8) {
        bits -= 8;
        bytes[at] = (held >> bits) & 0xff;
        at += 1;
      }
    }
    // Unused bits of the last character would let one document be written in two ways.
    if (held & ((1 << bits) - 1)) throw new NotStrict("not canonical base64");
    return bytes;
  }
  return { encode, decode };
}

const forUrls = base64("-_");
const standard = base64("+/");

/** Base64url without padding (RFC 7515 section 2). */
export const encodeBase64url = forUrls.encode;

/** The bytes of canonical, unpadded base64url. Throws NotStrict for every other spelling. */
export const decodeBase64url = forUrls.decode;

/** Base64 with padding. @param {Uint8Array} bytes */
export function encodeBase64(bytes) {
  const text = standard.encode(bytes);
  return text + "=".repeat((4 - (text.length % 4)) % 4);
}

/** The bytes of canonical, padded base64. Throws NotStrict. @param {string} text */
export function decodeBase64(text) {
  const bytes = standard.decode(text.replace(/={1,2}$/, ""));
  if (encodeBase64(bytes) !== text) throw new NotStrict("not base64 in its one spelling");
  return bytes;
}

/**
 * A JSON object (RFC 8259) that can be read in one way only.
 *
 * Refused are: too long, not UTF-8, a byte order mark, a member twice, a number that is no integer or lies beyond
 * 2**53, half a surrogate pair, NUL, nested too deeply, or no object. Objects have no prototype, so that `__proto__`
 * is a name like any other.
 *
 * @param {Uint8Array | string} data
 * @param {{ maxBytes: number, maxDepth?: number }} bounds the object itself counts as a depth of 1
 * @returns {Record<string, any>}
 */
export function readJson(data, { maxBytes, maxDepth = MAX_DEPTH }) {
  let text = data;
  if (typeof text !== "string") {
    if (text.length > maxBytes) throw new NotStrict(`longer than ${maxBytes} bytes`);
    try {
      text = decoder.decode(text);
    } catch {
      throw new NotStrict("not JSON in UTF-8");
    }
  } else if (text.length > maxBytes || (text.length * 3 > maxBytes && utf8(text).length > maxBytes)) {
    throw new NotStrict(`longer than ${maxBytes} bytes`);
  } else if (/\p{Surrogate}/u.test(text)) throw new NotStrict("a text has half a character");
  const value = new JsonReader(text, maxDepth).document();
  if (!isObject(value)) throw new NotStrict("not a JSON object");
  return value;
}

const ESCAPED = { '"': '"', "\\": "\\", "/": "/", b: "\b", f: "\f", n: "\n", r: "\r", t: "\t" };
const CONSTANTS = { true: true, false: false, null: null };

class JsonReader {
  /** @param {string} text @param {number} maxDepth */
  constructor(text, maxDepth) {
    this.text = text;
    this.at = 0;
    this.left = maxDepth;
    // One pattern each for every reader, since they remember where they are.
    this.blank = /[ \t\n\r]*/y;
    this.plain = /[^"\\\u0000-\u001f]*/y;
    this.number = /-?(?:0|[1-9][0-9]*)(?![0-9.eE])/y;
    this.constant = /true|false|null/y;
  }

  document() {
    const value = this.value();
    this.skip();
    if (this.at !== this.text.length) this.fail();
    return value;
  }

  /** @returns {never} */
  fail() {
    throw new NotStrict("not JSON");
  }

  /** @param {RegExp} pattern @returns {string | null} */
  match(pattern) {
    pattern.lastIndex = this.at;
    const found = pattern.exec(this.text);
    if (found === null) return null;
    this.at = pattern.lastIndex;
    return found[0];
  }

  skip() {
    const next = this.text.charCodeAt(this.at);
    if (next === 0x20 || next === 0x0a || next === 0x0d || next === 0x09) this.match(this.blank);
  }

  /** @returns {any} */
  value() {
    this.skip();
    switch (this.text[this.at]) {
      case "{":
        return this.inside(() => this.object());
      case "[":
        return this.inside(() => this.array());
      case '"':
        return this.string();
      default: {
        const constant = this.match(this.constant);
        return constant === null ? this.integer() : CONSTANTS[constant];
      }
    }
  }

  /** @template T @param {() => T} read @returns {T} */
  inside(read) {
    this.left -= 1;
    if (this.left < 0) throw new NotStrict("nested too deeply");
    this.at += 1;
    const value = read();
    this.left += 1;
    return value;
  }

  object() {
    const members = Object.create(null);
    this.skip();
    if (this.taken("}")) return members;
    for (;;) {
      this.skip();
      const name = this.string();
      // What has no prototype inherits nothing, so `in` asks for its own members.
      if (name in members) throw new NotStrict("a member stands there twice");
      this.skip();
      if (!this.taken(":")) this.fail();
      members[name] = this.value();
      this.skip();
      if (this.taken("}")) return members;
      if (!this.taken(",")) this.fail();
    }
  }

  array() {
    const values = [];
    this.skip();
    if (this.taken("]")) return values;
    for (;;) {
      values.push(this.value());
      this.skip();
      if (this.taken("]")) return values;
      if (!this.taken(",")) this.fail();
    }
  }

  /** @param {string} character */
  taken(character) {
    if (this.text[this.at] !== character) return false;
    this.at += 1;
    return true;
  }

  string() {
    if (!this.taken('"')) this.fail();
    let text = this.match(this.plain) ?? "";
    if (this.taken('"')) return text;
    while (!this.taken('"')) {
      if (!this.taken("\\")) this.fail();
      const letter = this.text[this.at];
      this.at += 1;
      if (letter === "u") {
        const digits = this.text.slice(this.at, this.at + 4);
        if (!/^[0-9a-fA-F]{4}$/.test(digits)) this.fail();
        this.at += 4;
        text += String.fromCharCode(Number.parseInt(digits, 16));
      } else text += Object.hasOwn(ESCAPED, letter) ? ESCAPED[letter] : this.fail();
      text += this.match(this.plain) ?? "";
    }
    if (text.includes("\u0000")) throw new NotStrict("a text has a NUL");
    if (/\p{Surrogate}/u.test(text)) throw new NotStrict("a text has half a character");
    return text;
  }

  integer() {
    const digits = this.match(this.number);
    if (digits === null) throw new NotStrict("not JSON, or a number that is no integer");
    const value = Number(digits);
    if (!Number.isSafeInteger(value)) throw new NotStrict("an integer beyond 2**53");
    return value === 0 ? 0 : value; // there is one zero
  }
}
