"""What somebody types or names a file for, in a shell: one question, or as many as are in a picture or a list."""

import re
import stat
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import BinaryIO, Final, NamedTuple

from verification.envelopes.pdf import MOST_BYTES, is_pdf
from verification.paper import InHand, Paper, document_in, looked_at
from verification.pictures.kinds import MAX_PICTURE_BYTES, is_picture
from verification.presented import NotACertificate, told_apart

LONGEST_TOKEN: Final = 81_920  # bytes; the longest that the API takes
LONGEST_NAME: Final = 4096
MOST_QUESTIONS: Final = 1000  # at once
_LONGEST_LIST: Final = 4 * 1024 * 1024  # bytes
_LONGEST_LINE: Final = 4096  # characters; a code in a list
_SHORTEST: Final = 16  # characters of a number
_COMPACT: Final = b"\x84"  # how the bytes of a compact token begin
# Where <(…) of a shell stands, whose other end is open.
_OF_THE_SHELL: Final = re.compile(r"/dev/(fd/[0-9]+|stdin)|/proc/(self|[0-9]+)/fd/[0-9]+")
_FILE_ENDINGS: Final = frozenset(
    {".jwt", ".cwt", ".cbor", ".txt", ".json", ".csv", ".svg", ".png", ".jpg", ".jpeg", ".webp", ".heic", ".pdf"}
)


class NotUsable(Exception):
    """Something given on a command line that cannot be used: what, and what is wrong with it."""

    def __init__(self, what: str, says: str) -> None:
        super().__init__(f"{what}: {says}")
        self.what, self.says = what, says


class Question(NamedTuple):
    """What is asked about, and where it stood: the file with its page or line; None where it was typed."""

    given: InHand
    where: str | None = None


def in_hand(text: str) -> str | bytes | Paper:
    """What was given, or what is in the file it names; `-` is standard input. Raises NotUsable."""
    if text == "-":
        return _token("standard input", bounded("standard input", sys.stdin.buffer, MOST_BYTES))
    if is_file(text):
        return _token(text, bytes_of(text, MOST_BYTES))
    _see_that_no_file_was_meant(text)
    return text


def questions_in(texts: Sequence[str]) -> list[Question]:
    """Everything that is asked about, in its order. Raises NotUsable; nothing is asked then.

    texts  each a code, an address, a number, or the name of a file: a certificate, a picture or a PDF with QR codes
           in it, or a list with one code or number on each line
    """
    asked: list[Question] = []
    for text in texts:
        asked += _in_file(text) if text != "-" and is_file(text) else [Question(in_hand(text))]
        if len(asked) > MOST_QUESTIONS:
            raise NotUsable(text[:80], f"more than {MOST_QUESTIONS} questions are too many at once")
    return asked


def is_file(text: str) -> bool:
    """Whether a text names a file. Raises NotUsable where it names something that is there and is none."""
    try:
        mode = Path(text).stat().st_mode
    except (OSError, ValueError):
        return False  # not there, far too long for a name, or with a zero byte: a token or nothing
    if not stat.S_ISREG(mode) and not _OF_THE_SHELL.fullmatch(text):
        raise NotUsable(text[:LONGEST_NAME], "is a directory" if stat.S_ISDIR(mode) else "is no file that can be read")
    return True


def is_waited_for(path: str) -> bool:
    """Whether it is a pipe with a name: whoever opens it waits for somebody else to. Raises OSError, ValueError."""
    return stat.S_ISFIFO(Path(path).stat().st_mode) and not _OF_THE_SHELL.fullmatch(path)


def bytes_of(path: str, limit: int) -> bytes:
    """What is in a file, at most `limit` bytes. Raises NotUsable, also for a pipe with a name: it may wait for ever."""
    try:
        if is_waited_for(path):
            raise NotUsable(path[:LONGEST_NAME], "is no file that can be read")
        file = Path(path).open("rb")  # noqa: SIM115 closed by `bounded`
    except (OSError, ValueError) as fault:
        why = fault.strerror if isinstance(fault, OSError) and fault.strerror else "is no name of a file"
        raise NotUsable(path[:LONGEST_NAME], f"cannot be read: {why}") from fault
    return bounded(path, file, limit)


def bounded(name: str, file: BinaryIO, limit: int) -> bytes:
    """The same, of a file that is open."""
    try:
        with file:
            data = file.read(limit + 1)
    except OSError as fault:
        raise NotUsable(name, f"cannot be read: {fault.strerror}") from fault
    if len(data) > limit:
        raise NotUsable(name, f"is larger than {limit // 1024} KiB")
    return data


def _see_that_no_file_was_meant(text: str) -> None:
    if Path(text[:LONGEST_NAME]).suffix.lower() in _FILE_ENDINGS or text.startswith(("/", "./", "../")):
        raise NotUsable(text[:80], "there is no such file")


def _token(name: str, data: bytes) -> str | bytes | Paper:
    if is_pdf(data):
        return looked_at(data)
    if len(data) > LONGEST_TOKEN:
        raise NotUsable(name, f"is larger than {LONGEST_TOKEN // 1024} KiB")
    return data if data.startswith(_COMPACT) else data.decode("utf-8", "replace")


# ------------------------------------------------------------------ more than one in a file


def _in_file(path: str) -> list[Question]:
    data = bytes_of(path, max(MAX_PICTURE_BYTES, _LONGEST_LIST))
    paper = document_in(data)
    if paper is not None:
        return [Question(paper, path)]
    if is_picture(data):
        # Loaded here: whoever has a code in hand does not wait for what reads pictures.
        from verification.pictures.codes import NoPicture, codes_in

        try:
            seen = codes_in(data)
        except NoPicture as fault:
            raise NotUsable(path, fault.says("en")) from fault
        if not seen:
            raise NotUsable(path, "there is no QR code in it that can be read")
        paged = max(code.page for code in seen) > 1
        return [Question(code, f"{path}, {code.page}" if paged else path) for code in seen]
    token: str | bytes = data if data.startswith(_COMPACT) else data.decode("utf-8", "replace")
    listed = _listed(path, token) if isinstance(token, str) else []
    if listed:
        return listed
    if len(data) > LONGEST_TOKEN:
        raise NotUsable(path, f"is larger than {LONGEST_TOKEN // 1024} KiB")
    return [Question(token, path)]


def _listed(path: str, text: str) -> list[Question]:
    """The lines of a list; none, where the whole is one certificate or no list."""
    numbered = [(number, first_column(line)) for number, line in enumerate(text.lstrip("\ufeff").splitlines(), 1)]
    lines = [(number, line) for number, line in numbered if line]
    if len(lines) > 1 and _is_heading(lines[0][1]):
        lines = lines[1:]
    if not lines or len(numbered) < 2 or max(len(line) for _, line in lines) > _LONGEST_LINE:  # noqa: PLR2004 one is no list
        return []
    # A file of which no line is anything here is no list: it is answered once.
    is_list = not _is_something(text) and any(_is_something(line) for _, line in lines)
    return [Question(line, f"{path}:{number}") for number, line in lines] if is_list else []


def _is_something(text: str) -> bool:
    try:
        told_apart(text)
    except NotACertificate:
        return False
    return True


def _is_heading(line: str) -> bool:
    """Whether a first line only says what stands below it: a few words and no digit, as no number and no code is."""
    return len(line) < _SHORTEST and not any(sign.isdigit() for sign in line)


def first_column(line: str) -> str:
    """What a line of a list asks about: a table has it in its first column."""
    return line.strip().replace("\t", ";").partition(";")[0].strip(' "')
