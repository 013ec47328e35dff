import csv
import io

import pytest
from hypothesis import given
from hypothesis import strategies as st

from registry.reading.formulas import as_text


@pytest.mark.parametrize(
    ("cell", "kept"),
    [
        ("Åsa Öberg", "Åsa Öberg"),
        ("", ""),
        ("a=b", "a=b"),
        ("=cmd|' /C calc'!A0", "'=cmd|' /C calc'!A0"),
        ("+46 70 123", "'+46 70 123"),
        ("-2", "'-2"),
        ("@SUM(A1)", "'@SUM(A1)"),
        ("\t=1", "'\t=1"),
        (" =1", "' =1"),
        ("\uff1d1", "'\uff1d1"),
    ],
)
def test_what_could_be_a_formula_is_written_as_text(cell: str, kept: str) -> None:
    assert as_text(cell) == kept


@given(st.text(max_size=40))
def test_no_cell_begins_like_a_formula(cell: str) -> None:
    kept = as_text(cell)
    assert kept in {cell, f"'{cell}"}
    assert not kept.strip(" \u00a0\ufeff\u200b").startswith(("=", "+", "-", "@", "\t", "\r", "\n"))
    written = io.StringIO()
    csv.writer(written).writerow([kept])
    assert next(csv.reader(io.StringIO(written.getvalue(), newline=""))) == [kept] or not cell
