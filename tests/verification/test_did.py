import base64
from datetime import UTC, datetime
from types import ModuleType

import pytest
from joserfc import jws
from joserfc.errors import SecurityWarning
from joserfc.jwk import OKPKey

from verification.certificate import did_web
from verification.did import did_document, jwks

RETIRED = datetime(2026, 6, 1, tzinfo=UTC)


def test_an_independent_library_verifies_a_certificate_with_the_published_key(world: ModuleType) -> None:
    document = did_document(world.PUBLIC_URL, "provhuset", world.TRUST.keys)
    method = document["verificationMethod"][0]
    token = world.full()
    # It would have the newer name Ed25519 in `alg`, which other libraries do not know yet.
    with pytest.warns(SecurityWarning, match="EdDSA"):
        found = jws.deserialize_compact(token, OKPKey.import_key(method["publicKeyJwk"]), algorithms=["EdDSA"])
    assert found.headers()["kid"] == method["id"]
    assert b'"OpenBadgeCredential"' in found.payload


def test_retired_keys_stay_published_and_compromised_ones_prove_nothing(world: ModuleType) -> None:
    key = world.TRUST.keys[0]
    retired = key.model_copy(update={"retired_at": RETIRED})
    stolen = key.model_copy(update={"kid": "key-2", "public_key": world.STRANGER.public, "compromised_since": RETIRED})
    document = did_document(world.PUBLIC_URL, "provhuset", (retired, stolen))
    did = did_web(world.PUBLIC_URL, "provhuset")
    assert [method["id"] for method in document["verificationMethod"]] == [f"{did}#key-1", f"{did}#key-2"]
    assert document["assertionMethod"] == [f"{did}#key-1"]
    assert document["verificationMethod"][0]["expires"] == "2026-06-01T00:00:00Z"
    assert document["verificationMethod"][1]["revoked"] == "2026-06-01T00:00:00Z"


def test_the_key_set_has_every_key(world: ModuleType) -> None:
    keys = jwks((*world.TRUST.keys, *world.TRUST.attestation_keys))["keys"]
    assert [key["kid"] for key in keys] == ["key-1", "0a0b0c0d"]
    assert base64.urlsafe_b64decode(keys[0]["x"] + "=") == world.ISSUER_KEY.public
    assert jwks([world.TRUST.keys[0].model_copy(update={"retired_at": RETIRED})])["keys"][0]["exp"]
    stolen = world.TRUST.keys[0].model_copy(update={"compromised_since": RETIRED})
    assert jwks([stolen])["keys"][0]["revoked"]
