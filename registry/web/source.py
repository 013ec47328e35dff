"""The registry as a source of trust: what is on record, read at the moment of the question. Knows no HTTP.

The web process and the shell ask the same object, so a certificate gets one answer wherever it is shown.
"""

from collections.abc import Callable
from datetime import date, datetime

from registry.errors import CertificateNotFound
from registry.records.certificates import certificate_by_number
from registry.records.database import revision
from registry.records.directory import Registry
from registry.signing.published import build_trust, events_of
from verification.trust import Trust


class RegistrySource:
    """A `verification.trust.TrustSource`.

    public_url  where the registry is reached
    clock       the moment, UTC; asked at every question
    """

    def __init__(self, registry: Registry, public_url: str, clock: Callable[[], datetime]) -> None:
        self._registry, self._public_url, self._clock = registry, public_url, clock
        self._kept: tuple[tuple[int, date], Trust] | None = None

    def now(self) -> datetime:
        """The moment, UTC."""
        return self._clock()

    def trust(self, number: str | None = None) -> Trust:
        """What is on record now, with the history of that certificate where a number is given."""
        now = self.now()
        with self._registry.reading() as db:
            # While nothing was written and the day is the same, what is on record is the same.
            key = (revision(db), now.date())
            if self._kept is None or self._kept[0] != key:
                self._kept = (key, build_trust(db, self._public_url, now))
            kept = self._kept[1]
            events = {} if number is None else {number: events_of(db, number)}
        lists = {at: known.model_copy(update={"issued_at": now}) for at, known in kept.status_lists.items()}
        return kept.model_copy(update={"as_of": now, "status_lists": lists, "events": events})

    def token_by_number(self, number: str) -> str | None:
        """The stored `vc+jwt`; None for a number that is not here."""
        with self._registry.reading() as db:
            try:
                return certificate_by_number(db, number).vc_jwt
            except CertificateNotFound:
                return None
