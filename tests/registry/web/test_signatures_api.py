"""Issuers who hold their key themselves: registered with proof, handed out, signed elsewhere, handed in. By the API."""

from collections.abc import Callable
from datetime import timedelta
from itertools import count
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from fastapi.testclient import TestClient

from registry.records.actors.accounts import NewAccount, add_account, grant_role
from registry.records.actors.api_keys import MOST_DAYS, create_api_key
from registry.records.issued.certificates import certificates
from registry.records.issued.survivors import surviving_codes
from registry.records.mandates.mandate_decisions import withdraw_mandate
from registry.records.mandates.mandates import mandates
from registry.records.parties.signing_keys import key_that_signs, keys_of, mark_compromised, retire_key
from registry.records.whole.directory import Registry
from registry.signing.key_file import make_key, open_key
from registry.signing.keys import Keyring
from registry.signing.possession import Challenge, sign_challenge
from registry.signing.private_keys import KeySigner, new_signer
from registry.signing.signing_request import SigningRequest, sign_all, understood
from tests.registry.conftest import ACTOR, NOW, ON_SQLITE, OPENED, run
from tests.registry.web.conftest import Clock
from tests.registry.web.test_batches_api import MARCH, PEOPLE, THREE, csv, decided, handed_in, line, refused
from verification.endpoint.operations import VERIFY_PATH
from verification.keys import public_jwk
from verification.presented import with_proof

if TYPE_CHECKING:
    from registry.records.actors.access import Role

Ask = Callable[..., Any]
KEYS = "/organisations/issuer/signing-keys"
pytestmark = ON_SQLITE


@pytest.fixture
def ask(web: TestClient, registry: Registry) -> Ask:
    """Asks as somebody; a change gets an Idempotency-Key of its own."""
    keys: dict[str, str] = {}
    people: list[tuple[str, str, str | None, list[Role]]] = [*PEOPLE, ("olle", "Olle Ordnar", None, ["operator"])]
    with registry.writing() as db:
        for slug, name, organisation, roles in people:
            add_account(db, NewAccount(id=slug, name=name), OPENED, "ola")
            for role in roles:
                grant_role(db, slug, organisation, role, now=OPENED, actor="ola")
            given: dict[str, Any] = {"now": OPENED, "actor": "ola", "days": MOST_DAYS, "roles": roles}
            _, keys[slug] = create_api_key(db, account=slug, organisation=organisation, **given)
    turns = count()

    def asking(who: str, method: str, path: str, body: Any = None, **headers: str) -> Any:
        given = {"Authorization": f"Bearer {keys[who]}"}
        if method == "POST":
            given["Idempotency-Key"] = f"test-{next(turns)}"
        more: dict[str, Any] = {"json": body} if isinstance(body, dict) else {}
        if isinstance(body, bytes):
            given["Content-Type"], more = "text/csv", {"content": body}
        return web.request(method, f"/api/v1{path}", headers=given | headers, **more)

    return asking


@pytest.fixture
def own(tmp_path: Path) -> KeySigner:
    """A key on the issuer's own machine."""
    make_key(tmp_path / "own.key", "EdDSA", "a long passphrase")
    return open_key(tmp_path / "own.key", "a long passphrase")


def challenged(ask: Ask, signer: KeySigner) -> Challenge:
    answer = ask("olle", "POST", f"{KEYS}/challenge", {"jwk": public_jwk(signer.public())})
    assert answer.status_code == 200, answer.text
    return Challenge.model_validate(answer.json())


def registered(ask: Ask, signer: KeySigner, **more: Any) -> Any:
    proof = sign_challenge(challenged(ask, signer), signer).model_dump()
    return ask("olle", "POST", f"{KEYS}/own", {"proof": proof} | more)


def waits(ask: Ask, registry: Registry, keyring: Keyring, listed: bytes = THREE, query: str = "") -> str:
    """A batch that two have agreed on, and that now lacks nothing but signatures."""
    told = handed_in(ask("rita", "POST", MARCH + query, listed))
    if told["approval"]:
        assert decided(ask, "anders", told["approval"]).status_code == 200
    run(registry, keyring, told["batch"])
    batch: str = told["batch"]
    return batch


def signed(ask: Ask, batch: str, signer: KeySigner) -> dict[str, Any]:
    answer = ask("rita", "GET", f"/batches/{batch}/to-sign")
    assert answer.status_code == 200, answer.text
    request = SigningRequest.model_validate(answer.json())
    return sign_all(request, understood(request, signer.public()), signer).model_dump()


