"""A log whose database has lost its end, as after an old backup was put back: fetched from what was published.

What was published is believed as far as the log's own key has signed it, and only if it continues both what the
database has and what the head file says.
"""

from collections.abc import Callable, Sequence
from datetime import date, datetime
from pathlib import Path
from typing import NamedTuple

from registry.errors import LogGoesOn, LogNotRecovered
from registry.records.log.entries import give_places, keep_fetched, waiting_among
from registry.records.log.heads import Epoch, Head, edge_of, keep_head, keep_tiles
from registry.records.store.database import Database
from registry.records.whole.directory import Registry
from registry.signing.log.keeper import LogKeeper
from registry.signing.log.state import GOES_ON, LogState, Standing, log_keys, log_state, write_head
from verification.log.checkpoint import Checkpoint
from verification.log.entry import read_entry
from verification.log.files import Files, Grown, LogAlarm, NotReachable, grown_since
from verification.log.note import NoteKey
from verification.log.tree import leaf_hash


class Lost(NamedTuple):
    """A certificate that the log has and the database has not: only its holder and its issuer can bring it back."""

    log_index: int
    issuer: str
    kid: str
    scheme: str
    day: date


class Recovered(NamedTuple):
    """How many entries were fetched, which certificates are missing, and how many other entries are about what is."""

    size: int
    fetched: int
    lost: Sequence[Lost]
    others: int = 0


def recover_log(
    registry: Registry,
    keeper: LogKeeper,
    files: Callable[[str], Files] | None,
    now: datetime,
    *,
    nothing_later: bool = False,
) -> Recovered:
    """Let a log that stands still go on where it was left.

    files          the published files of a log, by its origin; None where nothing was published
    nothing_later  somebody vouches that nothing later than what was published, or than what the database has, has left
                   this registry: needed where the head file is missing, since nothing else could tell

    Raises LogGoesOn where there is no need, LogNotRecovered where what was published does not fit, or does not reach.
    """
    with keeper.alone(), registry.noting() as db:
        state = log_state(db, keeper.head_file, now)
        epoch, head = state.epoch, state.head
        _recoverable(state, nothing_later=nothing_later)
        if files is None:
            return _as_it_is(state, keeper.head_file)
        if epoch is None or head is None:
            raise LogNotRecovered("the database knows of no log; nothing tells which key it had")
        key = next(key for key in log_keys(db) if key.name == epoch.origin)
        before = Checkpoint(epoch.origin, head.size, head.root)
        grown = _fetched(files(epoch.origin), key, before, state.filed)
        lost, others = _keep(db, epoch, head, grown, now) if grown.entries else ([], 0)
        note = grown.note if grown.checkpoint.size > head.size else head.note
        keeper_file = keeper.head_file
    write_head(keeper_file, note)
    return Recovered(max(grown.checkpoint.size, head.size), len(grown.entries), lost, others)


def _as_it_is(state: LogState, head_file: Path) -> Recovered:
    """What the database has is all there ever was. Raises LogNotRecovered where the head file says otherwise."""
    if state.standing is Standing.DATABASE_BEHIND:
        raise LogNotRecovered("the head file says that there is more than the database has; say --from where it lies")
    if state.standing is Standing.FILE_UNREADABLE:
        raise LogNotRecovered(f"{head_file} is no head of this log, and may be another's; move it away first")
    if state.head is None:  # begun, and nothing stood in it
        head_file.unlink(missing_ok=True)
        return Recovered(0, 0, [])
    write_head(head_file, state.head.note)
    return Recovered(state.head.size, 0, [])


def _recoverable(state: LogState, *, nothing_later: bool) -> None:
    """Raises LogGoesOn, LogNotRecovered."""
    if state.standing in GOES_ON or state.standing is Standing.CLOCK_BEHIND:
        raise LogGoesOn("the log can go on; there is nothing to recover")
    if state.standing is Standing.FORKED:
        raise LogNotRecovered("there are two histories, and no file tells which is right; see `bevis log begin`")
    if state.standing is not Standing.DATABASE_BEHIND and not nothing_later:
        raise LogNotRecovered(
            "without the head file nobody can tell whether something later has left this registry; if you know that "
            "nothing has, say --nothing-later"
        )


def _fetched(files: Files, key: NoteKey, before: Checkpoint, filed: Checkpoint | None) -> Grown:
    """What was published, seen to continue both. Raises LogNotRecovered."""
    try:
        grown = grown_since(files, key, before)
    except NotReachable as fault:
        raise LogNotRecovered(str(fault)) from fault
    except LogAlarm as alarm:
        if alarm.code == "rolled_back" and (filed is None or filed.size <= before.size):
            return Grown(before, "", before.size, [])  # what was published is older than what we have
        raise LogNotRecovered(f"what was published does not continue this database ({alarm})") from alarm
    if filed is not None and filed.size > grown.checkpoint.size:
        raise LogNotRecovered(
            f"what was published ends at {grown.checkpoint.size}, the head file says {filed.size}; find a later copy"
        )
    return grown


def _keep(db: Database, epoch: Epoch, head: Head, grown: Grown, now: datetime) -> tuple[list[Lost], int]:
    """Entries, tree and head as they were; what is lost besides."""
    edge = edge_of(db, epoch.number, head.size)
    keep_tiles(db, epoch.number, edge.add([leaf_hash(entry) for entry in grown.entries]))
    if edge.root() != grown.checkpoint.root:
        raise LogNotRecovered("what was published does not give the head that was signed")
    # What was entered before the copy was made, and got its place after it.
    own = waiting_among(db, grown.entries)
    lost: list[Lost] = []
    others = 0
    for place, entry in enumerate(grown.entries, grown.since):
        identity = own.pop(entry, None)
        if identity is not None:
            give_places(db, [identity], epoch.number, place)
            continue
        read = read_entry(entry)
        keep_fetched(db, read.kind, entry, epoch.number, place)
        if read.kind == "certificate.issued":
            said = read.members
            day = date.fromisoformat(str(said["day"]))
            lost.append(Lost(place, str(said["issuer"]), str(said["kid"]), str(said["scheme"]), day))
        else:
            others += 1
    size = grown.checkpoint.size
    keep_head(
        db,
        Head(epoch=epoch.number, size=size, extends=head.size, root=edge.root(), note=grown.note, signed_at=now),
    )
    return lost, others
