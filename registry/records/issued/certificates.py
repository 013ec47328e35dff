"""Issued certificates, the events of their lives, and their places in the status lists."""

import secrets
import struct
from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import UTC, date, datetime
from itertools import groupby
from typing import Any, Literal, NamedTuple
from uuid import UUID

import orjson
from sqlalchemy import ForeignKeyConstraint, Index, String, Text, UniqueConstraint, or_, text
from sqlalchemy import select as select_columns
from sqlalchemy.orm import aliased
from sqlmodel import Field, SQLModel, col, func, select

from registry.errors import CertificateNotFound
from registry.records.issued.batches import BatchRow
from registry.records.issued.outbox import AT_ONCE, Happened, tell_holders
from registry.records.log.entries import Issued, enter_issued, enter_status
from registry.records.parties.organisation_certificates import organisations_in_list
from registry.records.persons.people import Person, Way
from registry.records.store.database import UNCOMPRESSED, Database, new_id
from registry.records.store.in_bulk import add_rows, among
from registry.records.store.kept import never_changed, never_removed
from registry.records.store.kept_once import keep_texts, texts_of
from verification.certificate import Certificate, display_number
from verification.status_list import HERD

EventKind = Literal["issued", "suspended", "reinstated", "revoked", "annulled", "superseded"]
State = Literal["issued", "suspended", "revoked", "annulled", "superseded"]
StateOnDay = Literal["issued", "suspended", "revoked", "annulled", "superseded", "expired"]

STATE_AFTER: Mapping[str, State] = {
    "issued": "issued",
    "suspended": "suspended",
    "reinstated": "issued",
    "revoked": "revoked",
    "annulled": "annulled",
    "superseded": "superseded",
}

# A list that is more than half full would let places be guessed, and make them slow to draw.
FULL_ENOUGH = HERD // 2

_ONCE = ("evidence", "assessment")  # columns that hold digests
# Said in these very words, wherever it is asked: only then a database looks into the index of those that stand.
_STANDS = text("state NOT IN ('annulled', 'superseded')")
_CORRECTS, _RENEWS = text("corrects IS NOT NULL"), text("renews IS NOT NULL")


class StatusSlot(SQLModel, table=True):
    """A place that was taken. It is never given back: the row outlives a certificate that came to nothing."""

    __tablename__ = "status_slot"

    list_number: int = Field(primary_key=True)
    list_index: int = Field(primary_key=True)
    reserved_at: datetime


class IssuedCertificate(SQLModel, table=True):
    """A certificate as it was issued. Nothing of it changes but `state`, which `append_event` alone writes.

    facts       `verification.certificate.Certificate` as JSON: what every envelope says
    evidence, assessment  as they stood at the decision, JSON, by their digests; see `evidence_behind`
    corrects, renews  numbers of the certificates that this one came in the place of, and that it follows on
    """

    __tablename__ = "issued_certificate"
    __table_args__ = (
        UniqueConstraint("status_list", "status_index"),
        ForeignKeyConstraint(["status_list", "status_index"], ["status_slot.list_number", "status_slot.list_index"]),
        # One person has one certificate from one occasion, however often the class list is handed in.
        Index(
            "one_per_person_and_occasion",
            "person_id",
            "occasion_id",
            unique=True,
            sqlite_where=_STANDS,
            postgresql_where=_STANDS,
        ),
        Index("certificate_of_person", "person_id", "scheme"),
        # With the person: of an occasion's certificates, those of some are found without reading all the others.
        Index("certificate_of_occasion", "occasion_id", "person_id"),
        # Most correct nothing and renew nothing: of those there is nothing to look up.
        *(
            Index(f"certificate_that_{column}", column, unique=once, sqlite_where=some, postgresql_where=some)
            for column, once, some in (("corrects", True, _CORRECTS), ("renews", False, _RENEWS))
        ),
        # Lists are read page by page, in the order of ids.
        *(Index(f"certificate_by_{column}", column, "id") for column in ("scheme", "issuer", "state")),
    )

    id: UUID = Field(primary_key=True, default_factory=new_id)
    number: str = Field(unique=True, index=True)
    person_id: UUID = Field(foreign_key="person.id")
    occasion_id: UUID = Field(foreign_key="occasion.id")
    batch_id: UUID = Field(foreign_key="batch.id", index=True)
    scheme: str
    scheme_version: str
    level: str
    edition: str
    issuer: str = Field(foreign_key="organisation.slug")
    kid: str = Field(foreign_key="signing_key.kid")
    holder_name: str
    vc_jwt: str = Field(sa_type=Text, sa_column_kwargs={"info": {UNCOMPRESSED: True}})
    facts: str = Field(sa_type=Text)
    evidence: str = Field(foreign_key="kept_once.digest")
    assessment: str = Field(foreign_key="kept_once.digest")
    status_list: int
    status_index: int
    issued_at: datetime
    valid_from: date
    valid_until: date | None = Field(default=None, index=True)
    time_zone: str
    corrects: str | None = Field(default=None, foreign_key="issued_certificate.number")
    renews: str | None = Field(default=None, foreign_key="issued_certificate.number")
    state: str

    def certificate(self) -> Certificate:
        """What it says."""
        return Certificate.model_validate_json(self.facts)

    def state_on(self, day: date) -> StateOnDay:
        """The state, or `expired` where nothing else stands against it and its last day has passed."""
        if self.state == "issued" and self.valid_until is not None and self.valid_until < day:
            return "expired"
        return STATE_AFTER[self.state]


