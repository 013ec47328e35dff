"""What is a slip of the pen in a name, and what would be another person."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from registry.issuing.lists.spelling import distance, is_spelling_fix

LETTERS = "abcdefghijklmnopqrstuvwxyzåäöø"
WORDS = st.text(LETTERS, min_size=3, max_size=12)


@pytest.mark.parametrize(
    ("former", "new"),
    [
        ("Asa Lindstrom Bergqvist", "Åsa Lindström Bergqvist"),
        ("ANNA LIND", "Anna Lind"),
        ("Lind Anna", "Anna Lind"),
        ("Anna-Maria Lind", "Anna Maria Lind"),
        ("AnnaMaria Lind", "Anna Maria Lind"),
        ("O’Brien Pat", "Pat O'Brien"),
        ("Anna Lind", "Anna Maria Lind"),
        ("Anna Lind Karlsson", "Anna Lind"),
        ("Anna Lidn", "Anna Lind"),
        ("Jon Lind", "John Lind"),
        ("Bjorn Ostlund", "Björn Östlund"),
        ("Haakon Moe", "Håkon Moe"),
        ("Joensson Bo", "Bo Jönsson"),
        ("Małgorzata Wisniewska", "Malgorzata Wiśniewska"),
        ("Nguyen Thi Ha", "Nguyễn Thị Hà"),
        ("Søren Kierkegård", "Soren Kierkegaard"),
        ("Kristoffersson Per", "Per Kristoferson"),
        ("Kirstina Berg", "Kristina Berg"),
        ("Åsa Lindstrm", "Åsa Lindström Bergqvist"),
        ("Annamria Berg", "Anna Maria Berg"),
        ("李小龍", "李小龍"),
    ],
)
def test_a_slip_may_be_put_right(former: str, new: str) -> None:
    assert is_spelling_fix(former, new)
    assert is_spelling_fix(new, former)


@pytest.mark.parametrize(
    ("former", "new"),
    [
        ("Anna Lind", "Bo Ek"),
        ("Anna Lind", "Anna Karlsson"),
        ("Anna Lind", "Karin Lind"),
        ("Anna Lind", "Hanna Lund"),  # a slip in every word
        ("Bo Ek", "Jo Ek"),  # one letter is half of a short word
        ("Per Olsson", "Pål Nilsson"),
        ("Anna", "Anna Lind"),  # one name in common is none
        ("Anna Lind", "Anna Lind Karlsson Berg Ström"),
        ("Kristoffersson Per", "Per Christensen"),
        ("Asa Lindstrom", "Asa Landstrim Berg"),  # slips and another name
        ("Anna Lind", ""),
        ("–", "–"),
        ("Владимир Петров", "Vladimir Petrov"),  # nobody here can tell
        ("李小龍", "李小虎"),
    ],
)
def test_another_person_is_no_slip(former: str, new: str) -> None:
    assert not is_spelling_fix(former, new)
    assert not is_spelling_fix(new, former)


@given(first=WORDS, last=WORDS, place=st.integers(0, 11), letter=st.sampled_from(LETTERS))
def test_one_letter_is_a_slip_wherever_it_is(first: str, last: str, place: int, letter: str) -> None:
    place %= len(last)
    assert is_spelling_fix(f"{first} {last}", f"{first} {last[:place]}{letter}{last[place + 1 :]}")
    assert is_spelling_fix(f"{first} {last}", f"{first} {last[:place]}{letter}{last[place:]}")


@given(names=st.lists(WORDS, min_size=2, max_size=4, unique=True), data=st.data())
def test_order_does_not_matter(names: list[str], data: st.DataObject) -> None:
    assert is_spelling_fix(" ".join(names), " ".join(data.draw(st.permutations(names))))


@given(one=st.text(max_size=40), other=st.text(max_size=40))
def test_it_holds_both_ways_and_never_fails(one: str, other: str) -> None:
    assert is_spelling_fix(one, other) == is_spelling_fix(other, one)


@given(one=st.text(LETTERS, max_size=10), other=st.text(LETTERS, max_size=10), third=st.text(LETTERS, max_size=10))
def test_distance_is_one(one: str, other: str, third: str) -> None:
    assert distance(one, one) == 0
    assert distance(one, other) == distance(other, one)
    assert distance(one, other) <= max(len(one), len(other))
    assert abs(len(one) - len(other)) <= distance(one, other)
    assert distance(one + third, other + third) <= distance(one, other)


def test_a_wrong_order_of_two_is_one_slip() -> None:
    assert distance("lind", "lnid") == 1
    assert distance("ab", "ba") == 1
    assert distance("kitten", "sitting") == 3
