"""Certificates about organisations in a real registry: granted, seen, suspended, and what rests on them."""

from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest

from registry.errors import ChangeNotAllowed, MalformedInput, NoSigningKey, OrganisationRejected
from registry.issuing.organisations.certify import Office
from registry.issuing.organisations.mandates import grant
from registry.issuing.organisations.reinstate import Reinstating, ask_to_reinstate, reinstate
from registry.issuing.organisations.statements import (
    FollowUp,
    NewAudit,
    NewQualityCertificate,
    Suspending,
    Withdrawing,
    follow_up,
    state,
    suspend,
    withdraw,
)
from registry.records.mandates.mandate_decisions import NewMandate, suspend_mandate, withdraw_mandate
from registry.records.parties.organisation_certificates import (
    CertificateOfOrganisation,
    Happened,
    certificate_of_mandate,
    course_of,
    help_on,
)
from registry.records.parties.organisations import NewDeclaration, declarations_of, declare, withdraw_declaration
from registry.records.store.database import Database
from registry.records.strict_input import parse
from registry.records.whole.directory import Registry
from registry.signing.keys import Keyring
from registry.signing.published import build_trust, signed_trust
from registry.web.source import RegistrySource
from tests.registry.conftest import (
    ACTOR,
    NOW,
    ON_SQLITE,
    OPENED,
    PUBLIC_URL,
    approved,
    issue,
    person,
    roster,
    two_people,
)
from verification.ask import ask
from verification.certificate import display_number
from verification.judge import judge
from verification.offline import trust_from_file
from verification.situation import situation
from verification.verify import verify

DAY = timedelta(days=1)
AUDIT: dict[str, Any] = {
    "kind": "audit",
    "issuer": "auditor",
    "holder": "issuer",
    "extent": "full",
    "standard": "ISO/IEC 17024",
    "edition": "2026",
    "first_on": "2025-11-12",
    "last_on": "2025-11-13",
    "conforms": True,
    "findings": [{"ref": "A-1", "grade": "minor", "clause": "9.3"}, {"ref": "A-2", "grade": "observation"}],
}
QUALITY: dict[str, Any] = {
    "kind": "quality_certificate",
    "issuer": "auditor",
    "holder": "issuer",
    "standard": "ISO 9001",
    "edition": "2015",
    "valid_from": "2025-06-01",
    "valid_until": "2026-12-31",
}


@pytest.fixture
def office(registry: Registry, keyring: Keyring) -> Office:
    with registry.writing() as db:
        for slug in ("auditor", "examiner"):
            keyring.create_organisation_key(db, slug, OPENED, ACTOR)
    return Office(keyring, PUBLIC_URL)


def audited(db: Database, office: Office, now: datetime = NOW, **change: Any) -> CertificateOfOrganisation:
    return state(db, office, parse(AUDIT | change, NewAudit), now, ACTOR)


def verdict(registry: Registry, token: str, now: datetime, name: str = "organisation", on: date | None = None) -> Any:
    source = RegistrySource(registry, PUBLIC_URL, lambda: now)
    try:
        return ask(source, token, situation(name), on).verdict
    finally:
        source.close()