class CertificateEvent(SQLModel, table=True):
    """Something that happened to a certificate: who, when, why, from when. Never changed, never removed.

    organisation  in whose name it was done: the issuer's, or the scheme owner's; None = the registry's own
    approval      the decision of the second person, where it took two
    successor     of `superseded`: the number of the certificate that came in its place
    """

    __tablename__ = "certificate_event"
    __table_args__ = (UniqueConstraint("certificate_id", "place"),)

    id: UUID = Field(primary_key=True, default_factory=new_id)
    certificate_id: UUID = Field(foreign_key="issued_certificate.id")
    place: int  # 1 for the first event of the certificate, and so on without gaps
    kind: EventKind = Field(sa_type=String)
    at: datetime
    effective_from: date
    reason: str | None = None
    actor: str
    organisation: str | None = Field(default=None, foreign_key="organisation.slug")
    approval: str | None = Field(default=None, foreign_key="approval.public_id")
    note: str | None = None
    successor: str | None = Field(default=None, foreign_key="issued_certificate.number")


KEPT = (
    never_changed("event_is_not_changed", "certificate_event", "events are never changed"),
    never_removed("event_is_not_removed", "certificate_event", "events are never removed"),
    never_changed(
        "certificate_is_not_changed", "issued_certificate", "an issued certificate is never changed", but=["state"]
    ),
    never_removed("certificate_is_not_removed", "issued_certificate", "an issued certificate is never removed"),
    never_removed("slot_is_not_given_back", "status_slot", "a place in a status list is never given back"),
)


def keep_issued(  # noqa: PLR0913 what, by whom, how and when
    db: Database,
    kept: Sequence[Mapping[str, Any]],
    actor: str,
    approval: str | None = None,
    ways: Mapping[UUID, Way | None] | None = None,
    *,
    at: datetime | None = None,
) -> None:
    """Store certificates just issued, each with its first event and the notice of it, in few statements.

    kept      the columns of each by name, the evidence and the assessment whole; `id` and `state` are given here
    approval  the decision of the second person, where there was one
    ways      by which each of the people is reached, where that was read already
    at        when they were signed, where that was later than they were written
    """
    if not kept:
        return
    db.flush()
    digests = keep_texts(db, (values[name] for values in kept for name in _ONCE))
    issued = [
        {"id": new_id(), "state": STATE_AFTER["issued"], **values, **{name: digests[values[name]] for name in _ONCE}}
        for values in kept
    ]
    add_rows(db, IssuedCertificate, issued)
    firsts = [(new_id(), values) for values in issued]
    enter_issued(
        db,
        [
            Issued(identity, values["issuer"], values["kid"], values["scheme"], values["vc_jwt"])
            for identity, values in firsts
        ],
        (at or issued[0]["issued_at"]).date(),
    )
    add_rows(
        db,
        CertificateEvent,
        [
            {
                "id": identity,
                "certificate_id": values["id"],
                "place": 1,
                "kind": "issued",
                "at": at or values["issued_at"],
                "effective_from": values["valid_from"],
                "reason": None,
                "actor": actor,
                "organisation": values["issuer"],
                "approval": approval,
                "note": None,
                "successor": None,
            }
            for identity, values in firsts
        ],
    )
    tell_holders(
        db,
        [
            Happened(
                identity,
                values["id"],
                values["person_id"],
                "issued",
                at or values["issued_at"],
                values["valid_from"],
                values["facts"],
            )
            for identity, values in firsts
        ],
        ways,
    )


