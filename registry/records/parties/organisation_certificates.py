"""Certificates about organisations, and what has happened to each of them.

What one says is never changed, and no column says how it stands: that is what its events come to on a day. A decision
may be about days to come, or about days that are over.
"""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from typing import Literal, NamedTuple
from uuid import UUID

import orjson
from sqlalchemy import ForeignKeyConstraint, String, Text, UniqueConstraint
from sqlmodel import Field, SQLModel, col, func, select

from registry.errors import CertificateNotFound
from registry.records.log.entries import Issued, LogEntry, enter_issued, enter_status
from registry.records.store.database import UNCOMPRESSED, Database, new_id
from registry.records.store.in_bulk import among
from registry.records.store.kept import never_changed, never_removed
from verification.certificate import day_at, display_number
from verification.organisation_certificate import Audit, Kind, OrganisationCertificate

EventKind = Literal["issued", "warned", "suspended", "reinstated", "revoked", "annulled", "superseded"]
Standing = Literal["in_force", "coming", "ended", "suspended", "revoked", "annulled", "superseded"]
End = Literal["annulled", "revoked", "superseded"]
_FOR_GOOD: tuple[End, ...] = ("annulled", "revoked", "superseded")  # the worst first
_AT_ONCE = 500


class CertificateOfOrganisation(SQLModel, table=True):
    """A certificate about an organisation as it was issued. Nothing of it ever changes.

    facts     `verification.organisation_certificate.OrganisationCertificate` as JSON
    mandate   id of the mandate that it states, where it states one
    replaces  number of the certificate in whose place it came
    """

    __tablename__ = "organisation_certificate"
    __table_args__ = (
        UniqueConstraint("status_list", "status_index"),
        ForeignKeyConstraint(["status_list", "status_index"], ["status_slot.list_number", "status_slot.list_index"]),
    )

    id: UUID = Field(primary_key=True, default_factory=new_id)
    number: str = Field(unique=True, index=True)
    kind: Kind = Field(sa_type=String)
    holder: str = Field(foreign_key="organisation.slug", index=True)
    issuer: str = Field(foreign_key="organisation.slug", index=True)
    kid: str = Field(foreign_key="signing_key.kid")
    mandate: str | None = Field(default=None, foreign_key="mandate.public_id", unique=True)
    vc_jwt: str = Field(sa_type=Text, sa_column_kwargs={"info": {UNCOMPRESSED: True}})
    facts: str = Field(sa_type=Text)
    status_list: int
    status_index: int
    issued_at: datetime
    valid_from: date
    valid_until: date | None = None
    time_zone: str
    replaces: str | None = Field(default=None, foreign_key="organisation_certificate.number", unique=True)

    def says(self) -> OrganisationCertificate:
        """What it says."""
        return OrganisationCertificate.model_validate_json(self.facts)


class OrganisationCertificateEvent(SQLModel, table=True):
    """Something that happened to one: who, when, why, on which days. Never changed, never removed.

    place      1 for the first event of the certificate, and so on without gaps
    from_day   the first day it is about, where the certificate keeps its time
    until_day  of `suspended`: the last such day; None = until something else is decided
    reason     one of the registry's codes; note: in words
    """

    __tablename__ = "organisation_certificate_event"
    __table_args__ = (UniqueConstraint("certificate_id", "place"),)

    id: UUID = Field(primary_key=True, default_factory=new_id)
    certificate_id: UUID = Field(foreign_key="organisation_certificate.id", index=True)
    place: int
    kind: EventKind = Field(sa_type=String)
    at: datetime
    from_day: date
    until_day: date | None = None
    reason: str | None = None
    note: str | None = None
    actor: str
    approval: str | None = Field(default=None, foreign_key="approval.public_id")
    successor: str | None = Field(default=None, foreign_key="organisation_certificate.number")


KEPT = (
    never_changed("organisation_certificate_is_kept", "organisation_certificate", "a certificate is never changed"),
    never_removed("organisation_certificate_stays", "organisation_certificate", "a certificate is never removed"),
    never_changed(
        "organisation_certificate_event_is_kept", "organisation_certificate_event", "an event is never changed"
    ),
    never_removed(
        "organisation_certificate_event_stays", "organisation_certificate_event", "an event is never removed"
    ),
)


