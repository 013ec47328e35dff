"""A registry's directory: its database, what it is called, and where its master key lies by default."""

import os
import sqlite3
import tomllib
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

from pydantic import Field
from sqlalchemy import Engine, text
from sqlmodel import Session, SQLModel

from registry.errors import MalformedInput, NoRegistryHere, RegistryExists
from registry.records import (
    accounts,
    api_keys,
    approvals,
    attendance,
    batches,
    certificates,
    extensions,
    identifiers,
    mandates,
    occasion_events,
    occasions,
    organisations,
    outbox,
    people,
    scheme_drafts,
    schemes,
    signing_keys,
)
from registry.records.database import Database, grow_revision, reader_of, writer_to
from registry.records.strict_input import Line, StrictInput, read_toml

DATABASE_FILE = "registry.db"
SETTINGS_FILE = "bevis.toml"
MASTER_KEY_FILE = "master.key"
INDEX_KEY_FILE = "index.key"

NOUNS = (
    accounts,
    api_keys,
    approvals,
    attendance,
    batches,
    certificates,
    extensions,
    identifiers,
    mandates,
    occasion_events,
    occasions,
    organisations,
    outbox,
    people,
    scheme_drafts,
    schemes,
    signing_keys,
)  # all that have tables


class Settings(StrictInput):
    """What `bevis.toml` says: under which address this registry is known, and its name."""

    public_url: str = Field(pattern=r"^https?://[a-z0-9.-]+(:[0-9]{1,5})?$", max_length=200)
    name: Line


@dataclass(frozen=True)
class Registry:
    """An opened registry directory."""

    directory: Path
    public_url: str
    name: str
    _writer: Engine = field(repr=False)
    _reader: Engine = field(repr=False)

    def master_key_file(self) -> Path:
        """Where the master key lies unless somebody keeps it elsewhere."""
        return self.directory / MASTER_KEY_FILE

    def index_key_file(self) -> Path:
        """Where the key lies that people are found by number with, unless somebody keeps it elsewhere."""
        return self.directory / INDEX_KEY_FILE

    @contextmanager
    def writing(self) -> Iterator[Database]:
        """One transaction that is alone in writing: committed at the end, undone by any exception."""
        with Session(self._writer, expire_on_commit=False, autoflush=True) as db:
            yield db
            db.flush()
            grow_revision(db)
            db.commit()

    @contextmanager
    def reading(self) -> Iterator[Database]:
        """One snapshot; nothing can be written."""
        with Session(self._reader, expire_on_commit=False, autoflush=False) as db:
            yield db

    def close(self) -> None:
        """Give the connections back."""
        self._writer.dispose()
        self._reader.dispose()


def create_registry(directory: Path, *, public_url: str, name: str = "Bevis") -> Registry:
    """A new, empty registry in that directory, which is made (mode 0700) if it is not there.

    Raises RegistryExists, and MalformedInput for a public_url that is none or a directory that holds other things:
    keys and a database do not belong among somebody's source files.
    """
    settings = _settings(f"public_url = {_quoted(public_url)}\nname = {_quoted(name)}\n".encode())
    if (directory / SETTINGS_FILE).exists() or (directory / DATABASE_FILE).exists():
        raise RegistryExists(f"{directory} holds a registry; choose another directory")
    directory.mkdir(mode=0o700, parents=True, exist_ok=True)
    others = sorted(entry.name for entry in directory.iterdir() if entry.name != "lost+found")  # of an empty volume
    if others:
        raise MalformedInput(
            [(str(directory), f"is not empty (it holds {others[0]}); choose a new directory for the registry")]
        )
    database = directory / DATABASE_FILE
    os.close(os.open(database, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o600))
    with sqlite3.connect(database) as connection:
        connection.execute("PRAGMA journal_mode = WAL")
    connection.close()
    registry = _open(directory, settings)
    create_tables(registry._writer)  # noqa: SLF001 the same file
    # The settings last: a directory without them is no registry, so a crash before here leaves none.
    (directory / SETTINGS_FILE).write_text(
        "# What this registry is called and where it is reached. The address stands in every QR code.\n"
        f"public_url = {_quoted(settings.public_url)}\nname = {_quoted(settings.name)}\n",
        encoding="utf-8",
    )
    return registry


def open_registry(directory: Path) -> Registry:
    """The registry in that directory. Raises NoRegistryHere, MalformedInput for settings that cannot be read."""
    try:
        data = (directory / SETTINGS_FILE).read_bytes()
    except OSError as fault:
        raise NoRegistryHere(
            f"{directory} holds no {SETTINGS_FILE}; `bevis init {directory}` makes a registry"
        ) from fault
    if not (directory / DATABASE_FILE).is_file():
        raise NoRegistryHere(f"{directory} holds no {DATABASE_FILE}")
    return _open(directory, _settings(data))


def create_tables(engine: Engine) -> None:
    """All tables of all nouns, with the triggers that keep history unchanged."""
    with engine.begin() as connection:
        SQLModel.metadata.create_all(connection)
        for trigger in certificates.HISTORY_IS_KEPT:
            connection.execute(text(trigger))
        connection.execute(text("INSERT INTO revision (id, value) VALUES (1, 0)"))


def _open(directory: Path, settings: Settings) -> Registry:
    database = directory / DATABASE_FILE
    return Registry(directory, settings.public_url, settings.name, writer_to(database), reader_of(database))


def _settings(data: bytes) -> Settings:
    try:
        return read_toml(data, Settings)
    except MalformedInput as malformed:
        raise MalformedInput([(f"{SETTINGS_FILE}: {path}", says) for path, says in malformed.faults]) from malformed


def _quoted(value: str) -> str:
    escaped = value.replace("\\", "\\\\").replace('"', '\\"')
    line = f'"{escaped}"'
    try:
        tomllib.loads(f"x = {line}")
    except tomllib.TOMLDecodeError as fault:
        raise MalformedInput([("", "must be text on one line")]) from fault
    return line
