"""What the README says can be done: every command it shows exists with its options, and the examples run."""

import json
import os
import re
import shlex
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest
from pydantic import BaseModel
from typer.testing import CliRunner

from registry.command_line.main import app
from registry.records.issued.certificates import certificates
from registry.records.parties.organisations import NewDeclaration, NewOrganisation, NewTie
from registry.records.sector.scheme_document import NewScheme
from registry.records.sector.validity_policy import Validity
from registry.records.sittings.identity_checks import IdentityCheck
from registry.records.sittings.occasions import NewOccasion, StaffMember
from registry.records.sittings.sessions import NewSession
from registry.records.whole.directory import Registry
from verification.certificate import display_number

ROOT = Path(__file__).resolve().parents[1]
README = (ROOT / "README.md").read_text("utf-8")
BLOCKS = re.findall(r"```console\n(.*?)```", README, flags=re.DOTALL)
LINES = [line.split("  #")[0].strip() for block in BLOCKS for line in block.splitlines() if line.strip()]
COMMANDS = [line.removeprefix(".venv/bin/") for line in LINES if re.match(r"(\.venv/bin/)?bevis ", line)]
EXPLAINED = [line for line in COMMANDS if line.startswith("bevis level")]


@pytest.mark.parametrize("line", COMMANDS)
def test_every_command_shown_exists_with_its_options(line: str) -> None:
    words = shlex.split(line.split(">", maxsplit=1)[0])[1:]
    nouns = {
        "level",
        "org",
        "scheme",
        "mandate",
        "occasion",
        "batch",
        "certificate",
        "key",
        "trust",
        "log",
        "recognition",
        "account",
        "accreditation",
        "gate",
        "report",
    }
    deep = words[:2] in (["account", "role"], ["org", "certificate"])
    verbs = words[:3] if deep else words[:2] if words[0] in {*nouns, "approval", "notice"} else words[:1]
    told = CliRunner().invoke(app, [*verbs, "--help"], env={"COLUMNS": "200"})
    assert told.exit_code == 0, told.output
    for option in (word for word in words if word.startswith("--")):
        assert option in told.output


