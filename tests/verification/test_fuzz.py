"""30 000 spoilt certificates, the same ones on every run; `make fuzz` asks about a million and measures."""

import random

import pytest

from tests.verification.fuzz import OF_CODES, OF_DOCUMENTS, Given, alike, ask_the_core, fuzz, originals, spoilt
from tests.verification.vectors import ground
from verification.judge import Verdict

# Thousands of questions: what they reach is covered by other tests, and counting lines would take as long again.
pytestmark = pytest.mark.no_cover

COUNT = 30_000  # `make fuzz` asks about a million


def test_nothing_breaks_it_and_nothing_that_was_changed_is_valid() -> None:
    tally = fuzz(COUNT)
    assert sum(tally.headlines.values()) == COUNT
    # Every way was taken often, and not all of it stopped at the first reader.
    assert set(tally.ways) == {f"code: {way}" for way in OF_CODES} | {f"document: {way}" for way in OF_DOCUMENTS}
    assert min(tally.ways.values()) > COUNT / 50
    assert tally.headlines["signature_invalid"] > COUNT / 20
    assert {"valid", "expired", "not_yet_valid", "unknown"} <= set(tally.headlines)


def test_the_originals_are_valid() -> None:
    for original in originals():
        assert ask_the_core(original.given).outcome == "valid"


def test_the_same_seed_spoils_the_same_way() -> None:
    made = [[spoilt(rng) for _ in range(300)] for rng in map(random.Random, (7, 7, 8))]
    assert made[0] == made[1] != made[2]


def test_a_core_that_believes_everything_is_found_out() -> None:
    good = ask_the_core(ground.code())

    def believes(_: Given) -> Verdict:
        return good

    with pytest.raises(AssertionError, match="is valid"):
        fuzz(100, ask=believes)


def test_a_core_that_breaks_is_found_out() -> None:
    def breaks(given: Given) -> Verdict:
        if not str(given).isascii():
            raise ValueError("only ASCII")
        return ask_the_core("")

    with pytest.raises(AssertionError, match="broke it"):
        fuzz(2000, ask=breaks)


def test_what_is_alike() -> None:
    code = ground.code()
    assert len({alike(text) for text in (code, f" {code}\n", code.upper(), code.split("#")[1], ground.compact())}) == 1
    assert alike(code[:-1]) != alike(code)
    assert alike(ground.document()[:-1]) != alike(ground.document())
