"""Vectors on the full certificate (`vc+jwt`): how it is written, what its header says, what its claims say."""

import hmac
import json
from collections.abc import Iterator
from datetime import timedelta
from typing import Any

from cryptography.hazmat.primitives.asymmetric.utils import encode_dss_signature

from tests.verification.vectors.ground import (
    CERTIFICATE,
    DID,
    HEADER,
    ISSUERS,
    NOW,
    SUCCESSOR,
    URL,
    TestKey,
    Vector,
    base64url,
    certificate,
    document,
    edited,
    forged,
    good,
    issuer_key,
    jws,
    p256_key,
    payload,
    spelled_out,
    status_key,
    unread,
)
from verification.certificate import did_web
from verification.claims import to_claims
from verification.envelopes.jws import decode_base64url, encode_base64url

_N = 0xFFFFFFFF00000000FFFFFFFFFFFFFFFFBCE6FAADA7179E84F3B9CAC2FC632551  # the order of P-256 (SEC 2)
_L = 2**252 + 27742317777372353535851937790883648493  # the order of the group (RFC 8032 section 5.1)
_TYPES = ("statuslist+jwt", "vc+jwt")
# Lists of nothing but valid places, 131 072 of them, as zlib and gzip write them.
_LISTED = {"bits": 2, "lst": "eNrtwQEBAAAAgJD-r-4ICgAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAYgAAAAQ"}
_BITS = "uH4sIAAAAAAAC_-3BMQEAAADCoPVPbQwfoAAAAAAAAAAAAAAAAAAAAIC3AYbSVKsAQAAA"
NUMBER_HELD = f'"number":"{CERTIFICATE.number}"'
_TEACHERS_KEY = TestKey(ISSUERS["norrbygg"][0], "key-1")


def vectors() -> Iterator[Vector]:
    """All of them."""
    yield from _written()
    yield from _signatures()
    yield from _p256()
    yield from _headers()
    yield from _json()
    yield from _claims()
    yield from _of_another_kind()


def _written() -> Iterator[Vector]:
    """One document has one spelling."""
    token = document()
    head, body, signature = token.split(".")
    unused = chr(ord(signature[-1]) + 1)  # the last character of 64 bytes carries two bits; four are unused
    yield good("document-good", "The full certificate, as it was issued.", token)
    yield good("document-with-a-line-feed", "Blanks around a text are nobody's concern.", f" {token}\r\n")
    yield good(
        "document-with-terms-spelled-out",
        "The inline context defines each term by its own name, as the first certificates did.",
        jws(claims=json.dumps(spelled_out(json.loads(payload())), ensure_ascii=False)),
    )
    yield unread("document-with-padding", "Base64url has no padding (RFC 7515 section 2).", f"{token}==")
    yield unread("document-with-padding-inside", "Padding after the header.", f"{head}=.{body}.{signature}")
    yield unread("document-with-unused-bits", "The same signature in another spelling.", f"{token[:-1]}{unused}")
    yield unread("document-in-the-other-alphabet", "Base64 with + and / is not base64url.", _other_alphabet(token))
    yield unread("document-with-a-blank-inside", "A blank between two parts.", f"{head}. {body}.{signature}")
    yield unread("document-in-four-parts", "An empty fourth part.", f"{token}.")
    yield unread("document-in-two-parts", "The signature is left out.", f"{head}.{body}")
    yield unread("document-without-signature", "The signature is empty.", f"{head}.{body}.")
    yield unread("document-with-a-foreign-letter", "A letter outside ASCII after it.", f"{token}å")
    yield unread(
        "document-with-foreign-digits", "An Arabic digit in the signature.", f"{head}.{body}.\u0661{signature[1:]}"
    )
    yield unread("document-with-nul", "A NUL after it.", f"{token}\x00")
    yield unread("document-with-byte-order-mark", "A byte order mark before it.", f"\ufeff{token}")
    yield unread(
        "document-as-json",
        "The JSON serialisation of the same JWS (RFC 7515 section 7.2).",
        json.dumps({"protected": head, "payload": body, "signature": signature}),
    )


def _other_alphabet(token: str) -> str:
    """The document whose signature has a - or _, written with + and /; one of the first fifty surely has one."""
    for minutes in range(50):
        head, body, signature = document(
            certificate(issued_at=CERTIFICATE.issued_at + timedelta(minutes=minutes))
        ).split(".")
        if {"-", "_"} & set(signature):
            return f"{head}.{body}.{signature.translate(str.maketrans('-_', '+/'))}"
    raise AssertionError(token)


