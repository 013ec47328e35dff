"""The shell, run in this process: what was printed, on which stream, and how it ended."""

import json
import shutil
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from hashlib import sha256
from pathlib import Path
from typing import Any

import pytest

from registry.command_line.main import app
from registry.records.actors.api_keys import create_api_key
from registry.records.whole.directory import Registry
from tests.registry.conftest import employ, hire


@dataclass(frozen=True)
class Ended:
    code: int
    out: str
    err: str

    def json(self) -> Any:
        return json.loads(self.out)


Bevis = Callable[..., Ended]


@pytest.fixture(autouse=True)
def quiet_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in (
        "BEVIS_DIR",
        "BEVIS_LOG_HEAD",
        "BEVIS_KEY",
        "BEVIS_KEY_FILE",
        "BEVIS_MASTER_KEY_FILE",
        "BEVIS_PUBLIC_URL",
        "LC_ALL",
        "LC_MESSAGES",
    ):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("BEVIS_ACTOR", "desk")  # who may do everything in the demo registry of the tests
    monkeypatch.setenv("LANG", "C.UTF-8")
    monkeypatch.setenv("COLUMNS", "80")


@pytest.fixture
def bevis(capsys: pytest.CaptureFixture[str]) -> Bevis:
    def run(*arguments: object) -> Ended:
        capsys.readouterr()
        with pytest.raises(SystemExit) as end:
            app([str(argument) for argument in arguments])
        out, err = capsys.readouterr()
        return Ended(int(end.value.code or 0), out, err)

    return run


Once = Callable[[Path, Sequence[tuple[object, ...]]], None]


@pytest.fixture(scope="session")
def kept(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Where `once` keeps what it made."""
    return tmp_path_factory.mktemp("once")


@pytest.fixture
def once(bevis: Bevis, kept: Path) -> Once:
    """Makes a registry by those commands; whoever asks for the same again gets a copy."""

    def make(place: Path, commands: Sequence[tuple[object, ...]]) -> None:
        template = kept / sha256(repr([command for command in commands if place not in command]).encode()).hexdigest()
        if template.exists():
            shutil.copytree(template, place)
            return
        for command in commands:
            assert bevis(*command).code == 0, command
        shutil.copytree(place, template)

    return make


ByTwo = Callable[..., Ended]


@pytest.fixture
def by_two(bevis: Bevis, monkeypatch: pytest.MonkeyPatch, keys: dict[str, str]) -> ByTwo:
    """`bevis batch issue`, asked for by one person of provhuset and, where it waits, approved by another."""

    def issue(*arguments: object) -> Ended:
        place = arguments[arguments.index("--dir") :][:2] if "--dir" in arguments else ()

        def by(account: str, *command: object) -> Ended:
            with monkeypatch.context() as only:
                only.delenv("BEVIS_ACTOR")
                only.setenv("BEVIS_KEY", keys[account])
                return bevis(*command)

        asked = by("rita", "batch", "issue", *arguments)
        waiting = by("anders", "approval", "list", "--json", *place).json()
        if not waiting:
            return asked
        (one,) = waiting
        approved = by("anders", "approval", "approve", one["id"], "--digest", one["digest"], *place)
        assert approved.code == 0, approved.err
        more = ("--json",) if "--json" in arguments else ()
        return by("rita", "batch", "resume", one["subject"], *more, *place)

    return issue


@pytest.fixture(scope="session")
def keys() -> dict[str, str]:
    """Of Rita, who asks, and of Anders, who decides, by account; `demo_dir` makes them."""
    return {}


@pytest.fixture(scope="session")
def demo_dir(
    new_demo: Callable[[Path], Registry], tmp_path_factory: pytest.TempPathFactory, keys: dict[str, str]
) -> Path:
    """One demo registry for all who only read it."""
    place = tmp_path_factory.mktemp("demo") / "bevis-demo"
    registry = new_demo(place)
    employ(registry)
    hire(registry)
    with registry.writing() as db:
        for account, role in (("rita", "requester"), ("anders", "approver")):
            _, keys[account] = create_api_key(
                db, account=account, organisation="provhuset", roles=[role], days=9, now=datetime.now(UTC), actor="desk"
            )
    registry.close()
    return place
