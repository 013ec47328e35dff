"""What is corrected of a certificate: what may be asked, who stays the same person, and what exactly changes. Pure."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import date
from typing import Annotated, Any

from pydantic import Field as InputField

from registry.errors import AnotherPerson, NothingToCorrect
from registry.issuing.lists.roster_row import RosterRow
from registry.issuing.lists.spelling import is_spelling_fix
from registry.records.persons.people import name_key
from registry.records.sector.scheme_document import ScopeClass
from registry.records.sittings.occasions import Fact
from registry.records.strict_input import StrictInput
from verification.certificate import Certificate, display_number

# What a correction always changes, and which says nothing of what was wrong.
_OF_EVERY_CERTIFICATE = frozenset({"number", "status", "issued_at", "corrects"})
INSTEAD = (
    "Annul it and issue to the right person from the occasion's class list; where both records are one person's, "
    "merge them first"
)


class Correction(StrictInput):
    """What was wrong, and how it is right. What is left out is taken from what is on record now.

    facts          facts of the row, by name
    scope_classes  the classes it gives: of those that the record gives, fewer
    version        of the same scheme, where the one it was issued under was the wrong one
    """

    name: str | None = None
    birth_date: date | None = None
    facts: Annotated[Mapping[str, Fact], InputField(max_length=40)] = {}
    scope_classes: Annotated[tuple[ScopeClass, ...], InputField(max_length=40)] | None = None
    enrolment_method: Annotated[str, InputField(max_length=80)] | None = None
    version: Annotated[str, InputField(max_length=16)] | None = None


@dataclass(frozen=True)
class Identity:
    """As whom somebody was certified."""

    name: str
    birth_date: date | None


def corrected_row(row: RosterRow, correction: Correction) -> RosterRow:
    """The row of the class list, put right."""
    given: dict[str, Any] = {
        "name": correction.name,
        "birth_date": correction.birth_date,
        "scope_classes": correction.scope_classes,
        "enrolment_method": correction.enrolment_method,
    }
    changed = {name: value for name, value in given.items() if value is not None}
    return replace(row, **changed, facts={**row.facts, **correction.facts})


def check_same_person(first: Identity, now: Identity, number: str) -> None:
    """Whether whoever the corrected certificate names is still whom the first of its line named.

    first  as the first certificate of the line had it: many small corrections must not make another person

    Raises AnotherPerson for more than a slip in the name, and for a slip in the name and another birth date.
    """
    shown = display_number(number)
    renamed = name_key(first.name) != name_key(now.name)
    if renamed and not is_spelling_fix(first.name, now.name):
        raise AnotherPerson(
            f"{now.name!r} is more than a slip of the pen from {first.name!r}, to whom {shown} was issued. {INSTEAD}"
        )
    if renamed and first.birth_date != now.birth_date:
        raise AnotherPerson(
            f"{shown} would name somebody else in both name and birth date than when it was first issued, and that is "
            f"another person. {INSTEAD}"
        )


def changes_between(former: Certificate, new: Certificate) -> dict[str, list[Any]]:
    """Each fact that differs, as it was and as it will be. Raises NothingToCorrect where none does."""
    old, now = former.model_dump(mode="json"), new.model_dump(mode="json")
    changes = {
        name: [old[name], now[name]] for name in old if name not in _OF_EVERY_CERTIFICATE and old[name] != now[name]
    }
    if not changes:
        raise NothingToCorrect(
            f"{display_number(former.number)} says what is on record already; amend the occasion first, or say what "
            "is wrong"
        )
    return changes
