"""All that is known about one person's path to one certificate. None = not known = does not help.

The names are those of the published facts; `bevis level schema` prints them with types and units.
Ages are whole calendar months on the decision day, counted by `age_in_months` (limits) or
`months_completed` (waiting times). Scales are ordered as written.
"""

import calendar
import difflib
import json
import re
import tomllib
from collections.abc import Callable, Mapping, Sequence
from datetime import date, datetime
from decimal import Decimal
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

from levels.order import LevelName

MAX_DOCUMENT_BYTES = 1_048_576  # an evidence file is a page or two; a megabyte is a mistake or an attack
MAX_DOTS = 32  # in one key; reading a dotted key takes time by the square of its length
MAX_FAULTS = 50  # more than anybody mends at one go
_LONGEST_PATH = 200  # characters of a path that are shown


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
_AGE = "Whole months on the decision day, rounded up: 12 months to the day is 12, a day more is 13."
_IDA = (
    "0 = not checked; 1 = one plausible link, such as the employer's list; 2 = a photo document seen by a trained "
    "person, or a two-factor eID; 3 = a passport's chip read, or an eID of level high. A Swedish samordningsnummer "
    "alone is 2 only if its quality is styrkt, else 1."
)
Months = Annotated[int, Field(ge=0, le=1200)]
Minutes = Annotated[int, Field(ge=0, le=1_000_000)]
AssuranceOfIdentity = Annotated[int, Field(ge=0, le=3)]


def _exact_share(given: object) -> Fraction:
    """Per cent as an exact fraction: 30, Decimal("24.5"), "24.5" or "100/3". Binary floats are not exact."""
    if isinstance(given, int) and given > _ALL:
        raise ValueError("must be above 0 and at most 100 per cent")  # before it is written out: it may be very long
    if isinstance(given, bool) or not isinstance(given, (int, str, Decimal, Fraction)) or len(str(given)) > _LONGEST:
        raise ValueError('must be a number of per cent, such as 30, 24.5 or "100/3"')
    try:
        share = Fraction(given) if _PLAIN_NUMBER.fullmatch(str(given)) else None
    except ZeroDivisionError:
        share = None
    if share is None:
        raise ValueError('must be a number of per cent, such as 30, 24.5 or "100/3"')
    if not 0 < share <= _ALL:
        raise ValueError("must be above 0 and at most 100 per cent")
    return share


_LONGEST = 40  # characters; nobody holds a share that needs more
_ALL = 100  # per cent
_PLAIN_NUMBER = re.compile(r"-?[0-9]+(\.[0-9]+|/[0-9]+)?")  # no exponents: 1e999999999 would fill the memory

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


def _day(given: object) -> object:
    """A day is a TOML date or text like 2026-03-01; a moment, a number or another spelling is none."""
    if isinstance(given, str) and _DAY.fullmatch(given):
        return date.fromisoformat(given)
    if isinstance(given, date) and not isinstance(given, datetime):
        return given
    raise ValueError("must be a day such as 2026-03-01")


_DAY = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")
Day = Annotated[date, BeforeValidator(_day)]
# Files know text and lists where the code has names and tuples; only that much is converted.


class _Strict(BaseModel):
    # Whoever only asks about a certificate reads no evidence, and does not wait until this is ready for it.
    model_config = ConfigDict(extra="forbid", frozen=True, strict=True, arbitrary_types_allowed=True, defer_build=True)


