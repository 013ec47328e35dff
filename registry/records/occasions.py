"""Occasions: a course run or an exam sitting, who took part in it on the organisers' side, and what was checked."""

import difflib
from collections.abc import Iterable, Mapping, Sequence
from datetime import date, datetime
from typing import Annotated, Any, Literal, Self
from uuid import UUID

from pydantic import Field as InputField
from pydantic import model_validator
from sqlalchemy import JSON, Column, UniqueConstraint
from sqlmodel import Field, SQLModel, col, select

from levels.evidence import MalformedEvidence, evidence_from_mapping
from levels.identity import IdentityEvent, UnknownMethod, assurance_of_identity
from levels.rulebook import NoSuchEdition, edition_on
from registry.errors import MalformedInput, OccasionExists, OccasionNotFound
from registry.records.database import Database, new_id
from registry.records.organisations import organisation_by_slug
from registry.records.schemes import ScopeClass, scheme_version
from registry.records.strict_input import Language, Line, Slug, StrictInput, parse
from verification.certificate import Name

Role = Literal["instructor", "examiner", "invigilator", "decision_maker"]
MOST_BYTES_IN_CODE = 500  # of the 1200 that a QR code on a card can hold, beside the longest name
OccasionId = Annotated[str, InputField(pattern=r"^[a-z0-9][a-z0-9-]{0,62}[a-z0-9]$")]
Fact = bool | int | str

# The facts that an occasion or a row of its class list may state by name. Who issues, and when it was decided, is
# the same for the whole list: that decides who signs, and under which mandate.
SHARED_FACTS = (
    "training_provider",
    "examination_body",
    "register_keeper",
    "examiner_last_taught",
    "decider_apart",
    "holder_apart",
    "attendance_check",
    "attendance_ida",
    "exam_supervision",
    "exam_ida",
    "exam_face",
    "identity_unbroken",
)
ROW_FACTS = (
    "enrolment_ida",
    "portrait",
    "attended_minutes",
    "passed_all",
    "result_recorded",
    "notifiable",
    "employer",
)
STATABLE_FACTS = (*SHARED_FACTS, *ROW_FACTS)


def what_is_wrong(name: str, value: Fact) -> str | None:
    """What stands against stating that fact, in words; None if nothing does."""
    if name not in STATABLE_FACTS:
        near = difflib.get_close_matches(name, STATABLE_FACTS, n=1)
        return "is no fact of an occasion or a row; " + (
            f"did you mean {near[0]}?" if near else f"known are {', '.join(STATABLE_FACTS)}"
        )
    try:
        evidence_from_mapping({name: value})
    except MalformedEvidence as malformed:
        return malformed.faults[0][1]
    return None


class Occasion(SQLModel, table=True):
    """One occasion. `document` is all of it as it was handed in; the columns are for finding it."""

    id: UUID = Field(primary_key=True, default_factory=new_id)
    public_id: str = Field(unique=True, index=True)
    scheme: str = Field(foreign_key="scheme.code", index=True)
    scheme_version: str
    issuer: str = Field(foreign_key="organisation.slug", index=True)
    decided_on: date
    document: dict[str, Any] = Field(sa_column=Column(JSON, nullable=False))
    recorded_at: datetime
    recorded_by: str

    def new(self) -> "NewOccasion":
        """All that is known of it, as it was handed in."""
        return parse(self.document, NewOccasion)


class OccasionStaff(SQLModel, table=True):
    """Who did what at an occasion, so that one can ask whether an examiner ever taught a candidate."""

    __tablename__ = "occasion_staff"
    __table_args__ = (UniqueConstraint("occasion_id", "person", "role"),)

    id: UUID = Field(primary_key=True, default_factory=new_id)
    occasion_id: UUID = Field(foreign_key="occasion.id", index=True)
    person: str = Field(index=True)
    role: str
    last_on: date | None = None  # the last day of it


class NewSession(StrictInput):
    """One sitting of the course."""

    on: date
    minutes: Annotated[int, InputField(ge=1, le=1440)]


class StaffMember(StrictInput):
    """A person in one role. The id is the one ties between persons are recorded on."""

    id: Slug
    name: Line
    birth_date: date | None = None
    role: Role
    organisation: Slug | None = None


