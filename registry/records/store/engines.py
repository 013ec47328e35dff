"""Connections to either database: one writer at a time, readers beside it that each see one moment.

SQLite. pysqlite's own transactions lose updates silently, so we begin them ourselves: `BEGIN IMMEDIATE` on the
writing engine (a second writer waits), `BEGIN` on a read-only engine (one snapshot per reader).

PostgreSQL. A writing transaction first takes a lock that only one can hold (docs/decisions/0010), so that both
databases behave alike; a reading one is `READ ONLY` and `REPEATABLE READ`.
"""

import json
import logging
import os
import sqlite3
from collections.abc import Sequence
from typing import Any, Final

import orjson
from sqlalchemy import URL, Connection, Engine, event
from sqlalchemy.engine.interfaces import DBAPIConnection
from sqlalchemy.pool import ConnectionPoolEntry, QueuePool
from sqlmodel import create_engine

from registry.errors import DatabaseUnavailable, DatabaseUnsafe
from registry.records.store.database_address import DatabaseAddress, PostgresqlAddress, SqliteAddress

WAIT_SECONDS: Final = 30  # how long a writer waits for the one before it
_CONNECT_SECONDS: Final = 10
_FORGOTTEN_AFTER_MINUTES: Final = 15  # a transaction that says nothing: its client is gone, and others wait for it

_CHECKPOINT_BYTES: Final = 4 << 20  # as SQLite itself would

# Locks of this number in this database are the registry's; any number will do, as long as it stays the same.
WRITERS_LOCK: Final = 0x6265_7669_73
HEAD_LOCK: Final = 0x6265_7669_74  # held from one look at the log's head file until it is written

# Survive the loss of power, of this machine at least: stronger settings are left as they are.
SAFE_COMMITS: Final = ("on", "remote_apply")


def json_text(value: Any) -> str:  # noqa: ANN401 any value of JSON
    """As JSON; orjson takes a tenth of the time, and refuses some that the other knows how to write."""
    try:
        return orjson.dumps(value, option=orjson.OPT_PASSTHROUGH_DATETIME | orjson.OPT_PASSTHROUGH_DATACLASS).decode()
    except TypeError:
        return json.dumps(value)


def _read(text: str | bytes) -> Any:  # noqa: ANN401 same
    try:
        return orjson.loads(text)
    except orjson.JSONDecodeError:
        return json.loads(text)


_JSON: Final[dict[str, Any]] = {"json_serializer": json_text, "json_deserializer": _read}


def writer_to(address: DatabaseAddress) -> Engine:
    """Connections that write, one transaction at a time."""
    if isinstance(address, PostgresqlAddress):
        engine = _postgresql(address, isolation_level="READ COMMITTED", postgresql_readonly=False)
        event.listen(engine, "connect", _see_that_it_keeps)
        return _beginning_with(engine, f"SELECT pg_advisory_xact_lock({WRITERS_LOCK})")
    engine = create_engine(
        f"sqlite:///{address.file.resolve()}",
        poolclass=QueuePool,
        hide_parameters=True,  # a fault does not repeat what people's records say
        **_JSON,
        connect_args={"timeout": WAIT_SECONDS, "check_same_thread": False},
    )
    event.listen(engine, "connect", _prepare_sqlite)
    event.listen(engine, "connect", _leave_checkpoints_to_us)
    event.listen(engine, "begin", lambda connection: _begin_to_write(connection, address))
    return engine


def reader_of(address: DatabaseAddress) -> Engine:
    """Connections that can only read, each seeing one moment."""
    if isinstance(address, PostgresqlAddress):
        return _postgresql(address, isolation_level="REPEATABLE READ", postgresql_readonly=True)
    engine = create_engine(
        "sqlite://", poolclass=QueuePool, hide_parameters=True, **_JSON, creator=lambda: sqlite_reader(address)
    )
    event.listen(engine, "connect", _prepare_sqlite)
    return _beginning_with(engine, "BEGIN")


def writer_settings(address: DatabaseAddress, names: Sequence[str]) -> dict[str, str]:
    """How a connection that writes is set, by the names the database has for it."""
    engine = writer_to(address)
    ask = "SHOW" if isinstance(address, PostgresqlAddress) else "PRAGMA"
    try:
        connection = engine.raw_connection()
        try:
            driver: Any = connection.driver_connection
            return {name: str(driver.execute(f"{ask} {name}").fetchone()[0]) for name in names}
        finally:
            connection.close()
    finally:
        engine.dispose()


def sqlite_reader(address: SqliteAddress) -> sqlite3.Connection:
    """A connection of the driver that can only read; any thread may use it, one at a time."""
    return sqlite3.connect(
        f"{address.file.resolve().as_uri()}?mode=ro", uri=True, timeout=WAIT_SECONDS, check_same_thread=False
    )


def postgresql_connection(address: PostgresqlAddress) -> Any:  # noqa: ANN401 psycopg is loaded where it is needed
    """A connection of the driver that leaves transactions to whoever uses it."""
    dialect = _postgresql(address).dialect
    positional, named = dialect.create_connect_args(_without_options(address))
    connection: Any = dialect.loaded_dbapi.connect(*positional, **{**named, **_arguments(address)})
    connection.autocommit = True
    return connection


