"""What the web process is told from outside: the registry's own settings, and BEVIS_* of the environment."""

import os
import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from registry.errors import MalformedInput
from registry.records.directory import open_registry

Environment = Literal["demo", "production"]
ENVIRONMENTS: tuple[Environment, ...] = ("demo", "production")
DEMO_MARK = "demo.json"  # lies in the directory of a registry that `bevis demo` made
PUBLIC_URL = re.compile(r"https?://[a-z0-9.-]+(:[0-9]{1,5})?")
MAX_BODY_BYTES = 128 * 1024  # the longest thing anybody sends here is one certificate


@dataclass(frozen=True)
class Settings:
    """Where the registry lies and how it is reached.

    public_url   as everybody reaches it; it stands in every QR code
    environment  demo: every page says that nothing here is to be relied on
    """

    directory: Path
    public_url: str
    name: str
    environment: Environment
    master_key_file: Path
    max_body_bytes: int = MAX_BODY_BYTES

    @classmethod
    def read(
        cls, directory: Path, *, environment: Environment | None = None, env: Mapping[str, str] | None = None
    ) -> "Settings":
        """From `bevis.toml` in the directory, and BEVIS_PUBLIC_URL, BEVIS_ENVIRONMENT, BEVIS_MASTER_KEY_FILE.

        Raises NoRegistryHere, MalformedInput with all faults at once.
        """
        given = os.environ if env is None else env
        registry = open_registry(directory)
        try:
            public_url = given.get("BEVIS_PUBLIC_URL") or registry.public_url
            named = environment or given.get("BEVIS_ENVIRONMENT") or _usual_environment(directory)
            faults: list[tuple[str, str]] = []
            if not PUBLIC_URL.fullmatch(public_url):
                faults.append(("BEVIS_PUBLIC_URL", "must be like https://example.org, without a path"))
            chosen = next((one for one in ENVIRONMENTS if one == named), None)
            if chosen is None:
                faults.append(("BEVIS_ENVIRONMENT", f"{named!r} is none of {', '.join(ENVIRONMENTS)}"))
            if faults or chosen is None:
                raise MalformedInput(faults)
            key_file = given.get("BEVIS_MASTER_KEY_FILE")
            return cls(
                directory=directory,
                public_url=public_url,
                name=registry.name,
                environment=chosen,
                master_key_file=Path(key_file) if key_file else registry.master_key_file(),
            )
        finally:
            registry.close()


def _usual_environment(directory: Path) -> Environment:
    return "demo" if (directory / DEMO_MARK).is_file() else "production"
