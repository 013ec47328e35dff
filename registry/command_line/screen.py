"""What a shell sees: plain tables at any width, JSON when asked, sentences in the reader's language.

Everything shown may come from a stranger's file: no markup is interpreted and no control character goes out.
"""

import getpass
import json
import os
import re
import secrets
import stat
import sys
import tomllib
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from datetime import UTC, date, datetime
from functools import cache
from importlib import resources
from pathlib import Path
from typing import Annotated, Any, Literal, overload

import typer
from rich import box
from rich.cells import cell_len
from rich.console import Console
from rich.padding import Padding
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn
from rich.table import Table
from rich.text import Text

from registry.errors import MalformedInput
from registry.reading.national_number import masked

_CONTROLS = re.compile("[\x7f-\x9f\u2028\u2029\u202a-\u202e\u2066-\u2069]")
GAP = 3  # columns of the terminal between two of a table
NARROWEST = 6  # that a column is made
OK, NEGATIVE, USAGE, COULD_NOT_CHECK = 0, 1, 2, 3

Lang = Literal["sv", "nb", "en"]
Dir = Annotated[
    Path | None,
    typer.Option("--dir", envvar="BEVIS_DIR", help="The registry's directory; the default is the current one."),
]
AsJson = Annotated[bool, typer.Option("--json", help="Print JSON and nothing else.")]
Language = Annotated[
    Lang | None, typer.Option("--lang", help="Language of the sentences; the default is that of the environment.")
]

Sheet = Annotated[
    str | None,
    typer.Option("--sheet", metavar="NAME", help="Which sheet of a workbook; the default is the one with people."),
]


def now() -> datetime:
    """This moment, UTC. Nothing in the shell can set another."""
    return datetime.now(UTC)


def actor(given: str | None = None) -> str:
    """Who does this, as text: what was given, or the login name."""
    try:
        return given or getpass.getuser()
    except (KeyError, OSError):
        return "unknown"


def language(given: str | None) -> Lang:
    """The language asked for, or that of the environment (LC_ALL, LC_MESSAGES, LANG), or English."""
    wish = given or next(filter(None, (os.environ.get(name) for name in ("LC_ALL", "LC_MESSAGES", "LANG"))), "")
    by_start: dict[str, Lang] = {"sv": "sv", "nb": "nb", "no": "nb", "nn": "nb", "en": "en"}
    return by_start.get(wish[:2].casefold(), "en")


@cache
def _texts() -> Mapping[str, Mapping[str, str]]:
    return tomllib.loads(
        (resources.files("registry.command_line") / "texts" / "screen.toml").read_text(encoding="utf-8")
    )


def words(lang: Lang, key: str, **params: object) -> str:
    """A sentence of `texts/screen.toml` in that language, filled in."""
    return _texts()[key][lang].format(**params)


def has_words(key: str) -> bool:
    """Whether `texts/screen.toml` has that sentence."""
    return key in _texts()


# ------------------------------------------------------------------ out


def _console(*, stderr: bool = False, width: int | None = None) -> Console:
    # No highlighting: numbers in certificates are not to be coloured by their digits.
    return Console(stderr=stderr, width=width, highlight=False, markup=False, emoji=False)


def plain(value: object) -> str:
    """Text that cannot steer a terminal: what is not printable is shown by its code point."""
    return "".join(sign if sign.isprintable() or sign == "\n" else f"\\u{ord(sign):04x}" for sign in str(value))


def show(text: str, style: str = "", *, indent: int = 0) -> None:
    """A line for people on stdout; where it is broken, its parts keep the indent."""
    line = Text(plain(text), style=style)
    _console().print(Padding(line, (0, 0, 0, indent), expand=False) if indent else line)


def show_raw(text: str) -> None:
    """A line that must not be wrapped: something to copy."""
    sys.stdout.write(plain(text) + "\n")


def show_json(data: object) -> None:
    """The answer as JSON, alone on stdout."""
    sys.stdout.write(in_json(data) + "\n")


def in_json(data: object) -> str:
    """The same as text."""
    # A terminal that knows no UTF-8 gets the same data in escapes.
    ascii_only = (sys.stdout.encoding or "ascii").casefold().replace("-", "") not in {"utf8", "utf_8"}
    told = json.dumps(data, ensure_ascii=ascii_only, indent=2, default=_json_value)
    # JSON leaves the second row of controls as they are, and some terminals obey them.
    return _CONTROLS.sub(lambda found: f"\\u{ord(found[0]):04x}", told)


