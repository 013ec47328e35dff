"""Whoever keeps the log is killed, at every step there is and at random; and two keep it at the same time.

What is held against it afterwards is known from outside alone: what was acknowledged, every head that ever lay in the
file, and the published files, which a program reads that has nothing of ours.
"""

import json
import os
import random
import signal
import tempfile
import time
from collections import Counter
from contextlib import closing, suppress
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path

from registry.errors import DatabaseBusy
from registry.records.log.entries import enter, waiting
from registry.records.whole.directory import Registry, open_registry
from registry.signing.keys import open_keyring
from registry.signing.log.check import check_log
from registry.signing.log.keeper import LogKeeper, Step
from registry.signing.log.published import published_log
from registry.signing.log.state import read_head
from registry.signing.publication import publish
from tests.chaos.processes import Forked, Tell
from tests.independent.check_log import check as independent_check
from tests.independent.check_log import entries as published_entries
from tests.independent.check_log import head as independent_head
from tests.verification.log import naive
from verification.log.checkpoint import read_checkpoint

STEPS = (
    *("locked", "read", "stored", "worked out again", "signed", "head stored", "before the commit", "committed"),
    *("before the file", "published"),
)
BATCHES = (2, 7, 60, 300)
_LOOK_EVERY = 50  # crashes
_PATIENCE_SECONDS = 60
_MOST_RANDOM_SECONDS = 0.4


@dataclass
class Crashes:
    """What was done, and what came of it: the last three are to be 0."""

    at: Counter[str] = field(default_factory=Counter)
    acknowledged: int = 0
    heads: int = 0
    lost: int = 0
    forks: int = 0
    gaps: int = 0
    seconds: float = 0.0

    def __str__(self) -> str:
        return (
            f"{self.at.total()} crashes ({len(self.at)} kinds of moment), {self.acknowledged} entries acknowledged, "
            f"{self.heads} heads seen; lost {self.lost}, forks {self.forks}, gaps {self.gaps}; {self.seconds:.0f} s"
        )


# ------------------------------------------------------------------ in a process of its own


def _killing(at: str | None, turn: int) -> Step:
    left = [turn]

    def step(name: str) -> None:
        if name == at:
            left[0] -= 1
            if left[0] == 0:
                os.kill(os.getpid(), signal.SIGKILL)

    return step


def keeps(tell: Tell, directory: str, first: int, at: str | None, turn: int, batch: int, moment: datetime) -> None:
    """Enter some and give them their places, by whoever writes and by whoever comes after; gone at that step."""
    registry = open_registry(Path(directory), environment={})
    keyring = open_keyring(registry.master_key_file())
    step = _killing(at, turn)
    killed = LogKeeper(registry, lambda: keyring, lambda: moment, at_once=batch, step=step)
    done: list[str] = []
    for round_ in range(6):
        registry.keep_log(killed if round_ % 2 else None)
        names = [f"entry-{first + 1000 * round_ + place}" for place in range(min(batch + 1, 40))]
        with suppress(DatabaseBusy):
            with registry.writing() as db:
                for name in names:
                    enter(db, "bundle.published", moment.date(), {"digest": name})
            tell("acknowledged", done := done + names)
            killed.advance()
    registry.close()


def sequences(tell: Tell, directory: str, first: int, seconds: float, moment: datetime) -> None:
    """Enter and place for so long."""
    registry = open_registry(Path(directory), environment={})
    keyring = open_keyring(registry.master_key_file())
    keeper = LogKeeper(registry, lambda: keyring, lambda: moment, at_once=5)
    until, done, turn = time.monotonic() + seconds, 0, 0
    while time.monotonic() < until:
        registry.keep_log(keeper if turn % 2 else None)
        with registry.writing() as db:
            for place in range(3):
                enter(db, "bundle.published", moment.date(), {"digest": f"entry-{first + done + place}"})
        done, turn = done + 3, turn + 1
        tell("done", done)
        keeper.advance()
    registry.close()


def naively(tell: Tell, directory: str, state: str, seed: int, dies: bool) -> None:
    """The control: lets a head out before anything is stored, and takes no turn."""
    registry, kept = open_registry(Path(directory), environment={}), Path(state)
    before = json.loads(kept.read_text()) if kept.exists() else []
    with registry.reading() as db:
        new = [bytes(entry).hex() for _, entry in waiting(db, 1000) if bytes(entry).hex() not in before]
    random.Random(seed).shuffle(new)  # noqa: S311 an order, no secret
    every = [*before, *new]
    tell("head", (len(every), naive.head([bytes.fromhex(entry) for entry in every]).hex()))
    if dies:
        os.kill(os.getpid(), signal.SIGKILL)
    kept.write_text(json.dumps(every))
    registry.close()


# ------------------------------------------------------------------ from outside


