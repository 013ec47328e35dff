"""`bevis verify`: the same question, the same answer, the same sentences as the page and the API."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Annotated

import typer

from levels.level import Level
from registry.command_line.screen import AsJson, Dir, Language, language, now, show, show_json
from registry.command_line.verdict import lines_for_people
from registry.errors import MalformedInput
from verification.answer import answer
from verification.ask import Asked
from verification.in_hand import NotUsable, questions_in
from verification.offline import Told, asked_of_file, day_of, exit_of, in_one, lines_of_many, situation_for
from verification.situation import DEFAULT_SITUATION, situations

STYLES = {"plain": "", "strong": "bold", "struck": "strike"} | {
    "valid": "bold white on green",
    "invalid": "bold white on red",
    "undetermined": "bold black on yellow",
}


def verify(
    context: typer.Context,
    what: Annotated[
        list[str],
        typer.Argument(
            metavar="TEXT|FILE|NUMBER...",
            help="A code, a verify address, a number, a file with a certificate; a picture or a PDF with QR codes, "
            "or a list with one code or number on each line.",
        ),
    ],
    on: Annotated[str | None, typer.Option("--on", help="Was it valid that day?")] = None,
    for_: Annotated[str, typer.Option("--situation", help=", ".join(situations()))] = DEFAULT_SITUATION,
    scheme: Annotated[list[str] | None, typer.Option("--scheme", help="It must be for one of these schemes.")] = None,
    level: Annotated[Level | None, typer.Option("--level", help="The lowest level that will do.")] = None,
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
    seal_root: Annotated[
        str | None,
        typer.Option("--seal-root", help="With --trust and a PDF: a root its seal may lead to, as PEM."),
    ] = None,
    directory: Dir = None,
    as_json: AsJson = False,
    lang: Language = None,
) -> None:
    """Check a certificate, or several, and say why. Exit 0 is valid, 1 not valid, 3 cannot say."""
    tongue, clock = language(lang), context.obj or now  # whoever runs this in a process of its own may give a clock
    with _usable():
        if trust is not None:  # answered in `door`, but for several, and where something is wrong
            found, unchecked = asked_of_file(
                *(what, str(trust), clock()),
                root=root,
                seal_root=seal_root,
                status=status or (),
                situation=for_,
                schemes=scheme or (),
                level=level,
                on=on,
            )
            asked = [(question, Asked(verdict, by_code=True)) for question, verdict in found]
        else:
            needed, unchecked = (situation_for(for_, scheme or (), level), day_of("--on", on)), False
            questions = questions_in(what)
            if status:
                raise NotUsable("--status", "goes with --trust; a registry has its own lists")
            if seal_root:
                raise NotUsable("--seal-root", "goes with --trust; a registry has its own")
            # Read here: whoever asks a trust file needs no registry, and waits for none.
            from registry.command_line.verify_registered import ask_register

            asked = list(zip(questions, ask_register(directory, clock, scheme or (), questions, needed), strict=True))
    told = [Told(question, answer(one.verdict, tongue, show_birth=one.by_code)) for question, one in asked]
    if as_json:
        show_json(in_one(told))
    elif len(told) == 1:
        for line in lines_for_people(told[0].answer, asked[0][1].verdict, tongue, unchecked=unchecked):
            show(line.text, STYLES[line.style])
    else:
        for line in lines_of_many(told, tongue):
            show(line.text, STYLES[line.style])
    raise typer.Exit(exit_of(told))


@contextmanager
def _usable() -> Iterator[None]:
    """What cannot be used is refused as every other input is. Raises MalformedInput."""
    try:
        yield
    except NotUsable as fault:
        raise MalformedInput([(fault.what, fault.says)]) from fault
