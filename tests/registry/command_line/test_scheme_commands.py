"""A scheme from the catalogue or a file to retirement, as several people do it in a shell."""

import json
import re
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from registry.records.sector.catalogue import catalogue
from tests.registry.command_line.conftest import Bevis, Ended, Once

TODAY = datetime.now(UTC).date()
TOMORROW = TODAY + timedelta(days=1)
SCHEME = """
code = "{code}"
owner = "sector"
version = "{version}"
max_level = "{level}"
target_level = "{level}"
scheme_document = "full"
mandatory_minutes = 480
recertification = true
surveillance_means = true
withdrawal = "withdraw"
{more}
[validity]
months = 60
[titles]
sv = "Stege"
nb = "Stige"
en = "Ladder"
[content]
sv = ["Ställa upp"]
nb = ["Sette opp"]
en = ["Put up"]
"""


# What somebody who is to approve it reads, among other things.
TOLD = {
    "sv": ("Stege", "Högsta grad", "Ställa upp", "kan återkallas"),
    "nb": ("Stige", "Høyeste grad", "Sette opp", "kan trekkes tilbake"),
    "en": ("Ladder", "Highest level", "Put up", "may be withdrawn"),
}


class Office:
    """Anna writes, Cia approves; each with an own key."""

    def __init__(self, bevis: Bevis, monkeypatch: pytest.MonkeyPatch, place: Path) -> None:
        self._bevis, self._environment, self._place = bevis, monkeypatch, place
        self.keys = {
            person: str(bevis("key", "create", "--person", person, "--org", "sector", *roles, "--json").json()["key"])
            for person, roles in (
                ("anna", ("--role", "scheme_author")),
                ("cia", ("--role", "scheme_approver")),
            )
        }
        monkeypatch.delenv("BEVIS_ACTOR")

    def file(self, *, code: str = "ladder", version: str = "1", level: str = "B", more: str = "") -> Path:
        path = self._place / f"{code}-{version}.toml"
        path.write_text(SCHEME.format(code=code, version=version, level=level, more=more), encoding="utf-8")
        return path

    def by(self, person: str, *arguments: object) -> Ended:
        if person in self.keys:
            self._environment.setenv("BEVIS_KEY", self.keys[person])
            return self._bevis(*arguments, "--json")
        self._environment.delenv("BEVIS_KEY", raising=False)
        return self._bevis(*arguments, "--json", "--actor", person)


