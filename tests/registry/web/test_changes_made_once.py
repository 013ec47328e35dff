"""A service that is killed while everybody repeats what got no answer: each certificate is issued once."""

import secrets

from registry.records.whole.directory import Registry
from tests.chaos.ground import furnish
from tests.chaos.repeats import Asked


def test_each_is_issued_once_whatever_is_killed_and_everybody_is_told_the_same(registry: Registry) -> None:
    furnish(registry)
    done = Asked(registry, seed=secrets.randbelow(1 << 32)).run(keys=10, repeats=5, kills=2)
    assert (done.certificates, done.answers, done.killed.total()) == (10, 60, 2)
