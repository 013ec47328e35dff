"""Stakes over the ownership graph: how much of one organisation another holds, all paths together.

Ownership multiplies along a path and sums over simple paths. A stake over one half counts as the whole for
what it owns in turn: a single link over one half is lifted to 1 before the next link, and an organisation
in which the summed stake is over one half is controlled, so that its holdings count as the owner's own.
Nobody counts for more than the whole of an organisation. So put, every step only grows with each tie added.

Sums over simple paths grow exponentially in a web of cross-holdings. Small webs are summed exactly; in large
ones bounds decide first, and where neither decides within `STEPS` the stake is `Entangled`. All that is done
besides is paid for from a stock of `Work`; when that is used up, the whole question stays open: `Exhausted`.

Ask `Ownership` who owns whom, and for the `Holding` of one party in another. All shares are 0 to 1.
"""

import heapq
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from fractions import Fraction
from math import fsum, prod

from levels.evidence import Tie

STEPS = 50_000  # links followed for one pair on one day; real webs need some dozens
STEPS_TO_SHOW = 10_000  # for the exact share of a stake already known to be enough
LARGE_WEB = 2_000_000  # organisations times links between them; above it bounds cost more than they save
GLANCES = 64  # links passed over, or floats added up, in the time it takes to follow one
A_TIE = 16  # glances: whether a tie holds, or a sum or product of fractions
MARGIN = 1e-9  # far wider than the rounding in a bound worked out in floats

_WHOLE = Fraction(1)
_LONG = 1024  # bits


class Entangled(Exception):
    """The steps were used up before the stake was decided."""


class Exhausted(Exception):
    """The work allowed for a whole question was used up before it was decided."""


