"""The same thing happening to many certificates at once: one event each, in few statements."""

from collections.abc import Mapping, Sequence
from datetime import date, datetime
from uuid import UUID

from registry.records.issued.certificates import (
    STATE_AFTER,
    CertificateEvent,
    EventKind,
    IssuedCertificate,
    event_said,
)
from registry.records.issued.certificates_by_cause import Standing
from registry.records.issued.outbox import Happened, tell_holders
from registry.records.log.entries import enter_status
from registry.records.store.database import Database
from registry.records.store.in_bulk import add_rows, write_rows


def append_events(  # noqa: PLR0913 to what, what, from when, when, why, who
    db: Database,
    certificates: Sequence[Standing],
    kind: EventKind,
    *,
    effective_from: Mapping[UUID, date],
    at: datetime,
    reason: str,
    actor: str,
    organisation: str | None,
    approval: str,
    note: str | None,
) -> None:
    """As `append_event` for each: its history, its state, its entry in the log, the notice to its holder.

    effective_from  by the id of the certificate

    Whether the change is allowed is decided elsewhere; nobody else changes them meanwhile.
    """
    if not certificates:
        return
    db.flush()
    events = [
        CertificateEvent(
            certificate_id=one.id,
            place=one.place + 1,
            kind=kind,
            at=at,
            effective_from=effective_from[one.id],
            reason=reason,
            actor=actor,
            organisation=organisation,
            approval=approval,
            note=note,
        )
        for one in certificates
    ]
    add_rows(db, CertificateEvent, (event.model_dump() for event in events))
    write_rows(db, IssuedCertificate, ({"id": one.id, "state": STATE_AFTER[kind]} for one in certificates))
    for one, event in zip(certificates, events, strict=True):
        enter_status(db, event.id, one.issuer, at.date(), event_said(one.number, event))
    tell_holders(
        db,
        [
            Happened(event.id, one.id, one.person, kind, at, event.effective_from, one.facts, reason=reason)
            for one, event in zip(certificates, events, strict=True)
        ],
    )
    db.expire_all()  # what was read of them before says no longer what they are
