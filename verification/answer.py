"""The one answer that page, API and shell give to a verdict, in one language."""

from datetime import UTC, date, datetime
from typing import Any

from verification.case import rules_for
from verification.certificate import day_at, display_number, in_language
from verification.findings import Finding
from verification.judge import Verdict
from verification.reasons import harmless, headlines, reason, sentence


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