def _signatures() -> Iterator[Vector]:
    head, body, signature = document().split(".")
    raw = decode_base64url(signature)
    r, s = raw[:32], int.from_bytes(raw[32:], "little")

    def signed(data: bytes) -> str:
        return f"{head}.{body}.{encode_base64url(data)}"

    yield unread("signature-of-63-bytes", "A byte too few.", signed(raw[:63]))
    yield unread("signature-of-65-bytes", "A byte too many.", signed(raw + b"\x00"))
    yield forged("signature-with-a-flipped-bit", "One bit of the signature.", signed(bytes([raw[0] ^ 1]) + raw[1:]))
    yield forged("signature-of-zeros", "64 zero bytes.", signed(bytes(64)))
    yield forged(
        "signature-s-plus-l",
        "S + L in place of S: the same number modulo the order, another signature (RFC 8032 section 5.1.7).",
        signed(r + (s + _L).to_bytes(32, "little")),
    )
    yield forged("signature-r-of-small-order", "R is the neutral point, S is 0.", signed(b"\x01" + bytes(63)))
    yield forged(
        "signature-r-not-canonical",
        "R is the neutral point written as p + 1, S is 0.",
        signed((2**255 - 18).to_bytes(32, "little") + bytes(32)),
    )
    yield forged(
        "signature-of-another-key", "Signed by a stranger under the issuer's key name.", jws(key=TestKey(9, "key-1"))
    )
    yield forged(
        "signature-of-another-document",
        "The signature of another certificate of the same issuer.",
        f"{head}.{body}.{document(certificate(holder_name='Eva Berg')).split('.')[2]}",
    )
    yield forged(
        "claims-changed-after-signing",
        "Another name under a good signature.",
        f"{head}.{base64url(edited('Åsa Lindström Bergqvist', 'Eva Berg'))}.{signature}",
    )
    yield forged(
        "header-changed-after-signing",
        "The header says the same with a blank in it.",
        f"{base64url(json.dumps(HEADER))}.{body}.{signature}",
    )


def _p256() -> Iterator[Vector]:
    """The other kind of key, with the other algorithm: ES256 (RFC 7518 section 3.4). The key decides which."""
    key, too = p256_key(), p256_key("p-256-too")
    token = document(key=key)
    head, body, signature = token.split(".")
    raw = decode_base64url(signature)
    r, s = raw[:32], int.from_bytes(raw[32:], "big")

    def signed(data: bytes) -> str:
        return f"{head}.{body}.{encode_base64url(data)}"

    def under(alg: str, kid: str, signer: Any) -> str:
        return jws({"alg": alg, "typ": "vc+jwt", "kid": f"{DID}#{kid}"}, key=signer)

    yield good("es256-good", "Signed with a P-256 key.", token, also=("signature_good", "key_good"))
    yield good(
        "es256-the-other-s",
        "n - s in place of s: of every ECDSA signature there are two, and both are good (SEC 1 section 4.1.4).",
        signed(r + (_N - s).to_bytes(32, "big")),
    )
    yield forged("es256-with-a-flipped-bit", "One bit of the signature.", signed(bytes([raw[0] ^ 1]) + raw[1:]))
    yield forged(
        "es256-of-zeros", "r and s are 0: the signature that one library took for anybody's.", signed(bytes(64))
    )
    yield forged(
        "es256-r-is-n", "r is the order of the group, s is 1.", signed(_N.to_bytes(32, "big") + b"\x00" * 31 + b"\x01")
    )
    yield forged("es256-s-is-zero", "s is 0.", signed(r + bytes(32)))
    yield forged("es256-of-another-key", "Signed by another P-256 key of the issuer.", under("ES256", "p-256", too))
    yield forged(
        "es256-with-an-ed25519-key",
        "Says ES256, names a key of Ed25519, and is signed by that.",
        under("ES256", "key-1", issuer_key()),
    )
    yield forged(
        "es256-signature-under-an-ed25519-key",
        "Says ES256, is signed by P-256, and names a key of Ed25519.",
        under("ES256", "key-1", key),
    )
    yield forged(
        "eddsa-with-a-p256-key", "Says EdDSA and names a P-256 key, which has signed it.", under("EdDSA", "p-256", key)
    )
    yield forged(
        "eddsa-signature-under-a-p256-key",
        "Says EdDSA, is signed by Ed25519, and names a P-256 key.",
        under("EdDSA", "p-256", issuer_key()),
    )
    der = encode_dss_signature(int.from_bytes(r, "big"), s)
    yield unread("es256-in-der", "r and s as X.509 writes them.", signed(der))
    yield unread("es384", "An algorithm of a larger curve.", under("ES384", "p-256", key))
    yield unread("es256k", "An algorithm of another curve.", under("ES256K", "p-256", key))
    yield good("alg-ed25519", "EdDSA by the name that RFC 9864 gives it.", under("Ed25519", "key-1", issuer_key()))
    yield unread("alg-ed448", "Another curve of the same name.", under("Ed448", "key-1", issuer_key()))


