"""Records and a row of the class list to the evidence of one certificate. Pure: everything was read before."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from types import MappingProxyType
from typing import NamedTuple

from levels.evidence import Evidence, MalformedEvidence
from levels.identity import UnknownMethod
from registry.issuing.decisions.ground import MOST_REMEMBERED, PARTY_FACTS, Ground, told_apart
from registry.issuing.decisions.validity import birthday
from registry.issuing.lists.roster_row import Fault, RosterRow, fault
from registry.issuing.sittings.attended import RECOGNISED, Weigh
from registry.issuing.sittings.participation import NOTHING_SHOWN, ByStaff, Participation, Shown
from registry.issuing.sittings.staff import (
    decider_apart,
    examiners_of,
    holder_apart,
    is_of_staff,
    months_since_taught,
    the_shorter,
)
from registry.records.persons.people import Known, Person, name_key
from registry.records.sittings.identity_checks import IdentityCheck
from registry.records.sittings.occasions import ROW_FACTS, SHARED_FACTS, Fact, NewOccasion

EARLIEST_BIRTH = 1900  # before that it is a typing error
# Below that age nobody takes part in such a course: a slip, as this year for the year of birth. What age a scheme asks
# for is another thing (`validity.from_age`).
YOUNGEST = 13
Taught = Mapping[object, Mapping[str, date]]
_NOBODY: Taught = MappingProxyType({})
_FACES_SEEN = frozenset({"seen", "document", "portrait"})


@dataclass(frozen=True, slots=True)
class Candidate:
    """One row, understood: the person on record (None: to be added) and the evidence.

    scope_classes  those that the certificate gives
    assessed_on    the day of the exam
    """

    row: RosterRow
    person: Person | Known | None
    evidence: Evidence
    scope_classes: tuple[str, ...]
    assessed_on: date | None


def candidate(  # noqa: PLR0913 all that a row is understood by
    ground: Ground,
    row: RosterRow,
    person: Person | Known | None,
    participation: Participation = NOTHING_SHOWN,
    *,
    portrait: bool = False,
    taught: Taught = _NOBODY,
) -> Candidate | list[Fault]:
    """The evidence for one row, or what is wrong with it.

    participation  what sign-in sheets and exam results say of the person: no cell may claim more
    portrait       whether one of the person is on record: then it need not be stated
    taught         whom examiners taught elsewhere, and when last, see `OfPeople`
    """
    faults = _faults_of_person(ground, row)
    found = _remembered(ground, row, _holder(ground, row, person, taught, portrait=portrait), participation)
    if faults or isinstance(found.evidence, tuple):
        return [*faults, *(found.evidence if isinstance(found.evidence, tuple) else ())]
    return Candidate(row, person, found.evidence, found.classes, found.assessed_on)


class _Holder(NamedTuple):
    """What of a person counts for what a row comes to.

    taught      the last days that examiners of this occasion taught them at others
    apart       see `staff.holder_apart`; of_staff: `staff.is_of_staff`
    notifiable  whether there is a way to reach them
    """

    taught: tuple[tuple[str, date], ...]
    apart: bool | None
    of_staff: bool
    notifiable: bool
    portrait: bool


class _Understood(NamedTuple):
    """What a row comes to; evidence: or what is wrong with it."""

    evidence: Evidence | tuple[Fault, ...]
    classes: tuple[str, ...] = ()
    assessed_on: date | None = None


def _remembered(ground: Ground, row: RosterRow, holder: _Holder, participation: Participation) -> _Understood:
    """What a row comes to, whoever it is about: the rows of a list often say the same of many."""
    if participation is not NOTHING_SHOWN:
        return _understood(ground, row, holder, participation)
    asked = (holder, row.enrolment_method, row.employer, row.scope_classes, *told_apart(row.facts))
    found: _Understood | None = ground.remembered.get(asked)
    if found is None:
        found = _understood(ground, row, holder, participation)
        if len(ground.remembered) < MOST_REMEMBERED:
            ground.remembered[asked] = found
    return found


def _holder(
    ground: Ground, row: RosterRow, person: Person | Known | None, taught: Taught, *, portrait: bool
) -> _Holder:
    days: list[tuple[str, date]] = []
    if taught:
        pupils: list[object] = [person.id] if person else []
        if row.birth_date is not None:
            pupils.append((row.name_key, row.birth_date))
        days = [one for pupil in pupils for one in taught.get(pupil, {}).items()]
    staff = ground.occasion.staff if row.name_key in ground.names_of_staff else ()
    return _Holder(
        tuple(days),
        holder_apart(staff, row.name, row.birth_date) if staff else (True if ground.occasion.staff else None),
        is_of_staff(staff, row.name, row.birth_date),
        bool(row.email or row.phone or (person and person.notifiable)),
        portrait,
    )


def _understood(ground: Ground, row: RosterRow, holder: _Holder, participation: Participation) -> _Understood:
    faults: list[Fault] = []
    facts: dict[str, object] = {}
    try:
        facts |= _identity(ground, row)
    except UnknownMethod:
        known = ", ".join(method.id for method in ground.rules.methods.method)
        faults.append(fault("unknown_method", column="enrolment_method", value=row.enrolment_method, known=known))
    asked, wrong = _classes(ground.occasion.scope_classes, row)
    faults += wrong
    weigh = _weigher(ground, facts.get("enrolment_ida"))
    shown = participation.shown(ground.scheme, ground.occasion, asked, weigh)
    by_staff = _staff(ground, holder, participation, shown)
    facts |= by_staff.facts
    facts["notifiable"] = holder.notifiable
    if row.employer:
        facts["employer"] = _employer(ground, row.employer)
    facts |= {name: value for name, value in ground.occasion.facts.items() if name not in PARTY_FACTS}
    facts |= {name: value for name, value in row.facts.items() if name not in PARTY_FACTS}
    if holder.portrait:
        facts["portrait"] = True
    counted, wrong = shown.beside(by_staff).applied(ground.occasion.facts, row.facts)
    facts |= counted
    if shown.examined and shown.examined.first_on and not ground.occasion.session:
        facts["first_session_on"] = shown.examined.first_on
    faults += [*wrong, *shown.wrong_with_classes(asked, named=row.scope_classes is not None)]
    faults += [
        fault("fact_unusable", column=name, value=str(value)[:80], why="not a fact of a row")
        for name, value in row.facts.items()
        if name not in _STATABLE
    ]
    for name in row.facts.keys() & PARTY_FACTS:
        if row.facts[name] not in ground.organisations:
            faults.append(fault("unknown_organisation", column=name, value=str(row.facts[name])[:80]))
    faults += _faults_of_time(ground.occasion, facts)
    if ground.scheme.portrait_required and facts.get("portrait") is not True:
        faults.append(fault("portrait_missing", column="portrait"))
    if faults:
        return _Understood(tuple(faults))
    try:
        evidence = ground.evidence_of(facts)
    except MalformedEvidence as malformed:
        return _Understood(
            tuple(
                fault("fact_unusable", column=path or None, value=str(facts.get(path, ""))[:80], why=says)
                for path, says in malformed.faults
            )
        )
    return _Understood(evidence, shown.classes, shown.assessed_on)


_STATABLE = frozenset({*SHARED_FACTS, *ROW_FACTS})


def _faults_of_person(ground: Ground, row: RosterRow) -> list[Fault]:
    faults: list[Fault] = []
    if row.birth_date is None and ground.scheme.birth != "none":
        faults.append(fault("birth_date_missing", column="birth_date"))
    if row.birth_date is not None and row.birth_date.year < EARLIEST_BIRTH:
        faults.append(fault("birth_date_too_early", column="birth_date", value=row.birth_date.isoformat()))
    began = ground.occasion.first_session_on or ground.occasion.decided_on
    if row.birth_date is not None and row.birth_date >= began:
        faults.append(fault("birth_date_in_future", column="birth_date", value=row.birth_date.isoformat()))
    elif row.birth_date is not None and birthday(row.birth_date, YOUNGEST) > began:
        born = row.birth_date.isoformat()
        faults.append(fault("birth_date_implausible", column="birth_date", value=born, began=began, years=YOUNGEST))
    return faults


def _faults_of_time(occasion: NewOccasion, facts: Mapping[str, object]) -> list[Fault]:
    """Nobody was present for longer than it lasted."""
    attended, lasted = facts.get("attended_minutes"), occasion.mandatory_minutes
    if lasted is None or not isinstance(attended, int) or attended <= lasted:
        return []
    return [fault("attended_too_long", column="attended_minutes", value=str(attended), lasted=lasted)]


def _classes(offered: tuple[str, ...], row: RosterRow) -> tuple[tuple[str, ...], list[Fault]]:
    """Which of the occasion's classes the row asks for, and what is wrong with those it lacks."""
    if row.scope_classes is None:
        return offered, []
    as_offered = {each.casefold(): each for each in offered} | {each: each for each in offered}
    asked = {each: as_offered.get(each, as_offered.get(each.casefold())) for each in row.scope_classes}
    stranger = next((each for each, known in asked.items() if known is None), None)
    if stranger:
        code = "class_not_offered" if offered else "class_without_offer"
        return (), [fault(code, column="scope_classes", value=stranger, offered=", ".join(offered))]
    return tuple(each for each in offered if each in asked.values()), []


