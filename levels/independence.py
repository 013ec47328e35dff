"""Third-party independence: whether two organisations hang together, on any day of a period, and how.

Ownership multiplies along a path and sums over simple paths. A stake over one half counts as the whole for
what it owns in turn: a single link over one half is lifted to 1 before the next link, and an organisation
in which the summed stake is over one half is controlled, so that its holdings count as the owner's own.
Nobody counts for more than the whole of an organisation. So put, every step only grows with each tie added,
and therefore no tie can ever make two organisations more independent.

Sums over simple paths grow exponentially in a web of cross-holdings. Small webs are summed exactly; in large
ones bounds decide first, and where neither decides within `STEPS` the answer is not third party.
"""

import heapq
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from fractions import Fraction
from itertools import pairwise
from math import prod
from typing import Annotated, Literal, NamedTuple

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field

from levels.evidence import SharePercent, Tie, TieKind

STEPS = 50_000  # links looked at for one pair on one day, half a second; real webs need some dozens
STEPS_TO_SHOW = 10_000  # for the exact share of a stake already known to be enough
LARGE_WEB = 2_000_000  # organisations times links between them; above it bounds cost more than they save
MARGIN = 1e-9  # far wider than the rounding in a bound worked out in floats

Why = Literal[
    "independent",
    "same_organisation",
    "owns",
    "common_owner",
    "control_group",
    "board_majority",
    "conflict_of_interest",
    "paid_by_passes",
    "shared_staff",
    "ties_not_declared",
    "entangled",
    "period_unknown",
]
CHAINING: tuple[Literal["control_group", "board_majority", "conflict_of_interest", "paid_by_passes"], ...]
CHAINING = ("control_group", "board_majority", "conflict_of_interest", "paid_by_passes")


def _exact(given: object) -> object:
    if isinstance(given, (str, Fraction)):
        return given
    raise ValueError('must be an exact share in text, such as "1/4"')


Share = Annotated[Fraction, BeforeValidator(_exact), Field(gt=0, lt=1)]


class _Frozen(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True, arbitrary_types_allowed=True)


class Terms(_Frozen):
    """What an edition sets: its `independence.toml`."""

    significant_share: Share = Field(description="From this share on (included), ownership ties.")
    control_share: Share = Field(description="Above this share (excluded), a stake counts as the whole.")
    ties_complete_months: int = Field(ge=0, description="Age up to which a declaration of complete ties counts.")


class Step(_Frozen):
    """One link of the path between two parties, read from the first to the second.

    For `owns`, `a` is the owner whichever way the path runs, and `share_percent` is what it owns on the day
    (several ties added up). A conflict between persons names the persons, not those they act for.
    """

    kind: TieKind | Literal["same"]
    a: str
    b: str
    share_percent: SharePercent | None = None
    since: date | None = None
    until: date | None = None


class Independence(_Frozen):
    """Whether `a` and `b` are third party to each other, and if not, why and by which path.

    why         stable code; for a path of several kinds of tie, the first of them in the order of the rules
    path        empty when independent or undecided; by a common owner it goes up from `a`, then down to `b`
    stake       per cent: the share that decided (of two, the smaller); in a large web at least so much
    on          first day on which they were not independent
    undeclared  whose declaration of complete ties is missing or too old, whatever `why` says
    """

    a: str
    b: str
    third_party: bool
    why: Why
    path: tuple[Step, ...] = ()
    stake: SharePercent | None = None
    on: date | None = None
    undeclared: tuple[str, ...] = ()


