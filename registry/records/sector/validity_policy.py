"""How long a certificate holds and how it is renewed, as a scheme states it. All that was seen in real schemes."""

import calendar
from datetime import date
from typing import Annotated, Literal, Self

from pydantic import Field as InputField
from pydantic import model_validator

from levels.evidence import add_months
from registry.records.strict_input import InLanguages, Slug, StrictInput

Anchor = Literal["decided_on", "issued_on", "course_first_on", "course_last_on", "assessed_on"]
Months = Annotated[int, InputField(ge=1, le=1200)]
# Short, since it stands in the QR code of every certificate.
ConditionCode = Annotated[str, InputField(pattern=r"^[A-Z0-9][A-Z0-9-]{1,19}$")]
MOST_CONDITIONS = 3


class RefresherStep(StrictInput):
    """A shorter course than the full one, for whoever comes in time.

    opens_months_before_end   earliest; None = as soon as one likes
    closes_months_after_end   latest; 0 = the last day of validity itself
    mandatory_minutes         takes the place of the scheme's own for those who take this course
    """

    id: Slug
    titles: InLanguages
    mandatory_minutes: Annotated[int, InputField(ge=0, le=1_000_000)]
    opens_months_before_end: Months | None = None
    closes_months_after_end: Annotated[int, InputField(ge=0, le=1200)] = 0


class Condition(StrictInput):
    """What must be so besides, as long as somebody relies on the certificate, such as being employed.

    The registry does not watch it. The code stands on the certificate as a restriction, so that whoever checks asks.
    """

    code: ConditionCode
    says: InLanguages


class Validity(StrictInput):
    """How long a certificate is valid: months from an anchor, perhaps to the end of that month; or no end.

    from_age                 not before the day the holder reaches this age; the end is counted as for everybody else
    anchored_renewal_months  whoever renews within so many months before the last day keeps the anniversary
    max_interval_months      the course is to be repeated within so many months; no day on a certificate, but what
                             an employer's check asks for where it asks nothing stricter
    lapses_after_months      whoever has been inactive for longer than this has to begin anew
    refresher                courses that renew, the one that closes first standing first; none = the full course
    only_while               what must be so besides
    renewal_replaces         a certificate that renews another comes in its place; else both stand until their own end
    """

    months: Months | Literal["no_end"]
    anchor: Anchor = "decided_on"
    round_to_month_end: bool = False
    from_age: Annotated[int, InputField(ge=1, le=99)] | None = None
    anchored_renewal_months: Months | None = None
    max_interval_months: Months | None = None
    lapses_after_months: Months | None = None
    refresher: Annotated[tuple[RefresherStep, ...], InputField(max_length=10)] = ()
    only_while: Annotated[tuple[Condition, ...], InputField(max_length=MOST_CONDITIONS)] = ()
    renewal_replaces: bool = False

    @model_validator(mode="after")
    def _hangs_together(self) -> Self:
        window = self.anchored_renewal_months
        if self.months == "no_end" and (window is not None or self.refresher):
            name = "refresher" if window is None else "anchored_renewal_months"
            raise ValueError(f'{name} is counted from the end of validity, and months = "no_end" has none')
        if window is not None and isinstance(self.months, int) and window > self.months:
            raise ValueError(f"anchored_renewal_months ({window}) is longer than months ({self.months})")
        for former, step in zip(self.refresher, self.refresher[1:], strict=False):
            if step.closes_months_after_end <= former.closes_months_after_end:
                raise ValueError(f"refresher: {step.id} must close later than {former.id}, which stands before it")
        for name, ids in (
            ("refresher", [step.id for step in self.refresher]),
            ("only_while", [condition.code for condition in self.only_while]),
        ):
            if len(set(ids)) < len(ids):
                raise ValueError(f"{name}: {next(one for one in ids if ids.count(one) > 1)} stands there twice")
        return self

    def rounded(self, day: date) -> date:
        """That day, or the last of its month where the scheme rounds."""
        return month_end(day) if self.round_to_month_end else day

    def step(self, name: str) -> RefresherStep | None:
        """The refresher course of that id."""
        return next((step for step in self.refresher if step.id == name), None)

    def active_until(self, last_active_on: date) -> date | None:
        """The last day on which somebody last active on that day has not lapsed; None = nobody lapses."""
        return None if self.lapses_after_months is None else add_months(last_active_on, self.lapses_after_months)

    def repeat_by(self, last_course_on: date) -> date | None:
        """The last day before which the course is to be repeated; None = the scheme asks for no repetition."""
        return None if self.max_interval_months is None else add_months(last_course_on, self.max_interval_months)


def month_end(day: date) -> date:
    """The last day of that day's month."""
    return day.replace(day=calendar.monthrange(day.year, day.month)[1])
