from datetime import date, timedelta
from pathlib import Path

import pytest

import verification
from verification.reasons import harmless, headlines, in_general, language, reasons, sentence, span_in_words

LANGS = ("sv", "nb", "en")


HOSTILE_TEXT = "<script>alert(1)</script>\u202eEvil\u0000\n{0}{x}"


TEXT_PARAMETERS = "address issuer owner scheme edition level allowed needed found registry why"


HOSTILE = dict.fromkeys(TEXT_PARAMETERS.split(" "), HOSTILE_TEXT)


@pytest.mark.parametrize("lang", LANGS)
@pytest.mark.parametrize("code", list(reasons()))
def test_every_reason_speaks_every_language(code: str, lang: str) -> None:
    params: dict[str, object] = {**HOSTILE, "day": date(2026, 1, 2), "from": date(2026, 1, 1)}
    params |= {"age": timedelta(hours=30), "limit": timedelta(days=3)}
    told = sentence(code, lang, params)
    assert told.strip()
    assert not set("\u202e\u0000\n") & set(told)
    assert sentence(code, lang, {}).strip()
    assert in_general(code, lang).strip()
    text = reasons()[code]
    assert all(part[lang].strip() for part in (text.title, text.says, text.next, text.plain) if part)


def test_every_code_that_can_be_found_is_explained_and_the_other_way_round() -> None:
    package = Path(verification.__path__[0])
    source = "".join(path.read_text("utf-8") for path in sorted(package.glob("*.py")))
    assert not [code for code in reasons() if f'"{code}"' not in source]
    assert all(text.headline in headlines() for text in reasons().values() if text.headline)
    assert list(headlines()) == [
        "signature_invalid",
        "document_altered",
        "issuer_key_compromised",
        "annulled",
        "revoked",
        "suspended",
        "superseded",
        "issuer_not_authorised",
        "expired",
        "not_yet_valid",
        "not_sufficient",
        "unknown",
        "valid_stale",
        "valid",
    ]


@pytest.mark.parametrize(
    ("text", "shown"), [("Eva\u202e", "Eva\ufffd"), ("a" * 300, "a" * 199 + "…"), ("a\u200db", "a\u200db")]
)
def test_what_is_shown_is_harmless(text: str, shown: str) -> None:
    assert harmless(text) == shown


@pytest.mark.parametrize(
    ("wanted", "lang"),
    [("nb-NO", "nb"), ("no", "nb"), ("nn", "nb"), ("EN", "en"), ("fi", "sv"), (None, "sv"), ("", "sv")],
)
def test_languages(wanted: str | None, lang: str) -> None:
    assert language(wanted) == lang


@pytest.mark.parametrize(
    ("span", "said"),
    [
        (timedelta(0), "0 minutes"),
        (timedelta(minutes=1), "1 minute"),
        (timedelta(hours=47), "47 hours"),
        (timedelta(days=2), "48 hours"),
        (timedelta(days=4), "4 days"),
    ],
)
def test_spans_in_words(span: timedelta, said: str) -> None:
    assert span_in_words(span, "en") == said
