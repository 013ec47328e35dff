"""Vectors on the QR code: the text, the digits, and the compact token (COSE_Sign1 with a CWT) that they stand for."""

import json
from collections.abc import Callable, Iterator
from typing import Any

import cbor2

from tests.verification.vectors.ground import (
    CERTIFICATE,
    COSE_HEADER,
    NUMBER,
    URL,
    TestKey,
    Vector,
    attestation_key,
    certificate,
    code,
    compact,
    cose,
    cwt_claims,
    forged,
    good,
    number_for,
    status_key,
    unread,
)
from verification.certificate import display_number
from verification.envelopes.cwt import compact_token, seal_cwt
from verification.qr import pack

_L = 2**252 + 27742317777372353535851937790883648493  # the order of the group (RFC 8032 section 5.1)
_FACTS = -65537


def vectors() -> Iterator[Vector]:
    """All of them."""
    yield from _texts()
    yield from _addresses()
    yield from _numbers()
    yield from _structure()
    yield from _signatures()
    yield from _headers()
    yield from _claims()
    yield from _facts()


def _texts() -> Iterator[Vector]:
    """One token is one decimal number."""
    text = code()
    digits = text.split("#")[1]
    token = compact()
    yield good(
        "code-good", "The text of the QR code.", text, also=("address_ours", "edition_not_stated", "register_not_asked")
    )
    yield good("code-digits-alone", "The digits without the address.", digits, also=("address_none",))
    yield good("code-as-bytes", "The bytes of the compact token.", token, also=("address_none",))
    yield good("code-in-capitals", "Some scanners give capitals; only the host is compared.", text.upper())
    yield good("code-over-http", "http or https is the network's affair.", text.replace("https", "http"))
    yield good("code-with-blanks-around", "Blanks around a text are nobody's concern.", f" \t{text}\r\n")
    yield unread("code-with-a-blank-inside", "A blank among the digits.", f"{text[:60]} {text[60:]}")
    yield unread("code-with-a-line-feed-inside", "A line feed among the digits.", f"{text[:60]}\n{text[60:]}")
    yield unread("code-with-leading-zero", "A number has no leading zero.", text.replace("#", "#0"))
    yield unread("code-with-sign", "A plus before the digits.", text.replace("#", "#+"))
    yield unread("code-with-exponent", "Digits and an exponent.", f"{text}e0")
    yield unread(
        "code-with-underscores", "Underscores between digits, as some languages read them.", f"{text[:60]}_{text[60:]}"
    )
    yield unread("code-in-hexadecimal", "The same number in hexadecimal.", f"{URL}/v#0x{int(digits):x}")
    yield unread("code-in-full-width-digits", "Digits of another width.", f"{URL}/v#{_foreign(digits, 0xFF10)}")
    yield unread("code-in-arabic-digits", "Digits of another script.", f"{URL}/v#{_foreign(digits, 0x0660)}")
    yield unread(
        "code-with-one-foreign-digit", "One Devanagari digit among ours.", f"{text[:-1]}{_foreign(text[-1], 0x0966)}"
    )
    yield unread("code-with-a-letter-after-it", "A letter after the digits.", f"{text}a")
    yield unread("code-with-nul", "A NUL after the digits.", f"{text}\x00")
    yield unread("code-without-digits", "An address with nothing after the sign.", f"{URL}/v#")
    yield unread("code-cut-off", "The last digit was not read.", text[:-1])
    yield unread("code-doubled", "Two codes in one text.", text + text)
    yield unread("code-of-version-2", "A version byte that is not 1.", _numbered(b"\x02" + token))
    yield unread("code-without-version", "The token without a version byte.", _numbered(token))
    yield unread(
        "code-of-version-1-and-nothing", "The version byte alone, in as many digits as an address allows.", f"{URL}/v#1"
    )
    yield unread("code-in-base45", "The token in another alphabet.", "HC1:" + "NCFOXN%TSMAHN-H3O4:PVH AJ2J$9J0II")


def _foreign(digits: str, zero: int) -> str:
    return "".join(chr(zero + int(digit)) for digit in digits)


def _numbered(data: bytes) -> str:
    return f"{URL}/v#{int.from_bytes(data, 'big')}"


