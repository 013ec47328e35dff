"""Which version of the tables a database has, and which this program works with."""

import re
from functools import cache
from importlib import resources
from typing import Final

from sqlalchemy import Connection, inspect, text

from registry.errors import NoRegistryHere, RegistryNewer, RegistryOlder

# The version that was released before versions were written down.
RELEASED: Final = "0001"


_FILE: Final = re.compile(r"v(?P<version>[0-9]{4})_[a-z0-9_]+\.py$")


@cache
def known_versions() -> tuple[str, ...]:
    """All versions of the tables there have been, the oldest first: one file each in `migrations/versions`."""
    folder = resources.files("registry.records.whole.migrations.versions")
    found = (_FILE.match(file.name) for file in folder.iterdir())
    return tuple(sorted(match["version"] for match in found if match))


def newest_version() -> str:
    """The one this program works with."""
    return known_versions()[-1]


def version_of(connection: Connection) -> str | None:
    """The version of the tables in a database; None where there is no registry."""
    tables = inspect(connection)
    if tables.has_table("alembic_version"):
        found = connection.execute(text("SELECT version_num FROM alembic_version")).scalar_one_or_none()
        return None if found is None else str(found)
    return RELEASED if tables.has_table("revision") and tables.has_table("issued_certificate") else None


def check_version(connection: Connection, where: str) -> None:
    """See that this program and those tables belong together. Raises NoRegistryHere, RegistryOlder, RegistryNewer."""
    version = version_of(connection)
    if version is None:
        raise NoRegistryHere(
            f"{where} holds no registry; point to the right database, or restore a backup: `bevis restore`"
        )
    if version == newest_version():
        return
    if version in known_versions():
        raise RegistryOlder(
            f"{where} has version {version} of the tables, and this program works with {newest_version()}: "
            "stop whatever uses the registry, make a copy of it, and run `bevis upgrade`"
        )
    raise RegistryNewer(
        f"{where} has version {version} of the tables, and this program knows none after {newest_version()}: "
        "use the newer program"
    )
