import hashlib
import json
from pathlib import Path
from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric.ec import SECP256R1, derive_private_key
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from hypothesis import given
from hypothesis import strategies as st

from verification.envelopes.jws import OpenedJws, open_jws, verify_jws
from verification.keys import (
    WeakKey,
    algorithm_of,
    check_public_key,
    goes_by,
    good_signature,
    public_jwk,
    public_key_from_jwk,
    thumbprint,
)
from verification.strict import encode_base64url

WYCHEPROOF = Path(__file__).resolve().parents[2].parent / "shared" / "vectors" / "wycheproof"
P = 2**255 - 19
ORDER_OF_P256 = 0xFFFFFFFF00000000FFFFFFFFFFFFFFFFBCE6FAADA7179E84F3B9CAC2FC632551
PRIME_OF_P256 = 2**256 - 2**224 + 2**192 + 2**96 - 1


def ed25519(seed: bytes) -> bytes:
    return Ed25519PrivateKey.from_private_bytes(seed).public_key().public_bytes_raw()


def p256(secret: int) -> bytes:
    key = derive_private_key(secret, SECP256R1()).public_key()
    return key.public_bytes(Encoding.X962, PublicFormat.UncompressedPoint)


KEYS = st.binary(min_size=32, max_size=32).map(ed25519) | st.integers(1, ORDER_OF_P256 - 1).map(p256)
ED, EC = ed25519(b"\x01" * 32), p256(7)
SMALL_ORDER = [
    0,
    1,
    P - 1,
    int.from_bytes(bytes.fromhex("c7176a703d4dd84fba3c0b760d10670f2a2053fa2c39ccc64ec7fd7792ac037a"), "little"),
    int.from_bytes(bytes.fromhex("26e8958fc2b227b045c3f489f2ef98f0d5dfac05d3c63339b13802886d53fc05"), "little"),
]
# Each y with either sign, and those two that are also below 2**255 when p is added.
FOURTEEN = [(y | sign << 255).to_bytes(32, "little") for y in (*SMALL_ORDER, P, P + 1) for sign in (0, 1)]


# --- what is a key -------------------------------------------------------------------------------------


@given(KEYS)
def test_every_generated_key_is_sound(key: bytes) -> None:
    check_public_key(key)
    assert algorithm_of(key) == ("EdDSA" if len(key) == 32 else "ES256")


@pytest.mark.parametrize("key", FOURTEEN, ids=bytes.hex)
def test_the_fourteen_keys_of_small_order_are_refused_and_verify_nothing(key: bytes) -> None:
    assert len(FOURTEEN) == 14
    with pytest.raises(WeakKey):
        check_public_key(key)
    # With R the neutral element and S = 0 a library finds such a signature good over some message.
    neutral = (1).to_bytes(32, "little") + bytes(32)
    assert not any(good_signature(key, neutral, message.to_bytes(2, "big")) for message in range(64))


def test_a_library_alone_would_find_a_forged_signature_good() -> None:
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

    neutral = (1).to_bytes(32, "little") + bytes(32)
    Ed25519PublicKey.from_public_bytes((1).to_bytes(32, "little")).verify(neutral, b"whatever it says")
    assert not good_signature((1).to_bytes(32, "little"), neutral, b"whatever it says")


def x_and_y(key: bytes) -> tuple[int, int]:
    return int.from_bytes(key[1:33], "big"), int.from_bytes(key[33:], "big")


def point(x: int, y: int, form: int = 4) -> bytes:
    return bytes([form]) + x.to_bytes(32, "big") + y.to_bytes(32, "big")


X, Y = x_and_y(EC)
NO_KEYS = {
    "empty": b"",
    "31 bytes": bytes(31),
    "33 bytes": b"\x01" * 33,
    "no point of the curve": (2).to_bytes(32, "little"),
    "y is p + 2": (P + 2).to_bytes(32, "little"),
    "y is 2**255 - 1": b"\xff" * 31 + b"\x7f",
    "P-256 compressed": bytes([2 + Y % 2]) + X.to_bytes(32, "big"),
    "P-256 hybrid": point(X, Y, 6 + Y % 2),
    "P-256 without its form": point(X, Y)[1:],
    "P-256 of another form": point(X, Y, 5),
    "P-256 infinity": b"\x00",
    "P-256 all zeros": point(0, 0),
    "P-256 form 0": bytes(65),
    "P-256 off the curve": point(X, (Y + 1) % PRIME_OF_P256),
    "P-256 x and y exchanged": point(Y, X),
    "P-256 y not canonical": point(X, Y + PRIME_OF_P256 if Y + PRIME_OF_P256 < 2**256 else 2**256 - 1),
    "P-256 x is the prime": point(PRIME_OF_P256, Y),
    "P-256 cut off": EC[:-1],
    "P-256 and a byte": EC + b"\x00",
}


