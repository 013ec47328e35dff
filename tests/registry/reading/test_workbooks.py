"""Workbooks of strangers: what is in them is read, what is aimed at the reader is refused, and the service lives on."""

import os
import subprocess
import sys
import threading
from contextlib import suppress
from datetime import date, datetime
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from registry.reading import workbooks
from registry.reading.sheets import Sheet, letters
from registry.reading.workbooks import Limits, is_workbook, sheets_of
from registry.reading.wrong import Unreadable, shared_texts
from tests.workbook_files import ANNA, DOCUMENT, HOSTILE, MAIN, made, parts, row, workbook, written, zipped

LIMITS = Limits(50_100, 60)
HALF_PAST_ONE = datetime(1990, 5, 17, 1, 30)  # noqa: DTZ001 a spreadsheet knows no time zone


def only(data: bytes) -> Sheet:
    ((sheet,), _) = sheets_of(data, LIMITS)
    return sheet


def refused(data: bytes, limits: Limits = LIMITS) -> str:
    with pytest.raises(Unreadable) as unreadable:
        sheets_of(data, limits)
    assert unreadable.value.row == 0
    (wrong,) = unreadable.value.wrong
    for says in shared_texts()[wrong.code].values():
        assert says.format_map(wrong.params)
    return wrong.code


@pytest.mark.parametrize("what", HOSTILE)
def test_what_is_aimed_at_the_reader_is_refused_by_name(what: str) -> None:
    make, code = HOSTILE[what]
    assert refused(make()) == code
    assert only(workbook(ANNA)).rows == ((1, ["namn"]), (2, ["Anna Berg"]))


def test_values_are_told_as_somebody_would_type_them() -> None:
    cells = ["Åsa", 480, 480.5, 46701234567.0, 19900517.0, True, False, date(1990, 5, 17), HALF_PAST_ONE]
    assert only(written([cells])).rows == (
        (1, ["Åsa", "480", "480.5", "46701234567", "19900517", "true", "false", "1990-05-17", "1990-05-17 01:30:00"]),
    )


def test_rows_and_columns_stand_where_a_spreadsheet_shows_them() -> None:
    assert only(written([[], [None, "B2"], [], ["A4", None, "C4"]])).rows == (
        (2, ["", "B2"]),
        (4, ["A4", "", "C4"]),
    )


def test_days_counted_from_1904_are_the_same_days() -> None:
    def fill(book: object) -> None:
        sheet = book.add_worksheet()  # type: ignore[attr-defined] what xlsxwriter calls a workbook
        sheet.write_datetime(0, 0, HALF_PAST_ONE.date(), book.add_format({"num_format": "d/m/yyyy"}))  # type: ignore[attr-defined] same

    plain = made(fill)
    assert only(plain).rows == ((1, ["1990-05-17"]),)
    old = parts('<row r="1"><c r="A1" s="1"><v>31548</v></c></row>')
    old["xl/workbook.xml"] = old["xl/workbook.xml"].replace("<sheets>", '<workbookPr date1904="1"/><sheets>')
    old["xl/styles.xml"] = (
        f'<styleSheet xmlns="{MAIN}"><cellXfs><xf numFmtId="0"/><xf numFmtId="14"/></cellXfs></styleSheet>'
    )
    old["xl/_rels/workbook.xml.rels"] = old["xl/_rels/workbook.xml.rels"].replace(
        "</Rel", f'<Relationship Id="st" Type="{DOCUMENT}/styles" Target="styles.xml"/></Rel'
    )
    assert only(zipped(old)).rows == ((1, ["1990-05-17"]),)


