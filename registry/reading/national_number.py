"""National identity numbers in free text, in the spellings people and spreadsheets use; pure.

Swedish YYMMDD-NNNN and YYYYMMDD-NNNN (coordination number: day + 60), Norwegian DDMMYY NNNNN (D-number: day + 40;
synthetic: month + 40, + 65, + 80), Danish and Icelandic DDMMYY-NNNN, Finnish DDMMYY-NNNX. A number with a typing error
is as bad to keep as a right one, so its check digits are looked at only where telephone numbers belong.
"""

import re
import unicodedata
from collections.abc import Iterator, Sequence
from decimal import Decimal
from typing import NamedTuple

FEWEST_DIGITS = 6  # of anything that tells a birth date: 9.0011E+9
FEWEST_CHECKED = 10  # of a whole number

# Beside what Unicode calls a dash: minus, modifier minus, hyphen bullet, underscore, Japanese long vowel mark.
_DASHES = "\u2212\u02d7\u2043_\u30fc"
_DOTS = "\u00b7\u2022\u2027\u2219\u22c5\u30fb\u3002"
_SLASHES = "\u2044\u2215\\"

_IGNORABLE = re.compile(
    "[\u034f\u115f\u1160\u17b4\u17b5\u3164\uffa0\u2800\u180b-\u180f\ufe00-\ufe0f\U000e0000-\U000e0fff]"
)
_ASCII_SIGNS = str.maketrans({"_": "-", "\\": "/", **dict.fromkeys("\t\n\x0b\x0c\r\x1c\x1d\x1e\x1f", " ")})

_JOINT = "[-+ ./]{1,5}"
_DIGITS, _BETWEEN = re.compile("[0-9]+"), re.compile("[^0-9]+")
_TWOS, _DATE_AND_FOUR = (2, 2, 2, 2, 2), (4, 2, 2, 4)
_GROUPINGS = frozenset(
    {
        *((10,), (6, 4), (6, 2, 2), (2, 2, 2, 4), (1, 3, 3, 3), _TWOS),  # YYMMDDNNNN
        *((12,), (8, 4), (8, 2, 2), (4, 4, 4), (4, 2, 2, 2, 2), _DATE_AND_FOUR),  # YYYYMMDDNNNN
        *((11,), (6, 5), (6, 3, 2), (2, 2, 2, 5), (2, 2, 2, 3, 2)),  # DDMMYYNNNNN
    }
)
MOST_GROUPS = max(map(len, _GROUPINGS))
_OF_DATES = frozenset({4, 6, 8})  # digits of a year, and of a date without signs
_RUN = re.compile(rf"[0-9]+(?:{_JOINT}[0-9]+)*")
# Lengths are bounded so that no text takes long to search.
_POWER_OF_TEN = re.compile(
    r"(?<![0-9])([0-9]{1,20}(?:[.,][0-9]{1,20})?) ?(?:[eE]|[x×*] ?10 ?\^?) ?([+-]?[0-9]{1,2})(?![0-9])"
)
_FINNISH = re.compile(r"(?<![0-9])([0-9]{6}) ?[-+A-FU-Y] ?[0-9]{3}[0-9A-Y]\b")
# A date without signs and its last digits, joined by a sign that else parts numbers: 900101:1234, 900101(1234).
_ODD_JOINT = re.compile(r"(?<![0-9])([0-9]{6}|[0-9]{8}) ?[^\w\s][ (]?([0-9]{4,5})(?![0-9])")

