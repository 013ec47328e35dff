"""Organisations (and natural persons who own or act), their dated ties, and what they declared."""

from collections.abc import Iterable, Sequence
from datetime import date, datetime, timedelta
from fractions import Fraction
from types import MappingProxyType
from typing import Annotated, Literal, Self
from uuid import UUID

from pydantic import AfterValidator, ValidationError, model_validator
from pydantic import Field as InputField
from sqlalchemy import or_
from sqlmodel import Field, SQLModel, col, select

from levels.evidence import Tie, TieKind
from registry.errors import (
    DeclarationNotFound,
    OrganisationExists,
    OrganisationNotFound,
    OrganisationRejected,
    ShareOverHundred,
    TieNotFound,
)
from registry.records.parties.organisation_certificates import (
    CertificateOfOrganisation,
    courses,
    organisation_certificate,
)
from registry.records.store.database import Database, new_id
from registry.records.strict_input import Country, NoNumber, PartySlug, Reference, Slug, StrictInput
from verification.certificate import MalformedNumber, Name, display_number, parse_number
from verification.organisation_certificate import Audit, MandateTerms


def _certificate_number(text: str) -> str:
    try:
        return parse_number(text)
    except MalformedNumber as fault:
        raise ValueError("must be the number of a certificate, such as C7D9-P6Z7-A05X-FBE5") from fault


CertificateNumber = Annotated[str, AfterValidator(_certificate_number)]
QUALITY_SYSTEMS = ("ISO 9001", "ISO 21001", "ISO 29993")
PartyKind = Literal["organisation", "person", "public_body"]
DeclarationKind = Literal[
    "responsible_people",
    "open_to_all",
    "appeals",
    "corrective_action",
    "succession_plan",
    "accredited",
    "conformity_audit",
    "quality_certificate",
    "quality_review",
    "surveillance",
    "full_audit",
    "conflicts",
    "staff_records",
    "ties_complete",
]

YES_OR_NO = frozenset({"open_to_all", "appeals", "corrective_action", "succession_plan", "accredited"})
MAY_RUN_OUT = frozenset({"accredited", "quality_certificate"})
OTHERS_CONFIRM = frozenset(
    {
        "accredited",
        "conformity_audit",
        "quality_certificate",
        "quality_review",
        "surveillance",
        "full_audit",
        "staff_records",
    }
)


# Which certificates about an organisation say what it may declare, by their kind or the extent of an audit.
CERTIFIED_AS = MappingProxyType(
    {
        "accredited": "accreditation",
        "quality_certificate": "quality_certificate",
        "conformity_audit": "conformity",
        "surveillance": "surveillance",
        "full_audit": "full",
    }
)
PERSONS = "ISO/IEC 17024"  # of bodies that certify persons: what O10 asks for
_NEEDED = {"accredited": (PERSONS,), "conformity_audit": (PERSONS,), "quality_certificate": QUALITY_SYSTEMS}


class Organisation(SQLModel, table=True):
    """Somebody who can be a party: an organisation, a public body, or a natural person."""

    id: UUID = Field(primary_key=True, default_factory=new_id)
    slug: str = Field(unique=True, index=True)
    name: str
    country: str
    kind: str
    sector_body: bool
    registered_on: date
    struck_off_on: date | None = None
    closed_on: date | None = None  # by itself; what it issued before is no worse for it
    recorded_at: datetime
    recorded_by: str

    def active_on(self, day: date) -> bool:
        """Registered by that day, and neither struck off nor closed on it or before."""
        return self.registered_on <= day and all(
            end is None or day < end for end in (self.struck_off_on, self.closed_on)
        )


class TieRecord(SQLModel, table=True):
    """A dated tie between two parties; `levels.evidence.Tie` says what each kind means."""

    __tablename__ = "tie"

    id: UUID = Field(primary_key=True, default_factory=new_id)
    kind: str
    a: str = Field(foreign_key="organisation.slug", index=True)
    b: str = Field(foreign_key="organisation.slug", index=True)
    share_percent: str | None = None  # exact, as a fraction: "30", "49/2"
    since: date | None = None
    until: date | None = None
    recorded_at: datetime
    recorded_by: str

    def tie(self) -> Tie:
        """The same for the rules."""
        share = None if self.share_percent is None else Fraction(self.share_percent)
        return Tie(kind=TieKind(self.kind), a=self.a, b=self.b, share_percent=share, since=self.since, until=self.until)


