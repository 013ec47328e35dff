"""A list as it was handed in: a table that people made, or the same as data that a program made. Pure.

As data it is one table or object that holds nothing but a list, each entry with the names of the columns as keys.
"""

from collections.abc import Mapping, Sequence
from datetime import date, time
from typing import Any, Literal

from levels.evidence import MalformedEvidence, toml_table
from registry.reading.cells import shown
from registry.reading.sheets import Sheet
from registry.reading.tables import Format, Table, read_table
from registry.reading.wrong import FILE, Unreadable, Wrong
from verification.strict import NotStrict, read_json

Form = Literal["table", "toml", "json"]


def table_of(data: bytes, form: Form, expected: Format, columns: Sequence[str], entries: str) -> Table:
    """The table. Raises Unreadable.

    columns  our names of them, which are the keys of data
    entries  what data call the list
    """
    if form == "table":
        return read_table(data, expected)
    if len(data) > expected.max_bytes:
        raise Unreadable(FILE, Wrong("file_too_large", params={"limit": expected.max_bytes // (1024 * 1024)}))
    found = _from_toml(data) if form == "toml" else _from_json(data, expected.max_bytes)
    listed = found.pop(entries, None)
    if found:
        raise Unreadable(FILE, Wrong("other_keys", params={"where": shown(min(found)) or "…", "entries": entries}))
    if not isinstance(listed, list) or not listed or not all(isinstance(entry, dict) for entry in listed):
        raise Unreadable(FILE, Wrong("no_entries", params={"entries": entries}))
    return _entries_as_table(listed, columns, most=expected.max_rows)


def _from_toml(data: bytes) -> dict[str, Any]:
    try:
        return dict(toml_table(data))
    except MalformedEvidence as malformed:
        where, why = malformed.faults[0]
        raise Unreadable(FILE, Wrong("data_unreadable", params={"why": f"{where} {why}".strip()})) from None


def _from_json(data: bytes, most_bytes: int) -> dict[str, Any]:
    try:
        return read_json(data, max_bytes=most_bytes)
    except NotStrict as fault:
        raise Unreadable(FILE, Wrong("data_unreadable", params={"why": str(fault)})) from None


def _entries_as_table(entries: Sequence[Mapping[str, object]], columns: Sequence[str], *, most: int) -> Table:
    """The first entry is row 1. A column that no entry has is not there at all."""
    if len(entries) > most:
        raise Unreadable(FILE, Wrong("too_many_rows", params={"limit": most}))
    for number, entry in enumerate(entries, 1):
        strange = next((key for key in entry if key not in columns), None)
        if strange is not None:
            known = ", ".join(columns)
            raise Unreadable(number, Wrong("unknown_key", params={"where": shown(strange) or "…", "known": known}))
    said = [column for column in columns if any(column in entry for entry in entries)]
    rows = tuple((number, [_as_cell(entry.get(column)) for column in said]) for number, entry in enumerate(entries, 1))
    return Table(tuple(said), tuple(said), rows, header=FILE, sheet=Sheet(rows=rows))


def _as_cell(value: object) -> str:
    """A value as people would write it; one that belongs in no cell as something that no column reads."""
    if value is None or isinstance(value, bool):
        return {None: "", True: "yes", False: "no"}[value]
    if isinstance(value, list):
        return ", ".join(_as_cell(each) for each in value)
    if isinstance(value, dict):
        return "{}"
    return value.isoformat() if isinstance(value, (date, time)) else str(value)
