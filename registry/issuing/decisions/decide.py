"""Rows of a class list to what may be issued, what is refused, and what cannot be read. Reads through the desk; pure.

The same rows and the same records give the same decisions: what was decided, and perhaps approved, is decided again
just before it is issued, and has to come out as before.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date
from itertools import count
from typing import TYPE_CHECKING

from pydantic import TypeAdapter, ValidationError

from levels.assess import Assessment, NotAuthorised, assess
from levels.evidence import Evidence
from levels.level import Level
from levels.tightening import LooserThanEdition
from registry.errors import AskedTooHigh, EmptyRoster, IssuerNotAuthorised, SchemeLooserThanEdition
from registry.issuing.decisions.candidate import Candidate, candidate
from registry.issuing.decisions.desk import Desk, OfPeople
from registry.issuing.decisions.ground import Ground
from registry.issuing.decisions.matching import NOBODY
from registry.issuing.decisions.prerequisites import lacking
from registry.issuing.decisions.renew import Held, refreshed, to_renew
from registry.issuing.decisions.statement import days_of, span_of, statement
from registry.issuing.decisions.validity import AnchorUnknown, Previous
from registry.issuing.decisions.wish import Wish
from registry.issuing.lists.roster_numbers import told_apart
from registry.issuing.lists.roster_row import Fault, Roster, RosterRow, fault
from registry.issuing.sittings.participation import NOTHING_SHOWN, Participation
from registry.reading.likeness import Reason
from registry.records.issued.batches import RowState
from registry.records.issued.certificates import Standing
from registry.records.persons.people import Known, Person
from verification.certificate import NUMBER_BYTES, Certificate, Name, display_number, new_number

if TYPE_CHECKING:
    from uuid import UUID

_MOST_ASSESSMENTS = 1_000  # that are remembered
_NAME: TypeAdapter[dict[str, str]] = TypeAdapter(dict[str, Name])
_BASES = count()  # one after the other in this process: two lists never have one of a number
_DRAFT_NUMBER = new_number(bytes(NUMBER_BYTES))


@dataclass(frozen=True, slots=True)
class Decided:
    """A row that may be issued, and at which level.

    shared    the certificate but for number, place, moment and holder: somebody's with whom all else is the same
    renews    number of the certificate that this one renews
    evidence  all that is known, as JSON
    base      tells what is shared apart from what others share
    """

    candidate: Candidate
    assessment: Assessment
    asked: Level
    shared: Certificate
    renews: str | None
    evidence: str
    base: int

    @property
    def draft(self) -> Certificate:
        """The certificate but for number, place and moment."""
        shared, row = self.shared, self.candidate.row
        return shared.model_copy(
            update={
                "holder_name": row.name,
                "birth_date": row.birth_date if shared.birth_in_code == "date" else None,
                "birth_year": row.birth_date.year if row.birth_date and shared.birth_in_code == "year" else None,
                "renews": self.renews,
            }
        )


@dataclass(frozen=True, slots=True)
class Decision:
    """What was decided about one row.

    row       line in the file
    read      the row; None where it could not be read
    name      of whom a row is about that could not be read, where that much could
    person    who it is, where that is on record
    level     at which it is, or may be, issued
    evidence  all that is known, as JSON; None where it did not come to that
    unmet     ids of the requirements of the asked level that do not hold
    number    of the certificate that the person holds already
    decided   what signing needs, of a pending row
    other     somebody on record who may be the same person, for review; with the reasons
    """

    row: int
    outcome: RowState
    read: RosterRow | None = None
    person: Person | Known | None = None
    level: Level | None = None
    attained: Level | None = None
    asked: Level | None = None
    evidence: str | None = None
    unmet: tuple[str, ...] = ()
    faults: tuple[Fault, ...] = ()
    number: str | None = None
    decided: Decided | None = None
    other: Person | None = None
    reasons: tuple[Reason, ...] = ()
    name: str | None = None


def decide_roster(desk: Desk, roster: Roster, wish: Wish) -> list[Decision]:
    """Every row of a list, in its order. Raises EmptyRoster, AskedTooHigh, IssuerNotAuthorised."""
    if not roster.rows and not roster.faults:
        raise EmptyRoster("the list has no rows; write one person per row below the header")
    return decide_rows(desk, roster.rows, roster.faults, wish, roster.names)


def decide_rows(
    desk: Desk,
    rows: Iterable[RosterRow],
    faults: Mapping[int, Sequence[Fault]],
    wish: Wish,
    names: Mapping[int, str],
) -> list[Decision]:
    """The rows and those that could not be read, in the order of the list; names: of the latter.

    Raises AskedTooHigh, IssuerNotAuthorised.
    """
    listed = [row for row in rows if row.row not in faults]
    people, shown = desk.known_people(listed), desk.participations(listed)
    ids = {match.person.id for match in people.values() if match.person is not None}
    decisions = [Decision(row, "fault", faults=tuple(found), name=names.get(row)) for row, found in faults.items()]
    decider = Decider(desk, wish, desk.of_people(ids, listed))
    seen = _Seen()
    for row in listed:
        match = people.get(row.row, NOBODY)
        first = seen.before(row, match.person)
        if first is not None:
            twice = fault("person_twice", column="name", value=row.name[:80], other=first)
            decision = Decision(row.row, "fault", row, faults=(twice,))
        elif match.fault is not None:
            decision = Decision(row.row, "fault", row, match.person, faults=(match.fault,))
        else:
            decision = decider.decide(row, match.person, shown.get(row.row, NOTHING_SHOWN))
        if match.other is not None:
            decision = replace(decision, other=match.other, reasons=match.reasons)
        decisions.append(decision)
    return sorted(decisions, key=lambda each: each.row)


class _Seen:
    """Who stood on the list before."""

    def __init__(self) -> None:
        self._called: dict[tuple[str, date | None], list[RosterRow]] = {}
        self._known: dict[UUID, int] = {}

    def before(self, row: RosterRow, person: Person | None) -> int | None:
        """The row that was about the same person; None where this is the first."""
        called = self._called.setdefault((row.name_key, row.birth_date), [])
        first = next((each.row for each in called if not told_apart(each, row)), None)
        called.append(row)
        if person is not None:
            known = self._known.setdefault(person.id, row.row)
            if first is None and known != row.row:
                first = known
        return first


class Decider:
    """Decides row after row for one list."""

    def __init__(self, desk: Desk, wish: Wish, known: OfPeople) -> None:
        """For one desk and wish; known: of the people that are decided about. Raises AskedTooHigh."""
        self._desk, self._wish, self._known = desk, wish, known
        self._asked = wish.asked or desk.scheme.target_level
        self._assessments: dict[tuple[str, Level, Level], Assessment] = {}
        self._evidence: dict[int, tuple[Evidence, str]] = {}
        self._bases: dict[tuple[object, ...], tuple[int, Certificate, Evidence]] = {}
        self._spans: dict[tuple[object, ...], tuple[date, date | None]] = {}
        order = desk.rules.order
        if order.index(self._asked) < order.index(desk.scheme.max_level):
            raise AskedTooHigh(
                f"{desk.scheme.code} goes no higher than {desk.scheme.max_level}; {self._asked} was asked"
            )

    def go_on(self, desk: Desk, known: OfPeople) -> None:
        """Decide about others; the desk is the same at a later moment, see `Desk.later`."""
        self._desk, self._known = desk, known

    def decide(self, row: RosterRow, person: Person | Known | None, shown: Participation) -> Decision:
        """One row; shown: what the record shows of it. Raises IssuerNotAuthorised, SchemeLooserThanEdition."""
        asked = row.asked or self._asked
        rank, target = self._desk.rules.rank, self._desk.scheme.target_level
        if row.asked is not None and rank(row.asked) < rank(target):
            above = fault("asked_above_target", column="asked", value=row.asked.value, target=target.value)
            return Decision(row.row, "fault", row, person, faults=(above,))
        if person is not None and person.id in self._known.standing:
            return self._held(row, person, self._known.standing[person.id], asked)
        ground = self._desk.ground(row)
        portrait = person is not None and person.id in self._known.portraits
        found = candidate(ground, row, person, shown, portrait=portrait, taught=self._known.taught)
        if isinstance(found, list):
            return Decision(row.row, "fault", row, person, faults=tuple(found))
        against, former = self._lacking(ground, found), None
        if not against and self._desk.occasion.refresher is not None:
            renewed = self._renewed(ground, found)
            against, former = ((renewed,), None) if isinstance(renewed, Fault) else ((), renewed)
        if against:
            return Decision(row.row, "refused", row, person, asked=asked, faults=against)
        return self._assessed(ground, found, asked, former)

    def _lacking(self, ground: Ground, found: Candidate) -> tuple[Fault, ...]:
        """What the person had to hold before and does not, one entry each."""
        wanted, desk, before = ground.scheme.prerequisite, self._desk, self._known.before
        if before is None or not wanted:
            return ()
        held = before.get(found.person.id, ()) if found.person else ()
        missing = lacking(wanted, held, days_of(ground, found, desk.now), desk.rules)
        return tuple(
            fault("prerequisite_missing", wanted=each.any_of, day=each.day.isoformat())
            if each.day
            else fault("prerequisite_day_unknown", wanted=each.any_of, day=each.wanted.on)
            for each in missing
        )

    def _renewed(self, ground: Ground, found: Candidate) -> Held | Fault:
        """The certificate that a refresher renews for this person, or why it renews none."""
        desk, policy = self._desk, ground.scheme.validity
        held = self._known.held.get(found.person.id, ()) if found.person else ()
        former = to_renew(held, desk.rules.carries_end)
        if isinstance(former, Fault):
            return former
        step = policy.step(desk.occasion.refresher or "")
        finished = days_of(ground, found, desk.now).anchors()[policy.anchor] or desk.occasion.decided_on
        against = refreshed(policy, step, former, finished, desk.extensions) if step else fault("renews_no_refresher")
        return against or former

    def _assessed(self, ground: Ground, found: Candidate, asked: Level, former: Held | None) -> Decision:
        """former: the certificate that this one would renew; a shorter course never takes anybody higher than it."""
        row, evidence = found.row, self._told(found.evidence)
        highest = self._desk.ceiling
        ceiling = highest if former is None else max(highest, former.level, key=self._desk.rules.rank)
        assessment = self._assessment(found, evidence, asked, ceiling)
        at_attained = self._wish.issue_at_attained if row.at_attained is None else row.at_attained
        if not assessment.reached and not at_attained:
            unmet = tuple(each.id for each in assessment.unmet[asked])
            at_most = "ceiling" if ceiling == highest else "renews_at_most"
            too_high = fault(at_most, value=asked.value, ceiling=assessment.ceiling.value)
            return Decision(
                row.row,
                "refused",
                row,
                found.person,
                attained=assessment.attained,
                asked=asked,
                evidence=evidence,
                unmet=unmet,
                faults=() if unmet else (too_high,),
            )
        level = asked if assessment.reached else assessment.attained
        draft = self._drafted(ground, found, assessment, level, former)
        if isinstance(draft, Fault):
            return Decision(row.row, "fault", row, found.person, faults=(draft,))
        base, certificate = draft
        return Decision(
            row.row,
            "pending",
            row,
            found.person,
            level=level,
            attained=assessment.attained,
            asked=asked,
            evidence=evidence,
            decided=Decided(found, assessment, asked, certificate, former.number if former else None, evidence, base),
        )

    def _assessment(self, found: Candidate, evidence: str, asked: Level, ceiling: Level) -> Assessment:
        """The evidence assessed; the rows of a list often have all of it in common.

        Raises IssuerNotAuthorised, SchemeLooserThanEdition.
        """
        desk, known = self._desk, self._assessments.get((evidence, asked, ceiling))
        if known is not None:
            return known
        try:
            assessment = assess(found.evidence, desk.rules, desk.occasion.decided_on, asked=asked, ceiling=ceiling)
        except NotAuthorised as refused:
            raise IssuerNotAuthorised(str(refused)) from refused
        except LooserThanEdition as refused:
            raise SchemeLooserThanEdition(str(refused)) from refused
        if len(self._assessments) < _MOST_ASSESSMENTS:
            self._assessments[evidence, asked, ceiling] = assessment
        return assessment

    def _told(self, evidence: Evidence) -> str:
        """As JSON; `Ground.evidence_of` gives rows with the same evidence one object."""
        known = self._evidence.get(id(evidence))
        if known is not None:
            return known[1]
        told = evidence.model_dump_json(exclude_defaults=True)
        if len(self._evidence) < _MOST_ASSESSMENTS:
            self._evidence[id(evidence)] = (evidence, told)  # kept, so that its id stays its own
        return told

    def _drafted(
        self, ground: Ground, found: Candidate, assessment: Assessment, level: Level, former: Held | None
    ) -> tuple[int, Certificate] | Fault:
        desk, row = self._desk, found.row
        previous = former.previous() if former else None
        try:
            _NAME.validate_python({"holder_name": row.name})
            first, last = self._span(ground, found, level, previous)
            if last is not None and last < max(desk.today, first):
                return fault("would_have_expired", until=last.isoformat())
            common = (id(found.evidence), ground.parties, level, first, last, found.scope_classes, found.assessed_on)
            known = self._bases.get(common)
            if known is None:
                base = statement(ground, found, assessment, level, _DRAFT_NUMBER, (0, 0), (first, last), desk.now)
                known = (next(_BASES), base, found.evidence)
                if len(self._bases) < _MOST_ASSESSMENTS:
                    self._bases[common] = known
            return known[0], known[1]
        except AnchorUnknown as unknown:
            return fault("anchor_unknown", anchor=str(unknown))
        except ValidationError as cannot:
            return _cannot_be_stated(cannot, row)

    def _span(
        self, ground: Ground, found: Candidate, level: Level, previous: Previous | None
    ) -> tuple[date, date | None]:
        """First and last day of validity. Raises AnchorUnknown."""
        # Of the holder only their age counts, and only where the scheme asks for one.
        born_on = None if ground.scheme.validity.from_age is None else found.row.birth_date
        asked = (ground.parties, level, previous, found.assessed_on, born_on)
        span = self._spans.get(asked)
        if span is None:
            span = span_of(ground, found, level, self._desk.now, previous)
            if len(self._spans) < _MOST_ASSESSMENTS:
                self._spans[asked] = span
        return span

    def _held(self, row: RosterRow, person: Person | Known, certificate: Standing, asked: Level) -> Decision:
        """The person holds a certificate of this occasion; one that does not hold now is not replaced by a list."""
        if certificate.state in {"revoked", "suspended"}:
            why = fault(f"{certificate.state}_before", number=display_number(certificate.number))
            return Decision(row.row, "refused", row, person, asked=asked, faults=(why,))
        return Decision(
            row.row,
            "already",
            row,
            person,
            level=Level(certificate.level),
            attained=Level(certificate.attained),
            asked=asked,
            number=certificate.number,
        )


def _cannot_be_stated(cannot: ValidationError, row: RosterRow) -> Fault:
    first = cannot.errors(include_url=False)[0]
    where = ".".join(str(part) for part in first["loc"])
    if where == "holder_name":
        return fault("name_unusable", column="name", value=row.name[:80])
    return fault("cannot_be_stated", why=f"{where} {first['msg']}".strip())
