"""What is certified of organisations, in words and dates, for the public pages."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from registry.issuing.organisations.accredit import Published, published
from registry.records.accreditation.applications import accreditations_after
from registry.records.parties.organisation_certificates import (
    CertificateOfOrganisation,
    courses,
    organisation_certificates,
)
from registry.records.parties.organisations import organisations_named
from registry.records.store.database import Database
from verification.certificate import Lang, day_at, display_number

_SHAPES = {"in_force": "passed", "coming": "could_not_check", "suspended": "could_not_check", "ended": "does_not_apply"}
_SHAPES |= {"superseded": "does_not_apply"}


def accreditations_told(
    db: Database, now: datetime, says: Mapping[str, str], lang: Lang, holder: str | None = None
) -> Mapping[str, Sequence[dict[str, Any]]]:
    """Accreditations that were granted, everybody's or one's, by whom they are about, with what happened since."""
    known = [published(db, row, now) for row in accreditations_after(db, None, None, state="granted", applicant=holder)]
    bodies = organisations_named(db, {one.row.body for one in known})
    found: dict[str, list[dict[str, Any]]] = {}
    for one in known:
        told = _told(one.certificate, one.standing, says, lang, bodies[one.row.body].name)
        told["days"] += _since(one, says)
        found.setdefault(one.row.applicant, []).append(told)
    return found


def certificates_told(
    db: Database, now: datetime, says: Mapping[str, str], lang: Lang, holder: str
) -> Sequence[dict[str, Any]]:
    """Its certified management systems and audits, but for those that another came in the place of."""
    rows = [row for row in organisation_certificates(db, holder=holder) if row.kind in {"quality_certificate", "audit"}]
    known, issuers = courses(db, rows), organisations_named(db, {row.issuer for row in rows})
    standing = {row.number: known[row.number].standing_on(day_at(now, row.time_zone)) for row in rows}
    return [
        _told(row, standing[row.number], says, lang, issuers[row.issuer].name)
        for row in rows
        if standing[row.number] not in {"superseded", "annulled"}
    ]


def _told(
    row: CertificateOfOrganisation, standing: str, says: Mapping[str, str], lang: Lang, issuer: str
) -> dict[str, Any]:
    days = says["since"].format(day=row.valid_from)
    if row.valid_until is not None:
        days = says["since_until"].format(day=row.valid_from, until=row.valid_until)
    return {
        "number": display_number(row.number),
        "title": row.says().title[lang],
        "issuer": says["given_by"].format(owner=issuer),
        "shape": _SHAPES.get(standing, "failed"),
        "word": says[f"certified_{standing}"],
        "days": [days],
    }


def _since(one: Published, says: Mapping[str, str]) -> Sequence[str]:
    """Sanctions in their order, and when it is looked at again."""
    told = []
    for sanction in one.sanctions:
        if sanction.kind == "suspended" and sanction.until_day is not None:
            told.append(says["suspended_days"].format(day=sanction.from_day, until=sanction.until_day))
        else:
            key = {"suspended": "suspended_on", "withdrawn": "withdrawn_on"}.get(sanction.kind, f"{sanction.kind}_on")
            told.append(says[key].format(day=sanction.from_day))
    if one.standing in {"in_force", "suspended"}:
        told.append(says["surveillance_late" if one.overdue else "surveillance_by"].format(day=one.surveillance_due))
    return told
