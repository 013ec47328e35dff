"""What is asked, read strictly from a body or a query: nothing is guessed, nothing unknown is passed over."""

import re
from collections.abc import Iterable, Mapping
from datetime import date
from typing import Annotated, Any, NamedTuple, TypeVar

from fastapi import Request
from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, ValidationError, WithJsonSchema
from pydantic.config import JsonDict
from pydantic_core import ErrorDetails

from levels.level import Level
from verification.certificate import EARLIEST, LATEST, Code
from verification.endpoint.gate import MOST_TOKENS
from verification.endpoint.problem import Refused, problem
from verification.situation import DEFAULT_SITUATION, Situation, situation, situations
from verification.strict import NotStrict, read_json

MAX_BODY_BYTES = 1_048_576
MAX_TOKEN = 81_920  # characters: the longest certificate that is read, and as much again
MOST_SCHEMES = 50
_MOST_FAULTS = 20
_ON_PAGES = frozenset({"situation", "schemes", "level", "on"})  # what else an address carries is nobody's question
_DAY = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")
_JSON = "application/json"
_NO_NUL: JsonDict = {"pattern": r"^[^\u0000]*$"}  # described here, refused by `read_json`


def _day(given: object) -> date:
    if not isinstance(given, str) or not _DAY.fullmatch(given):
        raise ValueError("must be a day such as 2026-03-01")
    try:
        day = date.fromisoformat(given)
    except ValueError as fault:
        raise ValueError("is no day in the calendar") from fault
    if not EARLIEST <= day <= LATEST:
        raise ValueError(f"must lie between {EARLIEST} and {LATEST}")
    return day


def _known_situation(given: object) -> object:
    if not isinstance(given, str) or given not in situations():
        raise ValueError(f"must be one of {', '.join(situations())}")
    return given


def _level(given: object) -> object:
    if not isinstance(given, str) or given not in set(Level):
        raise ValueError(f"must be one of {', '.join(Level)}")
    return Level(given)


def _schemes(given: object) -> object:
    if isinstance(given, list) and len(set(map(str, given))) != len(given):
        raise ValueError("names a scheme twice")
    return given


Token = Annotated[
    str,
    Field(
        max_length=MAX_TOKEN,
        json_schema_extra=_NO_NUL,
        description="A QR code's text, a verify address, its digits, a `vc+jwt`, or a number.",
        examples=["C7D9-P6Z7-A05X-FBE5"],
    ),
]
SituationName = Annotated[
    str,
    BeforeValidator(_known_situation),
    WithJsonSchema(
        {"type": "string", "enum": list(situations()), "description": "What the certificate is needed for."}
    ),
]
Schemes = Annotated[
    list[Code],
    BeforeValidator(_schemes),
    Field(
        min_length=1,
        max_length=MOST_SCHEMES,
        description="Codes of schemes of which it must be one; left out, the situation alone decides.",
        json_schema_extra={"uniqueItems": True},
        examples=[["hot-work"]],
    ),
]
Lowest = Annotated[
    Level,
    BeforeValidator(_level),
    WithJsonSchema(
        {
            "type": "string",
            "enum": [level.value for level in Level],
            "description": "The lowest level that will do; the situation may ask for a higher one.",
            "examples": ["D"],
        }
    ),
]
Day = Annotated[
    date,
    BeforeValidator(_day),
    WithJsonSchema(
        {
            "type": "string",
            "format": "date",
            "pattern": r"^(19[0-9]{2}|2[01][0-9]{2}|2200)-[0-9]{2}-[0-9]{2}$",
            "description": f"Answer for that day instead of for now; from {EARLIEST} to {LATEST}.",
            "examples": ["2026-03-01"],
        }
    ),
]
Tongue = Annotated[
    str,
    Field(
        max_length=40,
        pattern=r"^[A-Za-z]{1,8}(-[A-Za-z0-9]{1,8})*$",
        description="sv, nb or en (also as nb-NO; no and nn are read as nb); left out, Accept-Language decides. "
        "Any other language is answered in sv.",
        examples=["en"],
    ),
]


class _Given(BaseModel):
    """What stands beside the token or tokens."""

    model_config = ConfigDict(extra="forbid", strict=True)

    situation: SituationName = DEFAULT_SITUATION
    schemes: Schemes | None = None
    level: Lowest | None = None
    on: Day | None = None
    lang: Tongue | None = None


class Question(_Given):
    """One certificate is asked about."""

    token: Token


class Questions(_Given):
    """Many are asked about at once; all else is the same for each. They are answered in the same order."""

    tokens: Annotated[list[Token], Field(min_length=1, max_length=MOST_TOKENS)]


class QueryQuestion(_Given):
    """What is asked about a number that stands in the path."""


class Asking(NamedTuple):
    """What is asked: about each token in that situation; many = the answer is a list."""

    tokens: list[str]
    many: bool
    situation: Situation
    on: date | None
    lang: str | None


_Kind = TypeVar("_Kind", bound=_Given)


def media_type(request: Request) -> str:
    """What the body is said to be, without parameters, in small letters."""
    return request.headers.get("content-type", "").partition(";")[0].strip().lower()