def make_way(db: Database, certificate: IssuedCertificate) -> None:
    """Let another certificate of the same person and occasion be stored in its place.

    The event that says so names the other, so it follows in the same transaction once that is stored.
    """
    certificate.state = STATE_AFTER["superseded"]
    db.add(certificate)
    db.flush()


def append_event(  # noqa: PLR0913 who, what, when, why, from when
    db: Database,
    certificate: IssuedCertificate,
    kind: EventKind,
    *,
    at: datetime,
    effective_from: date,
    reason: str | None,
    actor: str,
    organisation: str | None = None,
    approval: str | None = None,
    note: str | None = None,
    successor: str | None = None,
) -> CertificateEvent:
    """Add to a certificate's history, let its state follow, and have its holder told.

    Whether the change is allowed is decided elsewhere.
    """
    last = db.exec(
        select(func.max(CertificateEvent.place)).where(CertificateEvent.certificate_id == certificate.id)
    ).one()
    event = CertificateEvent(
        certificate_id=certificate.id,
        place=(last or 0) + 1,
        kind=kind,
        at=at,
        effective_from=effective_from,
        reason=reason,
        actor=actor,
        organisation=organisation,
        approval=approval,
        note=note,
        successor=successor,
    )
    certificate.state = STATE_AFTER[kind]
    db.add(certificate)
    db.add(event)
    db.flush()
    enter_change(db, certificate, event, at.date())
    tell_holders(
        db,
        [
            Happened(
                event.id,
                certificate.id,
                certificate.person_id,
                kind,
                at,
                effective_from,
                certificate.facts,
                reason=reason,
                successor=successor,
            )
        ],
    )
    return event


def enter_change(db: Database, certificate: IssuedCertificate, event: CertificateEvent, day: date) -> None:
    """Have a change to a certificate entered in the log that day."""
    enter_status(db, event.id, certificate.issuer, day, event_said(certificate.number, event))


def event_said(number: str, event: CertificateEvent) -> bytes:
    """What an entry in the log commits to of a change: all that may be told of it, as canonical JSON (RFC 8785)."""
    said = {
        "number": number,
        "place": event.place,
        "kind": event.kind,
        "at": event.at.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ"),
        "effective_from": event.effective_from.isoformat(),
        "reason": event.reason,
        "organisation": event.organisation,
        "successor": event.successor,
    }
    return orjson.dumps(said, option=orjson.OPT_SORT_KEYS)


def issued_event(db: Database, certificate: IssuedCertificate) -> UUID:
    """The id of the event that says that it was issued."""
    first = select(CertificateEvent.id).where(
        CertificateEvent.certificate_id == certificate.id, CertificateEvent.place == 1
    )
    return db.exec(first).one()


def certificate_by_number(db: Database, number: str) -> IssuedCertificate:
    """By its 16 characters without dashes. Raises CertificateNotFound."""
    found = db.exec(select(IssuedCertificate).where(IssuedCertificate.number == number)).first()
    if found is None:
        raise no_certificate(number)
    return found


def no_certificate(number: str) -> CertificateNotFound:
    """What is said of a number that no certificate has."""
    return CertificateNotFound(f"no certificate here has the number {display_number(number)}")


def evidence_behind(db: Database, certificate: IssuedCertificate) -> str:
    """The evidence as it stood at the decision, JSON. Raises RecordDamaged."""
    return texts_of(db, [certificate.evidence])[certificate.evidence]


def assessment_behind(db: Database, certificate: IssuedCertificate) -> str:
    """The assessment as it stood, JSON; it names the path of independence found. Raises RecordDamaged."""
    return texts_of(db, [certificate.assessment])[certificate.assessment]


def certificates_with(db: Database, ids: Iterable[UUID]) -> Mapping[UUID, IssuedCertificate]:
    """Certificates by their ids."""
    wanted, found = sorted(set(ids)), dict[UUID, IssuedCertificate]()
    for start in range(0, len(wanted), AT_ONCE):
        part = wanted[start : start + AT_ONCE]
        query = select(IssuedCertificate).where(col(IssuedCertificate.id).in_(part))
        found |= {certificate.id: certificate for certificate in db.exec(query)}
    return found


def certificates_among(db: Database, numbers: Iterable[str]) -> Sequence[IssuedCertificate]:
    """Those of these numbers that there are."""
    return db.exec(select(IssuedCertificate).where(among(db, IssuedCertificate.number, numbers))).all()


def that_correct(db: Database, numbers: Iterable[str]) -> Sequence[IssuedCertificate]:
    """Those that came in the place of one of these."""
    return db.exec(select(IssuedCertificate).where(among(db, IssuedCertificate.corrects, numbers))).all()


