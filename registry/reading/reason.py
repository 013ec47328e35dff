"""Why something was done, as somebody writes it: one line that holds no national number; pure."""

import unicodedata

from registry.errors import MalformedInput, ReasonMissing
from registry.reading.national_number import holds_national_number

MOST_CHARACTERS = 200


def given_reason(text: str | None) -> str:
    """The reason, as it is kept. Raises ReasonMissing where there is none, MalformedInput for one that cannot be."""
    reason = " ".join(unicodedata.normalize("NFC", text or "").split())
    if not reason:
        raise ReasonMissing("say why, in a few words that name nobody")
    if len(reason) > MOST_CHARACTERS:
        raise MalformedInput([("reason", f"is longer than {MOST_CHARACTERS} characters")])
    if not reason.isprintable():
        raise MalformedInput([("reason", "holds a character that cannot be seen")])
    if holds_national_number(reason):
        raise MalformedInput([("reason", "must not hold a national identity number")])
    return reason
