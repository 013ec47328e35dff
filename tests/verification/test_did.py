import base64
import warnings
from datetime import UTC, datetime
from types import ModuleType
from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric.ec import ECDSA, SECP256R1, derive_private_key
from cryptography.hazmat.primitives.asymmetric.utils import decode_dss_signature
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from joserfc import jws
from joserfc.errors import SecurityWarning
from joserfc.jwk import ECKey, KeySet, OKPKey

from verification.certificate import did_web
from verification.did import did_document, jwks
from verification.envelopes.signer import KeyRef
from verification.keys import public_key_from_jwk
from verification.trust import Key, Trust
from verification.verify import verify

URL = "https://bevis.example"
RETIRED = datetime(2026, 6, 1, tzinfo=UTC)


class P256Key:
    """A key for ES256 made from one number."""

    def __init__(self, secret: int, kid: str) -> None:
        self._private = derive_private_key(secret, SECP256R1())
        self.kid = kid
        self.public = self._private.public_key().public_bytes(Encoding.X962, PublicFormat.UncompressedPoint)

    def key(self) -> KeyRef:
        return KeyRef(self.kid, "ES256")

    def sign(self, data: bytes) -> bytes:
        # Chosen at random each time, as most signers do: nothing may depend on its being the same.
        r, s = decode_dss_signature(self._private.sign(data, ECDSA(SHA256())))
        return r.to_bytes(32, "big") + s.to_bytes(32, "big")


WALLETS = P256Key(77, "key-2")


@pytest.fixture(scope="module")
def trust(world: ModuleType) -> Trust:
    """The organisation has a key of either kind."""
    second = Key(
        kid=WALLETS.kid,
        organisation="provhuset",
        public_key=WALLETS.public,
        not_before=datetime(2026, 1, 1, tzinfo=UTC),
    )
    both: Trust = world.changed(world.TRUST, keys=(*world.TRUST.keys, second))
    return both


def read_by_joserfc(token: str, jwk: dict[str, Any]) -> Any:
    kind = OKPKey if jwk["kty"] == "OKP" else ECKey
    with warnings.catch_warnings():
        # It would have the newer name Ed25519 in `alg`, which other libraries do not know yet.
        warnings.simplefilter("ignore", SecurityWarning)
        return jws.deserialize_compact(token, kind.import_key(jwk), algorithms=[jwk["alg"]])  # type: ignore[attr-defined]


@pytest.mark.parametrize("place", [0, 1])
def test_an_independent_library_verifies_a_certificate_with_the_published_key(
    world: ModuleType, trust: Trust, place: int
) -> None:
    signer = (world.ISSUER_KEY, WALLETS)[place]
    token = world.full(key=signer)
    method = did_document(world.PUBLIC_URL, "provhuset", trust.keys)["verificationMethod"][place]
    found = read_by_joserfc(token, method["publicKeyJwk"])
    assert found.headers()["kid"] == method["id"]
    assert found.headers()["alg"] == signer.key().alg
    assert b'"OpenBadgeCredential"' in found.payload
    assert read_by_joserfc(
        token, {k: v for k, v in jwks(URL, "provhuset", trust.keys)["keys"][place].items() if k != "nbf"}
    )
    findings = verify(token, trust, world.NOW)
    assert findings.certificate is not None
    assert not [one.code for one in findings.findings if one.outcome == "failed"]


def test_a_certificate_of_one_key_is_not_verified_by_the_other(world: ModuleType, trust: Trust) -> None:
    stolen = world.full(key=WALLETS)
    for keys in (trust.keys[:1], (trust.keys[1].model_copy(update={"public_key": world.ISSUER_KEY.public}),)):
        found = verify(stolen, world.changed(trust, keys=keys), world.NOW)
        assert found.certificate is None
        assert {one.code for one in found.findings} & {"key_unknown", "signature_invalid"}


def test_what_is_published_is_read_back(trust: Trust) -> None:
    for place, entry in enumerate(jwks(URL, "provhuset", trust.keys)["keys"]):
        entry.pop("nbf")
        assert public_key_from_jwk(entry) == trust.keys[place].public_key
    assert KeySet.import_key_set(jwks(URL, "provhuset", trust.keys)).keys
    assert [key["alg"] for key in jwks(URL, "provhuset", trust.keys)["keys"]] == ["EdDSA", "ES256"]


def test_retired_keys_stay_published_and_compromised_ones_prove_nothing(world: ModuleType) -> None:
    key = world.TRUST.keys[0]
    retired = key.model_copy(update={"retired_at": RETIRED})
    stolen = key.model_copy(update={"kid": "key-2", "public_key": WALLETS.public, "compromised_since": RETIRED})
    document = did_document(world.PUBLIC_URL, "provhuset", (retired, stolen))
    did = did_web(world.PUBLIC_URL, "provhuset")
    assert [method["id"] for method in document["verificationMethod"]] == [f"{did}#key-1", f"{did}#key-2"]
    assert document["assertionMethod"] == [f"{did}#key-1"]
    assert document["verificationMethod"][0]["expires"] == "2026-06-01T00:00:00Z"
    assert document["verificationMethod"][1]["revoked"] == "2026-06-01T00:00:00Z"
    assert document["verificationMethod"][1]["publicKeyJwk"]["crv"] == "P-256"


def test_the_key_set_has_every_key(world: ModuleType) -> None:
    keys = jwks(URL, None, (*world.TRUST.keys, *world.TRUST.attestation_keys))["keys"]
    assert [key["kid"] for key in keys] == ["did:web:bevis.example#key-1", "did:web:bevis.example#0a0b0c0d"]
    assert base64.urlsafe_b64decode(keys[0]["x"] + "=") == world.ISSUER_KEY.public
    assert jwks(URL, "provhuset", [world.TRUST.keys[0].model_copy(update={"retired_at": RETIRED})])["keys"][0]["exp"]
    stolen = world.TRUST.keys[0].model_copy(update={"compromised_since": RETIRED})
    assert jwks(URL, "provhuset", [stolen])["keys"][0]["revoked"]
