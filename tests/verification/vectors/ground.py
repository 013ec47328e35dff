"""What all vectors stand on: keys made from one byte, a registry of organisations with one flaw each, one trust.

Nearly every vector asks the same trust (`base`): a flaw of the trust is an organisation, a key, a scheme, a status list
or a history of its own, so that no trust has to be repeated for it. The others are the same small registry at another
moment, for days on which the clocks change.
"""

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from functools import cache
from typing import Any

import cbor2
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.asymmetric.utils import decode_dss_signature
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from levels.level import Level
from tests.verification import conftest as world
from verification.certificate import Certificate, IdentityAssurance, StatusPlace, did_web, new_number
from verification.claims import to_claims
from verification.envelopes.cwt import code_digest, compact_token, open_cwt, seal_cwt
from verification.envelopes.jws import encode_base64url, seal_jws
from verification.envelopes.signer import KeyRef
from verification.organisation_certificate import MandateTerms, OrganisationCertificate
from verification.organisation_claims import organisation_claims
from verification.qr import pack
from verification.status_list import status_list
from verification.trust import (
    AttestationKey,
    Key,
    KnownCertificate,
    KnownList,
    KnownLog,
    LogAt,
    Mandate,
    Organisation,
    Recognition,
    Scheme,
    StatusChange,
    StatusEvent,
    StatusHistory,
    Survivors,
    Trust,
)

NOW = world.NOW  # 2026-11-20 15:25 UTC, 16:25 in Stockholm and Oslo
AS_OF = NOW - timedelta(minutes=12)
URL, NUMBER = world.PUBLIC_URL, world.NUMBER
TestKey = world.TestKey
OUTCOMES = {"valid": "valid", "valid_stale": "undetermined", "unknown": "undetermined"}  # every other one is invalid


@dataclass(frozen=True)
class P256Key:
    """A P-256 key made from a small number; it signs the same way every time (RFC 6979)."""

    secret: int
    kid: str

    @property
    def _private(self) -> ec.EllipticCurvePrivateKey:
        return ec.derive_private_key(self.secret, ec.SECP256R1())

    @property
    def public(self) -> bytes:
        return self._private.public_key().public_bytes(Encoding.X962, PublicFormat.UncompressedPoint)

    def key(self) -> KeyRef:
        return KeyRef(self.kid, "ES256")

    def sign(self, data: bytes) -> bytes:
        pair = decode_dss_signature(self._private.sign(data, ec.ECDSA(SHA256(), deterministic_signing=True)))
        return b"".join(part.to_bytes(32, "big") for part in pair)


@dataclass(frozen=True)
class Vector:
    """One token with at most one defect, and what is to be said of it.

    codes   the codes of every reason that failed or could not be checked, in the answer's order
    also    codes that passed or do not apply and must be among the reasons: what the vector is about
    number  of the certificate that is shown; None = nothing of it may be told
    needs   members of the situation that are other than its data say
    """

    name: str
    description: str
    token: str | bytes
    headline: str
    codes: tuple[str, ...] = ()
    also: tuple[str, ...] = ()
    number: str | None = None
    trust: str = "base"
    now: datetime = NOW
    on: date | None = None
    situation: str = "site_entry"
    schemes: tuple[str, ...] = ()
    needs: Mapping[str, Any] = field(default_factory=dict)


def good(name: str, description: str, token: str | bytes, **told: Any) -> Vector:
    """A vector that is valid."""
    return Vector(name, description, token, "valid", **{"number": NUMBER, **told})


def shown(name: str, description: str, token: str | bytes, headline: str, *codes: str, **told: Any) -> Vector:
    """A genuine certificate that is not valid, or not surely: what it says is told."""
    return Vector(name, description, token, headline, codes, **{"number": NUMBER, **told})


def unread(name: str, description: str, token: str | bytes, code: str = "unreadable", **told: Any) -> Vector:
    """Something that is not read, or not understood, or signed by nobody known: nothing of it is told."""
    return Vector(name, description, token, "unknown", (code,), **told)


def forged(name: str, description: str, token: str | bytes, code: str = "signature_invalid", **told: Any) -> Vector:
    """A signature that is not what it says: nothing of it is told."""
    return Vector(name, description, token, "signature_invalid", (code,), **told)


def number_for(name: str) -> str:
    """The certificate number that belongs to a name here."""
    return new_number(hashlib.sha256(name.encode()).digest()[:10])


