import base64
import json

import cbor2
import pytest
from hypothesis import given
from hypothesis import strategies as st

from verification.strict import (
    MAX_DEPTH,
    MAX_INTEGER,
    NotStrict,
    decode_base64url,
    encode_base64url,
    read_cbor,
    read_compact,
    read_json,
    read_slowly,
    write_cbor,
    write_json,
)

LIMIT = 65_536
TEXTS = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\x00"), max_size=12)
SCALARS = st.none() | st.booleans() | st.integers(-MAX_INTEGER, MAX_INTEGER) | TEXTS
VALUES = st.recursive(
    SCALARS,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(TEXTS, inner, max_size=4),
    max_leaves=12,
)
OBJECTS = st.dictionaries(TEXTS, VALUES, max_size=5)
# Everything JSON can be made to say, and what is nearly JSON.
WILD = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**70), 2**70) | st.floats() | st.text(max_size=6),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=3), inner, max_size=3),
    max_leaves=10,
)
CBOR_VALUES = st.recursive(
    SCALARS | st.binary(max_size=12),
    lambda inner: (
        st.lists(inner, max_size=4) | st.dictionaries(st.integers(-70_000, 70_000) | TEXTS, inner, max_size=4)
    ),
    max_leaves=12,
)


def _either_way(data: bytes) -> object:
    """What the strict reader makes of it; the quick path may not accept what the slow one refuses, nor differ."""
    quick = read_compact(data, MAX_DEPTH)
    try:
        slow = read_slowly(data, MAX_DEPTH)
    except NotStrict:
        assert quick is None
        raise
    assert quick is None or quick == slow
    # True is not 1: what both read must be of the same kinds too.
    assert quick is None or json.dumps(quick) == json.dumps(slow)
    return slow


@given(OBJECTS)
def test_what_is_written_is_read_quickly(members: dict[str, object]) -> None:
    data = write_json(members)
    if "\x00" not in data.decode():
        assert _either_way(data) == members
    if b"\\u0000" not in data:
        assert read_compact(data, MAX_DEPTH) == members
    assert read_json(data, max_bytes=LIMIT) == members


@given(WILD, st.booleans(), st.booleans())
def test_the_quick_path_never_accepts_what_the_slow_one_refuses(value: object, ascii_only: bool, spaced: bool) -> None:
    data = json.dumps(value, ensure_ascii=ascii_only, separators=None if spaced else (",", ":")).encode(
        "utf-8", "surrogatepass"
    )
    try:
        _either_way(data)
    except NotStrict:
        return


@given(OBJECTS, st.data())
def test_no_changed_byte_divides_the_two_paths(members: dict[str, object], data: st.DataObject) -> None:
    changed = bytearray(write_json(members))
    for _ in range(data.draw(st.integers(1, 3))):
        position = data.draw(st.integers(0, len(changed) - 1))
        changed[position : position + data.draw(st.integers(0, 2))] = data.draw(
            st.binary(max_size=2)
            | st.sampled_from([b'"', b"{", b"}", b"[", b"]", b"\\u0000", b"\\", b"0", b".5", b"e9"])
        )
        if not changed:
            return
    try:
        _either_way(bytes(changed))
    except NotStrict:
        return