@pytest.mark.parametrize(
    ("events", "standing"),
    [
        pytest.param([], ["coming", "in_force", "in_force", "in_force", "ended"], id="nothing"),
        pytest.param(
            [("suspended", 2, 3)], ["coming", "in_force", "suspended", "in_force", "ended"], id="suspended for a while"
        ),
        pytest.param(
            [("suspended", 2, None), ("suspended", 2, 3)],
            ["coming", "in_force", "suspended", "in_force", "ended"],
            id="an open suspension is given its end",
        ),
        pytest.param(
            [("suspended", 2, None), ("reinstated", 4, None)],
            ["coming", "in_force", "suspended", "in_force", "ended"],
            id="reinstated",
        ),
        pytest.param(
            [("suspended", 2, None), ("reinstated", 2, None)],
            ["coming", "in_force", "in_force", "in_force", "ended"],
            id="reinstated before it began",
        ),
        pytest.param(
            [("suspended", 1, 1), ("suspended", 4, None)],
            ["coming", "suspended", "in_force", "suspended", "ended"],
            id="suspended twice",
        ),
        pytest.param(
            [("suspended", 1, 2), ("suspended", 4, 4), ("reinstated", 2, None)],
            ["coming", "suspended", "in_force", "suspended", "ended"],
            id="reinstated while another suspension is planned",
        ),
        pytest.param(
            [("suspended", 4, 5), ("suspended", 1, 2)],
            ["coming", "suspended", "suspended", "suspended", "ended"],
            id="suspended sooner than was planned: both",
        ),
        pytest.param(
            [("suspended", 4, 5), ("suspended", 1, 4)],
            ["coming", "suspended", "suspended", "suspended", "ended"],
            id="suspended sooner, with a day in common",
        ),
        pytest.param(
            [("suspended", 4, 5), ("suspended", 1, 2), ("reinstated", 4, None)],
            ["coming", "suspended", "suspended", "in_force", "ended"],
            id="what is planned never begins",
        ),
        pytest.param(
            [("suspended", 2, None), ("revoked", 4, None)],
            ["coming", "in_force", "suspended", "revoked", "revoked"],
            id="withdrawn",
        ),
        pytest.param(
            [("revoked", 4, None), ("revoked", 2, None)],
            ["coming", "in_force", "revoked", "revoked", "revoked"],
            id="withdrawn from an earlier day",
        ),
        pytest.param([("annulled", 4, None)], ["annulled"] * 5, id="annulled"),
    ],
)
def test_what_events_come_to(events: list[tuple[Any, int, int | None]], standing: list[str]) -> None:
    first = date(2026, 1, 1)
    happened = [
        Happened(kind, first + start * DAY, None if end is None else first + end * DAY) for kind, start, end in events
    ]
    course = course_of(first + DAY, first + 5 * DAY, happened)
    assert [course.standing_on(first + day * DAY) for day in (0, 1, 2, 4, 6)] == standing


def test_a_mandate_is_a_certificate_that_stands_and_falls_with_it(registry: Registry, office: Office) -> None:
    """On both databases: the register's own answer, and the answer of a file with no register, day by day."""
    with registry.writing() as db:
        new = {
            "scheme": "hot-work",
            "issuer": "examiner",
            "max_level": "C2",
            "since": "2026-03-01",
            "reason": "board 3",
        }
        mandate = grant(db, office, parse(new, NewMandate), NOW, ACTOR)
        row = certificate_of_mandate(db, mandate.public_id)
        assert row is not None
        number = row.number
    with registry.writing() as db:
        suspend_mandate(db, mandate.public_id, date(2026, 3, 20), date(2026, 3, 25), "moved", ACTOR, now=NOW)
    with registry.writing() as db:
        withdraw_mandate(db, mandate.public_id, date(2026, 4, 1), "board 5", ACTOR, now=NOW + DAY)
    later = [NOW + DAY * 2, datetime(2026, 3, 20, 12, tzinfo=UTC), datetime(2026, 3, 26, 12, tzinfo=UTC)]
    later.append(datetime(2026, 4, 1, 12, tzinfo=UTC))
    wanted = ["valid", "suspended", "valid", "revoked"]
    assert [verdict(registry, number, moment).headline for moment in later] == wanted
    assert [verdict(registry, row.vc_jwt, moment).headline for moment in later] == wanted
    days = [date(2026, 3, 16), date(2026, 3, 22), date(2026, 3, 27), date(2026, 4, 2)]
    assert [verdict(registry, number, later[-1], on=day).headline for day in days] == wanted
    for moment, headline in zip(later, wanted, strict=True):
        with registry.writing() as db:
            office.keyring.prepare(db, moment, ACTOR)
            trust = trust_from_file(signed_trust(db, office.keyring, PUBLIC_URL, moment)[1]).trust
        for token in (number, row.vc_jwt):
            found = judge(verify(token, trust, moment), situation("organisation"), moment, trust)
            assert found.headline == headline, (moment, token)
    assert verdict(registry, number, NOW + DAY, "site_entry").headline == "not_sufficient"