def at(year: int, month: int, day: int, *time: int) -> datetime:
    """A moment, UTC."""
    return datetime(year, month, day, *time, tzinfo=UTC)


# ------------------------------------------------------------------ who there is

ISSUED_AT = at(2026, 2, 20, 10)
SECOND, HOUR, DAY = timedelta(seconds=1), timedelta(hours=1), timedelta(days=1)
_JANUARY = at(2026, 1, 1)

# The issuer's keys: name -> seed, and what there is to say of it beside its beginning.
ISSUER_KEYS: dict[str, tuple[int, dict[str, datetime]]] = {
    "key-1": (1, {}),
    "retired-since": (20, {"retired_at": at(2026, 6, 1)}),
    "retired-before": (21, {"retired_at": at(2026, 2, 1)}),
    "retired-that-second": (22, {"retired_at": ISSUED_AT}),
    "retired-a-second-before": (23, {"retired_at": ISSUED_AT - SECOND}),
    "begins-after": (24, {"not_before": ISSUED_AT + SECOND}),
    "begins-that-second": (25, {"not_before": ISSUED_AT}),
    "stolen-before": (26, {"compromised_since": at(2026, 2, 1)}),
    "stolen-that-second": (27, {"compromised_since": ISSUED_AT}),
    "stolen-since": (28, {"compromised_since": at(2026, 6, 1, 12)}),
    "stolen-and-retired": (29, {"compromised_since": at(2026, 6, 1, 12), "retired_at": at(2026, 6, 1, 12)}),
}
ATTESTATION_KEYS: dict[str, tuple[int, str, dict[str, datetime]]] = {
    "good": (2, "0a0b0c0d", {}),
    "retired-since": (40, "40404040", {"retired_at": at(2026, 6, 1)}),
    "retired-before": (41, "41414141", {"retired_at": at(2026, 2, 1)}),
    "begins-tomorrow": (42, "42424242", {"not_before": at(2026, 11, 21)}),
    "begins-this-second": (43, "43434343", {"not_before": NOW}),
    "stolen": (44, "44444444", {"compromised_since": at(2026, 11, 1)}),
    "ended": (46, "46464646", {"retired_at": at(2026, 6, 1)}),
    "stolen-but-known": (47, "47474747", {"compromised_since": at(2026, 11, 1)}),
    "stolen-in-time-to-come": (45, "45454545", {"compromised_since": NOW + DAY}),
}
P256_KEYS: dict[str, int] = {"p-256": 80, "p-256-too": 81}  # name -> secret number
# Other issuers, each with one key and one thing to say of it.
ISSUERS: dict[str, tuple[int, str, dict[str, date]]] = {
    "norrbygg": (60, "Norrbyggs Utbildning AB", {}),
    "struck-before": (61, "Struken före AB", {"struck_off_on": date(2026, 2, 1)}),
    "struck-that-day": (62, "Struken samma dag AB", {"struck_off_on": date(2026, 2, 20)}),
    "struck-next-day": (63, "Struken dagen efter AB", {"struck_off_on": date(2026, 2, 21)}),
    "closed-before": (67, "Nedlagd före AB", {"closed_on": date(2026, 2, 20)}),
    "closed-since": (68, "Nedlagd AB", {"closed_on": date(2026, 6, 1)}),
    "closed-today": (69, "Nedlagd i dag AB", {"closed_on": NOW.date()}),
    "closed-tomorrow": (70, "Nedlagd i morgon AB", {"closed_on": NOW.date() + timedelta(days=1)}),
    "registered-later": (64, "Registrerad senare AB", {"registered_on": date(2026, 2, 21)}),
    "egenagaren": (65, "Egenägaren AB", {}),
    "vestprove": (66, "Vestprøve AS", {}),
}
# Schemes that `provhuset` has one mandate for: what is special about the mandate, and about the scheme.
SCHEMES: dict[str, tuple[dict[str, Any] | None, dict[str, Any]]] = {
    "heta-arbeten": ({}, {"title": {"sv": "Heta arbeten", "nb": "Varme arbeider", "en": "Hot work"}}),
    "no-mandate": (None, {}),
    "mandate-up-to-d": ({"max_level": Level.D}, {}),
    "mandate-up-to-c1": ({"max_level": Level.C1}, {}),
    "scheme-up-to-c2": ({}, {"max_level": Level.C2}),
    "mandate-for-version-1": ({"versions": ("1",)}, {}),
    "mandate-begins-that-day": ({"since": date(2026, 2, 20)}, {}),
    "mandate-begins-next-day": ({"since": date(2026, 2, 21)}, {}),
    "mandate-ends-that-day": ({"until": date(2026, 2, 20)}, {}),
    "mandate-ended-day-before": ({"until": date(2026, 2, 19)}, {}),
    "mandate-withdrawn-that-day": ({"withdrawn_from": date(2026, 2, 20)}, {}),
    "mandate-withdrawn-next-day": ({"withdrawn_from": date(2026, 2, 21)}, {}),
    "owner-not-known": ({}, {"owner": "nobody-here"}),
    "owner-no-sector-body": ({}, {"owner": "egenagaren"}),
    "varme-arbeider": ({}, {"time_zone": "Europe/Oslo", "owner": "brannradet"}),
    "ends-with-its-issuer": ({}, {"closing": {"1": "end", "2": "end"}}),
    "confirmed-without-its-issuer": ({}, {"closing": {"1": "confirm", "2": "confirm"}}),
    "version-1-ends-with-its-issuer": ({}, {"closing": {"1": "end"}}),
    "tulityot": ({}, {"time_zone": "Europe/Helsinki"}),
}
# Schemes that accept certificates of `heta-arbeten`, and on which terms: what is special about each.
RECOGNITIONS: dict[str, dict[str, Any]] = {
    "takes-all": {},
    "takes-issued-until-that-day": {"issued_until": date(2026, 2, 20)},
    "takes-issued-until-day-before": {"issued_until": date(2026, 2, 19)},
    "takes-issued-from-that-day": {"issued_from": date(2026, 2, 20)},
    "takes-issued-from-next-day": {"issued_from": date(2026, 2, 21)},
    "takes-until-today": {"accepted_until": NOW.date()},
    "takes-until-yesterday": {"accepted_until": NOW.date() - timedelta(days=1)},
    "takes-from-today": {"accepted_from": NOW.date()},
    "takes-from-tomorrow": {"accepted_from": NOW.date() + timedelta(days=1)},
    "withdrawn-from-tomorrow": {"withdrawn_from": NOW.date() + timedelta(days=1)},
    "withdrawn-from-today": {"withdrawn_from": NOW.date()},
    "takes-version-1": {"versions": ("1",)},
    "takes-version-2": {"versions": ("2",)},
    "takes-from-c2": {"min_level": Level.C2},
    "takes-from-b": {"min_level": Level.B},
    "takes-with-class": {"required_classes": ("A1",)},
    "takes-on-condition": {
        "condition": {"sv": "Lokal genomgång.", "nb": "Lokal gjennomgang.", "en": "A local briefing."}
    },
    "takes-what-takes-all": {"accepts": "takes-all"},
}
LISTS: dict[int, dict[str, Any]] = {
    3: {"statuses": status_list({101: 1, 102: 2, 103: 3})},
    4: {"issued_at": AS_OF - 5 * HOUR},
    5: {"issued_at": NOW - 24 * HOUR},
    6: {"issued_at": NOW - 24 * HOUR - SECOND},
    7: {"issued_at": NOW - 72 * HOUR},
    8: {"issued_at": NOW - 72 * HOUR - SECOND},
    9: {"expires_at": NOW},
    10: {"expires_at": NOW + SECOND},
    11: {"statuses": status_list({101: 1}, 1024, bits=1)},
    12: {"statuses": status_list({101: 7, 102: 1}, 1024, bits=8)},
    13: {"statuses": status_list({101: 15, 102: 2}, 1024, bits=4)},
}
_JUNE, _MAY, _JULY = at(2026, 6, 1, 12), at(2026, 5, 1, 12), at(2026, 7, 1, 12)
_ISSUED: tuple[str, datetime, dict[str, str]] = ("issued", ISSUED_AT, {})
SUCCESSOR = number_for("the certificate that came in its place")
# The histories of certificates: the name gives the number, see `number_for`.
HISTORIES: dict[str, tuple[tuple[str, datetime, dict[str, str]], ...]] = {
    "in-force": (_ISSUED,),
    "none": (),
    "revoked-for-fraud": (_ISSUED, ("revoked", _JUNE, {"reason": "fraud"})),
    "revoked-for-error": (_ISSUED, ("revoked", _JUNE, {"reason": "error"})),
    "revoked-at-wish": (_ISSUED, ("revoked", _JUNE, {"reason": "holder_request"})),
    "revoked-at-midnight": (_ISSUED, ("revoked", at(2026, 5, 31, 22), {"reason": "misuse"})),
    "annulled": (_ISSUED, ("annulled", at(2026, 2, 28, 23), {"reason": "error"})),
    "suspended": (_ISSUED, ("suspended", _MAY, {})),
    "reinstated": (_ISSUED, ("suspended", _MAY, {}), ("reinstated", _JUNE, {})),
    "suspended-then-revoked": (_ISSUED, ("suspended", _MAY, {}), ("revoked", _JUNE, {"reason": "misuse"})),
    "revoked-then-annulled": (_ISSUED, ("revoked", _MAY, {}), ("annulled", _JUNE, {})),
    "revoked-then-reinstated": (_ISSUED, ("revoked", _MAY, {}), ("reinstated", _JUNE, {})),
    "superseded": (_ISSUED, ("superseded", _JULY, {"reason": "error", "successor": SUCCESSOR})),
    "revoked-tomorrow": (_ISSUED, ("revoked", NOW + DAY, {})),
    "revoked-this-second": (_ISSUED, ("revoked", NOW, {})),
    "issued-late": (("issued", at(2026, 4, 2), {}),),
    "recorded-before-the-theft": (("issued", ISSUED_AT, {"kid": "stolen-since"}),),
    "recorded-after-the-theft": (("issued", _JULY, {"kid": "stolen-since"}),),
    "signed-by-nobody-known": (("issued", ISSUED_AT, {"kid": "no-such-key"}),),
    "list-says-withdrawn": (_ISSUED,),
    "old-list": (_ISSUED,),
    "expired-list": (_ISSUED,),
}

