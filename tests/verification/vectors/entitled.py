"""Vectors on whether whoever signed was entitled to: keys, issuers, schemes, mandates, editions; as it was at issue."""

from collections.abc import Iterator
from datetime import date

from levels.level import Level
from tests.verification.vectors.ground import (
    OWNER,
    TEACHER,
    Vector,
    at,
    certificate,
    code,
    document,
    good,
    issuer_key,
    number_for,
    shown,
    unread,
)
from verification.certificate import Certificate, Party

COMPROMISED = "issuer_key_compromised"
REFUSED = "issuer_not_authorised"


def vectors() -> Iterator[Vector]:
    """All of them."""
    yield from _issuers_keys()
    yield from _attestation_keys()
    yield from _issuers()
    yield from _schemes_and_mandates()
    yield from _owners()
    yield from _trust_of_another_time()


def _issuers_keys() -> Iterator[Vector]:
    """The document says when it was signed; what the register recorded goes before that."""

    def signed(key: str, **facts: object) -> str:
        return document(certificate(**facts), issuer_key(key))

    stolen, recorded, late = "stolen-since", "recorded-before-the-theft", "recorded-after-the-theft"
    yield good("key-retired-since", "The key was retired after it signed.", signed("retired-since"), also=("key_good",))
    yield shown(
        "key-retired-before",
        "The key was retired before it signed.",
        signed("retired-before"),
        "signature_invalid",
        "key_not_in_use",
    )
    yield good("key-retired-that-second", "The key was retired the very second.", signed("retired-that-second"))
    yield shown(
        "key-retired-a-second-before",
        "The key was retired a second before.",
        signed("retired-a-second-before"),
        "signature_invalid",
        "key_not_in_use",
    )
    yield shown(
        "key-begins-after", "The key was not in use yet.", signed("begins-after"), "signature_invalid", "key_not_in_use"
    )
    yield good("key-begins-that-second", "The key came into use the very second.", signed("begins-that-second"))
    yield shown(
        "key-stolen-before", "The key was stolen before it signed.", signed("stolen-before"), COMPROMISED, COMPROMISED
    )
    yield shown(
        "key-stolen-that-second",
        "The key was stolen the very second.",
        signed("stolen-that-second"),
        COMPROMISED,
        COMPROMISED,
    )
    yield shown(
        "key-stolen-since",
        "The key was stolen after it says that it signed; nobody recorded that.",
        signed(stolen),
        "unknown",
        "key_time_unproven",
    )
    yield shown(
        "key-stolen-and-retired",
        "Retired the second it was stolen.",
        signed("stolen-and-retired"),
        "unknown",
        "key_time_unproven",
    )
    yield good(
        "key-stolen-since-and-recorded",
        "The key was stolen later; the register had recorded the certificate before.",
        signed(stolen, history=recorded),
        number=number_for(recorded),
        also=("key_good", "registered"),
    )
    yield shown(
        "key-stolen-and-recorded-after",
        "Dated before the theft, recorded after it.",
        signed(stolen, history=late),
        COMPROMISED,
        COMPROMISED,
        number=number_for(late),
    )


def _attestation_keys() -> Iterator[Vector]:
    """A code does not say when it was made."""

    def signed(key: str, **facts: object) -> str:
        return code(certificate(**facts), key)

    in_force, late, nobody = "in-force", "recorded-after-the-theft", "signed-by-nobody-known"
    yield good("code-key-retired-since", "The registry's key was retired after the first day.", signed("retired-since"))
    yield shown(
        "code-key-retired-before",
        "The registry's key was retired before the first day; when the code was made is not known.",
        signed("retired-before"),
        "unknown",
        "key_time_unproven",
    )
    yield shown(
        "code-key-retired-before-issue",
        "The register knows that the certificate is younger than the key's end.",
        signed("retired-before", history=in_force),
        "signature_invalid",
        "key_not_in_use",
        number=number_for(in_force),
    )
    yield shown(
        "code-key-begins-tomorrow",
        "The registry's key is not in use yet.",
        signed("begins-tomorrow"),
        "signature_invalid",
        "key_not_in_use",
    )
    yield good(
        "code-key-begins-this-second",
        "The registry's key came into use this second: an old certificate with a new code.",
        signed("begins-this-second"),
    )
    yield shown(
        "code-key-stolen",
        "The registry's key was stolen, at whatever time.",
        signed("stolen"),
        COMPROMISED,
        "key_compromised",
    )
    yield shown(
        "code-key-stolen-in-time-to-come",
        "A theft is told with a moment to come; it is a theft.",
        signed("stolen-in-time-to-come"),
        COMPROMISED,
        "key_compromised",
    )
    yield good(
        "code-of-a-document-recorded-before-the-theft",
        "The issuer's key was stolen after the register had the document.",
        signed("good", history="recorded-before-the-theft"),
        number=number_for("recorded-before-the-theft"),
    )
    yield shown(
        "code-of-a-document-recorded-after-the-theft",
        "The document behind the code was signed with a stolen key.",
        signed("good", history=late),
        COMPROMISED,
        COMPROMISED,
        number=number_for(late),
    )
    yield shown(
        "code-of-a-document-of-no-known-key",
        "The document behind the code was signed with a key that nobody knows.",
        signed("good", history=nobody),
        "unknown",
        "key_unknown",
        number=number_for(nobody),
    )