class IdentityCheck(StrictInput):
    """How it was checked who stood there: a method of the edition's table, or that staff knew them again.

    carried_over  those who checked at enrolment recognised the face, so that check still counts
    """

    method: str | None = None
    native_level: str | None = None
    number_quality: str | None = None
    checker: str | None = None
    at: datetime | None = None
    carried_over: bool = False

    @model_validator(mode="after")
    def _hangs_together(self) -> Self:
        if self.carried_over == (self.method is not None):
            raise ValueError("needs either method or carried_over = true")
        return self


class IdentityChecks(StrictInput):
    """The checks at each stage. That of enrolment is the default for rows which name no method."""

    enrolment: IdentityCheck | None = None
    attendance: IdentityCheck | None = None
    exam: IdentityCheck | None = None

    @model_validator(mode="after")
    def _hangs_together(self) -> Self:
        if self.enrolment and self.enrolment.carried_over:
            raise ValueError("enrolment comes first and has nothing to carry over; name the method")
        return self


class NewOccasion(StrictInput):
    """An occasion as its organiser hands it in. What is not said is not known."""

    id: OccasionId | None = None
    scheme: Slug
    version: str | None = None
    training_provider: Slug | None = None
    examination_body: Slug | None = None
    issuer: Slug
    register_keeper: Slug | None = None
    exam_on: date | None = None
    decided_on: date
    delivery: Literal["classroom", "blended", "online_live", "online_self_paced", "workplace"] | None = None
    language_training: Language | None = None
    language_test: Language | None = None
    attendance_check: Literal["none", "once", "day", "session"] | None = None
    exam_supervision: Literal["none", "login", "live", "live_logged", "on_site"] | None = None
    exam_face: Literal["none", "seen", "document", "portrait"] | None = None
    identity_unbroken: bool | None = None
    examiner_last_taught: Annotated[int, InputField(ge=0, le=1200)] | Literal["never"] | None = None
    scope_classes: tuple[ScopeClass, ...] = ()
    restrictions: tuple[Name, ...] = ()
    session: tuple[NewSession, ...] = ()
    staff: tuple[StaffMember, ...] = ()
    identity: IdentityChecks = IdentityChecks()
    facts: Mapping[str, Fact] = {}

    @model_validator(mode="after")
    def _hangs_together(self) -> Self:
        first = min((session.on for session in self.session), default=None)
        if first and self.exam_on and self.exam_on < first:
            raise ValueError(f"exam_on ({self.exam_on}) lies before the first session ({first})")
        for name, day in (("the last session", self.last_session_on), ("exam_on", self.exam_on)):
            if day and self.decided_on < day:
                raise ValueError(f"decided_on ({self.decided_on}) lies before {name} ({day})")
        in_code = sum(len(text.encode()) for text in (*self.scope_classes, *self.restrictions))
        if in_code > MOST_BYTES_IN_CODE:
            raise ValueError("scope_classes and restrictions together are too long for a QR code; use short codes")
        entries = [(member.id, member.role) for member in self.staff]
        twice = next((entry for entry in entries if entries.count(entry) > 1), None)
        if twice:
            raise ValueError(f"staff: {twice[0]} stands there twice as {twice[1]}")
        return self

    @model_validator(mode="after")
    def _states_facts(self) -> Self:
        for name, value in self.facts.items():
            says = what_is_wrong(name, value)
            if says:
                raise ValueError(f"facts.{name}: {says}")
        return self

    @property
    def first_session_on(self) -> date | None:
        """The first day of the training, or of the exam where there was none."""
        return min((session.on for session in self.session), default=self.exam_on)

    @property
    def last_session_on(self) -> date | None:
        """The last day of the training."""
        return max((session.on for session in self.session), default=None)

    def people_as(self, *roles: Role) -> frozenset[str]:
        """The ids of the staff in any of these roles."""
        return frozenset(member.id for member in self.staff if member.role in roles)


