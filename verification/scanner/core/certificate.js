// What a certificate says, free of any format: about a person, or about an organisation. The rules of
// `verification/certificate.py` and `verification/organisation_certificate.py`; None is null.

import { EARLIEST, LATEST, momentOf } from "./days.js";
import { LANGUAGES } from "./members.js";
import * as read from "./members.js";

const { may, must, or, record } = read;
const FIRST_YEAR = Number(EARLIEST.slice(0, 4));
const LAST_YEAR = Number(LATEST.slice(0, 4));
const minutes = read.integer(0, 1_000_000);
const assurance = read.integer(0, 3);
const texts = read.list(read.name, 0, 40);

/** A moment of issue, as it is written: UTC, whole seconds. */
const issued = (/** @type {unknown} */ given) => {
  const moment = typeof given === "string" && given.endsWith("Z") ? read.moment(given) : null;
  if (moment === null || moment < /** @type {number} */ (momentOf(`${EARLIEST}T00:00:00Z`)))
    throw new read.Fault("is no moment of issue");
  if (moment >= /** @type {number} */ (momentOf(`${LATEST}T23:59:59Z`)) + 1000) throw new read.Fault("is too late");
  return moment;
};
/** @typedef {{ id: string, name: string }} Party */
const party = record({ id: must(read.code), name: must(read.name) });
const status = record({ list: must(read.integer(0, 10_000_000)), index: must(read.integer(0, 100_000_000)) });
const content = read.named(read.oneOf(...LANGUAGES), read.list(read.sentence, 1, 60));

const PERSONAL = record({
  number: must(read.number),
  subject: or(read.oneOf("person", "organisation"), "person"),
  holder_name: must(read.name),
  birth_date: may(read.boundedDay),
  birth_year: may(read.integer(FIRST_YEAR, LAST_YEAR)),
  birth_in_code: or(read.oneOf("none", "year", "date"), "year"),
  scheme: must(read.code),
  scheme_version: must(read.code),
  title: must(read.byLanguage),
  content: or(content, {}),
  level: must(read.level),
  edition: must(read.edition),
  training_provider: may(party),
  examination_body: may(party),
  issuer: must(party),
  scheme_owner: must(party),
  register_keeper: may(party),
  mandate: may(read.code),
  party: may(read.oneOf("first", "second", "third")),
  identity: must(record({ enrolment: may(assurance), attendance: may(assurance), exam: may(assurance) })),
  course_first_on: may(read.boundedDay),
  course_last_on: may(read.boundedDay),
  assessed_on: may(read.boundedDay),
  decided_on: may(read.boundedDay),
  issued_at: must(issued),
  valid_from: must(read.boundedDay),
  valid_until: may(read.boundedDay),
  time_zone: must(read.zone),
  attended_minutes: may(minutes),
  mandatory_minutes: may(minutes),
  attended_percent: may(read.integer(0, 100)),
  delivery: may(read.sentence),
  language_training: may(read.sentence),
  language_test: may(read.sentence),
  scope_classes: or(texts, []),
  restrictions: or(texts, []),
  corrects: may(read.number),
  renews: may(read.number),
  status: must(status),
});

/** The facts of a certificate, each what it has to be. Throws Fault. @param {unknown} given */
export function certificate(given) {
  const said = PERSONAL(given);
  const year = said.birth_date === null ? null : Number(said.birth_date.slice(0, 4));
  const former = [said.corrects, said.renews].filter((one) => one !== null);
  const faults = [
    said.valid_until !== null && said.valid_until < said.valid_from,
    said.subject === "organisation" && (said.birth_date !== null || said.birth_year !== null),
    year !== null && said.birth_year !== null && said.birth_year !== year,
    said.birth_in_code === "date" && year === null,
    said.course_first_on && said.course_last_on && said.course_last_on < said.course_first_on,
    former.includes(said.number) || new Set(former).size < former.length,
  ];
  if (faults.some(Boolean)) throw new read.Fault("does not hang together");
  return said;
}

const standard = read.matching(
  /^[A-Z][A-Za-z]*(?:[ /][A-Za-z0-9]+)*(?:-[0-9]{1,2})?$/,
  "is no standard such as ISO/IEC 17024",
  40,
);
const year = read.matching(/^(?:19|20|21)[0-9]{2}(?:-[0-9]{2})?$/, "is no edition of a standard");
const system = { kind: must(read.sentence), standard: must(standard), edition: must(year), scope: or(texts, []) };
const FINDING = record({
  ref: must(read.code),
  grade: must(read.oneOf("major", "minor", "observation")),
  clause: may(read.name),
  closed_on: may(read.boundedDay),
});
/** What is said of an organisation, by its kind. */
const ATTESTED = {
  mandate: record({
    kind: must(read.sentence),
    mandate: must(read.code),
    scheme: must(read.code),
    versions: may(read.list(read.code, 1)),
    max_level: must(read.level),
  }),
  accreditation: record(system),
  quality_certificate: record(system),
  audit: record({
    kind: must(read.sentence),
    extent: must(read.oneOf("full", "surveillance", "conformity")),
    standard: must(standard),
    edition: must(year),
    first_on: must(read.boundedDay),
    last_on: must(read.boundedDay),
    conforms: must(read.flag),
    findings: or(read.list(FINDING, 0, 60), []),
  }),
};

const ABOUT_ONE = record({
  number: must(read.number),
  holder: must(party),
  issuer: must(party),
  title: must(read.byLanguage),
  attests: must((given) => attested(given)),
  decided_on: must(read.boundedDay),
  issued_at: must(issued),
  valid_from: must(read.boundedDay),
  valid_until: may(read.boundedDay),
  time_zone: must(read.zone),
  replaces: may(read.number),
  status: must(status),
});

/** @param {any} given */
function attested(given) {
  if (typeof given?.kind !== "string" || !Object.hasOwn(ATTESTED, given.kind)) throw new read.Fault("is of no kind");
  const said = ATTESTED[given.kind](given);
  if (said.kind !== "audit") return said;
  const refs = said.findings.map((finding) => finding.ref);
  const faults = [
    said.last_on < said.first_on,
    new Set(refs).size < refs.length,
    said.findings.some((finding) => finding.closed_on && finding.closed_on < said.first_on),
    said.conforms && said.findings.some((finding) => finding.grade === "major" && finding.closed_on === null),
  ];
  if (faults.some(Boolean)) throw new read.Fault("does not hang together");
  return said;
}

/** The facts of a certificate about an organisation. Throws Fault. @param {unknown} given */
export function organisationCertificate(given) {
  const said = ABOUT_ONE(given);
  if ((said.valid_until !== null && said.valid_until < said.valid_from) || said.replaces === said.number)
    throw new read.Fault("does not hang together");
  return said;
}

/** What it is about, as a code: the scheme of a mandate, else the standard. @param {any} said */
export const schemeOf = ({ attests }) =>
  attests.kind === "mandate"
    ? attests.scheme
    : attests.standard
        .toLowerCase()
        .replace(/[^a-z0-9]+/g, "-")
        .replace(/^-+|-+$/g, "");

/** How many findings of an audit are not put right yet; observations ask for nothing. @param {any} audit */
export const openFindings = (audit) =>
  audit.findings.filter((finding) => finding.closed_on === null && finding.grade !== "observation").length;
