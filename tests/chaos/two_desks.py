"""Two processes issue and revoke at the same time, in one register, to the same people.

In the end every revocation that was told is on record, and in the status list, and nothing else is withdrawn there;
each was told by one of the two; nobody has two certificates, and no place is taken twice.
"""

import random
import time
from contextlib import ExitStack, closing
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from sqlalchemy import text

from registry.errors import AlreadyRevoked
from registry.issuing.batches.issue_batch import request_batch
from registry.issuing.batches.run import run_batch
from registry.issuing.changes.withdraw import revoke
from registry.issuing.decisions.wish import Wish
from registry.records.sittings.occasions import add_occasion
from registry.records.whole.directory import Registry, open_registry
from registry.signing.keys import open_keyring
from registry.signing.status import rendered_list
from tests.chaos.ground import name_of
from tests.chaos.issuing import clock_at
from tests.chaos.processes import Forked, Tell
from tests.chaos.soundness import ailments, numbers, unsound
from tests.registry.conftest import (
    ACTOR,
    COURSE,
    OPENED,
    SOLO,
    actor,
    occasion_like,
    person,
    publish_scheme,
    roster,
    scheme_like,
)
from verification.status_list import Status

_SCHEME, _OCCASION = "revocable", "revocable-march"
_AT_ONCE = 6
_PEOPLE_A_SECOND = 100  # few enough that both have the same people on their lists
_LATE_SECONDS = 60
_LEAST_ROUNDS = 3  # on a busy machine
_STANDING = "SELECT number FROM issued_certificate WHERE state = 'issued' ORDER BY number LIMIT 40"


@dataclass
class Desks:
    """What was done. both: who was found to have a certificate already; late: what was found to be revoked already."""

    seconds: float
    issued: int
    revoked: int
    both: int
    late: int

    def __str__(self) -> str:
        return (
            f"{self.issued} issued, {self.both} found to be issued already; {self.revoked} revoked, "
            f"{self.late} found to be revoked already; {self.seconds:.0f} s"
        )


def work(tell: Tell, directory: Path, seed: int, seconds: float, moment: datetime | None) -> None:
    """One of them: a list, then some revocations, until the time is over; in the end it tells what it did."""
    clock, chance = clock_at(moment), random.Random(seed)  # noqa: S311 the same again
    registry = open_registry(directory, environment={})
    keyring, rita = open_keyring(registry.master_key_file()), actor(registry, "rita", clock())
    done: dict[str, list[str]] = {"issued": [], "already": [], "refused": [], "revoked": [], "late": []}
    tell("began", None)
    until = time.monotonic() + seconds
    rounds = 0
    while time.monotonic() < until or rounds < _LEAST_ROUNDS:
        rounds += 1
        people = sorted(chance.sample(range(int(seconds * _PEOPLE_A_SECOND)), _AT_ONCE))
        listed = roster(*(person(row, name_of(one), email=f"p{one}@example.com") for row, one in enumerate(people, 2)))
        with registry.writing() as db:
            asked = request_batch(db, _OCCASION, listed, Wish(), actor=rita, now=clock())
        result = run_batch(registry, keyring, str(asked.batch), clock)
        for row in result.rows:
            done["already" if row.already else row.outcome].append(str(row.number))
        with registry.reading() as db:
            standing = [str(number) for (number,) in db.connection().execute(text(_STANDING))]
        for number in chance.sample(standing, min(len(standing), _AT_ONCE // 2)):
            try:
                with registry.writing() as db:
                    revoke(db, number, reason="fraud", now=clock(), actor="rita")
            except AlreadyRevoked:
                done["late"].append(number)
            else:
                done["revoked"].append(number)
    tell("done", done)


def two_desks(registry: Registry, *, seed: int, seconds: float, moment: datetime | None = None) -> Desks:
    """Let two of them work for so long. Raises AssertionError where something does not hold."""
    now = moment or datetime.now(UTC)
    _prepare(registry)
    ill = ailments(registry, now)
    with ExitStack() as given:
        desks = [
            given.enter_context(closing(Forked(work, registry.directory, seed + each, seconds, moment)))
            for each in range(2)
        ]
        ended = [desk.listen(seconds + _LATE_SECONDS) for desk in desks]
        _hold(seed, ended == [True, True] and [desk.exit_code for desk in desks] == [0, 0], "a desk did not end well")
        one, other = (desk.last("done") for desk in desks)
    revoked = [*one["revoked"], *other["revoked"]]
    issued = [*one["issued"], *other["issued"]]
    there = numbers(registry)
    _hold(seed, sorted(there) == sorted(issued), f"{len(issued)} were told to be issued, {len(there)} are")
    _hold(seed, len(set(revoked)) == len(revoked), "a revocation was told twice")
    stand_as = {number for number, state in there.items() if state == "revoked"}
    _hold(seed, stand_as == set(revoked), f"{len(revoked)} were told to be revoked, {len(stand_as)} are")
    _hold(seed, _withdrawn(registry) == stand_as, "the status lists say otherwise than the records")
    wrong = [*unsound(registry), *(ailments(registry, now) - ill)]
    _hold(seed, not wrong, "; ".join(wrong))
    found = [len(one[what]) + len(other[what]) for what in ("already", "late")]
    return Desks(seconds, len(issued), len(revoked), *found)


def _prepare(registry: Registry) -> None:
    """A course whose certificates are revoked, not annulled."""
    with registry.writing() as db:
        publish_scheme(db, scheme_like(COURSE, code=_SCHEME, withdrawal="withdraw"))
        add_occasion(db, occasion_like(SOLO, id=_OCCASION, scheme=_SCHEME), OPENED, ACTOR)


def _withdrawn(registry: Registry) -> set[str]:
    """Numbers of those that the published lists say are withdrawn."""
    with registry.reading() as db:
        places = db.connection().execute(text("SELECT number, status_list, status_index FROM issued_certificate")).all()
        lists = {number: rendered_list(db, number, OPENED) for number in {place.status_list for place in places}}
        said = {place.number for place in places if lists[place.status_list].at(place.status_index) == Status.WITHDRAWN}
        return {str(number) for number in said}


def _hold(seed: int, true: bool, otherwise: str) -> None:
    if not true:
        raise AssertionError(f"seed {seed}: {otherwise}")
