"""What was shown is held against what the register keeps: a stolen key signs nothing that gets past it."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

import pytest

from registry.command_line.demo import make_demo
from registry.command_line.place import keyring_of
from registry.issuing.documents.codes import qr_text
from registry.records.issued.certificates import IssuedCertificate, certificates
from registry.records.whole.directory import Registry
from registry.web.source import RegistrySource
from verification.answer import answer
from verification.certificate import did_web
from verification.claims import to_claims
from verification.envelopes.cwt import compact_token, seal_cwt
from verification.envelopes.jws import seal_jws
from verification.judge import judge
from verification.presented import CERTIFICATE_TYPE, opened
from verification.qr import pack
from verification.record import held_against_register
from verification.situation import situation
from verification.verify import verify

NOW = datetime(2026, 11, 20, 12, 0, tzinfo=UTC)


@pytest.fixture(scope="module")
def registry(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Registry]:
    made, _ = make_demo(tmp_path_factory.mktemp("register") / "demo", NOW, public_url="https://bevis.example")
    yield made
    made.close()


@pytest.fixture(scope="module")
def row(registry: Registry) -> IssuedCertificate:
    with registry.reading() as db:
        return next(one for one in certificates(db) if one.scheme == "hot-work" and one.state == "issued")


def headline(registry: Registry, token: str, number: str, needed: str = "site_entry") -> tuple[str, set[str]]:
    source = RegistrySource(registry, registry.public_url, lambda: NOW)
    trust = source.trust(number)
    findings = held_against_register(
        verify(token, trust, NOW), opened(token), source.token_by_number(number), trust, NOW
    )
    verdict = judge(findings, situation(needed), NOW)
    told = answer(verdict, "en")
    return told["headline"], {reason["code"] for reason in told["reasons"] if reason["outcome"] != "passed"}


def test_the_code_and_the_document_agree_with_the_register(registry: Registry, row: IssuedCertificate) -> None:
    keyring = keyring_of(registry)
    with registry.reading() as db:
        code = qr_text(db, keyring, row, registry.public_url, NOW)
    assert headline(registry, code, row.number)[0] == "valid"
    assert headline(registry, row.vc_jwt, row.number)[0] == "valid"


@pytest.mark.parametrize(
    "change",
    [
        {"holder_name": "Somebody Else"},
        {"birth_year": 1950, "birth_date": None},
        {"valid_until": NOW.date() + timedelta(days=3000)},
        {"restrictions": ("none at all",)},
    ],
    ids=lambda change: next(iter(change)),
)
def test_a_stolen_key_under_a_real_number_is_shown_up(
    registry: Registry, row: IssuedCertificate, change: dict[str, object]
) -> None:
    keyring = keyring_of(registry)
    forged = row.certificate().model_copy(update=change)
    with registry.reading() as db:
        attestation = keyring.attestation_signer(db, NOW)
        issuer = keyring.organisation_signer(db, row.issuer, NOW)
    code = pack(seal_cwt(compact_token(forged), bytes.fromhex(attestation.key().kid), attestation), registry.public_url)
    did = did_web(registry.public_url, row.issuer)
    claims = to_claims(forged, did, registry.public_url)
    document = seal_jws(claims, typ=CERTIFICATE_TYPE, kid=f"{did}#{issuer.key().kid}", sign=issuer)
    for token in (code, document):
        assert headline(registry, token, row.number) == ("signature_invalid", {"register_disagrees"})


def test_with_the_register_at_hand_a_code_tells_what_only_the_document_states(
    registry: Registry, row: IssuedCertificate
) -> None:
    keyring = keyring_of(registry)
    source = RegistrySource(registry, registry.public_url, lambda: NOW)
    with registry.reading() as db:
        code = qr_text(db, keyring, row, registry.public_url, NOW)
    trust = source.trust(row.number)
    alone = answer(judge(verify(code, trust, NOW), situation(), NOW), "en")["certificate"]
    beside = held_against_register(verify(code, trust, NOW), opened(code), row.vc_jwt, trust, NOW)
    told = answer(judge(beside, situation(), NOW), "en")["certificate"]
    assert "party" not in alone
    assert told["party"] == "third"
    assert {name: told[name] for name in alone} == alone


def test_a_record_that_cannot_be_read_is_not_green(registry: Registry, row: IssuedCertificate) -> None:
    source = RegistrySource(registry, registry.public_url, lambda: NOW)
    trust = source.trust(row.number)
    findings = held_against_register(
        verify(row.vc_jwt, trust, NOW), opened(row.vc_jwt), row.vc_jwt[:-8] + "AAAAAAAA", trust, NOW
    )
    assert judge(findings, situation(), NOW).headline == "unknown"
