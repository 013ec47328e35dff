"""Whoever watches a log finds what was deleted, changed, back-dated, rolled back; and so does a checker of its own."""

import http.server
import json
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from tests.independent import check_log
from tests.verification.log.test_note import LOG, Signs
from verification.fetch import Server
from verification.log.checkpoint import Checkpoint
from verification.log.entry import write_entry
from verification.log.files import Directory, LogAlarm, NotReachable
from verification.log.tiles import Edge, Tile, bundle_path, tile_path, tiles_of, write_bundle
from verification.log.tree import leaf_hash
from verification.monitor import NotSeen, Report, Seen, look, read_seen, write_seen

NOW = datetime(2026, 11, 28, 12, tzinfo=UTC)


TODAY = NOW.date()


def entry(number: int, day: date = TODAY, issuer: str = "provhuset") -> bytes:
    members = {"issuer": issuer, "kid": f"k{number % 2}", "scheme": "hot-work", "c": f"{number:043}"}
    return write_entry("certificate.issued", day.isoformat(), members)


class Log:
    """A log and its published files."""

    def __init__(self, place: Path) -> None:
        self.place, self.entries = place, list[bytes]()

    def publish(self, *entries: bytes, signed: Signs = LOG) -> None:
        self.entries += entries
        size, edge, kept = len(self.entries), Edge(0, []), dict[tuple[int, int], bytes]()
        kept.update(edge.add([leaf_hash(one) for one in self.entries]))
        for tile in tiles_of(size):
            self._write(tile_path(tile), kept[tile.level, tile.number])
            if tile.level == 0:
                self._write(bundle_path(tile), write_bundle(self.entries[tile.number * 256 :][: tile.width]))
        self._write("checkpoint", signed.note(Checkpoint(LOG.public.name, size, edge.root()).text).encode())

    def _write(self, path: str, data: bytes) -> None:
        (self.place / path).parent.mkdir(parents=True, exist_ok=True)
        (self.place / path).write_bytes(data)


def see(log: Log, before: Seen | None = None, now: datetime = NOW) -> Report:
    return look(Directory(log.place), LOG.public, before, now)


@pytest.fixture
def log(tmp_path: Path) -> Log:
    made = Log(tmp_path / "log")
    made.publish(*(entry(number) for number in range(300)))
    return made


@pytest.fixture
def seen(log: Log) -> Seen:
    return see(log).seen


def by_a_checker_of_its_own(log: Log, before: Seen) -> None:
    known = {"origin": before.checkpoint.origin, "size": before.checkpoint.size, "root": before.checkpoint.root.hex()}
    check_log.check(log.place, LOG.public.text, {**known, "day": NOW.date().isoformat()}, NOW.date())


def test_a_log_that_only_grows_is_counted(log: Log, seen: Seen) -> None:
    assert see(log, seen).entries == {}
    log.publish(*(entry(number) for number in range(300, 700)), entry(700, issuer="norrbygg"))
    found = see(log, seen)
    assert (found.since, found.alarms, dict(found.issued)) == (300, (), {"provhuset": 400, "norrbygg": 1})
    assert found.keys["provhuset k0"] == 200
    by_a_checker_of_its_own(log, seen)
    log.publish(*(entry(number) for number in range(10)))
    assert see(log, found.seen).entries == {"certificate.issued": 10}


def deleted(log: Log) -> None:
    del log.entries[17]
    log.publish(entry(998), entry(999))


def changed(log: Log) -> None:
    log.entries[17] = entry(17, issuer="kompis")
    log.publish(entry(999))


def inserted(log: Log) -> None:
    log.entries.insert(17, entry(999))
    log.publish()


def rolled_back(log: Log) -> None:
    del log.entries[200:]
    log.publish()


def forked(log: Log) -> None:
    log.entries[299] = entry(998)
    log.publish()


def file_changed(log: Log) -> None:
    log.publish(entry(999))
    file = log.place / "tile/entries/001.p/45"
    file.write_bytes(file.read_bytes().replace(b"provhuset", b"norrhuset", 1))


def file_shortened(log: Log) -> None:
    log.publish(entry(998))
    file = log.place / "tile/entries/001.p/45"
    file.write_bytes(file.read_bytes()[:-200])


def file_removed(log: Log) -> None:
    log.publish(entry(998))
    for file in (log.place / "tile/entries").glob("001.p/*"):
        file.unlink()


def tile_changed(log: Log) -> None:
    log.publish(entry(999))
    file = log.place / "tile/0/001.p/45"
    file.write_bytes(bytes(32) + file.read_bytes()[32:])


def signed_by_another(log: Log) -> None:
    log.publish(entry(999), signed=Signs(9))


