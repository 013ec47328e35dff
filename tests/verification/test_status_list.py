import gzip
import json
import zlib
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from verification.envelopes.jws import encode_base64url
from verification.status_list import (
    HERD,
    MAX_LIST_BYTES,
    Bitstring,
    MalformedStatusList,
    NotInList,
    Purpose,
    Status,
    bitstring,
    bitstring_claims,
    decode_bitstring,
    decode_token_list,
    encode_bitstring,
    encode_token_list,
    status_list,
    token_list_claims,
)

VECTORS = Path(__file__).resolve().parents[2].parent / "shared" / "vectors" / "ietf-token-status-list"
NOW = datetime(2026, 11, 20, 15, 25, tzinfo=UTC)
URL = "https://bevis.example"
INDEXES = st.integers(0, HERD - 1)


@given(st.dictionaries(INDEXES, st.sampled_from(list(Status)), max_size=20))
def test_a_token_list_says_what_was_put_in(statuses: dict[int, Status]) -> None:
    again = decode_token_list(encode_token_list(status_list(statuses)), 2)
    assert again == status_list(statuses)
    assert all(again.at(index) == status for index, status in statuses.items())


@given(st.sets(INDEXES, max_size=20))
def test_a_bitstring_says_what_was_put_in(indexes: set[int]) -> None:
    again = decode_bitstring(encode_bitstring(bitstring(indexes)))
    assert again == bitstring(indexes)
    assert all(again.at(index) for index in indexes)


def test_the_lists_count_bits_from_opposite_ends() -> None:
    assert status_list({0: 1}).packed[0] == 0b0000_0001
    assert status_list({3: 3}).packed[0] == 0b1100_0000
    assert bitstring({0}).packed[0] == 0b1000_0000


def test_published_token_status_list_vectors() -> None:
    if not VECTORS.exists():
        pytest.skip("the Token Status List vectors are not beside this checkout")
    for vector in json.loads((VECTORS / "encoding-vectors.json").read_text("utf-8")):
        statuses = {int(index): status for index, status in vector["statuses"].items()}
        decoded = decode_token_list(vector["json"]["lst"], vector["bits"])
        assert decoded == status_list(statuses, vector["size"], vector["bits"])
        assert encode_token_list(decoded) == vector["json"]["lst"]
    worked = json.loads((VECTORS / "worked-examples.json").read_text("utf-8"))
    assert decode_token_list(worked["status_list_encoding_json"]["lst"], 1).packed == bytes.fromhex("b9a3")
    assert decode_token_list(worked["status_list_encoding2_json"]["lst"], 2).packed == bytes.fromhex("c944f9")


def test_an_index_outside_the_list_has_no_status() -> None:
    for index in (-1, HERD, 10**12):
        with pytest.raises(NotInList):
            status_list({}).at(index)
        with pytest.raises(NotInList):
            bitstring([]).at(index)


def _bomb() -> bytes:
    return bytes(MAX_LIST_BYTES + 1)


@pytest.mark.parametrize(
    "lst",
    [
        pytest.param("", id="empty"),
        pytest.param("AAAA", id="not compressed"),
        pytest.param("eNo76fITAAPfAgc=", id="padding"),
        pytest.param(encode_base64url(zlib.compress(bytes(10))[:-1]), id="cut off"),
        pytest.param(encode_base64url(zlib.compress(bytes(10)) + b"x"), id="followed by something"),
        pytest.param(encode_base64url(zlib.compress(b"")), id="nothing in it"),
        pytest.param(encode_base64url(gzip.compress(bytes(10))), id="GZIP"),
        pytest.param(encode_base64url(zlib.compress(_bomb())), id="unpacks to too much"),
    ],
)
def test_a_damaged_token_list_is_refused(lst: str) -> None:
    with pytest.raises(MalformedStatusList):
        decode_token_list(lst, 2)


@pytest.mark.parametrize("bits", [0, 3, 16, True, "2"])
def test_a_list_has_few_widths(bits: int) -> None:
    with pytest.raises(MalformedStatusList):
        decode_token_list(encode_token_list(status_list({})), bits)


@pytest.mark.parametrize(
    "encoded",
    [
        pytest.param("", id="empty"),
        pytest.param(encode_base64url(gzip.compress(bytes(HERD))), id="no multibase letter"),
        pytest.param("z" + encode_base64url(gzip.compress(bytes(HERD))), id="another base"),
        pytest.param("u" + encode_base64url(gzip.compress(bytes(HERD // 8 - 1))), id="too short a herd"),
        pytest.param("u" + encode_base64url(zlib.compress(bytes(HERD))), id="ZLIB"),
        pytest.param("u" + encode_base64url(gzip.compress(_bomb())), id="unpacks to too much"),
        pytest.param("u" + encode_base64url(gzip.compress(bytes(HERD)) * 2), id="two members"),
    ],
)
def test_a_damaged_bitstring_is_refused(encoded: str) -> None:
    with pytest.raises(MalformedStatusList):
        decode_bitstring(encoded)


@pytest.mark.parametrize(
    ("statuses", "size", "bits"), [({HERD: 1}, HERD, 2), ({0: 4}, HERD, 2), ({-1: 1}, 8, 2), ({}, 3, 2), ({}, 8, 3)]
)
def test_what_does_not_fit_is_not_encoded(statuses: dict[int, int], size: int, bits: int) -> None:
    with pytest.raises(ValueError, match="list"):
        status_list(statuses, size, bits)
    with pytest.raises(ValueError, match="bitstring"):
        bitstring([], 8)
    with pytest.raises(ValueError, match="outside"):
        bitstring([HERD])


def test_the_token_list_names_its_address_and_its_age() -> None:
    claims = token_list_claims(status_list({7: 1}), 3, URL, NOW, ttl=300, lifetime=timedelta(days=1))
    assert claims["sub"] == "https://bevis.example/status/3"
    assert (claims["iat"], claims["ttl"], claims["exp"]) == (int(NOW.timestamp()), 300, int(NOW.timestamp()) + 86_400)
    assert decode_token_list(claims["status_list"]["lst"], claims["status_list"]["bits"]).at(7) == Status.WITHDRAWN


@given(st.dictionaries(INDEXES, st.sampled_from(list(Status)), max_size=20))
def test_both_kinds_of_list_say_the_same(statuses: dict[int, Status]) -> None:
    given_list = status_list(statuses)

    def bits(purpose: Purpose) -> Bitstring:
        claims = bitstring_claims(
            given_list, purpose, 3, registry_did="did:web:x", public_url=URL, now=NOW, lifetime=timedelta(days=1)
        )
        return decode_bitstring(claims["credentialSubject"]["encodedList"])

    revoked, suspended = bits("revocation"), bits("suspension")
    for index, status in statuses.items():
        assert revoked.at(index) == (status in {Status.WITHDRAWN, Status.SUPERSEDED})
        assert suspended.at(index) == (status is Status.SUSPENDED)


def test_publishing_twice_publishes_the_same() -> None:
    def published() -> str:
        claims = bitstring_claims(
            status_list({5: 2}),
            "suspension",
            3,
            registry_did="did:web:x",
            public_url=URL,
            now=NOW,
            lifetime=timedelta(1),
        )
        return json.dumps(claims)

    assert published() == published()
