import json

import pytest

from verification.log.entry import MAX_ENTRY_BYTES, MalformedEntry, commitment, read_entry, write_entry

SALT = bytes(range(32))
ISSUED = {"issuer": "provhuset", "kid": "k0a1b2c3d4e5f", "scheme": "hot-work"}


def test_an_entry_is_canonical_json_and_says_nothing_of_a_person() -> None:
    entry = write_entry("certificate.issued", "2026-11-28", {**ISSUED, "c": commitment("certificate", SALT, b"a.b.c")})
    assert entry == (
        b'{"c":"' + commitment("certificate", SALT, b"a.b.c").encode() + b'","day":"2026-11-28","issuer":"provhuset",'
        b'"kid":"k0a1b2c3d4e5f","scheme":"hot-work","type":"certificate.issued","v":1}'
    )
    assert read_entry(entry) == ("certificate.issued", json.loads(entry))


def test_a_commitment_is_of_its_content_its_salt_and_its_purpose() -> None:
    made = {
        commitment("certificate", SALT, b"a"),
        commitment("certificate", SALT, b"b"),
        commitment("certificate", SALT[::-1], b"a"),
        commitment("status", SALT, b"a"),
    }
    assert len(made) == 4
    assert all(len(one) == 43 for one in made)
    # SHA-256("bevis/v1/certificate" NUL, salt, SHA-256("a")), worked out with sha256sum.
    assert commitment("certificate", SALT, b"a") == "9LELuCaktlGMJvar75kKYXsOt2OTofFRvNeaa-Utj6k"
    with pytest.raises(ValueError, match="32 bytes"):
        commitment("certificate", b"", b"a")


@pytest.mark.parametrize(
    "change",
    [
        {"v": 2},
        {"v": True},
        {"type": "certificate.forged"},
        {"type": 1},
        {"name": "Eva"},
        {"issuer": None},
        {"issuer": "Åsa"},
        {"issuer": ""},
        {"issuer": "a  b"},
        {"issuer": ["a"]},
        {"scheme": -1},
        {"scheme": "a\tb"},
        {"kid": 1.5},
        {"kid": "a\nb"},
        {"kid": " a"},
        {"day": None},
    ],
)
def test_no_other_members_are_an_entry(change: dict[str, object]) -> None:
    members = {"v": 1, "type": "certificate.issued", "day": "2026-11-28", **ISSUED, "c": "x" * 43}
    good = json.dumps(members, sort_keys=True, separators=(",", ":")).encode()
    assert read_entry(good)
    with pytest.raises(MalformedEntry):
        read_entry(json.dumps({**members, **change}, sort_keys=True, separators=(",", ":")).encode())
    for missing in members:
        left = {name: value for name, value in members.items() if name != missing}
        with pytest.raises(MalformedEntry):
            read_entry(json.dumps(left, sort_keys=True, separators=(",", ":")).encode())


def test_no_other_spelling_is_an_entry() -> None:
    entry = write_entry("rules.published", "2026-11-28", {"edition": "2026-01-01", "digest": "d"})
    for spoilt in (b" " + entry, entry + b"\n", entry.replace(b'"v":1', b'"v":1.0'), entry[::-1], b"[]", b""):
        with pytest.raises(MalformedEntry):
            read_entry(spoilt)
    turned = json.dumps(dict(reversed(json.loads(entry).items())), separators=(",", ":")).encode()
    with pytest.raises(MalformedEntry, match="canonical"):
        read_entry(turned)


def test_an_entry_is_short() -> None:
    words = " ".join(["x" * 200] * 6)
    with pytest.raises(ValueError, match=str(MAX_ENTRY_BYTES)):
        write_entry("rules.published", "2026-11-28", {"edition": words, "digest": "d"})
    with pytest.raises(ValueError, match="members"):
        write_entry("rules.published", "2026-11-28", {"edition": "2026-01-01"})
