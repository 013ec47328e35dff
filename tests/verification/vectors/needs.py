"""Vectors on what a situation needs: level, independence, identity, scheme, and whom it is about."""

from collections.abc import Iterator
from datetime import date
from typing import Any

from levels.level import Level
from tests.verification.vectors.ground import Vector, certificate, code, document, good, number_for, shown
from verification.certificate import IdentityAssurance

SHORT = "not_sufficient"


def vectors() -> Iterator[Vector]:
    """All of them."""
    yield from _level()
    yield from _independence()
    yield from _identity()
    yield from _scheme()
    yield from _recognition()
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


def _recognition() -> Iterator[Vector]:
    """Another scheme is asked for, whose owner accepts this one, or does not, or on terms."""
    full, short = document(), code()
    on = {"trust": "recognitions"}
    enough = (
        ("takes-all", "Its owner accepts it.", short),
        ("takes-issued-until-that-day", "The last day of issue that is accepted.", full),
        ("takes-issued-from-that-day", "The first day of issue that is accepted.", full),
        ("takes-until-today", "The last day on which it may be relied upon.", short),
        ("takes-from-today", "The first day on which it may be relied upon.", short),
        ("withdrawn-from-tomorrow", "It is withdrawn from tomorrow on.", short),
        ("takes-version-2", "Of the version that is accepted.", full),
        ("takes-from-c2", "Of a level that is enough.", short),
    )
    for scheme, says, token in enough:
        name = f"recognised-{scheme}"
        yield good(name, says, token, schemes=(scheme,), also=("recognised", "scheme_met"), **on)
    failed = (
        ("takes-issued-until-day-before", "Issued the day after the last that is accepted.", "ended"),
        ("takes-until-yesterday", "The day after the last on which it may be relied upon.", "ended"),
        ("withdrawn-from-today", "The day on which it is withdrawn.", "ended"),
        ("takes-issued-from-next-day", "Issued the day before the first that is accepted.", "not_met"),
        ("takes-from-tomorrow", "The day before the first on which it may be relied upon.", "not_met"),
        ("takes-version-1", "Of another version than the one that is accepted.", "not_met"),
        ("takes-from-b", "Of a lower level than is accepted.", "not_met"),
        ("takes-with-class", "Without a class that it must have.", "not_met"),
    )
    for scheme, says, how in failed:
        yield shown(f"recognised-{scheme}", says, full, SHORT, f"recognition_{how}", schemes=(scheme,), **on)
    unsure = (
        ("takes-issued-until-that-day", "A code does not say when it was issued.", "unknown"),
        ("takes-version-2", "A code does not say of which version it is.", "unknown"),
        ("takes-on-condition", "A person has to see to it.", "condition"),
    )
    for scheme, says, how in unsure:
        name, codes = f"recognised-{scheme}-by-code", (f"recognition_{how}",)
        yield shown(name, says, short, "unknown", *codes, schemes=(scheme,), **on)
    yield shown(
        "recognised-takes-what-takes-all",
        "What accepts a scheme that accepts it does not accept it.",
        short,
        SHORT,
        "scheme_other",
        schemes=("takes-what-takes-all",),
        **on,
    )
    yield good(
        "recognised-takes-until-yesterday-then",
        "The last day on which it might be relied upon, looked back at.",
        document(certificate(history="in-force")),
        number=number_for("in-force"),
        schemes=("takes-until-yesterday",),
        on=date(2026, 11, 19),
        also=("recognised",),
        **on,
    )
    yield shown(
        "recognised-by-an-earlier-day-than-recorded",
        "The register recorded it after the last day of issue that is accepted, whatever it says itself.",
        document(certificate(history="issued-late")),
        SHORT,
        "recognition_ended",
        number=number_for("issued-late"),
        schemes=("takes-issued-until-that-day",),
        **on,
    )
    yield good(
        "recognised-among-others",
        "Of several that are asked for the one that accepts it counts.",
        full,
        schemes=("takes-until-yesterday", "takes-all"),
        also=("recognised",),
        **on,
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
