"""Whoever follows something as it happens, over a connection that stays open."""

from collections.abc import Callable
from dataclasses import dataclass, field


def _never() -> bool:
    return False


@dataclass
class Followers:
    """Who they are at this moment; told to let go when the server is about to end, for it waits for them."""

    present: dict[object, str] = field(default_factory=dict)  # by the key they came with
    must_go: Callable[[], bool] = _never

    def with_key(self, key: str) -> int:
        """How many of them came with that key."""
        return sum(each == key for each in self.present.values())
