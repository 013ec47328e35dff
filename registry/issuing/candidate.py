"""Records and a row of the class list to the evidence of one certificate. Pure: everything was read before."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from functools import cached_property

from levels.evidence import Evidence, MalformedEvidence, Tie, evidence_from_mapping
from levels.identity import UnknownMethod, assurance_of_identity
from levels.independence import TieGraph, independence
from levels.rulebook import Rulebook
from registry.issuing.attended import RECOGNISED, Weigh
from registry.issuing.declared import declared_facts, ties_complete_ages
from registry.issuing.participation import NOTHING_SHOWN, ByStaff, Participation, Shown
from registry.issuing.roster_row import Fault, RosterRow, fault
from registry.issuing.staff import (
    decider_apart,
    examiners_of,
    holder_apart,
    is_of_staff,
    months_since_taught,
    the_shorter,
)
from registry.records.identity_checks import IdentityCheck
from registry.records.mandates import Authority
from registry.records.occasions import ROW_FACTS, SHARED_FACTS, Fact, NewOccasion
from registry.records.organisations import Declaration, Organisation
from registry.records.people import Person, name_key
from registry.records.scheme_document import NewScheme

_MOST_REMEMBERED = 1_000
EARLIEST_BIRTH = 1900  # before that it is a typing error
_FACES_SEEN = frozenset({"seen", "document", "portrait"})


@dataclass(frozen=True)
class Parties:
    """Who trains, examines and keeps the register for a certificate; who issues is the same for the occasion."""

    training_provider: str | None
    examination_body: str | None
    register_keeper: str | None


@dataclass(frozen=True)
class Ground:
    """All that the rows of a list have in common, as it was on the day of the decision.

    organisations  by id: every party, every confirmer, and every end of a tie
    declarations   of the parties and confirmers, the latest day first
    ties           every tie that hangs together with a party
    taught         the last day that each examiner of this occasion taught somebody at another one: by the person on
                   record, and by name as it is compared and birth date
    """

    occasion: NewOccasion
    scheme: NewScheme
    rules: Rulebook
    authority: Authority
    parties: Parties
    organisations: Mapping[str, Organisation]
    declarations: Sequence[Declaration]
    ties: tuple[Tie, ...]
    issuer_key_proven: bool
    taught: Mapping[object, Mapping[str, date]]

    @cached_property
    def shared(self) -> Evidence:
        """What is the same for everybody on the list."""
        return evidence_from_mapping(
            {
                **_of_scheme(self.scheme),
                **_of_authority(self),
                **_of_ties(self),
                **_of_occasion(self.occasion, self.parties),
            }
        )

    def evidence_of(self, facts: Mapping[str, object]) -> Evidence:
        """All that is known of whoever has these facts: one object for all who have the same.

        Raises MalformedEvidence.
        """
        # True is not 1 here.
        asked = tuple((name, type(facts[name]), facts[name]) for name in sorted(facts))
        found = self._evidence.get(asked)
        if found is None:
            stated = evidence_from_mapping(facts)
            # Both halves were read strictly; together they are what one strict reading would give.
            found = self.shared.model_copy(update={name: getattr(stated, name) for name in facts})
            if len(self._evidence) < _MOST_REMEMBERED:
                self._evidence[asked] = found
        return found

    @cached_property
    def _evidence(self) -> dict[tuple[object, ...], Evidence]:
        return {}

    def ida(self, check: IdentityCheck) -> int:
        """How surely a check tells who somebody is, 0 to 3. Raises UnknownMethod."""
        asked = (check.method, check.native_level, check.number_quality)
        if asked not in self._idas:
            self._idas[asked] = assurance_of_identity(check.event(), self.rules.methods)
        return self._idas[asked]

    @cached_property
    def _idas(self) -> dict[tuple[str | None, ...], int]:
        return {}

    @property
    def acting(self) -> dict[str, tuple[str, ...]]:
        """For each organisation, the persons who act for it here."""
        return _acting(self.occasion, self.parties)


@dataclass(frozen=True)
class Candidate:
    """One row, understood: the person on record (None: to be added) and the evidence.

    scope_classes  those that the certificate gives
    assessed_on    the day of the exam
    """

    row: RosterRow
    person: Person | None
    evidence: Evidence
    scope_classes: tuple[str, ...]
    assessed_on: date | None


def candidate(
    ground: Ground,
    row: RosterRow,
    person: Person | None,
    participation: Participation = NOTHING_SHOWN,
    *,
    portrait: bool = False,
) -> Candidate | list[Fault]:
    """The evidence for one row, or what is wrong with it.

    participation  what sign-in sheets and exam results say of the person: no cell may claim more
    portrait       whether one of the person is on record: then it need not be stated
    """
    faults = _faults_of_person(ground, row)
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
    by_staff = _staff(ground, row, person, participation, shown)
    facts |= by_staff.facts
    facts["notifiable"] = bool(row.email or row.phone or (person and person.notifiable))
    if row.employer:
        facts["employer"] = _employer(ground, row.employer)
    facts |= {name: value for name, value in ground.occasion.facts.items() if name not in _PARTY_FACTS}
    facts |= {name: value for name, value in row.facts.items() if name not in _PARTY_FACTS}
    if portrait:
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
    for name in row.facts.keys() & _PARTY_FACTS:
        if row.facts[name] not in ground.organisations:
            faults.append(fault("unknown_organisation", column=name, value=str(row.facts[name])[:80]))
    faults += _faults_of_time(ground.occasion, facts)
    if ground.scheme.portrait_required and facts.get("portrait") is not True:
        faults.append(fault("portrait_missing", column="portrait"))
    if faults:
        return faults
    try:
        evidence = ground.evidence_of(facts)
    except MalformedEvidence as malformed:
        return [
            fault("fact_unusable", column=path or None, value=str(facts.get(path, ""))[:80], why=says)
            for path, says in malformed.faults
        ]
    return Candidate(row, person, evidence, shown.classes, shown.assessed_on)


_PARTY_FACTS = frozenset({"training_provider", "examination_body", "register_keeper"})
_STATABLE = frozenset({*SHARED_FACTS, *ROW_FACTS})


def parties_of(occasion: NewOccasion, row: RosterRow | None = None) -> Parties:
    """The parties of the occasion, as its own facts and those of the row have it."""
    said: dict[str, object] = {name: getattr(occasion, name) for name in _PARTY_FACTS}
    for facts in (occasion.facts, row.facts if row else {}):
        said |= {name: str(value) for name, value in facts.items() if name in _PARTY_FACTS}
    return Parties(**{name: None if value is None else str(value) for name, value in said.items()})


def _faults_of_person(ground: Ground, row: RosterRow) -> list[Fault]:
    faults: list[Fault] = []
    if row.birth_date is None and ground.scheme.birth != "none":
        faults.append(fault("birth_date_missing", column="birth_date"))
    if row.birth_date is not None and row.birth_date.year < EARLIEST_BIRTH:
        faults.append(fault("birth_date_too_early", column="birth_date", value=row.birth_date.isoformat()))
    if row.birth_date is not None and row.birth_date >= (
        ground.occasion.first_session_on or ground.occasion.decided_on
    ):
        faults.append(fault("birth_date_in_future", column="birth_date", value=row.birth_date.isoformat()))
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


def _of_scheme(scheme: NewScheme) -> dict[str, object]:
    return {
        "scheme_owner": scheme.owner,
        "max_level": scheme.max_level,
        "target_level": scheme.target_level,
        "scheme_document": scheme.scheme_document,
        "mandatory_minutes": scheme.mandatory_minutes,
        "share_printed": scheme.share_printed,
        "item_bank_owner": scheme.item_bank_owner,
        "item_bank_secured": scheme.item_bank_secured,
        "validity_months": scheme.validity.months,
        "recertification": scheme.recertification,
        "surveillance_means": scheme.surveillance_means,
        "withdrawal": scheme.withdrawal,
        "tightening": scheme.tightening,
    }


def _of_authority(ground: Ground) -> dict[str, object]:
    occasion, day = ground.occasion, ground.occasion.decided_on
    named = {occasion.issuer, ground.scheme.owner, *filter(None, vars(ground.parties).values())}
    return {
        "parties_active": all(
            slug in ground.organisations and ground.organisations[slug].active_on(day) for slug in named
        ),
        "issuer_key_proven": ground.issuer_key_proven,
        "mandate_from_sector_body": ground.authority.mandate_from_sector_body,
        "mandate_max": ground.authority.mandate_max,
    }


def _of_ties(ground: Ground) -> dict[str, object]:
    """Declarations and ties; who confirmed counts for staff records only where independent of who keeps them."""
    occasion, day = ground.occasion, ground.occasion.decided_on
    ages = ties_complete_ages(ground.declarations, day)
    public = tuple(sorted(slug for slug, each in ground.organisations.items() if each.kind == "public_body"))
    graph = TieGraph(ground.ties, public_bodies=public, acting=ground.acting)

    def apart(confirmer: str, declarer: str) -> bool:
        return independence(
            graph,
            confirmer,
            declarer,
            first=day,
            last=day,
            complete_age=ages,
            terms=ground.rules.terms,
            declared=(confirmer,),
        ).third_party

    parties = ground.parties
    keepers = (parties.training_provider, parties.examination_body)
    return {
        **declared_facts(occasion.issuer, keepers, ground.declarations, day, apart=apart),
        "ties_complete_age": ages,
        "ties": ground.ties,
        "public_bodies": public,
        "acting": ground.acting,
    }


def _of_occasion(occasion: NewOccasion, parties: Parties) -> dict[str, object]:
    return {
        **vars(parties),
        "issuer": occasion.issuer,
        "first_session_on": occasion.first_session_on,
        "decided_on": occasion.decided_on,
        "attendance_check": occasion.attendance_check,
        "exam_supervision": occasion.exam_supervision,
        "exam_face": occasion.exam_face,
        "identity_unbroken": occasion.identity_unbroken,
    }


def _acting(occasion: NewOccasion, parties: Parties) -> dict[str, tuple[str, ...]]:
    stands_for = {
        "instructor": parties.training_provider,
        "examiner": parties.examination_body,
        "invigilator": parties.examination_body,
        "decision_maker": occasion.issuer,
    }
    acting: dict[str, set[str]] = {}
    for member in occasion.staff:
        organisation = member.organisation or stands_for[member.role]
        if organisation:
            acting.setdefault(organisation, set()).add(member.id)
    return {organisation: tuple(sorted(people)) for organisation, people in sorted(acting.items())}


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


def _staff(
    ground: Ground, row: RosterRow, person: Person | None, participation: Participation, shown: Shown
) -> ByStaff:
    """What follows from who did what, and what nobody may claim against it."""
    occasion = ground.occasion
    examiners = examiners_of(ground.occasion, shown)
    pupils: list[object] = [person.id] if person else []
    if row.birth_date is not None:
        pupils.append((name_key(row.name), row.birth_date))
    days = [day for pupil in pupils for who, day in ground.taught.get(pupil, {}).items() if who in examiners]
    taught = months_since_taught(occasion, max(days, default=None), participation, examiners)
    found: dict[str, Fact | None] = {
        "decider_apart": decider_apart(occasion, ground.scheme.mandatory_minutes),
        "holder_apart": holder_apart(occasion.staff, row.name, row.birth_date),
        "examiner_last_taught": the_shorter(occasion.examiner_last_taught, taught),
    }
    facts = {name: value for name, value in found.items() if value is not None}
    most: dict[str, Fact] = {} if taught is None else {"examiner_last_taught": taught}
    if found["decider_apart"] is False:
        most["decider_apart"] = False
    if is_of_staff(occasion.staff, row.name, row.birth_date):
        most["holder_apart"] = False
    return ByStaff(facts, most)


def _employer(ground: Ground, said: str) -> str:
    """The id of trainer or issuer where the employer is one of them by id or name; else the text itself."""
    for slug in filter(None, (ground.parties.training_provider, ground.occasion.issuer)):
        known = ground.organisations.get(slug)
        if name_key(said) in {slug, name_key(known.name) if known else slug}:
            return slug
    return said