async def question_in_body(request: Request) -> Asking:
    """The question in a JSON body of at most MAX_BODY_BYTES. Raises Refused: 400, 413, 415, 422."""
    _check_media_type(request)
    body = await body_of(request, MAX_BODY_BYTES)
    try:
        members = read_json(body, max_bytes=MAX_BODY_BYTES, max_depth=3)
    except NotStrict as fault:
        detail = f'{fault}. Send one JSON object in UTF-8, such as {{"token": "…"}}, each member once.'
        raise Refused(problem(400, "not-json", "The body cannot be read", detail[0].upper() + detail[1:])) from fault
    if "token" in members and "tokens" in members:
        raise _not_a_question([("#/tokens", "token and tokens exclude one another: give one of them")])
    # What the address says holds where the body says nothing of it; it is read as strictly.
    if request.scope["query_string"]:
        beside = _as_members(request.query_params.multi_items())
        _validated(QueryQuestion, beside)
        members = {**beside, **members}
    if "tokens" in members:
        asked = _validated(Questions, members)
        return _asked(asked, asked.tokens, many=True)
    one = _validated(Question, members)
    return _asked(one, [one.token], many=False)


def question_on_page(request: Request, number: str) -> Asking:
    """The question about a number that the form on a verdict puts: for what, and for which day. Raises Refused: 422.

    What was left empty asks nothing, and neither does whatever else stands in the address of a page.
    """
    asked = [(name, value) for name, value in request.query_params.multi_items() if name in _ON_PAGES and value]
    return _asked(_validated(QueryQuestion, _as_members(asked)), [number], many=False)


def question_in_query(request: Request, number: str) -> Asking:
    """The question about a number, as the query puts it. Raises Refused: 422."""
    given = _as_members(request.query_params.multi_items()) if request.scope["query_string"] else {}
    return _asked(_validated(QueryQuestion, given), [number], many=False)


def _as_members(query: Iterable[tuple[str, str]]) -> dict[str, Any]:
    """What a query says, each once; schemes may be many. Raises Refused: 422."""
    given: dict[str, Any] = {}
    for name, value in query:
        if name == "schemes":
            given.setdefault(name, []).append(value)
        elif name in given:
            raise _not_a_question([(f"#/{name}" if name in QueryQuestion.model_fields else "#", "is given twice")])
        else:
            given[name] = value
    return given


def _check_media_type(request: Request) -> None:
    kind, _, parameters = request.headers.get("content-type", "").partition(";")
    charset = parameters.strip().lower().removeprefix("charset=").strip('" ') if "charset" in parameters.lower() else ""
    if kind.strip().lower() != _JSON or charset not in {"", "utf-8", "utf8"} or "content-encoding" in request.headers:
        raise Refused(
            problem(
                415,
                "not-application-json",
                "The body is not JSON",
                f"Send the question with Content-Type: {_JSON}, in UTF-8 and without Content-Encoding.",
                headers={"Accept-Post": _JSON},
            )
        )


async def body_of(request: Request, most: int) -> bytes:
    """All of it, as long as it is not more than `most` bytes. Raises Refused: 413."""
    announced = request.headers.get("content-length", "0")
    if not announced.isdecimal() or len(announced) > 12 or int(announced) > most:  # noqa: PLR2004 digits
        raise _too_large(most)
    body = bytearray()
    async for chunk in request.stream():
        body += chunk
        if len(body) > most:
            raise _too_large(most)
    return bytes(body)


def _too_large(most: int) -> Refused:
    return Refused(problem(413, "body-too-large", "The body is too large", f"Send at most {most} bytes."))


def _validated(kind: type[_Kind], members: Mapping[str, Any]) -> _Kind:
    try:
        return kind.model_validate(members)
    except ValidationError as fault:
        raise _not_a_question([_told(kind, error) for error in fault.errors(include_input=False)]) from fault


def _asked(given: _Given, tokens: list[str], *, many: bool) -> Asking:
    needed = situation(given.situation)
    if given.schemes:
        # Asking for some of what the situation asks for: both must be met.
        wanted = [code for code in given.schemes if not needed.schemes or code in needed.schemes]
        # No certificate is for both where they have none in common; no code of a scheme has a blank in it.
        both = f"{' / '.join(needed.schemes)} + {' / '.join(given.schemes)}"
        needed = needed.model_copy(update={"schemes": tuple(sorted(wanted)) or (both,)})
    if given.level is not None:
        needed = needed.at_least(given.level)
    return Asking(tokens, many, needed, given.on, given.lang)


def _not_a_question(faults: list[tuple[str, str]]) -> Refused:
    told = [{"pointer": pointer, "detail": says} for pointer, says in faults[:_MOST_FAULTS]]
    more = f" and {len(faults) - _MOST_FAULTS} more" if len(faults) > _MOST_FAULTS else ""
    pointer, says = faults[0]
    detail = f"{pointer} {says}{more}." if len(faults) == 1 else f"{len(faults)} faults, the first: {pointer} {says}."
    return Refused(problem(422, "not-a-question", "The request is not a question", detail, told))


def _told(kind: type[_Given], error: ErrorDetails) -> tuple[str, str]:
    """Where and what, without a value or a name that somebody made up."""
    place = error["loc"]
    if error["type"] == "extra_forbidden":
        return "#", f"has a member that is not known; known are {', '.join(kind.model_fields)}"
    context = error.get("ctx", {})
    says = {
        "missing": "is missing",
        "string_type": "must be text",
        "list_type": "must be a list",
        "string_too_long": f"is longer than {context.get('max_length')} characters",
        "too_long": f"has more than {context.get('max_length')} entries; ask again for the rest",
        "too_short": "is empty",
        "string_pattern_mismatch": "is no language, such as nb"
        if place == ("lang",)
        else "is no code of a scheme, such as hot-work",
        "value_error": str(context.get("error", "")),
    }.get(error["type"], "is not what belongs here")
    return "#" + "".join(f"/{part}" for part in place), says
