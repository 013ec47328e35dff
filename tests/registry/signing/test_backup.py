"""A backup of a running registry, put back: the same history goes on, or nothing is signed."""

import json
import shutil
import sqlite3
import tarfile
import threading
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, closing
from datetime import timedelta
from hashlib import sha256
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import select
from sqlmodel import SQLModel

from registry.errors import BackupDamaged, LogNotRecovered, MalformedInput, RegistryExists, RegistryNewer
from registry.records.issued.certificates import certificates, issued_event
from registry.records.whole.directory import Registry
from registry.records.whole.examination import examine_database
from registry.signing.backup import Restored, last_backup, make_backup, restore_backup
from registry.signing.keys import Keyring
from registry.signing.log.check import check_log
from registry.signing.log.keeper import LogKeeper
from registry.signing.log.published import proof_of
from registry.signing.log.recovery import recover_log
from registry.signing.log.state import RESTORED_MARK, log_state
from registry.signing.publication import publish
from tests.registry.conftest import NOW, ON_SQLITE, Beginning, fill, issue, person, roster
from tests.registry.records.whole.test_migrations import left_by_the_released
from verification.log.files import Directory

LATER = NOW + timedelta(hours=1)


def begun(registry: Registry, keyring: Keyring) -> None:
    keep_log(registry, keyring)
    issue(registry, keyring, "hot-work-march", roster(person(2), person(3)))


BEGINS_WITH: Mapping[str, Beginning] = {"registry": begun}


def keep_log(registry: Registry, keyring: Keyring) -> LogKeeper:
    keeper = LogKeeper(registry, lambda: keyring, lambda: LATER)
    registry.keep_log(keeper)
    return keeper


def issued(registry: Registry, keyring: Keyring, *rows: int) -> str:
    keep_log(registry, keyring)
    return issue(registry, keyring, "hot-work-march", roster(*(person(row) for row in rows))).state


def rows_of(registry: Registry) -> dict[str, list[Any]]:
    with registry.reading() as db:
        return {
            table.name: sorted(map(repr, db.connection().execute(select(table))))
            for table in SQLModel.metadata.sorted_tables
        }


@pytest.fixture
def restored(tmp_path: Path) -> Iterator[Any]:
    """Restores into a new directory, with the old one's head file where there is one."""
    opened: list[Registry] = []

    def restore(backup: Path, head: str | None = None, **more: Any) -> Restored:
        place = tmp_path / f"restored-{len(opened)}"
        if head is not None:
            place.mkdir()
            (place / "log.head").write_text(head)
        done = restore_backup(backup, place, LATER, environment={}, **more)
        opened.append(done.registry)
        return done

    yield restore
    for one in opened:
        one.close()


def standing(registry: Registry) -> str:
    with registry.reading() as db:
        return log_state(db, registry.head_file, LATER).standing.value


def there(place: Path) -> Path:
    """Once there is such a directory."""
    if "." not in place.name:
        place.mkdir()
    return place


@pytest.mark.parametrize("name", ["backups", "backup.tar.gz"])
def test_every_row_and_every_proof_comes_back(
    registry: Registry, keyring: Keyring, restored: Any, tmp_path: Path, name: str, database: str
) -> None:
    if database == "postgresql" and name == "backups":
        name = "backup.tar"
    (registry.directory / "demo.json").write_text("{}")
    made = make_backup(registry, there(tmp_path / name), NOW, ["demo.json"])
    assert last_backup(registry) == (NOW, str(made.place))
    done = restored(made.place, nothing_later=True, more=["demo.json"])
    assert rows_of(done.registry) == rows_of(registry)
    assert (done.registry.directory / "demo.json").read_text() == "{}"
    assert done.log.sound
    assert [one.check for one in examine_database(done.registry) if one.problem] == []
    assert done.registry.head_file.read_text() == registry.head_file.read_text()
    with done.registry.reading() as db:
        proofs = [proof_of(db, done.registry.head_file, issued_event(db, row)) for row in certificates(db)]
    assert len(proofs) == 2
    assert issued(done.registry, keyring, 4) == "done"
    with done.registry.reading() as db:
        assert check_log(db, done.registry.head_file, LATER).sound


