"""Certificates with one thing in them changed, and signed again by the keys that the trust knows.

Behind a good signature a document is read to its end, so this is where two readers may differ: in what they take for a
day, a name, a time zone, an integer. By chance, and the same ones every time.
"""

import random
from collections.abc import Iterator
from copy import deepcopy
from typing import Any, Final

import cbor2

from tests.verification.test_vectors import vector
from tests.verification.vectors import ground
from verification.envelopes.jws import MalformedJws, signed_jws
from verification.qr import pack, unpack
from verification.strict import decode_base64url, read_json

_DOCUMENTS: Final = ("document-good", "organisation-audit", "organisation-mandate", "claims-with-escapes")
_CODES: Final = ("code-good", "code-with-both", "code-with-full-birth", "code-without-end")
_URL: Final = "https://bevis.example"
# What a reader may be tempted to take for something else, or to let pass.
_VALUES: Final[tuple[Any, ...]] = (
    *(None, True, False, 0, 1, -1, 3, 4, 1899, 1900, 2200, 2201, 2**53 - 1),
    *("", "x", " x", "x\u00a0", "x\u200dy", "\u200bx", "x\u202ey", "a" * 64, "a" * 65, "\U0001f600" * 120, "å" * 121),
    *("2026-02-29", "2024-02-29", "1899-12-31", "2201-01-01", "20260101", "2026-W01-1", "2026-01-01T24:00:00Z"),
    *("2026-01-01T00:00:00Z", "2026-01-01T00:00:00+00:00", "2026-01-01T00:00:00.000Z"),
    *("Europe/Oslo", "europe/oslo", "America/Sao_Paulo", "+01:00", "UTC", "Nowhere", "../etc"),
    *("B", "A", "c1", "third", "organisation", "date", "provhuset", "brandradet", "7Q4M-2XKD-9RTB-0HWC"),
    *("did:web:bevis.example:o:p%72ovhuset", "did:web:bevis.example:o:%ff", "x/v/", "__proto__", "constructor"),
    *([], {}, ["x"], [None], {"sv": "x"}, {"de": "x"}, [1990, 5, 17], [1990, 2, 30], [True, 1, 1], [3, 5]),
)
_MEMBERS: Final = ("unknown", "__proto__", "corrects", "validUntilDay", "birthYear", "replaces", "scope", "iss")


def _places(inside: Any, path: tuple[Any, ...] = ()) -> Iterator[tuple[Any, ...]]:
    if path:
        yield path
    steps = inside.items() if isinstance(inside, dict) else enumerate(inside) if isinstance(inside, list) else ()
    for step, inner in steps:
        yield from _places(inner, (*path, step))


def _changed(given: Any, chance: random.Random) -> Any:
    whole = here = deepcopy(given)
    *steps, last = chance.choice(list(_places(whole)))
    for step in steps:
        here = here[step]
    what = chance.random()
    if what < 0.15:
        del here[last]
    elif what > 0.85 and isinstance(here, dict) and isinstance(last, str):
        here[chance.choice(_MEMBERS)] = deepcopy(chance.choice(_VALUES))
    else:
        here[last] = deepcopy(chance.choice(_VALUES))
    return whole


def documents(count: int) -> Iterator[dict[str, Any]]:
    """So many `vc+jwt`, as vectors are asked."""
    chance = random.Random(54)  # noqa: S311 the same ones every time
    while count:
        asked = vector(chance.choice(_DOCUMENTS))
        head, payload, _ = asked["token"].split(".")
        kid = read_json(decode_base64url(head), max_bytes=1024)["kid"]
        key = ground.OWNERS_KEY if "brandradet" in kid else ground.issuer_key()
        try:
            claims = _changed(read_json(decode_base64url(payload), max_bytes=65_536), chance)
            token = signed_jws(claims, typ="vc+jwt", kid=kid, sign=key)
        except MalformedJws:
            continue
        count -= 1
        yield {**asked, "token": token}


def codes(count: int) -> Iterator[dict[str, Any]]:
    """So many codes."""
    chance, key = random.Random(55), ground.attestation_key()  # noqa: S311 same
    while count:
        asked = vector(chance.choice(_CODES))
        token = unpack(asked["token"]).token
        protected, _, payload, _ = cbor2.loads(token)
        claims = cbor2.dumps(_changed(cbor2.loads(payload), chance), canonical=True)
        signed = cbor2.dumps(["Signature1", protected, b"", claims])
        token = cbor2.dumps([protected, {}, claims, key.sign(signed)])
        count -= 1
        yield {**asked, "token": pack(token, _URL)}
