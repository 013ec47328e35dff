"""Sentences that come in English from whoever read what was sent, in the reader's language.

Each is recognised by its form, which is data (`texts/sentences.toml`); what is in no form there stays as it is.
"""

import re
import tomllib
from collections.abc import Mapping
from functools import cache
from importlib import resources
from typing import Final

from registry.reading.wrong import shared_texts
from verification.reasons import texts as verification_texts

_OR: Final = {"sv": " eller ", "nb": " eller "}
_BETWEEN: Final = " or "  # two sentences about one thing, and the last two of several names
_MOST_DEEP: Final = 2  # sentences within a sentence
_INPUT: Final = "must be "  # how `strict_input` begins what pydantic begins with "Input should be"


def translated(says: str, lang: str, deep: int = _MOST_DEEP) -> str:
    """The sentence in sv or nb; in any other language as it is."""
    if lang not in _OR:
        return says
    found = _found(says, lang, deep)
    if found is None and _BETWEEN in says:
        parts = [_found(part, lang, deep) for part in says.split(_BETWEEN)]
        found = _OR[lang].join(part for part in parts if part is not None) if None not in parts else None
    return says if found is None else found


def _found(says: str, lang: str, deep: int) -> str | None:
    for form, texts in _forms():
        told = form.fullmatch(says)
        if told is not None:
            parts = told.groupdict().items()
            return texts[lang].format_map({name: _part(name, part, lang, deep) for name, part in parts})
    return None


def _part(name: str, part: str, lang: str, deep: int) -> str:
    if name.endswith("_or"):
        return part.replace(_BETWEEN, _OR[lang])
    if name.endswith("_says") and deep:
        return translated(f"{_INPUT}{part}", lang, deep - 1)
    return part


@cache
def _forms() -> tuple[tuple[re.Pattern[str], Mapping[str, str]], ...]:
    text = (resources.files("registry.web") / "texts" / "sentences.toml").read_text(encoding="utf-8")
    # What is wrong with a number or a portrait has its sentences already, and comes in English with the other faults.
    # The same holds of pictures.
    entries = [*tomllib.loads(text)["sentence"], *shared_texts().values(), *verification_texts("pictures").values()]
    return tuple((_form(entry["en"]), entry) for entry in entries)


def _form(sentence: str) -> re.Pattern[str]:
    """What a sentence looks like; each {name} in it stands for anything."""
    parts = enumerate(re.split(r"\{([a-z_]+)\}", sentence))
    return re.compile("".join(f"(?P<{part}>.+?)" if at % 2 else re.escape(part) for at, part in parts), re.DOTALL)
