"""What a workbook's XML says of places: which sheets there are, and where their cells stand. Standard library only.

Every cell is looked at before the reader of values sees it, because that one lays out the whole rectangle between the
first cell and the last: two cells far apart are a thousand million.
"""

import posixpath
import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from string import ascii_uppercase
from typing import NamedTuple
from xml.parsers import expat

from registry.reading.workbook.archive import NotReadable

MOST_SHEETS = 50
MOST_TAGS = 5_000_000  # in all parts together
MOST_MERGED = 20_000
LONGEST_MARKUP = 1024 * 1024  # bytes of a tag or a comment
LONGEST_SHEET_NAME = 255  # programs write more than the 31 characters of Excel
LONGEST_ERROR = 40

_CELL = re.compile(r"([A-Z]{1,3})([1-9][0-9]{0,6})")
_RANGE = re.compile(r"([A-Z]{1,3})([1-9][0-9]{0,6})(?::([A-Z]{1,3})([1-9][0-9]{0,6}))?")
_COUNT = re.compile(r"[1-9][0-9]{0,6}")
_TRUE = frozenset({"1", "true"})
_NO_WIDTH = frozenset({"0", "0.0"})
_OTHERS = frozenset({"row", "f", "is", "col", "mergeCell"})  # tags that mean something here, beside c and v
_FILLS_A_RANGE = frozenset({"array", "dataTable"})  # one formula, whose other cells hold nothing but values

Attributes = Mapping[str, str]
Start = Callable[[str, Attributes], None]
Range = tuple[int, int, int, int]  # first row, first column, last row, last column


class SheetPart(NamedTuple):
    """A sheet as the workbook lists it. part: the name of the part that holds it."""

    name: str
    hidden: bool
    part: str


class Book(NamedTuple):
    """What a workbook consists of; the names of its parts. None = it has none."""

    sheets: tuple[SheetPart, ...]
    strings: str | None
    styles: str | None
    counts_from_1904: bool


class Places(NamedTuple):
    """What a sheet says of its cells beside their values. Rows and columns are counted from 1.

    hidden_columns  first and last of each stretch of them
    errors          the cells whose formula gave an error, with what stands there (#N/A); by row and column
    uncomputed      the cells with a formula and no value
    computed        by row the columns of all cells with a formula, as far as cells may stand
    """

    hidden_rows: list[int]
    hidden_columns: list[tuple[int, int]]
    merged: list[Range]
    errors: dict[tuple[int, int], str]
    uncomputed: list[tuple[int, int]]
    computed: dict[int, list[int]]


class Tags:
    """How many tags were met, over all parts."""

    def __init__(self) -> None:
        self.met = 0

    def add(self, more: int) -> None:
        """So many more. Raises NotReadable."""
        self.met += more
        if self.met > MOST_TAGS:
            raise NotReadable("workbook_too_heavy")


# ------------------------------------------------------------------ which parts there are


def book_of(part: Callable[[str], Iterable[bytes]], names: Iterable[str], tags: Tags) -> Book:
    """The sheets of a workbook, and where everything lies. Raises NotReadable.

    part   gives the content of a part
    names  of all parts, in small letters
    """
    known = set(names)
    of_package = _relations(part("_rels/.rels"), "", tags) if "_rels/.rels" in known else {}
    main = next((target for kind, target in of_package.values() if kind == "officeDocument"), "xl/workbook.xml")
    folder, _, file = main.rpartition("/")
    beside = f"{folder}/_rels/{file}.rels"
    if main not in known or beside not in known:
        raise NotReadable("not_a_workbook")
    relations = _relations(part(beside), folder, tags)
    listed, counts_from_1904 = _sheets(part(main), tags)
    sheets = tuple(
        SheetPart(name, hidden, target)
        for name, hidden, relation in listed
        for kind, target in [relations.get(relation, ("", ""))]
        if kind == "worksheet"
    )
    if not sheets or any(sheet.part not in known for sheet in sheets):
        raise NotReadable("workbook_damaged")
    places = {kind: target for kind, target in relations.values() if target in known}
    return Book(sheets, places.get("sharedStrings"), places.get("styles"), counts_from_1904)


def _relations(pieces: Iterable[bytes], folder: str, tags: Tags) -> dict[str, tuple[str, str]]:
    """By its id what a part is related to: the last word of the kind, and the name of the other part."""
    found: dict[str, tuple[str, str]] = {}

    def start(name: str, has: Attributes) -> None:
        if _local(name) != "Relationship" or has.get("TargetMode") == "External":
            return
        kind, target = has.get("Type", "").rpartition("/")[2], has.get("Target", "").lower()
        whole = target.lstrip("/") if target.startswith("/") else posixpath.join(folder, target)
        found[has.get("Id", "")] = (kind, posixpath.normpath(whole))

    for _ in watched(pieces, tags, start):
        pass
    return found


