"""A check of a workforce in words: the sentences of every cell and fault, and the whole as plain data. Pure."""

import tomllib
from collections.abc import Mapping
from datetime import date
from functools import cache
from importlib.resources import files
from typing import Any

from registry.checking.gaps import COMPARED, Cell, Gaps, Why
from registry.reading.wrong import Wrong, shared_texts
from verification.certificate import display_number
from verification.reasons import harmless, reason, sentence


@cache
def gap_texts() -> Mapping[str, Mapping[str, Mapping[str, str]]]:
    """What is said of cells, by code: title, says and perhaps next."""
    return tomllib.loads((files("registry.checking") / "texts" / "gaps.toml").read_text(encoding="utf-8"))


@cache
def fault_texts() -> Mapping[str, Mapping[str, str]]:
    """What is said of faults in the file, by code."""
    own = tomllib.loads((files("registry.checking") / "texts" / "faults.toml").read_text(encoding="utf-8"))
    return {**shared_texts(), **own}


def title(why: Why, lang: str) -> str:
    """The reason in a word or two."""
    own = gap_texts().get(why.code)
    return own["title"][lang] if own else reason(why.code).title[lang]


def says(why: Why, lang: str) -> str:
    """The reason in a sentence."""
    own = gap_texts().get(why.code)
    if own is None:
        return sentence(why.code, lang, why.params)
    plain = {
        name: value.isoformat() if isinstance(value, date) else harmless(str(value))
        for name, value in why.params.items()
    }
    told = own["says"][lang].format(**plain)
    compared = why.params.get(COMPARED)
    more = [gap_texts()[str(compared)]["says"][lang]] if compared else []
    if why.counted is not None:
        more.append(sentence(why.counted.code, lang, why.counted.params))
    return " ".join((told, *more))


def to_do(why: Why, lang: str) -> str | None:
    """What to do about it; None where there is nothing to do."""
    own = gap_texts().get(why.code)
    if own is not None:
        return own["next"][lang] if "next" in own else None
    following = reason(why.code).next
    return following[lang] if following else None


def fault_in_words(wrong: Wrong, lang: str) -> str:
    """What is wrong with a cell, a column or the file, and what to do."""
    filling = {"column": wrong.column, "value": wrong.value, **wrong.params}
    return fault_texts()[wrong.code][lang].format_map(filling)


def as_json(found: Gaps, lang: str) -> dict[str, Any]:
    """The whole answer as plain data, sentences in one language.

    Shape {on, profile, gaps, people: [{person, role, requirements: [{requirement, status, certificate, until, says}]}]}
    """
    # Thousands of cells say one of a few dozen things.
    told: dict[int, str] = {}

    def cell_json(cell: Cell) -> dict[str, Any]:
        why = cell.why
        if id(why) not in told:
            told[id(why)] = says(why, lang)
        return {
            "requirement": cell.requirement.id,
            "status": cell.status,
            "certificate": display_number(cell.number) if cell.number else None,
            "until": cell.until.isoformat() if cell.until else None,
            "says": told[id(why)],
        }

    return {
        "on": found.day.isoformat(),
        "profile": found.profile.id,
        "gaps": found.number,
        "people": [
            {"person": worker.name, "role": worker.role.id, "requirements": [cell_json(cell) for cell in cells]}
            for worker, cells in found.people
        ],
    }
