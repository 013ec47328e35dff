"""How likely it is that two records are one person, and why; pure. It only ever asks people to look."""

import tomllib
import unicodedata
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from functools import cache, cached_property
from importlib.resources import files
from typing import Final, Literal

Likeness = Literal["same", "order", "spelling", "part"]
Reason = Literal[
    "same_number",
    "number_conflict",
    "same_name_same_birth",
    "like_name_same_birth",
    "same_name_birth_missing",
    "same_name_birth_near",
    "same_email",
    "same_phone",
    "other_number",
]

# How much each reason weighs; only the sum is compared. Below the least nobody is asked to look.
WEIGHTS: Final[Mapping[Reason, int]] = {
    "same_number": 100,
    "number_conflict": 90,
    "same_name_same_birth": 80,
    "like_name_same_birth": 60,
    "same_name_birth_missing": 40,
    "same_name_birth_near": 40,
    "same_email": 40,
    "same_phone": 30,
    "other_number": -30,
}
LEAST: Final = 40
SHORTEST_SWAPPED: Final = 4  # letters of a word that may have a slip in it
# Letters that NFKD does not take apart, and what people write for others.
_LETTERS: Final = str.maketrans({"ø": "o", "æ": "a", "ð": "d", "þ": "th", "đ": "d", "ł": "l", "ı": "i", "œ": "o"})
_SPELT_OUT: Final = (("aa", "a"), ("ae", "a"), ("oe", "o"), ("ue", "u"), ("ss", "s"), ("ph", "f"), ("w", "v"))


@dataclass(frozen=True)
class Known:
    """What is compared of one record.

    names    all of them, former ones too
    numbers  by kind the blind indexes of the numbers that are the person's
    """

    names: Sequence[str]
    birth_date: date | None = None
    email: str | None = None
    phone: str | None = None
    numbers: Mapping[str, Collection[bytes]] = field(default_factory=dict)

    @cached_property
    def words(self) -> tuple[tuple[str, ...], ...]:
        """The words of each name as they are compared."""
        return tuple(folded_words(name) for name in self.names)


def reasons(one: Known, other: Known) -> tuple[Reason, ...]:
    """Why the two may be one person, in the order of `WEIGHTS`; what speaks against it last. Symmetric."""
    names = name_likeness(one, other)
    found: set[Reason] = set()
    if _shared(one, other):
        found.add("same_number")
    if names is not None:
        found |= set(_by_birth(one, other, names))
        if one.email and other.email and one.email.casefold() == other.email.casefold():
            found.add("same_email")
        if _digits(one.phone) and _digits(one.phone) == _digits(other.phone):
            found.add("same_phone")
    if found and "same_number" not in found and _contradict(one, other):
        found.add("other_number")
    return tuple(reason for reason in WEIGHTS if reason in found)


@cache
def reason_texts() -> Mapping[str, Mapping[str, str]]:
    """Each reason as a sentence, by language."""
    found: Mapping[str, Mapping[str, str]] = tomllib.loads(
        (files("registry.reading") / "texts" / "likeness.toml").read_text(encoding="utf-8")
    )
    return found


def score(found: Collection[Reason]) -> int:
    """The sum of what the reasons weigh."""
    return sum(WEIGHTS[reason] for reason in found)


def name_likeness(one: Known, other: Known) -> Likeness | None:
    """How alike any two of their names are; None where they are not."""
    best: Likeness | None = None
    rank: dict[Likeness | None, int] = {None: 0, "part": 1, "spelling": 2, "order": 3, "same": 4}
    for its, others in ((a, b) for a in one.words for b in other.words):
        found = _alike(its, others)
        if rank[found] > rank[best]:
            best = found
    return best


def folded_words(name: str) -> tuple[str, ...]:
    """A name's words without case, accents and the spellings that stand for one letter: Åsa, Aasa and ASA are one."""
    plain = unicodedata.normalize("NFKD", name.casefold().translate(_LETTERS))
    letters = "".join(sign if sign.isalnum() else " " for sign in plain if not unicodedata.combining(sign))
    return tuple(_one_spelling(word) for word in letters.split())


def nearby_dates(day: date) -> Iterator[date]:
    """The dates that one slip makes of another: day and month swapped, one digit wrong, two neighbours swapped."""
    digits = f"{day.year:04}{day:%m%d}"
    written = {digits[:4] + digits[6:] + digits[4:6]}
    for at, own in enumerate(digits):
        written |= {digits[:at] + wrong + digits[at + 1 :] for wrong in "0123456789" if wrong != own}
        if at + 1 < len(digits):
            written.add(digits[:at] + digits[at + 1] + own + digits[at + 2 :])
    for text in sorted(written - {digits}):
        try:
            yield date(int(text[:4]), int(text[4:6]), int(text[6:]))
        except ValueError:
            continue


def _by_birth(one: Known, other: Known, names: Likeness) -> Iterator[Reason]:
    whole = names in {"same", "order", "spelling"}
    if one.birth_date is not None and one.birth_date == other.birth_date:
        yield "same_name_same_birth" if names == "same" else "like_name_same_birth"
    elif whole and None in {one.birth_date, other.birth_date}:
        yield "same_name_birth_missing"
    elif names in {"same", "order"} and one.birth_date and other.birth_date in set(nearby_dates(one.birth_date)):
        yield "same_name_birth_near"


def _shared(one: Known, other: Known) -> bool:
    return any(set(indexes) & set(other.numbers.get(kind, ())) for kind, indexes in one.numbers.items())


def _contradict(one: Known, other: Known) -> bool:
    """Whether both have a number of a kind of which nobody has two."""
    return any(
        one.numbers.get(kind) and other.numbers.get(kind) and not set(one.numbers[kind]) & set(other.numbers[kind])
        for kind in ("personnummer", "fodselsnummer")
    )


def _alike(one: tuple[str, ...], other: tuple[str, ...]) -> Likeness | None:
    if not one or not other:
        return None
    if one == other:
        return "same"
    if sorted(one) == sorted(other):
        return "order"
    fewer, more = sorted((list(one), list(other)), key=len)
    unmatched = [word for word in fewer if word not in more]
    left = [word for word in more if word not in fewer]
    if len(fewer) == len(more) and len(unmatched) == len(left) == 1 and len(fewer) > 1:
        return "spelling" if _one_slip(unmatched[0], left[0]) else None
    # Anna Berg and Anna Maria Berg; one word in common says nothing.
    return "part" if not unmatched and len(fewer) > 1 else None


def _one_slip(one: str, other: str) -> bool:
    """Whether one letter more, less or other, or two neighbours swapped, makes one word of the other."""
    shorter, longer = sorted((one, other), key=len)
    if len(longer) < SHORTEST_SWAPPED or len(longer) - len(shorter) > 1:
        return False
    at = next((n for n, (a, b) in enumerate(zip(shorter, longer, strict=False)) if a != b), len(shorter))
    if len(shorter) < len(longer):
        return shorter[at:] == longer[at + 1 :]
    swapped = shorter[at : at + 2] == longer[at : at + 2][::-1] and shorter[at + 2 :] == longer[at + 2 :]
    return shorter[at + 1 :] == longer[at + 1 :] or swapped


def _one_spelling(word: str) -> str:
    before = ""
    while before != word:  # of three letters two are one, and so are the two that are left
        before = word
        for written, meant in _SPELT_OUT:
            word = word.replace(written, meant)
    return word


def _digits(phone: str | None) -> str:
    """The last eight digits, which a country code does not change."""
    return "".join(sign for sign in phone or "" if sign.isdecimal())[-8:]
