"""A sign-in sheet as people have it, to lines and faults; pure, and nothing in the file makes it raise.

One row is one person at one session (columns `session`, `minutes` or `came` and `left`), or one person with a column
for each session, headed by its id or its day.
"""

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, time
from functools import partial
from typing import get_args

from levels.identity import IdentityEvent, Methods
from registry.issuing.lists.handed_in import Form, table_of
from registry.issuing.lists.listed import Listed, read_rows, spellings, staff_reader
from registry.issuing.lists.roster_cells import read_yes_no
from registry.issuing.lists.roster_row import Fault, fault, fault_of
from registry.issuing.sittings.checked_cell import check_reader, is_carried_over
from registry.reading.cells import calendar_day, folded
from registry.reading.tables import MEBIBYTE, Format, by_spelling, shared_headers
from registry.reading.wrong import BadCell, Unreadable
from registry.records.sittings.attendance import SheetLine
from registry.records.sittings.occasions import NewOccasion, Role
from registry.records.sittings.sessions import MINUTES_A_DAY, NewSession, minutes_between

MAX_BYTES = 10 * MEBIBYTE
MAX_ROWS = 50_000
AT = "session:"  # before the id of a session that heads a column
_ONE_SESSION = ("session", "present", "minutes", "came", "left")
_KEYS = ("name", "birth_date", *_ONE_SESSION, "method", "checker", "note")  # of a line that a program made


@dataclass(frozen=True)
class Sheet:
    """What was read: lines with the number of their row, and faults by row (0 is the file as a whole, 1 its header)."""

    lines: tuple[tuple[int, SheetLine], ...] = ()
    faults: Mapping[int, tuple[Fault, ...]] = field(default_factory=dict)


@dataclass(frozen=True)
class Reading:
    """What a sheet is read against.

    session       the one that rows which name none are about; None = the only one there is
    methods       the identity methods of the edition
    birth_needed  the scheme tells people apart by their birth date
    today         no sheet is of a day to come
    """

    occasion: NewOccasion
    session: str | None
    methods: Methods
    birth_needed: bool
    today: date


def read_sheet(data: bytes, against: Reading, form: Form = "table") -> Sheet:
    """Lines and faults of a sheet; as data it has `line`. A file with faults is not recorded at all."""
    sessions = against.occasion.session
    if not sessions:
        return _refused(0, fault("sheet_without_sessions"))
    if against.session is not None and all(session.id != against.session for session in sessions):
        return _refused(0, fault("no_such_session", value=against.session[:80], known=_known(sessions)))
    try:
        table = table_of(data, form, _format(sessions), _KEYS, "line")
    except Unreadable as refused:
        return Sheet(faults={refused.row: tuple(map(fault_of, refused.wrong))})
    by_column = [column for column in table.columns if column and column.startswith(AT)]
    both = [column for column in table.columns if column in _ONE_SESSION]
    if by_column and both:
        return _refused(1, fault("sessions_twice", column=both[0], other=by_column[0].removeprefix(AT)))
    rows, found = read_rows(table, _readers(against), birth_needed=against.birth_needed, on=against.today)
    faults = {number: list(wrong) for number, wrong in found.items()}
    lines: list[tuple[int, SheetLine]] = []
    first: dict[tuple[object, ...], int] = {}
    for row in rows:
        for read in _lines(row, against, table.columns):
            if isinstance(read, Fault):
                faults.setdefault(row.row, []).append(read)
                continue
            other = first.setdefault((read.person, read.session), row.row)
            if other != row.row:
                twice = fault("twice_on_sheet", column="name", value=read.name[:80], session=read.session, other=other)
                faults.setdefault(row.row, []).append(twice)
            lines.append((row.row, read))
    return Sheet(
        tuple(line for line in lines if line[0] not in faults), {row: tuple(faults[row]) for row in sorted(faults)}
    )


def _refused(row: int, wrong: Fault) -> Sheet:
    return Sheet(faults={row: (wrong,)})


def _known(sessions: Sequence[NewSession]) -> str:
    return ", ".join(f"{session.id} ({session.on})" for session in sessions)


# ------------------------------------------------------------------ columns and cells


def _format(sessions: Sequence[NewSession]) -> Format:
    days = [session.on for session in sessions]
    at_sessions = {
        folded(spelling): f"{AT}{session.id}"
        for session in sessions
        for spelling in (session.id or "", *([session.on.isoformat()] if days.count(session.on) == 1 else []))
    }
    headers = at_sessions | by_spelling(shared_headers()["columns"]) | by_spelling(spellings("sheet.toml")["columns"])
    return Format(headers, needed=("name",), max_bytes=MAX_BYTES, max_rows=MAX_ROWS)


def _readers(against: Reading) -> Mapping[str, Callable[[str], object]]:
    sessions = against.occasion.session
    return {
        "session": partial(_session, sessions=sessions),
        "present": _present,
        "minutes": _minutes,
        "came": _clock,
        "left": _clock,
        "method": check_reader(against.methods),
        "checker": staff_reader(against.occasion, get_args(Role)),
        "note": str,
        **{f"{AT}{session.id}": _present_or_minutes for session in sessions},
    }


