"""Who may do what: roles people hold in organisations, and the table of actions each role may take.

The table is data (`actions.toml`): one row an action. A door (a command, a route) names the action and asks
`Actor.require`; nothing else in the program compares roles.
"""

import tomllib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from importlib import resources
from typing import Literal, get_args

from pydantic import BaseModel, ConfigDict, Field

from registry.errors import NotAllowed
from registry.records.actors.access_log import SubjectKind

Role = Literal[
    "scheme_author", "scheme_approver", "requester", "approver", "instructor", "examiner", "operator", "reader"
]
ROLES: tuple[Role, ...] = get_args(Role)
# Held in the registry itself, these two reach into every organisation; all other roles stay where they are held.
EVERYWHERE: frozenset[Role] = frozenset({"operator", "reader"})


class Texts(BaseModel):
    """A sentence in each language."""

    model_config = ConfigDict(extra="forbid", frozen=True, strict=True)

    sv: str = Field(min_length=1)
    nb: str = Field(min_length=1)
    en: str = Field(min_length=1)


class RoleRow(BaseModel):
    """A role: what it is called, and what whoever holds it is there for."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    id: Role
    name: Texts
    says: Texts


class ActionRow(BaseModel):
    """An action: who may take it, and what it is.

    roles     any of them will do; empty = nobody by role (a person's own things)
    personal  it reads what the registry knows of people, so that it leaves a line that they can see
    """

    model_config = ConfigDict(extra="forbid", frozen=True)

    id: str = Field(pattern=r"^[a-z_]+(\.[a-z_]+)+$")
    roles: frozenset[Role]
    personal: bool = False
    says: Texts


class ApprovalRow(BaseModel):
    """A kind of thing that two people do: the action of whoever asks for it, and of whoever decides on it.

    about  what its subject is, where reading it is reading about people; several ids with blanks between
    """

    model_config = ConfigDict(extra="forbid", frozen=True)

    kind: str = Field(pattern=r"^[a-z_]+$")
    request: str
    decide: str
    about: SubjectKind | None = None


class _Table(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)

    role: tuple[RoleRow, ...]
    action: tuple[ActionRow, ...]
    approval: tuple[ApprovalRow, ...]


@cache
def _table() -> _Table:
    text = (resources.files("registry.records.actors") / "actions.toml").read_text(encoding="utf-8")
    return _Table.model_validate(tomllib.loads(text))


@cache
def actions() -> Mapping[str, ActionRow]:
    """Every action there is, by its name."""
    return {row.id: row for row in _table().action}


@cache
def roles() -> Mapping[str, RoleRow]:
    """Every role there is, by its name."""
    return {row.id: row for row in _table().role}


@cache
def approval_kinds() -> Mapping[str, ApprovalRow]:
    """Everything that needs a second person, by its kind."""
    return {row.kind: row for row in _table().approval}


@dataclass(frozen=True)
class Actor:
    """Somebody who acts: a person's account with the roles it holds at this moment.

    account  slug of the account; what `recorded_by`, `actor` columns and events hold
    grants   (organisation's slug, or None for the registry itself; role)
    proven   by the person's own key, not merely named in the shell
    key      public part of that key
    """

    account: str
    grants: frozenset[tuple[str | None, Role]]
    proven: bool
    key: str | None = None

    def may(self, action: str, organisation: str | None) -> bool:
        """Whether one of the roles held there, or everywhere, allows it. An action that is in no row is our fault."""
        allowed = actions()[action].roles
        return any(
            role in allowed and (where == organisation or (where is None and role in EVERYWHERE))
            for where, role in self.grants
        )

    def require_for_any(self, action: str, organisations: Sequence[str]) -> None:
        """Raises NotAllowed, which names the first, unless it may for one of them."""
        if not any(self.may(action, organisation) for organisation in organisations):
            self.require(action, organisations[0])

    def require(self, action: str, organisation: str | None) -> None:
        """Raises NotAllowed, which says which role is missing, and where."""
        if not self.may(action, organisation):
            raise NotAllowed(self.account, action, organisation, sorted(actions()[action].roles))

    def knows(self, *organisations: str | None) -> bool:
        """Whether any role at all is held in one of these, or one that reaches everywhere."""
        return any(where in organisations or (where is None and role in EVERYWHERE) for where, role in self.grants)

    def may_somewhere(self, action: str) -> bool:
        """Whether there is any organisation, or the registry itself, for which it may take that action."""
        return any(role in actions()[action].roles for _, role in self.grants)

    def organisations(self, action: str) -> frozenset[str] | None:
        """For which organisations it may take that action; None = for all of them."""
        allowed = actions()[action].roles
        if any(where is None and role in allowed & EVERYWHERE for where, role in self.grants):
            return None
        return frozenset(where for where, role in self.grants if where is not None and role in allowed)
