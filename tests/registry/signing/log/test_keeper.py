import random
import threading
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, suppress
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import text
from sqlalchemy.orm import Session

from registry.errors import LogGoesOn, LogStopped
from registry.records.issued.certificates import certificates, issued_event
from registry.records.log.entries import enter, number_waiting, place_of, waiting
from registry.records.log.heads import heads, newest_epoch
from registry.records.whole.directory import Registry
from registry.signing.keys import Keyring
from registry.signing.log import keeper as keeper_module
from registry.signing.log import state as state_module
from registry.signing.log.check import check_log
from registry.signing.log.keeper import LogKeeper
from registry.signing.log.published import bundle_bytes, proof_of, published_log, tile_bytes
from registry.signing.log.state import Standing, log_state
from registry.signing.published import build_trust
from tests.registry.conftest import NOW, Beginning, fill, issue, let_history_be_changed, person, roster
from tests.verification.log import naive
from verification.judge import judge
from verification.log.checkpoint import Checkpoint, open_checkpoint, read_checkpoint
from verification.log.entry import read_entry
from verification.log.note import sign_note
from verification.log.tiles import read_bundle, tiles_of
from verification.presented import with_proof
from verification.situation import situation
from verification.verify import verify

BEGINS_WITH: Mapping[str, Beginning] = {"registry": fill}
LATER = NOW + timedelta(hours=1)
STEPS = (
    *("locked", "read", "stored", "worked out again", "signed", "head stored", "before the commit", "committed"),
    *("before the file", "published"),
)


class Crash(Exception):
    """The process is gone at this step."""


def keeper(registry: Registry, keyring: Keyring, **more: Any) -> LogKeeper:
    return LogKeeper(registry, lambda: keyring, lambda: NOW, **more)


@pytest.fixture
def log(registry: Registry, keyring: Keyring) -> LogKeeper:
    """The log, begun."""
    made = keeper(registry, keyring)
    made.advance()
    return made


def enter_some(registry: Registry, number: int, first: int = 0) -> list[bytes]:
    """That many entries, acknowledged once this returns."""
    with registry.writing() as db:
        return [
            enter(db, "bundle.published", NOW.date(), {"digest": f"entry-{place}"})[1]
            for place in range(first, first + number)
        ]


def seen_from_outside(registry: Registry) -> tuple[Checkpoint, list[bytes]]:
    """The published head and all entries under it, read as from the published files, and worked out anew."""
    with registry.reading() as db:
        log = published_log(db, registry.head_file)
        entries: list[bytes] = []
        for tile in tiles_of(log.head.size):
            hashes = tile_bytes(db, log, tile)
            assert len(hashes) == tile.width * 32
            if tile.level == 0:
                bundle = read_bundle(bundle_bytes(db, log, tile))
                assert hashes == b"".join(naive.head([entry]) for entry in bundle)
                entries += bundle
        checkpoint = open_checkpoint(log.head.note, [log.key])
    assert (checkpoint.size, checkpoint.root) == (len(entries), naive.head(entries))
    return checkpoint, entries


def test_a_log_begins_with_all_that_was_recorded_before(registry: Registry, keyring: Keyring) -> None:
    issue(registry, keyring, "hot-work-march", roster(person(2), person(3)))
    log = keeper(registry, keyring)
    assert log.advance() > 10
    checkpoint, entries = seen_from_outside(registry)
    kinds = [read_entry(entry).kind for entry in entries]
    assert kinds.count("certificate.issued") == 2
    assert {"key.registered", "mandate.changed", "scheme.changed", "rules.published"} <= set(kinds)
    with registry.reading() as db:
        assert check_log(db, log.head_file, NOW).sound
        assert checkpoint.origin == "127.0.0.1:8000/log/1" or checkpoint.origin.endswith("/log/1")
        told = b"\n".join(entries)
        for row in certificates(db):
            for secret in (row.holder_name, row.number, row.holder_name.split()[0]):
                assert secret.encode() not in told
    assert log.advance() == 0


def test_nothing_new_signs_no_new_head(registry: Registry, log: LogKeeper) -> None:
    note = log.head_file.read_text()
    assert log.advance() == 0
    assert log.head_file.read_text() == note
    with registry.reading() as db:
        assert len(heads(db, 1)) == 1


