"""Whoever follows something as it happens, over a connection that stays open."""

from collections.abc import Callable
from dataclasses import dataclass, field


def _never() -> bool:
    return False


@dataclass
class Followers:
    """Who they are at this moment; told to let go when the server is about to end, for it waits for them."""

    present: set[object] = field(default_factory=set)
    must_go: Callable[[], bool] = _never
