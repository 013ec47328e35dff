"""Extensions: a scheme's owner decides that certificates ending in some days may be relied on for longer.

What was signed stays as it was signed, and a verifier at a gate says so. The decision counts where its owner has a say
in what is accepted: in an employer's check, and for whether a renewal comes in time.
"""

from collections.abc import Collection, Iterable
from dataclasses import dataclass
from datetime import date

from levels.evidence import add_months


@dataclass(frozen=True, slots=True)
class Extension:
    """One decision that stands.

    versions               None = all
    ends_from, ends_until  certificates whose last day, as signed, lies in these days, both included
    months, until          how much longer, or until which day for all of them; one of the two
    decision               how people find the decision again
    """

    scheme: str
    versions: Collection[str] | None
    ends_from: date
    ends_until: date
    months: int | None
    until: date | None
    decided_on: date
    decision: str

    def end_for(self, version: str, end: date) -> date | None:
        """The last day that it gives a certificate of that version; None where it is not meant."""
        if not self.ends_from <= end <= self.ends_until or (self.versions is not None and version not in self.versions):
            return None
        return add_months(end, self.months) if self.months is not None else self.until


def extended(extensions: Iterable[Extension], version: str, end: date | None) -> tuple[date | None, Extension | None]:
    """The last day as signed, or the latest that a decision gives, with that decision.

    extensions  of the certificate's scheme

    Each decision looks at the day that was signed, so their order does not matter; none ever shortens.
    """
    best: tuple[date | None, Extension | None] = (end, None)
    for each in extensions:
        later = None if end is None else each.end_for(version, end)
        if later is not None and best[0] is not None and later > best[0]:
            best = later, each
    return best