REFUSED = {
    "member twice": b'{"sub":"a","sub":"b"}',
    "member twice, the same": b'{"sub":"a","sub":"a"}',
    "member twice, deep": b'{"a":{"b":1,"b":2}}',
    "member twice in a list": b'{"a":[{"b":1,"b":1}]}',
    "member twice by escape": b'{"a":1,"\\u0061":2}',
    "NaN": b'{"exp":NaN}',
    "infinite": b'{"exp":Infinity}',
    "minus infinite": b'{"exp":-Infinity}',
    "1e308": b'{"exp":1e308}',
    "1e999": b'{"exp":1e999}',
    "1.0": b'{"exp":1.0}',
    "a fraction in a list": b'{"exp":[1.5]}',
    "2**53": b'{"exp":9007199254740992}',
    "-2**53": b'{"exp":-9007199254740992}',
    "2**63": b'{"exp":9223372036854775808}',
    "thirty digits": b'{"exp":' + b"9" * 30 + b"}",
    "five thousand digits": b'{"exp":' + b"9" * 5000 + b"}",
    "leading zero": b'{"exp":01}',
    "plus": b'{"exp":+1}',
    "UTF-16": '{"a":1}'.encode("utf-16"),
    "UTF-16 without mark": '{"a":1}'.encode("utf-16-le"),
    "UTF-32": '{"a":1}'.encode("utf-32"),
    "byte order mark": b"\xef\xbb\xbf{}",
    "Latin-1": '{"a":"å"}'.encode("latin-1"),
    "overlong": b'{"a":"\xc0\xaf"}',
    "surrogate in UTF-8": b'{"a":"\xed\xa0\x80"}',
    "half a character": b'{"a":"\\ud800"}',
    "half a character as name": b'{"\\udfff":1}',
    "halves in the wrong order": b'{"a":"\\udc00\\ud800"}',
    "NUL": b'{"a":"\\u0000"}',
    "NUL as it stands": b'{"a":"\x00"}',
    "NUL in a name": b'{"\\u0000":1}',
    "NUL after an escape": b'{"a":"\\\\\\u0000"}',
    "line break in a text": b'{"a":"\n"}',
    "nested thirteen times": b'{"a":' * 13 + b"1" + b"}" * 13,
    "nested thirteen times by lists": b'{"a":' + b"[" * 12 + b"]" * 12 + b"}",
    "nested a hundred thousand times": b'{"a":' * 10_000,
    "lists without end": b"[" * 60_000,
    "a list": b"[]",
    "null": b"null",
    "a text": b'"a"',
    "empty": b"",
    "two documents": b"{}{}",
    "something after it": b"{} x",
    "comment": b"{}/**/",
    "single quotes": b"{'a':1}",
    "trailing comma": b'{"a":1,}',
    "True": b'{"a":True}',
    "too long": b'{"a":"' + b"x" * LIMIT + b'"}',
}


