"""Connections to either database: one writer at a time, readers beside it that each see one moment.

SQLite. pysqlite's own transactions lose updates silently, so we begin them ourselves: `BEGIN IMMEDIATE` on the
writing engine (a second writer waits), `BEGIN` on a read-only engine (one snapshot per reader).

PostgreSQL. A writing transaction first takes a lock that only one can hold (docs/decisions/0010), so that both
databases behave alike; a reading one is `READ ONLY` and `REPEATABLE READ`.
"""

import sqlite3
from typing import Any, Final

from sqlalchemy import URL, Connection, Engine, event
from sqlalchemy.engine.interfaces import DBAPIConnection
from sqlalchemy.pool import ConnectionPoolEntry, QueuePool
from sqlmodel import create_engine

from registry.errors import DatabaseUnsafe
from registry.records.database_address import DatabaseAddress, PostgresqlAddress, SqliteAddress

WAIT_SECONDS: Final = 30  # how long a writer waits for the one before it
_CONNECT_SECONDS: Final = 10
_FORGOTTEN_AFTER_MINUTES: Final = 15  # a transaction that says nothing: its client is gone, and others wait for it

# Locks of this number in this database are the registry's; any number will do, as long as it stays the same.
WRITERS_LOCK: Final = 0x6265_7669_73

# Survive the loss of power, of this machine at least: stronger settings are left as they are.
SAFE_COMMITS: Final = ("on", "remote_apply")


def writer_to(address: DatabaseAddress) -> Engine:
    """Connections that write, one transaction at a time."""
    if isinstance(address, PostgresqlAddress):
        engine = _postgresql(address, isolation_level="READ COMMITTED")
        event.listen(engine, "connect", _see_that_commits_are_safe)
        return _beginning_with(engine, f"SELECT pg_advisory_xact_lock({WRITERS_LOCK})")
    engine = create_engine(
        f"sqlite:///{address.file.resolve()}",
        poolclass=QueuePool,
        hide_parameters=True,  # a fault does not repeat what people's records say
        connect_args={"timeout": WAIT_SECONDS, "check_same_thread": False},
    )
    event.listen(engine, "connect", _prepare_sqlite)
    return _beginning_with(engine, "BEGIN IMMEDIATE")


def reader_of(address: DatabaseAddress) -> Engine:
    """Connections that can only read, each seeing one moment."""
    if isinstance(address, PostgresqlAddress):
        return _postgresql(address, isolation_level="REPEATABLE READ", postgresql_readonly=True)
    engine = create_engine(
        "sqlite://", poolclass=QueuePool, hide_parameters=True, creator=lambda: sqlite_reader(address)
    )
    event.listen(engine, "connect", _prepare_sqlite)
    return _beginning_with(engine, "BEGIN")


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
    return create_engine(
        _without_options(address),
        connect_args=_arguments(address),
        execution_options=execution_options,
        pool_pre_ping=True,  # a server that was started again has forgotten us
        pool_size=5,
        max_overflow=20,
        pool_timeout=WAIT_SECONDS,
        pool_recycle=3600,
        hide_parameters=True,  # a fault does not repeat what people's records say
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


def _see_that_commits_are_safe(connection: DBAPIConnection, _: ConnectionPoolEntry) -> None:
    """An answer is given after the commit; the commit must then lie on disk."""
    driver: Any = connection
    (found,) = driver.execute("SHOW synchronous_commit").fetchone()
    if found not in SAFE_COMMITS:
        driver.execute("SET synchronous_commit = on")
        (found,) = driver.execute("SHOW synchronous_commit").fetchone()
    driver.commit()
    if found not in SAFE_COMMITS:
        raise DatabaseUnsafe(f"synchronous_commit is {found}, and something keeps it so; it must be on")
