"""What holds for all tests: nothing but this machine is reached, and in CI nothing that is needed may be missing."""

import os
import shutil
import sys
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest
from hypothesis import HealthCheck, settings

from tests.postgresql import NoServer, PostgresqlServer, running_server

settings.register_profile("deep", deadline=None, max_examples=3000, suppress_health_check=[HealthCheck.too_slow])
settings.register_profile("bevis", deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile(os.environ.get("HYPOTHESIS_PROFILE", "bevis"))

ROOT = Path(__file__).resolve().parents[1]


def _stay_at_home(event: str, arguments: tuple[object, ...]) -> None:
    if event == "socket.connect" and isinstance(arguments[1], tuple):
        host = str(arguments[1][0])
        if host not in {"::1", "localhost"} and not host.startswith("127."):
            raise ConnectionRefusedError(f"a test tried to reach {host}; tests stay on this machine")


sys.addaudithook(_stay_at_home)


def skip_unless_ci(reason: str) -> None:
    """Skip where something is not installed; where everything must be, that is a failure."""
    if os.environ.get("CI") == "true":
        pytest.fail(f"{reason}; in CI this must not be missing", pytrace=False)
    pytest.skip(reason)


def _server(**settings: str) -> Iterator[PostgresqlServer]:
    with ExitStack() as running:
        try:
            server = running.enter_context(running_server(**settings))
        except NoServer as fault:
            skip_unless_ci(str(fault))
        yield server


@pytest.fixture(scope="session")
def postgresql() -> Iterator[PostgresqlServer]:
    """A PostgreSQL server for all tests, each of which has its own database in it."""
    yield from _server()


@pytest.fixture(scope="session")
def lasting_postgresql() -> Iterator[PostgresqlServer]:
    """One that is set as it should be, so that `bevis doctor` has nothing against it."""
    yield from _server(fsync="on", full_page_writes="on")


@pytest.fixture(params=["sqlite", "postgresql"])
def at_database(request: pytest.FixtureRequest) -> Iterator[list[str]]:
    """What `bevis init` and `bevis demo` are told so that the records are in one database, then in the other."""
    if request.param == "sqlite":
        yield []
        return
    server: PostgresqlServer = request.getfixturevalue("lasting_postgresql")
    with server.database() as url:
        yield ["--database", url]


@pytest.fixture(autouse=True)
def no_database_from_outside(monkeypatch: pytest.MonkeyPatch) -> None:
    """Whoever runs the tests may have a registry of their own."""
    for name in ("BEVIS_DATABASE_URL", "BEVIS_DATABASE_URL_FILE"):
        monkeypatch.delenv(name, raising=False)


@pytest.fixture(scope="session")
def chromium() -> str:
    """Path of a Chromium to drive."""
    path = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
    if path is None:
        skip_unless_ci("no chromium on this machine: apt-get install chromium")
    return str(path)


@pytest.fixture(scope="session")
def oracle_python() -> str:
    """Python of the environment that holds the second implementation of the compact token."""
    path = ROOT / ".venv-oracle" / "bin" / "python"
    if not path.exists():
        skip_unless_ci("no .venv-oracle: `make test` makes it")
    return str(path)


@pytest.fixture(scope="session")
def node() -> str:
    """Path of a Node beside which the readers of tests/oracles/node are installed."""
    path = shutil.which("node")
    if path is None:
        skip_unless_ci("no node on this machine: apt-get install nodejs npm")
    if not (ROOT / "tests" / "oracles" / "node" / "node_modules" / ".installed").exists():
        skip_unless_ci("the readers in Node are not installed: `make test` installs them")
    return str(path)