def back_dated(log: Log) -> None:
    log.publish(entry(999, NOW.date() - timedelta(days=2)))


@pytest.mark.parametrize(
    ("plant", "code"),
    [
        (deleted, "history_changed"),
        (changed, "history_changed"),
        (inserted, "history_changed"),
        (rolled_back, "rolled_back"),
        (forked, "forked"),
        (file_changed, "not_what_was_signed"),
        (file_shortened, "entries_unreadable"),
        (file_removed, "not there"),
        (tile_changed, "history_changed"),
        (signed_by_another, "checkpoint_not_signed"),
        (back_dated, "back_dated"),
    ],
)
def test_what_was_planted_is_found(log: Log, seen: Seen, plant: Callable[[Log], None], code: str) -> None:
    plant(log)
    if code == "back_dated":
        assert [alarm[0] for alarm in see(log, seen).alarms] == ["back_dated"]
    else:
        with pytest.raises((LogAlarm, NotReachable), match=code):
            see(log, seen)
    with pytest.raises(check_log.NotOneHistory):
        by_a_checker_of_its_own(log, seen)


def test_odd_entries_are_told(log: Log, seen: Seen) -> None:
    log.publish(b'{"type":"something"}', entry(1, NOW.date() + timedelta(days=3)))
    assert see(log, seen).alarms == (("entry_unknown", "300"), ("dated_ahead", "301 (2026-12-01)"))


def test_what_was_seen_is_kept(seen: Seen, tmp_path: Path) -> None:
    file = tmp_path / "seen.json"
    assert read_seen(file) is None
    write_seen(file, seen)
    assert read_seen(file) == seen
    for spoilt in ("", "[]", "{}", file.read_text().replace("bevis-monitor/1", "x"), file.read_text().replace("=", "")):
        other = tmp_path / "other.json"
        other.write_text(spoilt)
        with pytest.raises(NotSeen):
            read_seen(other)


def test_the_checker_runs_alone(log: Log, tmp_path: Path) -> None:
    """As a program, with nothing of ours to import."""
    program = Path(check_log.__file__)
    assert "verification" not in program.read_text()
    assert len(program.read_text().splitlines()) < 300
    state = tmp_path / "state.json"

    def run() -> tuple[int, Any]:
        ran = subprocess.run(
            [sys.executable, "-I", str(program), str(log.place), LOG.public.text, str(state)],
            capture_output=True,
            check=False,
            cwd=tmp_path,
        )
        return ran.returncode, json.loads(ran.stdout)

    assert run()[1]["size"] == 300
    rolled_back(log)
    assert run() == (1, {"ok": False, "says": "the log had 300 entries, and has 200"})


# ------------------------------------------------------------------ over HTTP


@pytest.fixture
def served(log: Log) -> Iterator[str]:
    class Handler(http.server.SimpleHTTPRequestHandler):
        def __init__(self, *given: Any, **more: Any) -> None:
            super().__init__(*given, directory=str(log.place), **more)

        def do_GET(self) -> None:
            if self.path == "/moved":
                self.send_response(302)
                self.send_header("Location", "/checkpoint")
                self.end_headers()
                return
            super().do_GET()

        def log_message(self, *_: Any) -> None: ...

    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    yield f"http://127.0.0.1:{server.server_port}"
    server.shutdown()
    thread.join()
    server.server_close()


def test_a_server_is_read_as_a_directory_is(log: Log, served: str, seen: Seen) -> None:
    log.publish(*(entry(number) for number in range(300, 310)))
    assert look(Server(served), LOG.public, seen, NOW) == see(log, seen)
    for path in ("moved", "nothing"):
        with pytest.raises(NotReachable):
            Server(served).read(path)
    with pytest.raises(NotReachable, match="longer"):
        Server(served).read("checkpoint", 10)


def test_a_server_that_is_gone_is_not_reachable() -> None:
    with pytest.raises(NotReachable):
        Server("http://127.0.0.1:9").read("checkpoint")


@pytest.mark.parametrize(
    "address",
    [
        "",
        "log",
        "ftp://a.example",
        "http://log.example",
        "https://",
        "file:///etc/passwd",
        "https://a@b.example",
        "//a",
    ],
)
def test_no_other_address_is_asked(address: str) -> None:
    with pytest.raises(ValueError, match="address"):
        Server(address)


def test_a_tile_may_have_become_full_since(log: Log, tmp_path: Path) -> None:
    small = Log(tmp_path / "small")
    small.publish(*(entry(number) for number in range(200)))
    before = see(small).seen
    small.publish(*(entry(number) for number in range(200, 600)))
    for file in small.place.rglob("*.p/200"):
        file.unlink()
    assert see(small, before).since == 200
    assert Tile(0, 0).width == 256
    assert log.entries
