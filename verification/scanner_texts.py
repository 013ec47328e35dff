"""What the scanner is told of texts and rules, as JSON: it judges by the same data, and nothing of it is typed twice.

`rules.js` in its core is written from the same data by `python -m verification.scanner_texts`; a test compares.
"""

import json
from collections.abc import Mapping
from datetime import date
from pathlib import Path
from typing import Any

from levels.order import LANGUAGES, editions, order_of
from verification.reasons import headlines, reasons, texts
from verification.situation import situation_editions, situations

RULES = Path(__file__).parent / "scanner" / "core" / "rules.js"
_HEAD = """\
// How much each reason weighs, what each headline comes to, and the levels of each edition of the rules.
//
// Written by `python -m verification.scanner_texts` from verification/texts and levels/rules; do not change it by hand.
"""


def texts_for_scanner(lang: str) -> dict[str, Any]:
    """All that the scanner says in one of our languages.

    reasons, headlines  by code and by name, as `verification/texts` has them
    levels              by edition and level: name, printed word, what it assures and does not
    words, pages        what fills sentences, and the words of the pages
    """
    return {
        "lang": lang,
        "reasons": {
            code: {
                "title": told.title[lang],
                "says": told.says[lang],
                "plain": told.plain[lang] if told.plain else None,
                "next": told.next[lang] if told.next else None,
            }
            for code, told in reasons().items()
        },
        "headlines": {
            name: {
                "title": told.title[lang],
                "says": told.says[lang],
                "title_on_day": told.title_on_day[lang] if told.title_on_day else None,
                "on_day": told.on_day[lang] if told.on_day else None,
            }
            for name, told in headlines().items()
        },
        "levels": {
            edition: {
                level.value: {
                    "name": text.name[lang],
                    "printed_word": text.printed_word[lang],
                    "assures": text.assures[lang],
                    "does_not_assure": text.does_not_assure[lang],
                }
                for level, text in order_of(edition).levels.items()
            }
            for edition in editions()
        },
        "words": _in(lang, {name: texts("words")[name] for name in ("age", "span", "successor", "because")}),
        "pages": _in(lang, texts("pages")),
    }


def situations_for_scanner() -> dict[str, Any]:
    """What a certificate may be needed for: by the first day of each edition, the situations in order.

    The newest edition whose day has come is in force; before the first, the first.
    """
    return {
        edition: [each.model_dump(mode="json") for each in situations(date.fromisoformat(edition)).values()]
        for edition in situation_editions()
    }


def rules_in_javascript() -> str:
    """The content of `rules.js`."""
    weights = {code: {"severity": told.severity, "headline": told.headline} for code, told in reasons().items()}
    outcomes = {name: told.outcome for name, told in headlines().items()}
    orders = {
        edition: {"order": list(order_of(edition).order), "owner_ceiling": order_of(edition).owner_ceiling}
        for edition in editions()
    }
    return "\n".join(
        (
            _HEAD,
            "/** By code, in the order of the steps. */",
            _constant("REASONS", weights),
            "/** By name, the worst first. */",
            _constant("HEADLINES", outcomes),
            "/** By the first day in force; the highest level first. */",
            _constant("EDITIONS", orders),
        )
    )


def _constant(name: str, members: Mapping[str, Any]) -> str:
    lines = (f"  {json.dumps(member)}: {json.dumps(value)},\n" for member, value in members.items())
    return f"export const {name} = {{\n{''.join(lines)}}};\n"


def _in(lang: str, told: Any) -> Any:  # noqa: ANN401 texts at any depth
    """The same texts in one language: what is said in all of ours becomes what is said in this one."""
    if not isinstance(told, dict):
        return told
    return told[lang] if told.keys() == set(LANGUAGES) else {name: _in(lang, inner) for name, inner in told.items()}


if __name__ == "__main__":
    RULES.write_text(rules_in_javascript(), "utf-8")
