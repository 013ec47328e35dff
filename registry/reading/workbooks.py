"""Workbooks (XLSX) to sheets of text. The file is a stranger's: a process of its own opens it, within limits.

The archive's directory is checked here; all that touches the content happens in `registry.reading.workbook.child`.
"""

from collections.abc import Mapping, Sequence
from operator import itemgetter
from typing import Any, NamedTuple

import orjson

from registry.reading.sheets import Row, Sheet
from registry.reading.workbook.archive import MEBIBYTE, NotReadable, parts_of
from registry.reading.wrong import FILE, Unreadable, Wrong, shared_texts
from verification.apart.run import Apart, NoReader, Stumbled, TooHeavy

MOST_SECONDS = 30.0  # by the clock; the process itself stops after ten of work
MOST_ANSWERED = 128 * MEBIBYTE
AT_ONCE = 2  # processes; whoever comes then waits
LONGEST_WAIT = 60.0  # seconds

ZIP, EMPTY_ZIP, COMPOUND = b"PK\x03\x04", b"PK\x05\x06", b"\xd0\xcf\x11\xe0"
_ENCRYPTED_WITHIN = "EncryptedPackage".encode("utf-16-le")
_OTHER_FORMATS = {"mimetype": ".ods", "xl/workbook.bin": ".xlsb", "word/document.xml": ".docx"}

_reader = Apart("registry.reading.workbook.child", ["python_calamine"], at_once=AT_ONCE, wait=LONGEST_WAIT)


class Limits(NamedTuple):
    """What a sheet may have; seconds by the clock."""

    rows: int
    columns: int
    seconds: float = MOST_SECONDS


def is_workbook(data: bytes) -> bool:
    """Whether it is a workbook, or what workbooks were before, and no text."""
    return data.startswith((ZIP, EMPTY_ZIP, COMPOUND))


def sheets_of(data: bytes, limits: Limits, wanted: str | None = None) -> tuple[Sequence[Sheet], Sequence[str]]:
    """The sheets that can be seen, or the one that is wanted; and the names of the others. Raises Unreadable."""
    try:
        if data.startswith(COMPOUND):
            encrypted = _ENCRYPTED_WITHIN in data
            raise _other_format(".xls") if not encrypted else NotReadable("workbook_encrypted")
        names = _names(data)
        for name, ending in _OTHER_FORMATS.items():
            if name in names:
                raise _other_format(ending)
        return _understood(_answered(data, limits, wanted))
    except NotReadable as refused:
        raise Unreadable(FILE, Wrong(refused.code, params=refused.params)) from None


def _names(data: bytes) -> Mapping[str, object]:
    """The parts by name. Raises NotReadable."""
    try:
        return parts_of(data)
    except NotReadable as refused:
        # An archive that is no workbook is told by what lies in it, as far as it can be seen.
        if refused.code == "not_a_workbook":
            for name, ending in _OTHER_FORMATS.items():
                if name.encode() in data:
                    raise _other_format(ending) from None
        raise


def _other_format(ending: str) -> NotReadable:
    return NotReadable("workbook_of_other_format", ending=ending)


# ------------------------------------------------------------------ the process


def _answered(data: bytes, limits: Limits, wanted: str | None) -> bytes:
    """What the process said. Raises NotReadable where it did not come to its end."""
    asked = {"rows": limits.rows, "columns": limits.columns, "sheet": wanted}
    try:
        return _reader.answered(asked, data, seconds=limits.seconds, most_answered=MOST_ANSWERED)
    except NoReader:
        raise NotReadable("workbook_reader_missing") from None
    except TooHeavy:
        raise NotReadable("workbook_too_heavy") from None
    except Stumbled:
        raise NotReadable("workbook_damaged") from None


# ------------------------------------------------------------------ the answer


def _understood(said: bytes) -> tuple[Sequence[Sheet], Sequence[str]]:
    """The sheets as told, each line checked: who opened a stranger's file is trusted no more than the file."""
    found: list[tuple[Mapping[str, Any], list[Row]]] = []
    others: list[str] = []
    ended = False
    try:
        for told in map(orjson.loads, said.splitlines()):
            if "wrong" in told:
                raise NotReadable(_known(told["wrong"]), **told["params"])
            if "sheet" in told:
                found.append((told, []))
            elif "rows" in told:
                found[-1][1].extend(_row(number, cells) for number, cells in told["rows"])
            elif "others" in told:
                others = [str(name) for name in told["others"]]
            ended = "end" in told
        sheets = [_sheet(told, rows) for told, rows in found]
    except (ValueError, TypeError, KeyError, IndexError):
        raise NotReadable("workbook_damaged") from None
    if not ended:
        raise NotReadable("workbook_too_heavy")
    return sheets, others


def _known(code: str) -> str:
    return code if code in shared_texts() else "workbook_damaged"


def _row(number: int, cells: list[str]) -> Row:
    if type(number) is not int or not all(type(cell) is str for cell in cells):
        raise TypeError
    return number, cells


def _sheet(told: Mapping[str, Any], rows: list[Row]) -> Sheet:
    return Sheet(
        rows=tuple(sorted(rows, key=itemgetter(0))),
        name=str(told["sheet"]),
        hidden=bool(told["hidden"]),
        hidden_rows=frozenset(map(int, told["hidden_rows"])),
        hidden_columns=tuple((int(first), int(last)) for first, last in told["hidden_columns"]),
        merged=tuple((int(a), int(b), int(c), int(d)) for a, b, c, d in told["merged"]),
        computed={int(row): tuple(map(int, columns)) for row, columns in told["computed"]},
    )
