// The registry's log: proofs that stand alone (C2SP tlog-proof), the signed head above them, and what an entry says.

import { MAX_NOTE_BYTES, MalformedNote, openNote } from "./note.js";
import {
  characters,
  decodeBase64,
  encodeBase64url,
  joined,
  Malformed,
  readJson,
  same,
  sameBytes,
  utf8,
} from "./strict.js";

export const FIRST_LINE = "c2sp.org/tlog-proof@v1";
export const SALT_BYTES = 32;
const HASH_BYTES = 32;
const HIGHEST = 63; // no tree is higher
const MOST_EXTRA = 4096;
const MOST = MAX_NOTE_BYTES + MOST_EXTRA * 2 + HIGHEST * 45;
const WHOLE = /^(?:0|[1-9][0-9]{0,15})$/;
const MAX_ENTRY_BYTES = 1024;
const ISSUED = ["v", "type", "day", "issuer", "kid", "scheme", "c"]; // the members of the one kind that is read here
const ENTRY_TEXT = /^[!-~]+(?: [!-~]+)*$/;

/** A proof that is none, or an entry that is none of ours. */
export class MalformedProof extends Malformed {}

/** @typedef {{ log_index: number, path: Uint8Array[], checkpoint: string, extra: Uint8Array }} LogProof */

/** @param {...Uint8Array} parts */
const sha256 = async (...parts) => new Uint8Array(await crypto.subtle.digest("SHA-256", joined(...parts)));

/** @param {string} text */
export const sha256Of = (text) => sha256(utf8(text));

/**
 * Read a proof; nothing in it is checked but its spelling. Throws MalformedProof or NotStrict.
 * @param {string} text
 * @returns {LogProof}
 */
export function readProof(text) {
  if (characters(text) > MOST) throw new MalformedProof("no proof is that long");
  const cut = text.indexOf("\n\n");
  const lines = text.slice(0, Math.max(cut, 0)).split("\n");
  if (lines.shift() !== FIRST_LINE)
    throw new MalformedProof(`a proof begins with ${FIRST_LINE}, and has an empty line before the checkpoint`);
  const said = lines[0]?.startsWith("extra ") ? lines.shift()?.slice("extra ".length) : undefined;
  if (said === "") throw new MalformedProof("a proof is written in one way only");
  const extra = said === undefined ? new Uint8Array() : decodeBase64(said);
  const index = lines.shift() ?? "";
  if (!index.startsWith("index ") || !WHOLE.test(index.slice(6)))
    throw new MalformedProof("a proof says the index of the entry");
  const path = lines.map(decodeBase64);
  if (path.length > HIGHEST || path.some((step) => step.length !== HASH_BYTES) || extra.length > MOST_EXTRA)
    throw new MalformedProof(`a step of the path has ${HASH_BYTES} bytes, and no path has that many`);
  return { log_index: Number(index.slice(6)), path, checkpoint: text.slice(cut + 2), extra };
}

/**
 * The head of a log, in a note that one of `keys` has signed under its own name, the origin.
 * @param {string} note @param {import("./note.js").NoteKey[]} keys
 * @returns {Promise<{ origin: string, size: number, root: Uint8Array }>} Throws MalformedNote or NotStrict.
 */
export async function openCheckpoint(note, keys) {
  const { text, signedBy } = await openNote(note, keys);
  const lines = text.split("\n");
  const [origin, size, encoded] = lines;
  if (lines.length !== 4 || lines[3] !== "" || origin === "" || !WHOLE.test(size))
    throw new MalformedNote("a checkpoint says origin, size and root, a line each, and nothing else");
  const root = decodeBase64(encoded);
  if (root.length !== HASH_BYTES) throw new MalformedNote(`the root is not ${HASH_BYTES} bytes of base64`);
  if (size === "0" && !sameBytes(root, await sha256()))
    throw new MalformedNote("a log without entries has another root");
  if (signedBy.every((key) => key.name !== origin))
    throw new MalformedNote("the checkpoint is not signed by the log it is of");
  return { origin, size: Number(size), root };
}

/** The hash of an entry as a leaf (RFC 9162 section 2.1.1). @param {Uint8Array} entry */
export const leafHash = (entry) => sha256(Uint8Array.of(0), entry);

/** @param {Uint8Array} left @param {Uint8Array} right */
const nodeHash = (left, right) => sha256(Uint8Array.of(1), left, right);

/**
 * Whether `path` shows that the leaf stands at `index` of the tree of `size` leaves with this head (RFC 9162 section
 * 2.1.3.2). Throws MalformedProof where it lies outside the tree, or the path has another length.
 * @param {Uint8Array} leaf @param {number} index @param {number} size @param {Uint8Array[]} path @param {Uint8Array} root
 */
export async function includes(leaf, index, size, path, root) {
  if (index >= size) throw new MalformedProof("the index lies outside the tree");
  // A tree may have more leaves than 32 bits count, so nodes are halved and not shifted.
  const half = (/** @type {number} */ node) => Math.floor(node / 2);
  let [node, last, head] = [index, size - 1, leaf];
  for (const step of path) {
    if (last === 0) throw new MalformedProof("the path is longer than the tree is high");
    const left = node % 2 === 1 || node === last;
    head = left ? await nodeHash(step, head) : await nodeHash(head, step);
    // The last node of a level may stand alone; it then rises without a sibling.
    while (left && node % 2 === 0 && node > 0) [node, last] = [half(node), half(last)];
    [node, last] = [half(node), half(last)];
  }
  if (last !== 0) throw new MalformedProof("the path ends below the head");
  return sameBytes(head, root);
}

/**
 * Read the entry by which a certificate was entered: canonical JSON of just its members. Throws Malformed.
 * @param {Uint8Array} data @returns {Record<string, string | number>}
 */
export function readIssued(data) {
  const members = readJson(data, { maxBytes: MAX_ENTRY_BYTES, maxDepth: 1 });
  const names = Object.keys(members).sort();
  const plain = names.every((each) => {
    const value = members[each];
    return typeof value === "number" ? value >= 0 : typeof value === "string" && ENTRY_TEXT.test(value);
  });
  if (members.v !== 1 || members.type !== "certificate.issued" || !same(names, [...ISSUED].sort()) || !plain)
    throw new MalformedProof("no entry of a certificate");
  const written = utf8(`{${names.map((each) => `${JSON.stringify(each)}:${JSON.stringify(members[each])}`).join()}}`);
  if (!sameBytes(written, data)) throw new MalformedProof("not canonical JSON (RFC 8785)");
  return members;
}

/**
 * What stands for a certificate in its entry: SHA-256 of purpose, salt and the content's own SHA-256.
 * @param {Uint8Array} salt @param {string} text
 */
export async function commitment(salt, text) {
  if (salt.length !== SALT_BYTES) throw new MalformedProof(`a salt has ${SALT_BYTES} bytes`);
  return encodeBase64url(await sha256(utf8("bevis/v1/certificate\0"), salt, await sha256Of(text)));
}