@pytest.mark.parametrize("case", REFUSED)
def test_what_can_be_read_in_two_ways_is_not_read(case: str) -> None:
    with pytest.raises(NotStrict):
        read_json(REFUSED[case], max_bytes=LIMIT)
    with pytest.raises(NotStrict):
        _either_way(REFUSED[case][: LIMIT // 2] if case == "too long" else REFUSED[case])


@pytest.mark.parametrize(
    ("data", "members"),
    [
        pytest.param(b' {\n "a" : 1 } ', {"a": 1}, id="white space"),
        pytest.param(b'{"a":"\\u00e5\\/"}', {"a": "å/"}, id="escapes that are not needed"),
        pytest.param(b'{"a":"\\ud83d\\ude00"}', {"a": "\U0001f600"}, id="a pair of surrogates"),
        pytest.param(b'{"a":"\\\\u0000"}', {"a": "\\u0000"}, id="a backslash before u0000"),
        pytest.param(b'{"a":"[[[[[[[[[[[[[[[{{{{{{\\"{"}', {"a": '[[[[[[[[[[[[[[[{{{{{{"{'}, id="brackets in a text"),
        pytest.param(b'{"a":9007199254740991}', {"a": MAX_INTEGER}, id="the largest integer"),
        pytest.param(b'{"a":' * 12 + b"1" + b"}" * 12, None, id="nested twelve times"),
        pytest.param(b"{}", {}, id="empty"),
    ],
)
def test_what_has_one_meaning_is_read(data: bytes, members: dict[str, object] | None) -> None:
    read = read_json(data, max_bytes=LIMIT)
    assert members is None or read == members


@pytest.mark.parametrize(
    "value",
    [{"a": float("nan")}, {"a": 0.5}, {"a": 2**53}, {"a": {1, 2}}, {"a": "\ud800"}, {1: 2}, {"a": b"x"}, {"a": (1,)}],
)
def test_what_would_not_be_read_back_is_not_written(value: object) -> None:
    with pytest.raises(NotStrict):
        write_json(value)


def test_nothing_is_written_deeper_than_it_is_read() -> None:
    deep: object = 1
    for _ in range(MAX_DEPTH):
        deep = {"a": deep}
    assert read_json(write_json(deep), max_bytes=LIMIT) == deep
    with pytest.raises(NotStrict):
        write_json({"a": deep})


# --- base64url -----------------------------------------------------------------------------------------


@given(st.binary(max_size=60))
def test_base64url_has_one_spelling(data: bytes) -> None:
    text = encode_base64url(data)
    assert decode_base64url(text) == decode_base64url(text.encode()) == data
    assert text == base64.urlsafe_b64encode(data).decode().rstrip("=")


@given(st.text(st.sampled_from("ABab09-_+/= \n.*\x00é"), max_size=12))
def test_every_other_spelling_is_refused(text: str) -> None:
    try:
        data = decode_base64url(text)
    except NotStrict:
        return
    assert encode_base64url(data) == text


@pytest.mark.parametrize(
    "text", ["A", "AA==", "AB", "AAB", "+/+/", "AA A", "AA\n", "AA.A", "ÅÅÅÅ", "AAAA=", "=", "AA*A"]
)
def test_spellings_that_libraries_take_are_refused(text: str) -> None:
    with pytest.raises(NotStrict):
        decode_base64url(text)


# --- CBOR ----------------------------------------------------------------------------------------------


@given(CBOR_VALUES)
def test_cbor_says_what_was_written(value: object) -> None:
    data = write_cbor(value)
    again = read_cbor(data, max_bytes=LIMIT)
    assert again == value
    assert write_cbor(again) == data


@given(st.binary(max_size=40))
def test_bytes_have_one_reading_or_none(data: bytes) -> None:
    try:
        value = read_cbor(data, max_bytes=LIMIT)
    except NotStrict:
        return
    assert write_cbor(value) == data


REFUSED_CBOR = {
    "empty": "",
    "trailing byte": "0000",
    "cut off": "6261",
    "long form of 1": "1801",
    "long form of 256": "1a00000100",
    "long length of a text": "780161",
    "long length of an array": "980100",
    "long length of a map": "b8010000",
    "indefinite array": "9f00ff",
    "indefinite map": "bf0000ff",
    "indefinite text": "7f6161ff",
    "indefinite bytes": "5f4101ff",
    "break alone": "ff",
    "key twice": "a201000101",
    "key twice, true and 1": "a2010001f500"[:10] + "00",
    "keys out of order": "a202000100",
    "keys out of order by length": "a2626161006162" + "00",
    "key is bytes": "a1410100",
    "key is null": "a1f600",
    "key is true": "a1f500",
    "key is a list": "a18000",
    "date": "c074323031332d30332d32315432303a30343a30305a",
    "moment": "c11a514b67b0",
    "bignum": "c249010000000000000000",
    "negative bignum": "c349010000000000000000",
    "fraction": "c48221196ab3",
    "bigfloat": "c5821b7fffffffffffffff01",
    "tag 18": "d28000",
    "self-described": "d9d9f700",
    "unknown tag": "d9ffff00",
    "set": "d9010280",
    "half float": "f93c00",
    "float": "fa47c35000",
    "double": "fb3ff199999999999a",
    "NaN": "f97e00",
    "infinity": "f97c00",
    "undefined": "f7",
    "simple 16": "f0",
    "simple 32": "f820",
    "2**53": "1b0020000000000000",
    "-2**53 - 1": "3b0020000000000000",
    "2**64 - 1": "1bffffffffffffffff",
    "NUL": "6100",
    "NUL in a key": "a1610000",
    "not UTF-8": "61ff",
    "surrogate": "63eda080",
    "nested deeply": "81" * 1000 + "00",
    "nested thirteen times": "81" * 13 + "00",
    "an array of four thousand million": "9affffffff",
    "bytes of four thousand million": "5affffffff",
    "reserved length": "1c",
}


@pytest.mark.parametrize("case", REFUSED_CBOR)
def test_cbor_that_is_not_deterministic_is_not_read(case: str) -> None:
    with pytest.raises(NotStrict):
        read_cbor(bytes.fromhex(REFUSED_CBOR[case]), max_bytes=LIMIT)


def test_cbor_has_a_longest() -> None:
    data = write_cbor(b"x" * 100)
    assert read_cbor(data, max_bytes=len(data)) == b"x" * 100
    with pytest.raises(NotStrict):
        read_cbor(data, max_bytes=len(data) - 1)


def test_no_tag_is_followed() -> None:
    # Some tags take a library long to follow; one that it learns in a new version must not slip in.
    for tag in range(70_000):
        with pytest.raises(NotStrict):
            read_cbor(cbor2.dumps(cbor2.CBORTag(tag, 0)), max_bytes=LIMIT)