EXAMINER, OWNER, TEACHER = world.EXAMINER, world.OWNER, world.TEACHER
CERTIFICATE = Certificate(
    number=NUMBER,
    holder_name="Åsa Lindström Bergqvist",
    birth_date=date(1987, 4, 12),
    scheme="heta-arbeten",
    scheme_version="2",
    title={"sv": "Heta arbeten", "nb": "Varme arbeider", "en": "Hot work"},
    level=Level.C1,
    edition="2026-01-01",
    training_provider=TEACHER,
    examination_body=EXAMINER,
    issuer=EXAMINER,
    scheme_owner=OWNER,
    party="third",
    identity=IdentityAssurance(enrolment=2, attendance=1, exam=2),
    decided_on=date(2026, 2, 20),
    issued_at=ISSUED_AT,
    valid_from=date(2026, 3, 1),
    valid_until=date(2031, 2, 28),
    time_zone="Europe/Stockholm",
    status=StatusPlace(list=3, index=48213),
)


def certificate(**facts: Any) -> Certificate:
    """The good certificate with other facts; `place` is short for the place in a status list."""
    if "place" in facts:
        number, index = facts.pop("place")
        facts["status"] = StatusPlace(list=number, index=index)
    if "history" in facts:
        facts["number"] = number_for(facts.pop("history"))
    return Certificate(**{**dict(CERTIFICATE), **facts})


