"""What a gate asks: as a link for programs, and as a page with the code that sets a scanner up."""

from collections.abc import Mapping
from typing import Annotated, Any

from fastapi import APIRouter, Query, Request, Response
from pydantic import BaseModel, Field

from levels.level import Level
from levels.rulebook import edition_on
from registry.errors import MalformedInput
from registry.records.sector.schemes import schemes
from registry.signing.gate_profile import MOST_SCHEMES, Gate, gate_link, gate_svg
from registry.signing.root import root_now
from registry.web.changes import api_router
from registry.web.dependencies import Now, Reading, TheOffice
from registry.web.routes.home import register_words, templates
from verification.certificate import Code
from verification.endpoint.presentation import READ, SECURITY_HEADERS, language_of, page, page_context
from verification.situation import DEFAULT_SITUATION, situation, situations

router = api_router("/gate-profiles", "gates")
pages = APIRouter()

Situation = Annotated[str, Query(max_length=40, description=f"One of {', '.join(situations())}.")]
Schemes = Annotated[
    list[Code], Query(max_length=MOST_SCHEMES, description="Codes of schemes of which a certificate must be one.")
]
Lowest = Annotated[Level | None, Query(description="The lowest level that will do.")]


class GateProfile(BaseModel):
    """What a gate asks, and the link that sets a scanner up so."""

    situation: str = Field(examples=["site_entry"])
    schemes: list[str] = Field(examples=[["hot-work"]])
    level: Level | None = Field(examples=["D"])
    root: str = Field(description="The registry's root key, which the link pins: NAME+ID+KEY.")
    link: str = Field(description="What the code says. It holds nothing secret.")


@router.get("", operation_id="getGateProfile", summary="What a gate asks, as a link that sets a scanner up")
def gate_profile(
    office: TheOffice,
    db: Reading,
    now: Now,
    named: Annotated[Situation, Query(alias="situation")] = DEFAULT_SITUATION,
    scheme: Schemes = [],  # noqa: B006 FastAPI copies it
    level: Lowest = None,
) -> GateProfile:
    """Draw `link` as a QR code and scan it with the scanner, or open it on the device. `/gate` shows the code."""
    root = root_now(db, office.keyring, office.settings.public_url, now)
    link = gate_link(db, office.settings.public_url, root, Gate(named, scheme, level))
    return GateProfile(situation=named, schemes=scheme, level=level, root=root, link=link)


@pages.api_route("/gate", methods=READ, include_in_schema=False)
def gate_page(request: Request, office: TheOffice, db: Reading, now: Now) -> Response:
    """A form for what the gate asks, and the code that sets a scanner up so."""
    lang = language_of(request)
    chosen = _chosen(request)
    try:
        made = gate_profile(office, db, now, *chosen)
    except MalformedInput:
        chosen = (DEFAULT_SITUATION, [], None)
        made = gate_profile(office, db, now, *chosen)
    named, asked, level = chosen
    titles: Mapping[str, str] = {row.code: row.titles[lang] for row in schemes(db)}
    query = made.link.partition("#gate?")[2].rpartition("&")[0]
    parts = [situation(named).title[lang], ", ".join(titles[code] for code in asked), f"≥ {level}" if level else ""]
    context: dict[str, Any] = page_context(request, lang) | {
        "says": register_words(lang),
        "name": office.settings.name,
        "made": made,
        "word": " · ".join(part for part in parts if part),
        "code": f"gate.svg?{query}",
        "situations": [(each.id, each.title[lang]) for each in situations().values()],
        "schemes": sorted(titles.items(), key=lambda one: one[1].casefold()),
        "levels": [one.value for one in reversed(edition_on(now.date()).order)],
        "keep": f"&{query}",
    }
    return page(templates().get_template("gate.html").render(context))


@pages.api_route("/gate.svg", methods=READ, include_in_schema=False)
def gate_code(request: Request, office: TheOffice, db: Reading, now: Now) -> Response:
    """The code alone."""
    made = gate_profile(office, db, now, *_chosen(request))
    headers = {**SECURITY_HEADERS, "Content-Security-Policy": "default-src 'none'", "Cache-Control": "no-store"}
    return Response(gate_svg(made.link), 200, headers, "image/svg+xml")


def _chosen(request: Request) -> tuple[str, list[str], Level | None]:
    """What the form says; what was left empty asks nothing, and a level that is none neither."""
    query = request.query_params
    named, level = query.get("situation") or DEFAULT_SITUATION, query.get("level") or ""
    asked = list(dict.fromkeys(code for code in query.getlist("scheme")[:MOST_SCHEMES] if code))
    return named, asked, Level(level) if level in set(Level) else None
