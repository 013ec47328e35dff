"""What an attacker has tried once is tried again here."""

import time
from datetime import date, timedelta
from types import ModuleType

import pytest

from verification.claims import MalformedCertificate, read_claims, to_claims
from verification.envelopes.cwt import MalformedCwt, compact_token
from verification.judge import judge
from verification.situation import situation
from verification.strict import NotStrict, read_json
from verification.trust import Key
from verification.verify import verify


@pytest.mark.parametrize("part", [b'\\"', b"\\\n", b'"', b'\\\\"', b'"\\'])
@pytest.mark.parametrize("start", [b'{"token":"', b'{"a":[', b""])
def test_texts_that_are_not_closed_cost_no_more_than_their_length(start: bytes, part: bytes) -> None:
    """A pattern that is tried anew from every byte would take an hour for this; the bound only tells that apart."""
    began = time.process_time()
    with pytest.raises(NotStrict):
        read_json(start + part * (500_000 // len(part)), max_bytes=1_000_000)
    assert time.process_time() - began < 10


def test_nobody_is_remembered_whose_name_or_address_is_too_long(world: ModuleType) -> None:
    claims = to_claims(world.CERTIFICATE, "did:web:bevis.example.org:o:provhuset", world.PUBLIC_URL)
    for issuer in (
        {"id": "did:web:" + "A" * 500 + ":org", "type": ["Profile"], "name": "x"},
        {"id": "did:web:bevis.example.org:o:provhuset", "type": ["Profile"], "name": "x" * 200},
        {"id": "did:web:bevis.example.org:o:provhuset", "type": ["Profile"], "name": ["x"]},
    ):
        with pytest.raises(MalformedCertificate):
            read_claims({**claims, "issuer": issuer})
    with pytest.raises(MalformedCertificate):
        read_claims({**claims, "id": "https://" + "a" * 500 + "/v/" + world.NUMBER})


@pytest.mark.parametrize("form", ["qr_text", "full"])
def test_a_suspension_that_was_lifted_is_not_forgotten_for_the_days_it_lasted(world: ModuleType, form: str) -> None:
    day, token = date(2026, 11, 10), getattr(world, form)()
    history = world.with_history(
        ("issued", world.NOW - timedelta(days=200), None),
        ("suspended", world.NOW - timedelta(days=15), "misuse"),
        ("reinstated", world.NOW - timedelta(days=5), "resolved"),
    )
    assert judge(verify(token, history, world.NOW, day), situation(), world.NOW).headline == "suspended"
    offline = judge(verify(token, world.TRUST, world.NOW, day), situation(), world.NOW)
    assert offline.headline == "unknown"
    assert offline.reasons[0].code == "status_history_unknown"


def test_a_code_from_the_time_of_a_stolen_key_is_not_green_offline(world: ModuleType) -> None:
    """The code does not tell which of its issuer's keys stands behind it."""
    first = world.CERTIFICATE.valid_from
    stolen = world.TRUST.keys[0].model_copy(update={"compromised_since": world.NOW - timedelta(days=300)})
    trust = world.changed(world.TRUST, keys=(stolen,))
    told = judge(verify(world.qr_text(), trust, world.NOW), situation(), world.NOW)
    assert (told.headline, told.reasons[0].code) == ("unknown", "key_time_unproven")
    later = stolen.model_copy(update={"compromised_since": world.NOW - timedelta(days=1)})
    before = world.changed(world.TRUST, keys=(later,))
    assert judge(verify(world.qr_text(), before, world.NOW), situation(), world.NOW).headline == "valid"
    sound = Key(
        kid="key-2",
        organisation=stolen.organisation,
        public_key=world.STRANGER.public,
        not_before=world.NOW - timedelta(days=299),
    )
    rotated = world.changed(world.TRUST, keys=(stolen, sound))
    assert first > sound.not_before.date()
    assert judge(verify(world.qr_text(), rotated, world.NOW), situation(), world.NOW).headline == "valid"


def test_a_signature_with_a_stolen_key_is_not_called_genuine(world: ModuleType) -> None:
    stolen = world.TRUST.keys[0].model_copy(update={"compromised_since": world.NOW - timedelta(days=300)})
    codes = {one.code for one in verify(world.full(), world.changed(world.TRUST, keys=(stolen,)), world.NOW).findings}
    assert "issuer_key_compromised" in codes
    assert "signature_fits" in codes
    assert "signature_good" not in codes


def test_no_code_is_made_of_an_organisation_s_certificate(world: ModuleType) -> None:
    about = world.CERTIFICATE.model_copy(
        update={"subject": "organisation", "birth_date": None, "birth_in_code": "none"}
    )
    with pytest.raises(MalformedCwt, match="person"):
        compact_token(about)


def test_a_permit_for_hot_work_asks_for_hot_work(world: ModuleType) -> None:
    scheme = world.TRUST.schemes["heta-arbeten"].model_copy(update={"code": "truck"})
    trust = world.changed(world.TRUST, schemes={"truck": scheme})
    mandate = trust.mandates[0].model_copy(update={"scheme": "truck"})
    trust = world.changed(trust, mandates=(mandate,))
    said = world.CERTIFICATE.model_copy(update={"scheme": "truck"})
    told = judge(verify(world.qr_text(said), trust, world.NOW), situation("hot_work_permit"), world.NOW)
    assert (told.headline, told.reasons[0].code) == ("not_sufficient", "scheme_other")
    fit = judge(verify(world.full(), world.TRUST, world.NOW), situation("hot_work_permit"), world.NOW)
    assert fit.headline == "valid"
