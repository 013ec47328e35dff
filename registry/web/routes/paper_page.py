"""The page on which an issuer fetches diplomas and cards: one, or those of a batch, with how far it has come."""

from fastapi import APIRouter, Request, Response

from registry.web.dependencies import TheOffice
from registry.web.routes.home import register_words, templates
from verification.endpoint.presentation import READ, language_of, page, page_context

router = APIRouter()


@router.api_route("/papers", methods=READ, include_in_schema=False)
def papers_page(request: Request, office: TheOffice) -> Response:
    """A form; its script asks the API with the key that is typed in, and keeps nothing."""
    lang = language_of(request)
    context = page_context(request, lang) | {"says": register_words(lang), "name": office.settings.name}
    return page(templates().get_template("papers.html").render(context))
