"""A backup of a running registry, and what becomes of one: all records of one moment, the log's head, and digests.

No key is in it: without the master key a copy signs nothing and opens nothing that is sealed. A registry that was
restored signs nothing either until it is known that nothing left the old one after the backup was made: a log signed
anew from there would have two histories.
"""

import gzip
import hashlib
import os
import shutil
import tarfile
import tempfile
import zlib
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from datetime import UTC, datetime
from importlib.metadata import version
from pathlib import Path
from typing import IO, Annotated, Final, Literal, NamedTuple

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from registry.errors import BackupDamaged, MalformedInput, RegistryExists
from registry.records.log.heads import Head, newest_epoch, newest_head
from registry.records.store.database import Database, revision
from registry.records.store.database_address import DATABASE_FILE, PostgresqlAddress, SqliteAddress
from registry.records.store.last_seen import remember
from registry.records.whole.as_one_file import (
    FileDamaged,
    let_it_be_written,
    read_one_file,
    reading_one_file,
    see_whole,
    write_one_file,
)
from registry.records.whole.directory import (
    HEAD_FILE,
    INDEX_KEY_FILE,
    MASTER_KEY_FILE,
    Registry,
    kept,
    make_registry,
    remove_database,
)
from registry.records.whole.upgrade import upgrade_database
from registry.records.whole.versions import check_version, newest_version, version_of
from registry.signing.log.check import LogCheck, check_log
from registry.signing.log.state import RESTORED_MARK, read_head, write_head
from verification.strict import encode_base64url

MANIFEST_FILE: Final = "manifest.json"
LAST_BACKUP_FILE: Final = "last.backup"
LOCK_FILES: Final = frozenset({"log.lock", "work.lock"})
_PACKED: Final[Mapping[str, Literal["w:", "w:gz"]]] = {".tar": "w:", ".tar.gz": "w:gz", ".tgz": "w:gz"}
_MOST_BYTES: Final = 1 << 20  # of anything in a backup but the records
_PART: Final = 1 << 20
_STRICT: Final = ConfigDict(extra="forbid", frozen=True, strict=True)
_Text = Annotated[str, Field(min_length=1, max_length=1000)]


class File(BaseModel):
    """One file of a backup; sha256: hexadecimal."""

    model_config = _STRICT

    bytes: int = Field(ge=0)
    sha256: str = Field(pattern="^[0-9a-f]{64}$")


class HeadSaid(BaseModel):
    """The newest head of the log that the records have."""

    model_config = _STRICT

    origin: _Text
    size: int = Field(ge=0)
    root: str = Field(pattern="^[A-Za-z0-9_-]{43}$")


class Manifest(BaseModel):
    """What a backup is of, and what is in it.

    tables    the version of the tables
    revision  how many changes the records had seen
    """

    model_config = _STRICT

    format: Literal["bevis-backup/1"]
    made_at: Annotated[str, Field(pattern=r"^[0-9]{4}(-[0-9]{2}){2}T[0-9]{2}(:[0-9]{2}){2}Z$")]
    program: _Text
    public_url: _Text
    name: _Text
    database: _Text
    tables: _Text
    revision: int = Field(ge=0)
    log: HeadSaid | None = None
    files: dict[str, File]


class Backup(NamedTuple):
    """One that was made; same_disk: it lies where the registry's own files do, and goes when they go."""

    place: Path
    manifest: Manifest
    same_disk: bool


class Restored(NamedTuple):
    """A registry from a backup; log: how its log stands, and whether it is as it was signed."""

    registry: Registry
    manifest: Manifest
    log: LogCheck


