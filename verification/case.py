"""One question whose signature is good, and the rules it is read by. The steps look at this and at nothing else."""

from datetime import date, datetime
from functools import lru_cache
from typing import NamedTuple

from levels.order import NoSuchEdition, Order, editions, in_force_on, order_of
from verification.findings import Seen
from verification.log.proof import LogProof
from verification.trust import AttestationKey, Key, StatusEvent, Trust


class Case(NamedTuple):
    """One question with a good signature: what every step after that looks at.

    on               None = now
    signed_at        when it was signed, as far as that is known; see `signed_at_known`
    issue_day        that day, where the scheme keeps its time
    trust_is_older   than that day: what happened since cannot be held against the certificate
    proof            what is to show that it stands in the log; full form only
    text             the full form as it was signed, and who signed it; None for a code
    changes          its history as a trust file tells it until `trust.as_of`, from a moment by which it was issued on;
                     None = not told
    code             of a code: the bytes that its key signed
    """

    seen: Seen
    key: Key | AttestationKey
    trust: Trust
    now: datetime
    on: date | None
    history: tuple[StatusEvent, ...]
    signed_at: datetime
    signed_at_known: bool
    issue_day: date
    trust_is_older: bool
    proof: LogProof | None = None
    text: str | None = None
    changes: tuple[StatusEvent, ...] | None = None
    code: bytes | None = None


@lru_cache(maxsize=4096)
def rules_for(edition: str | None, day: date) -> Order:
    """The levels of the edition named; else of the one in force that day; else of the first there is."""
    try:
        return order_of(edition or in_force_on(day))
    except NoSuchEdition:
        return order_of(editions()[0])
