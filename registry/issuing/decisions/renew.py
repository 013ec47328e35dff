"""Renewing: which certificate a refresher follows on, and whether the shorter course is enough. Pure."""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import date

from levels.level import Level
from registry.issuing.decisions.validity import Previous, Refresh, may_refresh
from registry.issuing.lists.roster_row import Fault, fault
from registry.records.sector.extensions import Extension
from registry.records.sector.validity_policy import RefresherStep, Validity
from verification.certificate import display_number


@dataclass(frozen=True, slots=True)
class Held:
    """A certificate that somebody holds under the scheme, from another occasion."""

    number: str
    version: str
    level: Level
    state: str
    valid_from: date
    valid_until: date | None

    def previous(self) -> Previous:
        """As the policy counts from it."""
        return Previous(self.version, self.valid_from, self.valid_until)


def to_renew(held: Iterable[Held], carries_end: Callable[[Level], bool]) -> Held | Fault:
    """The certificate that a refresher follows on: of several the one ending last, of two such the newer.

    What attests an event is followed by another event, and not renewed.
    """
    ends = [each for each in held if carries_end(each.level)]
    standing = [each for each in ends if each.state == "issued"]
    if standing:
        return max(standing, key=lambda each: (each.valid_until or date.max, each.valid_from, each.number))
    stopped = next((each for each in ends if each.state == "suspended"), None)
    if stopped is not None:
        return fault("renews_suspended", number=display_number(stopped.number))
    return fault("renews_nothing")


def refreshed(
    policy: Validity, step: RefresherStep, held: Held, on: date, extensions: Sequence[Extension]
) -> Fault | None:
    """What stands against renewing it by that course on that day; None if nothing does.

    A course that is for those who come later, and longer, will do for those who come in time.
    """
    found = may_refresh(policy, held.previous(), on, extensions=extensions)
    if found.step is None:
        return _too_late_or_early(found, held)
    steps = [each.id for each in policy.refresher]
    if steps.index(step.id) < steps.index(found.step.id):
        return fault("renews_by_another", number=display_number(held.number), needed=found.step.id, given=step.id)
    return None


def _too_late_or_early(found: Refresh, held: Held) -> Fault:
    return fault(
        f"renews_{found.reason}",
        number=display_number(held.number),
        first=found.first.isoformat() if found.first else "–",
        last=found.last.isoformat() if found.last else "–",
    )