# ------------------------------------------------------------------ tokens


@cache
def issuer_key(kid: str = "key-1") -> Any:
    """A key of `provhuset`."""
    return TestKey(ISSUER_KEYS[kid][0], kid)


@cache
def p256_key(kid: str = "p-256") -> P256Key:
    """A P-256 key of `provhuset`."""
    return P256Key(P256_KEYS[kid], kid)


@cache
def status_key() -> Any:
    """The registry's key for status lists."""
    return TestKey(90, "5a5a5a5a")


@cache
def attestation_key(name: str = "good") -> Any:
    """A key of the registry's for codes."""
    seed, kid, _ = ATTESTATION_KEYS[name]
    return TestKey(seed, kid)


def document(said: Certificate = CERTIFICATE, key: Any = None) -> str:
    """The certificate as a `vc+jwt`, signed by the first key of its issuer."""
    if key is None:
        key = issuer_key() if said.issuer.id == EXAMINER.id else TestKey(ISSUERS[said.issuer.id][0], "key-1")
    did = did_web(URL, said.issuer.id)
    return seal_jws(to_claims(said, did, URL), typ="vc+jwt", kid=f"{did}#{key.kid}", sign=key)


def compact(said: Certificate = CERTIFICATE, key: str = "good", log_index: int | None = 123456) -> bytes:
    """The token in the certificate's code."""
    signer = attestation_key(key)
    return seal_cwt(compact_token(said, log_index), bytes.fromhex(signer.kid), signer)


