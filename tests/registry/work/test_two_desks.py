"""Two processes issue and revoke at once, on either database: the quick form of what `make chaos` does for longer."""

import secrets

from registry.records.whole.directory import Registry
from tests.chaos.two_desks import two_desks
from tests.registry.conftest import NOW, hire


def test_no_revocation_is_lost_and_no_place_taken_twice(registry: Registry) -> None:
    hire(registry)
    done = two_desks(registry, seed=secrets.randbelow(1 << 32), seconds=2, moment=NOW)
    assert min(done.issued, done.revoked) > 5
