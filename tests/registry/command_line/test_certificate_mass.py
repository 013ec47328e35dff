"""`bevis certificate mass`: looked at, asked for, carried out, and back; and what a withdrawn mandate tells."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from registry.records.whole.directory import Registry
from tests.registry.command_line.conftest import Bevis

PEOPLE = {"pia": ("provhuset", "requester"), "per-olof": ("provhuset", "approver")}


def test_by_two_people_there_and_back(
    bevis: Bevis, new_demo: Callable[[Path], Registry], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    place = tmp_path / "bevis-demo"
    new_demo(place).close()
    keys: dict[str, str] = {}
    for who, (organisation, role) in PEOPLE.items():
        made = ("key", "create", "--person", who, "--org", organisation, "--role", role, "--actor", "vera")
        keys[who] = bevis(*made, "--dir", place, "--json").json()["key"]

    monkeypatch.delenv("BEVIS_ACTOR", raising=False)

    def run(who: str, *arguments: Any) -> tuple[int, Any]:
        monkeypatch.setenv("BEVIS_KEY", keys[who])
        ended = bevis(*arguments, "--dir", place, "--json")
        return ended.code, ended.json()

    def text(who: str, *arguments: Any, lang: str = "en") -> str:
        monkeypatch.setenv("BEVIS_KEY", keys[who])
        return " ".join(bevis(*arguments, "--dir", place, "--lang", lang).out.split())

    mass = ("certificate", "mass")
    listed = run("pia", "certificate", "list", "--issuer", "provhuset")[1]
    cause = ("suspend", "examination_body", "provhuset", "--reason", "fraud")
    code, told = run("pia", *mass, "preview", *cause, "--limit", "1")
    assert (code, told["organisation"], told["more"], len(told["certificates"])) == (0, "provhuset", True, 1)
    count = told["counts"]["to_change"]
    assert 0 < count <= len(listed)
    rest = run("pia", *mass, "preview", *cause, "--after", told["certificates"][0]["number"])[1]
    assert len(rest["certificates"]) == count + sum(told["counts"]["left_out"].values()) - 1
    said = {
        "sv": f"{count} bevis skulle ändras",
        "nb": f"{count} bevis ville bli endret",
        "en": f"would be changed: {count}.",
    }
    for lang, says in said.items():
        assert says in text("pia", *mass, "preview", *cause, "--limit", "1", lang=lang)
    code, asked = run("pia", *mass, "ask", *cause, "--note", "report 7")
    assert (code, asked["certificates"]) == (1, count)
    approval = asked["approval"]["id"]
    assert f"carry-out {approval}" in text("pia", *mass, "ask", *cause, "--note", "report 7")
    shown = text("per-olof", "approval", "show", approval)
    assert f"How many certificates {count}" in shown.replace("│", " ").replace("  ", " ")
    assert run("pia", *mass, "carry-out", approval)[1]["error"]["code"] == "ApprovalNeeded"
    approve = ("approval", "approve", approval, "--digest", asked["approval"]["digest"])
    assert run("pia", *approve)[1]["error"]["code"] == "SamePerson"
    assert run("per-olof", *approve)[0] == 0
    assert f"decision {approval} --reason resolved" in text("pia", *mass, "carry-out", approval)
    assert run("pia", *mass, "carry-out", approval) == (0, {"certificates": count, "change": "suspend", "before": True})
    back = ("reinstate", "decision", approval, "--reason", "resolved")
    code, again = run("pia", *mass, "ask", *back)
    assert (code, again["certificates"]) == (1, count)
    decide = ("approval", "approve", again["approval"]["id"], "--digest", again["approval"]["digest"])
    assert run("per-olof", *decide)[0] == 0
    assert run("pia", *mass, "carry-out", again["approval"]["id"])[1]["certificates"] == count
    for wrong in (
        ("reinstate", "batch", "b", "--reason", "resolved"),
        ("suspend", "decision", approval, "--reason", "fraud"),
        ("lose", "batch", "b", "--reason", "fraud"),
        (*back, "--from", "2026-01-01"),
    ):
        code, told = run("pia", *mass, "preview", *wrong)
        assert (code, told["error"]["code"]) == (2, "MalformedInput"), wrong


def test_a_mandate_withdrawn_back_in_time_tells_what_was_issued_under_it(
    bevis: Bevis, new_demo: Callable[[Path], Registry], tmp_path: Path
) -> None:
    place = tmp_path / "bevis-demo"
    new_demo(place).close()
    mandate = next(
        one
        for one in bevis("mandate", "list", "--dir", place, "--json").json()
        if (one["scheme"], one["issuer"]) == ("hot-work", "provhuset")
    )
    role = ("account", "role", "grant", "vera", "--org", "brandradet", "--role", "scheme_approver", "--actor", "vera")
    assert bevis(*role, "--dir", place).code == 0
    withdraw = ("mandate", "withdraw", mandate["id"], "--reason", "complaint 3", "--actor", "vera", "--dir", place)
    late = bevis(*withdraw, "--from", "2036-01-01", "--json").json()
    assert (late["issued_since"], late["mass_action"]) == (0, None)
    said = " ".join(bevis(*withdraw, "--from", mandate["since"], "--lang", "en").out.split())
    assert f"bevis certificate mass preview suspend mandate {mandate['id']} --from {mandate['since']}" in said
