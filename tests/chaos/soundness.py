"""What holds of a registry at every moment, whatever was killed and whatever there was no room for."""

from collections.abc import Iterator, Mapping
from datetime import UTC, datetime, timedelta

from sqlalchemy import text

from registry.command_line.doctor import examine
from registry.records.issued.batches import batches_out_of_step
from registry.records.issued.certificates import state_mismatches
from registry.records.store.database import Database, revision
from registry.records.store.last_seen import last_seen
from registry.records.whole.directory import Registry
from registry.signing.log.check import check_log
from registry.signing.log.state import GOES_ON

# Each asks for what there should be none of. Some of it the database does not let happen; all of it is asked.
NEVER: Mapping[str, str] = {
    "people with two certificates of one occasion": (
        "SELECT person_id FROM issued_certificate WHERE state NOT IN ('annulled', 'superseded') "
        "GROUP BY person_id, occasion_id HAVING count(*) > 1"
    ),
    "certificates without a place in a status list": (
        "SELECT c.number FROM issued_certificate c LEFT JOIN status_slot s "
        "ON s.list_number = c.status_list AND s.list_index = c.status_index WHERE s.list_number IS NULL"
    ),
    "places that two certificates have": (
        "SELECT status_list FROM issued_certificate GROUP BY status_list, status_index HAVING count(*) > 1"
    ),
    "certificates without a first event": (
        "SELECT c.number FROM issued_certificate c LEFT JOIN certificate_event e "
        "ON e.certificate_id = c.id AND e.place = 1 AND e.kind = 'issued' WHERE e.id IS NULL"
    ),
    "events that leave a gap": (
        "SELECT certificate_id FROM certificate_event GROUP BY certificate_id "
        "HAVING max(place) <> count(*) OR min(place) <> 1"
    ),
    "events that no holder is told of": (
        "SELECT e.id FROM certificate_event e LEFT JOIN holder_notice n ON n.event_id = e.id WHERE n.id IS NULL"
    ),
    "rows issued that have no certificate of their own": (
        "SELECT r.number FROM batch_row r LEFT JOIN issued_certificate c ON c.number = r.number "
        "AND c.batch_id = r.batch_id AND c.person_id = r.person_id WHERE r.outcome = 'issued' AND c.id IS NULL"
    ),
    "certificates that no row was issued as": (
        "SELECT c.number FROM issued_certificate c LEFT JOIN batch_row r ON r.number = c.number "
        "AND r.batch_id = c.batch_id AND r.outcome = 'issued' WHERE r.id IS NULL AND c.corrects IS NULL"
    ),
    "certificates that two rows were issued as": (
        "SELECT number FROM batch_row WHERE outcome = 'issued' GROUP BY number HAVING count(*) > 1"
    ),
    "rows issued of which nobody is on record": (
        "SELECT number FROM batch_row WHERE outcome = 'issued' AND person_id IS NULL"
    ),
}


def unsound(registry: Registry) -> list[str]:
    """What is wrong in what is stored. There should be nothing."""
    seen = last_seen(registry.directory) or 0
    with registry.reading() as db:
        return [*_unsound(db, seen), *_of_the_log(registry, db)]


def _unsound(db: Database, seen: int) -> Iterator[str]:
    for what, query in NEVER.items():
        found = db.connection().execute(text(query)).all()
        if found:
            yield f"{len(found)} {what}"
    for number in state_mismatches(db):
        yield f"certificate {number} has another state than its history"
    for batch in batches_out_of_step(db):
        yield f"{batch} has another state or other counts than its events and rows"
    if (at := revision(db)) < seen:
        yield f"what was stored as {seen} is gone, it is {at} now"


def _of_the_log(registry: Registry, db: Database) -> Iterator[str]:
    """Where it was begun: every entry, hash and head as it was signed, and in step with the file, or a head behind."""
    found = check_log(db, registry.head_file, datetime.now(UTC) + timedelta(days=3650))
    yield from (f"of the log: {fault.code}, {fault.where}" for fault in found.faults if fault.code != "not_entered")
    if found.state.standing not in GOES_ON:
        yield f"the log stands still: {found.state.standing}"


def ailments(registry: Registry, now: datetime) -> frozenset[str]:
    """What `bevis doctor` has against it."""
    return frozenset(f"{one.check}: {one.problem}" for one in examine(registry, now, "en") if one.problem)


def issued(registry: Registry) -> Mapping[str, int]:
    """How many of each batch have their certificates, as rows tell it."""
    query = (
        "SELECT b.public_id, count(r.number) FROM batch b LEFT JOIN batch_row r ON r.batch_id = b.id "
        "AND r.outcome = 'issued' GROUP BY b.public_id"
    )
    with registry.reading() as db:
        return {str(batch): int(count) for batch, count in db.connection().execute(text(query))}


def numbers(registry: Registry) -> Mapping[str, str]:
    """The state of every certificate."""
    with registry.reading() as db:
        rows = db.connection().execute(text("SELECT number, state FROM issued_certificate"))
        return {str(number): str(state) for number, state in rows}
