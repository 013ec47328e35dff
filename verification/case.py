"""One question whose signature is good, and the rules it is read by. The steps look at this and at nothing else."""

from dataclasses import dataclass
from datetime import date, datetime

from levels.rulebook import NoSuchEdition, Rulebook, edition_on, editions, rulebook
from verification.certificate import day_at
from verification.findings import Seen
from verification.trust import AttestationKey, Key, Scheme, StatusEvent, Trust


@dataclass(frozen=True, slots=True)
class Case:
    """One question with a good signature: what every step after that looks at.

    on             None = now
    signed_at      when it was signed, as far as that is known; see `signed_at_known`
    """

    seen: Seen
    key: Key | AttestationKey
    trust: Trust
    now: datetime
    on: date | None
    history: tuple[StatusEvent, ...]
    signed_at: datetime
    signed_at_known: bool

    @property
    def scheme(self) -> Scheme | None:
        """The scheme, where it is known."""
        return self.trust.schemes.get(self.seen.scheme)

    @property
    def issue_day(self) -> date:
        """The day it was issued, where the scheme keeps its time."""
        return day_at(self.signed_at, self.seen.time_zone)

    @property
    def trust_is_older(self) -> bool:
        """What happened after the trust was made cannot be held against a certificate."""
        return self.issue_day > day_at(self.trust.as_of, self.seen.time_zone)


def rules_for(edition: str | None, day: date) -> Rulebook:
    """The edition named; else the one in force that day; else the first there is."""
    try:
        return rulebook(edition) if edition else edition_on(day)
    except NoSuchEdition:
        return rulebook(editions()[0])