class TieGraph:
    """The ties of many organisations, sorted once and asked about many pairs.

    public_bodies  the state and municipalities: as a common owner they tie nobody
    acting         for each organisation, the persons who act for it here
    """

    def __init__(
        self,
        ties: Iterable[Tie],
        *,
        public_bodies: Iterable[str] = (),
        acting: Mapping[str, Sequence[str]] | None = None,
    ) -> None:
        self.public_bodies = frozenset(public_bodies)
        self.acting = acting or {}
        self.acts_for: dict[str, list[str]] = defaultdict(list)
        for organisation, persons in self.acting.items():
            for person in persons:
                self.acts_for[person].append(organisation)
        # The one pass over all ties does no more than sort them; all else is done near the pair asked about.
        self.owners: dict[str, list[Tie]] = defaultdict(list)
        self.other: dict[str, list[Tie]] = defaultdict(list)
        owns = TieKind.OWNS
        for tie in ties:
            if tie.kind is owns:
                self.owners[tie.b].append(tie)
            else:
                self.other[tie.a].append(tie)
                self.other[tie.b].append(tie)


def independence(  # noqa: PLR0913 a question about two parties, a period and what was declared
    graph: TieGraph | Sequence[Tie],
    a: str,
    b: str,
    *,
    first: date | None,
    last: date | None,
    complete_age: Mapping[str, int],
    terms: Terms,
    declared: Sequence[str] | None = None,
) -> Independence:
    """Whether `a` and `b` were third party to each other on every day from `first` to `last`, both included.

    complete_age  months since each organisation declared its ties complete
    declared      who must have done so; by default `a` and `b`

    A tie that was found is named before a declaration that is missing. Raises ValueError if the period ends
    before it starts.
    """
    if first and last and last < first:
        raise ValueError(f"the period ends ({last}) before it starts ({first})")
    if not isinstance(graph, TieGraph):
        graph = TieGraph(graph)
    ages = {party: complete_age.get(party) for party in ((a, b) if declared is None else declared)}
    undeclared = tuple(p for p, age in ages.items() if age is None or age > terms.ties_complete_months)

    def answer(found: _Found, on: date | None) -> Independence:
        path = tuple(_turned(step) for step in reversed(found.path)) if b < a else found.path
        third_party = found.why == "independent"
        return Independence(
            a=a, b=b, third_party=third_party, why=found.why, path=path, stake=found.stake, on=on, undeclared=undeclared
        )

    if a == b:
        return answer(_Found("same_organisation", (Step(kind="same", a=a, b=b),)), first)
    if first is None or last is None:
        return answer(_Found("period_unknown"), None)
    found, on = _first_found(graph, min(a, b), max(a, b), first, last, terms)
    if undeclared and (found is None or found.why == "entangled"):
        return answer(_Found("ties_not_declared"), None)
    return answer(found or _Found("independent"), on)


def overowned(ties: Iterable[Tie]) -> list[tuple[str, Fraction, date | None]]:
    """Organisations owned more than whole: each with the per cent and the first day; None = from the beginning."""
    owners: dict[str, list[Tie]] = defaultdict(list)
    for tie in ties:
        if tie.share_percent is not None:
            owners[tie.b].append(tie)
    faults: list[tuple[str, Fraction, date | None]] = []
    for organisation, links in owners.items():
        if sum(tie.share_percent or 0 for tie in links) <= 100:  # noqa: PLR2004 per cent
            continue
        # A total can only rise on a day on which a tie starts.
        for day in sorted({tie.since or date.min for tie in links}):
            total = sum((tie.share_percent or Fraction(0) for tie in links if tie.holds_on(day)), Fraction(0))
            if total > 100:  # noqa: PLR2004 per cent
                faults.append((organisation, total, None if day == date.min else day))
                break
    return faults


class _Found(NamedTuple):
    why: Why
    path: tuple[Step, ...] = ()
    stake: Fraction | None = None


class _Link(NamedTuple):
    """How a chain came to an organisation: from `party`, by a tie between `near` and `far` (or who act for them)."""

    party: str
    near: str
    far: str
    tie: Tie


_Chained = Mapping[str, _Link | None]  # all that a chain reaches; None where it starts


_WHOLE = Fraction(1)


class _Entangled(Exception):
    """The steps were used up before the stake was decided."""


def _turned(step: Step) -> Step:
    return step if step.kind is TieKind.OWNS else step.model_copy(update={"a": step.b, "b": step.a})


