"""Is the database as it should be: what a doctor asks it, on either. Changes nothing."""

import re
import sqlite3
from collections.abc import Iterator, Sequence
from typing import Any, Final, NamedTuple

from sqlalchemy import Connection, text

from registry.errors import NoRegistryHere, Refusal, RegistryNewer, RegistryOlder
from registry.records.store.database import revision
from registry.records.store.database_address import PostgresqlAddress, SqliteAddress
from registry.records.store.database_faults import is_database_fault, told
from registry.records.store.engines import SAFE_COMMITS, sqlite_reader, writer_settings
from registry.records.store.kept import statements
from registry.records.store.last_seen import LAST_SEEN_FILE, last_seen
from registry.records.whole.directory import Registry, kept
from registry.records.whole.tables import dialect_of
from registry.records.whole.versions import check_version

SHOWN: Final = 5  # how many of many are named
OLDEST_POSTGRESQL: Final = 130000  # as the server counts its versions

# In WAL mode a checkpoint that meets a commit of another connection may skip pages for good: SQLite 3.7.0 to 3.51.2,
# mended in 3.51.3 and in these releases of older branches (https://www.sqlite.org/wal.html, "The WAL-Reset Bug").
WAL_FAULT_FROM: Final = (3, 7, 0)
WAL_FAULT_MENDED: Final = (3, 51, 3)
WAL_FAULT_MENDED_IN_BRANCHES: Final = ((3, 44, 6), (3, 50, 7))


class Examined(NamedTuple):
    """One thing that was looked at.

    problem  what is wrong, None where all is well
    notice   what is well, and still worth knowing: a key of the doctor's texts, with what stands in it
    """

    check: str
    problem: str | None = None
    notice: tuple[str, dict[str, object]] | None = None


def has_wal_fault(version: Sequence[int]) -> bool:
    """Whether a SQLite of that version has the fault."""
    mended = any(
        tuple(version[:2]) == branch[:2] and tuple(version) >= branch for branch in WAL_FAULT_MENDED_IN_BRANCHES
    )
    return WAL_FAULT_FROM <= tuple(version) < WAL_FAULT_MENDED and not mended


def damage(registry: Registry) -> str | None:
    """Why nothing can be read of it; None where it can."""
    if isinstance(registry.address, SqliteAddress):
        return _damage_of_file(registry.address)
    try:
        with registry.reading() as db:
            db.connection().execute(text("SELECT 1"))
    except Refusal as refusal:
        return str(refusal)
    except Exception as fault:
        if not is_database_fault(fault):
            raise
        return told(fault)
    return None


def wrong_version(registry: Registry) -> str | None:
    """Whose tables they are, where they are not those of this program."""
    try:
        with registry.reading() as db:
            check_version(db.connection(), str(registry.address))
    except (NoRegistryHere, RegistryOlder, RegistryNewer) as refusal:
        return str(refusal)
    return None


def examine_database(registry: Registry) -> Iterator[Examined]:
    """Everything about a database that can be read, and has the tables of this program."""
    seen = last_seen(registry.directory)  # first: others may write meanwhile, and what is read is of one moment
    with registry.reading() as db:
        yield Examined("history_kept", _not_kept(db.connection()))
        at = revision(db)
    behind = seen is not None and at < seen
    yield Examined("nothing_lost", f"{at} < {seen}; {registry.directory / LAST_SEEN_FILE}" if behind else None)
    if isinstance(registry.address, PostgresqlAddress):
        yield from _of_postgresql(registry)
    else:
        yield from _of_sqlite(registry.address)


def _damage_of_file(address: SqliteAddress) -> str | None:
    try:
        connection = sqlite_reader(address)
        try:
            found = [str(row[0]) for row in connection.execute("PRAGMA integrity_check(5)")]
            found += [f"{row[0]}, row {row[1]}" for row in connection.execute("PRAGMA foreign_key_check")]
        finally:
            connection.close()
    except sqlite3.Error as fault:
        return str(fault)
    return None if found == ["ok"] else "; ".join(found[:SHOWN])


