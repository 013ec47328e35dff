"""A cell of a sheet or a list of results that says how it was checked who was there. Pure."""

from collections.abc import Callable

from levels.identity import IdentityEvent, Methods
from registry.issuing.lists.identity_cell import identity_reader
from registry.issuing.lists.listed import spellings
from registry.issuing.lists.roster_cells import words
from registry.issuing.sittings.attended import RECOGNISED
from registry.reading.cells import folded

_CARRIED_OVER = IdentityEvent(method="")


def check_reader(methods: Methods) -> Callable[[str], IdentityEvent]:
    """Makes the function that reads such a cell; it raises BadCell."""
    recognised = {folded(word) for word in spellings("sheet.toml")["recognised"]["words"]}
    read_check = identity_reader(methods, words())

    def read(text: str) -> IdentityEvent:
        event = IdentityEvent(method=RECOGNISED) if folded(text) in recognised else read_check(text)
        return _CARRIED_OVER if event == IdentityEvent(method=RECOGNISED) else event

    return read


def is_carried_over(event: IdentityEvent) -> bool:
    """Whether staff knew the face again, whatever it was checked by at enrolment."""
    return event == _CARRIED_OVER
