"""Pages for people: the one a QR code opens, and the verdict on a number."""

from fastapi import APIRouter, Request, Response
from fastapi.responses import RedirectResponse

from verification.certificate import MalformedNumber, display_number, parse_number
from verification.endpoint.gate import Gate, TooMany
from verification.endpoint.kept_answers import KeptAnswers
from verification.endpoint.presentation import (
    READ,
    SECURITY_HEADERS,
    language_of,
    page,
    page_context,
    rendered,
)
from verification.endpoint.problem import Refused
from verification.endpoint.problem_pages import problem_page
from verification.endpoint.question import question_on_page
from verification.endpoint.told_to_wait import page_told_to_wait
from verification.endpoint.verdict_page import whole


def add_verify_pages(router: APIRouter, kept: KeptAnswers, gate: Gate) -> None:
    """/v and /v/{number}."""

    def answered(request: Request, number: str) -> Response:
        lang = language_of(request)
        try:
            gate.admit(request, 1)
            asked = question_on_page(request, number)
            gate.admit_numbers(request, 1)
        except TooMany as too_many:
            return page_told_to_wait(request, too_many)
        except Refused as refused:
            return page(problem_page(request, "not-a-question"), status=refused.response.status_code)
        shown = kept.verdict(number, asked, by_number=True)
        gate.found(request, 1 if shown.verdict.certificate else 0)
        return page(whole(request, shown, lang))

    async def show_verify(request: Request) -> Response:
        """The page a QR code opens: its script reads what follows #. Without one, a form for the number."""
        lang, number = language_of(request), request.query_params.get("number")
        if number is not None:
            # Only a real number goes into an address; anything else is answered without being repeated.
            try:
                path = f"{page_context(request, lang)['root']}/v/{display_number(parse_number(number))}?lang={lang}"
            except MalformedNumber:
                return answered(request, number)
            return RedirectResponse(path, 303, {**SECURITY_HEADERS, "Cache-Control": "no-store"})
        return page(rendered("verify.html", request, lang))

    async def show_number(request: Request, number: str) -> Response:
        """The verdict on a number, on a page of its own."""
        return answered(request, number)

    # A browser keeps the case of a path, and some codes are written in capitals.
    for path in ("/v", "/V"):
        router.add_api_route(path, show_verify, methods=READ, include_in_schema=False)
        router.add_api_route(f"{path}/{{number}}", show_number, methods=READ, include_in_schema=False)
