// The verdict as elements: what `templates/answer.html` is on the server, from the same data, in the same order.
//
// answer   what `verification/answer.py` gives, here or there
// context  words (of the pages), order (levels, the lowest first), age and clock (text), situation (its title),
//          whole: whether links to other pages of the registry can be followed; more: what else stands in the banner

import { el, icon, unbroken } from "./dom.js";
import { own } from "./own.js";

const SHAPES = { passed: "valid", failed: "invalid", could_not_check: "undetermined", does_not_apply: "none" };
const PEOPLE = ["issuer", "examination_body", "training_provider", "scheme_owner"];

export function drawVerdict(answer, context) {
  const proof = answer.certificate;
  const drawn = { answer, proof, ...context };
  const detail = answer.reasons.filter((one) => one.severity === "detail");
  const card = proof ? (proof.attests ? organisationCard(drawn) : levelCard(drawn)) : null;
  const valid = answer.outcome === "valid";
  return el(
    `article.answer.${answer.outcome}${proof ? ".has-proof" : ""}`,
    { "data-headline": answer.headline },
    banner(drawn),
    answer.next && el("p.todo", {}, el("strong", {}, `${context.words.next}:`), ` ${answer.next}`),
    el(
      "div.columns",
      {},
      proof && person(drawn),
      valid && card,
      el(
        "section.card.checks",
        {},
        el("h2", {}, context.words.checked),
        el("ul.steps", {}, answer.reasons.filter((one) => one.severity !== "detail").map((one) => step(one, drawn))),
        detail.length > 0 &&
          el("details", {}, el("summary", {}, context.words.all_checks), el("ul.steps", {}, detail.map((one) => step(one, drawn)))),
        el("p.not", {}, el("strong", {}, `${context.words.not_checked}:`), ` ${context.words.not_checked_says}`),
      ),
      !valid && card,
      proof && proof.edition !== undefined && allFacts(drawn),
    ),
    el(
      "footer.foot",
      {},
      el(
        "p",
        {},
        proof && [`${context.words.certificate} `, el("span.number", {}, proof.number), " · "],
        `${context.words.checked_at} `,
        el("time", { datetime: answer.checked_at }, context.clock),
      ),
      el("p", {}, `${context.words.situation}: ${context.situation}.`),
    ),
  );
}

function banner({ answer, proof, words, age, clock, more }) {
  const what = proof && answer.outcome === "valid" && `${proof.title}${proof.level ? `, ${words.level.toLowerCase()} ${proof.level}` : ""}`;
  const asked = answer.on ? [...unbroken(fill(words.asked_for_day, { day: answer.on })), " "] : [];
  return el(
    `div.banner.${answer.outcome}`,
    { role: "status" },
    icon(answer.outcome),
    el(
      "div",
      {},
      el("h1.verdict", { tabindex: "-1" }, answer.title),
      what && el("p.what", {}, what),
      el("p", {}, answer.says),
      el("p.fresh", {}, ...asked, `${fill(words.checked_now, { clock })} ${fill(words.knowledge, { age })}`),
      more,
    ),
  );
}

function step(entry, { answer, words, codes }) {
  return el(
    `li.${entry.outcome}`,
    {},
    icon(SHAPES[entry.outcome]),
    el(
      "div",
      {},
      el("strong", {}, entry.title),
      el("span.sr", {}, ` (${words.outcome[entry.outcome]})`),
      el("p", {}, ...unbroken(entry.says)),
      entry.next && entry.next !== answer.next && el("p.next", {}, entry.next),
      // Safe to read out over the phone: whoever answers finds it at /reasons.
      codes !== false && entry.outcome !== "passed" && el("p.code", {}, entry.code),
    ),
  );
}

const fact = (name, value) =>
  value !== null && value !== undefined && value !== "" && el("div", {}, el("dt", {}, name), el("dd", {}, value));
const wide = (name, value, kind = "") => el(`div.wide${kind}`, {}, el("dt", {}, name), el("dd", {}, value));
const big = (name, value) => el("div", {}, el("dt", {}, name), el("dd.big", {}, value));

function person({ proof, words }) {
  return el(
    "section.card.person",
    {},
    proof.subject === "person" &&
      el("p.prompt", {}, icon("id"), el("span", {}, proof.birth ? words.photo_id : words.photo_id_name)),
    el("p.holder", {}, proof.holder),
    el(
      "dl.facts",
      {},
      proof.birth && big(words.born, proof.birth),
      proof.valid_until ? big(words.valid_until, proof.valid_until) : big(words.valid_from, proof.valid_from),
    ),
  );
}

