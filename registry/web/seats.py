"""Work that takes much memory: so many at once, and whoever comes beyond is asked to come again."""

from collections.abc import Iterator
from contextlib import contextmanager
from threading import BoundedSemaphore
from typing import Final

from registry.errors import TooMuchUnderWay

AT_ONCE: Final = 2
WAIT_SECONDS: Final = 5  # about what one takes


class Seats:
    """Of one kind of work. Nobody waits in line: who waits would hold the file, and a thread that others need."""

    def __init__(self, at_once: int = AT_ONCE) -> None:
        self._free = BoundedSemaphore(at_once)

    @contextmanager
    def taken(self) -> Iterator[None]:
        """Work inside the `with` block. Raises TooMuchUnderWay."""
        if not self._free.acquire(blocking=False):
            raise TooMuchUnderWay(WAIT_SECONDS)
        try:
            yield
        finally:
            self._free.release()
