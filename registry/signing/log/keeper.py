"""The sequencer: gives entries their places, signs the head over them, and lets it out only once it lies in two homes.

In this order, so that whatever happens between two steps the next run goes on with the same history:
places and tiles and head in one transaction · the tree worked out again from what was stored, by another way · commit
· the head to the file beside the database. Only what is in the file is published.

Mostly it is the transaction that enters something, which is alone in writing, that does all this at its end. What was
entered where nobody kept the log waits, and `advance` gives it its place.
"""

import fcntl
import os
import shutil
import threading
import unicodedata
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from datetime import datetime
from functools import cache
from pathlib import Path
from typing import Any, Final

from registry.errors import LogGoesOn, LogStopped, RecordDamaged
from registry.records.log.entries import End, Places, enter, entries_between, give_places, waiting, waiting_among
from registry.records.log.heads import (
    Epoch,
    Head,
    KeptTiles,
    begin_epoch,
    edge_of,
    epochs,
    keep_head,
    keep_tiles,
)
from registry.records.store.database import Database, grow_revision
from registry.records.whole.directory import Registry
from registry.records.whole.unlogged import enter_editions, enter_unlogged
from registry.signing.keys import Keyring
from registry.signing.log.state import GOES_ON, LogState, Standing, log_state, read_head, write_head
from verification.log.checkpoint import Checkpoint, read_checkpoint
from verification.log.note import MalformedNote, sign_note
from verification.log.tiles import root_at
from verification.log.tree import EMPTY_ROOT, leaf_hash
from verification.strict import encode_base64url

AT_ONCE: Final = 1024  # entries under one head, at most
PUBLISHED_EVERY: Final = 64  # heads, where very many entries wait
LOCK_FILE: Final = "log.lock"
ACTOR: Final = "log"
Step = Callable[[str], None]


def origin_of(public_url: str, number: int) -> str:
    """What the checkpoints of a registry's log are called: where it is read, without https:// (C2SP tlog-tiles)."""
    return f"{public_url.split('//', 1)[1]}/log/{number}"


