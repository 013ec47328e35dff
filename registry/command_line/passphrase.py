"""What a key of one's own is opened with, and the files that go to and fro between its machine and the registry."""

import getpass
import os
import sys
from pathlib import Path
from typing import Any, TypeVar

from pydantic import BaseModel

from registry.command_line.screen import Lang, file_bytes, words
from registry.errors import KeyFileUnusable, MalformedInput
from registry.records.strict_input import parse
from registry.signing.key_file import is_sealed, open_key
from registry.signing.private_keys import KeySigner
from verification.strict import NotStrict, read_json

FROM_ENVIRONMENT = "BEVIS_SIGNING_PASSPHRASE"
_LONGEST_LINE = 1024
_SHORTEST = 8

Shape = TypeVar("Shape", bound=BaseModel)


def new_passphrase(lang: Lang) -> str:
    """From the environment, or typed twice. Raises MalformedInput."""
    given = os.environ.get(FROM_ENVIRONMENT)
    if given is None:
        given = _typed(words(lang, "passphrase"))
        if sys.stdin.isatty() and _typed(words(lang, "passphrase")) != given:
            raise MalformedInput([(FROM_ENVIRONMENT, "the two are not the same")])
    if len(given) < _SHORTEST:
        raise MalformedInput([(FROM_ENVIRONMENT, f"takes at least {_SHORTEST} characters; or --no-passphrase")])
    return given


def opened_key(path: Path, lang: Lang) -> KeySigner:
    """The key in that file; its passphrase, if any, from the environment, or typed. Raises KeyFileUnusable."""
    if not is_sealed(path):
        return open_key(path)
    given = os.environ.get(FROM_ENVIRONMENT)
    return open_key(path, _typed(words(lang, "passphrase")) if given is None else given)


def read_json_file(path: str, shape: type[Shape], limit: int) -> Shape:
    """A file as that model. Raises MalformedInput."""
    return parse(json_in(path, limit), shape)


def json_in(path: str, limit: int) -> dict[str, Any]:
    """The JSON object in a file, read strictly. Raises MalformedInput."""
    try:
        return read_json(file_bytes(path, limit), max_bytes=limit)
    except NotStrict as fault:
        raise MalformedInput([(path, f"is not one JSON object: {fault}")]) from fault


def _typed(asked: str) -> str:
    """A line that is shown to nobody."""
    typed = getpass.getpass(f"{asked}: ") if sys.stdin.isatty() else sys.stdin.readline(_LONGEST_LINE)
    if not typed:
        raise KeyFileUnusable(f"no passphrase was given; type it, or set {FROM_ENVIRONMENT}")
    return typed.rstrip("\r\n")