def last_days(db: Database, numbers: Sequence[str]) -> Mapping[str, date | None]:
    """The last day on which each of these certificates is valid; None where it has no end."""
    found: dict[str, date | None] = {}
    for at in range(0, len(numbers), 500):
        wanted = select(IssuedCertificate.number, col(IssuedCertificate.valid_until))
        found.update(db.exec(wanted.where(col(IssuedCertificate.number).in_(numbers[at : at + 500]))).all())
    return found


def certificates_to_change(db: Database, *numbers: str) -> Mapping[str, IssuedCertificate]:
    """By number, as they are once whoever is changing one of them is done; nobody else changes them meanwhile.

    Raises CertificateNotFound.
    """
    found: dict[str, IssuedCertificate] = {}
    # All who take several take them in one order, so that no two wait for each other.
    for number in sorted(set(numbers)):
        query = select(IssuedCertificate).where(IssuedCertificate.number == number).with_for_update()
        row = db.exec(query.execution_options(populate_existing=True)).first()
        if row is None:
            raise no_certificate(number)
        found[number] = row
    return found


def certificates(
    db: Database, *, occasion: UUID | None = None, batch: UUID | None = None, limit: int | None = None
) -> Sequence[IssuedCertificate]:
    """Certificates, the newest first."""
    query = select(IssuedCertificate).order_by(col(IssuedCertificate.id).desc())
    if occasion is not None:
        query = query.where(IssuedCertificate.occasion_id == occasion)
    if batch is not None:
        query = query.where(IssuedCertificate.batch_id == batch)
    return db.exec(query if limit is None else query.limit(limit)).all()


class Standing(NamedTuple):
    """A certificate that is neither annulled nor superseded; attained: the level its evidence reached."""

    number: str
    level: str
    attained: str
    state: str


def standing_at(db: Database, occasion_id: UUID, people: Iterable[UUID] | None = None) -> Mapping[UUID, Standing]:
    """The certificates that came of an occasion and are neither annulled nor superseded, by person.

    people  only theirs; None = everybody's
    """
    row = IssuedCertificate
    # Asked for each that is found, and mostly none is: joined, all rows of all lists would be read.
    attained_by_row = (
        select(BatchRow.attained)
        .where(BatchRow.number == row.number, BatchRow.batch_id == row.batch_id, BatchRow.outcome == "issued")
        .scalar_subquery()
    )
    columns = (row.person_id, row.number, row.level, attained_by_row, row.state)
    of_occasion = select(*columns).where(  # type: ignore[call-overload]  # more than its overloads foresee
        row.occasion_id == occasion_id, _STANDS
    )
    found: dict[UUID, Standing] = {}
    asked = of_occasion if people is None else of_occasion.where(among(db, row.person_id, people))
    for person, number, level, attained, state in db.exec(asked):
        found[person] = Standing(number, level, attained or level, state)
    return found


def holders_at(db: Database, occasion_id: UUID) -> Mapping[tuple[str, date | None], str]:
    """The numbers of the certificates of an occasion that stand, by name as it is compared and birth date."""
    found = db.exec(
        select(Person.name_key, col(Person.birth_date), IssuedCertificate.number)
        .join(Person, col(Person.id) == IssuedCertificate.person_id)
        .where(
            IssuedCertificate.occasion_id == occasion_id,
            _STANDS,
        )
    )
    return {(key, born): number for key, born, number in found}


def history(db: Database, certificate: IssuedCertificate) -> Sequence[CertificateEvent]:
    """Its events, the first first."""
    return db.exec(
        select(CertificateEvent)
        .where(CertificateEvent.certificate_id == certificate.id)
        .order_by(col(CertificateEvent.place))
    ).all()


def derived_state(kinds: Iterable[str]) -> State | None:
    """The state that a history leads to, from its events in order; None for a history that cannot be."""
    state: State | None = None
    for place, kind in enumerate(kinds):
        if (
            (kind == "issued") != (place == 0)
            or state in {"revoked", "annulled", "superseded"}
            or kind not in STATE_AFTER
        ):
            return None
        state = STATE_AFTER[kind]
    return state


