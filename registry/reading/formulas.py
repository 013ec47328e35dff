"""What a spreadsheet program would take for a formula, written so that it takes it for text. Pure."""

# A program that opens a CSV file may run what begins so; some look past what stands before it.
_BEGINNINGS = ("=", "+", "-", "@", "\t", "\r", "\n", "\uff1d", "\uff0b", "\uff0d", "\uff20")


def as_text(cell: str) -> str:
    """The cell with an apostrophe before it where it could be a formula: programs read that as "this is text"."""
    return f"'{cell}" if cell.lstrip(" \u00a0\ufeff\u200b").startswith(_BEGINNINGS) else cell