@ON_SQLITE
def test_who_cannot_grant(registry: Registry, office: Office) -> None:
    with registry.writing() as db, pytest.raises(NoSigningKey):
        state(db, office, parse(AUDIT | {"issuer": "trainer"}, NewAudit), NOW, ACTOR)
    refused: list[tuple[dict[str, Any], type[Exception]]] = [
        ({"issuer": "issuer"}, OrganisationRejected),
        ({"holder": "owner-person"}, OrganisationRejected),
        ({"last_on": "2026-03-15"}, MalformedInput),
        ({"first_on": "1800-01-01"}, MalformedInput),
        ({"findings": [{"ref": "A", "grade": "major"}]}, MalformedInput),
        ({"findings": [{"ref": "A", "grade": "minor", "closed_on": "2027-01-01"}]}, MalformedInput),
    ]
    for change, refusal in refused:
        with registry.writing() as db, pytest.raises(refusal):
            audited(db, office, **change)


@ON_SQLITE
def test_findings_are_followed_up_and_what_rests_on_the_audit_goes_on(registry: Registry, office: Office) -> None:
    with registry.writing() as db:
        first = audited(db, office)
    given = {"closed": [{"ref": "A-1", "closed_on": "2026-03-10"}], "conforms": True}
    for wrong in (
        {"closed": [{"ref": "A-9", "closed_on": "2026-03-10"}]},
        {"closed": [{"ref": "A-1", "closed_on": "2025-01-01"}]},
    ):
        with registry.writing() as db, pytest.raises(MalformedInput):
            follow_up(db, office, first.number, parse(given | wrong, FollowUp), NOW, ACTOR)
    with registry.writing() as db:
        second = follow_up(db, office, first.number, parse(given, FollowUp), NOW, ACTOR)
        assert second.says().attests.open_findings == 0  # type: ignore[union-attr]
        assert help_on(db, [first.number], date(2026, 3, 13), date(2026, 3, 13))[first.number].number == second.number
    found = verdict(registry, first.number, NOW)
    assert found.headline == "superseded"
    successor = {f.code: f.params for f in found.reasons}["superseded"]["successor"]
    assert successor == display_number(second.number)
    assert verdict(registry, second.number, NOW).headline == "valid"
    with registry.writing() as db, pytest.raises(ChangeNotAllowed):
        follow_up(db, office, first.number, parse(given, FollowUp), NOW, ACTOR)


def _rest_on_certificates(db: Database, office: Office) -> dict[str, CertificateOfOrganisation]:
    """What the auditor only said so far, it has signed instead."""
    kinds = ("accredited", "quality_review", "surveillance", "full_audit")
    for each in declarations_of(db, "issuer"):
        if each.kind in kinds:
            withdraw_declaration(db, each.id, each.declared_on, ACTOR)
    made = {
        "conformity_audit": audited(db, office, extent="conformity", first_on="2025-09-01", last_on="2025-09-02"),
        "full_audit": audited(db, office),
        "quality_certificate": state(db, office, parse(QUALITY, NewQualityCertificate), NOW, ACTOR),
    }
    for kind, row in made.items():
        on = row.says().done_on.isoformat()
        new = {"organisation": "issuer", "kind": kind, "on": on, "certificate": display_number(row.number)}
        assert declare(db, parse(new, NewDeclaration), NOW, ACTOR).confirmed_by == "auditor"
    return made


