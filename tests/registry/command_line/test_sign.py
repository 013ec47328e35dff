"""An issuer's own key, by the shell: made and kept on its own machine, registered, and what is signed with it."""

import io
import json
import shutil
import stat
from pathlib import Path
from typing import Any

import pytest

from tests.registry.command_line.conftest import Bevis, ByTwo, Ended
from tests.registry.command_line.test_desk_commands import NEW_PERSON

PASSPHRASE = "correct horse battery"  # noqa: S105 opens nothing but what the test made


@pytest.fixture
def own(demo_dir: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A copy of the demo registry; the passphrase is in the environment, as in a script."""
    place = Path(shutil.copytree(demo_dir, tmp_path / "own"))
    monkeypatch.setenv("BEVIS_SIGNING_PASSPHRASE", PASSPHRASE)
    monkeypatch.chdir(tmp_path)
    return place


def done(ended: Ended) -> Any:
    assert ended.code == 0, ended.err
    return json.loads(ended.out) if ended.out.startswith("{") else ended.out


def test_a_key_of_ones_own_from_making_it_to_a_certificate(  # noqa: PLR0915 one story
    bevis: Bevis, by_two: ByTwo, own: Path, keys: dict[str, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    key, there = Path("issuer.key"), ("--dir", own)
    done(bevis("key", "make", key))
    assert stat.S_IMODE(key.stat().st_mode) == 0o600
    assert PASSPHRASE not in key.read_text()
    assert bevis("key", "make", key).code == 2  # never written over
    done(bevis("key", "challenge", "provhuset", "issuer.key.pub", "-o", "challenge", *there))
    assert "provhuset" in done(bevis("sign", "challenge", "--key", key, "--yes"))
    # Nothing is written over, least of all the key.
    for there_already in (str(key), "challenge", "challenge.signed"):
        before = Path(there_already).read_bytes()
        assert "exists" in bevis("sign", "challenge", "--key", key, "--yes", "-o", there_already, "--lang", "en").err
        assert bevis("key", "challenge", "provhuset", "issuer.key.pub", "-o", there_already, *there).code == 2
        assert Path(there_already).read_bytes() == before
    kid = done(bevis("key", "register", "provhuset", "challenge.signed", "--json", *there))["kid"]
    assert "KeyKnown" in bevis("key", "register", "provhuset", "challenge.signed", "--json", *there).out
    assert "held by its owner" in " ".join(bevis("key", "list", "provhuset", *there).out.split())
    Path("list.csv").write_text(NEW_PERSON, encoding="utf-8")
    asked = by_two("list.csv", "--occasion", "hot-work-vasteras", "--json", *there)
    told = done(asked)
    batch = told["batch"]
    assert (told["state"], told["left"]) == ("signing", 1)
    assert "bevis batch to-sign" in bevis("batch", "show", batch, *there).out
    assert done(bevis("batch", "to-sign", batch, "-o", "ask", "--json", *there))["to_sign"]["kid"] == kid
    # Shown in plain words, from the bytes themselves; whoever says no has signed nothing.
    monkeypatch.setattr("sys.stdin", io.StringIO("no\n"))
    shown = bevis("sign", "ask", "--key", key, "--lang", "en")
    said = " ".join(shown.out.split())
    assert shown.code == 1
    assert "Certificates: 1" in said
    assert all(word in said for word in ("Nina", "Åberg", "1990", "hot-work", " B ", "Approved by two people"))
    assert not Path("ask.signed").exists()
    Path("over").write_text(json.dumps(json.loads(Path("ask").read_text()) | {"until": "2026-01-02T03:04:05Z"}))
    assert "SigningOutdated" in bevis("sign", "over", "--key", key, "--yes", "--json").out
    assert done(bevis("sign", "ask", "--key", key, "--yes", "--json"))["signatures"] == 1
    assert done(bevis("batch", "signed", batch, "ask.signed", "--json", *there)) == {
        "batch": batch,
        "kept": 1,
        "repeated": 0,
        "left": 0,
    }
    assert done(bevis("batch", "signed", batch, "ask.signed", "--json", *there))["repeated"] == 1
    number = done(bevis("batch", "result", batch, "--json", *there))["rows"][0]["number"]
    assert bevis("verify", number, *there).code == 0
    assert bevis("doctor", *there).code == 0
    # A correction takes the same way.

    def by(account: str, *command: object) -> Ended:
        with monkeypatch.context() as only:
            only.delenv("BEVIS_ACTOR")
            only.setenv("BEVIS_KEY", keys[account])
            return bevis(*command, *there)

    wrong = ("certificate", "correct", number, "--name", "Nina Oberg", "--note", "misspelt")
    approval = by("rita", *wrong, "--json").json()["approval"]
    assert by("anders", "approval", "approve", approval["id"], "--digest", approval["digest"]).code == 0
    assert "--output" in by("rita", *wrong).err
    assert "bevis sign again" in by("rita", *wrong, "-o", "again").out
    done(bevis("sign", "again", "--key", key, "--yes"))
    new = done(by("rita", "certificate", "signed", number, "again.signed", "--json"))["successor"]
    assert bevis("verify", new, *there).code == 0
    done(bevis("batch", "to-sign", batch, "-o", "none", *there))
    assert not Path("none").exists()
    # So does what a stolen key has spoilt.
    done(bevis("key", "make", "second.key"))
    done(bevis("key", "challenge", "provhuset", "second.key.pub", "-o", "another", *there))
    done(bevis("sign", "another", "--key", "second.key", "--yes"))
    done(bevis("key", "register", "provhuset", "another.signed", *there))
    first = next(one for one in bevis("key", "list", "provhuset", "--json", *there).json() if one["kid"] == kid)
    done(bevis("key", "compromised", kid, "--since", first["not_before"], *there))
    again = ("certificate", "reissue")
    approval = by("rita", *again, "ask", kid, "--json").json()["approval"]
    assert by("anders", "approval", "approve", approval["id"], "--digest", approval["digest"]).code == 0
    carry_out = (*again, "carry-out", approval["id"])
    assert "--output" in by("rita", *carry_out).err
    assert f"{' '.join(again)} signed {approval['id']} spoilt.signed" in by("rita", *carry_out, "-o", "spoilt").out
    assert stat.S_IMODE(Path("spoilt").stat().st_mode) == 0o600
    assert done(bevis("sign", "spoilt", "--key", "second.key", "--yes", "--json"))["signatures"] == 1
    signed = (*again, "signed", approval["id"], "spoilt.signed", "--json")
    (pair,) = done(by("rita", *signed))["certificates"]
    assert done(by("rita", *signed)) == {"certificates": [pair], "before": True}
    assert [bevis("verify", number, *there).code for number in (pair["number"], pair["former"])] == [0, 1]


def test_a_machine_signs_nothing_that_is_not_its_own(bevis: Bevis, own: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    there = ("--dir", own)
    for name in ("one", "two"):
        done(bevis("key", "make", name, "--no-passphrase", *(("--alg", "ES256") if name == "two" else ())))
    done(bevis("key", "challenge", "provhuset", "one.pub", "-o", "challenge", *there))
    assert "is not the key in your file" in bevis("sign", "challenge", "--key", "two", "--yes").err
    Path("changed").write_text(Path("challenge").read_text().replace("provhuset", "byggskolan"))
    done(bevis("sign", "changed", "--key", "one", "--yes"))
    assert "PossessionNotProven" in bevis("key", "register", "byggskolan", "changed.signed", "--json", *there).out
    # What is over by its own word is not signed either: nobody would take it.
    for until, says in (("2026-01-02T03:04:05Z", "SigningOutdated"), ("tomorrow", "is no moment")):
        over = json.loads(Path("challenge").read_text()) | {"until": until}
        Path("over").write_text(json.dumps(over))
        assert says in bevis("sign", "over", "--key", "one", "--yes", "--json").out, until
        assert not Path("over.signed").exists()
    Path("other").write_text('{"format": "bevis-other/1"}')
    assert bevis("sign", "other", "--key", "one", "--yes").code == 2
    assert bevis("sign", "challenge", "--key", "challenge", "--yes").code == 2
    Path("one").chmod(0o644)
    assert "chmod 600" in bevis("sign", "challenge", "--key", "one", "--yes").err
    done(bevis("key", "make", "sealed"))
    monkeypatch.setenv("BEVIS_SIGNING_PASSPHRASE", "another one")
    assert "does not open" in bevis("sign", "challenge", "--key", "sealed", "--yes").err
    monkeypatch.setenv("BEVIS_SIGNING_PASSPHRASE", "short")
    assert bevis("key", "make", "third").code == 2
