"""How an issuer's documents look: a colour and a logo, and nothing else that could say what is not so."""

from datetime import datetime

from sqlmodel import Field, SQLModel

from registry.records.parties.organisations import organisation_by_slug
from registry.records.store.database import Database


class Design(SQLModel, table=True):
    """The fields an issuer may choose. What it does not choose is as the registry has it.

    accent  a colour as #rrggbb, on which white can be read and which can be read on white
    logo    a PNG that was made anew here
    """

    __tablename__ = "organisation_design"

    organisation: str = Field(primary_key=True, foreign_key="organisation.slug")
    accent: str | None = None
    logo: bytes | None = None
    logo_width: int | None = None
    logo_height: int | None = None
    recorded_at: datetime
    recorded_by: str


def design_of(db: Database, organisation: str) -> Design | None:
    """What it has chosen, or None."""
    return db.get(Design, organisation)


def choose_accent(db: Database, organisation: str, accent: str | None, now: datetime, actor: str) -> Design:
    """A colour; None = as the registry has it. Raises OrganisationNotFound."""
    design = _to_change(db, organisation, now, actor)
    design.accent = accent
    return _kept(db, design)


def choose_logo(
    db: Database, organisation: str, logo: tuple[bytes, int, int] | None, now: datetime, actor: str
) -> Design:
    """A picture, with its width and height; None = none, then the name stands there. Raises OrganisationNotFound."""
    design = _to_change(db, organisation, now, actor)
    design.logo, design.logo_width, design.logo_height = logo or (None, None, None)
    return _kept(db, design)


def _to_change(db: Database, organisation: str, now: datetime, actor: str) -> Design:
    slug = organisation_by_slug(db, organisation).slug
    design = design_of(db, slug) or Design(organisation=slug, recorded_at=now, recorded_by=actor)
    design.recorded_at, design.recorded_by = now, actor
    return design


def _kept(db: Database, design: Design) -> Design:
    db.add(design)
    db.flush()
    return design
