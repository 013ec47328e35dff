"""Occasions: a course run or an exam sitting, who took part in it on the organisers' side, and what was checked."""

import difflib
from collections.abc import Iterable, Mapping, Sequence
from datetime import date, datetime
from functools import cache
from typing import Annotated, Any, Final, Literal, Self, get_args, get_origin
from uuid import UUID

from pydantic import Field as InputField
from pydantic import model_validator
from sqlalchemy import JSON, Column, UniqueConstraint, delete
from sqlmodel import Field, SQLModel, col, or_, select

from levels.evidence import Evidence, MalformedEvidence, evidence_from_mapping
from registry.errors import MalformedInput, OccasionExists, OccasionNotFound
from registry.records.parties.organisations import organisation_by_slug
from registry.records.sector.scheme_document import NewScheme, ScopeClass
from registry.records.sector.schemes import SchemeVersion, require_in_force, scheme_version, version_in_force
from registry.records.sittings.identity_checks import ChecksByStage
from registry.records.sittings.occasion_events import append_event, digest_of
from registry.records.sittings.sessions import Delivery, NewSession, numbered, wrong_with_sessions
from registry.records.store.database import Database, new_id
from registry.records.strict_input import Language, Line, NoNumberAsId, Slug, StrictInput, parse
from verification.certificate import Name

Role = Literal["instructor", "examiner", "invigilator", "decision_maker"]
MOST_SESSIONS, MOST_STAFF = 400, 200
MOST_BYTES_IN_CODE = 500  # of the 1200 that a QR code on a card can hold, beside the longest name
OccasionId = Annotated[str, InputField(pattern=r"^[a-z0-9][a-z0-9-]{0,62}[a-z0-9]$"), NoNumberAsId]
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


@cache
def scale_of(fact: str) -> tuple[str, ...]:
    """The words of a fact that is a scale, in their order; none for any other fact."""
    parts = get_args(Evidence.model_fields[fact].annotation)
    return next((get_args(part) for part in parts if get_origin(part) is Literal), ())


_HEX_IN_LETTERS: Final = str.maketrans("0123456789abcdef", "ghjkmnpqrsabcdef")


class Occasion(SQLModel, table=True):
    """One occasion. `document` is all of it as it stands now; the columns are for finding it.

    cancelled  nothing is issued from it; its last event says why
    """

    id: UUID = Field(primary_key=True, default_factory=new_id)
    public_id: str = Field(unique=True, index=True)
    scheme: str = Field(foreign_key="scheme.code", index=True)
    scheme_version: str
    issuer: str = Field(foreign_key="organisation.slug", index=True)
    decided_on: date
    document: dict[str, Any] = Field(sa_column=Column(JSON, nullable=False))
    cancelled: bool = False
    recorded_at: datetime
    recorded_by: str

    def new(self) -> "NewOccasion":
        """All that was handed in of it, as it stands now; every session has its id."""
        return parse(self.document, NewOccasion).numbered()


class OccasionStaff(SQLModel, table=True):
    """Who did what at an occasion, so that one can ask whether an examiner ever taught a candidate."""

    __tablename__ = "occasion_staff"
    __table_args__ = (UniqueConstraint("occasion_id", "person", "role"),)

    id: UUID = Field(primary_key=True, default_factory=new_id)
    occasion_id: UUID = Field(foreign_key="occasion.id", index=True)
    person: str = Field(index=True)
    role: str
    last_on: date | None = None  # the last day of it


class StaffMember(StrictInput):
    """A person in one role. The id is the one ties between persons are recorded on."""

    id: Slug
    name: Line
    birth_date: date | None = None
    role: Role
    organisation: Slug | None = None


