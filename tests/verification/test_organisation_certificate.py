"""Certificates about organisations: read strictly, judged by the same steps, and what stands behind a mandate."""

from copy import deepcopy
from datetime import UTC, date, datetime, timedelta
from types import ModuleType
from typing import Any

import pytest

from levels.level import Level
from verification.answer import answer
from verification.certificate import StatusPlace, did_web, display_number, new_number
from verification.claims import MalformedCertificate
from verification.envelopes.jws import seal_jws
from verification.judge import Verdict, judge
from verification.organisation_certificate import (
    Accreditation,
    Audit,
    AuditFinding,
    MandateTerms,
    OrganisationCertificate,
    QualityCertificate,
    standard_code,
)
from verification.organisation_claims import organisation_claims, read_organisation_claims
from verification.situation import situation
from verification.status_list import status_list
from verification.trust import Key, KnownCertificate, KnownList, Trust
from verification.verify import verify

NUMBER = new_number(bytes(range(100, 110)))
FINDINGS = (
    AuditFinding(ref="A-1", grade="minor", clause="9.3", closed_on=None),
    AuditFinding(ref="A-2", grade="major", closed_on=date(2026, 2, 1)),
)
TERMS = {
    "mandate": MandateTerms(mandate="m-1", scheme="heta-arbeten", max_level=Level.B),
    "accreditation": Accreditation(standard="ISO/IEC 17024", edition="2026", scope=("Heta arbeten",)),
    "quality": QualityCertificate(standard="ISO 9001", edition="2015"),
    "audit": Audit(
        extent="full",
        standard="ISO/IEC 17024",
        edition="2026",
        first_on=date(2026, 1, 12),
        last_on=date(2026, 1, 13),
        conforms=True,
        findings=FINDINGS,
    ),
}


def certificate(world: ModuleType, kind: str = "mandate", **change: Any) -> OrganisationCertificate:
    facts = {
        "number": NUMBER,
        "holder": world.EXAMINER,
        "issuer": world.OWNER,
        "title": {"sv": "Uppdrag", "en": "Mandate"},
        "attests": TERMS[kind],
        "decided_on": date(2026, 1, 2),
        "issued_at": datetime(2026, 1, 2, 10, tzinfo=UTC),
        "valid_from": date(2026, 1, 1),
        "valid_until": date(2027, 6, 30),
        "time_zone": "Europe/Stockholm",
        "status": StatusPlace(list=3, index=77),
    }
    return OrganisationCertificate(**{**facts, **change})


def signed(world: ModuleType, said: OrganisationCertificate, owner: Any) -> str:
    did = did_web(world.PUBLIC_URL, said.issuer.id)
    return seal_jws(
        organisation_claims(said, did, world.PUBLIC_URL), typ="vc+jwt", kid=f"{did}#{owner.kid}", sign=owner
    )


@pytest.fixture(scope="module")
def owner(world: ModuleType) -> Any:
    return world.TestKey(21, "key-21")


@pytest.fixture(scope="module")
def trust(world: ModuleType, owner: Any) -> Trust:
    """The small registry, with a key of the scheme's owner."""
    key = Key(
        kid=owner.kid,
        organisation=world.OWNER.id,
        public_key=owner.public,
        not_before=datetime(2025, 1, 1, tzinfo=UTC),
    )
    trusted: Trust = world.changed(world.TRUST, keys=(*world.TRUST.keys, key))
    return trusted


def behind(world: ModuleType, trust: Trust, text: str, **mandate: Any) -> Trust:
    """The trust with the mandate resting on that certificate."""
    mandates = (trust.mandates[0].model_copy(update={"certificate": NUMBER, **mandate}),)
    held: Trust = world.changed(trust, mandates=mandates, certificates={NUMBER: KnownCertificate(vc_jwt=text)})
    return held


def asked(token: str, trust: Trust, now: datetime, name: str = "organisation") -> Verdict:
    return judge(verify(token, trust, now), situation(name), now, trust)