class Tie(_Strict):
    """One dated tie between two parties (organisations or persons, by their registry ids).

    `owns` is directed: `a` owns `share_percent` of `b`. All other kinds are mutual.
    Both dates are inclusive; a missing one means "as far back / forward as anybody knows".
    """

    kind: Annotated[TieKind, Field(strict=False)] = Field(description="Only `owns` has a direction.")
    a: PartyId = Field(description="For `owns` the owner.")
    b: PartyId = Field(description="For `owns` the organisation owned.")
    share_percent: SharePercent | None = Field(default=None, description="Only for `owns`, where it is required.")
    since: Day | None = Field(default=None, description="First day; none = as far back as anybody knows.")
    until: Day | None = Field(default=None, description="Last day; none = as far ahead as anybody knows.")

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

    row: str = Field(description="The row's id, such as I5; `bevis level show` lists them.")
    level: LevelName = Field(description="The level at which more is asked; not F.")
    asked: bool = Field(default=True, description="The row is mandatory at this level; false would loosen it.")
    fact: str | None = Field(
        default=None,
        description="A number or scale that the row asks for at this level: mostly a name of this file; else "
        "attended_percent (of the mandatory minutes), or for what others confirm its name and _confirmed, such as "
        "full_audit_age_confirmed (O10 at B: conformity_audit_age_confirmed_or_by_sector_body).",
    )
    at_least: int | str | None = Field(default=None, description="No lower than the edition asks; a scale's word.")
    at_most: int | str | None = Field(default=None, description="No higher than the edition asks.")

    @model_validator(mode="after")
    def _hangs_together(self) -> Self:
        thresholds = [value for value in (self.at_least, self.at_most) if value is not None]
        if (self.fact is None) != (not thresholds) or len(thresholds) > 1:
            raise ValueError("a threshold needs `fact` and one of `at_least`, `at_most`")
        return self


