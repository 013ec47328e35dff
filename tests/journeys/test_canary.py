"""A national number goes in through every door, and is then looked for wherever anything is written: it is nowhere.

A new way in is a function in `DOORS`; a new place where something is written is one in `everything_written`.
"""

import base64
import hashlib
import io
import json
import logging
import secrets
import sys
import tempfile
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from fastapi.testclient import TestClient

from registry.command_line.main import app
from registry.records.actors.api_keys import create_api_key
from registry.records.sittings.occasions import add_occasion
from registry.records.whole.directory import open_registry
from registry.web.app import create_app
from registry.web.settings import Settings
from tests.postgresql import PostgresqlServer
from tests.registry.conftest import COURSE, NOW, SOLO, employ, occasion_like, publish_scheme, scheme_like

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
    keys: dict[str, str] = field(default_factory=dict)
    web: TestClient | None = None
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
        assert "Bevis itself failed" not in err, (arguments, err)
        return json.loads(out)

    def ask(self, method: str, path: str, body: Any = None, kind: str = "application/json") -> Any:
        """What the API answers to somebody who may do everything at the school; never a fault of its own."""
        content = body if body is None or isinstance(body, str) else json.dumps(body)
        headers = {"Authorization": f"Bearer {self.keys['vera']}", "Idempotency-Key": secrets.token_hex(8)}
        headers |= {"If-Match": "*"} | ({"Content-Type": kind} if content is not None else {})
        assert self.web is not None
        answer = self.web.request(method, f"/api/v1{path}", content=content, headers=headers)
        self.told += [answer.text, str(answer.headers)]
        assert answer.status_code < 500, (method, path, answer.text)
        return answer

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


LIST = "namn;{header};födelsedatum;närvarominuter;godkänd;resultat registrerat;e-post;anmärkning\n"
LINE = "{name};{number};{born};480;ja;ja;a@example.org;{note}\n"


def class_list(*lines: tuple[str, str], header: str = "personnummer", born: str = "", note: str = "") -> str:
    said = "".join(LINE.format(name=name, number=number, born=born, note=note) for name, number in lines)
    return LIST.format(header=header) + said


def on_a_class_list(trap: Trap) -> None:
    """Taken where the scheme takes it: issued from, held back, handed back corrected, cancelled."""
    taken = trap.file("taken.csv", class_list((NAME, SWEDISH), ("Dag Ek", NORWEGIAN)))
    trap.run("batch", "check", taken, "--occasion", "numbered", code=None)
    trap.run("batch", "issue", taken, "--occasion", "numbered", code=None)
    passports = trap.file("passports.csv", class_list((NAME, f"PL {PASSPORT}"), header="passnummer", born="1903-02-13"))
    trap.run("batch", "issue", passports, "--occasion", "numbered", code=None)
    wrong = trap.file("wrong.csv", class_list(("Eva Lind", SWEDISH), ("Fia Gran", SECOND[:-1] + "1"), ("", SECOND)))
    back = trap.place / "corrected.csv"  # searched like everything in that directory
    trap.run("batch", "check", wrong, "--occasion", "numbered", "--corrected", back, code=None)
    assert "Fia Gran" in back.read_text("utf-8-sig")
    held = trap.run("batch", "issue", wrong, "--occasion", "numbered", code=None)
    for command in ("show", "result", "cancel"):
        trap.run("batch", command, held["batch"], code=None)


def on_a_class_list_that_takes_none(trap: Trap) -> None:
    """In a column, in a note, in a name, as a birth date, alone in a header: refused, and what is kept is keyed."""
    for number, name in ((SWEDISH, "one"), (FORMS[1], "two"), (NORWEGIAN, "three")):
        column = trap.file(f"{name}.csv", class_list((NAME, number)))
        trap.run("batch", "check", column, "--occasion", "plain", code=None)
        trap.run("batch", "issue", column, "--occasion", "plain", code=None)
        note = class_list((NAME, ""), header="telefon", note=f"pnr {number}")
        trap.run("batch", "issue", trap.file(f"note-{name}.csv", note), "--occasion", "plain", code=None)
        born = class_list((f"{NAME} {number}", number), header="telefon", born=number)
        back = trap.place / f"back-{name}.csv"
        given = trap.file(f"born-{name}.csv", born)
        trap.run("batch", "check", given, "--occasion", "plain", "--corrected", back, code=None)
        trap.run("batch", "issue", given, "--occasion", "plain", code=None)
        header = trap.file(f"header-{name}.csv", f"namn;{number}\n{NAME};x\n")
        trap.run("batch", "issue", header, "--occasion", "plain", code=None)


