"""Workbooks made part by part, as no spreadsheet program would make them; used by tests and by the benchmark."""

import io
import random
import struct
import zipfile
import zlib
from collections.abc import Callable, Mapping, Sequence
from datetime import date, datetime
from typing import Any

import xlsxwriter

MAIN = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"
PACKAGE = "http://schemas.openxmlformats.org/package/2006"
DOCUMENT = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"

Parts = Mapping[str, str | bytes]


def written(*sheets: Sequence[Sequence[Any]], names: Sequence[str] = ()) -> bytes:
    """A workbook as a spreadsheet program writes it: text as text, numbers as numbers, days as days."""
    return made(
        lambda book: [_fill(book, rows, name) for rows, name in zip(sheets, _names(names, sheets), strict=True)]
    )


def made(fill: Callable[[xlsxwriter.Workbook], object]) -> bytes:
    """A workbook that `fill` has filled."""
    out = io.BytesIO()
    book = xlsxwriter.Workbook(out, {"in_memory": True})
    fill(book)
    book.close()
    return out.getvalue()


def _names(names: Sequence[str], sheets: Sequence[object]) -> list[str]:
    return [*names, *(f"Sheet{number}" for number in range(len(names) + 1, len(sheets) + 1))]


def _fill(book: xlsxwriter.Workbook, rows: Sequence[Sequence[Any]], name: str) -> None:
    sheet, day = book.add_worksheet(name), book.add_format({"num_format": "yyyy-mm-dd"})
    for at, cells in enumerate(rows):
        for column, cell in enumerate(cells):
            match cell:
                case None | "":
                    pass
                case bool():
                    sheet.write_boolean(at, column, cell)
                case int() | float():
                    sheet.write_number(at, column, cell)
                case datetime() | date():
                    sheet.write_datetime(at, column, cell, day)
                case _:
                    sheet.write_string(at, column, cell)


# ------------------------------------------------------------------ part by part


def workbook(cells: str = "", *, around: str = "", **more: Any) -> bytes:
    """A workbook of one sheet, from the XML of its rows."""
    return zipped(parts(cells, around=around, **more))


def parts(
    cells: str = "", *, around: str = "", book: str = "", relations: str = "", strings: str = ""
) -> dict[str, Any]:
    """The parts of a workbook of one sheet. around: behind the rows; the others: inserted where they belong."""
    found: dict[str, Any] = {
        "[Content_Types].xml": f'<Types xmlns="{PACKAGE}/content-types"/>',
        "_rels/.rels": f'<Relationships xmlns="{PACKAGE}/relationships"><Relationship Id="w" '
        f'Type="{DOCUMENT}/officeDocument" Target="xl/workbook.xml"/></Relationships>',
        "xl/workbook.xml": f'<workbook xmlns="{MAIN}" xmlns:r="{DOCUMENT}"><sheets>'
        f'<sheet name="List" sheetId="1" r:id="r1"/>{book}</sheets></workbook>',
        "xl/_rels/workbook.xml.rels": f'<Relationships xmlns="{PACKAGE}/relationships"><Relationship Id="r1" '
        f'Type="{DOCUMENT}/worksheet" Target="worksheets/sheet1.xml"/>{relations}</Relationships>',
        "xl/worksheets/sheet1.xml": f'<worksheet xmlns="{MAIN}"><sheetData>{cells}</sheetData>{around}</worksheet>',
    }
    if strings:
        found["xl/sharedStrings.xml"] = f'<sst xmlns="{MAIN}">{strings}</sst>'
        found["xl/_rels/workbook.xml.rels"] = found["xl/_rels/workbook.xml.rels"].replace(
            "</Rel", f'<Relationship Id="ss" Type="{DOCUMENT}/sharedStrings" Target="sharedStrings.xml"/></Rel'
        )
    return found


def zipped(these: Parts, method: int = zipfile.ZIP_DEFLATED) -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", method) as archive:
        for name, content in these.items():
            archive.writestr(name, content)
    return out.getvalue()


