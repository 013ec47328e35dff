"""A code and its record are one certificate: what only the record states counts for the code too."""

from datetime import date, timedelta
from types import ModuleType
from typing import Any

import pytest

from verification.ask import ask, ask_by_number
from verification.certificate import Certificate
from verification.situation import situation
from verification.trust import Mandate, Trust


def of_version(world: ModuleType, *versions: str) -> Trust:
    mandate = world.TRUST.mandates[0].model_dump() | {"versions": versions}
    trust: Trust = world.with_history(("issued", world.NOW - timedelta(days=200), None))
    changed: Trust = world.changed(trust, mandates=(Mandate.model_validate(mandate),))
    return changed


def certificate(world: ModuleType, **facts: Any) -> Certificate:
    return Certificate(**{**dict(world.CERTIFICATE), **facts})


@pytest.mark.parametrize(("versions", "headline"), [(("2",), "valid"), (("1",), "issuer_not_authorised")])
def test_a_mandate_for_another_version_is_none_for_the_code_either(
    world: ModuleType, versions: tuple[str, ...], headline: str
) -> None:
    source = world.FakeSource(trusted=of_version(world, *versions), tokens={world.NUMBER: world.full()})
    for given in (world.qr_text(), world.full(), world.NUMBER):
        assert ask(source, given, situation()).verdict.headline == headline, given[:20]


def test_a_level_that_the_record_denies_is_denied_for_the_code_too(world: ModuleType) -> None:
    said = certificate(world, party="second")
    source = world.FakeSource(tokens={world.NUMBER: world.full(said)})
    for given in (world.qr_text(said), world.full(said), world.NUMBER):
        assert ask(source, given, situation()).verdict.headline == "not_sufficient"


def test_with_the_record_a_code_tells_edition_independence_and_identity(world: ModuleType) -> None:
    source = world.FakeSource(tokens={world.NUMBER: world.full()})
    codes = [finding.code for finding in ask(source, world.qr_text(), situation()).verdict.reasons]
    assert {"edition_known", "independence_third", "identity_stated", "register_agrees"} <= set(codes)
    assert not {"edition_not_stated", "independence_not_stated", "identity_not_stated"} & set(codes)
    assert len(codes) == len(set(codes))
    bare = [finding.code for finding in ask(world.FakeSource(), world.qr_text(), situation()).verdict.reasons]
    assert {"edition_not_stated", "independence_not_stated", "identity_not_stated"} <= set(bare)


@pytest.mark.parametrize("day", [None, date(2026, 2, 1), date(2026, 6, 1), date(2032, 1, 1)])
def test_code_document_and_number_get_one_headline_on_any_day(world: ModuleType, day: date | None) -> None:
    trust = world.with_history(("issued", world.NOW - timedelta(days=200), None))
    source = world.FakeSource(trusted=trust, tokens={world.NUMBER: world.full()})
    told = {
        ask(source, given, situation(), day).verdict.headline for given in (world.qr_text(), world.full(), world.NUMBER)
    }
    assert len(told) == 1


def test_another_host_s_number_is_not_looked_up_here(world: ModuleType) -> None:
    source = world.FakeSource(tokens={world.NUMBER: world.full()})
    ours = ask_by_number(source, f"{world.PUBLIC_URL}/v/{world.NUMBER}", situation())
    assert ours.headline == "valid"
    theirs = ask_by_number(source, f"https://evil.example/v/{world.NUMBER}", situation())
    assert (theirs.headline, theirs.certificate) == ("unknown", None)
    assert {finding.code for finding in theirs.reasons} == {"address_other", "not_found"}


def test_a_record_of_another_number_is_the_register_s_affair(world: ModuleType) -> None:
    other = certificate(world, number="0" * 16)
    source = world.FakeSource(tokens={world.NUMBER: world.full(other)})
    for given in (world.NUMBER, world.qr_text(), world.full()):
        verdict = ask(source, given, situation()).verdict
        assert verdict.headline == "unknown"
        assert "register_unreadable" in {finding.code for finding in verdict.reasons}


def test_what_is_remembered_of_a_record_depends_on_its_text_and_key(world: ModuleType) -> None:
    source = world.FakeSource(tokens={world.NUMBER: world.full()})
    assert ask(source, world.NUMBER, situation()).verdict.headline == "valid"
    source.tokens[world.NUMBER] = world.full()[:-8] + "AAAAAAAA"
    assert ask(source, world.NUMBER, situation()).verdict.headline == "unknown"
    stranger = world.changed(
        world.TRUST,
        keys=(world.TRUST.keys[0].model_copy(update={"public_key": world.STRANGER.public}),),
    )
    renamed = world.FakeSource(trusted=stranger, tokens={world.NUMBER: world.full()})
    assert ask(renamed, world.NUMBER, situation()).verdict.headline == "unknown"
