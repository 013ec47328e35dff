// Signed notes (C2SP signed-note): a text, and who signed it with Ed25519. The registry's root key is named so, too.

import { checkPublicKey, goodSignature } from "./keys.js";
import { characters, decodeBase64, hex, joined, Malformed, utf8 } from "./strict.js";

export const MAX_NOTE_BYTES = 100_000;
const MOST_SIGNATURES = 32;
const ED25519_NOTE = 0x01;
const ID_BYTES = 4;
// Blanks as Python counts them: it knows four more controls and a line feed of its own, and no byte order mark.
const NO_BLANK = "(?:[^\\s+\\u001c-\\u001f\\u0085]|\\ufeff)+";
const NAME = new RegExp(`^${NO_BLANK}$`, "u");
const LINE = new RegExp(`^\u2014 (${NO_BLANK}) ([A-Za-z0-9+/]+={0,2})$`, "u");
const CONTROL = /[\u0000-\u0009\u000b-\u001f]/;

/** A text that is no signed note, or whose signatures do not hold. */
export class MalformedNote extends Malformed {}

/** A key that signs notes: its name, 32 bytes of Ed25519, and the four bytes before a signature, in hexadecimal. */
export class NoteKey {
  /** @param {string} name @param {Uint8Array} publicKey @param {string} id */
  constructor(name, publicKey, id) {
    this.name = name;
    this.public_key = publicKey;
    this.id = id;
  }

  /** @param {string} name @param {Uint8Array} publicKey */
  static async of(name, publicKey) {
    const named = joined(utf8(`${name}\n`), Uint8Array.of(ED25519_NOTE), publicKey);
    const digest = new Uint8Array(await crypto.subtle.digest("SHA-256", named));
    return new NoteKey(name, publicKey, hex(digest.subarray(0, ID_BYTES)));
  }

  /** The key in NAME+ID+KEY. Throws MalformedNote, NotStrict or WeakKey. @param {string} text */
  static async from(text) {
    const [name, id, ...rest] = text.split("+");
    const raw = decodeBase64(rest.join("+"));
    if (!NAME.test(name) || raw.length !== 33 || raw[0] !== ED25519_NOTE)
      throw new MalformedNote("a key for notes is NAME+ID+KEY, and Ed25519");
    checkPublicKey(raw.subarray(1));
    const key = await NoteKey.of(name, raw.slice(1));
    if (key.id !== id) throw new MalformedNote("the id in the key for notes is another key's");
    return key;
  }
}

/**
 * Check a note. Every signature by one of `keys` must hold, and there must be one; others' are not looked at.
 * @param {string} note @param {NoteKey[]} keys
 * @returns {Promise<{ text: string, signedBy: NoteKey[] }>} Throws MalformedNote or NotStrict.
 */
export async function openNote(note, keys) {
  if (characters(note) > MAX_NOTE_BYTES || CONTROL.test(note))
    throw new MalformedNote("a note has no control characters and is not that long");
  const cut = note.lastIndexOf("\n\n");
  if (cut < 0 || !note.endsWith("\n"))
    throw new MalformedNote("a note has a text, an empty line, and lines of signatures");
  const text = note.slice(0, cut + 1);
  const lines = note.slice(cut + 2, -1).split("\n");
  if (lines.length > MOST_SIGNATURES) throw new MalformedNote("a note with too many signatures");
  const signedBy = [];
  for (const line of lines) {
    const parts = LINE.exec(line);
    const raw = parts === null ? new Uint8Array() : decodeBase64(parts[2]);
    if (parts === null || raw.length <= ID_BYTES) throw new MalformedNote("a line below the note is no signature");
    const id = hex(raw.subarray(0, ID_BYTES));
    const key = keys.find((one) => one.name === parts[1] && one.id === id);
    if (key === undefined) continue;
    if (signedBy.includes(key) || !(await goodSignature(key.public_key, raw.subarray(ID_BYTES), utf8(text))))
      throw new MalformedNote(`the signature of ${key.name} does not hold, or stands there twice`);
    signedBy.push(key);
  }
  if (signedBy.length === 0) throw new MalformedNote("nobody known has signed the note");
  return { text, signedBy };
}
