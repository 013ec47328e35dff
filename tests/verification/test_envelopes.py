import base64
import hmac
import json
from datetime import UTC, date, datetime
from pathlib import Path
from types import ModuleType
from typing import Any

import cbor2
import pytest
from cryptography.hazmat.primitives.asymmetric.ec import ECDSA, SECP256R1, derive_private_key
from cryptography.hazmat.primitives.asymmetric.utils import decode_dss_signature
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from hypothesis import given
from hypothesis import strategies as st

from levels.level import Level
from verification.certificate import StatusPlace, new_number
from verification.envelopes.cwt import CompactToken, MalformedCwt, compact_token, open_cwt, seal_cwt, verify_cwt
from verification.envelopes.jws import (
    MAX_BYTES,
    MAX_LIST_BYTES,
    MalformedJws,
    open_jws,
    seal_jws,
    verify_jws,
)
from verification.envelopes.signer import KeyRef
from verification.keys import WeakKey, good_signature, public_key_from_jwk
from verification.status_token import NoStatusList, open_status_list
from verification.strict import encode_base64url

VECTORS = Path(__file__).resolve().parents[2].parent / "shared" / "vectors"
NAMES = (
    st.text(st.characters(exclude_categories=["Cc", "Cf", "Cs", "Zl", "Zp"]), min_size=1, max_size=40)
    .map(str.strip)
    .filter(bool)
)
MOMENTS = st.integers(0, 4_102_444_800).map(lambda seconds: datetime.fromtimestamp(seconds, UTC))
TOKENS = st.builds(
    CompactToken,
    issuer=st.sampled_from(["norrbygg", "a", "prov.huset-2"]),
    number=st.binary(min_size=10, max_size=10).map(new_number),
    not_before=MOMENTS,
    expires=st.none() | MOMENTS,
    holder_name=NAMES,
    birth=st.none() | st.integers(1900, 2200) | st.dates(date(1900, 1, 1), date(2200, 12, 31)),
    scheme=st.sampled_from(["heta-arbeten", "x"]),
    level=st.sampled_from(list(Level)),
    status=st.builds(StatusPlace, list=st.integers(0, 10_000_000), index=st.integers(0, 100_000_000)),
    log_index=st.none() | st.integers(0, 2**53 - 1),
    restrictions=st.lists(NAMES, max_size=3).map(tuple),
    scope_classes=st.lists(NAMES, max_size=3).map(tuple),
)
KID = bytes.fromhex("0a0b0c0d")


@given(token=TOKENS)
def test_a_token_says_what_was_sealed(world: ModuleType, token: CompactToken) -> None:
    opened = open_cwt(seal_cwt(token, KID, world.ATTESTATION))
    assert opened.token == token
    assert verify_cwt(opened, world.ATTESTATION.public)


def test_a_typical_token_is_small_and_exactly_as_documented(world: ModuleType) -> None:
    data = world.compact()
    assert len(data) <= 180
    protected, unprotected, payload, signature = cbor2.loads(data)
    assert cbor2.loads(protected) == {1: -8, 4: KID}
    assert unprotected == {}
    assert len(signature) == 64
    claims = cbor2.loads(payload)
    assert set(claims) == {1, 4, 5, 7, -65537}
    assert claims[1] == "provhuset"
    assert claims[4] == int(datetime(2031, 2, 28, 23, 0, tzinfo=UTC).timestamp())
    assert claims[5] == int(datetime(2026, 2, 28, 23, 0, tzinfo=UTC).timestamp())
    assert claims[-65537] == ["Åsa Lindström Bergqvist", 1987, "heta-arbeten", "C1", [3, 48213], 123456]


@pytest.mark.parametrize(("kept", "birth"), [("none", None), ("year", 1987), ("date", date(1987, 4, 12))])
def test_the_code_says_no_more_of_the_birth_than_the_scheme_wants(world: ModuleType, kept: str, birth: object) -> None:
    certificate = world.CERTIFICATE.model_copy(update={"birth_in_code": kept})
    assert compact_token(certificate).birth == birth


