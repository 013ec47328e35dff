"""Records that may be one person: found by rules, decided by people. Two of them make two records one, or two again."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from itertools import combinations
from typing import Any, Literal
from uuid import UUID

from registry.errors import DuplicateNotFound, MalformedInput, NotMerged, PersonMerged, PersonNotFound
from registry.reading.likeness import LEAST, Known, Reason, nearby_dates, reasons, score
from registry.records.actors.access import Actor
from registry.records.actors.approvals import Approval, approval_of, request_approval
from registry.records.issued.person_organisations import person_for, seen_pairs, who_knows
from registry.records.persons.duplicates import (
    NO_SUCH_PAIR,
    SuspectedPair,
    Suspicion,
    decide_pair,
    pair_by_id,
    pairs,
    pairs_of,
    queue_pairs,
)
from registry.records.persons.identifiers import identifiers_of
from registry.records.persons.people import (
    FormerName,
    Person,
    as_content,
    former_names_of,
    merge_into,
    people_by_id,
    people_page,
    person_events,
    unmerge,
)
from registry.records.store.database import Database

AT_ONCE = 5_000  # people read at a time


@dataclass(frozen=True)
class Asked:
    """A merge, or the undoing of one: done, or waiting for somebody else."""

    approval: Approval
    done: bool


# ------------------------------------------------------------------ found by rules


def find_duplicates(db: Database, *, now: datetime, actor: str) -> int:
    """Compare everybody with everybody who is near, and queue the pairs that may be one. How many were queued."""
    people = list(_everybody(db))
    suspicions = []
    for at, with_ in _near([known for _, known in people]):
        (one, its), (other, others) = people[at], people[with_]
        found = reasons(its, others)
        if score(found) >= LEAST:
            suspicions.append(suspicion(one, other, *found))
    return len(queue_pairs(db, suspicions, now, actor))


def suspicion(one: UUID, other: UUID, *found: Reason) -> Suspicion:
    """Two records with the reasons to look at them."""
    return Suspicion(one, other, found, score(found))


def known_of(person: Person, former: Iterable[FormerName], numbers: Mapping[str, set[bytes]]) -> Known:
    """What is compared of a record."""
    names = (person.name, *(each.name for each in former))
    return Known(names, person.birth_date, person.email, person.phone, numbers)


def _everybody(db: Database) -> Iterator[tuple[UUID, Known]]:
    after: UUID | None = None
    while page := people_page(db, after=after, limit=AT_ONCE):
        ids = [person.id for person in page]
        former, numbers = former_names_of(db, ids), identifiers_of(db, ids)
        for person in page:
            by_kind: dict[str, set[bytes]] = {}
            for row in numbers.get(person.id, ()):
                if row.ended_at is None:
                    by_kind.setdefault(row.kind, set()).add(row.blind_index)
            yield person.id, known_of(person, former.get(person.id, ()), by_kind)
        after = ids[-1]
        db.expunge_all()


def _near(people: Sequence[Known]) -> Iterator[tuple[int, int]]:
    """Pairs of places that have enough in common to be worth a look, each once."""
    by_trait: dict[tuple[object, ...], list[int]] = {}
    by_name: dict[tuple[str, ...], list[int]] = {}
    for at, known in enumerate(people):
        for trait in set(_traits(known)):
            by_trait.setdefault(trait, []).append(at)
        for whole in {tuple(sorted(words)) for words in known.words}:
            by_name.setdefault(whole, []).append(at)
    found = {pair for group in by_trait.values() for pair in combinations(group, 2)}
    for group in by_name.values():
        if len(group) > 1:
            found |= set(_of_one_name(people, group))
    yield from sorted(found)


def _traits(known: Known) -> Iterator[tuple[object, ...]]:
    """What two records may share: a word of the name and the birth date, an address, a number."""
    if known.birth_date is not None:
        for word in {word for words in known.words for word in words}:
            yield "born", known.birth_date, word
    if known.email:
        yield "email", known.email.casefold()
    for indexes in known.numbers.values():
        yield from (("number", index) for index in indexes)


def _of_one_name(people: Sequence[Known], group: Sequence[int]) -> Iterator[tuple[int, int]]:
    """Of many with one name those whose birth date is not known, or is one slip away from another's."""
    by_birth: dict[date | None, list[int]] = {}
    for at in group:
        by_birth.setdefault(people[at].birth_date, []).append(at)
    for unknown in by_birth.get(None, ()):
        yield from ((min(unknown, at), max(unknown, at)) for at in group if at != unknown)
    for born, places in by_birth.items():
        if born is not None:
            for near in nearby_dates(born):
                yield from ((min(one, at), max(one, at)) for one in places for at in by_birth.get(near, ()))


# ------------------------------------------------------------------ decided by people


