"""Cells that every table has: a person's name, a day; and what no cell may hold. Pure."""

import calendar
import re
import unicodedata
from collections.abc import Mapping
from contextlib import suppress
from datetime import date
from functools import cache, lru_cache

from registry.reading.formulas import as_meant
from registry.reading.national_number import holds_ignorable, holds_national_number
from registry.reading.wrong import BadCell

EARLIEST_YEAR = 1900
MOST_DIGITS_IN_A_NAME = 3
MOST_MARKS = 4  # on one letter of a name
SHOWN = 80  # characters of a faulty value that are repeated
DIGITS_OF_A_DATE = 8
MONTHS = 12
_MONTH_NAMES = (
    "januari januar january",
    "februari februar february",
    "mars march",
    "april",
    "maj mai may",
    "juni june",
    "juli july",
    "augusti august",
    "september sept",
    "oktober october",
    "november",
    "december desember",
)
# Alphabets with letters that look alike.
ALPHABETS = frozenset({"LATIN", "GREEK", "CYRILLIC"})

_BLANKS = " \n\u00a0\u2007\u202f\u2009"  # a tab or a carriage return in front is no space: see formulas.py
# What a spreadsheet writes where a formula failed, in English, Swedish and Norwegian.
_ERROR = re.compile(r"#(?:[A-ZÅÄÖÆØ/0]+[!?]|N/A|I/T|GETTING_DATA)")
_GARBLED = re.compile("[ÃÂ][\u0080-\u00bf€‚ƒ„…†‡ˆ‰Š‹Œ‘’“”•–—˜™š›œ]")
_PLAIN_NAME = re.compile("[A-Za-zÀ-ÖØ-öø-ÿ]+(?:[ '-][A-Za-zÀ-ÖØ-öø-ÿ]+)*")
_NOT_IN_NAMES = re.compile(r"[:;!?=<>|@#%*{}\[\]~^\\$€+&/]")
_NO_LETTERS = frozenset({"No", "Nl"})  # ² and Ⅳ
_PILED_MARKS = re.compile(f"^m|m{{{MOST_MARKS + 1}}}")  # on no letter, or more than any language writes on one
_MIDNIGHT = r"(?:[ T]00:00(?::00(?:\.0+)?)?)?"
_AS_ISO = re.compile("[0-9]{4}-[0-9]{2}-[0-9]{2}")
_YEAR_FIRST = re.compile(rf"([0-9]{{4}})[-./]([0-9]{{1,2}})[-./]([0-9]{{1,2}}){_MIDNIGHT}")
_PACKED = re.compile(r"([0-9]{4})([0-9]{2})([0-9]{2})(?:[.,]0+)?")
_DAY_FIRST = re.compile(rf"([0-9]{{1,2}})([./-]) ?([0-9]{{1,2}})[./ -]+([0-9]{{4}}){_MIDNIGHT}")
_WITH_MONTH_NAME = re.compile(r"(?:den )?([0-9]{1,2})\.?(?:st|nd|rd|th|e|:e)? ?([^\W\d_]{3,9})\.?,? ?([0-9]{4})")


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


def typed(cell: str) -> str:
    """What somebody meant to type: no spaces around it, no soft hyphens, nothing that we put before a formula sign."""
    text = as_meant(cell.rstrip().lstrip(_BLANKS))
    return text.replace("\u00ad", "") if "\u00ad" in text else text


def check(text: str, *, longest: int, phone: bool = False, note: bool = False) -> None:
    """Refuse what no cell may hold. Raises BadCell.

    longest  characters
    note     a free text: it may have line breaks, and invisible signs that belong to emoji
    """
    if holds_national_number(text, phone=phone):
        raise BadCell("national_number")
    if len(text) > longest:
        raise BadCell("too_long", limit=longest)
    if text.startswith("#") and _ERROR.fullmatch(text):
        raise BadCell("error_cell")
    if text.isascii() and text.isprintable():
        return
    # A line break inside a cell is how people write long notes; elsewhere it is a slip.
    on_one_line = text.replace("\n", " ") if note else text
    if not on_one_line.isprintable() and any(_is_invisible(sign) for sign in on_one_line):
        raise BadCell("unprintable")
    if not note and holds_ignorable(on_one_line):
        raise BadCell("unprintable")


