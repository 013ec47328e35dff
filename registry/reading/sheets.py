"""One sheet of a workbook, or the whole of a text file, as a grid of text."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from string import ascii_uppercase

Row = tuple[int, Sequence[str]]  # its number, as a spreadsheet shows it, and its cells


@dataclass(frozen=True)
class Sheet:
    """The filled rows in their order, and what a spreadsheet says beside them; columns are counted from 1.

    delimiter       what parts the cells of a text file; None in a workbook
    hidden_columns  first and last of each stretch of them
    merged          first row, first column, last row, last column
    computed        by row the columns whose cells a formula computes
    """

    rows: tuple[Row, ...]
    name: str = ""
    delimiter: str | None = None
    hidden: bool = False
    hidden_rows: frozenset[int] = frozenset()
    hidden_columns: tuple[tuple[int, int], ...] = ()
    merged: tuple[tuple[int, int, int, int], ...] = ()
    computed: Mapping[int, Sequence[int]] = field(default_factory=dict)

    def hides_column(self, number: int) -> bool:
        """Whether nobody sees that column."""
        return any(first <= number <= last for first, last in self.hidden_columns)


def letters(column: int) -> str:
    """A for 1, AA for 27: a column as a spreadsheet calls it."""
    called = ""
    while column:
        column, letter = divmod(column - 1, len(ascii_uppercase))
        called = ascii_uppercase[letter] + called
    return called
