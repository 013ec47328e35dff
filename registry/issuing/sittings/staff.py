"""Who taught, examined and decided, and whether that keeps them apart from one another and from the holder. Pure."""

from collections.abc import Sequence
from datetime import date

from levels.evidence import months_completed
from registry.issuing.sittings.declared import LONGEST_MONTHS
from registry.issuing.sittings.participation import NOTHING_SHOWN, Participation, Shown
from registry.records.persons.people import name_key
from registry.records.sittings.occasions import NewOccasion, StaffMember


def decider_apart(occasion: NewOccasion, mandatory_minutes: int) -> bool | None:
    """Whether who decided neither taught nor examined; None where the lists of staff do not tell."""
    deciders = occasion.people_as("decision_maker")
    teaching, examining = occasion.people_as("instructor"), occasion.people_as("examiner", "invigilator")
    if deciders & (teaching | examining):
        return False
    complete = deciders and examining and (teaching or mandatory_minutes == 0)
    return True if complete else None


def holder_apart(staff: Sequence[StaffMember], name: str, birth_date: date | None) -> bool | None:
    """Whether the holder is nobody of the staff: another name, or a birth date known to differ. None without staff."""
    if not staff:
        return None
    key = name_key(name)
    return not any(
        name_key(member.name) == key and (None in {member.birth_date, birth_date} or member.birth_date == birth_date)
        for member in staff
    )


def is_of_staff(staff: Sequence[StaffMember], name: str, birth_date: date | None) -> bool:
    """Whether the holder is known to be one of the staff: the same name and the same birth date."""
    key = name_key(name)
    return birth_date is not None and any(
        name_key(member.name) == key and member.birth_date == birth_date for member in staff
    )


def examiners_of(occasion: NewOccasion, shown: Shown) -> frozenset[str]:
    """Who examined the person or watched: those whom every result names, else all who might have."""
    if shown.examined is None or shown.examined.examiners is None:
        return occasion.people_as("examiner", "invigilator")
    return shown.examined.examiners | occasion.people_as("invigilator")


def the_shorter(stated: int | str | None, known: int | None) -> int | str | None:
    """Of what the occasion states and what the record knows the shorter time."""
    if known is None:
        return stated
    return min(stated, known) if isinstance(stated, int) else known


def months_since_taught(
    occasion: NewOccasion,
    on_record: date | None,
    participation: Participation = NOTHING_SHOWN,
    examiners: frozenset[str] | None = None,
) -> int | None:
    """Completed months since an examiner or invigilator taught the candidate; None where the record knows of none.

    on_record  the last day that the registry knows of from other occasions
    examiners  who examined or watched this candidate; None = all who did at the occasion
    """
    both = occasion.people_as("instructor") & (
        occasion.people_as("examiner", "invigilator") if examiners is None else examiners
    )
    here = [participation.taught_on(occasion, instructor) for instructor in both]
    known = [day for day in (on_record, *here) if day is not None]
    months = (months_completed(day, occasion.decided_on) for day in known if day <= occasion.decided_on)
    return min((min(LONGEST_MONTHS, each) for each in months), default=None)