def on_sheets_and_results(trap: Trap) -> None:
    for number in (SWEDISH, FORMS[1], NORWEGIAN):
        sheet = f"namn;född;minuter;anmärkning\n{NAME};1903-02-13;480;{number}\n{number};1990-01-01;480;x\n"
        trap.run("occasion", "sheet", "plain", trap.file("sheet.csv", sheet), code=None)
        column = f"namn;personnummer;minuter\n{NAME};{number};480\n"
        trap.run("occasion", "sheet", "plain", trap.file("column.csv", column), code=None)
        results = f"namn;personnummer;del;försök;godkänd\n{NAME};{number};teori;1;ja\n"
        trap.run("occasion", "results", "plain", trap.file("results.csv", results), code=None)


def about_an_occasion(trap: Trap) -> None:
    base = {"scheme": "plain", "issuer": "school", "decided_on": "2026-03-13"}
    for key, value in (("id", SWEDISH), ("training_provider", FORMS[1]), ("facts", {"note": SWEDISH})):
        told = "\n".join(
            f"{name} = {json.dumps(said)}" for name, said in (base | {key: value}).items() if name != "facts"
        )
        told += f"\n[facts]\nnote = '{SWEDISH}'\n" if key == "facts" else "\n"
        trap.run("occasion", "add", trap.file("occasion.toml", told), code=None)
    for reason in (SWEDISH, FORMS[1]):
        trap.run("occasion", "cancel", "plain", "--reason", f"x {reason}", code=None)
        trap.run("occasion", "amend", "plain", "--clear", "exam_on", "--reason", f"x {reason}", code=None)


def about_a_certificate(trap: Trap) -> None:
    number = trap.run("certificate", "list")[0]["number"]
    for text in (SWEDISH, FORMS[1], NORWEGIAN):
        trap.run("certificate", "suspend", number, "--reason", "misuse", "--note", f"x {text}", code=None)
        trap.run("certificate", "show", text, code=None)


def handed_out(trap: Trap) -> None:
    """What leaves the registry: documents, codes, the trust file, letters."""
    for number in [one["number"] for one in trap.run("certificate", "list")]:
        for form in ("vc+jwt", "cwt", "json"):
            trap.run("certificate", "export", number, "--format", form, "-o", trap.place / f"{number}.{form}")
        trap.run("certificate", "qr", number)
        trap.run("certificate", "show", number)
    trap.run("trust", "export", trap.place / "trust.json")
    trap.run("notice", "export", "-o", trap.place / "letters.csv")
    trap.run("batch", "list")
    trap.run("doctor", code=None)


def checked_as_a_workforce(trap: Trap) -> None:
    profile = trap.file("profile.toml", "id = 'x'\n")
    workforce = trap.file("workforce.csv", f"name;personnummer;role\n{NAME};{SWEDISH};x\n")
    trap.run("check", workforce, "--profile", profile, code=None)


def a_portrait(trap: Trap) -> None:
    trap.run("person", "portrait", trap.person(), trap.file("face.jpg", SWEDISH), code=2)


def by_api(trap: Trap) -> None:
    """In bodies where it belongs, and in bodies, paths and queries where it does not."""
    with TestClient(create_app(Settings.read(trap.place, env={})), base_url="https://bevis.example") as trap.web:
        _asked_by_api(trap)


def _asked_by_api(trap: Trap) -> None:
    new = {"organisation": "school", "name": "Gun Holm"}
    gun = trap.ask("POST", "/people", new | {"number": {"number": f"PL {PASSPORT}8", "kind": "passport"}}).json()["id"]
    for number in (SWEDISH, FORMS[1], NORWEGIAN, SWEDISH[:-1] + "0"):
        trap.ask("POST", "/people/by-number/search", {"number": number})
        trap.ask("POST", f"/people/{gun}/numbers", {"number": number})
        trap.ask("POST", "/people", new | {"name": "Hugo Is", "number": {"number": number}})
        for wrong in ({"name": f"X {number}"}, {"email": f"{number}@example.org"}, {"post": number}, {number: 1}):
            trap.ask("PATCH", f"/people/{gun}", wrong | {"reason": "x"})
        trap.ask("PATCH", f"/people/{gun}", {"via": "x", "reason": f"x {number}"})
        trap.ask("GET", f"/people?name={number}")
        trap.ask("GET", f"/people/{number}")
        trap.ask("GET", f"/people?{number}=1")
        trap.ask("GET", f"/access-lines?kind=person&subject={number}")
        trap.ask("GET", f"/verify/{number}")
        trap.ask("POST", "/verify", {"token": number})
        trap.ask("POST", "/accounts", {"id": number, "name": number})
        trap.ask("POST", "/occasions", {"id": number, "scheme": "plain", "issuer": "school", "decided_on": number})
        trap.ask("POST", "/duplicates/search", {"x": number})
        trap.ask("PUT", f"/people/{gun}/portrait", number, "image/png")
    trap.ask("GET", f"/people/{gun}")
    trap.ask("GET", "/duplicates")


