"""What was presented is told apart by its form alone, and never guessed at."""

from types import ModuleType

import pytest

from verification.envelopes.jws import seal_jws
from verification.presented import FullText, NotACertificate, NumberAlone, number_in, opened, told_apart
from verification.qr import Scanned
from verification.verify import verify

NUMBER = "7Q4M2XKD9RTB0HWC"


@pytest.mark.parametrize(
    ("given", "base"),
    [
        (NUMBER, None),
        ("7q4m-2xkd-9rtb-0hwc", None),
        (" 7Q4M 2XKD 9RTB OHWC \n", None),
        ("7Q4M\u20132XKD\u20139RTB\u20130HWC", None),
        (b"7Q4M-2XKD-9RTB-0HWC\r\n", None),
        ("https://bevis.example.org/v/7Q4M-2XKD-9RTB-0HWC", "https://bevis.example.org"),
        ("HTTPS://BEVIS.EXAMPLE.ORG/V/7Q4M-2XKD-9RTB-0HWC", "https://bevis.example.org"),
        ("https://bevis.example.org/v/7Q4M-2XKD-9RTB-0HWC?lang=nb", "https://bevis.example.org"),
        ("http://127.0.0.1:8000/v/7q4m2xkd9rtb0hwc", "http://127.0.0.1:8000"),
    ],
)
def test_a_number(given: str | bytes, base: str | None) -> None:
    assert told_apart(given) == NumberAlone(NUMBER, base)
    assert number_in(opened(given)) == NUMBER


def test_sixteen_digits_are_a_number_and_hundreds_are_a_code(world: ModuleType) -> None:
    assert told_apart("1234567890123456") == NumberAlone("1234567890123456", None)
    digits = world.qr_text().split("#")[1]
    assert told_apart(digits) == Scanned(world.compact(), None)


def test_a_code_as_address_as_digits_and_as_bytes(world: ModuleType) -> None:
    assert told_apart(world.qr_text()) == Scanned(world.compact(), world.PUBLIC_URL)
    assert told_apart(world.compact()) == Scanned(world.compact(), None)
    assert number_in(opened(world.qr_text())) == number_in(opened(world.compact())) == world.NUMBER


def test_a_full_certificate(world: ModuleType) -> None:
    assert told_apart(world.full()) == FullText(world.full())
    assert told_apart(world.full().encode() + b"\n") == FullText(world.full())
    assert number_in(opened(world.full())) == world.NUMBER


@pytest.mark.parametrize(
    "given",
    [
        "",
        "   ",
        "hello",
        "7Q4M-2XKD-9RTB-0HW",
        "7Q4M-2XKD-9RTB-0HWCC",
        "https://bevis.example.org/v",
        "https://bevis.example.org/v#",
        "https://bevis.example.org/v#12a",
        "https://bevis.example.org@evil.example/v/7Q4M-2XKD-9RTB-0HWC",
        "https://bevis.example.org/v/7Q4M-2XKD-9RTB-0HWC#1234",
        "https://bevis.example.org/v/7Q4M-2XKD-9RTB-0HWU",
        "javascript:alert(1)//https://bevis.example.org/v#1",
        "\uff11" * 100,
        "9" * 5000,
        b"\xff\xfe7\x00Q\x004\x00",
        b"\xd2\x84\x43\xa1\x01\x27",
    ],
)
def test_what_is_nothing_of_ours_is_unreadable(world: ModuleType, given: str | bytes) -> None:
    with pytest.raises(NotACertificate):
        told_apart(given)
    with pytest.raises(NotACertificate):
        opened(given)
    found = verify(given, world.TRUST, world.NOW)
    assert [finding.code for finding in found.findings] == ["unreadable"]
    assert found.certificate is None


def test_a_number_alone_cannot_be_answered_without_a_register(world: ModuleType) -> None:
    found = verify(NUMBER, world.TRUST, world.NOW)
    assert [(finding.code, finding.outcome) for finding in found.findings] == [("number_alone", "could_not_check")]
    elsewhere = verify(f"https://other.example/v/{NUMBER}", world.TRUST, world.NOW)
    assert [finding.code for finding in elsewhere.findings] == ["address_other", "number_alone"]


def test_a_token_of_another_kind_names_no_number(world: ModuleType) -> None:
    text = seal_jws({"sub": "x"}, typ="statuslist+jwt", kid="k1", sign=world.ISSUER_KEY)
    assert told_apart(text) == FullText(text)
    with pytest.raises(NotACertificate):
        opened(text)