@pytest.fixture
def office(bevis: Bevis, once: Once, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Office:
    monkeypatch.setenv("BEVIS_DIR", str(tmp_path / "registry"))
    monkeypatch.setenv("BEVIS_ACTOR", "ola-nordmann")
    commands = (
        ("init", tmp_path / "registry", "--operator", "Ola Nordmann"),
        ("org", "add", "sector", "--name", "Branschen", "--sector-body"),
        ("org", "add", "school", "--name", "Skolan AB"),
        ("account", "add", "anna", "--name", "Anna Author"),
        ("account", "add", "cia", "--name", "Cia Checker"),
        ("account", "role", "grant", "anna", "--org", "sector", "--role", "scheme_author"),
        ("account", "role", "grant", "cia", "--org", "sector", "--role", "scheme_approver"),
    )
    once(tmp_path / "registry", commands)
    return Office(bevis, monkeypatch, tmp_path)


def refused(ended: Ended, code: str, *parts: str) -> None:
    assert ended.code == 2, ended
    assert json.loads(ended.out)["error"]["code"] == code
    for part in parts:
        assert part in " ".join(ended.err.split())


def ok(ended: Ended) -> Any:
    assert ended.code == 0, ended
    return ended.json()


def test_from_a_file_to_retirement(office: Office, bevis: Bevis) -> None:
    at = ("ladder", "--version", "1")
    told = ok(office.by("anna", "scheme", "draft", office.file()))
    assert (told["state"], told["takes_two"], told["unconfirmed"], told["out_of_reach"]) == ("draft", True, [], [])
    refused(office.by("anna", "scheme", "publish", *at), "ApprovalNeeded")
    refused(office.by("cia", "scheme", "approve", *at, "--digest", told["digest"]), "ApprovalNeeded", "submit")
    approval = ok(office.by("anna", "scheme", "submit", *at))
    assert approval["digest"] == told["digest"]
    (waits,) = ok(office.by("cia", "approval", "list"))
    for lang, words in TOLD.items():
        shown = bevis("approval", "show", waits["id"], "--lang", lang).out
        assert all(word in shown for word in words), shown
        assert not re.search("[{}]|\\b(max_level|target level|months|document)\\b", shown)
    refused(office.by("anna", "scheme", "approve", *at, "--digest", told["digest"]), "NotAllowed")
    refused(office.by("cia", "scheme", "approve", *at, "--digest", "0" * 64), "ContentChanged")
    assert ok(office.by("cia", "scheme", "show", *at))["draft"]["digest"] == told["digest"]
    assert ok(office.by("cia", "scheme", "approve", *at, "--digest", told["digest"]))["state"] == "approved"
    published = ok(office.by("anna", "scheme", "publish", *at, "--from", TOMORROW))
    assert (published["state"], published["published_on"]) == ("published", TOMORROW.isoformat())
    refused(office.by("anna", "scheme", "draft", office.file()), "SchemeExists")
    refused(office.by("anna", "scheme", "retire", *at, "--from", TOMORROW, "--reason", "replaced"), "NotAllowed")
    ended = ok(office.by("cia", "scheme", "retire", *at, "--from", TOMORROW, "--reason", "replaced"))
    assert (ended["state"], ended["retired_from"]) == ("retired", TOMORROW.isoformat())
    history = ok(office.by("cia", "scheme", "history", "ladder"))
    assert [(one["kind"], one["actor"]) for one in history] == [
        ("drafted", "anna"),
        ("submitted", "anna"),
        ("approved", "cia"),
        ("published", "anna"),
        ("retired", "cia"),
    ]
    assert [one["state"] for one in ok(bevis("scheme", "list", "--json"))] == ["retired"]
    assert "tagen ur bruk" in office.by("cia", "scheme", "history", "ladder").out or "retired" in json.dumps(history)


def test_the_person_counts_and_the_key_proves_it(office: Office) -> None:
    told = ok(office.by("anna", "scheme", "draft", office.file()))
    at = ("ladder", "--version", "1")
    refused(office.by("ola-nordmann", "scheme", "draft", office.file(version="2")), "NotAllowed", "scheme_author")
    refused(_named(office, "anna", "scheme", "submit", *at), "NotProven", "BEVIS_KEY")
    ok(office.by("anna", "scheme", "submit", *at))
    refused(_named(office, "cia", "scheme", "approve", *at, "--digest", told["digest"]), "NotProven")


def _named(office: Office, person: str, *arguments: object) -> Ended:
    key = office.keys.pop(person)
    ended = office.by(person, *arguments)
    office.keys[person] = key
    return ended


def test_one_step_up_to_d(office: Office) -> None:
    refused(office.by("anna", "scheme", "add", office.file()), "ApprovalNeeded", "draft", "submit", "approve")
    told = ok(office.by("anna", "scheme", "add", office.file(level="D")))
    assert (told["state"], told["published_on"]) == ("published", TODAY.isoformat())
    refused(office.by("cia", "scheme", "add", office.file(level="D", version="2")), "NotAllowed")


def test_a_draft_is_given_up(office: Office, bevis: Bevis) -> None:
    ok(office.by("anna", "scheme", "draft", office.file()))
    assert ok(bevis("scheme", "list", "--json")) == []
    assert [one["state"] for one in ok(office.by("cia", "scheme", "list", "--drafts"))] == ["draft"]
    ok(office.by("anna", "scheme", "discard", "ladder", "--version", "1", "--reason", "not now"))
    refused(office.by("anna", "scheme", "show", "ladder", "--version", "1"), "SchemeDraftNotFound")
    refused(office.by("anna", "scheme", "show", "ladder"), "SchemeNotFound")


@pytest.mark.parametrize("lang", ["sv", "nb", "en"])
def test_what_is_left_to_do_is_told(office: Office, bevis: Bevis, lang: str) -> None:
    ok(office.by("anna", "scheme", "import-catalogue", "no-truck"))
    told = bevis("scheme", "show", "no-truck", "--version", "1", "--lang", lang)
    assert told.code == 0, told
    plain = " ".join(told.out.split())
    assert {"sv": "Kontrollsumma:", "nb": "Kontrollsum:", "en": "Digest:"}[lang] in plain
    assert "I8" in plain  # level C2 asks for an end, and the law knows none
    assert "{" not in plain
    assert {"sv": "Ingen", "nb": "Ingen", "en": "Nobody"}[lang] in plain or "bevis scheme confirm" in plain


def test_the_catalogue_becomes_drafts_and_what_is_unsure_is_confirmed_first(office: Office) -> None:
    rows = ok(office.by("anna", "scheme", "catalogue"))
    assert [one["id"] for one in rows] == [row.id for row in catalogue()]
    (draft,) = ok(office.by("anna", "scheme", "import-catalogue", "no-scaffold-5"))
    assert draft["imported"]
    at = ("no-scaffold-5", "--version", "1")
    refused(office.by("anna", "scheme", "publish", *at), "SchemeUnconfirmed", "bevis scheme confirm")
    refused(office.by("anna", "scheme", "confirm", "colour", *at[1:], "--evidence", "x"), "Usage")
    refused(office.by("anna", "scheme", "confirm", at[0], "colour", *at[1:], "--evidence", "x"), "MalformedInput")
    refused(office.by("anna", "scheme", "confirm", at[0], "sanctions", *at[1:], "--evidence", "x"), "SourceNotFound")
    refused(office.by("anna", "scheme", "confirm", at[0], "titles", *at[1:], "--evidence", ""), "MalformedInput")
    for one in draft["unconfirmed"]:
        left = ok(office.by("anna", "scheme", "confirm", at[0], one["fact"], *at[1:], "--evidence", "board, minute 9"))
    assert left["unconfirmed"] == []
    assert ok(office.by("anna", "scheme", "publish", *at))["state"] == "published"
    (again,) = ok(office.by("anna", "scheme", "import-catalogue", "no-scaffold-5", "no-scaffold-5"))
    assert again == {"code": "no-scaffold-5", "imported": False}


def test_all_of_the_catalogue_at_once(office: Office) -> None:
    issued = [row.id for row in catalogue() if row.entry.kind == "scheme"]
    told = ok(office.by("anna", "scheme", "import-catalogue"))
    assert [one["code"] for one in told if one["imported"]] == issued


def test_what_the_catalogue_does_not_give(office: Office) -> None:
    refused(office.by("anna", "scheme", "import-catalogue", "no-diver"), "NotIssuable", "authority")
    refused(office.by("anna", "scheme", "import-catalogue", "no-such"), "CatalogueEntryNotFound")
    refused(office.by("anna", "scheme", "import-catalogue", "no-truck", "--owner", "school"), "NotAllowed", "school")
    refused(office.by("cia", "scheme", "import-catalogue", "no-truck"), "MalformedInput", "--owner")


def test_certificates_may_be_accepted_for_longer(office: Office) -> None:
    ok(office.by("anna", "scheme", "add", office.file(level="D")))
    days = ("--ends-from", "2026-03-01", "--ends-until", "2026-06-30")
    why = ("--decision", "board 4", "--decided-on", "2026-03-10")
    refused(office.by("anna", "scheme", "extend", "ladder", *days, "--months", "4", *why), "NotAllowed")
    refused(office.by("cia", "scheme", "extend", "ladder", *days, *why), "MalformedInput", "months or until")
    refused(office.by("cia", "scheme", "extend", "nope", *days, "--months", "4", *why), "SchemeNotFound")
    told = ok(office.by("cia", "scheme", "extend", "ladder", *days, "--months", "4", *why))
    assert ok(office.by("anna", "scheme", "extensions")) == [told]
    refused(office.by("anna", "scheme", "end-extension", told["id"], "--reason", "a mistake"), "NotAllowed")
    assert ok(office.by("cia", "scheme", "end-extension", told["id"], "--reason", "a mistake"))["withdrawn_at"]
    assert ok(office.by("anna", "scheme", "extensions")) == []


def test_two_people_let_a_mandate_hold_again(office: Office) -> None:
    ok(office.by("anna", "scheme", "add", office.file(level="D")))
    identity = ok(
        office.by("cia", "mandate", "grant", "ladder", "school", "--max-level", "D", "--since", "2026-01-01")
    )["id"]
    again = ("mandate", "reinstate", identity, "--reason", "settled")
    refused(office.by("anna", *again), "MandateNotSuspended", "not suspended today")
    began, day = TODAY - timedelta(days=9), TODAY - timedelta(days=1)
    ok(office.by("cia", "mandate", "suspend", identity, "--from", began, "--reason", "complaint 3"))
    refused(office.by("anna", *again, "--from", day), "MalformedInput", "lies before today")
    refused(
        office.by("cia", "mandate", "suspend", identity, "--from", began, "--until", day, "--reason", "x"),
        "MandateNotAllowed",
    )
    waits = office.by("anna", *again)
    assert waits.code == 1
    asked = waits.json()["approval"]
    decide = ("approval", "approve", asked["id"], "--digest", asked["digest"])
    refused(office.by("anna", *decide), "SamePerson")
    assert office.by("anna", *again).json()["approval"] == asked
    ok(office.by("cia", *decide))
    # It is another suspension by now: what was approved is not that.
    ok(office.by("cia", "mandate", "suspend", identity, "--from", began - timedelta(days=1), "--reason", "earlier"))
    asked = office.by("anna", *again).json()["approval"]
    ok(office.by("cia", "approval", "approve", asked["id"], "--digest", asked["digest"]))
    assert ok(office.by("anna", *again))["suspended_until"] == day.isoformat()
    last = ok(office.by("anna", "mandate", "history", identity))[-1]
    assert (last["kind"], last["actor"], last["approval"]) == ("suspended", "anna", asked["id"])
    # Beside one that is planned it is suspended from today; that the planned one never begins takes two, too.
    coming = TODAY + timedelta(days=20)
    ok(office.by("cia", "mandate", "suspend", identity, "--from", coming, "--until", coming, "--reason", "visit"))
    both = ok(office.by("cia", "mandate", "suspend", identity, "--from", TODAY, "--until", TODAY, "--reason", "now"))
    assert [one["from_day"] for one in both["suspended"][1:]] == [TODAY.isoformat(), coming.isoformat()]


def test_a_mandate_s_past_is_told(office: Office) -> None:
    ok(office.by("anna", "scheme", "add", office.file(level="D")))
    refused(office.by("anna", "mandate", "grant", "ladder", "school", "--max-level", "D"), "NotAllowed")
    granted = ok(office.by("cia", "mandate", "grant", "ladder", "school", "--max-level", "D", "--since", "2026-01-01"))
    identity = granted["id"]
    why = ("--reason", "complaint 3")
    ok(office.by("cia", "mandate", "suspend", identity, "--from", "2026-02-01", "--until", "2026-02-10", *why))
    ok(office.by("cia", "mandate", "withdraw", identity, "--from", "2026-05-01", "--reason", "closed"))
    history = ok(office.by("anna", "mandate", "history", identity))
    assert [(one["kind"], one["from_day"], one["reason"]) for one in history] == [
        ("granted", "2026-01-01", None),
        ("suspended", "2026-02-01", "complaint 3"),
        ("withdrawn", "2026-05-01", "closed"),
    ]
    assert office.by("anna", "mandate", "history", "mandate-0").code == 2
    for day, there in (("2026-01-31", 1), ("2026-02-10", 0), ("2026-04-30", 1), ("2026-05-01", 0)):
        assert len(ok(office.by("anna", "mandate", "list", "--on", day))) == there, day
    yesterday = TODAY - timedelta(days=1)
    assert ok(office.by("anna", "mandate", "list", "--known", yesterday)) == []
    refused(office.by("anna", "mandate", "list", "--on", "soon"), "MalformedInput")
