"""The accreditation desk, from the application to the last sanction."""

from collections.abc import Callable
from datetime import date, timedelta
from typing import Any

import pytest

from registry.errors import (
    AccreditationStep,
    AlreadyDecided,
    ApprovalNeeded,
    ChangeNotAllowed,
    ContentChanged,
    MalformedInput,
    OrganisationRejected,
    PartInApplication,
    Refusal,
)
from registry.issuing.changes.deciding import decide_on
from registry.issuing.organisations import accredit
from registry.issuing.organisations.accredit import Surveillance, Warned, issue_accreditation, published
from registry.issuing.organisations.certify import Office
from registry.issuing.organisations.reinstate import Reinstating
from registry.issuing.organisations.statements import NewAudit, Suspending, Withdrawing, state, suspend
from registry.records.accreditation.applications import (
    NewApplication,
    NewDocument,
    accreditation_by_id,
    add_document,
    apply_for,
    documents_of,
    state_mismatches,
    steps_of,
)
from registry.records.accreditation.proposals import Proposal, give_up, propose
from registry.records.actors.access import Actor
from registry.records.actors.accounts import NewAccount, add_account, end_role, grant_role
from registry.records.actors.approvals import Approval
from registry.records.parties.organisation_certificates import organisation_certificate
from registry.records.parties.organisations import NewDeclaration, declare
from registry.records.store.database import Database
from registry.records.strict_input import parse
from registry.records.whole.directory import Registry
from registry.signing.keys import Keyring
from registry.web.source import RegistrySource
from tests.registry.conftest import ACTOR, LONG_AGO, NOW, ON_SQLITE, OPENED, PUBLIC_URL
from verification.ask import ask
from verification.situation import situation

APPLICATION = {
    "body": "auditor",
    "applicant": "issuer",
    "standard": "ISO/IEC 17024",
    "edition": "2026",
    "scope": ["Heta arbeten"],
}
DOCUMENT = {"name": "Handbok", "reference": "https://example.org/handbok.pdf", "sha256": "a" * 64}
GRANT = {
    "outcome": "grant",
    "reason": "all in place",
    "valid_from": "2026-03-13",
    "valid_until": "2029-03-12",
    "surveillance_months": 12,
}
PEOPLE = {"rut": ("auditor", "requester"), "dan": ("auditor", "approver"), "isa": ("issuer", "requester")}
Desk = Callable[[Database, str], Actor]


@pytest.fixture
def office(registry: Registry, keyring: Keyring) -> Office:
    with registry.writing() as db:
        keyring.create_organisation_key(db, "auditor", OPENED, ACTOR)
        for number, (account, (where, role)) in enumerate(PEOPLE.items()):
            name = f"{account.title()} Prov{'abc'[number]}"
            given = {"id": account, "name": name, "birth_date": f"1970-01-0{number + 1}"}
            add_account(db, parse(given, NewAccount), LONG_AGO, ACTOR)
            grant_role(db, account, where, role, now=LONG_AGO, actor=ACTOR)  # type: ignore[arg-type]
    return Office(keyring, PUBLIC_URL)


def who(account: str) -> Actor:
    where, role = PEOPLE[account]
    return Actor(account=account, grants=frozenset({(where, role)}), proven=True, key="k")  # type: ignore[arg-type]


def applied(db: Database) -> str:
    return apply_for(db, parse(APPLICATION, NewApplication), NOW, "isa").public_id


def proposed(db: Database, public_id: str, **change: Any) -> Approval:
    if not documents_of(db, accreditation_by_id(db, public_id)):
        add_document(db, public_id, parse(DOCUMENT, NewDocument), NOW, "isa")
    return propose(db, public_id, parse(GRANT | change, Proposal), who("rut"), NOW)


def decided(db: Database, asked: Approval, *, approve: bool = True, by: str = "dan", **change: Any) -> Approval:
    given = {"digest": asked.digest, "reason": None if approve else "not yet", **change}
    return decide_on(db, asked.public_id, approve=approve, actor=who(by), now=NOW, **given)


def granted(registry: Registry, office: Office) -> str:
    with registry.writing() as db:
        public_id = applied(db)
        decided(db, proposed(db, public_id))
        issue_accreditation(db, office, public_id, NOW, "rut")
    return public_id


def test_from_the_application_to_the_certificate_and_what_rests_on_it(registry: Registry, office: Office) -> None:
    public_id = granted(registry, office)
    with registry.writing() as db:
        row = accreditation_by_id(db, public_id)
        kinds = [step.kind for step in steps_of(db, row)]
        assert kinds == ["applied", "document_added", "proposed", "decided", "granted"]
        assert all(step.actor for step in steps_of(db, row))
        number = str(row.certificate)
        new = {"organisation": "issuer", "kind": "accredited", "on": "2026-03-13", "certificate": number}
        told = declare(db, parse(new, NewDeclaration), NOW, ACTOR)
        assert (told.confirmed_by, told.valid_until) == ("auditor", date(2029, 3, 12))
        assert state_mismatches(db) == []
    source = RegistrySource(registry, PUBLIC_URL, lambda: NOW + timedelta(hours=1))
    found = ask(source, number, situation("organisation")).verdict
    source.close()
    assert (found.headline, found.certificate and found.certificate.scheme) == ("valid", "iso-iec-17024")


