"""How sure somebody was of who stood there: identity events reduced to IDA 0 to 3, by dated data.

The native level (an eID's `acr`, a card's mode) is kept with the event; IDA is derived and never stored alone,
because the national scales are not legally equivalent (CIR (EU) 2015/1502, Digg, ID-porten, NIST SP 800-63A-4).
"""

from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field

Ida = Annotated[int, Field(ge=0, le=3)]


class UnknownMethod(Exception):
    """A method, native level or number quality that this edition does not list; names the known ones."""


class IdentityEvent(BaseModel):
    """One check of who somebody is: what was done, what the method itself says of its strength, by whom, when.

    No copy of a document and no number of one is kept.
    """

    model_config = ConfigDict(extra="forbid", frozen=True, strict=True)

    method: str
    native_level: str | None = Field(default=None, description="As the method says it: an acr, `pin`, `plus`.")
    number_quality: str | None = Field(
        default=None, description="Quality of a Swedish samordningsnummer: styrkt, sannolik or osaker."
    )
    checker: str | None = None
    at: datetime | None = None


class Method(BaseModel):
    """A row of the method table: its IDA, and where the native level decides, the IDA of each native level."""

    model_config = ConfigDict(extra="forbid", frozen=True, strict=True)

    id: str
    name: Mapping[str, str]
    ida: Ida
    native: Mapping[str, Ida] = Field(default_factory=dict)
    rests_on_number: bool = False
    note: str = ""


class Methods(BaseModel):
    """The method table of one edition."""

    model_config = ConfigDict(extra="forbid", frozen=True, strict=True)

    method: Annotated[tuple[Method, ...], Field(strict=False)]
    acr: Mapping[str, Ida] = Field(description="Authentication context class references of eID schemes.")
    number_quality_cap: Mapping[str, Ida] = Field(description="The most that a proofing can give which rests on it.")

    def by_id(self, method: str) -> Method:
        """The row of that method. Raises UnknownMethod."""
        for row in self.method:
            if row.id == method:
                return row
        known = ", ".join(row.id for row in self.method)
        raise UnknownMethod(f"{method!r} is no identity method of this edition; known are {known}")


def assurance_of_identity(event: IdentityEvent, methods: Methods) -> int:
    """IDA 0 to 3 of one identity event.

    A native level, where given, must be one the method or the acr table lists: a made-up level must not pass
    for the method's usual strength. Raises UnknownMethod.
    """
    method = methods.by_id(event.method)
    ida = method.ida
    if event.native_level is not None:
        levels = {**methods.acr, **method.native} if method.id == "eid" else method.native
        if event.native_level not in levels:
            known = ", ".join(levels) or "none"
            raise UnknownMethod(f"{event.native_level!r} is no level of {method.id}; known are {known}")
        ida = levels[event.native_level]
    if event.number_quality is not None:
        if event.number_quality not in methods.number_quality_cap:
            known = ", ".join(methods.number_quality_cap)
            raise UnknownMethod(f"{event.number_quality!r} is no quality of a samordningsnummer; known are {known}")
        if method.rests_on_number:
            ida = min(ida, methods.number_quality_cap[event.number_quality])
    elif method.rests_on_number and methods.number_quality_cap:
        # A number of unknown quality may be the weakest kind.
        ida = min(ida, *methods.number_quality_cap.values())
    return ida


def strongest(events: Iterable[IdentityEvent], methods: Methods) -> int | None:
    """IDA of the best of several events about one person at one stage; None where there was none."""
    return max((assurance_of_identity(event, methods) for event in events), default=None)


def weakest(events: Iterable[IdentityEvent], methods: Methods) -> int | None:
    """IDA of the poorest of several events that all had to hold (every part of an exam); None where there was none."""
    return min((assurance_of_identity(event, methods) for event in events), default=None)