class Declaration(SQLModel, table=True):
    """A dated fact about an organisation, with where its evidence is kept and who stands behind it.

    certificate  number of the certificate about the organisation that it rests on; whoever issued that confirms it
    """

    id: UUID = Field(primary_key=True, default_factory=new_id)
    organisation: str = Field(foreign_key="organisation.slug", index=True)
    kind: str
    declared_on: date
    number: int | None = None  # of responsible people; 1 and 0 for yes and no
    word: str | None = None  # of staff_records
    valid_until: date | None = None
    evidence: str | None = None
    confirmed_by: str | None = Field(default=None, foreign_key="organisation.slug")
    certificate: str | None = Field(default=None, foreign_key="organisation_certificate.number", index=True)
    withdrawn_on: date | None = None
    recorded_at: datetime
    recorded_by: str

    def stands_on(self, day: date) -> bool:
        """Made by that day, and neither withdrawn nor run out."""
        return (
            self.declared_on <= day
            and (self.withdrawn_on is None or day < self.withdrawn_on)
            and (self.valid_until is None or day <= self.valid_until)
        )


class NewOrganisation(StrictInput):
    """Who is added to the registry. The id is a short name of ours, never a national number."""

    id: PartySlug
    name: Annotated[Name, NoNumber]
    country: Country = "SE"
    kind: PartyKind = "organisation"
    sector_body: bool = False
    registered_on: date
    struck_off_on: date | None = None

    @model_validator(mode="after")
    def _hangs_together(self) -> Self:
        if self.struck_off_on and self.struck_off_on < self.registered_on:
            raise ValueError(f"struck_off_on ({self.struck_off_on}) lies before registered_on ({self.registered_on})")
        if self.kind == "person" and self.sector_body:
            raise ValueError("a natural person cannot be a sector body")
        return self


class NewTie(StrictInput):
    """One dated tie; for `owns`, a owns share_percent of b. Both dates are inclusive."""

    kind: TieKind
    a: Slug
    b: Slug
    share_percent: int | str | None = None
    since: date | None = None
    until: date | None = None

    @model_validator(mode="after")
    def _hangs_together(self) -> Self:
        self.tie()
        return self

    def tie(self) -> Tie:
        """The same for the rules, which know what hangs together. Raises ValueError."""
        try:
            return Tie.model_validate(self.model_dump())
        except ValidationError as fault:
            first = fault.errors(include_url=False)[0]
            where = f"{first['loc'][0]} " if first["loc"] else ""
            raise ValueError(where + str(first["msg"]).removeprefix("Value error, ")) from fault


class NewDeclaration(StrictInput):
    """What an organisation declares. For what is done on a day (an audit, a review), `on` is that day.

    certificate  number of a certificate about it that says so; whoever issued that stands behind it
    """

    organisation: Slug
    kind: DeclarationKind
    on: date
    value: bool | Annotated[int, InputField(ge=0, le=100_000)] | Literal["none", "own"] | None = None
    valid_until: date | None = None
    evidence: Reference | None = None
    confirmed_by: Slug | None = None
    certificate: CertificateNumber | None = None
    withdrawn_on: date | None = None

    @model_validator(mode="after")
    def _hangs_together(self) -> Self:
        if self.kind == "responsible_people":
            if isinstance(self.value, bool) or not isinstance(self.value, int):
                raise ValueError("responsible_people needs value, the number of people")
        elif self.kind == "staff_records":
            if not isinstance(self.value, str):
                raise ValueError('staff_records needs value: "none" or "own" (confirmed_by makes it confirmed)')
        elif self.kind in YES_OR_NO:
            if self.value is not None and not isinstance(self.value, bool):
                raise ValueError(f"the value of {self.kind} is true or false")
        elif self.value is not None:
            raise ValueError(f"{self.kind} has no value; `on` says when")
        self._hangs_together_in_time()
        if self.confirmed_by and self.kind not in OTHERS_CONFIRM:
            raise ValueError(f"{self.kind} is not confirmed by others")
        if self.confirmed_by == self.organisation:
            raise ValueError("confirmed_by must be another organisation")
        return self

    @model_validator(mode="after")
    def _can_be_certified(self) -> Self:
        if self.certificate and self.kind not in CERTIFIED_AS:
            raise ValueError(f"no certificate about an organisation says {self.kind}")
        return self

    def _hangs_together_in_time(self) -> None:
        if self.valid_until and self.kind not in MAY_RUN_OUT:
            raise ValueError(f"{self.kind} has no valid_until")
        if self.valid_until and self.valid_until < self.on:
            raise ValueError(f"valid_until ({self.valid_until}) lies before on ({self.on})")
        if self.withdrawn_on and self.withdrawn_on < self.on:
            raise ValueError(f"withdrawn_on ({self.withdrawn_on}) lies before on ({self.on})")
        if self.kind == "quality_certificate" and self.valid_until is None and self.certificate is None:
            raise ValueError("quality_certificate needs valid_until")