def test_entries_keep_their_places_and_every_head_continues_the_one_before(
    registry: Registry, keyring: Keyring
) -> None:
    log = keeper(registry, keyring, at_once=7)
    acknowledged: list[bytes] = []
    for number in (1, 2, 7, 20, 300):
        acknowledged += enter_some(registry, number, len(acknowledged))
        log.advance()
        _, entries = seen_from_outside(registry)
        assert [entry for entry in entries if b"entry-" in entry] == acknowledged
    with registry.reading() as db:
        for head in heads(db, 1):
            assert head.root == naive.head(entries[: head.size])
            assert read_checkpoint(head.note.split("\n\n")[0] + "\n").size == head.size
        assert check_log(db, log.head_file, NOW).sound


def test_a_certificate_proves_that_it_is_in_the_log(registry: Registry, keyring: Keyring, log: LogKeeper) -> None:
    issue(registry, keyring, "hot-work-march", roster(person(2), person(3)))
    log.advance()
    with registry.reading() as db:
        one, other = certificates(db)
        trust = build_trust(db, registry.public_url, NOW)
        proofs = [proof_of(db, log.head_file, issued_event(db, row)) for row in (one, other)]

    def codes(given: str) -> tuple[str, set[str]]:
        verdict = judge(verify(given, trust, NOW), situation("site_entry"), NOW)
        return verdict.headline, {finding.code for finding in verdict.reasons}

    headline, found = codes(with_proof(one.vc_jwt, proofs[0]))
    assert headline == "valid"
    assert "in_log" in found
    assert codes(one.vc_jwt)[0] == "unknown"
    assert "not_in_log" in codes(one.vc_jwt)[1]
    # Another's proof is none, nor one that was changed anywhere.
    assert "log_proof_invalid" in codes(with_proof(one.vc_jwt, proofs[1]))[1]
    lines = proofs[0].split("\n")
    for place, line in enumerate(lines):
        if not line:
            continue
        changed = line[:-2] + ("A" if line[-2] != "A" else "B") + line[-1]
        headline, found = codes(with_proof(one.vc_jwt, "\n".join([*lines[:place], changed, *lines[place + 1 :]])))
        assert headline in {"unknown", "signature_invalid"}, line
        assert "in_log" not in found
    # Of a registry that has another log it says nothing.
    stranger = trust.model_copy(update={"logs": (trust.logs[0].model_copy(update={"origin": "other.example/log/1"}),)})
    assert verify(with_proof(one.vc_jwt, proofs[0]), stranger, NOW).findings
    assert (
        judge(verify(with_proof(one.vc_jwt, proofs[0]), stranger, NOW), situation("site_entry"), NOW).outcome != "valid"
    )


def test_what_was_entered_later_than_it_says_has_no_proven_date(registry: Registry, keyring: Keyring) -> None:
    issue(registry, keyring, "hot-work-march", roster(person(2)))
    later = NOW + timedelta(days=3)
    log = LogKeeper(registry, lambda: keyring, lambda: later)
    with registry.writing() as db:
        let_history_be_changed(db)
        db.connection().execute(text("DELETE FROM log_entry WHERE kind = 'certificate.issued'"))
    log.advance()
    with registry.reading() as db:
        [row] = certificates(db)
        given = with_proof(row.vc_jwt, proof_of(db, log.head_file, issued_event(db, row)))
        verdict = judge(
            verify(given, build_trust(db, registry.public_url, later), later), situation("site_entry"), later
        )
    assert verdict.headline == "unknown"
    assert "date_not_proven" in {finding.code for finding in verdict.reasons}


# ------------------------------------------------------------------ crashes


def crashing(at: str, turn: int) -> Callable[[str], None]:
    """Gone when that step comes the n-th time."""
    left = [turn]

    def step(name: str) -> None:
        if name == at:
            left[0] -= 1
            if left[0] == 0:
                raise Crash(name)

    return step


@pytest.mark.parametrize("batch", [2, 7, 60])
@pytest.mark.parametrize("at", STEPS)
def test_a_crash_at_any_step_loses_nothing_and_forks_nothing(
    registry: Registry, keyring: Keyring, at: str, batch: int
) -> None:
    keeper(registry, keyring, at_once=batch).advance()
    acknowledged: list[bytes] = []
    published: dict[int, bytes] = {}
    for turn in (1, 2, 3):
        acknowledged += enter_some(registry, 3 * batch, len(acknowledged))
        # The file is written once for all that waited.
        once = at in {"before the file", "published"}
        with pytest.raises(Crash):
            keeper(registry, keyring, at_once=batch, step=crashing(at, 1 if once else turn)).advance()
        _remember(registry, published)
    keeper(registry, keyring, at_once=batch).advance()
    _remember(registry, published)
    _, entries = seen_from_outside(registry)
    found = [entry for entry in entries if b"entry-" in entry]
    assert sorted(found) == sorted(acknowledged)
    assert len(set(found)) == len(found)
    for size, root in published.items():
        assert naive.head(entries[:size]) == root
    with registry.reading() as db:
        assert number_waiting(db) == 0
        assert check_log(db, registry.head_file, NOW).sound


