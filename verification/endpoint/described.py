"""The answer as it is described to programs: `verification.answer.answer`, member by member.

Only a description: an answer is written by `answer` and by nothing else, and a test holds the two together.
"""

from collections.abc import Iterable
from datetime import date, datetime
from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field, WithJsonSchema

from levels.level import Level
from verification.reasons import headlines
from verification.situation import situations

_ANSWER_CODE = r"^[a-z][a-z0-9_]*$"


def _one_of(names: Iterable[str], says: str) -> dict[str, Any]:
    return {"type": "string", "enum": list(names), "description": says}


Verdict = Literal["valid", "invalid", "undetermined"]


class Step(BaseModel):
    """What one step of the check found."""

    code: str = Field(
        pattern=_ANSWER_CODE, description="Stable; explained at `/reasons/{code}`.", examples=["signature_good"]
    )
    outcome: Literal["passed", "failed", "could_not_check", "does_not_apply"] = Field(description="What came of it.")
    severity: Literal["decisive", "notice", "detail"] = Field(
        description="decisive: it has a part in the verdict; notice: to be read; detail: for those who ask for all."
    )
    title: str = Field(description="The step in a few words.")
    says: str = Field(description="What was found, in a sentence.")
    next: str | None = Field(description="What to do about it, where there is something to do.")


def _without_defaults(schema: dict[str, Any]) -> None:
    for member in schema["properties"].values():
        member.pop("default", None)


class IdentityChecks(BaseModel):
    """How surely the person was identified at each stage: 0 not at all, to 3; null = not stated."""

    enrolment: int | None = Field(ge=0, le=3, description="When signing up.")
    attendance: int | None = Field(ge=0, le=3, description="During the course.")
    exam: int | None = Field(ge=0, le=3, description="At the examination.")


class ShownFinding(BaseModel):
    """Something that was found at an audit."""

    ref: str = Field(description="What the auditor calls it.", examples=["A-1"])
    grade: Literal["major", "minor", "observation"] = Field(description="How much it weighs.")
    clause: str | None = Field(description="Clause of the standard; null = not stated.", examples=["9.3"])
    closed_on: date | None = Field(description="The day it was put right, and that was seen to; null = it is open.")


class Attests(BaseModel):
    """What a certificate says of an organisation. Which members there are depends on `kind`."""

    model_config = ConfigDict(json_schema_extra=_without_defaults)

    kind: Literal["mandate", "accreditation", "quality_certificate", "audit"] = Field(description="What it is.")
    holder: str = Field(description="Id of the organisation it is about.", examples=["provhuset"])
    replaces: str | None = Field(default=None, description="Number of the certificate in whose place it came.")
    mandate: str | None = Field(default=None, description="Id of the mandate.", examples=["mandate-8c1d2e3f4a5b6c7d"])
    scheme: str | None = Field(default=None, description="Code of the scheme it may issue under.")
    versions: list[str] | None = Field(default=None, description="Of the scheme; null = all.")
    max_level: Level | None = Field(default=None, description="Up to which level.")
    standard: str | None = Field(default=None, description="By which standard.", examples=["ISO/IEC 17024"])
    edition: str | None = Field(default=None, description="Which edition of it.", examples=["2026"])
    scope: list[str] | None = Field(default=None, description="For what.")
    extent: Literal["full", "surveillance", "conformity"] | None = Field(default=None, description="Of an audit.")
    first_on: date | None = Field(default=None, description="First day of the audit.")
    last_on: date | None = Field(default=None, description="Last day of the audit.")
    conforms: bool | None = Field(default=None, description="What whoever audited it concluded.")
    findings: list[ShownFinding] | None = Field(default=None, description="What was found at the audit.")
    open_findings: int | None = Field(default=None, description="How many of them are not put right yet.")