@ON_SQLITE
def test_it_may_go_into_the_other_database(
    registry: Registry, keyring: Keyring, restored: Any, tmp_path: Path, request: pytest.FixtureRequest
) -> None:
    made = make_backup(registry, tmp_path, NOW)
    with request.getfixturevalue("postgresql").database() as url:
        done = restored(made.place, nothing_later=True, database=url)
        assert rows_of(done.registry) == rows_of(registry)
        assert not (done.registry.directory / "registry.db").exists()
        found = [one.check for one in examine_database(done.registry) if one.problem]
        assert found in ([], ["survives_power_cut"])  # the server of the tests is told not to
        assert issued(done.registry, keyring, 4) == "done"
        back = restored(make_backup(done.registry, there(tmp_path / "again"), LATER).place, nothing_later=True)
        assert rows_of(back.registry) == rows_of(done.registry)
        with pytest.raises(RegistryExists):
            restore_backup(made.place, tmp_path / "second", LATER, database=url, environment={})
        assert not (tmp_path / "second").exists()
        done.registry.close()


@ON_SQLITE
@pytest.mark.parametrize(
    ("head", "nothing_later", "stands"),
    [
        pytest.param(None, False, "restored", id="nothing is known"),
        pytest.param(None, True, "in_step", id="somebody vouches"),
        pytest.param("same", False, "in_step", id="the old head is that of the backup"),
        pytest.param("newer", False, "database_behind", id="the old head is newer"),
        pytest.param("newer", True, "database_behind", id="the old head is newer, whatever anybody says"),
        pytest.param("strange", False, "file_unreadable", id="the old head is of another log"),
    ],
)
def test_it_goes_on_or_signs_nothing(
    registry: Registry,
    keyring: Keyring,
    restored: Any,
    tmp_path: Path,
    head: str | None,
    nothing_later: bool,
    stands: str,
) -> None:
    made = make_backup(registry, tmp_path, NOW)
    told = {"same": registry.head_file.read_text(), "strange": "strange\n"}
    if head == "newer":
        issued(registry, keyring, 4)
        told["newer"] = registry.head_file.read_text()
    done = restored(made.place, head and told[head], nothing_later=nothing_later)
    assert done.log.state.standing.value == standing(done.registry) == stands
    assert done.log.sound == (stands == "in_step")
    assert issued(done.registry, keyring, 5) == ("done" if stands == "in_step" else "held")
    with done.registry.reading() as db:  # what is asked is answered
        assert len(certificates(db)) == (3 if stands == "in_step" else 2)


@ON_SQLITE
def test_three_ways_on(registry: Registry, keyring: Keyring, restored: Any, tmp_path: Path) -> None:
    made = make_backup(registry, tmp_path, NOW)
    issued(registry, keyring, 4)
    with registry.reading() as db:
        publish(db, keyring, registry.head_file, registry.public_url, tmp_path / "public", LATER)
    files = Directory(tmp_path / "public/log/1")
    one, two, three = (restored(made.place).registry for _ in range(3))
    # What was published is fetched; what it does not bring back is told.
    found = recover_log(one, keep_log(one, keyring), lambda _: files, LATER, nothing_later=True)
    assert (found.fetched, len(found.lost), found.others) == (1, 1, 0)
    assert standing(one) == "in_step"
    # Somebody knows that there was nothing more.
    with pytest.raises(LogNotRecovered, match="nothing-later"):
        recover_log(two, keep_log(two, keyring), None, LATER)
    assert recover_log(two, keep_log(two, keyring), None, LATER, nothing_later=True).fetched == 0
    assert standing(two) == "in_step"
    two.head_file.write_text("another registry's head\n")
    with pytest.raises(LogNotRecovered, match="move it away"):
        recover_log(two, keep_log(two, keyring), None, LATER, nothing_later=True)
    assert two.head_file.read_text() == "another registry's head\n"
    # Or it is another log from now on.
    assert keep_log(three, keyring).begin_again("restored", "test").number == 2
    assert issued(three, keyring, 6) == "done"
    with three.reading() as db:
        assert check_log(db, three.head_file, LATER).sound