def test_formulas_are_their_values_and_what_has_none_is_told() -> None:
    cells = (
        '<c r="A1"><f>B1*60</f><v>480</v></c><c r="B1" t="str"><f>"a"</f><v>Anna Berg</v></c><c r="C1"><f>1+1</f></c>'
        '<c r="D1" t="e"><f>VLOOKUP(1,X,1)</f><v>#N/A</v></c><c r="E1" t="str"><f>X</f><v>=cmd|\' /C calc\'!A0</v></c>'
    )
    sheet = only(workbook(f'<row r="1">{cells}</row><row r="3"><c r="B3" t="e"><v>#REF!</v></c></row>'))
    assert sheet.rows == ((1, ["480", "Anna Berg", "=", "#N/A", "=cmd|' /C calc'!A0"]), (3, ["", "#REF!"]))


def test_what_nobody_sees_is_told() -> None:
    sheet = only(
        zipped(
            {
                **parts(),
                "xl/worksheets/sheet1.xml": f'<worksheet xmlns="{MAIN}"><cols><col min="2" max="3" hidden="1"/></cols>'
                '<sheetData><row r="1" hidden="1"><c r="A1"><v>1</v></c></row><row r="2" hidden="0"/></sheetData>'
                '<mergeCells><mergeCell ref="A1:C2"/><mergeCell ref="D4"/></mergeCells></worksheet>',
            }
        )
    )
    assert (sheet.hidden_rows, sheet.hidden_columns) == (frozenset({1}), ((2, 3),))
    assert [sheet.hides_column(number) for number in (1, 2, 3, 4)] == [False, True, True, False]
    assert sheet.merged == ((1, 1, 2, 3), (4, 4, 4, 4))


@pytest.mark.parametrize(
    "data",
    [
        pytest.param(lambda: zipped({**parts(ANNA), "xl/vbaProject.bin": os.urandom(5000)}), id="macros are data"),
        pytest.param(
            lambda: zipped({**parts(ANNA), "xl/externalLinks/externalLink1.xml": "<!DOCTYPE x>"}),
            id="links to elsewhere",
        ),
        pytest.param(lambda: zipped({**parts(ANNA), "docProps/": "", "xl/media/": ""}), id="folders"),
        pytest.param(lambda: zipped({**parts(ANNA), "xl/media/foto på Åsa.png": b"x"}), id="a picture with a name"),
        pytest.param(lambda: workbook(ANNA, around='<dimension ref="A1:XFD1048576"/>'), id="a dimension that lies"),
        pytest.param(lambda: workbook(f'{ANNA}<row r="1048576" ht="12"/>'), id="a formatted last row"),
        pytest.param(lambda: workbook(f'{ANNA}<row r="3"><c r="XFD3" s="0"/></row>'), id="an empty cell far away"),
        pytest.param(lambda: zipped(parts(ANNA), method=0), id="not packed"),
        pytest.param(lambda: workbook(ANNA)[:-2] + b"\x05\x00hello", id="a comment"),
        pytest.param(
            lambda: zipped(
                {name.replace("xl/worksheets", "XL/Worksheets"): text for name, text in parts(ANNA).items()}
            ),
            id="names in capitals",
        ),
        pytest.param(
            lambda: zipped(
                {
                    name.replace("workbook.xml", "workbook22.xml"): text.replace(
                        "xl/workbook.xml", "/xl/workbook22.xml"
                    )
                    for name, text in parts(ANNA).items()
                }
            ),
            id="a workbook of another name",
        ),
        pytest.param(
            lambda: zipped(
                {
                    **parts(),
                    "xl/worksheets/sheet1.xml": f'<x:worksheet xmlns:x="{MAIN}"><x:sheetData><x:row><x:c t="inlineStr">'
                    "<x:is><x:t>namn</x:t></x:is></x:c></x:row><x:row><x:c t='inlineStr'><x:is><x:t>Anna Berg</x:t>"
                    "</x:is></x:c></x:row></x:sheetData></x:worksheet>",
                }
            ),
            id="a prefix, and no addresses",
        ),
    ],
)
def test_what_is_odd_but_harmless_is_read(data: object) -> None:
    assert only(data()).rows == ((1, ["namn"]), (2, ["Anna Berg"]))  # type: ignore[operator] a case