@ON_SQLITE
def test_what_is_sanctioned_reaches_the_certificate_and_is_published(registry: Registry, office: Office) -> None:
    public_id = granted(registry, office)
    with registry.writing() as db:
        number = str(accreditation_by_id(db, public_id).certificate)
        because = {"from_day": "2026-03-13", "reason": "visit"}
        with pytest.raises(ChangeNotAllowed):
            suspend(db, number, parse(because, Suspending), NOW, "dan")
        accredit.warn(db, public_id, parse({"reason": "late report"}, Warned), NOW, "dan")
        assert published(db, accreditation_by_id(db, public_id), NOW).standing == "in_force"
        given = parse({**because, "until": "2026-03-20"}, Suspending)
        accredit.suspend_accreditation(db, public_id, given, NOW, "dan")
        assert published(db, accreditation_by_id(db, public_id), NOW).standing == "suspended"
        audit = {
            "kind": "audit",
            "issuer": "auditor",
            "holder": "issuer",
            "extent": "surveillance",
            "conforms": True,
            "standard": "ISO/IEC 17024",
            "edition": "2026",
            "first_on": "2026-03-12",
            "last_on": "2026-03-13",
        }
        looked = state(db, office, parse(audit, NewAudit), NOW, "dan").number
        accredit.survey(db, public_id, parse({"audit": looked}, Surveillance), NOW, "rut")
        with pytest.raises(AccreditationStep):
            accredit.survey(db, public_id, parse({"audit": looked}, Surveillance), NOW, "rut")
        with pytest.raises(AccreditationStep):
            accredit.survey(db, public_id, parse({"audit": number}, Surveillance), NOW, "rut")
        late = published(db, accreditation_by_id(db, public_id), NOW + timedelta(days=367))
        assert (late.surveillance_due, late.overdue) == (date(2027, 3, 13), True)
        early = parse({"from_day": "2026-03-12", "until": "2026-03-30", "reason": "visit"}, Suspending)
        with pytest.raises(MalformedInput, match="before its first day"):
            accredit.suspend_accreditation(db, public_id, early, NOW, "dan")
        end = parse({"from_day": "2026-04-01", "cause": "misuse", "reason": "visit"}, Withdrawing)
        accredit.withdraw_accreditation(db, public_id, end, NOW, "dan")
        last = published(db, accreditation_by_id(db, public_id), NOW + timedelta(days=30))
        assert (last.standing, [one.kind for one in last.sanctions]) == (
            "revoked",
            ["warned", "suspended", "withdrawn"],
        )
        assert organisation_certificate(db, number).kind == "accreditation"
        row = accreditation_by_id(db, public_id)
        told = [accredit.standings(db, [row], NOW + timedelta(days=days))[public_id] for days in (0, 10, 30)]
        assert told == ["suspended", "in_force", "revoked"]


@ON_SQLITE
def test_four_eyes_bound_to_what_was_read(registry: Registry, office: Office) -> None:
    with registry.writing() as db:
        public_id = applied(db)
        asked = proposed(db, public_id)
    refused: list[tuple[type[Refusal], Callable[[Database], object]]] = [
        (AccreditationStep, lambda db: issue_accreditation(db, office, public_id, NOW, "rut")),
        (AccreditationStep, lambda db: add_document(db, public_id, parse(DOCUMENT, NewDocument), NOW, "isa")),
        (ContentChanged, lambda db: decided(db, asked, digest="0" * 64)),
        (Refusal, lambda db: decided(db, asked, by="rut")),
    ]
    for refusal, attempt in refused:
        with registry.writing() as db, pytest.raises(refusal):
            attempt(db)
    with registry.writing() as db:
        decided(db, asked, approve=False)
        assert accreditation_by_id(db, public_id).state == "applied"
        add_document(db, public_id, parse(DOCUMENT | {"sha256": "b" * 64}, NewDocument), NOW, "isa")
        decided(db, proposed(db, public_id))
        end_role(db, "dan", "auditor", "approver", now=NOW, actor=ACTOR)
    with registry.writing() as db, pytest.raises(ApprovalNeeded):
        issue_accreditation(db, office, public_id, NOW + timedelta(minutes=1), "rut")


@ON_SQLITE
@pytest.mark.parametrize("account", ["rut", "dan"])
def test_nobody_of_the_applicants_reviews_or_decides(registry: Registry, office: Office, account: str) -> None:
    assert office
    with registry.writing() as db:
        grant_role(db, account, "issuer", "reader", now=LONG_AGO, actor=ACTOR)
        public_id = applied(db)
    with registry.writing() as db, pytest.raises(PartInApplication):
        decided(db, proposed(db, public_id))