def _first_found(  # noqa: PLR0913, PLR0917 the question, spelled out
    graph: TieGraph, a: str, b: str, first: date, last: date, terms: Terms
) -> tuple[_Found | None, date | None]:
    """What ties `a` and `b` on the first day on which something does.

    All ties of the period together can only tie more than those of one day. So if they tie nobody, no day
    does; and new ties start to hold on `first` or on a day on which one starts, never on a day one ends.
    """
    whole = _Snapshot(graph, first, last, terms)
    found = whole.search(a, b)
    if found is None or not whole.starts:
        return found, first if found else None
    for day in (first, *sorted(whole.starts)):
        found = _Snapshot(graph, day, day, terms).search(a, b)
        if found:
            return found, day
    return None, None


class _Snapshot:
    """The ties that hold at some time from `first` to `last`, as far as a search looks at them."""

    def __init__(self, graph: TieGraph, first: date, last: date, terms: Terms) -> None:
        self.graph, self.first, self.last, self.terms = graph, first, last, terms
        self.starts: set[date] = set()  # days after the first on which a tie looked at starts
        self.steps = STEPS
        self._owners: dict[str, dict[str, Fraction]] = {}
        self._above: dict[str, _Above] = {}

    def holds(self, tie: Tie) -> bool:
        since, until = tie.since, tie.until
        if (since is not None and since > self.last) or (until is not None and until < self.first):
            return False
        if since is not None and since > self.first:
            self.starts.add(since)
        return True

    def owners(self, owned: str) -> dict[str, Fraction]:
        """Owner -> share, 0 to 1; several ties between two add up, to the whole at most."""
        shares = self._owners.get(owned)
        if shares is None:
            shares = self._owners[owned] = {}
            for tie in self.graph.owners.get(owned, ()):
                if self.holds(tie) and tie.share_percent is not None:
                    shares[tie.a] = min(_WHOLE, shares.get(tie.a, Fraction(0)) + tie.share_percent / 100)
        return shares

    def neighbours(self, party: str) -> Iterator[tuple[str, _Link]]:
        """Who is tied to `party` other than by ownership or shared staff; a conflict reaches those acted for."""
        acts_for, conflict = self.graph.acts_for, TieKind.CONFLICT_OF_INTEREST
        for near in (party, *self.graph.acting.get(party, ())):
            for tie in self.graph.other.get(near, ()):
                if not self.holds(tie) or tie.kind is TieKind.SHARED_STAFF:
                    continue
                if near != party and tie.kind is not conflict:
                    continue  # what a person is tied by otherwise is not the organisation's
                far = tie.b if tie.a == near else tie.a
                link = _Link(party, near, far, tie)
                yield far, link
                if tie.kind is conflict:
                    for organisation in acts_for.get(far, ()):
                        yield organisation, link

    def chained(self, start: str) -> _Chained:
        """All that chain with `start`, nearest first, each with the link that leads to it."""
        reached: dict[str, _Link | None] = {start: None}
        queue = [start]
        for party in queue:
            for other, link in self.neighbours(party):
                if other not in reached:
                    reached[other] = link
                    queue.append(other)
        return reached

    def owners_above(self, starts: Iterable[str]) -> dict[str, None]:
        """`starts` and all who own them, however far up, nearest first."""
        above = dict.fromkeys(starts)
        queue = list(above)
        for owned in queue:
            for owner in self.owners(owned):
                if owner not in above:
                    above[owner] = None
                    queue.append(owner)
        return above

    def search(self, a: str, b: str) -> _Found | None:
        """What ties `a` and `b`; looks at everything around them, so that `starts` is complete afterwards."""
        near_a = self.chained(a)
        near_b = near_a if b in near_a else self.chained(b)
        above_a, above_b = self.owners_above(near_a), self.owners_above(near_b)
        staff = self._shared_staff(a, b)
        if staff:
            return staff
        if b in near_a:
            return _named(_chain(near_a, b), "entangled")
        return self._ownership(near_a, near_b, above_a, above_b)

    def _shared_staff(self, a: str, b: str) -> _Found | None:
        kind = TieKind.SHARED_STAFF
        for tie in self.graph.other.get(a, ()):
            if tie.kind is kind and b in (tie.a, tie.b) and self.holds(tie):
                return _Found("shared_staff", (Step(kind=kind, a=a, b=b, since=tie.since, until=tie.until),))
        both = sorted(set(self.graph.acting.get(a, ())).intersection(self.graph.acting.get(b, ())))
        if both:
            return _Found("shared_staff", (Step(kind=kind, a=a, b=both[0]), Step(kind=kind, a=both[0], b=b)))
        return None

    def _ownership(
        self, near_a: _Chained, near_b: _Chained, above_a: Mapping[str, None], above_b: Mapping[str, None]
    ) -> _Found | None:
        """One ownership relation between something chained with `a` and something chained with `b`."""
        both = [owner for owner in above_a if owner in above_b]
        owned_by: dict[str, list[str]] = defaultdict(list)
        for owned in {**above_a, **above_b} if both else ():
            for owner in self.owners(owned):
                owned_by[owner].append(owned)
        entangled = False
        for owner in both:
            if owner in self.graph.public_bodies and owner not in near_a and owner not in near_b:
                continue
            below = _reached(owned_by, owner)
            try:
                x = _Leg(owner) if owner in near_a else self._leg(owner, [party for party in below if party in near_a])
                if x is None:
                    continue
                y = _Leg(owner) if owner in near_b else self._leg(owner, [party for party in below if party in near_b])
            except _Entangled:
                entangled = True
                continue
            if y is not None:
                return _explained(near_a, near_b, x, y)
        return _Found("entangled") if entangled else None

    def _leg(self, owner: str, targets: Iterable[str]) -> "_Leg | None":
        """To the first of `targets` in which `owner` holds a significant share; _Entangled if that is undecided."""
        entangled = False
        for target in targets:
            if target not in self._above:
                self._above[target] = _Above(self, target)
            holding = _Holding(self._above[target], owner)
            try:
                if holding.is_significant():
                    return _Leg(target, holding)
            except _Entangled:
                entangled = True
        if entangled:
            raise _Entangled
        return None