def code(said: Certificate = CERTIFICATE, key: str = "good", log_index: int | None = 123456) -> str:
    """The text in the certificate's code."""
    return pack(compact(said, key, log_index), URL)


DID = did_web(URL, EXAMINER.id)
HEADER = {"alg": "EdDSA", "typ": "vc+jwt", "kid": f"{DID}#key-1"}


def payload() -> str:
    """The good certificate's claims as they are signed."""
    return json.dumps(to_claims(CERTIFICATE, DID, URL), ensure_ascii=False, separators=(",", ":"))


_TERMS = (
    *("number", "subject", "birthYear", "birthInCode", "scheme", "schemeVersion"),
    *("edition", "mandate", "party", "timeZone", "attendedMinutes", "mandatoryMinutes"),
    *("attendedPercent", "delivery", "languageTraining", "languageTest", "birthDate", "courseFirstOn"),
    *("courseLastOn", "assessedOn", "decidedOn", "validFromDay", "validUntilDay", "trainingProvider"),
    *("examinationBody", "schemeOwner", "registerKeeper", "level", "identity", "enrolment"),
    *("attendance", "exam", "scopeClasses", "restrictions", "tokenStatus", "statusList"),
    *("statusIndex",),
)


def spelled_out(claims: Mapping[str, Any]) -> dict[str, Any]:
    """The same claims with each term defined by its own name, as the first certificates were written."""
    vocabulary = f"{str(claims['id']).split('/v/')[0]}/ns#"
    terms: dict[str, Any] = {term: vocabulary + term for term in _TERMS}
    terms |= {
        term: vocabulary + term for term in ("corrects", "renews") if term in claims["credentialSubject"]["competence"]
    }
    terms |= {term: {"@id": vocabulary + term, "@container": "@language"} for term in ("title", "content")}
    context = {"competence": {"@id": f"{vocabulary}competence", "@context": terms}}
    return {**claims, "@context": [*claims["@context"][:2], context]}


def jws(header: Mapping[str, Any] | str | bytes = HEADER, claims: str | bytes | None = None, key: Any = None) -> str:
    """Whatever is given, properly signed: only the reader stands between."""
    claims = payload() if claims is None else claims
    signed = f"{base64url(header)}.{base64url(claims)}"
    return f"{signed}.{base64url((key or issuer_key()).sign(signed.encode()))}"


def base64url(part: Mapping[str, Any] | str | bytes) -> str:
    """Text, bytes or members of a header as base64url."""
    text = json.dumps(part, separators=(",", ":")) if isinstance(part, Mapping) else part
    return encode_base64url(text if isinstance(text, bytes) else text.encode("utf-8", "surrogatepass"))


def edited(old: str, new: str) -> str:
    """The good certificate's claims with one place written otherwise."""
    text = payload()
    if text.count(old) != 1:
        raise AssertionError(f"{old!r} stands {text.count(old)} times in the claims")
    return text.replace(old, new)


COSE_HEADER = {1: -8, 4: bytes.fromhex("0a0b0c0d")}


def cwt_claims() -> dict[Any, Any]:
    """The claims of the good token, to be changed."""
    return dict(cbor2.loads(cbor2.loads(compact())[2]))


def cose(claims: object = None, header: object = None, unprotected: object = None) -> bytes:
    """Whatever is given, properly signed: only the reader stands between."""
    header = COSE_HEADER if header is None else header
    protected = header if isinstance(header, bytes) else cbor2.dumps(header, canonical=True)
    body = claims if isinstance(claims, bytes) else cbor2.dumps(claims, canonical=True)
    signature = attestation_key().sign(cbor2.dumps(["Signature1", protected, b"", body], canonical=True))
    return cbor2.dumps([protected, unprotected or {}, body, signature], canonical=True)


# ------------------------------------------------------------------ trusts


def _organisations() -> dict[str, Organisation]:
    there = {
        EXAMINER.id: Organisation(id=EXAMINER.id, name=EXAMINER.name, registered_on=date(2020, 1, 1)),
        OWNER.id: Organisation(id=OWNER.id, name=OWNER.name, registered_on=date(2020, 1, 1), sector_body=True),
        "brannradet": Organisation(
            id="brannradet", name="Brannrådet", registered_on=date(2020, 1, 1), sector_body=True
        ),
    }
    for name, (_, called, facts) in ISSUERS.items():
        there[name] = Organisation(id=name, name=called, **{"registered_on": date(2020, 1, 1), **facts})
    return there


