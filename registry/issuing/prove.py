"""Prove before keep: a certificate of ours is read by the verifier that everybody uses, or it is not stored."""

from datetime import datetime

from registry.errors import OwnProofFailed
from verification.certificate import Certificate, start_of
from verification.envelopes.cwt import compact_token, seal_cwt
from verification.envelopes.signer import Signer
from verification.findings import Findings
from verification.qr import pack
from verification.trust import Trust
from verification.verify import verify

_AGAINST = frozenset({"failed", "could_not_check"})


def prove(certificate: Certificate, vc_jwt: str, attestation: Signer, trust: Trust, now: datetime) -> None:
    """Open both forms of the certificate with the trust as it will be once this is stored.

    Raises OwnProofFailed if any finding speaks against either, or if they do not say what was meant.
    """
    kid = attestation.key().kid
    # Whoever is under age gets a certificate that holds from a birthday to come.
    meant = {"not_yet_valid"} if start_of(certificate.valid_from, certificate.time_zone) > now else set()
    code = pack(seal_cwt(compact_token(certificate), bytes.fromhex(kid), attestation), trust.public_url)
    for form, token in (("full", vc_jwt), ("compact", code)):
        found = verify(token, trust, now)
        against = [code for code in objections(found) if code not in meant]
        if against:
            raise OwnProofFailed(f"{form} form: {', '.join(against)}")
        seen = found.certificate
        if seen is None or seen.number != certificate.number or (form == "full" and seen.full != certificate):
            raise OwnProofFailed(f"{form} form: it does not say what was meant")


def objections(found: Findings) -> list[str]:
    """The codes of all findings that speak against a token just made."""
    return [finding.code for finding in found.findings if finding.outcome in _AGAINST]
