"""Identity checks: how it was made sure who somebody is, as it is handed in."""

from datetime import date, datetime
from typing import Self

from pydantic import model_validator

from levels.identity import IdentityEvent, UnknownMethod, assurance_of_identity
from levels.order import NoSuchEdition
from levels.rulebook import edition_on
from registry.records.strict_input import StrictInput


class IdentityCheck(StrictInput):
    """How it was checked who stood there: a method of the edition's table, or that staff knew them again.

    carried_over  those who checked at enrolment recognised the face, so that check still counts
    """

    method: str | None = None
    native_level: str | None = None
    number_quality: str | None = None
    checker: str | None = None
    at: datetime | None = None
    carried_over: bool = False

    @model_validator(mode="after")
    def _hangs_together(self) -> Self:
        if self.carried_over == (self.method is not None):
            raise ValueError("needs either method or carried_over = true")
        return self

    def event(self) -> IdentityEvent:
        """The check as the rules weigh it; of one that is carried over the weight is that of enrolment."""
        return IdentityEvent(
            method=self.method or "",
            native_level=self.native_level,
            number_quality=self.number_quality,
            checker=self.checker,
            at=self.at,
        )

    def unknown(self, day: date) -> list[str]:
        """What the edition of that day does not know of it."""
        if self.method is None:
            return []
        try:
            assurance_of_identity(self.event(), edition_on(day).methods)
        except UnknownMethod as unknown:
            return [str(unknown)]
        except NoSuchEdition:  # then nothing is issued from it, and the desk says so
            return []
        return []


class ChecksByStage(StrictInput):
    """The checks at each stage. That of enrolment is the default for rows which name no method."""

    enrolment: IdentityCheck | None = None
    attendance: IdentityCheck | None = None
    exam: IdentityCheck | None = None

    @model_validator(mode="after")
    def _hangs_together(self) -> Self:
        if self.enrolment and self.enrolment.carried_over:
            raise ValueError("enrolment comes first and has nothing to carry over; name the method")
        return self
