"""What became of a class list, as a file that people open in a spreadsheet program: who got which number."""

from collections.abc import Mapping
from datetime import date
from pathlib import Path
from typing import Annotated

import typer

from registry.command_line.screen import Lang, words, write_file
from registry.errors import MalformedInput
from registry.issuing.lists.outcome import BatchResult
from registry.reading.written import CSV_DELIMITER, Written, as_csv, as_xlsx
from registry.records.issued.certificates import last_days
from registry.records.store.database import Database
from verification.certificate import display_number

Output = Annotated[
    Path | None,
    typer.Option(
        "-o",
        "--output",
        metavar="FILE",
        help="Also write who got which number, level and last day, as CSV or XLSX by its ending, for you alone.",
    ),
]
COLUMNS = ("col_row", "col_name", "col_outcome", "col_number", "col_level", "col_valid_until")


def check_output(output: Path | None, roster: str | None = None) -> None:
    """Refuse, before anything is done, a name that could not be written to. Raises MalformedInput."""
    if output is None:
        return
    if output.suffix.casefold() not in {".csv", ".xlsx"}:
        raise MalformedInput([("--output", "name a file that ends in .csv or .xlsx")])
    if output.is_dir() or not output.parent.is_dir():
        raise MalformedInput([("--output", f"{output} cannot be written: there is no such directory, or it is one")])
    if roster is not None and output.exists() and Path(roster).exists() and output.samefile(roster):
        raise MalformedInput([("--output", f"is {roster} itself; choose another name")])


def last_days_of(db: Database, result: BatchResult) -> Mapping[str, date | None]:
    """The last day of every certificate of that list, by its number."""
    return last_days(db, [row.number for row in result.rows if row.number])


def write_list(output: Path, result: BatchResult, until: Mapping[str, date | None], lang: Lang) -> None:
    """A line a person, in the order of the list; nothing in it is computed when it is opened."""
    lines = [(1, [words(lang, column) for column in COLUMNS])]
    for at, row in enumerate(result.rows, 2):
        outcome = words(lang, "was_held_already" if row.already else f"was_{row.outcome}")
        number, last = (display_number(row.number), until.get(row.number)) if row.number else ("", None)
        cells = [str(row.row or ""), row.name, outcome, number, row.level or "", last.isoformat() if last else ""]
        lines.append((at, cells))
    if output.suffix.casefold() == ".xlsx":
        data = as_xlsx([Written(result.batch or result.occasion, lines, strong=frozenset({1}))])
    else:
        data = as_csv(lines, CSV_DELIMITER[lang])
    write_file(str(output), data, secret=True)
