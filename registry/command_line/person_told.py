"""A person, and a pair of records, as a shell tells them: as JSON and for people. No number is among it."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from registry.command_line.approval_told import show_approve
from registry.command_line.screen import Lang, in_short, show, show_json, show_table, words
from registry.reading.likeness import reason_texts
from registry.records.actors.access import Actor
from registry.records.issued.certificate_pages import Wanted, certificate_page, shown_state
from registry.records.issued.person_organisations import who_knows
from registry.records.persons.duplicates import SuspectedPair
from registry.records.persons.identifiers import identifiers_of
from registry.records.persons.people import (
    Person,
    all_records_of,
    former_names_of,
    people_by_id,
    person_events,
    standing_for,
)
from registry.records.persons.portraits import portrait_of
from registry.records.store.database import Database
from verification.certificate import display_number

MOST_CERTIFICATES = 200


def brief(person: Person) -> dict[str, Any]:
    """Who it is, on one line."""
    return {
        "id": str(person.id),
        "name": person.name,
        "birth_date": person.birth_date,
        "merged_into": person.merged_into and str(person.merged_into),
    }


def person_told(db: Database, person: Person, actor: Actor, at: datetime) -> dict[str, Any]:
    """All that is on record of a person, of all records that are theirs; certificates as far as the actor may see."""
    records = all_records_of(db, person.id)
    former, numbers = former_names_of(db, records), identifiers_of(db, records)
    portrait = portrait_of(db, records)
    wanted = Wanted(people=records, organisations=actor.organisations("certificate.read"))
    return brief(person) | {
        "former_names": [{"name": each.name, "until": each.until} for rows in former.values() for each in rows],
        "email": person.email,
        "phone": person.phone,
        "post": person.post,
        "via": person.via,
        "notifiable": person.notifiable,
        "numbers": [
            {
                "id": str(row.id),
                "kind": row.kind,
                "country": row.country,
                "quality": row.quality,
                "since": row.since,
                "replaced_by": row.replaced_by and str(row.replaced_by),
                "recorded_at": row.recorded_at,
                "recorded_by": row.recorded_by,
                "ended_at": row.ended_at,
            }
            for rows in numbers.values()
            for row in rows
        ],
        "portrait": portrait
        and {"width": portrait.width, "height": portrait.height, "recorded_at": portrait.recorded_at},
        "records": [str(record) for record in records],
        "organisations": sorted(who_knows(db, person.id)),
        "certificates": [
            {
                "number": display_number(row.number),
                "scheme": row.scheme,
                "level": row.level,
                "state": shown_state(row, at),
                "valid_until": row.valid_until,
            }
            for row in certificate_page(db, wanted, at, limit=MOST_CERTIFICATES)
        ],
        "events": [
            {"at": each.at, "kind": each.kind, "about": each.about, "actor": each.actor, "reason": each.reason}
            for each in person_events(db, records)
        ],
    }


def pairs_told(db: Database, found: Sequence[SuspectedPair], lang: Lang) -> list[dict[str, Any]]:
    """Pairs with the two records as they stand now, and why they may be one person."""
    people = people_by_id(db, {record for pair in found for record in (pair.a, pair.b)})
    stands = standing_for(db, people.values())
    return [
        {
            "id": str(pair.id),
            "people": [brief(stands[pair.a]), brief(stands[pair.b])],
            "score": pair.score,
            "reasons": [{"code": code, "says": reason_texts()[code][lang]} for code in pair.reasons],
            "state": pair.state,
            "found_at": pair.found_at,
            "found_by": pair.found_by,
            "decided_at": pair.decided_at,
            "decided_by": pair.decided_by,
            "decided_because": pair.decided_because,
        }
        for pair in found
    ]


def show_people(lang: Lang, found: Sequence[Mapping[str, Any]]) -> None:
    """A table of people."""
    rows = [(one["id"], one["name"], one["birth_date"]) for one in found]
    show_table(lang, ("col_id", "col_name", "col_born"), rows, fixed=("col_id",))


def show_person(lang: Lang, told: Mapping[str, Any]) -> None:
    """A person in full."""
    apart = ("numbers", "certificates", "events", "former_names", "records")
    lines = [(name, in_short(value, lang)) for name, value in told.items() if name not in apart]
    names = [each["name"] for each in told["former_names"]]
    lines += [("former_names", "; ".join(names)), ("records", "; ".join(told["records"][1:]))]
    show_table(lang, ("col_fact", "col_value"), [line for line in lines if line[1]])
    if told["numbers"]:
        numbers = [
            (
                each["id"],
                f"{each['kind']} ({each['country']})",
                "****",
                each["quality"],
                _number_state(lang, each),
            )
            for each in told["numbers"]
        ]
        show_table(lang, ("col_id", "col_kind", "col_number", "col_quality", "col_state"), numbers, fixed=("col_id",))
    if told["certificates"]:
        rows = [tuple(each.values()) for each in told["certificates"]]
        show_table(lang, ("col_number", "col_scheme", "col_level", "col_state", "col_until"), rows)
    events = [
        (str(each["at"])[:16], each["kind"], ", ".join(each["about"]), each["actor"], each["reason"])
        for each in told["events"]
    ]
    show_table(lang, ("col_at", "col_event", "col_fact", "col_actor", "col_reason"), events)


def show_pairs(lang: Lang, found: Sequence[Mapping[str, Any]]) -> None:
    """The queue: one pair after the other, with the reasons in words."""
    if not found:
        show(words(lang, "pairs_none"))
    for pair in found:
        show(f"{pair['id']}  {words(lang, 'pair_' + pair['state'])}", "bold")
        for one in pair["people"]:
            show(f"{one['id']}  {one['name']}  {one['birth_date'] or ''}", indent=2)
        for reason in pair["reasons"]:
            show(f"· {reason['says']}", indent=2)


def show_asked(told: Mapping[str, Any], done: str, lang: Lang, *, as_json: bool) -> None:
    """Something that two people do: done, or asked for; done: the key of what is said then."""
    if as_json:
        show_json(told)
    elif told["done"]:
        show(words(lang, done))
    else:
        show(words(lang, "asked_for_approval"))
        show_approve(told["approval"], told["digest"])


def _number_state(lang: Lang, number: Mapping[str, Any]) -> str:
    if number["ended_at"]:
        return words(lang, "number_is_ended")
    return words(lang, "number_is_replaced" if number["replaced_by"] else "number_is_had")
