"""The API: certificates are checked by code or by number. A failed verification is 200: the question was answered."""

import asyncio

from fastapi import APIRouter, Request, Response

from verification.endpoint import operations
from verification.endpoint.answering import for_all_origins, is_number, json_answer, preflight, wants_a_page
from verification.endpoint.documents import verify_document
from verification.endpoint.gate import Gate, TooMany
from verification.endpoint.kept_answers import Answered, KeptAnswers
from verification.endpoint.operations import NUMBER_PATH, PDF, VERIFY_PATH
from verification.endpoint.presentation import language_of, page
from verification.endpoint.problem import Refused
from verification.endpoint.question import (
    Asking,
    media_type,
    question_in_body,
    question_in_query,
)
from verification.endpoint.told_to_wait import page_told_to_wait, told_to_wait
from verification.endpoint.verdict_page import fragment, list_fragment, listed

_AT_A_TIME = 8  # answers of a long request, before others are let in between


def add_api(router: APIRouter, kept: KeptAnswers, gate: Gate) -> None:
    """/api/v1/verify and /api/v1/certificates/{number}/verification."""
    api = _Api(kept, gate)
    router.add_api_route(VERIFY_PATH, api.verify_token, methods=["POST"], **operations.by_code())
    router.add_api_route(NUMBER_PATH, api.verify_number, methods=["GET"], **operations.by_number())
    router.add_api_route(NUMBER_PATH, api.verify_number, methods=["HEAD"], include_in_schema=False)
    for path in (VERIFY_PATH, NUMBER_PATH):
        router.add_api_route(path, preflight, methods=["OPTIONS"], include_in_schema=False)


class _Api:
    """The two operations."""

    def __init__(self, kept: KeptAnswers, gate: Gate) -> None:
        self._kept, self._gate = kept, gate

    async def verify_token(self, request: Request) -> Response:
        """Check a certificate, or up to 1000, and say why. Any text is answered, also one that is no certificate."""
        if media_type(request) == PDF:
            return await verify_document(request, self._kept, self._gate)
        return await self._verify_tokens(request)

    async def _verify_tokens(self, request: Request) -> Response:
        try:
            left = self._gate.admit(request, 1)
            asked = await question_in_body(request)
            if len(asked.tokens) > 1:
                left = self._gate.admit(request, len(asked.tokens) - 1)
            numbers = sum(map(is_number, asked.tokens))
            self._gate.admit_numbers(request, numbers)
        except TooMany as too_many:
            if wants_a_page(request):
                return page_told_to_wait(request, too_many, whole=False)
            return for_all_origins(told_to_wait(too_many))
        except Refused as refused:
            return for_all_origins(refused.response)
        lang = language_of(request, asked.lang)
        if asked.many and wants_a_page(request):
            found = await listed(self._kept, asked.tokens, asked)
            self._gate.found(request, sum(one.is_number_found for one in found))
            return page(list_fragment(request, found, lang))
        if wants_a_page(request):
            shown = self._kept.verdict(asked.tokens[0], asked)
            self._gate.found(request, numbers if shown.verdict.certificate else 0)
            return page(fragment(request, shown, lang))
        answered = await self._answers(asked, lang)
        self._gate.found(request, numbers - sum(one.missed for one in answered))
        bodies = [one.body for one in answered]
        return json_answer(b'{"answers":[' + b",".join(bodies) + b"]}" if asked.many else bodies[0], lang, left)

    async def verify_number(self, request: Request) -> Response:
        """Check a certificate by its number alone. Birth data is left out: whoever has no code sees none."""
        number = request.path_params["number"]
        try:
            left = self._gate.admit(request, 1)
            asked = question_in_query(request, number)
            self._gate.admit_numbers(request, 1)
        except TooMany as too_many:
            return for_all_origins(told_to_wait(too_many))
        except Refused as refused:
            return for_all_origins(refused.response)
        lang = language_of(request, asked.lang)
        answered = self._kept.to(number, asked, lang, by_number=True)
        self._gate.found(request, 0 if answered.missed else 1)
        return json_answer(answered.body, lang, left)

    async def _answers(self, asked: Asking, lang: str) -> list[Answered]:
        answered: list[Answered] = []
        for token in asked.tokens:
            if len(answered) % _AT_A_TIME == _AT_A_TIME - 1:
                await asyncio.sleep(0)
            answered.append(self._kept.to(token, asked, lang, by_number=False))
        return answered
