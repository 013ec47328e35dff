"""When two names are one."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from registry.records.persons.people import name_key


@pytest.mark.parametrize(
    ("one", "other", "same"),
    [
        pytest.param("Anna Berg", "Ａｎｎａ　Ｂｅｒｇ", True, id="full width"),
        pytest.param("Anna Berg", " anna\u00a0 \tBERG ", True, id="case and gaps"),
        pytest.param("Åsa", "A\u030asa", True, id="letter and mark"),
        pytest.param("Sofi", "Soﬁ", True, id="a ligature"),
        pytest.param("Strauß", "STRAUSS", True, id="sharp s"),
        pytest.param("Åsa", "Asa", False, id="another letter"),
        pytest.param("Anna", "Ann\u0430", False, id="another alphabet"),
        pytest.param("Bo Ek", "BoEk", False, id="no gap"),
    ],
)
def test_names_that_fall_together(one: str, other: str, same: bool) -> None:
    assert (name_key(one) == name_key(other)) is same


@given(name=st.text(max_size=20))
def test_a_key_is_its_own_key(name: str) -> None:
    assert name_key(name_key(name)) == name_key(name)
