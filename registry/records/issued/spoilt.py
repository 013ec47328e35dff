"""What a stolen key has spoilt: the entries of the log that it signed and that were not there before the theft."""

from collections.abc import Iterable, Sequence
from datetime import date, datetime
from typing import NamedTuple
from uuid import UUID

from sqlalchemy import select as select_columns
from sqlmodel import col, select

from registry.records.issued.certificates import CertificateEvent, IssuedCertificate, State
from registry.records.log.entries import LogEntry
from registry.records.log.heads import newest_epoch, size_before
from registry.records.parties.signing_keys import SigningKey
from registry.records.store.database import Database


class Spoilt(NamedTuple):
    """sound_below: what stands before that entry is sound; spans: first and last of each run that is not."""

    sound_below: int
    spans: tuple[tuple[int, int], ...]


def spoilt_by(db: Database, key: SigningKey) -> Spoilt | None:
    """None for a key that was never compromised, and where there is no log."""
    epoch = newest_epoch(db)
    if key.compromised_since is None or epoch is None:
        return None
    below = size_before(db, epoch.number, key.compromised_since)
    places = (
        select(LogEntry.log_index)
        .join(CertificateEvent, col(CertificateEvent.id) == LogEntry.id)
        .join(IssuedCertificate, col(IssuedCertificate.id) == CertificateEvent.certificate_id)
        .where(CertificateEvent.place == 1, IssuedCertificate.kid == key.kid)
        .where(LogEntry.epoch == epoch.number, col(LogEntry.log_index) >= below)
        .order_by(col(LogEntry.log_index))
    )
    return Spoilt(below, tuple(_runs(place for place in db.exec(places) if place is not None)))


def _runs(places: Iterable[int]) -> Iterable[tuple[int, int]]:
    """Runs of numbers that follow one another."""
    first = last = -1
    for place in places:
        if place != last + 1 or last < 0:
            if last >= 0:
                yield first, last
            first = place
        last = place
    if last >= 0:
        yield first, last


class SpoiltCertificate(NamedTuple):
    """One that a stolen key has spoilt; log_index: where it stands in the log that is written to."""

    id: UUID
    number: str
    holder: str
    scheme: str
    level: str
    state: State
    issued_at: datetime
    valid_until: date | None
    time_zone: str
    occasion: UUID
    log_index: int


def spoilt_certificates(
    db: Database, key: SigningKey, *, after: UUID | None = None, limit: int | None = None
) -> Sequence[SpoiltCertificate]:
    """What a key signed that did not stand in the log before it was stolen, in the order in which it was issued."""
    epoch = newest_epoch(db)
    if key.compromised_since is None or epoch is None:
        return []
    row = IssuedCertificate
    found = (
        select_columns(
            *(col(row.id), col(row.number), col(row.holder_name), col(row.scheme), col(row.level), col(row.state)),
            *(col(row.issued_at), col(row.valid_until), col(row.time_zone), col(row.occasion_id)),
            col(LogEntry.log_index),
        )
        .join(CertificateEvent, col(CertificateEvent.certificate_id) == row.id)
        .join(LogEntry, col(LogEntry.id) == CertificateEvent.id)
        .where(
            col(CertificateEvent.place) == 1,
            col(row.kid) == key.kid,
            col(LogEntry.epoch) == epoch.number,
        )
        .where(col(LogEntry.log_index) >= size_before(db, epoch.number, key.compromised_since))
        .order_by(col(row.id))
    )
    if after is not None:
        found = found.where(col(row.id) > after)
    if limit is not None:
        found = found.limit(limit)
    return [SpoiltCertificate._make(one) for one in db.connection().execute(found)]
