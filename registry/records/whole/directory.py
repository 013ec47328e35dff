"""A registry's directory: what it is called, where its records are, and where its master key lies by default."""

import os
import sqlite3
import tomllib
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Annotated, Protocol

from pydantic import Field
from sqlalchemy import Engine
from sqlmodel import Session

from registry.errors import MalformedInput, NoRegistryHere, Refusal, RegistryExists
from registry.records.accreditation import applications
from registry.records.actors import access_log, accounts, api_keys, approvals
from registry.records.issued import (
    batches,
    certificates,
    corrections,
    outbox,
    person_organisations,
    print_orders,
    reissues,
    reports,
    survivors,
    to_sign,
)
from registry.records.log import entries, heads
from registry.records.log.entries import End, Places, give_places_at_once
from registry.records.mandates import mandate_events, mandates
from registry.records.parties import (
    designs,
    organisation_certificates,
    organisations,
    organisations_to_sign,
    seal_certificates,
    signing_keys,
)
from registry.records.persons import duplicates, identifiers, people, portraits
from registry.records.sector import extensions, recognitions, scheme_drafts, schemes
from registry.records.sittings import attendance, exam_results, occasion_events, occasions
from registry.records.store import kept_once, remembered
from registry.records.store.database import Database, grow_revision, revision
from registry.records.store.database_address import (
    DATABASE_FILE,
    ENVIRONMENT,
    MOST_BYTES_OF_URL,
    DatabaseAddress,
    SqliteAddress,
    address_in_environment,
    read_address,
)
from registry.records.store.database_faults import has_room, told_plainly
from registry.records.store.engines import HEAD_LOCK, reader_of, writer_to
from registry.records.store.kept import Kept
from registry.records.store.last_seen import LAST_SEEN_FILE, remember
from registry.records.strict_input import Line, StrictInput, read_toml
from registry.records.whole.tables import create_tables
from registry.records.whole.versions import check_version, version_of

SETTINGS_FILE = "bevis.toml"
MASTER_KEY_FILE = "master.key"
INDEX_KEY_FILE = "index.key"
HEAD_FILE = "log.head"  # the second home of the log's signed head, unless it is elsewhere
HEAD_ELSEWHERE = "BEVIS_LOG_HEAD"
FROM_ENVIRONMENT = "environment"  # instead of a URL: it is told to the process, and written nowhere
_UNFINISHED = "bevis.toml.unfinished"

NOUNS = (
    access_log,
    accounts,
    api_keys,
    applications,
    approvals,
    attendance,
    batches,
    certificates,
    corrections,
    designs,
    duplicates,
    entries,
    exam_results,
    extensions,
    heads,
    identifiers,
    kept_once,
    mandate_events,
    mandates,
    occasion_events,
    occasions,
    organisation_certificates,
    organisations,
    organisations_to_sign,
    outbox,
    people,
    person_organisations,
    portraits,
    print_orders,
    recognitions,
    reissues,
    remembered,
    reports,
    scheme_drafts,
    schemes,
    seal_certificates,
    signing_keys,
    survivors,
    to_sign,
)  # all that have tables


class Settings(StrictInput):
    """What `bevis.toml` says: under which address this registry is known, its name, and where its records are.

    database  URL of a PostgreSQL database, or `environment`; None = a SQLite file in the directory
    log_head  the file with the signed head of the log; None = in the directory
    """

    public_url: str = Field(pattern=r"^https?://[a-z0-9.-]+(:[0-9]{1,5})?$", max_length=200)
    name: Line
    database: Annotated[str, Field(min_length=1, max_length=MOST_BYTES_OF_URL)] | None = None
    log_head: Annotated[str, Field(pattern=r"^/[^\x00-\x1f\x7f]*[^/]$", max_length=1000)] | None = None


