"""A document held up as a file: the certificate inside, the seal, and whether the page shows what was signed."""

import asyncio
from typing import Final

import orjson
from fastapi import Request, Response

from verification.answer import answer
from verification.endpoint.answering import for_all_origins, json_answer, wants_a_page
from verification.endpoint.gate import Gate, TooMany
from verification.endpoint.kept_answers import KeptAnswers
from verification.endpoint.presentation import language_of, page
from verification.endpoint.problem import Refused
from verification.endpoint.question import MAX_BODY_BYTES, body_of, question_in_query
from verification.endpoint.told_to_wait import page_told_to_wait, told_to_wait
from verification.endpoint.verdict_page import fragment
from verification.paper import looked_at

DOCUMENT_COSTS: Final = 20  # questions: what it takes to look at one


async def verify_document(request: Request, kept: KeptAnswers, gate: Gate) -> Response:
    """Check a PDF, and say why. Any file is answered, also one that is none."""
    try:
        left = gate.admit(request, DOCUMENT_COSTS)
        asked = question_in_query(request, "")
        # The register is asked when the file has been looked at: nobody waits for that.
        async with gate.place(request) as turn:
            data = await body_of(request, MAX_BODY_BYTES)
            async with turn:
                paper = await asyncio.to_thread(looked_at, data)
    except TooMany as too_many:
        if wants_a_page(request):
            return page_told_to_wait(request, too_many, whole=False)
        return for_all_origins(told_to_wait(too_many))
    except Refused as refused:
        return for_all_origins(refused.response)
    shown = kept.verdict(paper, asked)
    lang = language_of(request, asked.lang)
    if wants_a_page(request):
        return page(fragment(request, shown, lang))
    return json_answer(orjson.dumps(answer(shown.verdict, lang, show_birth=shown.by_code)), lang, left)
