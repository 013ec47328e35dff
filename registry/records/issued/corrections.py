"""Corrections: which certificate came in the place of which, from what row, by whose decision."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import JSON, Column, ForeignKeyConstraint, Text, UniqueConstraint
from sqlmodel import Field, SQLModel, select

from registry.records.issued.batches import BatchRow
from registry.records.issued.certificates import IssuedCertificate
from registry.records.store.database import Database, new_id
from registry.records.store.kept import never_changed, never_removed


class CertificateCorrection(SQLModel, table=True):
    """One correction that was carried out.

    read      the row of the class list, put right; no national number stands in it
    asked     what was said to be wrong
    changes   each fact that differs: [as it was, as it is]
    approval  the decision of the second person
    """

    __tablename__ = "certificate_correction"

    id: UUID = Field(primary_key=True, default_factory=new_id)
    number: str = Field(foreign_key="issued_certificate.number", unique=True)
    corrects: str = Field(foreign_key="issued_certificate.number", unique=True)
    read: dict[str, Any] = Field(sa_column=Column(JSON, nullable=False))
    asked: dict[str, Any] = Field(sa_column=Column(JSON, nullable=False))
    changes: dict[str, Any] = Field(sa_column=Column(JSON, nullable=False))
    note: str
    approval: str = Field(foreign_key="approval.public_id")
    at: datetime
    actor: str


class CorrectionToSign(SQLModel, table=True):
    """A corrected certificate that lacks its issuer's signature alone; see `to_sign.ToSign`. Removed once it has it.

    content      digest of what the second person approved
    asked, note  what was said to be wrong
    """

    __tablename__ = "correction_to_sign"
    __table_args__ = (
        UniqueConstraint("status_list", "status_index"),
        ForeignKeyConstraint(["status_list", "status_index"], ["status_slot.list_number", "status_slot.list_index"]),
    )

    corrects: str = Field(primary_key=True, foreign_key="issued_certificate.number")
    number: str = Field(unique=True)
    kid: str = Field(foreign_key="signing_key.kid")
    content: str
    asked: dict[str, Any] = Field(sa_column=Column(JSON, nullable=False))
    note: str
    signed_part: str = Field(sa_type=Text)
    facts: str = Field(sa_type=Text)
    status_list: int
    status_index: int
    made_at: datetime


KEPT = (
    never_changed("correction_is_not_changed", "certificate_correction", "corrections are never changed"),
    never_removed("correction_is_not_removed", "certificate_correction", "corrections are never removed"),
)


def correction_of(db: Database, number: str) -> CertificateCorrection | None:
    """The correction by which another came in the place of that certificate."""
    return db.exec(select(CertificateCorrection).where(CertificateCorrection.corrects == number)).first()


def correction_to_sign(db: Database, number: str) -> CorrectionToSign | None:
    """What waits for its issuer's signature to come in the place of that certificate."""
    return db.get(CorrectionToSign, number)


def row_behind(db: Database, certificate: IssuedCertificate) -> Mapping[str, Any] | None:
    """The row of the class list that a certificate was issued from, put right if it corrects another.

    None where no row is on record.
    """
    corrected = db.exec(select(CertificateCorrection.read).where(CertificateCorrection.number == certificate.number))
    if (read := corrected.first()) is not None:
        return read
    listed = select(BatchRow.read).where(
        BatchRow.number == certificate.number, BatchRow.batch_id == certificate.batch_id, BatchRow.outcome == "issued"
    )
    return db.exec(listed).first()


def line_of(db: Database, certificate: IssuedCertificate) -> Sequence[IssuedCertificate]:
    """A certificate and those that it corrects, back to the one that was issued first."""
    line = [certificate]
    while (number := line[-1].corrects) is not None:
        line.append(db.exec(select(IssuedCertificate).where(IssuedCertificate.number == number)).one())
    return line
