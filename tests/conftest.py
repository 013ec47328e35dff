"""What holds for all tests: nothing but this machine is reached, and in CI nothing that is needed may be missing."""

import fcntl
import gc
import os
import shutil
import sys
import tempfile
from collections import defaultdict
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, settings
from sqlalchemy import util
from sqlalchemy.engine import Engine
from sqlalchemy.engine.default import DefaultDialect

from registry.command_line.demo import make_demo
from registry.records.whole.directory import Registry, open_registry
from tests.postgresql import OURS, NoServer, PostgresqlServer, in_memory, running_server

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


def _share_what_was_compiled() -> None:
    """Every test has a database of its own: without this, each statement is compiled once a test (half of their time).

    SQLAlchemy keeps what it compiled by engine and by dialect object; here by the class of the dialect.
    """
    compiled: defaultdict[type[Any], Any] = defaultdict(lambda: util.LRUCache(10_000))

    def shared(engine: Engine) -> Any:
        return compiled[type(engine.dialect)]

    Engine._compiled_cache = property(shared, lambda engine, own: None)  # type: ignore[assignment]  # noqa: ARG005, SLF001
    DefaultDialect.__hash__ = lambda dialect: hash(type(dialect))  # type: ignore[method-assign]
    DefaultDialect.__eq__ = lambda dialect, other: type(dialect) is type(other)  # type: ignore[method-assign,assignment]


_share_what_was_compiled()


def pytest_configure(config: pytest.Config) -> None:
    """Tests' files lie in memory, if the machine has room there: what they store is synced as it always is."""
    place = in_memory()
    if place is not None and not hasattr(config, "workerinput") and not config.option.basetemp:
        base = tempfile.mkdtemp(prefix=OURS, dir=place)
        config.option.basetemp = base
        config.add_cleanup(lambda: shutil.rmtree(base, ignore_errors=True))


def pytest_collection_finish() -> None:
    """Thousands of collected tests stay until the end: the collector need not look at them again and again."""
    gc.collect()
    gc.freeze()


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
def new_demo(tmp_path_factory: pytest.TempPathFactory) -> Callable[[Path], Registry]:
    """Gives a demo registry of today in a new directory: made once for all processes that run tests, and copied."""
    base = tmp_path_factory.getbasetemp()
    made = (base.parent if "PYTEST_XDIST_WORKER" in os.environ else base) / "demo-of-today"

    def copied(place: Path) -> Registry:
        with made.with_suffix(".lock").open("w") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX)
            if not made.exists():
                making = made.with_suffix(".making")
                make_demo(making, datetime.now(UTC), public_url="http://127.0.0.1:8000")[0].close()
                making.rename(made)
        shutil.copytree(made, place)
        return open_registry(place)

    return copied


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
