"""A workforce file (CSV, XLSX) to people, their roles and what they showed; nothing in the file makes it raise.

A file with any fault gives no people: half an answer about who may do what would be read as a whole one.
"""

import re
import tomllib
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import date
from functools import cache
from importlib.resources import files
from typing import Any

from registry.checking.profile import Profile, Role
from registry.reading.cells import (
    EARLIEST_YEAR,
    birth_date,
    calendar_day,
    check,
    folded,
    in_order,
    person_name,
    shown,
    typed,
    visible,
)
from registry.reading.formulas import begins_formula
from registry.reading.tables import (
    IGNORED,
    LONGEST_IGNORED,
    MEBIBYTE,
    Format,
    by_spelling,
    only_cell,
    read_table,
    shared_headers,
)
from registry.reading.wrong import BadCell, Unreadable, Wrong
from registry.records.persons.people import name_key
from verification.presented import FullText, InHand, NotACertificate, NumberAlone, told_apart

MAX_BYTES = 20 * MEBIBYTE  # a code has 450 characters, and somebody may have many
MAX_ROWS = 50_000
MOST_COLUMNS_OF_CERTIFICATES = 20
MOST_CERTIFICATES = 100  # of one person
LONGEST_NAME, LONGEST_ROLE = 200, 200  # characters
SHORTEST_DOCUMENT = 200  # characters; the signature alone has 86
LONGEST_CELL = 81_920  # characters of certificates; as long as a token that the API takes
_NUMBER = re.compile("[0-9A-HJKMNP-TV-Z]{4}(?:-[0-9A-HJKMNP-TV-Z]{4}){3}")
_NONE = re.compile("[-–—]+")  # how people write that there is none

Birth = int | date | None  # a year, or the whole date


@dataclass(frozen=True, slots=True)
class Shown:
    """One certificate that somebody showed: its number, or the text of a code, of a `vc+jwt` or of an address.

    number  its 16 characters, where it was a number or an address with one
    """

    number: str | None = None
    text: str | None = None


@dataclass(frozen=True, slots=True)
class Worker:
    """One row: somebody in a role, with all that they showed. row: as a spreadsheet counts, the header is row 1.

    active_on  the last day on which they are known to have done that work
    """

    row: int
    name: str
    birth: Birth
    role: Role
    shown: tuple[Shown, ...]
    active_on: date | None = None


@dataclass(frozen=True)
class Workforce:
    """All people, or all that is wrong by row; row 0 is the file as a whole. header: the row with the headers."""

    people: tuple[Worker, ...] = ()
    wrong: Mapping[int, tuple[Wrong, ...]] = field(default_factory=dict)
    header: int = 1


def read_workforce(data: bytes, profile: Profile, *, today: date | None = None, sheet: str | None = None) -> Workforce:
    """The people of a workforce file, or what is wrong with it.

    data   XLSX; or CSV with comma, semicolon or tab, in UTF-8, UTF-16 with its mark, or cp1252; at most 20 MiB
    today  where known: nobody is born after it
    sheet  which one of a workbook; None = the one that can be seen and has people
    """
    try:
        table = read_table(data, _format(), sheet)
    except Unreadable as refused:
        return Workforce(wrong={refused.row: refused.wrong}, header=refused.row or 1)
    people: list[Worker] = []
    wrong: dict[int, list[Wrong]] = {number: list(why) for number, why in table.wrong.items()}
    for number, cells in table.rows:
        read = _row(number, cells, table.columns, profile, today)
        found = [] if isinstance(read, Worker) else read
        found += table.computed_beside(number, {one.column for one in found})
        if isinstance(read, Worker) and not found:
            people.append(read)
        else:
            wrong[number] = found
    for row, twice in _twice(people):
        wrong.setdefault(row, []).append(twice)
    if wrong:
        return Workforce(wrong={row: tuple(wrong[row]) for row in sorted(wrong)}, header=table.header)
    return Workforce(people=tuple(people))


# ------------------------------------------------------------------ columns


@cache
def _words() -> Mapping[str, Any]:
    return tomllib.loads((files("registry.checking") / "workforce.toml").read_text(encoding="utf-8"))


@cache
def _format() -> Format:
    headers = by_spelling(shared_headers()["columns"]) | by_spelling(_words()["columns"])
    for spelling, column in tuple(headers.items()):
        if column == "certificates":
            headers |= {f"{spelling}{number}": column for number in range(1, MOST_COLUMNS_OF_CERTIFICATES + 1)}
    return Format(
        headers,
        needed=("name", "role", "certificates"),
        max_bytes=MAX_BYTES,
        max_rows=MAX_ROWS,
        repeated=frozenset({"certificates", IGNORED}),
    )


# ------------------------------------------------------------------ rows


