"""A profile is read strictly: what is not understood is refused with its place."""

import re
from collections.abc import Callable
from pathlib import Path

import pytest
from pydantic import BaseModel

from registry.checking.profile import OWNER_KINDS, Profile, Requirement, Role, check_schemes, read_profile
from registry.errors import MalformedInput
from tests.registry.checking.conftest import profile_of

ROOT = Path(__file__).resolve().parents[3]
DEMO = sorted((ROOT / "registry" / "demo" / "profiles").glob("*.toml"))
GOOD = (ROOT / "registry" / "demo" / "profiles" / "hot-work-site.toml").read_text("utf-8")


@pytest.mark.parametrize("path", DEMO, ids=lambda path: path.stem)
def test_the_profiles_of_the_demo_are_profiles(path: Path) -> None:
    profile = read_profile(path.read_bytes())
    assert profile.id == path.stem
    assert profile.owner in OWNER_KINDS


@pytest.mark.parametrize(
    ("change", "path", "says"),
    [
        pytest.param(
            lambda text: text + "\ncolour = 'red'",
            "requirement[2].titles.colour",
            "is no known name here",
            id="key in a table",
        ),
        pytest.param(lambda text: "colour = 'red'\n" + text, "colour", "is no known name here", id="unknown key"),
        pytest.param(lambda text: text.replace('owner = "insurer"', 'owner = "boss"'), "owner", "must be", id="owner"),
        pytest.param(
            lambda text: text.replace('level = "C2"', 'level = "A"'), "requirement[0].level", "must be", id="level"
        ),
        pytest.param(
            lambda text: text.replace('level = "C2"', 'level = "C"'), "requirement[0].level", "must be", id="level C"
        ),
        pytest.param(
            lambda text: text.replace("identity = 2", "identity = 4"), "requirement[0].identity", "3", id="identity"
        ),
        pytest.param(
            lambda text: text.replace("identity = 2", "max_age_months = 0"),
            "requirement[0].max_age_months",
            "1",
            id="age",
        ),
        pytest.param(
            lambda text: text.replace("identity = 2", "max_age_months = 12.5"),
            "requirement[0].max_age_months",
            "integer",
            id="part of a month",
        ),
        pytest.param(
            lambda text: text.replace("identity = 2", 'scope_classes = ["T 1"]'),
            "requirement[0].scope_classes[0]",
            "pattern",
            id="class",
        ),
        pytest.param(
            lambda text: text.replace('any_of = ["hot-work"]', "any_of = []", 1),
            "requirement[0].any_of",
            "must not be empty",
            id="no scheme",
        ),
        pytest.param(
            lambda text: text.replace('en = "Hot work"', ""), "requirement[1].titles.en", "is missing", id="language"
        ),
        pytest.param(
            lambda text: text.replace('requires = ["hot-work"]', 'requires = ["hot"]'),
            "",
            "must describe hot",
            id="requirement not there",
        ),
        pytest.param(
            lambda text: text.replace('requires = ["hot-work-any"]', "requires = []"),
            "",
            "must name hot-work-any",
            id="nobody needs it",
        ),
        pytest.param(
            lambda text: text.replace('id = "roofer"', 'id = "hot-worker"'),
            "",
            "two of [[role]] with the id hot-worker",
            id="role twice",
        ),
        pytest.param(
            lambda text: text.replace('en = "Roofer"', 'en = "Fire  Watch"'),
            "",
            "different names",
            id="two roles, one name",
        ),
        pytest.param(
            lambda text: text.replace('requires = ["hot-work"]', 'requires = ["hot-work", "hot-work"]'),
            "",
            "twice in role",
            id="listed twice",
        ),
        pytest.param(
            lambda text: text.replace("[[role]]", "[[roles]]").replace("[role.", "[roles."),
            "roles",
            "did you mean role?",
            id="misspelt",
        ),
        pytest.param(lambda _: "", "id", "is missing", id="empty"),
        pytest.param(lambda text: text + "\n= 3", "", "", id="no TOML"),
    ],
)
def test_what_is_not_understood_is_refused_with_its_place(change: Callable[[str], str], path: str, says: str) -> None:
    with pytest.raises(MalformedInput) as refused:
        read_profile(change(GOOD).encode())
    assert any(at == path and says in told for at, told in refused.value.faults) or (
        path == "" and says in str(refused.value)
    )


def test_a_requirement_that_nobody_could_meet_is_a_slip() -> None:
    profile = profile_of("one\nany_of = ['hot-wrok']", "two\nany_of = ['elsewhere', 'hot-work']")
    with pytest.raises(MalformedInput) as refused:
        check_schemes(profile, ["hot-work", "fork-lift"])
    assert refused.value.faults == (
        ("requirement[0].any_of", "names no scheme of this registry: hot-wrok; did you mean hot-work?"),
    )
    with pytest.raises(MalformedInput, match="there are none"):
        check_schemes(profile, [])


def test_a_role_goes_by_its_id_and_its_titles() -> None:
    profile = read_profile(GOOD.encode())
    assert {profile.roles[name].id for name in ("hotworker", "utforhetaarbeten", "utforervarmearbeider")} == {
        "hot-worker"
    }


@pytest.mark.parametrize("shape", [Profile, Role, Requirement])
def test_every_key_of_a_profile_is_listed(shape: type[BaseModel]) -> None:
    page = (ROOT / "docs" / "files.md").read_text("utf-8")
    listed = set(re.findall(r"[a-z_]+", " ".join(re.findall(r"`([^`]+)`", page))))
    assert set(shape.model_fields) <= listed
