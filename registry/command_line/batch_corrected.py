"""`bevis batch check --corrected`: the class list handed back, with what is wrong beside each row."""

from pathlib import Path

from registry.command_line.screen import Lang
from registry.errors import MalformedInput
from registry.issuing.lists.corrected import corrected, faults_by_row, table_of
from registry.issuing.lists.outcome import BatchResult
from registry.reading.workbooks import is_workbook


def check_corrected(output: Path | None, roster: str, data: bytes) -> None:
    """Refuse a name for the file that would mislead, or write the answer over the question. Raises MalformedInput."""
    if output is None:
        return
    ending = ".xlsx" if is_workbook(data) else ".csv"
    if output.suffix.casefold() != ending:
        raise MalformedInput([("--corrected", f"the list comes back as it came: name a file that ends in {ending}")])
    if output.exists() and Path(roster).exists() and output.samefile(roster):
        raise MalformedInput([("--corrected", f"is {roster} itself; choose another name")])


def write_corrected(output: Path, data: bytes, sheet: str | None, result: BatchResult, lang: Lang) -> bool:
    """Write it, if there is anything to correct and a table to hand back; returns whether."""
    faults = faults_by_row(result)
    table = table_of(data, sheet) if faults else None
    if table is None:
        return False
    output.write_bytes(corrected(table, faults, lang))
    return True