@ON_SQLITE
@pytest.mark.parametrize(
    ("gone", "level", "row"),
    [
        pytest.param(None, "B", None, id="all stand"),
        pytest.param("conformity_audit", "C2", "O10", id="conformity"),
        pytest.param("quality_certificate", "D", "O11", id="quality system"),
        pytest.param("full_audit", "D", "O12", id="audit rhythm"),
    ],
)
def test_a_level_rests_on_certificates_for_as_long_as_they_stand(
    registry: Registry, office: Office, gone: str | None, level: str, row: str | None
) -> None:
    with registry.writing() as db:
        made = _rest_on_certificates(db, office)
        if gone:
            why = {"from_day": "2026-03-13", "cause": "misuse", "reason": "found at a visit"}
            withdraw(db, made[gone].number, parse(why, Withdrawing), NOW, ACTOR)
    result = issue(registry, office.keyring, "hot-work-march", roster(person(2)))
    (told,) = result.rows
    assert told.attained == level
    assert row is None or row in {unmet.id for unmet in told.unmet}


@ON_SQLITE
def test_suspended_helps_nobody_meanwhile_and_ended_later_helped_before(registry: Registry, office: Office) -> None:
    day, number = date(2026, 3, 13), ""
    with registry.writing() as db:
        number = audited(db, office).number
        suspend(db, number, parse({"from_day": day, "reason": "visit"}, Suspending), NOW, ACTOR)
        assert help_on(db, [number], day, day) == {}
        assert help_on(db, [number], day - DAY, day) == {}, "nothing is issued on it today, whatever day was decided"
        asa, bo = two_people(db, "auditor")
        given = parse({"from_day": day + DAY, "reason": "put right"}, Reinstating)
        approved(db, ask_to_reinstate(db, number, given, NOW, asa), bo, NOW)
        reinstate(db, number, given, NOW, ACTOR)
        assert number in help_on(db, [number], day - DAY, day + DAY)
        assert help_on(db, [number], day, day + DAY) == {}, "that day it was suspended"
        ran_out = state(db, office, parse(QUALITY | {"valid_until": "2026-03-14"}, NewQualityCertificate), NOW, ACTOR)
        assert ran_out.number in help_on(db, [ran_out.number], day, day + 9 * DAY), "it held when that was decided"
        assert help_on(db, [ran_out.number], day + 2 * DAY, day + 9 * DAY) == {}


@ON_SQLITE
def test_a_declaration_says_just_what_its_certificate_says(registry: Registry, office: Office) -> None:
    with registry.writing() as db:
        full, quality = audited(db, office), state(db, office, parse(QUALITY, NewQualityCertificate), NOW, ACTOR)
        failed = audited(db, office, extent="surveillance", conforms=False)
    good = {"organisation": "issuer", "kind": "full_audit", "on": "2025-11-13", "certificate": full.number}
    wrong: list[dict[str, Any]] = [
        {"organisation": "trainer"},
        {"kind": "surveillance"},
        {"on": "2025-11-14"},
        {"confirmed_by": "keeper"},
        {"kind": "surveillance", "certificate": failed.number},
        {"kind": "accredited", "certificate": quality.number},
        {"kind": "quality_certificate", "certificate": quality.number, "on": "2025-05-31"},
    ]
    for change in wrong:
        with registry.writing() as db, pytest.raises(OrganisationRejected):
            declare(db, parse(good | change, NewDeclaration), NOW, ACTOR)
    with pytest.raises(MalformedInput):
        parse(good | {"kind": "appeals"}, NewDeclaration)
    with registry.writing() as db:
        assert declare(db, parse(good, NewDeclaration), NOW, ACTOR).confirmed_by == "auditor"


@ON_SQLITE
def test_the_trust_brings_what_stands_behind_mandates(registry: Registry, office: Office) -> None:
    with registry.writing() as db:
        new = {"scheme": "hot-work", "issuer": "examiner", "max_level": "C2", "since": "2026-03-01"}
        mandate = grant(db, office, parse(new, NewMandate), NOW, ACTOR)
        row = certificate_of_mandate(db, mandate.public_id)
        trust = build_trust(db, PUBLIC_URL, NOW)
    assert row is not None
    assert trust.certificates[row.number].vc_jwt == row.vc_jwt
    assert {one.id: one.certificate for one in trust.mandates}[mandate.public_id] == row.number