def test_what_is_signed_elsewhere_is_as_good(
    ask: Ask, own: KeySigner, registry: Registry, keyring: Keyring, clock: Clock, web: TestClient
) -> None:
    key = registered(ask, own)
    assert (key.status_code, key.json()["held_by_owner"]) == (201, True)
    kid = key.json()["kid"]
    batch = waits(ask, registry, keyring)
    whole = ask("rita", "GET", f"/batches/{batch}").json()
    assert (whole["state"], whole["left"], whole["to_sign"]["count"], whole["to_sign"]["kid"]) == ("signing", 3, 3, kid)
    given = signed(ask, batch, own)
    assert given["digest"] == whole["approval"]["digest"]
    clock.at += timedelta(hours=20)
    # Some of them, then all of them: those that came before are told, and nothing is issued twice.
    some = given | {"signatures": given["signatures"][:1]}
    assert ask("rita", "POST", f"/batches/{batch}/signatures", some).json() == {
        "state": "signing",
        "kept": 1,
        "repeated": 0,
        "left": 2,
    }
    done = ask("rita", "POST", f"/batches/{batch}/signatures", given)
    assert done.json() == {"state": "done", "kept": 2, "repeated": 1, "left": 0}
    again = ask("rita", "POST", f"/batches/{batch}/signatures", given)
    assert again.json() == {"state": "done", "kept": 0, "repeated": 3, "left": 0}
    assert ask("rita", "GET", f"/batches/{batch}/to-sign").status_code == 204
    with registry.reading() as db:
        rows = certificates(db)
    assert {(row.kid, row.issuer, row.level, row.state) for row in rows} == {(kid, "issuer", "B", "issued")}
    for row in rows:
        path = f"/certificates/{row.number}"
        document, proof = (ask("rita", "GET", f"{path}/{part}").text for part in ("document", "proof"))
        answer = web.post(VERIFY_PATH, json={"token": with_proof(document, proof), "situation": "site_entry"})
        assert answer.json()["outcome"] == "valid", answer.json()
        assert "in_log" in answer.text
        assert ask("rita", "GET", f"{path}/qr.svg").status_code == 200


def test_a_key_is_registered_by_who_holds_it(ask: Ask, own: KeySigner, clock: Clock) -> None:
    other = new_signer("own", "ES256")
    asked = challenged(ask, own)
    good = sign_challenge(asked, own).model_dump()

    def hand(proof: dict[str, Any], organisation: str = "issuer") -> Any:
        return ask("olle", "POST", f"/organisations/{organisation}/signing-keys/own", {"proof": proof})

    refused(hand(sign_challenge(asked, other).model_dump()), 422, "possession-not-proven")
    refused(hand(good | {"jwk": public_jwk(other.public())}), 422, "possession-not-proven")
    refused(hand(good | {"until": "2099-01-01T00:00:00Z"}), 422, "possession-not-proven")
    refused(hand(good | {"signature": "!"}), 422, "possession-not-proven")
    refused(hand(good, "solo"), 422, "possession-not-proven")
    refused(
        ask("olle", "POST", f"{KEYS}/challenge", {"jwk": {"kty": "OKP", "crv": "Ed25519", "x": "AQ" + "A" * 41}}),
        422,
        "malformed-input",
    )
    refused(ask("rita", "POST", f"{KEYS}/challenge", {"jwk": public_jwk(own.public())}), 403, "not-allowed")
    late = sign_challenge(challenged(ask, other), other).model_dump()
    assert hand(good).status_code == 201
    refused(hand(good), 409, "key-known")
    clock.at += timedelta(hours=25)
    refused(hand(late), 409, "challenge-ended")
    refused(hand(good), 409, "challenge-ended")