def _issuers() -> Iterator[Vector]:
    def issued_by(name: str) -> str:
        return document(certificate(issuer=Party(id=name, name=name)))

    yield shown(
        "issuer-struck-before",
        "The issuer was struck off before it issued.",
        issued_by("struck-before"),
        REFUSED,
        "issuer_inactive",
    )
    yield shown(
        "issuer-struck-that-day",
        "The issuer was struck off that day.",
        issued_by("struck-that-day"),
        REFUSED,
        "issuer_inactive",
    )
    yield good(
        "issuer-struck-next-day",
        "The issuer was struck off the day after.",
        issued_by("struck-next-day"),
        also=("issuer_active",),
    )
    yield shown(
        "issuer-registered-later",
        "The issuer was registered the day after.",
        issued_by("registered-later"),
        REFUSED,
        "issuer_inactive",
    )
    yield from _closed()
    struck = certificate(issuer=Party(id="struck-before", name="x"))
    yield shown(
        "code-of-an-issuer-struck-before",
        "The same by its code, which does not say when it was issued.",
        code(struck),
        "unknown",
        "issuer_unknown",
    )
    stranger = certificate(issuer=Party(id="okand", name="Okänd AB"))
    yield shown(
        "issuer-not-in-this-trust",
        "An issuer that this trust does not know: not known is not refused.",
        code(stranger),
        "unknown",
        "issuer_unknown",
        "mandate_unknown",
    )


def _closed() -> Iterator[Vector]:
    """An issuer that closes leaves what it issued as genuine as it was; what becomes of it, the scheme says."""

    def by(issuer: str, **facts: object) -> Certificate:
        return certificate(issuer=Party(id=issuer, name="x"), **facts)

    told = {"also": ("issuer_closed",)}
    yield good("issuer-closed-since", "The issuer closed after it issued.", document(by("closed-since")), **told)
    yield good("code-of-an-issuer-closed-since", "The same by its code.", code(by("closed-since")), **told)
    yield good("issuer-closes-today", "The issuer closes today.", document(by("closed-today")), **told)
    tomorrow = document(by("closed-tomorrow"))
    yield good("issuer-closes-tomorrow", "The issuer closes tomorrow.", tomorrow, also=("issuer_active",))
    yield shown(
        "issuer-closed-that-day",
        "The issuer closed on the day it was issued.",
        document(by("closed-before")),
        REFUSED,
        "issuer_inactive",
    )
    ends = by("closed-since", scheme="ends-with-its-issuer")
    for name, token in (("issuer-closed-and-so-it-ends", document(ends)), ("code-that-ends-so", code(ends))):
        yield shown(name, "The scheme lets it end with its issuer.", token, "expired", "issuer_closed_ends")
    confirmed = by("closed-since", scheme="confirmed-without-its-issuer")
    yield shown(
        "issuer-closed-and-to-be-confirmed",
        "The scheme's owner confirms it from then on.",
        code(confirmed),
        "unknown",
        "issuer_closed_confirm",
    )
    one = by("closed-since", scheme="version-1-ends-with-its-issuer")
    yield good("issuer-closed-under-version-2", "Only version 1 ends with its issuer.", document(one), **told)
    yield shown(
        "code-of-a-version-not-told",
        "Only version 1 ends with its issuer, and a code does not tell the version.",
        code(one),
        "unknown",
        "issuer_closed_confirm",
    )


