"""What a question comes to before anybody judges it: one finding a step, and what the certificate says.

Named tuples, since twenty of them are made for every question: they cost a third of a frozen dataclass.
"""

from collections.abc import Mapping
from datetime import date, datetime, timedelta
from types import MappingProxyType
from typing import Final, Literal, NamedTuple

from levels.level import Level
from verification.certificate import Certificate, Lang, StatusPlace
from verification.organisation_certificate import OrganisationCertificate

Outcome = Literal["passed", "failed", "could_not_check", "does_not_apply"]
Form = Literal["compact", "full"]
Value = str | int | date | datetime | timedelta | Mapping[Lang, str]
_NOTHING: Final[Mapping[str, Value]] = MappingProxyType({})


class Finding(NamedTuple):
    """The answer of one step: a stable code, and what fills its sentence (texts by language among it)."""

    code: str
    outcome: Outcome
    params: Mapping[str, Value] = _NOTHING


class Seen(NamedTuple):
    """What the certificate says, as far as its form says it. Only with a good signature.

    birth                    year or date, None = not stated
    edition                  None where the form does not say it
    not_before, expires      first instant of its first day, first instant after its last; None = no end
    valid_from, valid_until  those days, where the scheme keeps its time
    full                     the whole certificate, where the form is the full one or the register was asked
    log_index                where a code says that it stands in the log
    level                    None where it is about an organisation and names none
    organisation             the whole certificate, where it is about an organisation
    """

    number: str
    holder_name: str
    birth: int | date | None
    scheme: str
    title: Mapping[Lang, str]
    level: Level | None
    edition: str | None
    issuer: str
    issuer_name: str
    not_before: datetime
    expires: datetime | None
    valid_from: date
    valid_until: date | None
    time_zone: str
    status: StatusPlace
    restrictions: tuple[str, ...]
    scope_classes: tuple[str, ...]
    subject: Literal["person", "organisation"] = "person"
    full: Certificate | None = None
    log_index: int | None = None
    organisation: OrganisationCertificate | None = None


class Findings(NamedTuple):
    """All that was found. known_as_of: the oldest knowledge the findings rest on; on: the day asked about."""

    findings: tuple[Finding, ...]
    certificate: Seen | None
    form: Form | None
    known_as_of: datetime
    on: date | None = None