def make_backup(registry: Registry, place: Path, now: datetime, more: Sequence[str] = ()) -> Backup:
    """All records of one moment, while others write, with the log's head and a digest of each file.

    place  a directory, in which the backup becomes a directory of its own; or a file that ends in .tar, .tar.gz, .tgz
    more   names of other files of the registry's directory that belong to it

    The directory has to be there: one that is made by mistake lies where nobody looks, as below a disk that is not
    mounted. Interrupted, it leaves nothing that looks like a backup.

    Raises MalformedInput where one is there already, where there is no such directory, and within the registry's own;
    BackupDamaged where what was read cannot be right, DatabaseFull, DatabaseUnavailable.
    """
    packed = next((mode for end, mode in _PACKED.items() if place.name.endswith(end)), None)
    made = place if packed else place / f"backup-{now:%Y%m%dT%H%M%SZ}"
    if made.exists():
        raise MalformedInput([(str(made), "is there already; a backup replaces nothing")])
    same_disk = _check_place(made.parent, registry.directory)
    unfinished = made.with_name(f".{made.name}.unfinished-{os.getpid()}")
    unfinished.mkdir(mode=0o700)
    try:
        manifest = _fill(registry, unfinished, now, more)
        if packed:
            _pack(unfinished, made, packed)
        else:
            _sync(unfinished)
            unfinished.rename(made)
        _sync(made.parent)
    finally:
        shutil.rmtree(unfinished, ignore_errors=True)
    _note(registry, made, now)
    return Backup(made, manifest, same_disk)


def _check_place(place: Path, own: Path) -> bool:
    """Whether it is on the same disk as the registry. Raises MalformedInput."""
    if not place.is_dir():
        raise MalformedInput([(str(place), "is no directory that is there; is its disk mounted? Else make it first")])
    if place.resolve().is_relative_to(own.resolve()):
        raise MalformedInput([(str(place), "lies within the registry's own directory, and would be lost with it")])
    return place.stat().st_dev == own.stat().st_dev


def last_backup(registry: Registry) -> tuple[datetime, str] | None:
    """When the last backup was made from this directory, and where it was put; None where none is known of."""
    with suppress(OSError, ValueError):
        moment, _, place = (registry.directory / LAST_BACKUP_FILE).read_text("utf-8").partition(" ")
        return datetime.fromisoformat(moment).astimezone(UTC), place.strip()
    return None


def restore_backup(  # noqa: PLR0913 what, where, what it is to be, what is known of it
    backup: Path,
    directory: Path,
    now: datetime,
    *,
    database: str | None = None,
    log_head: str | None = None,
    nothing_later: bool = False,
    more: Sequence[str] = (),
    environment: Mapping[str, str] | None = None,
) -> Restored:
    """A registry in that directory, which holds nothing but keys and what is left of the old one's log head.

    nothing_later  somebody vouches that nothing left the old registry after the backup was made

    Where the head file of the old registry lies in its place, it decides: is it newer than the backup, nothing is
    signed until the log is recovered. Without it, and where nobody vouches, nothing is signed either.

    Raises BackupDamaged, RegistryExists, RegistryNewer, MalformedInput, DatabaseUnavailable, DatabaseFull.
    """
    checked: list[LogCheck] = []
    with _opened(backup) as source:
        manifest = _manifest(source)

        def filled(registry: Registry, *, again: bool) -> None:
            _receive(registry, source, manifest, [*more], again=again)
            with registry.reading() as db:
                check_version(db.connection(), str(registry.address))
                checked.append(_settle(db, registry.head_file, manifest, now, nothing_later=nothing_later))

        given = {
            "public_url": manifest.public_url,
            "name": manifest.name,
            "database": database,
            "log_head": log_head,
        }
        beside = frozenset({MASTER_KEY_FILE, INDEX_KEY_FILE, HEAD_FILE, *LOCK_FILES, *more})
        registry = make_registry(directory, given, filled, beside=beside, environment=environment)
    remember(directory, manifest.revision)
    return Restored(registry, manifest, checked[0])


# ------------------------------------------------------------------ making one


def _fill(registry: Registry, place: Path, now: datetime, more: Sequence[str]) -> Manifest:
    copy = place / DATABASE_FILE
    try:
        write_one_file(registry.address, copy, kept())
    except FileDamaged as damaged:
        raise BackupDamaged(f"{registry.address} is damaged ({damaged}); nothing was kept of it") from damaged
    with reading_one_file(copy) as db:  # of the copy and not of the registry: that has gone on since
        head, at, tables = _newest(db), revision(db), version_of(db.connection())
    if head is not None:
        _write(place / HEAD_FILE, head[1].note.encode())
    for name in more:
        with suppress(FileNotFoundError):
            _write(place / name, (registry.directory / name).read_bytes())
    files = {name.name: _digest(name) for name in sorted(place.iterdir())}
    manifest = Manifest(
        format="bevis-backup/1",
        made_at=f"{now:%Y-%m-%dT%H:%M:%SZ}",
        program=f"bevis {version('bevis')}",
        public_url=registry.public_url,
        name=registry.name,
        database="PostgreSQL" if isinstance(registry.address, PostgresqlAddress) else "SQLite",
        tables=tables or newest_version(),
        revision=at,
        log=head and HeadSaid(origin=head[0], size=head[1].size, root=encode_base64url(head[1].root)),
        files=files,
    )
    _write(place / MANIFEST_FILE, (manifest.model_dump_json(indent=1, exclude_none=True) + "\n").encode())
    return manifest


