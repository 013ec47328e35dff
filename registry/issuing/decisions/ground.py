"""What all rows of a class list have in common: read from the records once. Pure."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from levels.evidence import Evidence, Tie, evidence_from_mapping
from levels.identity import assurance_of_identity
from levels.independence import TieGraph, independence
from levels.rulebook import Rulebook
from registry.issuing.lists.roster_row import RosterRow
from registry.issuing.sittings.declared import declared_facts, ties_complete_ages
from registry.records.mandates.mandate_authority import Authority
from registry.records.parties.organisations import Declaration, Organisation
from registry.records.persons.people import name_key
from registry.records.sector.scheme_document import NewScheme
from registry.records.sittings.identity_checks import IdentityCheck
from registry.records.sittings.occasions import NewOccasion

PARTY_FACTS = frozenset({"training_provider", "examination_body", "register_keeper"})
MOST_REMEMBERED = 1_000


@dataclass(frozen=True)
class Parties:
    """Who trains, examines and keeps the register for a certificate; who issues is the same for the occasion."""

    training_provider: str | None
    examination_body: str | None
    register_keeper: str | None


@dataclass(frozen=True)
class Ground:
    """All that the rows of a list have in common, as it was on the day of the decision.

    organisations  by id: every party, every confirmer, and every end of a tie
    declarations   of the parties and confirmers, the latest day first
    ties           every tie that hangs together with a party
    """

    occasion: NewOccasion
    scheme: NewScheme
    rules: Rulebook
    authority: Authority
    parties: Parties
    organisations: Mapping[str, Organisation]
    declarations: Sequence[Declaration]
    ties: tuple[Tie, ...]
    issuer_key_proven: bool

    @cached_property
    def shared(self) -> Evidence:
        """What is the same for everybody on the list."""
        return evidence_from_mapping(
            {
                **_of_scheme(self.scheme),
                **_of_authority(self),
                **_of_ties(self),
                **_of_occasion(self.occasion, self.parties),
            }
        )

    def evidence_of(self, facts: Mapping[str, object]) -> Evidence:
        """All that is known of whoever has these facts: one object for all who have the same.

        Raises MalformedEvidence.
        """
        asked = told_apart(facts)
        found = self._evidence.get(asked)
        if found is None:
            stated = evidence_from_mapping(facts)
            # Both halves were read strictly; together they are what one strict reading would give.
            found = self.shared.model_copy(update={name: getattr(stated, name) for name in facts})
            if len(self._evidence) < MOST_REMEMBERED:
                self._evidence[asked] = found
        return found

    @cached_property
    def _evidence(self) -> dict[tuple[object, ...], Evidence]:
        return {}

    @cached_property
    def remembered(self) -> dict[tuple[object, ...], Any]:
        """What rows came to, by what they said; `candidate` looks there first."""
        return {}

    @cached_property
    def names_of_staff(self) -> frozenset[str]:
        """As names are compared."""
        return frozenset(name_key(member.name) for member in self.occasion.staff)

    def ida(self, check: IdentityCheck) -> int:
        """How surely a check tells who somebody is, 0 to 3. Raises UnknownMethod."""
        asked = (check.method, check.native_level, check.number_quality)
        if asked not in self._idas:
            self._idas[asked] = assurance_of_identity(check.event(), self.rules.methods)
        return self._idas[asked]

    @cached_property
    def _idas(self) -> dict[tuple[str | None, ...], int]:
        return {}

    @property
    def acting(self) -> dict[str, tuple[str, ...]]:
        """For each organisation, the persons who act for it here."""
        return _acting(self.occasion, self.parties)


def told_apart(facts: Mapping[str, object]) -> tuple[object, ...]:
    """To compare facts by: true is not 1 here."""
    return tuple((name, type(facts[name]), facts[name]) for name in sorted(facts))


def own_parties(row: RosterRow) -> bool:
    """Whether a row states any of the parties itself."""
    return not PARTY_FACTS.isdisjoint(row.facts)


def parties_of(occasion: NewOccasion, row: RosterRow | None = None) -> Parties:
    """The parties of the occasion, as its own facts and those of the row have it."""
    said: dict[str, object] = {name: getattr(occasion, name) for name in PARTY_FACTS}
    for facts in (occasion.facts, row.facts if row else {}):
        said |= {name: str(value) for name, value in facts.items() if name in PARTY_FACTS}
    return Parties(**{name: None if value is None else str(value) for name, value in said.items()})


def _of_scheme(scheme: NewScheme) -> dict[str, object]:
    return {
        "scheme_owner": scheme.owner,
        "max_level": scheme.max_level,
        "target_level": scheme.target_level,
        "scheme_document": scheme.scheme_document,
        "mandatory_minutes": scheme.mandatory_minutes,
        "share_printed": scheme.share_printed,
        "item_bank_owner": scheme.item_bank_owner,
        "item_bank_secured": scheme.item_bank_secured,
        "validity_months": scheme.validity.months,
        "recertification": scheme.recertification,
        "surveillance_means": scheme.surveillance_means,
        "withdrawal": scheme.withdrawal,
        "tightening": scheme.tightening,
    }


def _of_authority(ground: Ground) -> dict[str, object]:
    occasion, day = ground.occasion, ground.occasion.decided_on
    named = {occasion.issuer, ground.scheme.owner, *filter(None, vars(ground.parties).values())}
    return {
        "parties_active": all(
            slug in ground.organisations and ground.organisations[slug].active_on(day) for slug in named
        ),
        "issuer_key_proven": ground.issuer_key_proven,
        "mandate_from_sector_body": ground.authority.mandate_from_sector_body,
        "mandate_max": ground.authority.mandate_max,
    }


def _of_ties(ground: Ground) -> dict[str, object]:
    """Declarations and ties; who confirmed counts for staff records only where independent of who keeps them."""
    occasion, day = ground.occasion, ground.occasion.decided_on
    ages = ties_complete_ages(ground.declarations, day)
    public = tuple(sorted(slug for slug, each in ground.organisations.items() if each.kind == "public_body"))
    graph = TieGraph(ground.ties, public_bodies=public, acting=ground.acting)

    def apart(confirmer: str, declarer: str) -> bool:
        return independence(
            graph,
            confirmer,
            declarer,
            first=day,
            last=day,
            complete_age=ages,
            terms=ground.rules.terms,
            declared=(confirmer,),
        ).third_party

    parties = ground.parties
    keepers = (parties.training_provider, parties.examination_body)
    return {
        **declared_facts(occasion.issuer, keepers, ground.declarations, day, apart=apart),
        "ties_complete_age": ages,
        "ties": ground.ties,
        "public_bodies": public,
        "acting": ground.acting,
    }


def _of_occasion(occasion: NewOccasion, parties: Parties) -> dict[str, object]:
    return {
        **vars(parties),
        "issuer": occasion.issuer,
        "first_session_on": occasion.first_session_on,
        "decided_on": occasion.decided_on,
        "attendance_check": occasion.attendance_check,
        "exam_supervision": occasion.exam_supervision,
        "exam_face": occasion.exam_face,
        "identity_unbroken": occasion.identity_unbroken,
    }


def _acting(occasion: NewOccasion, parties: Parties) -> dict[str, tuple[str, ...]]:
    stands_for = {
        "instructor": parties.training_provider,
        "examiner": parties.examination_body,
        "invigilator": parties.examination_body,
        "decision_maker": occasion.issuer,
    }
    acting: dict[str, set[str]] = {}
    for member in occasion.staff:
        organisation = member.organisation or stands_for[member.role]
        if organisation:
            acting.setdefault(organisation, set()).add(member.id)
    return {organisation: tuple(sorted(people)) for organisation, people in sorted(acting.items())}