def codes(verdict: Verdict) -> set[str]:
    return {finding.code for finding in verdict.reasons}


@pytest.mark.parametrize("kind", TERMS)
def test_claims_are_read_back_and_nothing_else_is(world: ModuleType, kind: str) -> None:
    said = certificate(world, kind, replaces=new_number(bytes(10)))
    claims = organisation_claims(said, did_web(world.PUBLIC_URL, world.OWNER.id), world.PUBLIC_URL)
    assert read_organisation_claims(claims).certificate == said
    for path, value in (
        (("credentialSubject", "attestation", "unknown"), 1),
        (("credentialSubject", "attestation", "kind"), "licence"),
        (("credentialSubject", "attestation", "validUntilDay"), "2027-07-01"),
        (("credentialSubject", "id"), "did:web:elsewhere:o:provhuset"),
        (("credentialSubject", "type"), ["Person"]),
        (("type",), ["VerifiableCredential"]),
        (("evidence",), []),
    ):
        other: Any = deepcopy(claims)
        *steps, last = path
        for step in steps:
            other = other[step]
        other[last] = value
        whole = other if not steps else {**deepcopy(claims), steps[0]: _inside(deepcopy(claims), path, value)}
        with pytest.raises(MalformedCertificate):
            read_organisation_claims(whole)


def _inside(claims: Any, path: tuple[str, ...], value: object) -> Any:
    here = claims
    for step in path[:-1]:
        here = here[step]
    here[path[-1]] = value
    return claims[path[0]]


@pytest.mark.parametrize(
    "change",
    [
        {"conforms": True, "findings": (AuditFinding(ref="A-1", grade="major"),)},
        {"findings": (FINDINGS[0], FINDINGS[0])},
        {"last_on": date(2026, 1, 11)},
        {"findings": (AuditFinding(ref="A-1", grade="minor", closed_on=date(2026, 1, 1)),)},
    ],
    ids=["a major finding is open", "one ref twice", "ends before it begins", "closed before it was found"],
)
def test_an_audit_hangs_together(change: dict[str, Any]) -> None:
    with pytest.raises(ValueError, match=r"conforms|ref|last_on|closed"):
        Audit(**{**TERMS["audit"].model_dump(), "findings": FINDINGS, **change})


@pytest.mark.parametrize(
    ("kind", "attests"),
    [
        ("mandate", "attests_mandate"),
        ("accreditation", "attests_accreditation"),
        ("quality", "attests_quality_certificate"),
        ("audit", "attests_audit"),
    ],
)
def test_it_is_judged_by_the_same_steps(world: ModuleType, trust: Trust, owner: Any, kind: str, attests: str) -> None:
    text = signed(world, certificate(world, kind), owner)
    verdict = asked(text, trust, world.NOW)
    assert (verdict.headline, attests in codes(verdict)) == ("valid", True)
    assert ("mandate_owners" in codes(verdict)) == (kind == "mandate")
    # It is nobody's proof at a gate, whatever scheme it names.
    assert asked(text, trust, world.NOW, "site_entry").headline == "not_sufficient"
    assert asked(text, trust, world.NOW, "hot_work_permit").headline == "not_sufficient"
    assert asked(text[:-6] + "AAAAAA", trust, world.NOW).headline == "signature_invalid"
    assert asked(text, trust, datetime(2027, 7, 1, tzinfo=UTC)).headline == "expired"
    withdrawn = world.changed(trust, status_lists={3: KnownList(statuses=status_list({77: 1}), issued_at=trust.as_of)})
    assert asked(text, withdrawn, world.NOW).headline == "revoked"
    told = answer(verdict, "sv")["certificate"]
    assert (told["subject"], told["attests"]["holder"]) == ("organisation", "provhuset")
    assert told["level"] == ("B" if kind == "mandate" else None)


