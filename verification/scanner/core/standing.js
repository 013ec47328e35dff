// Whether a genuine certificate stands: clock, dates, register, status and what has happened to it since.

import { dayAt, endOf, startOf } from "./days.js";
import { apart, failed, open, passed, Span } from "./findings.js";
import { displayNumber } from "./number.js";

const CLOCK_SKEW = 300_000;
const WAS_SO_BEFORE = ["error", "fraud"];
const ENDED = ["annulled", "revoked", "withdrawn", "superseded", "suspended"]; // the worst first
/** @typedef {import("./findings.js").Case} Case */
/** @typedef {{ code: string, params: import("./findings.js").Params }} State */

/** @param {string} code how bad a state is; 0 is the worst */
const badness = (code) => (ENDED.includes(code) ? ENDED.indexOf(code) : ENDED.length);
/** @param {string} code */
const endedForGood = (code) => ENDED.includes(code) && code !== "suspended";
/** @param {State} state */
const found = ({ code, params }) => (ENDED.includes(code) ? failed(code, params) : passed(code, params));

/** A clock that runs behind would keep an expired certificate alive. @param {Case} on */
export function clock({ now, trust, signed_at_known: known, signed_at: signedAt }) {
  const soonest = now + CLOCK_SKEW;
  return soonest < trust.as_of || (known && soonest < signedAt) ? [open("clock_behind")] : [];
}

/** Whether the moment lies between its first and its last day. @param {Case} asked */
export function dates({ seen, now, on, signed_at_known: known, issue_day: issueDay }) {
  const at = on === null ? now : startOf(on, seen.time_zone);
  // Nobody could rely on it before it was there, whatever day it was written to begin on.
  if (on !== null && known && on < issueDay) return failed("not_issued_yet", { day: issueDay });
  if (at < seen.not_before) return failed("not_yet_valid", { day: seen.valid_from });
  if (seen.valid_until === null || seen.expires === null) return passed("in_force_no_end", { from: seen.valid_from });
  if (at >= seen.expires) return failed("expired", { day: seen.valid_until });
  return passed("in_force", { from: seen.valid_from, day: seen.valid_until });
}

/** Whether the register has it, where the register was asked. @param {Case} asked */
export function register({ seen, trust, history }) {
  if (!trust.events.has(seen.number)) return apart("register_not_asked");
  return history.length ? passed("registered") : open("not_registered");
}

/** The status now, or on the day asked about: the worse of what the list and the history say. @param {Case} asked */
export function status(asked) {
  if (asked.on !== null) return statusOn(asked, asked.on);
  const [recorded, listed] = [recordedAt(asked, asked.now), listedNow(asked)];
  const state = recorded ?? listed;
  if (state === null) return open("status_unknown");
  return found(recorded && listed && badness(listed.code) < badness(recorded.code) ? listed : state);
}

/** How old the status list is, and whether its maker still stands by it. @param {Case} asked */
export function statusAge({ seen, trust, now, history }) {
  const known = trust.status_lists.get(seen.status.list);
  if (history.length || known === undefined) return [];
  const age = passed("status_age", { age: new Span(now - known.issued_at) });
  if (known.expires_at === null || now < known.expires_at) return [age];
  return [open("status_list_expired", { day: dayAt(known.expires_at, seen.time_zone) }), age];
}

/** @param {Case} asked @param {string} on */
function statusOn(asked, on) {
  const zone = asked.seen.time_zone;
  if (on > dayAt(asked.now, zone)) return endedNow(asked) ?? open("status_future", { day: on });
  const recorded = then(asked, endOf(on, zone) - 1000);
  // Nothing may stand against it today, and it may all the same have been suspended then.
  return recorded === null ? open("status_history_unknown", { day: on }) : found(recorded);
}

/** What the register's history, or else a trust file's, says about a moment. @param {Case} asked @param {number} at */
const then = (asked, at) => (asked.history.length ? recordedAt(asked, at) : toldOf(asked, at));

/**
 * What a trust file's history says; null where it does not reach it, or is not the last word.
 * @param {Case} asked @param {number} at
 * @returns {State | null}
 */
function toldOf(asked, at) {
  const changes = asked.changes;
  if (!changes?.length) return null;
  const state = after(changes, asked, at);
  if (endedForGood(state.code)) return state;
  if (at > asked.trust.as_of || at < changes[0].effective_from) return null;
  const [listed, last] = [listedNow(asked), after(changes, asked, asked.now)];
  // A list that was fetched since may know of an end that was there from the first day.
  return listed !== null && endedForGood(listed.code) && !endedForGood(last.code) ? null : state;
}

/**
 * For a day in the past: what has happened since. Fraud and error were there before anybody knew.
 * @param {Case} asked
 */
export function endedSince(asked) {
  const events = asked.history.length ? asked.history : (asked.changes ?? []);
  if (asked.on === null || events.length === 0) return [];
  const was = then(asked, endOf(asked.on, asked.seen.time_zone) - 1000);
  const today = after(events, asked, asked.now);
  if (was === null || ENDED.includes(was.code) || today.code !== "revoked") return [];
  const before = WAS_SO_BEFORE.includes(/** @type {string} */ (today.params.why));
  return [before ? open("ended_since", today.params) : apart("ended_since", today.params)];
}

/** What has ended for good stays ended on every later day. @param {Case} asked */
function endedNow(asked) {
  const ended = [recordedAt(asked, asked.now), listedNow(asked)].find((state) => state && endedForGood(state.code));
  return ended ? failed(ended.code, ended.params) : null;
}

/** What the status list says at the certificate's place. @param {Case} asked @returns {State | null} */
function listedNow({ trust, seen }) {
  const code = trust.listed(seen.status);
  return code === null ? null : { code, params: {} };
}

/** What the register's history says about a moment; null where it has none. @param {Case} asked @param {number} at */
const recordedAt = (asked, at) => (asked.history.length ? after(asked.history, asked, at) : null);

/**
 * Where it stands at a moment after these events.
 * @param {import("./trust.js").StatusEvent[]} events @param {Case} asked @param {number} at
 * @returns {State}
 */
function after(events, asked, at) {
  /** @type {State} */
  let state = { code: "not_withdrawn", params: {} };
  for (const event of events) {
    // Annulled means it never should have been: it holds for every day, also before.
    const annulled = event.kind === "annulled";
    const counts = event.effective_from <= (annulled ? asked.now : at);
    if (counts && (annulled || state.code === "not_withdrawn" || state.code === "suspended"))
      state = ENDED.includes(event.kind)
        ? { code: event.kind, params: told(event, asked) }
        : { code: "not_withdrawn", params: {} };
  }
  return state;
}

/**
 * Since when, why, and by which certificate it was replaced, as far as the event says.
 * @param {import("./trust.js").StatusEvent} event @param {Case} asked
 */
function told(event, asked) {
  /** @type {import("./findings.js").Params} */
  const params = { day: dayAt(event.effective_from, asked.seen.time_zone) };
  if (event.reason && event.reason !== event.kind) params.why = event.reason;
  if (event.successor) params.successor = displayNumber(event.successor);
  return params;
}

/** Old keys or an old list, whichever is older; a history comes with the trust itself. @param {Case} asked */
export function knownAsOf({ trust, seen, history }) {
  const known = trust.status_lists.get(seen.status.list);
  return history.length || known === undefined ? trust.as_of : Math.min(trust.as_of, known.issued_at);
}