@pytest.mark.parametrize("at", [*STEPS[2:], "locked and read"])
def test_a_crash_of_whoever_writes_loses_nothing_that_was_acknowledged_and_forks_nothing(
    registry: Registry, keyring: Keyring, at: str
) -> None:
    keeper(registry, keyring).advance()
    acknowledged: list[bytes] = []
    published: dict[int, bytes] = {}
    for turn in (1, 2, 3):
        registry.keep_log(keeper(registry, keyring, step=crashing(at, turn)))
        for number in range(turn + 1):
            with suppress(Crash):
                acknowledged += enter_some(registry, 3, 100 * turn + 10 * number)
            _remember(registry, published)
    registry.keep_log(keeper(registry, keyring))
    acknowledged += enter_some(registry, 3, 1000)
    _remember(registry, published)
    _, entries = seen_from_outside(registry)
    found = [entry for entry in entries if b"entry-" in entry]
    assert set(acknowledged) <= set(found)
    assert len(set(found)) == len(found)
    for size, root in published.items():
        assert naive.head(entries[:size]) == root
    with registry.reading() as db:
        assert number_waiting(db) == 0
        assert check_log(db, registry.head_file, NOW).sound


# What the keeper does to the world, one after another, and where its name is looked up.
POINTS: Mapping[str, tuple[Any, str]] = {
    "the lock is taken": (keeper_module.fcntl, "flock"),
    "the file is read": (state_module, "read_head"),
    "places are given": (keeper_module, "give_places"),
    "the edge is read": (keeper_module, "edge_of"),
    "tiles are stored": (keeper_module, "keep_tiles"),
    "the tree is worked out again": (keeper_module, "_look_again"),
    "the head is signed": (keeper_module, "sign_note"),
    "the head is stored": (keeper_module, "keep_head"),
    "the transaction is committed": (Session, "commit"),
    "the file is written": (keeper_module, "write_head"),
}


@contextmanager
def failing(point: str, *, done: bool) -> Iterator[list[str]]:
    """That fails once. done: it is done all the same, and only told as a fault."""
    owner, name = POINTS[point]
    real, failed = getattr(owner, name), list[str]()

    def once(*given: Any, **named: Any) -> Any:
        if failed:
            return real(*given, **named)
        failed.append(point)
        if done:
            real(*given, **named)
        raise OSError(f"told that it failed: {point}")

    setattr(owner, name, once)
    try:
        yield failed
    finally:
        setattr(owner, name, real)


@pytest.mark.parametrize("more", [0, 3])
@pytest.mark.parametrize("path", ["what waits", "whoever writes"])
def test_what_failed_and_what_was_only_told_to_have_failed_is_tried_again(
    registry: Registry, keyring: Keyring, path: str, more: int
) -> None:
    """Each point × done or not × the next head of the same size or of another (the table of Sunlight's tests)."""
    log = keeper(registry, keyring)
    log.advance()
    acknowledged, published = list[bytes](), dict[int, bytes]()
    table = [(point, done) for point in POINTS for done in (False, True)]
    for number, (point, done) in enumerate(table):
        case, first = f"{point}, done: {done}", 100 * number
        if path == "what waits":
            registry.keep_log(None)
            acknowledged += enter_some(registry, 2, first)
            with failing(point, done=done) as failed, pytest.raises((OSError, LogStopped)):
                log.advance()
            _remember(registry, published)
            acknowledged += enter_some(registry, more, first + 10)
            assert failed, case
        else:
            registry.keep_log(log)
            with failing(point, done=done) as failed, suppress(OSError, LogStopped):
                enter_some(registry, 2, first)
            # Places are given by another way to those who write; then there was nothing to fail.
            assert bool(failed) == (point != "places are given"), case
            _remember(registry, published)
            acknowledged += enter_some(registry, 1 + more, first + 10)
        log.advance()
        _remember(registry, published)
        _, entries = seen_from_outside(registry)
        assert set(acknowledged) <= set(entries), case
        assert len(set(entries)) == len(entries), case
        for size, root in published.items():
            assert naive.head(entries[:size]) == root, case
    with registry.reading() as db:
        assert number_waiting(db) == 0
        assert check_log(db, log.head_file, NOW).sound


