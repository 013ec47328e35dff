"""Who acts in the shell: accounts, roles, keys, and what two people do together."""

import json
import os
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from registry.command_line.place import account_id
from registry.records.actors.accounts import actor_named
from registry.records.actors.api_keys import actor_of_key
from registry.records.actors.approvals import request_approval
from registry.records.whole.directory import create_registry, open_registry
from tests.registry.command_line.conftest import Bevis, Ended, Once

OF_ASA = ("key", "create", "--person", "asa", "--role", "requester", "--org", "school")


@pytest.fixture
def place(once: Once, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A registry run by Ola, where Åsa asks at the school and Bo decides."""
    monkeypatch.setenv("BEVIS_DIR", str(tmp_path / "registry"))
    monkeypatch.setenv("BEVIS_ACTOR", "ola-nordmann")
    commands = (
        ("init", tmp_path / "registry", "--operator", "Ola Nordmann"),
        ("org", "add", "school", "--name", "Skolan AB"),
        ("account", "add", "asa", "--name", "Åsa Lind", "--birth-date", "1980-02-29", "--email", "asa@example.org"),
        ("account", "add", "bo", "--name", "Bo Berg"),
        ("account", "role", "grant", "asa", "--org", "school", "--role", "requester", "--role", "instructor"),
        ("account", "role", "grant", "bo", "--org", "school", "--role", "approver"),
    )
    once(tmp_path / "registry", commands)
    return tmp_path / "registry"


def refused(ended: Ended, code: str, *parts: str) -> None:
    assert ended.code == 2, ended
    assert json.loads(ended.out)["error"]["code"] == code
    for part in parts:
        assert part in " ".join(ended.err.split())


def key(bevis: Bevis, person: str, *roles: str, org: str | None = "school") -> str:
    given = [part for role in roles for part in ("--role", role)] + (["--org", org] if org else [])
    return str(bevis("key", "create", "--person", person, *given, "--json").json()["key"])


# ------------------------------------------------------------------ who acts


@pytest.mark.usefixtures("place")
@pytest.mark.parametrize(
    ("actor", "command", "code", "part"),
    [
        pytest.param("nobody", ("org", "add", "x1", "--name", "X"), "ActorUnknown", "ola-nordmann", id="unknown"),
        pytest.param("", ("org", "add", "x1", "--name", "X"), "ActorUnknown", "has no account here", id="empty"),
        pytest.param("asa", ("org", "add", "x1", "--name", "X"), "NotAllowed", "operator", id="no operator"),
        pytest.param("asa", ("account", "add", "x1", "--name", "X Y"), "NotAllowed", "account.record"),
        pytest.param("asa", ("account", "end", "bo"), "NotAllowed", "account.record"),
        pytest.param("asa", ("account", "reopen", "bo"), "NotAllowed", "account.record"),
        pytest.param("asa", ("account", "role", "grant", "asa", "--role", "operator"), "NotAllowed", "role.grant"),
        pytest.param(
            "asa", ("account", "role", "end", "bo", "--role", "approver", "--org", "school"), "NotAllowed", "role.end"
        ),
        pytest.param(
            "asa",
            ("key", "create", "--person", "bo", "--role", "approver", "--org", "school"),
            "NotAllowed",
            "key.create",
        ),
        pytest.param(
            "asa",
            OF_ASA,
            "NotAllowed",
            "key.create",
            id="the own key, but only named",
        ),
        pytest.param("asa", ("key", "rotate", "school"), "NotAllowed", "signing_key.rotate"),
        pytest.param("asa", ("org", "strike", "school", "--on", "2026-01-01"), "NotAllowed", "organisation.strike"),
        pytest.param("asa", ("org", "declare", "school", "appeals"), "NotAllowed", "organisation.declare"),
    ],
)
def test_whoever_has_not_the_role_is_told_which(
    bevis: Bevis, actor: str, command: tuple[str, ...], code: str, part: str
) -> None:
    refused(bevis(*command, "--actor", actor, "--json"), code, part)


def test_the_operator_of_a_new_registry_is_whoever_is_logged_in(
    bevis: Bevis, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("BEVIS_ACTOR")
    monkeypatch.setenv("LOGNAME", "Åsa.Lind")
    monkeypatch.setenv("BEVIS_DIR", str(tmp_path / "new"))
    assert bevis("init", tmp_path / "new", "--json").json()["operator"] == "asa-lind"
    (one,) = bevis("account", "list", "--json").json()
    assert (one["id"], [role["role"] for role in one["roles"]]) == ("asa-lind", ["operator"])
    assert bevis("org", "add", "school", "--name", "Skolan AB").code == 0
    monkeypatch.setenv("LOGNAME", "bo")
    refused(bevis("org", "add", "other", "--name", "Andra AB", "--json"), "ActorUnknown", "bo", "asa-lind")


@pytest.mark.parametrize(
    ("name", "slug"),
    [
        ("root", "root"),
        ("Åsa Lindström", "asa-lindstrom"),
        ("O’Brien", "o-brien"),
        ("x", "operator"),
        ("", "operator"),
        ("19900101-1234", "operator"),
        ("a" * 50, "a" * 32),
        ("ДОМЕН\\", "operator"),
    ],
)
def test_an_id_made_of_a_name(name: str, slug: str) -> None:
    assert account_id(name) == slug


def test_the_first_account_of_a_registry_that_has_none(bevis: Bevis, tmp_path: Path) -> None:
    create_registry(tmp_path / "bare", public_url="http://127.0.0.1:8000").close()
    bare = ("--dir", tmp_path / "bare", "--json")
    refused(bevis("account", "end", "asa", *bare, "--actor", "asa"), "ActorUnknown", "bevis account add")
    assert bevis("account", "add", "eva", "--name", "Eva Ek", *bare).code == 0
    assert bevis("account", "list", *bare).json()[0]["roles"][0]["role"] == "operator"
    refused(bevis("account", "add", "two", "--name", "Två Tvåsson", *bare, "--actor", "two"), "ActorUnknown")


# ------------------------------------------------------------------ accounts and roles


@pytest.mark.usefixtures("place")
def test_an_account_from_its_first_to_its_last_day(bevis: Bevis) -> None:
    told = bevis("account", "show", "asa", "--json").json()
    assert (told["name"], told["birth_date"], told["email"]) == ("Åsa Lind", "1980-02-29", "asa@example.org")
    assert [role["role"] for role in told["roles"]] == ["requester", "instructor"]
    until = (datetime.now(UTC) + timedelta(days=10)).date()
    granted = bevis("account", "role", "grant", "bo", "--role", "reader", "--until", until, "--json").json()
    assert granted[0]["until"] == f"{until + timedelta(days=1)}T00:00:00+00:00"
    assert bevis("account", "role", "end", "asa", "--org", "school", "--role", "instructor").code == 0
    refused(bevis("account", "role", "end", "asa", "--org", "school", "--role", "instructor", "--json"), "RoleNotHeld")
    assert bevis("account", "amend", "bo", "--birth-date", "1975-05-05", "--email", "bo@example.org").code == 0
    assert bevis("account", "show", "bo", "--json").json()["birth_date"] == "1975-05-05"
    refused(bevis("account", "amend", "bo", "--json"), "MalformedInput", "nothing is said to change")
    refused(
        bevis("account", "amend", "bo", "--name", "Åsa Lind", "--birth-date", "1980-02-29", "--json"),
        "PersonHasAccount",
    )
    assert bevis("access", "list", "account", "asa", "--json").json() == []
    refused(bevis("access", "list", "planet", "asa", "--json"), "MalformedInput")
    assert bevis("account", "end", "asa").code == 0
    told = bevis("account", "show", "asa", "--json").json()
    assert [event["kind"] for event in told["history"]] == ["opened", "ended"]
    assert all(role["until"] and role["ended_by"] == "ola-nordmann" for role in told["roles"])
    assert bevis("account", "reopen", "asa").code == 0
    assert bevis("account", "show", "asa", "--json").json()["active_until"] is None


@pytest.mark.usefixtures("place")
@pytest.mark.parametrize(
    ("command", "code"),
    [
        (("account", "add", "asa", "--name", "Eva Ek"), "AccountExists"),
        (("account", "add", "asa-two", "--name", "Åsa Lind"), "PersonHasAccount"),
        (("account", "add", "asa-two", "--name", "Asa Lind", "--birth-date", "1980-02-29"), "PersonHasAccount"),
        (("account", "add", "19800229-1234", "--name", "Eva Ek"), "MalformedInput"),
        (("account", "add", "eva", "--name", " Eva"), "MalformedInput"),
        (("account", "add", "eva", "--name", "Eva Ek", "--birth-date", "29/2"), "MalformedInput"),
        (("account", "add", "eva", "--name", "Eva Ek", "--email", "x"), "MalformedInput"),
        (("account", "add", "eva"), "Usage"),
        (("account", "show", "nobody"), "AccountNotFound"),
        (("account", "end", "nobody"), "AccountNotFound"),
        (("account", "end", "ola-nordmann"), "LastOperator"),
        (("account", "reopen", "asa"), "AccountExists"),
        (("account", "role", "grant", "asa", "--org", "school", "--role", "requester"), "RoleHeld"),
        (("account", "role", "grant", "asa", "--org", "school", "--role", "king"), "MalformedInput"),
        (("account", "role", "grant", "asa", "--org", "nowhere", "--role", "reader"), "OrganisationNotFound"),
        (("account", "role", "grant", "asa", "--role", "reader", "--until", "2020-01-01"), "RoleNotHeld"),
        (("account", "role", "end", "ola-nordmann", "--role", "operator"), "LastOperator"),
        (("key", "create", "--person", "asa", "--role", "approver", "--org", "school"), "ApiKeyNotAllowed"),
        (("key", "create", "--person", "asa", "--role", "requester"), "ApiKeyNotAllowed"),
        ((*OF_ASA, "--days", "401"), "ApiKeyNotAllowed"),
        ((*OF_ASA, "--days", "0"), "ApiKeyNotAllowed"),
        ((*OF_ASA, "-o", "/nowhere/x"), "MalformedInput"),
        (("key", "create", "--role", "requester", "--org", "school"), "Usage"),
        (("key", "revoke", "nothing1"), "ApiKeyNotFound"),
        (("key", "list", "--person", "nobody"), "AccountNotFound"),
        (("key", "list", "school", "--person", "asa"), "MalformedInput"),
        (("approval", "show", "approval-none"), "ApprovalNotFound"),
        (("approval", "approve", "approval-none", "--digest", "x"), "ApprovalNotFound"),
        (("approval", "reject", "approval-none", "--digest", "x"), "Usage"),
        (("approval", "reject", "approval-none", "--digest", "x", "--reason", "a\nb"), "MalformedInput"),
    ],
)  # fmt: skip
def test_what_cannot_be_done_is_refused(bevis: Bevis, command: tuple[str, ...], code: str) -> None:
    refused(bevis(*command, "--json"), code)


@pytest.mark.usefixtures("place")
@pytest.mark.parametrize("lang", ["sv", "nb", "en"])
def test_for_people(bevis: Bevis, lang: str) -> None:
    key(bevis, "asa", "requester")
    for command in (
        ("account", "list"),
        ("account", "show", "asa"),
        ("key", "list", "--person", "asa"),
        ("approval", "list"),
        ("account", "role", "grant", "bo", "--role", "reader", "--role", "operator"),
        ("account", "role", "end", "bo", "--role", "reader"),
        ("account", "end", "asa"),
        ("account", "reopen", "asa"),
    ):
        ended = bevis(*command, "--lang", lang)
        assert (ended.code, ended.err) == (0, "")
        assert max(map(len, ended.out.splitlines())) <= 80
    names = {"sv": "beslutsfattare", "nb": "beslutningstaker", "en": "approver"}
    assert names[lang] in bevis("account", "show", "bo", "--lang", lang).out


# ------------------------------------------------------------------ keys


def test_a_key_is_shown_once_and_proves_who_acts(place: Path, bevis: Bevis, monkeypatch: pytest.MonkeyPatch) -> None:
    shown = bevis("key", "create", "--org", "school", "--person", "asa", "--role", "requester", "--days", "5")
    text = shown.out.split()[-1]
    assert text.startswith("bvs_")
    registry = open_registry(place)
    with registry.reading() as db:
        actor = actor_of_key(db, text, datetime.now(UTC))
    registry.close()
    assert (actor.account, actor.proven, actor.grants) == ("asa", True, {("school", "requester")})
    listed = bevis("key", "list", "--person", "asa", "--json")
    assert text[13:] not in listed.out
    assert listed.json()[0]["last_used_on"] is None
    for file in place.iterdir():
        assert text[13:56].encode() not in file.read_bytes(), file
    monkeypatch.delenv("BEVIS_ACTOR")
    monkeypatch.setenv("BEVIS_KEY", text)
    refused(bevis("org", "add", "x1", "--name", "X", "--json"), "NotAllowed", "asa")
    refused(bevis("approval", "list", "--json", "--actor", "bo"), "MalformedInput", "asa")
    assert bevis("approval", "list").code == 0
    assert bevis("key", "list", "--person", "asa", "--json").json()[0]["last_used_on"] == str(datetime.now(UTC).date())
    another = key(bevis, "asa", "requester")  # a person makes the next key with the one before it
    assert bevis("key", "revoke", text[4:12], "--json").json()["revoked_by"] == "asa"
    refused(bevis("approval", "list", "--json"), "ApiKeyRejected", "revoked")
    monkeypatch.setenv("BEVIS_KEY", another[:-1] + "0")
    ended = bevis("approval", "list", "--json")
    refused(ended, "ApiKeyRejected", "checksum")
    assert another[13:50] not in ended.out + ended.err


def test_a_key_in_a_file(place: Path, bevis: Bevis, monkeypatch: pytest.MonkeyPatch) -> None:
    file = place.parent / "asa.key"
    arguments = (*OF_ASA, "-o", file)
    made = bevis(*arguments)
    assert made.code == 0
    assert "bvs_" not in made.out
    assert os.stat(file).st_mode & 0o777 == 0o600  # noqa: PTH116 as a shell sees it
    refused(bevis(*arguments, "--json"), "MalformedInput", "exists")  # nothing is written over
    monkeypatch.delenv("BEVIS_ACTOR")
    monkeypatch.setenv("BEVIS_KEY_FILE", str(file))
    assert bevis("approval", "list").code == 0
    for content in (b"\xff\xfe", b"", b"x" * 2000):
        file.write_bytes(content)
        assert bevis("approval", "list", "--json").code == 2
    monkeypatch.setenv("BEVIS_KEY_FILE", str(place / "nowhere"))
    refused(bevis("approval", "list", "--json"), "MalformedInput", "cannot be read")


# ------------------------------------------------------------------ two people


def asked(place: Path, person: str, content: dict[str, Any]) -> str:
    """A request as an issue at a high level makes it. Returns its id."""
    now = datetime.now(UTC)
    registry = open_registry(place)
    with registry.writing() as db:
        actor = actor_of_key(db, os.environ["BEVIS_KEY"], now)
        assert actor.account == person
        made = request_approval(
            db, kind="reinstatement", subject="c1", organisation="school", content=content, actor=actor, now=now
        )
        assert actor_named(db, person, now).grants >= actor.grants
    registry.close()
    return made.public_id


def test_two_people_decide_with_their_keys(place: Path, bevis: Bevis, monkeypatch: pytest.MonkeyPatch) -> None:
    asas, bos = key(bevis, "asa", "requester"), key(bevis, "bo", "approver")
    monkeypatch.delenv("BEVIS_ACTOR")
    monkeypatch.setenv("BEVIS_KEY", asas)
    which = asked(place, "asa", {"people": 12, "level": "B", "classes": ["A1", "B1"]})
    (mine,) = bevis("approval", "list", "--json").json()
    assert (mine["id"], mine["yours"], mine["state"]) == (which, False, "open")
    digest = bevis("approval", "show", which, "--json").json()["digest"]
    refused(bevis("approval", "approve", which, "--digest", digest, "--json"), "SamePerson")
    monkeypatch.delenv("BEVIS_KEY")
    for named in ("bo", "asa"):
        refused(bevis("approval", "approve", which, "--digest", digest, "--json", "--actor", named), "NotProven")
    monkeypatch.setenv("BEVIS_KEY", bos)
    assert bevis("approval", "list", "--json").json()[0]["yours"]
    for lang in ("sv", "nb", "en"):
        shown = bevis("approval", "show", which, "--lang", lang).out
        assert "people" in shown
        lines = shown.splitlines()
        assert lines[-1] == f"  bevis approval approve {which} --digest {digest}", "ready to be copied"
        assert f"  {digest}" in lines
        assert max(map(len, lines[:-1])) <= 80
    refused(bevis("approval", "approve", which, "--digest", "0" * 64, "--json"), "ContentChanged")
    told = bevis("approval", "approve", which, "--digest", digest, "--note", "read on paper too", "--json").json()
    assert (told["state"], told["decided_by"], told["reason"]) == ("approved", "bo", "read on paper too")
    refused(bevis("approval", "reject", which, "--digest", digest, "--reason", "no", "--json"), "AlreadyDecided")
    assert bevis("approval", "list", "--json").json() == []
    assert [one["state"] for one in bevis("approval", "list", "--all", "--json").json()] == ["approved"]


def test_a_request_is_rejected_or_withdrawn(place: Path, bevis: Bevis, monkeypatch: pytest.MonkeyPatch) -> None:
    asas, bos = key(bevis, "asa", "requester"), key(bevis, "bo", "approver")
    monkeypatch.delenv("BEVIS_ACTOR")
    monkeypatch.setenv("BEVIS_KEY", asas)
    which = asked(place, "asa", {"people": 12})
    digest = bevis("approval", "show", which, "--json").json()["digest"]
    monkeypatch.setenv("BEVIS_KEY", bos)
    number = "19800229-1234"
    ended = bevis("approval", "reject", which, "--digest", digest, "--reason", f"wrong: {number}", "--json")
    refused(ended, "MalformedInput", "national")
    assert number not in ended.out + ended.err
    refused(bevis("approval", "withdraw", which, "--json"), "NotAllowed")
    assert bevis("approval", "reject", which, "--digest", digest, "--reason", "wrong list").code == 0
    monkeypatch.setenv("BEVIS_KEY", asas)
    again = asked(place, "asa", {"people": 12})
    assert again != which
    (before,) = bevis("approval", "show", again, "--json").json()["rejected_before"]
    assert (before["id"], before["decided_by"], before["reason"]) == (which, "bo", "wrong list")
    for lang, said in (("sv", "avslogs förut"), ("nb", "avslått før"), ("en", "rejected before")):
        shown = " ".join(bevis("approval", "show", again, "--lang", lang).out.split())
        assert said in shown
        assert "wrong list" in shown
    assert bevis("approval", "withdraw", again, "--lang", "sv").code == 0
    assert bevis("approval", "list", "--json").json() == []
