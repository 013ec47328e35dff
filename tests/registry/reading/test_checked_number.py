"""National numbers among any other numbers: those whose check digits are right, however they are grouped."""

from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st
from stdnum import luhn

from registry.reading.national_number import holds_checked_number


@pytest.mark.parametrize(
    "number",
    [
        "8112289874",
        "811228 9874",
        "811228-9874",
        "811228+9874",
        "811228/9874",
        "811228.9874",
        "811228 - 9874",
        "811228 98 74",
        "81-12-28-9874",
        "81 12 28 98 74",
        "8 112 289 874",
        "198112289874",
        "1981 12 28 9874",
        "1981-12-28-9874",
        "1981.12.28/9874",
        "1981 1228 9874",
        "19811228 9874",
        "８１１２２８９８７４",
        "８１１２２８－９８７４",
        "811228\u20119874",
        "8112\u200b289874",
        "701063-2391",
        "7010632391",
        "1970 10 63 2391",
        "15838512329",
        "158385 12329",
        "15 83 85 12329",
        "158385 123 29",
        "55838512312",
    ],
)
def test_a_number_is_found_wherever_it_stands(number: str) -> None:
    assert holds_checked_number(number)
    assert holds_checked_number(f"Mannen på bilden har {number}, sa han")
    assert holds_checked_number(f"ring 070-123 45 67 eller {number}")
    assert holds_checked_number(f"2026-11-02 08:00-16:00, pnr{number}x")


@pytest.mark.parametrize(
    "text",
    [
        "",
        "8112289875",
        "1981-12-28-9875",
        "15838512328",
        "1903-0213-9811-0000",
        "7Q4M-2XKD-9RTB-0HWC",
        "batch-190302139811",
        "01a22062-8928-7254-bc23-190302139811",
        "2026-03-13T12:00:00Z",
        "556016-0680",
        "974 760 673",
        "ring 070-123 45 67",
        "+46 81 122 89 874",
        "08-12 12 12 34",
        "ISO/IEC 17024:2012, 2026-11-02",
        *(f"2026-11-0{day} - 2026-11-1{day}" for day in range(1, 10)),
        *(f"0{day}.11.2026-1{day}.11.2026" for day in range(1, 10)),
        *(f"1{day}.10-12.30 10 min" for day in range(10)),
        "GTIN 7312345678903",
        "order 4500123456",
    ],
)
def test_other_numbers_are_none(text: str) -> None:
    assert not holds_checked_number(text)


@given(born=st.dates(date(1900, 1, 1), date(2099, 12, 31)), last=st.integers(0, 999), sign=st.sampled_from(" -/.+"))
def test_every_swedish_number_however_it_is_parted(born: date, last: int, sign: str) -> None:
    short = f"{born:%y%m%d}{last:03}"
    four = short[6:] + luhn.calc_check_digit(short)
    assert holds_checked_number(f"{born:%y%m%d}{sign}{four}")
    assert holds_checked_number(f"{born:%Y}{sign}{born:%m}{sign}{born:%d}{sign}{four}")


@given(text=st.text("0123456789 -./+", max_size=80))
def test_it_never_fails(text: str) -> None:
    holds_checked_number(text)
