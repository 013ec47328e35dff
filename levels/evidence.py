"""All that is known about one person's path to one certificate. None = not known = does not help.

The names are those of the published facts; `bevis level schema` prints them with types and units.
Ages are whole calendar months on the decision day, counted by `age_in_months` (limits) or
`months_completed` (waiting times). Scales are ordered as written.
"""

import calendar
import json
import tomllib
from collections.abc import Mapping, Sequence
from datetime import date
from decimal import Decimal, InvalidOperation
from enum import StrEnum
from fractions import Fraction
from typing import Annotated, Any, Literal, Self

from pydantic import (
    AfterValidator,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    PlainSerializer,
    ValidationError,
    WithJsonSchema,
    model_validator,
)

from levels.level import Level

MAX_DOCUMENT_BYTES = 1_048_576  # an evidence file is a page or two; a megabyte is a mistake or an attack


class MalformedEvidence(Exception):
    """Evidence that cannot be read; `faults` names each fault by its path.

    faults  pairs of (path such as `ties[0].share_percent`, sentence that says what to do)
    """

    def __init__(self, faults: Sequence[tuple[str, str]]) -> None:
        super().__init__("; ".join(f"{path}: {says}" if path else says for path, says in faults))
        self.faults = tuple(faults)


class TieKind(StrEnum):
    """How two organisations (or persons) may hang together; the names used in the published rules."""

    OWNS = "owns"
    CONTROL_GROUP = "control_group"
    BOARD_MAJORITY = "board_majority"
    CONFLICT_OF_INTEREST = "conflict_of_interest"
    PAID_BY_PASSES = "paid_by_passes"
    SHARED_STAFF = "shared_staff"


def _identifier(text: str) -> str:
    if text != text.strip() or not text or not text.isprintable():
        raise ValueError("must be a plain identifier without surrounding spaces")
    return text


PartyId = Annotated[str, Field(min_length=1, max_length=100), AfterValidator(_identifier)]
Months = Annotated[int, Field(ge=0, le=1200)]
Minutes = Annotated[int, Field(ge=0, le=1_000_000)]
AssuranceOfIdentity = Annotated[int, Field(ge=0, le=3)]


def _exact_share(given: object) -> Fraction:
    """Per cent as an exact fraction: 30, Decimal("24.5"), "24.5" or "100/3". Binary floats are not exact."""
    if isinstance(given, bool) or not isinstance(given, (int, str, Decimal, Fraction)):
        raise ValueError('must be a number of per cent, such as 30, 24.5 or "100/3"')  # noqa: TRY004 pydantic wants ValueError
    try:
        if isinstance(given, str):
            if len(given) > 40:  # noqa: PLR2004 longer than any share anybody holds
                raise ValueError("is too long for a share")
            share = Fraction(given)
        elif isinstance(given, Decimal):
            if not given.is_finite() or abs(given.adjusted()) > 40:  # noqa: PLR2004 same bound
                raise ValueError("must be between 0 and 100 per cent")
            share = Fraction(given)
        else:
            share = Fraction(given)
    except (InvalidOperation, ZeroDivisionError, ValueError) as fault:
        raise ValueError('must be a number of per cent, such as 30, 24.5 or "100/3"') from fault
    if not 0 < share <= 100:  # noqa: PLR2004 per cent
        raise ValueError("must be above 0 and at most 100 per cent")
    return share


SharePercent = Annotated[
    Fraction,
    BeforeValidator(_exact_share),
    PlainSerializer(str, return_type=str),
    WithJsonSchema(
        {
            "anyOf": [{"type": "number", "exclusiveMinimum": 0, "maximum": 100}, {"type": "string"}],
            "description": 'Per cent, exact: 30, 24.5 or "100/3".',
        }
    ),
]


class _Strict(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True, strict=True, arbitrary_types_allowed=True)


