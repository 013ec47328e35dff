"""How an issuer's documents look: a colour, a logo."""

from datetime import datetime
from typing import Annotated

from fastapi import Path, Response
from pydantic import BaseModel, Field

from registry.errors import LogoNotFound, MalformedInput
from registry.reading.design import MAX_BYTES, BadDesign, read_accent, read_logo
from registry.reading.wrong import shared_texts
from registry.records.actors.access import Actor
from registry.records.parties.designs import Design, choose_accent, choose_logo, design_of
from registry.records.parties.organisations import organisation_by_slug
from registry.records.strict_input import StrictInput
from registry.web.access import Acting
from registry.web.changes import Writing, api_router, max_body
from registry.web.dependencies import Now, Reading
from registry.web.request_body import Given
from registry.web.uploaded import Uploaded, UploadedFile

router = api_router("/organisations", "organisations")

Organisation = Annotated[str, Path(pattern=r"^[a-z0-9-]{2,32}$", description="Id of the organisation.")]
Designing = Annotated[Actor, Acting("organisation.design", of="organisation")]


class ChosenColour(StrictInput):
    """A colour in which its documents are set; null = the registry's."""

    colour: Annotated[str, Field(pattern=r"^#[0-9A-Fa-f]{6}$", examples=["#14523f"])] | None


class DesignOut(BaseModel):
    """What an organisation has chosen; null = as the registry has it."""

    colour: str | None = Field(examples=["#14523f"])
    logo_width: int | None = Field(description="Pixels; null = there is none, and the name stands in its place.")
    logo_height: int | None
    recorded_at: datetime | None
    recorded_by: str | None


@router.get("/{organisation}/design", operation_id="getDesign", summary="How its documents look")
def get_design(organisation: Organisation, db: Reading, who: Designing) -> DesignOut:  # noqa: ARG001 who may
    """What it has chosen."""
    return _told(design_of(db, organisation_by_slug(db, organisation).slug))


@router.put("/{organisation}/design", operation_id="setDesign", summary="Choose the colour of its documents")
def set_design(
    organisation: Organisation,
    given: Annotated[ChosenColour, Given(ChosenColour)],
    db: Writing,
    who: Designing,
    now: Now,
) -> DesignOut:
    """It has to be readable on white, and white on it. Nothing else can be chosen but the logo."""
    try:
        accent = None if given.colour is None else read_accent(given.colour)
    except BadDesign as bad:
        raise _wrong("colour", bad) from None
    return _told(choose_accent(db, organisation, accent, now, who.account))


@router.put(
    "/{organisation}/design/logo",
    operation_id="setLogo",
    summary="Choose its logo",
    openapi_extra=max_body(MAX_BYTES),
)
def set_logo(
    organisation: Organisation,
    file: Annotated[UploadedFile, Uploaded("image/png", "image/jpeg")],
    db: Writing,
    who: Designing,
    now: Now,
) -> DesignOut:
    """A PNG or JPEG: made anew on white, without anything that came with it."""
    try:
        logo = read_logo(file.data)
    except BadDesign as bad:
        raise _wrong("", bad) from None
    return _told(choose_logo(db, organisation, (logo.png, logo.width, logo.height), now, who.account))


@router.get(
    "/{organisation}/design/logo",
    operation_id="getLogo",
    summary="Its logo",
    response_class=Response,
    responses={200: {"content": {"image/png": {}}, "description": "The picture, at most 900 × 240 pixels."}},
)
def get_logo(organisation: Organisation, db: Reading, who: Designing) -> Response:  # noqa: ARG001 same
    """As it is printed."""
    found = design_of(db, organisation_by_slug(db, organisation).slug)
    if found is None or found.logo is None:
        raise LogoNotFound(f"{organisation} has none on record")
    return Response(bytes(found.logo), media_type="image/png")


@router.delete("/{organisation}/design/logo", operation_id="removeLogo", summary="Take its logo away")
def remove_logo(organisation: Organisation, db: Writing, who: Designing, now: Now) -> DesignOut:
    """Then its name stands in its place."""
    return _told(choose_logo(db, organisation, None, now, who.account))


def _told(found: Design | None) -> DesignOut:
    return DesignOut(
        colour=found.accent if found else None,
        logo_width=found.logo_width if found else None,
        logo_height=found.logo_height if found else None,
        recorded_at=found.recorded_at if found else None,
        recorded_by=found.recorded_by if found else None,
    )


def _wrong(path: str, bad: BadDesign) -> MalformedInput:
    return MalformedInput([(path, shared_texts()[bad.code]["en"].format_map(bad.params))])