@dataclass(frozen=True)
class Registry:
    """An opened registry directory; head_file: where the log's signed head has its second home."""

    directory: Path
    public_url: str
    name: str
    address: DatabaseAddress
    head_file: Path
    _writer: Engine = field(repr=False)
    _reader: Engine = field(repr=False)
    _logs: list["Log"] = field(default_factory=list, repr=False)

    def keep_log(self, log: "Log | None") -> None:
        """From now on what a transaction enters in the log has its place there before `writing` returns.

        None: from now on it waits for one.
        """
        self._logs[:] = [log] if log else []

    def master_key_file(self) -> Path:
        """Where the master key lies unless somebody keeps it elsewhere."""
        return self.directory / MASTER_KEY_FILE

    def index_key_file(self) -> Path:
        """Where the key lies that people are found by number with, unless somebody keeps it elsewhere."""
        return self.directory / INDEX_KEY_FILE

    @contextmanager
    def writing(self) -> Iterator[Database]:
        """One transaction that is alone in writing: committed at the end, undone by any exception.

        Raises DatabaseBusy, DatabaseFull, DatabaseUnavailable; LogStopped where something is to be entered in a log
        that may not go on: then nothing is stored. If it stops just then, it is stored, and enters the log later.
        """
        log = self._logs[0] if self._logs else None
        with told_plainly(self.address), Session(self._writer, expire_on_commit=False, autoflush=True) as db:
            places = give_places_at_once(db, log.end) if log else None
            yield db
            db.flush()
            if log and places and places.asked:
                log.sign(db, places)
            grow_revision(db)
            changed = revision(db)
            db.commit()
        remember(self.directory, changed)
        if log and places and places.asked:
            log.show(places)

    @contextmanager
    def noting(self) -> Iterator[Database]:
        """The same, for what no answer depends on: who read what, when a key was used."""
        with told_plainly(self.address), Session(self._writer, expire_on_commit=False, autoflush=True) as db:
            yield db
            db.commit()

    @contextmanager
    def reading(self) -> Iterator[Database]:
        """One snapshot; nothing can be written. Raises DatabaseBusy, DatabaseUnavailable."""
        with told_plainly(self.address), Session(self._reader, expire_on_commit=False, autoflush=False) as db:
            yield db

    @contextmanager
    def head_in_hand(self) -> Iterator[None]:
        """The only one of all machines that looks at the log's head file and writes it, where machines share it.

        Raises DatabaseBusy, DatabaseUnavailable.
        """
        if isinstance(self.address, SqliteAddress) or self.head_file.parent == self.directory:
            yield
            return
        with self.reading() as db:
            db.connection().exec_driver_sql(f"SELECT pg_advisory_xact_lock({HEAD_LOCK})")
            yield

    def has_room(self) -> bool:
        """Whether there is room on the disks of this machine that it writes to; nothing is written to find out."""
        places = {self.directory, *([self.address.file.parent] if isinstance(self.address, SqliteAddress) else [])}
        return all(has_room(place) for place in places)

    def check(self) -> None:
        """See that its tables are those of this program. Raises NoRegistryHere, RegistryOlder, RegistryNewer."""
        with self.reading() as db:
            check_version(db.connection(), str(self.address))

    def close(self) -> None:
        """Give the connections back."""
        self._writer.dispose()
        self._reader.dispose()


class Log(Protocol):
    """What keeps the log of a registry."""

    def end(self, db: Database) -> End | None:
        """Where it ends; None where it has not begun. Raises LogStopped where it may not go on."""
        ...

    def sign(self, db: Database, places: Places) -> None:
        """A head over what this transaction has entered."""
        ...

    def show(self, places: Places) -> None:
        """Once that is committed: let the head out. Raises LogStopped."""
        ...


class Preparation(Protocol):
    """What a new registry needs before it counts as one, such as keys."""

    def __call__(self, registry: Registry, db: Database, *, again: bool) -> None:
        """To be done in the transaction that makes the tables.

        again  an earlier attempt was interrupted: all of it, or some of it, may have been done already
        """


def kept() -> tuple[Kept, ...]:
    """What the database itself refuses to change, of all nouns."""
    return tuple(one for noun in NOUNS for one in getattr(noun, "KEPT", ()))


class Filling(Protocol):
    """How a new registry gets its records."""

    def __call__(self, registry: Registry, *, again: bool) -> None:
        """Called once; again: an earlier attempt was interrupted, and may have done it already."""


def create_registry(  # noqa: PLR0913 where, what it is called, where its records are, what it needs
    directory: Path,
    *,
    public_url: str,
    name: str = "Bevis",
    database: str | None = None,
    log_head: str | None = None,
    prepare: Preparation | None = None,
    environment: Mapping[str, str] | None = None,
) -> Registry:
    """A new, empty registry in that directory, which is made (mode 0700) if it is not there.

    database     URL of a PostgreSQL database, kept in `bevis.toml`; None = what BEVIS_DATABASE_URL says, which is not
                 written down; without either a SQLite file in the directory
    log_head     the file with the log's signed head, kept in `bevis.toml`; None = in the directory
    environment  that of the process, if nothing else is given

    Interrupted at any moment, it leaves no registry, and can be done again. Raises RegistryExists, DatabaseUnavailable,
    and MalformedInput for a public_url that is none, a directory that holds other things (keys and a database do not
    belong among somebody's source files), or a database that does.
    """

    def filled(registry: Registry, *, again: bool) -> None:
        _see_head_home(registry.head_file)
        _fill(registry, prepare, again=again)

    given = {"public_url": public_url, "name": name, "database": database, "log_head": log_head}
    return make_registry(directory, given, filled, environment=environment)


