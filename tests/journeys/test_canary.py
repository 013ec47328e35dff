"""A national number goes in through every door, and is then looked for wherever anything is written: it is nowhere.

A new way in is a function in `DOORS`; a new place where something is written is one in `everything_written`.
"""

import base64
import hashlib
import io
import json
import logging
import sys
import tempfile
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from registry.command_line.main import app
from registry.records.directory import open_registry
from tests.postgresql import PostgresqlServer
from tests.registry.conftest import employ

# Numbers of nobody: their check digits are right, and no other test uses them.
SWEDISH, SECOND, NORWEGIAN, PASSPORT = "190302139811", "190302149802", "14023912024", "ZQ7731904"
NAME = "Kanarie Fågel"  # what is found where it was written: then the search works
FORMS = ("0302139811", "030213-9811", "030213+9811", "19030213-9811")
HASHES = ("md5", "sha1", "sha224", "sha256", "sha384", "sha512", "sha3_256", "blake2b")


@dataclass
class Trap:
    """A registry in a shell, and everything that was answered."""

    place: Path
    files: Path
    type_in: Callable[[str], None]
    read_out: Callable[[], tuple[str, str]]
    told: list[str] = field(default_factory=list)
    people: dict[str, str] = field(default_factory=dict)

    def run(self, *arguments: object, typed: str = "", code: int | None = 0) -> Any:
        """What a command answers; code: how it must end, None = anyhow."""
        self.type_in(typed)
        with pytest.raises(SystemExit) as end:
            app([*map(str, arguments), "--json", "--dir", str(self.place)])
        out, err = self.read_out()
        self.told += [out, err]
        assert code is None or end.value.code == code, (arguments, err)
        return json.loads(out)

    def file(self, name: str, text: str) -> Path:
        """A file that somebody hands in; it is theirs, and not searched."""
        path = self.files / name
        path.write_text(text, encoding="utf-8")
        return path

    def person(self, name: str = NAME) -> str:
        """The id of somebody on record."""
        if name not in self.people:
            self.people[name] = self.run("person", "add", name, "--org", "school")["id"]
        return self.people[name]


Door = Callable[[Trap], None]


def identified(trap: Trap) -> None:
    """Recorded, found, in conflict, mistyped."""
    trap.run("person", "identify", trap.person(), typed=f"{SWEDISH[:8]}-{SWEDISH[8:]}")
    trap.run("person", "find", typed="030213+9811")
    trap.run("person", "identify", trap.person("Eva Lind"), typed=SWEDISH, code=2)
    trap.run("person", "identify", trap.person("Eva Lind"), typed=SWEDISH[:-1] + "0", code=2)
    trap.run("person", "identify", trap.person(), "--kind", "passport", typed=f"PL {PASSPORT}")
    trap.run("person", "identify", trap.person("Eva Lind"), typed=NORWEGIAN)
    trap.run("person", "show", trap.person())
    trap.run("person", "duplicates", "--find")


def added_with_a_number(trap: Trap) -> None:
    trap.run("person", "add", "Bo Ek", "--org", "school", "--number", typed=SECOND)
    trap.run("person", "add", "Cia Dahl", "--org", "school", "--number", typed=SECOND, code=2)


def written_where_it_does_not_belong(trap: Trap) -> None:
    for option in ("--name", "--email", "--phone", "--post", "--via", "--reason"):
        for text in (SWEDISH, FORMS[1], f"x {NORWEGIAN}"):
            trap.run("person", "change", trap.person(), option, text, code=2)
    trap.run("person", "add", f"Anna {SWEDISH}", "--org", "school", code=2)
    for text in (SWEDISH, FORMS[1], NORWEGIAN):
        trap.run("person", "list", text, code=2)
    trap.run("person", "show", SWEDISH, code=2)
    trap.run("person", "forget", trap.person(), "--reason", FORMS[1], code=2)


def behind_an_account(trap: Trap) -> None:
    trap.run("account", "add", "pia", "--name", "Pia Palm")
    trap.run("account", "identify", "pia", typed=SWEDISH)
    trap.run("account", "identify", "desk", typed=SWEDISH, code=2)
    trap.run("account", "add", f"a{SWEDISH}", "--name", "X", code=2)


def as_an_organisation(trap: Trap) -> None:
    trap.run("org", "add", SWEDISH, "--name", "Firma", code=2)


def verified(trap: Trap) -> None:
    trap.run("verify", SWEDISH, code=None)
    trap.run("verify", trap.file("token.txt", FORMS[1]), code=None)


def a_portrait(trap: Trap) -> None:
    trap.run("person", "portrait", trap.person(), trap.file("face.jpg", SWEDISH), code=2)


def forgotten(trap: Trap) -> None:
    """Last of all: what is overwritten is not left behind either."""
    trap.run("person", "identify", trap.person("Forgotten"), "--kind", "passport", typed=f"PL {PASSPORT}9")
    trap.run("person", "forget", trap.person("Forgotten"), "--reason", "asked for")


