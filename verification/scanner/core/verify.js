// A token, what is trusted, and a moment in; every finding out. No clock, no network, no verdict.
//
// The steps: 1 read it · 2 whose address · 3 which key · 4 the signature · then, all of them, whatever each says:
// 5 clock · 6 the key when it signed, the log · 7 issuer · 8 scheme · 9 mandate · 10 edition · 11 dates · 12 register ·
// 13 status and its age · 14 what it states. The same steps in the same order as `verification/verify.py`.

import { entitled } from "./authority.js";
import { schemeOf } from "./certificate.js";
import { verifyCwt } from "./cwt.js";
import { addDays, dayAt, endOf, startOf } from "./days.js";
import { apart, failed, open, passed } from "./findings.js";
import { verifyJws } from "./jws.js";
import { logged, provenIndex } from "./logged.js";
import { NotACertificate, opened } from "./presented.js";
import { issuersKey, signingKey } from "./signed.js";
import * as standing from "./standing.js";
import { stated } from "./stated.js";
import { didWeb } from "./trust.js";

/** @typedef {import("./trust.js").Trust} Trust */
/** @typedef {import("./findings.js").Findings} Findings */
/** @typedef {import("./findings.js").Finding} Finding */
/** @typedef {import("./findings.js").Seen} Seen */
/** @typedef {{ trust: Trust, now: number, on: string | null }} Asked */

const HALF_A_DAY = 43_200_000;
const PARTIES = ["training_provider", "examination_body", "issuer", "scheme_owner", "register_keeper", "holder"];

/**
 * Everything that can be found about a token. After a bad signature, or a key that is not known, nothing the token says
 * is told.
 * @param {string | Uint8Array} token a QR code's text, a verify address, its digits, or a `vc+jwt`; a number alone can be
 *   asked of a register only
 * @param {Asked} asked @returns {Promise<Findings>}
 */
export async function verify(token, asked) {
  try {
    const presented = opened(token);
    if (presented.kind === "code") return await compact(presented, asked);
    if (presented.kind === "full") return await full(presented, asked);
    const { number, base } = presented;
    const known = asked.trust.certificates.get(number);
    const early = base === null ? [] : [address(base, asked.trust)];
    if (known && early.every((finding) => finding.outcome === "passed")) return await verify(known.vc_jwt, asked);
    return stopped([...early, open("number_alone")], asked);
  } catch (fault) {
    if (fault instanceof NotACertificate) return stopped([open("unreadable")], asked);
    throw fault;
  }
}

/** @param {Finding[]} findings @param {Asked} asked @returns {Findings} */
const stopped = (findings, { trust, on }) => ({ findings, certificate: null, known_as_of: trust.as_of, on });

/** @param {import("./presented.js").OpenedFull} presented @param {Asked} asked @returns {Promise<Findings>} */
async function full({ jws, stated: said, proof }, asked) {
  const { trust } = asked;
  const readable = passed("readable");
  const key = trust.issuerKey(jws.kid);
  if (key === null) return stopped([readable, open("key_unknown")], asked);
  // After a failed signature nothing it says is told, not even that it could be read.
  if (!(await verifyJws(jws, key.public_key))) return stopped([failed("signature_invalid")], asked);
  if (said === null) return stopped([readable, open("not_understood")], asked);
  const signer = didWeb(trust.public_url, key.organisation);
  const theirs = said.certificate.issuer.id === key.organisation && said.issuer_did === signer;
  if (!theirs || (jws.header.iss ?? signer) !== signer) return stopped([failed("key_of_other")], asked);
  const certificate = named(said.certificate, trust);
  const seen = said.kind === "person" ? seenFull(certificate) : seenOfOrganisation(certificate);
  return allSteps([readable, address(said.public_url, trust)], seen, key, asked, { text: jws.text, proof });
}

/** @param {import("./presented.js").OpenedCode} presented @param {Asked} asked @returns {Promise<Findings>} */
async function compact({ cwt, base }, asked) {
  const { trust } = asked;
  const early = [passed("readable"), address(base, trust)];
  const key = trust.attestationKey(cwt.kid);
  if (key === null) return stopped([...early, open("key_unknown")], asked);
  if (!(await verifyCwt(cwt, key.public_key))) return stopped([failed("signature_invalid")], asked);
  return allSteps(early, seenCompact(cwt.token, trust), key, asked, { code: cwt.signed });
}

/** @param {import("./cwt.js").CompactToken} token @param {Trust} trust @returns {Seen} */
function seenCompact(token, trust) {
  const scheme = trust.schemes.get(token.scheme);
  // The token has moments; the days they stand for are those where the scheme keeps its time.
  const zone = scheme?.time_zone ?? null;
  // Where the zone is not known: the day that begins nearest, which is right within twelve hours of UTC.
  const first = (/** @type {number} */ at) => (zone === null ? dayAt(at + HALF_A_DAY, "UTC") : dayAt(at, zone));
  return {
    ...token,
    title: scheme?.title ?? {},
    edition: null,
    issuer_name: trust.organisations.get(token.issuer)?.name ?? token.issuer,
    valid_from: first(token.not_before),
    valid_until: token.expires === null ? null : addDays(first(token.expires), -1),
    time_zone: zone ?? "UTC",
    subject: "person",
    full: null,
    organisation: null,
  };
}

