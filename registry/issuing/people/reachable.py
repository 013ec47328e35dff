"""Whether anybody can attain the level that a scheme aims at: the rows that it fails by itself. Pure."""

from collections.abc import Sequence
from datetime import date

from levels.assess import Unmet, assess
from levels.evidence import evidence_from_mapping
from levels.rulebook import edition_on
from registry.records.sector.scheme_document import NewScheme

# What the rows ask of a scheme alone: nobody's attendance or exam makes up for it.
_OF_THE_SCHEME = ("scheme_document", "recertification", "surveillance_means", "withdrawal")


def out_of_reach(scheme: NewScheme, on: date) -> Sequence[Unmet]:
    """The rows of the target level that no certificate of this scheme can meet as it stands. Raises NoSuchEdition."""
    facts: dict[str, object] = {name: getattr(scheme, name) for name in _OF_THE_SCHEME}
    facts["validity_months"] = scheme.validity.months
    evidence = evidence_from_mapping({name: value for name, value in facts.items() if value is not None})
    assessment = assess(evidence, edition_on(on), on, ceiling=scheme.target_level)
    return [row for row in assessment.unmet[scheme.target_level] if row.facts.keys() <= facts.keys()]
