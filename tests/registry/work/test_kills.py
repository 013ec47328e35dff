"""Whoever issues is killed at random moments, on either database: the quick form of `make chaos`."""

import secrets

from registry.issuing.hands import WORTH_IT
from registry.records.directory import Registry
from tests.chaos.doors import by_fork
from tests.chaos.kills import Chaos
from tests.registry.conftest import NOW, hire

SMALL = (20, 35, 50)


def test_whatever_is_killed_every_row_has_its_certificate_once(registry: Registry) -> None:
    hire(registry)
    doors = [by_fork("own-course-march", NOW)]
    chaos = Chaos(registry, doors, seed=secrets.randbelow(1 << 32), moment=NOW)
    chaos.run(18, SMALL)
    # Lists that are long enough for processes of their own: those are left alone, or one of them is killed.
    chaos.run(1, (WORTH_IT,), ("main",))
    chaos.run(1, (WORTH_IT,), ("worker",))
    assert chaos.done.killed.total() == 20