class Outside:
    """What is known of a log without asking whoever keeps it."""

    def __init__(self, registry: Registry, moment: datetime, place: Path) -> None:
        self._registry, self._moment, self._place = registry, moment, place
        self._keyring = open_keyring(registry.master_key_file())
        self._seen: dict[str, object] | None = None
        self.roots: dict[int, set[bytes]] = {}
        self.acknowledged: set[str] = set()

    def look(self) -> None:
        """At the head file, as whoever is told a head does."""
        note = read_head(self._registry.head_file)
        if note:
            said = read_checkpoint(note.split("\n\n", 1)[0] + "\n")
            self.roots.setdefault(said.size, set()).add(said.root)

    def settle(self, done: Crashes) -> None:
        """Whoever comes next puts everything in its place; then all is read as it is published."""
        LogKeeper(self._registry, lambda: self._keyring, lambda: self._moment).advance()
        self.look()
        with self._registry.reading() as db:
            publish(db, self._keyring, self._registry.head_file, self._registry.public_url, self._place, self._moment)
            key = published_log(db, self._registry.head_file).key.text
            ours = check_log(db, self._registry.head_file, self._moment)
        log = self._place / "log/1"
        self._seen = independent_check(log, key, self._seen, self._moment.date())
        found = published_entries(log, int(str(self._seen["size"])))
        told = [json.loads(entry).get("digest", "") for entry in found]
        numbers = Counter(one for one in told if one.startswith("entry-"))
        hashes = [naive.head([entry]) for entry in found]
        done.acknowledged, done.heads = len(self.acknowledged), len(self.roots)
        done.lost = len(self.acknowledged - set(numbers))
        done.gaps = sum(many - 1 for many in numbers.values()) + ours.waiting
        done.forks = sum(len(roots) > 1 for roots in self.roots.values())
        done.forks += sum(
            independent_head(hashes[:size]) not in roots for size, roots in self.roots.items() if size <= len(hashes)
        )
        done.forks += sum(size > len(hashes) for size in self.roots)
        assert ours.sound, ours.faults
        assert (done.lost, done.forks, done.gaps) == (0, 0, 0), str(done)


def log_crashes(registry: Registry, *, seed: int, crashes: int, moment: datetime) -> Crashes:
    """Kill so many who keep the log. Raises AssertionError where something does not hold."""
    chance, done, begun = random.Random(seed), Crashes(), time.monotonic()  # noqa: S311 the same moments again
    with tempfile.TemporaryDirectory() as place:
        outside = Outside(registry, moment, Path(place))
        outside.settle(done)
        number = 0
        while done.at.total() < crashes:
            number += 1
            at = None if number % 6 == 0 else STEPS[number % len(STEPS)]
            turn, batch = chance.choice((1, 1, 2, 3)), BATCHES[number // len(STEPS) % len(BATCHES)]
            first = 10_000 * number
            with closing(Forked(keeps, str(registry.directory), first, at, turn, batch, moment)) as one:
                if at is None:
                    ended = one.listen(chance.uniform(0, _MOST_RANDOM_SECONDS))
                    if not ended:
                        one.kill("group")
                        done.at["at random"] += 1
                else:
                    assert one.listen(_PATIENCE_SECONDS), f"seed {seed}: it did not end"
                    if one.exit_code == -signal.SIGKILL:
                        done.at[at] += 1
                    else:
                        assert one.exit_code == 0, f"seed {seed}: {at} ended with {one.exit_code}"
                outside.acknowledged |= set(one.last("acknowledged") or ())
            outside.look()
            if number % _LOOK_EVERY == 0:
                outside.settle(done)
        outside.settle(done)
    done.seconds = time.monotonic() - begun
    return done


@dataclass
class Sequencers:
    """What two who keep one log at once came to."""

    entries: int
    heads: int
    seconds: float

    def __str__(self) -> str:
        return (
            f"2 sequencers, {self.seconds:.0f} s: {self.entries} entries, {self.heads} heads; forks 0, gaps 0, lost 0"
        )


def two_sequencers(registry: Registry, *, seconds: float, moment: datetime) -> Sequencers:
    """Two processes at once. Raises AssertionError where there is more than one history."""
    with tempfile.TemporaryDirectory() as place:
        outside = Outside(registry, moment, Path(place))
        outside.settle(Crashes())
        both = [Forked(sequences, str(registry.directory), 10_000_000 * turn, seconds, moment) for turn in (1, 2)]
        until = time.monotonic() + seconds + _PATIENCE_SECONDS
        while not all(tuple(one.listen(0.005) for one in both)):
            outside.look()
            assert time.monotonic() < until, "they did not end"
        for turn, one in enumerate(both, 1):
            assert one.exit_code == 0, f"one ended with {one.exit_code}"
            outside.acknowledged |= {f"entry-{10_000_000 * turn + place}" for place in range(one.last("done"))}
            one.close()
        done = Crashes()
        outside.settle(done)
    return Sequencers(done.acknowledged, done.heads, seconds)


def naive_control(registry: Registry, *, seed: int, rounds: int, moment: datetime) -> int:
    """How many sizes the control has let out with two roots. It has to be some, or the rest proves nothing."""
    roots: dict[int, set[str]] = {}
    with tempfile.TemporaryDirectory() as place:
        for turn in range(rounds):
            with registry.writing() as db:
                for number in range(3):
                    enter(db, "bundle.published", moment.date(), {"digest": f"control-{3 * turn + number}"})
            for dies in (True, False):
                told = (str(registry.directory), f"{place}/kept", seed + 2 * turn + dies, dies)
                with closing(Forked(naively, *told)) as one:
                    assert one.listen(_PATIENCE_SECONDS)
                    size, root = one.last("head")
                    roots.setdefault(size, set()).add(root)
    return sum(len(found) > 1 for found in roots.values())