class Tie(_Strict):
    """One dated tie between two parties (organisations or persons, by their registry ids).

    `owns` is directed: `a` owns `share_percent` of `b`. All other kinds are mutual.
    Both dates are inclusive; a missing one means "as far back / forward as anybody knows".
    """

    kind: TieKind
    a: PartyId = Field(description="For `owns` the owner.")
    b: PartyId = Field(description="For `owns` the organisation owned.")
    share_percent: SharePercent | None = Field(default=None, description="Only for `owns`, where it is required.")
    since: date | None = None
    until: date | None = None

    @model_validator(mode="after")
    def _hangs_together(self) -> Self:
        if self.a == self.b:
            raise ValueError(
                f"{self.a!r} cannot own itself" if self.kind is TieKind.OWNS else f"{self.a!r} is tied to itself"
            )
        if (self.share_percent is None) == (self.kind is TieKind.OWNS):
            raise ValueError(
                "a tie of kind owns needs share_percent" if self.kind is TieKind.OWNS else "only owns has share_percent"
            )
        if self.since and self.until and self.until < self.since:
            raise ValueError(f"until ({self.until}) lies before since ({self.since})")
        return self

    def holds_on(self, day: date) -> bool:
        """Whether the tie is in force on that day, both ends included."""
        return (self.since is None or self.since <= day) and (self.until is None or day <= self.until)


class Tightening(_Strict):
    """What a scheme asks beyond the edition at one level (it may only tighten).

    Names a row and a level; `asked` makes the row mandatory there; `fact` with `at_least` or `at_most`
    sets a stricter threshold for one fact of the row.
    """

    row: str
    level: Level
    asked: bool = Field(default=True, description="The row is mandatory at this level; false would loosen it.")
    fact: str | None = None
    at_least: int | str | None = None
    at_most: int | str | None = None

    @model_validator(mode="after")
    def _hangs_together(self) -> Self:
        thresholds = [value for value in (self.at_least, self.at_most) if value is not None]
        if (self.fact is None) != (not thresholds) or len(thresholds) > 1:
            raise ValueError("a threshold needs `fact` and one of `at_least`, `at_most`")
        return self