# A whole date; one that goes on to the left by its own sign is none: 90-01-01-2012.
_YEAR = "(?:18|19|20)[0-9]{2}"
_WHOLE_DATE = (
    rf"(?<![0-9])(?:(?P<year>{_YEAR})(?P<sign>[-./ ])(?P<month>[0-9]{{1,2}})(?P=sign)(?P<day>[0-9]{{1,2}})"
    + "".join(
        rf"|(?<![0-9]{sign})(?P<day{n}>[0-9]{{1,2}}){sign}(?P<month{n}>[0-9]{{1,2}}){last}(?P<year{n}>{_YEAR})"
        for n, (sign, last) in enumerate([(r"\.", r"\."), ("-", "-"), ("/", "[-/ ]")], 1)
    )
    + r")(?![0-9])"
)
# Four or five digits after it, unless they begin the next date.
_DATE_AND_MORE = re.compile(
    rf"{_WHOLE_DATE}(?P<more>{_JOINT}(?:[0-9]{{4,5}}|[0-9]{{2}} [0-9]{{2}}|[0-9]{{3}} [0-9]{{1,2}})"
    r"(?![0-9])(?![-./][0-9]{1,2}[-./][0-9]{1,2}(?![0-9])))?"
)
_DAY_ALONE = re.compile("[0-9]{4}-[0-9]{2}-[0-9]{2}")
_CLOCK = "(?:[01]?[0-9]|2[0-3])[.:][0-5][0-9]"
_TIMES = re.compile(
    rf"(?<![0-9]){_CLOCK} ?- ?{_CLOCK}(?![0-9])"  # 08.00-16.00
    r"|(?<![0-9])[0-9]{1,2}:[0-9]{2}(?::[0-9]{2})?(?![0-9])"  # 08:00
    rf"|(?<=[0-9][-./][0-9]{{2}}) {_CLOCK}(?![0-9]|[-+./][0-9])"  # 02.11.26 08.00
)
_INTERNATIONAL = re.compile(r"(?<![0-9])\+(?=[1-9][0-9 ()./-]{7})")
_WORD = re.compile(r"[^\s'\"“”„«»()\[\]{},;]+")
# UUIDs, ids with a name before them, numbers of certificates, moments.
_OWN_ID = re.compile(
    r"[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}|[a-z]{3,}-[0-9a-f]{12,16}\b"
    r"|\b[0-9A-HJKMNP-TV-Z]{4}(?:-[0-9A-HJKMNP-TV-Z]{4}){3}\b|[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:"
)


class _Run(NamedTuple):
    """Digits in a row with only joints between them.

    groups  the digits as they are grouped
    joints  the signs between two groups, one fewer
    abroad  whether a + stands before it, as before a country code
    """

    groups: Sequence[str]
    joints: Sequence[str]
    abroad: bool

    @property
    def digits(self) -> str:
        return "".join(self.groups)


def holds_national_number(text: str, *, phone: bool = False) -> bool:
    """Whether something in the text looks like a Nordic national identity number, however it is spelt.

    phone  the text stands where a telephone number belongs: then digits alone are a national number only when they do
           not begin like a telephone number and their check digits are right; a date set apart always tells
    """
    if sum(map(str.isnumeric, text)) < FEWEST_DIGITS:  # most cells, and there may be half a million of them
        return False
    if _DAY_ALONE.fullmatch(text):  # most of the others
        return False
    plain = plain_signs(text)
    # What a spreadsheet makes of a long number: 1.99001011234E+11.
    powers = ((found[1].replace(",", "."), found[2]) for found in _POWER_OF_TEN.finditer(plain))
    written_out = (str(int(Decimal(f"{number}E{power}"))) for number, power in powers)
    return any(_holds(form, phone=phone) for form in (plain, *written_out))


def holds_checked_number(text: str) -> bool:
    """Whether a Swedish or Norwegian number stands in it whose check digits are right, grouped as people group them.

    For lines that may hold any other number too: those of documents, certificates and telephones.
    """
    if sum(map(str.isnumeric, text)) < FEWEST_CHECKED:
        return False
    rest = _TIMES.sub("\n", _OWN_ID.sub("\n", plain_signs(text)))
    return any(_is_checked(run) for run in _runs(_INTERNATIONAL.sub("\n+", rest)))


