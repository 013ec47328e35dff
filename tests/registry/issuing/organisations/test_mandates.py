"""A mandate's certificate that comes later: of a mandate from before, and of an owner who signs on its own machine."""

from datetime import date, timedelta
from typing import Any

import pytest

from registry.errors import MandateCertified, NothingToSign, SignatureRejected, SigningOutdated
from registry.issuing.organisations.certify import Office
from registry.issuing.organisations.mandates import certify_mandate, grant, keep_signed, to_be_signed
from registry.issuing.organisations.reinstate import Reinstating
from registry.issuing.organisations.reinstate_mandate import ask_to_reinstate_mandate
from registry.records.actors.access import Actor
from registry.records.actors.accounts import NewAccount, add_account, grant_role
from registry.records.mandates.mandate_decisions import NewMandate, suspend_mandate, withdraw_mandate
from registry.records.mandates.mandates import mandates
from registry.records.parties.organisation_certificates import certificate_of_mandate
from registry.records.strict_input import parse
from registry.records.whole.directory import Registry
from registry.signing.keys import Keyring
from registry.signing.private_keys import KeySigner, new_signer
from registry.signing.signing_request import Signed, SigningRequest, sign_all, understood
from registry.web.source import RegistrySource
from tests.registry.conftest import ACTOR, NOW, ON_SQLITE, OPENED, PUBLIC_URL
from verification.ask import ask
from verification.situation import situation
from verification.strict import encode_base64url

DAY = timedelta(days=1)
NEW = {"scheme": "hot-work", "issuer": "examiner", "max_level": "C2", "since": "2026-03-01"}
pytestmark = ON_SQLITE


def headline(registry: Registry, token: str, days: int = 0) -> str:
    source = RegistrySource(registry, PUBLIC_URL, lambda: NOW + days * DAY)
    try:
        return ask(source, token, situation("organisation")).verdict.headline
    finally:
        source.close()


def signed(request: SigningRequest, signer: KeySigner) -> Signed:
    return sign_all(request, understood(request, signer.public()), signer)


def test_a_mandate_from_before_gets_its_certificate_with_all_that_was_decided_since(
    registry: Registry, keyring: Keyring
) -> None:
    office = Office(keyring, PUBLIC_URL)
    with registry.writing() as db:
        (mandate,) = mandates(db)
        assert certificate_of_mandate(db, mandate.public_id) is None
        suspend_mandate(db, mandate.public_id, NOW.date() + 2 * DAY, NOW.date() + 3 * DAY, "moved", ACTOR, now=NOW)
        number = certify_mandate(db, office, mandate.public_id, NOW, ACTOR).number
        with pytest.raises(MandateCertified):
            certify_mandate(db, office, mandate.public_id, NOW, ACTOR)
        with pytest.raises(MandateCertified):
            to_be_signed(db, office, mandate.public_id, NOW)
    assert [headline(registry, number, days) for days in (0, 2, 4)] == ["valid", "suspended", "valid"]


def test_an_owner_signs_on_its_own_machine(registry: Registry, keyring: Keyring) -> None:
    office, own = Office(keyring, PUBLIC_URL), new_signer("own", "EdDSA")
    with registry.writing() as db:
        (before,) = mandates(db)
        with pytest.raises(NothingToSign):
            to_be_signed(db, office, before.public_id, NOW)
        keyring.keep_organisation_key(db, "sector", own.public(), NOW - DAY, ACTOR)
    with registry.writing() as db:
        mandate = grant(db, office, parse(NEW, NewMandate), NOW, ACTOR).public_id
        assert certificate_of_mandate(db, mandate) is None
        request = to_be_signed(db, office, mandate, NOW)
        assert to_be_signed(db, office, mandate, NOW) == request, "the same again is the same"
        (told,) = understood(request, own.public())
        assert (told.said.issuer.id, told.said.number) == ("sector", request.to_sign[0].number)
    back, thief = signed(request, own), new_signer("own", "EdDSA")
    forgery = {"number": told.said.number, "signature": encode_base64url(thief.sign(told.signed))}
    forged = Signed.model_validate(back.model_dump() | {"signatures": [forgery]})
    wrong: list[tuple[Any, Any, type[Exception]]] = [
        (forged, NOW, SignatureRejected),
        (back.model_copy(update={"batch": before.public_id}), NOW, SignatureRejected),
        (back.model_copy(update={"kid": "k0"}), NOW, SignatureRejected),
        (back, NOW + 2 * DAY, SigningOutdated),
    ]
    for given, at, refusal in wrong:
        with registry.writing() as db, pytest.raises(refusal):
            keep_signed(db, office, mandate, given, at, ACTOR)
    later = NOW + timedelta(hours=3)
    with registry.writing() as db:
        number = keep_signed(db, office, mandate, back, later, ACTOR).number
        assert keep_signed(db, office, mandate, back, later, ACTOR).number == number, "twice is once"
        with pytest.raises(NothingToSign):
            keep_signed(db, office, mandate, forged, later, ACTOR)
    assert headline(registry, number, 1) == "valid"


def test_what_was_not_signed_in_time_is_written_anew(registry: Registry, keyring: Keyring) -> None:
    office, own = Office(keyring, PUBLIC_URL), new_signer("own", "ES256")
    with registry.writing() as db:
        keyring.keep_organisation_key(db, "sector", own.public(), NOW - DAY, ACTOR)
        mandate = grant(db, office, parse(NEW | {"until": str(date(2027, 2, 28))}, NewMandate), NOW, ACTOR).public_id
        first = to_be_signed(db, office, mandate, NOW)
        second = to_be_signed(db, office, mandate, NOW + 2 * DAY)
        assert first.to_sign[0].number != second.to_sign[0].number
        number = keep_signed(db, office, mandate, signed(second, own), NOW + 2 * DAY, ACTOR).number
    assert headline(registry, number, 3) == "valid"


def test_nobody_is_asked_about_a_mandate_that_is_withdrawn(registry: Registry) -> None:
    with registry.writing() as db:
        mandate = mandates(db)[0].public_id
        suspend_mandate(db, mandate, NOW.date(), None, "complaint", ACTOR, now=NOW)
        add_account(db, parse({"id": "ola", "name": "Ola Ordning"}, NewAccount), OPENED, ACTOR)
        grant_role(db, "ola", "sector", "scheme_approver", now=OPENED, actor=ACTOR)
        ola = Actor("ola", frozenset({("sector", "scheme_approver")}), proven=True)
        waits = ask_to_reinstate_mandate(db, mandate, parse({"reason": "settled"}, Reinstating), NOW, ola)
        assert waits.state == "open"
        withdraw_mandate(db, mandate, NOW.date(), "closed", ACTOR, now=NOW)
        assert (waits.state, waits.withdrawn_by) == ("withdrawn", ACTOR)
