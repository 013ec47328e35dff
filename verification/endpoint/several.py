"""Several certificates at once: every code in a photo or a PDF, or a list of numbers and codes."""

import asyncio
from typing import Final
from urllib.parse import parse_qs

import orjson
from fastapi import APIRouter, Request, Response

from verification.answer import answer
from verification.endpoint import operations
from verification.endpoint.answering import for_all_origins, is_number, json_answer, preflight, wants_a_page
from verification.endpoint.gate import MOST_TOKENS, Gate, TooMany
from verification.endpoint.kept_answers import KeptAnswers
from verification.endpoint.operations import PICTURES_PATH
from verification.endpoint.presentation import READ, language_of, page, rendered
from verification.endpoint.problem import Refused, problem
from verification.endpoint.problem_pages import problem_page, problem_texts
from verification.endpoint.question import (
    MAX_BODY_BYTES,
    MAX_TOKEN,
    body_of,
    question_in_query,
    question_on_page,
)
from verification.endpoint.told_to_wait import page_told_to_wait, told_to_wait
from verification.endpoint.verdict_page import Listed, fragment, list_fragment, list_page, listed
from verification.in_hand import first_column
from verification.paper import document_in
from verification.pictures.codes import NoPicture, codes_in
from verification.pictures.kinds import MAX_PICTURE_BYTES, MEDIA_TYPES, CodeSeen

PICTURE_COSTS: Final = 20  # questions: what it takes to look at one
_FORM: Final = "application/x-www-form-urlencoded"


def add_several(router: APIRouter, kept: KeptAnswers, gate: Gate) -> None:
    """/v/several for people, and POST /api/v1/verify/pictures."""
    several = _Several(kept, gate)
    router.add_api_route(PICTURES_PATH, several.verify_picture, methods=["POST"], **operations.by_picture())
    router.add_api_route(PICTURES_PATH, preflight, methods=["OPTIONS"], include_in_schema=False)
    for path in ("/v/several", "/V/several"):
        router.add_api_route(path, several.show, methods=READ, include_in_schema=False)
        router.add_api_route(path, several.verify_list, methods=["POST"], include_in_schema=False)


def tokens_in(text: str) -> list[str]:
    """A list as people write it, one to a line; what stands in other columns of a table is left out."""
    return [line for line in map(first_column, text.splitlines()) if line]


class _Several:
    """The page and the operation."""

    def __init__(self, kept: KeptAnswers, gate: Gate) -> None:
        self._kept, self._gate = kept, gate

    async def show(self, request: Request) -> Response:
        """The page on which a picture is chosen or a list written; its script hands a picture in."""
        return page(rendered("several.html", request, language_of(request), found=None))

    async def verify_picture(self, request: Request) -> Response:
        """Check every certificate whose QR code is in a photo, a screenshot or a PDF, and say why."""
        lang = language_of(request)
        try:
            left = self._gate.admit(request, PICTURE_COSTS)
            asked = question_in_query(request, "")
            _check_kind(request)
            async with self._gate.place(request) as turn:
                data = await body_of(request, MAX_PICTURE_BYTES)
                async with turn:
                    # Of a document with its certificate inside, more can be said than of the code on its page.
                    paper = await asyncio.to_thread(document_in, data)
                    seen = () if paper else await _looked_at(data)
            if seen:
                left = self._gate.admit(request, len(seen))
        except TooMany as too_many:
            if wants_a_page(request):
                return page_told_to_wait(request, too_many, whole=False)
            return for_all_origins(told_to_wait(too_many))
        except Refused as refused:
            return for_all_origins(refused.response)
        except NoPicture as fault:
            title = problem_texts()["not-a-picture"]["title"][lang]
            return for_all_origins(problem(422, "not-a-picture", title, fault.says(lang)))
        if wants_a_page(request):
            if paper is not None:
                told = fragment(request, self._kept.verdict(paper, asked), lang)
            else:
                told = list_fragment(request, await listed(self._kept, seen, asked), lang)
            return page(told)
        found = [Listed(paper, self._kept.verdict(paper, asked))] if paper else await listed(self._kept, seen, asked)
        return json_answer(orjson.dumps({"codes": [_as_json(one, lang) for one in found]}), lang, left)

    async def verify_list(self, request: Request) -> Response:
        """The page with the answers on a list that was written into its form; it needs no script."""
        lang = language_of(request)
        try:
            self._gate.admit(request, 1)
            asked = question_on_page(request, "")
            kind = request.headers.get("content-type", "").partition(";")[0].strip().lower()
            form = (
                parse_qs((await body_of(request, MAX_BODY_BYTES)).decode("utf-8", "replace")) if kind == _FORM else {}
            )
            tokens = tokens_in("\n".join(form.get("list", [])))[: MOST_TOKENS + 1]
            if not tokens or len(tokens) > MOST_TOKENS or max(map(len, tokens)) > MAX_TOKEN:
                return page(rendered("several.html", request, lang, found=None, wrong=True), status=422)
            self._gate.admit(request, len(tokens))
            numbers = sum(map(is_number, tokens))
            self._gate.admit_numbers(request, numbers)
        except TooMany as too_many:
            return page_told_to_wait(request, too_many)
        except Refused as refused:
            name = "body-too-large" if refused.response.status_code == 413 else "not-a-question"  # noqa: PLR2004 as HTTP has it
            return page(problem_page(request, name), status=refused.response.status_code)
        found = await listed(self._kept, tokens, asked)
        self._gate.found(request, sum(one.is_number_found for one in found))
        return page(list_page(request, found, lang))


def _as_json(one: Listed, lang: str) -> dict[str, object]:
    """An answer with its place; a document with its certificate inside is the whole of its first page."""
    page, at = (one.given.page, one.given.at) if isinstance(one.given, CodeSeen) else (1, (0, 0, 1, 1))
    return {"page": page, "at": at, "answer": answer(one.shown.verdict, lang, show_birth=one.shown.by_code)}


_TOLD_WHY: Final = ("image/svg+xml", "image/heic", "image/heif")  # pictures that nobody reads here, and that is told


def _check_kind(request: Request) -> None:
    """Raises Refused: 415 where the body is said to be no picture."""
    kind = request.headers.get("content-type", "").partition(";")[0].strip().lower()
    if kind not in (*MEDIA_TYPES, *_TOLD_WHY) or "content-encoding" in request.headers:
        says = f"Send the file itself, as {', '.join(MEDIA_TYPES[:-1])} or {MEDIA_TYPES[-1]}, without Content-Encoding."
        headers = {"Accept-Post": ", ".join(MEDIA_TYPES)}
        raise Refused(problem(415, "unsupported-media-type", "Unsupported Media Type", says, headers=headers))


async def _looked_at(data: bytes) -> tuple[CodeSeen, ...]:
    """Every code in it, while others are answered. Raises NoPicture."""
    return await asyncio.to_thread(codes_in, data)
