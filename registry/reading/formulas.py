"""Cells that a spreadsheet program would compute: told where they come in, written as text where they go out. Pure.

A name that begins with = is run by the program of whoever opens a list with it.
"""

_SIGNS = ("=", "+", "-", "@", "\uff1d", "\uff0b", "\uff0d", "\uff20")  # some take the wide forms for the same
_BREAKS = ("\t", "\r", "\n")
_PASSED_OVER = " \u00a0\ufeff\u200b"  # some programs look past what stands before it
_BEGINNINGS = (*_SIGNS, *_BREAKS)
_IS_TEXT = "'"  # programs read that as "this is text"


def begins_formula(cell: str) -> bool:
    """Whether a program may take the cell for a formula."""
    if cell[:1].isalnum():  # nearly every cell
        return False
    return cell.lstrip(_PASSED_OVER).startswith(_BEGINNINGS)


def as_text(cell: str) -> str:
    """The cell with an apostrophe before it where it could be a formula."""
    return f"{_IS_TEXT}{cell}" if begins_formula(cell) else cell


def as_meant(cell: str) -> str:
    """What `as_text` was given."""
    return cell[1:] if cell.startswith(_IS_TEXT) and begins_formula(cell[1:]) else cell