def _headers() -> Iterator[Vector]:
    """The key says the algorithm, the verifier says the type; a header decides nothing."""

    def with_(**members: object) -> str:
        return jws({**HEADER, **members})

    def without(name: str) -> str:
        return jws({member: value for member, value in HEADER.items() if member != name})

    unsigned = f"{base64url({**HEADER, 'alg': 'none'})}.{base64url(payload())}."
    yield unread("alg-none", "Unsigned, and says so.", unsigned)
    yield unread("alg-none-in-capitals", "NoNe.", with_(alg="NoNe"))
    yield unread("alg-hs256-with-the-public-key", "A MAC made with the public key as the secret.", _with_mac())
    yield unread("alg-rs256", "Another algorithm, with a signature of its length.", _with_rsa())
    yield unread("alg-in-small-letters", "eddsa is not EdDSA.", with_(alg="eddsa"))
    yield unread("alg-missing", "No algorithm.", without("alg"))
    yield unread("alg-a-list", "A list of algorithms.", with_(alg=["EdDSA"]))
    yield unread("crit", "A critical extension that nobody knows.", with_(crit=["exp"]))
    yield unread("crit-empty", "An empty list of critical extensions.", with_(crit=[]))
    yield unread("b64-false", "An unencoded payload (RFC 7797).", with_(b64=False))
    yield unread("zip", "Says that the claims are compressed.", with_(zip="DEF"))
    jwk = {"kty": "OKP", "crv": "Ed25519", "x": base64url(TestKey(9, "k").public)}
    yield unread(
        "header-brings-a-key",
        "jwk: a key in the header, which has signed it.",
        jws({**HEADER, "jwk": jwk}, key=TestKey(9, "k")),
    )
    yield unread("header-names-a-key-set", "jku: the address of a key set.", with_(jku="https://evil.example/keys"))
    yield unread(
        "header-names-a-chain", "x5u: the address of a certificate chain.", with_(x5u="https://evil.example/x")
    )
    yield unread("header-brings-a-chain", "x5c: a certificate chain.", with_(x5c=["MIIB"]))
    yield unread("typ-missing", "It does not say what it is.", without("typ"))
    yield unread("typ-jwt", "It says that it is any token.", with_(typ="JWT"))
    yield unread("typ-in-capitals", "The type is compared as it stands.", with_(typ="VC+JWT"))
    yield unread("typ-status-list", "It says that it is a status list.", with_(typ="statuslist+jwt"))
    yield unread("kid-missing", "No key is named.", without("kid"))
    yield unread("kid-empty", "The key's name is empty.", with_(kid=""))
    yield unread("kid-a-number", "The key's name is a number.", with_(kid=1))
    yield unread("kid-endless", "A key's name of 301 characters.", with_(kid="k" * 301))
    yield unread("kid-not-known", "The issuer has no such key.", with_(kid=f"{DID}#key-9"), "key_unknown")
    yield unread("kid-without-a-did", "The key's own name alone.", with_(kid="key-1"), "key_unknown")
    yield unread("kid-a-path", "A path for a key's name.", with_(kid="../../dev/null"))
    yield unread("kid-a-query", "SQL for a key's name.", with_(kid="' OR '1'='1"))
    yield unread(
        "kid-of-another-registry",
        "The same names at another registry.",
        with_(kid="did:web:evil.example:o:provhuset#key-1"),
        "key_unknown",
    )
    theirs = f"{did_web(URL, 'norrbygg')}#key-1"
    yield forged(
        "kid-of-another-organisation",
        "Signed by another organisation's key, in the issuer's name.",
        jws({**HEADER, "kid": theirs}, key=_TEACHERS_KEY),
        "key_of_other",
    )
    yield forged(
        "kid-of-another-organisation-signed-by-ours",
        "Names another organisation's key and is signed by the issuer's.",
        jws({**HEADER, "kid": theirs}),
    )
    yield good("header-with-the-issuer", "The header repeats the issuer (RFC 7519 section 5.3).", with_(iss=DID))
    yield forged(
        "header-with-another-issuer",
        "The header names another issuer than the claims.",
        with_(iss=did_web(URL, "norrbygg")),
        "key_of_other",
    )
    yield good("header-with-content-type", "cty says what the claims are.", with_(cty="vc"))
    text = json.dumps(HEADER, separators=(",", ":"))
    yield unread("header-names-alg-twice", "alg stands there twice, none first.", jws('{"alg":"none",' + text[1:]))
    yield unread(
        "header-names-kid-twice-by-escape",
        "kid stands there twice, once written with an escape.",
        jws(text[:-1] + ',"\\u006bid":"x"}'),
    )
    yield unread("header-in-utf-16", "The header is UTF-16.", jws(text.encode("utf-16")))


