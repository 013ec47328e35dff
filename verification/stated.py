"""What a genuine certificate states of itself: level, whom it is about, independence, identity. No judgement."""

from functools import lru_cache

from levels.level import Level
from verification.certificate import IdentityAssurance
from verification.findings import Finding, Seen, Value
from verification.organisation_certificate import Accreditation, Audit, MandateTerms, OrganisationCertificate

_NOT_STATED = "–"
_SUBJECT = {"person": "subject_person", "organisation": "subject_organisation"}
_PARTY = {"third": "independence_third", "second": "independence_second", "first": "independence_first"}


def stated(seen: Seen) -> tuple[Finding, ...]:
    """One finding a fact; the short code states neither independence nor identity."""
    full = seen.full
    if seen.organisation is not None:
        return Finding("subject_organisation", "passed"), _attested(seen.organisation)
    assert seen.level is not None  # noqa: S101 a person's always has one
    return _stated(seen.level, seen.subject, full.party if full else None, full.identity if full else None)


def third_party(seen: Seen) -> bool | None:
    """Whether those who examined were independent of those who trained; None = not stated.

    Level C1 says so itself; for others the full certificate does.
    """
    if seen.subject != "person":
        return None
    if seen.full and seen.full.party:
        return seen.full.party == "third"
    return True if seen.level is Level.C1 else None


def _attested(said: OrganisationCertificate) -> Finding:
    """What is said of the organisation."""
    terms, params = said.attests, dict[str, Value](holder=said.holder.name, issuer=said.issuer.name)
    if isinstance(terms, MandateTerms):
        return Finding("attests_mandate", "passed", {**params, "level": terms.max_level.value})
    params["standard"] = f"{terms.standard}:{terms.edition}"
    if not isinstance(terms, Audit):
        accredited = isinstance(terms, Accreditation)
        return Finding("attests_accreditation" if accredited else "attests_quality_certificate", "passed", params)
    params |= {"day": terms.last_on, "open": terms.open_findings}
    return Finding("attests_audit" if terms.conforms else "attests_audit_failed", "passed", params)


@lru_cache(maxsize=1024)
def _stated(level: Level, subject: str, party: str | None, identity: IdentityAssurance | None) -> tuple[Finding, ...]:
    # Few combinations, asked for again and again.
    return (
        Finding("level_stated", "passed", {"level": level.value}),
        Finding(_SUBJECT[subject], "passed"),
        _independence(level, party),
        _identity(identity),
    )


def _independence(level: Level, party: str | None) -> Finding:
    if party is None:
        return Finding("independence_not_stated", "does_not_apply")
    if level is Level.C1 and party != "third":
        # The level promises what the facts beside it deny.
        return Finding("independence_contradicts", "failed")
    return Finding(_PARTY[party], "passed")


def _identity(identity: IdentityAssurance | None) -> Finding:
    stages = identity.model_dump() if identity else {}
    if all(found is None for found in stages.values()):
        return Finding("identity_not_stated", "does_not_apply")
    return Finding(
        "identity_stated",
        "passed",
        {stage: _NOT_STATED if found is None else str(found) for stage, found in stages.items()},
    )
