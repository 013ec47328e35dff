"""Amendments: what is on record of an occasion is put right, and the record says who did it, when and why.

No amendment changes a certificate. Those that stood when it came are listed with it, so that whoever answers for them
can suspend, correct or annul them.
"""

import json
from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlmodel import col, select

from registry.errors import OccasionCancelled, OccasionSettled
from registry.records.issued.certificates import IssuedCertificate
from registry.records.sector.schemes import scheme_version
from registry.records.sittings.attendance import lines_at, sheet_digests
from registry.records.sittings.exam_results import result_digests, results_at
from registry.records.sittings.occasion_events import OccasionEvent, append_event, digest_of, occasion_history
from registry.records.sittings.occasions import (
    NewOccasion,
    Occasion,
    check_against_records,
    keep_staff,
    occasion_by_id,
)
from registry.records.store.database import Database
from registry.records.strict_input import parse, plain_json

# What makes an occasion this one: under which rules, by whom. Another of these is another occasion.
OF_THE_OCCASION = ("id", "scheme", "version", "issuer")
DEEPEST = 3  # tables within tables that an occasion has: identity.exam.method
_ABOUT_A_PERSON = frozenset({"name", "birth_date"})


def amended(document: Mapping[str, Any], change: Mapping[str, Any], deep: int = DEEPEST) -> dict[str, Any]:
    """The document with a change merged in (RFC 7396): tables key by key, lists whole, null removes."""
    result = dict(document)
    for name, value in change.items():
        if value is None:
            result.pop(name, None)
        elif isinstance(value, Mapping) and deep > 0:
            former = result.get(name)
            result[name] = amended(former if isinstance(former, Mapping) else {}, value, deep - 1)
        else:
            result[name] = value
    return result


def amend_occasion(  # noqa: PLR0913 who, what, when, why
    db: Database, public_id: str, change: Mapping[str, object], *, reason: str, now: datetime, actor: str
) -> OccasionEvent | None:
    """Put right what is on record of an occasion. None where the change says nothing new.

    change  keys of the file that an occasion is handed in as, with their new values; see `amended`

    Raises OccasionNotFound, OccasionCancelled, OccasionSettled for what can no longer change, and what
    `add_occasion` raises for what may not be.
    """
    occasion = open_occasion(db, public_id)
    before = occasion.new().model_dump(mode="json")
    settled = parse(amended(before, plain_json(change)), NewOccasion).numbered()
    after = settled.model_dump(mode="json")
    if after == before:
        return None
    for name in OF_THE_OCCASION:
        if after[name] != before[name]:
            raise OccasionSettled(f"{name} of {public_id} stays {before[name]}; with another it is another occasion")
    standing = standing_numbers(db, occasion.id)
    if standing and after["decided_on"] != before["decided_on"]:
        raise OccasionSettled(
            f"decided_on of {public_id} stays {before['decided_on']}: {len(standing)} certificates say so; annul them, "
            "or add an occasion under another id with the day it was decided"
        )
    check_against_records(db, settled, scheme_version(db, occasion.scheme, occasion.scheme_version))
    for wrong in filter(None, (_left_by_sheets(db, occasion.id, settled), _left_by_results(db, occasion.id, settled))):
        raise OccasionSettled(wrong)
    occasion.document, occasion.decided_on = after, settled.decided_on
    db.add(occasion)
    keep_staff(db, occasion, settled)
    return append_event(
        db,
        occasion.id,
        "amended",
        at=now,
        actor=actor,
        reason=reason,
        changes=list(differences(before, after)),
        digest=digest_of(after),
        issued_before=standing,
    )


def _left_by_sheets(db: Database, occasion_id: UUID, settled: NewOccasion) -> str | None:
    """What sign-in sheets rest on and the amendment would take away, in words."""
    sessions = {session.id: session for session in settled.session}
    staff = {member.id for member in settled.staff}
    for line in (line for lines in lines_at(db, occasion_id).values() for line in lines.values()):
        if line.session not in sessions:
            return f"the session {line.session} has a sign-in sheet; it may be put right, not left out"
        lasted = sessions[line.session].lasted_minutes
        if line.minutes > lasted:
            return (
                f"the session {line.session} cannot have lasted {lasted} minutes: its sign-in sheet has somebody "
                f"present for {line.minutes}; put the sheet right first"
            )
        if line.checker and line.checker not in staff:
            return f"{line.checker} checked who was there and must stay among the staff"
    return None


def _left_by_results(db: Database, occasion_id: UUID, settled: NewOccasion) -> str | None:
    """What exam results rest on and the amendment would take away, in words."""
    staff, examiners = {member.id for member in settled.staff}, settled.people_as("examiner")
    for line in (line for lines in results_at(db, occasion_id).values() for line in lines.values()):
        if line.sat_on > settled.decided_on:
            return f"decided_on ({settled.decided_on}) lies before an exam that is on record for {line.sat_on}"
        if line.examiner and line.examiner not in examiners:
            return f"{line.examiner} examined and must stay among the staff as examiner"
        if line.checker and line.checker not in staff:
            return f"{line.checker} checked who sat the exam and must stay among the staff"
    return None


