"""What a genuine certificate states of itself: level, whom it is about, independence, identity. No judgement."""

from collections.abc import Iterator

from levels.level import Level
from verification.findings import Finding, Seen

_NOT_STATED = "–"
_SUBJECT = {"person": "subject_person", "organisation": "subject_organisation"}
_PARTY = {"third": "independence_third", "second": "independence_second", "first": "independence_first"}


def stated(seen: Seen) -> Iterator[Finding]:
    """One finding a fact; the short code states neither independence nor identity."""
    yield Finding("level_stated", "passed", {"level": seen.level.value})
    yield Finding(_SUBJECT[seen.subject], "passed")
    yield _independence(seen)
    yield _identity(seen)


def third_party(seen: Seen) -> bool | None:
    """Whether those who examined were independent of those who trained; None = not stated.

    Level C1 says so itself; for others the full certificate does.
    """
    if seen.full and seen.full.party:
        return seen.full.party == "third"
    return True if seen.level is Level.C1 else None


def _independence(seen: Seen) -> Finding:
    party = seen.full.party if seen.full else None
    if party is None:
        return Finding("independence_not_stated", "does_not_apply")
    if seen.level is Level.C1 and party != "third":
        # The level promises what the facts beside it deny.
        return Finding("independence_contradicts", "failed")
    return Finding(_PARTY[party], "passed")


def _identity(seen: Seen) -> Finding:
    stages = seen.full.identity.model_dump() if seen.full else {}
    if all(found is None for found in stages.values()):
        return Finding("identity_not_stated", "does_not_apply")
    return Finding(
        "identity_stated",
        "passed",
        {stage: _NOT_STATED if found is None else str(found) for stage, found in stages.items()},
    )
