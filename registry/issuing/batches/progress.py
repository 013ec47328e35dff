"""How far a batch has come, and why it stopped."""

import re
from dataclasses import dataclass

from registry.errors import Refusal
from registry.records.issued.batches import Batch, BatchState


@dataclass(frozen=True)
class Progress:
    """How far a batch has come. settled: rows of which it is known what became of them."""

    batch: str
    state: BatchState
    rows: int
    settled: int
    issued: int

    @property
    def left(self) -> int:
        """Rows to come."""
        return self.rows - self.settled


def progress_of(batch: Batch) -> Progress:
    """As the batch's own row tells it."""
    return Progress(batch.public_id, batch.state, batch.rows, batch.settled, batch.issued)


def reason_of(refused: Refusal) -> str:
    """A refusal as a code, such as issuer_not_authorised."""
    return re.sub(r"(?<!^)(?=[A-Z])", "_", type(refused).__name__).lower()
