"""The named facts a row may ask for: fields of Evidence and what is derived from them. A closed list.

A value of None is not known, and no criterion holds for it. `never` and `no_end` are numbers here: infinity,
so that "at least 24 months, or never" and "at most 60 months" need no words of their own.
"""

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Literal

from levels.evidence import Evidence

Value = bool | int | float | str | None
Kind = Literal["yes_no", "number", "scale"]


@dataclass(frozen=True, slots=True)
class Relations:
    """What independence found between the parties of one certificate; None = a party is not known.

    examination_apart, issuer_apart, keeper_apart  third party to the training provider
    confirming  for each organisation that confirmed something: is it third party to the issuer, who declared it
    """

    examination_apart: bool | None
    issuer_apart: bool | None
    keeper_apart: bool | None
    confirming: Mapping[str, bool]


@dataclass(frozen=True, slots=True)
class Fact:
    """One fact: how its value is read, what kind it is, and the evidence a reader would have to supply.

    scale    the words of a scale, weakest first
    unit     for numbers: months, minutes, percent, people or none
    fields   names of the Evidence fields it rests on
    """

    name: str
    kind: Kind
    read: Callable[[Evidence, Relations], Value]
    fields: tuple[str, ...]
    scale: tuple[str, ...] = ()
    unit: str = ""


def _field(name: str, kind: Kind, *, scale: tuple[str, ...] = (), unit: str = "") -> Fact:
    def read(evidence: Evidence, _: Relations) -> Value:
        value: Value = getattr(evidence, name)
        return value

    def read_number(evidence: Evidence, _: Relations) -> Value:
        value: Value = getattr(evidence, name)
        return math.inf if isinstance(value, str) else value  # "never", "no_end"

    return Fact(name, kind, read_number if kind == "number" else read, (name,), scale, unit)


def _differ(one: str, other: str) -> Callable[[Evidence, Relations], Value]:
    def read(evidence: Evidence, _: Relations) -> Value:
        left, right = getattr(evidence, one), getattr(evidence, other)
        return None if left is None or right is None else left != right

    return read


def _examined_and_issued_apart(_: Evidence, relations: Relations) -> Value:
    both = (relations.examination_apart, relations.issuer_apart)
    return None if None in both else all(both)


def _attended_percent(evidence: Evidence, _: Relations) -> Value:
    """Attended of mandatory minutes in whole per cent, rounded down so that 99.9 is not 100."""
    if evidence.attended_minutes is None or not evidence.mandatory_minutes:
        return None
    return min(100, evidence.attended_minutes * 100 // evidence.mandatory_minutes)


def _confirmed(name: str, *, sector_body_may: bool = False) -> Callable[[Evidence, Relations], Value]:
    """The declared value where somebody else stands behind it, else None.

    The one who confirmed must be third party to the issuer. At B the sector body that mandated the issuer may be
    the one (its own audit), whatever its ties.
    """

    def read(evidence: Evidence, relations: Relations) -> Value:
        confirmer = evidence.confirmed_by.get(name)
        if confirmer is None:
            return None
        mandating = evidence.mandate_from_sector_body is True and confirmer == evidence.scheme_owner
        if relations.confirming.get(confirmer) or (sector_body_may and mandating):
            value: Value = getattr(evidence, name)
            return value
        return None

    return read


def _confirmable(name: str, *, months: bool, sector_body_may: bool = False) -> Fact:
    return Fact(
        name=f"{name}_confirmed_or_by_sector_body" if sector_body_may else f"{name}_confirmed",
        kind="number" if months else "yes_no",
        read=_confirmed(name, sector_body_may=sector_body_may),
        fields=(name, "confirmed_by"),
        unit="months" if months else "",
    )


_DERIVED = (
    Fact(
        "owner_is_not_trainer",
        "yes_no",
        _differ("scheme_owner", "training_provider"),
        ("scheme_owner", "training_provider"),
    ),
    Fact(
        "examined_and_issued_by_third_party",
        "yes_no",
        _examined_and_issued_apart,
        ("examination_body", "issuer", "training_provider", "ties", "ties_complete_age", "first_session_on"),
    ),
    Fact(
        "keeper_is_third_party",
        "yes_no",
        lambda _, relations: relations.keeper_apart,
        ("register_keeper", "training_provider", "ties", "ties_complete_age", "first_session_on"),
    ),
    Fact(
        "item_bank_not_trainers",
        "yes_no",
        _differ("item_bank_owner", "training_provider"),
        ("item_bank_owner", "training_provider"),
    ),
    Fact(
        "attended_percent",
        "number",
        _attended_percent,
        ("attended_minutes", "mandatory_minutes"),
        unit="percent",
    ),
    *(
        _confirmable(name, months=name.endswith("_age"))
        for name in (
            "accredited",
            "conformity_audit_age",
            "quality_certificate_in_force",
            "quality_review_age",
            "surveillance_age",
            "full_audit_age",
        )
    ),
    _confirmable("accredited", months=False, sector_body_may=True),
    _confirmable("conformity_audit_age", months=True, sector_body_may=True),
)

_PLAIN = (
    *(
        _field(name, "yes_no")
        for name in (
            "share_printed",
            "item_bank_secured",
            "recertification",
            "surveillance_means",
            "parties_active",
            "issuer_key_proven",
            "mandate_from_sector_body",
            "open_to_all",
            "appeals",
            "corrective_action",
            "succession_plan",
            "decider_apart",
            "holder_apart",
            "identity_unbroken",
            "portrait",
            "passed_all",
            "result_recorded",
            "notifiable",
        )
    ),
    _field("scheme_document", "scale", scale=("none", "course", "full")),
    _field("withdrawal", "scale", scale=("none", "annul", "withdraw")),
    _field("staff_records", "scale", scale=("none", "own", "confirmed")),
    _field("attendance_check", "scale", scale=("none", "once", "day", "session")),
    _field("exam_supervision", "scale", scale=("none", "login", "live", "live_logged", "on_site")),
    _field("exam_face", "scale", scale=("none", "seen", "document", "portrait")),
    _field("mandatory_minutes", "number", unit="minutes"),
    _field("attended_minutes", "number", unit="minutes"),
    _field("validity_months", "number", unit="months"),
    _field("conflicts_declared_age", "number", unit="months"),
    _field("examiner_last_taught", "number", unit="months"),
    _field("responsible_people", "number", unit="people"),
    _field("attendance_ida", "number"),
    _field("exam_ida", "number"),
    _field("enrolment_ida", "number"),
)

FACTS: Mapping[str, Fact] = {fact.name: fact for fact in (*_PLAIN, *_DERIVED)}


def known(evidence: Evidence, relations: Relations) -> dict[str, Value]:
    """Every fact's value for this evidence, by name."""
    return {name: fact.read(evidence, relations) for name, fact in FACTS.items()}