class ShownCertificate(BaseModel):
    """What the certificate says. Only where its signature is good.

    Members that are not required are there where the whole certificate is known, not only its short code.
    """

    model_config = ConfigDict(json_schema_extra=_without_defaults)

    number: str = Field(description="Its number, as it is printed.", examples=["C7D9-P6Z7-A05X-FBE5"])
    subject: Literal["person", "organisation"] = Field(description="Whether it is about a person or an organisation.")
    holder: str = Field(description="Whom it was issued to.")
    birth: str | None = Field(
        description="Date or year of birth, as the certificate states it; null where it states none, and always null "
        "where nothing but the number was given.",
        examples=["1987-04-12", "1987", None],
    )
    scheme: str = Field(description="Code of the scheme: what was learnt or examined.", examples=["hot-work"])
    title: str = Field(description="What it is called.")
    level: Level | None = Field(
        description="How much stands behind it, from B (most) to F; explained at `/levels/{level}`. Of a mandate, up "
        "to which level; null where it is about an organisation and has none."
    )
    level_name: str | None = Field(description="The level in words.")
    printed_word: str | None = Field(description="The word that is printed on a certificate of this level.")
    assures: str | None = Field(description="What the level assures.")
    does_not_assure: str | None = Field(description="What it does not assure.")
    issuer: str = Field(description="Name of the organisation that issued it.")
    valid_from: date = Field(description="The first day it is valid, in `time_zone`.")
    valid_until: date | None = Field(description="The last day it is valid, to its end; null = no end.")
    time_zone: str = Field(description="Where its days begin and end (IANA).", examples=["Europe/Stockholm"])
    restrictions: list[str] = Field(description="What it does not extend to.")
    scope_classes: list[str] = Field(description="What it extends to, such as classes of equipment.")
    successor: str | None = Field(
        description="The number of the certificate that came in its place; null = none, or not known."
    )
    edition: str = Field(default="", description="Edition of the rules the level was computed by.")
    scheme_version: str = Field(default="", description="Version of the scheme.")
    party: Literal["first", "second", "third"] | None = Field(
        default=None,
        description="Whether the examination was independent of the trainer: third = it was; null = not stated.",
    )
    issued_on: date = Field(default=date.min, description="The day it was issued, in `time_zone`.")
    training_provider: str | None = Field(default=None, description="Who trained; null = not stated.")
    examination_body: str | None = Field(default=None, description="Who examined; null = nobody did.")
    scheme_owner: str = Field(default="", description="Who decides what the scheme asks.")
    mandate: str | None = Field(
        default=None, description="The mandate it was issued by; null = the issuer's own scheme."
    )
    mandate_certificate: str | None = Field(
        default=None,
        description="Number of the certificate by which the scheme's owner granted it; null = not known here.",
        examples=["7Q4M-2XKD-9RTB-0HWC"],
    )
    attests: Attests | None = Field(
        default=None, description="What is said of the organisation; only where it is about one."
    )
    identity: IdentityChecks | None = Field(default=None, description="How identity was checked.")
    content: list[str] = Field(
        default=[], description="What was learnt, in the language of the answer if there is one."
    )
    course_first_on: date | None = Field(default=None, description="First day of the course; null = not stated.")
    course_last_on: date | None = Field(default=None, description="Last day of the course; null = not stated.")
    assessed_on: date | None = Field(default=None, description="Day of the examination; null = there was none.")
    decided_on: date | None = Field(default=None, description="Day of the decision; null = not stated.")
    attended_minutes: int | None = Field(default=None, ge=0, description="Minutes attended; null = not stated.")
    mandatory_minutes: int | None = Field(default=None, ge=0, description="Minutes asked; null = not stated.")
    attended_percent: int | None = Field(default=None, ge=0, description="Share attended; null = not stated.")
    delivery: str | None = Field(default=None, description="How it was taught; null = not stated.")
    language_training: str | None = Field(default=None, description="Language of the course; null = not stated.")
    language_test: str | None = Field(default=None, description="Language of the examination; null = not stated.")
    corrects: str | None = Field(
        default=None,
        description="Number of the certificate with a fault in it that this one replaced; null = none.",
        examples=["7Q4M-2XKD-9RTB-0HWC"],
    )
    renews: str | None = Field(
        default=None,
        description="Number of the certificate that this one follows on; null = none.",
        examples=["7Q4M-2XKD-9RTB-0HWC"],
    )


class Answer(BaseModel):
    """One answer: the same as on the page and in the shell."""

    outcome: Verdict = Field(
        description="valid: it may be relied on in this situation; invalid: it may not; undetermined: that cannot be "
        "said. Only `valid` is a yes."
    )
    headline: Annotated[str, WithJsonSchema(_one_of(headlines(), "The verdict in a word."))]
    title: str = Field(description="The verdict in a few words, for people.")
    says: str = Field(description="The verdict in a sentence.")
    next: str | None = Field(description="What to do first, where there is something to do.")
    reasons: list[Step] = Field(description="Every step and what it found; those that decide come first.")
    certificate: ShownCertificate | None = Field(description="null where no good certificate was read or found.")
    situation: Annotated[str, WithJsonSchema(_one_of(situations(), "What it was judged for."))]
    on: date | None = Field(description="The day the answer is for; null = now.")
    checked_at: datetime = Field(description="When this was answered (UTC, whole seconds).")
    known_as_of: datetime = Field(description="How old the oldest knowledge is that the answer rests on.")
    edition: str = Field(description="Edition of the rules it was read by.", examples=["2026-01-01"])


class Answers(BaseModel):
    """Many answers, in the order in which the tokens were given; each says when it was checked."""

    answers: list[Answer] = Field(description="As many as there were tokens.")


class CodeAnswered(BaseModel):
    """A QR code that was seen, and the answer about it."""

    page: int = Field(ge=1, description="The page it stands on; 1 of a picture.")
    at: Annotated[list[float], Field(min_length=4, max_length=4)] = Field(
        description="Left, top, right, bottom, as parts of the page's width and height.",
        examples=[[0.09, 0.06, 0.29, 0.2]],
    )
    answer: Answer


class CodesAnswered(BaseModel):
    """Every code that was seen in a picture or a PDF, each text once."""

    codes: list[CodeAnswered] = Field(description="Page by page, from the top.")