def _parts(world: ModuleType) -> tuple[dict[Any, Any], dict[Any, Any]]:
    protected, _, payload, _ = cbor2.loads(world.compact())
    return cbor2.loads(protected), cbor2.loads(payload)


def _signed(world: ModuleType, header: object, claims: object, unprotected: object = None) -> bytes:
    """Whatever is given, properly signed: only the parser stands between."""
    protected = header if isinstance(header, bytes) else cbor2.dumps(header, canonical=True)
    payload = claims if isinstance(claims, bytes) else cbor2.dumps(claims, canonical=True)
    signature = world.ATTESTATION.sign(cbor2.dumps(["Signature1", protected, b"", payload], canonical=True))
    return cbor2.dumps([protected, unprotected or {}, payload, signature], canonical=True)


HOSTILE_CLAIMS: dict[str, Any] = {
    "no issuer": lambda c: c.pop(1),
    "issuer is a number": lambda c: c.update({1: 5}),
    "issuer is an address": lambda c: c.update({1: "https://x/"}),
    "unknown claim": lambda c: c.update({6: 1}),
    "unknown private claim": lambda c: c.update({-65538: []}),
    "textual claim": lambda c: c.update({"exp": 1}),
    "end is text": lambda c: c.update({4: "9999999999"}),
    "end is a float": lambda c: c.update({4: 1.9e9}),
    "end is NaN": lambda c: c.update({4: float("nan")}),
    "end is infinite": lambda c: c.update({4: float("inf")}),
    "end is a bignum": lambda c: c.update({4: 2**70}),
    "end is true": lambda c: c.update({4: True}),
    "begin is missing": lambda c: c.pop(5),
    "begin is null": lambda c: c.update({5: None}),
    "begin is beyond the calendar": lambda c: c.update({5: 2**60}),
    "number is short": lambda c: c.update({7: b"123456789"}),
    "number is text": lambda c: c.update({7: "1234567890"}),
    "no facts": lambda c: c.pop(-65537),
    "facts are a map": lambda c: c.update({-65537: {}}),
    "too few facts": lambda c: c[-65537].pop(),
    "too many facts": lambda c: c[-65537].extend([[], ["a"], 1]),
    "an empty list of restrictions": lambda c: c[-65537].append([]),
    "empty lists of both": lambda c: c[-65537].extend([[], []]),
    "restrictions are text": lambda c: c[-65537].append("none"),
    "a restriction is a number": lambda c: c[-65537].append([1]),
    "forty-one restrictions": lambda c: c[-65537].append(["x"] * 41),
    "name is bytes": lambda c: c[-65537].__setitem__(0, b"Eva"),
    "name is empty": lambda c: c[-65537].__setitem__(0, ""),
    "name turns the text around": lambda c: c[-65537].__setitem__(0, "Eva\u202eavE"),
    "name breaks the line": lambda c: c[-65537].__setitem__(0, "Eva\nEva"),
    "name has a NUL": lambda c: c[-65537].__setitem__(0, "Eva\x00"),
    "name is endless": lambda c: c[-65537].__setitem__(0, "x" * 121),
    "birth is text": lambda c: c[-65537].__setitem__(1, "1987"),
    "birth is in the year 0": lambda c: c[-65537].__setitem__(1, 0),
    "birth is true": lambda c: c[-65537].__setitem__(1, True),
    "birth is 31 February": lambda c: c[-65537].__setitem__(1, [1987, 2, 31]),
    "birth has a month of true": lambda c: c[-65537].__setitem__(1, [1987, True, 1]),
    "birth has a month beyond 32 bits": lambda c: c[-65537].__setitem__(1, [1987, 2**33, 1]),
    "birth is a tagged date": lambda c: c[-65537].__setitem__(1, cbor2.CBORTag(100, 6000)),
    "level A": lambda c: c[-65537].__setitem__(3, "A"),
    "level is a list": lambda c: c[-65537].__setitem__(3, ["B"]),
    "negative place": lambda c: c[-65537].__setitem__(4, [3, -1]),
    "place is true": lambda c: c[-65537].__setitem__(4, [True, 1]),
    "place has three parts": lambda c: c[-65537].__setitem__(4, [1, 2, 3]),
    "place is a map": lambda c: c[-65537].__setitem__(4, {1: 2}),
    "negative log index": lambda c: c[-65537].__setitem__(5, -1),
    "log index is false": lambda c: c[-65537].__setitem__(5, False),
    "log index beyond 2**53": lambda c: c[-65537].__setitem__(5, 2**53),
    "undefined": lambda c: c[-65537].__setitem__(5, cbor2.undefined),
}


