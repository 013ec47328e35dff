"""The API: a certificate is checked by its code or by its number. A failed verification is 200 with a verdict."""

import json
from collections.abc import Mapping
from datetime import date, datetime
from typing import Any

from fastapi import APIRouter, Request, Response
from fastapi.responses import JSONResponse
from pydantic import BaseModel, ConfigDict, Field, ValidationError

from verification.answer import answer
from verification.ask import ask, ask_by_number
from verification.certificate import EARLIEST, LATEST
from verification.endpoint.presentation import language_of, page
from verification.endpoint.verdict_page import fragment
from verification.situation import DEFAULT_SITUATION, NoSuchSituation, Situation, situation, situations
from verification.trust import TrustSource

MAX_BODY_BYTES = 81_920  # the longest token that is read, in JSON, with room for the other members
PROBLEM_TYPE = "application/problem+json"


class Question(BaseModel):
    """What is asked about a token."""

    model_config = ConfigDict(extra="forbid", strict=True)

    token: str = Field(description="A QR code's text, a verify address, its digits, a vc+jwt, or a number.")
    situation: str = Field(default=DEFAULT_SITUATION, description="What the certificate is needed for.")
    on: date | None = Field(default=None, ge=EARLIEST, le=LATEST, description="Answer for that day instead of for now.")
    lang: str | None = Field(default=None, description="sv, nb or en; else Accept-Language decides.", max_length=40)


class AnswerReason(BaseModel):
    """The answer of one step."""

    code: str
    outcome: str = Field(description="passed, failed, could_not_check or does_not_apply")
    severity: str = Field(description="decisive, notice or detail")
    title: str
    says: str
    next: str | None


class Answer(BaseModel):
    """The one answer, the same as on the page and in the shell."""

    outcome: str = Field(description="valid, invalid or undetermined")
    headline: str
    title: str
    says: str
    next: str | None
    reasons: list[AnswerReason]
    certificate: dict[str, Any] | None
    situation: str
    on: date | None
    checked_at: datetime
    known_as_of: datetime
    edition: str


class Problem(BaseModel):
    """Problem details (RFC 9457). Never repeats what was sent."""

    type: str
    title: str
    status: int
    detail: str


class _Refused(Exception):
    """A request that is not answered; carries the answer to it."""

    def __init__(self, response: Response) -> None:
        super().__init__()
        self.response = response


def problem(status: int, name: str, title: str, detail: str) -> JSONResponse:
    """Problem details (RFC 9457); `name` is the stable end of its type, `detail` never repeats what was sent."""
    body = {"type": f"/problems/{name}", "title": title, "status": status, "detail": detail}
    return JSONResponse(body, status, media_type=PROBLEM_TYPE)


_DOCUMENTED: dict[int | str, dict[str, Any]] = {
    413: {"description": "The body is too large", "content": {PROBLEM_TYPE: {"schema": Problem.model_json_schema()}}},
    422: {
        "description": "The body is not a question",
        "content": {PROBLEM_TYPE: {"schema": Problem.model_json_schema()}},
    },
}


def add_api(router: APIRouter, source: TrustSource) -> None:
    """/api/v1/verify and /api/v1/certificates/{number}/verification."""

    async def verify_token(request: Request) -> Response:
        """Check a token and say why. Always 200 with a verdict for any text, also for one that is no token."""
        try:
            asked, needed = await _question(request)
        except _Refused as refused:
            return refused.response
        lang = language_of(request, asked.lang)
        verdict, by_code = ask(source, asked.token, needed, asked.on)
        if "text/html" in request.headers.get("accept", ""):
            return page(fragment(request, verdict, lang, show_birth=by_code))
        return _json(answer(verdict, lang, show_birth=by_code))

    router.add_api_route(
        "/api/v1/verify",
        verify_token,
        methods=["POST"],
        operation_id="verifyToken",
        summary="Check a certificate by its code",
        tags=["verification"],
        response_model=Answer,
        responses=_DOCUMENTED,
        openapi_extra={
            "requestBody": {
                "required": True,
                "content": {"application/json": {"schema": Question.model_json_schema()}},
            }
        },
    )

    async def verify_number(request: Request, number: str) -> Response:
        """Check a certificate by its number alone. Birth data is left out: whoever has no code sees none."""
        return _json(answer(ask_by_number(source, number, situation()), language_of(request), show_birth=False))

    path = "/api/v1/certificates/{number}/verification"
    router.add_api_route(
        path,
        verify_number,
        methods=["GET"],
        operation_id="verifyNumber",
        summary="Check a certificate by its number",
        tags=["verification"],
        response_model=Answer,
    )
    router.add_api_route(path, verify_number, methods=["HEAD"], include_in_schema=False)


async def _question(request: Request) -> tuple[Question, Situation]:
    """The question in the body, read with a bound on its size. Raises _Refused."""
    body = b""
    async for chunk in request.stream():
        body += chunk
        if len(body) > MAX_BODY_BYTES:
            detail = f"Send at most {MAX_BODY_BYTES} bytes."
            raise _Refused(problem(413, "body-too-large", "The body is too large", detail))
    try:
        # Lone surrogates and NaN pass Python's parser; the model's strict JSON reader refuses both.
        json.loads(body, object_pairs_hook=_once)
        asked = Question.model_validate_json(body)
        return asked, situation(asked.situation)
    except NoSuchSituation:
        detail = f"situation: there are {', '.join(situations())}."
    except ValidationError as fault:
        names = sorted({str(error["loc"][0]) for error in fault.errors(include_input=False) if error["loc"]})
        known = [name for name in names if name in Question.model_fields]
        detail = f"Wrong or missing: {', '.join(known)}." if known else "The body has a member that is not known."
    except (ValueError, RecursionError):
        detail = 'Send JSON in UTF-8, such as {"token": "..."}, each member once.'
    raise _Refused(problem(422, "not-a-question", "The body is not a question", detail))


def _once(pairs: list[tuple[str, object]]) -> None:
    if len({name for name, _ in pairs}) != len(pairs):
        raise ValueError("a member stands there twice")


def _json(body: Mapping[str, Any]) -> JSONResponse:
    return JSONResponse(body, headers={"Cache-Control": "no-store", "X-Content-Type-Options": "nosniff"})