class Evidence(_Strict):
    """The facts of one certificate, by their published names. A missing fact is not known and does not help."""

    # What the scheme version says
    scheme_owner: PartyId | None = None
    max_level: Level | None = None
    target_level: Level | None = None
    scheme_document: Literal["none", "course", "full"] | None = None
    mandatory_minutes: Minutes | None = Field(default=None, description="Minutes of training; 0 = none is mandatory.")
    share_printed: bool | None = Field(default=None, description="The attended share stands on the certificate.")
    item_bank_owner: PartyId | None = None
    item_bank_secured: bool | None = None
    validity_months: Annotated[int, Field(ge=1, le=1200)] | Literal["no_end"] | None = Field(
        default=None, description="Months from the policy's anchor, before rounding; or no_end."
    )
    recertification: bool | None = None
    surveillance_means: bool | None = None
    withdrawal: Literal["none", "annul", "withdraw"] | None = None
    tightening: tuple[Tightening, ...] = Field(default=(), description="What the scheme asks beyond the edition.")

    # What the registry's records of organisations and mandates say
    parties_active: bool | None = Field(
        default=None, description="Every named party is registered and active on the decision day."
    )
    issuer_key_proven: bool | None = None
    mandate_from_sector_body: bool | None = None
    mandate_max: Level | None = None
    issuer_is_sector_body: bool | None = Field(
        default=None, description="The issuer is itself a registered sector body (it may mandate itself up to B)."
    )

    # What the organisations declared, each with its date and evidence on record
    responsible_people: Annotated[int, Field(ge=0, le=100_000)] | None = None
    open_to_all: bool | None = None
    appeals: bool | None = None
    corrective_action: bool | None = None
    succession_plan: bool | None = None
    accredited: bool | None = Field(default=None, description="To ISO/IEC 17024.")
    conformity_audit_age: Months | None = Field(default=None, description="Months since an external audit.")
    quality_certificate_in_force: bool | None = None
    quality_review_age: Months | None = None
    surveillance_age: Months | None = None
    full_audit_age: Months | None = None
    conflicts_declared_age: Months | None = None
    staff_records: Literal["none", "own", "confirmed"] | None = None
    confirmed_by: Mapping[str, PartyId] = Field(
        default_factory=dict,
        description="For accredited, conformity_audit_age, quality_certificate_in_force, quality_review_age, "
        "surveillance_age, full_audit_age, staff_records: the organisation that confirmed it under its own account.",
    )
    ties_complete_age: Mapping[PartyId, Months] = Field(
        default_factory=dict, description="Months since each organisation declared its ties complete."
    )
    ties: tuple[Tie, ...] = ()
    public_bodies: tuple[PartyId, ...] = Field(
        default=(), description="Owners that are the state or a municipality: as common owner they tie nobody."
    )
    acting: Mapping[PartyId, tuple[PartyId, ...]] = Field(
        default_factory=dict, description="For each organisation, the persons who act for it on this certificate."
    )

    # The occasion: the course run or exam sitting
    training_provider: PartyId | None = None
    examination_body: PartyId | None = None
    issuer: PartyId | None = None
    register_keeper: PartyId | None = None
    first_session_on: date | None = Field(default=None, description="First day of the training, or of the exam.")
    decided_on: date | None = Field(default=None, description="The day the certificate was decided on.")
    examiner_last_taught: Months | Literal["never"] | None = Field(
        default=None,
        description="Completed months since any examiner or invigilator taught this candidate; or never.",
    )
    decider_apart: bool | None = None
    holder_apart: bool | None = None
    attendance_check: Literal["none", "once", "day", "session"] | None = None
    attendance_ida: AssuranceOfIdentity | None = None
    exam_supervision: Literal["none", "login", "live", "live_logged", "on_site"] | None = None
    exam_ida: AssuranceOfIdentity | None = None
    exam_face: Literal["none", "seen", "document", "portrait"] | None = None
    identity_unbroken: bool | None = None

    # The row of the roster: what differs for this person
    enrolment_ida: AssuranceOfIdentity | None = None
    portrait: bool | None = None
    attended_minutes: Minutes | None = None
    passed_all: bool | None = None
    result_recorded: bool | None = None
    notifiable: bool | None = None
    employer: PartyId | None = None

    @model_validator(mode="after")
    def _hangs_together(self) -> Self:
        if self.first_session_on and self.decided_on and self.decided_on < self.first_session_on:
            raise ValueError(
                f"decided_on ({self.decided_on}) lies before first_session_on ({self.first_session_on})"
            )
        unknown = sorted(set(self.confirmed_by) - CONFIRMABLE)
        if unknown:
            raise ValueError(f"confirmed_by: {unknown[0]!r} is no fact that others confirm")
        return self


CONFIRMABLE = frozenset(
    {
        "accredited",
        "conformity_audit_age",
        "quality_certificate_in_force",
        "quality_review_age",
        "surveillance_age",
        "full_audit_age",
        "staff_records",
    }
)


def add_months(day: date, months: int) -> date:
    """The same day of the month `months` later; the month's last day where there is no such day."""
    year, month = divmod(day.year * 12 + day.month - 1 + months, 12)
    month += 1
    return date(year, month, min(day.day, calendar.monthrange(year, month)[1]))


def age_in_months(since: date, on: date) -> int:
    """Age as a limit sees it: the least n such that `since` + n months is `on` or later.

    12 months to the day is 12; a day more is 13. A day in the future has no age: ValueError.
    """
    if since > on:
        raise ValueError(f"{since} lies after {on}")
    months = (on.year - since.year) * 12 + on.month - since.month
    return months if add_months(since, months) >= on else months + 1


def months_completed(since: date, on: date) -> int:
    """Waiting time as a quarantine sees it: the greatest n such that `since` + n months is `on` or earlier."""
    if since > on:
        raise ValueError(f"{since} lies after {on}")
    months = (on.year - since.year) * 12 + on.month - since.month
    return months if add_months(since, months) <= on else months - 1