def _with_mac() -> str:
    signed = f"{base64url({**HEADER, 'alg': 'HS256'})}.{base64url(payload())}"
    return f"{signed}.{encode_base64url(hmac.digest(issuer_key().public, signed.encode(), 'sha256'))}"


def _with_rsa() -> str:
    return f"{base64url({**HEADER, 'alg': 'RS256'})}.{base64url(payload())}.{encode_base64url(bytes(range(256)))}"


def _json() -> Iterator[Vector]:
    """Properly signed, but JSON that two readers could read in two ways."""
    text = payload()
    name = "Åsa Lindström Bergqvist"
    held = '"statusIndex":48213'
    yield unread(
        "claim-twice",
        "A member stands there twice with the same value.",
        jws(claims=text.replace('"awardedDate"', '"name":"Hot work","awardedDate"', 1)),
    )
    yield unread(
        "claim-twice-in-depth",
        "The number stands there twice.",
        jws(claims=edited(NUMBER_HELD, f'"number":"0000000000000000",{NUMBER_HELD}')),
    )
    yield unread(
        "claim-twice-by-escape",
        "The number stands there twice, once with an escape.",
        jws(claims=edited(NUMBER_HELD, f'"n\\u0075mber":"0000000000000000",{NUMBER_HELD}')),
    )
    yield unread("number-nan", "NaN is no JSON.", jws(claims=edited(held, '"statusIndex":NaN')))
    yield unread(
        "number-with-a-fraction",
        "48213.0 is read as another number by some.",
        jws(claims=edited(held, '"statusIndex":48213.0')),
    )
    yield unread("number-with-an-exponent", "4.8213e4.", jws(claims=edited(held, '"statusIndex":4.8213e4')))
    yield unread(
        "number-beyond-2-53",
        "2**53 + 1 is another number in JavaScript.",
        jws(claims=edited(held, '"statusIndex":9007199254740993')),
    )
    yield unread("number-with-leading-zero", "048213 is no JSON.", jws(claims=edited(held, '"statusIndex":048213')))
    yield unread(
        "text-with-half-a-character", "A lone surrogate in the name.", jws(claims=edited(name, f"{name}\\ud800"))
    )
    yield unread("text-with-nul", "A NUL in the name.", jws(claims=edited(name, f"{name}\\u0000")))
    yield unread(
        "text-with-a-raw-control", "A line feed in a text, not escaped.", jws(claims=edited(name, f"{name}\n"))
    )
    yield unread("text-in-latin-1", "The claims are not UTF-8.", jws(claims=text.encode("latin-1")))
    yield unread("claims-in-utf-16", "The claims are UTF-16.", jws(claims=text.encode("utf-16-le")))
    yield unread(
        "claims-with-byte-order-mark",
        "A byte order mark before the claims.",
        jws(claims=b"\xef\xbb\xbf" + text.encode()),
    )
    yield unread(
        "claims-overlong-utf-8",
        "A slash written in two bytes.",
        jws(claims=text.encode().replace(b"Hot work", b"Hot\xc0\xafwork")),
    )
    yield unread(
        "claims-nested-too-deeply",
        "Thirteen levels.",
        jws(claims=edited(held, f'"statusIndex":{"[" * 10}48213{"]" * 10}')),
    )
    yield unread("claims-two-documents", "Two documents, one after the other.", jws(claims=f"{text}{{}}"))
    yield unread("claims-with-a-comment", "A comment after the claims.", jws(claims=f"{text}/**/"))
    yield good(
        "claims-with-blanks",
        "Blanks between members are nobody's concern.",
        jws(claims=json.dumps(json.loads(text), ensure_ascii=False, indent=1)),
    )
    yield good(
        "claims-with-escapes",
        "The name in ASCII with escapes is the same name.",
        jws(claims=json.dumps(json.loads(text), separators=(",", ":"))),
    )
    yield good(
        "claims-in-another-order",
        "Members have no order.",
        jws(claims=json.dumps(dict(reversed(json.loads(text).items())), ensure_ascii=False)),
    )