class _Leg(NamedTuple):
    """One side of an ownership relation: what is owned, and how; without a holding it is the owner itself."""

    end: str
    holding: "_Holding | None" = None


def _reached(links: Mapping[str, Iterable[str]], start: str) -> list[str]:
    """`start` and all that links lead to from it, nearest first."""
    seen, queue = {start}, [start]
    for party in queue:
        for other in links.get(party, ()):
            if other not in seen:
                seen.add(other)
                queue.append(other)
    return queue


def _explained(near_a: _Chained, near_b: _Chained, x: _Leg, y: _Leg) -> _Found:
    up = tuple(reversed(x.holding.path())) if x.holding else ()
    down = y.holding.path() if y.holding else ()
    from_y = tuple(_turned(step) for step in reversed(_chain(near_b, y.end)))
    stake = min(leg.holding.stake() for leg in (x, y) if leg.holding)
    why: Why = "common_owner" if up and down else "owns"
    return _named((*_chain(near_a, x.end), *up, *down, *from_y), why, stake * 100)


def _named(path: tuple[Step, ...], why: Why, stake: Fraction | None = None) -> _Found:
    """The path under the first of its chaining kinds, or else under `why`."""
    kinds = {step.kind for step in path}
    return _Found(next((kind for kind in CHAINING if kind in kinds), why), path, stake)


def _chain(reached: _Chained, end: str) -> tuple[Step, ...]:
    """The ties from where the chain starts to `end`."""
    steps: list[Step] = []
    link = reached[end]
    while link is not None:
        steps.append(Step(kind=link.tie.kind, a=link.near, b=link.far, since=link.tie.since, until=link.tie.until))
        link = reached[link.party]
    return tuple(reversed(steps))


