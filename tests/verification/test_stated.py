"""What a certificate states of itself becomes findings; what a situation needs of it is judged apart."""

from datetime import timedelta
from types import ModuleType
from typing import Any

import pytest
from pydantic import ValidationError

from levels.level import Level
from verification.certificate import Certificate, IdentityAssurance
from verification.findings import Findings
from verification.judge import judge
from verification.situation import Situation, situation
from verification.status_list import status_list
from verification.trust import KnownList
from verification.verify import verify


def certificate(world: ModuleType, **facts: Any) -> Certificate:
    return Certificate(**{**dict(world.CERTIFICATE), **facts})


def codes(found: Findings) -> dict[str, str]:
    return {finding.code: finding.outcome for finding in found.findings}


@pytest.mark.parametrize(
    ("level", "party", "code", "outcome"),
    [
        (Level.C1, "third", "independence_third", "passed"),
        (Level.B, "third", "independence_third", "passed"),
        (Level.B, "second", "independence_second", "passed"),
        (Level.D, "first", "independence_first", "passed"),
        (Level.D, None, "independence_not_stated", "does_not_apply"),
        (Level.C1, "second", "independence_contradicts", "failed"),
        (Level.C1, "first", "independence_contradicts", "failed"),
    ],
)
def test_independence(world: ModuleType, level: Level, party: str | None, code: str, outcome: str) -> None:
    found = verify(world.full(certificate(world, level=level, party=party)), world.TRUST, world.NOW)
    told = {one: what for one, what in codes(found).items() if one.startswith("independence")}
    assert told == {code: outcome}


def test_a_level_that_the_facts_beside_it_deny_is_not_relied_on(world: ModuleType) -> None:
    found = verify(world.full(certificate(world, party="second")), world.TRUST, world.NOW)
    assert judge(found, situation(), world.NOW).headline == "not_sufficient"


@pytest.mark.parametrize("level", [Level.C1, Level.B, Level.C2])
def test_a_demand_for_a_third_party_reads_what_is_stated(world: ModuleType, level: Level) -> None:
    """Level C1 says so by itself; what contradicts it does not count as independent."""
    needs = Situation(id="x", title={}, level=Level.C1, soft_limit_hours=24, hard_limit_hours=24)
    for party, enough in (("third", level is not Level.C2), ("second", False)):
        found = verify(world.full(certificate(world, level=level, party=party)), world.TRUST, world.NOW)
        assert (judge(found, needs, world.NOW).headline == "valid") is enough, (level, party)


def test_identity_is_told_stage_by_stage(world: ModuleType) -> None:
    stages = IdentityAssurance(enrolment=2, exam=3)
    found = verify(world.full(certificate(world, identity=stages)), world.TRUST, world.NOW)
    stated = next(finding for finding in found.findings if finding.code == "identity_stated")
    assert dict(stated.params) == {"enrolment": "2", "attendance": "–", "exam": "3"}
    bare = verify(world.full(certificate(world, identity=IdentityAssurance())), world.TRUST, world.NOW)
    assert codes(bare)["identity_not_stated"] == "does_not_apply"
    assert codes(verify(world.qr_text(), world.TRUST, world.NOW))["identity_not_stated"] == "does_not_apply"


def test_a_certificate_about_an_organisation_is_not_the_person_s(world: ModuleType) -> None:
    about = certificate(world, subject="organisation", holder_name="Provhuset i Norr AB", birth_date=None)
    found = verify(world.full(about), world.TRUST, world.NOW)
    assert codes(found)["subject_organisation"] == "passed"
    assert judge(found, situation(), world.NOW).headline == "not_sufficient"
    anybody = situation().model_copy(update={"subject": None})
    assert judge(found, anybody, world.NOW).headline == "valid"
    firms = situation().model_copy(update={"subject": "organisation"})
    assert judge(found, firms, world.NOW).headline == "valid"
    person = verify(world.full(), world.TRUST, world.NOW)
    assert codes(person)["subject_person"] == "passed"
    assert judge(person, firms, world.NOW).headline == "not_sufficient"


def test_an_organisation_has_no_birth(world: ModuleType) -> None:
    with pytest.raises(ValidationError, match="birth"):
        certificate(world, subject="organisation")


