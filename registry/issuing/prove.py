"""Prove before keep: a certificate of ours is read by the verifier that everybody uses, or it is not stored."""

from datetime import datetime

from registry.errors import OwnProofFailed
from verification.certificate import Certificate, start_of
from verification.envelopes.cwt import CompactToken, compact_token, signed_cwt
from verification.envelopes.signer import Signer
from verification.findings import Findings
from verification.presented import NotACertificate, Opened, OpenedCode, opened
from verification.qr import pack
from verification.trust import Trust
from verification.verify import verify_opened

_AGAINST = frozenset({"failed", "could_not_check"})


def prove(certificate: Certificate, vc_jwt: str, attestation: Signer, trust: Trust, now: datetime) -> None:
    """Open both forms of the certificate with the trust as it will be once this is stored.

    Raises OwnProofFailed if any finding speaks against either, or if they do not say what was meant; MalformedCwt for
    what no code can say.
    """
    # Whoever is under age gets a certificate that holds from a birthday to come.
    meant = {"not_yet_valid"} if start_of(certificate.valid_from, certificate.time_zone) > now else set()
    token = compact_token(certificate)
    code = pack(signed_cwt(token, bytes.fromhex(attestation.key().kid), attestation), trust.public_url)
    try:
        forms: tuple[tuple[str, Opened], ...] = ("full", opened(vc_jwt)), ("compact", opened(code))
    except NotACertificate as unreadable:
        raise OwnProofFailed(f"it cannot be read: {unreadable}") from unreadable
    for form, presented in forms:
        found = verify_opened(presented, trust, now)
        against = [code for code in objections(found) if code not in meant]
        if against:
            raise OwnProofFailed(f"{form} form: {', '.join(against)}")
        if not _says(presented, token, found, certificate):
            raise OwnProofFailed(f"{form} form: it does not say what was meant")


def _says(presented: Opened, token: CompactToken, found: Findings, certificate: Certificate) -> bool:
    if isinstance(presented, OpenedCode):
        return presented.cwt.token == token
    return found.certificate is not None and found.certificate.full == certificate


def objections(found: Findings) -> list[str]:
    """The codes of all findings that speak against a token just made."""
    return [finding.code for finding in found.findings if finding.outcome in _AGAINST]
