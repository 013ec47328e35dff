"""HTTP in front of `verify` and `judge`: the API, the verify page, the pages about levels and reasons.

The only file here that knows a web framework. It is *given* a source of trust and keeps nothing of what is
asked. A failed verification is 200 with a verdict: the question was answered.
"""

import hashlib
import json
from collections.abc import Callable, Mapping
from datetime import UTC, date, datetime
from functools import cache
from importlib.resources import files
from typing import Any
from zoneinfo import ZoneInfo

from fastapi import APIRouter, Request, Response
from fastapi.responses import JSONResponse, RedirectResponse
from jinja2 import BaseLoader, ChoiceLoader, Environment, PackageLoader, StrictUndefined, select_autoescape
from pydantic import BaseModel, ConfigDict, Field, ValidationError

from levels.level import Level
from levels.rulebook import LANGUAGES, NoSuchEdition, Rulebook, edition_on, editions, rulebook
from verification.answer import answer
from verification.ask import ask, ask_by_number
from verification.certificate import EARLIEST, LATEST, MalformedNumber, display_number, parse_number
from verification.judge import Verdict
from verification.reasons import NoSuchReason, age_in_words, in_general, language, reason, reasons, texts
from verification.situation import DEFAULT_SITUATION, NoSuchSituation, Situation, situation, situations
from verification.trust import TrustSource

MAX_BODY_BYTES = 81_920  # the longest token that is read, in JSON, with room for the other members
PROBLEM_TYPE = "application/problem+json"
CONTENT_SECURITY_POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; connect-src 'self'; "
    "form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
)
SECURITY_HEADERS = {
    "Content-Security-Policy": CONTENT_SECURITY_POLICY,
    "Referrer-Policy": "no-referrer",
    "X-Content-Type-Options": "nosniff",
    "Permissions-Policy": "camera=()",
}
_MEDIA_TYPES = {"css": "text/css", "js": "text/javascript", "svg": "image/svg+xml"}
_READ = ["GET", "HEAD"]


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


def environment(*more: BaseLoader) -> Environment:
    """The templates here, autoescaped; `more` loaders are asked first, so that other pages extend `base.html`."""
    return Environment(
        loader=ChoiceLoader([*more, PackageLoader("verification")]),
        autoescape=select_autoescape(default=True, default_for_string=True),
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )


@cache
def page_words(lang: str) -> Mapping[str, Any]:
    """The words of the pages in one language; `words.outcome` is a table of its own."""
    words = {name: text[lang] for name, text in texts("pages").items() if name != "outcome"}
    return {**words, "outcome": {name: text[lang] for name, text in texts("pages")["outcome"].items()}}


def page_context(request: Request, lang: str) -> dict[str, Any]:
    """What `base.html` needs: lang, languages, words, root (the path the application is mounted at)."""
    root = request.scope.get("root_path", "").rstrip("/")
    return {"lang": lang, "languages": LANGUAGES, "words": page_words(lang), "root": root}


def language_of(request: Request, wanted: str | None = None) -> str:
    """sv, nb or en: what is wanted, else ?lang=, else the best of Accept-Language, else sv."""
    asked = wanted or request.query_params.get("lang")
    if asked:
        return language(asked)
    offers: list[tuple[float, str]] = []
    for part in request.headers.get("accept-language", "")[:200].split(","):
        tag, _, weight = part.strip().partition(";q=")
        if tag.split("-")[0].lower() in {*LANGUAGES, "no", "nn"}:
            try:
                offers.append((-float(weight or 1), tag))
            except ValueError:
                continue
    return language(min(offers, key=lambda offer: offer[0])[1] if offers else None)


def page(html: str, *, status: int = 200, keep: bool = False) -> Response:
    """An HTML answer with the headers every page has; `keep` = the same for everybody, may be kept for an hour."""
    headers = {
        **SECURITY_HEADERS,
        "Cache-Control": "public, max-age=3600" if keep else "no-store",
        "Vary": "Accept-Language, Accept",
    }
    if not keep:
        headers["X-Robots-Tag"] = "noindex, nofollow"
    return Response(html, status, headers, "text/html")


_DOCUMENTED: dict[int | str, dict[str, Any]] = {
    413: {"description": "The body is too large", "content": {PROBLEM_TYPE: {"schema": Problem.model_json_schema()}}},
    422: {
        "description": "The body is not a question",
        "content": {PROBLEM_TYPE: {"schema": Problem.model_json_schema()}},
    },
}


def verify_router(source: TrustSource) -> APIRouter:
    """Every route of the verification package, answered from `source`."""
    router = APIRouter()
    _add_api(router, source)
    _add_verify_pages(router, source)
    _add_explanations(router, source)
    _add_static(router)
    return router


def _add_api(router: APIRouter, source: TrustSource) -> None:
    async def verify_token(request: Request) -> Response:
        """Check a token and say why. Always 200 with a verdict for any text, also for one that is no token."""
        try:
            asked, needed = await _question(request)
        except _Refused as refused:
            return refused.response
        lang = language_of(request, asked.lang)
        verdict, by_code = ask(source, asked.token, needed, asked.on)
        if "text/html" in request.headers.get("accept", ""):
            return page(_fragment(request, verdict, lang, show_birth=by_code))
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


