"""An issuer closes: what it issued is genuine and says so, online, offline and on its page; it issues nothing more."""

from datetime import date, timedelta
from typing import Any

import pytest
from fastapi.testclient import TestClient
from sqlmodel import select

from registry.errors import IssuerNotAuthorised, OrganisationRejected
from registry.issuing.changes.reissue import Reissue, ask_to_reissue
from registry.records.actors.api_keys import create_api_key
from registry.records.issued.certificates import IssuedCertificate
from registry.records.log.entries import LogEntry
from registry.records.parties.closing import close_organisation
from registry.records.parties.signing_keys import keys_of, mark_compromised
from registry.records.whole.directory import Registry
from registry.signing.keys import Keyring
from registry.signing.private_keys import new_signer
from registry.signing.published import build_trust
from tests.registry.conftest import ACTOR, HOT_WORK, NOW, ON_SQLITE, PUBLIC_URL, issue, person, roster, two_people
from tests.registry.web.conftest import Clock
from verification.endpoint.operations import VERIFY_PATH
from verification.judge import judge
from verification.keys import public_jwk
from verification.situation import situation
from verification.verify import verify

pytestmark = ON_SQLITE
LATER = NOW + timedelta(days=10)
CLOSED_ON = (NOW + timedelta(days=5)).date()


def test_what_a_closed_issuer_issued_is_genuine(
    issued: IssuedCertificate, registry: Registry, keyring: Keyring, web: TestClient, clock: Clock
) -> None:
    with registry.writing() as db:
        given = {"account": "olga", "organisation": None, "roles": ["operator"], "days": 20, "now": NOW, "actor": ACTOR}
        _, key = create_api_key(db, **given)

    def close(turn: str, on: date = CLOSED_ON) -> Any:
        headers = {"Authorization": f"Bearer {key}", "Idempotency-Key": turn}
        path = "/api/v1/organisations/issuer/closing"
        return web.post(path, json={"closed_on": on.isoformat()}, headers=headers)

    # What it issued today it did not issue after it had closed.
    assert "1 certificates since" in close("before", NOW.date()).text
    told, again = close("one"), close("two")
    assert (told.status_code, told.json()["closed_on"]) == (200, CLOSED_ON.isoformat())
    assert again.json()["type"] == "/problems/organisation-rejected"
    # Until then it goes on, also with a new key, which ends with it.
    assert issue(registry, keyring, "hot-work-march", roster(person(3))).issued == 1
    with registry.writing() as db:
        keyring.create_organisation_key(db, "issuer", NOW, ACTOR)
    clock.at = LATER
    answer = web.post(VERIFY_PATH, json={"token": issued.vc_jwt}).json()
    (reason,) = [one for one in answer["reasons"] if one["code"] == "issuer_closed"]
    assert answer["outcome"] == "valid", answer
    assert str(CLOSED_ON.day) in reason["says"]
    assert "closed" in web.get("/issuers/issuer?lang=en").text.lower()
    assert str(CLOSED_ON) in web.get("/issuers/issuer?lang=en").text
    with registry.reading() as db:
        trust = build_trust(db, PUBLIC_URL, LATER, asked=[issued.number])
        keys = keys_of(db, "issuer")
        closed = select(LogEntry).where(LogEntry.kind == "organisation.closed")
        said = [entry.entry for entry in db.exec(closed)]
    offline = judge(verify(issued.vc_jwt, trust, LATER), situation("site_entry"), LATER)
    assert "issuer_closed" in {each.code for each in offline.reasons}
    assert offline.headline == "valid"
    assert not any(each.outcome == "failed" for each in offline.reasons)
    assert len(keys) == 2
    assert not any(key.signs_at(LATER) or key.compromised_since for key in keys)
    assert len(said) == 1
    assert CLOSED_ON.isoformat().encode() in said[0]
    with pytest.raises(IssuerNotAuthorised):
        issue(registry, keyring, "hot-work-march", roster(person(4)), now=LATER)
    with registry.writing() as db, pytest.raises(OrganisationRejected):
        keyring.create_organisation_key(db, "issuer", LATER, ACTOR)
    # Nobody is let begin what could not be ended.
    headers = {"Authorization": f"Bearer {key}", "Idempotency-Key": "proof"}
    jwk = {"jwk": public_jwk(new_signer("own", "EdDSA").public())}
    asked = web.post("/api/v1/organisations/issuer/signing-keys/challenge", json=jwk, headers=headers)
    assert asked.json()["type"] == "/problems/organisation-rejected"
    with registry.writing() as db:
        asa, _ = two_people(db, "issuer")
        mark_compromised(db, keys[0].kid, NOW, ACTOR, now=LATER)
        with pytest.raises(OrganisationRejected, match="closed on"):
            ask_to_reissue(db, Reissue(key=keys[0].kid), actor=asa, now=LATER)


def test_who_may_not_close(registry: Registry) -> None:
    with registry.writing() as db:
        far = NOW.date().replace(year=2200)
        for slug, on in (("owner-person", CLOSED_ON), ("issuer", NOW.date().replace(year=2001)), ("issuer", far)):
            with pytest.raises(OrganisationRejected):
                close_organisation(db, slug, on, NOW, ACTOR)
        assert close_organisation(db, "issuer", CLOSED_ON, NOW, ACTOR).closed_on == CLOSED_ON
        sooner = CLOSED_ON - timedelta(days=1)
        assert close_organisation(db, "issuer", sooner, NOW, ACTOR).closed_on == sooner


def test_what_becomes_of_it_the_scheme_says(issued: IssuedCertificate, registry: Registry) -> None:
    with registry.writing() as db:
        close_organisation(db, "issuer", CLOSED_ON, NOW, ACTOR)
    with registry.reading() as db:
        trust = build_trust(db, PUBLIC_URL, LATER, asked=[issued.number])
    scheme = trust.schemes[HOT_WORK["code"]]
    for then, headline in (("confirm", "unknown"), ("end", "expired")):
        other = scheme.model_copy(update={"closing": {"1": then}})
        found = verify(issued.vc_jwt, trust.model_copy(update={"schemes": {scheme.code: other}}), LATER)
        assert judge(found, situation("site_entry"), LATER).headline == headline
