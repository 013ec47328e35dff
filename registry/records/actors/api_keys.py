"""Keys by which programs, and people in a shell, prove who acts. Only a hash of each is kept.

A key is `bvs_`, eight characters by which it is found and named, `_`, then a secret of 256 random bits and a checksum.
The secret is stored as its SHA-256: a slow hash is there to make guessing costly where there is something to guess,
and of 256 random bits there is nothing. The checksum tells a mistyped key from a wrong one without asking anybody.
"""

import hashlib
import hmac
import secrets
import zlib
from collections.abc import Sequence
from datetime import date, datetime, timedelta
from typing import Final
from uuid import UUID

from sqlalchemy import JSON, CheckConstraint, Column, and_
from sqlmodel import Field, SQLModel, col, select

from registry.errors import ApiKeyNotAllowed, ApiKeyNotFound, ApiKeyRejected
from registry.records.actors.access import Actor, Role
from registry.records.actors.accounts import Account, Membership, account_by_slug, grants_in, memberships_of
from registry.records.parties.organisations import organisation_by_slug
from registry.records.store.database import Database, new_id

MARK: Final = "bvs_"
USUAL_DAYS: Final = 90
MOST_DAYS: Final = 400
_SIGNS: Final = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"
_PUBLIC, _SECRET, _CHECK = 8, 43, 6  # characters: 47 random bits, 256 random bits, a CRC-32
_LENGTH = len(MARK) + _PUBLIC + 1 + _SECRET + _CHECK
_NOBODYS_HASH = bytes(32)


class ApiKey(SQLModel, table=True):
    """One key, of a person, for some of the roles that person holds in one organisation.

    prefix        the public part; how it is named and found
    secret_hash   SHA-256 of the secret
    organisation  None = the registry itself
    expires_at    first moment it opens nothing
    last_used_on  day, UTC
    """

    __tablename__ = "api_key"
    __table_args__ = (CheckConstraint("expires_at > created_at", "api_key_expires_later"),)

    id: UUID = Field(primary_key=True, default_factory=new_id)
    prefix: str = Field(unique=True, index=True)
    secret_hash: bytes
    account: str = Field(foreign_key="account.slug", index=True)
    organisation: str | None = Field(default=None, foreign_key="organisation.slug")
    roles: list[str] = Field(sa_column=Column(JSON, nullable=False))
    created_at: datetime
    created_by: str
    expires_at: datetime
    last_used_on: date | None = None
    revoked_at: datetime | None = None
    revoked_by: str | None = None

    def opens_at(self, now: datetime) -> bool:
        """Whether it is neither expired nor revoked at that moment."""
        return now < self.expires_at and self.revoked_at is None


def create_api_key(  # noqa: PLR0913 whose, where, for what, how long, when, by whom
    db: Database,
    *,
    account: str,
    organisation: str | None,
    roles: Sequence[Role],
    now: datetime,
    actor: str,
    days: int = USUAL_DAYS,
) -> tuple[ApiKey, str]:
    """A new key, and its text, which is nowhere else and never shown again.

    Raises AccountNotFound, OrganisationNotFound, and ApiKeyNotAllowed for roles that are not held or too many days.
    """
    holder = account_by_slug(db, account)
    if organisation is not None:
        organisation_by_slug(db, organisation)
    held = {role for where, role in grants_in(memberships_of(db, account), now) if where == organisation}
    where = "of the registry" if organisation is None else f"at {organisation}"
    if not holder.active_at(now):
        raise ApiKeyNotAllowed(f"the account {account} does not act any more")
    if not roles:
        raise ApiKeyNotAllowed("a key is for one role at least")
    missing = [role for role in roles if role not in held]
    if missing:
        raise ApiKeyNotAllowed(
            f"{account} is not {', '.join(missing)} {where}; grant it first: "
            f"bevis account role grant {account} --role {missing[0]}"
            + (f" --org {organisation}" if organisation else "")
        )
    if not 1 <= days <= MOST_DAYS:
        raise ApiKeyNotAllowed(f"a key lives 1 to {MOST_DAYS} days")
    secret = secrets.token_bytes(32)
    key = ApiKey(
        prefix="".join(secrets.choice(_SIGNS) for _ in range(_PUBLIC)),
        secret_hash=hashlib.sha256(secret).digest(),
        account=account,
        organisation=organisation,
        roles=sorted(set(roles)),
        created_at=now,
        created_by=actor,
        expires_at=now + timedelta(days=days),
    )
    db.add(key)
    db.flush()
    return key, _written(key.prefix, secret)


def require_key_maker(who: Actor, account: str, organisation: str | None, roles: Sequence[Role]) -> None:
    """A proven person makes the own next key, for no more than the key at hand is for; other keys the operator makes.

    Raises NotAllowed.
    """
    own = who.proven and who.account == account and all((organisation, role) in who.grants for role in roles)
    if not own:
        who.require("key.create", organisation)