class Evidence(_Strict):
    """The facts of one certificate, by their published names. A missing fact is not known and does not help."""

    # What the scheme version says
    scheme_owner: PartyId | None = Field(
        default=None, description="Who owns the scheme. An owner that issues needs no mandate up to C1."
    )
    max_level: LevelName | None = Field(default=None, description="The highest level the scheme allows.")
    target_level: LevelName | None = Field(
        default=None, description="The level the scheme aims at; it decides nothing."
    )
    scheme_document: Literal["none", "course", "full"] | None = Field(
        default=None, description="Published: nothing, a description of the course, or a full scheme."
    )
    mandatory_minutes: Minutes | None = Field(default=None, description="Minutes of training; 0 = none is mandatory.")
    share_printed: bool | None = Field(default=None, description="The attended share stands on the certificate.")
    item_bank_owner: PartyId | None = Field(default=None, description="Who owns the exam questions.")
    item_bank_secured: bool | None = Field(default=None, description="The exam questions are kept from leaking.")
    validity_months: Annotated[int, Field(ge=1, le=1200)] | Literal["no_end"] | None = Field(
        default=None, description="Months from the policy's anchor, before rounding; or no_end."
    )
    recertification: bool | None = Field(default=None, description="The scheme says how a certificate is renewed.")
    surveillance_means: bool | None = Field(
        default=None, description="The scheme says how a certified person is followed up."
    )
    withdrawal: Literal["none", "annul", "withdraw"] | None = Field(
        default=None,
        description="What the scheme provides for: nothing, annulment for error, or withdrawal for cause too.",
    )
    tightening: tuple[Tightening, ...] = Field(
        default=(), strict=False, description="What the scheme asks beyond the edition."
    )

    # What the registry's records of organisations and mandates say
    parties_active: bool | None = Field(
        default=None, description="Every named party is registered and active on the decision day."
    )
    issuer_key_proven: bool | None = Field(
        default=None, description="The issuer has proven that the signing key is its own."
    )
    mandate_from_sector_body: bool | None = Field(
        default=None, description="The mandate comes from a registered sector body; only then is B possible."
    )
    mandate_max: LevelName | None = Field(
        default=None,
        description="The highest level of the issuer's mandate. An owner that issues needs none up to C1.",
    )

    # What the organisations declared, each with its date and evidence on record
    responsible_people: Annotated[int, Field(ge=0, le=100_000)] | None = Field(
        default=None, description="Named responsible people at the issuer."
    )
    open_to_all: bool | None = Field(
        default=None, description="The exam is open to all, without membership or training of the issuer's own group."
    )
    appeals: bool | None = Field(default=None, description="There is a route for complaints and appeals.")
    corrective_action: bool | None = Field(default=None, description="Nonconformities are put right and followed up.")
    succession_plan: bool | None = Field(
        default=None, description="If the issuer ceases, its records move to another register."
    )
    accredited: bool | None = Field(
        default=None, description="The issuer is accredited to ISO/IEC 17024. Counts only if confirmed."
    )
    conformity_audit_age: Months | None = Field(
        default=None, description="Age of an external audit against ISO/IEC 17024; counts only if confirmed. " + _AGE
    )
    quality_certificate_in_force: bool | None = Field(
        default=None, description="A quality certificate (such as ISO 9001) is in force. Counts only if confirmed."
    )
    quality_review_age: Months | None = Field(
        default=None, description="Age of an external review of the quality system; counts only if confirmed. " + _AGE
    )
    surveillance_age: Months | None = Field(
        default=None, description="Age of the last surveillance audit; counts only if confirmed. " + _AGE
    )
    full_audit_age: Months | None = Field(
        default=None, description="Age of the last full audit; counts only if confirmed. " + _AGE
    )
    conflicts_declared_age: Months | None = Field(
        default=None,
        description="Age of the declaration of conflicts of interest by everyone in the chain of decision. " + _AGE,
    )
    staff_records: Literal["none", "own", "confirmed"] | None = Field(
        default=None,
        description="Competence of teachers and examiners: not on record, own records, or confirmed by someone else.",
    )
    confirmed_by: Mapping[str, PartyId] = Field(
        default_factory=dict,
        description="For accredited, conformity_audit_age, quality_certificate_in_force, quality_review_age, "
        "surveillance_age, full_audit_age: the organisation that confirmed it under its own account.",
    )
    ties_complete_age: Mapping[PartyId, Months] = Field(
        default_factory=dict, description="Age of each organisation's declaration that its ties are complete. " + _AGE
    )
    ties: tuple[Tie, ...] = Field(default=(), strict=False, description="How the parties hang together, dated.")
    public_bodies: tuple[PartyId, ...] = Field(
        default=(),
        strict=False,
        description="Owners that are the state or a municipality: as common owner they tie nobody.",
    )
    acting: Mapping[PartyId, Annotated[tuple[PartyId, ...], Field(strict=False)]] = Field(
        default_factory=dict,
        description="For each organisation, the persons who act for it on this certificate. A conflict of interest "
        "between two persons counts only for the organisations for which they are listed here; a person who acts for "
        "two of them is shared staff.",
    )

    # The occasion: the course run or exam sitting
    training_provider: PartyId | None = Field(default=None, description="Who trained.")
    examination_body: PartyId | None = Field(default=None, description="Who examined: the organisation.")
    issuer: PartyId | None = Field(default=None, description="Who decides on and signs the certificate.")
    register_keeper: PartyId | None = Field(default=None, description="Who keeps the register.")
    first_session_on: Day | None = Field(default=None, description="First day of the training, or of the exam.")
    decided_on: Day | None = Field(default=None, description="The day the certificate was decided on.")
    examiner_last_taught: Months | Literal["never"] | None = Field(
        default=None,
        description="Completed months (rounded down) since any examiner or invigilator taught this person; or never.",
    )
    decider_apart: bool | None = Field(
        default=None, description="Whoever decided neither taught nor examined this person."
    )
    holder_apart: bool | None = Field(
        default=None, description="The holder was not instructor, examiner, invigilator or decision maker."
    )
    attendance_check: Literal["none", "once", "day", "session"] | None = Field(
        default=None, description="How often it was checked who was there: never, once, every day, or every session."
    )
    attendance_ida: AssuranceOfIdentity | None = Field(
        default=None, description="How sure it was who was there. " + _IDA
    )
    exam_supervision: Literal["none", "login", "live", "live_logged", "on_site"] | None = Field(
        default=None,
        description="The weakest of all parts of the exam: none; login = a login bound to the identity; "
        "live = named staff watch throughout; live_logged = and events are logged; "
        "on_site = staff in the room throughout.",
    )
    exam_ida: AssuranceOfIdentity | None = Field(default=None, description="How sure it was who took the exam. " + _IDA)
    exam_face: Literal["none", "seen", "document", "portrait"] | None = Field(
        default=None,
        description="The face at the exam: none; seen = staff saw it; document = compared with a photo document; "
        "portrait = compared with the portrait on record.",
    )
    identity_unbroken: bool | None = Field(
        default=None, description="No break in the exam, or identity was checked again after each."
    )

    # The row of the roster: what differs for this person
    enrolment_ida: AssuranceOfIdentity | None = Field(default=None, description="How sure it was who enrolled. " + _IDA)
    portrait: bool | None = Field(default=None, description="A portrait of the person is on record.")
    attended_minutes: Minutes | None = Field(
        default=None, description="Minutes of the mandatory training that the person attended."
    )
    passed_all: bool | None = Field(
        default=None, description="Every stated outcome and every class on the certificate was tested and passed."
    )
    result_recorded: bool | None = Field(
        default=None, description="Raw outcome, version of the pass rule and attempt number are on record."
    )
    notifiable: bool | None = Field(default=None, description="A way to reach the holder is on record.")
    employer: PartyId | None = Field(
        default=None,
        description="The holder's employer; where it also trained and issued, the certificate is first-party.",
    )

    @model_validator(mode="after")
    def _hangs_together(self) -> Self:
        if self.first_session_on and self.decided_on and self.decided_on < self.first_session_on:
            raise ValueError(f"decided_on ({self.decided_on}) lies before first_session_on ({self.first_session_on})")
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