def _newest(db: Database) -> tuple[str, Head] | None:
    """The newest head there is, and what its log is called."""
    epoch = newest_epoch(db)
    head = newest_head(db, epoch.number) if epoch else None
    return (epoch.origin, head) if epoch and head else None


def _pack(place: Path, made: Path, mode: Literal["w:", "w:gz"]) -> None:
    fresh = made.with_name(f".{made.name}.{os.getpid()}")
    try:
        handle = os.open(fresh, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o600)
        with os.fdopen(handle, "wb") as opened:
            with tarfile.open(fileobj=opened, mode=mode) as packed:
                # What tells what the rest must be stands first, the large one last.
                for file in sorted(place.iterdir(), key=lambda one: (one.name != MANIFEST_FILE, one.stat().st_size)):
                    packed.add(file, file.name, filter=_nobody)
            opened.flush()
            os.fsync(opened.fileno())
        fresh.replace(made)
    finally:
        fresh.unlink(missing_ok=True)


def _nobody(entry: tarfile.TarInfo) -> tarfile.TarInfo:
    """Whose file it was on this machine is nobody's affair."""
    entry.uid = entry.gid = 0
    entry.uname = entry.gname = ""
    return entry


def _note(registry: Registry, made: Path, now: datetime) -> None:
    """For the doctor; where it cannot be written the backup is as good."""
    with suppress(OSError):
        (registry.directory / LAST_BACKUP_FILE).write_text(f"{now:%Y-%m-%dT%H:%M:%SZ} {made.resolve()}\n", "utf-8")


# ------------------------------------------------------------------ reading one

_GZIP = b"\x1f\x8b"  # how such a file begins
_Source = Callable[[str], IO[bytes]]  # a file of the backup by its name; KeyError where there is none


@contextmanager
def _opened(backup: Path) -> Iterator[_Source]:
    """Raises BackupDamaged where it is none."""
    if backup.is_dir():
        yield lambda name: _in_directory(backup, name)
        return
    if backup.exists() and not backup.is_file():  # a pipe with a name would be waited for
        raise BackupDamaged(f"{backup} is no file")
    try:
        with tarfile.open(backup, _packed_as(backup)) as packed:
            yield lambda name: _in_tar(packed, name)
    except FileNotFoundError as fault:
        raise BackupDamaged(f"{backup} is not there") from fault
    except (tarfile.TarError, EOFError, zlib.error, gzip.BadGzipFile) as fault:
        raise BackupDamaged(f"{backup} is no backup, or only a part of one ({fault})") from fault


def _packed_as(backup: Path) -> Literal["r:", "r:gz"]:
    """One of the two ways in which backups are packed; "r:*" looks for a third until the end of the file."""
    with backup.open("rb") as opened:
        return "r:gz" if opened.read(len(_GZIP)) == _GZIP else "r:"


def _in_directory(backup: Path, name: str) -> IO[bytes]:
    if not (backup / name).is_file():
        raise KeyError(name)
    try:
        return (backup / name).open("rb")
    except OSError as fault:
        raise KeyError(name) from fault


def _in_tar(packed: tarfile.TarFile, name: str) -> IO[bytes]:
    member = packed.getmember(name)
    opened = packed.extractfile(member) if member.isreg() else None
    if opened is None:
        raise KeyError(name)
    return opened


def _manifest(source: _Source) -> Manifest:
    try:
        with source(MANIFEST_FILE) as opened:
            told = opened.read(_MOST_BYTES + 1)
        return Manifest.model_validate_json(told)
    except (KeyError, ValidationError) as fault:
        raise BackupDamaged(f"it has no {MANIFEST_FILE} that this program can read") from fault


