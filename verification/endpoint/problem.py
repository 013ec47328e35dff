"""Problem details (RFC 9457): how a request that is not answered is told so. Never repeats what was sent."""

from collections.abc import Mapping, Sequence
from typing import Any, Final

import orjson
from fastapi import Response
from pydantic import BaseModel, Field

PROBLEM_TYPE: Final = "application/problem+json"
PROBLEM_BASE: Final = "/problems"
UNKEPT: Final = {"Cache-Control": "no-store", "X-Content-Type-Options": "nosniff"}


class Fault(BaseModel):
    """One thing that is wrong with what was sent."""

    pointer: str = Field(
        description="Where, as a JSON Pointer (RFC 6901) after `#`; `#` alone is the whole. A query parameter stands "
        "there as a member would.",
        examples=["#/tokens/3"],
    )
    detail: str = Field(description="What is wrong with it.", examples=["is too long"])


class Problem(BaseModel):
    """Problem details (RFC 9457). It never repeats what was sent."""

    type: str = Field(
        description="Which problem it is: stable, relative to this registry, and a page that says what to do.",
        json_schema_extra={"format": "uri-reference"},
        examples=["/problems/not-a-question"],
    )
    title: str = Field(description="The kind of problem in a few words.")
    status: int = Field(ge=400, le=599, description="The HTTP status, once more.")
    detail: str | None = Field(default=None, description="What to do about it.")
    errors: list[Fault] | None = Field(default=None, description="Everything that is wrong, with its place.")


class Refused(Exception):
    """A request that is not answered; carries what it is told."""

    def __init__(self, response: Response) -> None:
        super().__init__()
        self.response = response


def problem(  # noqa: PLR0913, PLR0917 the members of a problem, as RFC 9457 has them
    status: int,
    name: str,
    title: str,
    detail: str | None = None,
    faults: Sequence[Mapping[str, str]] | None = None,
    headers: Mapping[str, str] | None = None,
) -> Response:
    """A problem as an answer; `name` is the stable end of its type. What is not known is left out."""
    body: dict[str, Any] = {
        "type": f"{PROBLEM_BASE}/{name}",
        "title": title,
        "status": status,
        "detail": detail,
        "errors": faults,
    }
    told = orjson.dumps({key: value for key, value in body.items() if value is not None})
    return Response(told, status, {**(headers or {}), **UNKEPT}, PROBLEM_TYPE)
