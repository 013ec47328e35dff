"""What was recorded before there was a log to enter it in."""

from collections.abc import Iterator
from datetime import datetime
from typing import Final
from uuid import UUID

from sqlmodel import col, func, select

from levels.order import editions
from levels.rulebook import edition_digest
from registry.records.issued.certificates import CertificateEvent, IssuedCertificate, enter_change
from registry.records.log.entries import Issued, LogEntry, enter, enter_issued
from registry.records.mandates.mandate_events import enter_decision, mandate_decisions
from registry.records.parties.signing_keys import all_keys, enter_compromise, enter_end, enter_key
from registry.records.sector.recognitions import enter_recognition, recognition_decisions
from registry.records.sector.schemes import enter_event, public_events
from registry.records.store.database import Database
from verification.log.entry import read_entry

_AT_ONCE: Final = 1000


def enter_unlogged(db: Database, now: datetime) -> None:
    """Enter everything that no entry is about yet, under the day it is entered: nobody can prove an earlier one."""
    known = _entered(db)
    _enter_published(db, known, now)
    for part in _certificate_events(db):
        issued = [
            Issued(event.id, row.issuer, row.kid, row.scheme, row.vc_jwt) for row, event in part if event.place == 1
        ]
        if issued:
            enter_issued(db, issued, now.date())
        for row, event in part:
            if event.place > 1:
                enter_change(db, row, event, now.date())


def _enter_published(db: Database, known: set[UUID], now: datetime) -> None:
    """Keys, schemes, mandates, recognitions, editions."""
    for key in reversed(all_keys(db)):
        if key.id not in known:
            enter_key(db, key, now)
            enter_end(db, key, now)
            enter_compromise(db, key, now)
    for event in public_events(db):
        if event.id not in known:
            enter_event(db, event, now.date())
    for mandate, decision in mandate_decisions(db):
        if decision.id not in known:
            enter_decision(db, mandate, decision, now.date())
    for recognition, decided in recognition_decisions(db):
        if decided.id not in known:
            enter_recognition(db, recognition, decided, now.date())
    enter_editions(db, now)


def enter_editions(db: Database, now: datetime) -> None:
    """Have every edition of the rules entered that is not yet, as it is."""
    known = {
        str(read_entry(entry).members["edition"])
        for entry in db.exec(select(LogEntry.entry).where(LogEntry.kind == "rules.published"))
    }
    for edition in editions():
        if edition not in known:
            enter(db, "rules.published", now.date(), {"edition": edition, "digest": edition_digest(edition)})


def _entered(db: Database) -> set[UUID]:
    """The ids of all that is entered, certificates and what happened to them left out."""
    others = select(LogEntry.id).where(col(LogEntry.kind).not_in(("certificate.issued", "certificate.status")))
    return set(db.exec(others))


def _certificate_events(db: Database) -> Iterator[list[tuple[IssuedCertificate, CertificateEvent]]]:
    """Certificates with their events, the oldest first, of which nothing is entered; some at a time."""
    last: UUID | None = None
    while True:
        both = (
            select(IssuedCertificate, CertificateEvent)
            .where(CertificateEvent.certificate_id == IssuedCertificate.id)
            .where(~select(LogEntry.id).where(LogEntry.id == CertificateEvent.id).exists())
            .order_by(col(CertificateEvent.id))
            .limit(_AT_ONCE)
        )
        part = list(db.exec(both if last is None else both.where(col(CertificateEvent.id) > last)))
        if not part:
            return
        yield part
        last = part[-1][1].id


def number_unlogged(db: Database) -> int:
    """How many events of certificates nothing is entered about. There are none once the log has begun."""
    missing = ~select(LogEntry.id).where(LogEntry.id == CertificateEvent.id).exists()
    return db.exec(select(func.count()).select_from(CertificateEvent).where(missing)).one()