def row(number: int, *texts: str) -> str:
    """The XML of a row of texts."""
    cells = "".join(
        f'<c r="{chr(ord("A") + at)}{number}" t="inlineStr"><is><t>{text}</t></is></c>' for at, text in enumerate(texts)
    )
    return f'<row r="{number}">{cells}</row>'


ANNA = row(1, "namn") + row(2, "Anna Berg")


def with_sheet(sheet: str | bytes) -> bytes:
    return zipped({**parts(), "xl/worksheets/sheet1.xml": sheet})


def _directory_says(data: bytes, name: bytes, at: int, value: bytes) -> bytes:
    """The archive with other bytes in the entry that its directory has for a part, `at` bytes from its beginning."""
    entry = data.rfind(name) - 46
    return data[: entry + at] + value + data[entry + at + len(value) :]


def _small_size_stated() -> bytes:
    data = zipped({**parts(ANNA), "xl/worksheets/sheet1.xml": f'<worksheet xmlns="{MAIN}"><!--{"x" * 60_000_000}-->'})
    return _directory_says(data, b"xl/worksheets/sheet1.xml", 24, struct.pack("<L", 1000))


def _encrypted() -> bytes:
    return _directory_says(workbook(ANNA), b"xl/workbook.xml", 8, b"\x01\x00")


def _wrong_checksum() -> bytes:
    return _directory_says(workbook(ANNA), b"xl/worksheets/sheet1.xml", 16, b"\x00\x00\x00\x00")


def _two_of_one_name() -> bytes:
    data = zipped({**parts(ANNA), "xl/worksheets/sheet2.xml": "<worksheet/>"})
    return data.replace(b"xl/worksheets/sheet2.xml", b"xl/worksheets/sheet1.xml")


def _another_name_within() -> bytes:
    data = workbook(ANNA)
    return data.replace(b"xl/worksheets/sheet1.xml", b"xl/worksheets/sheet9.xml", 1)


def _overlapping() -> bytes:
    """Two entries of the directory share one stretch of bytes."""
    data = zipped({**parts(ANNA), "xl/worksheets/sheet2.xml": "<worksheet/>"}, zipfile.ZIP_STORED)
    place = _entry_place(data, b"xl/worksheets/sheet1.xml")
    return _directory_says(data, b"xl/worksheets/sheet2.xml", 42, place)


def _entry_place(data: bytes, name: bytes) -> bytes:
    entry = data.rfind(name) - 46
    return data[entry + 42 : entry + 46]


def _noise(size: int) -> bytes:
    return random.Random(1).randbytes(size)  # noqa: S311 a file, no secret


def _tags(number: int) -> str:
    """Packed not too tightly, and nothing but elements."""
    dice = random.Random(2)  # noqa: S311 a file, no secret
    return "".join(f"<{dice.choice('abdgh')}/>" for _ in range(number))


def _many_rows(number: int) -> str:
    return "".join(f'<row r="{at}"><c r="A{at}"><v>{at}</v></c></row>' for at in range(1, number + 1))


def _spread_text() -> bytes:
    """One long text that thousands of cells share: short in the file, gigabytes when it is laid out."""
    cells = "".join(f'<row r="{at}"><c r="A{at}" t="s"><v>0</v></c></row>' for at in range(1, 40_001))
    text = zlib.compress(_noise(60_000)).hex()
    return workbook(cells, strings=f"<si><t>{text}</t></si>")


_BOMB = "".join(f'<!ENTITY a{n} "{f"&a{n - 1};" * 10}">' for n in range(1, 10))
_OLD = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(600)
_FAR = '<row r="1"><c r="A1"><v>1</v></c>{}</row>'