class Sector(StrictInput):
    """Many at once, from one file: [[organisation]], [[tie]], [[declaration]]."""

    organisation: tuple[NewOrganisation, ...] = ()
    tie: tuple[NewTie, ...] = ()
    declaration: tuple[NewDeclaration, ...] = ()


def add_organisation(db: Database, new: NewOrganisation, now: datetime, actor: str) -> Organisation:
    """Register somebody. Raises OrganisationExists."""
    if db.exec(select(Organisation).where(Organisation.slug == new.id)).first():
        raise OrganisationExists(f"{new.id} is taken; choose another id")
    organisation = Organisation(
        slug=new.id,
        name=new.name,
        country=new.country,
        kind=new.kind,
        sector_body=new.sector_body,
        registered_on=new.registered_on,
        struck_off_on=new.struck_off_on,
        recorded_at=now,
        recorded_by=actor,
    )
    db.add(organisation)
    db.flush()
    return organisation


def add_tie(db: Database, new: NewTie, now: datetime, actor: str) -> TieRecord:
    """Record a tie. Raises OrganisationNotFound, and ShareOverHundred if on some day more than all would be owned."""
    for slug in (new.a, new.b):
        organisation_by_slug(db, slug)
    tie = new.tie()
    if tie.kind is TieKind.OWNS:
        _check_shares(db, tie)
    record = TieRecord(
        kind=tie.kind.value,
        a=tie.a,
        b=tie.b,
        share_percent=None if tie.share_percent is None else str(tie.share_percent),
        since=tie.since,
        until=tie.until,
        recorded_at=now,
        recorded_by=actor,
    )
    db.add(record)
    db.flush()
    return record


def end_tie(  # noqa: PLR0913, PLR0917 which tie, its last day, and an actor
    db: Database, a: str, b: str, kind: TieKind, on: date, actor: str
) -> Sequence[TieRecord]:
    """End every open tie of that kind between the two; `on` is the last day it held.

    For `owns`, a is the owner; for all else the order does not matter.

    Raises OrganisationNotFound, TieNotFound, OrganisationRejected where one of them began later.
    """
    for slug in (a, b):
        organisation_by_slug(db, slug)
    ends = [(a, b)] if kind is TieKind.OWNS else [(a, b), (b, a)]
    found = [tie for tie in ties_of(db, a) if tie.kind == kind.value and tie.until is None and (tie.a, tie.b) in ends]
    if not found:
        raise TieNotFound(f"no tie {kind.value} from {a} to {b} is open; `bevis org show {a}` lists its ties")
    for tie in found:
        if tie.since is not None and on < tie.since:
            raise OrganisationRejected(f"the tie {kind.value} from {a} to {b} began on {tie.since}, after {on}")
        tie.until, tie.recorded_by = on, actor
        db.add(tie)
    return found


def _check_shares(db: Database, new: Tie) -> None:
    if organisation_by_slug(db, new.b).kind == "person":
        raise OrganisationRejected(f"{new.b} is a person and cannot be owned")
    owned = db.exec(select(TieRecord).where(TieRecord.b == new.b, TieRecord.kind == TieKind.OWNS.value)).all()
    shares = [*(record.tie() for record in owned), new]
    # The sum only ever grows on a day when a share begins.
    for day in {tie.since or date.min for tie in shares}:
        total = sum((tie.share_percent or Fraction(0) for tie in shares if tie.holds_on(day)), Fraction(0))
        if total > 100:  # noqa: PLR2004 per cent
            when = "" if day == date.min else f" from {day}"
            raise ShareOverHundred(f"with this, {float(total):g} per cent of {new.b} would be owned{when}")


