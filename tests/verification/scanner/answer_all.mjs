// Asks the scanner's core everything that stands in a file of questions, and writes what it says as JSON on stdout.
//
//     node answer_all.mjs [--without-ed25519] < QUESTIONS
//
// QUESTIONS   {"trusts": {name: text}, "texts": {lang: texts}, "asked": [{"token" | "token_hex", "trust", "now", "on",
//             "situation": members, "schemes"}], "files": [[text of a trust file, root key or null]]}
// on stdout   {"answers": [{lang: answer}], "files": [why it was refused, or null where it was believed]}

import { webcrypto } from "node:crypto";
import { readFileSync } from "node:fs";

import { answer, check, MalformedTrust, readTrust } from "../../../verification/scanner/core/check.js";

globalThis.crypto ??= webcrypto; // Node 18 has it, and does not show it

if (process.argv.includes("--without-ed25519")) {
  // As in browsers of before 2025.
  const { subtle } = crypto;
  const known = subtle.importKey.bind(subtle);
  subtle.importKey = async (format, key, kind, ...more) => {
    if (kind.name === "Ed25519") throw new DOMException("Unrecognized name.", "NotSupportedError");
    return known(format, key, kind, ...more);
  };
}

const given = JSON.parse(readFileSync(0, "utf-8"));
const trusts = new Map();
for (const [name, text] of Object.entries(given.trusts)) trusts.set(name, await readTrust(text));

const answers = [];
for (const { token, token_hex: hex, trust, now, ...asked } of given.asked) {
  const shown = hex === undefined ? token : Uint8Array.from(Buffer.from(hex, "hex"));
  const verdict = await check(shown, trusts.get(trust), { ...asked, now: new Date(now) });
  answers.push(
    Object.fromEntries(Object.entries(given.texts).map(([lang, texts]) => [lang, answer(verdict, texts, lang)])),
  );
}

const files = [];
for (const [text, root] of given.files) {
  const believed = readTrust(text, root).then(() => null);
  files.push(
    await believed.catch((fault) => {
      if (fault instanceof MalformedTrust) return fault.message;
      throw fault;
    }),
  );
}
process.stdout.write(JSON.stringify({ answers, files }));
