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

    def take_place(self, key: str, *, most: int, most_with_key: int) -> object | None:
        """A place for one more who comes with that key, held until it is given back; None where there is none.

        Counted and taken in one step of the only thread that does so: however many come at once, no more are let in.
        """
        with_key = sum(each == key for each in self.present.values())
        if len(self.present) >= most or with_key >= most_with_key:
            return None
        place = object()
        self.present[place] = key
        return place

    def give_back(self, place: object) -> None:
        """It is free for somebody else."""
        self.present.pop(place, None)
