"""Where the records are kept: a SQLite file in the registry's directory, or a PostgreSQL database by its URL.

A password never comes out of here but by `url`: not in a fault, not in a `repr`.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

from sqlalchemy import URL, make_url
from sqlalchemy.exc import ArgumentError

from registry.errors import MalformedInput

DATABASE_FILE: Final = "registry.db"
ENVIRONMENT: Final = "BEVIS_DATABASE_URL"  # or the same with _FILE: the file that holds it
MOST_BYTES_OF_URL: Final = 4096

_SCHEMES: Final = ("postgresql", "postgres", "postgresql+psycopg")
_PLACE: Final = re.compile(r"[A-Za-z0-9._:%-]{1,255}")
_NAME: Final = re.compile(r"[^\x00-\x1f\x7f/?#@]{1,63}")
# What may stand after the `?`: where the server is and how the line to it is protected, nothing that changes its ways.
_PARAMETERS: Final = frozenset(
    {
        "host",
        "hostaddr",
        "port",
        "options",
        "passfile",
        "service",
        "sslmode",
        "sslnegotiation",
        "sslrootcert",
        "sslcert",
        "sslkey",
        "sslcrl",
        "ssl_min_protocol_version",
        "channel_binding",
        "require_auth",
        "gssencmode",
        "krbsrvname",
        "target_session_attrs",
        "application_name",
    }
)


@dataclass(frozen=True)
class SqliteAddress:
    """A file of this machine."""

    file: Path

    def __str__(self) -> str:
        """As people are told."""
        return f"SQLite in {self.file}"


@dataclass(frozen=True)
class PostgresqlAddress:
    """A database of a PostgreSQL server.

    url  with the password, for drivers alone
    """

    url: str = field(repr=False)

    @property
    def parts(self) -> URL:
        """The same, taken apart, for SQLAlchemy and psycopg 3."""
        return make_url(self.url).set(drivername="postgresql+psycopg")

    def __str__(self) -> str:
        """As people are told: without a password, and without what stands after the `?`."""
        shown = self.parts
        given = shown.query.get("host", "")
        host = shown.host or (given if isinstance(given, str) else ",".join(given)) or "this machine"
        port = f":{shown.port}" if shown.port else ""
        return f"PostgreSQL at {host}{port}, database {shown.database}"


DatabaseAddress = SqliteAddress | PostgresqlAddress


def read_address(url: str, where: str) -> PostgresqlAddress:
    """The address a URL names; nothing of it stands in a fault. Raises MalformedInput.

    where  what the fault is put down to, such as `--database`
    """

    def wrong(says: str) -> MalformedInput:
        return MalformedInput([(where, says)])

    if not url.startswith(tuple(f"{scheme}://" for scheme in _SCHEMES)):
        raise wrong(
            "must be like postgresql://user:password@host:5432/database; "
            f"without it the records are kept in {DATABASE_FILE} of the directory"
        )
    fault = wrong(
        "cannot be read; write it like postgresql://user:password@host:5432/database, "
        "and in the password @ as %40, / as %2F, : as %3A, # as %23 and % as %25"
    )
    if len(url.encode("utf-8", "replace")) > MOST_BYTES_OF_URL or not url.isprintable() or " " in url:
        raise fault
    try:
        parts = make_url(url.replace("postgres://", "postgresql://", 1) if url.startswith("postgres:") else url)
    except (ArgumentError, ValueError):
        raise fault from None  # what was raised may tell the password
    if "#" in url or (parts.host and not _PLACE.fullmatch(parts.host)):
        raise fault
    if not parts.database or not _NAME.fullmatch(parts.database):
        raise wrong("must name a database, like postgresql://user:password@host:5432/database")
    unknown = sorted(set(parts.query) - _PARAMETERS)
    if unknown:
        raise wrong(f"has a parameter that is not known here after the ?; known are {', '.join(sorted(_PARAMETERS))}")
    return PostgresqlAddress(parts.set(drivername="postgresql").render_as_string(hide_password=False))


def address_in_environment(environment: Mapping[str, str]) -> PostgresqlAddress | None:
    """What BEVIS_DATABASE_URL says, or the file that BEVIS_DATABASE_URL_FILE names; None without either.

    Raises MalformedInput.
    """
    url, file = environment.get(ENVIRONMENT, "").strip(), environment.get(f"{ENVIRONMENT}_FILE", "").strip()
    if url and file:
        raise MalformedInput([(ENVIRONMENT, f"must not be set beside {ENVIRONMENT}_FILE")])
    if url:
        return read_address(url, ENVIRONMENT)
    if not file:
        return None
    try:
        with Path(file).open("rb") as opened:
            told = opened.read(MOST_BYTES_OF_URL + 1).decode().strip()
    except (OSError, ValueError) as fault:
        why = fault.strerror if isinstance(fault, OSError) and fault.strerror else "is no text in UTF-8"
        raise MalformedInput([(f"{ENVIRONMENT}_FILE", f"{file} cannot be read: {why}")]) from None
    return read_address(told, f"{ENVIRONMENT}_FILE")