def _keys() -> tuple[Key, ...]:
    own = [
        Key(
            kid=kid, organisation=EXAMINER.id, public_key=TestKey(seed, kid).public, **{"not_before": _JANUARY, **facts}
        )
        for kid, (seed, facts) in ISSUER_KEYS.items()
    ]
    others = [
        Key(kid="key-1", organisation=name, public_key=TestKey(seed, "key-1").public, not_before=_JANUARY)
        for name, (seed, _, _) in ISSUERS.items()
    ]
    p256 = [
        Key(kid=kid, organisation=EXAMINER.id, public_key=p256_key(kid).public, not_before=_JANUARY)
        for kid in P256_KEYS
    ]
    return (*own, *p256, *others)


def _mandate(number: int, issuer: str, scheme: str, **facts: Any) -> Mandate:
    usual = {"max_level": Level.B, "since": date(2026, 1, 1)}
    return Mandate(id=f"m-{number}", issuer=issuer, scheme=scheme, **{**usual, **facts})


def _base() -> Trust:
    mandates = [(EXAMINER.id, scheme, facts) for scheme, (facts, _) in SCHEMES.items() if facts is not None]
    mandates += [(issuer, "heta-arbeten", {}) for issuer in ISSUERS if issuer not in {"egenagaren", "vestprove"}]
    mandates += [("closed-since", scheme, {}) for scheme in SCHEMES if "with" in scheme]
    mandates += [("vestprove", "varme-arbeider", {}), (OWNER.id, "heta-arbeten", {})]
    return Trust(
        as_of=AS_OF,
        public_url=URL,
        organisations=_organisations(),
        keys=_keys(),
        attestation_keys=tuple(
            AttestationKey(kid=kid, public_key=TestKey(seed, kid).public, **{"not_before": _JANUARY, **facts})
            for seed, kid, facts in ATTESTATION_KEYS.values()
        ),
        status_keys=(AttestationKey(kid=status_key().kid, public_key=status_key().public, not_before=_JANUARY),),
        schemes={
            name: Scheme(
                code=name,
                **{
                    "owner": OWNER.id,
                    "title": {"sv": name, "en": name},
                    "max_level": Level.B,
                    "time_zone": "Europe/Stockholm",
                    "versions": ("1", "2"),
                    **facts,
                },
            )
            for name, (_, facts) in SCHEMES.items()
        },
        mandates=tuple(_mandate(number, *one[:2], **one[2]) for number, one in enumerate(mandates, 1)),
        status_lists={
            number: KnownList(**{"statuses": status_list({}), "issued_at": AS_OF, **facts})
            for number, facts in LISTS.items()
        },
        editions=("2026-01-01",),
        events={
            number_for(name): tuple(
                StatusEvent.model_validate({"kind": kind, "effective_from": moment, **more})
                for kind, moment, more in events
            )
            for name, events in HISTORIES.items()
        },
    )


def _small(as_of: datetime) -> Trust:
    """One issuer, one scheme in each zone, one list, as of another moment."""
    zones = ("heta-arbeten", "varme-arbeider", "tulityot")
    base = _base()
    wanted = {EXAMINER.id, OWNER.id, "brannradet"}
    return Trust(
        as_of=as_of,
        public_url=URL,
        organisations={name: one for name, one in base.organisations.items() if name in wanted},
        keys=tuple(key for key in base.keys if (key.organisation, key.kid) == (EXAMINER.id, "key-1")),
        attestation_keys=base.attestation_keys[:1],
        schemes={name: base.schemes[name] for name in zones},
        mandates=tuple(one for one in base.mandates if one.issuer == EXAMINER.id and one.scheme in zones),
        status_lists={3: KnownList(statuses=status_list({}), issued_at=as_of)},
        editions=base.editions,
    )