class Work:
    """How much may still be done, counted in links followed (some microseconds each), never in time.

    left  in glances
    """

    def __init__(self, steps: int) -> None:
        self.left = steps * GLANCES

    def take(self, steps: int = 1, glances: int = 0) -> None:
        """Pays for links followed and for glances besides; raises Exhausted when nothing is left."""
        self.left -= steps * GLANCES + glances
        if self.left < 0:
            raise Exhausted

    def weigh(self, share: Fraction) -> Fraction:
        """Pays for a sum or product by its length: odd denominators make it long, and long ones slow."""
        bits = share.denominator.bit_length()
        if bits > _LONG:
            self.take((bits // _LONG) ** 2)
        return share

    def total(self, shares: Iterable[Fraction]) -> Fraction:
        """Their sum."""
        total = Fraction(0)
        for share in shares:
            total = self.weigh(total + share)
        return total


def reached(links: Mapping[str, Iterable[str]], start: str) -> list[str]:
    """`start` and all that links lead to from it, nearest first."""
    seen, queue = {start}, [start]
    for party in queue:
        for other in links.get(party, ()):
            if other not in seen:
                seen.add(other)
                queue.append(other)
    return queue


class Ownership:
    """Who owns whom, read as far as it is asked about, and the steps left for all that is asked.

    ties_into          for an organisation, the ties of ownership in it that count
    significant_share  from this share on (included), a stake ties
    control_share      above this share (excluded), a stake counts as the whole
    work               what all of it is paid from; whatever is asked may raise Exhausted
    """

    def __init__(
        self,
        ties_into: Callable[[str], Iterable[Tie]],
        *,
        significant_share: Fraction,
        control_share: Fraction,
        work: Work,
    ) -> None:
        self.ties_into, self.significant_share, self.control_share = ties_into, significant_share, control_share
        self.steps, self.work = STEPS, work
        self._owners: dict[str, dict[str, Fraction]] = {}
        self._above: dict[str, _Above] = {}

    def owners(self, owned: str) -> dict[str, Fraction]:
        """Owner -> share; several ties between two add up, to the whole at most."""
        shares = self._owners.get(owned)
        if shares is None:
            shares = self._owners[owned] = {}
            for tie in self.ties_into(owned):
                self.work.take(glances=A_TIE)
                if tie.share_percent is not None:
                    share = self.work.weigh(shares.get(tie.a, Fraction(0)) + tie.share_percent / 100)
                    shares[tie.a] = min(_WHOLE, share)
        return shares

    def owners_above(self, starts: Iterable[str]) -> dict[str, None]:
        """`starts` and all who own them, however far up, nearest first."""
        above = dict.fromkeys(starts)
        queue = list(above)
        for owned in queue:
            owners = self.owners(owned)
            self.work.take(glances=len(owners))
            for owner in owners:
                if owner not in above:
                    above[owner] = None
                    queue.append(owner)
        return above

    def holding(self, owner: str, target: str) -> "Holding":
        """What `owner`, one of the owners above `target`, holds of it."""
        if target not in self._above:
            self._above[target] = _Above(self, target)
        return Holding(self._above[target], owner)


class _Above:
    """All ownership that leads to one organisation; what it owns itself does not count there."""

    def __init__(self, ownership: Ownership, target: str) -> None:
        self.ownership, self.target = ownership, target
        self.into: dict[str, dict[str, Fraction]] = {}  # owned -> owner -> share
        self.below: dict[str, list[str]] = defaultdict(list)  # owner -> owned
        for owned in ownership.owners_above([target]):
            self.into[owned] = {owner: w for owner, w in ownership.owners(owned).items() if owner != target}
            ownership.work.take(1, glances=4 * len(self.into[owned]))
            for owner in self.into[owned]:
                self.below[owner].append(owned)
        self._ahead: dict[frozenset[str], tuple[dict[str, float], dict[str, float]]] = {}

    def lifted(self, share: Fraction) -> Fraction:
        return _WHOLE if share > self.ownership.control_share else share

    def ahead(self, region: frozenset[str]) -> tuple[dict[str, float], dict[str, float]]:
        """At most so much of any organisation is held through each one in `region`, without counting control.

        Twice: where a path starts there, and where it has passed another before. No path meets an organisation
        twice, so every one passed takes a link away, at the least the smallest: that keeps the bound near where
        many own each other. The cap holds because each organisation passed multiplies what comes to it by the
        sum of the links into it at the most; with lifted links that may be over 1. The cap alone stands where
        working out more would take longer than it can save.
        """
        if region not in self._ahead:
            work = self.ownership.work
            work.take(glances=A_TIE * sum(len(self.into[z]) for z in region))
            owned = {z: [o for o in self.below.get(z, ()) if o in region] for z in region}
            links = {z: [float(self.lifted(self.into[o][z])) for o in owned[z]] for z in region}
            longest = max(map(len, links.values()), default=0)
            cap = prod(max(1.0, fsum(map(float, self._within(z, region)))) for z in (*region, self.target))
            now = later = dict.fromkeys(region, cap)
            count = sum(map(len, links.values()))
            if len(region) * count <= LARGE_WEB:
                largest = {
                    z: max((float(self.lifted(self.into[o][z])) for o in self.below.get(z, ())), default=0.0)
                    for z in region
                }
                now = largest
                for room in range(1, len(region)):
                    later, now = now, {}
                    work.take(glances=12 * len(region) + count)
                    for z, weights in links.items():
                        passed = [w * later[o] for w, o in zip(weights, owned[z], strict=True)]
                        if room < len(passed):
                            passed = sorted(passed, reverse=True)[:room]
                        now[z] = min(cap, largest[z] + sum(passed))
                    if room > longest and now == later:
                        break  # and so it stays
            self._ahead[region] = now, later
        return self._ahead[region]

    def _within(self, owned: str, region: frozenset[str]) -> Iterator[Fraction]:
        return (self.lifted(share) for owner, share in self.into[owned].items() if owner in region)


class Holding:
    """What one party owns of the organisation at the end of `above`, all paths together."""

    def __init__(self, above: _Above, owner: str) -> None:
        self.above, self.owner = above, owner
        self.region = [party for party in reached(above.below, owner)[1:] if party != above.target]
        self.inside = frozenset(self.region)
        above.ownership.work.take(1, glances=sum(4 + len(above.below.get(party, ())) for party in self.region))
        self.controlled = {owner}
        self.enough = Fraction(0)  # how much had been counted when it was enough

    def is_significant(self) -> bool:
        """Whether the stake is one that ties; raises Entangled if that takes too many steps."""
        ownership = self.above.ownership
        assumed, grown = False, True
        while grown:
            grown = False
            # The bounds of a round may be too low once it has grown; the last round, which has not, decides.
            through = self._through()
            for party in self.region:
                if party in self.controlled:
                    continue
                ownership.work.take(glances=len(through))
                try:
                    controls = _Web(self, party, through).exceeds(ownership.control_share)
                except Entangled:
                    controls = assumed = True  # what does not tie even so, does not tie
                if controls:
                    self.controlled.add(party)
                    grown = True
        counted = _Web(self, self.above.target, self._through()).reaches(ownership.significant_share)
        if counted is not None and assumed:
            raise Entangled
        self.enough = counted or Fraction(0)
        return counted is not None

    def _through(self) -> dict[str, float]:
        """At most so much of any organisation is held through each that is owned here, but not controlled."""
        above = self.above
        circle = any(other in self.inside for other in above.into[self.owner])
        first, passed = above.ahead(self.inside | {self.owner} if circle else self.inside)
        through: dict[str, float] = defaultdict(float)
        for party in self.controlled:
            held = passed if circle or party != self.owner else first
            below = above.below.get(party, ())
            above.ownership.work.take(glances=8 * len(below))
            for owned in below:
                if owned in self.inside and owned not in self.controlled:
                    through[owned] += float(above.lifted(above.into[owned][party])) * held[owned]
        return through

    def stake(self) -> Fraction:
        """The exact share if it can be summed quickly, otherwise as much as was counted when it was enough."""
        ownership = self.above.ownership
        ownership.steps, ownership.work = STEPS_TO_SHOW, Work(STEPS_TO_SHOW)
        try:
            return _Web(self, self.above.target, self._through()).counted()[0]
        except (Entangled, Exhausted):
            return self.enough

    def path(self) -> tuple[str, ...]:
        """The single path that gives most, for people to read, from the owner to what it owns in the end.

        A link into a controlled organisation gives all.
        """
        above, target = self.above, self.above.target
        best: list[tuple[Fraction, int, tuple[str, ...]]] = [(-_WHOLE, 0, (self.owner,))]
        done: set[str] = set()
        while best[0][2][-1] != target:
            given, links, path = heapq.heappop(best)
            if path[-1] in done:
                continue
            done.add(path[-1])
            for owned in above.below.get(path[-1], ()):
                if owned in done or (owned != target and owned not in self.inside):
                    continue
                share = above.into[owned][path[-1]]
                if owned != target:
                    share = _WHOLE if owned in self.controlled else above.lifted(share)
                heapq.heappush(best, (given * share, links + 1, (*path, owned)))
        return best[0][2]


class _Web:
    """The simple paths from all that a party controls down to one organisation, `end`, opened as far as needed.

    through  bounds for what is held through organisations that are not controlled
    """

    def __init__(self, holding: Holding, end: str, through: Mapping[str, float]) -> None:
        self.holding, self.end, self.ownership = holding, end, holding.above.ownership
        # No path to an organisation goes through itself.
        most = [held for party, held in through.items() if party != end]
        self.indirect = Fraction(min(1.0, sum(most) + MARGIN)) if most else Fraction(0)
        self._opened: dict[str, tuple[Fraction, Fraction, list[tuple[str, Fraction]]]] = {}

    def exceeds(self, share: Fraction) -> bool:
        """Whether the stake is over `share`; raises Entangled if undecided."""
        return self._enough(lambda counted: counted > share) is not None

    def reaches(self, share: Fraction) -> Fraction | None:
        """What was counted when the stake was found to be `share` or more; None if it is less."""
        return self._enough(lambda counted: counted >= share)

    def _enough(self, is_enough: Callable[[Fraction], bool]) -> Fraction | None:
        """Counts longer and longer paths until they are enough, or all that lies beyond them is too little."""
        into, work = self.holding.above.into[self.end], self.ownership.work
        work.take(1, glances=A_TIE * min(len(into), len(self.holding.controlled)))
        least = min(_WHOLE, work.total(into[owner] for owner in into.keys() & self.holding.controlled))
        if is_enough(least) or not is_enough(least + self.indirect):
            return least if is_enough(least) else None
        least, most, _ = self._open(self.end)
        depth = 0
        while is_enough(most) and not is_enough(least):
            least, most = self.counted(depth)
            depth += 1 + depth // 2
        return least if is_enough(least) else None

    def _open(self, party: str) -> tuple[Fraction, Fraction, list[tuple[str, Fraction]]]:
        """What is held in `party` at least and at most, and who else owns it on a path, with what they pass on."""
        opened = self._opened.get(party)
        if opened is None:
            holding, above, work = self.holding, self.holding.above, self.ownership.work
            work.take(glances=A_TIE * len(above.into[party]))
            near = far = Fraction(0)
            others: list[tuple[str, Fraction]] = []
            for owner, share in above.into[party].items():
                # The last link counts as it is: a stake over one half is lifted only for what it owns in turn.
                passed = share if party == self.end else above.lifted(share)
                if owner in holding.controlled:
                    near = work.weigh(near + passed)
                elif owner in holding.inside and owner != self.end:
                    far = work.weigh(far + passed)
                    others.append((owner, passed))
            least, most = min(_WHOLE, near), min(_WHOLE, near + min(far, self.indirect))
            opened = self._opened[party] = least, most, others
        return opened

    def counted(self, depth: int | None = None) -> tuple[Fraction, Fraction]:
        """The stake at least and at most, by paths through up to `depth` organisations; equal if those are all.

        Walks from the end up to the owners with a stack of its own, as chains may be longer than Python nests.
        Raises Entangled when the steps are used up.
        """
        work = self.ownership.work
        least, _, others = self._open(self.end)
        stack = [_Frame(self.end, _WHOLE, iter(others), least, least)]
        passing = {self.end}
        while True:
            frame = stack[-1]
            for owner, passed in frame.others:
                if owner in passing:
                    continue
                self.ownership.steps -= 1
                if self.ownership.steps < 0:
                    raise Entangled
                work.take()
                least, most, others = self._open(owner)
                if others and (depth is None or len(stack) <= depth):
                    stack.append(_Frame(owner, passed, iter(others), least, least))
                    passing.add(owner)
                    break
                frame.least = work.weigh(frame.least + passed * least)
                frame.most = work.weigh(frame.most + passed * most)
            else:
                stack.pop()
                passing.discard(frame.party)
                # Nobody counts for more than the whole.
                least, most = min(_WHOLE, frame.least), min(_WHOLE, frame.most)
                if not stack:
                    return least, most
                stack[-1].least = work.weigh(stack[-1].least + frame.passed * least)
                stack[-1].most = work.weigh(stack[-1].most + frame.passed * most)


@dataclass(slots=True)
class _Frame:
    """One organisation on the path being followed, what it passes on, and what is known to be held in it so far."""

    party: str
    passed: Fraction
    others: Iterator[tuple[str, Fraction]]
    least: Fraction
    most: Fraction