@pytest.mark.parametrize("case", HOSTILE_CLAIMS)
def test_a_well_signed_token_of_another_shape_is_refused(world: ModuleType, case: str) -> None:
    header, claims = _parts(world)
    HOSTILE_CLAIMS[case](claims)
    with pytest.raises(MalformedCwt):
        open_cwt(_signed(world, header, claims))


def test_the_bytes_are_those_and_no_others(world: ModuleType) -> None:
    header, claims = _parts(world)
    good = world.compact()
    payload = cbor2.dumps(claims, canonical=True)
    hostile = {
        "trailing byte": good + b"\x00",
        "cut off": good[:-1],
        "empty": b"",
        "tagged 18": b"\xd2" + good,
        "self-described": b"\xd9\xd9\xf7" + good,
        "long length": b"\x98\x04" + good[1:],
        "indefinite array": b"\x9f" + good[1:] + b"\xff",
        "a map in front": cbor2.dumps({}),
        "unprotected header": _signed(world, header, claims, {4: b"x"}),
        "algorithm in text": _signed(world, {1: "EdDSA", 4: KID}, claims),
        "algorithm ES256": _signed(world, {1: -7, 4: KID}, claims),
        "algorithm as a float": _signed(world, {1: -8.0, 4: KID}, claims),
        "critical header": _signed(world, {1: -8, 2: [1], 4: KID}, claims),
        "key id of five bytes": _signed(world, {1: -8, 4: b"12345"}, claims),
        "no key id": _signed(world, {1: -8}, claims),
        "header not a map": _signed(world, cbor2.dumps([1]), claims),
        "duplicate claim": _signed(world, header, b"\xa6\x01\x61a" + payload[1:]),
        "claims in another order": _signed(world, header, cbor2.dumps(dict(reversed(claims.items())))),
        "bytes after the claims": _signed(world, header, payload + b"\x00"),
        "nested deeply": b"\x81" * 1000 + b"\x00",
        "bigfloat": bytes.fromhex("c5821b7fffffffffffffff01"),
        "longer than a code can be": b"\x5a\x00\x01\x00\x00" + b"x" * 65536,
    }
    for case, data in hostile.items():
        with pytest.raises(MalformedCwt):
            open_cwt(data)
        assert case


