"""All that a version of a scheme says, as rows of fact and value in the reader's language."""

from collections.abc import Iterator, Sequence
from typing import Final

from levels.evidence import Tightening
from registry.command_line.screen import Lang, in_short, words
from registry.issuing.decisions.validity_in_words import policy_in_words
from registry.records.sector.scheme_document import Assessment, ContentInLanguages, NewScheme

_CHOICES: Final = frozenset({"scheme_document", "withdrawal", "birth", "national_number", "on_issuer_closing"})


def scheme_facts(new: NewScheme, lang: Lang, *, without: frozenset[str] = frozenset()) -> list[tuple[str, str]]:
    """Every field that says anything, named; `without`: fields that are told elsewhere."""
    rows = []
    for name in sorted(type(new).model_fields, key=lambda name: name != "titles"):  # what it is called first
        if name in without:
            continue
        if value := _value(new, name, lang):
            rows.append((words(lang, f"scheme_has_{name}"), value))
    return rows


def _value(new: NewScheme, name: str, lang: Lang) -> str:
    value = getattr(new, name)
    if name in _CHOICES:
        return words(lang, f"scheme_says_{name}_{value}")
    if name == "validity":
        return "\n".join(policy_in_words(new.validity, lang))
    if isinstance(value, ContentInLanguages):
        return "\n".join(getattr(value, lang))
    lines: dict[str, Iterator[str]] = {
        "scope_class": (f"{one.code}: {getattr(one.titles, lang)}" for one in new.scope_class),
        "legal_basis": (_said(one.says, one.country, one.as_of) for one in new.legal_basis),
        "standard": (f"{one.name}:{one.edition}" for one in new.standard),
        "assessment": (_assessment(one, lang) for one in new.assessment),
        "prerequisite": (_said(" / ".join(one.any_of), one.level) for one in new.prerequisite),
        "tightening": (_tightening(one) for one in new.tightening),
        "source": (_said(f"{one.fact} [{one.mark}]", one.note, one.as_of) for one in new.source),
    }
    if name in lines:
        return "\n".join(lines[name])
    if name == "framework" and new.framework:
        parts = new.framework.model_dump(exclude_none=True).items()
        return ", ".join(f"{part.upper()} {level}" for part, level in parts)
    plain = value.model_dump(mode="json") if hasattr(value, "model_dump") else value
    return in_short(plain, lang)


def _said(*parts: object) -> str:
    return ", ".join(str(part) for part in parts if part is not None and part != "")


def _assessment(one: Assessment, lang: Lang) -> str:
    told: Sequence[tuple[str, int | None]] = (
        ("minutes", one.minutes),
        ("pass_percent", one.pass_percent),
        ("attempts", one.attempts),
        ("waiting_days", one.waiting_days or None),
    )
    kind = words(lang, f"scheme_says_assessment_{one.kind}")
    return _said(kind, *(words(lang, f"scheme_assessment_{name}", value=value) for name, value in told if value))


def _tightening(one: Tightening) -> str:
    least = None if one.at_least is None else f"{one.fact} ≥ {one.at_least}"
    most = None if one.at_most is None else f"{one.fact} ≤ {one.at_most}"
    return _said(f"{one.row} ({one.level})", least, most)
