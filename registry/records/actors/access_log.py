"""Who read what the registry knows of a person. Lines are only ever added; the person can see them."""

from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Literal
from uuid import UUID

from sqlalchemy import Index, insert
from sqlmodel import Field, SQLModel, col, select

from registry.records.store.database import Database, new_id

SubjectKind = Literal["person", "certificate", "account", "occasion", "batch"]


class AccessLine(SQLModel, table=True):
    """Somebody read something about somebody.

    action   as `actions.toml` calls it
    kind     of what was read; subject: its id or number, never a name or a national number
    """

    __tablename__ = "access_line"
    __table_args__ = (Index("access_line_by_subject", "kind", "subject"),)

    id: UUID = Field(primary_key=True, default_factory=new_id)
    at: datetime
    account: str = Field(foreign_key="account.slug", index=True)
    key: str | None = None
    action: str
    kind: str
    subject: str


def note_access(  # noqa: PLR0913 who, how, what for, of whom, when
    db: Database,
    *,
    account: str,
    key: str | None,
    action: str,
    subjects: Iterable[tuple[SubjectKind, str]],
    now: datetime,
) -> int:
    """Add a line for each of them, once; how many."""
    lines = [
        {
            "id": new_id(),
            "at": now,
            "account": account,
            "key": key,
            "action": action,
            "kind": kind,
            "subject": subject,
        }
        for kind, subject in dict.fromkeys(subjects)
    ]
    if lines:
        db.connection().execute(insert(AccessLine), lines)
    return len(lines)


def access_lines(
    db: Database, kind: SubjectKind, subject: str, *, before: UUID | None = None, limit: int | None = None
) -> Sequence[AccessLine]:
    """Who read that, the latest first."""
    wanted = (
        select(AccessLine)
        .where(AccessLine.kind == kind, AccessLine.subject == subject)
        .order_by(col(AccessLine.id).desc())
    )
    if before is not None:
        wanted = wanted.where(col(AccessLine.id) < before)
    return db.exec(wanted if limit is None else wanted.limit(limit)).all()
