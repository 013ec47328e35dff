"""What a stolen key has spoilt: the entries of the log that it signed and that were not there before the theft."""

from collections.abc import Iterable
from typing import NamedTuple

from sqlmodel import col, select

from registry.records.issued.certificates import CertificateEvent, IssuedCertificate
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
