"""One cell of a roster: text as somebody typed it, to a value of the right type, or a named fault.

What people type is data in `roster.toml`: headers, yes and no, and what is said back in sv, nb and en.
"""

import calendar
import difflib
import re
import tomllib
import unicodedata
from collections.abc import Callable, Mapping, Sequence
from datetime import date
from functools import cache
from importlib import resources
from typing import Any, Literal, NamedTuple, get_args, get_origin

from levels.evidence import Evidence
from levels.identity import IdentityEvent, Methods, UnknownMethod, assurance_of_identity
from registry.issuing.roster_national_number import holds_national_number, is_ignorable

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
LIMITS = {"name": 200, "email": 254, "phone": 40, "employer": 100}
LONGEST_CELL = 1000  # characters; no column needs more
EARLIEST_YEAR = 1900
MOST_DIGITS_IN_A_NAME = 3
# Alphabets with letters that look alike.
ALPHABETS = frozenset({"LATIN", "GREEK", "CYRILLIC"})


# Our name of the column and its filled cell, to the value; raises BadCell.
ReadCell = Callable[[str, str], object]


class BadCell(Exception):
    """A cell that cannot be read: the code of what is wrong and what its sentence needs."""

    def __init__(self, code: str, **params: object) -> None:
        super().__init__(code)
        self.code = code
        self.params = params


class EnrolmentCheck(NamedTuple):
    """How somebody's identity was checked at enrolment; `ida` where the cell states the method's native level too."""

    method: str
    ida: int | None


@cache
def words() -> Mapping[str, Any]:
    """Headers and words as people write them: `roster.toml`."""
    return tomllib.loads(resources.files("registry.issuing").joinpath("roster.toml").read_text(encoding="utf-8"))


def folded(text: str) -> str:
    """How headers and words are compared: letters and digits only, small, without accents."""
    plain = unicodedata.normalize("NFKD", text.casefold().replace("ø", "o").replace("æ", "ae"))
    return "".join(letter for letter in plain if letter.isalnum())


def cell_reader(methods: Methods) -> ReadCell:
    """Makes the function that gives the value of one filled cell; it raises BadCell.

    Its arguments are our name of the column, and the cell without surrounding spaces, not empty.
    """
    readers = {**_READERS, "enrolment_method": _enrolment_check(methods)}

    def read(column: str, text: str) -> object:
        if holds_national_number(text, phone=column == "phone"):
            raise BadCell("national_number")
        if len(text) > LIMITS.get(column, LONGEST_CELL):
            raise BadCell("too_long", limit=LIMITS.get(column, LONGEST_CELL))
        # A line break inside a cell is how people write long notes; elsewhere it is a slip.
        shown = text.replace("\n", " ") if column == "note" else text
        if not shown.isprintable() and any(_is_invisible(sign) for sign in shown):
            raise BadCell("unprintable")
        # In a note they belong to emoji.
        if column != "note" and any(is_ignorable(sign) for sign in shown):
            raise BadCell("unprintable")
        return readers[column](text)

    return read


# ------------------------------------------------------------------ text


def _name(text: str) -> str:
    name = " ".join(unicodedata.normalize("NFC", text).split())
    # U+FFFD, or UTF-8 read as cp1252 somewhere on the way: "Ã¶" for "ö".
    if "\ufffd" in name or re.search("[ÃÂ][\u0080-\u00bf€‚ƒ„…†‡ˆ‰Š‹Œ‘’“”•–—˜™š›œ]", name):
        raise BadCell("garbled")
    if not any(sign.isalpha() for sign in name):
        raise BadCell("name_without_letters")
    if sum(sign.isdigit() for sign in name) > MOST_DIGITS_IN_A_NAME:
        raise BadCell("name_with_digits")
    # A mark that combines with no letter must not part a word.
    unmarked = "".join(sign for sign in name if not unicodedata.category(sign).startswith("M"))
    if any(len(_alphabets(word)) > 1 for word in re.split(r"[\W_]+", unmarked)):
        raise BadCell("name_of_two_alphabets")
    return name


def _alphabets(word: str) -> frozenset[str]:
    """Those of the alphabets that look alike which the word has letters of."""
    letters = (sign for sign in unicodedata.normalize("NFKC", word) if sign.isalpha())
    return ALPHABETS.intersection(unicodedata.name(letter, "").partition(" ")[0] for letter in letters)