function levelCard({ answer, proof, words, order }) {
  const { outcome } = answer;
  const here = order.indexOf(proof.level);
  return el(
    "section.card.level",
    {},
    el("h2", {}, proof.title),
    el(
      "div.badge-row",
      {},
      el("span.badge", { role: "img", "aria-label": `${words.level} ${proof.level}` }, proof.level),
      el(
        "div",
        {},
        el("p.name", {}, outcome === "invalid" ? el("s", {}, proof.level_name) : proof.level_name),
        el("p", {}, outcome === "valid" ? proof.assures : outcome === "invalid" ? words.does_not_apply : words.not_confirmed),
      ),
    ),
    el(
      "ol.scale",
      { "aria-hidden": "true" },
      [...order].reverse().map((one) =>
        el(`li${one === proof.level ? ".here" : order.indexOf(one) > here ? ".below" : ""}`, {}, one),
      ),
    ),
    outcome !== "invalid" && el("p.not", {}, el("strong", {}, `${words.does_not_assure}:`), ` ${proof.does_not_assure}`),
    proof.party && outcome === "valid" && el("p.not", {}, words[`party_${proof.party}`]),
    el(
      "dl.facts",
      {},
      proof.restrictions.length > 0 && wide(words.restrictions, proof.restrictions.join(" · "), ".warn"),
      proof.scope_classes.length > 0 && wide(words.scope_classes, proof.scope_classes.join(" · ")),
      PEOPLE.filter((part) => proof[part]).map((part) => wide(words[part], proof[part])),
    ),
  );
}

function organisationCard({ proof, words }) {
  const said = proof.attests;
  const found = said.kind === "audit" ? said.findings : [];
  return el(
    "section.card.level",
    {},
    el("h2", {}, proof.title),
    el(
      "dl.facts",
      {},
      wide(words.granted_by, proof.issuer),
      said.kind === "mandate" && [
        wide(words.level, `${proof.level} · ${proof.level_name}`),
        wide(words.scheme, said.scheme + (said.versions ? `, ${words.version} ${said.versions.join(", ")}` : "")),
        fact(words.mandate, proof.mandate),
      ],
      said.standard && wide(words.standard, `${said.standard}:${said.edition}`),
      said.scope?.length > 0 && wide(words.scope_classes, said.scope.join(" · ")),
      said.kind === "audit" &&
        fact(words.audited, said.first_on === said.last_on ? said.first_on : `${said.first_on} – ${said.last_on}`),
      found.map((one) =>
        wide(
          [one.ref, words[`grade_${one.grade}`], one.clause].filter(Boolean).join(" · "),
          one.closed_on ? fill(words.closed_on, { day: one.closed_on }) : words.open_finding,
        ),
      ),
      fact(words.decided_on, proof.decided_on),
      fact(words.issued_on, proof.issued_on),
      said.replaces && fact(words.corrects, said.replaces),
    ),
  );
}

function allFacts({ proof, words }) {
  const course =
    proof.course_first_on === proof.course_last_on ? proof.course_first_on : `${proof.course_first_on} – ${proof.course_last_on ?? ""}`;
  const hours = (minutes) => String(Number((minutes / 60).toFixed(1)));
  const stages = ["enrolment", "attendance", "exam"].filter((stage) => proof.identity?.[stage] !== null && proof.identity?.[stage] !== undefined);
  return el(
    "details.card.all",
    {},
    el("summary", {}, words.all_facts),
    el("p.hint", {}, words.compare),
    el(
      "dl.rows-of-facts",
      {},
      fact(words.certificate, proof.number),
      fact(words.scheme, `${proof.title} (${proof.scheme}, ${words.version} ${proof.scheme_version})`),
      fact(words.level, `${proof.level}, ${proof.printed_word}, ${words.edition.toLowerCase()} ${proof.edition}`),
      fact(words.valid_from, proof.valid_from),
      fact(words.valid_until, proof.valid_until || words.no_end),
      fact(words.issued_on, proof.issued_on),
      fact(words.decided_on, proof.decided_on),
      fact(words.assessed_on, proof.assessed_on),
      proof.course_first_on && fact(words.course, course),
      proof.attended_minutes !== null && proof.mandatory_minutes
        ? fact(words.duration, fill(words.of_hours, { attended: hours(proof.attended_minutes), mandatory: hours(proof.mandatory_minutes) }))
        : proof.attended_percent !== null && fact(words.duration, `${proof.attended_percent} %`),
      proof.delivery && fact(words.delivery_of, own(words.delivery, proof.delivery) ?? proof.delivery),
      proof.language_training && fact(words.language_training, own(words.tongue, proof.language_training) ?? proof.language_training),
      proof.language_test && fact(words.language_test, own(words.tongue, proof.language_test) ?? proof.language_test),
      stages.length > 0 && fact(words.identity_check, stages.map((stage) => `${words[stage]} ${proof.identity[stage]}`).join(", ")),
      fact(words.issuer, proof.issuer),
      fact(words.examination_body, proof.examination_body),
      fact(words.training_provider, proof.training_provider),
      fact(words.scheme_owner, proof.scheme_owner),
      fact(words.mandate, proof.mandate),
      fact(words.mandate_certificate, proof.mandate_certificate),
      ["corrects", "renews"].map((part) => fact(words[part], proof[part])),
      proof.content?.length > 0 &&
        el("div.wide", {}, el("dt", {}, words.content), el("dd", {}, el("ul", {}, proof.content.map((line) => el("li", {}, line))))),
    ),
  );
}

export function fill(text, given) {
  return text.replace(/\{(\w+)\}/g, (whole, name) => (Object.hasOwn(given, name) ? String(given[name]) : whole));
}
