"""A certificate on paper: the diploma and the card, printed and sealed on request."""

from datetime import datetime
from typing import Annotated, Any, Final

from fastapi import Query, Request, Response

from registry.issuing.documents.paper import sealed_pdf, to_print, wants_portrait
from registry.issuing.documents.sheet import Page
from registry.records.actors.access import Actor
from registry.records.store.database import Database
from registry.signing.seal.chain import chain_of
from registry.web.changes import api_router
from registry.web.dependencies import Now, Office, Reading, TheOffice
from registry.web.problems import language_asked
from registry.web.reads import Read, Reads
from registry.web.routes.certificates import MayRead, Number, readable
from verification.certificate import Lang, display_number

router = api_router("/certificates", "certificates")

PDF: Final = "application/pdf"
PaperLang = Annotated[
    Lang | None, Query(alias="lang", description="Language of the paper; left out, Accept-Language decides.")
]
A_FILE: Final[dict[int | str, dict[str, Any]]] = {
    200: {
        "description": "The file.",
        "content": {PDF: {"schema": {"type": "string", "contentMediaType": PDF}}},
        "headers": {"Content-Disposition": {"schema": {"type": "string"}, "description": "What to call it."}},
    }
}


@router.get(
    "/{number}/pdf",
    operation_id="getCertificateDiploma",
    summary="Its diploma",
    response_class=Response,
    responses=A_FILE,
)
def get_diploma(
    number: Number,
    request: Request,
    db: Reading,
    office: TheOffice,
    who: MayRead,
    now: Now,
    reads: Reads,
    lang: PaperLang = None,
) -> Response:
    """One A4 page (PDF/A-3) with the QR code, the signed certificate attached, the registry's seal on it (PAdES).

    Where the scheme asks for a portrait, it is on it: then it takes the right to read about people too.
    """
    return _printed("diploma", number, lang or language_asked(request), db, office, who, now, reads)


@router.get(
    "/{number}/card",
    operation_id="getCertificateCard",
    summary="Its card",
    response_class=Response,
    responses=A_FILE,
)
def get_card(
    number: Number,
    request: Request,
    db: Reading,
    office: TheOffice,
    who: MayRead,
    now: Now,
    reads: Reads,
    lang: PaperLang = None,
) -> Response:
    """The same as a card of 85.6 × 54 mm, front and back on one sheet with crop marks."""
    return _printed("card", number, lang or language_asked(request), db, office, who, now, reads)


def _printed(
    page: Page,
    number: str,
    lang: str,
    db: Database,
    office: Office,
    who: Actor,
    now: datetime,
    reads: Read,
) -> Response:
    row = readable(db, number, who, reads)
    if wants_portrait(db, row):
        who.require("person.read", row.issuer)
        reads.of("person", str(row.person_id))
    what = to_print(db, office.keyring, row, lang, office.settings.public_url, now, lambda: office.personal_data)
    chain = chain_of(office.registry, office.keyring, now, who.account)
    data = sealed_pdf(what, page, chain, now, office.settings.time_authority)
    name = f"{display_number(row.number)}{'-card' if page == 'card' else ''}.pdf"
    return Response(data, media_type=PDF, headers={"Content-Disposition": f'attachment; filename="{name}"'})