def _is_invisible(sign: str) -> bool:
    # Control, format (bidirectional overrides, zero width), surrogate, private use, unassigned, line separators.
    return unicodedata.category(sign) in {"Cc", "Cf", "Cs", "Co", "Cn", "Zl", "Zp"}


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
    if not re.fullmatch(r"\+?[0-9][0-9 ()./–-]{3,38}", text) and not re.fullmatch(r"\([0-9+][0-9 ()./–-]{3,38}", text):
        raise BadCell("not_a_phone")
    return text


# ------------------------------------------------------------------ words, numbers, days


def _yes_no(text: str) -> bool:
    word = text.casefold()
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


def _day(text: str) -> date:
    found = re.fullmatch(r"([0-9]{4})-([0-9]{1,2})-([0-9]{1,2})(?:[ T]00:00(?::00)?)?", text)
    # The day-first order with points is the only other one that cannot be misread in the Nordic countries.
    turned = re.fullmatch(r"([0-9]{1,2})\.([0-9]{1,2})\.([0-9]{4})", text)
    packed = re.fullmatch(r"([0-9]{4})([0-9]{2})([0-9]{2})", text)
    if written := found or packed:
        year, month, day = (int(part) for part in written.groups())
    elif turned:
        day, month, year = (int(part) for part in turned.groups())
    else:
        raise BadCell("not_a_date")
    if not (1 <= month <= 12 and year >= 1 and 1 <= day <= calendar.monthrange(year, month)[1]):  # noqa: PLR2004 months
        raise BadCell("impossible_date")
    return date(year, month, day)


def _birth_date(text: str) -> date:
    day = _day(text)
    if day.year < EARLIEST_YEAR:
        raise BadCell("date_out_of_range")
    return day


def _scale(fact: str) -> tuple[str, ...]:
    """The words of a scale, as the published facts list them."""
    for part in get_args(Evidence.model_fields[fact].annotation):
        if get_origin(part) is Literal:
            return get_args(part)
    raise LookupError(fact)


# ------------------------------------------------------------------ identity


def _enrolment_check(methods: Methods) -> Callable[[str], EnrolmentCheck]:
    """Reads `id06`, `id06:pin`, `samordningsnummer:styrkt`, or the method's name in a language people write."""
    names = {folded(name): row.id for row in methods.method for name in (row.id, *row.name.values())}
    for method, aliases in words()["methods"].items():
        names.update({folded(alias): method for alias in aliases})
    unclear = {folded(word): code for code, listed in words()["unclear_methods"].items() for word in listed}
    # No nearest word is suggested: one method taken for another is a check that nobody made.
    in_words = {
        lang: "; ".join(f"{row.name[lang]} ({row.id})" for row in methods.method) for lang in ("sv", "nb", "en")
    }

    def read(text: str) -> EnrolmentCheck:
        word, _, detail = (part.strip() for part in text.partition(":"))
        if folded(word) in unclear and not detail:
            raise BadCell(unclear[folded(word)])
        if folded(word) not in names:
            raise BadCell("unknown_identity_check", **in_words)
        method = methods.by_id(names[folded(word)])
        if not detail:
            return EnrolmentCheck(method.id, None)
        if method.rests_on_number:
            event, known = IdentityEvent(method=method.id, number_quality=detail), [*methods.number_quality_cap]
        else:
            event, known = IdentityEvent(method=method.id, native_level=detail), [*method.native]
        try:
            return EnrolmentCheck(method.id, assurance_of_identity(event, methods))
        except UnknownMethod:
            stated = ", ".join([method.id, *(f"{method.id}:{one}" for one in known)])
            raise BadCell("unknown_word", allowed=stated) from None

    return read


_READERS: dict[str, Callable[[str], object]] = {
    "name": _name,
    "birth_date": _birth_date,
    "email": _email,
    "phone": _phone,
    "employer": _text,
    "note": _note,
    **dict.fromkeys(YES_NO, _yes_no),
    **{fact: _whole(*bounds) for fact, bounds in WHOLE.items()},
    "examiner_last_taught": _last_taught,
    **{fact: _one_of(_scale(fact)) for fact in SCALES},
    **dict.fromkeys(PARTIES, _party),
}
