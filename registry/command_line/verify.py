"""`bevis verify`: the same question, the same answer, the same sentences as the page and the API."""

from pathlib import Path
from typing import Annotated, Any

import typer

from registry.command_line.place import Dir, registry_at
from registry.command_line.screen import (
    COULD_NOT_CHECK,
    NEGATIVE,
    OK,
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
from registry.web.source import RegistrySource
from verification.answer import answer
from verification.ask import ask
from verification.certificate import EARLIEST, LATEST
from verification.reasons import texts as page_texts
from verification.situation import DEFAULT_SITUATION, NoSuchSituation, situation, situations

COMPACT = b"\x84"  # how the bytes of a compact token begin
LONGEST_TOKEN = 81_920  # bytes; the longest that the API takes
COLOURS = {"valid": "bold white on green", "invalid": "bold white on red", "undetermined": "bold black on yellow"}
FILE_ENDINGS = frozenset({".jwt", ".cwt", ".cbor", ".txt", ".json", ".svg", ".png", ".pdf"})
SIGNS = {"passed": "+", "failed": "x", "could_not_check": "?", "does_not_apply": "-"}
EXITS = {"valid": OK, "invalid": NEGATIVE, "undetermined": COULD_NOT_CHECK}


def verify(
    what: Annotated[
        str, typer.Argument(metavar="TEXT|FILE|NUMBER", help="A code, a verify address, a file, a number.")
    ],
    on: Annotated[str | None, typer.Option("--on", help="Was it valid that day?")] = None,
    for_: Annotated[str, typer.Option("--situation", help=", ".join(situations()))] = DEFAULT_SITUATION,
    directory: Dir = None,
    as_json: AsJson = False,
    lang: Language = None,
) -> None:
    """Check a certificate and say why. Exit 0 is valid, 1 not valid, 3 cannot say."""
    tongue, asked_day = language(lang), day("--on", on)
    if asked_day is not None and not EARLIEST <= asked_day <= LATEST:
        raise MalformedInput([("--on", f"must lie between {EARLIEST} and {LATEST}")])
    try:
        needed = situation(for_)
    except NoSuchSituation as unknown:
        raise MalformedInput([("--situation", str(unknown))]) from unknown
    with registry_at(directory) as registry:
        source = RegistrySource(registry, registry.public_url, now)
        verdict, show_birth = ask(source, _in_hand(what), needed, asked_day)
    told = answer(verdict, tongue, show_birth=show_birth)
    if as_json:
        show_json(told)
    else:
        _present(told, tongue)
    raise typer.Exit(EXITS[verdict.outcome])


def _in_hand(text: str) -> str | bytes:
    """What was given, or what is in the file it names. Raises MalformedInput for a name that leads nowhere."""
    if text == "-" or _is_file(text):
        data = file_bytes("/dev/stdin" if text == "-" else text, LONGEST_TOKEN)
        return data if data.startswith(COMPACT) else data.decode("utf-8", "replace").strip()
    if Path(text).suffix.lower() in FILE_ENDINGS or text.startswith(("/", "./", "../")):
        raise MalformedInput([(text[:80], "there is no such file")])
    return text


def _is_file(text: str) -> bool:
    try:
        return Path(text).is_file()
    except (OSError, ValueError):
        return False  # far too long for a name, or with a zero byte: a token or nothing


def _present(told: dict[str, Any], lang: Lang) -> None:
    show(f" {words(lang, 'verdict_' + told['outcome'])} ", COLOURS[told["outcome"]])
    show(told["says"], "bold")
    said = told["certificate"]
    if said is not None:
        struck = "" if told["outcome"] == "valid" else "strike"
        show("")
        show(f"{said['holder']}  {said['birth'] or ''}".rstrip(), "bold")
        show(f"{said['level']} {said['printed_word']}: {said['title']}", struck)
        end = f" – {said['valid_until']}" if said["valid_until"] else ""
        show(f"{said['issuer']}, {said['valid_from']}{end}, {said['number']}", struck)
        pages = page_texts("pages")
        show(f"{pages['assures'][lang]}: {said['assures']}", struck)
        show(f"{pages['does_not_assure'][lang]}: {said['does_not_assure']}", struck)
        if said.get("party"):
            show(pages[f"party_{said['party']}"][lang], struck)
        if struck:
            show(words(lang, "does_not_apply"))
    show("")
    for reason in told["reasons"]:
        if reason["severity"] != "detail" or reason["outcome"] in {"failed", "could_not_check"}:
            show(f"{SIGNS[reason['outcome']]} {reason['says']}")
            if reason["next"]:
                show(f"  → {reason['next']}")
    show("")
    show(words(lang, "known_as_of", checked=told["checked_at"], known=told["known_as_of"]))
