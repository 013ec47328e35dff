import gzip
import json
import zlib
from pathlib import Path

import cbor2
import pytest
from hypothesis import given
from hypothesis import strategies as st

from verification.status_list import (
    HERD,
    MAX_LIST_BYTES,
    MalformedStatusList,
    NotInList,
    Status,
    bitstring_of,
    decode_bitstring,
    decode_token_list,
    deflated,
    encode_bitstring,
    encode_token_list,
    inflated,
    status_list,
    status_list_of,
)
from verification.strict import encode_base64url

VECTORS = Path(__file__).resolve().parents[2].parent / "shared" / "vectors" / "ietf-token-status-list"
WITHDRAWN = frozenset({int(Status.WITHDRAWN)})
INDEXES = st.integers(0, HERD - 1)


@given(st.dictionaries(INDEXES, st.sampled_from(list(Status)), max_size=20))
def test_a_token_list_says_what_was_put_in(statuses: dict[int, Status]) -> None:
    again = decode_token_list(encode_token_list(status_list(statuses)), 2)
    assert again == status_list(statuses)
    assert all(again.at(index) == status for index, status in statuses.items())


@given(st.sets(INDEXES, max_size=20), st.sampled_from([1, 6, 9]))
def test_a_bitstring_says_what_was_put_in(indexes: set[int], effort: int) -> None:
    bits = bitstring_of(status_list(dict.fromkeys(indexes, 1)), WITHDRAWN)
    again = decode_bitstring(encode_bitstring(bits, effort))
    assert again == bits
    assert all(again.at(index) for index in indexes)


def test_the_lists_count_bits_from_opposite_ends() -> None:
    assert status_list({0: 1}).packed[0] == 0b0000_0001
    assert status_list({3: 3}).packed[0] == 0b1100_0000
    assert bitstring_of(status_list({0: 1}), WITHDRAWN).packed[0] == 0b1000_0000


def test_published_token_status_list_vectors() -> None:
    if not VECTORS.exists():
        pytest.skip("the Token Status List vectors are not beside this checkout")
    for vector in json.loads((VECTORS / "encoding-vectors.json").read_text("utf-8")):
        statuses = {int(index): status for index, status in vector["statuses"].items()}
        decoded = decode_token_list(vector["json"]["lst"], vector["bits"])
        assert decoded == status_list(statuses, vector["size"], vector["bits"])
        assert encode_token_list(decoded) == vector["json"]["lst"]
        # In CBOR the same bytes, without base64url.
        packed = cbor2.loads(bytes.fromhex(vector["cbor_hex"]))
        assert packed["lst"] == deflated(decoded)
        assert inflated(packed["lst"], packed["bits"]) == decoded
    worked = json.loads((VECTORS / "worked-examples.json").read_text("utf-8"))
    assert decode_token_list(worked["status_list_encoding_json"]["lst"], 1).packed == bytes.fromhex("b9a3")
    two = decode_token_list(worked["status_list_encoding2_json"]["lst"], 2)
    assert two.packed == bytes.fromhex("c944f9")
    for bits, name in ((1, "bits1"), (2, "bits2")):
        values = worked["status_list_encoding_values"][name]
        made = status_list(dict(enumerate(values)), len(values), bits)
        assert [made.at(index) for index in range(len(values))] == values
        assert encode_token_list(made) == worked[f"status_list_encoding{'' if bits == 1 else '2'}_json"]["lst"]


def test_an_index_outside_the_list_has_no_status() -> None:
    for index in (-1, HERD, 10**12):
        with pytest.raises(NotInList):
            status_list({}).at(index)
        with pytest.raises(NotInList):
            bitstring_of(status_list({}), WITHDRAWN).at(index)


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


@given(st.sampled_from([1, 2, 4, 8]), st.data())
def test_a_bitstring_says_of_every_place_what_its_list_says(bits: int, data: st.DataObject) -> None:
    statuses = data.draw(st.dictionaries(INDEXES, st.integers(0, (1 << bits) - 1), max_size=20))
    asked = frozenset(data.draw(st.sets(st.integers(0, (1 << bits) - 1))))
    found = bitstring_of(status_list(statuses, bits=bits), asked)
    assert len(found.packed) == HERD // 8
    assert all(found.at(index) == (status in asked) for index, status in statuses.items())
    # One by one, as the two standards say it: the slow way.
    given_list = status_list(statuses, bits=bits)
    for index in data.draw(st.lists(INDEXES, max_size=20)):
        assert found.at(index) == (given_list.at(index) in asked)


@pytest.mark.parametrize("bits", [1, 2, 4, 8])
@pytest.mark.parametrize("size", [8, 24, HERD, HERD + 8, 3 * HERD + 40])
def test_a_bitstring_has_the_places_of_its_list_and_a_herd_at_least(bits: int, size: int) -> None:
    last = status_list({size - 1: 1}, size, bits)
    found = bitstring_of(last, frozenset({1}))
    assert len(found.packed) * 8 >= max(size, HERD)
    assert [index for index in range(size + 8) if index < len(found.packed) * 8 and found.at(index)] == [size - 1]


def test_states_go_by_other_names() -> None:
    assert status_list_of({5: "gone", 6: "held"}, {"gone": 1, "held": 2}) == status_list({5: 1, 6: 2})
    with pytest.raises(ValueError, match="outside"):
        status_list_of({5: "gone"}, {"gone": 4})
    with pytest.raises(KeyError):
        status_list_of({5: "lost"}, {"gone": 1})
