"""What the web process is told from outside: the registry's own settings, and BEVIS_* of the environment."""

import os
import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Literal, get_args

from registry.errors import MalformedInput
from registry.records.whole.directory import open_registry
from registry.signing.seal.time_address import time_authority_of
from verification.endpoint.client_address import Network, trusted_proxies

Environment = Literal["demo", "test", "production"]
ENVIRONMENTS: tuple[Environment, ...] = get_args(Environment)
DEMO_MARK = "demo.json"  # lies in the directory of a registry that `bevis demo` made
PUBLIC_URL = re.compile(r"https?://[a-z0-9.-]+(:[0-9]{1,5})?")
MAX_BODY_BYTES = 128 * 1024  # where nothing else is said: the longest thing anybody sends is one certificate
QUESTIONS_PER_MINUTE = 600  # from one address: a gate with several lanes behind one router
MISSES_PER_MINUTE = 60  # numbers that are none here, and wrong keys
REQUESTS_PER_MINUTE = 1200  # with one key
_COUNT = re.compile(r"[0-9]{1,9}")


@dataclass(frozen=True)
class Settings:
    """Where the registry lies and how it is reached.

    public_url              as everybody reaches it; it stands in every QR code
    environment             demo, test: every page says that nothing here is to be relied on, and numbers of nobody,
                            made up for tests, are taken
    questions_per_minute    certificates that one address may ask about; 0 = as many as it likes
    misses_per_minute       numbers without a code that it may ask about and that are none here; 0 = the same
    requests_per_minute     what may be asked with one key; 0 = the same
    trusted_proxies         whose X-Forwarded-For says who asks
    time_authority          who vouches for the moment a document is sealed (RFC 3161); None = nobody is asked
    """

    directory: Path
    public_url: str
    name: str
    environment: Environment
    master_key_file: Path
    index_key_file: Path
    max_body_bytes: int = MAX_BODY_BYTES
    questions_per_minute: int = QUESTIONS_PER_MINUTE
    misses_per_minute: int = MISSES_PER_MINUTE
    requests_per_minute: int = REQUESTS_PER_MINUTE
    trusted_proxies: tuple[Network, ...] = ()
    time_authority: str | None = None

    @classmethod
    def read(
        cls, directory: Path, *, environment: Environment | None = None, env: Mapping[str, str] | None = None
    ) -> "Settings":
        """From `bevis.toml` in the directory, and from the environment.

        BEVIS_PUBLIC_URL, BEVIS_ENVIRONMENT, BEVIS_MASTER_KEY_FILE, BEVIS_INDEX_KEY_FILE, BEVIS_VERIFY_PER_MINUTE,
        BEVIS_MISSES_PER_MINUTE, BEVIS_REQUESTS_PER_MINUTE, BEVIS_TRUSTED_PROXIES (addresses and
        networks, with commas between), BEVIS_TSA_URL.

        Raises NoRegistryHere, MalformedInput with all faults at once.
        """
        given = os.environ if env is None else env
        registry = open_registry(directory, environment=given)
        try:
            public_url = given.get("BEVIS_PUBLIC_URL") or registry.public_url
            faults: list[tuple[str, str]] = []
            if not PUBLIC_URL.fullmatch(public_url):
                faults.append(("BEVIS_PUBLIC_URL", "must be like https://example.org, without a path"))
            chosen = environment
            try:
                chosen = environment or environment_of(directory, given)
            except MalformedInput as malformed:
                faults += malformed.faults
            questions = _count(given, "BEVIS_VERIFY_PER_MINUTE", QUESTIONS_PER_MINUTE, faults)
            misses = _count(given, "BEVIS_MISSES_PER_MINUTE", MISSES_PER_MINUTE, faults)
            requests = _count(given, "BEVIS_REQUESTS_PER_MINUTE", REQUESTS_PER_MINUTE, faults)
            proxies: tuple[Network, ...] = ()
            try:
                proxies = trusted_proxies(given.get("BEVIS_TRUSTED_PROXIES", ""))
            except ValueError as fault:
                faults.append(("BEVIS_TRUSTED_PROXIES", str(fault)))
            time_authority = None
            try:
                time_authority = time_authority_of(given)
            except MalformedInput as malformed:
                faults += malformed.faults
            if faults or chosen is None:
                raise MalformedInput(faults)
            key_file, index_file = given.get("BEVIS_MASTER_KEY_FILE"), given.get("BEVIS_INDEX_KEY_FILE")
            return cls(
                directory=directory,
                public_url=public_url,
                name=registry.name,
                environment=chosen,
                master_key_file=Path(key_file) if key_file else registry.master_key_file(),
                index_key_file=Path(index_file) if index_file else registry.index_key_file(),
                questions_per_minute=questions,
                misses_per_minute=misses,
                requests_per_minute=requests,
                trusted_proxies=proxies,
                time_authority=time_authority,
            )
        finally:
            registry.close()


def _count(given: Mapping[str, str], name: str, usual: int, faults: list[tuple[str, str]]) -> int:
    text = given.get(name, "").strip()
    if not text:
        return usual
    if not _COUNT.fullmatch(text):
        faults.append((name, "must be a whole number of questions a minute; 0 sets no limit"))
        return usual
    return int(text)


def environment_of(directory: Path, env: Mapping[str, str]) -> Environment:
    """BEVIS_ENVIRONMENT; without it, demo where `bevis demo` made the registry, else production.

    Raises MalformedInput.
    """
    named = env.get("BEVIS_ENVIRONMENT")
    if not named:
        return "demo" if (directory / DEMO_MARK).is_file() else "production"
    chosen = next((one for one in ENVIRONMENTS if one == named), None)
    if chosen is None:
        raise MalformedInput([("BEVIS_ENVIRONMENT", f"{named[:40]!r} is none of {', '.join(ENVIRONMENTS)}")])
    return chosen