def add_occasion(db: Database, new: NewOccasion, now: datetime, actor: str) -> Occasion:
    """Record an occasion. The scheme version is settled here: a later one changes nothing about it.

    Raises SchemeNotFound, OrganisationNotFound, OccasionExists, and MalformedInput for scope classes the scheme
    lacks and for identity checks that the edition does not know or nobody of the staff made.
    """
    version = scheme_version(db, new.scheme, new.version)
    for slug in filter(None, (new.training_provider, new.examination_body, new.issuer, new.register_keeper)):
        organisation_by_slug(db, slug)
    for place, member in enumerate(new.staff):
        if member.organisation:
            _staff_organisation(db, place, member.organisation)
    unknown = [scope for scope in new.scope_classes if scope not in version.document["scope_classes"]]
    if unknown:
        known = ", ".join(version.document["scope_classes"]) or "none"
        raise MalformedInput(
            [("scope_classes", f"{unknown[0]!r} is no scope class of {new.scheme}; known are {known}")]
        )
    _check_conditions(new, [condition.code for condition in version.new().validity.only_while])
    _check_identity(new)
    identity = new_id()
    public_id = new.id or f"oc-{identity.hex[-12:]}"
    if db.exec(select(Occasion).where(Occasion.public_id == public_id)).first():
        raise OccasionExists(f"{public_id} is taken; choose another id")
    settled = new.model_copy(update={"id": public_id, "version": version.version})
    occasion = Occasion(
        id=identity,
        public_id=public_id,
        scheme=new.scheme,
        scheme_version=version.version,
        issuer=new.issuer,
        decided_on=new.decided_on,
        document=settled.model_dump(mode="json"),
        recorded_at=now,
        recorded_by=actor,
    )
    db.add(occasion)
    db.flush()
    for member in new.staff:
        last_on = new.last_session_on if member.role == "instructor" else new.exam_on
        db.add(OccasionStaff(occasion_id=identity, person=member.id, role=member.role, last_on=last_on))
    db.flush()
    return occasion


def _check_conditions(new: NewOccasion, codes: Sequence[str]) -> None:
    """The scheme's own conditions stand on the certificate beside the restrictions."""
    repeated = [code for code in codes if code in new.restrictions]
    if repeated:
        says = f"{repeated[0]} stands on every certificate of {new.scheme} as it is; leave it out"
        raise MalformedInput([("restrictions", says)])
    in_code = sum(len(text.encode()) for text in (*new.scope_classes, *new.restrictions, *codes))
    if in_code > MOST_BYTES_IN_CODE:
        says = "together with scope_classes and the conditions of the scheme too long for a QR code; use short codes"
        raise MalformedInput([("restrictions", says)])


def _check_identity(new: NewOccasion) -> None:
    staff = sorted({member.id for member in new.staff})
    faults: list[tuple[str, str]] = []
    for stage in IdentityChecks.model_fields:
        check: IdentityCheck | None = getattr(new.identity, stage)
        if check is None:
            continue
        if check.checker and check.checker not in staff:
            known = f"the staff are {', '.join(staff)}" if staff else "the occasion names no staff"
            faults.append((f"identity.{stage}.checker", f"{check.checker!r} is nobody of the staff; {known}"))
        if check.method is not None:
            faults += [(f"identity.{stage}", says) for says in _unknown_in(check, check.method, new.decided_on)]
    if faults:
        raise MalformedInput(faults)


def _unknown_in(check: IdentityCheck, method: str, day: date) -> list[str]:
    event = IdentityEvent(method=method, native_level=check.native_level, number_quality=check.number_quality)
    try:
        assurance_of_identity(event, edition_on(day).methods)
    except UnknownMethod as unknown:
        return [str(unknown)]
    except NoSuchEdition:  # then nothing is issued from it, and the desk says so
        return []
    return []


def _staff_organisation(db: Database, place: int, slug: str) -> None:
    if organisation_by_slug(db, slug).kind == "person":
        raise MalformedInput([(f"staff[{place}].organisation", f"{slug} is a person")])


def occasions(db: Database) -> Sequence[Occasion]:
    """All occasions, the last decided first."""
    return db.exec(select(Occasion).order_by(col(Occasion.decided_on).desc(), Occasion.public_id)).all()


def occasion_by_id(db: Database, public_id: str) -> Occasion:
    """Raises OccasionNotFound."""
    found = db.exec(select(Occasion).where(Occasion.public_id == public_id)).first()
    if found is None:
        raise OccasionNotFound(f"no occasion has the id {public_id!r}")
    return found


def taught_by(db: Database, people: Iterable[str]) -> Mapping[UUID, date | None]:
    """The occasions that any of these people taught at, with the last day of each (None: not known)."""
    taught = db.exec(
        select(OccasionStaff).where(col(OccasionStaff.person).in_(set(people)), OccasionStaff.role == "instructor")
    )
    return {each.occasion_id: each.last_on for each in taught}