def test_only_the_owner_of_a_scheme_gives_mandates_for_it_and_none_above_its_own(
    world: ModuleType, trust: Trust, owner: Any
) -> None:
    strange = certificate(world, issuer=world.EXAMINER, holder=world.TEACHER)
    assert "mandate_not_owners" in codes(asked(signed(world, strange, world.ISSUER_KEY), trust, world.NOW))
    plain = {slug: one.model_copy(update={"sector_body": False}) for slug, one in trust.organisations.items()}
    text = signed(world, certificate(world), owner)
    verdict = asked(text, world.changed(trust, organisations=plain), world.NOW)
    assert (verdict.headline, "mandate_above_owner" in codes(verdict)) == ("issuer_not_authorised", True)


def test_a_persons_verdict_names_the_certificate_of_the_mandate(world: ModuleType, trust: Trust, owner: Any) -> None:
    text = signed(world, certificate(world), owner)
    held = behind(world, trust, text)
    for token in (world.full(), world.qr_text()):
        verdict = asked(token, held, world.NOW, "site_entry")
        told = {finding.code: finding.params for finding in verdict.reasons}
        assert verdict.headline == "valid"
        assert told["mandate_certificate"]["certificate"] == display_number(NUMBER)
    shown = answer(asked(world.full(), held, world.NOW, "site_entry"), "nb")
    # And from there up to the owner of the scheme, with nothing at hand but the trust.
    up = asked(shown["certificate"]["mandate_certificate"], held, world.NOW)
    assert (up.headline, up.certificate and up.certificate.issuer) == ("valid", world.OWNER.id)
    assert "mandate_certificate" not in codes(asked(world.full(), trust, world.NOW, "site_entry"))


@pytest.mark.parametrize(
    "claimed",
    [
        {"attests": MandateTerms(mandate="m-1", scheme="heta-arbeten", max_level=Level.C1)},
        {"attests": MandateTerms(mandate="m-1", scheme="heta-arbeten", versions=("2",), max_level=Level.B)},
        {"attests": MandateTerms(mandate="m-2", scheme="heta-arbeten", max_level=Level.B)},
        {"attests": TERMS["accreditation"]},
        {"valid_from": date(2026, 1, 2)},
        {"valid_until": date(2027, 6, 29)},
        {"number": new_number(bytes(10))},
        {"holder": "TEACHER"},
        {"signer": "STRANGER"},
        {"signer": "ISSUER_KEY"},
    ],
    ids=lambda change: str(next(iter(change.values())))[:40],
)
def test_a_mandate_that_says_more_than_its_owner_signed_is_none(
    world: ModuleType, trust: Trust, owner: Any, claimed: dict[str, Any]
) -> None:
    given = dict(claimed)
    key = getattr(world, given.pop("signer")) if "signer" in given else owner
    if "holder" in given:
        given["holder"] = world.TEACHER
    verdict = asked(
        world.full(), behind(world, trust, signed(world, certificate(world, **given), key)), world.NOW, "site_entry"
    )
    assert (verdict.headline, verdict.reasons[0].code) == ("issuer_not_authorised", "mandate_certificate_disagrees")


def test_a_stolen_key_of_the_owner_spoils_what_was_not_in_the_log_before(
    world: ModuleType, trust: Trust, owner: Any
) -> None:
    held = behind(world, trust, signed(world, certificate(world), owner))
    since = world.NOW - timedelta(days=30)
    stolen = world.changed(
        held,
        keys=tuple(
            key.model_copy(update={"compromised_since": since, "sound_below": 100}) if key.kid == owner.kid else key
            for key in held.keys
        ),
    )
    found = asked(world.full(), stolen, world.NOW, "site_entry")
    assert (found.headline, "mandate_certificate_unproven" in codes(found)) == ("unknown", True)


def test_a_standards_name_as_a_code() -> None:
    assert [standard_code(name) for name in ("ISO/IEC 17024", "ISO 9001", "ISO/IEC 17021-1")] == [
        "iso-iec-17024",
        "iso-9001",
        "iso-iec-17021-1",
    ]
