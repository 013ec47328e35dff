"""Rows of a batch between being taken and being kept."""

from collections.abc import Mapping, Sequence
from datetime import datetime

from registry.issuing.decisions.decide import Decided, Decision
from registry.issuing.pressing.hands import Awaited, Hands
from registry.issuing.pressing.press import Job, Pressed, Signers
from registry.issuing.pressing.sign import Place, line_of
from registry.records.issued.batches import KeptRow


class InHand:
    """Taken in one transaction, to be kept in a later one.

    rows       by their line in the file
    decisions  about those that are to be pressed
    places     one for each
    look       which look at the records they were decided on
    """

    def __init__(  # noqa: PLR0913, PLR0917 all that is in hand
        self,
        rows: Mapping[int, KeptRow],
        decisions: Sequence[Decision],
        places: Sequence[Place],
        look: int,
        signers: Signers,
        now: datetime,
    ) -> None:
        self.rows, self.decisions, self.look, self.signers, self.now = rows, list(decisions), look, signers, now
        self.lists = {number for number, _ in places}
        self._places = places
        self._awaited: Awaited | None = None

    def press(self, hands: Hands) -> None:
        """Have them pressed, unless they are already."""
        if self._awaited is None:
            to_press: list[Decided] = [each.decided for each in self.decisions if each.decided is not None]
            drafts = {each.base: each.shared for each in to_press}
            lines = [line_of(each, each.base, place) for each, place in zip(to_press, self._places, strict=True)]
            self._awaited = hands.press(Job(self.signers, drafts, lines, self.now))

    def pressed(self) -> Mapping[int, Pressed]:
        """By row; waits until there are. Raises OwnProofFailed."""
        return {each.row: each for each in self._awaited.result()} if self._awaited else {}


def same_certificate(one: Decision, other: Decision) -> bool:
    """Whether both say the same of the same holder, on the same evidence."""
    if one.decided is None or other.decided is None:
        return False
    at_once = one.decided.draft.model_copy(update={"issued_at": other.decided.draft.issued_at})
    return one.decided.evidence == other.decided.evidence and at_once == other.decided.draft