def _claims() -> Iterator[Vector]:
    """Well signed, well written, and not a certificate: not understood is not forged."""

    def says(name: str, description: str, old: str, new: str) -> Vector:
        return unread(name, description, jws(claims=edited(old, new)), "not_understood")

    yield unread("states-nothing", "Claims of something else.", jws(claims='{"hello":"world"}'), "not_understood")
    yield says("states-something-unknown", "A member that nobody knows.", '"awardedDate"', '"extra":1,"awardedDate"')
    yield says(
        "states-an-expiry-of-another-kind",
        "exp beside the days of the certificate.",
        '"awardedDate"',
        '"exp":1,"awardedDate"',
    )
    yield says(
        "states-a-number-in-small-letters",
        "The number is not written as numbers are.",
        f'"number":"{CERTIFICATE.number}"',
        f'"number":"{CERTIFICATE.number.lower()}"',
    )
    yield says(
        "states-another-number-than-its-address",
        "The address is another certificate's.",
        f'"number":"{CERTIFICATE.number}"',
        f'"number":"{SUCCESSOR}"',
    )
    yield says(
        "states-two-first-days",
        "validFrom is another moment than the first day.",
        '"validFromDay":"2026-03-01"',
        '"validFromDay":"2026-03-02"',
    )
    yield says(
        "states-two-last-days",
        "validUntil is another moment than the last day.",
        '"validUntilDay":"2031-02-28"',
        '"validUntilDay":"2032-02-28"',
    )
    yield says("states-an-end-in-one-place-only", "validUntil without a last day.", ',"validUntilDay":"2031-02-28"', "")
    yield says(
        "states-31-february", "A day that no calendar has.", '"decidedOn":"2026-02-20"', '"decidedOn":"2026-02-31"'
    )
    yield says(
        "states-a-day-in-another-spelling",
        "20260220 is a day in ISO 8601, not here.",
        '"decidedOn":"2026-02-20"',
        '"decidedOn":"20260220"',
    )
    yield says(
        "states-a-moment-with-an-offset",
        "awardedDate is written in UTC with a Z.",
        '"awardedDate":"2026-02-20T10:00:00Z"',
        '"awardedDate":"2026-02-20T10:00:00+00:00"',
    )
    yield says("states-level-a", "A is reserved and never issued.", '"level":"C1"', '"level":"A"')
    yield says("states-a-level-in-small-letters", "c1 is not C1.", '"level":"C1"', '"level":"c1"')
    yield says("states-an-integer-as-text", "The index is text.", '"statusIndex":48213', '"statusIndex":"48213"')
    yield says("states-true-for-one", "true is not 1.", '"attendance":1', '"attendance":true')
    yield says(
        "states-two-indexes",
        "credentialStatus points elsewhere than tokenStatus.",
        '"statusIndex":48213',
        '"statusIndex":48214',
    )
    yield says(
        "states-no-time-zone-there-is",
        "A time zone that is none.",
        '"timeZone":"Europe/Stockholm"',
        '"timeZone":"Europe/Atlantis"',
    )
    yield says(
        "states-a-name-turned-around",
        "A mark that turns text around.",
        "Åsa Lindström Bergqvist",
        "Åsa \u202eLindström",
    )
    yield says(
        "states-a-name-with-invisible-characters",
        "A zero-width space in the name.",
        "Åsa Lindström Bergqvist",
        "Åsa\u200bLindström",
    )
    yield says(
        "states-another-context",
        "A context that gives the terms another meaning.",
        "https://www.w3.org/ns/credentials/v2",
        "https://evil.example/v2",
    )
    yield forged(
        "states-another-issuer",
        "The claims name another issuer than the key's.",
        jws(claims=edited(f'"issuer":{{"id":"{DID}"', f'"issuer":{{"id":"{did_web(URL, "norrbygg")}"')),
        "key_of_other",
    )
    yield forged(
        "states-an-issuer-elsewhere", "The same issuer under another registry's address.", _elsewhere(), "key_of_other"
    )
    posing = certificate(issuer=CERTIFICATE.issuer.model_copy(update={"name": "Brandskyddsrådet"}))
    yield good(
        "states-a-name-of-its-own-choice",
        "The issuer calls itself something else; it is shown under the name it is registered by.",
        document(posing),
    )


