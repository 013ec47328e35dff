"""Trust files that must not be believed at all: whoever reads one stops there and says which place is wrong."""

import json
from collections.abc import Callable, Iterator
from functools import cache
from typing import Any, NamedTuple

from tests.verification.vectors.ground import AS_OF, URL, attestation_key, base64url, issuer_key, p256_key
from verification.status_list import status_list
from verification.trust import AttestationKey, Key, KnownList, Organisation, Trust
from verification.trust_file import trust_to_json

_P = 2**255 - 19
# y of a point of order 8 (RFC 7748 section 6.1 names its like on the other curve).
_ORDER_8 = bytes.fromhex("c7176a703d4dd84fba3c0b760d10670f2a2053fa2c39ccc64ec7fd7792ac037a")


class Refused(NamedTuple):
    """A trust file with one fault; `text` is the file."""

    name: str
    description: str
    text: str


@cache
def sound() -> str:
    """A small trust file without a fault: what every refused one is, but for its own."""
    return trust_to_json(
        Trust(
            as_of=AS_OF,
            public_url=URL,
            organisations={"provhuset": Organisation(id="provhuset", name="Provhuset", registered_on=AS_OF.date())},
            keys=(
                Key(kid="key-1", organisation="provhuset", public_key=issuer_key().public, not_before=AS_OF),
                Key(kid="p-256", organisation="provhuset", public_key=p256_key().public, not_before=AS_OF),
            ),
            attestation_keys=(AttestationKey(kid="0a0b0c0d", public_key=attestation_key().public, not_before=AS_OF),),
            status_lists={3: KnownList(statuses=status_list({}, 1024), issued_at=AS_OF)},
            editions=("2026-01-01",),
        )
    ).decode()


def refused() -> Iterator[Refused]:
    """All of them."""
    yield from _keys()
    yield from _members()
    yield from _texts()


def _with(name: str, description: str, change: Callable[[dict[str, Any]], object]) -> Refused:
    members = json.loads(sound())
    change(members)
    return Refused(name, description, json.dumps(members, ensure_ascii=False, separators=(",", ":")))


def _keys() -> Iterator[Refused]:
    """A key under which anybody could sign, or that is none, spoils the whole file."""

    def jwk(name: str, description: str, **members: object) -> Refused:
        return _with(name, description, lambda trust: trust["keys"][0]["jwk"].update(members))

    def point(name: str, description: str, raw: bytes) -> Refused:
        return jwk(name, description, x=base64url(raw))

    yield point("key-neutral", "The neutral point: every signature of zeros is its.", b"\x01" + bytes(31))
    yield point("key-of-order-2", "A point of order 2.", (_P - 1).to_bytes(32, "little"))
    yield point("key-of-order-4", "A point of order 4.", bytes(32))
    yield point("key-of-order-8", "A point of order 8.", _ORDER_8)
    yield point("key-not-canonical", "y is p + 1, which is 1 written otherwise.", (_P + 1).to_bytes(32, "little"))
    yield point("key-off-the-curve", "No point of the curve has this y.", b"\x02" + bytes(31))
    yield point("key-of-31-bytes", "A byte too few.", issuer_key().public[:31])
    yield point("key-of-33-bytes", "A byte too many.", issuer_key().public + b"\x00")
    yield jwk("key-with-padding", "Base64url has no padding.", x=base64url(issuer_key().public) + "=")
    yield jwk("key-on-another-curve", "X25519 agrees on keys; it signs nothing.", crv="X25519")
    yield jwk("key-of-another-kind", "A symmetric key.", kty="oct")
    yield jwk("key-with-its-private-half", "Somebody has published what should be secret.", d=base64url(b"\x01" * 32))
    yield jwk("key-for-another-algorithm", "The key says that it is for another algorithm.", alg="ES256")
    yield _with(
        "p256-off-the-curve",
        "Coordinates of no point of P-256.",
        lambda trust: trust["keys"][1]["jwk"].update(y=base64url(b"\x01" * 32)),
    )
    yield _with(
        "p256-at-infinity",
        "Coordinates of zero.",
        lambda trust: trust["keys"][1]["jwk"].update(x=base64url(bytes(32)), y=base64url(bytes(32))),
    )
    yield _with("two-keys-of-one-name", "Two keys under one name.", lambda trust: trust["keys"][1].update(kid="key-1"))
    yield _with(
        "one-key-under-two-names",
        "One key under two names.",
        lambda trust: trust["keys"][1].update(jwk=trust["keys"][0]["jwk"]),
    )
    yield _with(
        "one-key-for-two-ends",
        "The issuer's key is the registry's too.",
        lambda trust: trust["attestation_keys"][0].update(jwk=trust["keys"][0]["jwk"]),
    )
    yield _with(
        "code-key-of-p256",
        "The registry's key for codes is Ed25519, never another.",
        lambda trust: trust["attestation_keys"][0].update(jwk=trust["keys"][1]["jwk"]),
    )
    yield _with(
        "code-key-of-a-long-id",
        "A key id of five bytes.",
        lambda trust: trust["attestation_keys"][0].update(kid="0a0b0c0d0e"),
    )


