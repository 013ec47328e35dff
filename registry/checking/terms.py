"""What schemes ask of whoever relies on their certificates, beside the last day that stands on them. Pure."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date

from registry.records.sector.extensions import Extension, extended
from registry.records.sector.validity_policy import Validity
from verification.trust import Recognition


@dataclass(frozen=True)
class SchemeTerms:
    """A scheme's own policies by version, and what its owner decided.

    extensions    about all of its certificates that end in some days
    recognitions  about certificates of other schemes that count as its own
    """

    policies: Mapping[str, Validity] = field(default_factory=dict)
    extensions: Sequence[Extension] = ()
    recognitions: Sequence[Recognition] = ()

    def accepted_until(self, version: str | None, end: date) -> tuple[date, Extension | None]:
        """The last day as signed, or the later one that a decision gives; not known which version = as signed."""
        if not self.extensions:
            return end, None
        known = self.extensions if version else [each for each in self.extensions if each.versions is None]
        later, decision = extended(known, version or "", end)
        return later or end, decision

    def repeated_within(self, version: str | None) -> int | None:
        """In how many months the course is to be repeated; not known which version = the shortest of all."""
        return _least(policy.max_interval_months for policy in self._of(version))

    def lapses_after(self, version: str | None) -> int | None:
        """After how many months without work somebody begins anew; not known which version = the shortest of all."""
        return _least(policy.lapses_after_months for policy in self._of(version))

    def _of(self, version: str | None) -> Iterable[Validity]:
        if version is None:
            return self.policies.values()
        policy = self.policies.get(version)
        return [policy] if policy else []


def _least(months: Iterable[int | None]) -> int | None:
    return min((each for each in months if each is not None), default=None)


NO_TERMS = SchemeTerms()
