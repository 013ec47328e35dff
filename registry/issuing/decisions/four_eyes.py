"""When somebody else has to approve a batch, what exactly is approved, and who may not be the one. Pure."""

import hashlib
from collections.abc import Iterable, Mapping
from datetime import date

import orjson

from levels.level import Level
from registry.records.issued.batches import DecidedRow, KeptRow
from registry.records.persons.people import name_key
from registry.records.sittings.occasions import Role, StaffMember

KIND = "batch"  # of approval
# What an examination stands behind is never one person's word; below that a one-person provider issues alone.
_ALWAYS = frozenset({Level.B, Level.C1, Level.C2})
# Whoever decides took no part in training or examining (row O8 of the rules).
_TAKES_PART: frozenset[Role] = frozenset({"instructor", "examiner", "invigilator"})


def needs_two(levels: Iterable[Level], *, two_at_d: bool) -> bool:
    """Whether a second person decides on certificates of these levels; two_at_d: the scheme asks it at D too."""
    wanted = _ALWAYS | {Level.D} if two_at_d else _ALWAYS
    return any(level in wanted for level in levels)


def row_line(row: KeptRow | DecidedRow) -> bytes:
    """All that is decided about one row, the same bytes for the same decision, before and after it is issued."""
    told = [row.row, row.read, row.level, row.attained, row.asked, row.evidence, row.unmet]
    return orjson.dumps(told, option=orjson.OPT_SORT_KEYS | orjson.OPT_APPEND_NEWLINE)


def rows_digest(rows: Iterable[KeptRow]) -> str:
    """SHA-256 over the lines of all rows, in the order of the list, in hexadecimal."""
    return digest_of_lines(map(row_line, rows))


def digest_of_lines(lines: Iterable[bytes]) -> str:
    """The same, over lines as `row_line` has them."""
    digest = hashlib.sha256()
    for line in lines:
        digest.update(line)
    return digest.hexdigest()


def content(  # noqa: PLR0913 all that a decision is about
    *,
    batch: str,
    roster: str,
    rows: str,
    counts: Mapping[str, int],
    occasion: Mapping[str, object],
    scheme: str,
    version: str,
    issuer: str,
    asked: Level,
    wish: str,
    edition: str,
    ceiling: Level,
    mandate: str | None,
) -> dict[str, object]:
    """What is approved, in full: anything else is something else.

    roster   digest of the file
    rows     digest of what was decided about each row, see `rows_digest`
    counts   how many rows come to which level, and how many to none
    mandate  the one it rests on; None for an owner's own scheme
    """
    return {
        "batch": batch,
        "roster": roster,
        "rows": rows,
        "counts": dict(sorted(counts.items())),
        "occasion": dict(occasion),
        "scheme": scheme,
        "version": version,
        "issuer": issuer,
        "asked": asked.value,
        "wish": wish,
        "edition": edition,
        "ceiling": ceiling.value,
        "mandate": mandate,
    }


def counts_of(rows: Iterable[KeptRow]) -> dict[str, int]:
    """Rows by the level they come to; `none` for those that come to nothing."""
    found: dict[str, int] = {}
    for row in rows:
        count_one(found, row)
    return found


def count_one(found: dict[str, int], row: KeptRow | DecidedRow) -> None:
    """One more of its level."""
    level = row.level or "none"
    found[level] = found.get(level, 0) + 1


def part_taken(staff: Iterable[StaffMember], account: str, name: str, birth_date: date | None) -> str | None:
    """As what that person took part in teaching or examining; None where nothing shows that.

    A person is the one on the list of staff by the same id, or by the same name where no birth date tells them apart.
    """
    key = name_key(name)
    for member in staff:
        same_name = name_key(member.name) == key and (
            None in {member.birth_date, birth_date} or member.birth_date == birth_date
        )
        if member.role in _TAKES_PART and (member.id == account or same_name):
            return member.role
    return None
