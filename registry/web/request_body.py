"""What is sent as JSON, read strictly: each member once, nothing unknown, every fault with its place.

    def add_tie(new: Annotated[NewTie, Given(NewTie)], …)

No fault repeats a value, and none a name that is not ours.
"""

from collections.abc import Iterator
from typing import Any, Final

from fastapi import Depends, Request
from fastapi.dependencies.models import Dependant
from pydantic import AfterValidator, BaseModel

from registry.reading.national_number import holds_national_number
from registry.records.strict_input import parse
from registry.web.problems import language_asked, told_problem, words_of
from registry.web.settings import MAX_BODY_BYTES
from verification.endpoint.problem import Refused
from verification.strict import NotStrict, read_json

JSON: Final = "application/json"


def _no_national_number(text: str) -> str:
    if holds_national_number(text):
        raise ValueError("seems to hold a national identity number; take it out, it may not be kept on record")
    return text


NoNationalNumber: Final = AfterValidator(_no_national_number)


class _Given:
    """The body as a model."""

    def __init__(self, shape: type[BaseModel]) -> None:
        self.shape = shape

    async def __call__(self, request: Request) -> BaseModel:
        check_media_type(request, JSON)
        body = await request.body()
        try:
            members = read_json(body, max_bytes=max(len(body), MAX_BODY_BYTES))
        except NotStrict as fault:
            says = f"{str(fault)[0].upper()}{str(fault)[1:]}. Send one JSON object in UTF-8, each member once."
            english = language_asked(request) == "en"
            told = told_problem(request, 400, "not-json", says if english else None, says=not english)
            raise Refused(told) from fault
        request.state.given, request.state.shape = members, self.shape
        return parse(members, self.shape)


def Given(shape: type[BaseModel]) -> Any:  # noqa: ANN401, N802 what Annotated takes; it is read as a word of a signature
    """The body as that model. Answers 400, 415 and 422 where it is none."""
    return Depends(_Given(shape))


def shape_of(dependant: Dependant) -> type[BaseModel] | None:
    """The model that a route takes as its body, or None."""
    return next((one.call.shape for one in _all(dependant) if isinstance(one.call, _Given)), None)


def check_media_type(request: Request, *allowed: str) -> None:
    """Raises Refused: 415 where the body is said to be something else, or in another encoding."""
    kind, _, parameters = request.headers.get("content-type", "").partition(";")
    charset = parameters.strip().lower().removeprefix("charset=").strip('" ') if "charset" in parameters.lower() else ""
    if (
        kind.strip().lower() in allowed
        and charset in {"", "utf-8", "utf8"}
        and "content-encoding" not in request.headers
    ):
        return
    raise other_kind(request, *allowed)


def other_kind(request: Request, *allowed: str) -> Refused:
    """415: the body is said to be something else than these kinds."""
    lang = language_asked(request)
    kinds = f" {words_of('or', lang)} ".join(allowed)
    name = "not-application-json" if allowed == (JSON,) else "unsupported-media-type"
    return Refused(told_problem(request, 415, name, words_of("send_as", lang).format(kinds=kinds)))


def _all(dependant: Dependant) -> Iterator[Dependant]:
    yield dependant
    for one in dependant.dependencies:
        yield from _all(one)