@ON_SQLITE
def test_a_backup_from_before_the_log_began_does_not_begin_it_anew(
    empty: Registry, keyring: Keyring, restored: Any, tmp_path: Path
) -> None:
    fill(empty, keyring)
    made = make_backup(empty, tmp_path, NOW)
    assert made.manifest.log is None
    assert not (made.place / "log.head").exists()
    done = restored(made.place)
    assert standing(done.registry) == "restored"
    assert issued(done.registry, keyring, 2) == "held"
    recover_log(done.registry, keep_log(done.registry, keyring), None, LATER, nothing_later=True)
    assert issued(done.registry, keyring, 3) == "done"


def _flip(file: Path, at: int) -> None:
    data = bytearray(file.read_bytes())
    data[at] ^= 1
    file.write_bytes(bytes(data))


def _say(backup: Path, **change: Any) -> None:
    said = json.loads((backup / "manifest.json").read_text())
    (backup / "manifest.json").write_text(json.dumps(said | change))


def _swap(backup: Path) -> None:
    """The records of another moment, with a digest that is theirs."""
    said = json.loads((backup / "manifest.json").read_text())
    said["log"]["size"] += 1
    (backup / "manifest.json").write_text(json.dumps(said))


DAMAGE = {
    "a bit of the records": lambda backup: _flip(backup / "registry.db", 5000),
    "the last byte": lambda backup: _flip(backup / "registry.db", -1),
    "cut short": lambda backup: (backup / "registry.db").write_bytes((backup / "registry.db").read_bytes()[:-4096]),
    "grown": lambda backup: (backup / "registry.db").write_bytes((backup / "registry.db").read_bytes() + b"x"),
    "no records": lambda backup: (backup / "registry.db").unlink(),
    "no manifest": lambda backup: (backup / "manifest.json").unlink(),
    "another format": lambda backup: _say(backup, format="bevis-backup/2"),
    "more than is known": lambda backup: _say(backup, more=1),
    "no text": lambda backup: (backup / "manifest.json").write_bytes(b"\xff{"),
    "a path for a name": lambda backup: _say(backup, files={"../x": {"bytes": 1, "sha256": "0" * 64}}),
    "another head": _swap,
    "a forged head": lambda backup: (backup / "log.head").write_text("forged"),
    "no head": lambda backup: (backup / "log.head").unlink(),
}