def declare(db: Database, new: NewDeclaration, now: datetime, actor: str) -> Declaration:
    """Record what an organisation declares. Raises OrganisationNotFound, OrganisationRejected."""
    for slug in filter(None, (new.organisation, new.confirmed_by)):
        if organisation_by_slug(db, slug).kind == "person" and new.kind != "ties_complete":
            raise OrganisationRejected(f"{slug} is a person; {new.kind} is declared and confirmed by organisations")
    certificate = None if new.certificate is None else _certificate_behind(db, new, new.certificate)
    declaration = Declaration(
        organisation=new.organisation,
        kind=new.kind,
        declared_on=new.on,
        number=_number(new),
        word=new.value if isinstance(new.value, str) else None,
        valid_until=new.valid_until or (certificate.valid_until if certificate and new.kind in MAY_RUN_OUT else None),
        evidence=new.evidence,
        confirmed_by=certificate.issuer if certificate else new.confirmed_by,
        certificate=certificate.number if certificate else None,
        withdrawn_on=new.withdrawn_on,
        recorded_at=now,
        recorded_by=actor,
    )
    db.add(declaration)
    db.flush()
    return declaration


def _certificate_behind(db: Database, new: NewDeclaration, number: str) -> CertificateOfOrganisation:
    """The certificate that a declaration rests on, which says just that.

    Raises CertificateNotFound, OrganisationRejected.
    """
    row = organisation_certificate(db, number)
    said, shown = row.says(), display_number(number)
    attested = said.attests
    extent = attested.extent if isinstance(attested, Audit) else attested.kind
    if row.holder != new.organisation:
        raise OrganisationRejected(f"{shown} is about {row.holder}, not about {new.organisation}")
    if new.confirmed_by not in {None, row.issuer}:
        raise OrganisationRejected(f"{shown} was issued by {row.issuer}, who confirms it; leave confirmed_by out")
    if extent != CERTIFIED_AS[new.kind]:
        raise OrganisationRejected(f"{shown} says {extent}, and {new.kind} needs {CERTIFIED_AS[new.kind]}")
    if not isinstance(attested, MandateTerms) and attested.standard not in _NEEDED.get(new.kind, (attested.standard,)):
        needed = " or ".join(_NEEDED[new.kind])
        raise OrganisationRejected(f"{shown} is by {attested.standard}, and {new.kind} needs {needed}")
    if isinstance(attested, Audit) and not attested.conforms:
        raise OrganisationRejected(f"{shown} says that the audit was not passed")
    if isinstance(attested, Audit) and new.on != attested.last_on:
        raise OrganisationRejected(f"that audit ended on {attested.last_on}; `on` must be that day")
    if new.on < said.done_on:
        raise OrganisationRejected(f"{shown} holds from {said.done_on}; `on` must not lie before that")
    if new.kind in YES_OR_NO and new.value is False:
        raise OrganisationRejected(f"{shown} says that it is so; value cannot be false")
    standing = courses(db, [row])[row.number].standing_on(max(row.valid_from, new.on))
    if standing != "in_force":
        raise OrganisationRejected(f"{shown} is {standing}; nothing can rest on it")
    return row


def _number(new: NewDeclaration) -> int | None:
    if new.kind in YES_OR_NO:
        return 1 if new.value is None else int(bool(new.value))
    return new.value if isinstance(new.value, int) else None


def lies_in_future(day: date, now: datetime) -> bool:
    """Whether that day has begun nowhere yet: where the sun rises first it is fourteen hours later than UTC."""
    return day > (now + timedelta(hours=14)).date()


def add_sector(db: Database, sector: Sector, now: datetime, actor: str) -> None:
    """Add all of a file, organisations first. Raises what adding one by one raises."""
    for organisation in sector.organisation:
        add_organisation(db, organisation, now, actor)
    for tie in sector.tie:
        add_tie(db, tie, now, actor)
    for declaration in sector.declaration:
        declare(db, declaration, now, actor)


def strike_off(db: Database, slug: str, on: date, actor: str) -> Organisation:
    """From that day the organisation is no longer active. An earlier day may replace a later one.

    Raises OrganisationNotFound, OrganisationRejected.
    """
    organisation = organisation_by_slug(db, slug)
    if organisation.struck_off_on is not None and organisation.struck_off_on <= on:
        raise OrganisationRejected(f"{slug} was struck off on {organisation.struck_off_on} already")
    if on < organisation.registered_on:
        raise OrganisationRejected(f"{slug} was registered on {organisation.registered_on}, after {on}")
    organisation.struck_off_on = on
    organisation.recorded_by = actor
    db.add(organisation)
    return organisation


