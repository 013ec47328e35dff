"""What anybody may know of schemes and of who may issue under them: read from the records, for pages and answers."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime

from levels.level import Level
from registry.errors import OrganisationNotFound, SchemeNotFound
from registry.records.mandates.mandate_days import Standing
from registry.records.mandates.mandates import Mandate, mandates, mandates_of
from registry.records.parties.organisations import Organisation, organisation_by_slug, organisations_named
from registry.records.sector.extensions import SchemeExtension, extensions
from registry.records.sector.recognitions import Recognition, recognitions
from registry.records.sector.recognitions import Standing as RecognitionStanding
from registry.records.sector.scheme_document import NewScheme
from registry.records.sector.schemes import SchemeVersion, scheme_versions, schemes
from registry.records.store.database import Database
from registry.records.strict_input import SLUG
from verification.certificate import day_at


@dataclass(frozen=True)
class KnownMandate:
    """A mandate as it stands on a day. titles: of its scheme, by language; owner: who granted it."""

    mandate: Mandate
    issuer: Organisation
    titles: Mapping[str, str]
    standing: Standing

    @property
    def counts(self) -> bool:
        """Whether something may be issued under it now."""
        return self.standing == "in_force" and self.issuer_stands

    @property
    def issuer_stands(self) -> bool:
        """Whether the issuer is still on the register; it may have been struck off since."""
        return all(end is None or end > self.day for end in (self.issuer.struck_off_on, self.issuer.closed_on))

    day: date = date.min
    owner: Organisation | None = None


@dataclass(frozen=True)
class KnownRecognition:
    """A recognition as it stands on a day, seen from one of its schemes.

    accepts  whether that one accepts; else it is accepted
    other    code of the other scheme; titles: its own, by language
    """

    recognition: Recognition
    accepts: bool
    other: str
    titles: Mapping[str, str]
    standing: RecognitionStanding


@dataclass(frozen=True)
class KnownScheme:
    """A scheme with the version that is told of.

    row       the version asked for, or the one in force today; where none is, the one that comes next or came last
    versions  all published ones, the newest first
    mandates  those that count first
    """

    row: SchemeVersion
    new: NewScheme
    owner: Organisation
    versions: Sequence[SchemeVersion]
    mandates: Sequence[KnownMandate]
    extensions: Sequence[SchemeExtension]
    asked_before: Mapping[str, SchemeVersion]
    recognitions: Sequence[KnownRecognition]
    day: date

    @property
    def in_force(self) -> bool:
        """Whether something may be decided under the version told of today."""
        return self.row.in_force_on(self.day)


@dataclass(frozen=True)
class KnownIssuer:
    """An organisation that issues or owns schemes: what it may do, and might do before."""

    organisation: Organisation
    mandates: Sequence[KnownMandate]
    owned: Sequence[SchemeVersion]
    day: date

    @property
    def on_register(self) -> bool:
        """Whether it is registered and active."""
        return self.organisation.active_on(self.day)

    @property
    def counts(self) -> bool:
        """Whether it may issue under anything today."""
        owns = any(row.in_force_on(self.day) for row in self.owned)
        return self.on_register and (owns or any(each.counts for each in self.mandates))


def known_schemes(db: Database, now: datetime) -> Sequence[tuple[SchemeVersion, Organisation]]:
    """Each scheme once, by the version in force today or else the nearest to it, with its owner; by code."""
    by_code: dict[str, list[SchemeVersion]] = {}
    for row in schemes(db):
        by_code.setdefault(row.code, []).append(row)
    chosen = [_told(versions, now) for versions in by_code.values()]
    owners = organisations_named(db, {row.owner for row in chosen})
    return [(row, owners[row.owner]) for row in chosen]


def known_scheme(db: Database, code: str, version: str | None, now: datetime) -> KnownScheme:
    """Raises SchemeNotFound."""
    versions = scheme_versions(db, code) if SLUG.fullmatch(code) else []
    wanted = [each for each in versions if version in {None, each.version}]
    if not wanted:
        raise SchemeNotFound(f"there is no scheme {code!r}" + (f" in a version {version!r}" if version else ""))
    row = _told(wanted, now)
    new = row.new()
    day = day_at(now, new.time_zone)
    before = {one for wanted_ in new.prerequisite for one in wanted_.any_of}
    return KnownScheme(
        row=row,
        new=new,
        owner=organisation_by_slug(db, row.owner),
        versions=versions,
        mandates=_known(db, [each for each in mandates_of(db, scheme=code) if _covers(each, row.version)], now),
        extensions=[each for each in extensions(db, [code]) if each.versions is None or row.version in each.versions],
        asked_before={each.code: each for each in reversed(schemes(db)) if each.code in before} if before else {},
        recognitions=_recognised(db, code, day),
        day=day,
    )


def known_issuers(db: Database, now: datetime) -> Sequence[KnownIssuer]:
    """Everybody who may issue or might, and every owner of a scheme, by name."""
    by_issuer: dict[str, list[KnownMandate]] = {}
    for each in _known(db, mandates(db), now):
        by_issuer.setdefault(each.issuer.slug, []).append(each)
    owned: dict[str, list[SchemeVersion]] = {}
    for row, owner in known_schemes(db, now):
        owned.setdefault(owner.slug, []).append(row)
    found = organisations_named(db, {*by_issuer, *owned})
    return [
        KnownIssuer(organisation, by_issuer.get(slug, ()), owned.get(slug, ()), day_at(now, "UTC"))
        for slug, organisation in sorted(found.items(), key=lambda one: (one[1].name.casefold(), one[0]))
        if organisation.kind != "person"
    ]


def known_issuer(db: Database, slug: str, now: datetime) -> KnownIssuer:
    """Raises OrganisationNotFound, also for a natural person and for whoever never might issue anything."""
    if not SLUG.fullmatch(slug):
        raise OrganisationNotFound("no organisation has such an id")
    organisation = organisation_by_slug(db, slug)
    given = _known(db, mandates_of(db, issuer=slug), now)
    owned = [row for row, owner in known_schemes(db, now) if owner.slug == slug]
    if organisation.kind == "person" or not (given or owned):
        raise OrganisationNotFound(f"nobody here issues under the id {slug!r}")
    return KnownIssuer(organisation, given, owned, day_at(now, "UTC"))


def _told(versions: Sequence[SchemeVersion], now: datetime) -> SchemeVersion:
    """Of versions of one scheme, the newest first: the one in force; else the next to come, else the last there was."""
    day = day_at(now, versions[0].document["time_zone"])
    in_force = [each for each in versions if each.in_force_on(day)]
    coming = [each for each in versions if day < each.published_on]
    return in_force[0] if in_force else coming[-1] if coming else versions[0]


def _known(db: Database, given: Iterable[Mandate], now: datetime) -> Sequence[KnownMandate]:
    """Each with its issuer and its scheme, those in force first, then by scheme and issuer."""
    listed = list(given)
    newest: dict[str, SchemeVersion] = {}
    if listed:
        for row in reversed(schemes(db)):
            newest[row.code] = row
    owners = {newest[each.scheme].owner for each in listed if each.scheme in newest}
    named = organisations_named(db, {*(each.issuer for each in listed), *owners})
    found = []
    for each in listed:
        scheme = newest.get(each.scheme)
        day = day_at(now, scheme.document["time_zone"] if scheme else "UTC")
        titles = scheme.titles if scheme else {}
        owner = named[scheme.owner] if scheme else None
        found.append(KnownMandate(each, named[each.issuer], titles, each.span.standing_on(day), day, owner))
    order = {level: place for place, level in enumerate(Level)}
    return sorted(
        found,
        key=lambda one: (
            not one.counts,
            one.mandate.scheme,
            order[Level(one.mandate.max_level)],
            one.issuer.name.casefold(),
            one.mandate.public_id,
        ),
    )


def _recognised(db: Database, code: str, day: date) -> Sequence[KnownRecognition]:
    """Those by which it accepts, then those by which it is accepted; what is over comes last."""
    rows = recognitions(db, either=code)
    titles = {row.code: row.titles for row in reversed(schemes(db))} if rows else {}
    found = []
    for row in rows:
        other = row.accepts if row.scheme == code else row.scheme
        found.append(KnownRecognition(row, row.scheme == code, other, titles[other], row.standing_on(day)))
    return sorted(found, key=lambda one: (one.standing in {"ended", "withdrawn"}, not one.accepts, one.other))


def _covers(mandate: Mandate, version: str) -> bool:
    return mandate.versions is None or version in mandate.versions
