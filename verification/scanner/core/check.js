// The way in: what is trusted, from a file; the verdict on whatever somebody has in hand; and the answer in words.
//
// The same answers as `verification/verify.py`, `judge.py` and `answer.py` give, step by step; `docs/vectors.md` says
// how that is tried. Nothing here reads a clock, asks a network or remembers a token.

import { judge } from "./judge.js";
import { verify } from "./verify.js";

export { answer } from "./answer.js";
export { MalformedTrust, readTrust, RootEnded } from "./trust_file.js";

/**
 * The verdict on whatever somebody has in hand, from a trust file and nothing else. Never throws on a token.
 * @param {string | Uint8Array} token a QR code's text, a verify address, its digits, a `vc+jwt`, a number, or anything
 * @param {import("./trust.js").Trust} trust
 * @param {{ now: Date, on?: string | null, situation: import("./judge.js").Situation, schemes?: string[] }} asked
 *   on: that day instead of now; schemes: codes of which it must be one, of those that the situation takes
 * @returns {Promise<import("./judge.js").Verdict>}
 */
export async function check(token, trust, { now, on = null, situation, schemes = [] }) {
  const moment = now.getTime();
  const findings = await verify(token, { trust, now: moment, on });
  return judge(findings, schemes.length ? narrowed(situation, schemes) : situation, moment, trust);
}

/** @param {import("./judge.js").Situation} situation @param {string[]} schemes */
function narrowed(situation, schemes) {
  const taken = situation.schemes ?? [];
  const wanted = taken.length ? schemes.filter((code) => taken.includes(code)) : schemes;
  if (wanted.length === 0) throw new RangeError(`the situation asks for one of ${taken.join(", ")}`);
  return { ...situation, schemes: [...new Set(wanted)].sort() };
}