def lists_by_api(trap: Trap) -> None:
    """Class lists, and one person, handed in where numbers are taken and where they are not."""
    with TestClient(create_app(Settings.read(trap.place, env={})), base_url="https://bevis.example") as trap.web:
        kept = [
            trap.ask("POST", f"/batches?occasion=numbered{more}", class_list(*lines), "text/csv").json().get("batch")
            for more in ("&dry_run=true", "&good_rows=true", "")
            for lines in ([(NAME, SWEDISH), ("Gun Holm", NORWEGIAN)], [("Hugo Is", SECOND[:-1] + "1"), ("", SECOND)])
        ]
        assert any(kept)
        for batch in filter(None, kept):
            trap.ask("GET", f"/batches/{batch}")
            assert trap.ask("GET", f"/batches/{batch}/rows").status_code == 200
            trap.ask("POST", f"/batches/{batch}/resumption")
            trap.ask("POST", f"/batches/{batch}/cancellation", {"reason": f"x {SWEDISH}"})
            trap.ask("GET", f"/batches/{batch}/rows?cursor={SWEDISH}")
        for number in (SWEDISH, FORMS[1], NORWEGIAN):
            wrong = class_list(("Hugo Is", number), born=number, note=f"x {number}")
            for occasion in ("numbered", "plain"):
                for path in ("/batches", "/class-lists/correction"):
                    trap.ask("POST", f"{path}?occasion={occasion}", wrong, "text/csv")
                person = {"occasion": occasion, "name": "Hugo Is", "birth_date": "1903-02-13", "email": "h@example.org"}
                trap.ask("POST", "/certificates", person | {"national_number": number})
                trap.ask("POST", "/certificates", person | {"name": f"X {number}", "note": number})
                trap.ask("POST", "/certificates", person | {"facts": {"attended_minutes": number}})
            trap.ask("POST", "/batches?occasion=plain", f"namn;{number}\n{NAME};x\n", "text/csv")
            trap.ask("POST", "/batches?occasion=plain", json.dumps({"person": [{"name": NAME, number: 1}]}))
            trap.ask("POST", f"/batches?occasion=plain&sheet={number}", wrong, "text/csv")
            trap.ask("POST", f"/batches?occasion={number}", wrong, "text/csv")
            trap.ask("GET", f"/batches?occasion={number}")
            trap.ask("GET", f"/class-lists/template?scheme={number}")


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
    on_a_class_list,
    on_a_class_list_that_takes_none,
    on_sheets_and_results,
    about_an_occasion,
    about_a_certificate,
    handed_out,
    checked_as_a_workforce,
    a_portrait,
    by_api,
    lists_by_api,
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
    trap.run("org", "add", "school", "--name", "School", "--registered-on", "2015-01-01")
    for kind, value in (("responsible_people", "1"), ("staff_records", "own")):
        trap.run("org", "declare", "school", kind, "--value", value, "--on", "2025-01-01")
    registry = open_registry(trap.place)
    employ(registry, "vera")
    with registry.writing() as db:
        school = dict.fromkeys(("training_provider", "examination_body", "issuer"), "school")
        takes = {"national_number": "optional", "national_number_reason": "a law"}
        for code, more in (("plain", {}), ("numbered", takes)):
            publish_scheme(db, scheme_like(COURSE, code=code, owner="school", **more))
            add_occasion(db, occasion_like(SOLO, id=code, scheme=code, **school), NOW, "vera")
        given: dict[str, Any] = {"days": 30, "now": datetime.now(UTC), "actor": "vera"}
        _, trap.keys["vera"] = create_api_key(
            db, account="vera", organisation="school", roles=["requester", "approver", "reader"], **given
        )
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