def cancel_occasion(db: Database, public_id: str, *, reason: str, now: datetime, actor: str) -> OccasionEvent:
    """Say that an occasion was never held, or is not to be issued from. There is no way back.

    Raises OccasionNotFound, OccasionCancelled, and OccasionSettled while certificates of it stand.
    """
    occasion = open_occasion(db, public_id)
    standing = standing_numbers(db, occasion.id)
    if standing:
        raise OccasionSettled(f"{len(standing)} certificates of {public_id} stand; annul them first")
    occasion.cancelled = True
    db.add(occasion)
    return append_event(
        db, occasion.id, "cancelled", at=now, actor=actor, reason=reason, digest=digest_of(occasion.document)
    )


def open_occasion(db: Database, public_id: str) -> Occasion:
    """An occasion about to be written to, locked where the database can. Raises OccasionNotFound, OccasionCancelled."""
    occasion = occasion_by_id(db, public_id, for_update=True)
    if occasion.cancelled:
        raise OccasionCancelled(f"{public_id} was cancelled")
    return occasion


def occasion_content(db: Database, occasion: Occasion) -> dict[str, Any]:
    """Everything that is issued from, as plain data: the same as long as nothing about the occasion changed.

    evidence  digests of the sign-in sheets and results, in the order in which they came
    """
    history = occasion_history(db, occasion.id)
    return {
        "occasion": occasion.public_id,
        "document": occasion.document,
        "evidence": [event.digest for event in history if event.kind in {"sheet", "results"}],
        "cancelled": occasion.cancelled,
    }


def occasion_mismatches(db: Database) -> list[str]:
    """The ids of occasions whose record is not what their history says. There should be none.

    One that was recorded before there was a history has none to be held against.
    """
    stored = {**sheet_digests(db), **result_digests(db)}
    events: dict[UUID, list[OccasionEvent]] = {}
    for event in db.exec(select(OccasionEvent).order_by(col(OccasionEvent.occasion_id), col(OccasionEvent.place))):
        events.setdefault(event.occasion_id, []).append(event)
    return [
        occasion.public_id
        for occasion in db.exec(select(Occasion).order_by(Occasion.public_id))
        if (history := events.get(occasion.id)) and not _as_told(occasion, history, stored)
    ]


def _as_told(occasion: Occasion, history: Sequence[OccasionEvent], stored: Mapping[UUID, str]) -> bool:
    document = next((event.digest for event in reversed(history) if event.kind in {"recorded", "amended"}), None)
    return (
        [event.place for event in history] == list(range(1, len(history) + 1))
        and document in {None, digest_of(occasion.document)}
        and occasion.cancelled == any(event.kind == "cancelled" for event in history)
        and all(stored.get(event.id) == event.digest for event in history if event.kind in {"sheet", "results"})
    )


def standing_numbers(db: Database, occasion_id: UUID) -> Sequence[str]:
    """The numbers of the certificates that came of an occasion and are neither annulled nor superseded."""
    return db.exec(
        select(IssuedCertificate.number)
        .where(
            IssuedCertificate.occasion_id == occasion_id,
            col(IssuedCertificate.state).not_in(("annulled", "superseded")),
        )
        .order_by(IssuedCertificate.number)
    ).all()


def differences(before: Any, after: Any, path: str = "") -> Iterator[dict[str, Any]]:  # noqa: ANN401 plain data
    """What differs, as {path, before, after}; of what is about a person the path alone."""
    if before == after:
        return
    if isinstance(before, Mapping) and isinstance(after, Mapping):
        for name in sorted(before.keys() | after.keys()):
            yield from differences(before.get(name), after.get(name), f"{path}.{name}" if path else name)
    elif path in _KEYED:
        former, latter = (
            {" ".join(each[name] for name in _KEYED[path]): each for each in listed} for listed in (before, after)
        )
        for key in sorted(former.keys() | latter.keys()):
            yield from differences(former.get(key), latter.get(key), f"{path}[{key}]")
    elif path.rpartition(".")[2] in _ABOUT_A_PERSON:
        yield {"path": path}
    else:
        yield {"path": path, "before": _impersonal(before), "after": _impersonal(after)}


_KEYED = {"session": ("id",), "staff": ("id", "role")}  # lists, and what tells one entry from another


def _impersonal(value: object) -> object:
    if not isinstance(value, Mapping):
        return value
    return {name: each for name, each in value.items() if each is not None and name not in _ABOUT_A_PERSON}


def as_text(value: object) -> str:
    """A value of a change on one line."""
    return value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)