def _schemes_and_mandates() -> Iterator[Vector]:
    """By the document, which says when it was issued; then by the code, which does not."""

    def of(scheme: str, **facts: object) -> str:
        return document(certificate(scheme=scheme, **facts))

    def code_of(scheme: str, **facts: object) -> str:
        return code(certificate(scheme=scheme, **facts))

    yield shown(
        "scheme-not-known",
        "A scheme that this trust does not know.",
        code_of("takarbete"),
        "unknown",
        "scheme_unknown",
        "mandate_unknown",
    )
    yield shown(
        "scheme-version-not-known",
        "A version of the scheme that was not published.",
        of("heta-arbeten", scheme_version="9"),
        "unknown",
        "scheme_unknown",
        "mandate_unknown",
    )
    yield shown(
        "scheme-not-so-high", "The scheme allows no more than C2.", of("scheme-up-to-c2"), REFUSED, "mandate_level"
    )
    yield good(
        "scheme-just-so-high",
        "The scheme allows C2.",
        code_of("scheme-up-to-c2", level=Level.C2),
        also=("mandate_covers",),
    )
    yield shown(
        "mandate-missing",
        "The issuer never had a mandate for the scheme.",
        code_of("no-mandate"),
        REFUSED,
        "mandate_missing",
    )
    yield shown(
        "mandate-not-so-high", "The mandate ends at level D.", code_of("mandate-up-to-d"), REFUSED, "mandate_level"
    )
    yield good("mandate-just-so-high", "The mandate ends at level D.", code_of("mandate-up-to-d", level=Level.D))
    yield shown(
        "mandate-for-c1-not-for-b",
        "The mandate ends at level C1.",
        code_of("mandate-up-to-c1", level=Level.B),
        REFUSED,
        "mandate_level",
    )
    yield shown(
        "mandate-for-another-version",
        "The mandate is for version 1.",
        of("mandate-for-version-1"),
        REFUSED,
        "mandate_missing",
    )
    yield good(
        "mandate-for-this-version", "The mandate is for version 1.", of("mandate-for-version-1", scheme_version="1")
    )
    yield good("mandate-begins-that-day", "Issued on the mandate's first day.", of("mandate-begins-that-day"))
    yield shown(
        "mandate-begins-next-day",
        "Issued the day before the mandate's first.",
        of("mandate-begins-next-day"),
        REFUSED,
        "mandate_missing",
    )
    yield good("mandate-ends-that-day", "Issued on the mandate's last day.", of("mandate-ends-that-day"))
    yield shown(
        "mandate-ended-day-before",
        "Issued the day after the mandate's last.",
        of("mandate-ended-day-before"),
        REFUSED,
        "mandate_missing",
    )
    yield shown(
        "mandate-withdrawn-that-day",
        "Issued on the first day the mandate did not hold.",
        of("mandate-withdrawn-that-day"),
        REFUSED,
        "mandate_withdrawn",
    )
    yield good(
        "mandate-withdrawn-next-day",
        "Issued on the last day before the mandate was withdrawn.",
        of("mandate-withdrawn-next-day"),
    )
    for name in ("mandate-ended-day-before", "mandate-withdrawn-that-day"):
        yield shown(
            f"code-{name}",
            "The same by its code, which does not say when it was issued.",
            code_of(name),
            "unknown",
            "mandate_unknown",
        )
    midnight = at(2026, 2, 20, 22, 59, 59)
    yield good(
        "mandate-ends-that-day-before-midnight",
        "Issued in the last second of the mandate's last day, where the scheme keeps its time.",
        of("mandate-ends-that-day", issued_at=midnight),
    )
    yield shown(
        "mandate-ends-that-day-after-midnight",
        "Issued a second later: the day after, where the scheme keeps its time, and still the same day in UTC.",
        of("mandate-ends-that-day", issued_at=at(2026, 2, 20, 23)),
        REFUSED,
        "mandate_missing",
    )
    yield shown(
        "edition-not-known",
        "Assessed by an edition of the rules that nobody here has.",
        of("heta-arbeten", edition="2031-01-01"),
        "unknown",
        "edition_unknown",
    )