def _recognising() -> Trust:
    """The small one, with a scheme for each way to accept `heta-arbeten`."""
    small = _small(AS_OF)
    usual = {"accepts": "heta-arbeten", "accepted_from": date(2020, 1, 1)}
    like = dict(small.schemes["heta-arbeten"])
    titles = {"sv": "Brandvakt", "nb": "Brannvakt", "en": "Fire watch"}
    members = {name: getattr(small, name) for name in Trust.model_fields}
    return Trust.model_validate(
        {
            **members,
            "schemes": {**small.schemes, **{n: Scheme(**{**like, "code": n, "title": titles}) for n in RECOGNITIONS}},
            "recognitions": tuple(
                Recognition(id=f"r-{number}", scheme=scheme, **{**usual, **facts})
                for number, (scheme, facts) in enumerate(RECOGNITIONS.items(), 1)
            ),
            "events": {number_for(n): _base().events[number_for(n)] for n in ("in-force", "issued-late")},
        }
    )


LOG = KnownLog(origin="bevis.example/log/1", public_key=TestKey(60, "log").public)
STOLEN_IN_THE_LOG = TestKey(30, "stolen-in-the-log")
RETIRED_IN_THE_LOG = TestKey(31, "retired-in-the-log")


def _with_a_log() -> Trust:
    """A log, and a key that was stolen when the log had 200 entries; it has signed entries 450 to 460 since."""
    stolen = Key(
        kid=STOLEN_IN_THE_LOG.kid,
        organisation=EXAMINER.id,
        public_key=STOLEN_IN_THE_LOG.public,
        not_before=_JANUARY,
        compromised_since=at(2026, 6, 1, 12),
        sound_below=200,
        spoilt=((450, 460),),
    )
    retired = Key(
        kid=RETIRED_IN_THE_LOG.kid,
        organisation=EXAMINER.id,
        public_key=RETIRED_IN_THE_LOG.public,
        not_before=_JANUARY,
        retired_at=at(2026, 6, 1, 12),
    )
    small = _small(AS_OF)
    more = {"ended": {"signs_below": 500}, "stolen-but-known": {"survivors": _survivors()}}
    codes = [
        AttestationKey(kid=kid, public_key=TestKey(seed, kid).public, not_before=_JANUARY, **facts, **more[name])
        for name, (seed, kid, facts) in ATTESTATION_KEYS.items()
        if name in more
    ]
    attestation_keys = (*small.attestation_keys, *codes)
    return small.model_copy(
        update={"keys": (*small.keys, stolen, retired), "attestation_keys": attestation_keys, "logs": (LOG,)}
    )


# What the trust with a history tells, by what happened: kind, from when, why.
TOLD: dict[str, tuple[tuple[str, datetime, str | None], ...]] = {
    "nothing": (),
    "reinstated": (("suspended", at(2026, 5, 1, 8), "misuse"), ("reinstated", at(2026, 6, 1, 8), None)),
    "revoked-at-wish": (("revoked", at(2026, 6, 1, 10), "holder_request"),),
    "revoked-for-fraud": (("revoked", at(2026, 6, 1, 10), "fraud"),),
    "annulled": (("annulled", at(2026, 6, 1, 10), "error"),),
    "superseded": (("superseded", at(2026, 7, 1, 8), None),),
    "withdrawn-since": (),
}
LOGGED = (
    LogAt(size=100, at=at(2026, 3, 2, 18)),
    LogAt(size=200, at=at(2026, 4, 10, 18)),
    LogAt(size=600, at=at(2026, 9, 1)),
)


def told_at(happened: str) -> int:
    """The place, in list 3, of the certificate to which that has happened."""
    return 1000 + list(TOLD).index(happened)


def _with_a_history() -> Trust:
    """A log, and what has happened to every certificate of list 3 until it was made; of list 4 nothing is told."""
    logged = _with_a_log()
    statuses = status_list(
        {told_at("revoked-at-wish"): 1, told_at("revoked-for-fraud"): 1, told_at("withdrawn-since"): 1}
    )
    changes = {
        told_at(happened): tuple(
            StatusChange.model_validate({"kind": kind, "effective_from": moment, "reason": reason})
            for kind, moment, reason in events
        )
        for happened, events in TOLD.items()
        if events
    }
    lists = {number: KnownList(statuses=one, issued_at=AS_OF) for number, one in ((3, statuses), (4, status_list({})))}
    return logged.model_copy(
        update={"status_lists": lists, "history": StatusHistory(changes={3: changes}, logged=LOGGED)}
    )


def _survivors() -> Survivors:
    """Of a key for codes that was stolen: it may have signed the good certificate's code, and those beside it."""
    digests = {place: code_digest(open_cwt(compact(one, "stolen-but-known", place)).signed) for place, one in KNOWN}
    return Survivors(spans=((99, 100), (300, 300)), digests=b"".join(digests[place] for place in (99, 100, 300)))


