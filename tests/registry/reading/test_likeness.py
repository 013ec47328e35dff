"""Which records may be one person: the rules, as cases and laws."""

from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from registry.reading.likeness import (
    LEAST,
    WEIGHTS,
    Known,
    Likeness,
    Reason,
    folded_words,
    name_likeness,
    nearby_dates,
    reason_texts,
    reasons,
    score,
)

BORN = date(1990, 5, 17)


@pytest.mark.parametrize(
    ("one", "other", "alike"),
    [
        pytest.param("Anna Berg", "ANNA  berg", "same", id="case and gaps"),
        pytest.param("Åsa Öberg", "Aasa Oeberg", "same", id="spelt out"),
        pytest.param("Åsa Öberg", "Asa Oberg", "same", id="marks left out"),
        pytest.param("Søren Kjær", "Soren Kjaer", "same", id="Norwegian letters"),
        pytest.param("Łukasz Wójcik", "Lukasz Vojcik", "same", id="Polish letters"),
        pytest.param("Berg, Anna", "Anna Berg", "order", id="turned round"),
        pytest.param("Anna-Maria Berg", "Anna Maria Berg", "same", id="a hyphen"),
        pytest.param("O’Brien Pat", "Pat O'Brien", "order", id="apostrophes"),
        pytest.param("Anna Berg", "Anna Borg", "spelling", id="another letter"),
        pytest.param("Anna Bergström", "Anna Bergstrm", "spelling", id="a letter left out"),
        pytest.param("Anna Bergström", "Anna Bergsrtöm", "spelling", id="two letters swapped"),
        pytest.param("Anna Berg", "Anna Maria Berg", "part", id="a middle name"),
        pytest.param("Anna Berg", "Anna Lind", None, id="another last name"),
        pytest.param("Anna Berg", "Eva Berg", None, id="another first name"),
        pytest.param("Anna", "Anna Berg", None, id="one word says nothing"),
        pytest.param("Bo Ek", "Bo Ed", None, id="too short for a slip"),
        pytest.param("Nguyễn Văn A", "Nguyen Van A", "same", id="Vietnamese"),
        pytest.param("?", "!", None, id="no words"),
    ],
)
def test_names_that_are_alike(one: str, other: str, alike: Likeness | None) -> None:
    assert name_likeness(Known([one]), Known([other])) == alike
    assert name_likeness(Known([other]), Known([one])) == alike


def test_a_former_name_counts() -> None:
    assert name_likeness(Known(["Anna Lind", "Anna Berg"]), Known(["Anna Berg"])) == "same"


@pytest.mark.parametrize(
    ("other", "why"),
    [
        pytest.param(Known(["Anna Berg"], BORN), ["same_name_same_birth"], id="name and birth date"),
        pytest.param(Known(["Berg Anna"], BORN), ["like_name_same_birth"], id="turned round"),
        pytest.param(Known(["Anna M Berg"], BORN), ["like_name_same_birth"], id="a middle name"),
        pytest.param(Known(["Anna Berg"]), ["same_name_birth_missing"], id="no birth date"),
        pytest.param(Known(["Anna Berg"], date(1990, 5, 71 - 60)), ["same_name_birth_near"], id="one digit"),
        pytest.param(Known(["Anna Berg"], date(1909, 5, 17)), ["same_name_birth_near"], id="swapped digits"),
        pytest.param(Known(["Anna Berg"], date(1985, 11, 2)), [], id="another date"),
        pytest.param(Known(["Eva Lind"], BORN), [], id="another name"),
        pytest.param(
            Known(["Anna M Berg"], date(1985, 11, 2), email="ANNA@example.org"), ["same_email"], id="same address"
        ),
        pytest.param(Known(["Eva Lind"], date(1985, 11, 2), email="anna@example.org"), [], id="a shared address"),
        pytest.param(
            Known(["Anna Berg"], date(1985, 11, 2), phone="+46 70 123 45 67"), ["same_phone"], id="same telephone"
        ),
        pytest.param(
            Known(["Eva Lind"], numbers={"passport": {b"p"}}), ["same_number"], id="a number, whatever the name"
        ),
        pytest.param(
            Known(["Anna Berg"], BORN, numbers={"personnummer": {b"2"}}),
            ["same_name_same_birth", "other_number"],
            id="another number",
        ),
        pytest.param(
            Known(["Anna Berg"], BORN, numbers={"samordningsnummer": {b"2"}}),
            ["same_name_same_birth"],
            id="a number that may have been replaced",
        ),
    ],
)
def test_why_two_may_be_one(other: Known, why: list[Reason]) -> None:
    anna = Known(
        ["Anna Berg"], BORN, "anna@example.org", "0701234567", {"personnummer": {b"1"}, "passport": {b"p", b"q"}}
    )
    assert list(reasons(anna, other)) == why
    assert list(reasons(other, anna)) == why


def test_what_is_worth_a_look() -> None:
    enough = {reason for reason in WEIGHTS if score([reason]) >= LEAST}
    assert enough == set(WEIGHTS) - {"same_phone", "other_number"}
    assert score(["same_name_same_birth", "other_number"]) >= LEAST
    assert score(["like_name_same_birth", "other_number"]) < LEAST


def test_every_reason_has_its_sentence() -> None:
    assert set(reason_texts()) == set(WEIGHTS)
    assert all(set(said) == {"sv", "nb", "en"} for said in reason_texts().values())


@given(born=st.dates(date(1900, 1, 1), date(2030, 1, 1)))
def test_a_slip_goes_both_ways(born: date) -> None:
    near = set(nearby_dates(born))
    assert born not in near
    assert all(born in set(nearby_dates(other)) for other in near)


@given(name=st.text(max_size=30))
def test_folding_twice_changes_nothing(name: str) -> None:
    once = folded_words(name)
    assert folded_words(" ".join(once)) == once


KNOWN = st.builds(
    Known,
    st.lists(st.sampled_from(["Anna Berg", "Anna Borg", "Berg Anna", "Eva Lind"]), min_size=1, max_size=2),
    st.sampled_from([None, BORN, date(1990, 5, 11)]),
    st.sampled_from([None, "a@example.org"]),
    st.sampled_from([None, "0701234567"]),
    st.dictionaries(st.sampled_from(["personnummer", "passport"]), st.sets(st.sampled_from([b"1", b"2"]), max_size=2)),
)


@given(one=KNOWN, other=KNOWN)
def test_it_does_not_matter_who_comes_first(one: Known, other: Known) -> None:
    assert reasons(one, other) == reasons(other, one)
