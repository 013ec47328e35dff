"""Which certificates stem from one cause: an organisation, one of the staff, an occasion, a batch, a mandate, a key.

Asked of what is on record now: an occasion whose staff or training provider was put right stems from the right one.
"""

from collections.abc import Collection, Sequence
from datetime import date, timedelta
from typing import Any, Literal, NamedTuple, get_args
from uuid import UUID

from sqlalchemy import ColumnElement, and_, false, or_
from sqlmodel import col, func, select

from registry.errors import MalformedInput
from registry.records.issued.batches import batch_by_id, no_batch
from registry.records.issued.certificates import CertificateEvent, IssuedCertificate
from registry.records.mandates.mandates import Mandate, mandate_by_id
from registry.records.parties.organisations import organisation_by_slug
from registry.records.parties.signing_keys import key_by_kid
from registry.records.sector.schemes import SchemeRecord, SchemeVersion, scheme_owner, scheme_version
from registry.records.sittings.occasions import Occasion, OccasionStaff, no_occasion, occasion_by_id, occasion_of
from registry.records.store.database import Database
from registry.records.store.in_bulk import among
from verification.certificate import end_of

Cause = Literal[
    "training_provider",
    "examination_body",
    "instructor",
    "examiner",
    "occasion",
    "batch",
    "scheme_version",
    "mandate",
    "signing_key",
]
Condition = ColumnElement[bool]  # on a certificate
CAUSES: tuple[Cause, ...] = get_args(Cause)


class Stemming(NamedTuple):
    """A certificate that stems from the cause asked about; last_approval: of what happened to it last."""

    id: UUID
    number: str
    holder: str
    issuer: str
    scheme: str
    version: str
    level: str
    edition: str
    state: str
    last_approval: str | None


class Group(NamedTuple):
    """How many certificates have all this in common."""

    issuer: str
    scheme: str
    version: str
    level: str
    edition: str
    state: str
    last_approval: str | None
    certificates: int


class Standing(NamedTuple):
    """What is needed of a certificate to change it; place: of what happened to it last."""

    id: UUID
    number: str
    person: UUID
    issuer: str
    time_zone: str
    valid_from: date
    facts: str
    place: int


def stems_from(db: Database, cause: Cause, which: str, organisation: str | None) -> Condition:
    """The condition that a certificate stems from that cause.

    which         an id; a version of a scheme is named scheme@version
    organisation  who asks; to others than its issuer and the owner of its scheme, an occasion or a batch is not there

    Raises what is raised where nothing has that id, but for people on the staff, who have no record of their own.
    """
    row = IssuedCertificate
    if cause in {"training_provider", "examination_body", "instructor", "examiner"}:
        return col(row.occasion_id).in_(_occasions(db, cause, which))
    if cause in {"occasion", "batch"}:
        return _of_one_list(db, cause, which, organisation)
    if cause == "scheme_version":
        code, _, version = which.partition("@")
        if not version:
            raise MalformedInput([("id", "must be scheme@version, such as hot-work@1")])
        found = scheme_version(db, code, version)
        return and_(col(row.scheme) == found.code, col(row.scheme_version) == found.version)
    if cause == "mandate":
        return under_mandate(mandate_by_id(db, which))
    key = key_by_kid(db, which)
    return and_(col(row.kid) == key.kid, col(row.issuer) == key.organisation)


def _occasions(db: Database, cause: str, which: str) -> Any:  # noqa: ANN401 a question of one column
    """Those that an organisation or a person had that part in."""
    if cause in {"instructor", "examiner"}:
        return select(OccasionStaff.occasion_id).where(OccasionStaff.person == which, OccasionStaff.role == cause)
    named: Any = Occasion.document[cause]
    return select(Occasion.id).where(named.as_string() == organisation_by_slug(db, which).slug)


def _of_one_list(db: Database, cause: str, which: str, organisation: str | None) -> Condition:
    """Raises OccasionNotFound, BatchNotFound, also for those who have nothing to do with it."""
    batch = batch_by_id(db, which) if cause == "batch" else None
    occasion = occasion_by_id(db, which) if batch is None else occasion_of(db, batch.occasion_id)
    if organisation not in {None, occasion.issuer, scheme_owner(db, occasion.scheme)}:
        raise no_occasion(which) if batch is None else no_batch(which)
    row = IssuedCertificate
    return col(row.occasion_id) == occasion.id if batch is None else col(row.batch_id) == batch.id


def under_mandate(mandate: Mandate) -> Condition:
    """The condition that a certificate says that it was issued under that mandate."""
    row = IssuedCertificate
    # As what a certificate says is written; in no other place can it hold these signs.
    says = f'"mandate":"{mandate.public_id}"'
    return and_(col(row.issuer) == mandate.issuer, col(row.scheme) == mandate.scheme, col(row.facts).contains(says))