class NewOccasion(StrictInput):
    """An occasion as its organiser hands it in. What is not said is not known."""

    id: OccasionId | None = None
    scheme: Slug
    version: str | None = None
    refresher: Slug | None = None
    training_provider: Slug | None = None
    examination_body: Slug | None = None
    issuer: Slug
    register_keeper: Slug | None = None
    exam_on: date | None = None
    decided_on: date
    delivery: Delivery | None = None
    language_training: Language | None = None
    language_test: Language | None = None
    attendance_check: Literal["none", "once", "day", "session"] | None = None
    exam_supervision: Literal["none", "login", "live", "live_logged", "on_site"] | None = None
    exam_face: Literal["none", "seen", "document", "portrait"] | None = None
    identity_unbroken: bool | None = None
    examiner_last_taught: Annotated[int, InputField(ge=0, le=1200)] | Literal["never"] | None = None
    scope_classes: tuple[ScopeClass, ...] = ()
    restrictions: tuple[Name, ...] = ()
    session: Annotated[tuple[NewSession, ...], InputField(max_length=MOST_SESSIONS)] = ()
    staff: Annotated[tuple[StaffMember, ...], InputField(max_length=MOST_STAFF)] = ()
    identity: ChecksByStage = ChecksByStage()
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
        wrong = wrong_with_sessions(self.session, self.people_as("instructor"))
        if wrong:
            raise ValueError(wrong)
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

    @property
    def mandatory_minutes(self) -> int | None:
        """How long all mandatory sessions lasted together; None where no session is on record."""
        if not self.session:
            return None
        return sum(session.lasted_minutes for session in self.session if session.mandatory)

    def taught_last_on(self, person: str) -> date | None:
        """The last day that an instructor taught: at their own sessions, or at any where no session names them."""
        return max((session.on for session in self.session if person in session.staff), default=self.last_session_on)

    def recorders(self, action: str) -> tuple[str, ...]:
        """The organisations whose people may take that action on its record: those that take part in what it is about.

        The issuer answers for all of it.
        """
        taking_part = {
            "occasion.attendance": (self.training_provider,),
            "occasion.result": (self.examination_body,),
        }.get(action, (self.training_provider, self.examination_body))
        return tuple(dict.fromkeys([self.issuer, *filter(None, taking_part)]))

    def numbered(self) -> "NewOccasion":
        """The same, with an id for every session."""
        return self.model_copy(update={"session": numbered(self.session)})

    def people_as(self, *roles: Role) -> frozenset[str]:
        """The ids of the staff in any of these roles."""
        return frozenset(member.id for member in self.staff if member.role in roles)


def occasion_named(identity: UUID) -> str:
    """What an occasion is called that nobody named, in letters alone: among digits some look like a national number."""
    return "oc-" + identity.hex[-12:].translate(_HEX_IN_LETTERS)


def add_occasion(db: Database, new: NewOccasion, now: datetime, actor: str) -> Occasion:
    """Record an occasion. The scheme version is settled here: a later one changes nothing about it.

    Raises SchemeNotFound, SchemeNotInForce, OrganisationNotFound, OccasionExists, and MalformedInput for scope classes
    and languages the scheme lacks and for identity checks that the edition does not know or nobody of the staff made.
    """
    version = version_in_force(db, new.scheme, new.version, new.decided_on)
    check_against_records(db, new, version)
    identity = new_id()
    public_id = new.id or occasion_named(identity)
    if db.exec(select(Occasion).where(Occasion.public_id == public_id)).first():
        raise OccasionExists(f"{public_id} is taken; choose another id")
    settled = new.model_copy(update={"id": public_id, "version": version.version}).numbered()
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
    keep_staff(db, occasion, settled)
    append_event(db, identity, "recorded", at=now, actor=actor, digest=digest_of(occasion.document))
    return occasion


def check_against_records(db: Database, new: NewOccasion, version: SchemeVersion) -> None:
    """Hold what was handed in against what is on record. Raises what `add_occasion` raises, but OccasionExists."""
    require_in_force(version, new.decided_on)
    scheme = version.new()
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
    if new.refresher is not None and scheme.validity.step(new.refresher) is None:
        known = ", ".join(step.id for step in scheme.validity.refresher) or "none"
        says = f"{new.refresher!r} is no refresher of {new.scheme}, version {version.version}; known are {known}"
        raise MalformedInput([("refresher", says)])
    _check_conditions(new, [condition.code for condition in scheme.validity.only_while])
    _check_languages(new, scheme)
    _check_identity(new)


def keep_staff(db: Database, occasion: Occasion, settled: NewOccasion) -> None:
    """Write who did what at an occasion, instead of what was on record of it."""
    db.connection().execute(delete(OccasionStaff).where(col(OccasionStaff.occasion_id) == occasion.id))
    for member in settled.staff:
        last_on = settled.taught_last_on(member.id) if member.role == "instructor" else settled.exam_on
        db.add(OccasionStaff(occasion_id=occasion.id, person=member.id, role=member.role, last_on=last_on))
    db.flush()


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


def _check_languages(new: NewOccasion, scheme: NewScheme) -> None:
    faults = []
    for name, said, allowed, held in (
        ("language_training", new.language_training, scheme.languages_training, bool(new.session)),
        ("language_test", new.language_test, scheme.languages_test, new.exam_on is not None),
    ):
        if allowed and said is None and held:
            faults.append((name, f"is missing; {new.scheme} is held in {', '.join(allowed)}"))
        elif allowed and said is not None and said not in allowed:
            faults.append((name, f"{said!r} is no language of {new.scheme}; it is held in {', '.join(allowed)}"))
    if faults:
        raise MalformedInput(faults)