def _identity(ground: Ground, row: RosterRow) -> dict[str, object]:
    """Identity checks to IDA at each stage. Raises UnknownMethod."""
    checks, ida = ground.occasion.identity, ground.ida
    enrolment: int | None = None
    if row.enrolment_method:
        enrolment = ida(IdentityCheck(method=row.enrolment_method))
    elif checks.enrolment:
        enrolment = ida(checks.enrolment)
    stated = row.facts.get("enrolment_ida", ground.occasion.facts.get("enrolment_ida"))
    if isinstance(stated, int):
        enrolment = stated
    face = row.facts.get("exam_face", ground.occasion.facts.get("exam_face", ground.occasion.exam_face))
    found: dict[str, object] = {"enrolment_ida": enrolment}
    if checks.attendance:
        found["attendance_ida"] = enrolment if checks.attendance.carried_over else ida(checks.attendance)
    if checks.exam and not checks.exam.carried_over:
        found["exam_ida"] = ida(checks.exam)
    elif checks.exam and face in _FACES_SEEN:
        # Staff who see a face that they checked at enrolment know who that is as surely as they did then.
        found["exam_ida"] = enrolment
    return {name: value for name, value in found.items() if value is not None}


def _weigher(ground: Ground, enrolment: object) -> Weigh:
    """How surely a check on a sheet tells who was there; a face known from enrolment no surer than it was then."""
    at_enrolment = enrolment if isinstance(enrolment, int) else 0

    def weigh(check: IdentityCheck) -> int:
        if check.carried_over:
            return at_enrolment
        ida = ground.ida(check)
        return min(ida, at_enrolment) if check.method == RECOGNISED else ida

    return weigh


