"""Who on a class list is on record: by number where one stands there, else by name and birth date. Pure.

A number finds people and never merges them: where it is on record of somebody with quite another name, the row is held
back and the two wait for review.
"""

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final
from uuid import UUID

from registry.issuing.lists.roster_row import Fault, RosterRow, fault
from registry.reading.likeness import Known, Reason, folded_words, name_likeness
from registry.reading.national_id import NORDIC, OF_ONE_PERSON
from registry.records.persons.people import Called, Person

if TYPE_CHECKING:
    from datetime import date

SHORTEST_WORD: Final = 3  # letters of a word that says something


@dataclass(frozen=True)
class OnRecord:
    """What is on record of people who may stand on a list.

    called   everybody with a name of the list, now or before
    owners   by blind index (hexadecimal) whose the numbers of the list are
    names    all names of those owners, former ones too
    numbers  of everybody here, by kind, the blind indexes in use
    here     who stood on a list of this occasion already
    """

    called: Sequence[Called]
    owners: Mapping[str, Person] = field(default_factory=dict)
    names: Mapping[UUID, Sequence[str]] = field(default_factory=dict)
    numbers: Mapping[UUID, Mapping[str, Collection[str]]] = field(default_factory=dict)
    here: Collection[UUID] = frozenset()


@dataclass(frozen=True)
class Match:
    """Who a row is about.

    person   None: nobody on record, to be added
    fault    why nothing can be issued for the row
    other    somebody who may be the same person, for review; with the reasons
    """

    person: Person | None = None
    fault: Fault | None = None
    other: Person | None = None
    reasons: tuple[Reason, ...] = ()


NOBODY: Final = Match()  # on record, and nothing else to say


def match_people(rows: Iterable[RosterRow], on_record: OnRecord) -> Mapping[int, Match]:
    """Who each row is about; rows about nobody on record, and with nothing else to say, are left out."""
    by_name: dict[tuple[str, date | None], list[Called]] = {}
    for each in on_record.called:
        person = each.person
        # Without a birth date a name says little: then only somebody of this occasion is the same person.
        if person.birth_date is not None or person.id in on_record.here:
            by_name.setdefault((each.key, person.birth_date), []).append(each)
    found: dict[int, Match] = {}
    for row in rows:
        called = _standing(by_name.get((row.name_key, row.birth_date), ()))
        match = _by_number(row, called, on_record) if row.numbers else _by_name(called, on_record)
        if match != NOBODY:
            found[row.row] = match
    return found


def _standing(called: Iterable[Called]) -> list[Person]:
    """Those who are called so now; where there is none, those who were. Each once."""
    listed = list(called)
    now = [each for each in listed if not each.formerly] or listed
    return list({each.person.id: each.person for each in now}.values())


def _by_name(called: Sequence[Person], on_record: OnRecord) -> Match:
    here = [person for person in called if person.id in on_record.here]
    chosen = here if len(here) == 1 else called
    if len(chosen) > 1:
        return Match(fault=fault("several_people", column="name", number=len(chosen)))
    return Match(chosen[0]) if chosen else Match()


def _by_number(row: RosterRow, called: Sequence[Person], on_record: OnRecord) -> Match:
    owners = {owner.id: owner for each in row.numbers if (owner := on_record.owners.get(each.index)) is not None}
    if owners:
        return _of_owners(row, list(owners.values()), called, on_record)
    may_be = [person for person in called if not _has_another(row, person, on_record)]
    if may_be or not called:
        return _by_name(may_be, on_record)
    return Match(other=called[0], reasons=("same_name_same_birth", "other_number"))


def _of_owners(row: RosterRow, owners: Sequence[Person], called: Sequence[Person], on_record: OnRecord) -> Match:
    owner = owners[0]
    alike = [each for each in owners if _is_called(row, on_record.names.get(each.id, [each.name]))]
    if len(alike) < len(owners) or len(owners) > 1:
        # Whoever it may be: by name, or the one of the owners who is called so.
        likely = next(iter([*alike, *called]), None)
        other = next(each for each in owners if likely is None or each.id != likely.id)
        held = fault("number_of_another", column="national_number")
        return Match(likely, fault=held, other=other, reasons=("number_conflict",))
    if None not in {row.birth_date, owner.birth_date} and row.birth_date != owner.birth_date:
        return Match(owner, fault=fault("number_other_birth", column="birth_date"))
    if _has_another(row, owner, on_record):
        return Match(owner, fault=fault("number_second", column="national_number"))
    twin = next((each for each in called if each.id != owner.id and not _has_another(row, each, on_record)), None)
    return Match(owner) if twin is None else Match(owner, other=twin, reasons=("same_name_same_birth",))


def _is_called(row: RosterRow, names: Sequence[str]) -> bool:
    """Whether the name on the list is one of these, or like one.

    A whole word in common is enough beside a number that tells the birth date too: last names change, and a slip in
    such a number would have to hit somebody of that very day.
    """
    if name_likeness(Known([row.name]), Known(names)) is not None:
        return True
    words = {word for name in names for word in folded_words(name) if len(word) >= SHORTEST_WORD}
    return all(each.kind in NORDIC for each in row.numbers) and bool(words & set(folded_words(row.name)))


def _has_another(row: RosterRow, person: Person, on_record: OnRecord) -> bool:
    """Whether the person has a number of a kind of which nobody has two, and the row states another one."""
    has = on_record.numbers.get(person.id, {})
    return any(
        each.kind in OF_ONE_PERSON and has.get(each.kind) and each.index not in has[each.kind] for each in row.numbers
    )
