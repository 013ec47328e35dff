"""Profiles and workforces in a few words."""

from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any

import pytest

from registry.checking.profile import Profile, read_profile

NOW = datetime(2026, 11, 20, 12, 0, tzinfo=UTC)
TITLES = "titles = {{ sv = '{0} sv', nb = '{0} nb', en = '{0} en' }}"


def profile_of(*requirements: str, roles: Sequence[str] = ("worker",)) -> Profile:
    """A profile whose every role requires all; a requirement is its id and then its TOML lines."""
    ids = [text.split("\n", 1)[0] for text in requirements]
    lines = ["id = 'test'", "owner = 'own'", TITLES.format("Test")]
    for role in roles:
        lines += ["[[role]]", f"id = '{role}'", f"requires = {ids}", TITLES.format(role.capitalize())]
    for text in requirements:
        name, _, rest = text.partition("\n")
        lines += ["[[requirement]]", f"id = '{name}'", TITLES.format(name.capitalize()), rest]
    return read_profile("\n".join(lines).encode())


@pytest.fixture
def plain() -> Profile:
    return profile_of("work\nany_of = ['hot-work']", roles=("worker", "guard"))


def cells(told: dict[str, Any]) -> dict[tuple[str, str], tuple[str, str | None]]:
    """Of an answer as JSON: (person, requirement) to (status, until)."""
    return {
        (one["person"], cell["requirement"]): (cell["status"], cell["until"])
        for one in told["people"]
        for cell in one["requirements"]
    }