def _owners() -> Iterator[Vector]:
    """An owner needs no mandate up to C1; level B takes a mandate from a sector body, its own included."""
    own = {"scheme": "owner-no-sector-body", "issuer": Party(id="egenagaren", name="Egenägaren AB")}
    itself = {"issuer": OWNER}
    yield good(
        "owner-issues-c1-itself", "An owner that is no sector body, without a mandate.", code(certificate(**own))
    )
    yield shown(
        "owner-issues-b-itself",
        "The same at level B.",
        code(certificate(**own, level=Level.B)),
        REFUSED,
        "mandate_level",
    )
    yield shown(
        "owner-mandates-b",
        "A mandate up to B of an owner that is no sector body.",
        document(certificate(scheme="owner-no-sector-body", level=Level.B)),
        REFUSED,
        "mandate_level",
    )
    yield good("owner-mandates-c1", "The same mandate, at level C1.", code(certificate(scheme="owner-no-sector-body")))
    yield good(
        "sector-body-issues-b-by-mandate",
        "A sector body that has mandated itself.",
        code(certificate(**itself, level=Level.B)),
    )
    yield shown(
        "sector-body-issues-b-without-mandate",
        "A sector body without a mandate of its own for this scheme.",
        code(certificate(**itself, scheme="no-mandate", level=Level.B)),
        REFUSED,
        "mandate_level",
    )
    yield good(
        "sector-body-issues-c1-without-mandate",
        "The same at level C1.",
        code(certificate(**itself, scheme="no-mandate")),
    )
    yield good("sector-body-mandates-b", "Level B by a sector body's mandate.", code(certificate(level=Level.B)))
    yield shown(
        "owner-not-known",
        "The scheme's owner is not in this trust.",
        code(certificate(scheme="owner-not-known")),
        "unknown",
        "mandate_unknown",
    )
    yield good(
        "issuer-in-norway",
        "A Norwegian scheme and issuer.",
        code(certificate(scheme="varme-arbeider", issuer=Party(id="vestprove", name="x"), time_zone="Europe/Oslo")),
    )
    yield shown(
        "issuer-in-another-country",
        "The same issuer has no mandate for the Swedish scheme.",
        code(certificate(issuer=Party(id="vestprove", name="x"))),
        REFUSED,
        "mandate_missing",
    )
    yield good(
        "issuer-that-trained-too",
        "The trainer itself is the issuer, with a mandate.",
        code(certificate(issuer=TEACHER)),
    )


def _trust_of_another_time() -> Iterator[Vector]:
    """What happened after the trust was made cannot be held against a certificate; nor is anything known of it."""
    tomorrow = {"issued_at": at(2026, 11, 21, 9), "decided_on": date(2026, 11, 21), "valid_from": date(2026, 11, 21)}
    later = at(2026, 11, 21, 10)
    yield good(
        "trust-older-than-the-certificate",
        "Issued after the trust was made, under a mandate that it knows.",
        document(certificate(**tomorrow)),
        now=later,
    )
    yield shown(
        "trust-older-than-a-mandate",
        "Issued after the trust was made, under a mandate that it does not know.",
        document(certificate(**tomorrow, scheme="no-mandate")),
        "unknown",
        "mandate_unknown",
        now=later,
    )
    yield shown(
        "trust-older-than-an-issuers-return",
        "Issued after the trust was made, by an issuer that was struck off then.",
        document(certificate(**tomorrow, issuer=Party(id="struck-before", name="x"))),
        "unknown",
        "issuer_unknown",
        now=later,
    )
    yield unread(
        "trust-that-knows-nothing",
        "A trust with the registry's key and no issuer's.",
        document(),
        "key_unknown",
        trust="nothing-known",
    )
    yield shown(
        "trust-that-knows-the-registry-alone",
        "The same asked about a code.",
        code(),
        "unknown",
        "issuer_unknown",
        "scheme_unknown",
        "mandate_unknown",
        "status_unknown",
        trust="nothing-known",
    )
    yield shown(
        "issued-in-time-to-come",
        "It says that it was issued after this moment: the clock is behind, or it lies.",
        document(certificate(issued_at=at(2026, 12, 1))),
        "unknown",
        "clock_behind",
    )
