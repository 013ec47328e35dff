"""What was answered to a change, so that the same request, sent again, is told the same and does nothing.

A row is written in the transaction of the change it answers: either both are there or neither. An answer that holds a
secret is kept sealed under the key of whoever asked, which is nowhere here.
"""

import hashlib
import hmac
import secrets
from collections.abc import Sequence
from contextlib import suppress
from datetime import datetime
from typing import Final
from uuid import UUID

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from sqlalchemy import JSON, Column, UniqueConstraint, delete
from sqlmodel import Field, SQLModel, col, select

from registry.records.store.database import Database, new_id

NONCE_BYTES: Final = 12


class RememberedAnswer(SQLModel, table=True):
    """The answer to one change.

    scope        whose: account and organisation of the key it was asked with
    key          the Idempotency-Key
    fingerprint  keyed digest of what was asked: method, path, query and body, which may hold a national number
    headers      pairs of name and value, as they were sent
    sealed       the body is a nonce and what is encrypted under the API key of whoever asked
    """

    __tablename__ = "remembered_answer"
    __table_args__ = (UniqueConstraint("scope", "key", name="answered_once"),)

    id: UUID = Field(primary_key=True, default_factory=new_id)
    scope: str
    key: str
    fingerprint: bytes
    status: int
    headers: list[list[str]] = Field(sa_column=Column(JSON, nullable=False))
    body: bytes
    sealed: bool
    at: datetime = Field(index=True)


def remembered(db: Database, scope: str, key: str) -> RememberedAnswer | None:
    """What was answered to that request, or None."""
    return db.exec(select(RememberedAnswer).where(RememberedAnswer.scope == scope, RememberedAnswer.key == key)).first()


def remember(  # noqa: PLR0913 all of an answer
    db: Database,
    *,
    scope: str,
    key: str,
    fingerprint: bytes,
    status: int,
    headers: Sequence[tuple[str, str]],
    body: bytes,
    sealed: bool,
    now: datetime,
) -> None:
    """Keep an answer, in the transaction of what it answers."""
    db.add(
        RememberedAnswer(
            scope=scope,
            key=key,
            fingerprint=fingerprint,
            status=status,
            headers=[list(pair) for pair in headers],
            body=body,
            sealed=sealed,
            at=now,
        )
    )
    db.flush()


def forget_answers(db: Database, before: datetime) -> int:
    """Forget all that was answered before that moment; how many there were."""
    done = db.connection().execute(delete(RememberedAnswer).where(col(RememberedAnswer.at) < before))
    return int(done.rowcount)


def sealed_answer(body: bytes, secret: str, key: str) -> bytes:
    """An answer that only whoever has that API key reads."""
    nonce = secrets.token_bytes(NONCE_BYTES)
    return nonce + AESGCM(_answer_key(secret, key)).encrypt(nonce, body, None)


def opened_answer(sealed: bytes, secret: str, key: str) -> bytes | None:
    """The answer again; None with another key than the one it was sealed with."""
    with suppress(InvalidTag):
        return AESGCM(_answer_key(secret, key)).decrypt(sealed[:NONCE_BYTES], sealed[NONCE_BYTES:], None)
    return None


def _answer_key(secret: str, key: str) -> bytes:
    """256 bits of the API key's own 256: one for each answer."""
    return hmac.digest(secret.encode(), b"bevis answer\0" + key.encode(), hashlib.sha256)
