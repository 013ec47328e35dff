"""Whether two names are one name, spelt otherwise: what may be put right, and what would be another person. Pure."""

import re
import unicodedata
from functools import lru_cache

# Letters that no decomposition takes apart; å, ä, ö and the like lose their marks.
_LETTERS = str.maketrans(
    {"ø": "o", "æ": "ae", "œ": "oe", "ð": "d", "þ": "th", "ł": "l", "đ": "d", "ı": "i", "ß": "ss", "ħ": "h", "ŋ": "n"}
)
_BETWEEN = re.compile(r"[\W_]+")
MOST_SLIPS = 3  # in a whole name, of which some word stays as it was
MOST_WORDS_APART = 2  # names that were left out, or added
_LEAST_IN_COMMON = 2  # names that both have
_MOST_WORDS = 12
_SHORT, _MIDDLE = 2, 5  # letters: in a short word no slip, up to the middle one, else two


def is_spelling_fix(former: str, new: str) -> bool:
    """Whether the new name is the former one put right.

    It is where the letters are the same but for marks, case, order, gaps and signs; where names were left out or added
    beside two that stay; and where there are a few slips of the pen: one in a word of three to five letters, two in a
    longer one, three in all, and one in all where no word stays as it was or names were added. Another first or last
    name is no slip.
    """
    old, now = _words(former), _words(new)
    if not old or not now or max(len(old), len(now)) > _MOST_WORDS:
        return False
    if _joined(old) == _joined(now) or sorted(old) == sorted(now):
        return True
    short, long = sorted((old, now), key=len)
    if len(long) - len(short) > MOST_WORDS_APART or (len(long) > len(short) < _LEAST_IN_COMMON):
        return _joined_with_a_slip(old, now)
    slips = _slips(short, long, MOST_SLIPS if len(long) == len(short) else 1)
    if slips is None:
        return _joined_with_a_slip(old, now)
    return slips <= 1 or bool(set(short) & set(long))


def _words(name: str) -> tuple[str, ...]:
    folded = unicodedata.normalize("NFKD", unicodedata.normalize("NFKC", name).casefold())
    plain = "".join(sign for sign in folded if not unicodedata.combining(sign))
    return tuple(filter(None, _BETWEEN.split(plain.translate(_LETTERS))))


def _joined(words: tuple[str, ...]) -> str:
    return "".join(words)


def _joined_with_a_slip(old: tuple[str, ...], now: tuple[str, ...]) -> bool:
    """A gap too many or too few, and one slip beside it."""
    one, other = _joined(old), _joined(now)
    apart = abs(len(old) - len(now)) == 1 and min(len(one), len(other)) > _MIDDLE
    return apart and _spelt_in_letters(one + other) and distance(one, other) <= 1


def _slips(short: tuple[str, ...], long: tuple[str, ...], most: int) -> int | None:
    """The fewest slips by which each word of the shorter name becomes one of the longer; None if more than `most`."""
    if not short:
        return 0
    best: int | None = None
    for place, word in enumerate(long):
        needed = distance(short[0], word)
        if needed > min(most, _allowed(short[0], word)):
            continue
        rest = _slips(short[1:], (*long[:place], *long[place + 1 :]), most - needed)
        if rest is not None and (best is None or needed + rest < best):
            best = needed + rest
            most = best
    return best


def _allowed(one: str, other: str) -> int:
    if not _spelt_in_letters(one + other):
        return 0
    letters = max(len(one), len(other))
    return 0 if letters <= _SHORT else 1 if letters <= _MIDDLE else 2


def _spelt_in_letters(word: str) -> bool:
    """Whether a slip is one sound: in scripts without upper and lower case a sign may be a whole name."""
    return all(unicodedata.category(sign) in {"Ll", "Lu", "Lt"} for sign in word)


@lru_cache(maxsize=4096)
def distance(one: str, other: str) -> int:
    """Letters put in, left out, exchanged, or written in the wrong order, that make one of the other."""
    rows: list[list[int]] = [list(range(len(other) + 1))]
    for i, letter in enumerate(one, 1):
        row = [i]
        for j, wanted in enumerate(other, 1):
            best = min(rows[-1][j] + 1, row[-1] + 1, rows[-1][j - 1] + (letter != wanted))
            if i > 1 and j > 1 and letter == other[j - 2] and one[i - 2] == wanted:
                best = min(best, rows[-2][j - 2] + 1)
            row.append(best)
        rows.append(row)
    return rows[-1][-1]
