"""Whoever keeps the log is killed, bits of it are flipped, proofs changed: the quick form of what `make chaos` does."""

import secrets
from collections.abc import Mapping

from registry.records.whole.directory import Registry
from registry.signing.keys import Keyring
from tests.chaos.log_damage import flipped_bits, mutated_proofs
from tests.chaos.log_kills import log_crashes, naive_control
from tests.registry.conftest import NOW, ON_SQLITE, Beginning, issue, one_issued, person, roster


def two_issued(registry: Registry, keyring: Keyring) -> None:
    one_issued(registry, keyring)
    issue(registry, keyring, "hot-work-march", roster(person(3)))


BEGINS_WITH: Mapping[str, Beginning] = {"registry": two_issued}


def test_whoever_keeps_the_log_is_killed(registry: Registry) -> None:
    done = log_crashes(registry, seed=secrets.randbelow(1 << 32), crashes=4, moment=NOW)
    assert done.at.total() >= 4


@ON_SQLITE
def test_the_control_forks(registry: Registry) -> None:
    assert naive_control(registry, seed=1, rounds=2, moment=NOW)


def test_a_flipped_bit_is_found(registry: Registry) -> None:
    flipped_bits(registry, seed=secrets.randbelow(1 << 32), flips=12, moment=NOW)


@ON_SQLITE
def test_a_changed_proof_proves_nothing(registry: Registry) -> None:
    mutated_proofs(registry, seed=secrets.randbelow(1 << 32), mutations=800, moment=NOW)