def _addresses() -> Iterator[Vector]:
    """The address is told, never followed; the signature decides."""
    digits = code().split("#")[1]

    def elsewhere(name: str, description: str, base: str) -> Vector:
        return Vector(name, description, f"{base}/v#{digits}", "valid", ("address_other",), number=NUMBER)

    def broken(name: str, description: str, text: str) -> Vector:
        return unread(name, description, text.replace("DIGITS", digits))

    yield elsewhere("address-of-another-host", "A good code under another host.", "https://evil.example")
    yield elsewhere(
        "address-with-our-host-as-subdomain", "Our name, then theirs.", "https://bevis.example.evil.example"
    )
    yield elsewhere("address-that-ends-in-ours", "Theirs, then our name.", "https://evil-bevis.example")
    yield elsewhere("address-with-a-port", "Our host on another port.", "https://bevis.example:8443")
    yield elsewhere("address-with-a-dot-at-the-end", "Our host with the root's dot.", "https://bevis.example.")
    yield elsewhere("address-with-a-path", "A path before /v.", "https://bevis.example/evil")
    yield elsewhere(
        "address-in-punycode", "A name that looks like ours, as the network writes it.", "https://xn--bvis-lna.example"
    )
    yield elsewhere("address-of-this-machine", "A host that is no name.", "http://127.0.0.1:8000")
    yield broken(
        "address-that-looks-like-ours", "A Cyrillic letter in our name.", "https://b\u0435vis.example/v#DIGITS"
    )
    yield broken(
        "address-with-user", "Our host as a user's name at another.", "https://bevis.example@evil.example/v#DIGITS"
    )
    yield broken("address-with-password", "A user and a password.", "https://a:b@bevis.example/v#DIGITS")
    yield broken(
        "address-with-backslash",
        "A backslash, which browsers read as a slash.",
        "https://evil.example\\@bevis.example/v#DIGITS",
    )
    yield broken("address-with-percent", "A host with an escape.", "https://bevis%2eexample/v#DIGITS")
    yield broken(
        "address-with-query", "A question before the fragment.", "https://bevis.example/v?next=//evil.example#DIGITS"
    )
    yield broken("address-with-another-path", "Another page of ours.", "https://bevis.example/w#DIGITS")
    yield broken("address-with-slash-at-the-end", "/v/ is not /v.", "https://bevis.example/v/#DIGITS")
    yield broken("address-with-two-fragments", "Two signs.", "https://bevis.example/v#1#DIGITS")
    yield broken("address-without-host", "No host.", "https:///v#DIGITS")
    yield broken("address-without-scheme", "No https.", "bevis.example/v#DIGITS")
    yield broken("address-of-another-scheme", "ftp.", "ftp://bevis.example/v#DIGITS")
    yield broken(
        "address-that-is-a-script",
        "A script that names our address.",
        "javascript:alert(1)//https://bevis.example/v#DIGITS",
    )
    yield broken("address-of-data", "A page within an address.", "data:text/html,https://bevis.example/v#DIGITS")
    yield broken(
        "address-with-zero-width", "An invisible character in the host.", "https://bevis\u200b.example/v#DIGITS"
    )
    yield broken(
        "address-turned-around",
        "A mark that turns the text around before the host.",
        "https://\u202ebevis.example/v#DIGITS",
    )


def _numbers() -> Iterator[Vector]:
    """A number alone is answered by a register, and by nobody else."""
    typed = display_number(NUMBER)

    def alone(name: str, description: str, text: str, *before: str) -> Vector:
        return Vector(name, description, text, "unknown", (*before, "number_alone"))

    yield alone("number-alone", "A number as it is printed.", typed)
    yield alone(
        "number-as-people-type-it", "Small letters, blanks, O for 0.", typed.lower().replace("-", " ").replace("0", "o")
    )
    yield alone("number-with-long-dashes", "The dashes that word processors make.", typed.replace("-", "\u2013"))
    yield alone("number-in-an-address", "The address of a certificate's page.", f"{URL}/v/{typed}")
    yield alone("number-in-an-address-with-language", "The same with a language.", f"{URL}/v/{typed}?lang=nb")
    yield alone(
        "number-of-another-registry",
        "The same page of another registry.",
        f"https://other.example/v/{typed}",
        "address_other",
    )
    yield alone("number-of-digits", "Sixteen digits are a number, not a code.", "1234567890123456")
    yield unread("number-too-short", "Fifteen characters.", typed[:-1])
    yield unread("number-too-long", "Seventeen characters.", f"{typed}0")
    yield unread("number-with-u", "U is in no number.", f"{typed[:-1]}U")
    yield unread("number-with-foreign-letters", "A Cyrillic letter that looks like one of ours.", f"\u0410{typed[1:]}")
    yield unread("number-in-full-width", "Digits of another width.", _foreign("1234567890123456", 0xFF10))
    yield unread("number-with-a-query", "SQL after the number.", f"{typed}' OR 1=1 --")