def decide_different(db: Database, pair_id: str, because: str, *, now: datetime, actor: str) -> SuspectedPair:
    """Say that two records are two people; the rules do not ask again. Raises DuplicateNotFound, MalformedInput."""
    pair = pair_by_id(db, pair_id)
    if pair.state == "merged":
        raise MalformedInput([("pair", "was merged; part the two records again with `bevis person unmerge`")])
    decide_pair(db, pair, "different", now, actor, because)
    return pair


def merge_organisation(db: Database, *people: UUID) -> str | None:
    """Who decides: the one organisation that knows them all, where there is no other; else the registry itself."""
    known = frozenset[str]().union(*(who_knows(db, person) for person in people))
    return next(iter(known)) if len(known) == 1 else None


def merge_people(  # noqa: PLR0913 which, by whom, when, why
    db: Database, kept: Person, gone: Person, *, actor: Actor, now: datetime, reason: str | None = None
) -> Asked:
    """Let `kept` stand for both, if two people want it and both records are as they were; else ask for it.

    Raises PersonMerged, MalformedInput, NotProven, NotAllowed, ApprovalPending.
    """
    for person in (kept, gone):
        if person.merged_into is not None:
            raise PersonMerged(f"{person.id} was merged into {person.merged_into} already")
    if kept.id == gone.id:
        raise MalformedInput([("person", "is the same record twice")])
    asked = _asked(db, "merge", kept, gone, actor, now)
    if asked.done:
        merge_into(db, gone, kept, now, actor.account, reason)
        _settle_pairs(db, kept, gone, "merged", now, actor.account, reason)
    return asked


def unmerge_people(db: Database, gone: Person, *, actor: Actor, now: datetime, reason: str | None = None) -> Asked:
    """Let a record that was merged stand for itself again, if two people want it; else ask for it.

    Raises NotMerged, NotProven, NotAllowed, ApprovalPending.
    """
    if gone.merged_into is None:
        raise NotMerged(f"{gone.id} stands for itself")
    kept = people_by_id(db, [gone.merged_into])[gone.merged_into]
    asked = _asked(db, "unmerge", kept, gone, actor, now)
    if asked.done:
        unmerge(db, gone, now, actor.account, reason)
        _settle_pairs(db, kept, gone, "different", now, actor.account, reason)
    return asked


def merge_content(db: Database, kept: Person, gone: Person) -> dict[str, Any]:
    """Both records as they are now, and which of them stands: what the two people decide on."""
    former, numbers = former_names_of(db, [kept.id, gone.id]), identifiers_of(db, [kept.id, gone.id])

    def told(person: Person) -> dict[str, Any]:
        of_it = [
            f"{row.kind} {row.blind_index.hex()[:16]}" for row in numbers.get(person.id, ()) if row.ended_at is None
        ]
        return as_content(person, former.get(person.id, ()), of_it, len(person_events(db, [person.id])))

    return {"kept": told(kept), "gone": told(gone)}


def _asked(  # noqa: PLR0913, PLR0917 what, of whom, by whom, when
    db: Database, kind: Literal["merge", "unmerge"], kept: Person, gone: Person, actor: Actor, now: datetime
) -> Asked:
    subject, content = f"{gone.id} {kept.id}", merge_content(db, kept, gone)
    found = approval_of(db, kind=kind, subject=subject, content=content, now=now)
    if found is not None:
        actor.require("person.merge", found.organisation)
        return Asked(found, done=True)
    home = merge_organisation(db, kept.id, gone.id)
    organisation = home if actor.may("person.merge", home) else None
    request = request_approval(
        db, kind=kind, subject=subject, organisation=organisation, content=content, actor=actor, now=now
    )
    return Asked(request, done=False)


def _settle_pairs(  # noqa: PLR0913, PLR0917 what, when, who and why
    db: Database,
    kept: Person,
    gone: Person,
    state: Literal["merged", "different"],
    now: datetime,
    actor: str,
    reason: str | None,
) -> None:
    for pair in pairs_of(db, [gone.id]):
        if kept.id in {pair.a, pair.b}:
            decide_pair(db, pair, state, now, actor, reason)


# ------------------------------------------------------------------ seen by people


def pair_for(db: Database, actor: Actor, said: str) -> SuspectedPair:
    """A pair of two people that the actor may both review. Raises NotAllowed, DuplicateNotFound."""
    seen_pairs(actor, "person.review")
    pair = pair_by_id(db, said)
    try:
        for record in (pair.a, pair.b):
            person_for(db, actor, "person.review", str(record))
    except PersonNotFound as fault:
        raise DuplicateNotFound(NO_SUCH_PAIR) from fault
    return pair


def pairs_for(
    db: Database, actor: Actor, *, every: bool = False, after: UUID | None = None, limit: int = 50
) -> Sequence[SuspectedPair]:
    """The part of the queue that the actor may see; every: what was decided too. Raises NotAllowed."""
    seen = seen_pairs(actor, "person.review")
    return pairs(db, state=None if every else "open", seen=seen, after=after, limit=limit)