def _members() -> Iterator[Refused]:
    yield _with("unknown-member", "A member that nobody knows.", lambda trust: trust.update(extra=1))
    yield _with(
        "unknown-member-of-a-key",
        "A member of a key that nobody knows.",
        lambda trust: trust["keys"][0].update(trusted=True),
    )
    yield _with("format-missing", "It does not say what it is.", lambda trust: trust.pop("format"))
    yield _with(
        "format-of-another-version", "A version that is not known.", lambda trust: trust.update(format="bevis-trust/2")
    )
    yield _with("as-of-missing", "It does not say how old it is.", lambda trust: trust.pop("as_of"))
    yield _with(
        "as-of-without-a-zone", "A moment without a time zone.", lambda trust: trust.update(as_of="2026-11-20T15:13:00")
    )
    yield _with(
        "address-with-a-slash",
        "The registry's address ends in a slash.",
        lambda trust: trust.update(public_url=f"{URL}/"),
    )
    yield _with(
        "organisation-under-another-name",
        "An organisation stands under another id than its own.",
        lambda trust: trust["organisations"].update(other=trust["organisations"]["provhuset"]),
    )
    yield _with(
        "true-for-a-day",
        "A day that is true.",
        lambda trust: trust["organisations"]["provhuset"].update(registered_on=True),
    )
    yield _with(
        "list-that-does-not-unpack",
        "A status list that is not compressed.",
        lambda trust: trust["status_lists"]["3"]["statuses"].update(lst="AAAA"),
    )
    yield _with(
        "list-with-something-after-it",
        "Something follows the compressed list.",
        lambda trust: trust["status_lists"]["3"]["statuses"].update(
            lst=trust["status_lists"]["3"]["statuses"]["lst"] + "AAAA"
        ),
    )
    yield _with(
        "list-of-three-bits",
        "A place has 1, 2, 4 or 8 bits.",
        lambda trust: trust["status_lists"]["3"]["statuses"].update(bits=3),
    )
    yield _with(
        "history-of-an-unknown-kind",
        "An event that nobody knows.",
        lambda trust: trust["events"].update(
            {"0" * 16: [{"kind": "forgiven", "effective_from": "2026-03-01T00:00:00Z"}]}
        ),
    )
    yield _with(
        "history-of-no-number", "A history under a text that is no number.", lambda trust: trust["events"].update(x=[])
    )


def _texts() -> Iterator[Refused]:
    text = sound()
    yield Refused("empty", "Nothing.", "")
    yield Refused("no-object", "A list.", f"[{text}]")
    yield Refused(
        "member-twice",
        "as_of stands there twice.",
        text.replace('"as_of"', '"as_of":"2030-01-01T00:00:00Z","as_of"', 1),
    )
    yield Refused(
        "member-twice-in-a-key",
        "A key's compromise is told twice, the second time denied.",
        text.replace(
            '"compromised_since":null', '"compromised_since":"2026-02-01T00:00:00Z","compromised_since":null', 1
        ),
    )
    yield Refused("byte-order-mark", "A byte order mark before it.", f"\ufeff{text}")
    yield Refused("not-a-number", "NaN.", text.replace('"ttl":3600', '"ttl":NaN'))
    yield Refused("a-fraction", "3600.0 seconds.", text.replace('"ttl":3600', '"ttl":3600.0'))
    yield Refused("cut-off", "The last bracket is missing.", text[:-1])
    yield Refused("followed-by-something", "Something after it.", f"{text}x")
