"""The six names of the assurance levels. Their order is data of an edition, not of the code."""

from enum import StrEnum


class Level(StrEnum):
    """A *kompetenssäkringsgrad*. "A" is reserved and never issued, so it has no member here."""

    B = "B"
    C1 = "C1"
    C2 = "C2"
    D = "D"
    E = "E"
    F = "F"
