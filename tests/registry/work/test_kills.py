"""Whoever issues is killed at random moments, on either database: the quick form of `make chaos`."""

import secrets

from registry.issuing.pressing.hands import WORTH_IT
from registry.records.whole.directory import Registry
from tests.chaos.doors import by_fork
from tests.chaos.ground import OCCASION, furnish
from tests.chaos.kills import Chaos
from tests.chaos.over_http import by_service
from tests.registry.conftest import NOW

SMALL = (20, 35, 50)


def test_whatever_is_killed_every_row_has_its_certificate_once(registry: Registry) -> None:
    furnish(registry)
    by_two = by_fork("hot-work-march", NOW)  # at a level that takes a second person
    doors = [*[by_fork(OCCASION, None), by_two] * 2, by_service(registry, OCCASION)]
    chaos = Chaos(registry, doors, seed=secrets.randbelow(1 << 32))
    chaos.run(18, SMALL)
    # Lists that are long enough for processes of their own: those are left alone, or one of them is killed.
    chaos.run(1, (WORTH_IT,), ("main",))
    chaos.run(1, (WORTH_IT,), ("worker",))
    assert chaos.done.killed.total() == 20
