"""How much one address may ask: the generic cell rate algorithm, one number kept for each address.

A bucket holds `burst` units and is refilled evenly. All that is kept of it is the moment at which it is full again;
a bucket whose moment has passed is as good as new, so it need not be kept at all. Pure: the moment is given, in
nanoseconds of a clock that never goes back.
"""

from dataclasses import dataclass
from functools import cached_property, lru_cache
from ipaddress import IPv6Address, ip_address
from typing import NamedTuple

SECOND = 1_000_000_000  # nanoseconds
MOST_BUCKETS = 65_536
NETWORK_FACTOR = 4  # a network may ask so many times as much as one address in it
REST_FACTOR = 64  # and all for whom there is no room of their own, together
_REST = "rest"


@dataclass(frozen=True)
class Rule:
    """At most `burst` units at once, and `per_minute` more each minute. name: as the RateLimit fields call it."""

    name: str
    burst: int
    per_minute: int

    @cached_property
    def interval(self) -> int:
        """Nanoseconds in which one unit comes back."""
        return 60 * SECOND // self.per_minute

    def times(self, factor: int) -> "Rule":
        """`factor` times as much of both."""
        return Rule(self.name, self.burst * factor, self.per_minute * factor)


class Decision(NamedTuple):
    """What a bucket says.

    full_at    when it is full again, the units taken; unchanged where they are refused
    remaining  units that are left
    wait       nanoseconds until the same would be allowed; 0 = it is
    """

    allowed: bool
    full_at: int
    remaining: int
    wait: int


def gcra(full_at: int, now: int, cost: int, rule: Rule) -> Decision:
    """Whether `cost` units may be taken from a bucket that is full at `full_at`.

    More than `burst` at once is never allowed. In the long run it gives `per_minute`, however the units are spaced.
    """
    room, begins = rule.burst * rule.interval, max(full_at, now)
    after = begins + cost * rule.interval
    if after - now > room:
        left = max(0, (room - (begins - now)) // rule.interval)
        return Decision(allowed=False, full_at=full_at, remaining=left, wait=after - room - now)
    return Decision(allowed=True, full_at=after, remaining=(room - (after - now)) // rule.interval, wait=0)


class Buckets:
    """The moments at which buckets are full again: at most `most` of them, whoever asks.

    What is full again is forgotten. Where there is no room left, newcomers share one bucket: a flood of addresses
    neither grows this nor gives anybody back what was taken.
    """

    def __init__(self, most: int = MOST_BUCKETS) -> None:
        self._most, self._next_look, self._full_at = most, 0, dict[str, int]()

    def __len__(self) -> int:
        return len(self._full_at)

    def place(self, name: str, now: int) -> str:
        """The name of the bucket to take from: its own, or that of the rest."""
        if name in self._full_at or len(self._full_at) < self._most:
            return name
        if now >= self._next_look:
            self._next_look = now + SECOND
            self._full_at = {kept: at for kept, at in self._full_at.items() if at > now}
        return name if len(self._full_at) < self._most else _REST

    def full_at(self, name: str) -> int:
        """When it is full again; long ago, where nothing is known of it."""
        return self._full_at.get(name, 0)

    def keep(self, name: str, full_at: int) -> None:
        """Remember it."""
        self._full_at[name] = full_at


class Taken(NamedTuple):
    """Whether units were taken, by the narrowest bucket asked.

    rule       of that bucket
    remaining  units that are left in it
    wait       nanoseconds until the same would be allowed; 0 = it was
    full_in    nanoseconds until it is full again
    """

    rule: Rule
    allowed: bool
    remaining: int
    wait: int
    full_in: int


class Limiter:
    """One rule, held for each address and, `NETWORK_FACTOR` times wider, for the network it lies in."""

    def __init__(self, rule: Rule, most: int = MOST_BUCKETS) -> None:
        self.rule, self._buckets = rule, Buckets(most)
        self._rules, self._rest = (rule, rule.times(NETWORK_FACTOR)), rule.times(REST_FACTOR)

    def __len__(self) -> int:
        return len(self._buckets)

    def take(self, address: str, cost: int, now: int) -> Taken:
        """Take `cost` units from the address and its network, or from neither."""
        asked = [
            (place, rule, gcra(self._buckets.full_at(place), now, cost, rule))
            for place, rule in self._places(address, now)
        ]
        allowed = all(decision.allowed for _, _, decision in asked)
        if allowed:
            for place, _, decision in asked:
                self._buckets.keep(place, decision.full_at)
        _, rule, told = max(asked, key=lambda one: (one[2].wait, -one[2].remaining))
        return Taken(rule, allowed, told.remaining, told.wait, max(0, told.full_at - now))

    def give_back(self, address: str, units: int, now: int) -> None:
        """Put back what was taken and turned out not to be owed."""
        for place, rule in self._places(address, now):
            self._buckets.keep(place, max(0, self._buckets.full_at(place) - units * rule.interval))

    def _places(self, address: str, now: int) -> list[tuple[str, Rule]]:
        """The buckets to take from, each with its rule."""
        found = []
        for name, rule in zip(bucket_names(address), self._rules, strict=True):
            place = self._buckets.place(name, now)
            found.append((place, rule if place == name else self._rest))
        return found


@lru_cache(maxsize=4096)
def bucket_names(address: str) -> tuple[str, str]:
    """The address and its network, as buckets are called: IPv4 and its /24, IPv6 by its /64 and its /56.

    Whoever has one IPv6 address has the 2**64 beside it. What is no address stands for itself.
    """
    try:
        given = ip_address(address.partition("%")[0])
    except ValueError:
        return f"other {address[:64]}", "other"
    # ::ffff:192.0.2.1 is 192.0.2.1, as a socket for both kinds tells it.
    known = (given.ipv4_mapped or given) if isinstance(given, IPv6Address) else given
    if isinstance(known, IPv6Address):
        return f"{int(known) >> 64:x}/64", f"{int(known) >> 72:x}/56"
    return f"{known}/32", f"{int(known) >> 8:x}/24"
