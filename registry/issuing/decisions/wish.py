"""What is asked beside a class list."""

from dataclasses import dataclass

from levels.level import Level
from registry.records.issued.batches import Batch


@dataclass(frozen=True)
class Wish:
    """What is asked beside the list; a row may ask otherwise for itself.

    asked              the level; None = the scheme's target
    issue_good_rows    issue from the good rows although others have faults
    issue_at_attained  where the asked level is not attained, issue at the one that is
    """

    asked: Level | None = None
    issue_good_rows: bool = False
    issue_at_attained: bool = False

    def key(self) -> str:
        """What makes two wishes the same."""
        return f"{self.asked or 'target'} {self.issue_at_attained} {self.issue_good_rows}"


def wish_of(batch: Batch) -> Wish:
    """What was asked of that batch."""
    return Wish(Level(batch.asked) if batch.asked else None, batch.good_rows, batch.at_attained)
