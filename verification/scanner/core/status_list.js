// Status lists, one place a certificate, as a trust file brings them: Token Status List (IETF), packed and compressed.

import { decodeBase64url, Malformed } from "./strict.js";

const MAX_LIST_BYTES = 4_194_304; // unpacked: a list that unpacks to more is a trap
/** What the value at a place says; 3 is ours. */
export const LISTED = ["not_withdrawn", "withdrawn", "suspended", "superseded"];

/** A status list that cannot be read. */
export class MalformedStatusList extends Malformed {}

/** Statuses packed as a Token Status List has them; index 0 in the least significant bits. */
export class StatusList {
  /** @param {number} bits a place @param {Uint8Array} packed */
  constructor(bits, packed) {
    this.bits = bits;
    this.packed = packed;
  }

  /** The status at an index from 0; null beyond the end. @param {number} index @returns {number | null} */
  at(index) {
    const each = 8 / this.bits;
    const byte = this.packed[Math.floor(index / each)];
    return byte === undefined ? null : (byte >> ((index % each) * this.bits)) & ((1 << this.bits) - 1);
  }
}

/** The list in `bits` and `lst`. @param {any} given @returns {Promise<StatusList>} */
export async function decodeTokenList(given) {
  if (Object.keys(given).sort().join() !== "bits,lst") throw new MalformedStatusList("it has not bits and lst");
  if (![1, 2, 4, 8].includes(given.bits)) throw new MalformedStatusList("a list has 1, 2, 4 or 8 bits a place");
  if (typeof given.lst !== "string") throw new MalformedStatusList("not text");
  return new StatusList(given.bits, await inflated(decodeBase64url(given.lst)));
}

/** Unpack ZLIB, at most so much, whatever it would grow to; nothing may follow the stream. @param {Uint8Array} data */
async function inflated(data) {
  const unpacked = await unpack(data);
  if (unpacked === null || unpacked.length === 0)
    throw new MalformedStatusList("not compressed as it should be, cut off, too large, or followed by something");
  // Not every runtime minds what follows a stream. One that does not takes it without its last byte, too.
  if (await minds()) return unpacked;
  if ((await unpack(data.subarray(0, -1))) !== null) throw new MalformedStatusList("followed by something");
  return unpacked;
}

/** @param {Uint8Array} data @returns {Promise<Uint8Array | null>} */
async function unpack(data) {
  const stream = new DecompressionStream("deflate");
  const writer = stream.writable.getWriter();
  // What goes wrong is told to the reader as well.
  const written = writer
    .write(data)
    .then(() => writer.close())
    .catch(() => {});
  const reader = stream.readable.getReader();
  const parts = [];
  let length = 0;
  try {
    for (;;) {
      const { done, value } = await reader.read();
      if (done) break;
      length += value.length;
      if (length > MAX_LIST_BYTES) {
        await reader.cancel();
        return null;
      }
      parts.push(value);
    }
    await written;
  } catch {
    return null;
  }
  const whole = new Uint8Array(length);
  let at = 0;
  for (const part of parts) {
    whole.set(part, at);
    at += part.length;
  }
  return whole;
}

/** @type {Promise<boolean> | null} */
let tried = null;

/** Whether this runtime minds what follows a compressed stream. */
function minds() {
  const nothing = Uint8Array.of(0x78, 0x9c, 0x03, 0x00, 0x00, 0x00, 0x00, 0x01); // no bytes at all, compressed
  tried ??= unpack(Uint8Array.of(...nothing, 0)).then((unpacked) => unpacked === null);
  return tried;
}