def state_mismatches(db: Database) -> list[str]:
    """The numbers of certificates whose state is not the one their history leads to. There should be none."""
    row, event = IssuedCertificate, CertificateEvent
    # Most have been issued, and nothing more has happened: those the database tells from the others itself, by its
    # index of events, without putting all of them together first.
    of_one = aliased(CertificateEvent)
    count = select(func.count()).where(of_one.certificate_id == row.id).scalar_subquery()
    first = select(of_one.kind).where(of_one.certificate_id == row.id, of_one.place == 1).scalar_subquery()
    told = db.connection().execute(
        select(row.number, row.state, event.kind)
        .select_from(row)
        .outerjoin(event, col(event.certificate_id) == row.id)
        .where(or_(col(row.state) != "issued", count != 1, first.is_(None), first != "issued"))
        .order_by(row.number, col(event.place)),
        execution_options={"yield_per": AT_ONCE},
    )
    wrong: list[str] = []
    for (number, state), events in groupby(told, key=lambda one: (one[0], one[1])):
        kinds = list(filter(None, (kind for _, _, kind in events)))  # without any event, there is one row with none
        if derived_state(kinds) != state:
            wrong.append(number)
    return wrong


def every_certificate(db: Database) -> Iterator[IssuedCertificate]:
    """All of them, however many, a few at a time: none is kept when the next is asked for."""
    query = select(IssuedCertificate).order_by(col(IssuedCertificate.id))
    yield from db.exec(query, execution_options={"yield_per": 200})


def reserve_places(db: Database, count: int, now: datetime) -> list[tuple[int, int]]:
    """Take that many places, list and index, that nobody can guess; they are taken for good.

    What is asked of the database grows with `count`, not with how many places are taken.
    """
    places: list[tuple[int, int]] = []
    newest = db.exec(select(func.max(StatusSlot.list_number))).one() or 0
    while len(places) < count:
        taken = db.exec(select(func.count()).where(StatusSlot.list_number == newest)).one()
        if taken >= FULL_ENOUGH:
            newest += 1
            continue
        wanted = min(count - len(places), FULL_ENOUGH - taken)
        drawn: dict[int, None] = {}  # in the order of the draw, which nobody can guess either
        while len(drawn) < wanted:
            new = dict.fromkeys(_at_random(wanted - len(drawn)))
            taken_before = _taken(db, newest, new)
            drawn |= {index: None for index in new if index not in taken_before}
        given = list(drawn)
        add_rows(
            db,
            StatusSlot,
            [{"list_number": newest, "list_index": index, "reserved_at": now} for index in given],
        )
        places += [(newest, index) for index in given]
    return places


def _at_random(count: int) -> Iterator[int]:
    """Places that nobody can guess, each as likely as any other."""
    # All drawn at once: what is left over is the same for every place, for a list has a power of two of them.
    return (drawn % HERD for (drawn,) in struct.iter_unpack("!I", secrets.token_bytes(4 * count)))


def _taken(db: Database, number: int, indexes: Iterable[int]) -> set[int]:
    drawn = among(db, StatusSlot.list_index, indexes)
    return set(db.exec(select(StatusSlot.list_index).where(StatusSlot.list_number == number, drawn)))


def list_numbers(db: Database) -> Sequence[int]:
    """The numbers of the status lists there are: at least list 0, which is published before anything is in it."""
    last = db.exec(select(func.max(StatusSlot.list_number))).one() or 0
    return range(last + 1)


class Changed(NamedTuple):
    """Something that happened to a certificate after it was issued, and its place."""

    list_number: int
    list_index: int
    kind: Literal["suspended", "reinstated", "revoked", "annulled", "superseded"]
    at: datetime
    effective_from: date
    reason: str | None
    time_zone: str


def every_change(db: Database) -> Iterator[Changed]:
    """Of all certificates, by their places in status lists, the oldest first of each."""
    asked = (
        select_columns(
            col(IssuedCertificate.status_list),
            col(IssuedCertificate.status_index),
            col(CertificateEvent.kind),
            col(CertificateEvent.at),
            col(CertificateEvent.effective_from),
            col(CertificateEvent.reason),
            col(IssuedCertificate.time_zone),
        )
        .join(CertificateEvent, col(CertificateEvent.certificate_id) == IssuedCertificate.id)
        .where(col(CertificateEvent.kind) != "issued")
        .order_by(col(IssuedCertificate.status_list), col(IssuedCertificate.status_index), col(CertificateEvent.place))
    )
    yield from (Changed._make(row) for row in db.connection().execute(asked, execution_options={"yield_per": 1000}))


def states_in_list(db: Database, number: int, now: datetime) -> Mapping[int, str]:
    """Index and state of every certificate of a list that is not simply issued."""
    rows = db.exec(
        select(IssuedCertificate.status_index, IssuedCertificate.state).where(
            IssuedCertificate.status_list == number, IssuedCertificate.state != "issued"
        )
    )
    return {**dict(rows.all()), **organisations_in_list(db, number, now)}