def test_no_flipped_bit_of_a_token_verifies(world: ModuleType) -> None:
    good = world.compact()
    assert verify_cwt(open_cwt(good), world.ATTESTATION.public)
    for position in range(len(good) * 8):
        data = bytearray(good)
        data[position // 8] ^= 1 << position % 8
        try:
            opened = open_cwt(bytes(data))
        except MalformedCwt:
            continue
        assert opened.kid != KID or not verify_cwt(opened, world.ATTESTATION.public), position


@given(st.binary(max_size=300))
def test_no_bytes_break_the_reader(data: bytes) -> None:
    with pytest.raises(MalformedCwt):
        open_cwt(data)


def test_what_a_token_cannot_say_is_not_sealed(world: ModuleType) -> None:
    token = compact_token(world.CERTIFICATE)
    for wrong in ({"holder_name": "x" * 121}, {"birth": 1800}, {"log_index": -1}):
        with pytest.raises(MalformedCwt):
            seal_cwt(token._replace(**wrong), KID, world.ATTESTATION)
    with pytest.raises(MalformedCwt):
        seal_cwt(token, b"12345", world.ATTESTATION)


# --- JWS ---------------------------------------------------------------------------------------------


def _text(part: bytes | str) -> str:
    return encode_base64url(part.encode() if isinstance(part, str) else part)


def _jws(world: ModuleType, header: bytes | str, payload: bytes | str) -> str:
    signed = f"{_text(header)}.{_text(payload)}"
    return f"{signed}.{_text(world.ISSUER_KEY.sign(signed.encode()))}"


HEADER = '{"alg":"EdDSA","typ":"vc+jwt","kid":"did:web:a#k"}'
HOSTILE_HEADERS = {
    "none": '{"alg":"none","typ":"vc+jwt","kid":"k"}',
    "NoNe": '{"alg":"NoNe","typ":"vc+jwt","kid":"k"}',
    "HS256": '{"alg":"HS256","typ":"vc+jwt","kid":"k"}',
    "HS512": '{"alg":"HS512","typ":"vc+jwt","kid":"k"}',
    "RS256": '{"alg":"RS256","typ":"vc+jwt","kid":"k"}',
    "PS256": '{"alg":"PS256","typ":"vc+jwt","kid":"k"}',
    "ES384": '{"alg":"ES384","typ":"vc+jwt","kid":"k"}',
    "ES256K": '{"alg":"ES256K","typ":"vc+jwt","kid":"k"}',
    "Ed448": '{"alg":"Ed448","typ":"vc+jwt","kid":"k"}',
    "eddsa": '{"alg":"eddsa","typ":"vc+jwt","kid":"k"}',
    "es256": '{"alg":"es256","typ":"vc+jwt","kid":"k"}',
    "EdDSA and a space": '{"alg":"EdDSA ","typ":"vc+jwt","kid":"k"}',
    "kid leads away": '{"alg":"EdDSA","typ":"vc+jwt","kid":"../../dev/null"}',
    "kid is a query": '{"alg":"EdDSA","typ":"vc+jwt","kid":"x\' OR 1=1 --"}',
    "kid is an address": '{"alg":"EdDSA","typ":"vc+jwt","kid":"https://evil.example/k"}',
    "kid of another method": '{"alg":"EdDSA","typ":"vc+jwt","kid":"did:key:z6Mk#z6Mk"}',
    "kid ends in a line break": '{"alg":"EdDSA","typ":"vc+jwt","kid":"k\\n"}',
    "holds something else": '{"alg":"EdDSA","typ":"vc+jwt","kid":"k","cty":"JWT"}',
    "certificate's address": '{"alg":"EdDSA","typ":"vc+jwt","kid":"k","x5u":"https://evil.example"}',
    "thumbprint": '{"alg":"EdDSA","typ":"vc+jwt","kid":"k","x5t":"AA"}',
    "unencoded and critical": '{"alg":"EdDSA","typ":"vc+jwt","kid":"k","b64":false,"crit":["b64"]}',
    "type with a slash": '{"alg":"EdDSA","typ":"application/vc+jwt","kid":"k"}',
    "type of a plain token": '{"alg":"EdDSA","typ":"JWT","kid":"k"}',
    "endless header": '{"alg":"EdDSA","typ":"vc+jwt","kid":"k","iss":"' + "x" * 1100 + '"}',
    "no algorithm": '{"typ":"vc+jwt","kid":"k"}',
    "algorithms in a list": '{"alg":["EdDSA"],"typ":"vc+jwt","kid":"k"}',
    "empty algorithm": '{"alg":"","typ":"vc+jwt","kid":"k"}',
    "critical": '{"alg":"EdDSA","typ":"vc+jwt","kid":"k","crit":["exp"]}',
    "critical but empty": '{"alg":"EdDSA","typ":"vc+jwt","kid":"k","crit":[]}',
    "brings its own key": '{"alg":"EdDSA","typ":"vc+jwt","kid":"k","jwk":{"kty":"OKP"}}',
    "names a key's address": '{"alg":"EdDSA","typ":"vc+jwt","kid":"k","jku":"https://evil.example"}',
    "certificate chain": '{"alg":"EdDSA","typ":"vc+jwt","kid":"k","x5c":[]}',
    "compressed": '{"alg":"EdDSA","typ":"vc+jwt","kid":"k","zip":"DEF"}',
    "unencoded payload": '{"alg":"EdDSA","typ":"vc+jwt","kid":"k","b64":false}',
    "a status list": '{"alg":"EdDSA","typ":"statuslist+jwt","kid":"k"}',
    "no type": '{"alg":"EdDSA","kid":"k"}',
    "type in capitals": '{"alg":"EdDSA","typ":"VC+JWT","kid":"k"}',
    "no key": '{"alg":"EdDSA","typ":"vc+jwt"}',
    "empty key": '{"alg":"EdDSA","typ":"vc+jwt","kid":""}',
    "endless key": '{"alg":"EdDSA","typ":"vc+jwt","kid":"' + "k" * 301 + '"}',
    "key is a number": '{"alg":"EdDSA","typ":"vc+jwt","kid":1}',
    "algorithm twice": '{"alg":"none","alg":"EdDSA","typ":"vc+jwt","kid":"k"}',
    "header is a list": "[]",
    "header is text": '"x"',
    "header is empty": "",
    "trailing comma": '{"alg":"EdDSA","typ":"vc+jwt","kid":"k",}',
}
HOSTILE_PAYLOADS: dict[str, bytes] = {
    "claim twice": b'{"sub":"a","sub":"b"}',
    "claim twice, deep": b'{"a":{"b":1,"b":2}}',
    "claim twice by escape": b'{"a":1,"\\u0061":2}',
    "NaN": b'{"exp":NaN}',
    "infinite": b'{"exp":Infinity}',
    "minus infinite": b'{"exp":-Infinity}',
    "1e308": b'{"exp":1e308}',
    "a fraction": b'{"exp":1.5}',
    "2**53 + 1": b'{"exp":9007199254740993}',
    "minus 2**53 - 1": b'{"exp":-9007199254740993}',
    "thirty digits": b'{"exp":' + b"9" * 30 + b"}",
    "five thousand digits": b'{"exp":' + b"9" * 5000 + b"}",
    "UTF-16": '{"a":1}'.encode("utf-16"),
    "UTF-16 without mark": '{"a":1}'.encode("utf-16-le"),
    "byte order mark": b"\xef\xbb\xbf{}",
    "Latin-1": '{"a":"å"}'.encode("latin-1"),
    "half a character": b'{"a":"\\ud800"}',
    "half a character as name": b'{"\\udfff":1}',
    "NUL": b'{"a":"\\u0000"}',
    "nested thirteen times": b'{"a":' * 13 + b"1" + b"}" * 13,
    "nested a hundred thousand times": b"[" * 40_000,
    "a list": b"[]",
    "null": b"null",
    "empty": b"",
    "two documents": b"{}{}",
    "comment": b"{}/**/",
    "single quotes": b"{'a':1}",
}


@pytest.mark.parametrize("case", HOSTILE_HEADERS)
def test_a_hostile_header_is_refused(world: ModuleType, case: str) -> None:
    with pytest.raises(MalformedJws):
        open_jws(_jws(world, HOSTILE_HEADERS[case], "{}"), typ="vc+jwt")


@pytest.mark.parametrize("case", HOSTILE_PAYLOADS)
def test_a_hostile_payload_is_refused(world: ModuleType, case: str) -> None:
    with pytest.raises(MalformedJws):
        open_jws(_jws(world, HEADER, HOSTILE_PAYLOADS[case]), typ="vc+jwt")


def test_hostile_texts_are_refused(world: ModuleType) -> None:
    good = _jws(world, HEADER, '{"a":1}')
    head, body, signature = good.split(".")
    assert open_jws(good, typ="vc+jwt").payload == {"a": 1}
    hostile = {
        "padding": good + "==",
        "padding inside": f"{head}=.{body}.{signature}",
        "four parts": good + ".",
        "two parts": f"{head}.{body}",
        "space": good + " ",
        "line break inside": f"{head}\n.{body}.{signature}",
        "other alphabet": f"{head}.{body}.{signature[:-2]}+/",
        "not ASCII": good + "å",
        "Arabic digits": good[:-1] + "\u0661",
        "unused bits": f"{head}.{body}.{signature[:-1]}{'B' if signature[-1] != 'B' else 'D'}",
        "no signature": f"{head}.{body}.",
        "65 bytes": f"{head}.{body}.{_text(bytes(65))}",
        "huge": good + "A" * 70_000,
        "NUL": good + "\x00",
        "JSON serialisation": json.dumps({"protected": head, "payload": body, "signature": signature}),
    }
    for case, text in hostile.items():
        with pytest.raises(MalformedJws):
            open_jws(text, typ="vc+jwt")
        assert case


def test_no_flipped_bit_of_a_certificate_verifies(world: ModuleType) -> None:
    good = world.full()
    assert verify_jws(open_jws(good, typ="vc+jwt"), world.ISSUER_KEY.public)
    raw = [base64.urlsafe_b64decode(part + "=" * (-len(part) % 4)) for part in good.split(".")]
    for part, data in enumerate(raw):
        for position in range(0, len(data) * 8, 1 if part != 1 else 41):
            changed = bytearray(data)
            changed[position // 8] ^= 1 << position % 8
            text = ".".join(_text(bytes(changed) if place == part else other) for place, other in enumerate(raw))
            try:
                opened = open_jws(text, typ="vc+jwt")
            except MalformedJws:
                continue
            assert not verify_jws(opened, world.ISSUER_KEY.public), (part, position)


def test_sealing_twice_gives_the_same_text_and_another_key_does_not_fit(world: ModuleType) -> None:
    assert world.full() == world.full()
    opened = open_jws(world.full(), typ="vc+jwt")
    assert not verify_jws(opened, world.STRANGER.public)


@pytest.mark.parametrize("payload", [{"a": float("nan")}, {"a": 2**60}, {"a": {1, 2}}, {"a": 0.5}, {"a": "\ud800"}])
def test_what_could_not_be_read_back_is_not_sealed(world: ModuleType, payload: dict[str, Any]) -> None:
    with pytest.raises((MalformedJws, UnicodeEncodeError)):
        seal_jws(payload, typ="vc+jwt", kid="k", sign=world.ISSUER_KEY)


@given(st.text(max_size=200))
def test_no_text_breaks_the_reader(text: str) -> None:
    with pytest.raises(MalformedJws):
        open_jws(text, typ="vc+jwt")


# --- algorithms ----------------------------------------------------------------------------------------


class P256Key:
    """A key for ES256 made from one number."""

    def __init__(self, secret: int) -> None:
        self._private = derive_private_key(secret, SECP256R1())
        self.public = self._private.public_key().public_bytes(Encoding.X962, PublicFormat.UncompressedPoint)

    def key(self) -> KeyRef:
        return KeyRef("key-2", "ES256")

    def sign(self, data: bytes) -> bytes:
        r, s = decode_dss_signature(self._private.sign(data, ECDSA(SHA256())))
        return r.to_bytes(32, "big") + s.to_bytes(32, "big")

    def sign_der(self, data: bytes) -> bytes:
        return self._private.sign(data, ECDSA(SHA256()))


WALLET = P256Key(77)


@pytest.mark.parametrize("signer", ["Ed25519", "P-256"])
@pytest.mark.parametrize("alg", ["EdDSA", "Ed25519", "ES256"])
@pytest.mark.parametrize("key", ["Ed25519", "P-256"])
def test_the_algorithm_is_the_keys(world: ModuleType, signer: str, alg: str, key: str) -> None:
    signers = {"Ed25519": world.ISSUER_KEY, "P-256": WALLET}
    signed = f"{_text(json.dumps({'alg': alg, 'typ': 'vc+jwt', 'kid': 'k'}))}.{_text('{}')}"
    opened = open_jws(f"{signed}.{_text(signers[signer].sign(signed.encode()))}", typ="vc+jwt")
    its_own = {"EdDSA": "Ed25519", "Ed25519": "Ed25519", "ES256": "P-256"}[alg]
    assert verify_jws(opened, signers[key].public) == (signer == key == its_own)


def test_es256_is_sealed_and_verified_and_only_as_r_and_s(world: ModuleType) -> None:
    text = seal_jws({"a": 1}, typ="vc+jwt", kid="k", sign=WALLET)
    opened = open_jws(text, typ="vc+jwt")
    assert opened.header["alg"] == "ES256"
    assert verify_jws(opened, WALLET.public)
    assert not verify_jws(opened, P256Key(78).public)
    assert not verify_jws(opened, world.ISSUER_KEY.public)
    signed = text.rsplit(".", 1)[0]
    with pytest.raises(MalformedJws):
        open_jws(f"{signed}.{_text(WALLET.sign_der(signed.encode()))}", typ="vc+jwt")
    for r_and_s in (bytes(64), b"\xff" * 64, opened.signature[:32] + bytes(32), bytes(32) + opened.signature[32:]):
        assert not verify_jws(open_jws(f"{signed}.{_text(r_and_s)}", typ="vc+jwt"), WALLET.public)


def test_a_public_key_is_no_shared_secret(world: ModuleType) -> None:
    for name in ("HS256", "HS384", "HS512"):
        signed = f"{_text(json.dumps({'alg': name, 'typ': 'vc+jwt', 'kid': 'k'}))}.{_text('{}')}"
        digest = hmac.digest(world.ISSUER_KEY.public, signed.encode(), f"sha{name[2:]}")
        with pytest.raises(MalformedJws, match="algorithm"):
            open_jws(f"{signed}.{_text(digest.ljust(64, bytes(1))[:64])}", typ="vc+jwt")


def test_a_compact_token_is_signed_with_ed25519_alone(world: ModuleType) -> None:
    with pytest.raises(MalformedCwt):
        seal_cwt(compact_token(world.CERTIFICATE), KID, WALLET)
    opened = open_cwt(world.compact())
    assert not verify_cwt(opened, WALLET.public)


# --- size ----------------------------------------------------------------------------------------------


def test_the_longest_certificate_that_can_be_issued_fits_and_no_lesser_bound_would_do(world: ModuleType) -> None:
    from registry.records.sector.scheme_document import MOST_BYTES_OF_CONTENT

    # English counts three times, for it stands on a certificate three times; all the rest is as long as it may be.
    line = "å" * 120
    lines = (line,) * 25
    assert len("".join(lines).encode()) * 5 == MOST_BYTES_OF_CONTENT
    certificate = world.CERTIFICATE.model_copy(
        update={
            "content": {"sv": lines, "nb": lines, "en": lines},
            "title": dict.fromkeys(("sv", "nb", "en"), "å" * 500),
            "holder_name": "å" * 120,
            "scope_classes": tuple(f"{number:02d}{'å' * 18}" for number in range(40)),
            "delivery": "å" * 500,
        }
    )
    text = world.full(certificate)
    assert 49_152 < len(text) <= MAX_BYTES
    assert verify_jws(open_jws(text, typ="vc+jwt"), world.ISSUER_KEY.public)


def test_what_is_too_long_is_not_looked_at(world: ModuleType) -> None:
    long = seal_jws({"a": "x" * 50_000}, typ="statuslist+jwt", kid="k", sign=world.ISSUER_KEY)
    assert len(long) > MAX_BYTES
    assert open_jws(long, typ="statuslist+jwt").payload["a"]
    with pytest.raises(MalformedJws, match="longer"):
        open_jws(long, typ="vc+jwt")
    with pytest.raises(MalformedJws, match="longer"):
        open_jws("a." * (MAX_LIST_BYTES // 2 + 1), typ="statuslist+jwt")
    with pytest.raises(MalformedJws, match="longer"):
        seal_jws({"a": "x" * 60_000}, typ="vc+jwt", kid="k", sign=world.ISSUER_KEY)


# --- published COSE vectors ----------------------------------------------------------------------------

# What the signature is worth by itself, by the vector's own key; and why nothing here takes the message for ours: our
# own token is an untagged COSE_Sign1 of Ed25519 whose protected header names algorithm and key, our list a tagged one.
COSE: dict[str, tuple[bool | None, str]] = {
    "CWT_A_3": (True, "a CWT of ES256, tagged, with claims that no certificate has"),
    "CWT_A_4": (None, "a MAC: whoever verifies it could have made it"),
    "CWT_A_5": (None, "encrypted"),
    "CWT_A_6": (None, "signed and then encrypted"),
    "CWT_A_7": (None, "a MAC over a float"),
    "ecdsa-examples_ecdsa-sig-01": (True, "its payload is text"),
    "eddsa-examples_eddsa-sig-01": (True, "its payload is text"),
    "eddsa-examples_eddsa-sig-02": (False, "Ed448: its key is no key of ours"),
    "sign1-tests_sign-fail-01": (True, "tag 998; the signature inside is good"),
    "sign1-tests_sign-fail-02": (False, "another payload than was signed"),
    "sign1-tests_sign-fail-03": (False, "another algorithm than was signed"),
    "sign1-tests_sign-fail-04": (False, "an algorithm of no name"),
    "sign1-tests_sign-fail-06": (False, "a header more than was signed"),
    "sign1-tests_sign-fail-07": (False, "a header fewer than was signed"),
    "sign1-tests_sign-pass-01": (False, "an empty header written as a map; what is signed has it as no bytes"),
    "sign1-tests_sign-pass-02": (False, "signed together with data from elsewhere, which our messages never are"),
    "sign1-tests_sign-pass-03": (True, "untagged, but of ES256 and with its key's id unprotected"),
}


def _cose_key(given: dict[str, str]) -> bytes:
    def coordinate(name: str) -> str:
        raw = given.get(f"{name}_hex")
        return given[name] if raw is None else encode_base64url(bytes.fromhex(raw))

    names = ("x",) if given["kty"] == "OKP" else ("x", "y")
    return public_key_from_jwk({"kty": given["kty"], "crv": given["crv"], **{n: coordinate(n) for n in names}})


def test_published_cose_messages_by_name(world: ModuleType) -> None:
    folder = VECTORS / "cose-wg-examples"
    if not folder.exists():
        pytest.skip("the COSE vectors are not beside this checkout")
    assert {path.stem for path in folder.glob("*.json")} == set(COSE)
    for name, (good, why) in COSE.items():
        vector = json.loads((folder / f"{name}.json").read_text("utf-8"))
        data = bytes.fromhex(vector["output"]["cbor"])
        with pytest.raises(MalformedCwt):
            open_cwt(data)
        with pytest.raises(MalformedCwt):
            open_cwt(data.removeprefix(b"\xd2"))
        with pytest.raises(NoStatusList):
            open_status_list(data, world.TRUST, world.NOW)
        assert why
        if good is None:
            continue
        message = cbor2.loads(data)
        protected, _, payload, signature = getattr(message, "value", message)
        signed = cbor2.dumps(["Signature1", protected, b"", payload])
        try:
            key = _cose_key(vector["input"]["sign0"]["key"])
        except WeakKey:
            assert vector["input"]["sign0"]["key"]["crv"] == "Ed448"
            continue
        assert good_signature(key, signature, signed) == good, name
        if name not in {"sign1-tests_sign-pass-01", "sign1-tests_sign-pass-02"} and "failures" not in vector["input"]:
            assert signed == bytes.fromhex(vector["intermediates"]["ToBeSign_hex"])
