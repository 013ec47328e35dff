from types import ModuleType

import pytest
import segno
from hypothesis import given
from hypothesis import strategies as st

from verification.envelopes.cwt import MAX_TOKEN_BYTES
from verification.qr import MalformedQr, pack, segments, unpack

URL = "https://bevis.example"


@given(st.binary(min_size=1, max_size=MAX_TOKEN_BYTES))
def test_a_code_carries_its_token(token: bytes) -> None:
    text = pack(token, URL)
    assert unpack(text) == (token, URL)
    assert unpack(text.split("#")[1]) == (token, None)


@pytest.mark.parametrize(
    ("address", "base"),
    [
        ("https://bevis.example/v#", "https://bevis.example"),
        ("HTTPS://BEVIS.EXAMPLE/V#", "https://bevis.example"),
        ("http://127.0.0.1:8000/v#", "http://127.0.0.1:8000"),
        ("https://sektor.example/bevis/v#", "https://sektor.example/bevis"),
        ("https://[::1]:8000/v#", "https://[::1]:8000"),
    ],
)
def test_the_address_is_told(address: str, base: str) -> None:
    digits = pack(b"token", URL).split("#")[1]
    assert unpack(address + digits) == (b"token", base)


def test_what_is_not_exactly_a_code_is_refused() -> None:
    digits = pack(b"token", URL).split("#")[1]
    hostile = {
        "empty": "",
        "leading zero": "0" + digits,
        "plus": "+" + digits,
        "minus": "-" + digits,
        "underscore": digits[:3] + "_" + digits[3:],
        "space inside": digits[:3] + " " + digits[3:],
        "line break at the end": digits + "\n",
        "Arabic digits": digits.translate({ord(str(n)): 0x660 + n for n in range(10)}),
        "superscript": digits + "²",
        "fullwidth": digits[:-1] + "\uff11",
        "hexadecimal": hex(int(digits)),
        "no version": str(int.from_bytes(b"token", "big")),
        "version 2": str(int.from_bytes(b"\x02token", "big")),
        "version alone": "1",
        "another page": f"{URL}/w#{digits}",
        "query": f"{URL}/v?x=1#{digits}",
        "user": f"https://bevis.example@evil.example/v#{digits}",
        "two fragments": f"{URL}/v##{digits}",
        "script": f"javascript:/v#{digits}",
        "dot segments with a space": f"{URL}/ /v#{digits}",
        "five thousand digits": "1" * 5000,
        "a token too long": str(int.from_bytes(b"\x01" + bytes(MAX_TOKEN_BYTES + 1), "big")),
        "an endless address": f"https://{'a' * 4000}/v#{digits}",
    }
    for case, text in hostile.items():
        with pytest.raises(MalformedQr):
            unpack(text)
        assert case


@given(st.text(max_size=100))
def test_no_text_breaks_the_reader(text: str) -> None:
    with pytest.raises(MalformedQr):
        unpack(text)


@pytest.mark.parametrize("token", [b"", bytes(MAX_TOKEN_BYTES + 1)])
def test_what_is_no_token_is_not_packed(token: bytes) -> None:
    with pytest.raises(ValueError, match="1 to 1200 bytes"):
        pack(token, URL)


def test_a_typical_code_is_version_10(world: ModuleType) -> None:
    address, digits = segments(world.compact(), "https://bevis.example")
    code = segno.make([(address, 4), (digits, 1)], error="m", boost_error=False, micro=False)
    assert code.designator == "10-M"
