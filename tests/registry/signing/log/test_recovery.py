"""A backup put back: the registry refuses to go on until it has what it has lost, or begins another log."""

import shutil
import sqlite3
from collections.abc import Iterator, Mapping
from datetime import timedelta
from pathlib import Path

import pytest

from registry.errors import LogGoesOn, LogNotRecovered, LogStopped
from registry.records.issued.certificates import certificates, issued_event
from registry.records.log.heads import heads
from registry.records.whole.directory import Registry, open_registry
from registry.signing.keys import Keyring
from registry.signing.log.check import check_log
from registry.signing.log.keeper import LogKeeper
from registry.signing.log.published import proof_of
from registry.signing.log.recovery import Recovered, recover_log
from registry.signing.log.state import log_state
from registry.signing.publication import publish
from tests.independent.check_log import check as independent_check
from tests.registry.conftest import NOW, ON_SQLITE, Beginning, fill, issue, person, roster
from tests.registry.signing.log.test_keeper import seen_from_outside
from verification.log.files import Directory
from verification.log.note import NoteKey, key_from
from verification.monitor import look

BEGINS_WITH: Mapping[str, Beginning] = {"registry": fill}
pytestmark = ON_SQLITE  # what is put back are files; what comes of it is the same on both


class Story:
    """A registry, a backup of it, and what happened after the backup was made."""

    def __init__(self, registry: Registry, keyring: Keyring, place: Path) -> None:
        self.registry, self.keyring, self.backup, self.public = registry, keyring, place / "backup.db", place / "public"
        self.log = self.keeper(registry)
        registry.keep_log(self.log)

    def keeper(self, registry: Registry) -> LogKeeper:
        return LogKeeper(registry, lambda: self.keyring, lambda: NOW)

    def issue(self, *rows: int) -> str:
        """The state of the batch."""
        return issue(self.registry, self.keyring, "hot-work-march", roster(*(person(row) for row in rows))).state

    def back_up(self) -> None:
        source = sqlite3.connect(self.registry.directory / "registry.db")
        copy = sqlite3.connect(self.backup)
        source.backup(copy)
        copy.close()
        source.close()

    def put_back(self) -> None:
        self.registry.close()
        for file in self.registry.directory.glob("registry.db*"):
            file.unlink()
        shutil.copy(self.backup, self.registry.directory / "registry.db")
        self.registry = open_registry(self.registry.directory)
        self.log = self.keeper(self.registry)
        self.registry.keep_log(self.log)

    def publish(self) -> None:
        with self.registry.reading() as db:
            publish(db, self.keyring, self.log.head_file, self.registry.public_url, self.public, NOW)

    def recover(self, *, nothing_later: bool = False) -> Recovered:
        files = Directory(self.public / "log/1")
        return recover_log(self.registry, self.log, lambda _: files, NOW, nothing_later=nothing_later)

    def standing(self) -> str:
        with self.registry.reading() as db:
            return log_state(db, self.log.head_file, NOW).standing.value


@pytest.fixture
def story(registry: Registry, keyring: Keyring, tmp_path: Path) -> Iterator[Story]:
    told = Story(registry, keyring, tmp_path)
    told.issue(2)
    told.back_up()
    told.issue(3, 4)
    told.publish()
    yield told
    told.registry.close()


def test_a_restored_backup_refuses_until_it_has_what_it_lost(story: Story) -> None:
    head = story.log.head_file.read_text()
    with story.registry.reading() as db:
        key = seen_key(story)
        before = look(Directory(story.public / "log/1"), key, None, NOW).seen
        kept = {row.number: row.vc_jwt for row in certificates(db)}
    story.put_back()
    assert story.standing() == "database_behind"
    assert story.issue(5) == "held"
    with story.registry.reading() as db:
        assert len(certificates(db)) == 1
    with pytest.raises(LogStopped), story.registry.reading() as db:
        publish(db, story.keyring, story.log.head_file, story.registry.public_url, story.public, NOW)
    found = story.recover()
    assert (found.fetched, len(found.lost)) == (2, 2)
    assert {one.issuer for one in found.lost} == {"issuer"}
    assert story.log.head_file.read_text() == head
    assert story.standing() == "in_step"
    with story.registry.reading() as db:
        assert check_log(db, story.log.head_file, NOW).sound
        [first] = certificates(db)
        assert kept[first.number] == first.vc_jwt
        proof_of(db, story.log.head_file, issued_event(db, first))
    assert story.issue(6) == "done"
    story.publish()
    seen_from_outside(story.registry)
    after = look(Directory(story.public / "log/1"), key, before, NOW)
    assert (after.alarms, after.entries) == ((), {"certificate.issued": 1})
    assert independent_check(story.public / "log/1", key.text, None)["size"] == after.seen.checkpoint.size
    with pytest.raises(LogGoesOn):
        story.recover()


def seen_key(story: Story) -> NoteKey:
    return key_from((story.public / "log/keys").read_text().split("\n")[0])


def test_what_was_published_must_reach_as_far_as_the_head_file(story: Story) -> None:
    story.issue(6)  # after what was published
    story.put_back()
    with pytest.raises(LogNotRecovered, match="later copy"):
        story.recover()
    assert story.standing() == "database_behind"


def test_what_waited_when_the_backup_was_made_gets_its_place_back(
    registry: Registry, keyring: Keyring, tmp_path: Path
) -> None:
    story = Story(registry, keyring, tmp_path)
    story.issue(2)
    story.registry.keep_log(None)
    story.issue(3)
    story.back_up()  # the second one has no place yet
    story.registry.keep_log(story.log)
    story.log.advance()
    story.issue(4)
    story.publish()
    story.put_back()
    found = story.recover()
    assert (found.fetched, len(found.lost)) == (2, 1)
    with story.registry.reading() as db:
        for row in certificates(db):
            proof_of(db, story.log.head_file, issued_event(db, row))
        assert check_log(db, story.log.head_file, NOW).sound
    story.registry.close()


def test_without_the_head_file_somebody_has_to_vouch(story: Story) -> None:
    story.log.head_file.unlink()
    assert story.standing() == "file_missing"
    with pytest.raises(LogNotRecovered, match="nothing-later"):
        story.recover()
    found = story.recover(nothing_later=True)
    assert (found.fetched, found.lost) == (0, [])
    assert story.standing() == "in_step"
    story.issue(7)


def test_published_files_that_were_changed_are_not_believed(story: Story) -> None:
    story.put_back()
    for tile in (story.public / "log/1/tile/entries").iterdir():
        for file in tile.rglob("*") if tile.is_dir() else [tile]:
            data = bytearray(file.read_bytes())
            data[-3] ^= 1
            file.write_bytes(bytes(data))
    with pytest.raises(LogNotRecovered, match="does not continue"):
        story.recover()
    with story.registry.reading() as db:
        assert len(heads(db, 1)) < 10
    assert story.standing() == "database_behind"


def test_a_naive_restore_with_everything_is_noticed_where_it_publishes(story: Story) -> None:
    """Database and head file from one old copy: nothing here tells, but what was published does."""
    story.put_back()
    with story.registry.reading() as db:
        newest = heads(db, 1)[-1]
    story.log.head_file.write_text(newest.note)
    assert story.standing() == "in_step"
    story.issue(8, 9, 10)
    with pytest.raises(LogStopped, match="says") as stopped:
        story.publish()
    assert stopped.value.standing in {"forked", "database_behind"}
    assert look(Directory(story.public / "log/1"), seen_key(story), None, NOW + timedelta(days=1)).alarms == ()
