"""Accounts of the people who work with the registry, and the roles they hold: dated, never deleted.

One person has one account: four eyes are worth nothing where two accounts are one person's.
"""

import unicodedata
from collections.abc import Collection, Iterable, Sequence
from datetime import date, datetime
from typing import Annotated, Self
from uuid import UUID

from pydantic import Field as InputField
from pydantic import model_validator
from sqlalchemy import CheckConstraint, or_
from sqlmodel import Field, SQLModel, col, func, select

from registry.errors import (
    AccountEnded,
    AccountExists,
    AccountNotFound,
    LastOperator,
    OrganisationRejected,
    PersonHasAccount,
    RoleHeld,
    RoleNotHeld,
)
from registry.records.actors.access import Actor, Role
from registry.records.parties.organisations import organisation_by_slug
from registry.records.persons.people import name_key
from registry.records.store.database import Database, new_id
from registry.records.strict_input import NoNumber, PartySlug, StrictInput
from verification.certificate import Name


class Account(SQLModel, table=True):
    """A person who may act here.

    name_key        the name as it is compared
    identity_index  keyed hash of a national number, where one was given; never the number
    active_from     since when it acts; where it was reopened, since then
    active_until    first moment it no longer acts
    """

    __table_args__ = (CheckConstraint("active_until IS NULL OR active_until >= active_from", "account_ends_later"),)

    id: UUID = Field(primary_key=True, default_factory=new_id)
    slug: str = Field(unique=True, index=True)
    name: str
    name_key: str = Field(index=True)
    birth_date: date | None = Field(default=None, index=True)
    email: str | None = None
    identity_index: bytes | None = Field(default=None, unique=True)
    active_from: datetime
    active_until: datetime | None = None
    recorded_at: datetime
    recorded_by: str

    def active_at(self, now: datetime) -> bool:
        """Whether it may act at that moment."""
        return self.active_from <= now and (self.active_until is None or now < self.active_until)


class AccountEvent(SQLModel, table=True):
    """What happened to an account: opened, identified, ended, reopened. Only ever added to."""

    __tablename__ = "account_event"

    id: UUID = Field(primary_key=True, default_factory=new_id)
    account: str = Field(foreign_key="account.slug", index=True)
    kind: str
    at: datetime
    actor: str


class Membership(SQLModel, table=True):
    """A role that somebody holds in an organisation (None: in the registry itself). It is ended, never deleted.

    until  first moment it is no longer held
    """

    __table_args__ = (CheckConstraint("until IS NULL OR until >= since", "membership_ends_later"),)

    id: UUID = Field(primary_key=True, default_factory=new_id)
    account: str = Field(foreign_key="account.slug", index=True)
    organisation: str | None = Field(default=None, foreign_key="organisation.slug", index=True)
    role: str
    since: datetime
    until: datetime | None = None
    recorded_at: datetime
    recorded_by: str
    ended_by: str | None = None

    def held_at(self, now: datetime) -> bool:
        """Whether it is held at that moment."""
        return self.since <= now and (self.until is None or now < self.until)


Email = Annotated[str, InputField(max_length=254, pattern=r"^[^\s@<>\x00-\x20]+@[^\s@<>\x00-\x20]+$")]


class NewAccount(StrictInput):
    """Whose account is added. The id is a short name of ours, never a national number.

    another_person  somebody else of that name (and birth date) has an account, and this is not the same person
    """

    id: PartySlug
    name: Annotated[Name, NoNumber]
    birth_date: date | None = None
    email: Email | None = None
    another_person: bool = False


class AccountChange(StrictInput):
    """What is put right about an account; what is left out stays, null takes it away."""

    name: Name | None = None
    birth_date: date | None = None
    email: Email | None = None
    another_person: bool = False

    @model_validator(mode="after")
    def _changes_something(self) -> Self:
        if not self.model_fields_set & {"name", "birth_date", "email"}:
            raise ValueError("nothing is said to change: give name, birth_date or email")
        if "name" in self.model_fields_set and self.name is None:
            raise ValueError("name cannot be taken away")
        return self


# ------------------------------------------------------------------ accounts


def add_account(db: Database, new: NewAccount, now: datetime, actor: str) -> Account:
    """Give somebody an account. The first one of a registry is made its operator.

    Raises AccountExists, and PersonHasAccount where the same person seems to have one.
    """
    first = db.exec(select(Account).limit(1)).first() is None
    if account_named(db, new.id) is not None:
        raise AccountExists(f"{new.id} is taken; choose another id")
    account = Account(
        slug=new.id,
        name=new.name,
        name_key=name_key(new.name),
        birth_date=new.birth_date,
        email=new.email,
        active_from=now,
        recorded_at=now,
        recorded_by=actor,
    )
    if not new.another_person:
        _refuse_second(db, account)
    db.add(account)
    db.flush()
    _event(db, account.slug, "opened", now, actor)
    if first:
        grant_role(db, account.slug, None, "operator", now=now, actor=actor)
    return account


