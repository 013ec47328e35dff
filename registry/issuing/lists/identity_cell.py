"""A cell that says how somebody's identity was checked: a method's id or name, and what the method itself says of it.

Such as `id06`, `id06:pin`, `samordningsnummer:styrkt`, or a name in a language people write.
"""

from collections.abc import Callable, Mapping
from typing import Any

from levels.identity import IdentityEvent, Methods, UnknownMethod, assurance_of_identity
from registry.reading.cells import folded
from registry.reading.wrong import BadCell


def identity_reader(methods: Methods, words: Mapping[str, Any]) -> Callable[[str], IdentityEvent]:
    """Makes the function that reads such a cell; it raises BadCell.

    words  `methods` and `unclear_methods`, as in `roster.toml`
    """
    names = {folded(name): row.id for row in methods.method for name in (row.id, *row.name.values())}
    for method, aliases in words["methods"].items():
        names.update({folded(alias): method for alias in aliases})
    unclear = {folded(word): code for code, listed in words["unclear_methods"].items() for word in listed}
    # No nearest word is suggested: one method taken for another is a check that nobody made.
    in_words = {
        lang: "; ".join(f"{row.name[lang]} ({row.id})" for row in methods.method) for lang in ("sv", "nb", "en")
    }

    def read(text: str) -> IdentityEvent:
        # A name may have a colon of its own: EU:s identitetsplånbok.
        word, _, detail = (text, "", "") if folded(text) in names else (part.strip() for part in text.partition(":"))
        if folded(word) in unclear and not detail:
            raise BadCell(unclear[folded(word)])
        if folded(word) not in names:
            raise BadCell("unknown_identity_check", **in_words)
        method = methods.by_id(names[folded(word)])
        if not detail:
            return IdentityEvent(method=method.id)
        if method.rests_on_number:
            event, known = IdentityEvent(method=method.id, number_quality=detail), [*methods.number_quality_cap]
        else:
            event, known = IdentityEvent(method=method.id, native_level=detail), [*method.native]
        try:
            assurance_of_identity(event, methods)
        except UnknownMethod:
            stated = ", ".join([method.id, *(f"{method.id}:{one}" for one in known)])
            raise BadCell("unknown_word", allowed=stated) from None
        return event

    return read
