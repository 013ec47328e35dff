"""Numbers that states give people, in a shell.

A number is never an argument: it would stand in the list of processes and in the history of the shell. It is read from
the standard input, and no command prints one.
"""

import getpass
import sys
from typing import Annotated

import typer

from registry.command_line.person_told import brief, show_people
from registry.command_line.place import Actor, Dir, acting, note_look, personal_data_of, registry_at, takes_synthetic
from registry.command_line.screen import AsJson, Lang, Language, day, language, now, one_of, show, show_json, words
from registry.errors import MalformedInput, NumberOfAnother, PersonNotFound
from registry.issuing.people.identify import About, Identified, end_number, find_by_number, identify
from registry.reading.national_id import KINDS, BadNumber, NationalNumber, national_number
from registry.reading.reason import given_reason
from registry.reading.wrong import shared_texts
from registry.records.issued.person_organisations import person_for
from registry.records.whole.directory import Registry

LONGEST_LINE = 200  # characters of a number as it is typed
NOBODY = "nobody you may see has this number"

PersonId = Annotated[str, typer.Argument(metavar="PERSON", help="As `bevis person list` has it.")]
Reason = Annotated[str | None, typer.Option("--reason", help="Why, in a few words that name nobody.")]
Kind = Annotated[
    str | None, typer.Option("--kind", help=f"{', '.join(KINDS)}; Nordic numbers are told apart by their form.")
]
Country = Annotated[str | None, typer.Option("--country", help="Of a passport or a foreign id: two or three letters.")]
Quality = Annotated[str | None, typer.Option("--quality", help="Of a samordningsnummer: styrkt, sannolik or osaker.")]


def identify_(
    person: PersonId,
    kind: Kind = None,
    country: Country = None,
    quality: Quality = None,
    since: Annotated[str | None, typer.Option("--since", help="First day the person had it.")] = None,
    replaces: Annotated[
        str | None, typer.Option("--replaces", metavar="ID", help="The number in whose place it came.")
    ] = None,
    reason: Reason = None,
    directory: Dir = None,
    by: Actor = None,
    as_json: AsJson = False,
    lang: Language = None,
) -> None:
    """Record a number of a person; it is read from the standard input. It is encrypted, and never shown again."""
    tongue, at = language(lang), now()
    about = About(quality, day("--since", since), replaces, None if reason is None else given_reason(reason))
    with registry_at(directory) as registry:
        number, data = typed_number(registry, kind, country, tongue), personal_data_of(registry)
        with registry.writing() as db:
            who = acting(db, by, at)
            found = person_for(db, who, "person.record", person)
            became = identify(db, data, found, number, about, now=at, actor=who.account)
    refuse_conflict(became)  # only now: its trace is kept
    if as_json:
        show_json({"person": person, "kind": number.kind, "country": number.country, "outcome": became.outcome})
        return
    show(words(tongue, f"number_{became.outcome}", kind=number.kind))


def end_number_(
    person: PersonId,
    number: Annotated[str, typer.Argument(metavar="ID", help="The id of the number, as `bevis person show` has it.")],
    reason: Reason = None,
    directory: Dir = None,
    by: Actor = None,
    as_json: AsJson = False,
    lang: Language = None,
) -> None:
    """Say that a number was recorded of this person in error; it may then be another's."""
    why, at = given_reason(reason), now()
    with registry_at(directory) as registry, registry.writing() as db:
        who = acting(db, by, at)
        found = person_for(db, who, "person.record", person)
        end_number(db, found, number, reason=why, now=at, actor=who.account)
    if as_json:
        show_json({"person": person, "number": number, "ended": True})
        return
    show(words(language(lang), "number_ended"))


def find(
    kind: Kind = None,
    country: Country = None,
    directory: Dir = None,
    by: Actor = None,
    as_json: AsJson = False,
    lang: Language = None,
) -> None:
    """Whose number it is; the number is read from the standard input. Finds only people you may see."""
    tongue, at = language(lang), now()
    with registry_at(directory) as registry:
        number, data = typed_number(registry, kind, country, tongue), personal_data_of(registry)
        with registry.writing() as db:
            who = acting(db, by, at)
            if not who.may_somewhere("person.read"):
                who.require("person.read", None)
            owner = find_by_number(db, data, number)
            try:
                told = brief(person_for(db, who, "person.read", str(owner)))
            except PersonNotFound as fault:
                raise PersonNotFound(NOBODY) from fault
            note_look(db, who, "person.read", [told["id"]], at)
    if as_json:
        show_json(told)
        return
    show_people(tongue, [told])


def typed_number(registry: Registry, kind: str | None, country: str | None, lang: Lang) -> NationalNumber:
    """The number that somebody types or pipes in. Raises MalformedInput, which does not repeat it."""
    chosen = one_of("--kind", kind, KINDS)
    asked = words(lang, "number_asked")
    typed = getpass.getpass(asked) if sys.stdin.isatty() else sys.stdin.readline(LONGEST_LINE)
    try:
        return national_number(
            typed.strip(), on=now().date(), kind=chosen, country=country, synthetic_too=takes_synthetic(registry)
        )
    except BadNumber as bad:
        raise MalformedInput([("number", shared_texts()[bad.code][lang].format_map(bad.params))]) from None


def refuse_conflict(became: Identified | None) -> None:
    """Raises NumberOfAnother where the number is on record of somebody else."""
    if became is not None and became.outcome == "conflict":
        raise NumberOfAnother(f"the two records wait for review as {became.pair}; `bevis person duplicates` shows them")