def end_account(db: Database, slug: str, now: datetime, actor: str) -> Account:
    """From now on it acts no more; every role it holds ends with it.

    Raises AccountNotFound, AccountEnded, LastOperator.
    """
    account = account_by_slug(db, slug)
    if account.active_until is not None:
        raise AccountEnded(f"{slug} ended on {account.active_until.date()}")
    for membership in memberships_of(db, slug):
        if membership.until is None or now < membership.until:
            _end(db, membership, now, actor)
    account.active_until = max(now, account.active_from)
    db.add(account)
    _event(db, slug, "ended", now, actor)
    return account


def reopen_account(db: Database, slug: str, now: datetime, actor: str) -> Account:
    """The same person acts here again, with no role until one is granted. Raises AccountNotFound, AccountExists."""
    account = account_by_slug(db, slug)
    if account.active_until is None:
        raise AccountExists(f"{slug} has not ended")
    account.active_from, account.active_until = now, None  # keys of the time before open nothing
    db.add(account)
    _event(db, slug, "reopened", now, actor)
    return account


def amend_account(db: Database, slug: str, change: AccountChange, now: datetime, actor: str) -> Account:
    """Put right a name, a birth date, an address. Raises AccountNotFound, PersonHasAccount."""
    account = account_by_slug(db, slug)
    for name in change.model_fields_set & {"name", "birth_date", "email"}:
        setattr(account, name, getattr(change, name))
    account.name_key = name_key(account.name)
    if not change.another_person and change.model_fields_set & {"name", "birth_date"}:
        with db.no_autoflush:
            _refuse_second(db, account)
    db.add(account)
    db.flush()
    _event(db, slug, "amended", now, actor)
    return account


def set_identity_index(db: Database, slug: str, index: bytes, now: datetime, actor: str) -> Account:
    """Record whose account it is by a keyed hash of a national number. Raises AccountNotFound, PersonHasAccount."""
    account = account_by_slug(db, slug)
    holder = db.exec(select(Account).where(Account.identity_index == index)).first()
    if holder is not None and holder.slug != slug:
        raise PersonHasAccount(_has_one(holder))
    account.identity_index = index
    db.add(account)
    db.flush()
    _event(db, slug, "identified", now, actor)
    return account


def accounts(db: Database) -> Sequence[Account]:
    """All, by id."""
    return db.exec(select(Account).order_by(Account.slug)).all()


def accounts_after(db: Database, after: str | None, limit: int) -> Sequence[Account]:
    """Those whose id comes after that one, by id."""
    wanted = select(Account).order_by(Account.slug).limit(limit)
    return db.exec(wanted if after is None else wanted.where(col(Account.slug) > after)).all()


def account_named(db: Database, slug: str) -> Account | None:
    """The account of that id, or None."""
    return db.exec(select(Account).where(Account.slug == slug)).first()


def account_by_slug(db: Database, slug: str) -> Account:
    """Raises AccountNotFound."""
    found = account_named(db, slug)
    if found is None:
        raise AccountNotFound(f"nobody here has the account {slug!r}; `bevis account list` lists them")
    return found


def account_events(db: Database, slug: str) -> Sequence[AccountEvent]:
    """What happened to an account, the oldest first."""
    return db.exec(select(AccountEvent).where(AccountEvent.account == slug).order_by(col(AccountEvent.id))).all()


def _event(db: Database, slug: str, kind: str, now: datetime, actor: str) -> None:
    db.add(AccountEvent(account=slug, kind=kind, at=now, actor=actor))
    db.flush()


# ------------------------------------------------------------------ one person, one account


def told_apart(one: Account, other: Account) -> bool:
    """Whether it is known that these are two people. What is not known does not help.

    Two national numbers decide. Else other names tell them apart, or other birth dates; of one birth date, names that
    hold each other (Åsa Lindgren, Asa Maria Lindgren) do not.
    """
    if one.slug == other.slug:
        return False
    if one.identity_index is not None and other.identity_index is not None:
        return one.identity_index != other.identity_index
    if one.birth_date is not None and other.birth_date is not None:
        if one.birth_date != other.birth_date:
            return True
        mine, theirs = _parts(one.name_key), _parts(other.name_key)
        return not (mine <= theirs or theirs <= mine)
    return _parts(one.name_key) != _parts(other.name_key)


def _parts(key: str) -> frozenset[str]:
    """The parts of a name without their marks, so that Åsa and Asa are one."""
    plain = "".join(sign for sign in unicodedata.normalize("NFKD", key) if not unicodedata.combining(sign))
    return frozenset(plain.replace("-", " ").split())


def _refuse_second(db: Database, new: Account) -> None:
    """Accounts are few: everybody who works here, not everybody who is certified."""
    for other in accounts(db):
        if new.slug != other.slug and not told_apart(new, other):
            raise PersonHasAccount(
                f"{_has_one(other)} If this is somebody else of that name, say so (--another-person)"
                + ("" if new.birth_date and other.birth_date else ", or record both birth dates")
            )


