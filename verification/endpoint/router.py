"""Every route of the verification package. It is *given* a source of trust and keeps nothing of what is asked."""

from types import MappingProxyType

from fastapi import APIRouter

from verification.endpoint.api import add_api
from verification.endpoint.gate import Gate, Limits
from verification.endpoint.kept_answers import KeptAnswers
from verification.endpoint.level_pages import add_level_pages
from verification.endpoint.pages import add_verify_pages
from verification.endpoint.problem_pages import ProblemTexts, add_problem_pages
from verification.endpoint.reason_pages import add_reason_pages
from verification.endpoint.scanner_page import add_scanner
from verification.endpoint.several import add_several
from verification.endpoint.static_files import add_static_files
from verification.trust import TrustSource


def verify_router(
    source: TrustSource, limits: Limits | None = None, problems: ProblemTexts = MappingProxyType({})
) -> APIRouter:
    """The API, the verify pages, the explanations and their files, answered from `source`.

    limits    what one address may ask; None = everything
    problems  what the problems of the application around it mean, by the end of their types
    """
    router, kept, gate = APIRouter(), KeptAnswers(source), Gate(limits)
    add_api(router, kept, gate)
    add_several(router, kept, gate)
    add_verify_pages(router, kept, gate)
    add_level_pages(router, source)
    add_reason_pages(router)
    add_problem_pages(router, problems)
    add_static_files(router)
    add_scanner(router)
    return router
