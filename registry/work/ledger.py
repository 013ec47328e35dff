"""Where DBOS keeps its own books, and how they are written: ids and states, in JSON, nothing about a person.

A SQLite file of its own in the registry's directory, wherever the records are: what is in it is worth nothing without
the records, and nothing is lost with it.
"""

import json
import logging
import os
import sqlite3
import sys
from typing import Any

from dbos import DBOSConfig, Serializer

from registry.records.store.database_address import SqliteAddress
from registry.records.store.database_faults import told_plainly
from registry.records.whole.directory import Registry

LEDGER_FILE = "work.db"
APPLICATION = "bevis"
# What runs is told apart by this, not by the release: a release goes on with what the one before it began. It grows
# only where a workflow could not be carried on by the new code; then the old ones are begun anew from the records.
VERSION = "batches-1"
QUEUE, PAPERS = "batches", "papers"
ISSUE_BATCH, ISSUE_ROWS = "issue_batch", "issue_rows"
PRINT_BATCH, PRINT_SOME = "print_batch", "print_some"
POLLING_SECONDS = 0.1


class PlainJson(Serializer):
    """JSON instead of pickled objects: reading it runs nothing."""

    def serialize(self, data: Any) -> str:  # noqa: ANN401 whatever DBOS keeps
        """As text; of an exception only what kind it was, for its text may tell of somebody."""
        return json.dumps(data, default=_kind)

    def deserialize(self, serialized_data: str) -> Any:  # noqa: ANN401 same
        """The data again; of an exception its kind."""
        found = json.loads(serialized_data)
        if isinstance(found, dict) and set(found) == {"fault"}:
            return RuntimeError(found["fault"])
        return found

    def name(self) -> str:
        """What DBOS notes beside it."""
        return "bevis_json"


def _kind(value: object) -> object:
    if isinstance(value, BaseException):
        return {"fault": type(value).__name__}
    raise TypeError(f"{type(value).__name__} is nothing that is kept here")


def ledger_of(registry: Registry) -> SqliteAddress:
    """Where the books are."""
    return SqliteAddress(registry.directory.resolve() / LEDGER_FILE)


def url_of(registry: Registry) -> str:
    """The same for DBOS; the file is made, for its owner alone. Raises DatabaseBusy, DatabaseFull."""
    address = ledger_of(registry)
    with told_plainly(address):
        os.close(os.open(address.file, os.O_CREAT | os.O_WRONLY, 0o600))
        connection = sqlite3.connect(address.file)
        try:
            # Each time: whoever made the file may have been killed before this, or had no room.
            connection.execute("PRAGMA journal_mode = WAL")
        finally:
            connection.close()
    return f"sqlite:///{address.file}"


class _Words(logging.Handler):
    """What went wrong on one line of stderr, without the trace behind it: that may tell of people."""

    def emit(self, record: logging.LogRecord) -> None:
        """Write it to whatever stderr is now."""
        print(f"bevis work: {record.getMessage()}", file=sys.stderr)  # noqa: T201 where an operator looks


def keep_quiet() -> None:
    """Let DBOS say only what went wrong; before it is first made."""
    logger = logging.getLogger("dbos")
    if not any(isinstance(handler, _Words) for handler in logger.handlers):
        logger.handlers, logger.propagate = [_Words()], False


def configuration(registry: Registry, executor: str) -> DBOSConfig:
    """No console, no network, no word but of what went wrong.

    executor  what this process is told apart by from others that work for the same registry
    """
    return {
        "name": APPLICATION,
        "system_database_url": url_of(registry),
        "application_version": VERSION,
        "executor_id": executor,
        "serializer": PlainJson(),
        "log_level": "ERROR",
        "enable_otlp": False,
        "use_listen_notify": False,
        "max_executor_threads": 16,
    }