def make_registry(
    directory: Path,
    given: Mapping[str, str | None],
    fill: Filling,
    *,
    beside: frozenset[str] = frozenset(),
    environment: Mapping[str, str] | None = None,
) -> Registry:
    """A registry in that directory with what `fill` puts into it.

    given   its settings; without `database`, what the environment says
    beside  files that may lie in the directory already

    As `create_registry` in all else.
    """
    told = os.environ if environment is None else environment
    database = given["database"]
    elsewhere = address_in_environment(told) if database is None else None
    address: DatabaseAddress = elsewhere or SqliteAddress(directory / DATABASE_FILE)
    if database is not None:
        address = read_address(database, "--database")
    written = _written({**given, "database": database if elsewhere is None else FROM_ENVIRONMENT})
    settings = _settings(written)
    if (directory / SETTINGS_FILE).exists():
        raise RegistryExists(f"{directory} holds a registry; choose another directory")
    was_there = directory.exists()
    directory.mkdir(mode=0o700, parents=True, exist_ok=True)
    again = _left_behind(directory, beside)
    unfinished = directory / _UNFINISHED
    _write_private(unfinished, written)
    registry = _registry(directory, settings, address, told)
    try:
        fill(registry, again=again)
    except Refusal:
        # Refused, not interrupted: nothing stays that a second attempt would stumble over.
        registry.close()
        if beside or not (directory / MASTER_KEY_FILE).exists():
            _clear(directory, keep=was_there)
        raise
    except BaseException:
        registry.close()
        raise
    # The settings last: a directory without them is no registry.
    with suppress(OSError):
        (directory / LAST_SEEN_FILE).unlink()  # of an earlier attempt
    unfinished.rename(directory / SETTINGS_FILE)
    _sync(directory)
    return registry


def open_registry(directory: Path, *, environment: Mapping[str, str] | None = None, checked: bool = True) -> Registry:
    """The registry in that directory.

    environment  that of the process, if nothing else is given
    checked      whether its tables must be those of this program

    Raises NoRegistryHere, MalformedInput for settings that cannot be read, RegistryOlder, RegistryNewer, DatabaseBusy,
    DatabaseUnavailable.
    """
    try:
        data = (directory / SETTINGS_FILE).read_bytes()
    except OSError as fault:
        if (directory / DATABASE_FILE).exists():
            says = f"{directory} holds a registry without its {SETTINGS_FILE}; put that file back as it was"
            raise NoRegistryHere(says) from fault
        raise NoRegistryHere(
            f"{directory} holds no {SETTINGS_FILE}; `bevis init {directory}` makes a registry"
        ) from fault
    settings = _settings(data)
    told = os.environ if environment is None else environment
    registry = _registry(directory, settings, _address(directory, settings, told), told)
    if checked:
        try:
            registry.check()
        except BaseException:
            registry.close()
            raise
    return registry


def _registry(
    directory: Path, settings: Settings, address: DatabaseAddress, environment: Mapping[str, str]
) -> Registry:
    head = environment.get(HEAD_ELSEWHERE, "").strip() or settings.log_head or HEAD_FILE
    head_file = directory / head  # an absolute one is where it says
    return Registry(
        *(directory, settings.public_url, settings.name, address, head_file), writer_to(address), reader_of(address)
    )


def _address(directory: Path, settings: Settings, environment: Mapping[str, str]) -> DatabaseAddress:
    given = address_in_environment(environment)
    if settings.database is None:
        if given is not None:
            raise MalformedInput([(ENVIRONMENT, f"is set, but the records of {directory} are in its {DATABASE_FILE}")])
        if not (directory / DATABASE_FILE).is_file():
            says = f"put the file back, or restore a backup in an empty directory, with {HEAD_FILE} beside it"
            raise NoRegistryHere(f"{directory} holds no {DATABASE_FILE}; {says}: `bevis restore`")
        return SqliteAddress(directory / DATABASE_FILE)
    if given is not None:
        return given
    if settings.database == FROM_ENVIRONMENT:
        raise NoRegistryHere(
            f"the records of {directory} are where {ENVIRONMENT} (or the file in {ENVIRONMENT}_FILE) says, and it is "
            "not set"
        )
    return read_address(settings.database, f"{SETTINGS_FILE}: database")


