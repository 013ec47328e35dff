"""Write all vectors anew, byte for byte the same: `make vectors`. How they are read: docs/vectors.md."""

import importlib
import json
import sys
from collections.abc import Iterator, Mapping
from datetime import UTC
from functools import cache
from pathlib import Path
from typing import Any

from tests.verification.vectors.ground import OUTCOMES, Vector, trusts
from tests.verification.vectors.refused import Refused, refused
from verification.trust_file import trust_to_json

ROOT = Path(__file__).resolve().parents[3]
HERE = Path("tests/verification/vectors")
PUBLISHED = Path("verification/vectors.json")
ROOMS = ("documents", "codes", "in_log", "entitled", "standing", "past", "needs", "organisations")


@cache
def vectors() -> Mapping[str, Vector]:
    """Every vector by name, in the order of the rooms."""
    found: dict[str, Vector] = {}
    for room in ROOMS:
        for vector in importlib.import_module(f"tests.verification.vectors.{room}").vectors():
            if vector.name in found:
                raise ValueError(f"two vectors are called {vector.name}")
            found[vector.name] = vector
    return found


def as_json(vector: Vector) -> dict[str, Any]:
    """A vector as its file has it."""
    token = {"token": vector.token} if isinstance(vector.token, str) else {"token_hex": vector.token.hex()}
    asked: dict[str, Any] = {
        "trust": f"trust/{vector.trust}.json",
        "now": vector.now.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ"),
        "on": vector.on.isoformat() if vector.on else None,
        "situation": vector.situation,
        "schemes": list(vector.schemes),
        "needs": dict(vector.needs),
    }
    expect: dict[str, Any] = {
        "outcome": OUTCOMES.get(vector.headline, "invalid"),
        "headline": vector.headline,
        "codes": list(vector.codes),
        "also": list(vector.also),
        "certificate_number": vector.number,
    }
    optional = ("on", "schemes", "needs", "also")
    return {
        "description": vector.description,
        **token,
        **{name: value for name, value in asked.items() if value or name not in optional},
        "expect": {name: value for name, value in expect.items() if value or name not in optional},
    }


@cache
def files() -> Mapping[Path, bytes]:
    """Every file there is to be, by its path from the root of the repository."""
    trusted = {name: json.loads(trust_to_json(trust)) for name, trust in trusts().items()}
    made = {HERE / f"{name}.json": _indented(as_json(vector)) for name, vector in vectors().items()}
    made |= {HERE / "trust" / f"{name}.json": _indented(trust) for name, trust in trusted.items()}
    made |= {HERE / "trust" / "refused" / f"{one.name}.json": _indented(_told(one)) for one in refused()}
    return {**made, PUBLISHED: "".join(_published(trusted)).encode()}


def _told(one: Refused) -> dict[str, str]:
    return {"description": one.description, "text": one.text}


def _indented(value: object) -> bytes:
    return (json.dumps(value, ensure_ascii=False, indent=1) + "\n").encode()


def _published(trusted: Mapping[str, Any]) -> Iterator[str]:
    """All in one file, one trust and one vector a line."""
    yield '{\n"format": "bevis-vectors-1",\n"trusts": {\n'
    yield ",\n".join(f"{_line(f'trust/{name}.json')}: {_line(trust)}" for name, trust in trusted.items())
    yield '\n},\n"refused_trusts": [\n'
    yield ",\n".join(_line({"name": one.name, **_told(one)}) for one in refused())
    yield '\n],\n"vectors": [\n'
    yield ",\n".join(_line({"name": name, **as_json(vector)}) for name, vector in vectors().items())
    yield "\n]\n}\n"


def _line(value: object) -> str:
    return json.dumps(value, ensure_ascii=False, separators=(",", ":"))


def there() -> set[Path]:
    """The files that lie there now, by the same paths."""
    found = {path.relative_to(ROOT) for path in (ROOT / HERE).rglob("*.json")}
    return found | ({PUBLISHED} if (ROOT / PUBLISHED).exists() else set())


def main() -> int:
    """Write what is to be there, and take away what is not."""
    for path, data in files().items():
        (ROOT / path).parent.mkdir(parents=True, exist_ok=True)
        (ROOT / path).write_bytes(data)
    for path in there() - set(files()):
        (ROOT / path).unlink()
    print(f"{len(vectors())} vectors, {len(trusts())} trusts")  # noqa: T201 what `make vectors` says
    return 0


if __name__ == "__main__":
    sys.exit(main())