/**
 * The certificate with every known organisation called what the registry calls it: an issuer signs the ids and the names
 * beside them, and a name of its own choice could pose as somebody else's.
 * @param {any} said @param {Trust} trust
 */
function named(said, trust) {
  const parties = PARTIES.filter((fact) => said[fact] && trust.organisations.has(said[fact].id));
  const names = parties.map((fact) => [
    fact,
    { id: said[fact].id, name: trust.organisations.get(said[fact].id)?.name },
  ]);
  return { ...said, ...Object.fromEntries(names) };
}

/** What both kinds of full certificates say in the same way. @param {any} said */
const inBoth = (said) => ({
  number: said.number,
  title: said.title,
  issuer: said.issuer.id,
  issuer_name: said.issuer.name,
  not_before: startOf(said.valid_from, said.time_zone),
  expires: said.valid_until === null ? null : endOf(said.valid_until, said.time_zone),
  valid_from: said.valid_from,
  valid_until: said.valid_until,
  time_zone: said.time_zone,
  status: said.status,
  log_index: null,
});

/** @param {any} said @returns {Seen} */
const seenFull = (said) => ({
  ...inBoth(said),
  holder_name: said.holder_name,
  birth: said.birth_date ?? said.birth_year,
  scheme: said.scheme,
  level: said.level,
  edition: said.edition,
  restrictions: said.restrictions,
  scope_classes: said.scope_classes,
  subject: said.subject,
  full: said,
  organisation: null,
});

/** @param {any} said @returns {Seen} */
const seenOfOrganisation = (said) => ({
  ...inBoth(said),
  holder_name: said.holder.name,
  birth: null,
  scheme: schemeOf(said),
  level: said.attests.max_level ?? null,
  edition: null,
  restrictions: [],
  scope_classes: said.attests.scope ?? [],
  subject: "organisation",
  full: null,
  organisation: said,
});

/**
 * @param {Finding[]} early @param {Seen} seen @param {any} key @param {Asked} asked
 * @param {{ text?: string, proof?: import("./log.js").LogProof | null, code?: Uint8Array }} shown
 * @returns {Promise<Findings>}
 */
async function allSteps(early, seen, key, { trust, now, on }, { text, proof, code }) {
  const zone = seen.time_zone;
  const day = on === dayAt(now, zone) ? null : on;
  const history = trust.events.get(seen.number) ?? [];
  // Every history begins with the issue.
  const issued = history[0]?.kind === "issued" ? history[0].effective_from : null;
  const saidWhen = (seen.full ?? seen.organisation)?.issued_at ?? null;
  // The register's own record before what a signer wrote. The compact form does not say when it was issued; its first
  // day is the nearest that it says.
  const known = issued ?? saidWhen;
  const issueDay = known === null ? seen.valid_from : dayAt(known, zone);
  /** @type {import("./findings.js").Case} */
  const item = {
    seen,
    key,
    by_issuer: code === undefined,
    trust,
    now,
    on: day,
    history,
    signed_at: known ?? seen.not_before,
    signed_at_known: known !== null,
    issue_day: issueDay,
    trust_is_older: issueDay > dayAt(trust.as_of, zone),
    proof: proof ?? null,
    text: text ?? null,
    changes: history.length || day === null ? null : changesOf(seen, trust, saidWhen),
    code: code ?? null,
    logged: [],
    proven_index: null,
  };
  item.logged = await logged(item);
  item.proven_index = provenIndex(item);
  const [signing, issuers] = [await signingKey(item), issuersKey(item)];
  // A stolen key signs as well as its owner: that the signature fits says nothing then.
  const sound = [signing, ...issuers].every((finding) => finding.outcome !== "failed");
  const later = [
    passed(sound ? "signature_good" : "signature_fits"),
    ...standing.clock(item),
    signing,
    ...issuers,
    ...item.logged,
    ...(await entitled(item)),
    standing.dates(item),
    standing.register(item),
    standing.status(item),
    ...standing.statusAge(item),
    ...standing.endedSince(item),
    ...stated(seen),
  ];
  return { findings: [...early, ...later], certificate: seen, known_as_of: standing.knownAsOf(item), on: day };
}

/**
 * What a trust file with a history tells of it; null where it tells nothing, or not since when it was issued.
 * @param {Seen} seen @param {Trust} trust @param {number | null} issuedAt
 */
function changesOf(seen, trust, issuedAt) {
  const { list, index } = seen.status;
  const told = trust.history?.changes.get(list);
  const there = trust.status_lists.get(list)?.statuses.at(index) ?? null;
  const inOneLog = seen.log_index !== null && trust.logs.length === 1;
  const by = issuedAt ?? (inOneLog ? trust.thereBy(/** @type {number} */ (seen.log_index)) : null);
  if (told === undefined || there === null || by === null) return null;
  return [{ kind: "issued", effective_from: by, reason: null }, ...(told.get(index) ?? [])];
}

/**
 * Whose address the code names. Never followed; http or https is the network's affair.
 * @param {string | null} base @param {Trust} trust
 */
function address(base, trust) {
  if (base === null) return apart("address_none");
  const host = base.replace(/^.*?\/\//s, "").toLowerCase();
  return host === trust.host.toLowerCase() ? passed("address_ours") : open("address_other", { address: host });
}