def _elsewhere() -> str:
    other = "https://evil.example"
    claims = to_claims(CERTIFICATE, did_web(other, "provhuset"), other)
    return jws(claims=json.dumps(claims, ensure_ascii=False, separators=(",", ":")))


def _of_another_kind() -> Iterator[Vector]:
    """What else is signed here, or lies beside it, is no certificate."""
    registry, signer = did_web(URL), status_key()
    url, issued = f"{URL}/status/3", int(NOW.timestamp())
    listed = json.dumps({"sub": url, "iat": issued, "exp": issued + 259_200, "ttl": 3600, "status_list": _LISTED})
    bits = json.dumps(
        {
            "@context": ["https://www.w3.org/ns/credentials/v2"],
            "id": f"{url}/revocation",
            "type": ["VerifiableCredential", "BitstringStatusListCredential"],
            "issuer": registry,
            "validFrom": "2026-11-20T15:25:00Z",
            "validUntil": "2026-11-23T15:25:00Z",
            "credentialSubject": {
                "id": f"{url}/revocation#list",
                "type": "BitstringStatusList",
                "statusPurpose": "revocation",
                "encodedList": _BITS,
            },
        }
    )
    of_lists, of_certificates = ({"alg": "EdDSA", "typ": typ, "kid": f"{registry}#{signer.kid}"} for typ in _TYPES)
    yield unread("a-status-list", "A Token Status List of the registry.", jws(of_lists, listed, signer))
    yield unread(
        "a-status-list-that-says-it-is-a-certificate",
        "A status list under the type of a certificate, signed by an issuer.",
        jws(claims=listed),
        "not_understood",
    )
    yield unread(
        "a-bitstring-credential",
        "A Bitstring Status List credential: a vc+jwt of the registry, and no certificate.",
        jws(of_certificates, bits, signer),
        "key_unknown",
    )
    yield unread(
        "a-bitstring-credential-of-an-issuer", "The same signed by an issuer.", jws(claims=bits), "not_understood"
    )
    yield unread(
        "a-certificate-by-the-key-for-lists",
        "The registry's key for lists signs nothing but lists.",
        jws(of_certificates, key=signer),
        "key_unknown",
    )
    yield unread("a-did-document", "The issuer's did document.", json.dumps({"id": DID, "verificationMethod": []}))
    yield unread("a-key-set", "A key set.", json.dumps({"keys": []}))
    yield unread(
        "a-signed-note",
        "The head of a log.",
        "bevis.example/log/2026\n1\nqINS1GRFhWHwdkUeqLEoP4yEMkTBBzxBkGwGQlVlVcs=\n",
    )
    yield unread(
        "a-health-certificate",
        "A code of the EU Digital COVID Certificate.",
        "HC1:6BFOXN%TS3DH0YOJ58S S-W5HDC *M0II5XHC9B5G2+$N IOP-IA%NFQGRJPC%OQHIZC4.OI1RM8ZA",
    )
    yield unread("a-web-address", "An address of another site.", "https://example.org/")
    yield unread("a-contact", "A business card.", "BEGIN:VCARD\nVERSION:4.0\nFN:Eva Berg\nEND:VCARD")
    yield unread("nothing", "An empty text.", "")
    yield unread("blanks", "Nothing but blanks.", " \t\r\n")
