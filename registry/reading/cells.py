"""Cells that every table has: a person's name, a day; and what no cell may hold. Pure."""

import calendar
import re
import unicodedata
from datetime import date

from registry.reading.national_number import holds_national_number, is_ignorable
from registry.reading.wrong import BadCell

EARLIEST_YEAR = 1900
MOST_DIGITS_IN_A_NAME = 3
SHOWN = 80  # characters of a faulty value that are repeated
DIGITS_OF_A_DATE = 8
# Alphabets with letters that look alike.
ALPHABETS = frozenset({"LATIN", "GREEK", "CYRILLIC"})


def folded(text: str) -> str:
    """How headers and words are compared: letters and digits only, small, without accents."""
    plain = unicodedata.normalize("NFKD", text.casefold().replace("ø", "o").replace("æ", "ae"))
    return "".join(letter for letter in plain if letter.isalnum())


def visible(text: str) -> str:
    """The value for a message: cut, and what cannot be seen is shown by its code point."""
    return "".join(sign if sign.isprintable() else f"\\u{ord(sign):04x}" for sign in text[:SHOWN])


def shown(text: str, *, birth: bool = False) -> str | None:
    """The value for a message; None where it holds a national identity number, or a birth date may be one."""
    if holds_national_number(text) or (birth and sum(sign.isdigit() for sign in text) > DIGITS_OF_A_DATE):
        return None
    return visible(text)


def check(text: str, *, longest: int, phone: bool = False, note: bool = False) -> None:
    """Refuse what no cell may hold. Raises BadCell.

    longest  characters
    note     a free text: it may have line breaks, and invisible signs that belong to emoji
    """
    if holds_national_number(text, phone=phone):
        raise BadCell("national_number")
    if len(text) > longest:
        raise BadCell("too_long", limit=longest)
    # A line break inside a cell is how people write long notes; elsewhere it is a slip.
    on_one_line = text.replace("\n", " ") if note else text
    if not on_one_line.isprintable() and any(_is_invisible(sign) for sign in on_one_line):
        raise BadCell("unprintable")
    if not note and any(is_ignorable(sign) for sign in on_one_line):
        raise BadCell("unprintable")


def person_name(text: str) -> str:
    """A person's name in NFC with single spaces. Raises BadCell."""
    name = " ".join(unicodedata.normalize("NFC", text).split())
    # U+FFFD, or UTF-8 read as cp1252 somewhere on the way: "Ã¶" for "ö".
    if "\ufffd" in name or re.search("[ÃÂ][\u0080-\u00bf€‚ƒ„…†‡ˆ‰Š‹Œ‘’“”•–—˜™š›œ]", name):
        raise BadCell("garbled")
    if not any(sign.isalpha() for sign in name):
        raise BadCell("name_without_letters")
    if sum(sign.isdigit() for sign in name) > MOST_DIGITS_IN_A_NAME:
        raise BadCell("name_with_digits")
    if name.isascii():  # most names in a long list; ASCII knows one alphabet
        return name
    # A mark that combines with no letter must not part a word.
    unmarked = "".join(sign for sign in name if not unicodedata.category(sign).startswith("M"))
    if any(len(_alphabets(word)) > 1 for word in re.split(r"[\W_]+", unmarked)):
        raise BadCell("name_of_two_alphabets")
    return name


def calendar_day(text: str) -> date:
    """A day as people write it, year first or with points day first. Raises BadCell."""
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


def birth_date(text: str) -> date:
    """The day somebody was born. Raises BadCell."""
    day = calendar_day(text)
    if day.year < EARLIEST_YEAR:
        raise BadCell("date_out_of_range")
    return day


def _alphabets(word: str) -> frozenset[str]:
    """Those of the alphabets that look alike which the word has letters of."""
    letters = (sign for sign in unicodedata.normalize("NFKC", word) if sign.isalpha())
    return ALPHABETS.intersection(unicodedata.name(letter, "").partition(" ")[0] for letter in letters)


def _is_invisible(sign: str) -> bool:
    # Control, format (bidirectional overrides, zero width), surrogate, private use, unassigned, line separators.
    return unicodedata.category(sign) in {"Cc", "Cf", "Cs", "Co", "Cn", "Zl", "Zp"}
