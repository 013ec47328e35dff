"""A million ways to spoil a certificate: `make fuzz`. None may break the core, and none may turn out valid.

Structure-aware: a text is spoilt letter by letter; a code also in its bytes and in the CBOR inside; a document also in
its parts, its header and its claims. Some of the spoilt ones are signed anew with the real key, to get past the
signature into the readers behind it: those may say something else and be valid, but nothing may break.
"""

import argparse
import json
import random
import re
import sys
import time
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cache
from typing import Any

import cbor2

from tests.verification.vectors import ground
from verification.envelopes.jws import decode_base64url, encode_base64url
from verification.judge import Verdict, judge
from verification.presented import number_in
from verification.qr import pack
from verification.situation import situation
from verification.verify import verify

Given = str | bytes
SEED = 20_261_120
P99_SECONDS = 0.005
_VERSION = b"\x01"
# Letters that readers are known to stumble over, beside those that belong there.
NASTY = (
    "\x00\t\n\r =.~-_+/\\#?@:%&'\"<>{}[](),;0123456789AaZzVv"
    "\u00e5\u0130\u0661\u0966\uff11\u0410\u202e\u200b\ufeff\ud800\U0001f600"
)
VALUES: Sequence[Any] = (
    *(
        None,
        True,
        False,
        0,
        1,
        -1,
        -(2**31) - 1,
        2**31,
        2**32,
        2**33,
        2**53 - 1,
        2**53,
        2**64,
        0.5,
        1e308,
        "",
        "x",
        "\x00",
        "\u202e",
        "å" * 200,
    ),
    *(
        [],
        {},
        [[]],
        {"a": {}},
        [None] * 50,
        "2026-02-31",
        "9999-12-31",
        "Europe/Atlantis",
        "C1",
        "A",
        "../..",
        "' OR 1=1",
    ),
)
BYTES_TOO: Sequence[Any] = (
    *VALUES,
    b"",
    b"\x00" * 10,
    b"\xff" * 64,
    -(2**63),
    [2026, 2, 31],
    [3, 2**40],
    cbor2.undefined,
)


@dataclass(frozen=True)
class Original:
    """A good certificate in one form, and what it is made of."""

    given: Given
    key: Any = None
    alike: frozenset[Given] = field(default_factory=frozenset)


@cache
def originals() -> tuple[Original, ...]:
    """Codes, digits, bytes and documents, all valid as they stand."""
    rich = ground.certificate(restrictions=("Inte ensam",), scope_classes=("A", "B2"), birth_in_code="date")
    p256 = ground.p256_key()
    return (
        Original(ground.code()),
        Original(ground.code(rich)),
        Original(ground.code().split("#")[1]),
        Original(ground.compact()),
        Original(ground.document(), ground.issuer_key()),
        Original(ground.document(rich), ground.issuer_key()),
        Original(ground.document(key=p256), p256),
    )


@cache
def _what_is_good() -> frozenset[Given]:
    """Every original, brought to the one form that `alike` brings a text to."""
    return frozenset(map(alike, (one.given for one in originals())))


def alike(given: Given) -> Given:
    """What stays the same however an address or blanks around a text are written; knows nothing of the core."""
    if isinstance(given, bytes) and given[:1] == b"\x84":
        return pack(given, "").removeprefix("/v#")
    text = (given if isinstance(given, str) else given.decode("utf-8", "replace")).strip(" \t\r\n")
    code = re.fullmatch(r"(?i:https?)://[A-Za-z0-9._:/~\[\]-]+/[vV]#([0-9]+)", text)
    return code[1] if code else text


# ------------------------------------------------------------------ ways to spoil


def _letters(given: Given, rng: random.Random) -> Given:
    """One to four letters or bytes: another, one more, one less, a piece twice, cut off, in capitals."""
    for _ in range(rng.choice((1, 1, 1, 2, 4))):
        given = _a_letter(given, rng)
    return given


def _a_letter(given: Any, rng: random.Random) -> Any:
    at = rng.randrange(len(given) + 1)
    until = min(len(given), at + rng.randrange(1, 40))
    other: Any = rng.choice(NASTY) if isinstance(given, str) else bytes([rng.randrange(256)])
    before, piece, after = given[:at], given[at:until], given[until:]
    ways = (
        before + other + given[at + 1 :],
        before + other + given[at:],
        before + given[at + 1 :],
        before + after,
        before + piece + piece + after,
        before,
        given[at:],
        before + piece.swapcase() + after,
        piece + before + after,
    )
    return rng.choice(ways)


def _bits(data: bytes, rng: random.Random) -> bytes:
    spoilt = bytearray(data)
    for _ in range(rng.choice((1, 1, 2, 8))):
        spoilt[rng.randrange(len(spoilt))] ^= 1 << rng.randrange(8)
    return bytes(spoilt)


