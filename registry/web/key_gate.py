"""How much one key may ask, and how many wrong keys may come from one address."""

from collections.abc import Callable, Mapping
from datetime import date

from fastapi import Request

from registry.errors import TooManyRequests
from verification.endpoint.client_address import LONGEST, Network, client_address
from verification.endpoint.gate import fields, seconds
from verification.endpoint.rate_limit import Buckets, Limiter, Rule, Taken, gcra

MOST_REPORTS, REPORTS_PER_MINUTE = 30, 6  # at once, as a device sends what waited; and then


class KeyGate:
    """How much one key may ask, and how many wrong keys may come from one address.

    requests_per_minute, misses_per_minute  0 = as many as may be
    ticks                                   nanoseconds, never going back
    proxies                                 whose X-Forwarded-For is believed
    """

    def __init__(
        self,
        requests_per_minute: int,
        misses_per_minute: int,
        ticks: Callable[[], int],
        proxies: tuple[Network, ...] = (),
    ) -> None:
        self._rule = Rule("requests", requests_per_minute, requests_per_minute) if requests_per_minute else None
        self._misses = Limiter(Rule("wrong-keys", misses_per_minute, misses_per_minute)) if misses_per_minute else None
        self._reports = Limiter(Rule("reports", MOST_REPORTS, REPORTS_PER_MINUTE)) if misses_per_minute else None
        self._ticks, self._proxies, self._buckets = ticks, proxies, Buckets()
        self._used: dict[str, date] = {}

    def admit(self, prefix: str) -> Mapping[str, str]:
        """Let one request of that key in; the fields that say how much is left. Raises TooManyRequests."""
        if self._rule is None:
            return {}
        now = self._ticks()
        place = self._buckets.place(prefix, now)
        decision = gcra(self._buckets.full_at(place), now, 1, self._rule)
        if not decision.allowed:
            raise TooManyRequests(seconds(decision.wait))
        self._buckets.keep(place, decision.full_at)
        return fields(Taken(self._rule, True, decision.remaining, decision.wait, max(0, decision.full_at - now)))

    def admit_unknown(self, request: Request) -> None:
        """Count a wrong key against the address it came from. Raises TooManyRequests."""
        if self._misses is not None:
            taken = self._misses.take(self._address(request), 1, self._ticks())
            if not taken.allowed:
                raise TooManyRequests(seconds(taken.wait))

    def admit_report(self, request: Request) -> None:
        """Count a report from a gate against the address it came from. Raises TooManyRequests."""
        if self._reports is not None:
            taken = self._reports.take(self._address(request), 1, self._ticks())
            if not taken.allowed:
                raise TooManyRequests(seconds(taken.wait))

    def first_use(self, prefix: str, on: date) -> bool:
        """Whether that key was not used before on that day, as far as is known here."""
        if self._used.get(prefix) == on:
            return False
        self._used[prefix] = on
        return True

    def _address(self, request: Request) -> str:
        peer = request.client.host if request.client else None
        if not self._proxies:
            return peer or ""
        # What is remembered of it is no longer than what is read of it.
        return client_address(peer, ",".join(request.headers.getlist("x-forwarded-for"))[-LONGEST:], self._proxies)
