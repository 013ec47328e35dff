"""Vectors on what a situation needs: level, independence, identity, scheme, and whom it is about."""

from collections.abc import Iterator
from datetime import date
from typing import Any

from levels.level import Level
from tests.verification.vectors.ground import Vector, certificate, code, document, good, shown
from verification.certificate import IdentityAssurance

SHORT = "not_sufficient"


def vectors() -> Iterator[Vector]:
    """All of them."""
    yield from _level()
    yield from _independence()
    yield from _identity()
    yield from _scheme()
    yield from _subject()


def _at(level: Level, **facts: Any) -> str:
    return code(certificate(level=level, **facts))


def _level() -> Iterator[Vector]:
    """B > C1 > C2 > D > E > F; B meets a demand for C1 only where a third party examined."""
    heat, hiring, c1 = {"situation": "hot_work_permit"}, {"situation": "hiring"}, {"needs": {"level": "C1"}}
    yield good("level-c2-for-c2", "A permit for hot work needs C2.", _at(Level.C2), also=("level_enough",), **heat)
    yield good("level-c1-for-c2", "C1 is more.", _at(Level.C1), **heat)
    yield good("level-b-for-c2", "B is more.", _at(Level.B), **heat)
    yield shown("level-d-for-c2", "D is less.", _at(Level.D), SHORT, "level_too_low", **heat)
    yield good("level-d-for-d", "Hiring needs D.", _at(Level.D), **hiring)
    yield shown("level-e-for-d", "E is less.", _at(Level.E), SHORT, "level_too_low", **hiring)
    yield shown("level-f-for-d", "F is least.", _at(Level.F), SHORT, "level_too_low", **hiring)
    yield good("level-f-for-a-site", "Entry to a site needs no level.", _at(Level.F), also=("level_stated",))
    yield good("level-c1-for-c1", "C1 is independent by itself.", _at(Level.C1), **c1)
    yield shown(
        "level-b-for-c1-by-code",
        "A code does not say who examined.",
        _at(Level.B),
        "unknown",
        "third_party_unknown",
        **c1,
    )
    yield good(
        "level-b-for-c1-third-party", "B, examined by a third party.", document(certificate(level=Level.B)), **c1
    )
    yield shown(
        "level-b-for-c1-second-party",
        "B, examined by a second party.",
        document(certificate(level=Level.B, party="second")),
        SHORT,
        "level_too_low",
        **c1,
    )
    yield shown("level-c2-for-c1", "C2 is less.", _at(Level.C2), SHORT, "level_too_low", **c1)
    yield shown("level-c1-for-b", "C1 is less than B.", _at(Level.C1), SHORT, "level_too_low", needs={"level": "B"})
    both = code(certificate(level=Level.D, place=(3, 101)))
    yield shown(
        "level-too-low-and-withdrawn",
        "Withdrawn goes before not enough.",
        both,
        "revoked",
        "withdrawn",
        "level_too_low",
        **heat,
    )


def _independence() -> Iterator[Vector]:
    third = {"needs": {"third_party": True}}
    by = {party: document(certificate(level=Level.B, party=party)) for party in ("third", "second")}
    yield good(
        "independence-third",
        "Examined by a third party.",
        by["third"],
        also=("third_party_met", "independence_third"),
        **third,
    )
    yield shown(
        "independence-second",
        "Examined by a second party.",
        by["second"],
        SHORT,
        "third_party_missing",
        also=("independence_second",),
        **third,
    )
    yield good("independence-second-not-needed", "Examined by a second party, where nobody asks.", by["second"])
    yield good(
        "independence-first-not-needed",
        "Trained and issued by the employer, where nobody asks.",
        document(certificate(level=Level.D, party="first")),
        also=("independence_first",),
    )
    yield good("independence-by-level", "C1 says it by itself.", _at(Level.C1), also=("third_party_met",), **third)
    yield shown(
        "independence-not-stated",
        "A code of level C2 does not say.",
        _at(Level.C2),
        "unknown",
        "third_party_unknown",
        **third,
    )
    yield shown(
        "independence-contradicts-the-level",
        "Level C1, and examined by a second party.",
        document(certificate(party="second")),
        SHORT,
        "independence_contradicts",
    )
    yield shown(
        "independence-contradicts-and-is-needed",
        "The same where it is needed.",
        document(certificate(party="first")),
        SHORT,
        "independence_contradicts",
        "third_party_missing",
        **third,
    )


def _identity() -> Iterator[Vector]:
    """The weakest of enrolment and exam counts."""
    two = {"needs": {"identity": 2}}

    def checked(**stages: int) -> str:
        return document(certificate(identity=IdentityAssurance(**stages)))

    yield good(
        "identity-enough",
        "Checked to 2 at enrolment and exam.",
        checked(enrolment=2, attendance=0, exam=2),
        also=("identity_met", "identity_stated"),
        **two,
    )
    yield shown(
        "identity-weak-at-enrolment",
        "Checked to 1 at enrolment.",
        checked(enrolment=1, exam=3),
        SHORT,
        "identity_too_low",
        **two,
    )
    yield shown(
        "identity-weak-at-the-exam",
        "Checked to 1 at the exam.",
        checked(enrolment=3, exam=1),
        SHORT,
        "identity_too_low",
        **two,
    )
    yield shown(
        "identity-of-the-exam-alone",
        "What was checked at enrolment is not stated.",
        checked(exam=2),
        "unknown",
        "identity_unknown",
        **two,
    )
    yield shown(
        "identity-of-enrolment-alone",
        "There was an exam, and what was checked there is not stated.",
        document(certificate(identity=IdentityAssurance(enrolment=3), assessed_on=date(2026, 2, 12))),
        "unknown",
        "identity_unknown",
        **two,
    )
    yield shown(
        "identity-of-attendance-alone",
        "Attendance does not count.",
        checked(attendance=3),
        "unknown",
        "identity_unknown",
        **two,
    )
    yield shown(
        "identity-not-stated",
        "A code does not say.",
        code(),
        "unknown",
        "identity_unknown",
        also=("identity_not_stated",),
        **two,
    )


def _scheme() -> Iterator[Vector]:
    yield good(
        "scheme-met", "It is the one that is asked for.", code(), schemes=("heta-arbeten",), also=("scheme_met",)
    )
    yield good(
        "scheme-met-among-others",
        "It is one of those that are asked for.",
        code(),
        schemes=("tulityot", "heta-arbeten"),
    )
    yield shown("scheme-other", "Another is asked for.", code(), SHORT, "scheme_other", schemes=("tulityot",))
    yield shown(
        "scheme-other-in-capitals",
        "Codes are compared as they stand.",
        code(),
        SHORT,
        "scheme_other",
        schemes=("Heta-Arbeten",),
    )


def _subject() -> Iterator[Vector]:
    firm = document(certificate(subject="organisation", holder_name="Provhuset i Norr AB", birth_date=None))
    yield shown(
        "subject-an-organisation",
        "A certificate about an organisation, where a person's is needed.",
        firm,
        SHORT,
        "person_needed",
        also=("subject_organisation",),
    )
    yield good(
        "subject-an-organisation-as-needed",
        "The same where an organisation's is needed.",
        firm,
        needs={"subject": "organisation"},
    )
    yield good("subject-either", "The same where either will do.", firm, needs={"subject": None})
    yield shown(
        "subject-a-person",
        "A person's, where an organisation's is needed.",
        document(),
        SHORT,
        "organisation_needed",
        needs={"subject": "organisation"},
        also=("subject_person",),
    )