def test_what_is_not_right_is_refused_with_its_reason(
    ask: Ask, own: KeySigner, registry: Registry, keyring: Keyring, clock: Clock
) -> None:
    kid = registered(ask, own).json()["kid"]
    batch = waits(ask, registry, keyring)
    path = f"/batches/{batch}/signatures"
    given = signed(ask, batch, own)
    first, *others = given["signatures"]
    request = SigningRequest.model_validate(ask("rita", "GET", f"/batches/{batch}/to-sign").json())
    thief = new_signer("own", "EdDSA")
    # A text that was changed before it was signed; another key; another's number; another batch; another approval.
    changed = [(one, signed + b"A") for one, signed in understood(request, own.public())]
    tampered = sign_all(request, [type(understood(request, own.public())[0])(*each) for each in changed], own)
    refused(ask("rita", "POST", path, tampered.model_dump()), 422, "signature-rejected")
    by_thief = sign_all(request, understood(request, own.public()), thief)
    refused(ask("rita", "POST", path, by_thief.model_dump()), 422, "signature-rejected")
    refused(ask("rita", "POST", path, given | {"kid": "k0"}), 422, "signature-rejected")
    mixed = [first | {"signature": others[0]["signature"]}]
    refused(ask("rita", "POST", path, given | {"signatures": mixed}), 422, "signature-rejected")
    refused(ask("rita", "POST", path, given | {"signatures": [first, first]}), 422, "signature-rejected")
    refused(ask("rita", "POST", path, given | {"batch": "batch-0"}), 422, "signature-rejected")
    refused(ask("rita", "POST", path, given | {"digest": "0" * 64}), 409, "signing-outdated")
    unknown = [first | {"number": "0" * 16}]
    refused(ask("rita", "POST", path, given | {"signatures": unknown}), 409, "nothing-to-sign")
    refused(ask("sol", "POST", path, given), 404, "batch-not-found")
    # One that came before, with another signature.
    assert ask("rita", "POST", path, given | {"signatures": [first]}).json()["kept"] == 1
    refused(ask("rita", "POST", path, given | {"signatures": mixed}), 422, "signature-rejected")
    # Too late: written anew, and what was signed before is of no use.
    clock.at += timedelta(hours=25)
    refused(ask("rita", "POST", path, given), 409, "signing-outdated")
    assert ask("rita", "POST", f"/batches/{batch}/resumption").json()["state"] == "issuing"
    run(registry, keyring, batch, clock.at)
    refused(ask("rita", "POST", path, given | {"signatures": others}), 409, "nothing-to-sign")
    anew = signed(ask, batch, own)
    # A key that signs no more by now.
    with registry.writing() as db:
        retire_key(db, kid, clock.at, ACTOR)
    refused(ask("rita", "POST", path, anew), 409, "key-signs-no-more")
    with registry.writing() as db:
        mark_compromised(db, kid, clock.at, ACTOR, now=clock.at)
    assert (
        "compromised"
        in refused(ask("rita", "POST", path, anew, **{"Accept-Language": "en"}), 409, "key-signs-no-more")["detail"]
    )
    with registry.reading() as db:
        assert len(certificates(db)) == 1
    # The registry's own key takes over.
    with registry.writing() as db:
        keyring.create_organisation_key(db, "issuer", clock.at, ACTOR)
    ask("rita", "POST", f"/batches/{batch}/resumption")
    assert run(registry, keyring, batch, clock.at).state == "done"


def test_nothing_is_kept_without_a_mandate_or_after_an_end(
    ask: Ask, own: KeySigner, registry: Registry, keyring: Keyring, clock: Clock
) -> None:
    assert registered(ask, own).status_code == 201
    batch = waits(ask, registry, keyring, csv(line("Åsa Lindström Bergqvist"), line("Bo Ek")))
    given = signed(ask, batch, own)
    with registry.writing() as db:
        (mandate,) = mandates(db)
        withdraw_mandate(db, mandate.public_id, from_day=NOW.date(), reason="test", now=clock.at, actor=ACTOR)
    refused(ask("rita", "POST", f"/batches/{batch}/signatures", given), 403, "issuer-not-authorised")
    assert ask("rita", "POST", f"/batches/{batch}/cancellation", {}).json()["state"] == "cancelled"
    refused(ask("rita", "POST", f"/batches/{batch}/signatures", given), 409, "nothing-to-sign")
    with registry.reading() as db:
        assert certificates(db) == []


def test_the_registrys_own_key_for_codes_is_renewed_and_reported(ask: Ask, registry: Registry, clock: Clock) -> None:
    coming = ask("olle", "POST", "/signing-keys", {"purpose": "attestation"})
    assert (coming.status_code, coming.json()["purpose"]) == (201, "attestation")
    assert coming.json()["retired_at"] is None
    with registry.reading() as db:
        current = key_that_signs(db, "attestation", None, clock.at)
    assert current is not None
    assert current.kid != coming.json()["kid"]
    since = {"since": clock.at.isoformat()}
    told = ask("olle", "POST", f"/signing-keys/{current.kid}/compromise", since)
    assert told.status_code == 200, told.text
    with registry.reading() as db:
        other = key_that_signs(db, "attestation", None, clock.at)
        assert surviving_codes(db, current.kid) is not None
    assert other is not None
    assert other.kid != current.kid
    with registry.reading() as db:
        logs = [key.kid for key in keys_of(db, None) if key.purpose == "log"]
    assert logs
    for kid in logs:  # another log has to begin, and that is said
        refused(ask("olle", "POST", f"/signing-keys/{kid}/compromise", since), 422, "malformed-input")
    refused(ask("rita", "POST", "/signing-keys", {"purpose": "attestation"}), 403, "not-allowed")
    refused(ask("olle", "POST", "/signing-keys", {"purpose": "root"}), 422, "malformed-input")


