"""What is read from the records once for a whole class list, and who on it is known already."""

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from copy import copy
from dataclasses import dataclass, field
from datetime import date, datetime
from functools import cached_property
from typing import Self
from uuid import UUID

from levels.level import Level
from levels.order import NoSuchEdition
from levels.rulebook import Rulebook, edition_on
from registry.errors import DecisionInFuture, IssuerNotAuthorised, OccasionCancelled, OccasionIncomplete
from registry.issuing.decisions.ground import Ground, Parties, own_parties, parties_of
from registry.issuing.decisions.matching import Match, OnRecord, match_people
from registry.issuing.decisions.renew import Held
from registry.issuing.lists.roster_row import RosterRow
from registry.issuing.sittings.attended import Sheets
from registry.issuing.sittings.declared import confirmers
from registry.issuing.sittings.participation import Participation
from registry.records.issued.batches import occasions_listing
from registry.records.issued.certificate_pages import held_under
from registry.records.issued.certificates import Standing, standing_at
from registry.records.issued.holdings import HeldBefore, held_by
from registry.records.mandates.mandate_authority import Authority, authority_on, no_mandate
from registry.records.parties.organisation_certificates import help_on
from registry.records.parties.organisations import (
    Declaration,
    declarations_among,
    organisation_by_slug,
    organisations_named,
    ties_around,
)
from registry.records.parties.signing_keys import key_that_signs
from registry.records.persons.identifiers import identifiers_of, owners_of
from registry.records.persons.people import (
    names_of,
    people_by_id,
    people_called,
    records_behind,
    standing_for,
    standing_ids,
)
from registry.records.persons.portraits import with_portrait
from registry.records.sector.extensions import Extension, extensions
from registry.records.sector.schemes import require_in_force, scheme_version
from registry.records.sittings.attendance import lines_at, sheets_of, signed_in_as
from registry.records.sittings.exam_results import has_results, results_at
from registry.records.sittings.occasions import Occasion, taught_by
from registry.records.store.database import Database
from verification.certificate import day_at


@dataclass(frozen=True)
class OfPeople:
    """What is on record of people on a list, by their ids.

    standing   what each holds from this occasion
    held       what each holds that a refresher may renew
    before     what each holds that the scheme asks for before; None = that was seen to when it was first issued
    portraits  of whom there is one
    taught     the last day that each examiner of this occasion taught them at another one: by the person on record,
               and by name as it is compared and birth date
    """

    standing: Mapping[UUID, Standing] = field(default_factory=dict)
    held: Mapping[UUID, Sequence[Held]] = field(default_factory=dict)
    before: Mapping[UUID, Sequence[HeldBefore]] | None = field(default_factory=dict)
    portraits: Collection[UUID] = frozenset()
    taught: Mapping[object, Mapping[str, date]] = field(default_factory=dict)


