"""What stands on the paper: a certificate's facts in one language, ready to be set; pure.

Every fact comes from what the issuer signed, so that whoever opens the file can hold the one against the other.
"""

import tomllib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from functools import cache
from importlib.resources import files
from typing import Any, Literal
from urllib.parse import urlsplit

from levels.order import Order, order_of
from registry.issuing.documents.drawing import framed
from verification.certificate import LANGUAGES, Certificate, day_at, display_number, in_language
from verification.reasons import texts as words_of

Page = Literal["diploma", "card"]
MINUTES_AN_HOUR = 60
MOST_ON_CARD, MOST_ON_BACK = 110, 200  # characters of classes, and of restrictions


@dataclass(frozen=True, slots=True)
class Sheet:
    """All that is printed. `members` is what the page's program reads; every value in it is text, or a list of it."""

    lang: str
    number: str
    members: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Picture:
    """A picture of ours: made anew from whatever was handed in."""

    data: bytes
    kind: Literal["png", "jpeg"]
    width: int
    height: int

    def drawn(self) -> str:
        """As the pages take it."""
        return framed(self.data, self.kind, self.width, self.height)


@dataclass(frozen=True, slots=True)
class Print:
    """All that goes on paper, and into the file.

    code         the text of the QR code
    certificate  the signed `vc+jwt`
    at           the moment the file says it was made: that of the certificate, so that it is the same each time
    """

    sheet: Sheet
    code: str
    certificate: str
    at: datetime
    accent: str | None = None
    logo: Picture | None = None
    portrait: Picture | None = None


def sheet_of(said: Certificate, lang: str, public_url: str) -> Sheet:
    """What stands on the diploma and the card of a certificate about a person."""
    words, rules = _words(), order_of(said.edition)
    level = rules.levels[said.level]
    number, issuer = display_number(said.number), said.issuer.name
    issued = day_at(said.issued_at, said.time_zone).isoformat()
    word = level.printed_word[lang]
    members: dict[str, Any] = {
        "lang": lang,
        "name": f"{word}: {in_language(said.title, lang)}, {said.holder_name}",
        "word": word,
        "gloss": "" if level.printed_word["en"].casefold().startswith(word.casefold()) else level.printed_word["en"],
        "level": said.level.value,
        "level_of": words["level_of"][lang].format(level=said.level.value),
        "order": [each.value for each in rules.order],
        "certifies": words["certifies"][lang],
        "holder": said.holder_name,
        "born": _born(said, lang),
        "did": words["did"][said.level.value][lang],
        "scheme": in_language(said.title, lang),
        "covers_label": _page("scope_classes", lang),
        "covers": list(said.scope_classes),
        "covers_card": _in_short(said.scope_classes, "classes_by_code", lang, MOST_ON_CARD),
        "restrictions_card": _in_short(said.restrictions, "restrictions_by_code", lang, MOST_ON_BACK),
        "restrictions_label": _page("restrictions", lang),
        "restrictions": list(said.restrictions),
        "valid_label": words["valid"][lang],
        "valid": _validity(said, lang),
        "assures_label": _page("assures", lang),
        "assures": level.assures[lang],
        "not_label": words["not_assured"][lang],
        "does_not_assure": level.does_not_assure[lang],
        "content_label": _page("content", lang),
        "content": list(_content(said, lang)),
        "more_lines": words["more_lines"][lang],
        "facts": [{"label": label, "value": value} for label, value in _facts(said, rules, lang) if value],
        "issuer": issuer,
        "issuer_label": _page("issuer", lang),
        "issued_label": _page("issued_on", lang),
        "issued": issued,
        "number_label": words["number"][lang],
        "number": number,
        "check": words["check"][lang],
        "check_says": words["check_says"][lang],
        "check_short": words["check_short"][lang],
        "enter_at": words["enter_at"][lang],
        "address": f"{urlsplit(public_url).netloc}/v",
        "link": f"{public_url}/v/{number}",
        "signed": words["signed_by"][lang].format(issuer=issuer, day=issued),
        "sealed": words["sealed"][lang],
        "compare": words["compare"][lang],
        "card_help": words["card_help"][lang],
        "portrait_alt": words["portrait_of"][lang].format(holder=said.holder_name),
        "logo_alt": words["logo_of"][lang].format(issuer=issuer),
        "code_alt": words["code_of"][lang].format(number=number),
        "attached": words["attached"][lang],
    }
    return Sheet(lang, said.number, members)


