"""The same answer in a shell: from a trust file, without what a laptop at a gate does not have."""

import io
import json
import subprocess
import sys
from datetime import UTC, datetime, timedelta
from pathlib import Path
from types import ModuleType

import pytest

from registry.command_line.main import app
from verification.answer import answer
from verification.judge import judge
from verification.offline import language_of, main
from verification.situation import situation
from verification.status_list import status_list
from verification.status_token import Issue, seal_list_cwt, seal_list_jwt
from verification.trust import AttestationKey
from verification.trust_file import trust_to_json
from verification.verify import verify

ROOT = Path(__file__).resolve().parents[2]
BLOCKED = ("fastapi", "starlette", "sqlmodel", "sqlalchemy", "sqlite3", "typer", "rich", "jinja2", "segno", "registry")
WITHOUT_THEM = f"""
import sys
for name in {BLOCKED!r}:
    sys.modules[name] = None  # whoever imports it now gets an ImportError
import runpy
runpy.run_module("verification.offline", run_name="__main__", alter_sys=True)
"""


@pytest.fixture
def trust_file(world: ModuleType, tmp_path: Path) -> Path:
    file = tmp_path / "trust.json"
    file.write_bytes(trust_to_json(world.TRUST))
    return file


@pytest.mark.parametrize("lang", ["sv", "nb", "en"])
def test_the_answer_is_the_one_answer(
    world: ModuleType, trust_file: Path, lang: str, capsys: pytest.CaptureFixture[str]
) -> None:
    code = main([world.qr_text(), "--trust", str(trust_file), "--lang", lang, "--json"], world.NOW)
    told = answer(judge(verify(world.qr_text(), world.TRUST, world.NOW), situation(), world.NOW), lang)
    assert (code, json.loads(capsys.readouterr().out)) == (0, told)
    assert main([world.qr_text(), "--trust", str(trust_file), "--lang", lang], world.NOW) == 0
    shown = capsys.readouterr().out
    assert told["title"] in shown
    assert told["certificate"]["holder"] in shown
    assert all(reason["says"] in shown for reason in told["reasons"] if reason["severity"] == "decisive")


