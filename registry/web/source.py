"""The registry as a source of trust: what is on record, read at the moment of the question. Knows no HTTP.

The web process and the shell ask the same object, so a certificate gets one answer wherever it is shown.
"""

from collections import OrderedDict
from collections.abc import Callable
from datetime import date, datetime

from registry.errors import CertificateNotFound
from registry.records.certificates import certificate_by_number
from registry.records.database import revision
from registry.records.directory import Registry
from registry.signing.published import build_trust
from verification.trust import Trust

KEPT = 256  # trusts kept in memory: one for every certificate asked about lately


class RegistrySource:
    """A `verification.endpoint.TrustSource`.

    public_url  where the registry is reached
    clock       the moment, UTC; asked at every question
    """

    def __init__(self, registry: Registry, public_url: str, clock: Callable[[], datetime]) -> None:
        self._registry, self._public_url, self._clock = registry, public_url, clock
        self._kept: OrderedDict[tuple[int, date, str | None], Trust] = OrderedDict()

    def now(self) -> datetime:
        """The moment, UTC."""
        return self._clock()

    def trust(self, number: str | None = None) -> Trust:
        """What is on record now, with the history of that certificate where a number is given."""
        now = self.now()
        with self._registry.reading() as db:
            # While nothing was written and the day is the same, what is on record is the same.
            key = (revision(db), now.date(), number)
            kept = self._kept.get(key)
            if kept is None:
                kept = build_trust(db, self._public_url, now, asked=[] if number is None else [number])
                self._kept[key] = kept
                while len(self._kept) > KEPT:
                    self._kept.popitem(last=False)
        lists = {at: known.model_copy(update={"issued_at": now}) for at, known in kept.status_lists.items()}
        return kept.model_copy(update={"as_of": now, "status_lists": lists})

    def token_by_number(self, number: str) -> str | None:
        """The stored `vc+jwt`; None for a number that is not here."""
        with self._registry.reading() as db:
            try:
                return certificate_by_number(db, number).vc_jwt
            except CertificateNotFound:
                return None