@pytest.mark.parametrize("case", NO_KEYS)
def test_what_is_no_public_key_is_refused_and_verifies_nothing(case: str) -> None:
    with pytest.raises(WeakKey):
        check_public_key(NO_KEYS[case])
    assert not good_signature(NO_KEYS[case], bytes(64), b"")


def test_the_other_point_with_that_x_is_another_key() -> None:
    other = point(X, PRIME_OF_P256 - Y)
    check_public_key(other)
    assert thumbprint(other) != thumbprint(EC)


# --- JSON Web Keys -------------------------------------------------------------------------------------


@given(KEYS)
def test_a_key_survives_its_jwk(key: bytes) -> None:
    assert public_key_from_jwk(public_jwk(key)) == key
    assert public_key_from_jwk(public_jwk(key, "a-name")) == key


def test_thumbprints_are_those_of_the_standards() -> None:
    # RFC 8037 appendix A.3.
    jwk = {"kty": "OKP", "crv": "Ed25519", "x": "11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo"}
    assert thumbprint(public_key_from_jwk(jwk)) == "kPrK_qmxVWaYVA9wwBF6Iuo3vVzz7TxHCTwXBygrS4k"
    # RFC 7638 section 3: the required members in the order of their names, without white space.
    said = f'{{"crv":"P-256","kty":"EC","x":"{encode_base64url(EC[1:33])}","y":"{encode_base64url(EC[33:])}"}}'
    assert thumbprint(EC) == encode_base64url(hashlib.sha256(said.encode()).digest())


OKP, ECK = public_jwk(ED), public_jwk(EC)
MODULUS_2048, MODULUS_3072 = (encode_base64url(b"\xc1" * size) for size in (256, 384))
NO_JWKS: dict[str, tuple[Any, str]] = {
    "a list": ([], "object"),
    "text": ("x", "object"),
    "nothing": (None, "object"),
    "empty": ({}, "kty"),
    "members that are no text": ({1: 2}, "object"),
    "no curve": ({"kty": "OKP", "x": OKP["x"]}, "crv"),
    "Ed448": ({**OKP, "crv": "Ed448"}, "crv"),
    "X25519": ({**OKP, "crv": "X25519"}, "crv"),
    "P-384": ({**ECK, "crv": "P-384"}, "crv"),
    "secp256k1": ({**ECK, "crv": "secp256k1"}, "crv"),
    "kty in small letters": ({**OKP, "kty": "okp"}, "kty"),
    "kty and crv of two kinds": ({**OKP, "kty": "EC"}, "crv"),
    "kty is a list": ({**OKP, "kty": ["OKP"]}, "kty"),
    "secret": ({"kty": "oct", "k": "AAAA"}, "private"),
    "private key": ({**OKP, "d": OKP["x"]}, "private"),
    "private key of P-256": ({**ECK, "d": ECK["x"]}, "private"),
    "no x": ({"kty": "OKP", "crv": "Ed25519"}, "lacks x"),
    "no y": ({name: ECK[name] for name in ("kty", "crv", "x")}, "lacks y"),
    "x is a number": ({**OKP, "x": 5}, "lacks x"),
    "x with padding": ({**OKP, "x": OKP["x"] + "="}, "base64url"),
    "x in the other alphabet": ({**OKP, "x": "+" + OKP["x"][1:]}, "base64url"),
    "x with unused bits": ({**OKP, "x": OKP["x"][:-1] + "B"}, "base64url"),
    "x too short": ({**OKP, "x": encode_base64url(bytes(31))}, "31 bytes"),
    "x too long": ({**OKP, "x": encode_base64url(bytes(33))}, "33 bytes"),
    "x without its leading zero": ({**ECK, "x": encode_base64url(b"\x01" * 31)}, "31 bytes"),
    "y in an Ed25519 key": ({**OKP, "y": OKP["x"]}, "'y'"),
    "of small order": ({**OKP, "x": encode_base64url(bytes(32))}, "small order"),
    "not canonical": ({**OKP, "x": encode_base64url(P.to_bytes(32, "little"))}, "canonical"),
    "off the curve": ({**ECK, "y": ECK["x"]}, "curve"),
    "another algorithm": ({**OKP, "alg": "ES256"}, "alg"),
    "algorithm none": ({**OKP, "alg": "none"}, "alg"),
    "algorithm is a list": ({**OKP, "alg": ["EdDSA"]}, "alg"),
    "for encryption": ({**OKP, "use": "enc"}, "verify"),
    "for signing": ({**OKP, "key_ops": ["sign"]}, "verify"),
    "kid is a number": ({**OKP, "kid": 5}, "kid"),
    "leads elsewhere": ({**OKP, "x5u": "https://evil.example"}, "'x5u'"),
    "RSA with 1024 bits": ({"kty": "RSA", "n": encode_base64url(b"\xc1" * 128), "e": "AQAB"}, "1024 bits"),
    "RSA with 2048 bits": ({"kty": "RSA", "n": MODULUS_2048, "e": "AQAB"}, "2048 bits"),
    "RSA with the exponent 3": ({"kty": "RSA", "n": MODULUS_3072, "e": "Aw"}, "exponent 3"),
    "RSA with the exponent 1": ({"kty": "RSA", "n": MODULUS_3072, "e": "AQ"}, "exponent 1"),
    "RSA that is sound": ({"kty": "RSA", "n": MODULUS_3072, "e": "AQAB"}, "RSA verifies nothing here"),
    "RSA that is none": ({"kty": "RSA", "n": 5}, "no RSA key either"),
}