def three() -> bytes:
    def fill(book: object) -> None:
        for name in ("Hidden", "List", "Other"):
            sheet = book.add_worksheet(name)  # type: ignore[attr-defined] what xlsxwriter calls a workbook
            sheet.write_string(0, 0, f"in {name}")
            if name == "Hidden":
                sheet.hide()
            if name == "List":
                sheet.activate()

    return made(fill)


def test_only_sheets_that_can_be_seen_are_read_unless_one_is_named() -> None:
    seen, others = sheets_of(three(), LIMITS)
    assert ([sheet.name for sheet in seen], others) == (["List", "Other"], ["Hidden"])
    ((hidden,), _) = sheets_of(three(), LIMITS, " hidden ")
    assert (hidden.rows, hidden.hidden) == (((1, ["in Hidden"]),), True)
    with pytest.raises(Unreadable) as unreadable:
        sheets_of(three(), LIMITS, "Lista")
    assert unreadable.value.wrong[0].params == {"sheet": "Lista", "sheets": "Hidden, List, Other"}


def test_a_reader_that_takes_too_long_is_stopped() -> None:
    assert (
        refused(written([["namn"], *([f"Anna {at}"] for at in range(20_000))]), Limits(50_100, 60, 0.01))
        == "workbook_too_heavy"
    )


def test_who_waits_too_long_for_the_reader_is_told_to_come_back(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "executable", "/nowhere/python")
    assert refused(workbook(ANNA)) == "workbook_reader_missing"
    monkeypatch.setattr(sys, "executable", "")
    assert refused(workbook(ANNA)) == "workbook_reader_missing"


def test_many_at_once_are_all_answered() -> None:
    found: list[Sheet] = []
    threads = [threading.Thread(target=lambda: found.append(only(workbook(ANNA)))) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(found) == 8


CONFINED = """
import sys; sys.path += sys.argv[1:]
from verification.apart.confine import confine
confine(256 * 1024 * 1024, 10)
for name, attempt in {
    "memory": lambda: bytearray(600 * 1024 * 1024),
    "file": lambda: open("/etc/hostname"),
    "network": lambda: __import__("socket").socket(),
}.items():
    try:
        attempt()
    except (MemoryError, OSError, ImportError) as refused:
        print(name, type(refused).__name__)
    else:
        print(name, "allowed")
"""


@pytest.mark.skipif(sys.platform != "linux", reason="the limits of Linux")
def test_the_reader_can_take_no_memory_open_no_file_and_call_nobody() -> None:
    root = Path(workbooks.__file__).parents[2]
    place = [path for path in sys.path if path.endswith("site-packages")]
    ended = subprocess.run(
        [sys.executable, "-c", CONFINED, str(root), *place], capture_output=True, text=True, check=False, timeout=60
    )
    said = dict(line.split() for line in ended.stdout.splitlines())
    assert said["memory"] == "MemoryError"
    assert said["file"] == "OSError"
    assert said["network"] in {"OSError", "ImportError"}


def test_no_word_of_ours_reaches_the_reader(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("BEVIS_KEY", "secret")
    monkeypatch.setenv("PYTHONPATH", "/nowhere")
    assert only(workbook(ANNA)).rows


@pytest.mark.parametrize(("number", "called"), [(1, "A"), (26, "Z"), (27, "AA"), (702, "ZZ"), (703, "AAA")])
def test_columns_are_called_as_a_spreadsheet_calls_them(number: int, called: str) -> None:
    assert letters(number) == called


SOUND = workbook(row(1, "namn", "född") + row(2, "Anna Berg", "1990-05-17"))


@settings(max_examples=60, deadline=None)
@given(at=st.integers(0, len(SOUND) - 1), sign=st.integers(0, 255))
def test_a_byte_changed_is_read_the_same_or_refused(at: int, sign: int) -> None:
    changed = SOUND[:at] + bytes([sign]) + SOUND[at + 1 :]
    if not is_workbook(changed):
        return
    with suppress(Unreadable):
        sheets, _ = sheets_of(changed, LIMITS)
        assert [sheet.rows for sheet in sheets] == [only(SOUND).rows]
