"""Who may ask, and how much: the limits of a registry's public questions, and how whoever asks is told of them."""

import asyncio
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass

from fastapi import Request

from verification.endpoint.client_address import LONGEST, Network, client_address
from verification.endpoint.rate_limit import SECOND, Limiter, Rule, Taken, bucket_names
from verification.endpoint.turns import MOST_HERE, NoRoom, Turns

MOST_TOKENS = 1000  # in one request
_SOON = 10 * SECOND  # by then one of the files that wait has been looked at
FILES = "files"  # what the limit of those that wait is called
_FILES = Rule(FILES, MOST_HERE, 60 * SECOND * MOST_HERE // _SOON)


@dataclass(frozen=True, slots=True)
class Limits:
    """What one address may ask. Each may be 0: then it is not limited.

    questions_per_minute  certificates asked about, however
    misses_per_minute     numbers asked about, with no code, that are none here: whoever guesses is stopped, while a
                          code is still answered
    clock                 nanoseconds, never going back
    proxies               whose X-Forwarded-For is believed
    """

    questions_per_minute: int
    misses_per_minute: int
    clock: Callable[[], int]
    proxies: tuple[Network, ...] = ()


class TooMany(Exception):
    """More was asked than may be; `taken` says of what, and for how long."""

    def __init__(self, taken: Taken) -> None:
        super().__init__()
        self.taken = taken


class Gate:
    """Counts what each address asks. None = no limits at all."""

    def __init__(self, limits: Limits | None) -> None:
        self._limits, self._turns = limits, Turns()
        self._questions = _limiter("questions", limits.questions_per_minute) if limits else None
        self._misses = _limiter("misses", limits.misses_per_minute) if limits else None

    def admit(self, request: Request, questions: int) -> Mapping[str, str]:
        """Let so many questions in; the fields that say how much is left. Raises TooMany."""
        if self._questions is None or self._limits is None:
            return {}
        taken = self._questions.take(self._address(request), questions, self._limits.clock())
        if not taken.allowed:
            raise TooMany(taken)
        return fields(taken)

    @asynccontextmanager
    async def place(self, request: Request) -> AsyncIterator[asyncio.Lock]:
        """A place for a file that is to be looked at; what is given is held while it is. Raises TooMany.

        There are few seats, and nobody takes them all: of each address one file is looked at at a time.
        """
        if self._limits is None:
            yield asyncio.Lock()
            return
        own, _ = bucket_names(self._address(request))
        async with AsyncExitStack() as queue:
            try:
                turn = await queue.enter_async_context(self._turns.place(own))
            except NoRoom:
                raise TooMany(Taken(_FILES, allowed=False, remaining=0, wait=_SOON, full_in=_SOON)) from None
            yield turn

    def admit_numbers(self, request: Request, numbers: int) -> None:
        """Let so many numbers be asked about, as if there were none of them. Raises TooMany."""
        if self._misses is None or self._limits is None or not numbers:
            return
        taken = self._misses.take(self._address(request), numbers, self._limits.clock())
        if not taken.allowed:
            raise TooMany(taken)

    def found(self, request: Request, numbers: int) -> None:
        """So many of those numbers were there after all."""
        if self._misses is not None and self._limits is not None and numbers:
            self._misses.give_back(self._address(request), numbers, self._limits.clock())

    def _address(self, request: Request) -> str:
        assert self._limits is not None  # noqa: S101 both callers have looked
        peer = request.client.host if request.client else None
        if not self._limits.proxies:
            return peer or ""
        # What is remembered of it is no longer than what is read of it.
        forwarded = ",".join(request.headers.getlist("x-forwarded-for"))[-LONGEST:]
        return client_address(peer, forwarded, self._limits.proxies)


def fields(taken: Taken) -> Mapping[str, str]:
    """RateLimit and RateLimit-Policy (draft-ietf-httpapi-ratelimit-headers-11); times in whole seconds, rounded up."""
    name, rule = taken.rule.name, taken.rule
    return {
        "RateLimit-Policy": f'"{name}";q={rule.burst};w={-(-60 * rule.burst // rule.per_minute)}',
        "RateLimit": f'"{name}";r={taken.remaining};t={seconds(taken.full_in)}',
    }


def seconds(nanoseconds: int) -> int:
    """Whole seconds, rounded up."""
    return -(-nanoseconds // SECOND)


def _limiter(name: str, per_minute: int) -> Limiter | None:
    # A full request must fit into what may be asked at once, or it could never be asked.
    return Limiter(Rule(name, max(MOST_TOKENS, per_minute), per_minute)) if per_minute else None