def test_what_is_undone_within_a_transaction_leaves_no_gap(registry: Registry, log: LogKeeper) -> None:
    registry.keep_log(log)
    with registry.writing() as db:
        enter(db, "bundle.published", NOW.date(), {"digest": "entry-1"})
        with suppress(Crash), db.begin_nested():
            enter(db, "bundle.published", NOW.date(), {"digest": "entry-of-nothing"})
            raise Crash
        enter(db, "bundle.published", NOW.date(), {"digest": "entry-2"})
    with registry.writing() as db, suppress(Crash), db.begin_nested():
        enter(db, "bundle.published", NOW.date(), {"digest": "entry-of-nothing"})
        raise Crash
    with suppress(Crash), registry.writing() as db:
        enter(db, "bundle.published", NOW.date(), {"digest": "entry-of-nothing"})
        raise Crash
    _, entries = seen_from_outside(registry)
    assert [read_entry(entry).members["digest"] for entry in entries if b"entry-" in entry] == ["entry-1", "entry-2"]
    with registry.reading() as db:
        assert check_log(db, log.head_file, NOW).sound


@pytest.mark.parametrize("at", ["begun", "before the file", "published", "committed", "before the commit"])
def test_a_crash_as_it_begins_leaves_a_log_that_begins(registry: Registry, keyring: Keyring, at: str) -> None:
    for turn in (1, 2):
        with suppress(Crash):
            keeper(registry, keyring, step=crashing(at, turn)).advance()
    enter_some(registry, 3)
    keeper(registry, keyring).advance()
    _, entries = seen_from_outside(registry)
    assert [entry for entry in entries if b"entry-" in entry][-1].endswith(b'"v":1}')
    with registry.reading() as db:
        assert check_log(db, registry.head_file, NOW).sound


def _remember(registry: Registry, published: dict[int, bytes]) -> None:
    """What the world has seen: no size with two roots."""
    file = registry.head_file
    said = read_checkpoint(file.read_text().split("\n\n")[0] + "\n")
    assert published.setdefault(said.size, said.root) == said.root


class Naive:
    """The control: signs and lets out before it stores, and takes no turn. It has to fork."""

    def __init__(self, registry: Registry, keyring: Keyring, published: list[tuple[int, bytes]]) -> None:
        self._registry, self._keyring, self._published = registry, keyring, published
        self.entries: list[bytes] = []

    def advance(self, *, crash: bool) -> None:
        with self._registry.reading() as db:
            found = [bytes(entry) for _, entry in waiting(db, 1000)]
        new = [entry for entry in found if entry not in self.entries]
        random.Random(len(self._published)).shuffle(new)  # noqa: S311 an order, no secret
        self._published.append((len(self.entries) + len(new), naive.head([*self.entries, *new])))
        if not crash:
            self.entries += new


def test_the_control_forks(registry: Registry, keyring: Keyring) -> None:
    published: list[tuple[int, bytes]] = []
    control = Naive(registry, keyring, published)
    for turn in range(4):
        enter_some(registry, 3, 3 * turn)
        control.advance(crash=True)
        control.advance(crash=False)
    roots: dict[int, set[bytes]] = {}
    for size, root in published:
        roots.setdefault(size, set()).add(root)
    assert any(len(found) > 1 for found in roots.values())


