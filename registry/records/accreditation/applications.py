"""Applications for accreditation, the documents that came with them, and everything that was done about them.

Every step is an event that is never changed: who, when, why. The state is the column that the last event has left.
"""

from collections.abc import Collection, Iterable, Mapping, Sequence
from datetime import date, datetime
from typing import Annotated, Literal
from uuid import UUID

from pydantic import AfterValidator
from pydantic import Field as InputField
from sqlalchemy import JSON, Column, String, UniqueConstraint, or_
from sqlmodel import Field, SQLModel, col, func, select

from registry.errors import AccreditationNotFound, AccreditationStep, OrganisationRejected
from registry.records.parties.organisations import organisation_by_slug
from registry.records.store.database import Database, new_id
from registry.records.store.kept import never_changed, never_removed
from registry.records.strict_input import Line, Reference, Slug, StrictInput, each_once
from verification.certificate import Name
from verification.organisation_certificate import Edition, Standard

State = Literal["applied", "proposed", "decided", "granted", "refused", "given_up"]
EventKind = Literal[
    "applied",
    "document_added",
    "proposed",
    "sent_back",
    "decided",
    "refused",
    "given_up",
    "granted",
    "surveilled",
    "warned",
    "suspended",
    "reinstated",
    "withdrawn",
]
STATE_AFTER: Mapping[str, State] = {
    "applied": "applied",
    "proposed": "proposed",
    "sent_back": "applied",
    "decided": "decided",
    "refused": "refused",
    "given_up": "given_up",
    "granted": "granted",
}
MOST_DOCUMENTS = 100


class Accreditation(SQLModel, table=True):
    """One application: by whom, to whom, for what.

    certificate          number of the certificate that it ended in, once it was granted
    surveillance_months  how long after one look the next is due
    """

    id: UUID = Field(primary_key=True, default_factory=new_id)
    public_id: str = Field(unique=True, index=True)
    body: str = Field(foreign_key="organisation.slug", index=True)
    applicant: str = Field(foreign_key="organisation.slug", index=True)
    standard: str
    edition: str
    scope: list[str] = Field(default_factory=list, sa_column=Column(JSON, nullable=False))
    state: State = Field(sa_type=String)
    certificate: str | None = Field(default=None, foreign_key="organisation_certificate.number", unique=True)
    surveillance_months: int | None = None
    applied_at: datetime
    applied_by: str


class AccreditationDocument(SQLModel, table=True):
    """Something that was handed in: where it is kept, and the digest by which it is known again."""

    __tablename__ = "accreditation_document"
    __table_args__ = (UniqueConstraint("accreditation_id", "sha256"),)

    id: UUID = Field(primary_key=True, default_factory=new_id)
    accreditation_id: UUID = Field(foreign_key="accreditation.id", index=True)
    name: str
    reference: str
    sha256: str
    added_at: datetime
    added_by: str


class AccreditationEvent(SQLModel, table=True):
    """One step: who, when, why. Never changed, never removed.

    place               1 for the first, and so on without gaps
    from_day, until_day of a sanction: the days it is about
    about               the approval, the certificate or the document's digest that it is about
    """

    __tablename__ = "accreditation_event"
    __table_args__ = (UniqueConstraint("accreditation_id", "place"),)

    id: UUID = Field(primary_key=True, default_factory=new_id)
    accreditation_id: UUID = Field(foreign_key="accreditation.id", index=True)
    place: int
    kind: EventKind = Field(sa_type=String)
    at: datetime
    actor: str
    reason: str | None = None
    from_day: date | None = None
    until_day: date | None = None
    about: str | None = None


KEPT = (
    never_changed(
        "accreditation_is_kept",
        "accreditation",
        "what was applied for is never changed",
        but=("state", "certificate", "surveillance_months"),
    ),
    never_removed("accreditation_stays", "accreditation", "an application is never removed"),
    never_changed("accreditation_document_is_kept", "accreditation_document", "what was handed in is never changed"),
    never_removed("accreditation_document_stays", "accreditation_document", "what was handed in is never removed"),
    never_changed("accreditation_event_is_kept", "accreditation_event", "an event is never changed"),
    never_removed("accreditation_event_stays", "accreditation_event", "an event is never removed"),
)


class NewApplication(StrictInput):
    """What an organisation applies for. body: who is to accredit it."""

    body: Slug
    applicant: Slug
    standard: Standard
    edition: Edition
    scope: Annotated[tuple[Name, ...], InputField(min_length=1, max_length=40), AfterValidator(each_once)]
    reason: Line | None = None


class NewDocument(StrictInput):
    """Where a document is kept, and the SHA-256 of its bytes, in hexadecimal."""

    name: Line
    reference: Reference
    sha256: Annotated[str, InputField(pattern=r"^[0-9a-f]{64}$")]


def apply_for(db: Database, new: NewApplication, now: datetime, actor: str) -> Accreditation:
    """Apply. Raises OrganisationNotFound, OrganisationRejected, AccreditationStep where the same is applied for."""
    if new.body == new.applicant:
        raise OrganisationRejected(f"{new.body} cannot accredit itself")
    for slug in (new.body, new.applicant):
        organisation = organisation_by_slug(db, slug)
        if organisation.kind == "person" or not organisation.active_on(now.date()):
            raise OrganisationRejected(f"{slug} is no organisation that is registered and active on {now.date()}")
    same = next((one for one in _open_ones(db, new) if _scope(one.scope) == _scope(new.scope)), None)
    if same is not None:
        raise AccreditationStep(f"{same.public_id} is an application for the same, and {same.state}")
    identity = new_id()
    row = Accreditation(
        id=identity,
        public_id=f"accreditation-{identity.hex[-16:]}",
        body=new.body,
        applicant=new.applicant,
        standard=new.standard,
        edition=new.edition,
        scope=list(new.scope),
        state="applied",
        applied_at=now,
        applied_by=actor,
    )
    db.add(row)
    db.flush()
    append_step(db, row, "applied", now, actor, reason=new.reason)
    return row


