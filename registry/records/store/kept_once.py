"""Texts that many rows share, kept once: each by its digest, so that nobody can change one unnoticed.

The evidence and the assessment behind a certificate are the same for nearly everybody on a class list.
"""

from collections.abc import Iterable, Iterator, Mapping
from functools import lru_cache
from hashlib import sha256

from sqlalchemy import Text
from sqlmodel import Field, SQLModel, select

from registry.errors import RecordDamaged
from registry.records.store.database import Database
from registry.records.store.in_bulk import add_rows, among
from registry.records.store.kept import never_changed, never_removed

_IN_TURN = 500  # texts in memory at a time


class KeptOnce(SQLModel, table=True):
    """A text; digest: its SHA-256, hexadecimal."""

    __tablename__ = "kept_once"

    digest: str = Field(primary_key=True)
    text: str = Field(sa_type=Text)


KEPT = (
    never_changed("kept_once_is_not_changed", "kept_once", "what a decision rests on is never changed"),
    never_removed("kept_once_is_not_removed", "kept_once", "what a decision rests on is never removed"),
)


@lru_cache(maxsize=256)  # most rows of a list have the same
def text_digest(text: str) -> str:
    """By which it is kept."""
    return sha256(text.encode()).hexdigest()


def keep_texts(db: Database, texts: Iterable[str]) -> Mapping[str, str]:
    """Store those that are not kept yet; the digest of each."""
    digests = {text: text_digest(text) for text in set(texts)}
    known = set(db.exec(select(KeptOnce.digest).where(among(db, KeptOnce.digest, digests.values()))))
    new = ({"digest": digest, "text": text} for text, digest in digests.items() if digest not in known)
    add_rows(db, KeptOnce, new)
    return digests


def texts_of(db: Database, digests: Iterable[str]) -> Mapping[str, str]:
    """Texts by digest. Raises RecordDamaged where one is not what was kept, or is not there."""
    wanted = set(digests)
    found = dict(db.exec(select(KeptOnce.digest, KeptOnce.text).where(among(db, KeptOnce.digest, wanted))).all())
    for digest in wanted:
        if digest not in found or text_digest(found[digest]) != digest:
            raise RecordDamaged(f"what is kept as {digest[:12]} is not what a decision rested on")
    return found


def damaged_texts(db: Database) -> Iterator[str]:
    """The digests of texts that are not what was kept. There should be none."""
    every = select(KeptOnce.digest, KeptOnce.text).order_by(KeptOnce.digest)
    for digest, text in db.connection().execute(every, execution_options={"yield_per": _IN_TURN}):
        if text_digest(text) != digest:
            yield digest