@pytest.mark.parametrize(("hours", "later", "kept"), [(24, 23, True), (22, 23, False), (0, 0, False)])
def test_a_former_key_signs_as_long_as_the_two_overlap(
    ask: Ask, own: KeySigner, registry: Registry, keyring: Keyring, clock: Clock, hours: int, later: int, kept: bool
) -> None:
    assert registered(ask, own).status_code == 201
    batch = waits(ask, registry, keyring, csv(line("Bo Ek")))
    given = signed(ask, batch, own)
    other = new_signer("own", "ES256")
    assert registered(ask, other, overlap_hours=hours).status_code == 201
    # What is asked for from now on is the new key's.
    more = waits(ask, registry, keyring, csv(line("Åsa Lind")))
    assert signed(ask, more, other)["kid"] != given["kid"]
    clock.at += timedelta(hours=later)
    answer = ask("rita", "POST", f"/batches/{batch}/signatures", given)
    if kept:
        assert answer.json()["state"] == "done", answer.text
    else:
        refused(answer, 409, "key-signs-no-more")


def test_a_correction_is_signed_elsewhere_too(
    ask: Ask, registry: Registry, keyring: Keyring, clock: Clock, web: TestClient
) -> None:
    own = new_signer("own", "ES256")
    assert registered(ask, own).status_code == 201
    batch = waits(ask, registry, keyring, csv(line("Bo Eck")))
    assert ask("rita", "POST", f"/batches/{batch}/signatures", signed(ask, batch, own)).json()["state"] == "done"
    with registry.reading() as db:
        (former,) = certificates(db)
    path, wrong = f"/certificates/{former.number}/correction", {"name": "Bo Ek", "note": "misspelt"}

    def correct(who: str = "rita") -> Any:
        return ask(who, "POST", path, wrong, **{"If-Match": "*"})

    asked = correct()
    assert (asked.status_code, asked.json()["to_sign"]) == (202, None)
    assert decided(ask, "anders", asked.json()["approval"]).status_code == 200
    clock.at += timedelta(hours=1)
    told = correct()
    assert (told.status_code, told.json()["done"], told.json()["successor"]) == (202, False, None)
    assert correct().json()["to_sign"] == told.json()["to_sign"]  # while it holds
    request = SigningRequest.model_validate(told.json()["to_sign"])
    (said,) = understood(request, own.public())
    assert (said.said.holder_name, said.said.corrects) == ("Bo Ek", former.number)
    given = sign_all(request, [said], own).model_dump()
    forged = sign_all(request, [said], new_signer("own", "ES256")).model_dump()
    refused(ask("rita", "POST", f"{path}/signature", forged), 422, "signature-rejected")
    refused(ask("rita", "POST", f"{path}/signature", given | {"batch": "0" * 16}), 422, "signature-rejected")
    refused(ask("rita", "POST", f"{path}/signature", given | {"digest": None}), 409, "signing-outdated")
    refused(ask("rita", "POST", f"{path}/signature", given | {"signatures": []}), 422, "malformed-input")
    clock.at += timedelta(hours=25)
    refused(ask("rita", "POST", f"{path}/signature", given), 409, "signing-outdated")
    request = SigningRequest.model_validate(correct().json()["to_sign"])
    given = sign_all(request, understood(request, own.public()), own).model_dump()
    done = ask("rita", "POST", f"{path}/signature", given)
    assert done.status_code == 200, done.text
    new = done.json()["successor"]
    assert done.json()["done"]
    assert ask("rita", "POST", f"{path}/signature", given).json()["successor"] == new
    with registry.reading() as db:
        by_state = {row.state: row for row in certificates(db)}
    assert by_state["issued"].holder_name == "Bo Ek"
    assert by_state["superseded"].number == former.number
    number = by_state["issued"].number
    document, proof = (ask("rita", "GET", f"/certificates/{number}/{part}").text for part in ("document", "proof"))
    assert web.post(VERIFY_PATH, json={"token": with_proof(document, proof)}).json()["outcome"] == "valid"
    refused(ask("rita", "POST", f"/certificates/{number}/correction/signature", given), 422, "signature-rejected")
