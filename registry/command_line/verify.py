"""`bevis verify`: the same question, the same answer, the same sentences as the page and the API."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Annotated

import typer

from registry.command_line.screen import AsJson, Dir, Language, language, now, show, show_json, words
from registry.errors import MalformedInput
from verification.answer import answer
from verification.ask import Asked
from verification.offline import (
    EXITS,
    NotUsable,
    ask_offline,
    check_known,
    day_of,
    in_hand,
    lines,
    situation_for,
    trust_in,
    with_lists,
)
from verification.situation import DEFAULT_SITUATION, situations

COLOURS = {"valid": "bold white on green", "invalid": "bold white on red", "undetermined": "bold black on yellow"}
STYLES = {"plain": "", "strong": "bold", "struck": "strike"}


def verify(
    context: typer.Context,
    what: Annotated[
        str, typer.Argument(metavar="TEXT|FILE|NUMBER", help="A code, a verify address, a file, a number.")
    ],
    on: Annotated[str | None, typer.Option("--on", help="Was it valid that day?")] = None,
    for_: Annotated[str, typer.Option("--situation", help=", ".join(situations()))] = DEFAULT_SITUATION,
    scheme: Annotated[list[str] | None, typer.Option("--scheme", help="It must be for one of these schemes.")] = None,
    trust: Annotated[
        Path | None,
        typer.Option("--trust", help="Ask this trust file instead of a registry; see `bevis trust export`."),
    ] = None,
    status: Annotated[
        list[str] | None,
        typer.Option("--status", help="With --trust: a newer status list, as the registry publishes it."),
    ] = None,
    root: Annotated[
        str | None,
        typer.Option(
            "--root", envvar="BEVIS_ROOT", help="With --trust: the root key that signed it, or a file with it."
        ),
    ] = None,
    directory: Dir = None,
    as_json: AsJson = False,
    lang: Language = None,
) -> None:
    """Check a certificate and say why. Exit 0 is valid, 1 not valid, 3 cannot say."""
    unchecked = False
    tongue, clock = language(lang), context.obj or now  # whoever runs this in a process of its own may give a clock
    with _usable():
        asked_day, needed = day_of("--on", on), situation_for(for_, scheme or ())
        given = in_hand(what)
        if status and trust is None:
            raise NotUsable("--status", "goes with --trust; a registry has its own lists")
        if trust is not None:
            moment = clock()
            file = trust_in(str(trust), root)
            known, unchecked = with_lists(file.trust, status or (), moment), not file.checked
            check_known(scheme or (), known)
            asked = Asked(ask_offline(given, known, needed, moment, asked_day), by_code=True)
        else:
            # Read here: whoever asks a trust file needs no registry, and waits for none.
            from registry.command_line.verify_registered import ask_register

            asked = ask_register(directory, clock, scheme or (), (given, needed, asked_day))
    told = answer(asked.verdict, tongue, show_birth=asked.by_code)
    if as_json:
        show_json(told)
    else:
        show(f" {words(tongue, 'verdict_' + told['outcome'])} ", COLOURS[told["outcome"]])
        for line in lines(told, asked.verdict, tongue):
            show(line.text, STYLES[line.style])
        if unchecked:
            show(words(tongue, "trust_not_checked"))
    raise typer.Exit(EXITS[asked.verdict.outcome])


@contextmanager
def _usable() -> Iterator[None]:
    """What cannot be used is refused as every other input is. Raises MalformedInput."""
    try:
        yield
    except NotUsable as fault:
        raise MalformedInput([(fault.what, fault.says)]) from fault