def _has_one(holder: Account) -> str:
    if holder.active_until is None:
        return f"That person seems to have an account: {holder.slug}."
    return f"That person seems to have an account that ended: {holder.slug}; `bevis account reopen {holder.slug}`."


# ------------------------------------------------------------------ roles


def grant_role(  # noqa: PLR0913 who, where, what, from when, by whom, until when
    db: Database,
    account: str,
    organisation: str | None,
    role: Role,
    *,
    now: datetime,
    actor: str,
    until: datetime | None = None,
) -> Membership:
    """Let somebody hold a role in an organisation (None: in the registry itself) from now on.

    Raises AccountNotFound, AccountEnded, OrganisationNotFound, OrganisationRejected for a natural person, RoleHeld.
    """
    holder = account_by_slug(db, account)
    if not holder.active_at(now):
        raise AccountEnded(f"{account} does not act any more; `bevis account reopen {account}` lets the person act")
    if organisation is not None and organisation_by_slug(db, organisation).kind == "person":
        raise OrganisationRejected(f"{organisation} is a natural person; roles are held in organisations")
    if any(
        one.organisation == organisation and one.role == role and one.held_at(now)
        for one in memberships_of(db, account)
    ):
        raise RoleHeld(f"{account} is {role} {_where(organisation)} already")
    if until is not None and until <= now:
        raise RoleNotHeld(f"a role that ends before it begins is never held; {until.isoformat()} has passed")
    membership = Membership(
        account=account,
        organisation=organisation,
        role=role,
        since=now,
        until=until,
        recorded_at=now,
        recorded_by=actor,
    )
    db.add(membership)
    db.flush()
    return membership


def end_role(  # noqa: PLR0913 who, where, what, when, by whom
    db: Database, account: str, organisation: str | None, role: Role, *, now: datetime, actor: str
) -> Sequence[Membership]:
    """From now on the role is not held; what was done in it stays done.

    Raises AccountNotFound, RoleNotHeld, LastOperator.
    """
    account_by_slug(db, account)
    held = [
        one
        for one in memberships_of(db, account)
        if one.organisation == organisation and one.role == role and (one.until is None or now < one.until)
    ]
    if not held:
        raise RoleNotHeld(f"{account} is not {role} {_where(organisation)}; `bevis account show {account}` lists roles")
    for membership in held:
        _end(db, membership, now, actor)
    return held


def memberships_of(db: Database, account: str) -> Sequence[Membership]:
    """Every role somebody ever held, the oldest first."""
    return db.exec(select(Membership).where(Membership.account == account).order_by(col(Membership.id))).all()


def memberships_of_all(db: Database, accounts_: Collection[str]) -> Sequence[Membership]:
    """Every role that any of these ever held, the oldest first."""
    wanted = select(Membership).where(col(Membership.account).in_(accounts_)).order_by(col(Membership.id))
    return db.exec(wanted).all()


def memberships_held(db: Database, now: datetime, organisation: str | None = None) -> Sequence[Membership]:
    """Every role held at that moment, in one organisation or (None) anywhere, by account."""
    wanted = (
        select(Membership)
        .where(Membership.since <= now, or_(col(Membership.until).is_(None), col(Membership.until) > now))
        .order_by(Membership.account, col(Membership.id))
    )
    if organisation is not None:
        wanted = wanted.where(Membership.organisation == organisation)
    return db.exec(wanted).all()


def grants_in(memberships: Iterable[Membership], now: datetime) -> frozenset[tuple[str | None, Role]]:
    """What an actor holds by these, at that moment."""
    return frozenset((one.organisation, one.role) for one in memberships if one.held_at(now))  # type: ignore[misc]


def actor_named(db: Database, slug: str, now: datetime) -> Actor:
    """Somebody who is named and not proven, with all roles held now. Raises AccountNotFound, AccountEnded."""
    account = account_by_slug(db, slug)
    if not account.active_at(now):
        raise AccountEnded(f"the account {slug} does not act any more; name another with --actor")
    return Actor(account=slug, grants=grants_in(memberships_of(db, slug), now), proven=False)


def _end(db: Database, membership: Membership, now: datetime, actor: str) -> None:
    if membership.organisation is None and membership.role == "operator" and _operators_but(db, membership, now) == 0:
        raise LastOperator(f"{membership.account} is the only operator; grant somebody else the role first")
    membership.until, membership.ended_by = max(now, membership.since), actor
    db.add(membership)
    db.flush()


def _operators_but(db: Database, membership: Membership, now: datetime) -> int:
    return db.exec(
        select(func.count())
        .select_from(Membership)
        .join(Account, col(Account.slug) == col(Membership.account))
        .where(
            col(Membership.organisation).is_(None),
            Membership.role == "operator",
            Membership.account != membership.account,
            col(Membership.until).is_(None),  # one that ends by itself does not keep a registry
            Membership.since <= now,
            col(Account.active_until).is_(None),
        )
    ).one()


def _where(organisation: str | None) -> str:
    return "of the registry" if organisation is None else f"at {organisation}"
