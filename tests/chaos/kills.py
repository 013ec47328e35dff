"""Class lists are issued while whoever issues them is killed, over and over, at random moments.

After each kill, and in the end: every row has one certificate or none, every certificate its place and its first event,
no place is taken twice, and everything that was told before is true. In the end every list is issued whole, and
`bevis doctor` has nothing against what is left.
"""

import random
import time
from collections import Counter
from collections.abc import Callable, Sequence
from contextlib import closing
from dataclasses import dataclass, field
from datetime import UTC, datetime

from registry.issuing.pressing.hands import WORTH_IT
from registry.records.whole.directory import Registry
from tests.chaos.doors import Door, Told
from tests.chaos.processes import Kill, Killable
from tests.chaos.soundness import ailments, issued, numbers, unsound

_PATIENCE_SECONDS = 300  # for what is not killed
_AT_WORK_SECONDS = 1.5  # in which processes that were begun are loaded, and press some hundred certificates
_KINDS: Sequence[Kill] = ("group", "main", "worker")


@dataclass
class Kills:
    """What was done. killed: how often what was killed; untouched: how often it ended before its moment came."""

    seed: int
    killed: Counter[str] = field(default_factory=Counter)
    while_: Counter[str] = field(default_factory=Counter)
    untouched: int = 0
    lists: int = 0
    certificates: int = 0
    seconds: float = 0.0

    def __str__(self) -> str:
        kinds, phases = (
            ", ".join(f"{one} {many}" for one, many in each.most_common()) for each in (self.killed, self.while_)
        )
        return (
            f"{self.killed.total()} kills ({kinds}; {phases}), {self.untouched} ended before theirs; "
            f"{self.lists} lists, {self.certificates} certificates, {self.seconds:.0f} s"
        )


class Chaos:
    """A registry in which lists are issued and issuers killed."""

    def __init__(self, registry: Registry, doors: Sequence[Door], *, seed: int, moment: datetime | None = None) -> None:
        """doors: by one of which each list comes in; moment: at which everything happens, None = now"""
        self._registry, self._doors, self._moment = registry, doors, moment
        self._chance = random.Random(seed)  # noqa: S311 the same moments again
        self._ill = ailments(registry, self._now())
        self._told: list[Told] = []
        self._seconds: dict[tuple[Door, int], float] = {}  # that a list of that size takes by that door
        self.done = Kills(seed)

    def _now(self) -> datetime:
        return self._moment or datetime.now(UTC)

    def run(
        self,
        kills: int,
        rows: Sequence[int],
        kinds: Sequence[Kill] = _KINDS,
        seen: Callable[[int], None] = lambda _: None,
    ) -> None:
        """Kill so often; lists have one of that many rows. seen: is told after each kill how many there were."""
        began, wanted = time.monotonic(), self.done.killed.total() + kills
        while self.done.killed.total() < wanted:
            told, door = self._next(self._chance.choice(rows)), self._chance.choice(self._doors)
            while not told.whole and self.done.killed.total() < wanted:
                self._once(told, door, self._chance.choice(kinds))
                seen(self.done.killed.total())
            if not told.whole:
                self._once(told, door, None)
                self._hold(told.whole, f"{told.batch} was not finished after the last kill")
            self._hold_at_the_end_of(told)
        ill = ailments(self._registry, self._now()) - self._ill
        self._hold(not ill, f"bevis doctor says: {'; '.join(sorted(ill))}")
        self.done.seconds += time.monotonic() - began

    def _next(self, rows: int) -> Told:
        first = sum(len(told.people) for told in self._told) + 1
        told = Told(range(first, first + rows))
        self._told.append(told)
        self.done.lists += 1
        return told

    def _once(self, told: Told, door: Door, kind: Kill | None) -> None:
        """Begin to issue, or go on, and kill in the midst of it, unless `kind` is None."""
        like, began = (door, len(told.people)), time.monotonic()
        usual = self._seconds.get(like)
        with closing(door(self._registry, told)) as process:
            ended = process.listen(_PATIENCE_SECONDS) if kind is None else self._ends_first(process, kind, like)
            if not ended and kind is not None:
                killed = process.kill(kind)
                self.done.killed[killed] += 1
                self.done.while_[_phase(process)] += 1
                if killed == "worker":
                    ended = process.listen(_PATIENCE_SECONDS)
            told.hear(process)
            if ended:
                complaint = process.last("complaint") or ""
                self._hold(process.exit_code == 0, f"whoever issued ended with {process.exit_code} {complaint}".strip())
                took = time.monotonic() - began
                self._seconds[like] = took if usual is None else (usual + took) / 2
                self.done.untouched += kind is not None and usual is not None
        self._hold_now()

    def _ends_first(self, process: Killable, kind: Kill, like: tuple[Door, int]) -> bool:
        """Let it be until its moment has come; whether it ended before."""
        usual = self._seconds.get(like)
        if like[1] >= WORTH_IT and (kind != "group" or usual is None):
            # Once those whom it has begun are there.
            return process.begins_workers(_PATIENCE_SECONDS) or process.listen(
                self._chance.uniform(0, _AT_WORK_SECONDS)
            )
        if usual is None:
            return process.listen(_PATIENCE_SECONDS)  # how long it takes has to be known
        # Half of them early, so that a long list is not done after one; not while a program is only loaded.
        return process.listen(usual * self._chance.random() ** self._chance.choice((1, 3) if process.quick else (1,)))

    # --- what holds ------------------------------------------------------------------------------------------------

    def _hold_now(self) -> None:
        wrong = unsound(self._registry)
        self._hold(not wrong, "; ".join(wrong))
        there, certificates = issued(self._registry), numbers(self._registry)
        for told in self._told:
            if told.batch is not None:
                self._hold(told.batch in there, f"{told.batch} was told and is gone")
                self._hold(
                    there[told.batch] >= told.issued,
                    f"{told.issued} of {told.batch} were told to be issued, {there[told.batch]} are",
                )
            lost = [number for number in told.numbers.values() if number not in certificates]
            self._hold(not lost, f"{len(lost)} certificates of {told.batch} were told and are gone")
        self.done.certificates = len(certificates)
        self._hold(
            len(certificates) <= sum(len(told.people) for told in self._told), "there are more certificates than people"
        )

    def _hold_at_the_end_of(self, told: Told) -> None:
        there = issued(self._registry)
        self._hold(
            there[str(told.batch)] == len(told.people) == len(set(told.numbers.values())),
            f"{told.batch} has {there[str(told.batch)]} certificates for {len(told.people)} people",
        )

    def _hold(self, true: bool, otherwise: str) -> None:
        if not true:
            raise AssertionError(f"seed {self.done.seed}, after {self.done.killed.total()} kills: {otherwise}")


def _phase(process: Killable) -> str:
    """How far it had come when it was killed, as far as it had told."""
    if not process.quick:
        return "of a command"
    if process.last("done"):
        return "at the end"
    if process.last("issued") is not None:
        return "while issuing"
    return "before the first row" if process.last("batch") else "while it was read"
