// What the registry answers to a number, read strictly before any of it is drawn: another's answer, or half of one, is none.
//
// Members that are not known here are never drawn; they are of a newer registry.

import { HEADLINES } from "../core/rules.js";
import { code, day, integer, level, list, may, matching, moment, must, oneOf, record, such, zone } from "../core/members.js";
import { Malformed, isObject, readJson } from "../core/strict.js";
import { own } from "./own.js";

const MOST_BYTES = 1_048_576;
const LONGEST = 4000;
const SKEW = 5 * 60_000; // clocks may differ so much

const text = such((given) => typeof given === "string" && given.length <= LONGEST, "is no text");
const said = such((given) => typeof given === "string" && given.trim() !== "" && given.length <= LONGEST, "says nothing");
const number = matching(/^[0-9A-HJKMNP-TV-Z]{4}(-[0-9A-HJKMNP-TV-Z]{4}){3}$/, "is no number as it is printed");
const texts = list(text, 0, 500);

// What is known of an object that may have more.
const holding = (members) => {
  const whole = record(members);
  return (given) =>
    whole(isObject(given) ? Object.fromEntries(Object.entries(given).filter(([name]) => Object.hasOwn(members, name))) : given);
};
// There, and perhaps null.
const orNull = (read) => must(may(read).read);

const STEP = holding({
  code: must(matching(/^[a-z0-9_]{1,64}$/, "is no code of a reason")),
  outcome: must(oneOf("passed", "failed", "could_not_check", "does_not_apply")),
  severity: must(oneOf("decisive", "notice", "detail")),
  title: must(said),
  says: must(said),
  next: orNull(said),
});
const FINDING = holding({
  ref: must(text),
  grade: must(oneOf("major", "minor", "observation")),
  clause: orNull(text),
  closed_on: orNull(day),
});
const ATTESTS = {
  mandate: { mandate: must(text), scheme: must(code), versions: orNull(list(text)), max_level: must(level) },
  accreditation: { standard: must(text), edition: must(text), scope: must(texts) },
  quality_certificate: { standard: must(text), edition: must(text), scope: must(texts) },
  audit: {
    standard: must(text),
    edition: must(text),
    scope: may(texts),
    first_on: must(day),
    last_on: must(day),
    findings: must(list(FINDING, 0, 500)),
  },
};
const attests = (given) => {
  const kind = oneOf(...Object.keys(ATTESTS))(given?.kind);
  return holding({ ...ATTESTS[kind], holder: must(text), replaces: may(number) })(given);
};
const CERTIFICATE = holding({
  number: must(number),
  subject: must(oneOf("person", "organisation")),
  holder: must(said),
  birth: orNull(text),
  scheme: must(code),
  title: must(said),
  level: orNull(level),
  level_name: orNull(said),
  printed_word: orNull(said),
  assures: orNull(said),
  does_not_assure: orNull(said),
  issuer: must(said),
  valid_from: must(day),
  valid_until: orNull(day),
  time_zone: must(zone),
  restrictions: must(texts),
  scope_classes: must(texts),
  successor: orNull(number),
  // Only where the whole of it is known.
  edition: may(text),
  scheme_version: may(text),
  party: may(oneOf("first", "second", "third")),
  issued_on: may(day),
  training_provider: may(text),
  examination_body: may(text),
  scheme_owner: may(text),
  mandate: may(text),
  mandate_certificate: may(text),
  attests: may(attests),
  identity: may(holding({ enrolment: may(integer(0, 3)), attendance: may(integer(0, 3)), exam: may(integer(0, 3)) })),
  content: may(texts),
  course_first_on: may(day),
  course_last_on: may(day),
  assessed_on: may(day),
  decided_on: may(day),
  attended_minutes: may(integer()),
  mandatory_minutes: may(integer()),
  attended_percent: may(integer()),
  delivery: may(text),
  language_training: may(text),
  language_test: may(text),
  corrects: may(number),
  renews: may(number),
});
const ANSWER = holding({
  outcome: must(oneOf("valid", "invalid", "undetermined")),
  headline: must(oneOf(...Object.keys(HEADLINES))),
  title: must(said),
  says: must(said),
  next: orNull(said),
  reasons: must(list(STEP, 1, 500)),
  certificate: orNull(CERTIFICATE),
  situation: must(code),
  on: orNull(day),
  checked_at: must(moment),
  known_as_of: must(moment),
  edition: must(text),
});

// The answer; null where it is none to that number and situation.
export function readAnswer(data, { token, situation }) {
  try {
    const given = readJson(data, { maxBytes: MOST_BYTES });
    const { outcome, headline, certificate, ...read } = ANSWER(given);
    const fits = own(HEADLINES, headline) === outcome && read.situation === situation;
    const known = outcome !== "valid" || read.known_as_of <= read.checked_at + SKEW;
    const whose = certificate === null ? outcome !== "valid" : certificate.number === token;
    return fits && known && whose ? given : null;
  } catch (fault) {
    if (fault instanceof Malformed) return null;
    throw fault;
  }
}
