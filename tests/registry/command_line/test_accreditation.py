"""`bevis accreditation` and `bevis org certificate`: from the application to what rests on it, by four people."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from registry.records.whole.directory import Registry
from tests.registry.command_line.conftest import Bevis

PEOPLE = {
    "pia": ("provhuset", "requester"),
    "per-olof": ("provhuset", "approver"),
    "kari": ("eksamenshuset", "requester"),
}
AUDIT = """
kind = "audit"
issuer = "provhuset"
holder = "eksamenshuset"
extent = "surveillance"
standard = "ISO/IEC 17024"
edition = "2026"
first_on = 2026-06-01
last_on = 2026-06-02
conforms = true
findings = [{ ref = "A-1", grade = "minor" }]
"""


def test_the_desk_in_a_shell(  # noqa: PLR0915 one story
    bevis: Bevis, new_demo: Callable[[Path], Registry], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    place = tmp_path / "bevis-demo"
    new_demo(place).close()
    keys: dict[str, str] = {}
    for who, (organisation, role) in PEOPLE.items():
        made = ("key", "create", "--person", who, "--org", organisation, "--role", role, "--actor", "vera")
        keys[who] = bevis(*made, "--dir", place, "--json").json()["key"]
    monkeypatch.delenv("BEVIS_ACTOR", raising=False)

    def run(who: str | None, *arguments: Any, fails: str | None = None) -> Any:
        if who is None:
            monkeypatch.delenv("BEVIS_KEY", raising=False)
        else:
            monkeypatch.setenv("BEVIS_KEY", keys[who])
        ended = bevis(*arguments, "--dir", place, "--json")
        assert (ended.code != 0) == (fails is not None), ended.err or ended.out
        if fails:  # without a code, it waits for somebody else
            assert ended.json()["error"]["code"] == fails
        return ended.json()

    def text(who: str, *arguments: Any) -> str:
        monkeypatch.setenv("BEVIS_KEY", keys[who])
        return " ".join(bevis(*arguments, "--dir", place, "--lang", "sv").out.split())

    desk, handbook = "accreditation", tmp_path / "handbook.pdf"
    handbook.write_bytes(b"%PDF-")
    what = ("--standard", "ISO/IEC 17024", "--edition", "2026", "--scope", "Truck")
    one = run("kari", desk, "apply", "eksamenshuset", "provhuset", *what)["id"]
    run("kari", desk, "document", one, handbook, "--reference", "https://example.org/handbook.pdf")
    run("pia", desk, "document", one, handbook, "--reference", "x", fails="NotAllowed")
    asked = run(
        *("pia", desk, "review", one, "grant", "--reason", "in place"),
        *("--from", "2026-01-01", "--until", "2030-12-31", "--surveillance-months", "12"),
    )
    run("pia", desk, "issue", one, fails="AccreditationStep")
    shown = text("per-olof", "approval", "show", asked["approval"])
    assert "Ackreditering" in shown
    run("per-olof", "approval", "approve", asked["approval"], "--digest", asked["digest"])
    number = run("pia", desk, "issue", one)["certificate"]
    assert run(None, "verify", number, "--situation", "organisation")["headline"] == "valid"
    (tmp_path / "audit.toml").write_text(AUDIT, "utf-8")
    audit = run("per-olof", "org", "certificate", "issue", tmp_path / "audit.toml")["number"]
    run("pia", desk, "surveil", one, audit)
    (tmp_path / "closed.toml").write_text(
        'conforms = true\nclosed = [{ ref = "A-1", closed_on = 2026-07-01 }]\n', "utf-8"
    )
    assert run("per-olof", "org", "certificate", "follow-up", audit, tmp_path / "closed.toml")["replaces"] == audit
    run("per-olof", desk, "warn", one, "--reason", "late")
    run("per-olof", desk, "suspend", one, "--reason", "visit")
    told = run("pia", desk, "show", one)
    assert (told["published"]["standing"], told["steps"][-1]["kind"]) == ("suspended", "suspended")
    waits = run("pia", desk, "reinstate", one, "--reason", "put right", fails="")["approval"]
    assert "gäller igen" in text("per-olof", "approval", "show", waits["id"])
    run("per-olof", "approval", "approve", waits["id"], "--digest", waits["digest"])
    run("pia", desk, "reinstate", one, "--reason", "put right")
    run("per-olof", desk, "withdraw", one, "--reason", "again", "--cause", "misuse")
    assert "återkallat" in text("per-olof", "org", "certificate", "show", number)
    assert "beviljad" in text("pia", desk, "list").replace("│", "")
    (listed,) = (each for each in run("pia", desk, "list") if each["id"] == one)
    assert (listed["state"], listed["standing"]) == ("granted", "revoked")
    assert "beviljad, återkallat" in text("pia", desk, "show", one)
    closed = run("pia", "org", "certificate", "list", "--kind", "audit")[-1]["number"]
    run("per-olof", "org", "certificate", "suspend", closed, "--reason", "visit")
    assert (
        run("pia", "org", "certificate", "reinstate", closed, "--reason", "seen", fails="")["standing"] == "suspended"
    )
    file = tmp_path / "shown.txt"
    run("pia", "org", "certificate", "export", audit, "-o", file)
    assert "c2sp.org/tlog-proof" in file.read_text("utf-8")
    # A body that holds its key itself: the same, signed on its own machine.
    monkeypatch.setenv("BEVIS_SIGNING_PASSPHRASE", "correct horse battery")
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("BEVIS_ACTOR", "vera")
    assert bevis("key", "make", "own").code == 0
    run(None, "key", "challenge", "provhuset", "own.pub", "-o", "proof")
    assert bevis("sign", "proof", "--key", "own", "--yes").code == 0
    run(None, "key", "register", "provhuset", "proof.signed")
    monkeypatch.delenv("BEVIS_ACTOR")

    def signed(who: str, *asking: Any, hand_in: tuple[str, ...]) -> Any:
        run(who, *asking, fails="MalformedInput")  # it does not say where to
        batch = run(who, *asking, "-o", "ask")["batch"]
        assert "bevis sign ask --key KEY" in text(who, *asking, "-o", "ask")
        assert bevis("sign", "ask", "--key", "own", "--yes").code == 0
        Path("ask.signed").rename("back")
        return run(who, *hand_in, batch, "back")

    by_number = ("org", "certificate", "signed")
    audit = signed("per-olof", "org", "certificate", "issue", "audit.toml", hand_in=by_number)["number"]
    followed = ("org", "certificate", "follow-up", audit, "closed.toml")
    assert signed("per-olof", *followed, hand_in=by_number)["replaces"] == audit
    one = run("kari", desk, "apply", "eksamenshuset", "provhuset", *what)["id"]
    run("kari", desk, "document", one, handbook, "--reference", "shelf 1")
    asked = run(
        *("pia", desk, "review", one, "grant", "--reason", "in place"),
        *("--from", "2026-01-01", "--until", "2030-12-31", "--surveillance-months", "12"),
    )
    run("per-olof", "approval", "approve", asked["approval"], "--digest", asked["digest"])
    number = signed("pia", desk, "issue", one, hand_in=(desk, "signed"))["certificate"]
    assert run(None, "verify", number, "--situation", "organisation")["headline"] == "valid"