# By what they are: how to make them, and the code of the refusal.
HOSTILE: Mapping[str, tuple[Callable[[], bytes], str]] = {
    "two cells far apart": (
        lambda: workbook(
            '<row r="1"><c r="A1"><v>1</v></c></row><row r="1048576"><c r="XFD1048576"><v>1</v></c></row>'
        ),
        "too_many_rows",
    ),
    "a cell far to the right": (lambda: workbook(_FAR.format('<c r="XFD1"><v>1</v></c>')), "too_many_columns"),
    "a cell far down": (
        lambda: workbook(_FAR.format("") + '<row r="1048576"><c r="A1048576"><v>1</v></c></row>'),
        "too_many_rows",
    ),
    "cells without an address": (lambda: workbook("<row>" + "<c><v>1</v></c>" * 61 + "</row>"), "too_many_columns"),
    "rows without an address": (
        lambda: workbook("".join(f"<row><c><v>{at}</v></c></row>" for at in range(50_200))),
        "too_many_rows",
    ),
    "half a million rows": (lambda: workbook(_many_rows(500_000)), "too_many_rows"),
    "more than fits": (
        lambda: zipped({**parts(ANNA), "xl/media/a.bin": bytes(51 * 1024 * 1024)}),
        "workbook_too_large",
    ),
    "one cell of 40 MB": (lambda: workbook(row(1, "A" * 40_000_000)), "workbook_too_large"),
    "a size that lies": (_small_size_stated, "workbook_damaged"),
    "an entity bomb": (
        lambda: with_sheet(f'<!DOCTYPE x [<!ENTITY a0 "ha">{_BOMB}]><worksheet>&a9;</worksheet>'),
        "workbook_entities",
    ),
    "an entity bomb in the strings": (
        lambda: zipped(
            {
                **parts(ANNA, strings="<si/>"),
                "xl/sharedStrings.xml": f'<!DOCTYPE x [<!ENTITY a0 "ha">{_BOMB}]><sst><si><t>&a9;</t></si></sst>',
            }
        ),
        "workbook_entities",
    ),
    "an entity from outside": (
        lambda: with_sheet('<!DOCTYPE x [<!ENTITY e SYSTEM "file:///etc/passwd">]><worksheet>&e;</worksheet>'),
        "workbook_entities",
    ),
    "definitions from outside": (
        lambda: with_sheet('<!DOCTYPE worksheet SYSTEM "http://example.com/x.dtd"><worksheet/>'),
        "workbook_entities",
    ),
    "archives in the archive": (
        lambda: zipped({f"{number}.zip": zipped({"a.zip": _noise(100)}) for number in range(10)}),
        "not_a_workbook",
    ),
    "a workbook in the workbook": (
        lambda: zipped({**parts(ANNA), "xl/embeddings/inner.xlsx": workbook(ANNA)}),
        "workbook_holds_files",
    ),
    "a million sheets": (
        lambda: workbook(ANNA, book='<sheet name="a" sheetId="1" r:id="r1"/>' * 1_000_000),
        "workbook_too_large",
    ),
    "a thousand sheets": (
        lambda: workbook(ANNA, book='<sheet name="a" sheetId="1" r:id="r1"/>' * 1_000),
        "workbook_too_many_sheets",
    ),
    "a thousand parts": (
        lambda: zipped({**parts(ANNA), **{f"xl/worksheets/s{number}.xml": "" for number in range(1000)}}),
        "workbook_too_many_parts",
    ),
    "a password in the directory": (_encrypted, "workbook_encrypted"),
    "a password of Excel": (lambda: _OLD + "EncryptedPackage".encode("utf-16-le"), "workbook_encrypted"),
    "an old workbook": (lambda: _OLD, "workbook_of_other_format"),
    "a binary workbook": (
        lambda: zipped({"[Content_Types].xml": "", "xl/workbook.bin": b"x"}),
        "workbook_of_other_format",
    ),
    "a sheet of OpenDocument": (
        lambda: zipped({"mimetype": "application/vnd.oasis.opendocument.spreadsheet", "content.xml": "<x/>"}),
        "workbook_of_other_format",
    ),
    "a letter": (lambda: zipped({"[Content_Types].xml": "", "word/document.xml": "<x/>"}), "workbook_of_other_format"),
    "an archive of pictures": (lambda: zipped({"holiday.jpg": _noise(1000)}), "not_a_workbook"),
    "cut off": (lambda: workbook(ANNA)[:-30], "workbook_damaged"),
    "cut off at the front": (lambda: b"PK\x03\x04" + workbook(ANNA)[40:], "workbook_damaged"),
    "a wrong checksum": (_wrong_checksum, "workbook_damaged"),
    "a name that climbs": (lambda: zipped({**parts(ANNA), "xl/../../evil.xml": "<x/>"}), "not_a_workbook"),
    "a name from the root": (lambda: zipped({**parts(ANNA), "/etc/passwd": "<x/>"}), "not_a_workbook"),
    "two parts of one name": (_two_of_one_name, "workbook_damaged"),
    "another name within": (_another_name_within, "workbook_damaged"),
    "parts that overlap": (_overlapping, "workbook_damaged"),
    "UTF-16": (
        lambda: with_sheet(f'<?xml version="1.0"?><worksheet xmlns="{MAIN}"/>'.encode("utf-16")),
        "workbook_damaged",
    ),
    "UTF-7": (
        lambda: with_sheet(f'<?xml version="1.0" encoding="utf-7"?><worksheet xmlns="{MAIN}"/>'),
        "workbook_damaged",
    ),
    "XML that does not end": (lambda: with_sheet(f'<worksheet xmlns="{MAIN}"><sheetData>'), "workbook_damaged"),
    "no XML": (lambda: with_sheet(_noise(1000)), "workbook_damaged"),
    "a tag of 20 MB": (lambda: with_sheet(f'<worksheet a="{_noise(10_000_000).hex()}"/>'), "workbook_damaged"),
    "millions of elements": (lambda: workbook(_tags(5_100_000)), "workbook_too_heavy"),
    "millions of elements, one in the other": (
        lambda: workbook("<a>" * 3_000_000 + "</a>" * 3_000_000),
        "workbook_too_large",
    ),
    "a row twice": (lambda: workbook(row(1, "namn") + row(2, "Anna Berg") + row(2, "Bo Ek")), "workbook_damaged"),
    "a cell twice": (
        lambda: workbook('<row r="1"><c r="A1"><v>1</v></c><c r="A1"><v>2</v></c></row>'),
        "workbook_damaged",
    ),
    "a cell in another row": (lambda: workbook('<row r="1"><c r="A9"><v>1</v></c></row>'), "workbook_damaged"),
    "an address that is none": (lambda: workbook('<row r="1"><c r="A0"><v>1</v></c></row>'), "workbook_damaged"),
    "a row that is no number": (lambda: workbook('<row r="-1"><c><v>1</v></c></row>'), "workbook_damaged"),
    "a text that is not there": (
        lambda: workbook('<row r="1"><c r="A1" t="s"><v>99</v></c></row>', strings="<si><t>a</t></si>"),
        "workbook_damaged",
    ),
    "a kind of cell that is none": (
        lambda: workbook('<row r="1"><c r="A1" t="x"><v>1</v></c></row>'),
        "workbook_damaged",
    ),
    "one long text in every cell": (_spread_text, "workbook_too_heavy"),
    "a cell longer than a cell": (lambda: workbook(row(1, _noise(70_000).hex())), "cell_too_long"),
    "millions of texts": (lambda: workbook(ANNA, strings=_tags(5_100_000).replace("a", "si")), "workbook_too_heavy"),
    "a sheet that is elsewhere": (
        lambda: zipped(
            {
                **parts(),
                "xl/_rels/workbook.xml.rels": parts()["xl/_rels/workbook.xml.rels"].replace("worksheets/", "../../"),
            }
        ),
        "workbook_damaged",
    ),
    "a sheet on the network": (
        lambda: zipped(
            {
                **parts(),
                "xl/_rels/workbook.xml.rels": f'<Relationships><Relationship Id="r1" Type="{DOCUMENT}/worksheet" '
                'TargetMode="External" Target="http://example.com/sheet.xml"/></Relationships>',
            }
        ),
        "workbook_damaged",
    ),
    "no sheet": (lambda: zipped({**parts(), "xl/workbook.xml": f'<workbook xmlns="{MAIN}"/>'}), "workbook_damaged"),
    "merged cells without end": (
        lambda: workbook(ANNA, around="<mergeCells>" + '<mergeCell ref="A1:B2"/>' * 20_001 + "</mergeCells>"),
        "workbook_damaged",
    ),
}