def _not_kept(connection: Connection) -> str | None:
    """Which promises about rows the database does not hold to: a trigger is missing, changed or switched off."""
    dialect = dialect_of(connection)
    wanted = {plain_trigger(one) for one in statements(kept(), dialect) if one.startswith("CREATE TRIGGER")}
    if dialect == "sqlite":
        query = "SELECT name, sql FROM sqlite_master WHERE type = 'trigger'"
    else:
        query = (
            "SELECT tgname, pg_get_triggerdef(t.oid) FROM pg_trigger t JOIN pg_class c ON c.oid = tgrelid "
            "WHERE NOT tgisinternal AND tgenabled IN ('O', 'A') AND relnamespace = current_schema()::regnamespace"
        )
    there = {plain_trigger(sql) for _, sql in connection.execute(text(query))}
    missing = sorted(sql.split()[2] for sql in wanted - there)
    return ", ".join(missing[:SHOWN]) + (" …" if len(missing) > SHOWN else "") or None


_CONDITION: Final = re.compile(r" WHEN (.*?) (?:EXECUTE|BEGIN) ", re.DOTALL)


def plain_trigger(sql: str) -> str:
    """As it is compared: PostgreSQL names the schema too, which may be any, and writes conditions in its own way."""
    condition = _CONDITION.search(sql)
    if condition is not None:
        told = condition[1].replace("(", " ").replace(")", " ").lower()
        sql = sql[: condition.start(1)] + told + sql[condition.end(1) :]
    words = sql.replace('"', "").split()
    return " ".join(
        word.rpartition(".")[2] if before == "ON" else word for before, word in zip(["", *words], words, strict=False)
    )


def _of_sqlite(address: SqliteAddress) -> Iterator[Examined]:
    settings = writer_settings(address, ("journal_mode", "synchronous", "foreign_keys", "secure_delete"))
    wanted = {"journal_mode": "wal", "synchronous": "2", "foreign_keys": "1", "secure_delete": "1"}
    yield Examined("survives_power_cut", _differing(settings, wanted))
    version = ".".join(map(str, sqlite3.sqlite_version_info))
    fault = has_wal_fault(sqlite3.sqlite_version_info)
    yield Examined("engine", None, ("doctor_wal_fault" if fault else "doctor_engine", {"engine": f"SQLite {version}"}))


def _of_postgresql(registry: Registry) -> Iterator[Examined]:
    names = (
        "synchronous_commit",
        "fsync",
        "full_page_writes",
        "transaction_read_only",
        "default_transaction_isolation",
    )
    settings = writer_settings(registry.address, names)
    commits = settings["synchronous_commit"]
    wanted = {
        "synchronous_commit": commits if commits in SAFE_COMMITS else "on",
        "fsync": "on",
        "full_page_writes": "on",
    }
    yield Examined("survives_power_cut", _differing(settings, wanted))
    with registry.reading() as db:
        found: dict[str, Any] = {
            name: db.connection().execute(text(query)).scalar_one()
            for name, query in {
                "version": "SELECT current_setting('server_version')",
                "number": "SELECT current_setting('server_version_num')::int",
                "encoding": "SELECT current_setting('server_encoding')",
                "isolation": "SELECT current_setting('transaction_isolation')",
                "read_only": "SELECT current_setting('transaction_read_only')",
                "superuser": "SELECT rolsuper FROM pg_roles WHERE rolname = current_user",
                "user": "SELECT current_user",
            }.items()
        }
    reading = {"transaction_isolation": found["isolation"], "transaction_read_only": found["read_only"]}
    usual = {"transaction_isolation": "repeatable read", "transaction_read_only": "on"}
    yield Examined("one_moment", _differing(reading, usual))
    engine = f"PostgreSQL {found['version']}"
    if found["number"] < OLDEST_POSTGRESQL or found["encoding"] != "UTF8":
        yield Examined("engine", f"{engine}, {found['encoding']}")
    else:
        yield Examined("engine", None, ("doctor_engine", {"engine": engine}))
    superuser = ("doctor_superuser", {"user": found["user"]}) if found["superuser"] else None
    yield Examined("role", None, superuser)


def _differing(found: dict[str, str], wanted: dict[str, str]) -> str | None:
    return ", ".join(f"{name} = {found[name]}" for name, value in wanted.items() if found[name] != value) or None
