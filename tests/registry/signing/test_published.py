import json
from base64 import urlsafe_b64decode
from datetime import date, timedelta

import pytest

from levels.level import Level
from registry.errors import OrganisationNotFound, StatusListNotFound
from registry.issuing.changes.withdraw import annul, revoke, suspend
from registry.records.issued.certificates import certificate_by_number
from registry.records.mandates.mandate_decisions import suspend_mandate
from registry.records.mandates.mandates import mandates
from registry.records.whole.directory import Registry
from registry.signing.keys import Keyring
from registry.signing.published import build_trust, did_document, jwks
from registry.signing.status import bitstring_status_list, token_status_list
from tests.registry.conftest import (
    ACTOR,
    HOT_WORK,
    NOW,
    OPENED,
    PUBLIC_URL,
    issue,
    person,
    publish_scheme,
    reinstate_by_two,
    roster,
    scheme_like,
)
from verification.envelopes.jws import open_jws, verify_jws
from verification.status_list import decode_bitstring, decode_token_list
from verification.trust_file import trust_from_json, trust_to_json
from verification.verify import verify


@pytest.fixture
def numbers(registry: Registry, keyring: Keyring) -> list[str]:
    result = issue(registry, keyring, "hot-work-march", roster(*(person(row) for row in range(2, 7))))
    return [str(row.number) for row in result.rows]


def test_a_change_of_state_flips_every_form_of_the_list(
    registry: Registry, keyring: Keyring, numbers: list[str]
) -> None:
    with registry.writing() as db:
        revoke(db, numbers[0], reason="fraud", now=NOW, actor=ACTOR)
        suspend(db, numbers[1], reason="misuse", now=NOW, actor=ACTOR)
        annul(db, numbers[2], reason="error", now=NOW, actor=ACTOR)
        suspend(db, numbers[3], reason="misuse", now=NOW, actor=ACTOR)
        reinstate_by_two(db, numbers[3], reason="error", now=NOW, actor=ACTOR)
    with registry.reading() as db:
        places = [certificate_by_number(db, number).status_index for number in numbers]
        token = open_jws(
            token_status_list(db, keyring, PUBLIC_URL, 0, NOW), typ="statuslist+jwt", max_bytes=4_194_304
        ).payload["status_list"]
        lists = {
            purpose: open_jws(
                bitstring_status_list(db, keyring, PUBLIC_URL, 0, purpose, NOW), typ="vc+jwt", max_bytes=4_194_304
            ).payload["credentialSubject"]["encodedList"]
            for purpose in ("revocation", "suspension")
        }
    statuses = decode_token_list(token["lst"], token["bits"])
    assert [statuses.at(place) for place in places] == [1, 2, 1, 0, 0]
    revoked, suspended = (decode_bitstring(lists[purpose]) for purpose in ("revocation", "suspension"))
    assert [revoked.at(place) for place in places] == [True, False, True, False, False]
    assert [suspended.at(place) for place in places] == [False, True, False, False, False]


@pytest.mark.usefixtures("numbers")
def test_lists_are_signed_by_the_registry_and_rendering_twice_gives_the_same(
    registry: Registry, keyring: Keyring
) -> None:
    with registry.reading() as db:
        made = [token_status_list(db, keyring, PUBLIC_URL, 0, NOW) for _ in range(2)]
        opened = open_jws(made[0], typ="statuslist+jwt", max_bytes=4_194_304)
        document = did_document(db, PUBLIC_URL, None)
        keys = {each["id"]: each["publicKeyJwk"] for each in document["verificationMethod"]}
        signer = keyring.status_signer(db, NOW)
    assert made[0] == made[1]
    assert opened.payload["sub"] == f"{PUBLIC_URL}/status/0"
    assert keys[opened.kid]["kid"] == signer.key().kid
    with registry.reading() as db:
        public = next(
            key["x"] for key in jwks(db, PUBLIC_URL, None)["keys"] if key["kid"].endswith(f"#{signer.key().kid}")
        )
    assert public == keys[opened.kid]["x"]
    assert verify_jws(opened, urlsafe_b64decode(public + "="))


def test_a_list_that_is_not_there_is_refused(registry: Registry, keyring: Keyring) -> None:
    with registry.reading() as db:
        for number in (1, -1):
            with pytest.raises(StatusListNotFound):
                token_status_list(db, keyring, PUBLIC_URL, number, NOW)
        assert token_status_list(db, keyring, PUBLIC_URL, 0, NOW)


def test_trust_says_what_the_records_say(registry: Registry, keyring: Keyring) -> None:
    with registry.writing() as db:
        publish_scheme(db, scheme_like(HOT_WORK, version="2", max_level="C1", target_level="C2"), OPENED, ACTOR)
        keyring.create_organisation_key(db, "issuer", NOW, ACTOR)
        (mandate,) = mandates(db)
        suspend_mandate(db, mandate.public_id, date(2026, 4, 1), date(2026, 4, 30), "complaint", ACTOR, now=OPENED)
        trust = build_trust(db, PUBLIC_URL, NOW, asked=["0" * 16])
    assert "owner-person" not in trust.organisations
    assert trust.organisations["sector"].sector_body
    assert trust.schemes["hot-work"].versions == ("2", "1")
    assert trust.schemes["hot-work"].max_level is Level.B
    assert len([key for key in trust.keys if key.organisation == "issuer"]) == 2
    assert len(trust.attestation_keys) == 1
    days = [date(2026, 3, 31), date(2026, 4, 1), date(2026, 4, 30), date(2026, 5, 1)]
    held = [any(span.holds_on(day) for span in trust.mandates_of("issuer", "hot-work")) for day in days]
    assert held == [True, False, False, True]
    assert trust.events == {"0" * 16: ()}
    assert trust_from_json(trust_to_json(trust)) == trust


def test_a_signature_outlives_its_key(registry: Registry, keyring: Keyring, numbers: list[str]) -> None:
    later = NOW + timedelta(days=200)
    with registry.writing() as db:
        keyring.create_organisation_key(db, "issuer", later, ACTOR)
        keyring.prepare(db, later, ACTOR)
        vc_jwt = certificate_by_number(db, numbers[0]).vc_jwt
        found = verify(vc_jwt, build_trust(db, PUBLIC_URL, later, asked=numbers), later)
    assert {each.code for each in found.findings if each.outcome in {"failed", "could_not_check"}} == set()


def test_published_keys_hold_nothing_private(registry: Registry) -> None:
    with registry.reading() as db:
        published = json.dumps(
            [did_document(db, PUBLIC_URL, "issuer"), jwks(db, PUBLIC_URL, "issuer"), jwks(db, PUBLIC_URL, None)]
        )
        with pytest.raises(OrganisationNotFound):
            did_document(db, PUBLIC_URL, "nobody")
    assert '"d"' not in published
    assert "sealed" not in published
