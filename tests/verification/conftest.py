"""A small registry made of real keys and nothing else: what the tests of verification verify against."""

import sys
from dataclasses import dataclass, field, replace
from datetime import UTC, date, datetime, timedelta
from types import ModuleType
from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from levels.level import Level
from verification.certificate import Certificate, IdentityAssurance, Party, StatusPlace, did_web, new_number
from verification.claims import to_claims
from verification.envelopes.cwt import compact_token, seal_cwt
from verification.envelopes.jws import seal_jws
from verification.envelopes.signer import KeyRef
from verification.qr import pack
from verification.status_list import status_list
from verification.trust import AttestationKey, Key, KnownList, Mandate, Organisation, Scheme, StatusEvent, Trust

PUBLIC_URL = "https://bevis.example"
NOW = datetime(2026, 11, 20, 15, 25, tzinfo=UTC)
NUMBER = new_number(bytes(range(7, 17)))
PLACE = StatusPlace(list=3, index=48213)
TEACHER = Party(id="norrbygg", name="Norrbyggs Utbildning AB")
EXAMINER = Party(id="provhuset", name="Provhuset i Norr AB")
OWNER = Party(id="brandradet", name="Brandskyddsrådet")


class TestKey:
    """An Ed25519 key made from one byte, so that a test's tokens are the same on every run."""

    __test__ = False

    def __init__(self, seed: int, kid: str) -> None:
        self._private = Ed25519PrivateKey.from_private_bytes(bytes([seed]) * 32)
        self.kid = kid
        self.public = self._private.public_key().public_bytes_raw()

    def key(self) -> KeyRef:
        return KeyRef(self.kid)

    def sign(self, data: bytes) -> bytes:
        return self._private.sign(data)


ISSUER_KEY = TestKey(1, "key-1")
ATTESTATION = TestKey(2, "0a0b0c0d")
STRANGER = TestKey(9, "0f0f0f0f")

CERTIFICATE = Certificate(
    number=NUMBER,
    holder_name="Åsa Lindström Bergqvist",
    birth_date=date(1987, 4, 12),
    scheme="heta-arbeten",
    scheme_version="2",
    title={"sv": "Heta arbeten", "nb": "Varme arbeider", "en": "Hot work"},
    content={"sv": ("Bedöma brandrisk", "Släcka en begynnande brand"), "en": ("Judge fire risk", "Put out a fire")},
    level=Level.C1,
    edition="2026-01-01",
    training_provider=TEACHER,
    examination_body=EXAMINER,
    issuer=EXAMINER,
    scheme_owner=OWNER,
    register_keeper=Party(id="registret", name="Registret"),
    mandate="m-1",
    party="third",
    identity=IdentityAssurance(enrolment=2, attendance=1, exam=2),
    course_first_on=date(2026, 2, 9),
    course_last_on=date(2026, 2, 10),
    assessed_on=date(2026, 2, 12),
    decided_on=date(2026, 2, 20),
    issued_at=datetime(2026, 2, 20, 10, 0, tzinfo=UTC),
    valid_from=date(2026, 3, 1),
    valid_until=date(2031, 2, 28),
    time_zone="Europe/Stockholm",
    attended_minutes=960,
    mandatory_minutes=960,
    attended_percent=100,
    delivery="classroom",
    language_training="sv",
    language_test="sv",
    status=PLACE,
)

TRUST = Trust(
    as_of=NOW - timedelta(minutes=12),
    public_url=PUBLIC_URL,
    organisations={
        party.id: Organisation(id=party.id, name=party.name, registered_on=date(2020, 1, 1), sector_body=party is OWNER)
        for party in (TEACHER, EXAMINER, OWNER)
    },
    keys=(
        Key(
            kid=ISSUER_KEY.kid,
            organisation=EXAMINER.id,
            public_key=ISSUER_KEY.public,
            not_before=datetime(2026, 1, 1, tzinfo=UTC),
        ),
    ),
    attestation_keys=(
        AttestationKey(kid=ATTESTATION.kid, public_key=ATTESTATION.public, not_before=datetime(2026, 1, 1, tzinfo=UTC)),
    ),
    schemes={
        "heta-arbeten": Scheme(
            code="heta-arbeten",
            owner=OWNER.id,
            title={"sv": "Heta arbeten", "nb": "Varme arbeider", "en": "Hot work"},
            max_level=Level.B,
            time_zone="Europe/Stockholm",
            versions=("1", "2"),
        )
    },
    mandates=(
        Mandate(
            id="m-1",
            issuer=EXAMINER.id,
            scheme="heta-arbeten",
            max_level=Level.B,
            since=date(2026, 1, 1),
            until=date(2027, 6, 30),
        ),
    ),
    status_lists={3: KnownList(statuses=status_list({}), issued_at=NOW - timedelta(minutes=12))},
    editions=("2026-01-01",),
)


def compact(certificate: Certificate = CERTIFICATE, key: TestKey = ATTESTATION) -> bytes:
    """The token in the certificate's QR code."""
    return seal_cwt(compact_token(certificate, 123456), bytes.fromhex(key.kid), key)


def qr_text(certificate: Certificate = CERTIFICATE, key: TestKey = ATTESTATION) -> str:
    """The text in the certificate's QR code."""
    return pack(compact(certificate, key), PUBLIC_URL)


def full(certificate: Certificate = CERTIFICATE, key: TestKey = ISSUER_KEY) -> str:
    """The certificate as a `vc+jwt`."""
    did = did_web(PUBLIC_URL, certificate.issuer.id)
    claims = to_claims(certificate, did, PUBLIC_URL)
    return seal_jws(claims, typ="vc+jwt", kid=f"{did}#{key.kid}", sign=key, cty="vc")


def with_status(status: int, trust: Trust = TRUST) -> Trust:
    """The trust with this status at the certificate's place."""
    known = KnownList(statuses=status_list({PLACE.index: status}), issued_at=trust.as_of)
    return changed(trust, status_lists={PLACE.list: known})


def with_history(*events: tuple[str, datetime, str | None], trust: Trust = TRUST) -> Trust:
    """The trust with this history of the certificate."""
    history = tuple(StatusEvent.model_validate({"kind": k, "effective_from": e, "reason": r}) for k, e, r in events)
    return changed(trust, events={NUMBER: history})


def changed(trust: Trust, **facts: Any) -> Trust:
    """The trust with other facts, checked again."""
    members = {name: getattr(trust, name) for name in Trust.model_fields}
    return Trust.model_validate({**members, **facts})


@dataclass
class FakeSource:
    """A registry for the endpoint: one trust, one moment, a few stored certificates."""

    trusted: Trust = TRUST
    moment: datetime = NOW
    tokens: dict[str, str] = field(default_factory=dict)
    asked: list[str | None] = field(default_factory=list)

    def now(self) -> datetime:
        return self.moment

    def trust(self, number: str | None = None) -> Trust:
        self.asked.append(number)
        return self.trusted

    def token_by_number(self, number: str) -> str | None:
        return self.tokens.get(number)

    def at(self, moment: datetime) -> "FakeSource":
        return replace(self, moment=moment)


@pytest.fixture(scope="session")
def world() -> ModuleType:
    """Everything above, by name: the tests are no package and cannot import one another."""
    return sys.modules[__name__]