@pytest.mark.parametrize("line", EXPLAINED)
def test_what_needs_no_registry_runs_as_shown(line: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(ROOT)
    ran = CliRunner().invoke(app, shlex.split(line)[1:])
    assert ran.exit_code == 0, ran.output
    assert ran.output


def walk(
    block: str, monkeypatch: pytest.MonkeyPatch, codes: dict[str, int] | None = None, levels: str = "DDD"
) -> list[str]:
    """Run a block as printed, each line leaving with 0 or with what `codes` says of its verbs; what each printed.

    levels  of the certificates there are when they are listed
    """
    printed: list[str] = []
    for line in (line.split("  #")[0].strip() for line in block.splitlines()):
        if line.startswith("export "):
            monkeypatch.setenv(*line.removeprefix("export ").split("=", maxsplit=1))
            continue
        if line.startswith("unset "):
            monkeypatch.delenv(line.removeprefix("unset "))
            continue
        command, _, kept = _filled(line, "\n".join(printed)).partition(" > ")
        ran = CliRunner().invoke(app, shlex.split(command)[1:])
        expected = next((code for verbs, code in (codes or {}).items() if f"bevis {verbs} " in line), 0)
        assert ran.exit_code == expected, (line, ran.output)
        printed.append(ran.output)
        if kept:
            Path(kept).write_text(ran.stdout, encoding="utf-8")
        if command == "bevis certificate list":
            found = json.loads(CliRunner().invoke(app, ["certificate", "list", "--json"]).stdout)
            assert "".join(one["level"] for one in found) == levels
    return printed


IN_CAPITALS = {
    "NUMBER": r"\b[0-9A-Z]{4}(?:-[0-9A-Z]{4}){3}\b",
    "APPROVAL": r"\bapproval-[0-9a-f]{16}\b",
    "DIGEST": r"(?<=--digest )[0-9a-f]{64}\b",
    "BATCH": r"\bbatch-[0-9a-f]{12}\b",
}


def _filled(line: str, printed: str) -> str:
    """With what stands in capitals as it was printed last."""
    for word, pattern in IN_CAPITALS.items():
        if re.search(rf"\b{word}\b", line):
            line = re.sub(rf"\b{word}\b", re.findall(pattern, printed)[-1], line)
    return line


@pytest.fixture
def clone(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    shutil.copytree(ROOT / "docs" / "examples", tmp_path / "docs" / "examples")
    monkeypatch.chdir(tmp_path)
    for name in ("BEVIS_DIR", "BEVIS_ACTOR", "BEVIS_KEY", "BEVIS_KEY_FILE", "BEVIS_MASTER_KEY_FILE"):
        monkeypatch.delenv(name, raising=False)
    return tmp_path


def test_the_way_from_a_spreadsheet_to_a_verdict_is_as_printed(clone: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (block,) = (block for block in BLOCKS if "bevis init my-registry" in block)
    printed = walk(block, monkeypatch, {"batch check": 1, "batch issue": 1})
    assert any("Åsa Lindström Bergqvist" in each for each in printed)
    assert b"<svg" in (clone / "my-registry" / "code.svg").read_bytes()
    assert (clone / "my-registry" / "corrected.xlsx").read_bytes().startswith(b"PK")


def test_two_people_decide_as_printed(clone: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    chapter = README.split("## Where two people decide\n")[1].split("\n## ")[0]
    blocks = re.findall(r"```console\n(.*?)```", chapter, flags=re.DOTALL)
    walk("".join(blocks), monkeypatch, levels="BBB")
    assert (clone / "my-sector" / "cia.key").stat().st_mode & 0o777 == 0o600


def of_block(word: str) -> list[str]:
    """The lines of the block that has this word, without what is said about them."""
    (block,) = (block for block in BLOCKS if word in block)
    return [line.split("  #")[0].strip() for line in block.splitlines()]


def test_the_controller_s_way_is_as_printed(
    new_demo: Callable[[Path], Registry], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("BEVIS_DIR", raising=False)
    registry = new_demo(tmp_path / "my-registry")
    with registry.reading() as db:
        number = next(row.number for row in certificates(db) if row.scheme == "hot-work" and row.state == "issued")
    registry.close()
    monkeypatch.setenv("BEVIS_DIR", "my-registry")
    for line in of_block("verification.offline"):
        command, _, kept = line.replace("NUMBER", display_number(number)).partition(" > ")
        if command.startswith("python"):
            environment = {**os.environ, "PYTHONPATH": str(ROOT)}
            words = [sys.executable, *shlex.split(command)[1:]]
            told = subprocess.run(words, capture_output=True, text=True, check=False, env=environment)
            assert told.returncode == 0, told.stdout + told.stderr
            continue
        ran = CliRunner().invoke(app, shlex.split(command)[1:])
        assert ran.exit_code == 0, (line, ran.output)
        if kept:
            Path(kept).write_text(ran.stdout, encoding="utf-8")


def test_the_employer_s_way_is_as_printed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    for line in of_block("bevis check"):
        ran = CliRunner().invoke(app, shlex.split(line)[1:])
        assert ran.exit_code == (1 if "bevis check" in line else 0), (line, ran.output)
    assert "<html" in Path("bevis-demo", "report.html").read_text("utf-8")


PROMISES = re.findall(r"`(test_\w+)`", README.split("## Trust")[1].split("\n## ")[0])


@pytest.mark.parametrize("name", PROMISES)
def test_every_promise_has_its_test(name: str) -> None:
    assert len(PROMISES) >= 9
    assert any(f"def {name}(" in file.read_text("utf-8") for file in (ROOT / "tests").rglob("test_*.py"))


def test_there_are_as_many_vectors_as_it_says() -> None:
    (said,) = re.findall(r"([0-9]+) questions with their answers", README.replace("\n", " "))
    assert int(said) == len(json.loads((ROOT / "verification" / "vectors.json").read_bytes())["vectors"])


@pytest.mark.parametrize(
    "shape",
    [
        NewOrganisation,
        NewTie,
        NewDeclaration,
        NewScheme,
        Validity,
        NewOccasion,
        NewSession,
        StaffMember,
        IdentityCheck,
    ],
)
def test_every_key_of_a_file_is_listed(shape: type[BaseModel]) -> None:
    page = (ROOT / "docs" / "files.md").read_text("utf-8")
    listed = set(re.findall(r"[a-z_]+", " ".join(re.findall(r"`([^`]+)`", page))))
    assert set(shape.model_fields) <= listed


@pytest.mark.parametrize("target", re.findall(r"^make ([a-z]+)", "\n".join(LINES), flags=re.MULTILINE))
def test_every_make_target_shown_exists(target: str) -> None:
    assert re.search(rf"^{target}:.*##", (ROOT / "Makefile").read_text("utf-8"), flags=re.MULTILINE)


@pytest.mark.parametrize("path", re.findall(r"\]\(([^)#]+)\)", README))
def test_every_link_leads_somewhere(path: str) -> None:
    assert (ROOT / path).exists()


@pytest.mark.parametrize(
    ("name", "asked", "attained", "party", "code"),
    [
        ("hot-work-b", "B", "B", "third", 0),
        ("rope-access-independent", "C1", "C1", "third", 0),
        ("rope-access-30-percent", "C1", "C2", "second", 1),
        ("one-person-provider-d", "D", "D", "second", 0),
        ("e-learning-45-minutes", "D", "E", "second", 1),
        ("toolbox-talk", "E", "F", "second", 1),
    ],
)
@pytest.mark.parametrize("lang", ["sv", "nb", "en"])
def test_the_examples_read_in_every_language(
    name: str, asked: str, attained: str, party: str, code: int, lang: str
) -> None:
    path = str(ROOT / "levels" / "examples" / f"{name}.toml")
    ran = CliRunner().invoke(app, ["level", "explain", path, "--asked", asked, "--lang", lang, "--json"])
    assert ran.exit_code == code, ran.output
    said = json.loads(ran.stdout)
    assert (said["attained"], said["asked"], said["party"]) == (attained, asked, party)
    told = CliRunner().invoke(app, ["level", "explain", path, "--asked", asked, "--lang", lang])
    assert told.exit_code == code
    missing = said["to_lift"].get(asked, [])
    assert all(row in told.stdout for row in missing)
    assert bool(missing) is (code == 1)


def test_the_benchmark_runs() -> None:
    ran = subprocess.run(
        [sys.executable, str(ROOT / "tests" / "bench.py"), "--quick", "--json"],
        capture_output=True,
        text=True,
        check=False,
    )
    assert ran.returncode == 0, ran.stderr
    rows = json.loads(ran.stdout)
    assert len(rows) > 15
    assert all(row["value"] > 0 and (row["ratio"] is None or row["ratio"] > 0) for row in rows)
