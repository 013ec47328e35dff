"""Every route of the verification package. It is *given* a source of trust and keeps nothing of what is asked."""

from fastapi import APIRouter

from verification.endpoint.api import add_api
from verification.endpoint.pages import add_explanations, add_verify_pages
from verification.endpoint.static_files import add_static_files
from verification.trust import TrustSource


def verify_router(source: TrustSource) -> APIRouter:
    """The API, the verify pages, the explanations and their files, answered from `source`."""
    router = APIRouter()
    add_api(router, source)
    add_verify_pages(router, source)
    add_explanations(router, source)
    add_static_files(router)
    return router
