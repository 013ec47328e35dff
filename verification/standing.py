"""Whether a genuine certificate stands: clock, dates, register, status and what has happened to it since."""

from collections.abc import Mapping, Sequence
from datetime import date, datetime, timedelta

from verification.case import Case
from verification.certificate import day_at, display_number, end_of, start_of
from verification.findings import Finding, Value
from verification.status_list import NotInList, Status
from verification.trust import StatusEvent

CLOCK_SKEW = timedelta(minutes=5)
_WAS_SO_BEFORE = frozenset({"error", "fraud"})
_ENDED = ("annulled", "revoked", "withdrawn", "superseded", "suspended")  # the worst first
_ENDED_FOR_GOOD = frozenset(_ENDED) - {"suspended"}
_BADNESS = {code: place for place, code in enumerate(_ENDED)}
_STANDS = len(_ENDED)
_BEHIND = (Finding("clock_behind", "could_not_check"),)
_State = tuple[str, Mapping[str, Value]]
_LISTED: Mapping[int, _State] = {
    Status.VALID.value: ("not_withdrawn", {}),
    Status.WITHDRAWN.value: ("withdrawn", {}),
    Status.SUSPENDED.value: ("suspended", {}),
    Status.SUPERSEDED.value: ("superseded", {}),
}


def clock(case: Case) -> tuple[Finding, ...]:
    """A clock that runs behind would keep an expired certificate alive."""
    soonest = case.now + CLOCK_SKEW
    behind = soonest < case.trust.as_of or (case.signed_at_known and soonest < case.signed_at)
    return _BEHIND if behind else ()


def dates(case: Case) -> Finding:
    """Whether the moment lies between its first and its last day."""
    seen = case.seen
    at = case.now if case.on is None else start_of(case.on, seen.time_zone)
    if case.on is not None and case.signed_at_known and case.on < case.issue_day:
        # Nobody could rely on it before it was there, whatever day it was written to begin on.
        return Finding("not_issued_yet", "failed", {"day": case.issue_day})
    if at < seen.not_before:
        return Finding("not_yet_valid", "failed", {"day": seen.valid_from})
    if seen.valid_until is None or seen.expires is None:
        return Finding("in_force_no_end", "passed", {"from": seen.valid_from})
    if at >= seen.expires:
        return Finding("expired", "failed", {"day": seen.valid_until})
    return Finding("in_force", "passed", {"from": seen.valid_from, "day": seen.valid_until})


def register(case: Case) -> Finding:
    """Whether the register has it, where the register was asked."""
    if case.seen.number not in case.trust.events:
        return Finding("register_not_asked", "does_not_apply")
    return Finding("registered", "passed") if case.history else Finding("not_registered", "could_not_check")


def status(case: Case) -> Finding:
    """The status now, or on the day asked about: the worse of what the list and the history say."""
    if case.on is not None:
        return _status_on(case, case.on)
    recorded, listed = _recorded(case, case.now), _listed(case)
    state = recorded or listed
    if state is None:
        return Finding("status_unknown", "could_not_check")
    if recorded and listed and _BADNESS.get(listed[0], _STANDS) < _BADNESS.get(recorded[0], _STANDS):
        state = listed
    return Finding(state[0], "failed" if state[0] in _BADNESS else "passed", state[1])


def status_age(case: Case) -> tuple[Finding, ...]:
    """How old the status list is, and whether its maker still stands by it. The register itself is never old."""
    known = case.trust.status_lists.get(case.seen.status.list)
    if case.history or known is None:
        return ()
    age = Finding("status_age", "passed", {"age": case.now - known.issued_at})
    if known.expires_at is None or case.now < known.expires_at:
        return (age,)
    return (
        Finding("status_list_expired", "could_not_check", {"day": day_at(known.expires_at, case.seen.time_zone)}),
        age,
    )