def printed(sheet: Sheet) -> Iterator[str]:
    """Every text that is set in letters, for whoever has to know whether all of them can be printed."""
    for value in sheet.members.values():
        if isinstance(value, str):
            yield value
            continue
        for each in value:
            yield from each.values() if isinstance(each, dict) else (each,)


def _born(said: Certificate, lang: str) -> str:
    words = _words()
    if said.birth_date is not None:
        return str(words["born_on"][lang].format(day=said.birth_date.isoformat()))
    return str(words["born_in"][lang].format(day=said.birth_year)) if said.birth_year else ""


def _validity(said: Certificate, lang: str) -> str:
    words = _words()
    if said.valid_until is None:
        return str(words["valid_from"][lang].format(day=said.valid_from.isoformat()))
    return f"{said.valid_from.isoformat()} – {said.valid_until.isoformat()}"


def _facts(said: Certificate, rules: Order, lang: str) -> Iterator[tuple[str, str]]:
    """Who, when and how; what is not stated is left out."""
    words = _words()
    yield _page("training_provider", lang), said.training_provider.name if said.training_provider else ""
    yield _page("examination_body", lang), said.examination_body.name if said.examination_body else ""
    yield _page("issuer", lang), said.issuer.name
    yield _page("scheme_owner", lang), said.scheme_owner.name
    yield _page("mandate", lang), said.mandate or ""
    yield words["independence"][lang], words[f"party_{said.party}"][lang] if said.party else ""
    yield words["period"][lang], _span(said)
    yield _page("assessed_on", lang), said.assessed_on.isoformat() if said.assessed_on else ""
    yield _page("decided_on", lang), said.decided_on.isoformat() if said.decided_on else ""
    yield words["hours"][lang], _attendance(said, lang)
    yield _page("delivery_of", lang), _known("delivery", said.delivery, lang)
    tongues = [_known("tongue", tongue, lang) for tongue in (said.language_training, said.language_test)]
    yield words["languages"][lang], ", ".join(tongue or "–" for tongue in tongues) if any(tongues) else ""
    yield words["identity"][lang], _identity(said, lang)
    yield _page("scheme", lang), f"{said.scheme}, {_page('version', lang)} {said.scheme_version}"
    yield words["rules"][lang], words["rules_of"][lang].format(edition=rules.edition)
    for name, former in (("corrects", said.corrects), ("renews", said.renews)):
        yield _page(name, lang), display_number(former) if former else ""


def _in_short(some: tuple[str, ...], otherwise: str, lang: str, most: int) -> str:
    """All of them where a card has room for it; else how many there are, and where they are to be read."""
    whole = " · ".join(some)
    return whole if len(whole) <= most else str(_words()[otherwise][lang].format(many=len(some)))


def _span(said: Certificate) -> str:
    days = [day.isoformat() for day in (said.course_first_on, said.course_last_on) if day]
    return " – ".join(dict.fromkeys(days))


def _attendance(said: Certificate, lang: str) -> str:
    words = _words()
    if said.attended_minutes is not None:
        attended = _hours(said.attended_minutes)
        if said.mandatory_minutes is None:
            return str(words["hours_alone"][lang].format(attended=attended))
        mandatory = _hours(said.mandatory_minutes)
        return str(words["hours_of"][lang].format(attended=attended, mandatory=mandatory))
    return "" if said.attended_percent is None else str(words["percent"][lang].format(percent=said.attended_percent))


def _hours(minutes: int) -> str:
    return f"{minutes / MINUTES_AN_HOUR:.1f}".removesuffix(".0")


def _identity(said: Certificate, lang: str) -> str:
    stages = ((name, getattr(said.identity, name)) for name in ("enrolment", "attendance", "exam"))
    return ", ".join(f"{_page(name, lang)} {value}" for name, value in stages if value is not None)


def _content(said: Certificate, lang: str) -> tuple[str, ...]:
    by_code: dict[str, tuple[str, ...]] = dict(said.content.items())
    return next((by_code[code] for code in (lang, "en", *LANGUAGES) if code in by_code), ())


def _known(kind: str, value: str | None, lang: str) -> str:
    """A word of the closed lists in that language; whatever else was signed, as it stands."""
    told = words_of("pages")[kind].get(value or "")
    return str(told[lang]) if told else value or ""


def _page(key: str, lang: str) -> str:
    return str(words_of("pages")[key][lang])


@cache
def _words() -> dict[str, Any]:
    return tomllib.loads((files("registry.issuing") / "texts" / "documents.toml").read_text("utf-8"))