class LogKeeper:
    """Keeps the log of one registry; any process may, one at a time does.

    keyring  asked for once, when something is to be signed
    clock    the moment, UTC
    step     told before each step that a crash may come between; for tests
    """

    def __init__(
        self,
        registry: Registry,
        keyring: Callable[[], Keyring],
        clock: Callable[[], datetime],
        *,
        at_once: int = AT_ONCE,
        step: Step = lambda _: None,
    ) -> None:
        self._registry, self._keyring, self._clock = registry, cache(keyring), clock
        self._at_once, self._step = at_once, step
        self._turn = threading.Lock()
        self._editions_entered = False

    @property
    def head_file(self) -> Path:
        """The second home of the signed head."""
        return self._registry.head_file

    def end(self, db: Database) -> End | None:
        """Where the log ends, for a transaction that is about to enter something; None where it has not begun.

        Raises LogStopped where nothing may be signed: then nothing may be issued or changed either.
        """
        state = self._state(db)
        begun = state.standing is not Standing.NOT_BEGUN and state.epoch is not None
        return End(state.epoch, state.head) if begun and state.epoch else None

    def sign(self, db: Database, places: Places) -> None:
        """A head over what the transaction has entered, in the same transaction. Raises RecordDamaged."""
        if places.end and places.leaves:
            places.note = self._extend(db, places.end, places.leaves, self._clock()).note
            self._step("before the commit")

    def show(self, places: Places) -> None:
        """Let that head out, once it is committed, unless a later one is out. Raises LogStopped."""
        if places.end is None:
            self.advance()
        elif places.note is not None:
            self._step("committed")
            with self.alone():
                if not self._is_out(places.end.epoch, places.note):
                    self._publish(places.note)

    def _is_out(self, epoch: Epoch, note: str) -> bool:
        """Whether the file has this head or a later one. Raises LogStopped where it has no head of this log.

        What was there when this head was signed was looked at then: nothing that is wrong is written over.
        """
        try:
            filed = read_checkpoint(_text_of(read_head(self.head_file) or ""))
        except MalformedNote as fault:
            raise LogStopped(_WHY[Standing.FILE_UNREADABLE], Standing.FILE_UNREADABLE.value) from fault
        if filed.origin == epoch.origin:
            return filed.size >= read_checkpoint(_text_of(note)).size
        with self._registry.reading() as db:
            return any(known.origin == filed.origin and known.number > epoch.number for known in epochs(db))

    def _state(self, db: Database) -> LogState:
        db.connection()  # from here on nobody else writes: only then does the file tell something
        state = log_state(db, self.head_file, self._clock())
        if state.standing not in GOES_ON:
            raise LogStopped(_WHY[state.standing], state.standing.value)
        return state

    def advance(self) -> int:
        """Give every waiting entry its place under a signed head that is published when this returns; how many.

        Raises LogStopped, and what `Registry.noting` raises.
        """
        given, note, unpublished = 0, None, 0
        with self.alone():
            self._see_that_it_has_begun()
            while True:
                now = self._clock()
                with self._registry.noting() as db:
                    head, number = self._sequence(db, now)
                    note = head.note if head else note
                    self._step("before the commit")
                self._editions_entered = True
                self._step("committed")
                given, unpublished = given + number, unpublished + 1
                last = number < self._at_once
                # Heads in between are shown to nobody: the file may lag, as after a crash.
                if note is not None and (last or unpublished == PUBLISHED_EVERY):
                    self._publish(note)
                    note, unpublished = None, 0
                if last:
                    return given

    def begin_again(self, reason: str, actor: str) -> Epoch:
        """A new log with a new key, where the former one cannot go on; what has no place yet gets one there.

        The former one is frozen as it is: what it proves it goes on proving. The new one's first entry names it.

        Raises LogGoesOn where there is no need.
        """
        with self.alone():
            now = self._clock()
            with self._registry.noting() as db:
                state = log_state(db, self.head_file, now)
                if state.standing in GOES_ON or state.standing is Standing.CLOCK_BEHIND:
                    raise LogGoesOn("the log can go on; a new one is for where it cannot")
                former = state.epoch
                number = former.number + 1 if former else 2
                epoch = self._new_epoch(db, number, now, reason, actor)
                known = state.filed or (Checkpoint("", state.head.size, state.head.root) if state.head else None)
                told: dict[str, str | int] = {"size": known.size, "root": encode_base64url(known.root)} if known else {}
                origin = former.origin if former else origin_of(self._registry.public_url, 1)
                _, first = enter(db, "log.epoch", now.date(), {"former": origin, "reason": _in_ascii(reason), **told})
                head = self._grow(db, epoch, None, [(waiting_among(db, [first])[first], first)], now)
                if former is None:
                    enter_unlogged(db, now)
                note = head.note
                if self.head_file.exists():
                    # Evidence: nobody looks at it again but people. A crash leaves the file where it was as well.
                    shutil.copyfile(
                        self.head_file, self.head_file.with_name(f"{self.head_file.name}.of-log-{number - 1}")
                    )
            self._publish(note)
        self.advance()
        return epoch

    def _sequence(self, db: Database, now: datetime) -> tuple[Head | None, int]:
        """The newest head, and how many entries it has more than the one before."""
        self._step("locked")
        state = self._state(db)
        epoch, head = state.epoch, state.head
        if epoch is None:
            raise RecordDamaged("the log was begun and is gone")
        if not self._editions_entered:
            enter_editions(db, now)  # those that this version of the program has brought
        entries = waiting(db, self._at_once)
        self._step("read")
        if not entries:
            return (head if state.standing is Standing.FILE_BEHIND else None), 0
        return self._grow(db, epoch, head, entries, now), len(entries)

    def _grow(
        self, db: Database, epoch: Epoch, head: Head | None, entries: Sequence[tuple[Any, bytes]], now: datetime
    ) -> Head:
        """Entries that waited get their places, and a signed head over them."""
        give_places(db, [identity for identity, _ in entries], epoch.number, head.size if head else 0)
        return self._extend(db, End(epoch, head), [leaf_hash(entry) for _, entry in entries], now)

    def _extend(self, db: Database, end: End, leaves: Sequence[bytes], now: datetime) -> Head:
        """The tree with these leaves more, whose entries are stored in their places, and a signed head over it."""
        epoch, head = end
        size = head.size if head else 0
        edge = edge_of(db, epoch.number, size)
        keep_tiles(db, epoch.number, edge.add(leaves))
        self._step("stored")
        root = edge.root()
        _look_again(db, end, edge.size, root)
        self._step("worked out again")
        signed = self._sign(db, epoch, Checkpoint(epoch.origin, edge.size, root))
        self._step("signed")
        grown = Head(epoch=epoch.number, size=edge.size, extends=size, root=root, note=signed, signed_at=now)
        keep_head(db, grown)
        self._step("head stored")
        return grown

    def _see_that_it_has_begun(self) -> None:
        """The first log, and in it all that was recorded before there was one.

        Empty as it is it is signed into the file before anything stands in it: from its first head on, a file that is
        not there is one that was lost.
        """
        if self.head_file.exists():
            return
        now = self._clock()
        with self._registry.noting() as db:
            state = self._state(db)
            epoch = state.epoch
            if epoch is None:
                epoch = self._new_epoch(db, 1, now, None, ACTOR)
                enter_unlogged(db, now)
            note = self._sign(db, epoch, Checkpoint(epoch.origin, 0, EMPTY_ROOT))
            self._step("begun")
        self._publish(note)

    def _new_epoch(self, db: Database, number: int, now: datetime, reason: str | None, actor: str) -> Epoch:
        key = self._keyring().create_log_key(db, now, actor)
        origin = origin_of(self._registry.public_url, number)
        epoch = Epoch(number=number, origin=origin, kid=key.kid, began_at=now, reason=reason)
        begin_epoch(db, epoch)
        grow_revision(db)  # there is a key more
        return epoch

    def _sign(self, db: Database, epoch: Epoch, checkpoint: Checkpoint) -> str:
        signer = self._keyring().log_signer(db, epoch.kid)
        return sign_note(checkpoint.text, epoch.origin, signer.public(), signer)

    def _publish(self, note: str) -> None:
        self._step("before the file")
        try:
            write_head(self.head_file, note)
        except OSError as fault:
            # What is stored has its place; it is shown to nobody before the head lies in both homes.
            raise LogStopped(f"{self.head_file} cannot be written: {fault.strerror}", "file_unwritable") from fault
        self._step("published")

    @contextmanager
    def alone(self) -> Iterator[None]:
        """The only one that does, of all processes, and of all machines that share the head file."""
        with self._turn:
            file = self._registry.directory / LOCK_FILE
            try:
                handle = os.open(file, os.O_CREAT | os.O_RDWR, 0o600)
            except OSError as fault:
                raise LogStopped(f"{file} cannot be written: {fault.strerror}", "file_unwritable") from fault
            try:
                fcntl.flock(handle, fcntl.LOCK_EX)
                with self._registry.head_in_hand():
                    yield
            finally:
                os.close(handle)


