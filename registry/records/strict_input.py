"""What people hand in as TOML or options: read strictly, every fault named by its path."""

import difflib
import json
import re
from collections.abc import Mapping
from datetime import date, datetime, time
from decimal import Decimal
from typing import Annotated, Any, TypeVar

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, ValidationError, WithJsonSchema

from levels.evidence import MAX_DOCUMENT_BYTES, MalformedEvidence, faults_in_words, toml_table
from registry.errors import MalformedInput
from registry.reading.national_number import holds_checked_number

MAX_BYTES = MAX_DOCUMENT_BYTES  # a scheme or an occasion is a page or two; a megabyte is a mistake or an attack
# Twelve digits, ten with a sign, eleven: as they are mostly written, with a typing error too.
_NATIONAL_NUMBER = re.compile(
    r"(?<![0-9])(?:(?:18|19|20)[0-9]{2}(?:0[1-9]|1[0-2])[0-9]{2}[-+ ]?[0-9]{4}"
    r"|[0-9]{2}(?:0[1-9]|1[0-2])[0-9]{2}[-+][0-9]{4}"
    r"|[0-7][0-9](?:0[1-9]|1[0-2]|[89][0-9])[0-9]{2}[ -]?[0-9]{5})(?![0-9])"
)
_TEN_DIGITS = re.compile(r"(?<![0-9])(?:[0-9]{2})?[0-9]{6}-?[0-9]{4,5}(?![0-9])")
_PROGRAM = re.compile(r"(javascript|vbscript|data|blob|file)\s*:", re.IGNORECASE)
_NO_SUCH_YEAR = re.compile(r"year -?[0-9]+ is out of range|date value out of range")
SLUG = re.compile(r"[a-z0-9](?:[a-z0-9-]{0,30}[a-z0-9])")

Given = TypeVar("Given", bound=BaseModel)


class StrictInput(BaseModel):
    """The way all input is read: no unknown names, no guessed types, never changed afterwards."""

    model_config = ConfigDict(extra="forbid", frozen=True, strict=True, arbitrary_types_allowed=True)


def _slug(text: str) -> str:
    if not SLUG.fullmatch(text):
        raise ValueError("must be 2 to 32 of the characters a-z, 0-9 and - (not first or last)")
    return text


def _no_national_number(text: str) -> str:
    if sum(character.isdigit() for character in text) >= 10:  # noqa: PLR2004 national numbers have 10 to 12 digits
        raise ValueError("must not be built on a national number; choose a short name of your own")
    return text


def _no_number_in_it(text: str) -> str:
    if _NATIONAL_NUMBER.search(text) or holds_checked_number(text):
        raise ValueError("must not hold what looks like a national number")
    return text


def _no_number_as_id(text: str) -> str:
    if _TEN_DIGITS.search(text):
        raise ValueError(
            "must not hold what looks like a national number; part the digits by letters, as in 20260311-t09"
        )
    return text


def _plain(text: str) -> str:
    if text != text.strip() or not text.isprintable():
        raise ValueError("must be text on one line without surrounding spaces")
    return text


def each_once(names: tuple[str, ...]) -> tuple[str, ...]:
    """No name twice, however it is written. ValueError."""
    seen: set[str] = set()
    for name in names:
        if name.casefold() in seen:
            raise ValueError(f"names {name[:60]!r} twice")
        seen.add(name.casefold())
    return names


def _no_program(text: str) -> str:
    if _PROGRAM.match(text):
        raise ValueError(
            "must be where something is kept, such as https://…, and no address that a browser carries out"
        )
    return text


NoNumber = AfterValidator(_no_number_in_it)
NoNumberAsId = AfterValidator(_no_number_as_id)
Slug = Annotated[
    str,
    AfterValidator(_slug),
    NoNumberAsId,
    WithJsonSchema({"type": "string", "pattern": f"^{SLUG.pattern}$", "examples": ["byggskolan"]}),
]
PartySlug = Annotated[Slug, AfterValidator(_no_national_number)]
Line = Annotated[str, Field(min_length=1, max_length=200), AfterValidator(_plain), NoNumber]
Reference = Annotated[Line, AfterValidator(_no_program)]  # where something is kept; somebody may make a link of it
Language = Annotated[str, Field(pattern=r"^[a-z]{2,3}(-[A-Za-z0-9]{2,8})*$")]
Country = Annotated[str, Field(pattern=r"^[A-Z]{2}$")]


class Decision(StrictInput):
    """Why somebody decides so, on one line."""

    reason: Line


class InLanguages(StrictInput):
    """A line in each of the three languages."""

    sv: Line
    nb: Line
    en: Line


