"""What a fault may repeat of what somebody typed."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from registry.reading.national_number import holds_national_number, masked


@pytest.mark.parametrize(
    ("said", "told"),
    [
        ("no organisation has the id '030213-9811'", "no organisation has the id '****'"),
        ("“190302139811” is no day", "“****” is no day"),
        ("x/14023912024 cannot be read", "**** cannot be read"),
        ("version 1 of hot-work, 2026-03-13", "version 1 of hot-work, 2026-03-13"),
        ("batch-190302139811 is done", "batch-190302139811 is done"),
        ("01a22062-8928-7254-bc23-190302139811", "01a22062-8928-7254-bc23-190302139811"),
        ("1903-0213-9811-0000 is revoked", "1903-0213-9811-0000 is revoked"),
        ("2026-03-13T12:00:00Z", "2026-03-13T12:00:00Z"),
        ("nothing", "nothing"),
        ("", ""),
    ],
)
def test_numbers_are_masked_and_ids_are_not(said: str, told: str) -> None:
    assert masked(said) == told


@given(
    before=st.text("abc '\"", max_size=8),
    number=st.sampled_from(["190302139811", "030213-9811", "14023912024", "030213+9811"]),
    after=st.text("abc '\",.", max_size=8),
)
def test_no_number_stays_wherever_it_stands(before: str, number: str, after: str) -> None:
    assert number not in masked(f"{before} {number} {after}")


@given(text=st.text(max_size=60))
def test_what_holds_none_is_told_as_it_is(text: str) -> None:
    if not holds_national_number(text):
        assert masked(text) == text
