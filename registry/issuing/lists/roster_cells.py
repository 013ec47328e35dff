"""One cell of a roster: text as somebody typed it, to a value of the right type, or a named fault.

What people type is data in `roster.toml`: headers, yes and no, and what is said back in sv, nb and en.
"""

import difflib
import re
import tomllib
import unicodedata
from collections.abc import Callable, Mapping, Sequence
from functools import cache
from importlib import resources
from typing import Any, Literal, NamedTuple

from levels.identity import Methods, assurance_of_identity
from levels.level import Level
from registry.issuing.lists.identity_cell import identity_reader
from registry.reading.cells import birth_date, check, folded, in_order, person_name
from registry.reading.formulas import begins_formula
from registry.reading.tables import IGNORED, LONGEST_IGNORED, shared_headers
from registry.reading.wrong import BadCell
from registry.records.sector.scheme_document import SCOPE_CLASS
from registry.records.sittings.occasions import scale_of

# Facts of the row and the occasion that a row may state, by how they are written.
YES_NO = (
    "passed_all",
    "result_recorded",
    "portrait",
    "notifiable",
    "decider_apart",
    "holder_apart",
    "identity_unbroken",
)
WHOLE = {
    "attended_minutes": (0, 1_000_000),
    "enrolment_ida": (0, 3),
    "attendance_ida": (0, 3),
    "exam_ida": (0, 3),
    "examiner_last_taught": (0, 1200),
}
SCALES = ("attendance_check", "exam_supervision", "exam_face")
PARTIES = ("training_provider", "examination_body", "register_keeper")
LIMITS = {"name": 200, "email": 254, "phone": 40, "employer": 100, IGNORED: LONGEST_IGNORED}
FREE_TEXTS = frozenset({"note", IGNORED})
_BEFORE_A_LEVEL = re.compile("(?i)^(?:grad|nivå|level) ")
_PHONE = re.compile(r"\+?[0-9][0-9 ()./–-]{3,38}|\([0-9+][0-9 ()./–-]{3,38}")
_SIGNED = re.compile(r"[+-][0-9][0-9 .,]*$")
LONGEST_CELL = 1000  # characters; no column needs more

# Our name of the column and its filled cell, to the value; raises BadCell.
ReadCell = Callable[[str, str], object]


class EnrolmentCheck(NamedTuple):
    """How somebody's identity was checked at enrolment; `ida` where the cell states the method's native level too."""

    method: str
    ida: int | None


@cache
def words() -> Mapping[str, Any]:
    """Headers and words as people write them: `roster.toml`, and the headers that every table shares."""
    own = tomllib.loads(resources.files("registry.issuing").joinpath("roster.toml").read_text(encoding="utf-8"))
    shared = shared_headers()
    return {**shared, **own, "columns": {**shared["columns"], **own["columns"]}}


def cell_reader(methods: Methods) -> ReadCell:
    """Makes the function that gives the value of one filled cell; it raises BadCell.

    Its arguments are our name of the column, and the cell without surrounding spaces, not empty.
    """
    readers = {**_READERS, "enrolment_method": _enrolment_check(methods)}

    def read(column: str, text: str) -> object:
        if column != IGNORED and begins_formula(text) and not _is_no_formula(column, text):
            raise BadCell("formula")
        check(text, longest=LIMITS.get(column, LONGEST_CELL), phone=column == "phone", note=column in FREE_TEXTS)
        return readers[column](text)

    return read


# ------------------------------------------------------------------ text


def _is_no_formula(column: str, text: str) -> bool:
    """Whether what begins like a formula is a telephone number, or a number that its column may judge."""
    return (column in {"phone", "note"} and _PHONE.fullmatch(text) is not None) or (
        column in WHOLE and _SIGNED.match(text) is not None
    )


def _name(text: str) -> str:
    """The name with the first name first; what stands behind a comma may be a title, and then is no first name."""
    if "," not in text:
        return person_name(text)
    name, after = in_order(text), folded(text.rpartition(",")[2])
    if "," in name or after in {folded(title) for title in words()["words"]["titles"]}:
        raise BadCell("name_with_commas")
    return person_name(name)


def _text(text: str) -> str:
    return " ".join(unicodedata.normalize("NFC", text).split())


def _party(text: str) -> str:
    if not re.fullmatch(r"[a-z0-9-]{2,32}", text):
        raise BadCell("not_an_id")
    return text


def _note(text: str) -> str:
    return unicodedata.normalize("NFC", text)