class _Above:
    """All ownership that leads to one organisation on one day; what it owns itself does not count there."""

    def __init__(self, snapshot: _Snapshot, target: str) -> None:
        self.snapshot, self.target = snapshot, target
        self.into: dict[str, dict[str, Fraction]] = {}  # owned -> owner -> share
        self.below: dict[str, list[str]] = defaultdict(list)  # owner -> owned
        for owned in snapshot.owners_above([target]):
            self.into[owned] = {owner: w for owner, w in snapshot.owners(owned).items() if owner != target}
            for owner in self.into[owned]:
                self.below[owner].append(owned)
        self._ahead: dict[frozenset[str], tuple[dict[str, float], dict[str, float]]] = {}

    def lifted(self, share: Fraction) -> Fraction:
        return _WHOLE if share > self.snapshot.terms.control_share else share

    def ahead(self, region: frozenset[str]) -> tuple[dict[str, float], dict[str, float]]:
        """At most so much of any organisation is held through each one in `region`, without counting control.

        Twice: where a path starts there, and where it has passed another before. No path meets an organisation
        twice, so every one passed takes a link away, at the least the smallest: that keeps the bound near where
        many own each other. The cap holds because each organisation passed multiplies what comes to it by the
        sum of the links into it at the most; with lifted links that may be over 1. The cap alone stands where
        working out more would take longer than it can save.
        """
        if region not in self._ahead:
            owned = {z: [o for o in self.below.get(z, ()) if o in region] for z in region}
            links = {z: [float(self.lifted(self.into[o][z])) for o in owned[z]] for z in region}
            longest = max(map(len, links.values()), default=0)
            cap = prod(max(1.0, float(sum(self._within(z, region)))) for z in (*region, self.target))
            now = later = dict.fromkeys(region, cap)
            if len(region) * sum(map(len, links.values())) <= LARGE_WEB:
                largest = {
                    z: max((float(self.lifted(self.into[o][z])) for o in self.below.get(z, ())), default=0.0)
                    for z in region
                }
                now = largest
                for room in range(1, len(region)):
                    later, now = now, {}
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


class _Holding:
    """What one party owns of the organisation at the end of `above`, all paths together."""

    def __init__(self, above: _Above, owner: str) -> None:
        self.above, self.owner = above, owner
        self.region = [party for party in _reached(above.below, owner)[1:] if party != above.target]
        self.inside = frozenset(self.region)
        self.controlled = {owner}
        self.enough = Fraction(0)  # how much had been counted when it was enough

    def is_significant(self) -> bool:
        """Whether the stake is one that ties; raises _Entangled if that takes too many steps."""
        terms = self.above.snapshot.terms
        assumed, grown = False, True
        while grown:
            grown = False
            # The bounds of a round may be too low once it has grown; the last round, which has not, decides.
            through = self._through()
            for party in self.region:
                if party in self.controlled:
                    continue
                try:
                    controls = _Web(self, party, through).exceeds(terms.control_share)
                except _Entangled:
                    controls = assumed = True  # what does not tie even so, does not tie
                if controls:
                    self.controlled.add(party)
                    grown = True
        counted = _Web(self, self.above.target, self._through()).reaches(terms.significant_share)
        if counted is not None and assumed:
            raise _Entangled
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
            for owned in above.below.get(party, ()):
                if owned in self.inside and owned not in self.controlled:
                    through[owned] += float(above.lifted(above.into[owned][party])) * held[owned]
        return through

    def stake(self) -> Fraction:
        """The exact share if it can be summed quickly, otherwise as much as was counted when it was enough."""
        self.above.snapshot.steps = STEPS_TO_SHOW
        try:
            return _Web(self, self.above.target, self._through()).counted()[0]
        except _Entangled:
            return self.enough

    def path(self) -> tuple[Step, ...]:
        """The single path that gives most, for people to read; a link into a controlled organisation gives all."""
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
        return tuple(self._step(a, b) for a, b in pairwise(best[0][2]))

    def _step(self, a: str, b: str) -> Step:
        snapshot = self.above.snapshot
        ties = [tie for tie in snapshot.graph.owners[b] if tie.a == a and snapshot.holds(tie)]
        return Step(
            kind=TieKind.OWNS,
            a=a,
            b=b,
            share_percent=snapshot.owners(b)[a] * 100,
            since=max((tie.since for tie in ties if tie.since), default=None),
            until=min((tie.until for tie in ties if tie.until), default=None),
        )


