"""Whose file is looked at next: of each address one at a time, so that who sends many waits for itself alone."""

import asyncio
from collections import Counter
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager


class Turns:
    """The turns of everybody who has a file looked at, or waits for it; of nobody else anything is kept."""

    def __init__(self) -> None:
        self._locks, self._here = dict[str, asyncio.Lock](), Counter[str]()

    def __len__(self) -> int:
        return len(self._here)

    @asynccontextmanager
    async def of(self, name: str) -> AsyncIterator[None]:
        """Wait until no other of that name is having its turn, and have it."""
        lock = self._locks.setdefault(name, asyncio.Lock())
        self._here[name] += 1
        try:
            async with lock:
                yield
        finally:
            self._here[name] -= 1
            if not self._here[name]:
                del self._here[name], self._locks[name]
