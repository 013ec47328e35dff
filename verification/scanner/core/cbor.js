// Deterministic CBOR (RFC 8949 section 4.2.1) of integers, texts, bytes, arrays, maps and constants; nothing else.

import { Malformed, MAX_DEPTH, MAX_INTEGER, NotStrict } from "./strict.js";

const decoder = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true });

/**
 * A value; maps become Map, bytes Uint8Array.
 *
 * Refused are: a length that is not definite or not the shortest, map keys out of order, twice, or neither integer nor
 * text, a tag, a float, an integer beyond 2**53, NUL in a text, nested too deeply, or something after it.
 *
 * @param {Uint8Array} data
 * @param {{ maxBytes: number, maxDepth?: number }} bounds
 * @returns {any}
 */
export function readCbor(data, { maxBytes, maxDepth = MAX_DEPTH }) {
  if (data.length > maxBytes) throw new NotStrict(`longer than ${maxBytes} bytes`);
  const reader = new CborReader(data);
  const value = reader.value(maxDepth);
  if (reader.at !== data.length) throw new NotStrict("something follows the CBOR");
  return value;
}

class CborReader {
  /** @param {Uint8Array} data */
  constructor(data) {
    this.data = data;
    this.view = new DataView(data.buffer, data.byteOffset, data.byteLength);
    this.at = 0;
  }

  /** @param {number} length @returns {Uint8Array} */
  take(length) {
    const end = this.at + length;
    if (end > this.data.length) throw new NotStrict("CBOR that is cut off");
    const taken = this.data.subarray(this.at, end);
    this.at = end;
    return taken;
  }

  /** The number in a head, in its shortest form. @param {number} info */
  argument(info) {
    if (info < 24) return info;
    const width = { 24: 1, 25: 2, 26: 4, 27: 8 }[info];
    if (width === undefined) throw new NotStrict("a length that is not definite");
    const at = this.at;
    this.take(width);
    const long = width === 8 ? this.view.getBigUint64(at) : 0n;
    if (long > BigInt(MAX_INTEGER)) throw new NotStrict("an integer beyond 2**53");
    const value = {
      1: () => this.view.getUint8(at),
      2: () => this.view.getUint16(at),
      4: () => this.view.getUint32(at),
    };
    const read = width === 8 ? Number(long) : value[width]();
    const least = { 1: 24, 2: 0x100, 4: 0x1_0000, 8: 0x1_0000_0000 }[width];
    if (read < least) throw new NotStrict("a number that is not written the shortest way");
    return read;
  }

  /** @param {number} left how much deeper it may go @returns {any} */
  value(left) {
    if (left < 0) throw new NotStrict("nested too deeply");
    const [head] = this.take(1);
    const kind = head >> 5;
    const info = head & 31;
    if (kind === 7) return this.constant(info);
    if (kind === 6) throw new NotStrict("a tag");
    const number = this.argument(info);
    switch (kind) {
      case 0:
        return number;
      case 1:
        if (number >= MAX_INTEGER) throw new NotStrict("an integer beyond 2**53");
        return -1 - number;
      case 2:
        return this.take(number).slice();
      case 3:
        return this.text(number);
      case 4:
        // Every item takes a byte at least: what says that it has more is cut off, and nothing is set aside for it.
        if (number > this.data.length - this.at) throw new NotStrict("CBOR that is cut off");
        return Array.from({ length: number }, () => this.value(left - 1));
      default:
        return this.map(number, left);
    }
  }

  /** @param {number} info */
  constant(info) {
    if (info === 20) return false;
    if (info === 21) return true;
    if (info === 22) return null;
    throw new NotStrict("a float, or a simple value that is not read");
  }

  /** @param {number} length */
  text(length) {
    let text;
    try {
      text = decoder.decode(this.take(length));
    } catch (fault) {
      if (fault instanceof Malformed) throw fault;
      throw new NotStrict("a text that is not UTF-8");
    }
    if (text.includes("\u0000")) throw new NotStrict("a text has a NUL");
    return text;
  }

  /** @param {number} pairs @param {number} left */
  map(pairs, left) {
    const members = new Map();
    let before = null;
    for (let pair = 0; pair < pairs; pair += 1) {
      const start = this.at;
      const key = this.value(0);
      if (typeof key !== "number" && typeof key !== "string") throw new NotStrict("a key of another kind");
      const written = this.data.subarray(start, this.at);
      if (before !== null && !comesBefore(before, written)) throw new NotStrict("keys out of order, or twice");
      before = written;
      members.set(key, this.value(left - 1));
    }
    return members;
  }
}

/** Whether one stands before the other, byte by byte. @param {Uint8Array} one @param {Uint8Array} other */
function comesBefore(one, other) {
  for (let at = 0; at < Math.min(one.length, other.length); at += 1)
    if (one[at] !== other[at]) return one[at] < other[at];
  return one.length < other.length;
}