@ON_SQLITE
def test_what_is_not_as_it_was_made_is_not_restored(registry: Registry, tmp_path: Path) -> None:
    made = make_backup(registry, there(tmp_path / "good"), NOW).place
    for number, (what, damage) in enumerate(DAMAGE.items()):
        spoilt, place = tmp_path / f"spoilt-{number}", tmp_path / "place"
        shutil.copytree(made, spoilt)
        damage(spoilt)
        with pytest.raises(BackupDamaged):
            restore_backup(spoilt, place, LATER, environment={})
        assert not place.exists(), what
    packed = make_backup(registry, tmp_path / "b.tar.gz", NOW).place
    whole = packed.read_bytes()
    for spoilt_bytes in (b"", whole[:100], whole[: len(whole) // 2], whole[:-200], b"text"):
        packed.write_bytes(spoilt_bytes)
        with pytest.raises(BackupDamaged):
            restore_backup(packed, tmp_path / "place", LATER, environment={})
        assert not (tmp_path / "place").exists()
    with tarfile.open(packed, "w") as hostile:  # a link in place of the records
        for name in ("manifest.json", "log.head"):
            hostile.add(made / name, name)
        link = tarfile.TarInfo("registry.db")
        link.type, link.linkname = tarfile.SYMTYPE, "/etc/passwd"
        hostile.addfile(link)
    with pytest.raises(BackupDamaged):
        restore_backup(packed, tmp_path / "place", LATER, environment={})


@ON_SQLITE
def test_an_interrupted_attempt_is_done_again(registry: Registry, tmp_path: Path) -> None:
    made = make_backup(registry, tmp_path, NOW)
    place = tmp_path / "place"
    place.mkdir()
    for name, data in (("bevis.toml.unfinished", b"half"), ("registry.db", b"half"), ("registry.db-wal", b"half")):
        (place / name).write_bytes(data)
    (place / "log.head").write_text(RESTORED_MARK)
    done = restore_backup(made.place, place, LATER, nothing_later=True, environment={})
    assert done.log.sound
    assert not (place / "bevis.toml.unfinished").exists()
    done.registry.close()


@ON_SQLITE
def test_nothing_is_put_over_anything(registry: Registry, tmp_path: Path) -> None:
    made = make_backup(registry, tmp_path, NOW)
    with pytest.raises(MalformedInput, match="replaces nothing"):
        make_backup(registry, tmp_path, NOW)
    with pytest.raises(RegistryExists):
        restore_backup(made.place, registry.directory, LATER, environment={})
    (tmp_path / "other").mkdir()
    (tmp_path / "other" / "thesis.txt").write_text("mine")
    with pytest.raises(MalformedInput, match="thesis"):
        restore_backup(made.place, tmp_path / "other", LATER, environment={})
    assert [file.name for file in (tmp_path / "other").iterdir()] == ["thesis.txt"]


def test_made_while_others_write_it_is_one_moment(
    registry: Registry, keyring: Keyring, restored: Any, tmp_path: Path
) -> None:
    ends = threading.Event()

    def write() -> None:
        row = 10
        while not ends.is_set():
            issued(registry, keyring, row, row + 1)
            row += 2

    writer = threading.Thread(target=write)
    writer.start()
    try:
        made = []
        for number in range(2):
            with registry.reading() as db:
                head = log_state(db, registry.head_file, LATER).head
            made.append((make_backup(registry, there(tmp_path / str(number)), NOW), head))
    finally:
        ends.set()
        writer.join()
    for backup, before in made:
        done = restored(backup.place, nothing_later=True)
        assert done.log.sound
        assert before is not None
        assert done.log.state.head is not None
        assert done.log.state.head.size >= before.size


@ON_SQLITE
@pytest.mark.parametrize("into", ["sqlite", "postgresql"])
def test_one_of_an_older_version_is_brought_to_this_one(
    tmp_path: Path, restored: Any, request: pytest.FixtureRequest, into: str, database: str
) -> None:
    assert database == "sqlite"
    old = tmp_path / "old"
    old.mkdir()
    left_by_the_released(old / "registry.db")
    with closing(sqlite3.connect(old / "registry.db")) as records:
        records.execute("PRAGMA journal_mode = DELETE")
        revision = records.execute("SELECT value FROM revision").fetchone()[0]
    data = (old / "registry.db").read_bytes()
    files = {"registry.db": {"bytes": len(data), "sha256": sha256(data).hexdigest()}}
    said = {"format": "bevis-backup/1", "made_at": "2026-03-01T00:00:00Z", "program": "bevis 0.1.0", "tables": "0001"}
    said |= {"public_url": "https://old.example", "name": "Old", "database": "SQLite", "revision": revision}
    (old / "manifest.json").write_text(json.dumps(said | {"files": files}))
    with ExitStack() as given:
        url = None
        if into == "postgresql":
            url = given.enter_context(request.getfixturevalue("postgresql").database())
        done = restored(old, database=url)
        with done.registry.reading() as db:
            assert certificates(db)
        assert standing(done.registry) == "restored"
        done.registry.close()
    newer = json.loads((old / "manifest.json").read_text())
    with closing(sqlite3.connect(old / "registry.db")) as records:
        records.execute("CREATE TABLE alembic_version (version_num VARCHAR(32) NOT NULL)")
        records.execute("INSERT INTO alembic_version VALUES ('9999')")
        records.commit()
    data = (old / "registry.db").read_bytes()
    newer["files"]["registry.db"] = {"bytes": len(data), "sha256": sha256(data).hexdigest()}
    (old / "manifest.json").write_text(json.dumps(newer))
    with pytest.raises(RegistryNewer):
        restored(old)


@ON_SQLITE
def test_it_goes_where_somebody_will_find_it(registry: Registry, tmp_path: Path) -> None:
    """Not below a disk that is not mounted, and not where it would be lost with the registry."""
    own = registry.directory
    (tmp_path / "link").symlink_to(own)
    (tmp_path / "file").write_text("x")
    nowhere = (tmp_path / "not-mounted", tmp_path / "not-mounted" / "b.tar", own, own / "b.tar.gz", tmp_path / "link")
    for place in (*nowhere, tmp_path / "file"):
        before = sorted(own.iterdir())
        with pytest.raises(MalformedInput):
            make_backup(registry, place, NOW)
        assert sorted(own.iterdir()) == before
    assert not (tmp_path / "not-mounted").exists()
    made = make_backup(registry, tmp_path, NOW)
    assert made.same_disk == (tmp_path.stat().st_dev == own.stat().st_dev)