def _arguments(address: PostgresqlAddress) -> dict[str, Any]:
    """What psycopg is told beside the URL's own parts."""
    settings = {
        "timezone": "UTC",
        "lock_timeout": f"{WAIT_SECONDS}s",
        "idle_in_transaction_session_timeout": f"{_FORGOTTEN_AFTER_MINUTES}min",
        # A client whose machine is gone must not keep the others waiting for hours.
        "tcp_keepalives_idle": "30",
        "tcp_keepalives_interval": "10",
        "tcp_keepalives_count": "3",
    }
    given = address.parts.query.get("options", ())
    options = " ".join([given] if isinstance(given, str) else given)
    ours = " ".join(f"-c {name}={value}" for name, value in settings.items())
    return {
        "connect_timeout": _CONNECT_SECONDS,
        "options": f"{options} {ours}".strip(),
        "application_name": "bevis",
        "keepalives_idle": 30,
    }


def _postgresql(address: PostgresqlAddress, **execution_options: Any) -> Engine:  # noqa: ANN401 SQLAlchemy's own
    logging.getLogger("psycopg").setLevel(logging.ERROR)  # what it warns of is raised too, and told in our words
    return create_engine(
        _without_options(address),
        # Each statement is planned when it is asked: a plan made for ten people would be kept for ten thousand, and
        # hold each of them against each value that is asked for. The server's own checks of references keep theirs.
        connect_args=_arguments(address) | {"prepare_threshold": None},
        execution_options=execution_options,
        pool_pre_ping=True,  # a server that was started again has forgotten us
        pool_size=5,
        max_overflow=20,
        pool_timeout=WAIT_SECONDS,
        pool_recycle=3600,
        hide_parameters=True,  # a fault does not repeat what people's records say
        **_JSON,
    )


def _without_options(address: PostgresqlAddress) -> URL:
    return address.parts.difference_update_query(["options"])


def _beginning_with(engine: Engine, statement: str) -> Engine:
    def begin(connection: Connection) -> None:
        connection.exec_driver_sql(statement)

    event.listen(engine, "begin", begin)
    return engine


def _prepare_sqlite(connection: DBAPIConnection, _: ConnectionPoolEntry) -> None:
    connection.isolation_level = None  # pysqlite leaves transactions to us
    cursor = connection.cursor()
    cursor.execute("PRAGMA synchronous = FULL")
    cursor.execute("PRAGMA foreign_keys = ON")
    cursor.execute("PRAGMA secure_delete = ON")  # what is removed is overwritten
    cursor.execute("PRAGMA temp_store = MEMORY")  # what is sorted leaves no file behind
    cursor.close()


def _leave_checkpoints_to_us(connection: DBAPIConnection, _: ConnectionPoolEntry) -> None:
    connection.cursor().execute("PRAGMA wal_autocheckpoint = 0").close()
    # Begun anew, the -wal file is cut to what is in it: its size is what tells when there is much to move.
    connection.cursor().execute("PRAGMA journal_size_limit = 0").close()


def _begin_to_write(connection: Connection, address: SqliteAddress) -> None:
    """Take the right to write. Where the -wal file has become large, first move what it holds into the database.

    SQLite would do so after a commit, when others may write again, and most versions of it that are in use have a
    fault by which a commit at that moment is lost (docs/decisions/0011). There is none while only we may write.
    """
    connection.exec_driver_sql("BEGIN IMMEDIATE")
    try:
        large = os.stat(f"{address.file}-wal").st_size > _CHECKPOINT_BYTES  # noqa: PTH116 on every write
    except OSError:
        return
    if large:
        beside = sqlite3.connect(address.file, timeout=WAIT_SECONDS)
        try:
            beside.execute("PRAGMA wal_checkpoint(PASSIVE)")
        finally:
            beside.close()
        # The log begins anew with a transaction that saw it all moved.
        connection.exec_driver_sql("ROLLBACK")
        connection.exec_driver_sql("BEGIN IMMEDIATE")


def _see_that_it_keeps(connection: DBAPIConnection, _: ConnectionPoolEntry) -> None:
    """An answer is given after the commit; the commit must then lie on disk."""
    driver: Any = connection
    (standby,) = driver.execute("SELECT pg_is_in_recovery()").fetchone()
    if standby:
        driver.close()
        raise DatabaseUnavailable("this PostgreSQL server is a standby, and takes no changes; name the primary")
    (found,) = driver.execute("SHOW synchronous_commit").fetchone()
    if found not in SAFE_COMMITS:
        driver.execute("SET synchronous_commit = on")
        (found,) = driver.execute("SHOW synchronous_commit").fetchone()
    driver.commit()
    if found not in SAFE_COMMITS:
        driver.close()
        raise DatabaseUnsafe(f"synchronous_commit is {found}, and something keeps it so; it must be on")