def _structure() -> Iterator[Vector]:
    """The bytes are those and no others: one token, one spelling (RFC 8949 section 4.2.1)."""
    token, body = compact(), cbor2.loads(compact())[2]
    claims = cwt_claims()

    def held(name: str, description: str, data: bytes) -> Vector:
        return unread(name, description, _numbered(b"\x01" + data))

    yield held("token-with-a-byte-after-it", "A zero byte after the token.", token + b"\x00")
    yield held("token-cut-off", "The last byte is missing.", token[:-1])
    yield held("token-tagged-18", "The tag of a COSE_Sign1.", b"\xd2" + token)
    yield held("token-tagged-61", "The tag of a CWT.", b"\xd8\x3d\xd2" + token)
    yield held("token-self-described", "The tag that says: this is CBOR.", b"\xd9\xd9\xf7" + token)
    yield held("token-with-a-long-length", "The array's length in two bytes.", b"\x98\x04" + token[1:])
    yield held("token-in-an-indefinite-array", "An array without a length.", b"\x9f" + token[1:] + b"\xff")
    yield held("token-in-a-list", "The token in an array of one.", b"\x81" + token)
    yield held(
        "token-of-three-parts",
        "No unprotected header.",
        cbor2.dumps([part for part in cbor2.loads(token) if part != {}]),
    )
    yield held("token-of-five-parts", "Something after the signature.", cbor2.dumps([*cbor2.loads(token), None]))
    yield held(
        "token-without-payload",
        "A detached payload.",
        cbor2.dumps([*cbor2.loads(token)[:2], None, cbor2.loads(token)[3]]),
    )
    yield held(
        "token-with-payload-as-text",
        "The payload is text.",
        cbor2.dumps([*cbor2.loads(token)[:2], body.hex(), cbor2.loads(token)[3]]),
    )
    yield held(
        "token-with-header-as-a-map",
        "The protected header is not wrapped in bytes.",
        cbor2.dumps([COSE_HEADER, *cbor2.loads(token)[1:]]),
    )
    yield held("token-longer-than-a-token", "1201 bytes.", token + bytes(1201 - len(token)))
    yield held("cwt-with-a-byte-after-them", "A zero byte after the claims, signed.", cose(body + b"\x00"))
    yield held("cwt-with-a-long-key", "Claim 1 written in two bytes.", cose(body[:1] + b"\x18" + body[1:]))
    yield held("cwt-with-a-long-text", "The issuer's length in two bytes.", cose(body[:2] + b"\x78\x09" + body[3:]))
    yield held(
        "cwt-with-an-indefinite-text",
        "The issuer as a text without a length.",
        cose(body[:2] + b"\x7f" + body[2:12] + b"\xff" + body[12:]),
    )
    yield held("cwt-in-an-indefinite-map", "A map without a length.", cose(b"\xbf" + body[1:] + b"\xff"))
    yield held(
        "cwt-with-one-twice", "The issuer stands there twice.", cose(bytes([body[0] + 1]) + b"\x01\x61a" + body[1:])
    )
    yield held("cwt-in-another-order", "The keys are not in order.", cose(cbor2.dumps(dict(reversed(claims.items())))))
    yield held("cwt-in-a-list", "The claims are an array.", cose([claims]))
    yield held("cwt-as-text", "The claims are JSON.", cose(json.dumps({"iss": "provhuset"}).encode()))
    yield held("cwt-with-broken-text", "The issuer is not UTF-8.", cose(body[:3] + b"\xff" + body[4:]))
    yield held("cwt-nested-deeply", "A thousand arrays.", cose(b"\x81" * 1000 + b"\x00"))
    yield held(
        "cwt-with-a-bigfloat", "A number that takes long to read.", cose(bytes.fromhex("c5821b7fffffffffffffff01"))
    )