def actor_of_key(db: Database, text: str, now: datetime) -> Actor:
    """Who proves to act by that key, with what the key and the roles held at this moment have in common.

    A role that was ended is not opened again by a key made before it was granted anew. Raises ApiKeyRejected.
    """
    prefix, secret = _read(text)
    found: Sequence[tuple[ApiKey, Account, Membership | None]] = db.exec(
        select(ApiKey, Account, Membership)
        .join(Account, col(Account.slug) == col(ApiKey.account))
        .outerjoin(
            Membership,
            and_(col(Membership.account) == col(ApiKey.account), col(Membership.recorded_at) <= col(ApiKey.created_at)),
        )
        .where(ApiKey.prefix == prefix)
    ).all()
    # Whether such a key is there makes no difference to the time it takes to say no.
    given = hashlib.sha256(secret).digest()
    if not hmac.compare_digest(given, found[0][0].secret_hash if found else _NOBODYS_HASH) or not found:
        raise ApiKeyRejected("no such key")
    key, account, _ = found[0]
    if key.revoked_at is not None:
        raise ApiKeyRejected(f"the key {prefix} was revoked")
    if not key.opens_at(now):
        raise ApiKeyRejected(f"the key {prefix} expired on {key.expires_at.date()}; make a new one")
    if not account.active_at(now) or key.created_at < account.active_from:
        raise ApiKeyRejected(f"the account {account.slug} was ended")
    held = grants_in((one for _, _, one in found if one is not None), now)
    grants = frozenset((where, role) for where, role in held if where == key.organisation and role in key.roles)
    return Actor(account=account.slug, grants=grants, proven=True, key=prefix)


def note_use(db: Database, prefix: str, on: date) -> None:
    """Remember the day it was used on."""
    key = api_key_by_prefix(db, prefix)
    if key.last_used_on != on:
        key.last_used_on = on
        db.add(key)


def revoke_api_key(db: Database, prefix: str, now: datetime, actor: str) -> ApiKey:
    """From now on it opens nothing. Raises ApiKeyNotFound."""
    key = api_key_by_prefix(db, prefix)
    if key.revoked_at is None:
        key.revoked_at, key.revoked_by = now, actor
        db.add(key)
    return key


def revoke_keys_of(db: Database, account: str, now: datetime, actor: str) -> int:
    """Every key of that account opens nothing from now on; how many there were."""
    open_keys = [key for key in api_keys_of(db, account) if key.revoked_at is None]
    for key in open_keys:
        key.revoked_at, key.revoked_by = now, actor
        db.add(key)
    return len(open_keys)


def api_keys_of(db: Database, account: str) -> Sequence[ApiKey]:
    """All keys somebody ever had, the newest first."""
    return db.exec(select(ApiKey).where(ApiKey.account == account).order_by(col(ApiKey.id).desc())).all()


def api_keys_before(db: Database, account: str, before: UUID | None, limit: int) -> Sequence[ApiKey]:
    """Keys of that person that are older than that one, the newest first."""
    wanted = select(ApiKey).where(ApiKey.account == account).order_by(col(ApiKey.id).desc()).limit(limit)
    return db.exec(wanted if before is None else wanted.where(col(ApiKey.id) < before)).all()


def api_keys(db: Database) -> Sequence[ApiKey]:
    """Every key, by account, the newest first."""
    return db.exec(select(ApiKey).order_by(ApiKey.account, col(ApiKey.id).desc())).all()


def api_key_by_prefix(db: Database, prefix: str) -> ApiKey:
    """Raises ApiKeyNotFound."""
    found = db.exec(select(ApiKey).where(ApiKey.prefix == prefix)).first()
    if found is None:
        raise ApiKeyNotFound("no key has that name; `bevis key list` lists them")
    return found


# ------------------------------------------------------------------ how a key is written


def _written(prefix: str, secret: bytes) -> str:
    text = f"{MARK}{prefix}_{_digits(int.from_bytes(secret), _SECRET)}"
    return text + _checksum(text)


def _read(text: str) -> tuple[str, bytes]:
    """The two parts of a key. Raises ApiKeyRejected, which never repeats what was given."""
    if len(text) != _LENGTH or not text.startswith(MARK) or not text.isascii():
        raise ApiKeyRejected(f"that is no key; one begins with {MARK} and has {_LENGTH} characters")
    prefix, gap, digits = text[len(MARK) :][:_PUBLIC], text[len(MARK) + _PUBLIC], text[len(MARK) + _PUBLIC + 1 :]
    if gap != "_" or any(sign not in _SIGNS for sign in prefix + digits):
        raise ApiKeyRejected("that is no key: it holds characters that no key has")
    value = 0
    for sign in digits[:_SECRET]:
        value = value * len(_SIGNS) + _SIGNS.index(sign)
    if digits[_SECRET:] != _checksum(text[:-_CHECK]) or value >= 1 << 256:
        raise ApiKeyRejected("the key was not copied as it is: its checksum does not fit")
    return prefix, value.to_bytes(32)


def _checksum(text: str) -> str:
    return _digits(zlib.crc32(text.encode()), _CHECK)


def _digits(value: int, length: int) -> str:
    signs: list[str] = []
    for _ in range(length):
        value, digit = divmod(value, len(_SIGNS))
        signs.append(_SIGNS[digit])
    return "".join(reversed(signs))