@pytest.mark.parametrize("case", NO_JWKS)
def test_what_is_no_jwk_of_ours_is_refused_by_name(case: str) -> None:
    jwk, says = NO_JWKS[case]
    with pytest.raises(WeakKey, match=says):
        public_key_from_jwk(jwk)


def test_a_key_goes_by_the_names_of_its_algorithm_alone() -> None:
    assert [name for name in ("EdDSA", "Ed25519", "ES256", "HS256", "none", "") if goes_by(ED, name)] == [
        "EdDSA",
        "Ed25519",
    ]
    assert [name for name in ("EdDSA", "Ed25519", "ES256", "HS256", "none", "") if goes_by(EC, name)] == ["ES256"]


# --- published vectors ---------------------------------------------------------------------------------


def groups(name: str) -> list[dict[str, Any]]:
    path = WYCHEPROOF / name
    if not path.exists():
        pytest.skip("the Wycheproof vectors are not beside this checkout")
    found: list[dict[str, Any]] = json.loads(path.read_text("utf-8"))["testGroups"]
    return found


def in_a_jws(alg: str, message: bytes, signature: bytes) -> OpenedJws:
    """A JWS whose signature is a vector's, over the vector's message instead of its own."""
    header = encode_base64url(json.dumps({"alg": alg, "typ": "vc+jwt", "kid": "k"}).encode())
    opened = open_jws(f"{header}.{encode_base64url(b'{}')}.{encode_base64url(signature)}", typ="vc+jwt")
    return OpenedJws(
        opened.text, opened.typ, opened.kid, opened.header, opened.payload, signed=message, signature=opened.signature
    )


# Vectors that we judge otherwise than Wycheproof, by number, and why. There are none: neither file has a vector that
# is `acceptable`, and both libraries behind us judge every other one as it is judged there.
KNOWN_DIFFERENCES: dict[str, dict[int, str]] = {"ed25519_test.json": {}, "ecdsa_secp256r1_sha256_p1363_test.json": {}}


@pytest.mark.parametrize(
    ("name", "alg", "member", "count"),
    [
        ("ed25519_test.json", "EdDSA", "pk", 151),
        ("ecdsa_secp256r1_sha256_p1363_test.json", "ES256", "uncompressed", 262),
    ],
)
def test_published_vectors_through_our_own_path(name: str, alg: str, member: str, count: int) -> None:
    seen = 0
    for group in groups(name):
        key = bytes.fromhex(group["publicKey"][member])
        jwk = group.get("publicKeyJwk")
        if jwk is not None:
            assert public_key_from_jwk({part: jwk[part] for part in public_jwk(key)}) == key
        check_public_key(key)
        for case in group["tests"]:
            seen += 1
            message, signature = bytes.fromhex(case["msg"]), bytes.fromhex(case["sig"])
            wanted = (case["result"] == "valid") != (case["tcId"] in KNOWN_DIFFERENCES[name])
            assert good_signature(key, signature, message) == wanted, case
            if len(signature) == 64:
                assert verify_jws(in_a_jws(alg, message, signature), key) == wanted, case
                # Under the other kind's name, or with a key of the other kind, nothing verifies.
                assert not verify_jws(in_a_jws("EdDSA" if alg == "ES256" else "ES256", message, signature), key)
                assert not verify_jws(in_a_jws(alg, message, signature), EC if alg == "EdDSA" else ED)
    assert seen == count