def _email(text: str) -> str:
    if not re.fullmatch(r"[^\s@<>(),;:\\\"]+@[^\s@<>(),;:\\\".]+(\.[^\s@<>(),;:\\\".]+)+", text):
        raise BadCell("not_an_email")
    return text


def _phone(text: str) -> str:
    if not _PHONE.fullmatch(text):
        raise BadCell("not_a_phone")
    return text


def read_classes(text: str) -> tuple[str, ...]:
    """Scope classes as people list them: `A1, B2`, `A1 B2`, `A1 och B2`. Raises BadCell."""
    parts = [part for part in re.split(r"[,;|\s]+", text) if part.casefold() not in {"och", "og", "and", "&", ""}]
    if not parts or not all(re.fullmatch(SCOPE_CLASS, part) for part in parts):
        raise BadCell("not_a_class")
    return tuple(dict.fromkeys(parts))


def _level(text: str) -> Level:
    """A level by its letter, also with its word: `D`, `grad D`, `D – diplom`; or by a word that only one level has."""
    listed = words()["levels"].items()
    named = {word.casefold(): Level(level) for level, said in listed for word in (level, *said)}
    said = _BEFORE_A_LEVEL.sub("", " ".join(text.split())).casefold()
    # All that stands there must mean the same level: `D eller E` and `B ej` mean none, and nor does `C2?`.
    meant = {named.get(part) for part in re.split(r" ?[:–-] ?| ", said, maxsplit=1)}
    found = named.get(said) or (meant.pop() if len(meant) == 1 else None)
    if found is None:
        raise BadCell("unknown_word", allowed=", ".join(Level))
    return found


# ------------------------------------------------------------------ words, numbers, days


def read_yes_no(text: str) -> bool:
    """Yes or no, as people write it. Raises BadCell."""
    word = re.sub("[.,]0$", "", text.casefold())  # 1.0, where a spreadsheet had a number
    if word in words()["words"]["yes"]:
        return True
    if word in words()["words"]["no"]:
        return False
    raise BadCell("not_yes_or_no")


def _whole(least: int, most: int) -> Callable[[str], int]:
    def read(text: str) -> int:
        # 2400, 2 400 (also with a no-break space) and what spreadsheets make of it: 2400,0.
        found = re.fullmatch(r"([-−]?)([0-9]{1,3}(?:[ \u00a0\u202f][0-9]{3})+|[0-9]{1,12})(?:[.,]0{1,3})?", text)
        if not found:
            raise BadCell("not_a_whole_number")
        number = int(re.sub(r"\D", "", found[2]))
        if found[1] and number:
            raise BadCell("negative")
        if not least <= number <= most:
            raise BadCell("out_of_range", least=least, most=most)
        return number

    return read


def _last_taught(text: str) -> int | Literal["never"]:
    if text.casefold() in words()["words"]["never"]:
        return "never"
    return _whole(*WHOLE["examiner_last_taught"])(text)


def _one_of(allowed: Sequence[str]) -> Callable[[str], str]:
    def read(text: str) -> str:
        by_fold = {folded(word): word for word in allowed}
        if folded(text) in by_fold:
            return by_fold[folded(text)]
        near = difflib.get_close_matches(folded(text), by_fold, n=1)
        if near:
            raise BadCell("unknown_word_near", near=by_fold[near[0]], allowed=", ".join(allowed))
        raise BadCell("unknown_word", allowed=", ".join(allowed))

    return read


# ------------------------------------------------------------------ identity


def _enrolment_check(methods: Methods) -> Callable[[str], EnrolmentCheck]:
    """Reads how identity was checked at enrolment, with its weight where the cell states the method's own level."""
    read_check = identity_reader(methods, words())

    def read(text: str) -> EnrolmentCheck:
        event = read_check(text)
        stated = event.native_level is not None or event.number_quality is not None
        return EnrolmentCheck(event.method, assurance_of_identity(event, methods) if stated else None)

    return read


_READERS: dict[str, Callable[[str], object]] = {
    "name": _name,
    "birth_date": birth_date,
    "email": _email,
    "phone": _phone,
    "employer": _text,
    "scope_classes": read_classes,
    "asked": _level,
    "at_attained": read_yes_no,
    "note": _note,
    IGNORED: lambda _: None,
    **dict.fromkeys(YES_NO, read_yes_no),
    **{fact: _whole(*bounds) for fact, bounds in WHOLE.items()},
    "examiner_last_taught": _last_taught,
    **{fact: _one_of(scale_of(fact)) for fact in SCALES},
    **dict.fromkeys(PARTIES, _party),
}
