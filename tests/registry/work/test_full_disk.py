"""The disk that the records lie on is full: the quick form of what `make chaos` does more often."""

import secrets

import pytest

from tests.chaos.full_disk import Impossible, full_disk


@pytest.mark.parametrize("database", ["sqlite", "postgresql"])
def test_nothing_is_half_done_and_with_room_all_goes_on(database: str) -> None:
    try:
        done = full_disk(database, seed=secrets.randbelow(1 << 32), rounds=1)
    except Impossible as why:
        pytest.skip(str(why))  # in CI too: a system that lets nobody mount cannot be installed
    assert done.refused.total() > 0