Days = tuple[date, date | None]  # from the first to the last, both included; an open end is None


class Happened(NamedTuple):
    """One event as far as it bears on how a certificate stands."""

    kind: EventKind
    from_day: date
    until_day: date | None = None
    reason: str | None = None
    successor: str | None = None


@dataclass(frozen=True)
class Course:
    """What the events of a certificate come to.

    suspended  spans of days, both included; an open end is None
    ends       from which day on it is ended for good, and by what
    """

    valid_from: date
    valid_until: date | None
    suspended: tuple[Days, ...]
    ends: Mapping[End, Happened]

    def next_suspension(self, day: date) -> Days | None:
        """The one that day lies in, or else the next one that is planned."""
        return next((days for days in self.suspended if days[1] is None or day <= days[1]), None)

    def standing_on(self, day: date) -> Standing:
        """What it is that day; of several, what is for good before what passes. Annulled is so on every day."""
        for kind in _FOR_GOOD:
            if kind in self.ends and (kind == "annulled" or self.ends[kind].from_day <= day):
                return kind
        if self.valid_until is not None and self.valid_until < day:
            return "ended"
        if any(first <= day and (last is None or day <= last) for first, last in self.suspended):
            return "suspended"
        return "coming" if day < self.valid_from else "in_force"


def course_of(valid_from: date, valid_until: date | None, events: Iterable[Happened]) -> Course:
    """What events come to, in their order. Pure.

    A later suspension comes in the place of those that it has a day in common with. A reinstatement ends the one that
    it lies in the day before.
    """
    suspended: list[Days] = []
    ends: dict[End, Happened] = {}
    for event in events:
        if event.kind == "suspended":
            new = event.from_day, event.until_day
            suspended = sorted((*(one for one in suspended if apart(one, new)), new), key=lambda one: one[0])
        elif event.kind == "reinstated" and suspended:
            at = _that_covers(suspended, event.from_day)
            first, last = suspended.pop(at)
            before = event.from_day - timedelta(days=1)
            if first <= before:
                suspended.insert(at, (first, before if last is None else min(before, last)))
        elif event.kind in ("revoked", "annulled", "superseded"):
            former = ends.get(event.kind)
            if former is None or event.from_day < former.from_day:
                ends[event.kind] = event
    return Course(valid_from, valid_until, tuple(suspended), ends)


def apart(one: Days, other: Days) -> bool:
    """Whether no day lies in both."""
    return (one[1] is not None and one[1] < other[0]) or (other[1] is not None and other[1] < one[0])


def _that_covers(suspended: Sequence[Days], day: date) -> int:
    """Which of these a reinstatement on that day ends: the one that it lies in, or else the last."""
    lies = (at for at, (first, last) in enumerate(suspended) if first <= day and (last is None or day <= last))
    return max(lies, default=len(suspended) - 1)


def keep_organisation_certificate(  # noqa: PLR0913 what it says, who signed it, who did it
    db: Database,
    said: OrganisationCertificate,
    vc_jwt: str,
    kid: str,
    *,
    actor: str,
    approval: str | None = None,
    note: str | None = None,
    mandate: str | None = None,
    at: datetime | None = None,
) -> CertificateOfOrganisation:
    """Store a certificate just signed and proved, with its first event, and have it entered in the log.

    at  the moment, where that is later than it was written, since somebody else has signed it
    """
    moment = at or said.issued_at
    row = CertificateOfOrganisation(
        number=said.number,
        kind=said.attests.kind,
        holder=said.holder.id,
        issuer=said.issuer.id,
        kid=kid,
        mandate=mandate,
        vc_jwt=vc_jwt,
        facts=said.model_dump_json(exclude_defaults=False),
        status_list=said.status.list,
        status_index=said.status.index,
        issued_at=said.issued_at,
        valid_from=said.valid_from,
        valid_until=said.valid_until,
        time_zone=said.time_zone,
        replaces=said.replaces,
    )
    event = OrganisationCertificateEvent(
        certificate_id=row.id,
        place=1,
        kind="issued",
        at=moment,
        from_day=said.valid_from,
        actor=actor,
        approval=approval,
        note=note,
    )
    db.add(row)
    db.flush()
    db.add(event)
    db.flush()
    enter_issued(db, [Issued(event.id, row.issuer, kid, said.scheme, vc_jwt)], moment.date())
    return row


