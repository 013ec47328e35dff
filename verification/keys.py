"""Public keys as values, and what they verify: two kinds, each with one algorithm.

Ed25519  32 bytes (RFC 8032 section 5.1.2); EdDSA
P-256    65 bytes, an uncompressed point (SEC 1 section 2.3.3); ES256, signatures as r and s (IEEE P1363)

The bytes alone say which kind it is, so that no token and no table can name another algorithm for a key.
"""

import hashlib
from collections.abc import Mapping
from functools import cache, lru_cache
from typing import TYPE_CHECKING, Any, Literal

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ec import SECP256R1, EllipticCurvePublicKey
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

if TYPE_CHECKING:
    from jwt.algorithms import ECAlgorithm

from verification.strict import NotStrict, decode_base64url, encode_base64url, write_json

Algorithm = Literal["EdDSA", "ES256"]

ED25519_BYTES = 32
P256_BYTES = 65
SIGNATURE_BYTES = 64  # of either kind
_KEPT = 32_768  # keys held ready, some hundred bytes each: those of a national sector
_UNCOMPRESSED = 0x04
_P = 2**255 - 19
_D = -121665 * pow(121666, -1, _P) % _P
# y of the points of order 1, 2, 4 and 8; with either sign and with y + p these are the 14 weak encodings.
_WEAK_Y = frozenset(
    {
        0,
        1,
        _P - 1,
        int.from_bytes(bytes.fromhex("c7176a703d4dd84fba3c0b760d10670f2a2053fa2c39ccc64ec7fd7792ac037a"), "little"),
        int.from_bytes(bytes.fromhex("26e8958fc2b227b045c3f489f2ef98f0d5dfac05d3c63339b13802886d53fc05"), "little"),
    }
)
_LEAST_RSA_BITS = 3072
_RSA_EXPONENT = 65537
_PRIVATE = frozenset({"d", "p", "q", "dp", "dq", "qi", "oth", "k", "priv"})
_COORDINATES: Mapping[tuple[str, str], tuple[str, ...]] = {("OKP", "Ed25519"): ("x",), ("EC", "P-256"): ("x", "y")}
_NAMES: Mapping[Algorithm, frozenset[str]] = {
    "EdDSA": frozenset({"EdDSA", "Ed25519"}),  # RFC 8037, and the name RFC 9864 gives to the same
    "ES256": frozenset({"ES256"}),
}


class WeakKey(Exception):
    """A public key under which anybody could sign, or that is none of ours; says why."""


def algorithm_of(public_key: bytes) -> Algorithm:
    """The one algorithm of a key. Raises WeakKey where the bytes are neither kind."""
    if len(public_key) == ED25519_BYTES:
        return "EdDSA"
    if len(public_key) == P256_BYTES and public_key[0] == _UNCOMPRESSED:
        return "ES256"
    raise WeakKey("a public key is 32 bytes of Ed25519, or the 65 bytes of an uncompressed point of P-256")


def goes_by(public_key: bytes, alg: str) -> bool:
    """Whether a header may call the algorithm of this key so."""
    return alg in _NAMES[algorithm_of(public_key)]


def check_public_key(public_key: bytes) -> None:
    """Refuse what is no sound public key: not on its curve, not written the one way, of small order.

    Raises WeakKey. Libraries load small-order keys of Ed25519; with twelve of the fourteen encodings a signature
    over any message can be made without a private key.
    """
    _loaded(public_key)


def good_signature(public_key: bytes, signature: bytes, data: bytes) -> bool:
    """Whether the signature over `data` is that key's, by the key's own algorithm; never raises."""
    try:
        key = _loaded(public_key)
    except WeakKey:
        return False
    if len(signature) != SIGNATURE_BYTES:
        return False
    if not isinstance(key, Ed25519PublicKey):
        return _es256().verify(data, key, signature)
    try:
        key.verify(signature, data)
    except InvalidSignature:
        return False
    return True


def public_jwk(public_key: bytes, kid: str | None = None) -> dict[str, str]:
    """A public key as a JSON Web Key (RFC 7517, 7518, 8037); with its use where it has a name."""
    alg = algorithm_of(public_key)
    if alg == "EdDSA":
        jwk = {"kty": "OKP", "crv": "Ed25519", "x": encode_base64url(public_key)}
    else:
        x, y = public_key[1:33], public_key[33:]
        jwk = {"kty": "EC", "crv": "P-256", "x": encode_base64url(x), "y": encode_base64url(y)}
    return jwk if kid is None else {**jwk, "kid": kid, "alg": alg, "use": "sig"}