DOORS: Sequence[Door] = (
    identified,
    added_with_a_number,
    written_where_it_does_not_belong,
    behind_an_account,
    as_an_organisation,
    verified,
    a_portrait,
    forgotten,
)


def forms(number: str) -> Iterator[bytes]:
    """How a number may lie somewhere: plain, cut, turned round, in other encodings, hashed without a key."""
    spelt = {number}
    if number == SWEDISH:
        spelt |= set(FORMS)
    elif number == SECOND:
        spelt.add(number[2:])
    for text in spelt:
        plain = text.encode()
        yield from (plain, plain[::-1], text.encode("utf-16-le"), text.encode("utf-16-be"), plain.hex().encode())
        yield base64.b64encode(plain).rstrip(b"=")
        if text.isdigit():
            yield from (int(text).to_bytes(8, "big"), int(text).to_bytes(8, "little"))
        for name in HASHES:
            digest = hashlib.new(name, plain).digest()
            yield from (digest, digest.hex().encode(), base64.b64encode(digest))


def everything_written(trap: Trap, server: PostgresqlServer | None, temporary: Path, logs: str) -> dict[str, bytes]:
    """Each place with what lies there: files of the registry and its database, log, answers, temporary files."""
    found = {str(path): path.read_bytes() for path in sorted(trap.place.rglob("*")) if path.is_file()}
    found |= {str(path): path.read_bytes() for path in sorted(temporary.rglob("*")) if path.is_file()}
    if server is not None:
        # The tables, the write-ahead log, and what the server itself logs.
        with server.connect(autocommit=True) as connection:
            connection.execute("CHECKPOINT")
        found |= {str(path): path.read_bytes() for path in sorted(server.socket.rglob("*")) if path.is_file()}
    return found | {"answers": "".join(trap.told).encode(), "log": logs.encode()}


@pytest.fixture(params=["sqlite", "postgresql"])
def server(request: pytest.FixtureRequest) -> PostgresqlServer | None:
    return request.getfixturevalue("postgresql") if request.param == "postgresql" else None


@pytest.fixture
def logs() -> Iterator[io.StringIO]:
    """All that is logged at the lowest level: every statement to the database is, with its parameters and answers."""
    written = io.StringIO()
    handler = logging.StreamHandler(written)
    loggers = [logging.getLogger(name) for name in ("registry", "sqlalchemy", "alembic", "dbos", "uvicorn", "asyncio")]
    before = [(each, each.level, each.propagate) for each in loggers]
    for each in loggers:
        each.addHandler(handler)
        each.setLevel(logging.DEBUG)
        each.propagate = False
    yield written
    for each, level, propagate in before:
        each.removeHandler(handler)
        each.setLevel(level)
        each.propagate = propagate


def test_the_canary_is_found_nowhere(
    tmp_path: Path,
    server: PostgresqlServer | None,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    logs: io.StringIO,
) -> None:
    files, temporary = tmp_path / "files", tmp_path / "temporary"
    files.mkdir()
    temporary.mkdir()
    for name in ("BEVIS_DIR", "BEVIS_KEY", "BEVIS_KEY_FILE", "BEVIS_MASTER_KEY_FILE", "BEVIS_INDEX_KEY_FILE"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("TMPDIR", str(temporary))
    monkeypatch.setattr(tempfile, "tempdir", None)
    monkeypatch.setenv("BEVIS_TRACEBACK", "1")
    trap = Trap(
        tmp_path / "registry",
        files,
        lambda text: monkeypatch.setattr(sys, "stdin", io.StringIO(text + "\n")),
        capsys.readouterr,
    )
    monkeypatch.setenv("BEVIS_ACTOR", "desk")
    database = () if server is None else ("--database", server.url(server.create()))
    with pytest.raises(SystemExit):
        app(["init", str(trap.place), "--public-url", "https://bevis.example", *database])
    capsys.readouterr()
    day = (datetime.now(UTC) - timedelta(days=2)).date().isoformat()
    for organisation in ("school", "branch"):
        trap.run("org", "add", organisation, "--name", organisation.title(), "--registered-on", day)
    registry = open_registry(trap.place)
    employ(registry, "vera")
    registry.close()
    monkeypatch.setenv("BEVIS_ACTOR", "vera")

    for door in DOORS:
        door(trap)

    written = everything_written(trap, server, temporary, logs.getvalue())
    looked_for = [form for number in (SWEDISH, SECOND, NORWEGIAN, PASSPORT) for form in forms(number)]
    leaks = {(place, form) for place, content in written.items() for form in looked_for if form in content}
    assert not leaks
    # The search finds what was written: a name, in every kind of place.
    told = {place for place, content in written.items() if NAME.encode() in content}
    assert {"answers", "log"} <= told
    assert any("registry.db" in place or "/base/" in place for place in told)
    assert server is None or any("pg_wal" in place for place in told)
