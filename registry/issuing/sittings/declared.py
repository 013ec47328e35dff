"""What organisations declared, reduced to the facts of one certificate on one day. Pure."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import date

from levels.evidence import age_in_months
from registry.records.parties.organisations import Declaration

# Declarations of the issuer that say yes or no, or how many; the latest one counts.
_STATES = ("responsible_people", "open_to_all", "appeals", "corrective_action", "succession_plan", "accredited")
# Declarations of what was done on a day: the fact is how long ago.
_AGES = {
    "conformity_audit": "conformity_audit_age",
    "quality_review": "quality_review_age",
    "surveillance": "surveillance_age",
    "full_audit": "full_audit_age",
    "conflicts": "conflicts_declared_age",
}
_CONFIRMED_AS = {
    "accredited": "accredited",
    "quality_certificate": "quality_certificate_in_force",
    "conformity_audit": "conformity_audit_age",
    "quality_review": "quality_review_age",
    "surveillance": "surveillance_age",
    "full_audit": "full_audit_age",
}
_STAFF_RECORDS = ("none", "own", "confirmed")

LONGEST_MONTHS = 1200  # what the rules can be told

Apart = Callable[[str, str], bool]


def declared_facts(
    issuer: str,
    keepers_of_staff_records: Iterable[str | None],
    declarations: Sequence[Declaration],
    day: date,
    *,
    apart: Apart,
) -> dict[str, object]:
    """The facts of an issuer's declarations that stand on that day, with who confirmed each.

    keepers_of_staff_records  training provider and examination body: the weaker of their records counts
    declarations              of any organisations, the latest day first
    apart                     whether one organisation is third party to another that day
    """
    standing = [each for each in declarations if each.stands_on(day)]
    facts: dict[str, object] = {}
    confirmed_by: dict[str, str] = {}
    for kind in (*_STATES, "quality_certificate", *_AGES):
        found = _best(standing, issuer, kind, apart=apart)
        if found is None:
            continue
        facts |= _fact(found, day)
        if found.confirmed_by and kind in _CONFIRMED_AS:
            confirmed_by[_CONFIRMED_AS[kind]] = found.confirmed_by
    facts |= _staff_records(standing, keepers_of_staff_records, apart)
    facts["confirmed_by"] = confirmed_by
    return facts


def ties_complete_ages(declarations: Iterable[Declaration], day: date) -> dict[str, int]:
    """Months since each organisation last declared its ties complete."""
    ages: dict[str, int] = {}
    for each in declarations:
        if each.kind == "ties_complete" and each.stands_on(day):
            age = _age(each.declared_on, day)
            ages[each.organisation] = min(age, ages.get(each.organisation, age))
    return ages


def confirmers(declarations: Iterable[Declaration]) -> frozenset[str]:
    """Everybody who stands behind one of these."""
    return frozenset(each.confirmed_by for each in declarations if each.confirmed_by)


def _age(since: date, day: date) -> int:
    """Months; a hundred years are as old as anything gets."""
    return min(LONGEST_MONTHS, age_in_months(since, day))


def _best(standing: Sequence[Declaration], declarer: str, kind: str, *, apart: Apart) -> Declaration | None:
    """The declaration that speaks for this kind.

    A later state replaces an earlier one. Of things done on a day one that an independent body confirmed comes
    before a later one that nobody did: to have had one more audit does not undo the former.
    """
    found = [each for each in standing if each.organisation == declarer and each.kind == kind]
    if kind in _STATES or not found:
        return found[0] if found else None
    return max(
        found, key=lambda each: (bool(each.confirmed_by) and apart(str(each.confirmed_by), declarer), each.declared_on)
    )


def _fact(found: Declaration, day: date) -> Mapping[str, object]:
    if found.kind == "responsible_people":
        return {"responsible_people": found.number}
    if found.kind == "quality_certificate":
        return {"quality_certificate_in_force": True}
    if found.kind in _AGES:
        return {_AGES[found.kind]: _age(found.declared_on, day)}
    return {found.kind: found.number == 1}


def _staff_records(
    standing: Sequence[Declaration], organisations: Iterable[str | None], apart: Apart
) -> Mapping[str, object]:
    """The weaker of the records that are kept; confirmed only by somebody independent of whoever keeps them."""
    strengths: list[int] = []
    for organisation in dict.fromkeys(filter(None, organisations)):
        found = next((e for e in standing if e.organisation == organisation and e.kind == "staff_records"), None)
        if found is None:
            return {}  # of one of them nothing is known
        strength = _STAFF_RECORDS.index(found.word or "none")
        if strength and found.confirmed_by and apart(found.confirmed_by, organisation):
            strength = _STAFF_RECORDS.index("confirmed")
        strengths.append(strength)
    return {"staff_records": _STAFF_RECORDS[min(strengths)]} if strengths else {}
