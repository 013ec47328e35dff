"""Numbers that states give people, one in a cell or an option: read, checked, and never shown again; pure.

Swedish personnummer and samordningsnummer (day + 60; month or day 00 where it is not known), Norwegian fødselsnummer
and D-number (first digit + 4), passports, and what other states give. A right check digit proves typing, not that
somebody has the number. `national_number.py` finds such numbers in free text.
"""

import re
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from functools import cache
from importlib.resources import files
from typing import Final, Literal, NamedTuple, NoReturn, Self, get_args

from stdnum import luhn
from stdnum.no import fodselsnummer, orgnr

from registry.reading.national_number import plain_signs
from registry.reading.wrong import BadCell

Kind = Literal["personnummer", "samordningsnummer", "fodselsnummer", "d_number", "passport", "foreign_id"]
KINDS: Final[tuple[Kind, ...]] = get_args(Kind)
NORDIC: Final[tuple[Kind, ...]] = ("personnummer", "samordningsnummer", "fodselsnummer", "d_number")
# Nobody has two of these at a time, so that two of them are two people.
OF_ONE_PERSON: Final[frozenset[Kind]] = frozenset({"personnummer", "fodselsnummer"})
COUNTRY_OF: Final[Mapping[Kind, str]] = {
    "personnummer": "SE",
    "samordningsnummer": "SE",
    "fodselsnummer": "NO",
    "d_number": "NO",
}

NAMES: Final[Mapping[Kind, str]] = {  # as they are called in all our languages
    "personnummer": "personnummer",
    "samordningsnummer": "samordningsnummer",
    "fodselsnummer": "fødselsnummer",
    "d_number": "D-nummer",
}

EARLIEST_YEAR = 1900
LIVES_YEARS = 100  # a Swedish + says that so many have passed
NEW_NORWEGIAN_RULE_ON = date(2032, 1, 1)  # from then on a number does not tell the century
COORDINATION = 60  # added to the day of a samordningsnummer
D_NUMBER, H_NUMBER, SYNTHETIC = 40, 40, 80  # added to the day, to the month, to the month
LONGEST = 60  # characters of a cell with a number
SE_SHORT, SE_LONG, NO_LENGTH, NO_ORGANISATION = 10, 12, 11, 9
MONTHS, LONGEST_MONTH = 12, 31
FIRST_HELP_DAY = 80  # FH-numbers of Norwegian hospitals

_SWEDISH = re.compile(r"((?:[0-9]{2})?)([0-9]{6})([-+]?)([0-9]{4})")
_SWEDISH_DASHED = re.compile(r"((?:[0-9]{2})?[0-9]{2})-([0-9]{2})-([0-9]{2}-[0-9]{4})")
_NORWEGIAN = re.compile(r"([0-9]{6})[-.]?([0-9]{5})")
_INTERIM = re.compile(r"(?:[0-9]{2})?[0-9]{6}[-+]?(?:[A-Z][0-9]{3}|[0-9]{2}[A-Z]{2}|[0-9]{3}[A-Z])")
# What a spreadsheet makes of a long number: 199001011234.0, 1.99001011234E+11.
_FLOAT = re.compile(r"([0-9]+)[.,]0+")
_POWER = re.compile(r"([0-9])(?:[.,]([0-9]+))?E\+?([0-9]{1,2})")
_STATE_AND_NUMBER = re.compile(r"([A-Za-z]{1,3})[ :/-]+(.+)")
_DOCUMENT = re.compile(r"(?=.*[0-9])[A-Z0-9]{4,20}")
_FOREIGN = re.compile(r"(?=.*[0-9])[A-Z0-9]{4,32}")


class BadNumber(BadCell):
    """A number that cannot be taken: the code of what is wrong. Neither it nor anything made of it is repeated."""


class _Stated(NamedTuple):
    """What a number says about the day of birth; None = it does not say. The year is its last two digits."""

    day: int | None
    month: int | None
    year: int | None


_NOTHING = _Stated(None, None, None)


class NationalNumber:
    """A number that was read and checked. It prints as `****` wherever it goes, and is not pickled.

    kind        what it is
    country     two letters of the state that gave it (three for a passport of no state)
    birth_date  where the number alone tells it for sure
    synthetic   made up for tests (Norwegian, month + 80): belongs to nobody
    """

    __slots__ = ("_number", "_stated", "birth_date", "country", "kind", "synthetic")

    def __init__(  # noqa: PLR0913, PLR0917 all that is known of it
        self,
        kind: Kind,
        country: str,
        number: str,
        birth_date: date | None = None,
        stated: _Stated = _NOTHING,
        synthetic: bool = False,  # noqa: FBT001, FBT002 same
    ) -> None:
        self.kind: Final = kind
        self.country: Final = country
        self.birth_date: Final = birth_date
        self.synthetic: Final = synthetic
        self._number: Final = number
        self._stated: Final = stated

    def reveal(self) -> str:
        """The number in clear: 12 digits of a Swedish one, 11 of a Norwegian one, capitals and digits of others.

        Only for what encrypts it or looks it up.
        """
        return self._number

    def agrees_with(self, born: date) -> bool:
        """Whether somebody born that day may have this number, as far as the number says."""
        if self.birth_date is not None:
            return self.birth_date == born
        said = (born.day, born.month, born.year % 100)
        return all(stated in {None, its} for stated, its in zip(self._stated, said, strict=True))

    def __repr__(self) -> str:
        return "****"

    __str__ = __repr__

    def __format__(self, _: str, /) -> str:
        return "****"

    def __eq__(self, other: object) -> bool:
        return isinstance(other, NationalNumber) and self._key() == other._key()

    def __hash__(self) -> int:
        return hash(self._key())

    def __copy__(self) -> Self:
        return self

    def __deepcopy__(self, _: object) -> Self:
        return self

    def __reduce__(self) -> NoReturn:
        raise TypeError("a national number is not written down in clear")

    def _key(self) -> tuple[str, str, str]:
        return self.country, self.kind, self._number