def _add_verify_pages(router: APIRouter, source: TrustSource) -> None:
    async def show_verify(request: Request) -> Response:
        """The page a QR code opens: its script reads what follows #. Without one, a form for the number."""
        lang, number = language_of(request), request.query_params.get("number")
        if number is not None:
            # Only a real number goes into an address; anything else is answered without being repeated.
            try:
                path = f"{page_context(request, lang)['root']}/v/{display_number(parse_number(number))}?lang={lang}"
            except MalformedNumber:
                return page(_whole(request, ask_by_number(source, number, situation()), lang))
            return RedirectResponse(path, 303, {**SECURITY_HEADERS, "Cache-Control": "no-store"})
        return page(_render("verify.html", request, lang))

    async def show_number(request: Request, number: str) -> Response:
        """The verdict on a number, on a page of its own."""
        return page(_whole(request, ask_by_number(source, number, situation()), language_of(request)))

    # A browser keeps the case of a path, and some codes are written in capitals.
    for path in ("/v", "/V"):
        router.add_api_route(path, show_verify, methods=_READ, include_in_schema=False)
        router.add_api_route(f"{path}/{{number}}", show_number, methods=_READ, include_in_schema=False)


def _add_explanations(router: APIRouter, source: TrustSource) -> None:
    def rules(request: Request) -> Rulebook:
        """The edition asked for, else the one in force."""
        try:
            return rulebook(request.query_params.get("edition") or edition_on(source.now().date()).edition)
        except NoSuchEdition:
            return rulebook(editions()[-1])

    async def show_levels(request: Request) -> Response:
        """All levels, the highest first."""
        book = rules(request)
        levels = [book.levels[level] for level in book.order]
        return _explained("levels.html", request, levels=levels, edition=book.edition)

    async def show_level(request: Request, level: str) -> Response:
        """What one level assures, what not, and what it asks."""
        if level not in set(Level):
            return _missing(request)
        book = rules(request)
        cells = book.cells[Level(level)]
        return _explained(
            "level.html",
            request,
            level=book.levels[Level(level)],
            order=[one.value for one in book.order],
            asked=[cell.row for cell in cells if cell.mandatory],
            recommended=[cell.row for cell in cells if not cell.mandatory],
            edition=book.edition,
        )

    async def show_reasons(request: Request) -> Response:
        """Every answer a check can give."""
        return _explained("reasons.html", request, reasons=list(reasons().values()))

    async def show_reason(request: Request, code: str) -> Response:
        """One answer, in general."""
        try:
            told = reason(code)
        except NoSuchReason:
            return _missing(request)
        return _explained("reason.html", request, reason=told, says=in_general(code, language_of(request)))

    routes: tuple[tuple[str, Callable[..., Any]], ...] = (
        ("/levels", show_levels),
        ("/levels/{level}", show_level),
        ("/reasons", show_reasons),
        ("/reasons/{code}", show_reason),
    )
    for path, show in routes:
        router.add_api_route(path, show, methods=_READ, include_in_schema=False)


def _add_static(router: APIRouter) -> None:
    async def static_file(request: Request, name: str) -> Response:
        """A file of the pages; asked for again, it costs nothing while it is the same."""
        known = _static().get(name)
        if known is None:
            return _missing(request)
        content, tag, media_type = known
        headers = {
            "ETag": tag,
            "Cache-Control": "public, max-age=300",
            "X-Content-Type-Options": "nosniff",
            "Content-Security-Policy": "default-src 'none'",
        }
        if tag in request.headers.get("if-none-match", ""):
            return Response(None, 304, headers)
        return Response(content, 200, headers, media_type)

    router.add_api_route("/static/{name}", static_file, methods=_READ, include_in_schema=False)


@cache
def _static() -> Mapping[str, tuple[bytes, str, str]]:
    """Name -> content, strong ETag, media type."""
    found: dict[str, tuple[bytes, str, str]] = {}
    for entry in (files("verification") / "static").iterdir():
        ending = entry.name.rpartition(".")[2]
        if ending in _MEDIA_TYPES:
            content = entry.read_bytes()
            found[entry.name] = (content, f'"{hashlib.sha256(content).hexdigest()[:32]}"', _MEDIA_TYPES[ending])
    return found


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


@cache
def _templates() -> Environment:
    return environment()


def _render(template: str, request: Request, lang: str, **given: object) -> str:
    return _templates().get_template(template).render({**page_context(request, lang), **given})


def _explained(template: str, request: Request, **given: object) -> Response:
    return page(_render(template, request, language_of(request), **given), keep=True)


def _missing(request: Request) -> Response:
    return page(_render("missing.html", request, language_of(request)), status=404)


def _of_verdict(verdict: Verdict, lang: str, *, show_birth: bool) -> dict[str, Any]:
    """What the answer's template needs beside the answer itself."""
    seen = verdict.certificate
    zone = ZoneInfo(seen.time_zone) if seen else UTC
    return {
        "answer": answer(verdict, lang, show_birth=show_birth),
        "order": [level.value for level in rulebook(verdict.edition).order],
        "age": age_in_words(verdict.checked_at - verdict.known_as_of, lang),
        "clock": verdict.checked_at.astimezone(zone).strftime("%Y-%m-%d %H:%M" + ("" if seen else " UTC")),
        "situation": situation(verdict.situation).title[lang],
    }


def _fragment(request: Request, verdict: Verdict, lang: str, *, show_birth: bool) -> str:
    """The verdict alone, for the page that is open already."""
    return _render("answer.html", request, lang, whole=False, **_of_verdict(verdict, lang, show_birth=show_birth))


def _whole(request: Request, verdict: Verdict, lang: str) -> str:
    """The verdict on a number as a page; no birth data."""
    return _render("verdict.html", request, lang, whole=True, **_of_verdict(verdict, lang, show_birth=False))