def evidence_from_toml(data: bytes) -> Evidence:
    """Read an evidence file (TOML 1.0, UTF-8). Numbers with a point stay exact.

    Raises MalformedEvidence with one entry per fault, at most MAX_FAULTS and one that counts the others.
    """
    return evidence_from_mapping(toml_table(data))


def toml_table(data: bytes) -> dict[str, Any]:
    """Any TOML 1.0 document (UTF-8, with or without BOM) as a table; numbers with a point become Decimal.

    Takes time in proportion to its length, whatever it holds. Raises MalformedEvidence with a single fault.
    """
    text = _text(data)
    for key in _KEYS.finditer(text):
        if key["parts"] and len(_STRINGS.sub("", key["parts"]).split(".")) > MAX_DOTS + 1:
            line = text.count("\n", 0, key.start()) + 1
            raise MalformedEvidence([("", f"line {line}: a key has more than {MAX_DOTS} dots; write it shorter")])
    try:
        return tomllib.loads(text, parse_float=_decimal)
    except tomllib.TOMLDecodeError as fault:
        raise MalformedEvidence([("", f"this is not TOML: {fault}")]) from fault
    except RecursionError as fault:
        raise MalformedEvidence([("", "this is not TOML that can be read: nested too deeply")]) from fault
    except (ValueError, ArithmeticError) as fault:
        raise MalformedEvidence([("", "this is not TOML that can be read: a number is too long")]) from fault


# What tomllib could take for a dotted key, wherever it stands: text over several lines and comments are passed
# over, and a string that does not end goes on to where tomllib refuses it. Nothing is looked at twice.
_STRING = r'"(?:[^"\\\n]|\\.)*+"?|\'[^\'\n]*+\'?'
_STRINGS = re.compile(_STRING)
_KEYS = re.compile(
    r'"""(?:[^"\\]|\\[\s\S]|"(?!""))*+"{0,5}'
    r"|'''(?:[^']|'(?!''))*+'{0,5}"
    r"|#[^\n]*+"
    rf"|(?P<parts>(?:[\w-]++|{_STRING})(?:[ \t]*+\.[ \t]*+(?:[\w-]++|{_STRING}))*+)"
)