@dataclass(frozen=True)
class SealedNumber:
    """A number on its way from a file to a person's record: it can be looked up and kept, but not read.

    index   hexadecimal of its blind index
    sealed  base64; opened only to be sealed again under the key of a person
    """

    kind: Kind
    country: str
    index: str
    sealed: str = field(repr=False)


def national_number(
    text: str, *, on: date, kind: Kind | None = None, country: str | None = None, synthetic_too: bool = False
) -> NationalNumber:
    """The number that somebody typed, or a spreadsheet made of it. Raises BadNumber.

    on             the day of reading: nobody is born after it
    kind           what it must be; None = one of the Nordic ones, told apart by its form
    country        for a passport or a foreign id the state, unless it stands before the number (`PL AB1234567`); `NO`
                   beside a Nordic number lets a zero be put back that a spreadsheet has taken away in front
    synthetic_too  whether numbers made up for tests are taken: only where the environment is a test or a demo
    """
    if len(text) > LONGEST:
        raise BadNumber("number_form")
    if kind in {"passport", "foreign_id"}:
        return _of_a_state(text, kind, country, on)
    found = _nordic(text, on, zero_back=country == "NO" or (kind is not None and COUNTRY_OF[kind] == "NO"))
    if found.synthetic and not synthetic_too:
        raise BadNumber("number_synthetic")
    if kind is not None and found.kind != kind:
        raise BadNumber("number_of_other_kind", found=NAMES[found.kind], wanted=NAMES[kind])
    return found


def tells_a_person(organisation_number: str) -> bool:
    """Whether a Swedish organisation number is a sole trader's: then it is the owner's national number.

    Also where a digit is mistyped: the third digit of all other organisations is at least 2, and no month begins so.
    """
    digits = re.sub("[^0-9]", "", plain_signs(organisation_number))
    short = digits[2:] if len(digits) == SE_LONG else digits
    return len(short) == SE_SHORT and short[2] in "01"


# ------------------------------------------------------------------ Sweden and Norway


def _nordic(text: str, on: date, *, zero_back: bool) -> NationalNumber:
    typed = _as_typed(text)
    if zero_back and re.fullmatch("[0-9]{10}", typed):
        typed = _with_zero(typed)
    dashed = _SWEDISH_DASHED.fullmatch(typed)
    if found := _SWEDISH.fullmatch("".join(dashed.groups()) if dashed else typed):
        return _swedish(found[1], found[2], found[3], found[4], on)
    if found := _NORWEGIAN.fullmatch(typed):
        return _norwegian(found[1] + found[2], on)
    raise BadNumber(_misfit(typed))


def _as_typed(text: str) -> str:
    """ASCII, no spaces, and without what a spreadsheet has put in. Raises BadNumber where it has taken digits away."""
    typed = re.sub(r"\s", "", plain_signs(text)).lstrip("'´`\u2019").upper()
    if found := _FLOAT.fullmatch(typed):
        return found[1]
    if found := _POWER.fullmatch(typed):
        digits = found[1] + (found[2] or "")
        if len(digits) != int(found[3]) + 1:
            raise BadNumber("number_rounded")
        return digits
    return typed


def _with_zero(digits: str) -> str:
    """Ten digits of a Norwegian number that lost its first zero; told by both check digits as they are given today."""
    whole = "0" + digits
    right = _remainder(whole) == 0 and whole[10] == fodselsnummer.calc_check_digit2(whole)
    return whole if right else digits


def _misfit(typed: str) -> str:
    """The code of what is wrong with something that has the form of no Nordic number."""
    if _INTERIM.fullmatch(typed):
        return "number_interim"
    digits = re.sub("[-+.]", "", typed)
    if not re.fullmatch("[0-9]+", digits):
        return "number_form"
    if len(digits) == NO_ORGANISATION and digits[0] in "89" and orgnr.is_valid(digits):
        return "number_of_organisation"
    return "number_length"