def _see_head_home(file: Path) -> None:
    """Raises MalformedInput where a new registry's log cannot have its head there."""
    if not file.parent.is_dir():
        raise MalformedInput([("--log-head", f"{file.parent} is no directory; make it, or mount what it is on")])
    if file.exists():
        raise MalformedInput([("--log-head", f"{file} is there already; a new registry needs a file of its own")])


def _left_behind(directory: Path, beside: frozenset[str]) -> bool:
    """Whether an interrupted attempt lies there. Raises RegistryExists, MalformedInput for anything else."""
    found = {entry.name for entry in directory.iterdir()} - {"lost+found"} - beside  # the first: of an empty volume
    again = _UNFINISHED in found
    if again:
        found -= {
            _UNFINISHED,
            MASTER_KEY_FILE,
            INDEX_KEY_FILE,
            LAST_SEEN_FILE,
            *(DATABASE_FILE + end for end in ("", "-wal", "-shm", "-journal")),
        }
    if DATABASE_FILE in found:
        raise RegistryExists(f"{directory} holds a registry; choose another directory")
    if found:
        raise MalformedInput(
            [(str(directory), f"is not empty (it holds {min(found)}); choose a new directory for the registry")]
        )
    return again


def _fill(registry: Registry, prepare: Preparation | None, *, again: bool) -> None:
    """Tables and whatever else it needs, in one transaction."""
    if isinstance(registry.address, SqliteAddress):
        remove_database(registry.address.file)
        _new_file(registry.address.file)
    with told_plainly(registry.address), Session(registry._writer, expire_on_commit=False) as db:  # noqa: SLF001
        version = version_of(db.connection())
        if version is None:
            create_tables(db.connection(), kept())
        else:
            if not again:
                raise RegistryExists(f"{registry.address} holds a registry; choose another database")
            check_version(db.connection(), str(registry.address))
            if revision(db) > 1:  # somebody has recorded something since it was made
                raise RegistryExists(f"{registry.address} holds a registry; choose another database")
        if prepare is not None:
            prepare(registry, db, again=again)
            db.flush()
            if revision(db) == 0:
                grow_revision(db)
        db.commit()


def remove_database(file: Path) -> None:
    """What an interrupted attempt has left, which nobody could open."""
    for end in ("", "-wal", "-shm", "-journal"):
        file.with_name(file.name + end).unlink(missing_ok=True)


def _new_file(file: Path) -> None:
    os.close(os.open(file, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o600))
    connection = sqlite3.connect(file)
    try:
        connection.execute("PRAGMA journal_mode = WAL")
    finally:
        connection.close()


def _write_private(file: Path, data: bytes) -> None:
    """Nobody else may read it: a URL may hold a password."""
    file.unlink(missing_ok=True)
    handle = os.open(file, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o600)
    with os.fdopen(handle, "wb") as opened:
        opened.write(data)
        opened.flush()
        os.fsync(opened.fileno())


def _sync(directory: Path) -> None:
    handle = os.open(directory, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


def _clear(directory: Path, *, keep: bool) -> None:
    names = (_UNFINISHED, *(DATABASE_FILE + end for end in ("", "-wal", "-shm")))
    for name in names:
        (directory / name).unlink(missing_ok=True)
    if not keep:
        with suppress(OSError):  # somebody put something there meanwhile
            directory.rmdir()


def _written(given: Mapping[str, str | None]) -> bytes:
    database, log_head = given["database"], given["log_head"]
    lines = [
        "# What this registry is called and where it is reached. The address stands in every QR code.",
        f"public_url = {_quoted(given['public_url'] or '')}",
        f"name = {_quoted(given['name'] or '')}",
    ]
    if log_head is not None:
        lines += [
            "# Where the log's signed head has its second home, the same for all machines that work on the records.",
            f"log_head = {_quoted(log_head)}",
        ]
    if database is not None:
        lines += [
            f"# Where the records are: a PostgreSQL URL, or {FROM_ENVIRONMENT!r} for what {ENVIRONMENT} says.",
            f"database = {_quoted(database)}",
        ]
    return ("\n".join(lines) + "\n").encode()


def _settings(data: bytes) -> Settings:
    try:
        return read_toml(data, Settings)
    except MalformedInput as malformed:
        faults = [(f"{SETTINGS_FILE}: {path}" if path else SETTINGS_FILE, says) for path, says in malformed.faults]
        raise MalformedInput(faults) from malformed


def _quoted(value: str) -> str:
    escaped = value.replace("\\", "\\\\").replace('"', '\\"')
    line = f'"{escaped}"'
    try:
        tomllib.loads(f"x = {line}")
    except tomllib.TOMLDecodeError as fault:
        raise MalformedInput([("", "must be text on one line")]) from fault
    return line