def _signatures() -> Iterator[Vector]:
    parts = cbor2.loads(compact())
    raw = parts[3]
    s = int.from_bytes(raw[32:], "little")

    def signed(data: bytes) -> str:
        return pack(cbor2.dumps([*parts[:3], data]), URL)

    stranger = TestKey(9, "0f0f0f0f")
    yield unread("code-signature-of-63-bytes", "A byte too few.", signed(raw[:63]))
    yield unread("code-signature-of-65-bytes", "A byte too many.", signed(raw + b"\x00"))
    yield forged(
        "code-signature-with-a-flipped-bit", "One bit of the signature.", signed(bytes([raw[0] ^ 1]) + raw[1:])
    )
    yield forged("code-signature-of-zeros", "64 zero bytes.", signed(bytes(64)))
    yield forged(
        "code-signature-s-plus-l",
        "S + L in place of S (RFC 8032 section 5.1.7).",
        signed(raw[:32] + (s + _L).to_bytes(32, "little")),
    )
    yield forged("code-signature-r-of-small-order", "R is the neutral point, S is 0.", signed(b"\x01" + bytes(63)))
    yield forged(
        "code-signature-of-another-key",
        "Signed by a stranger under our key id.",
        pack(seal_cwt(compact_token(CERTIFICATE), COSE_HEADER[4], stranger), URL),
    )
    yield forged(
        "code-claims-changed-after-signing",
        "Another name under a good signature.",
        pack(compact().replace("Åsa Lindström".encode(), "Eva Lindstrøm ".encode()), URL),
    )
    yield forged(
        "code-with-another-keys-id",
        "A good token under another of our keys' names.",
        pack(compact().replace(COSE_HEADER[4], bytes.fromhex("40404040")), URL),
    )
    yield forged(
        "code-without-signature-structure",
        "The claims are signed bare, not as a Sig_structure (RFC 9052 section 4.4).",
        pack(cbor2.dumps([*parts[:3], attestation_key().sign(parts[2])]), URL),
    )
    of_lists = status_key()
    yield unread(
        "code-by-the-key-for-lists",
        "The registry's key for lists signs nothing but lists.",
        pack(seal_cwt(compact_token(CERTIFICATE), bytes.fromhex(of_lists.kid), of_lists), URL),
        "key_unknown",
    )
    yield unread(
        "code-bytes-of-a-list",
        "A tagged message of the registry, as its lists are, in bytes.",
        b"\xd2"
        + cbor2.dumps([cbor2.dumps({1: -8, 16: "application/statuslist+cwt"}), {4: b"ZZZZ"}, b"\xa0", bytes(64)]),
    )
    yield unread(
        "code-of-another-registry",
        "A stranger's key id and signature.",
        pack(seal_cwt(compact_token(CERTIFICATE), bytes.fromhex(stranger.kid), stranger), URL),
        "key_unknown",
    )


def _headers() -> Iterator[Vector]:
    def headed(name: str, description: str, header: object, unprotected: object = None) -> Vector:
        return unread(name, description, pack(cose(cwt_claims(), header, unprotected), URL))

    kid = COSE_HEADER[4]
    yield headed("cose-alg-es256", "ES256 with an Ed25519 key.", {1: -7, 4: kid})
    yield headed("cose-alg-fully-specified", "Ed25519 as RFC 9864 names it; here it is EdDSA.", {1: -19, 4: kid})
    yield headed("cose-alg-as-text", "The algorithm as text.", {1: "EdDSA", 4: kid})
    yield headed("cose-alg-as-a-float", "-8.0.", {1: -8.0, 4: kid})
    yield headed("cose-alg-missing", "No algorithm.", {4: kid})
    yield headed("cose-crit", "A critical header.", {1: -8, 2: [99], 4: kid})
    yield headed("cose-kid-missing", "No key id.", {1: -8})
    yield headed("cose-kid-of-three-bytes", "A key id of three bytes.", {1: -8, 4: kid[:3]})
    yield headed("cose-kid-of-five-bytes", "A key id of five bytes.", {1: -8, 4: kid + b"\x00"})
    yield headed("cose-kid-as-text", "The key id as text.", {1: -8, 4: kid.decode("latin-1")})
    yield headed("cose-kid-unprotected", "The key id where nothing protects it.", {1: -8}, {4: kid})
    yield headed("cose-something-unprotected", "Something in the unprotected header.", COSE_HEADER, {99: 1})
    yield headed("cose-content-type", "A content type in the header.", {**COSE_HEADER, 3: "application/cwt"})
    yield headed("cose-brings-a-key", "A chain in the header.", {**COSE_HEADER, 33: b"\x30"})
    yield headed("cose-header-empty", "An empty protected header.", b"")
    yield headed("cose-header-an-empty-map", "A protected header of nothing.", b"\xa0")
    yield headed(
        "cose-header-with-alg-twice", "The algorithm stands there twice.", b"\xa3\x01\x26\x01\x27\x04\x44" + kid
    )