def _swedish(century: str, date_digits: str, sign: str, last: str, on: date) -> NationalNumber:
    year_digits, month, day = (int(date_digits[at : at + 2]) for at in (0, 2, 4))
    if month >= 20 and century in {"", "16"}:  # noqa: PLR2004 no month; 16 is put before to make twelve digits
        right = luhn.is_valid(date_digits + last)
        raise BadNumber("number_of_organisation" if right else "number_not_a_date")
    if century:
        year = int(century) * 100 + year_digits
    else:
        year = on.year - (on.year - year_digits) % 100 - (LIVES_YEARS if sign == "+" else 0)
    kind: Kind = "personnummer" if day < COORDINATION else "samordningsnummer"
    born_day = day if day < COORDINATION else day - COORDINATION
    unknown = kind == "samordningsnummer" and 0 in {born_day, month}
    if unknown:
        if month > MONTHS or born_day > LONGEST_MONTH:
            raise BadNumber("number_not_a_date")
        birth_date = None
    else:
        birth_date = _date(year, month, born_day)
    _plausible(birth_date or date(year, 1, 1), on)
    if not luhn.is_valid(date_digits + last):
        raise BadNumber("number_check_digit")
    number = f"{year}{date_digits[2:]}{last}"
    return NationalNumber(kind, "SE", number, birth_date, _Stated(born_day or None, month or None, year_digits))


def _norwegian(digits: str, on: date) -> NationalNumber:
    day, month, year = (int(digits[at : at + 2]) for at in (0, 2, 4))
    if day > FIRST_HELP_DAY or H_NUMBER < month <= H_NUMBER + MONTHS:
        raise BadNumber("number_h")
    kind: Kind = "d_number" if day > D_NUMBER else "fodselsnummer"
    born_day = day - D_NUMBER if kind == "d_number" else day
    synthetic = month > SYNTHETIC
    born_month = month - SYNTHETIC if synthetic else month
    _date(2000, born_month, born_day)  # a leap year; the century is another matter
    if not 0 <= _remainder(digits) <= 3 or digits[10] != fodselsnummer.calc_check_digit2(digits):  # noqa: PLR2004 below
        raise BadNumber("number_check_digit")
    birth_date = None
    # Remainders 1 to 3 are given from 2032 on, and then no number tells the century (Skatteetaten).
    century = _century(int(digits[6:9]), year) if _remainder(digits) == 0 and on < NEW_NORWEGIAN_RULE_ON else None
    if century is not None:
        birth_date = _date(century + year, born_month, born_day)
        _plausible(birth_date, on)
    return NationalNumber(kind, "NO", digits, birth_date, _Stated(born_day, born_month, year), synthetic)


def _remainder(digits: str) -> int:
    """How far the first check digit is from the one that is given today."""
    return (int(digits[9]) - int(fodselsnummer.calc_check_digit1(digits))) % 11


def _century(individual: int, year: int) -> int | None:
    """Of a Norwegian number given before 2032; None where no century is given to these digits, or a past one."""
    if individual < 500:  # noqa: PLR2004 Skatteetaten's table
        return 1900
    if year < 40:  # noqa: PLR2004 same
        return 2000
    return 1900 if individual >= 900 else None  # noqa: PLR2004 same


def _date(year: int, month: int, day: int) -> date:
    try:
        return date(year, month, day)
    except ValueError:
        raise BadNumber("number_not_a_date") from None


def _plausible(born: date, on: date) -> None:
    if born > on:
        raise BadNumber("number_in_future")
    if born.year < EARLIEST_YEAR:
        raise BadNumber("number_too_old")


# ------------------------------------------------------------------ passports and other states


def _of_a_state(text: str, kind: Kind, country: str | None, on: date) -> NationalNumber:
    typed = plain_signs(text).strip().lstrip("'")
    if country is None:
        found = _STATE_AND_NUMBER.fullmatch(typed)
        if not found:
            raise BadNumber("number_state_missing")
        country, typed = found[1], found[2]
    state = state_of(country)
    if kind == "foreign_id" and state in {"SE", "NO"}:
        raise BadNumber("number_foreign_nordic")
    number = re.sub(r"[\s./-]", "", typed).upper()
    if not (_DOCUMENT if kind == "passport" else _FOREIGN).fullmatch(number):
        raise BadNumber("number_document_form")
    if kind == "passport" and _is_nordic(number, on):
        raise BadNumber("number_not_a_passport")
    return NationalNumber(kind, state, number)


def state_of(code: str) -> str:
    """The two letters of a state given by two or three. Raises BadNumber."""
    wanted = code.strip().upper()
    by_three = _states()
    if wanted in by_three.values():
        return wanted
    if wanted not in by_three:
        raise BadNumber("number_state_unknown")
    return by_three[wanted]


def _is_nordic(number: str, on: date) -> bool:
    if len(number) not in {SE_SHORT, NO_LENGTH, SE_LONG}:
        return False
    try:
        _nordic(number, on, zero_back=False)
    except BadNumber:
        return False
    return True


@cache
def _states() -> Mapping[str, str]:
    read: Mapping[str, str] = tomllib.loads((files("registry.reading") / "states.toml").read_text(encoding="utf-8"))[
        "alpha_3"
    ]
    return read