def _sheets(pieces: Iterable[bytes], tags: Tags) -> tuple[list[tuple[str, bool, str]], bool]:
    """The sheets in their order: name, whether hidden, id of the relation; and whether days are counted from 1904."""
    found: list[tuple[str, bool, str]] = []
    counts_from_1904 = False

    def start(name: str, has: Attributes) -> None:
        nonlocal counts_from_1904
        if _local(name) == "workbookPr":
            counts_from_1904 = has.get("date1904") in _TRUE
        elif _local(name) == "sheet":
            if len(found) == MOST_SHEETS:
                raise NotReadable("workbook_too_many_sheets", limit=MOST_SHEETS)
            relation = next((value for key, value in has.items() if key.endswith(":id")), "")
            called = has.get("name", "")[:LONGEST_SHEET_NAME]
            found.append((called, has.get("state", "visible") != "visible", relation))

    for _ in watched(pieces, tags, start):
        pass
    return found, counts_from_1904


# ------------------------------------------------------------------ where the cells stand


class Walk:
    """Goes through a sheet cell by cell, and refuses it where a filled cell stands too far away.

    most_rows, most_columns  no filled cell stands farther away
    """

    def __init__(self, most_rows: int, most_columns: int) -> None:
        self.places = Places([], [], [], {}, [], {})
        self._most_rows, self._most_columns = most_rows, most_columns
        self._row = self._column = 0
        self._row_digits = "0"
        self._reach = most_columns  # of a filled cell in this row
        self._computed = self._filled = self._is_error = False
        self._apart = False  # whether there is more to say of this cell than where it stands
        self._spread = 0  # cells of formulas that fill a range
        self._text: list[str] = []
        self._parser = new_parser(self._start)

    def over(self, pieces: Iterable[bytes], tags: Tags) -> Iterator[bytes]:
        """The same pieces, each looked at before it is handed on. Raises NotReadable."""
        yield from parsed(self._parser, pieces, tags)
        self._finish_cell()

    def _start(self, name: str, has: Attributes) -> None:
        # Nearly every tag is one of these two, and nearly every cell stands beside the one before.
        if name == "v":
            self._filled = True
            if self._column > self._reach:
                self._refuse_far_cell()
        elif name == "c":
            if self._apart:
                self._finish_cell()
            self._filled = False
            self._column = column = self._column + 1
            reference = has.get("r")
            if reference is not None and reference != _COLUMNS[column if column < _FARTHEST else 0] + self._row_digits:
                self._go_to(reference)
            if has.get("t") == "e":
                self._is_error = self._apart = True
                self._parser.CharacterDataHandler = self._data
        elif name in _OTHERS or ":" in name:
            self._start_other(_local(name), has)

    def _start_other(self, name: str, has: Attributes) -> None:
        if name in {"c", "v"}:  # with a prefix
            self._start(name, has)
        elif name == "is":
            self._start("v", has)
        elif name == "f":
            self._compute(has)
        elif name == "row":
            self._begin_row(has)
        elif name == "col":
            if has.get("hidden") in _TRUE or has.get("width") in _NO_WIDTH:
                self.places.hidden_columns.append((_count(has.get("min")), _count(has.get("max"))))
        elif name == "mergeCell":
            self._merge(has)

    def _begin_row(self, has: Attributes) -> None:
        if self._apart:
            self._finish_cell()
        row = _count(has["r"]) if "r" in has else self._row + 1
        if row <= self._row:
            raise NotReadable("workbook_damaged")  # of two rows in one place two readers might keep different ones
        self._row, self._column, self._row_digits = row, 0, str(row)
        self._reach = self._most_columns if row <= self._most_rows else -1
        if has.get("hidden") in _TRUE:
            self.places.hidden_rows.append(row)

    def _go_to(self, reference: str) -> None:
        found = _CELL.fullmatch(reference)
        if found is None or found[2] != self._row_digits:
            raise NotReadable("workbook_damaged")
        column = column_number(found[1])
        if column < self._column:
            raise NotReadable("workbook_damaged")
        self._column = column

    def _refuse_far_cell(self) -> None:
        if self._row > self._most_rows:
            raise NotReadable("too_many_rows", limit=self._most_rows)
        raise NotReadable("too_many_columns", limit=self._most_columns)

    def _compute(self, has: Attributes) -> None:
        """The cell has a formula."""
        if self._column > self._reach:
            self._refuse_far_cell()
        if not self._computed:  # a second formula in one cell says nothing more
            self.places.computed.setdefault(self._row, []).append(self._column)
        self._computed = self._apart = True
        if has.get("t") in _FILLS_A_RANGE:
            self._compute_range(has.get("ref", ""))

    def _compute_range(self, reference: str) -> None:
        row, column, last_row, last_column = _range(reference)
        rows = range(row, min(last_row, self._most_rows) + 1)
        columns = range(column, min(last_column, self._most_columns) + 1)
        # Such ranges never lie in each other, so all of them together are no more than the sheet.
        self._spread += max(1, len(rows) * len(columns))
        if self._spread > self._most_rows * self._most_columns:
            raise NotReadable("workbook_damaged")
        for each in rows:
            self.places.computed.setdefault(each, []).extend(columns)

    def _data(self, text: str) -> None:
        if self._filled and len(self._text) < LONGEST_ERROR:
            self._text.append(text[:LONGEST_ERROR])

    def _finish_cell(self) -> None:
        """The next cell or row begins."""
        if self._is_error:
            self._parser.CharacterDataHandler = None
            if self._filled:
                self.places.errors[self._row, self._column] = "".join(self._text).strip()[:LONGEST_ERROR]
            self._text.clear()
        if self._computed and not self._filled:
            self.places.uncomputed.append((self._row, self._column))
        self._computed = self._filled = self._is_error = self._apart = False

    def _merge(self, has: Attributes) -> None:
        if len(self.places.merged) == MOST_MERGED:
            raise NotReadable("workbook_damaged")
        self.places.merged.append(_range(has.get("ref", "")))