def _open_ones(db: Database, new: NewApplication) -> Sequence[Accreditation]:
    """What the applicant has applied for by the same standard, and nobody has answered yet."""
    row = Accreditation
    same = select(row).where(row.applicant == new.applicant, row.body == new.body, row.standard == new.standard)
    return db.exec(same.where(row.edition == new.edition, col(row.state).in_(("applied", "proposed", "decided")))).all()


def _scope(names: Iterable[str]) -> frozenset[str]:
    return frozenset(name.casefold() for name in names)


def add_document(db: Database, public_id: str, new: NewDocument, now: datetime, actor: str) -> AccreditationDocument:
    """Hand in a document. Raises AccreditationNotFound, AccreditationStep."""
    row = accreditation_by_id(db, public_id, lock=True)
    require_state(row, "applied")
    there = documents_of(db, row)
    if any(document.sha256 == new.sha256 for document in there):
        raise AccreditationStep(f"{public_id} has a document with that digest already")
    if len(there) >= MOST_DOCUMENTS:
        raise AccreditationStep(f"{public_id} has {MOST_DOCUMENTS} documents, and more are not taken")
    document = AccreditationDocument(**new.model_dump(), accreditation_id=row.id, added_at=now, added_by=actor)
    db.add(document)
    append_step(db, row, "document_added", now, actor, reason=new.name, about=new.sha256)
    return document


def append_step(  # noqa: PLR0913 who, what, when, why
    db: Database,
    row: Accreditation,
    kind: EventKind,
    now: datetime,
    actor: str,
    *,
    reason: str | None = None,
    from_day: date | None = None,
    until_day: date | None = None,
    about: str | None = None,
) -> AccreditationEvent:
    """Add a step, and let the state follow. Whether it is allowed is decided elsewhere."""
    event = AccreditationEvent(
        accreditation_id=row.id,
        place=_last(db, row) + 1,
        kind=kind,
        at=now,
        actor=actor,
        reason=reason,
        from_day=from_day,
        until_day=until_day,
        about=about,
    )
    row.state = STATE_AFTER.get(kind, row.state)
    db.add_all((row, event))
    db.flush()
    return event


def _last(db: Database, row: Accreditation) -> int:
    last = select(func.max(AccreditationEvent.place)).where(AccreditationEvent.accreditation_id == row.id)
    return db.exec(last).one() or 0


def require_state(row: Accreditation, *states: State) -> None:
    """Raises AccreditationStep where it is none of these."""
    if row.state not in states:
        raise AccreditationStep(f"{row.public_id} is {row.state}; that takes {' or '.join(states)}")


def accreditation_by_id(db: Database, public_id: str, *, lock: bool = False) -> Accreditation:
    """lock: nobody else changes it meanwhile. Raises AccreditationNotFound."""
    wanted = select(Accreditation).where(Accreditation.public_id == public_id)
    if lock:
        wanted = wanted.with_for_update().execution_options(populate_existing=True)
    found = db.exec(wanted).first()
    if found is None:
        raise no_accreditation(public_id)
    return found


def no_accreditation(public_id: str) -> AccreditationNotFound:
    """What is said of an id that no application has."""
    return AccreditationNotFound(f"no accreditation has the id {public_id[:60]!r}")


def accreditations_after(  # noqa: PLR0913 which of them
    db: Database,
    after: UUID | None,
    limit: int | None,
    *,
    concerning: Collection[str] | None = None,
    state: State | None = None,
    applicant: str | None = None,
) -> Sequence[Accreditation]:
    """In the order in which they were applied for; concerning: only where one of these is body or applicant."""
    row = Accreditation
    wanted = select(row).order_by(col(row.id))
    if concerning is not None:
        wanted = wanted.where(or_(col(row.body).in_(concerning), col(row.applicant).in_(concerning)))
    for column, value in ((row.state, state), (row.applicant, applicant)):
        if value is not None:
            wanted = wanted.where(col(column) == value)
    if after is not None:
        wanted = wanted.where(col(row.id) > after)
    return db.exec(wanted if limit is None else wanted.limit(limit)).all()


def documents_of(db: Database, row: Accreditation) -> Sequence[AccreditationDocument]:
    """In the order in which they were handed in."""
    document = AccreditationDocument
    return db.exec(select(document).where(document.accreditation_id == row.id).order_by(col(document.id))).all()


def steps_of(db: Database, row: Accreditation) -> Sequence[AccreditationEvent]:
    """Everything that was done about it, the first first."""
    event = AccreditationEvent
    return db.exec(select(event).where(event.accreditation_id == row.id).order_by(col(event.place))).all()


def state_mismatches(db: Database) -> Sequence[str]:
    """The ids of those whose state is not what their events come to. There should be none."""
    wrong = []
    for row in accreditations_after(db, None, None):
        states = [STATE_AFTER[event.kind] for event in steps_of(db, row) if event.kind in STATE_AFTER]
        if not states or states[-1] != row.state:
            wrong.append(row.public_id)
    return wrong