def withdraw_declaration(db: Database, declaration_id: UUID, on: date, actor: str) -> Declaration:
    """From that day the declaration no longer stands. An earlier day may replace a later one.

    Raises DeclarationNotFound, OrganisationRejected.
    """
    declaration = declaration_by_id(db, declaration_id)
    if declaration.withdrawn_on is not None and declaration.withdrawn_on <= on:
        raise OrganisationRejected(f"it was withdrawn on {declaration.withdrawn_on} already")
    if on < declaration.declared_on:
        raise OrganisationRejected(f"it was declared on {declaration.declared_on}, after {on}")
    declaration.withdrawn_on = on
    declaration.recorded_by = actor
    db.add(declaration)
    return declaration


def declaration_by_id(db: Database, declaration_id: UUID) -> Declaration:
    """Raises DeclarationNotFound."""
    declaration = db.get(Declaration, declaration_id)
    if declaration is None:
        raise DeclarationNotFound(f"there is no declaration {declaration_id}")
    return declaration


def organisations(db: Database) -> Sequence[Organisation]:
    """All, by id."""
    return db.exec(select(Organisation).order_by(Organisation.slug)).all()


def organisations_after(db: Database, after: str | None, limit: int) -> Sequence[Organisation]:
    """Those whose id comes after that one, by id; natural persons are nobody's business and left out."""
    wanted = select(Organisation).where(Organisation.kind != "person").order_by(Organisation.slug).limit(limit)
    return db.exec(wanted if after is None else wanted.where(col(Organisation.slug) > after)).all()


def organisation_by_slug(db: Database, slug: str) -> Organisation:
    """Raises OrganisationNotFound."""
    found = db.exec(select(Organisation).where(Organisation.slug == slug)).first()
    if found is None:
        raise OrganisationNotFound(f"no organisation has the id {slug!r}", slug)
    return found


def organisations_named(db: Database, names: Iterable[str]) -> dict[str, Organisation]:
    """Those whose id is among `names`, by id; the others are simply not there."""
    return {found.slug: found for found in db.exec(select(Organisation).where(col(Organisation.slug).in_(set(names))))}


def ties_of(db: Database, slug: str) -> Sequence[TieRecord]:
    """All ties of one party, the oldest record first."""
    return db.exec(
        select(TieRecord).where(or_(col(TieRecord.a) == slug, col(TieRecord.b) == slug)).order_by(col(TieRecord.id))
    ).all()


def ties_around(db: Database, slugs: Iterable[str]) -> tuple[Tie, ...]:
    """Every tie that can be reached from these parties, however far, as the rules read them."""
    found: dict[UUID, TieRecord] = {}
    seen: set[str] = set()
    front = set(slugs)
    while front:
        seen |= front
        reached: set[str] = set()
        for part in _parts(sorted(front)):
            for end in (TieRecord.a, TieRecord.b):
                for record in db.exec(select(TieRecord).where(col(end).in_(part))):
                    found[record.id] = record
                    reached |= {record.a, record.b}
        front = reached - seen
    return tuple(record.tie() for _, record in sorted(found.items()))


def _parts(slugs: list[str], size: int = 500) -> Iterable[list[str]]:
    # A statement takes a bounded number of parameters.
    return (slugs[start : start + size] for start in range(0, len(slugs), size))


def declarations_of(db: Database, slug: str) -> Sequence[Declaration]:
    """All declarations of one organisation, the latest day first."""
    return db.exec(
        select(Declaration)
        .where(Declaration.organisation == slug)
        .order_by(col(Declaration.declared_on).desc(), col(Declaration.id).desc())
    ).all()


def declarations_among(db: Database, slugs: Iterable[str]) -> Sequence[Declaration]:
    """All declarations of these organisations, the latest day first."""
    return [
        declaration
        for part in _parts(sorted(set(slugs)))
        for declaration in db.exec(
            select(Declaration)
            .where(col(Declaration.organisation).in_(part))
            .order_by(col(Declaration.declared_on).desc(), col(Declaration.id).desc())
        )
    ]
