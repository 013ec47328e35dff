"""Which registry a command works on, and the key that opens it."""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Annotated

import typer

from registry.errors import NoRegistryHere
from registry.records.directory import SETTINGS_FILE, Registry, open_registry
from registry.signing.keys import Keyring, open_keyring

Dir = Annotated[
    Path | None,
    typer.Option("--dir", envvar="BEVIS_DIR", help="The registry's directory; the default is the current one."),
]
Actor = Annotated[
    str | None, typer.Option("--actor", envvar="BEVIS_ACTOR", help="Who does this; the default is the login name.")
]


@contextmanager
def registry_at(directory: Path | None) -> Iterator[Registry]:
    """The registry in that directory, opened and closed. Raises NoRegistryHere."""
    registry = open_registry(_here() if directory is None else directory)
    try:
        yield registry
    finally:
        registry.close()


def _here() -> Path:
    """The current directory; where only a demo lies below it, say how to reach that."""
    here, demo = Path(), Path("bevis-demo")
    if not (here / SETTINGS_FILE).exists() and (demo / SETTINGS_FILE).exists():
        raise NoRegistryHere(f"this directory holds no {SETTINGS_FILE}; for the demo add --dir {demo}")
    return here


def master_key_file(registry: Registry) -> Path:
    """Where the master key lies: BEVIS_MASTER_KEY_FILE, or in the registry's directory."""
    elsewhere = os.environ.get("BEVIS_MASTER_KEY_FILE")
    return Path(elsewhere) if elsewhere else registry.master_key_file()


def keyring_of(registry: Registry) -> Keyring:
    """The registry's keys, opened with the master key. Raises NoMasterKey, WrongMasterKey."""
    return open_keyring(master_key_file(registry))