def _receive(registry: Registry, source: _Source, manifest: Manifest, more: Sequence[str], *, again: bool) -> None:
    """Records and whatever else into their places, each as it was backed up."""
    copy = registry.directory / DATABASE_FILE
    remove_database(copy)
    _receive_file(source, manifest, DATABASE_FILE, copy)
    try:
        see_whole(copy)
    except FileDamaged as damaged:
        raise BackupDamaged(f"its records cannot be read ({damaged})") from damaged
    if HEAD_FILE in manifest.files and HEAD_FILE not in more:
        _look_at(source, manifest, HEAD_FILE)
    for name in more:
        if name in manifest.files:
            (registry.directory / name).unlink(missing_ok=True)
            _receive_file(source, manifest, name, registry.directory / name)
    upgrade_database(SqliteAddress(copy))
    if isinstance(registry.address, PostgresqlAddress):
        _into_postgresql(registry, registry.address, copy, manifest, again=again)
        remove_database(copy)
    else:
        let_it_be_written(copy)


def _into_postgresql(
    registry: Registry, address: PostgresqlAddress, copy: Path, manifest: Manifest, *, again: bool
) -> None:
    with registry.reading() as db:
        if version_of(db.connection()) is not None:
            if again and version_of(db.connection()) == newest_version() and revision(db) >= manifest.revision:
                return  # interrupted after they were stored
            raise RegistryExists(f"{address} holds a registry; choose an empty database")
    read_one_file(copy, address, kept())


def _look_at(source: _Source, manifest: Manifest, name: str) -> None:
    """What is not put in its place is to be what was backed up all the same. Raises BackupDamaged."""
    with tempfile.TemporaryDirectory() as aside:
        _receive_file(source, manifest, name, Path(aside) / "looked-at")


def _receive_file(source: _Source, manifest: Manifest, name: str, file: Path) -> None:
    """Raises BackupDamaged where it is not what was backed up."""
    expected = manifest.files.get(name)
    if expected is None:
        raise BackupDamaged(f"{name} is not in it")
    digest, size = hashlib.sha256(), 0
    handle = os.open(file, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o600)
    with os.fdopen(handle, "wb") as written:
        try:
            with source(name) as opened:
                while size <= expected.bytes and (part := opened.read(_PART)):
                    digest.update(part)
                    size += len(part)
                    written.write(part)
        except KeyError as fault:
            raise BackupDamaged(f"{name} is not in it") from fault
        written.flush()
        os.fsync(written.fileno())
    if size != expected.bytes or digest.hexdigest() != expected.sha256:
        file.unlink()
        raise BackupDamaged(f"{name} is not what was backed up: its digest is another one")


def _settle(db: Database, head_file: Path, manifest: Manifest, now: datetime, *, nothing_later: bool) -> LogCheck:
    """How its log stands: it goes on, or nothing is signed."""
    newest = _newest(db)
    said = newest and (newest[0], newest[1].size, encode_base64url(newest[1].root))
    if said != (manifest.log and (manifest.log.origin, manifest.log.size, manifest.log.root)):
        raise BackupDamaged("the head of the log that its records have is not the one it says")
    if read_head(head_file) in {None, RESTORED_MARK}:
        sound = not [fault for fault in check_log(db, head_file, now).faults if fault.code != "not_entered"]
        if not nothing_later or not sound:
            write_head(head_file, RESTORED_MARK)
        elif newest is not None:
            write_head(head_file, newest[1].note)
        else:
            head_file.unlink(missing_ok=True)
    return check_log(db, head_file, now)


# ------------------------------------------------------------------ files


def _write(file: Path, data: bytes) -> None:
    """A new file that nobody else may read, on disk when this returns."""
    handle = os.open(file, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o600)
    with os.fdopen(handle, "wb") as opened:
        opened.write(data)
        opened.flush()
        os.fsync(opened.fileno())


def _digest(file: Path) -> File:
    with file.open("rb") as opened:
        return File(bytes=file.stat().st_size, sha256=hashlib.file_digest(opened, "sha256").hexdigest())


def _sync(directory: Path) -> None:
    handle = os.open(directory, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