def _staff(ground: Ground, holder: _Holder, participation: Participation, shown: Shown) -> ByStaff:
    """What follows from who did what, and what nobody may claim against it."""
    occasion = ground.occasion
    examiners = examiners_of(ground.occasion, shown)
    days = [day for who, day in holder.taught if who in examiners]
    taught = months_since_taught(occasion, max(days, default=None), participation, examiners)
    found: dict[str, Fact | None] = {
        "decider_apart": decider_apart(occasion, ground.scheme.mandatory_minutes),
        "holder_apart": holder.apart,
        "examiner_last_taught": the_shorter(occasion.examiner_last_taught, taught),
    }
    facts = {name: value for name, value in found.items() if value is not None}
    most: dict[str, Fact] = {} if taught is None else {"examiner_last_taught": taught}
    if found["decider_apart"] is False:
        most["decider_apart"] = False
    if holder.of_staff:
        most["holder_apart"] = False
    return ByStaff(facts, most)


def _employer(ground: Ground, said: str) -> str:
    """The id of trainer or issuer where the employer is one of them by id or name; else the text itself."""
    for slug in filter(None, (ground.parties.training_provider, ground.occasion.issuer)):
        known = ground.organisations.get(slug)
        if name_key(said) in {slug, name_key(known.name) if known else slug}:
            return slug
    return said
