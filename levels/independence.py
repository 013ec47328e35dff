"""Third-party independence: whether two organisations hang together, on any day of a period, and how.

Ties other than ownership and shared staff chain, however long; shared staff tie two organisations directly
only. Along a chain, one ownership relation may stand in between: a significant stake of one in another, or
an owner with a significant stake in both. How large a stake is, `levels/ownership.py` works out.
Each tie added only reaches further, and therefore no tie can ever make two organisations more independent.

Unknown is not independent: an unknown period, a declaration of complete ties that is missing or too old, and
ownership too entangled to count out are answered with not third party.
"""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import date, timedelta
from fractions import Fraction
from itertools import pairwise
from math import lcm
from typing import Annotated, Literal, NamedTuple

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field

from levels.evidence import SharePercent, Tie, TieKind
from levels.ownership import A_TIE, Entangled, Exhausted, Holding, Ownership, Work, reached

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
WORK = 280_000  # links followed for one pair over all days, or as much other work: about half a second
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
    on          first day on which they were found not independent; if `entangled`, the first left undecided
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
    work: int = WORK,
) -> Independence:
    """Whether `a` and `b` were third party to each other on every day from `first` to `last`, both included.

    complete_age  months since each organisation declared its ties complete
    declared      who must have done so; by default `a` and `b`
    work          links that may be followed in all; what that leaves undecided is `entangled`, not third party

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
    found, on = _first_found(graph, min(a, b), max(a, b), first, last, terms, work)
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
        # Over one denominator, so that many odd shares are as quick to add up as round ones.
        whole = lcm(*{(tie.share_percent or Fraction(0)).denominator for tie in links})
        changes = _changes(links)
        total = 0
        for day in sorted(changes):
            for tie, sign in changes[day]:
                share = tie.share_percent or Fraction(0)
                total += sign * share.numerator * (whole // share.denominator)
            if total > 100 * whole:
                faults.append((organisation, Fraction(total, whole), None if day == date.min else day))
                break
    return faults


def _changes(ties: Iterable[Tie]) -> dict[date, list[tuple[Tie, int]]]:
    """The days on which ties start to hold (1) or hold no more (-1)."""
    changes: dict[date, list[tuple[Tie, int]]] = defaultdict(list)
    for tie in ties:
        changes[tie.since or date.min].append((tie, 1))
        if tie.until is not None and tie.until < date.max:
            changes[tie.until + timedelta(days=1)].append((tie, -1))
    return changes


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


class _Leg(NamedTuple):
    """One side of an ownership relation: what is owned, and how; without a holding it is the owner itself."""

    end: str
    holding: Holding | None = None


_Chained = Mapping[str, _Link | None]  # all that a chain reaches; None where it starts


class _Legs(NamedTuple):
    """One ownership relation between something chained with `a` and something chained with `b`."""

    near_a: _Chained
    near_b: _Chained
    x: _Leg
    y: _Leg


def _turned(step: Step) -> Step:
    return step if step.kind is TieKind.OWNS else step.model_copy(update={"a": step.b, "b": step.a})


def _first_found(  # noqa: PLR0913, PLR0917 the question, spelled out
    graph: TieGraph, a: str, b: str, first: date, last: date, terms: Terms, allowed: int
) -> tuple[_Found | None, date | None]:
    """What ties `a` and `b` on the first day on which something is found to do so.

    All ties of some days together can only tie more than those of one of them. So if they tie nobody, no day
    does, and otherwise the days are halved and asked again. New ties start to hold on `first` or on a day on
    which one starts, never on a day one ends. None is answered only where that was shown for every day.
    """
    # Half is kept for the days, which may each be simple though all together are not.
    work = Work(allowed // 2)
    whole = _Snapshot(graph, first, last, terms, work)
    try:
        found = whole.search(a, b)
    except Exhausted:
        found = _Found("entangled")
    if found is None or not whole.seen_all or not whole.starts:
        return whole.explained(found), first if found else None
    work = Work(allowed - allowed // 2)
    days = (first, *sorted(whole.starts))
    undecided: date | None = None
    halves = _halves(0, len(days) - 1)
    while halves:
        earliest, latest = halves.pop()
        some = _Snapshot(graph, days[earliest], days[latest], terms, work)
        try:
            found = some.search(a, b)
        except Exhausted:
            return _Found("entangled"), undecided or days[earliest]
        if found is None:
            continue
        if earliest < latest:
            halves.extend(_halves(earliest, latest))
        elif isinstance(found, _Legs) or found.why != "entangled":
            return some.explained(found), days[earliest]
        else:
            undecided = undecided or days[earliest]
    return (_Found("entangled"), undecided) if undecided else (None, None)


def _halves(earliest: int, latest: int) -> list[tuple[int, int]]:
    """The two halves of a range, the later one first."""
    middle = (earliest + latest) // 2
    return [(middle + 1, latest), (earliest, middle)]


class _Snapshot:
    """The ties that hold at some time from `first` to `last`, as far as a search looks at them."""

    def __init__(self, graph: TieGraph, first: date, last: date, terms: Terms, work: Work) -> None:
        self.graph, self.first, self.last, self.work = graph, first, last, work
        self.starts: set[date] = set()  # days after the first on which a tie looked at starts
        self.seen_all = False  # whether `starts` is complete
        self.ownership = Ownership(
            self.owning, significant_share=terms.significant_share, control_share=terms.control_share, work=work
        )

    def holds(self, tie: Tie) -> bool:
        since, until = tie.since, tie.until
        if (since is not None and since > self.last) or (until is not None and until < self.first):
            return False
        if since is not None and since > self.first:
            self.starts.add(since)
        return True

    def owning(self, owned: str) -> Iterator[Tie]:
        """The ties of ownership in `owned`."""
        return (tie for tie in self.graph.owners.get(owned, ()) if self.holds(tie))

    def neighbours(self, party: str) -> Iterator[tuple[str, _Link]]:
        """Who is tied to `party` other than by ownership or shared staff; a conflict reaches those acted for."""
        acts_for, conflict = self.graph.acts_for, TieKind.CONFLICT_OF_INTEREST
        for near in (party, *self.graph.acting.get(party, ())):
            ties = self.graph.other.get(near, ())
            self.work.take(1, glances=A_TIE * len(ties))
            for tie in ties:
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
        links: dict[str, _Link | None] = {start: None}
        queue = [start]
        for party in queue:
            for other, link in self.neighbours(party):
                if other not in links:
                    links[other] = link
                    queue.append(other)
        return links

    def search(self, a: str, b: str) -> _Found | _Legs | None:
        """What ties `a` and `b`; looks at everything around them first. Raises Exhausted."""
        self.work.take(20)
        near_a = self.chained(a)
        near_b = near_a if b in near_a else self.chained(b)
        above_a, above_b = self.ownership.owners_above(near_a), self.ownership.owners_above(near_b)
        staff = self._shared_staff(a, b)
        self.seen_all = True
        if staff:
            return staff
        if b in near_a:
            return _named(_chain(near_a, b), "entangled")
        return self._by_ownership(near_a, near_b, above_a, above_b)

    def _shared_staff(self, a: str, b: str) -> _Found | None:
        kind = TieKind.SHARED_STAFF
        for tie in self.graph.other.get(a, ()):
            if tie.kind is kind and b in (tie.a, tie.b) and self.holds(tie):
                return _Found("shared_staff", (Step(kind=kind, a=a, b=b, since=tie.since, until=tie.until),))
        both = sorted(set(self.graph.acting.get(a, ())).intersection(self.graph.acting.get(b, ())))
        if both:
            return _Found("shared_staff", (Step(kind=kind, a=a, b=both[0]), Step(kind=kind, a=both[0], b=b)))
        return None

    def _by_ownership(
        self, near_a: _Chained, near_b: _Chained, above_a: Mapping[str, None], above_b: Mapping[str, None]
    ) -> _Found | _Legs | None:
        """One ownership relation between something chained with `a` and something chained with `b`."""
        both = [owner for owner in above_a if owner in above_b]
        owned_by: dict[str, list[str]] = defaultdict(list)
        for owned in {**above_a, **above_b} if both else ():
            for owner in self.ownership.owners(owned):
                owned_by[owner].append(owned)
        entangled = False
        for owner in both:
            if owner in self.graph.public_bodies and owner not in near_a and owner not in near_b:
                continue
            below = reached(owned_by, owner)
            self.work.take(1, glances=sum(len(owned_by[party]) for party in below if party in owned_by))
            try:
                x = _Leg(owner) if owner in near_a else self._leg(owner, [party for party in below if party in near_a])
                if x is None:
                    continue
                y = _Leg(owner) if owner in near_b else self._leg(owner, [party for party in below if party in near_b])
            except Entangled:
                entangled = True
                continue
            if y is not None:
                return _Legs(near_a, near_b, x, y)
        return _Found("entangled") if entangled else None

    def _leg(self, owner: str, targets: Iterable[str]) -> _Leg | None:
        """To the first of `targets` in which `owner` holds a significant share; Entangled if that is undecided."""
        entangled = False
        for target in targets:
            holding = self.ownership.holding(owner, target)
            try:
                if holding.is_significant():
                    return _Leg(target, holding)
            except Entangled:
                entangled = True
        if entangled:
            raise Entangled
        return None

    def explained(self, found: _Found | _Legs | None) -> _Found | None:
        """What was found, for people to read."""
        if not isinstance(found, _Legs):
            return found
        near_a, near_b, x, y = found
        up = tuple(reversed(self._steps(x.holding))) if x.holding else ()
        down = self._steps(y.holding) if y.holding else ()
        from_y = tuple(_turned(step) for step in reversed(_chain(near_b, y.end)))
        stake = min(leg.holding.stake() for leg in (x, y) if leg.holding)
        why: Why = "common_owner" if up and down else "owns"
        return _named((*_chain(near_a, x.end), *up, *down, *from_y), why, stake * 100)

    def _steps(self, holding: Holding) -> tuple[Step, ...]:
        """The path of a holding from the owner down, each link with the days on which all its ties hold."""
        steps: list[Step] = []
        for owner, owned in pairwise(holding.path()):
            ties = [tie for tie in self.owning(owned) if tie.a == owner]
            since = max((tie.since for tie in ties if tie.since), default=None)
            until = min((tie.until for tie in ties if tie.until), default=None)
            share_percent = self.ownership.owners(owned)[owner] * 100
            steps.append(
                Step(kind=TieKind.OWNS, a=owner, b=owned, share_percent=share_percent, since=since, until=until)
            )
        return tuple(steps)


def _named(path: tuple[Step, ...], why: Why, stake: Fraction | None = None) -> _Found:
    """The path under the first of its chaining kinds, or else under `why`."""
    kinds = {step.kind for step in path}
    return _Found(next((kind for kind in CHAINING if kind in kinds), why), path, stake)


def _chain(links: _Chained, end: str) -> tuple[Step, ...]:
    """The ties from where the chain starts to `end`."""
    steps: list[Step] = []
    link = links[end]
    while link is not None:
        steps.append(Step(kind=link.tie.kind, a=link.near, b=link.far, since=link.tie.since, until=link.tie.until))
        link = links[link.party]
    return tuple(reversed(steps))