def read_toml(data: bytes, shape: type[Given]) -> Given:
    """A TOML file (UTF-8, with or without BOM) as `shape`. Raises MalformedInput with one entry per fault."""
    return parse(read_table(data), shape)


def read_table(data: bytes) -> Mapping[str, object]:
    """A TOML file (UTF-8, with or without BOM) by its names, in no shape yet. Raises MalformedInput."""
    try:
        return toml_table(data)
    except MalformedEvidence as fault:
        raise MalformedInput(fault.faults) from fault


def parse(values: Mapping[str, object], shape: type[Given]) -> Given:
    """Values by name as `shape`; text may stand for dates and names. Raises MalformedInput with one entry per fault."""
    try:
        # By way of JSON, where a list may become a tuple and text a date, and nothing else is converted.
        return shape.model_validate_json(json.dumps(values, default=_plain_value))
    except ValidationError as fault:
        raise MalformedInput(faults_in_words(fault, lambda error: _in_words(error, shape))) from fault
    except (TypeError, ValueError, RecursionError) as fault:
        raise MalformedInput([("", "holds a value that cannot be read")]) from fault


def plain_json(values: Mapping[str, object]) -> dict[str, Any]:
    """The same as JSON has it: days and times are text. Raises MalformedInput."""
    try:
        plain: dict[str, Any] = json.loads(json.dumps(values, default=_plain_value))
    except (TypeError, ValueError, RecursionError) as fault:
        raise MalformedInput([("", "holds a value that cannot be read")]) from fault
    return plain


def _plain_value(value: object) -> object:
    if isinstance(value, (datetime, date, time)):
        return value.isoformat()
    if isinstance(value, (Decimal, tuple, set, frozenset)):
        return str(value) if isinstance(value, Decimal) else list(value)
    if isinstance(value, BaseModel):
        return value.model_dump(mode="json")
    raise TypeError(type(value).__name__)


def _in_words(error: Mapping[str, Any], shape: type[BaseModel]) -> tuple[str, str]:
    location: tuple[int | str, ...] = error["loc"]
    names = _names_at(location, shape)
    path = ""
    for place, part in enumerate(location):
        if isinstance(part, int):
            path += f"[{part}]"
        elif part in names[place] or _is_key(location, place, names, error["type"]):
            path += f".{part}" if path else part
    says = said_of(error)
    if error["type"] == "extra_forbidden":
        known = names[-1]
        written = str(location[-1])
        # Days are called exam_on, decided_on, valid_until: whoever writes exam_date means that, not exam_face.
        days = [name for name in known if written.endswith("_date") and name == written.removesuffix("_date") + "_on"]
        near = days or difflib.get_close_matches(written, known, n=1)
        says = "is no known name here; " + (f"did you mean {near[0]}?" if near else f"known are {', '.join(known)}")
    elif error["type"] == "missing":
        says = "is missing"
    return path, says


def said_of(error: Mapping[str, Any]) -> str:
    """What pydantic found, in our words, without saying where."""
    bounds: Mapping[str, Any] = error.get("ctx") or {}
    if error["type"] == "too_short":
        least = bounds["min_length"]
        return "must not be empty" if least == 1 else f"must have at least {least} entries"
    if error["type"] == "too_long":
        return f"must have at most {bounds['max_length']} entries"
    says = str(error["msg"]).removeprefix("Value error, ")
    if _NO_SUCH_YEAR.fullmatch(says):
        return "leads to a day that no calendar has"
    if says.startswith("must"):
        return says
    return says.replace("Input should be", "must be").replace("String should", "text must")


def _is_key(location: tuple[int | str, ...], place: int, names: list[list[str]], kind: str) -> bool:
    """Whether a part is what somebody wrote (an unknown name, a key of a table), not pydantic's name of a type."""
    part = str(location[place])
    if kind == "extra_forbidden":
        return place == len(location) - 1
    types = r"\[key\]|int|str|bool|float|none|date|nullable|(constrained|literal|function)-?.*|literal\[.*"
    return not names[place] and re.fullmatch(types, part) is None and re.fullmatch(r"[\w-]{1,40}", part) is not None


def _names_at(location: tuple[int | str, ...], shape: type[BaseModel]) -> list[list[str]]:
    """For each part of an error's location the field names that may stand there (empty: a mapping's key, an index)."""
    names: list[list[str]] = []
    here: type[BaseModel] | None = shape
    for part in location:
        names.append(list(here.model_fields) if here else [])
        if isinstance(part, str) and here is not None:
            field = here.model_fields.get(part)
            here = _model_in(field.annotation) if field else None
    return names


def _model_in(annotation: Any) -> type[BaseModel] | None:  # noqa: ANN401 annotations have no common type
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        return annotation
    for part in getattr(annotation, "__args__", ()):
        found = _model_in(part)
        if found:
            return found
    return None