def numbered(db: Database, numbers: Collection[str]) -> Condition:
    """The condition that a certificate has one of these numbers."""
    return among(db, IssuedCertificate.number, numbers)


def of_organisation(organisation: str) -> Condition:
    """The condition that it issued a certificate, or owns its scheme."""
    owned = select(SchemeRecord.code).where(SchemeRecord.owner == organisation)
    return or_(col(IssuedCertificate.issuer) == organisation, col(IssuedCertificate.scheme).in_(owned))


def issued_between(db: Database, first: date | None, last: date | None) -> Condition | None:
    """The condition that a certificate was issued on these days, both included, where its scheme keeps time."""
    if first is None and last is None:
        return None
    issued = col(IssuedCertificate.issued_at)
    each: list[Condition] = []
    for zone in db.exec(select(SchemeVersion.document["time_zone"].as_string()).distinct()):
        begun = () if first is None else (issued >= end_of(first - timedelta(days=1), zone),)
        ended = () if last is None else (issued < end_of(last, zone),)
        each.append(and_(col(IssuedCertificate.time_zone) == zone, *begun, *ended))
    return or_(false(), *each)


def _last_approval() -> list[Any]:
    """The column that says by which approval a certificate last changed."""
    row, event = IssuedCertificate, CertificateEvent
    of_one = event.certificate_id == row.id
    last = select(func.max(event.place)).where(of_one).correlate(row).scalar_subquery()
    approval = select(event.approval).where(of_one, event.place == last)
    return [approval.correlate(row).scalar_subquery().label("last_approval")]


_R = IssuedCertificate
_COMMON: tuple[Any, ...] = (_R.issuer, _R.scheme, _R.scheme_version, _R.level, _R.edition, _R.state)


def groups_of(db: Database, where: Sequence[Condition], *, last: bool = False) -> Sequence[Group]:
    """How many there are of each kind, in a fixed order; last: find out too by which approval it last changed."""
    asked: list[Any] = [*_COMMON, *(_last_approval() if last else ())]
    found: Any = select(*asked).where(*where).subquery()
    columns: list[Any] = list(found.c)
    counted: list[Any] = [*columns, func.count()]
    rows = db.connection().execute(select(*counted).group_by(*columns).order_by(*columns))
    return [Group(*more[:6], more[6] if last else None, more[-1]) for more in map(tuple, rows)]  # type: ignore[call-arg] # six in common


def stemming_after(
    db: Database,
    where: Sequence[Condition],
    *,
    last: bool = False,
    after: UUID | None = None,
    limit: int | None = None,
) -> Sequence[Stemming]:
    """The certificates, the newest first; after: only those before that one in this order."""
    row = IssuedCertificate
    asked: list[Any] = [row.id, row.number, row.holder_name, *_COMMON, *(_last_approval() if last else ())]
    query: Any = select(*asked).where(*where).order_by(col(row.id).desc()).limit(limit)
    if after is not None:
        query = query.where(col(row.id) < after)
    return [Stemming(*more, *(() if last else (None,))) for more in db.connection().execute(query)]


def lock_numbered(db: Database, numbers: Collection[str]) -> None:
    """Nobody else changes any of these certificates until the transaction ends."""
    row = IssuedCertificate
    # All who take several take them in one order, so that no two wait for each other.
    query = select(row.id).where(numbered(db, numbers)).order_by(row.number).with_for_update()
    db.connection().execute(query)


def standing_of(db: Database, numbers: Collection[str]) -> Sequence[Standing]:
    """What is needed to change these certificates, by number."""
    row, event = IssuedCertificate, CertificateEvent
    place = select(func.max(event.place)).where(event.certificate_id == row.id).scalar_subquery()
    asked: list[Any] = [row.id, row.number, row.person_id, row.issuer, row.time_zone, row.valid_from, row.facts, place]
    query: Any = select(*asked).where(numbered(db, numbers)).order_by(row.number)
    return [Standing(*more) for more in db.connection().execute(query)]


def changed_by(db: Database, approval: str, number: str) -> bool:
    """Whether that certificate was changed by that decision."""
    event = CertificateEvent
    found = (
        select(event.id)
        .join(IssuedCertificate, col(IssuedCertificate.id) == event.certificate_id)
        .where(IssuedCertificate.number == number, event.approval == approval)
    )
    return db.exec(found).first() is not None


def issued_under(db: Database, mandate: Mandate, since: date) -> int:
    """How many certificates were issued under a mandate on that day or later."""
    days = issued_between(db, since, None)
    query = select(func.count()).select_from(IssuedCertificate).where(under_mandate(mandate))
    return db.exec(query if days is None else query.where(days)).one()
