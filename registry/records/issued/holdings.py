"""What is on record of many certificates at once: a few queries, however many there are. Nothing is judged here."""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import TypeVar
from uuid import UUID

from sqlmodel import col, func, select

from levels.level import Level
from registry.records.issued.certificates import CertificateEvent, IssuedCertificate
from registry.records.store.database import Database

AT_ONCE = 5_000  # values in one statement; databases take more, but not without end
_ISSUED_AT = 11  # place of that column in what `on_record` asks for
_HEAD = 1_000  # characters of a `vc+jwt`: its header and a little more

Event = tuple[str, datetime, date, str | None, str | None]  # kind, at, effective from, reason, successor
Value = TypeVar("Value")


@dataclass(frozen=True, slots=True)
class OnRecord:
    """One certificate as its columns have it, without the document that was signed.

    header     of the `vc+jwt`: which key signed, by the name it then had
    history    all events, in order; None = it was issued at `issued_at`, and nothing has happened since
    facts      `verification.certificate.Certificate` as JSON
    """

    id: UUID
    number: str
    header: str
    history: tuple[Event, ...] | None
    facts: str
    scheme: str
    scheme_version: str
    level: str
    edition: str
    issuer: str
    kid: str
    holder_name: str
    issued_at: datetime
    valid_from: date
    valid_until: date | None
    time_zone: str
    state: str


@dataclass(frozen=True, slots=True)
class HeldBefore:
    """A certificate of somebody, as far as it may be asked for before another."""

    scheme: str
    level: Level
    valid_from: date
    valid_until: date | None
    state: str


def held_by(db: Database, people: Iterable[UUID], schemes: Iterable[str]) -> Mapping[UUID, Sequence[HeldBefore]]:
    """What these people hold under these schemes, whatever became of it; nothing of those who hold none."""
    row = IssuedCertificate
    codes, found = sorted(set(schemes)), defaultdict[UUID, list[HeldBefore]](list)
    for part in _parts(sorted(set(people))):
        wanted = select(row.person_id, row.scheme, row.level, row.valid_from, row.valid_until, row.state).where(  # type: ignore[call-overload]
            col(row.person_id).in_(part), col(row.scheme).in_(codes)
        )
        for person, scheme, level, valid_from, valid_until, state in db.connection().execute(wanted):
            found[person].append(HeldBefore(scheme, Level(level), valid_from, valid_until, state))
    return found


def on_record(db: Database, numbers: Iterable[str]) -> Mapping[str, OnRecord]:
    """Those of the certificates that are here, by their 16 characters without dashes."""
    row = IssuedCertificate
    events = select(func.count()).where(CertificateEvent.certificate_id == row.id).scalar_subquery()
    first = (
        select(CertificateEvent.at)
        .where(
            CertificateEvent.certificate_id == row.id, CertificateEvent.place == 1, CertificateEvent.kind == "issued"
        )
        .scalar_subquery()
    )
    columns = (
        *(row.id, row.number, func.substr(row.vc_jwt, 1, _HEAD), row.facts, row.scheme, row.scheme_version, row.level),
        *(row.edition, row.issuer, row.kid, row.holder_name, row.issued_at, row.valid_from, row.valid_until),
        *(row.time_zone, row.state, events, first),
    )
    found = [
        values
        for part in _parts(sorted(set(numbers)))
        for values in db.connection()
        # In an order of its own: which of many stands for all is the same on every database.
        .execute(select(*columns).where(col(row.number).in_(part)).order_by(row.number))  # type: ignore[call-overload]
        .all()
    ]
    # Most certificates have been issued, and nothing more has happened.
    eventful = [values[0] for values in found if values[-2] != 1 or values[-1] != values[_ISSUED_AT]]
    histories = _histories(db, eventful)
    records: dict[str, OnRecord] = {}
    for identity, number, head, *said, _, _ in found:
        history = tuple(histories[identity]) if identity in histories else None
        records[number] = OnRecord(identity, number, head.partition(".")[0], history, *said)
    return records


def documents(db: Database, numbers: Iterable[str]) -> Mapping[str, str]:
    """The `vc+jwt` by number, of those that are here."""
    row = IssuedCertificate
    return {
        number: document
        for part in _parts(sorted(set(numbers)))
        for number, document in db.exec(select(row.number, row.vc_jwt).where(col(row.number).in_(part)))
    }


def _histories(db: Database, ids: Sequence[UUID]) -> dict[UUID, list[Event]]:
    event = CertificateEvent
    columns = (event.certificate_id, event.kind, event.at, event.effective_from, event.reason, event.successor)
    found: dict[UUID, list[Event]] = {identity: [] for identity in ids}
    for part in _parts(ids):
        query = select(*columns).where(col(event.certificate_id).in_(part))  # type: ignore[call-overload]
        for identity, kind, at, effective_from, reason, successor in db.connection().execute(
            query.order_by(col(event.certificate_id), col(event.place))
        ):
            found[identity].append((kind, at, effective_from, reason, successor))
    return found


def _parts(values: Sequence[Value]) -> Iterator[Sequence[Value]]:
    for start in range(0, len(values), AT_ONCE):
        yield values[start : start + AT_ONCE]
