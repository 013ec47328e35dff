"""What a question comes to before anybody judges it: one finding a step, and what the certificate says."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from typing import Literal

from levels.level import Level
from verification.certificate import Certificate, Lang, StatusPlace, day_at

Outcome = Literal["passed", "failed", "could_not_check", "does_not_apply"]
Form = Literal["compact", "full"]
Value = str | int | date | datetime | timedelta | Mapping[Lang, str]


@dataclass(frozen=True, slots=True)
class Finding:
    """The answer of one step: a stable code, and what fills its sentence (texts by language among it)."""

    code: str
    outcome: Outcome
    params: Mapping[str, Value] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Seen:
    """What the certificate says, as far as its form says it. Only with a good signature.

    birth    year or date, None = not stated
    edition  None where the form does not say it
    full     the whole certificate, where the form is the full one or the register was asked
    """

    number: str
    holder_name: str
    birth: int | date | None
    scheme: str
    title: Mapping[Lang, str]
    level: Level
    edition: str | None
    issuer: str
    issuer_name: str
    not_before: datetime
    expires: datetime | None
    time_zone: str
    status: StatusPlace
    restrictions: tuple[str, ...]
    scope_classes: tuple[str, ...]
    subject: Literal["person", "organisation"] = "person"
    full: Certificate | None = None

    @property
    def valid_from(self) -> date:
        """First day it is valid."""
        return day_at(self.not_before, self.time_zone)

    @property
    def valid_until(self) -> date | None:
        """Last day it is valid; None = no end."""
        return day_at(self.expires - timedelta(seconds=1), self.time_zone) if self.expires else None


@dataclass(frozen=True, slots=True)
class Findings:
    """All that was found. known_as_of: the oldest knowledge the findings rest on; on: the day asked about."""

    findings: tuple[Finding, ...]
    certificate: Seen | None
    form: Form | None
    known_as_of: datetime
    on: date | None = None
