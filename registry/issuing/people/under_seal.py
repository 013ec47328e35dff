"""What is kept of a person under their own key beside their numbers: the portrait. And forgetting all of it."""

from datetime import datetime

from registry.errors import PortraitNotFound
from registry.issuing.lists.kept_row import without_numbers
from registry.issuing.people.identify import refuse_merged
from registry.reading.portrait import Portrait
from registry.records.issued.batches import rows_about, write_read
from registry.records.persons.people import Person, all_records_of, note_event
from registry.records.persons.portraits import FIELD, PersonPortrait, keep_portrait, portrait_of, remove_portrait
from registry.records.store.database import Database
from registry.signing.personal_data import PersonalData


def set_portrait(  # noqa: PLR0913 whose, which, when, by whom
    db: Database, data: PersonalData, person: Person, portrait: Portrait, *, now: datetime, actor: str
) -> None:
    """Keep a portrait, in the place of the one before. Raises PersonMerged, SealDoesNotOpen."""
    refuse_merged(person)
    sealed = data.seal(db, person.id, FIELD, portrait.jpeg, now)
    keep_portrait(
        db,
        PersonPortrait(
            person_id=person.id,
            sealed=sealed,
            width=portrait.width,
            height=portrait.height,
            recorded_at=now,
            recorded_by=actor,
        ),
    )
    note_event(db, person.id, "portrait_set", (), now, actor)


def portrait_jpeg(db: Database, data: PersonalData, person: Person) -> bytes:
    """The picture, as a JPEG. Raises PortraitNotFound, SealDoesNotOpen."""
    found = portrait_of(db, all_records_of(db, person.id))
    if found is None:
        raise PortraitNotFound("no portrait of this person is on record")
    return data.open(db, found.person_id, FIELD, found.sealed)


def take_portrait_away(db: Database, person: Person, *, now: datetime, actor: str, reason: str | None = None) -> None:
    """Remove it from every record of the person. Raises PortraitNotFound."""
    removed = [record for record in all_records_of(db, person.id) if remove_portrait(db, record)]
    if not removed:
        raise PortraitNotFound("no portrait of this person is on record")
    for record in removed:
        note_event(db, record, "portrait_removed", (), now, actor, reason)


def forget(  # noqa: PLR0913 whose, when, by whom, why
    db: Database, data: PersonalData, person: Person, *, now: datetime, actor: str, reason: str
) -> int:
    """Destroy the person's keys and all that lies under them, for every record that is theirs.

    Certificates and the name on record stay. Returns how many numbers are gone.
    """
    gone, records = 0, all_records_of(db, person.id)
    # A list that is held back has them too, on their way.
    write_read(db, [without_numbers(row) for row in rows_about(db, records) if row.read and "numbers" in row.read])
    for record in records:
        remove_portrait(db, record)
        gone += data.forget(db, record)
        note_event(db, record, "forgotten", (), now, actor, reason)
    return gone