KNOWN = [(place, certificate(number=number_for(f"known at {place}"))) for place in (99, 100, 300)]


OWNERS_KEY = TestKey(70, "owner-1")
OWNERS_STOLEN_KEY = TestKey(71, "owner-2")


def granted(**facts: Any) -> OrganisationCertificate:
    """A certificate about an organisation: a mandate by the owner of the scheme, unless something else is said."""
    usual: dict[str, Any] = {
        "number": number_for("a mandate"),
        "holder": EXAMINER,
        "issuer": OWNER,
        "title": {"sv": "Uppdrag", "nb": "Oppdrag", "en": "Mandate"},
        "attests": MandateTerms(mandate="m-signed", scheme="signed", max_level=Level.B),
        "decided_on": date(2026, 1, 2),
        "issued_at": at(2026, 1, 2, 10),
        "valid_from": date(2026, 1, 1),
        "time_zone": "Europe/Stockholm",
        "status": StatusPlace(list=3, index=77),
    }
    return OrganisationCertificate(**{**usual, **facts})


def granted_document(
    said: OrganisationCertificate, key: Any = OWNERS_KEY, more: Mapping[str, Any] | None = None
) -> str:
    """It as a `vc+jwt`; more: members that such a one has not."""
    signer, did = key or issuer_key(), did_web(URL, said.issuer.id)
    claims = {**organisation_claims(said, did, URL), **(more or {})}
    return seal_jws(claims, typ="vc+jwt", kid=f"{did}#{signer.kid}", sign=signer)


def _terms(scheme: str, level: Level = Level.B) -> MandateTerms:
    return MandateTerms(mandate=f"m-{scheme}", scheme=scheme, max_level=level)


GRANTS = {
    "signed": granted(number=number_for("signed")),
    "raised": granted(number=number_for("raised"), attests=_terms("raised", Level.C2)),
    "stolen": granted(number=number_for("stolen"), attests=_terms("stolen")),
}


def _with_certificates() -> Trust:
    """The small one, with a scheme for each mandate that rests on a certificate, and one that goes no higher than D."""
    small = _small(AS_OF)
    like, usual = dict(small.schemes["heta-arbeten"]), {"not_before": at(2025, 1, 1), "organisation": OWNER.id}
    schemes = {name: Scheme(**{**like, "code": name}) for name in GRANTS}
    schemes["lagre"] = Scheme(**{**like, "code": "lagre", "max_level": Level.D})
    stolen = {"compromised_since": at(2026, 6, 1, 12), "sound_below": 10}
    keys = (
        Key(kid=OWNERS_KEY.kid, public_key=OWNERS_KEY.public, **usual),
        Key(kid=OWNERS_STOLEN_KEY.kid, public_key=OWNERS_STOLEN_KEY.public, **usual, **stolen),
    )
    signers = {"stolen": OWNERS_STOLEN_KEY}
    return Trust.model_validate(
        {
            **{name: getattr(small, name) for name in Trust.model_fields},
            "organisations": _organisations(),
            "keys": (*small.keys, *keys),
            "schemes": {**small.schemes, **schemes},
            "mandates": tuple(
                Mandate(
                    id=f"m-{name}",
                    issuer=EXAMINER.id,
                    scheme=name,
                    max_level=Level.B,
                    since=date(2026, 1, 1),
                    certificate=said.number,
                )
                for name, said in GRANTS.items()
            ),
            "certificates": {
                said.number: KnownCertificate(vc_jwt=granted_document(said, signers.get(name, OWNERS_KEY)))
                for name, said in GRANTS.items()
            },
        }
    )


@cache
def trusts() -> Mapping[str, Trust]:
    """Every trust that vectors ask, by name."""
    return {
        "base": _base(),
        "nothing-known": Trust(as_of=AS_OF, public_url=URL, attestation_keys=_small(AS_OF).attestation_keys),
        "recognitions": _recognising(),
        "clocks-go-forward": _small(at(2027, 3, 28, 0)),
        "clocks-go-back": _small(at(2027, 10, 31, 0)),
        "with-a-log": _with_a_log(),
        "with-a-history": _with_a_history(),
        "organisations": _with_certificates(),
        "leap-day": _small(at(2028, 2, 29, 12)),
    }