class Desk:
    """One occasion at one moment. Reads the records; changes nothing."""

    def __init__(self, db: Database, occasion: Occasion, now: datetime) -> None:
        """Raises OccasionCancelled, DecisionInFuture, OccasionIncomplete, IssuerNotAuthorised."""
        if occasion.cancelled:
            raise OccasionCancelled(f"{occasion.public_id} was cancelled; nothing is issued from it")
        self._db, self.record, self.now = db, occasion, now
        self.occasion = occasion.new()
        version = scheme_version(db, occasion.scheme, occasion.scheme_version)
        try:
            self.scheme = version.new().taught_as(self.occasion.refresher)
        except KeyError as unknown:
            raise OccasionIncomplete(
                f"version {version.version} of {version.code} has no refresher {unknown}"
            ) from unknown
        self.today = day_at(now, self.scheme.time_zone)
        if self.occasion.decided_on > self.today:
            raise DecisionInFuture(
                f"decided_on of {occasion.public_id} is {self.occasion.decided_on}, and today is {self.today}; issue "
                "on that day or later, or add the occasion under another id with the day it was decided"
            )
        require_in_force(version, self.occasion.decided_on)
        self.rules = self._rules()
        self.authority, self.ceiling = self._authority()
        self._grounds: dict[Parties, Ground] = {}
        self._key_proven = key_that_signs(db, "organisation", self.occasion.issuer, now) is not None

    def later(self, db: Database, now: datetime) -> Self:
        """The same desk in another transaction, a little later, when nothing of all that is on record has changed."""
        again = copy(self)
        again._db, again.now = db, now  # noqa: SLF001 of the same class
        return again

    def ground(self, row: RosterRow | None = None) -> Ground:
        """What a row shares with every other that has the same parties."""
        parties = self._parties if row is None or not own_parties(row) else parties_of(self.occasion, row)
        if parties not in self._grounds:
            self._grounds[parties] = self._read(parties)
        return self._grounds[parties]

    @cached_property
    def _parties(self) -> Parties:
        return parties_of(self.occasion)

    def known_people(self, rows: Iterable[RosterRow]) -> Mapping[int, Match]:
        """Who on the list is on record, by row: by number, or by name and birth date, anywhere in the registry."""
        listed = list(rows)
        called = people_called(self._db, (row.name_key for row in listed))
        here = self._here({each.person.id for each in called})
        if not any(row.numbers for row in listed):
            return match_people(listed, OnRecord(called, here=here))
        indexes = {bytes.fromhex(number.index) for row in listed for number in row.numbers}
        who = owners_of(self._db, indexes)
        stands = standing_for(self._db, people_by_id(self._db, {each.person for each in who.values()}).values())
        owners = {index.hex(): stands[each.person] for index, each in who.items()}
        known = {person.id: person for person in (*owners.values(), *(each.person for each in called))}
        return match_people(
            listed,
            OnRecord(
                called,
                owners=owners,
                names=names_of(self._db, owners.values()),
                numbers=self._numbers_of(known),
                here=here,
            ),
        )

    def of_people(self, people: Collection[UUID], rows: Iterable[RosterRow]) -> OfPeople:
        """What is on record of them, and of whoever these rows name."""
        return OfPeople(
            self.standing(people),
            self.held(people),
            self.held_before(people),
            self.with_portrait(people),
            self.last_taught(people, rows),
        )

    def with_portrait(self, people: Collection[UUID]) -> Collection[UUID]:
        """Those of the people of whom a portrait is on record."""
        stands = records_behind(self._db, people)
        return {stands[record] for record in with_portrait(self._db, stands)}

    def _numbers_of(self, people: Collection[UUID]) -> Mapping[UUID, Mapping[str, Collection[str]]]:
        """The numbers in use of each, by kind, as they are looked up; those of merged records too."""
        stands = records_behind(self._db, people)
        found: dict[UUID, dict[str, set[str]]] = {}
        for record, listed in identifiers_of(self._db, stands).items():
            for row in listed:
                if row.ended_at is None:
                    of_kind = found.setdefault(stands[record], {}).setdefault(row.kind, set())
                    of_kind.add(row.blind_index.hex())
        return found

    def _here(self, people: Collection[UUID]) -> Collection[UUID]:
        """Those of the people who stood on a list of this occasion already, by whichever of their records."""
        stands = records_behind(self._db, people)
        listed = occasions_listing(self._db, stands)
        return {stands[record] for record, occasion in listed if occasion == self.record.id}

    def participations(self, rows: Iterable[RosterRow]) -> Mapping[int, Participation]:
        """What the record shows of each, by row; nothing where it shows nothing of anybody."""
        covered, sat = frozenset(self._sheets), self._has_results
        if not covered and not sat:
            return {}
        keys = {row.row: (row.name_key, row.birth_date) for row in rows}
        names = {name for name, _ in keys.values()}
        lines = lines_at(self._db, self.record.id, names) if covered else {}
        results = results_at(self._db, self.record.id, names) if sat else {}
        told = any(self._sheets.values())
        return {
            row: Participation(
                sheets=Sheets(covered, lines.get(key, {}), told) if covered else None,
                results=results.get(key, {}) if sat else None,
            )
            for row, key in keys.items()
        }

    @cached_property
    def _has_results(self) -> bool:
        return has_results(self._db, self.record.id)

    @cached_property
    def _sheets(self) -> Mapping[str, bool]:
        return sheets_of(self._db, self.record.id)

    def standing(self, people: Iterable[UUID] | None = None) -> Mapping[UUID, Standing]:
        """The certificates of this occasion that stand, by person; people: only theirs.

        By the record that stands for the person, whichever record they were issued to.
        """
        asked = None if people is None else records_behind(self._db, set(people))
        found = standing_at(self._db, self.record.id, asked)
        stands = standing_ids(self._db, found) if asked is None else asked
        return {stands[record]: certificate for record, certificate in found.items()}

    def held(self, people: Collection[UUID]) -> Mapping[UUID, Sequence[Held]]:
        """What each holds under the scheme that a refresher may renew; nothing where this is the full course."""
        if self.occasion.refresher is None:
            return {}
        found: dict[UUID, list[Held]] = {person: [] for person in people}
        for each in held_under(self._db, self.scheme.code, found, but_occasion=self.record.id):
            found[each.person].append(
                Held(each.number, each.version, Level(each.level), each.state, each.valid_from, each.valid_until)
            )
        return found

    def held_before(self, people: Collection[UUID]) -> Mapping[UUID, Sequence[HeldBefore]]:
        """What each holds under the schemes that this one asks for before; nothing where it asks for none."""
        codes = {code for wanted in self.scheme.prerequisite for code in wanted.any_of}
        if not codes:
            return {}
        stands, found = records_behind(self._db, people), defaultdict[UUID, list[HeldBefore]](list)
        for record, held in held_by(self._db, stands, codes).items():
            found[stands[record]] += held
        return found

    @cached_property
    def extensions(self) -> Sequence[Extension]:
        """By which the scheme's owner lets certificates be renewed for longer."""
        return [each.decided() for each in extensions(self._db, [self.scheme.code])]

    def _rules(self) -> Rulebook:
        try:
            return edition_on(self.occasion.decided_on)
        except NoSuchEdition as fault:
            raise OccasionIncomplete(
                f"{self.record.public_id} was decided on {self.occasion.decided_on}: {fault}"
            ) from fault

    def _authority(self) -> tuple[Authority, Level]:
        """What the issuer might do on the day of the decision, and up to which level it may issue today.

        Raises IssuerNotAuthorised where it may nothing on one of the two days, or was struck off since.
        """
        issuer, scheme = self.occasion.issuer, self.scheme
        if not organisation_by_slug(self._db, issuer).active_on(self.today):
            raise IssuerNotAuthorised(f"{issuer} is not registered and active on {self.today}")
        then, today = (
            authority_on(self._db, issuer, scheme.code, scheme.version, day)
            for day in (self.occasion.decided_on, self.today)
        )
        for authority, day in ((then, self.occasion.decided_on), (today, self.today)):
            if authority.mandate is None and not authority.issuer_owns:
                raise no_mandate(self._db, issuer, scheme.code, scheme.version, day)
        return then, today.mandate_max or self.rules.owner_ceiling

    def last_taught(self, people: Collection[UUID], rows: Iterable[RosterRow]) -> Mapping[object, Mapping[str, date]]:
        """The last day that each examiner or invigilator of this occasion taught one of these at another one.

        Whoever stood on its class list or signed in there is taken to have been taught on its instructor's last day:
        by the person on record, and by name and birth date. Asked by who is on the list: whoever examines often has
        taught more people than anybody wants to read.
        """
        taught = self._taught_at
        if not taught:
            return {}
        records = records_behind(self._db, people)
        pupils: list[tuple[object, UUID]] = [
            (records[record], occasion) for record, occasion in occasions_listing(self._db, records, but=self.record.id)
        ]
        signed_in = signed_in_as(self._db, {row.name_key for row in rows if row.birth_date is not None})
        pupils += [((key, born), occasion) for occasion, key, born in signed_in]
        last: dict[object, dict[str, date]] = {}
        for pupil, occasion in pupils:
            for who, day in taught.get(occasion, {}).items():
                days = last.setdefault(pupil, {})
                days[who] = max(day, days.get(who, day))
        return last

    @cached_property
    def _taught_at(self) -> Mapping[UUID, Mapping[str, date]]:
        """The other occasions that its examiners and invigilators taught at, and the last day of each."""
        return {
            occasion: {who: day for who, day in days.items() if day is not None and day <= self.occasion.decided_on}
            for occasion, days in taught_by(self._db, self.occasion.people_as("examiner", "invigilator")).items()
            if occasion != self.record.id
        }

    def _read(self, parties: Parties) -> Ground:
        db, occasion = self._db, self.occasion
        named = {occasion.issuer, self.scheme.owner, *filter(None, vars(parties).values())}
        own = self._standing(declarations_among(db, named))
        behind = confirmers(own) - named
        people = {member.id for member in occasion.staff}
        ties = ties_around(db, named | behind | people)
        ends = {end for tie in ties for end in (tie.a, tie.b)}
        return Ground(
            occasion=occasion,
            scheme=self.scheme,
            rules=self.rules,
            authority=self.authority,
            parties=parties,
            organisations=organisations_named(db, named | behind | ends),
            declarations=[*own, *self._standing(declarations_among(db, behind))],
            ties=ties,
            issuer_key_proven=self._key_proven,
        )

    def _standing(self, declared: Sequence[Declaration]) -> Sequence[Declaration]:
        """Those that may be rested on: what a certificate says holds for as long as that certificate stands."""
        numbers = {each.certificate for each in declared if each.certificate}
        if not numbers:
            return declared
        helps = help_on(self._db, numbers, self.occasion.decided_on, self.today)
        return [each for each in declared if each.certificate is None or each.certificate in helps]