def _is_checked(run: _Run) -> bool:
    lengths = tuple(map(len, run.groups))
    for start in range(len(lengths)):
        for end in range(start + 1, min(start + MOST_GROUPS, len(lengths)) + 1):
            digits, grouping = "".join(run.groups[start:end]), lengths[start:end]
            # What begins after a country code, or is parted by twos behind an area code, is a telephone number.
            if grouping not in _GROUPINGS or (run.abroad and start == 0) or (grouping == _TWOS and digits[0] == "0"):
                continue
            # A day between two dates: 2026-11-02/2026-11-03, 02.11.2026-03.11.2026.
            beside = {lengths[start - 2 : start], lengths[end : end + 2]}
            if grouping == _DATE_AND_FOUR and (2, 2) in beside:
                continue
            if _checks_hold(digits):
                return True
    return False


def masked(text: str) -> str:
    """The text with `****` for every word that looks like a national number; an id of ours does not.

    For what may repeat what somebody typed.
    """
    if sum(map(str.isnumeric, text)) < FEWEST_DIGITS:
        return text
    return _WORD.sub(lambda found: "****" if _hides(found[0]) else found[0], text)


def _hides(word: str) -> bool:
    return not _OWN_ID.search(word) and holds_national_number(word)


def plain_signs(text: str) -> str:
    """ASCII digits, one sign each for dash, dot, slash and space; nothing invisible, no accents."""
    if text.isascii():
        return text.translate(_ASCII_SIGNS)
    return "".join(_plain_sign(sign) for sign in unicodedata.normalize("NFKD", text))


def _plain_sign(sign: str) -> str:
    category = unicodedata.category(sign)
    if category == "Nd":
        return str(unicodedata.decimal(sign))
    if category == "Pd" or sign in _DASHES:
        return "-"
    if sign.isspace() or sign == "\u2800":
        return " "
    if sign in _DOTS:
        return "."
    if sign in _SLASHES:
        return "/"
    return "" if category in {"Mn", "Me", "Cf"} or holds_ignorable(sign) else sign


def holds_ignorable(text: str) -> bool:
    """Whether a letter or mark in it is drawn as nothing (Unicode's Default_Ignorable_Code_Point; empty Braille cells).

    Those that are controls or formats have a category that tells.
    """
    return _IGNORABLE.search(text) is not None


def _holds(plain: str, *, phone: bool) -> bool:
    rest = plain
    # A year, or a date without signs; where there is neither, there is nothing of these forms.
    if not _OF_DATES.isdisjoint(map(len, _DIGITS.findall(plain))):
        if any(_day_first(found[1]) for found in _FINNISH.finditer(plain.upper())):
            return True
        if any(_whole(found[1] + found[2]) for found in _ODD_JOINT.finditer(plain)):
            return True
        if any(_is_date_and_more(found) for found in _DATE_AND_MORE.finditer(plain)):
            return True
        rest = re.sub(_WHOLE_DATE, "\n", plain)
    # What is left of dates, times and country codes does not run on into other digits.
    rest = _INTERNATIONAL.sub("\n+", _TIMES.sub("\n", rest))
    found = _in_phone_cell if phone else _in_text
    return any(_with_date_apart(run, phone=phone) or found(run) for run in _runs(rest))


def _is_date_and_more(found: re.Match[str]) -> bool:
    part = {name.rstrip("123"): value for name, value in found.groupdict().items() if value}
    return "more" in part and _year_first(f"{part['year'][2:]}{part['month']:0>2}{part['day']:0>2}")


def _runs(text: str) -> Iterator[_Run]:
    for found in _RUN.finditer(text):
        groups, joints = _DIGITS.findall(found[0]), _BETWEEN.findall(found[0])
        yield _Run(groups, joints, abroad=text[: found.start()].endswith("\n+"))