@pytest.mark.parametrize(("schemes", "headline"), [(("heta-arbeten",), "valid"), (("a", "b"), "not_sufficient")])
@pytest.mark.parametrize("form", ["qr_text", "full"])
def test_a_situation_may_ask_for_certain_schemes(
    world: ModuleType, form: str, schemes: tuple[str, ...], headline: str
) -> None:
    needs = situation().model_copy(update={"schemes": schemes})
    verdict = judge(verify(getattr(world, form)(), world.TRUST, world.NOW), needs, world.NOW)
    assert verdict.headline == headline


def test_the_age_of_the_list_is_told_and_its_end_counts(world: ModuleType) -> None:
    made = world.NOW - timedelta(hours=2)
    lists = {3: KnownList(statuses=status_list({}), issued_at=made, expires_at=world.NOW + timedelta(seconds=1))}
    trust = world.changed(world.TRUST, status_lists=lists)
    age = next(
        finding for finding in verify(world.qr_text(), trust, world.NOW).findings if finding.code == "status_age"
    )
    assert age.params == {"age": timedelta(hours=2)}
    assert judge(verify(world.qr_text(), trust, world.NOW), situation(), world.NOW).headline == "valid"
    later = world.NOW + timedelta(seconds=1)
    ended = verify(world.qr_text(), trust, later)
    assert codes(ended)["status_list_expired"] == "could_not_check"
    assert judge(ended, situation(), later).headline == "unknown"


def test_a_replaced_certificate_names_its_successor(world: ModuleType) -> None:
    trust = world.with_history(("issued", world.NOW - timedelta(days=90), None))
    event = trust.events[world.NUMBER][0].model_copy(
        update={"kind": "superseded", "effective_from": world.NOW - timedelta(days=1), "successor": "0" * 15 + "1"}
    )
    replaced = world.changed(trust, events={world.NUMBER: (*trust.events[world.NUMBER], event)})
    found = verify(world.full(), replaced, world.NOW)
    finding = next(finding for finding in found.findings if finding.code == "superseded")
    assert finding.params["successor"] == "0000-0000-0000-0001"
    assert judge(found, situation(), world.NOW).headline == "superseded"


@pytest.mark.parametrize(
    ("change", "compact", "full"),
    [
        pytest.param({"withdrawn_from": "2026-02-01"}, "mandate_unknown", "mandate_withdrawn", id="withdrawn before"),
        pytest.param({"since": "2026-03-05"}, "mandate_unknown", "mandate_missing", id="granted after"),
        pytest.param({"max_level": Level.D}, "mandate_level", "mandate_level", id="never so high"),
    ],
)
def test_a_code_does_not_say_when_it_was_issued(
    world: ModuleType, change: dict[str, Any], compact: str, full: str
) -> None:
    """So its first day alone never makes a good paper red; the full certificate states the moment."""
    mandate = world.TRUST.mandates[0].model_dump() | change
    days = {name: world.date.fromisoformat(day) for name, day in change.items() if name != "max_level"}
    trust = world.changed(world.TRUST, mandates=(type(world.TRUST.mandates[0]).model_validate(mandate | days),))
    assert compact in codes(verify(world.qr_text(), trust, world.NOW))
    assert full in codes(verify(world.full(), trust, world.NOW))


def test_seen_is_a_person_unless_said_otherwise(world: ModuleType) -> None:
    seen = verify(world.qr_text(), world.TRUST, world.NOW).certificate
    assert seen is not None
    assert seen.subject == "person"


def test_the_days_of_an_unknown_scheme_s_code_are_those_that_begin_nearest(world: ModuleType) -> None:
    """Midnight in Stockholm is 23:00 the day before by UTC: the code's first day is the one that begins there."""
    seen = verify(world.qr_text(), world.changed(world.TRUST, schemes={}), world.NOW).certificate
    assert seen is not None
    assert (seen.valid_from, seen.valid_until) == (world.CERTIFICATE.valid_from, world.CERTIFICATE.valid_until)


def test_a_mandate_reaches_no_higher_than_scheme_and_owner_allow(world: ModuleType) -> None:
    scheme = world.TRUST.schemes["heta-arbeten"].model_copy(update={"max_level": Level.D})
    low = world.changed(world.TRUST, schemes={"heta-arbeten": scheme})
    assert codes(verify(world.qr_text(), low, world.NOW))["mandate_level"] == "failed"
    assert judge(verify(world.qr_text(), low, world.NOW), situation(), world.NOW).headline == "issuer_not_authorised"
