// Whether a certificate stands in the registry's log: by its proof, by its code, or by the register's own record.
// A stolen key signs anything; what it signs outside the registry stands in no log.

import { addDays, dayAt, isDay } from "./days.js";
import { failed, open, passed } from "./findings.js";
import { commitment, includes, leafHash, openCheckpoint, readIssued, SALT_BYTES } from "./log.js";
import { NoteKey } from "./note.js";
import { Malformed } from "./strict.js";

/** @typedef {import("./findings.js").Case} Case */

/** The findings about the log; none where the trust knows of no log. @param {Case} asked */
export async function logged(asked) {
  if (asked.trust.logs.length === 0) return [];
  if (asked.proof !== null && asked.text !== null) return byProof(asked, asked.proof, asked.text);
  const index = logIndex(asked);
  return [index === null ? open("not_in_log") : passed("in_log", { index })];
}

/**
 * Where it stands in the log that is written to, by its own proof, its code, or the register; else null.
 * @param {Case} asked after `logged`
 */
export function provenIndex(asked) {
  const { trust, proof } = asked;
  // A code names a place and no log. Where there has been more than one, only a proof tells which.
  if (proof === null) return trust.logs.length === 1 ? logIndex(asked) : null;
  if (!trust.logs.length || !proof.checkpoint.startsWith(`${trust.logs.at(-1)?.origin}\n`)) return null;
  return asked.logged.some((finding) => finding.code === "in_log") ? proof.log_index : null;
}

/** Where it stands as far as its code or the register says; null where neither does. @param {Case} asked */
const logIndex = ({ history, seen }) => history[0]?.log_index ?? seen.log_index;

/** @param {Case} asked @param {import("./log.js").LogProof} proof @param {string} text */
async function byProof(asked, proof, text) {
  const day = await provenDay(asked, proof, text).catch((fault) => {
    if (fault instanceof Malformed) return null;
    throw fault;
  });
  if (day === null) return [failed("log_proof_invalid")];
  const said = dayAt(asked.signed_at, asked.seen.time_zone);
  const found = passed("in_log", { index: proof.log_index });
  return day > addDays(said, 1) ? [found, open("date_not_proven", { day: said, logged: day })] : [found];
}

/**
 * The day under which it was entered, where the proof holds and is about this certificate.
 *
 * What the proof has beside it is the salt and the entry; nobody has signed either, but the head stands above the
 * entry, and the entry commits to the certificate.
 * @param {Case} asked @param {import("./log.js").LogProof} proof @param {string} text @returns {Promise<string | null>}
 */
async function provenDay({ trust, seen, key }, proof, text) {
  const keys = await Promise.all(trust.logs.map((log) => NoteKey.of(log.origin, log.public_key)));
  const head = await openCheckpoint(proof.checkpoint, keys);
  const log = trust.logs.find((one) => one.origin === head.origin);
  // Nobody signed more than it had before it was closed.
  if (log === undefined || (log.closed_at !== null && head.size > log.closed_at)) return null;
  const [salt, entry] = [proof.extra.subarray(0, SALT_BYTES), proof.extra.subarray(SALT_BYTES)];
  const said = readIssued(entry);
  const meant = { issuer: seen.issuer, kid: key.kid, scheme: seen.scheme, c: await commitment(salt, text) };
  if (!Object.entries(meant).every(([member, value]) => said[member] === value) || !isDay(said.day)) return null;
  return (await includes(await leafHash(entry), proof.log_index, head.size, proof.path, head.root)) ? said.day : null;
}