def _look_again(db: Database, end: End, grown: int, root: bytes) -> None:
    """Raises RecordDamaged where what was stored does not give the root that is about to be signed."""
    epoch, size = end.epoch.number, end.head.size if end.head else 0
    read = KeptTiles(db, epoch)
    if root_at(grown, read) != root or (end.head and root_at(size, read) != end.head.root):
        raise RecordDamaged("the log's tree is not what its head would say; nothing was signed")
    place = size
    for place, entry in enumerate(entries_between(db, epoch, size, grown), size + 1):
        number, at = divmod(place - 1, 256)
        if read(0, number)[at * 32 : (at + 1) * 32] != leaf_hash(entry):
            raise RecordDamaged(f"entry {place - 1} is not what the log's tree has of it; nothing was signed")
    if place != grown:
        raise RecordDamaged(f"entry {place} is not where the log's tree has it; nothing was signed")


def _text_of(note: str) -> str:
    """A note without its signatures."""
    return note.partition("\n\n")[0] + "\n"


def _in_ascii(reason: str) -> str:
    """As an entry can say it."""
    return " ".join(unicodedata.normalize("NFKD", reason).encode("ascii", "ignore").decode().split())[:200] or "-"


_WHY: Final = {
    Standing.DATABASE_BEHIND: "the log has gone further than this database knows, as after an old backup was put back; "
    "`bevis log recover` fetches what is missing from what was published",
    Standing.FORKED: "the log's head in the file is not the one in the database; keep both as they are, they are "
    "evidence, and begin a new log with `bevis log begin`",
    Standing.FILE_MISSING: "the file with the log's head is missing, so that nobody can tell whether this database "
    "is the newest; `bevis log recover` compares it with what was published",
    Standing.FILE_UNREADABLE: "the file with the log's head is no head of this registry's log; put the right "
    "one in its place",
    Standing.RESTORED: "this registry was restored from a backup, and nobody has said whether anything left it after "
    "that; `bevis log recover` or `bevis log begin` lets it go on",
    Standing.CLOCK_BEHIND: "the clock runs behind the log's last head; set it right",
}
