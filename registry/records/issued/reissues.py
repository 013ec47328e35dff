"""What was handed out to be issued anew by issuers who hold their key themselves, until the signatures come back."""

from collections.abc import Iterable, Sequence
from datetime import datetime

from sqlalchemy import ForeignKeyConstraint, Text, UniqueConstraint
from sqlmodel import Field, SQLModel, col, delete, select

from registry.records.store.database import Database
from registry.records.store.in_bulk import add_rows, among


class ReissueToSign(SQLModel, table=True):
    """One that is to come in the place of a former one, and lacks its issuer's signature alone; see `to_sign.ToSign`.

    corrects  number of the certificate in whose place it is to come
    approval  id of the decision of the second person; content: digest of what was decided
    """

    __tablename__ = "reissue_to_sign"
    __table_args__ = (
        UniqueConstraint("status_list", "status_index"),
        ForeignKeyConstraint(["status_list", "status_index"], ["status_slot.list_number", "status_slot.list_index"]),
    )

    corrects: str = Field(primary_key=True, foreign_key="issued_certificate.number")
    approval: str = Field(foreign_key="approval.public_id", index=True)
    content: str
    number: str = Field(unique=True)
    kid: str = Field(foreign_key="signing_key.kid")
    signed_part: str = Field(sa_type=Text)
    facts: str = Field(sa_type=Text)
    status_list: int
    status_index: int
    made_at: datetime


def reissue_to_sign(db: Database, approval: str) -> Sequence[ReissueToSign]:
    """All that waits for signatures by that decision, by the former number."""
    row = ReissueToSign
    return db.exec(select(row).where(row.approval == approval).order_by(col(row.corrects))).all()


def keep_reissue_to_sign(db: Database, rows: Sequence[ReissueToSign]) -> None:
    """Store them, in the place of what waited to come in the place of the same certificates."""
    drop_reissue_to_sign(db, [row.corrects for row in rows])
    add_rows(db, ReissueToSign, (row.model_dump() for row in rows))


def drop_reissue_to_sign(db: Database, formers: Iterable[str]) -> None:
    """Nobody waits any more for what was to come in the place of these."""
    gone = delete(ReissueToSign).where(among(db, ReissueToSign.corrects, formers))
    db.connection().execute(gone)