def _token_of(given: Given) -> bytes:
    """The bytes that a good code stands for."""
    if isinstance(given, bytes):
        return given
    value = int(given.rpartition("#")[2])
    return value.to_bytes((value.bit_length() + 7) // 8, "big")[1:]


def _again(token: bytes, given: Given) -> Given:
    """The bytes in the form they came in."""
    if isinstance(given, bytes):
        return token
    head, sign, _ = given.rpartition("#")
    return f"{head}{sign}{int.from_bytes(_VERSION + token, 'big')}"


def _code_bytes(given: Given, rng: random.Random) -> Given:
    token = _token_of(given)
    spoilt = _bits(token, rng) if rng.random() < 0.5 else _a_letter(token, rng)
    return _again(spoilt, given)


def _code_inside(given: Given, rng: random.Random, *, signed: bool = False) -> Given:
    """The CBOR of header or claims, one node changed; under the old signature or under a new one."""
    protected, unprotected, payload, signature = cbor2.loads(_token_of(given))
    if rng.random() < 0.2:
        protected = cbor2.dumps(_no_half_characters(_node(cbor2.loads(protected), rng, BYTES_TOO)))
    else:
        claims = _no_half_characters(_node(cbor2.loads(payload), rng, BYTES_TOO))
        payload = cbor2.dumps(claims, canonical=rng.random() < 0.9)
        payload = payload if rng.random() < 0.9 else _bits(payload, rng)
    if rng.random() < 0.05:
        unprotected = {rng.randrange(5): rng.choice(BYTES_TOO)}
    if signed:
        signature = ground.attestation_key().sign(cbor2.dumps(["Signature1", protected, b"", payload]))
    return _again(cbor2.dumps([protected, unprotected, payload, signature], canonical=True), given)


def _code_digits(given: Given, rng: random.Random) -> Given:
    """The number itself: a little more, a little less, a digit of another script."""
    text = given if isinstance(given, str) else _again(given, "#")
    head, sign, digits = str(text).rpartition("#")
    way = rng.randrange(4)
    if way == 0:
        digits = str(int(digits) + rng.choice((-1, 1)) * (1 << rng.randrange(1500)))
    elif way == 1:
        digits = "0" * rng.randrange(1, 4) + digits
    elif way == 2:
        at = rng.randrange(len(digits))
        digits = digits[:at] + chr(rng.choice((0xFF10, 0x0660, 0x0966)) + int(digits[at])) + digits[at + 1 :]
    else:
        head = rng.choice(("javascript:alert(1)//", "https://evil.example/v", "https://a@bevis.example/v", "", "//x/v"))
    return head + sign + digits


def _parts(given: Given, rng: random.Random) -> Given:
    """Parts of this document and of others, in another order or number."""
    others = [str(one.given).split(".") for one in originals() if one.key]
    parts = str(given).split(".")
    for _ in range(rng.choice((1, 1, 2))):
        parts[rng.randrange(len(parts))] = rng.choice(rng.choice(others))
    if rng.random() < 0.3:
        rng.shuffle(parts)
    if rng.random() < 0.2:
        parts = parts[: rng.randrange(3)] if rng.random() < 0.5 else [*parts, rng.choice(parts)]
    return ".".join(parts)


def _document_bytes(given: Given, rng: random.Random) -> Given:
    """Bits of a part, written as base64url again."""
    parts = str(given).split(".")
    which = rng.randrange(3)
    parts[which] = encode_base64url(_bits(decode_base64url(parts[which]), rng))
    return ".".join(parts)


def _document_inside(given: Given, rng: random.Random, key: Any = None) -> Given:
    """The JSON of header or claims, one node changed; under the old signature, or signed anew with `key`."""
    head, body, signature = str(given).split(".")
    if rng.random() < 0.25:
        head = _json(_node(json.loads(decode_base64url(head)), rng, VALUES), rng)
    else:
        body = _json(_node(json.loads(decode_base64url(body)), rng, VALUES), rng)
    if key is not None:
        signature = encode_base64url(key.sign(f"{head}.{body}".encode()))
    return f"{head}.{body}.{signature}"


def _json(value: Any, rng: random.Random) -> str:
    text = json.dumps(value, ensure_ascii=rng.random() < 0.3, separators=(",", ":")).encode("utf-8", "surrogatepass")
    return encode_base64url(text if rng.random() < 0.9 else _a_letter(text, rng))


def _node(value: Any, rng: random.Random, values: Sequence[Any]) -> Any:
    """The value with one node somewhere in it another, gone, twice, or turned around."""
    if not isinstance(value, dict | list) or not value or rng.random() < 0.15:
        return rng.choice(values) if not isinstance(value, str) or rng.random() < 0.6 else _a_letter(value, rng)
    if isinstance(value, list):
        at = rng.randrange(len(value))
        inside = [_node(value[at], rng, values)]
        return rng.choice(
            ([*value, rng.choice(values)], value[:at] + value[at + 1 :], *[value[:at] + inside + value[at + 1 :]] * 6)
        )
    name = rng.choice(list(value))
    added = rng.choice(("exp", "x", "crit", "__proto__") if values is VALUES else ("exp", 6, -65538))
    return rng.choice(
        (
            {one: inner for one, inner in value.items() if one != name},
            {**value, added: rng.choice(values)},
            dict(reversed(value.items())),
            *[{**value, name: _node(value[name], rng, values)}] * 5,
        )
    )


def _code_signed(given: Given, rng: random.Random) -> Given:
    return _code_inside(given, rng, signed=True)


def _no_half_characters(value: Any) -> Any:
    """CBOR has no spelling for them."""
    if isinstance(value, str):
        return value.replace("\ud800", "\ufffd")
    if isinstance(value, dict):
        return {_no_half_characters(name): _no_half_characters(inner) for name, inner in value.items()}
    return [_no_half_characters(inner) for inner in value] if isinstance(value, list) else value


OF_CODES: Mapping[str, Callable[[Given, random.Random], Given]] = {
    "letters": _letters,
    "bytes": _code_bytes,
    "cbor": _code_inside,
    "digits": _code_digits,
    "cbor signed anew": _code_signed,
}
OF_DOCUMENTS: Mapping[str, Callable[..., Given]] = {
    "letters": _letters,
    "parts": _parts,
    "bytes": _document_bytes,
    "json": _document_inside,
    "json signed anew": _document_inside,
}


@dataclass
class Tally:
    """What came of it. seconds: what each took, where it was measured."""

    ways: Counter[str] = field(default_factory=Counter)
    headlines: Counter[str] = field(default_factory=Counter)
    seconds: list[float] = field(default_factory=list)


def spoilt(rng: random.Random) -> tuple[str, Given]:
    """One spoilt certificate, and how it was spoilt."""
    original = rng.choice(originals())
    if original.key is None:
        way = rng.choice(tuple(OF_CODES))
        return f"code: {way}", OF_CODES[way](original.given, rng)
    way = rng.choice(tuple(OF_DOCUMENTS))
    more = {"key": original.key} if way == "json signed anew" else {}
    return f"document: {way}", OF_DOCUMENTS[way](original.given, rng, **more)


def ask_the_core(given: Given) -> Verdict:
    """The verdict that every door gives, for entry to a site."""
    return judge(verify(given, ground.trusts()["base"], ground.NOW), situation(), ground.NOW)


def fuzz(
    count: int, seed: int = SEED, *, ask: Callable[[Given], Verdict] = ask_the_core, measure: bool = False
) -> Tally:
    """Spoil that many and ask about each. AssertionError names the one that broke it or was found valid."""
    rng, tally = random.Random(seed), Tally()  # noqa: S311 it is to be the same again
    for number in range(count):
        way, given = spoilt(rng)
        began = time.perf_counter() if measure else 0.0
        try:
            verdict = ask(given)
            if number % 16 == 0:
                number_in(given)
        except Exception as fault:
            raise AssertionError(f"seed {seed}, number {number} ({way}) broke it: {given!r}") from fault
        if measure:
            tally.seconds.append(time.perf_counter() - began)
        tally.ways[way] += 1
        tally.headlines[verdict.headline] += 1
        if verdict.outcome == "valid" and "signed anew" not in way and alike(given) not in _what_is_good():
            raise AssertionError(f"seed {seed}, number {number} ({way}) is valid: {given!r}")
    return tally


def main(arguments: Sequence[str] | None = None) -> int:
    """Spoil, ask, and print what it took. Exit 1 where one in a hundred took longer than 5 ms."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--count", type=int, default=1_000_000)
    parser.add_argument("--seed", type=int, default=SEED)
    asked, say = parser.parse_args(arguments), print
    began = time.perf_counter()
    tally = fuzz(asked.count, asked.seed, measure=True)
    took, each = time.perf_counter() - began, sorted(tally.seconds)
    p50, p99 = each[len(each) // 2], each[len(each) * 99 // 100]
    say(f"{asked.count} spoilt certificates in {took:.0f} s ({asked.count / took:.0f} a second, spoiling included)")
    say(f"one answer: p50 {p50 * 1e3:.3f} ms, p99 {p99 * 1e3:.3f} ms, max {each[-1] * 1e3:.3f} ms")
    for name, counted in (("how", tally.ways), ("answers", tally.headlines)):
        say(f"{name}: " + ", ".join(f"{one} {many}" for one, many in counted.most_common()))
    say("nothing broke, and nothing that was changed was valid")
    return 0 if p99 < P99_SECONDS else 1


if __name__ == "__main__":
    sys.exit(main())
