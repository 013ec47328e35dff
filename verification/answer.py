"""The one answer that page, API and shell give to a verdict, in one language."""

from collections.abc import Mapping
from datetime import UTC, date, datetime
from functools import cache
from typing import Any

from verification.case import rules_for
from verification.certificate import LANGUAGES, Certificate, day_at, display_number, in_language
from verification.findings import Finding
from verification.judge import Verdict
from verification.organisation_certificate import Audit, MandateTerms, OrganisationCertificate
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
        "title": (headline.title_on_day if verdict.on and headline.title_on_day else headline.title)[lang],
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
    entry = dict(_in_words(finding.code, finding.outcome, lang))
    if finding.params:
        entry["says"] = sentence(finding.code, lang, finding.params)
    return entry


@cache
def _in_words(code: str, outcome: str, lang: str) -> Mapping[str, Any]:
    """What is the same for every case."""
    told = reason(code)
    open_end = outcome in {"failed", "could_not_check"}
    return {
        "code": code,
        "outcome": outcome,
        "severity": told.severity,
        "title": told.title[lang],
        "says": sentence(code, lang, {}),
        "next": told.next[lang] if told.next and open_end else None,
    }


def _shown(verdict: Verdict, lang: str, *, show_birth: bool) -> dict[str, Any]:
    """What the certificate says, and what its level means."""
    seen = verdict.certificate
    assert seen is not None  # noqa: S101 the caller has looked
    level = None if seen.level is None else rules_for(seen.edition, seen.valid_from).levels[seen.level]
    birth = seen.birth.isoformat() if isinstance(seen.birth, date) else seen.birth
    shown: dict[str, Any] = {
        "number": display_number(seen.number),
        "subject": seen.subject,
        "holder": harmless(seen.holder_name),
        "birth": (str(birth) if birth is not None else None) if show_birth else None,
        "scheme": seen.scheme,
        "title": harmless(in_language(seen.title, lang) or seen.scheme),
        "level": None if seen.level is None else seen.level.value,
        "level_name": level.name[lang] if level else None,
        "printed_word": level.printed_word[lang] if level else None,
        "assures": level.assures[lang] if level else None,
        "does_not_assure": level.does_not_assure[lang] if level else None,
        "issuer": harmless(seen.issuer_name),
        "valid_from": seen.valid_from.isoformat(),
        "valid_until": seen.valid_until.isoformat() if seen.valid_until else None,
        "time_zone": seen.time_zone,
        "restrictions": [harmless(text) for text in seen.restrictions],
        "scope_classes": [harmless(text) for text in seen.scope_classes],
        "successor": _successor(verdict),
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
            "mandate": full.mandate,
            "mandate_certificate": _behind(verdict),
            "attests": None,
            "identity": {
                "enrolment": full.identity.enrolment,
                "attendance": full.identity.attendance,
                "exam": full.identity.exam,
            },
            "content": [harmless(line) for line in _content(full, lang)],
            "course_first_on": _day(full.course_first_on),
            "course_last_on": _day(full.course_last_on),
            "assessed_on": _day(full.assessed_on),
            "decided_on": _day(full.decided_on),
            "attended_minutes": full.attended_minutes,
            "mandatory_minutes": full.mandatory_minutes,
            "attended_percent": full.attended_percent,
            "delivery": harmless(full.delivery) if full.delivery else None,
            "language_training": harmless(full.language_training) if full.language_training else None,
            "language_test": harmless(full.language_test) if full.language_test else None,
            "corrects": display_number(full.corrects) if full.corrects else None,
            "renews": display_number(full.renews) if full.renews else None,
        }
    if seen.organisation is not None:
        shown |= {"issued_on": day_at(seen.organisation.issued_at, seen.time_zone).isoformat()}
        shown |= {"decided_on": seen.organisation.decided_on.isoformat(), "attests": _attests(seen.organisation)}
        if isinstance(seen.organisation.attests, MandateTerms):
            shown |= {"mandate": seen.organisation.attests.mandate, "scheme_owner": harmless(seen.issuer_name)}
    return shown


def _attests(said: OrganisationCertificate) -> dict[str, Any]:
    """What it says of the organisation; which members there are depends on `kind`."""
    told: dict[str, Any] = said.attests.model_dump(mode="json") | {"kind": said.attests.kind}
    told["holder"] = said.holder.id
    if "scope" in told:
        told["scope"] = [harmless(text) for text in said.scope]
    if isinstance(said.attests, Audit):
        told["open_findings"] = said.attests.open_findings
    if said.replaces is not None:
        told["replaces"] = display_number(said.replaces)
    return told


def _behind(verdict: Verdict) -> str | None:
    """The number of the certificate that the mandate rests on, where it was looked at."""
    told = (finding.params.get("certificate") for finding in verdict.reasons if finding.code == "mandate_certificate")
    found = next(told, None)
    return None if found is None else str(found)


def _successor(verdict: Verdict) -> str | None:
    """The number of the certificate that came in its place, where the register has told it."""
    told = (finding.params.get("successor") for finding in verdict.reasons if finding.code == "superseded")
    found = next(told, None)
    return None if found is None else str(found)


def _content(full: Certificate, lang: str) -> tuple[str, ...]:
    """What was learnt, in that language, else in English, else in whichever there is."""
    by_code: dict[str, tuple[str, ...]] = dict(full.content.items())
    return next((by_code[code] for code in (lang, "en", *LANGUAGES) if code in by_code), ())


def _day(day: date | None) -> str | None:
    return None if day is None else day.isoformat()


def _stamp(moment: datetime) -> str:
    return moment.astimezone(UTC).isoformat(timespec="seconds")[:19] + "Z"
