"""Whose file is looked at next: of each address one at a time, so that who sends many waits for itself alone."""

import asyncio
from collections import Counter
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

MOST_HERE = 10  # files of one address that are sent, wait or are looked at: what each holds lies in memory


class NoRoom(Exception):
    """So many of that name are here already."""


class Turns:
    """The turns of everybody who has a file looked at, or waits for it; of nobody else anything is kept."""

    def __init__(self) -> None:
        self._locks, self._here = dict[str, asyncio.Lock](), Counter[str]()

    def __len__(self) -> int:
        return len(self._here)

    @asynccontextmanager
    async def place(self, name: str) -> AsyncIterator[asyncio.Lock]:
        """A place in the queue of that name; what is given is held by whoever's turn it is. Raises NoRoom."""
        if self._here[name] >= MOST_HERE:
            raise NoRoom
        lock = self._locks.setdefault(name, asyncio.Lock())
        self._here[name] += 1
        try:
            yield lock
        finally:
            self._here[name] -= 1
            if not self._here[name]:
                del self._here[name], self._locks[name]