Change = Callable[[dict[Any, Any]], object]


def _claims() -> Iterator[Vector]:
    """Properly signed tokens of another shape."""

    def said(name: str, description: str, change: Change) -> Vector:
        claims = cwt_claims()
        change(claims)
        return unread(name, description, pack(cose(claims), URL))

    end = cwt_claims()[4]
    yield said("cwt-without-issuer", "No issuer.", lambda c: c.pop(1))
    yield said("cwt-issuer-a-number", "The issuer is a number.", lambda c: c.update({1: 5}))
    yield said("cwt-issuer-bytes", "The issuer in bytes.", lambda c: c.update({1: b"provhuset"}))
    yield said("cwt-issuer-an-address", "The issuer is an address.", lambda c: c.update({1: "https://x/"}))
    yield said("cwt-with-an-unknown-claim", "Claim 6, issued at.", lambda c: c.update({6: end}))
    yield said(
        "cwt-with-an-unknown-private-claim", "A private claim of somebody else.", lambda c: c.update({-65538: []})
    )
    yield said("cwt-with-a-textual-claim", "exp by its name.", lambda c: c.update({"exp": end}))
    yield said("cwt-end-as-text", "The end as text.", lambda c: c.update({4: str(end)}))
    yield said("cwt-end-as-a-float", "The end as a float.", lambda c: c.update({4: float(end)}))
    yield said("cwt-end-not-a-number", "The end is NaN.", lambda c: c.update({4: float("nan")}))
    yield said("cwt-end-infinite", "The end is infinite.", lambda c: c.update({4: float("inf")}))
    yield said(
        "cwt-end-as-a-bignum",
        "The end in the form of a large number.",
        lambda c: c.update({4: cbor2.CBORTag(2, end.to_bytes(4, "big"))}),
    )
    yield said("cwt-end-beyond-64-bits", "An end beyond all time.", lambda c: c.update({4: 2**70}))
    yield said("cwt-end-tagged", "The end tagged as a date.", lambda c: c.update({4: cbor2.CBORTag(1, end)}))
    yield said("cwt-end-true", "The end is true.", lambda c: c.update({4: True}))
    yield said("cwt-end-null", "The end is null in place of left out.", lambda c: c.update({4: None}))
    yield said("cwt-without-beginning", "No beginning.", lambda c: c.pop(5))
    yield said(
        "cwt-beginning-beyond-the-calendar", "A beginning after the last year there is.", lambda c: c.update({5: 2**60})
    )
    yield said("cwt-beginning-before-1900", "A beginning in 1899.", lambda c: c.update({5: -2240524800}))
    yield said("cwt-number-of-nine-bytes", "The number has nine bytes.", lambda c: c.update({7: c[7][:9]}))
    yield said("cwt-number-of-eleven-bytes", "The number has eleven bytes.", lambda c: c.update({7: c[7] + b"\x00"}))
    yield said("cwt-number-as-text", "The number as people read it.", lambda c: c.update({7: NUMBER}))
    yield said("cwt-without-facts", "The private claim is missing.", lambda c: c.pop(_FACTS))


