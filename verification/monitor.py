"""Whoever keeps an eye on a registry's log: does it only grow, does it say what it said, who has entered how much.

Needs no database and no part of the registry: its published files, its key, and a small file of one's own with what
was seen last. What is seen is seen for good: a registry that rewrites its history is found at the next look.
"""

import base64
import json
import os
from collections import Counter
from collections.abc import Mapping
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any, Final, NamedTuple

from verification.in_hand import NotUsable, bytes_of
from verification.log.checkpoint import Checkpoint
from verification.log.entry import MalformedEntry, read_entry
from verification.log.files import Files, grown_since
from verification.log.note import NoteKey
from verification.log.tree import HASH_BYTES

FORMAT: Final = "bevis-monitor/1"
_LONGEST: Final = 4096  # bytes of what was seen
_LATE: Final = timedelta(days=1)  # an entry says the day it was made; clocks and midnights differ


class NotSeen(Exception):
    """The file of what was seen before cannot be used."""


class Seen(NamedTuple):
    """What was seen last, and when."""

    checkpoint: Checkpoint
    at: datetime


class Report(NamedTuple):
    """What a look has found.

    entries   that are new, by kind
    issued    certificates that are new, by issuer, and by issuer and key
    alarms    what is wrong: a code, and where
    """

    seen: Seen
    since: int
    entries: Mapping[str, int]
    issued: Mapping[str, int]
    keys: Mapping[str, int]
    alarms: tuple[tuple[str, str], ...]


def look(files: Files, key: NoteKey, before: Seen | None, now: datetime) -> Report:
    """One look. Raises NotReachable, and LogAlarm where the log is not one history: then nothing new is believed."""
    grown = grown_since(files, key, before.checkpoint if before else None)
    kinds, issued, keys = Counter[str](), Counter[str](), Counter[str]()
    alarms: list[tuple[str, str]] = []
    for place, entry in enumerate(grown.entries, grown.since):
        try:
            read = read_entry(entry)
            day = date.fromisoformat(str(read.members["day"]))
        except (MalformedEntry, ValueError):
            alarms.append(("entry_unknown", str(place)))
            continue
        kinds[read.kind] += 1
        if read.kind == "certificate.issued":
            issued[str(read.members["issuer"])] += 1
            keys[f"{read.members['issuer']} {read.members['kid']}"] += 1
        if before is not None and day < (before.at - _LATE).date():
            alarms.append(("back_dated", f"{place} ({day})"))
        if day > (now + _LATE).date():
            alarms.append(("dated_ahead", f"{place} ({day})"))
    return Report(Seen(grown.checkpoint, now), grown.since, kinds, issued, keys, tuple(alarms))


def read_seen(file: Path) -> Seen | None:
    """What was seen last; None where there is no such file yet. Raises NotSeen."""
    try:
        if not file.exists():
            return None
        told = json.loads(bytes_of(str(file), _LONGEST))
    except (OSError, ValueError, NotUsable) as fault:
        raise NotSeen(f"{file} cannot be read") from fault
    try:
        root = base64.b64decode(told["root"], validate=True)
        at = datetime.fromisoformat(told["at"])
        seen = Seen(Checkpoint(str(told["origin"]), int(told["size"]), root), at)
    except (KeyError, TypeError, ValueError) as fault:
        raise NotSeen(f"{file} holds nothing that was seen") from fault
    if told.get("format") != FORMAT or len(root) != HASH_BYTES or at.tzinfo is None or seen.checkpoint.size < 0:
        raise NotSeen(f"{file} holds nothing that was seen")
    return seen


def write_seen(file: Path, seen: Seen) -> None:
    """Keep what was seen: all of it or nothing."""
    told: dict[str, Any] = {
        "format": FORMAT,
        "origin": seen.checkpoint.origin,
        "size": seen.checkpoint.size,
        "root": base64.b64encode(seen.checkpoint.root).decode(),
        "at": seen.at.astimezone(UTC).isoformat(),
    }
    fresh = file.with_name(f"{file.name}.new")
    fresh.write_text(json.dumps(told, indent=1) + "\n", "utf-8")
    with fresh.open("rb") as written:
        os.fsync(written.fileno())
    fresh.replace(file)