def _check_identity(new: NewOccasion) -> None:
    staff = sorted({member.id for member in new.staff})
    checks = [(f"identity.{stage}", getattr(new.identity, stage)) for stage in ChecksByStage.model_fields]
    checks += [(f"session[{place}].identity", session.identity) for place, session in enumerate(new.session)]
    faults: list[tuple[str, str]] = []
    for path, check in checks:
        if check is None:
            continue
        if check.checker and check.checker not in staff:
            known = f"the staff are {', '.join(staff)}" if staff else "the occasion names no staff"
            faults.append((f"{path}.checker", f"{check.checker!r} is nobody of the staff; {known}"))
        faults += [(path, says) for says in check.unknown(new.decided_on)]
    if faults:
        raise MalformedInput(faults)


def _staff_organisation(db: Database, place: int, slug: str) -> None:
    if organisation_by_slug(db, slug).kind == "person":
        raise MalformedInput([(f"staff[{place}].organisation", f"{slug} is a person")])


def occasions(db: Database) -> Sequence[Occasion]:
    """All occasions, the last decided first."""
    return db.exec(select(Occasion).order_by(col(Occasion.decided_on).desc(), Occasion.public_id)).all()


def occasions_after(  # noqa: PLR0913 where in the list, and of whom
    db: Database,
    after: UUID | None,
    limit: int,
    *,
    taking_part: Iterable[str] | None = None,
    scheme: str | None = None,
    issuer: str | None = None,
) -> Sequence[Occasion]:
    """A page of occasions, in the order in which they were recorded.

    taking_part  only those that one of these organisations issues, trains or examines for; None = all
    """
    query = select(Occasion)
    if taking_part is not None:
        wanted = sorted(taking_part)
        document: Any = col(Occasion.document)
        query = query.where(
            or_(
                col(Occasion.issuer).in_(wanted),
                document["training_provider"].as_string().in_(wanted),
                document["examination_body"].as_string().in_(wanted),
            )
        )
    if scheme is not None:
        query = query.where(Occasion.scheme == scheme)
    if issuer is not None:
        query = query.where(Occasion.issuer == issuer)
    if after is not None:
        query = query.where(Occasion.id > after)
    return db.exec(query.order_by(col(Occasion.id)).limit(limit)).all()


def occasion_by_id(db: Database, public_id: str, *, for_update: bool = False) -> Occasion:
    """Raises OccasionNotFound.

    for_update  nobody else changes it until the transaction ends
    """
    query = select(Occasion).where(Occasion.public_id == public_id)
    found = db.exec(query.with_for_update() if for_update else query).first()
    if found is None:
        raise no_occasion(public_id)
    return found


def no_occasion(public_id: str) -> OccasionNotFound:
    """What is said of an id that no occasion has."""
    return OccasionNotFound(f"no occasion has the id {public_id!r}", public_id)


def short_by_minutes(db: Database, occasion: Occasion) -> int:
    """How much longer the scheme asks the mandatory sessions to last; 0 where no session is on record."""
    lasted = occasion.new().mandatory_minutes
    if lasted is None:
        return 0
    scheme = scheme_version(db, occasion.scheme, occasion.scheme_version).new()
    return max(0, scheme.taught_as(occasion.new().refresher).mandatory_minutes - lasted)


def occasion_of(db: Database, identity: UUID) -> Occasion:
    """By the id that other records name it by."""
    return db.exec(select(Occasion).where(Occasion.id == identity)).one()


def occasion_ids(db: Database, identities: Iterable[UUID]) -> Mapping[UUID, str]:
    """What these are called outside, by the ids that other records name them by."""
    wanted = select(Occasion.id, Occasion.public_id).where(col(Occasion.id).in_(set(identities)))
    return dict(db.exec(wanted).all())


def taught_by(db: Database, people: Iterable[str]) -> Mapping[UUID, Mapping[str, date | None]]:
    """The occasions that any of these people taught at, with the last day that each of them did (None: not known)."""
    found = db.exec(
        select(OccasionStaff)
        .join(Occasion, col(Occasion.id) == OccasionStaff.occasion_id)
        .where(
            col(OccasionStaff.person).in_(set(people)),
            OccasionStaff.role == "instructor",
            col(Occasion.cancelled).is_(False),
        )
    )
    taught: dict[UUID, dict[str, date | None]] = {}
    for each in found:
        taught.setdefault(each.occasion_id, {})[each.person] = each.last_on
    return taught