def _facts() -> Iterator[Vector]:
    """The private claim: name, birth, scheme, level, place, log index, restrictions, scope classes."""

    def fact(name: str, description: str, place: int, value: object) -> Vector:
        claims = cwt_claims()
        claims[_FACTS] = [*claims[_FACTS]]
        claims[_FACTS][place : place + 1] = [value]
        return unread(name, description, pack(cose(claims), URL))

    def facts(name: str, description: str, change: Callable[[list[Any]], object]) -> Vector:
        claims = cwt_claims()
        claims[_FACTS] = change([*claims[_FACTS]])
        return unread(name, description, pack(cose(claims), URL))

    yield facts("facts-in-a-map", "The facts by name.", lambda f: dict(enumerate(f)))
    yield facts("facts-too-few", "Five facts.", lambda f: f[:-1])
    yield facts("facts-too-many", "Nine facts.", lambda f: [*f, ["a"], ["b"], 1])
    yield fact("facts-name-in-bytes", "The name in bytes.", 0, b"Eva Berg")
    yield fact("facts-name-empty", "Nobody's name.", 0, "")
    yield fact("facts-name-turned-around", "A mark that turns text around.", 0, "Eva\u202eavE")
    yield fact("facts-name-with-a-line-feed", "A line feed in the name.", 0, "Eva\nBerg")
    yield fact("facts-name-with-nul", "A NUL in the name.", 0, "Eva\x00")
    yield fact("facts-name-without-end", "A name of 121 characters.", 0, "x" * 121)
    yield fact("facts-birth-as-text", "The year as text.", 1, "1987")
    yield fact("facts-birth-1899", "A year before all others.", 1, 1899)
    yield fact("facts-birth-31-february", "A day that no calendar has.", 1, [1987, 2, 31])
    yield fact(
        "facts-birth-of-no-month-there-is", "A month that no calendar and no 32 bits can hold.", 1, [1987, 2**33, 1]
    )
    yield fact("facts-birth-true", "The year is true.", 1, True)
    yield fact("facts-birth-year-and-month", "A date without a day.", 1, [1987, 4])
    yield fact("facts-birth-tagged", "A date in a tag.", 1, cbor2.CBORTag(100, 6310))
    yield fact("facts-level-a", "A is reserved and never issued.", 3, "A")
    yield fact("facts-level-in-small-letters", "c1 is not C1.", 3, "c1")
    yield fact("facts-place-negative", "An index below zero.", 4, [3, -1])
    yield fact("facts-place-of-three", "A place of three parts.", 4, [3, 1, 1])
    yield fact("facts-place-true", "A list whose number is true.", 4, [True, 1])
    yield fact("facts-log-index-negative", "A log index below zero.", 5, -1)
    yield fact("facts-log-index-2-53", "A log index that JavaScript cannot hold.", 5, 2**53)
    yield fact("facts-log-index-false", "A log index of false.", 5, False)
    yield fact("facts-log-index-undefined", "A log index that is undefined.", 5, cbor2.undefined)
    yield facts("facts-empty-restrictions", "An empty list in place of none.", lambda f: [*f, []])
    yield facts("facts-empty-scope", "Restrictions, then an empty list.", lambda f: [*f, ["a"], []])
    yield facts("facts-restrictions-as-text", "Restrictions that are no list.", lambda f: [*f, "none"])
    yield facts("facts-forty-one-restrictions", "More restrictions than there may be.", lambda f: [*f, ["x"] * 41])
    yield good(
        "code-without-birth", "A scheme whose codes do not say the birth.", code(certificate(birth_in_code="none"))
    )
    yield good(
        "code-with-full-birth", "A scheme whose codes say the full date.", code(certificate(birth_in_code="date"))
    )
    yield good("code-with-restrictions", "Restrictions.", code(certificate(restrictions=("Inte med gasol",))))
    yield good(
        "code-with-scope-classes", "Scope classes without restrictions.", code(certificate(scope_classes=("A", "B2")))
    )
    yield good("code-with-both", "Both.", code(certificate(restrictions=("Inte ensam",), scope_classes=("A", "B2"))))
    yield good("code-without-end", "No end date.", code(certificate(valid_until=None)), also=("in_force_no_end",))
    yield good(
        "code-without-log-index",
        "Made before the log had it.",
        pack(seal_cwt(compact_token(CERTIFICATE), COSE_HEADER[4], attestation_key()), URL),
    )
    yield good(
        "code-with-a-long-name",
        "A name of sixty letters with signs of two bytes.",
        code(certificate(holder_name="Åsa Øystein " * 5 + "x")),
    )
    yield good(
        "code-with-markup-in-the-name",
        "A name is text, whatever it looks like.",
        code(certificate(holder_name='<b>Eva</b> & "Co"')),
    )
    zero = certificate(number="0" * 16)
    yield good("code-of-number-zero", "A number of zeros is a number.", code(zero), number="0" * 16)
    unasked = number_for("nobody asked")
    yield good(
        "code-not-asked-about",
        "The register was asked about others.",
        code(certificate(number=unasked)),
        number=unasked,
        also=("register_not_asked",),
    )
