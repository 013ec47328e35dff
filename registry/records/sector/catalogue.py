"""The starter catalogue: schemes as they exist in Norway and Sweden, each fact with how sure it is. Data, not rules.

What is in it becomes a draft of whoever owns the scheme, and nothing of it is in force before that owner has confirmed
what was not read in a public source.
"""

import tomllib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from functools import cache
from importlib.resources import files
from typing import Any, Literal

from registry.errors import CatalogueEntryNotFound, NotIssuable
from registry.records.sector.scheme_document import NewScheme
from registry.records.strict_input import InLanguages, Line, StrictInput, parse

Kind = Literal["scheme", "external_proof", "authorisation"]
FIRST_VERSION = "1"  # of a draft that comes from the catalogue


class Entry(StrictInput):
    """What the catalogue says of a scheme beside the scheme itself.

    kind        what is issued here, or why it is not: an authority's proof, or an employer's permission
    as_of       when all of it was looked at
    confidence  how sure the whole is, in short
    level       the level as the scheme works today; in brackets the one to be reached
    basis, why  of what is not issued here: where it is written, and why it is not
    """

    kind: Kind
    as_of: date
    confidence: Line
    level: Line
    basis: tuple[Line, ...] = ()
    why: InLanguages | None = None


@dataclass(frozen=True)
class CatalogueScheme:
    """One row of the catalogue."""

    id: str
    entry: Entry
    titles: InLanguages
    _document: Mapping[str, Any]

    def draft_for(self, owner: str) -> NewScheme:
        """The scheme as that owner's draft. Raises NotIssuable, which says why."""
        if self.entry.kind != "scheme":
            why = self.entry.why.en if self.entry.why else "it is not issued here"
            raise NotIssuable(f"{self.id}: {why}")
        return parse({**self._document, "code": self.id, "owner": owner, "version": FIRST_VERSION}, NewScheme)


@cache
def catalogue() -> Sequence[CatalogueScheme]:
    """All of it, by id."""
    folder = files("registry") / "catalogue"
    rows = [
        _read(entry.name.removesuffix(".toml"), entry.read_text(encoding="utf-8"))
        for entry in folder.iterdir()
        if entry.name.endswith(".toml")
    ]
    return sorted(rows, key=lambda row: row.id)


def catalogue_entry(identity: str) -> CatalogueScheme:
    """Raises CatalogueEntryNotFound."""
    found = next((each for each in catalogue() if each.id == identity), None)
    if found is None:
        raise CatalogueEntryNotFound(
            f"the catalogue has no {identity[:60]!r}; `bevis scheme catalogue` lists what it has"
        )
    return found


def _read(identity: str, text: str) -> CatalogueScheme:
    document = tomllib.loads(text)
    entry = parse(document.pop("catalogue"), Entry)
    return CatalogueScheme(identity, entry, parse(document["titles"], InLanguages), document)