def show_json_list(entries: Iterable[object]) -> None:
    """A list as JSON, an entry at a time: it may be longer than what one wants to keep in memory."""
    first = True
    for entry in entries:
        lines = in_json(entry).splitlines()
        sys.stdout.write(("[\n" if first else ",\n") + "\n".join(f"  {line}" for line in lines))
        first = False
    sys.stdout.write("[]\n" if first else "\n]\n")


def _json_value(value: object) -> object:
    if isinstance(value, (date, datetime)):
        return value.isoformat()
    return str(value)


def show_table(
    lang: Lang,
    columns: Sequence[str],
    rows: Iterable[Sequence[object]],
    *,
    title: str = "",
    styles: Mapping[str, str] | None = None,
    fixed: Sequence[str] = (),
    spare: Sequence[str] = (),
) -> None:
    """A table for people; without rows, a line that says so.

    columns  keys of their headings in `texts/screen.toml`
    styles   for whole cells: the style of a cell with that text (a colour; the word says it too)
    fixed    columns that are never broken over lines
    spare    columns that are left out, the first one first, where not even every word has room
    """
    cells = [["" if cell is None else plain(cell) for cell in row] for row in rows]
    if not cells:
        show(words(lang, "nothing_listed"))
        return
    width = _console().width
    room = {
        column: _room([words(lang, column), *(row[at] for row in cells)], whole=column in fixed)
        for at, column in enumerate(columns)
    }
    widths = _widths(room, width, fixed, spare)
    unicode = (sys.stdout.encoding or "").casefold().startswith("utf")
    table = Table(
        box=box.SIMPLE_HEAD if unicode else box.ASCII2,
        title=plain(title) or None,
        title_justify="left",
        title_style="bold",
        pad_edge=False,
    )
    for column, width in widths.items():
        table.add_column(words(lang, column), no_wrap=column in fixed, overflow="fold", width=width)
    shown = [at for at, column in enumerate(columns) if column in widths]
    for row in cells:
        table.add_row(*(Text(row[at], style=(styles or {}).get(row[at], "")) for at in shown))
    # Wider than the terminal only where it has no room for what must not be broken.
    _console(width=max(width, sum(widths.values()) + GAP * len(widths))).print(table)


def _room(cells: Iterable[str], *, whole: bool) -> tuple[int, int]:
    """How wide a column must be so that no word (whole: no line) is broken, and so that nothing is."""
    lines = [line for cell in cells for line in cell.split("\n")]
    widest = max(map(cell_len, lines), default=0)
    return (widest if whole else max((cell_len(word) for line in lines for word in line.split()), default=0), widest)


def _widths(
    room: Mapping[str, tuple[int, int]], width: int, fixed: Sequence[str], spare: Sequence[str]
) -> dict[str, int]:
    """The columns that are shown and how wide each is, as near to what it wants as the terminal allows."""
    left = [column for column in spare if column in room]
    kept = dict(room)
    while left and sum(least for least, _ in kept.values()) + GAP * len(kept) - 1 > width:
        kept.pop(left.pop(0))
    found = {column: least for column, (least, _) in kept.items()}
    over = sum(found.values()) + GAP * len(kept) - 1 - width
    while over > 0 and (breaks := [one for one in found if one not in fixed and found[one] > NARROWEST]):
        found[max(breaks, key=found.__getitem__)] -= 1
        over -= 1
    while over < 0 and (wants := [one for one in found if found[one] < kept[one][1]]):
        found[min(wants, key=found.__getitem__)] += 1
        over += 1
    return found


@contextmanager
def progress_bar(title: str, *, shown: bool) -> Iterator[Callable[[int, int], None]]:
    """A bar on stderr, where that is a terminal; it is told how many of how many are done."""
    console = _console(stderr=True)
    if not shown or not console.is_terminal:
        yield lambda _done, _of: None
        return
    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeRemainingColumn())
    with Progress(*columns, console=console, transient=True) as bars:
        task = bars.add_task(plain(title), total=None)
        yield lambda done, of: bars.update(task, completed=done, total=of)


def complain(text: str, style: str = "") -> None:
    """A line for people on stderr."""
    _console(stderr=True).print(Text(plain(text), style=style))