def person_name(text: str) -> str:
    """A person's name in NFC with single spaces. Raises BadCell."""
    if _PLAIN_NAME.fullmatch(text):  # most names of a long list: nothing of what follows is about them
        return text
    name = " ".join(unicodedata.normalize("NFC", text).split())
    # U+FFFD, or UTF-8 read as cp1252 somewhere on the way: "Ã¶" for "ö".
    if "\ufffd" in name or _GARBLED.search(name):
        raise BadCell("garbled")
    if not any(sign.isalpha() for sign in name):
        raise BadCell("name_without_letters")
    if sum(map(str.isdigit, name)) > MOST_DIGITS_IN_A_NAME:
        raise BadCell("name_with_digits")
    if signs := _NOT_IN_NAMES.findall(name):
        raise BadCell("name_with_signs", signs=" ".join(dict.fromkeys(signs)))
    if name.isascii():  # most names in a long list; ASCII knows one alphabet
        return name
    kinds = [unicodedata.category(sign) for sign in name]
    if odd := [sign for sign, kind in zip(name, kinds, strict=True) if kind[0] == "S" or kind in _NO_LETTERS]:
        raise BadCell("name_with_signs", signs=" ".join(dict.fromkeys(odd)))
    if _PILED_MARKS.search("".join("m" if kind[0] == "M" else "." for kind in kinds)):
        raise BadCell("garbled")
    # A mark that combines with no letter must not part a word.
    unmarked = "".join(sign for sign in name if not unicodedata.category(sign).startswith("M"))
    if any(len(_alphabets(word)) > 1 for word in re.split(r"[\W_]+", unmarked)):
        raise BadCell("name_of_two_alphabets")
    return name


def in_order(name: str) -> str:
    """A name with the first name first: `Östlund, Björn` is Björn Östlund. Anything else with commas is left."""
    last, comma, first = name.partition(",")
    if not comma or "," in first or not first.strip() or not last.strip():
        return name
    return f"{first.strip()} {last.strip()}"


def calendar_day(text: str) -> date:
    """A day as people write it: year first, or day first where nobody can take it for another. Raises BadCell."""
    if _AS_ISO.fullmatch(text):
        with suppress(ValueError):
            return date.fromisoformat(text)
    if found := _YEAR_FIRST.fullmatch(text) or _PACKED.fullmatch(text):
        year, month, day = (int(part) for part in found.groups())
    elif found := _DAY_FIRST.fullmatch(text):
        day, sign, month, year = int(found[1]), found[2], int(found[3]), int(found[4])
        if sign != "." and not (" " in found[0] or day > MONTHS or day == month):
            # With slashes and dashes some write the month first.
            raise BadCell("ambiguous_date" if month <= MONTHS else "not_a_date")
    elif found := _WITH_MONTH_NAME.fullmatch(text):
        day, month, year = int(found[1]), _months().get(folded(found[2]), 0), int(found[3])
        if not month:
            raise BadCell("not_a_date")
    else:
        raise BadCell(_why_no_date(text))
    if not (1 <= month <= MONTHS and year >= 1 and 1 <= day <= calendar.monthrange(year, month)[1]):
        raise BadCell("impossible_date")
    return date(year, month, day)


def _why_no_date(text: str) -> str:
    """The code of what is wrong with something that is no date."""
    if re.fullmatch("(?:19|20)[0-9]{2}", text):
        return "only_a_year"
    if re.fullmatch("[1-9][0-9]{4}", text):
        return "date_as_number"
    if re.fullmatch(r"[0-9]{6}|[0-9]{1,2}([-./ ])[0-9]{1,2}([-./ ])[0-9]{2}", text):
        return "two_digit_year"
    return "not_a_date"


def birth_date(text: str) -> date:
    """The day somebody was born. Raises BadCell."""
    day = calendar_day(text)
    if day.year < EARLIEST_YEAR:
        raise BadCell("date_out_of_range")
    return day


@cache
def _months() -> Mapping[str, int]:
    """The names of the months and their first three letters, in Swedish, Norwegian and English."""
    named: dict[str, int] = {}
    for number, names in enumerate(_MONTH_NAMES, 1):
        named |= {folded(part): number for name in names.split() for part in (name, name[:3])}
    return named


def _alphabets(word: str) -> set[str]:
    """Those of the alphabets that look alike which the word has letters of."""
    return {found for sign in unicodedata.normalize("NFKC", word) if (found := _alphabet(sign))}


@lru_cache(maxsize=4096)
def _alphabet(sign: str) -> str | None:
    """Which of the alphabets that look alike has this letter; None where none has."""
    found = unicodedata.name(sign, "").partition(" ")[0] if sign.isalpha() else ""
    return found if found in ALPHABETS else None


def _is_invisible(sign: str) -> bool:
    # Control, format (bidirectional overrides, zero width), surrogate, private use, unassigned, line separators.
    return unicodedata.category(sign) in {"Cc", "Cf", "Cs", "Co", "Cn", "Zl", "Zp"}
