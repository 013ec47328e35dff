"""Certificates about organisations, and what stands behind a mandate: rests on the trust `organisations`."""

from collections.abc import Iterator
from datetime import date
from typing import Any

from levels.level import Level
from tests.verification.vectors.ground import (
    CERTIFICATE,
    EXAMINER,
    GRANTS,
    OWNER,
    OWNERS_KEY,
    URL,
    Vector,
    code,
    document,
    good,
    granted,
    granted_document,
    number_for,
    shown,
)
from verification.certificate import did_web
from verification.organisation_certificate import Accreditation, Audit, AuditFinding, MandateTerms, QualityCertificate
from verification.organisation_claims import organisation_claims

AUDIT = Audit(
    extent="full",
    standard="ISO/IEC 17024",
    edition="2026",
    first_on=date(2026, 1, 12),
    last_on=date(2026, 1, 13),
    conforms=True,
    findings=(AuditFinding(ref="A-1", grade="minor", clause="9.3"),),
)


def _asked(**told: Any) -> dict[str, Any]:
    return {"trust": "organisations", "situation": "organisation", **told}


def vectors() -> Iterator[Vector]:
    """All of them."""
    yield from _about_organisations()
    yield from _behind_mandates()


def _about_organisations() -> Iterator[Vector]:
    for name, terms, said in (
        ("mandate", GRANTS["signed"].attests, "attests_mandate"),
        ("accreditation", Accreditation(standard="ISO/IEC 17024", edition="2026"), "attests_accreditation"),
        ("quality-system", QualityCertificate(standard="ISO 9001", edition="2015"), "attests_quality_certificate"),
        ("audit", AUDIT, "attests_audit"),
        ("audit-not-passed", AUDIT.model_copy(update={"conforms": False}), "attests_audit_failed"),
    ):
        title = f"organisation-{name}"
        given = granted(number=number_for(title), attests=terms)
        also = (said, "mandate_owners") if name == "mandate" else (said,)
        yield good(
            title,
            f"About an organisation: {name}.",
            granted_document(given),
            number=given.number,
            also=also,
            **_asked(),
        )
    mandate = granted(number=number_for("organisation-at-a-gate"))
    yield shown(
        "organisation-at-a-gate",
        "A mandate is nobody's proof at a gate.",
        granted_document(mandate),
        "not_sufficient",
        "person_needed",
        number=mandate.number,
        trust="organisations",
    )
    strange = granted(number=number_for("organisation-no-owner"), issuer=EXAMINER, holder=OWNER)
    yield shown(
        "organisation-mandate-of-no-owner",
        "A mandate given by somebody who does not own the scheme.",
        granted_document(strange, None),
        "issuer_not_authorised",
        "mandate_not_owners",
        number=strange.number,
        **_asked(),
    )
    high = granted(
        number=number_for("organisation-too-high"),
        attests=MandateTerms(mandate="m-9", scheme="lagre", max_level=Level.B),
    )
    yield shown(
        "organisation-mandate-too-high",
        "A mandate up to a higher level than its scheme has.",
        granted_document(high),
        "issuer_not_authorised",
        "mandate_above_owner",
        number=high.number,
        **_asked(),
    )
    forged = granted(number=number_for("organisation-with-a-member"))
    text = granted_document(forged, OWNERS_KEY, more={"unknown": 1})
    yield Vector(
        "organisation-with-an-unknown-member",
        "A member that such a certificate has not.",
        text,
        "unknown",
        ("not_understood",),
        **_asked(),
    )
    subject = organisation_claims(forged, did_web(URL, forged.issuer.id), URL)["credentialSubject"]
    subject["attestation"]["replaces"] = "the one before"
    yield Vector(
        "organisation-that-replaces-no-number",
        "In the place of which it came is told in words, not by a number.",
        granted_document(forged, OWNERS_KEY, more={"credentialSubject": subject}),
        "unknown",
        ("not_understood",),
        **_asked(),
    )


def _behind_mandates() -> Iterator[Vector]:
    def of(scheme: str) -> Any:
        return CERTIFICATE.model_copy(update={"scheme": scheme, "mandate": f"m-{scheme}"})

    for form, make in (("document", document), ("code", code)):
        yield good(
            f"mandate-signed-by-its-owner-{form}",
            "The mandate it rests on is one that the scheme's owner has signed.",
            make(of("signed")),
            trust="organisations",
            also=("mandate_certificate",),
        )
        yield shown(
            f"mandate-higher-than-signed-{form}",
            "The trust says of a mandate that it reaches higher than its owner has signed.",
            make(of("raised")),
            "issuer_not_authorised",
            "mandate_certificate_disagrees",
            trust="organisations",
        )
    yield shown(
        "mandate-of-a-stolen-key",
        "The key that signed the mandate was stolen, and nothing shows that it had signed it before.",
        document(of("stolen")),
        "unknown",
        "mandate_certificate_unproven",
        trust="organisations",
    )