def _session(text: str, sessions: Sequence[NewSession]) -> str:
    """A session by its id, or by its day where it is the only one of that day."""
    for session in sessions:
        if folded(text) == folded(session.id or ""):
            return session.id or ""
    try:
        day = calendar_day(text)
    except BadCell:
        day = None
    found = [session.id or "" for session in sessions if session.on == day]
    if len(found) > 1:
        raise BadCell("which_session", known=", ".join(found))
    if not found:
        raise BadCell("no_such_session", known=_known(sessions))
    return found[0]


def _present(text: str) -> bool:
    try:
        return read_yes_no(text)
    except BadCell:
        raise BadCell("not_present_or_absent") from None


def _minutes(text: str) -> int:
    found = re.fullmatch(r"([0-9]{1,4})(?:[.,]0{1,3})?(?: ?min(?:uter|utter|utes)?\.?)?", text)
    if not found or int(found[1]) > MINUTES_A_DAY:
        raise BadCell("not_minutes", most=MINUTES_A_DAY)
    return int(found[1])


def _present_or_minutes(text: str) -> bool | int:
    try:
        return _present(text)
    except BadCell:
        return _minutes(text)


def _clock(text: str) -> time:
    found = re.fullmatch(r"(?:kl\.? ?)?([0-9]{1,2})[:.]([0-9]{2})(?:[:.]00)?", text)
    if not found or int(found[1]) > 23 or int(found[2]) > 59:  # noqa: PLR2004 a clock's
        raise BadCell("not_a_time")
    return time(int(found[1]), int(found[2]))


# ------------------------------------------------------------------ rows to lines


def _lines(row: Listed, against: Reading, columns: Sequence[str | None]) -> Iterator[SheetLine | Fault]:
    sessions = {session.id: session for session in against.occasion.session}
    at = [column for column in columns if column and column.startswith(AT) and column in row.values]
    for column in at:
        yield _line(row, sessions[column.removeprefix(AT)], column, row[column], against)
    if any(column and column.startswith(AT) for column in columns):
        return
    name = row["session"] or against.session or (next(iter(sessions)) if len(sessions) == 1 else None)
    if name is None:
        yield fault("session_missing", column="session", value="", known=_known(against.occasion.session))
        return
    asked = [column for column in ("present", "minutes", "came", "left") if column in columns]
    said = _said(row, sessions[name], whole=not asked)
    if isinstance(said, Fault):
        yield said
        return
    yield _line(row, sessions[name], "minutes", said, against)


def _said(row: Listed, session: NewSession, *, whole: bool) -> int | bool | Fault:
    """How long the row says the person was there; True = all the time.

    whole  the sheet has no column for it: whoever stands on it was there
    """
    present, minutes = row["present"], row["minutes"]
    timed = row["came"] is not None or row["left"] is not None
    if whole or (present and minutes is None and not timed):
        return True
    if present is False and not minutes and not timed:
        return False
    if present is False or (present and minutes == 0):
        return fault("absent_and_present", column="present")
    return _measured(row, session) if timed else int(minutes) if minutes is not None else _presence_missing()


def _presence_missing() -> Fault:
    return fault("presence_missing", column="minutes", value="")


def _measured(row: Listed, session: NewSession) -> int | Fault:
    """Minutes by the times somebody came and left; where minutes are stated too, those, if there were so many."""
    between, minutes = _between(session, row["came"], row["left"]), row["minutes"]
    if isinstance(between, Fault) or minutes is None:
        return between
    if minutes > between:
        return fault("more_than_between", column="minutes", value=str(minutes), between=between)
    return int(minutes)


def _between(session: NewSession, came: time | None, left: time | None) -> int | Fault:
    """Minutes of the session between two times of the day; whoever came early was not there before it began."""
    start, end = came or session.starts, left or session.ends
    if start is None or end is None:
        return fault("other_time_missing", column="left" if came else "came", value="")
    if start >= end:
        return fault("left_before_came", column="left", value=f"{end:%H:%M}", came=f"{start:%H:%M}")
    if session.starts is not None and session.ends is not None:
        start, end = max(start, session.starts), min(end, session.ends)
    if start >= end:
        return fault("not_during_session", column="came", session=session.id)
    return min(minutes_between(start, end), session.lasted_minutes)


def _line(row: Listed, session: NewSession, column: str, said: int | bool, against: Reading) -> SheetLine | Fault:  # noqa: FBT001 as the cell says
    shown = column.removeprefix(AT)
    if session.on > against.today:
        return fault("session_not_held", column=shown, session=session.id, day=session.on)
    minutes = (session.lasted_minutes if said else 0) if isinstance(said, bool) else said
    if minutes > session.lasted_minutes:
        return fault(
            "longer_than_session", column=shown, value=str(minutes), session=session.id, lasted=session.lasted_minutes
        )
    check: IdentityEvent | None = row["method"]
    if row["checker"] and check is None and session.identity is None:
        return fault("checker_without_method", column="method", value="")
    return SheetLine(
        session=session.id or "",
        name=row["name"],
        birth_date=row["birth_date"],
        minutes=minutes,
        came=row["came"],
        left=row["left"],
        method=check.method if check and not is_carried_over(check) else None,
        native_level=check.native_level if check else None,
        number_quality=check.number_quality if check else None,
        checker=row["checker"],
        carried_over=check is not None and is_carried_over(check),
    )