def report(
    arguments: Sequence[str], code: str, title: str, detail: str, faults: Sequence[tuple[str, str]] = ()
) -> None:
    """What went wrong: in words on stderr, and as `{"error": ...}` on stdout where JSON was asked for.

    faults  pairs of (path, sentence), one line each

    What somebody typed may be repeated in it, but for what looks like a national number.
    """
    detail, faults = masked(detail), [(masked(path), masked(says)) for path, says in faults]
    if "--json" in arguments:
        named = [{"path": path, "says": says} for path, says in faults]
        show_json({"error": {"code": code, "title": title, "detail": detail, "faults": named}})
    complain(f"{title}.", "bold red")
    for path, says in faults:
        complain(f"  {path}: {says}" if path else f"  {says}")
    if not faults and detail:
        complain(f"  {detail}")


def in_short(value: object, lang: Lang) -> str:
    """A value of a record on one line: yes and no in words, texts in the reader's language, lists and tables flat."""
    if value is None or isinstance(value, bool):
        return "" if value is None else words(lang, "yes" if value else "no")
    if isinstance(value, dict):
        if set(value) == {"sv", "nb", "en"}:
            return in_short(value[lang], lang)
        parts = ((key, in_short(part, lang)) for key, part in value.items())
        return ", ".join(f"{key} {part}" for key, part in parts if part)
    if isinstance(value, (list, tuple)):
        return "; ".join(in_short(part, lang) for part in value)
    return str(value)


# ------------------------------------------------------------------ in


@overload
def day(name: str, given: str) -> date: ...
@overload
def day(name: str, given: str | None) -> date | None: ...
def day(name: str, given: str | None) -> date | None:
    """A day as typed, such as 2026-03-01. Raises MalformedInput."""
    if given is None:
        return None
    with suppress(ValueError):
        # Python knows other spellings (20260301, 2026-W09-7) that people misread.
        if len(given) == len("2026-03-01") and given[4] == given[7] == "-":
            return date.fromisoformat(given)
    raise MalformedInput([(name, f"{given!r} is no day; write it like 2026-03-01")])


def one_of(name: str, given: str | None, allowed: Iterable[str]) -> Any:  # noqa: ANN401 the caller knows the words
    """A word out of a closed list. Raises MalformedInput."""
    words_ = tuple(allowed)
    if given is not None and given not in words_:
        raise MalformedInput([(name, f"{given!r} is none of {', '.join(words_)}")])
    return given


def file_bytes(path: str, limit: int) -> bytes:
    """The content of a file that somebody named, which may be /dev/stdin. Raises MalformedInput."""
    # Loaded here: most commands read no file.
    from verification.in_hand import NotUsable, bytes_of

    try:
        return bytes_of(path, limit)
    except NotUsable as fault:
        raise MalformedInput([(fault.what, fault.says)]) from fault


def write_file(path: str, data: bytes, *, secret: bool = False, new: bool = False) -> None:
    """Write what --output names; secret: for nobody else on this machine; new: over nothing. Raises MalformedInput."""
    try:
        if not new and _is_plain(path):
            _replace(Path(path), data, secret=secret)
            return
        flags = os.O_WRONLY | os.O_CREAT | (os.O_EXCL if new else os.O_TRUNC)
        with os.fdopen(os.open(path, flags, 0o600 if secret else 0o666), "wb") as file:
            if secret and stat.S_ISREG(os.fstat(file.fileno()).st_mode):
                os.fchmod(file.fileno(), 0o600)  # it may have been there, for others to read
            file.write(data)
    except (OSError, ValueError) as fault:
        why = os.strerror(fault.errno) if isinstance(fault, OSError) and fault.errno else "is no name of a file"
        raise MalformedInput([("--output", f"{path!r} cannot be written: {why}")]) from fault


def _is_plain(path: str) -> bool:
    """Whether a file stands there, or nothing yet: no terminal, pipe or folder, and no link to one, as /dev/stdout."""
    try:
        return stat.S_ISREG(Path(path).lstat().st_mode)
    except FileNotFoundError:
        return bool(path) and not path.endswith("/")


def _replace(file: Path, data: bytes, *, secret: bool) -> None:
    """All of it or nothing: whoever is stopped half-way leaves what was there. Raises OSError."""
    fresh = file.with_name(f".bevis-{os.getpid()}-{secrets.token_hex(4)}")
    try:
        with os.fdopen(
            os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600 if secret else 0o666), "wb"
        ) as opened:
            if not secret and file.exists():
                os.fchmod(opened.fileno(), stat.S_IMODE(file.stat().st_mode))
            opened.write(data)
            opened.flush()
            os.fsync(opened.fileno())
        fresh.replace(file)
    finally:
        with suppress(OSError):
            fresh.unlink(missing_ok=True)
