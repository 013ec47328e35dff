"""The shell, run in this process: what was printed, on which stream, and how it ended."""

import json
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from registry.command_line.demo import make_demo
from registry.command_line.main import app
from tests.registry.conftest import employ


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


@pytest.fixture(scope="session")
def demo_dir(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """One demo registry for all who only read it."""
    place = tmp_path_factory.mktemp("demo") / "bevis-demo"
    registry, _ = make_demo(place, datetime.now(UTC), public_url="http://127.0.0.1:8000")
    employ(registry)
    registry.close()
    return place