def public_key_from_jwk(jwk: object) -> bytes:
    """The key in a JSON Web Key, sound. Raises WeakKey, which says what is wrong with it.

    Beside the key itself only `kid`, `alg`, `use` and `key_ops` may stand there, and only if they say what it is.
    """
    if not isinstance(jwk, Mapping) or not all(isinstance(name, str) for name in jwk):
        raise WeakKey("a key is a JSON object")
    if kept := sorted(_PRIVATE & set(jwk)):
        raise WeakKey(f"a private key does not belong here ({', '.join(kept)}); whoever has seen it can sign with it")
    kind, curve = jwk.get("kty"), jwk.get("crv")
    if kind == "RSA":
        raise WeakKey(_why_no_rsa(jwk))
    if not isinstance(kind, str) or not isinstance(curve, str) or (kind, curve) not in _COORDINATES:
        raise WeakKey("a key is of kty OKP and crv Ed25519, or of kty EC and crv P-256")
    coordinates = _COORDINATES[kind, curve]
    raw = b"".join(_coordinate(jwk, name) for name in coordinates)
    public_key = raw if kind == "OKP" else bytes([_UNCOMPRESSED]) + raw
    check_public_key(public_key)
    _check_use(jwk, public_key)
    if unknown := sorted(set(jwk) - {"kty", "crv", *coordinates, "kid", "alg", "use", "key_ops"}):
        raise WeakKey(f"the key has a member that is not known: {unknown[0][:40]!r}")
    return public_key


def thumbprint(public_key: bytes) -> str:
    """The SHA-256 thumbprint of the key (RFC 7638), base64url."""
    jwk = public_jwk(public_key)
    return encode_base64url(hashlib.sha256(write_json({name: jwk[name] for name in sorted(jwk)})).digest())


@lru_cache(maxsize=_KEPT)
def _loaded(public_key: bytes) -> Ed25519PublicKey | EllipticCurvePublicKey:
    """The key, sound and ready to verify; looked at and loaded once. Raises WeakKey."""
    if algorithm_of(public_key) == "EdDSA":
        _check_ed25519(public_key)
        return Ed25519PublicKey.from_public_bytes(public_key)
    try:
        return EllipticCurvePublicKey.from_encoded_point(SECP256R1(), public_key)
    except ValueError as fault:
        raise WeakKey("the key is no point of the curve") from fault


def _check_ed25519(raw: bytes) -> None:
    y = int.from_bytes(raw, "little") & (1 << 255) - 1
    if y >= _P:
        raise WeakKey("the key is not written canonically")
    if y in _WEAK_Y:
        raise WeakKey("the key is of small order: anybody could sign with it")
    x_squared = (y * y - 1) * pow(_D * y * y + 1, -1, _P) % _P
    if pow(x_squared, (_P - 1) // 2, _P) != 1:
        raise WeakKey("the key is no point of the curve")


def _coordinate(jwk: Mapping[str, Any], name: str) -> bytes:
    given = jwk.get(name)
    if not isinstance(given, str):
        raise WeakKey(f"the key lacks {name}")
    try:
        raw = decode_base64url(given)
    except NotStrict as fault:
        raise WeakKey(f"{name} is {fault}") from fault
    if len(raw) != ED25519_BYTES:
        raise WeakKey(f"{name} has {len(raw)} bytes, not {ED25519_BYTES}")
    return raw


def _check_use(jwk: Mapping[str, Any], public_key: bytes) -> None:
    if "alg" in jwk and not (isinstance(jwk["alg"], str) and goes_by(public_key, jwk["alg"])):
        raise WeakKey(f"alg is not {algorithm_of(public_key)}, the algorithm of this key")
    if jwk.get("use", "sig") != "sig" or jwk.get("key_ops", ["verify"]) != ["verify"]:
        raise WeakKey("the key is not meant to verify signatures")
    if not isinstance(jwk.get("kid", ""), str):
        raise WeakKey("kid is no text")


def _why_no_rsa(jwk: Mapping[str, Any]) -> str:
    """No RSA key verifies a certificate here; one that nobody should use anywhere is told so."""
    none_here = "RSA verifies nothing here; use Ed25519 or P-256"
    try:
        modulus, exponent = (int.from_bytes(decode_base64url(jwk[name]), "big") for name in ("n", "e"))
    except (NotStrict, KeyError, TypeError, AttributeError):
        return f"{none_here}, and this is no RSA key either"
    if modulus.bit_length() < _LEAST_RSA_BITS:
        return f"{none_here}; with {modulus.bit_length()} bits this key is too short for anything ({_LEAST_RSA_BITS})"
    if exponent != _RSA_EXPONENT:
        return f"{none_here}; with the exponent {str(exponent)[:20]} this key is not sound ({_RSA_EXPONENT})"
    return none_here


@cache
def _es256() -> "ECAlgorithm":
    # Read where somebody has such a key: it brings a client for HTTP with it, and few keys are of this kind.
    import jwt

    found = jwt.get_algorithm_by_name("ES256")
    assert isinstance(found, jwt.algorithms.ECAlgorithm)  # noqa: S101 cryptography is a dependency; without it there is none
    return found