def _range(reference: str) -> Range:
    found = _RANGE.fullmatch(reference)
    if found is None:
        raise NotReadable("workbook_damaged")
    column, row, last_column, last_row = found.groups()
    return int(row), column_number(column), int(last_row or row), column_number(last_column or column)


def column_number(letters: str) -> int:
    """1 for A, 27 for AA."""
    number = 0
    for letter in letters:
        number = number * len(ascii_uppercase) + ascii_uppercase.index(letter) + 1
    return number


_COLUMNS = ("", *ascii_uppercase, *(one + other for one in ascii_uppercase for other in ascii_uppercase))
_FARTHEST = len(_COLUMNS) - 1


def _count(text: str | None) -> int:
    if text is None or not _COUNT.fullmatch(text):
        raise NotReadable("workbook_damaged")
    return int(text)


def _local(name: str) -> str:
    """A name without its prefix."""
    return name[name.rfind(":") + 1 :]


# ------------------------------------------------------------------ XML, strictly


def watched(pieces: Iterable[bytes], tags: Tags, start: Start | None = None) -> Iterator[bytes]:
    """The same pieces, each parsed before it is handed on; `start` is told of each element. Raises NotReadable."""
    return parsed(new_parser(start), pieces, tags)


def new_parser(start: Start | None) -> expat.XMLParserType:
    """A parser that refuses what is no plain XML in UTF-8: above all what defines entities."""
    parser = expat.ParserCreate("UTF-8")
    parser.StartElementHandler = start
    parser.XmlDeclHandler = _only_utf_8
    parser.StartDoctypeDeclHandler = _no_doctype
    return parser


def parsed(parser: expat.XMLParserType, pieces: Iterable[bytes], tags: Tags) -> Iterator[bytes]:
    """The same pieces, each given to the parser before it is handed on. Raises NotReadable."""
    unread = 0
    with _plain_xml():
        for piece in pieces:
            if b"\0" in piece:  # UTF-16, which a mark in front would let through
                raise NotReadable("workbook_damaged")
            tags.add(piece.count(b"<"))
            before = parser.CurrentByteIndex
            parser.Parse(piece, False)  # noqa: FBT003 expat takes no names
            unread = 0 if parser.CurrentByteIndex > before else unread + len(piece)
            if unread > LONGEST_MARKUP:
                raise NotReadable("workbook_damaged")
            yield piece
        parser.Parse(b"", True)  # noqa: FBT003 same


@contextmanager
def _plain_xml() -> Iterator[None]:
    try:
        yield
    except (expat.ExpatError, UnicodeError):
        raise NotReadable("workbook_damaged") from None


def _only_utf_8(_: str, encoding: str | None, __: int) -> None:
    if encoding is not None and encoding.casefold() not in {"utf-8", "utf8", "us-ascii"}:
        raise NotReadable("workbook_damaged")


def _no_doctype(*_: object) -> None:
    raise NotReadable("workbook_entities")
