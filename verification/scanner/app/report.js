// Reports of what was found wrong: they wait on the device until the registry has taken them. No picture, no name.

import { add, all, remove } from "./kept.js";
import { at } from "./place.js";

export const REASONS = ["not_the_holder", "looks_forged", "facts_differ", "answer_wrong", "cannot_scan", "other"];
const MOST_WAITING = 50;
const LONGEST_NOTE = 500;
const LONGEST_WAIT = 15_000;
let sending = null;

// One line, as long as the registry takes.
export const plainNote = (text) => text.replace(/[\s\p{C}]+/gu, " ").trim().slice(0, LONGEST_NOTE);

// answer: what was shown, or null. False where too many wait already.
export async function report(reason, note, answer) {
  if ((await all("reports")).length >= MOST_WAITING) return false;
  const number = answer?.certificate?.number.replaceAll("-", "") ?? null;
  await add("reports", {
    sent: {
      id: crypto.randomUUID(),
      noticed_at: `${new Date().toISOString().slice(0, 19)}Z`,
      reason,
      ...(number && { number }),
      ...(answer && { headline: answer.headline, codes: [...new Set(answer.reasons.map((one) => one.code))].slice(0, 60) }),
      ...(note && { note }),
    },
  });
  return true;
}

// Send what waits, one after the other. How many still wait; `refused`: whether the last one was not taken as it is.
export function send() {
  sending ??= sendAll().finally(() => (sending = null));
  return sending;
}

async function sendAll() {
  let refused = false;
  // One after the other, and those too that come meanwhile.
  for (let last = 0; ; ) {
    const next = (await all("reports")).find((row) => row.id > last);
    if (!next) break;
    const { id, sent } = next;
    last = id;
    let answer;
    try {
      answer = await fetch(at("api/v1/reports"), {
        method: "POST",
        headers: { "Content-Type": "application/json" },
        body: JSON.stringify(sent),
        cache: "no-store",
        signal: AbortSignal.timeout(LONGEST_WAIT),
      });
    } catch {
      break;
    }
    if (answer.status === 429 || answer.status >= 500) break; // later
    // What is refused as it is would be refused again: it is let go, and whoever typed it is told.
    refused = !answer.ok;
    await remove("reports", id);
  }
  return { waiting: (await all("reports")).length, refused };
}
