"""`bevis`, as it is started: nobody at a gate waits for a whole registry where a trust file has the answer.

Everything else, and whatever is not understood here, is the whole command's to answer.
"""

import gc
import os
import shutil
import sys
import textwrap
from collections.abc import Sequence
from datetime import UTC, datetime
from typing import NamedTuple

_MANY = {"--scheme", "--status"}
_ONE = {"--on", "--situation", "--level", "--trust", "--root", "--seal-root", "--lang"}
_LANGUAGES = {"sv", "nb", "en"}
_SIGNS = {"strong": "\x1b[1m", "struck": "\x1b[9m"} | {
    "valid": "\x1b[1;37;42m",
    "invalid": "\x1b[1;37;41m",
    "undetermined": "\x1b[1;30;43m",
}  # how a terminal is told of each


def run() -> None:
    """The console script."""
    code = answered(sys.argv[1:])
    if code is None:
        # Half a second, that a question to a trust file need not wait for.
        from registry.command_line.main import run as run_all

        run_all()
    sys.exit(code)


class _Question(NamedTuple):
    what: str
    one: dict[str, str]
    many: dict[str, list[str]]
    as_json: bool


def answered(arguments: Sequence[str], now: datetime | None = None) -> int | None:
    """Answer `bevis verify WHAT --trust FILE …` on stdout; the exit code. None where that was not what was asked.

    now  the moment it is asked; None = this machine's clock
    """
    question = _read(arguments)
    if question is None:
        return None
    gc.disable()  # what is loaded is looked through again and again, and all of it stays
    os.environ.setdefault("PYDANTIC_DISABLE_PLUGINS", "__all__")  # which would look for some in all that is installed
    # Loaded here, and nothing that knows a database or the web.
    from levels.level import Level
    from registry.command_line.verdict import lines_for_people
    from verification.answer import answer
    from verification.offline import EXITS, asked_of_file, in_json, language_of

    one, many = question.one, question.many
    lang = one.get("--lang") or language_of(os.environ)
    try:
        asked, unchecked = asked_of_file(
            [question.what],
            one["--trust"],
            now or datetime.now(UTC),
            root=one.get("--root") or os.environ.get("BEVIS_ROOT") or None,
            seal_root=one.get("--seal-root"),
            status=many["--status"],
            situation=one.get("--situation"),
            schemes=many["--scheme"],
            level=Level(one["--level"]) if "--level" in one else None,
            on=one.get("--on"),
        )
        [(_, verdict)] = asked  # several are told in another way
        told = answer(verdict, lang)
    except Exception:  # noqa: BLE001 the whole command says what is wrong, as it does of everything
        return None
    if hasattr(sys.stdout, "reconfigure"):
        sys.stdout.reconfigure(errors="replace")  # what a terminal cannot show becomes ?, not a crash
    try:
        if question.as_json:
            print(in_json(told))  # noqa: T201 a shell is answered on its streams
        else:
            for line in lines_for_people(told, verdict, lang, unchecked=unchecked):
                _show(line.text, line.style)
        sys.stdout.flush()
    except BrokenPipeError:
        # Whoever read us (head, less) has seen enough; closing it must not fail again.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
    return EXITS[verdict.outcome]


def _show(text: str, style: str) -> None:
    """A line, broken between words where the terminal ends."""
    from verification.offline import plain

    width = shutil.get_terminal_size().columns
    parts = textwrap.wrap(plain(text), width, break_on_hyphens=False) if len(text) > width else [plain(text)]
    sign = _SIGNS.get(style, "") if sys.stdout.isatty() and not os.environ.get("NO_COLOR") else ""
    for part in parts:
        print(f"{sign}{part}\x1b[0m" if sign else part)  # noqa: T201 same


def _read(arguments: Sequence[str]) -> _Question | None:
    """What is asked, where it is a question to a trust file and nothing in it is odd."""
    if arguments[:1] != ["verify"]:
        return None
    words, what, as_json = iter(arguments[1:]), list[str](), False
    given: dict[str, list[str]] = {name: [] for name in _ONE | _MANY}
    for word in words:
        name, is_told, value = word.partition("=")
        if word == "--json":
            as_json = True
        elif name in given:
            given[name].append(value if is_told else next(words, ""))
        else:
            what.append(word)
    one = {name: given[name][0] for name in _ONE if given[name]}
    odd = len(what) != 1 or what[0].startswith("-")  # standard input can be read only once
    odd = odd or any(len(given[name]) > 1 for name in _ONE) or not all(all(values) for values in given.values())
    if odd or "--trust" not in one or one.get("--lang", "en") not in _LANGUAGES:
        return None
    return _Question(what[0], one, {name: given[name] for name in _MANY}, as_json)