def _status_on(case: Case, on: date) -> Finding:
    if on > day_at(case.now, case.seen.time_zone):
        listed = _status_now_ended(case)
        return listed or Finding("status_future", "could_not_check", {"day": on})
    at = end_of(on, case.seen.time_zone) - timedelta(seconds=1)
    recorded = _recorded(case, at) if case.history else _told_of(case, at)
    if recorded is not None:
        code, params = recorded
        return Finding(code, "failed" if code in _ENDED else "passed", params)
    # Nothing may stand against it today, and it may all the same have been suspended then.
    return Finding("status_history_unknown", "could_not_check", {"day": on})


def _told_of(case: Case, at: datetime) -> _State | None:
    """What a trust file's history says about a moment; None where it does not reach it, or is not the last word."""
    if not case.changes:
        return None
    state = _after(case.changes, case, at)
    if state[0] in _ENDED_FOR_GOOD:
        return state
    if at > case.trust.as_of or at < case.changes[0].effective_from:
        return None
    listed, last = _listed(case), _after(case.changes, case, case.now)
    # A list that was fetched since may know of an end that was there from the first day.
    later = listed is not None and listed[0] in _ENDED_FOR_GOOD and last[0] not in _ENDED_FOR_GOOD
    return None if later else state


def ended_since(case: Case) -> tuple[Finding, ...]:
    """For a day in the past: what has happened since. Fraud and error were there before anybody knew."""
    if case.on is None or not (case.history or case.changes):
        return ()
    at = end_of(case.on, case.seen.time_zone) - timedelta(seconds=1)
    then = _recorded(case, at) if case.history else _told_of(case, at)
    today = _after(case.history or case.changes or (), case, case.now)
    if then is None or then[0] in _ENDED or today[0] != "revoked":
        return ()
    why = today[1].get("why")
    return (Finding("ended_since", "could_not_check" if why in _WAS_SO_BEFORE else "does_not_apply", today[1]),)


def _status_now_ended(case: Case) -> Finding | None:
    """What has ended for good stays ended on every later day."""
    for state in (_recorded(case, case.now), _listed(case)):
        if state is not None and state[0] in _ENDED and state[0] != "suspended":
            return Finding(state[0], "failed", state[1])
    return None


def _listed(case: Case) -> _State | None:
    """What the status list says at the certificate's place; None where there is no such place, or no such status."""
    known = case.trust.status_lists.get(case.seen.status.list)
    if known is None:
        return None
    try:
        return _LISTED.get(known.statuses.at(case.seen.status.index))
    except NotInList:
        return None


def _recorded(case: Case, at: datetime) -> _State | None:
    """What the register's history says about a moment; None where it has none."""
    return _after(case.history, case, at) if case.history else None


def _after(events: Sequence[StatusEvent], case: Case, at: datetime) -> _State:
    """Where it stands at a moment after these events."""
    state: _State = ("not_withdrawn", {})
    for event in events:
        # Annulled means it never should have been: it holds for every day, also before.
        counts = event.effective_from <= (case.now if event.kind == "annulled" else at)
        if counts and (event.kind == "annulled" or state[0] in {"not_withdrawn", "suspended"}):
            ended = event.kind in _ENDED
            state = (event.kind, _told(event, case)) if ended else ("not_withdrawn", {})
    return state


def _told(event: StatusEvent, case: Case) -> Mapping[str, Value]:
    """Since when, why, and by which certificate it was replaced, as far as the event says."""
    told: dict[str, Value] = {"day": day_at(event.effective_from, case.seen.time_zone)}
    if event.reason and event.reason != event.kind:
        told["why"] = event.reason
    if event.successor:
        told["successor"] = display_number(event.successor)
    return told


def known_as_of(case: Case) -> datetime:
    """Old keys or an old list, whichever is older; a history comes with the trust itself."""
    known = case.trust.status_lists.get(case.seen.status.list)
    return case.trust.as_of if case.history or known is None else min(case.trust.as_of, known.issued_at)
