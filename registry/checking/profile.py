"""What the people in a role must hold, and who says so: a profile of requirements, read strictly from TOML."""

import difflib
from collections.abc import Iterable, Mapping
from datetime import date
from functools import cached_property
from typing import Annotated, Literal, Self

from pydantic import Field as InputField
from pydantic import model_validator

from levels.level import Level
from registry.errors import MalformedInput
from registry.reading.cells import folded
from registry.records.sector.scheme_document import ScopeClass
from registry.records.strict_input import InLanguages, Line, Slug, StrictInput, read_toml
from verification.situation import Situation, situation

OwnerKind = Literal["law", "client", "contract", "insurer", "lender", "industry_practice", "own"]
OWNER_KINDS: tuple[OwnerKind, ...] = ("law", "client", "contract", "insurer", "lender", "industry_practice", "own")
MOST_MONTHS = 1200


class Requirement(StrictInput):
    """One thing that must be held: a certificate of any of these schemes, good enough, and young enough.

    level           a demand as `levels.assess.satisfies` reads it; None = every level will do
    scope_classes   all of these must stand on the certificate
    max_age_months  since the proof was given; another clock than the certificate's own last day
    basis           where it is written, in the words of the profile's owner
    """

    id: Slug
    titles: InLanguages
    any_of: Annotated[tuple[Slug, ...], InputField(min_length=1, max_length=40)]
    level: Level | None = None
    third_party: bool = False
    identity: Annotated[int, InputField(ge=0, le=3)] = 0
    scope_classes: Annotated[tuple[ScopeClass, ...], InputField(max_length=40)] = ()
    max_age_months: Annotated[int, InputField(ge=1, le=MOST_MONTHS)] | None = None
    basis: Line | None = None

    def situation(self, on: date) -> Situation:
        """What verification is asked about a certificate that is to meet this."""
        # The register itself answers, so its knowledge has no age; the limits are those of entering a site.
        return situation("site_entry", on).model_copy(
            update={
                "id": self.id,
                "level": self.level,
                "third_party": self.third_party,
                "identity": self.identity,
                "schemes": self.any_of,
                "subject": "person",
            }
        )


class Role(StrictInput):
    """What somebody does, and the ids of what that takes."""

    id: Slug
    titles: InLanguages
    requires: Annotated[tuple[Slug, ...], InputField(max_length=200)]


class Profile(StrictInput):
    """Requirements by role, and whose they are.

    owner       what kind of demand it is: a law, a client's, …
    owner_name  who makes it
    """

    id: Slug
    titles: InLanguages
    owner: OwnerKind
    owner_name: Line | None = None
    role: Annotated[tuple[Role, ...], InputField(min_length=1, max_length=200)]
    requirement: Annotated[tuple[Requirement, ...], InputField(min_length=1, max_length=200)]

    @model_validator(mode="after")
    def _hangs_together(self) -> Self:
        for name, ids in (
            ("role", [role.id for role in self.role]),
            ("requirement", [requirement.id for requirement in self.requirement]),
        ):
            if twice := _twice(ids):
                raise ValueError(f"must not have two of [[{name}]] with the id {twice}")
        known = [requirement.id for requirement in self.requirement]
        for role in self.role:
            if twice := _twice(role.requires):
                raise ValueError(f"must not list {twice} twice in role {role.id}")
            for wanted in role.requires:
                if wanted not in known:
                    raise ValueError(f"must describe {wanted}, which role {role.id} requires, in a [[requirement]]")
        for wanted in known:
            if not any(wanted in role.requires for role in self.role):
                raise ValueError(f"must name {wanted} in the `requires` of a role, or leave that [[requirement]] out")
        spellings = [spelling for role in self.role for spelling in _spellings(role)]
        if twice := _twice(spellings):
            raise ValueError(f"must call its roles by different names; two of them are called {twice}")
        return self

    @cached_property
    def roles(self) -> Mapping[str, Role]:
        """By every way to write them, folded: the id and the titles."""
        return {spelling: role for role in self.role for spelling in _spellings(role)}

    @cached_property
    def requirements(self) -> Mapping[str, Requirement]:
        """By id."""
        return {requirement.id: requirement for requirement in self.requirement}


def read_profile(data: bytes) -> Profile:
    """A profile from a TOML file. Raises MalformedInput with one entry a fault."""
    return read_toml(data, Profile)


def check_schemes(profile: Profile, known: Iterable[str]) -> None:
    """Refuse a requirement that no certificate of this registry could ever meet: most likely a code is misspelt.

    known  the codes of all schemes here

    Raises MalformedInput.
    """
    codes = sorted(set(known))
    faults: list[tuple[str, str]] = []
    for place, requirement in enumerate(profile.requirement):
        if any(code in codes for code in requirement.any_of):
            continue
        near = difflib.get_close_matches(requirement.any_of[0], codes, n=1)
        hint = f"did you mean {near[0]}?" if near else f"there are {', '.join(codes) or 'none'}"
        faults.append(
            (
                f"requirement[{place}].any_of",
                f"names no scheme of this registry: {', '.join(requirement.any_of)}; {hint}",
            )
        )
    if faults:
        raise MalformedInput(faults)


def _spellings(role: Role) -> set[str]:
    return {folded(text) for text in (role.id, role.titles.sv, role.titles.nb, role.titles.en)}


def _twice(names: Iterable[str]) -> str | None:
    seen: set[str] = set()
    for name in names:
        if name in seen:
            return name
        seen.add(name)
    return None
