"""An employer's day: a site's list, what is missing, what was done about it, and what a revocation changes."""

import json
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from registry.command_line.demo import make_demo
from registry.command_line.main import app

Bevis = Callable[..., tuple[int, Any]]


@pytest.fixture
def bevis(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch, tmp_path: Path, at_database: list[str]
) -> Bevis:
    for name in ("BEVIS_ACTOR", "BEVIS_KEY", "BEVIS_KEY_FILE", "BEVIS_MASTER_KEY_FILE", "BEVIS_PUBLIC_URL"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("BEVIS_DIR", str(tmp_path / "demo"))
    url = at_database[-1] if at_database else None
    registry, _ = make_demo(tmp_path / "demo", datetime.now(UTC), public_url="http://127.0.0.1:8000", database=url)
    registry.close()

    def run(*arguments: object) -> tuple[int, Any]:
        capsys.readouterr()
        with pytest.raises(SystemExit) as end:
            app([str(argument) for argument in (*arguments, "--json")])
        return int(end.value.code or 0), json.loads(capsys.readouterr().out)

    return run


def test_from_a_list_to_gaps_and_what_changes_them(
    bevis: Bevis, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    bevis("demo", "--no-serve", "--dir", tmp_path / "demo")
    numbers = {one["holder"]: one["number"] for one in bevis("certificate", "list")[1] if one["scheme"] == "hot-work"}
    asa, jonna = numbers["Åsa Lindqvist Bergström"], numbers["Jonna Hägg"]
    workforce, profile = tmp_path / "crew.csv", tmp_path / "demo" / "profiles" / "hot-work-site.toml"

    def crew(*rows: str) -> None:
        # As a spreadsheet program in Sweden saves it.
        workforce.write_bytes("\r\n".join(["Namn;Född;Roll;Bevis", *rows, ""]).encode("cp1252"))

    def check(*more: object) -> tuple[int, list[tuple[str, str | None]]]:
        code, told = bevis("check", workforce, "--profile", profile, *more)
        return code, [(cell["status"], cell["certificate"]) for one in told["people"] for cell in one["requirements"]]

    crew(f"Åsa Lindqvist Bergström;1988;Brandvakt;{asa}", "Jonna Hägg;1997;Brandvakt;")
    assert check() == (1, [("fulfilled", asa), ("missing", None)])
    # Somebody helps out with a colleague's number.
    crew(f"Åsa Lindqvist Bergström;1988;Brandvakt;{asa}", f"Jonna Hägg;1997;Brandvakt;{asa}")
    assert check() == (1, [("fulfilled", asa), ("names_other", asa)])
    crew(f"Åsa Lindqvist Bergström;1988;Brandvakt;{asa}", f"Hägg, Jonna;1997-12-05;Brandvakt;{jonna}")
    assert check() == (0, [("fulfilled", asa), ("fulfilled", jonna)])

    # What befalls the certificate, its key and its issuer shows at once, and the answer is that of `bevis verify`.
    bevis("certificate", "suspend", asa, "--reason", "misuse", "--actor", "pia")
    assert check() == (1, [("suspended", asa), ("fulfilled", jonna)])
    assert bevis("verify", asa)[1]["headline"] == "suspended"
    yesterday = (datetime.now(UTC) - timedelta(days=1)).date()
    assert check("--on", yesterday) == (0, [("fulfilled", asa), ("fulfilled", jonna)])
    keys = {
        who: bevis("key", "create", "--person", who, "--org", "provhuset", "--role", role, "--actor", "vera")[1]["key"]
        for who, role in (("pia", "requester"), ("per-olof", "approver"))
    }
    with monkeypatch.context() as pia:
        pia.setenv("BEVIS_KEY", keys["pia"])
        approval = bevis("certificate", "reinstate", asa, "--reason", "resolved")[1]["approval"]
        pia.setenv("BEVIS_KEY", keys["per-olof"])
        assert bevis("approval", "approve", approval["id"], "--digest", approval["digest"])[0] == 0
        assert bevis("certificate", "reinstate", asa, "--reason", "resolved")[0] == 0
    assert check()[0] == 0
    (key,) = bevis("key", "list", "provhuset")[1]
    stolen = (datetime.now(UTC) - timedelta(days=60)).strftime("%Y-%m-%dT%H:%M:%SZ")
    bevis("key", "compromised", key["kid"], "--since", stolen, "--actor", "vera")
    assert check() == (1, [("issuer_key_compromised", asa), ("issuer_key_compromised", jonna)])
    assert bevis("verify", asa)[1]["headline"] == "issuer_key_compromised"


def test_an_issuer_that_was_thrown_out_helps_nobody(bevis: Bevis, tmp_path: Path) -> None:
    bevis("demo", "--no-serve", "--dir", tmp_path / "demo")
    workforce, profile = (
        tmp_path / "demo" / one for one in ("workforces/truck-drivers.csv", "profiles/truck-drivers.toml")
    )
    (mandate,) = [one for one in bevis("mandate", "list")[1] if one["scheme"] == "fork-lift"]
    before = bevis("check", workforce, "--profile", profile)[1]["people"][0]["requirements"][0]
    day = (datetime.now(UTC) - timedelta(days=50)).date()
    bevis("mandate", "withdraw", mandate["id"], "--from", day, "--reason", "board, minute 14", "--actor", "sverre")
    after = bevis("check", workforce, "--profile", profile)[1]["people"][0]["requirements"][0]
    assert (before["status"], after["status"]) == ("fulfilled", "issuer_not_authorised")
    assert bevis("verify", after["certificate"])[1]["headline"] == "issuer_not_authorised"