class _Web:
    """The simple paths from all that a party controls down to one organisation, `end`, opened as far as needed.

    through  bounds for what is held through organisations that are not controlled
    """

    def __init__(self, holding: _Holding, end: str, through: Mapping[str, float]) -> None:
        self.holding, self.end, self.snapshot = holding, end, holding.above.snapshot
        # No path to an organisation goes through itself.
        most = [held for party, held in through.items() if party != end]
        self.indirect = Fraction(min(1.0, sum(most) + MARGIN)) if most else Fraction(0)
        self._opened: dict[str, tuple[Fraction, Fraction, list[tuple[str, Fraction]]]] = {}

    def exceeds(self, share: Fraction) -> bool:
        """Whether the stake is over `share`; raises _Entangled if undecided."""
        return self._enough(lambda counted: counted > share) is not None

    def reaches(self, share: Fraction) -> Fraction | None:
        """What was counted when the stake was found to be `share` or more; None if it is less."""
        return self._enough(lambda counted: counted >= share)

    def _enough(self, is_enough: Callable[[Fraction], bool]) -> Fraction | None:
        """Counts longer and longer paths until they are enough, or all that lies beyond them is too little."""
        into = self.holding.above.into[self.end]
        least = min(_WHOLE, sum((into[owner] for owner in into.keys() & self.holding.controlled), Fraction(0)))
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
            holding, above = self.holding, self.holding.above
            near = far = Fraction(0)
            others: list[tuple[str, Fraction]] = []
            for owner, share in above.into[party].items():
                # The last link counts as it is: a stake over one half is lifted only for what it owns in turn.
                passed = share if party == self.end else above.lifted(share)
                if owner in holding.controlled:
                    near += passed
                elif owner in holding.inside and owner != self.end:
                    far += passed
                    others.append((owner, passed))
            least, most = min(_WHOLE, near), min(_WHOLE, near + min(far, self.indirect))
            opened = self._opened[party] = least, most, others
        return opened

    def counted(self, depth: int | None = None) -> tuple[Fraction, Fraction]:
        """The stake at least and at most, by paths through up to `depth` organisations; equal if those are all.

        Walks from the end up to the owners with a stack of its own, as chains may be longer than Python nests.
        Raises _Entangled when the steps are used up.
        """
        least, _, others = self._open(self.end)
        stack = [_Frame(self.end, _WHOLE, iter(others), least, least)]
        passing = {self.end}
        while True:
            frame = stack[-1]
            for owner, passed in frame.others:
                if owner in passing:
                    continue
                self.snapshot.steps -= 1
                if self.snapshot.steps < 0:
                    raise _Entangled
                least, most, others = self._open(owner)
                if others and (depth is None or len(stack) <= depth):
                    stack.append(_Frame(owner, passed, iter(others), least, least))
                    passing.add(owner)
                    break
                frame.least += passed * least
                frame.most += passed * most
            else:
                stack.pop()
                passing.discard(frame.party)
                # Nobody counts for more than the whole.
                least, most = min(_WHOLE, frame.least), min(_WHOLE, frame.most)
                if not stack:
                    return least, most
                stack[-1].least += frame.passed * least
                stack[-1].most += frame.passed * most


@dataclass(slots=True)
class _Frame:
    """One organisation on the path being followed, what it passes on, and what is known to be held in it so far."""

    party: str
    passed: Fraction
    others: Iterator[tuple[str, Fraction]]
    least: Fraction
    most: Fraction