def append_to(  # noqa: PLR0913 who, what, when, why, on which days
    db: Database,
    certificate: CertificateOfOrganisation,
    kind: EventKind,
    *,
    at: datetime,
    from_day: date,
    until_day: date | None = None,
    actor: str,
    reason: str | None = None,
    note: str | None = None,
    approval: str | None = None,
    successor: str | None = None,
) -> OrganisationCertificateEvent:
    """Add to its history, and have that entered. Whether it is allowed is decided elsewhere."""
    last = db.exec(
        select(func.max(OrganisationCertificateEvent.place)).where(
            OrganisationCertificateEvent.certificate_id == certificate.id
        )
    ).one()
    event = OrganisationCertificateEvent(
        certificate_id=certificate.id,
        place=(last or 0) + 1,
        kind=kind,
        at=at,
        from_day=from_day,
        until_day=until_day,
        reason=reason,
        note=note,
        actor=actor,
        approval=approval,
        successor=successor,
    )
    db.add(event)
    db.flush()
    enter_status(db, event.id, certificate.issuer, at.date(), event_said(certificate.number, event))
    return event


def event_said(number: str, event: OrganisationCertificateEvent) -> bytes:
    """What an entry in the log commits to of a change: all that may be told of it, as canonical JSON (RFC 8785)."""
    said = {
        "number": number,
        "place": event.place,
        "kind": event.kind,
        "at": event.at.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ"),
        "from_day": event.from_day.isoformat(),
        "until_day": event.until_day and event.until_day.isoformat(),
        "reason": event.reason,
        "successor": event.successor,
    }
    return orjson.dumps(said, option=orjson.OPT_SORT_KEYS)


def organisation_certificate(db: Database, number: str, *, lock: bool = False) -> CertificateOfOrganisation:
    """By its 16 characters without dashes; lock: nobody else changes it meanwhile. Raises CertificateNotFound."""
    wanted = select(CertificateOfOrganisation).where(CertificateOfOrganisation.number == number)
    if lock:
        wanted = wanted.with_for_update().execution_options(populate_existing=True)
    found = db.exec(wanted).first()
    if found is None:
        raise CertificateNotFound(f"no certificate about an organisation has the number {display_number(number)}")
    return found


def organisation_certificates(  # noqa: PLR0913 which of them
    db: Database,
    *,
    holder: str | None = None,
    issuer: str | None = None,
    kind: Kind | None = None,
    after: UUID | None = None,
    limit: int | None = None,
) -> Sequence[CertificateOfOrganisation]:
    """In the order in which they were issued, from the one after that id on."""
    row = CertificateOfOrganisation
    wanted = select(row).order_by(col(row.id))
    for column, value in ((row.holder, holder), (row.issuer, issuer), (row.kind, kind)):
        if value is not None:
            wanted = wanted.where(col(column) == value)
    if after is not None:
        wanted = wanted.where(col(row.id) > after)
    return db.exec(wanted if limit is None else wanted.limit(limit)).all()


def organisation_certificates_numbered(db: Database, numbers: Iterable[str]) -> Sequence[CertificateOfOrganisation]:
    """Those that there are."""
    row = CertificateOfOrganisation
    return db.exec(select(row).where(among(db, row.number, numbers))).all()


def certificate_of_mandate(db: Database, mandate: str) -> CertificateOfOrganisation | None:
    """The one that states this mandate; None for one that was granted before there were any."""
    return db.exec(select(CertificateOfOrganisation).where(CertificateOfOrganisation.mandate == mandate)).first()