def _with_date_apart(run: _Run, *, phone: bool) -> bool:
    """Whether a date and the last four or five digits stand side by side somewhere in the run."""
    lengths = [len(group) for group in run.groups]
    if 6 not in lengths and 8 not in lengths and lengths.count(2) < 3:  # noqa: PLR2004 no date stands there
        return False
    dialled = phone and (run.abroad or run.groups[0].startswith("0"))
    for start in range(len(run.groups)):
        size = 3 if lengths[start : start + 3] == [2, 2, 2] else 1
        head = "".join(run.groups[start : start + size])
        end = start + size
        if len(head) not in {6, 8} or end == len(run.groups):
            continue
        gap, inner = run.joints[end - 1], run.joints[start : end - 1]
        parted = "".join(run.groups[end : end + 2])
        for tail in {run.groups[end], parted if size == 1 else ""}:
            # A telephone number may be grouped as six and four by a space, or by twos: then only a dash tells.
            grouped = not gap.strip() or gap in inner or tail == parted != run.groups[end]
            if len(tail) not in {4, 5} or (dialled and len(head + tail) == 10 and grouped):  # noqa: PLR2004 YYMMDD, NNNN
                continue
            if _whole(head + tail) or (gap.strip() and len(head + tail) == 10 and _day_first(head)):  # noqa: PLR2004 Danish
                return True
    return False


def _in_text(run: _Run) -> bool:
    """Whether the digits of a run, or of one group in it, are a number when the signs between them are left out."""
    if run.abroad:
        return False
    # Spreadsheets and registers put zeros before a number.
    if any(_whole(group) or _whole(group.lstrip("0")) for group in run.groups):
        return True
    lengths = [len(group) for group in run.groups]
    if lengths == [6, 6] or (lengths[0] == 8 and _century_and_date(run.groups[0])):  # noqa: PLR2004 YYMMDD, YYYYMMDD
        return False  # two dates; or a date and something, which `_with_date_apart` has judged
    area_code = len(lengths) > 1 and (lengths[0] in {3, 4} or lengths[1] == 3)  # noqa: PLR2004 070-..., 0920-..., 08-...
    if run.digits.startswith("0") and len(run.digits) == 10 and area_code:  # noqa: PLR2004 a Swedish telephone number
        return False
    return _whole(run.digits)


def _in_phone_cell(run: _Run) -> bool:
    if run.abroad or not _whole(run.digits):
        return False
    digits = run.digits
    if len(digits) == 11:  # noqa: PLR2004 DDMMYYNNNNN
        return _two_checks_hold(digits)
    return not digits.startswith("0") and _luhn_holds(digits[-10:])


# ------------------------------------------------------------------ digits alone


def _whole(digits: str) -> bool:
    """Whether these digits, and no more, begin with a date as a number of that length does."""
    match len(digits):
        case 10:
            return _year_first(digits)
        case 11:
            return _day_first(digits)
        case 12 | 13:  # with four or five digits after the whole date
            return _century_and_date(digits) or (digits[4:6] in {"19", "20"} and _day_first(digits))
    return False


def _century_and_date(digits: str) -> bool:
    return digits[:2] in {"18", "19", "20"} and _year_first(digits[2:])


def _year_first(digits: str) -> bool:
    month, day = int(digits[2:4]), int(digits[4:6])
    return 1 <= month <= 12 and (1 <= day <= 31 or 61 <= day <= 91)  # noqa: PLR2004 days of the month, + 60


def _day_first(digits: str) -> bool:
    day, month = int(digits[:2]), int(digits[2:4])
    return (1 <= day <= 31 or 41 <= day <= 71) and any(1 <= month - more <= 12 for more in (0, 40, 65, 80))  # noqa: PLR2004


def _checks_hold(digits: str) -> bool:
    """Whether ten, eleven or twelve digits are a number that is written right."""
    if not _whole(digits):
        return False
    return _two_checks_hold(digits) if len(digits) == 11 else _luhn_holds(digits[-10:])  # noqa: PLR2004 DDMMYYNNNNN


def _luhn_holds(digits: str) -> bool:
    return sum(sum(divmod(int(digit) * (2 - at % 2), 10)) for at, digit in enumerate(digits)) % 10 == 0


def _two_checks_hold(digits: str) -> bool:
    """The two check digits, modulo 11, of a Norwegian number."""
    weights = ((3, 7, 6, 1, 8, 9, 4, 5, 2, 1), (5, 4, 3, 2, 7, 6, 5, 4, 3, 2, 1))
    return all(
        sum(int(digit) * weight for digit, weight in zip(digits, row, strict=False)) % 11 == 0 for row in weights
    )
