"""Issued certificates as somebody looks for them: filters that the database takes, a page at a time."""

from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any, Literal, NamedTuple, get_args
from uuid import UUID

from sqlalchemy import ColumnElement, and_, false, or_
from sqlmodel import col, select

from registry.records.issued.batches import Batch
from registry.records.issued.certificates import IssuedCertificate
from registry.records.issued.outbox import AT_ONCE
from registry.records.parties.signing_keys import SigningKey
from registry.records.persons.people import records_behind
from registry.records.sector.schemes import SchemeRecord, SchemeVersion
from registry.records.store.database import Database
from verification.certificate import day_at

ShownState = Literal["valid", "not_yet_valid", "expired", "suspended", "revoked", "annulled", "superseded"]
SHOWN_STATES: tuple[ShownState, ...] = get_args(ShownState)
PAGE = 500  # rows read at once where all are wanted


@dataclass(frozen=True, slots=True)
class Wanted:
    """Which certificates; None = whatever it is.

    people           records of one person, all that were merged into one
    state            as it is at the moment of the question
    expiring_before  those valid now whose last day lies before that day
    organisations    issued by one of them, or under a scheme of one of them; what somebody may see
    """

    occasion: UUID | None = None
    batch: UUID | None = None
    people: Collection[UUID] | None = None
    scheme: str | None = None
    issuer: str | None = None
    state: ShownState | None = None
    expiring_before: date | None = None
    organisations: Collection[str] | None = None


def shown_state(row: IssuedCertificate, at: datetime) -> ShownState:
    """What a certificate is at that moment, where its scheme keeps time."""
    day = day_at(at, row.time_zone)
    state = row.state_on(day)
    if state == "issued":
        return "valid" if row.valid_from <= day else "not_yet_valid"
    return state


def certificate_page(
    db: Database, wanted: Wanted, at: datetime, *, after: UUID | None = None, limit: int | None = None
) -> Sequence[IssuedCertificate]:
    """Those wanted, the newest first; after: only those before that one in this order."""
    row = IssuedCertificate
    query = select(row).order_by(col(row.id).desc()).limit(limit)
    for column, value in (
        (row.occasion_id, wanted.occasion),
        (row.batch_id, wanted.batch),
        (row.scheme, wanted.scheme),
        (row.issuer, wanted.issuer),
    ):
        if value is not None:
            query = query.where(column == value)
    if wanted.people is not None:
        query = query.where(col(row.person_id).in_(wanted.people))
    if wanted.organisations is not None:
        owned = select(SchemeRecord.code).where(col(SchemeRecord.owner).in_(wanted.organisations))
        query = query.where(or_(col(row.issuer).in_(wanted.organisations), col(row.scheme).in_(owned)))
    if wanted.state in {"suspended", "revoked", "annulled", "superseded"}:
        query = query.where(row.state == wanted.state)
    elif wanted.state is not None:
        query = query.where(row.state == "issued", _on_each_day(db, at, _ON_DAY[wanted.state]))
    if wanted.expiring_before is not None:
        ends = col(row.valid_until) < wanted.expiring_before
        query = query.where(row.state == "issued", ends, _on_each_day(db, at, _ON_DAY["valid"]))
    if after is not None:
        query = query.where(col(row.id) < after)
    return db.exec(query).all()


def all_pages(
    db: Database, wanted: Wanted, at: datetime, *, after: UUID | None = None, limit: int | None = None
) -> Iterator[IssuedCertificate]:
    """The same, however many: page after page."""
    left = limit
    while left is None or left > 0:
        asked = PAGE if left is None else min(PAGE, left)
        page = certificate_page(db, wanted, at, after=after, limit=asked)
        for row in page:
            yield row
            db.expunge(row)  # what was read is not kept in memory
        if len(page) < asked:
            return
        after, left = page[-1].id, None if left is None else left - len(page)


def _valid(day: date) -> ColumnElement[bool]:
    row = IssuedCertificate
    return and_(col(row.valid_from) <= day, or_(col(row.valid_until).is_(None), col(row.valid_until) >= day))


