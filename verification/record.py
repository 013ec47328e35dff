"""What the register keeps under a number: proven like anything else, and compared with what was shown.

A stolen key can sign another name under a real number: that shows here, and only here.
"""

from dataclasses import replace
from datetime import date, datetime
from functools import lru_cache
from typing import Literal, NamedTuple

from verification.certificate import Certificate, end_of, start_of
from verification.envelopes.jws import MalformedJws, OpenedJws, verify_jws
from verification.findings import Finding, Findings, Seen
from verification.organisation_certificate import OrganisationCertificate
from verification.presented import Opened, OpenedCode, OpenedFull, opened_full
from verification.trust import Trust
from verification.verify import full, named, proved, steps_of_code, unreadable, with_full

_AGREES, _DISAGREES = Finding("register_agrees", "passed"), Finding("register_disagrees", "failed")
_UNREADABLE = Finding("register_unreadable", "could_not_check")
_REMEMBERED = 2048  # some 20 kB each


class Following(NamedTuple):
    """A certificate among those that follow on one another; how: what it does to the one before it."""

    number: str
    how: Literal["corrects", "renews"] | None
    valid_from: date
    valid_until: date | None


def verify_record(number: str, kept: str, trust: Trust, now: datetime, on: date | None = None) -> Findings:
    """The findings on the `vc+jwt` that is on record under `number`.

    Whatever makes the record unreadable, or puts another in its place, is the register's affair and not the
    holder's: `register_unreadable`.
    """
    findings = _findings(kept, trust, now, on)
    if findings.certificate is not None and findings.certificate.number == number:
        return findings
    return findings._replace(findings=(_UNREADABLE,), certificate=None)


def held_against_register(
    findings: Findings, presented: Opened, kept: str | None, trust: Trust, now: datetime
) -> Findings:
    """Compare what was shown with the certificate that the register keeps under its number.

    findings  on what was `presented`
    kept      the `vc+jwt` on record; None where there is none (then `not_registered` says so) or nobody was asked

    Where a code agrees, every step is taken again with what the full certificate states beside the code's facts.
    """
    seen = findings.certificate
    if seen is None or kept is None:
        return findings
    if isinstance(presented, OpenedFull) and presented.jws.text == kept:
        return findings._replace(findings=(*findings.findings, _AGREES))
    record = _proven(kept, trust)
    if record is None or record.number != seen.number:
        return findings._replace(findings=(*findings.findings, _UNREADABLE))
    agrees = _agrees(seen, record, trust)
    if not agrees:
        # As after a bad signature, nothing it says is told.
        return findings._replace(findings=(_DISAGREES,), certificate=None)
    if isinstance(presented, OpenedCode) and isinstance(record, Certificate):
        findings = steps_of_code(presented, with_full(seen, record), trust, now, findings.on)
    return findings._replace(findings=(*findings.findings, _AGREES))


def _agrees(seen: Seen, record: Certificate | OrganisationCertificate, trust: Trust) -> bool:
    if isinstance(record, OrganisationCertificate):
        return seen.organisation == record  # there is no code of one
    return seen.full == record if seen.full else _code_agrees(seen, record) and _place_agrees(seen, trust)


def _code_agrees(seen: Seen, said: Certificate) -> bool:
    """Whether a code says what its certificate says, of all that a code says."""
    year = said.birth_date.year if said.birth_date else said.birth_year
    birth = {"none": None, "year": year, "date": said.birth_date}[said.birth_in_code]
    expires = end_of(said.valid_until, said.time_zone) if said.valid_until else None
    return (
        seen.holder_name == said.holder_name
        and seen.birth == birth
        and seen.issuer == said.issuer.id
        and seen.scheme == said.scheme
        and seen.level is said.level
        and seen.subject == said.subject
        and seen.not_before == start_of(said.valid_from, said.time_zone)
        and seen.expires == expires
        and seen.status == said.status
        and seen.restrictions == said.restrictions
        and seen.scope_classes == said.scope_classes
    )


def _place_agrees(seen: Seen, trust: Trust) -> bool:
    """Whether a code names the place in the log that the register has; the first codes named none."""
    history = trust.events.get(seen.number, ())
    recorded = history[0].log_index if history else None
    return seen.log_index is None or recorded is None or seen.log_index == recorded


def _proven(kept: str, trust: Trust) -> Certificate | OrganisationCertificate | None:
    """The certificate on record, if its issuer signed just that."""
    try:
        opened = _opened(kept)
    except MalformedJws:
        return None
    found = proved(opened.jws, opened.stated, trust, check=_signature_is)
    return None if isinstance(found, Finding) else named(found[1].certificate, trust)


def _findings(kept: str, trust: Trust, now: datetime, on: date | None) -> Findings:
    try:
        opened = _opened(kept)
    except MalformedJws:
        return unreadable(trust, on)
    return full(opened.jws, opened.stated, trust, now, on, check=_signature_is)


# What a text says and whether a key signed it never changes, and a gate sees the same people again: the second time
# the record's own signature need not be checked anew. What is trusted, status and days are asked every time.


@lru_cache(maxsize=_REMEMBERED)
def _opened(kept: str) -> OpenedFull:
    opened = opened_full(kept)
    return opened._replace(jws=replace(opened.jws, payload={}))  # it has been read; the rest takes less room


def _signature_is(opened: OpenedJws, key: bytes) -> bool:
    return _signed_by(opened.text, key)


@lru_cache(maxsize=_REMEMBERED)
def _signed_by(kept: str, key: bytes) -> bool:
    return verify_jws(_opened(kept).jws, key)
