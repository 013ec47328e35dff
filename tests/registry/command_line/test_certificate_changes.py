"""`bevis certificate`: who may change what, in whose name, and what takes a second person; lists and lineage."""

import json
import re
from collections.abc import Callable
from datetime import datetime
from pathlib import Path
from typing import Any

import pytest
from fastapi.testclient import TestClient

from registry.records.whole.directory import Registry
from registry.web.app import create_app
from registry.web.settings import Settings
from tests.registry.command_line.conftest import Bevis

Refused = Callable[..., None]
PEOPLE = {"pia": ("provhuset", "requester"), "per-olof": ("provhuset", "approver")}


@pytest.fixture
def place(new_demo: Callable[[Path], Registry], tmp_path: Path) -> Path:
    """A demo registry that is written to, with nobody in it who may do everything."""
    new_demo(tmp_path / "bevis-demo").close()
    return tmp_path / "bevis-demo"


@pytest.fixture
def by(bevis: Bevis, place: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[..., Any]:
    """Runs a command in the demo as somebody: by name, or with a key of theirs; answers the exit code and the JSON."""

    def run(who: str, *arguments: Any, key: bool = False) -> tuple[int, Any]:
        monkeypatch.delenv("BEVIS_KEY", raising=False)
        monkeypatch.setenv("BEVIS_ACTOR", who)
        if key:
            organisation, role = PEOPLE[who]
            made = ("key", "create", "--person", who, "--org", organisation, "--role", role, "--actor", "vera")
            text = bevis(*made, "--dir", place, "--json").json()["key"]
            monkeypatch.delenv("BEVIS_ACTOR")
            monkeypatch.setenv("BEVIS_KEY", text)
        ended = bevis(*arguments, "--dir", place, "--json")
        return ended.code, ended.json()

    return run


@pytest.fixture
def held(by: Callable[..., Any]) -> Callable[..., str]:
    """The number of a certificate of that scheme in that state."""

    def find(scheme: str, state: str = "valid") -> str:
        return str(by("vera", "certificate", "list", "--scheme", scheme, "--state", state)[1][0]["number"])

    return find


def test_only_its_issuer_or_the_owner_of_its_scheme_changes_it(
    by: Callable[..., Any], held: Callable[..., str]
) -> None:
    number = held("hot-work")
    for who in ("vera", "kari", "fredrik"):  # the operator, another issuer, the scheme's author
        code, told = by(who, "certificate", "suspend", number, "--reason", "misuse")
        assert (code, told["error"]["code"]) == (2, "NotAllowed"), who
    assert by("vera", "account", "role", "grant", "fredrik", "--org", "brandradet", "--role", "requester")[0] == 0
    code, told = by("fredrik", "certificate", "suspend", number, "--reason", "misuse", "--note", "  complaint 7 ")
    assert (code, told["state"]) == (0, "suspended")
    last = by("vera", "certificate", "show", number)[1]["history"][-1]
    assert {name: last[name] for name in ("kind", "actor", "organisation", "note", "approval")} == {
        "kind": "suspended",
        "actor": "fredrik",
        "organisation": "brandradet",
        "note": "complaint 7",
        "approval": None,
    }
    # The issuer does not let go what the owner has stopped.
    code, told = by("pia", "certificate", "reinstate", number, "--reason", "appeal", key=True)
    assert (code, told["error"]["code"]) == (2, "NotAllowed")


def test_two_people_reinstate(bevis: Bevis, by: Callable[..., Any], place: Path) -> None:
    number = by("vera", "certificate", "list", "--issuer", "provhuset", "--state", "valid")[1][0]["number"]
    assert by("pia", "certificate", "suspend", number, "--reason", "error")[0] == 0
    again = ("certificate", "reinstate", number, "--reason", "error", "--note", "wrong person")
    assert by("pia", *again)[1]["error"]["code"] == "NotProven"
    code, asked = by("pia", *again, key=True)
    assert (code, asked["state"], asked["approval"]["state"]) == (1, "suspended", "open")
    assert by("pia", *again, key=True)[1]["approval"]["id"] == asked["approval"]["id"]  # asking twice asks once
    said = " ".join(bevis(*again, "--dir", place, "--lang", "sv").out.split())
    assert f"bevis approval approve {asked['approval']['id']} --digest {asked['approval']['digest']}" in said
    approve = ("approval", "approve", asked["approval"]["id"], "--digest", asked["approval"]["digest"])
    assert by("pia", *approve, key=True)[1]["error"]["code"] == "SamePerson"
    assert by("per-olof", *approve, key=True)[0] == 0
    assert by("kari", *again)[1]["error"]["code"] == "NotAllowed"
    code, told = by("per-olof", *again)
    assert (code, told["state"]) == (0, "valid")
    last = by("vera", "certificate", "show", number)[1]["history"][-1]
    assert (last["kind"], last["organisation"], last["approval"]) == (
        "reinstated",
        "provhuset",
        asked["approval"]["id"],
    )


@pytest.mark.parametrize(
    ("verb", "reason", "code"),
    [
        ("revoke", "fraud", "NotForeseen"),
        ("suspend", "misuse", "NotForeseen"),
        ("annul", "misuse", "UnknownReason"),
        ("reinstate", "appeal", "NotSuspended"),
    ],
)
def test_what_level_and_scheme_do_not_foresee_is_refused(
    by: Callable[..., Any], held: Callable[..., str], verb: str, reason: str, code: str
) -> None:
    number = held("fall-protection")
    assert by("vera", "account", "list")[0] == 0
    told = by("asa-lindstrom", "certificate", verb, number, "--reason", reason)
    assert (told[0], told[1]["error"]["code"]) == (2, code)


def test_a_certificate_is_corrected_and_whoever_checks_it_is_led_on(
    bevis: Bevis, by: Callable[..., Any], place: Path, tmp_path: Path
) -> None:
    listed = by("vera", "certificate", "list", "--scheme", "hot-work", "--state", "valid")[1]
    wrong = next(one for one in listed if one["holder"] == "Åsa Lindqvist Bergström")
    fix = (
        "certificate",
        "correct",
        wrong["number"],
        "--name",
        "Åsa Lindkvist Bergström",
        "--note",
        "a letter was wrong",
    )
    assert by("kari", *fix)[1]["error"]["code"] == "NotAllowed"
    code, told = by("pia", *fix, "--check")
    assert (code, told["changes"]) == (0, {"holder_name": ["Åsa Lindqvist Bergström", "Åsa Lindkvist Bergström"]})
    assert by("pia", *fix)[1]["error"]["code"] == "NotProven"
    other = ("certificate", "correct", wrong["number"], "--name", "Bo Ek", "--note", "another person")
    assert by("pia", *other, key=True)[1]["error"]["code"] == "AnotherPerson"
    code, asked = by("pia", *fix, key=True)
    assert (code, asked["successor"], asked["changes"]) == (1, None, told["changes"])
    shown = by("per-olof", "approval", "show", asked["approval"]["id"])[1]["content"]
    assert (shown["certificate"], shown["changes"], shown["note"]) == (
        wrong["number"],
        told["changes"],
        "a letter was wrong",
    )
    approve = ("approval", "approve", asked["approval"]["id"], "--digest", asked["approval"]["digest"])
    assert by("per-olof", *approve, key=True)[0] == 0
    code, done = by("pia", *fix)
    assert (code, done["approval"]) == (0, None)
    assert by("pia", *fix)[1] == done  # again: nothing more
    new = done["successor"]
    assert new in bevis(*fix, "--dir", place, "--lang", "nb", "--actor", "pia").out

    # The register, a trust file on a laptop, and the page say the same of both.
    trust, old_file, new_file = (tmp_path / name for name in ("trust.json", "old.jwt", "new.jwt"))
    assert bevis("trust", "export", trust, "--dir", place).code == 0
    for number, file in ((wrong["number"], old_file), (new, new_file)):
        assert by("vera", "certificate", "export", number, "-o", file)[0] == 0
    for asked_of in (("--dir", place), ("--trust", trust)):
        assert bevis("verify", old_file, *asked_of, "--json").json()["headline"] == "superseded"
        good = bevis("verify", new_file, *asked_of, "--json").json()
        assert (good["headline"], good["certificate"]["corrects"]) == ("valid", wrong["number"])
    app = create_app(Settings.read(place, env={}))
    with TestClient(app, base_url="http://127.0.0.1:8000") as page:
        assert f'href="/v/{new}?lang=en"' in page.get(f"/v/{wrong['number']}?lang=en").text
        assert f'href="/v/{wrong["number"]}?lang=en"' in page.get(f"/v/{new}?lang=en").text
    lineage = [by("vera", "certificate", "show", number)[1]["lineage"] for number in (wrong["number"], new)]
    assert (lineage[0]["corrected_by"], lineage[1]["corrects"]) == (new, wrong["number"])
    said = bevis("certificate", "show", new, "--dir", place, "--lang", "sv").out
    assert f"Rättar och ersätter {wrong['number']}." in " ".join(said.split())
    person = by("vera", "certificate", "list", "--state", "superseded")[1]
    assert [one["number"] for one in person] == [wrong["number"]]
    assert bevis("doctor", "--dir", place).code == 0


@pytest.mark.parametrize(
    ("options", "code"),
    [
        pytest.param(("--name", "X"), "Usage", id="without a note"),
        pytest.param(("--note", "900101-1234"), "MalformedInput", id="a national number in the note"),
        pytest.param(("--note", "x", "--birth-date", "1990-02-30"), "MalformedInput", id="no day"),
        pytest.param(("--note", "x", "--fact", "portrait"), "MalformedInput", id="no value"),
        pytest.param(("--note", "x", "--fact", "a=1", "--fact", "a=2"), "MalformedInput", id="twice"),
        pytest.param(("--note", "x", "--fact", "height=2"), "MalformedInput", id="no fact"),
        pytest.param(("--note", "x", "--class", "Z9"), "MalformedInput", id="no class of it"),
        pytest.param(("--note", "x", "--scheme-version", "99"), "SchemeNotFound", id="no version"),
        pytest.param(("--note", "x"), "NothingToCorrect", id="nothing"),
    ],
)
def test_a_correction_that_cannot_be_read_is_refused(
    by: Callable[..., Any], held: Callable[..., str], options: tuple[str, ...], code: str
) -> None:
    number = held("rope-access")
    exit_code, told = by("pia", "certificate", "correct", number, "--check", *options)
    assert (exit_code, told["error"]["code"]) == (2, code)


def test_lists_are_filtered_and_read_page_by_page(bevis: Bevis, by: Callable[..., Any], place: Path) -> None:
    def listed(*options: str) -> list[dict[str, Any]]:
        code, told = by("vera", "certificate", "list", *options)
        assert code == 0, told
        found: list[dict[str, Any]] = told
        return found

    every = listed()
    pages: list[dict[str, Any]] = []
    while page := listed("--limit", "4", *(("--after", pages[-1]["number"]) if pages else ())):
        assert len(page) <= 4
        pages += page
    assert pages == every
    for option, name in (("--scheme", "scheme"), ("--state", "state")):
        for value in {one[name] for one in every}:
            assert listed(option, value) == [one for one in every if one[name] == value]
    assert listed("--issuer", "provhuset", "--scheme", "hot-work") == listed("--scheme", "hot-work")
    assert listed("--expiring-before", "2100-01-01") == [
        one for one in every if one["state"] == "valid" and one["valid_until"]
    ]
    assert listed("--expiring-before", "2020-01-01") == []
    said = bevis("certificate", "list", "--limit", "4", "--dir", place).out
    assert every[3]["number"] in re.findall(r"--after (\S+)", said)[0]


@pytest.mark.parametrize(
    ("options", "code"),
    [
        (("--state", "dead"), "MalformedInput"),
        (("--scheme", "nothing"), "SchemeNotFound"),
        (("--issuer", "nobody"), "OrganisationNotFound"),
        (("--person", "nobody"), "PersonNotFound"),
        (("--occasion", "never"), "OccasionNotFound"),
        (("--after", "0000-0000-0000-0000"), "CertificateNotFound"),
        (("--after", "hello"), "MalformedInput"),
        (("--expiring-before", "2026-02-30"), "MalformedInput"),
        (("--limit", "0"), "Usage"),
    ],
)
def test_a_filter_that_can_match_nothing_is_refused(
    by: Callable[..., Any], options: tuple[str, ...], code: str
) -> None:
    exit_code, told = by("vera", "certificate", "list", *options)
    assert (exit_code, told["error"]["code"]) == (2, code)


def test_an_empty_list_is_a_list(bevis: Bevis, place: Path) -> None:
    ended = bevis("certificate", "list", "--expiring-before", "1999-01-01", "--dir", place, "--json")
    assert json.loads(ended.out) == []


def test_a_stolen_key_is_told_where_a_certificate_is_shown(bevis: Bevis, by: Callable[..., Any], place: Path) -> None:
    number = by("vera", "certificate", "list", "--scheme", "fork-lift")[1][0]["number"]
    assert by("vera", "certificate", "show", number)[1]["key_compromised_since"] is None
    (key,) = [one for one in by("vera", "key", "list", "truckakademin")[1] if one["retired_at"] is None]
    since = datetime.fromisoformat(key["not_before"]).strftime("%Y-%m-%dT%H:%M:%S.%fZ")
    code, told = by("vera", "key", "compromised", key["kid"], "--since", since)
    assert code == 0, told
    assert by("vera", "certificate", "show", number)[1]["key_compromised_since"] == key["not_before"]
    assert since[:10] in bevis("certificate", "show", number, "--dir", place, "--lang", "sv").out.splitlines()[2]
