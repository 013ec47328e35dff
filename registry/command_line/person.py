"""`bevis person`: who is on record, what is known of them, and their portraits."""

import os
from typing import Annotated

import typer

from registry.command_line import person_number, person_pairs
from registry.command_line.person_number import (
    Country,
    Kind,
    PersonId,
    Quality,
    Reason,
    refuse_conflict,
    typed_number,
)
from registry.command_line.person_told import brief, person_told, show_people, show_person
from registry.command_line.place import Actor, Dir, acting, note_look, permitted, personal_data_of, registry_at
from registry.command_line.screen import (
    AsJson,
    Lang,
    Language,
    day,
    file_bytes,
    language,
    now,
    show,
    show_json,
    words,
)
from registry.errors import MalformedInput
from registry.issuing.people.identify import About
from registry.issuing.people.person_input import PersonGiven
from registry.issuing.people.recorded_person import Number, correct_person, record_person
from registry.issuing.people.under_seal import forget, portrait_jpeg, set_portrait, take_portrait_away
from registry.reading.national_number import holds_national_number
from registry.reading.portrait import MAX_BYTES, BadPortrait, Portrait, read_portrait
from registry.reading.reason import given_reason
from registry.reading.wrong import shared_texts
from registry.records.issued.person_organisations import person_for, seen_by
from registry.records.persons.people import people_page
from registry.records.strict_input import parse

commands = typer.Typer(help="People: names, numbers, portraits; records that may be one person.", no_args_is_help=True)

Name = Annotated[str | None, typer.Option("--name", help="The name in full.")]
BirthDate = Annotated[str | None, typer.Option("--birth-date", help="Such as 1990-05-17.")]
Email = Annotated[str | None, typer.Option("--email", help='Where the person is reached; "" takes it away.')]
Phone = Annotated[str | None, typer.Option("--phone", help='The same by telephone; "" takes it away.')]
Post = Annotated[str | None, typer.Option("--post", help='The same by post: an address; "" takes it away.')]
Via = Annotated[
    str | None, typer.Option("--via", help='An employer through whom the person is reached; "" takes it away.')
]


# ------------------------------------------------------------------ who is on record


@commands.command("list")
def list_(
    like: Annotated[str, typer.Argument(metavar="[NAME]", help="Part of a name, now or before.")] = "",
    after: Annotated[str | None, typer.Option("--after", metavar="PERSON", help="Those that come behind.")] = None,
    limit: Annotated[int, typer.Option("--limit", min=1, max=500, help="How many.")] = 50,
    directory: Dir = None,
    by: Actor = None,
    as_json: AsJson = False,
    lang: Language = None,
) -> None:
    """People you may see, in the order they were recorded."""
    at = now()
    if holds_national_number(like):
        raise MalformedInput([("NAME", "seems to hold a national number; `bevis person find` asks for one")])
    with registry_at(directory) as registry, registry.writing() as db:
        who = acting(db, by, at)
        seen = seen_by(who, "person.read")
        behind = None if after is None else person_for(db, who, "person.read", after).id
        found = [brief(each) for each in people_page(db, like=like, seen=seen, after=behind, limit=limit)]
        note_look(db, who, "person.read", [one["id"] for one in found], at)
    if as_json:
        show_json(found)
        return
    show_people(language(lang), found)


@commands.command("show")
def show_(
    person: PersonId, directory: Dir = None, by: Actor = None, as_json: AsJson = False, lang: Language = None
) -> None:
    """All that is on record of a person but for the numbers themselves."""
    at = now()
    with registry_at(directory) as registry, registry.writing() as db:
        who = acting(db, by, at)
        told = person_told(db, person_for(db, who, "person.read", person), who, at)
        note_look(db, who, "person.read", [told["id"]], at)
    if as_json:
        show_json(told)
        return
    show_person(language(lang), told)


@commands.command("add")
def add(
    name: Annotated[str, typer.Argument(metavar="NAME", help="The name in full.")],
    organisation: Annotated[str, typer.Option("--org", metavar="ORG", help="For which organisation.")],
    birth_date: BirthDate = None,
    email: Email = None,
    phone: Phone = None,
    post: Post = None,
    via: Via = None,
    number: Annotated[
        bool, typer.Option("--number", help="Read a number from the standard input, or ask for it.")
    ] = False,
    kind: Kind = None,
    country: Country = None,
    quality: Quality = None,
    another_person: Annotated[
        bool, typer.Option("--another-person", help="Not the one of that name and birth date who is on record.")
    ] = False,
    directory: Dir = None,
    by: Actor = None,
    as_json: AsJson = False,
    lang: Language = None,
) -> None:
    """Record a person. Who is on record already is found, by number or by name and birth date."""
    tongue, at = language(lang), now()
    given = parse(
        {"name": name, "birth_date": birth_date and day("--birth-date", birth_date), "email": email}
        | {"phone": phone, "post": post, "via": via},
        PersonGiven,
    ).changes(at.date(), needs_name=True)
    with registry_at(directory) as registry:
        given_number = None
        if number or kind:
            typed = typed_number(registry, kind, country, tongue)
            given_number = Number(typed, personal_data_of(registry), About(quality=quality))
        with registry.writing() as db:
            who = permitted(db, by, at, "person.record", organisation)
            recorded = record_person(
                *(db, given, organisation),
                now=at,
                actor=who,
                number=given_number,
                another_person=another_person,
            )
            told = brief(recorded.person) | {"outcome": recorded.outcome}
    if not as_json:
        show(words(tongue, f"person_{recorded.outcome}", id=told["id"], name=told["name"]))
    refuse_conflict(recorded.identified)  # only now: the person and the trace of the conflict are kept
    if as_json:
        show_json(told)