def evidence_from_json(data: bytes) -> Evidence:
    """Read the same facts from JSON (RFC 8259, UTF-8); duplicate members and NaN are refused.

    Raises MalformedEvidence with one entry per fault.
    """
    try:
        given = json.loads(
            _text(data), parse_float=_decimal, parse_constant=_no_constant, object_pairs_hook=_no_duplicates
        )
    except MalformedEvidence:
        raise
    except (ValueError, RecursionError) as fault:
        raise MalformedEvidence([("", f"this is not JSON: {fault}")]) from fault
    return evidence_from_mapping(given)


def evidence_from_mapping(given: object) -> Evidence:
    """Facts by name, as read from a file, to `Evidence`. Raises MalformedEvidence with one entry per fault."""
    if not isinstance(given, dict):
        raise MalformedEvidence([("", "facts must be given by name, as a table")])
    try:
        return Evidence.model_validate(given)
    except ValidationError as fault:
        raise MalformedEvidence(faults_in_words(fault, _in_words)) from fault


def faults_in_words(
    fault: ValidationError, in_words: Callable[[Mapping[str, Any]], tuple[str, str]]
) -> list[tuple[str, str]]:
    """One entry per path, at most MAX_FAULTS, then one that says how many errors are left.

    in_words  one pydantic error as (path, sentence); asked only about what is reported
    """
    errors = fault.errors(include_url=False)
    by_path: dict[str, list[str]] = {}
    told = 0
    # A field that may be of several types has an error for each.
    for error in errors[: 4 * MAX_FAULTS]:
        path, says = in_words(error)
        path = path if len(path) <= _LONGEST_PATH else path[:_LONGEST_PATH] + "…"
        if path not in by_path and len(by_path) == MAX_FAULTS:
            break
        told += 1
        if says not in by_path.setdefault(path, []):
            by_path[path].append(says)
    faults = [(path, " or ".join(says)) for path, says in by_path.items()]
    return [*faults, ("", f"and {len(errors) - told} more")] if told < len(errors) else faults


def _text(data: bytes) -> str:
    if len(data) > MAX_DOCUMENT_BYTES:
        raise MalformedEvidence([("", f"larger than {MAX_DOCUMENT_BYTES} bytes")])
    try:
        return data.decode("utf-8-sig")
    except UnicodeDecodeError as fault:
        raise MalformedEvidence([("", f"byte {fault.start} is not UTF-8; save the file as UTF-8")]) from fault


def _decimal(digits: str) -> Decimal:
    # NaN and infinity are legal TOML floats; every field refuses them later, by its name.
    return Decimal(digits)


def _no_constant(name: str) -> object:
    raise MalformedEvidence([("", f"{name} is not a JSON number")])


def _no_duplicates(pairs: list[tuple[str, object]]) -> dict[str, object]:
    members: dict[str, object] = {}
    for name, value in pairs:
        if name in members:
            raise MalformedEvidence([(name, "stands there twice")])
        members[name] = value
    return members


def _in_words(error: Mapping[str, Any]) -> tuple[str, str]:
    """One pydantic error as (path, sentence)."""
    path = ""
    for part in error["loc"]:
        if isinstance(part, int):
            path += f"[{part}]"
        elif part != "[key]" and not (path and part.startswith(("constrained-", "literal", "function-", "int", "str"))):
            path += f".{part}" if path else str(part)
    says = str(error["msg"]).removeprefix("Value error, ")
    if error["type"] == "extra_forbidden":
        near = difflib.get_close_matches(str(error["loc"][-1]), _names_at(error["loc"]), n=1)
        says = "is no known name here" + (f"; did you mean {near[0]}?" if near else "; `bevis level schema` lists them")
    elif not says.startswith("must"):
        says = says.replace("Input should be", "must be").replace("String should", "text must")
    return path, says


def _names_at(location: Sequence[object]) -> Sequence[str]:
    inner: dict[object, type[BaseModel]] = {"ties": Tie, "tightening": Tightening}
    return list((inner.get(location[0], Evidence) if len(location) > 1 else Evidence).model_fields)
