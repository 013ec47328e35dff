// What a question comes to before anybody judges it: one finding a step, and what the certificate says.

/** @typedef {"passed" | "failed" | "could_not_check" | "does_not_apply"} Outcome */
/** A length of time, in milliseconds. */
export class Span {
  /** @param {number} milliseconds */
  constructor(milliseconds) {
    this.milliseconds = milliseconds;
  }
}

/**
 * What fills a sentence: days are texts, texts by language objects.
 * @typedef {Record<string, string | number | Span | Record<string, string>>} Params
 */
/**
 * The answer of one step: a stable code, and what fills its sentence.
 * @typedef {{ code: string, outcome: Outcome, params: Params }} Finding
 */

/**
 * What the certificate says, as far as its form says it; only with a good signature.
 *
 * not_before, expires: first instant of its first day, first instant after its last (null = no end); full, organisation:
 * the whole certificate, where it was shown; level: null where it is about an organisation and names none.
 * @typedef {{ number: string, holder_name: string, birth: number | string | null, scheme: string,
 *   title: Record<string, string>, level: string | null, edition: string | null, issuer: string, issuer_name: string,
 *   not_before: number, expires: number | null, valid_from: string, valid_until: string | null, time_zone: string,
 *   status: { list: number, index: number }, restrictions: string[], scope_classes: string[],
 *   subject: "person" | "organisation", full: any, log_index: number | null, organisation: any }} Seen
 *
 * known_as_of: the oldest knowledge the findings rest on; on: the day asked about.
 * @typedef {{ findings: Finding[], certificate: Seen | null, known_as_of: number, on: string | null }} Findings
 *
 * One question with a good signature: what every step after that looks at. See `verification/case.py`; logged and
 * proven_index are what the log has told of it.
 * @typedef {{ seen: Seen, key: any, by_issuer: boolean, trust: import("./trust.js").Trust, now: number,
 *   on: string | null, history: import("./trust.js").StatusEvent[], signed_at: number, signed_at_known: boolean,
 *   issue_day: string, trust_is_older: boolean, proof: import("./log.js").LogProof | null, text: string | null,
 *   changes: import("./trust.js").StatusEvent[] | null, code: Uint8Array | null, logged: Finding[],
 *   proven_index: number | null }} Case
 */

/** @param {string} code @param {Params} params @returns {Finding} */
export const passed = (code, params = {}) => ({ code, outcome: "passed", params });
/** @param {string} code @param {Params} params @returns {Finding} */
export const failed = (code, params = {}) => ({ code, outcome: "failed", params });
/** @param {string} code @param {Params} params @returns {Finding} */
export const open = (code, params = {}) => ({ code, outcome: "could_not_check", params });
/** @param {string} code @param {Params} params @returns {Finding} */
export const apart = (code, params = {}) => ({ code, outcome: "does_not_apply", params });