@commands.command("change")
def change(
    person: PersonId,
    name: Name = None,
    birth_date: BirthDate = None,
    email: Email = None,
    phone: Phone = None,
    post: Post = None,
    via: Via = None,
    reason: Reason = None,
    directory: Dir = None,
    by: Actor = None,
    as_json: AsJson = False,
    lang: Language = None,
) -> None:
    """Change what is on record of a person. A former name is kept; certificates stay as they were issued."""
    at = now()
    said = {"name": name, "birth_date": birth_date and day("--birth-date", birth_date), "email": email}
    given = parse(said | {"phone": phone, "post": post, "via": via}, PersonGiven).changes(at.date())
    why = given_reason(reason) if reason is not None or name or birth_date else None
    with registry_at(directory) as registry, registry.writing() as db:
        who = acting(db, by, at)
        found = person_for(db, who, "person.record", person)
        changed = correct_person(db, found, given, now=at, actor=who.account, reason=why)
        told = brief(found) | {"changed": changed}
    if as_json:
        show_json(told)
        return
    show(words(language(lang), "person_changed" if changed else "person_unchanged", id=told["id"], name=told["name"]))


# ------------------------------------------------------------------ portraits, and forgetting


@commands.command("portrait")
def portrait(
    person: PersonId,
    file: Annotated[str | None, typer.Argument(metavar="[FILE]", help="A JPEG or PNG.")] = None,
    remove: Annotated[bool, typer.Option("--remove", help="Take the portrait away.")] = False,
    output: Annotated[
        str | None, typer.Option("--output", "-o", help="Write the portrait on record to this new file.")
    ] = None,
    reason: Reason = None,
    directory: Dir = None,
    by: Actor = None,
    as_json: AsJson = False,
    lang: Language = None,
) -> None:
    """Record the portrait a person is compared with: made small, without what a camera notes, encrypted."""
    tongue, at = language(lang), now()
    if sum((file is not None, remove, output is not None)) != 1:
        raise MalformedInput([("FILE", "name a picture, or say --remove or --output, one of them")])
    why = None if reason is None else given_reason(reason)
    picture = None if file is None else _portrait(file, tongue)
    with registry_at(directory) as registry, registry.writing() as db:
        who = acting(db, by, at)
        found = person_for(db, who, "person.read" if output else "person.record", person)
        if picture is not None:
            set_portrait(db, personal_data_of(registry), found, picture, now=at, actor=who.account)
        elif remove:
            take_portrait_away(db, found, now=at, actor=who.account, reason=why)
        else:
            jpeg = portrait_jpeg(db, personal_data_of(registry), found)
            note_look(db, who, "person.read", [str(found.id)], at)
            _write_new(str(output), jpeg)
        name = found.name
    if as_json:
        size = {} if picture is None else {"width": picture.width, "height": picture.height}
        show_json({"person": person, "portrait": picture is not None or output is not None} | size)
        return
    key = "portrait_removed" if remove else "portrait_written" if output else "portrait_kept"
    show(words(tongue, key, name=name, file=output))


@commands.command("forget")
def forget_(
    person: PersonId,
    reason: Reason = None,
    directory: Dir = None,
    by: Actor = None,
    as_json: AsJson = False,
    lang: Language = None,
) -> None:
    """Destroy a person's numbers and portrait for good, with the key they lie under. Certificates stay."""
    why, at = given_reason(reason), now()
    with registry_at(directory) as registry, registry.writing() as db:
        who = acting(db, by, at)
        who.require("person.forget", None)
        found = person_for(db, who, "person.forget", person)
        gone = forget(db, personal_data_of(registry), found, now=at, actor=who.account, reason=why)
        name = found.name
    if as_json:
        show_json({"person": person, "numbers_destroyed": gone})
        return
    show(words(language(lang), "person_forgotten", name=name, number=gone))


for name, command in (
    ("identify", person_number.identify_),
    ("end-number", person_number.end_number_),
    ("find", person_number.find),
    ("duplicates", person_pairs.duplicates),
    ("different", person_pairs.different),
    ("merge", person_pairs.merge),
    ("unmerge", person_pairs.unmerge),
):
    commands.command(name)(command)


def _portrait(file: str, lang: Lang) -> Portrait:
    """Raises MalformedInput."""
    try:
        return read_portrait(file_bytes(file, MAX_BYTES))
    except BadPortrait as bad:
        raise MalformedInput([(file, shared_texts()[bad.code][lang].format_map(bad.params))]) from None


def _write_new(path: str, data: bytes) -> None:
    """A file that only its owner may read, and that was not there. Raises MalformedInput, OSError."""
    try:
        handle = os.open(path, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o600)
    except FileExistsError as fault:
        raise MalformedInput([("--output", f"{path} is there already")]) from fault
    with os.fdopen(handle, "wb") as file:
        file.write(data)