def test_how_old_the_knowledge_is_stands_there(
    world: ModuleType, trust_file: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    asked = [world.qr_text(), "--trust", str(trust_file), "--lang", "en"]
    assert main(asked, world.NOW) == 0
    assert "What we know is 12 minutes old. (2026-11-20T15:13:00Z; checked 2026-11-20T15:25:00Z)" in (
        capsys.readouterr().out
    )
    assert main(asked, world.NOW + timedelta(days=2)) == 3
    assert "What we know is 49 hours old." in capsys.readouterr().out
    assert main(asked, world.NOW + timedelta(days=4)) == 3
    assert main(asked, world.NOW + timedelta(days=1600)) == 1  # its last day has gone by, whatever is known


def test_the_exit_code_is_the_outcome(world: ModuleType, trust_file: Path, tmp_path: Path) -> None:
    forged = world.full()[:-4] + "AAAA"
    assert main([forged, "--trust", str(trust_file)], world.NOW) == 1
    assert main(["hello", "--trust", str(trust_file)], world.NOW) == 3
    assert main([world.NUMBER, "--trust", str(trust_file)], world.NOW) == 3
    assert main([world.qr_text(), "--trust", str(trust_file), "--situation", "hiring"], world.NOW) == 0
    assert main([world.qr_text(), "--trust", str(trust_file), "--scheme", "takarbete"], world.NOW) == 1
    assert main([world.qr_text(), "--trust", str(trust_file), "--level", "B"], world.NOW) == 1
    assert main([world.qr_text(), "--trust", str(trust_file), "--level", "D"], world.NOW) == 0
    assert (
        main([world.qr_text(), "--trust", str(trust_file), "--scheme", "a", "--scheme", "heta-arbeten"], world.NOW) == 0
    )
    assert main([world.qr_text(), "--trust", str(trust_file), "--on", "2031-03-01"], world.NOW) == 1
    assert main([world.qr_text(), "--trust", str(trust_file), "--on", "2026-03-01"], world.NOW) == 3
    compact = tmp_path / "token.cwt"
    compact.write_bytes(world.compact())
    assert main([str(compact), "--trust", str(trust_file)], world.NOW) == 0


def test_a_number_needs_a_register(world: ModuleType, trust_file: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main([world.NUMBER, "--trust", str(trust_file), "--json"], world.NOW) == 3
    told = json.loads(capsys.readouterr().out)
    assert [reason["code"] for reason in told["reasons"]] == ["number_alone"]
    assert told["certificate"] is None


def test_standard_input(
    world: ModuleType, trust_file: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    for given, expected in ((world.full().encode() + b"\n", 0), (world.compact(), 0), (b"\xff\xfe", 3), (b"", 3)):
        monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(given)))
        assert main(["-", "--trust", str(trust_file)], world.NOW) == expected
    assert capsys.readouterr().err == ""


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        (["no.jwt"], "no.jwt: there is no such file"),
        (["/no/such"], "/no/such: there is no such file"),
        (["x", "--on", "20260301"], "--on: write a day"),
        (["x", "--on", "2026-02-30"], "--on: write a day"),
        (["x", "--on", "1492-01-01"], "--on: write a day"),
        (["x", "--situation", "party"], "--situation: there is no such situation"),
        (["x", "--scheme", "no/code"], "--scheme: a scheme's code"),
    ],
)
def test_what_cannot_be_used_is_named(
    world: ModuleType, trust_file: Path, arguments: list[str], says: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main([*arguments, "--trust", str(trust_file)], world.NOW) == 2
    out, err = capsys.readouterr()
    assert err.startswith(says)
    assert out == ""
    assert main([*arguments, "--trust", str(trust_file), "--json"], world.NOW) == 2
    assert json.loads(capsys.readouterr().out)["error"]["detail"].startswith(says)


@pytest.mark.parametrize("content", [None, b"", b"{}", b"[", b"\xff", b'{"as_of": NaN}', b"[" * 100_000])
def test_a_bad_trust_file_is_no_answer(
    world: ModuleType, tmp_path: Path, content: bytes | None, capsys: pytest.CaptureFixture[str]
) -> None:
    file = tmp_path / "trust.json"
    if content is not None:
        file.write_bytes(content)
    assert main([world.qr_text(), "--trust", str(file)], world.NOW) == 2
    assert "trust.json" in capsys.readouterr().err


def test_a_token_as_long_as_a_file_is_refused_and_a_long_text_is_not_a_file(
    world: ModuleType, trust_file: Path, tmp_path: Path
) -> None:
    long = tmp_path / "long.txt"
    long.write_bytes(b"9" * 90_000)
    assert main([str(long), "--trust", str(trust_file)], world.NOW) == 2
    assert main(["9" * 90_000, "--trust", str(trust_file)], world.NOW) == 3
    assert main(["a\x00b", "--trust", str(trust_file)], world.NOW) == 3


@pytest.fixture
def newer_lists(world: ModuleType, tmp_path: Path) -> Path:
    """A trust file, and beside it lists that the registry signed since: what they are called says what they are."""
    signer = world.TestKey(90, "5a5a5a5a")
    key = AttestationKey(kid=signer.kid, public_key=signer.public, not_before=datetime(2026, 1, 1, tzinfo=UTC))
    trust = world.changed(world.TRUST, status_keys=(key,))
    (tmp_path / "trust.json").write_bytes(trust_to_json(trust))

    def issue(made: datetime) -> Issue:
        return Issue(number=3, public_url=world.PUBLIC_URL, now=made, ttl=3600, lifetime=timedelta(days=3))

    withdrawn, minute = status_list({world.PLACE.index: 1}), timedelta(minutes=1)
    text = seal_list_jwt(withdrawn, issue(world.NOW - minute), signer)
    (tmp_path / "list.jwt").write_text(text + "\n")
    (tmp_path / "list.cwt").write_bytes(seal_list_cwt(withdrawn, issue(world.NOW - minute), signer))
    (tmp_path / "older.jwt").write_text(seal_list_jwt(withdrawn, issue(trust.as_of - minute), signer))
    (tmp_path / "forged.jwt").write_text(text[:-4] + "AAAA")
    (tmp_path / "ended.jwt").write_text(seal_list_jwt(withdrawn, issue(world.NOW - timedelta(days=3)), signer))
    (tmp_path / "certificate.jwt").write_text(world.full())
    (tmp_path / "empty.jwt").write_text("")
    return tmp_path


@pytest.mark.parametrize(
    ("lists", "code"),
    [((), 0), (("list.jwt",), 1), (("list.cwt",), 1), (("older.jwt",), 0), (("older.jwt", "list.cwt", "list.jwt"), 1)],
)
def test_a_newer_list_tells_of_what_was_withdrawn_since(
    world: ModuleType,
    newer_lists: Path,
    lists: tuple[str, ...],
    code: int,
    capsys: pytest.CaptureFixture[str],
) -> None:
    fetched = [part for name in lists for part in ("--status", str(newer_lists / name))]
    asked = [world.qr_text(), "--trust", str(newer_lists / "trust.json"), "--json", *fetched]
    assert main(asked, world.NOW) == code
    told = json.loads(capsys.readouterr().out)
    assert told["headline"] == ("revoked" if code else "valid")
    assert told["known_as_of"] == "2026-11-20T15:13:00Z"  # the rest is as old as it was
    with pytest.raises(SystemExit) as end:
        app(["verify", *asked], obj=lambda: world.NOW)
    assert (end.value.code, json.loads(capsys.readouterr().out)) == (code, told)


@pytest.mark.parametrize("name", ["forged.jwt", "ended.jwt", "certificate.jwt", "empty.jwt", "missing.jwt"])
def test_a_list_that_is_not_to_be_believed_is_no_answer(
    world: ModuleType, newer_lists: Path, name: str, capsys: pytest.CaptureFixture[str]
) -> None:
    asked = ["--trust", str(newer_lists / "trust.json"), "--status", str(newer_lists / name)]
    assert main([world.qr_text(), *asked], world.NOW) == 2
    out, err = capsys.readouterr()
    assert out == ""
    assert name in err


def test_a_registry_needs_no_list_from_outside(newer_lists: Path, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as end:
        app(["verify", "x", "--status", str(newer_lists / "list.jwt")])
    assert end.value.code == 2
    assert "--status: goes with --trust" in capsys.readouterr().err


def test_nothing_that_steers_a_terminal_gets_out(
    world: ModuleType, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["\x1b[2J.jwt", "--trust", str(tmp_path / "\x1b[31m")], world.NOW) == 2
    assert "\x1b" not in "".join(capsys.readouterr())


def test_the_language_is_that_of_the_environment() -> None:
    assert [language_of({"LANG": lang}) for lang in ("sv_SE.UTF-8", "nn_NO", "de_DE", "")] == ["sv", "nb", "en", "en"]
    assert language_of({"LC_ALL": "nb_NO", "LANG": "sv_SE"}) == "nb"


def test_it_runs_where_nothing_of_the_registry_is_installed(world: ModuleType, tmp_path: Path) -> None:
    """Its own clock, in a process of its own: so the trust has to be of this moment."""
    now = datetime.now(UTC)
    trust = world.changed(world.TRUST, as_of=now, status_lists=world.with_status(1).status_lists)
    file = tmp_path / "trust.json"
    file.write_bytes(trust_to_json(trust))
    run = subprocess.run(
        [sys.executable, "-c", WITHOUT_THEM, world.qr_text(), "--trust", str(file), "--lang", "nb", "--json"],
        cwd=ROOT,
        capture_output=True,
        check=False,
        timeout=60,
    )
    assert run.stderr == b""
    assert run.returncode == 1
    assert json.loads(run.stdout)["headline"] == "revoked"
    help_text = subprocess.run(
        [sys.executable, "-c", WITHOUT_THEM, "--help"], cwd=ROOT, capture_output=True, check=True
    )
    assert b"trust export" in help_text.stdout
    wrong = subprocess.run([sys.executable, "-c", WITHOUT_THEM, "x"], cwd=ROOT, capture_output=True, check=False)
    assert wrong.returncode == 2


def test_a_slip_in_a_scheme_s_code_is_not_held_against_the_certificate(
    world: ModuleType, trust_file: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    asked = [world.qr_text(), "--trust", str(trust_file), "--lang", "en", "--scheme"]
    assert main([*asked, "heta-arbete"], world.NOW) == 2
    assert "did you mean heta-arbeten?" in capsys.readouterr().err
    assert main([*asked, "heta-arbeten"], world.NOW) == 0
    assert main([*asked, "truck"], world.NOW) == 1