@pytest.mark.parametrize("kept", [False, True])
def test_two_sequencers_at_once_give_one_history(registry: Registry, keyring: Keyring, *, kept: bool) -> None:
    if kept:  # whoever writes gives places too
        registry.keep_log(keeper(registry, keyring))
    keepers = [keeper(registry, keyring, at_once=5) for _ in range(2)]
    published: dict[int, bytes] = {}
    faults: list[BaseException] = []

    def work(number: int) -> None:
        try:
            for turn in range(12):
                enter_some(registry, 4, 1000 * number + 4 * turn)
                keepers[number].advance()
        except BaseException as fault:
            faults.append(fault)
            raise

    threads = [threading.Thread(target=work, args=(number,)) for number in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert not faults
    _, entries = seen_from_outside(registry)
    assert len([entry for entry in entries if b"entry-" in entry]) == 96
    with registry.reading() as db:
        for head in heads(db, 1):
            assert published.setdefault(head.size, head.root) == naive.head(entries[: head.size])
        assert check_log(db, keepers[0].head_file, NOW).sound


# ------------------------------------------------------------------ one history


def forged_head(registry: Registry, keyring: Keyring, size: int, root: bytes) -> str:
    """A head that this log's key might have signed elsewhere."""
    with registry.reading() as db:
        epoch = newest_epoch(db)
        assert epoch is not None
        signer = keyring.log_signer(db, epoch.kid)
    return sign_note(Checkpoint(epoch.origin, size, root).text, epoch.origin, signer.public(), signer)


def standings(registry: Registry, keyring: Keyring, log: LogKeeper) -> Iterator[tuple[Standing, Callable[[], None]]]:
    """Each way in which database and file may part, and how it comes about."""
    size = read_checkpoint(log.head_file.read_text().split("\n\n")[0] + "\n").size
    yield Standing.DATABASE_BEHIND, lambda: _write(log, forged_head(registry, keyring, size + 5, bytes(32)))
    yield Standing.FORKED, lambda: _write(log, forged_head(registry, keyring, size, bytes(32)))
    yield Standing.FORKED, lambda: _write(log, forged_head(registry, keyring, size - 1, bytes(32)))
    yield Standing.FILE_MISSING, log.head_file.unlink
    yield Standing.FILE_UNREADABLE, lambda: _write(log, "no note\n")
    yield Standing.FILE_UNREADABLE, lambda: _write(log, log.head_file.read_text()[:-10])


def _write(log: LogKeeper, note: str) -> None:
    log.head_file.write_text(note)


@pytest.mark.parametrize("which", range(6))
def test_where_database_and_file_part_nothing_is_signed_or_stored(
    registry: Registry, keyring: Keyring, log: LogKeeper, which: int
) -> None:
    standing, bring_about = list(standings(registry, keyring, log))[which]
    before = log.head_file.read_text()
    bring_about()
    left = log.head_file.read_text() if log.head_file.exists() else None
    registry.keep_log(log)
    with pytest.raises(LogStopped) as stopped:
        enter_some(registry, 1)
    assert stopped.value.standing == standing.value
    with pytest.raises(LogStopped):
        log.advance()
    with registry.reading() as db:
        assert log_state(db, log.head_file, NOW).standing is standing
        assert number_waiting(db) == 0
        assert len(heads(db, 1)) == 1
        assert not check_log(db, log.head_file, NOW).sound
    assert (log.head_file.read_text() if log.head_file.exists() else None) == left
    # What has nothing to do with the log goes on.
    with registry.writing():
        pass
    _write(log, before)
    enter_some(registry, 1)
    seen_from_outside(registry)


@pytest.mark.usefixtures("log")
def test_a_clock_behind_the_last_head_stops_the_log(registry: Registry, keyring: Keyring) -> None:
    early = LogKeeper(registry, lambda: keyring, lambda: NOW - timedelta(minutes=6))
    registry.keep_log(early)
    with pytest.raises(LogStopped) as stopped:
        enter_some(registry, 1)
    assert stopped.value.standing == "clock_behind"
    registry.keep_log(LogKeeper(registry, lambda: keyring, lambda: NOW - timedelta(minutes=4)))
    enter_some(registry, 1)


def test_where_the_file_cannot_be_written_nothing_is_shown_and_nothing_is_lost(
    registry: Registry, log: LogKeeper
) -> None:
    before = log.head_file.read_text()
    registry.keep_log(log)
    in_the_way = log.head_file.with_name("log.head.new")
    in_the_way.mkdir()
    with pytest.raises(LogStopped, match="cannot be written") as stopped:
        enter_some(registry, 3)
    assert stopped.value.standing == "file_unwritable"
    assert log.head_file.read_text() == before
    assert b"entry-" not in b"".join(seen_from_outside(registry)[1])
    in_the_way.rmdir()
    assert log.advance() == 0  # they have their places; the head is let out as it was signed
    assert len([entry for entry in seen_from_outside(registry)[1] if b"entry-" in entry]) == 3


def test_a_log_that_cannot_go_on_is_followed_by_another(registry: Registry, keyring: Keyring, log: LogKeeper) -> None:
    issue(registry, keyring, "hot-work-march", roster(person(2)))
    log.advance()
    with registry.reading() as db:
        [row] = certificates(db)
        given = with_proof(row.vc_jwt, proof_of(db, log.head_file, issued_event(db, row)))
    with pytest.raises(LogGoesOn):
        log.begin_again("nothing is wrong", "desk")
    evidence = forged_head(registry, keyring, 500, bytes(32))
    _write(log, evidence)
    issue(registry, keyring, "hot-work-march", roster(person(3)))
    why = "Återställd från en gammal kopia" + " och så vidare" * 8
    epoch = log.begin_again(why, "desk")
    assert epoch.origin.endswith("/log/2")
    assert log.head_file.with_name("log.head.of-log-1").read_text() == evidence
    checkpoint, entries = seen_from_outside(registry)
    first = read_entry(entries[0])
    assert first.kind == "log.epoch"
    assert first.members["former"] == epoch.origin[:-1] + "1"
    assert first.members["size"] == 500
    assert str(first.members["reason"]).startswith("Aterstalld fran en gammal kopia och sa vidare och")
    assert any(read_entry(entry).kind == "certificate.issued" for entry in entries)
    with registry.reading() as db:
        trust = build_trust(db, registry.public_url, NOW)
        assert [known.closed_at is None for known in trust.logs] == [False, True]
        verdict = judge(verify(given, trust, NOW), situation("site_entry"), NOW)
        assert verdict.headline == "valid"
        assert check_log(db, log.head_file, NOW).sound
    registry.keep_log(log)
    enter_some(registry, 2)
    assert seen_from_outside(registry)[0].size == checkpoint.size + 2


# ------------------------------------------------------------------ nobody changes it unseen


@pytest.mark.parametrize(
    ("statement", "fault"),
    [
        (
            "UPDATE log_entry SET entry = (SELECT entry FROM log_entry WHERE log_index = 3) WHERE log_index = 2",
            "entry_changed",
        ),
        ("DELETE FROM log_entry WHERE log_index = 2", "entry_missing"),
        ("UPDATE log_tile SET hashes = (SELECT root FROM log_head LIMIT 1) WHERE level = 0", "tile_changed"),
        ("DELETE FROM log_tile WHERE level = 0", "tile_missing"),
        ("UPDATE log_head SET note = 'x'", "head_not_signed"),
        ("UPDATE log_head SET extends = 1 WHERE extends = 0", "head_missing"),
        ("DELETE FROM log_entry WHERE kind = 'certificate.issued' AND log_index IS NULL", "not_entered"),
    ],
)
def test_a_change_in_the_database_is_refused_and_if_forced_found(
    registry: Registry, keyring: Keyring, log: LogKeeper, statement: str, fault: str
) -> None:
    issue(registry, keyring, "hot-work-march", roster(person(2)))
    if fault != "not_entered":
        log.advance()
    with pytest.raises(Exception, match=r"never|stays|missing|only"), registry.writing() as db:
        db.connection().execute(text(statement))
    with registry.reading() as db:
        assert check_log(db, log.head_file, NOW).faults == []
    with registry.writing() as db:
        let_history_be_changed(db)
        db.connection().execute(text(statement))
    with registry.reading() as db:
        found = check_log(db, log.head_file, NOW)
    assert fault in {one.code for one in found.faults}


def test_an_entry_in_its_place_cannot_be_moved_nor_its_salt_exchanged(
    registry: Registry, keyring: Keyring, log: LogKeeper
) -> None:
    issue(registry, keyring, "hot-work-march", roster(person(2)))
    log.advance()
    for statement in (
        "UPDATE log_entry SET log_index = 1000 WHERE log_index = 2",
        "UPDATE log_entry SET salt = entry WHERE salt IS NOT NULL",
        "UPDATE log_tile SET hashes = substr(hashes, 1, 32)",
    ):
        with pytest.raises(Exception, match=r"stays|erased|never"), registry.writing() as db:
            db.connection().execute(text(statement))
    # Erased it can be: then nobody can tell any more whose entry it is.
    with registry.writing() as db:
        [row] = certificates(db)
        db.connection().execute(text("UPDATE log_entry SET salt = NULL WHERE salt IS NOT NULL"))
    with registry.reading() as db:
        assert place_of(db, issued_event(db, row)) is not None
        assert check_log(db, log.head_file, NOW).sound
