"""Findings and a situation in, one verdict out."""

from collections.abc import Iterator
from datetime import date, datetime, timedelta
from typing import Literal, NamedTuple

from levels.level import Level
from levels.order import satisfies
from verification.case import rules_for
from verification.findings import Finding, Findings, Seen, Value
from verification.reasons import headlines, reason
from verification.recognition import counted_as
from verification.situation import Situation
from verification.stated import third_party
from verification.trust import Trust


class Verdict(NamedTuple):
    """One verdict. reasons: every finding, those that decide first; edition: of the rules it was read by."""

    outcome: Literal["valid", "invalid", "undetermined"]
    headline: str
    reasons: tuple[Finding, ...]
    checked_at: datetime
    known_as_of: datetime
    edition: str
    situation: str
    certificate: Seen | None
    on: date | None = None


def judge(findings: Findings, situation: Situation, now: datetime, trust: Trust | None = None) -> Verdict:
    """What the findings come to in a situation.

    One failed step makes it invalid, one that could not be checked undetermined; and what is known must be
    young enough. The worst failed step gives the headline.

    trust  whose recognitions count where schemes are asked for; None = none do
    """
    seen = findings.certificate
    found = [*findings.findings, *(_needed(seen, situation, findings.on, now, trust) if seen else ())]
    if seen:
        found.append(_age(findings, situation, now))
    by_outcome: dict[str, list[Finding]] = {"failed": [], "could_not_check": [], "passed": [], "does_not_apply": []}
    for finding in found:
        by_outcome[finding.outcome].append(finding)
    failed, open_ends = by_outcome["failed"], by_outcome["could_not_check"]
    failed.sort(key=_rank)
    decisive = [finding for finding in open_ends if _decides(finding.code)]
    # A failed step that decides nothing has no headline, and ranks behind all that have one.
    if failed and _decides(failed[0].code):
        headline = reason(failed[0].code).headline or "unknown"
    elif any(finding.code != "knowledge_stale" for finding in decisive):
        headline = "unknown"
    else:
        headline = "valid_stale" if decisive else "valid"
    rules = rules_for(seen.edition, seen.valid_from) if seen else rules_for(None, now.date())
    return Verdict(
        outcome=headlines()[headline].outcome,
        headline=headline,
        # Failed first, the worst of them before others; then what is open; steps keep their order within.
        reasons=(*failed, *open_ends, *by_outcome["passed"], *by_outcome["does_not_apply"]),
        checked_at=now,
        known_as_of=findings.known_as_of,
        edition=rules.edition,
        situation=situation.id,
        certificate=seen,
        on=findings.on,
    )


def _decides(code: str) -> bool:
    return reason(code).severity == "decisive"


def _rank(failed: Finding) -> int:
    headline = reason(failed.code).headline
    return headlines()[headline].rank if headline else len(headlines())


def _needed(seen: Seen, situation: Situation, on: date | None, now: datetime, trust: Trust | None) -> Iterator[Finding]:
    """Whether the certificate is enough for the situation."""
    if situation.subject is not None and seen.subject != situation.subject:
        yield Finding("person_needed" if situation.subject == "person" else "organisation_needed", "failed")
    if situation.schemes:
        yield from _scheme(seen, situation.schemes, on, now, trust)
    independent = third_party(seen)
    if situation.level is not None:
        yield _level(seen, situation.level, independent=independent)
    if situation.third_party:
        if independent is None:
            yield Finding("third_party_unknown", "could_not_check")
        elif independent:
            yield Finding("third_party_met", "passed")
        else:
            yield Finding("third_party_missing", "failed")
    if situation.identity:
        yield _identity(seen, situation.identity)


def _scheme(
    seen: Seen, needed: tuple[str, ...], on: date | None, now: datetime, trust: Trust | None
) -> Iterator[Finding]:
    """Whether it is one of these, or its owner has it counted as one."""
    params: dict[str, Value] = {"scheme": seen.title or seen.scheme, "needed": ", ".join(needed)}
    counted = None if seen.scheme in needed or trust is None else counted_as(seen, needed, on, now, trust)
    if counted is not None:
        yield counted
    if seen.scheme in needed or (counted is not None and counted.outcome == "passed"):
        yield Finding("scheme_met", "passed", params)
    elif counted is None:
        yield Finding("scheme_other", "failed", params)


def _level(seen: Seen, needed: Level, *, independent: bool | None) -> Finding:
    rules = rules_for(seen.edition, seen.valid_from)
    if seen.level is None:
        return Finding("level_too_low", "failed", {"needed": needed.value})
    params = {"needed": needed.value, "level": seen.level.value}
    at_best = satisfies(seen.level, needed, third_party=independent is not False, rulebook=rules)
    at_worst = satisfies(seen.level, needed, third_party=independent is True, rulebook=rules)
    if at_worst:
        return Finding("level_enough", "passed", params)
    return Finding("third_party_unknown", "could_not_check") if at_best else Finding("level_too_low", "failed", params)


def _identity(seen: Seen, needed: int) -> Finding:
    """The weakest of enrolment and exam counts; the short code states neither.

    What is not known does not help: an exam that was held and a check that is not stated could not be checked.
    """
    stages = seen.full.identity if seen.full else None
    if seen.full is None or stages is None:
        return Finding("identity_unknown", "could_not_check")
    examined = seen.full.assessed_on is not None or stages.exam is not None
    wanted = [stages.enrolment, *([stages.exam] if examined else [])]
    known = [stage for stage in wanted if stage is not None]
    if known and min(known) < needed:
        return Finding("identity_too_low", "failed", {"found": min(known), "needed": needed})
    if None in wanted:
        return Finding("identity_unknown", "could_not_check")
    return Finding("identity_met", "passed", {"found": min(known), "needed": needed})


def _age(findings: Findings, situation: Situation, now: datetime) -> Finding:
    """How old the oldest knowledge is that the answer rests on."""
    age = now - findings.known_as_of
    soft, hard = timedelta(hours=situation.soft_limit_hours), timedelta(hours=situation.hard_limit_hours)
    if age <= soft:
        return Finding("knowledge_fresh", "passed", {"age": age})
    if age <= hard:
        return Finding("knowledge_stale", "could_not_check", {"age": age, "limit": soft})
    return Finding("knowledge_too_old", "could_not_check", {"age": age, "limit": hard})