def numbers_behind(db: Database, mandates: Sequence[str]) -> Mapping[str, str]:
    """The numbers of the certificates that state these mandates, by mandate."""
    row = CertificateOfOrganisation
    found = db.connection().execute(select(row.mandate, row.number).where(among(db, row.mandate, mandates)))
    return {str(mandate): number for mandate, number in found}


def certificates_of_mandates(db: Database) -> Sequence[tuple[str, str, str, int | None]]:
    """For each mandate that has one: its id, and the certificate's number, `vc+jwt` and place in the log."""
    row, event = CertificateOfOrganisation, OrganisationCertificateEvent
    found = db.connection().execute(
        select(row.mandate, row.number, row.vc_jwt, LogEntry.log_index)
        .join(event, (col(event.certificate_id) == col(row.id)) & (col(event.place) == 1))
        .outerjoin(LogEntry, col(LogEntry.id) == col(event.id))
        .where(col(row.mandate).is_not(None))
        .order_by(col(row.id))
    )
    return [(str(mandate), number, vc_jwt, index) for mandate, number, vc_jwt, index in found]


def history_of(db: Database, certificate: CertificateOfOrganisation) -> Sequence[OrganisationCertificateEvent]:
    """Its events, the first one first."""
    event = OrganisationCertificateEvent
    return db.exec(select(event).where(event.certificate_id == certificate.id).order_by(col(event.place))).all()


def courses(db: Database, rows: Iterable[CertificateOfOrganisation]) -> Mapping[str, Course]:
    """What the events of each come to, by number."""
    listed, event = list(rows), OrganisationCertificateEvent
    by_certificate: dict[UUID, list[Happened]] = defaultdict(list)
    for start in range(0, len(listed), _AT_ONCE):
        ids = [row.id for row in listed[start : start + _AT_ONCE]]
        for one in db.exec(select(event).where(col(event.certificate_id).in_(ids)).order_by(col(event.place))):
            by_certificate[one.certificate_id].append(happened(one))
    return {row.number: course_of(row.valid_from, row.valid_until, by_certificate[row.id]) for row in listed}


def happened(event: OrganisationCertificateEvent) -> Happened:
    """As far as it bears on how the certificate stands."""
    return Happened(event.kind, event.from_day, event.until_day, event.reason, event.successor)


def organisations_in_list(db: Database, number: int, now: datetime) -> Mapping[int, str]:
    """Index and state of every certificate in a status list that does not simply stand now, or ran out."""
    found = db.exec(select(CertificateOfOrganisation).where(CertificateOfOrganisation.status_list == number)).all()
    if not found:
        return {}
    known = courses(db, found)
    states = {row.status_index: known[row.number].standing_on(day_at(now, row.time_zone)) for row in found}
    return {index: state for index, state in states.items() if state in {*_FOR_GOOD, "suspended"}}


def help_on(db: Database, numbers: Iterable[str], day: date, today: date) -> Mapping[str, CertificateOfOrganisation]:
    """Which of these certificates may be rested on: in force that day, and neither suspended nor ended today.

    One that another came in the place of is as good as that one. By the number that was asked for.
    """
    found: dict[str, CertificateOfOrganisation] = {}
    for number in sorted(set(numbers)):
        line = [organisation_certificate(db, number)]
        known = [courses(db, line)[number]]
        while (later := known[-1].ends.get("superseded")) and later.successor:
            line.append(organisation_certificate(db, later.successor))
            known.append(courses(db, line[-1:])[later.successor])
        then = any(course.standing_on(day) == "in_force" for course in known)
        if then and known[-1].standing_on(today) not in {*_FOR_GOOD, "suspended"} and _says_yes(line[-1]):
            found[number] = line[-1]
    return found


def _says_yes(row: CertificateOfOrganisation) -> bool:
    attested = row.says().attests
    return not isinstance(attested, Audit) or attested.conforms


def first_event(db: Database, certificate: CertificateOfOrganisation) -> UUID:
    """The id of the event that says that it was issued."""
    event = OrganisationCertificateEvent
    return db.exec(select(event.id).where(event.certificate_id == certificate.id, event.place == 1)).one()
