"""A class list comes in for an occasion: read as its scheme takes it, numbers sealed, known again by a keyed digest."""

from collections.abc import Callable
from dataclasses import dataclass, field, replace
from datetime import datetime

from levels.rulebook import edition_on
from registry.issuing.lists.handed_in import Form
from registry.issuing.lists.roster import read_roster
from registry.issuing.lists.roster_numbers import Numbers
from registry.issuing.lists.roster_row import Roster
from registry.reading.national_id import NationalNumber, SealedNumber
from registry.records.sector.schemes import scheme_version
from registry.records.sittings.occasions import occasion_by_id
from registry.records.store.database import Database
from registry.signing.keys import Keyring
from registry.signing.personal_data import PersonalData


@dataclass
class ListKeys:
    """What a list with numbers is read and kept with, opened only where there is a number.

    open_data      opens what seals and finds; raises NoIndexKey and the like
    synthetic_too  whether numbers made up for tests are taken
    """

    open_data: Callable[[], PersonalData]
    synthetic_too: bool
    opened: PersonalData | None = field(default=None, repr=False)

    def data(self) -> PersonalData:
        """What they open, opened once."""
        if self.opened is None:
            self.opened = self.open_data()
        return self.opened

    def seal(self, number: NationalNumber) -> SealedNumber:
        """A number as it may be kept with its row."""
        return self.data().take(number)


def read_class_list(  # noqa: PLR0913 which list, for what, read with what, when
    db: Database,
    occasion_id: str,
    data: bytes,
    *,
    keys: ListKeys,
    now: datetime,
    sheet: str | None = None,
    form: Form = "table",
    keyring: Keyring | None = None,
) -> Roster:
    """The list as the occasion's scheme takes it: national numbers only where it takes them.

    sheet    which one of a workbook
    keyring  makes the digest that is kept; None where nothing is

    Raises OccasionNotFound; for a list with numbers NoIndexKey, WrongIndexKey and NoMasterKey.
    """
    occasion = occasion_by_id(db, occasion_id)
    scheme = scheme_version(db, occasion.scheme, occasion.scheme_version).new()
    on = now.date()
    numbers = None if scheme.national_number == "refused" else Numbers(keys.seal, on, keys.synthetic_too)
    methods = edition_on(on).methods
    roster = read_roster(data, methods=methods, on=on, sheet=sheet, numbers=numbers, form=form)
    if keys.opened is not None:
        keys.opened.check(db)
    if keyring is None:
        return roster
    return replace(roster, digest=keyring.keyed_digest(roster.digest.encode()).hex())
