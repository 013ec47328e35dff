"""Bringing a registry of an older version to this one: in one transaction, or not at all."""

import os
from collections.abc import Sequence
from importlib import resources
from typing import Any, Final

from sqlalchemy import Connection, event, insert, inspect, text

from registry.errors import NoRegistryHere, RegistryNewer, UpgradeFailed
from registry.records.store.database_address import DatabaseAddress
from registry.records.store.database_faults import told_plainly
from registry.records.store.engines import writer_to
from registry.records.whole.directory import Registry
from registry.records.whole.tables import VERSION, dialect_of
from registry.records.whole.versions import known_versions, newest_version, version_of

_SHOWN: Final = 3  # rows that point nowhere


def upgrade_registry(registry: Registry) -> Sequence[str]:
    """Bring its tables to this program's version: the versions it went through, none where it was there already.

    Killed at any moment, it leaves the registry as it was or as it should be. Raises NoRegistryHere, RegistryNewer,
    DatabaseBusy, DatabaseFull, DatabaseUnavailable, and UpgradeFailed where what is stored does not hang together.
    """
    return upgrade_database(registry.address)


def upgrade_database(address: DatabaseAddress) -> Sequence[str]:
    """The same, for records that no directory belongs to yet."""
    engine = writer_to(address)
    if engine.dialect.name == "sqlite":
        event.listen(engine, "connect", let_tables_be_replaced)
    try:
        with told_plainly(address), engine.begin() as connection:
            return _upgrade(connection, str(address))
    finally:
        engine.dispose()


def migrate(connection: Connection, version: str = "head") -> None:
    """Whatever leads from the version of its tables to that one. The open transaction holds all of it."""
    # Alembic takes a tenth of a second to load, and only this needs it.
    from alembic import command
    from alembic.config import Config

    with open(os.devnull, "w", encoding="utf-8") as nowhere:  # noqa: PTH123 what is shown in a shell is not for it to say
        config = Config(stdout=nowhere, attributes={"connection": connection})
        with resources.as_file(resources.files("registry.records.whole.migrations")) as place:
            config.set_main_option("script_location", str(place).replace("%", "%%"))
            command.upgrade(config, version)


def _upgrade(connection: Connection, where: str) -> Sequence[str]:
    version = version_of(connection)
    if version is None:
        raise NoRegistryHere(f"{where} holds no registry")
    if version not in known_versions():
        raise RegistryNewer(
            f"{where} has version {version} of the tables, and this program knows none after {newest_version()}: "
            "use the newer program"
        )
    if version == newest_version():
        return ()
    if not inspect(connection).has_table(VERSION.name):
        VERSION.create(connection)
        connection.execute(insert(VERSION), [{"version_num": version}])
    migrate(connection)
    if dialect_of(connection) == "sqlite":
        lost = connection.execute(text("PRAGMA foreign_key_check")).all()
        if lost:
            named = ", ".join(f"{table}, row {row}, to {other}" for table, row, other, _ in lost[:_SHOWN])
            raise UpgradeFailed(f"{where} has rows that point to nothing ({named}); it was left as it was")
    # What others keep of the records is read anew.
    connection.execute(text("UPDATE revision SET value = value + 1"))
    return tuple(one for one in known_versions() if version < one)


def let_tables_be_replaced(connection: Any, _: object) -> None:  # noqa: ANN401 the driver's own
    """SQLite changes a table by making it anew; that every row still points to one is looked at in the end."""
    connection.execute("PRAGMA foreign_keys = OFF")
