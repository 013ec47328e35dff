// Asks the scanner's core everything that stands in a file of questions, and writes what it says as JSON on stdout.
//
//     node answer_all.mjs < QUESTIONS
//
// QUESTIONS   {"trusts": {name: text}, "texts": {lang: texts}, "asked": [{"token" | "token_hex", "trust", "now", "on",
//             "situation": members, "schemes"}], "refused": [text]}
// on stdout   {"answers": [{lang: answer}], "refused": [message, or null where it was believed], "milliseconds": [per question]}

import { webcrypto } from "node:crypto";
import { readFileSync } from "node:fs";

import { answer, check, MalformedTrust, readTrust } from "../../../verification/scanner/core/check.js";

globalThis.crypto ??= webcrypto; // Node 18 has it, and does not show it

const given = JSON.parse(readFileSync(0, "utf-8"));
const trusts = new Map();
for (const [name, text] of Object.entries(given.trusts)) trusts.set(name, await readTrust(text));

const answers = [];
const milliseconds = [];
for (const { token, token_hex: hex, trust, now, ...asked } of given.asked) {
  const shown = hex === undefined ? token : Uint8Array.from(Buffer.from(hex, "hex"));
  const begun = performance.now();
  const verdict = await check(shown, trusts.get(trust), { ...asked, now: new Date(now) });
  answers.push(Object.fromEntries(Object.entries(given.texts).map(([lang, texts]) => [lang, answer(verdict, texts, lang)])));
  milliseconds.push(performance.now() - begun);
}

const refused = [];
for (const text of given.refused) {
  refused.push(
    await readTrust(text).then(
      () => null,
      (fault) => {
        if (fault instanceof MalformedTrust) return fault.message;
        throw fault;
      },
    ),
  );
}
process.stdout.write(JSON.stringify({ answers, refused, milliseconds }));
