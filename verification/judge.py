"""Findings and a situation in, one verdict out; and the one answer that page, API and shell all give."""

import tomllib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from functools import cache
from importlib.resources import files
from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, Field

from levels.assess import satisfies
from levels.level import Level
from verification.certificate import MalformedNumber, day_at, display_number, in_language, parse_number
from verification.reasons import harmless, headlines, reason, sentence
from verification.trust import Trust, TrustSource
from verification.verify import Finding, Findings, Seen, about, held_against_register, number_in, rules_for, verify

DEFAULT_SITUATION = "site_entry"
_EDITION = "2026-01-01"


class NoSuchSituation(ValueError):
    """No situation has that name; the text lists those there are."""


class Situation(BaseModel):
    """What a situation needs. Data; see `situations/`."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    id: str
    title: Mapping[str, str]
    level: Level | None = None
    third_party: bool = False
    identity: int = Field(default=0, ge=0, le=3)
    soft_limit_hours: int = Field(ge=0)
    hard_limit_hours: int = Field(ge=0)


@dataclass(frozen=True, slots=True)
class Verdict:
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


@cache
def situations() -> Mapping[str, Situation]:
    """All situations by name."""
    text = (files("verification") / "situations" / f"{_EDITION}.toml").read_text("utf-8")
    return {entry["id"]: Situation.model_validate(entry) for entry in tomllib.loads(text)["situation"]}


def situation(name: str = DEFAULT_SITUATION) -> Situation:
    """The situation of that name. Raises NoSuchSituation."""
    try:
        return situations()[name]
    except KeyError:
        raise NoSuchSituation(f"there is no such situation; there are {', '.join(situations())}") from None


def judge(findings: Findings, situation: Situation, now: datetime) -> Verdict:
    """What the findings come to in a situation.

    One failed step makes it invalid, one that could not be checked undetermined; and what is known must be
    young enough. The worst failed step gives the headline.
    """
    seen = findings.certificate
    found = [*findings.findings, *(_needed(seen, situation) if seen else ())]
    if seen:
        found.append(_age(findings, situation, now))
    decisive = [finding for finding in found if reason(finding.code).severity == "decisive"]
    failed = [finding for finding in decisive if finding.outcome == "failed"]
    open_ends = [finding for finding in decisive if finding.outcome == "could_not_check"]
    if failed:
        headline = min((reason(finding.code).headline or "unknown" for finding in failed), key=_rank)
    elif [finding for finding in open_ends if finding.code != "knowledge_stale"]:
        headline = "unknown"
    else:
        headline = "valid_stale" if open_ends else "valid"
    rules = rules_for(seen.edition, seen.valid_from) if seen else rules_for(None, now.date())
    return Verdict(
        outcome=headlines()[headline].outcome,
        headline=headline,
        reasons=tuple(sorted(found, key=_weight)),
        checked_at=now,
        known_as_of=findings.known_as_of,
        edition=rules.edition,
        situation=situation.id,
        certificate=seen,
        on=findings.on,
    )


def ask(source: TrustSource, text: str | bytes, situation: Situation, on: date | None = None) -> tuple[Verdict, bool]:
    """The verdict on whatever somebody has in hand, with the register asked; page, API and shell all come here.

    text  a QR code's text, a verify address, its digits, a `vc+jwt`, the bytes of a compact token, or a number

    Also says whether it was more than a number: by number alone no birth data is shown.
    """
    now = source.now()
    number = _as_number(text)
    if number is not None:
        token = source.token_by_number(number)
        if token is None:
            return not_found(source.trust(), now), False
        trust = source.trust(number)
        return judge(about(number, verify(token, trust, now, on)), situation, now), False
    named = number_in(text)
    kept = source.token_by_number(named) if named else None
    trust = source.trust(named)
    return judge(held_against_register(verify(text, trust, now, on), kept, trust, now), situation, now), True


def ask_by_number(source: TrustSource, text: str, situation: Situation, on: date | None = None) -> Verdict:
    """The verdict on a number; what is no number is not found either, so that nothing can be told apart."""
    if _as_number(text) is None:
        return not_found(source.trust(), source.now())
    return ask(source, text, situation, on)[0]


def _as_number(text: str | bytes) -> str | None:
    try:
        return parse_number(text) if isinstance(text, str) else None
    except MalformedNumber:
        return None


def not_found(trust: Trust, now: datetime) -> Verdict:
    """The verdict on a number that is not in this register, or is none."""
    finding = Finding("not_found", "could_not_check")
    findings = Findings((finding,), None, None, trust.as_of)
    return judge(findings, situation(), now)


def _rank(headline: str) -> int:
    return headlines()[headline].rank


def _weight(finding: Finding) -> tuple[int, int]:
    """Failed first, the worst of them before others; then what is open; steps keep their order within."""
    order = ("failed", "could_not_check", "passed", "does_not_apply").index(finding.outcome)
    headline = reason(finding.code).headline
    return order, _rank(headline) if headline and finding.outcome == "failed" else 0


def _needed(seen: Seen, situation: Situation) -> Iterator[Finding]:
    """Whether the certificate is enough for the situation."""
    third_party = _third_party(seen)
    if situation.level is not None:
        yield _level(seen, situation.level, third_party=third_party)
    if situation.third_party:
        if third_party is None:
            yield Finding("third_party_unknown", "could_not_check")
        elif third_party:
            yield Finding("third_party_met", "passed")
        else:
            yield Finding("third_party_missing", "failed")
    if situation.identity:
        yield _identity(seen, situation.identity)


def _level(seen: Seen, needed: Level, *, third_party: bool | None) -> Finding:
    rules = rules_for(seen.edition, seen.valid_from)
    params = {"needed": needed.value, "level": seen.level.value}
    at_best = satisfies(seen.level, needed, third_party=third_party is not False, rulebook=rules)
    at_worst = satisfies(seen.level, needed, third_party=third_party is True, rulebook=rules)
    if at_worst:
        return Finding("level_enough", "passed", params)
    return Finding("third_party_unknown", "could_not_check") if at_best else Finding("level_too_low", "failed", params)


def _third_party(seen: Seen) -> bool | None:
    """Level C1 says so itself; for others the full certificate does."""
    if seen.level is Level.C1:
        return True
    return seen.full.party == "third" if seen.full and seen.full.party else None


def _identity(seen: Seen, needed: int) -> Finding:
    """The weakest of enrolment and exam counts; the short code states neither."""
    stages = seen.full.identity if seen.full else None
    known = [stage for stage in (stages.enrolment, stages.exam) if stage is not None] if stages else []
    if not known:
        return Finding("identity_unknown", "could_not_check")
    params = {"found": min(known), "needed": needed}
    return (
        Finding("identity_met", "passed", params)
        if min(known) >= needed
        else Finding("identity_too_low", "failed", params)
    )


def _age(findings: Findings, situation: Situation, now: datetime) -> Finding:
    """How old the oldest knowledge is that the answer rests on."""
    age = now - findings.known_as_of
    soft, hard = timedelta(hours=situation.soft_limit_hours), timedelta(hours=situation.hard_limit_hours)
    if age <= soft:
        return Finding("knowledge_fresh", "passed", {"age": age})
    if age <= hard:
        return Finding("knowledge_stale", "could_not_check", {"age": age, "limit": soft})
    return Finding("knowledge_too_old", "could_not_check", {"age": age, "limit": hard})


def answer(verdict: Verdict, lang: str, *, show_birth: bool = True) -> dict[str, Any]:
    """The one answer, JSON-able, in one language.

    show_birth  False where only a number was given: whoever has no code sees no birth

    Shape: outcome, headline, title, says, next, reasons [{code, outcome, severity, title, says, next}],
    certificate {...} or None, situation, on, checked_at, known_as_of (RFC 3339, UTC), edition.
    """
    headline = headlines()[verdict.headline]
    told = [_told(finding, lang) for finding in verdict.reasons]
    return {
        "outcome": verdict.outcome,
        "headline": verdict.headline,
        "title": headline.title[lang],
        "says": (headline.on_day if verdict.on and headline.on_day else headline.says)[lang],
        "next": next((entry["next"] for entry in told if entry["next"]), None),
        "reasons": told,
        "certificate": _shown(verdict, lang, show_birth=show_birth) if verdict.certificate else None,
        "situation": verdict.situation,
        "on": verdict.on.isoformat() if verdict.on else None,
        "checked_at": _stamp(verdict.checked_at),
        "known_as_of": _stamp(verdict.known_as_of),
        "edition": verdict.edition,
    }


def _told(finding: Finding, lang: str) -> dict[str, Any]:
    told = reason(finding.code)
    open_end = finding.outcome in {"failed", "could_not_check"}
    return {
        "code": finding.code,
        "outcome": finding.outcome,
        "severity": told.severity,
        "title": told.title[lang],
        "says": sentence(finding.code, lang, finding.params),
        "next": told.next[lang] if told.next and open_end else None,
    }


def _shown(verdict: Verdict, lang: str, *, show_birth: bool) -> dict[str, Any]:
    """What the certificate says, and what its level means."""
    seen = verdict.certificate
    assert seen is not None  # noqa: S101 the caller has looked
    level = rules_for(seen.edition, seen.valid_from).levels[seen.level]
    birth = seen.birth.isoformat() if isinstance(seen.birth, date) else seen.birth
    shown: dict[str, Any] = {
        "number": display_number(seen.number),
        "holder": harmless(seen.holder_name),
        "birth": (str(birth) if birth is not None else None) if show_birth else None,
        "scheme": seen.scheme,
        "title": harmless(in_language(seen.title, lang) or seen.scheme),
        "level": seen.level.value,
        "level_name": level.name[lang],
        "printed_word": level.printed_word[lang],
        "assures": level.assures[lang],
        "does_not_assure": level.does_not_assure[lang],
        "issuer": harmless(seen.issuer_name),
        "valid_from": seen.valid_from.isoformat(),
        "valid_until": seen.valid_until.isoformat() if seen.valid_until else None,
        "time_zone": seen.time_zone,
        "restrictions": [harmless(text) for text in seen.restrictions],
        "scope_classes": [harmless(text) for text in seen.scope_classes],
    }
    full = seen.full
    if full is not None:
        shown |= {
            "edition": full.edition,
            "scheme_version": full.scheme_version,
            "party": full.party,
            "issued_on": day_at(full.issued_at, full.time_zone).isoformat(),
            "training_provider": harmless(full.training_provider.name) if full.training_provider else None,
            "examination_body": harmless(full.examination_body.name) if full.examination_body else None,
            "scheme_owner": harmless(full.scheme_owner.name),
        }
    return shown


def _stamp(moment: datetime) -> str:
    return moment.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