_ON_DAY: Mapping[str, Callable[[date], ColumnElement[bool]]] = {
    "valid": _valid,
    # What ended before it began is not issued, so the two never hold at once.
    "expired": lambda day: col(IssuedCertificate.valid_until) < day,
    "not_yet_valid": lambda day: col(IssuedCertificate.valid_from) > day,
}


def _on_each_day(db: Database, at: datetime, condition: Callable[[date], ColumnElement[bool]]) -> ColumnElement[bool]:
    """The condition on the day that it is where each scheme keeps time: at one moment, two days at most."""
    zones: dict[date, list[str]] = {}
    for zone in db.exec(select(SchemeVersion.document["time_zone"].as_string()).distinct()):
        zones.setdefault(day_at(at, zone), []).append(zone)
    return or_(
        false(), *(and_(col(IssuedCertificate.time_zone).in_(names), condition(day)) for day, names in zones.items())
    )


def batch_named(db: Database, certificate: IssuedCertificate) -> str:
    """What the batch is called outside that a certificate was issued in."""
    return db.exec(select(Batch.public_id).where(Batch.id == certificate.batch_id)).one()


# ------------------------------------------------------------------ what somebody holds


class HeldRow(NamedTuple):
    """A certificate that somebody holds, in a few columns."""

    person: UUID
    number: str
    version: str
    level: str
    state: str
    valid_from: date
    valid_until: date | None


def held_under(db: Database, scheme: str, people: Collection[UUID], *, but_occasion: UUID) -> Sequence[HeldRow]:
    """All that people, under any of their records, hold under a scheme, but what came of one occasion.

    `person` is the one asked about, also where the certificate hangs on a record that was merged.
    """
    row, found = IssuedCertificate, list[HeldRow]()
    stands = records_behind(db, people)
    records = sorted(stands)
    for start in range(0, len(records), AT_ONCE):
        query = select(
            row.person_id, row.number, row.scheme_version, row.level, row.state, row.valid_from, row.valid_until
        ).where(  # type: ignore[call-overload] # seven columns
            row.scheme == scheme,
            row.occasion_id != but_occasion,
            col(row.person_id).in_(records[start : start + AT_ONCE]),
        )
        found += [HeldRow(stands[person], *more) for person, *more in db.connection().execute(query)]
    return found


# ------------------------------------------------------------------ what hangs together with one certificate


@dataclass(frozen=True, slots=True)
class Lineage:
    """The certificates before and after one, by number.

    corrected_by  the one that came in its place since it had a fault
    renewed_by    those that follow on it; more than one only where an earlier one was annulled
    """

    corrects: str | None
    renews: str | None
    corrected_by: str | None
    renewed_by: tuple[str, ...]


def lineage_of(db: Database, certificate: IssuedCertificate) -> Lineage:
    """What it came in the place of and follows on, and what came in its place and follows on it."""
    row = IssuedCertificate
    later = db.exec(
        select(row.number, row.corrects)
        .where(or_(row.corrects == certificate.number, row.renews == certificate.number))  # type: ignore[arg-type]
        .order_by(col(row.id))
    ).all()
    return Lineage(
        certificate.corrects,
        certificate.renews,
        next((number for number, corrects in later if corrects == certificate.number), None),
        tuple(number for number, corrects in later if corrects != certificate.number),
    )


def spoilt_since(db: Database, rows: Collection[IssuedCertificate]) -> Mapping[str, datetime]:
    """Of certificates that a stolen key signed after it was stolen: since when, by number.

    Nobody can rely on them: whoever had the key might have made them.
    """
    kids = {row.kid for row in rows}
    stolen: Any = select(SigningKey.kid, SigningKey.compromised_since).where(
        col(SigningKey.kid).in_(kids), col(SigningKey.compromised_since).is_not(None)
    )
    since: dict[str, datetime] = dict(db.exec(stolen).all()) if kids else {}
    return {row.number: since[row.kid] for row in rows if row.kid in since and row.issued_at >= since[row.kid]}