def _row(
    number: int, cells: Sequence[str], columns: Sequence[str | None], profile: Profile, today: date | None
) -> Worker | list[Wrong]:
    read: dict[str, Any] = {"certificates": []}
    wrong: list[Wrong] = []
    for column, cell in zip(columns, map(typed, cells), strict=False):
        if column is None or not cell:
            continue
        try:
            if column == "certificates":
                read[column] += certificates_in(cell)
            else:
                read[column] = _READERS[column](cell)
        except BadCell as bad:
            # A token is long; where a part of the cell is wrong, that part is told.
            params = dict(bad.params)
            value = params.pop("part") if "part" in params else shown(cell, birth=column == "birth_date")
            wrong.append(Wrong(bad.code, column, None if value is None else str(value), params))
    told = {one.column for one in wrong}
    if wrong and "name" not in told | read.keys() and wrong[0].code != "national_number" and only_cell(cells):
        return [Wrong("stray_row")]
    wrong += [Wrong(f"{one}_missing", one, "") for one in ("name", "role") if one not in read and one not in told]
    role = profile.roles.get(folded(read["role"])) if "role" in read else None
    if role is None and "role" in read:
        known = {lang: "; ".join(getattr(one.titles, lang) for one in profile.role) for lang in ("sv", "nb", "en")}
        wrong.append(Wrong("role_unknown", "role", visible(read["role"]), known))
    birth: Birth = read.get("birth_date")
    if birth is not None and today is not None and _lies_after(birth, today):
        wrong.append(Wrong("date_out_of_range", "birth_date", str(birth)))
    active_on: date | None = read.get("last_active")
    if active_on is not None and today is not None and active_on > today:
        wrong.append(Wrong("date_out_of_range", "last_active", str(active_on)))
    # The same certificate twice in one person's row is a slip that changes nothing.
    certificates = tuple(dict.fromkeys(read["certificates"]))
    if len(certificates) > MOST_CERTIFICATES:
        wrong.append(Wrong("too_many_certificates", "certificates", None, {"limit": MOST_CERTIFICATES}))
    return wrong if wrong or role is None else Worker(number, read["name"], birth, role, certificates, active_on)


def _lies_after(birth: int | date, today: date) -> bool:
    return birth > today if isinstance(birth, date) else birth > today.year


_ANY = "anybody"


def _twice(people: Iterable[Worker]) -> Iterator[tuple[int, Wrong]]:
    """Two rows that may be one person in one role; a birth date in both tells people of one name apart."""
    # By what may be one person: the first row of that birth, of that year, of no birth, and of any.
    seen: dict[tuple[str, str], dict[Birth | str, int]] = {}
    for worker in people:
        alike = seen.setdefault((name_key(in_order(worker.name)), worker.role.id), {})
        if worker.birth is None:
            looked_for: tuple[Birth | str, ...] = (_ANY,)
        elif isinstance(worker.birth, date):
            looked_for = (worker.birth, f"only {worker.birth.year}", None)
        else:
            looked_for = (f"any {worker.birth}", None)
        rows = [alike[one] for one in looked_for if one in alike]
        if rows:
            yield worker.row, Wrong("person_twice", "name", worker.name, {"other": min(rows)})
        year = _year(worker.birth)
        kept = [worker.birth, _ANY, f"any {year}", *([] if isinstance(worker.birth, date) else [f"only {year}"])]
        for one in kept:
            alike.setdefault(one, worker.row)


def _year(birth: Birth) -> int | None:
    return birth.year if isinstance(birth, date) else birth


# ------------------------------------------------------------------ cells


def certificates_in(cell: str) -> list[Shown]:
    """All certificates in a cell, parted by comma, semicolon, bar, line break or space. Raises BadCell.

    A number may itself be written in groups of four with spaces between.
    """
    if len(cell) > LONGEST_CELL:
        raise BadCell("too_long", limit=LONGEST_CELL)
    found: list[Shown] = []
    for part in re.split(r"[,;|\n\r\t]+", cell):
        words = part.split()
        if not words or _NONE.fullmatch(part.strip()):
            continue
        whole = _shown_in(part.strip())
        if whole is not None:
            found.append(whole)
            continue
        while words:
            size, one = next(
                ((size, one) for size in (1, 4, 2, 3) if (one := _shown_in(" ".join(words[:size]))) is not None),
                (0, None),
            )
            if one is None:
                raise _no_certificate(words[0])
            found.append(one)
            words = words[size:]
    return found


def _shown_in(text: str) -> Shown | None:
    if _NUMBER.fullmatch(text):  # as it is printed: most of them
        return Shown(number=text.replace("-", ""))
    in_hand: InHand | None = None
    with suppress(NotACertificate):
        in_hand = told_apart(text)
    if isinstance(in_hand, NumberAlone):
        return Shown(number=in_hand.number, text=text if in_hand.base else None)
    # Three words with dots between are no document.
    if in_hand is None or (isinstance(in_hand, FullText) and len(text) < SHORTEST_DOCUMENT):
        return None
    return Shown(text=text)


def _no_certificate(word: str) -> BadCell:
    if begins_formula(word):
        return BadCell("formula")
    value = shown(word)
    return BadCell("national_number") if value is None else BadCell("not_a_certificate", part=value)


def _name(cell: str) -> str:
    _no_formula(cell)
    check(cell, longest=LONGEST_NAME)
    return person_name(cell)


def _role(cell: str) -> str:
    _no_formula(cell)
    check(cell, longest=LONGEST_ROLE)
    return cell


def _birth(cell: str) -> Birth:
    _no_formula(cell)
    check(cell, longest=LONGEST_NAME)
    if re.fullmatch("[0-9]{4}", cell):
        if int(cell) < EARLIEST_YEAR:
            raise BadCell("date_out_of_range")
        return int(cell)
    return birth_date(cell)


def _last_active(cell: str) -> date:
    _no_formula(cell)
    check(cell, longest=LONGEST_NAME)
    return calendar_day(cell)


def _ignored(cell: str) -> None:
    check(cell, longest=LONGEST_IGNORED, note=True)


def _no_formula(cell: str) -> None:
    if begins_formula(cell):
        raise BadCell("formula")


_READERS = {"name": _name, "role": _role, "birth_date": _birth, "last_active": _last_active, IGNORED: _ignored}