@ON_SQLITE
def test_two_people_of_the_body_let_it_hold_again(registry: Registry, office: Office) -> None:
    public_id, given = granted(registry, office), parse({"reason": "put right"}, Reinstating)
    with registry.writing() as db:
        because = parse({"from_day": "2026-03-13", "reason": "visit"}, Suspending)
        accredit.suspend_accreditation(db, public_id, because, NOW, "dan")
        with pytest.raises(ApprovalNeeded):
            accredit.reinstate_accreditation(db, public_id, given, NOW, "rut")
        asked = accredit.ask_to_reinstate_accreditation(db, public_id, given, NOW, who("rut"))
        assert (asked.subject, asked.content()["accreditation"]) == (public_id, public_id)
        grant_role(db, "dan", "issuer", "reader", now=LONG_AGO, actor=ACTOR)
    with registry.writing() as db, pytest.raises(PartInApplication):
        accredit.ask_to_reinstate_accreditation(db, public_id, given, NOW, who("dan"))
    with pytest.raises(PartInApplication), registry.writing() as db:
        decided(db, asked)
    with registry.writing() as db:
        end_role(db, "dan", "issuer", "reader", now=NOW, actor=ACTOR)
        decided(db, asked)
        row = accredit.reinstate_accreditation(db, public_id, given, NOW, "rut")
        last = steps_of(db, row)[-1]
        assert (last.kind, last.actor, last.about) == ("reinstated", "rut", asked.public_id)
        assert published(db, row, NOW).standing == "in_force"


@ON_SQLITE
def test_what_is_refused_or_given_up_is_over(registry: Registry, office: Office) -> None:
    with registry.writing() as db:
        first = applied(db)
        told = {"outcome": "refuse", "reason": "no exams", "valid_from": None, "valid_until": None}
        decided(db, proposed(db, first, **told, surveillance_months=None))
        assert accreditation_by_id(db, first).state == "refused"
        second = applied(db)
        waits = proposed(db, second)
        give_up(db, second, "later", NOW, "isa")
        # Nobody is asked about it any more.
        assert (waits.state, waits.withdrawn_by) == ("withdrawn", "isa")
        with pytest.raises(AlreadyDecided):
            decided(db, waits)
    for public_id in (first, second):
        with registry.writing() as db, pytest.raises(AccreditationStep):
            issue_accreditation(db, office, public_id, NOW, "rut")
        with registry.writing() as db, pytest.raises(AccreditationStep):
            published(db, accreditation_by_id(db, public_id), NOW)


@ON_SQLITE
def test_what_is_applied_for_twice_or_granted_on_nothing(registry: Registry, office: Office) -> None:
    assert office
    with registry.writing() as db:
        first = applied(db)
        again = parse(APPLICATION | {"scope": ["HETA arbeten"]}, NewApplication)
        with pytest.raises(AccreditationStep, match=first):
            apply_for(db, again, NOW, "isa")
        more = parse(APPLICATION | {"scope": ["Heta arbeten", "Truck"]}, NewApplication)
        assert apply_for(db, more, NOW, "isa").state == "applied"
        with pytest.raises(AccreditationStep, match="nothing was handed in"):
            propose(db, first, parse(GRANT, Proposal), who("rut"), NOW)
        refuse = parse({"outcome": "refuse", "reason": "nothing came"}, Proposal)
        decided(db, propose(db, first, refuse, who("rut"), NOW))
        assert apply_for(db, again, NOW, "isa").state == "applied"
    with pytest.raises(MalformedInput, match="twice"):
        parse(APPLICATION | {"scope": ["Truck", "truck"]}, NewApplication)


@ON_SQLITE
def test_an_application_and_a_proposal_hang_together(registry: Registry, office: Office) -> None:
    assert office
    with registry.writing() as db, pytest.raises(OrganisationRejected):
        apply_for(db, parse(APPLICATION | {"applicant": "auditor"}, NewApplication), NOW, "isa")
    with registry.writing() as db, pytest.raises(OrganisationRejected):
        apply_for(db, parse(APPLICATION | {"applicant": "owner-person"}, NewApplication), NOW, "isa")
    with pytest.raises(MalformedInput, match="no calendar"):
        parse(GRANT | {"valid_from": "9999-01-01", "valid_until": "9999-01-02"}, Proposal)
    with pytest.raises(MalformedInput, match="must not be empty"):
        parse(APPLICATION | {"scope": []}, NewApplication)
    for reference in ("javascript:alert(1)", "DATA:text/html,x", "vbscript :x"):
        with pytest.raises(MalformedInput, match="carries out"):
            parse(DOCUMENT | {"reference": reference}, NewDocument)
    assert parse(DOCUMENT | {"reference": "Diarienr: 2026/12"}, NewDocument)
    with registry.writing() as db, pytest.raises(AccreditationStep, match="sooner"):
        proposed(db, applied(db), valid_from="2033-01-01", valid_until="2034-01-01")
    for change in (
        {"valid_until": "2031-03-13"},
        {"valid_until": "2026-03-12"},
        {"surveillance_months": None},
        {"outcome": "refuse"},
        {"surveillance_months": 25},
    ):
        with pytest.raises(MalformedInput):
            parse(GRANT | change, Proposal)
