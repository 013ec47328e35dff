"""Certificates about organisations that were handed out to be signed by an issuer who holds its key itself."""

from datetime import datetime

from sqlalchemy import ForeignKeyConstraint, Text, UniqueConstraint
from sqlmodel import Field, SQLModel, col, select

from registry.records.store.database import Database


class OrganisationToSign(SQLModel, table=True):
    """One that lacks its issuer's signature alone. Removed once it has it, or once it is written anew.

    asked        what it comes of: the id of a mandate or an accreditation; else SHA-256 of what was asked for, so that
                 the same again is the same
    about        what the request for the signature is called by: that id, or the number it will have
    given        what was asked for, as JSON; None where all of it is on record
    approval     digest of what a second person approved; None where nobody had to
    kid          of the key that is to sign
    signed_part  header and payload of the `vc+jwt`, with the dot between them
    """

    __tablename__ = "organisation_to_sign"
    __table_args__ = (
        UniqueConstraint("status_list", "status_index"),
        ForeignKeyConstraint(["status_list", "status_index"], ["status_slot.list_number", "status_slot.list_index"]),
    )

    asked: str = Field(primary_key=True)
    about: str = Field(unique=True)
    issuer: str = Field(foreign_key="organisation.slug")
    given: str | None = Field(default=None, sa_type=Text)
    approval: str | None = None
    number: str = Field(unique=True)
    kid: str = Field(foreign_key="signing_key.kid")
    signed_part: str = Field(sa_type=Text)
    status_list: int
    status_index: int
    made_at: datetime


def asked_to_sign(db: Database, asked: str) -> OrganisationToSign | None:
    """What waits for the signature of what was asked for."""
    return db.get(OrganisationToSign, asked)


def about_to_sign(db: Database, about: str) -> OrganisationToSign | None:
    """What waits for the signature of the mandate, the accreditation or the certificate that is called so."""
    return db.exec(select(OrganisationToSign).where(OrganisationToSign.about == about)).first()


def drop_outdated(db: Database, issuer: str, before: datetime) -> None:
    """What this issuer was asked to sign before that moment: nobody waits for it any more."""
    row = OrganisationToSign
    for one in db.exec(select(row).where(row.issuer == issuer, col(row.made_at) < before)).all():
        db.delete(one)
    db.flush()
