"""A refusal as the shell tells it: its title and what to do in the reader's language, its details as they are."""

from collections.abc import Sequence
from dataclasses import dataclass

from registry.command_line.place import LONGEST_ID
from registry.command_line.screen import Lang, language, words
from registry.errors import (
    ListNotRead,
    MalformedInput,
    MandateSuspended,
    NotAllowed,
    NotIssued,
    OccasionNotFound,
    OrganisationNotFound,
    Refusal,
    RowsNotRecorded,
    SchemeNotFound,
)
from registry.web.problems import MOST_FAULTS, PROBLEMS, in_words, problem_texts
from registry.web.sentences import translated


@dataclass(frozen=True)
class Refused:
    """What is told: a title without its full stop; a detail, or faults as pairs of (path, sentence)."""

    title: str
    detail: str
    faults: tuple[tuple[str, str], ...] = ()


def refused(refusal: Refusal, lang: Lang) -> Refused:
    """In that language."""
    _, name = PROBLEMS[type(refusal)]
    texts = problem_texts()[name]
    title = (type(refusal).__doc__ or "").splitlines()[0] if lang == "en" else texts["title"][lang]
    if isinstance(refusal, MalformedInput):
        faults = tuple((path, translated(says, lang)) for path, says in refusal.faults)
        return Refused(title, "; ".join(": ".join(filter(None, each)) for each in faults), faults)
    if isinstance(refusal, (RowsNotRecorded, ListNotRead)):
        told = refusal.faults[:MOST_FAULTS]
        rows = [(_cell(row, column, lang), says[lang]) for row, column, says in told]
        return Refused(title, "; ".join(": ".join(filter(None, row)) for row in rows), tuple(rows))
    if isinstance(refusal, NotIssued):
        wrong = [(member or "", says[lang]) for member, says in refusal.faults]
        wrong += [(member or "", says[lang]) for member, says in refusal.unmet]
        return Refused(title, "; ".join(": ".join(filter(None, one)) for one in wrong), tuple(wrong))
    if isinstance(refusal, (NotAllowed, MandateSuspended)):
        who = f"{refusal.account}: " if isinstance(refusal, NotAllowed) else ""
        return Refused(title, f"{who}{in_words(refusal, lang)}")
    if isinstance(refusal, (OccasionNotFound, OrganisationNotFound, SchemeNotFound)) and refusal.given is not None:
        return Refused(title, _no_such_id(refusal, refusal.given, lang))
    detail = str(refusal)
    if lang != "en":
        # What is known only in English stands last, for whoever runs the registry.
        detail = " ".join(filter(None, (texts["says"][lang], texts["next"][lang], f"({detail})" if detail else "")))
    return Refused(title, detail)


def language_of(arguments: Sequence[str]) -> Lang:
    """The language that a command line asks for, whatever else is wrong with it."""
    given = None
    for at, argument in enumerate(arguments):
        if argument == "--lang":
            given = next(iter(arguments[at + 1 : at + 2]), None)
        elif argument.startswith("--lang="):
            given = argument.removeprefix("--lang=")
    return language(given)


def _cell(row: int, column: str | None, lang: Lang) -> str:
    return ", ".join(filter(None, (words(lang, "row_at", row=row) if row else "", column)))


def _no_such_id(refusal: OccasionNotFound | OrganisationNotFound | SchemeNotFound, given: str, lang: Lang) -> str:
    noun = {OccasionNotFound: "occasion", OrganisationNotFound: "org", SchemeNotFound: "scheme"}[type(refusal)]
    near = words(lang, "id_near", near=refusal.near) if refusal.near else ""
    return " ".join(
        filter(None, (words(lang, "id_unknown", given=given[:LONGEST_ID]), near, words(lang, "id_listed", noun=noun)))
    )
