"""Prove before keep: a certificate of ours is read by the verifier that everybody uses, or it is not stored."""

from dataclasses import dataclass
from datetime import datetime

from registry.errors import OwnProofFailed
from verification.certificate import Certificate, start_of
from verification.envelopes.cwt import compact_token, signed_cwt, verify_cwt
from verification.envelopes.signer import KeyRef, Signer
from verification.findings import Findings
from verification.presented import NotACertificate, OpenedCode, opened
from verification.qr import pack
from verification.trust import Trust
from verification.verify import compact, verify_opened

_AGAINST = frozenset({"failed", "could_not_check"})


def prove(  # noqa: PLR0913 what, by whose key, against what
    certificate: Certificate, vc_jwt: str, attestation: Signer, trust: Trust, now: datetime, *, sign_code: bool = True
) -> None:
    """Open both forms of the certificate with the trust as it will be once this is stored.

    sign_code  also sign the code, and check that. Codes are not stored: each is signed when it is shown, by this key.
               Where many are proved at once, one tells that the key is good; of the others all else is proved

    Raises OwnProofFailed if any finding speaks against either, or if they do not say what was meant; MalformedCwt for
    what no code can say.
    """
    # Whoever is under age gets a certificate that holds from a birthday to come.
    meant = {"not_yet_valid"} if start_of(certificate.valid_from, certificate.time_zone) > now else set()
    token, signer = compact_token(certificate), attestation if sign_code else _Nobody(attestation.key())
    code = pack(signed_cwt(token, bytes.fromhex(attestation.key().kid), signer), trust.public_url)
    try:
        full, short = opened(vc_jwt), opened(code)
    except NotACertificate as unreadable:
        raise OwnProofFailed(f"it cannot be read: {unreadable}") from unreadable
    found = verify_opened(full, trust, now)
    _hold("full", found, meant, same=found.certificate is not None and found.certificate.full == certificate)
    if not isinstance(short, OpenedCode) or short.cwt.token != token:
        raise OwnProofFailed("compact form: it does not say what was meant")
    check = verify_cwt if sign_code else (lambda *_: True)
    _hold("compact", compact(short, trust, now, None, check=check), meant, same=True)


def _hold(form: str, found: Findings, meant: set[str], *, same: bool) -> None:
    """Raises OwnProofFailed; same: whether it says what was meant."""
    if against := [code for code in objections(found) if code not in meant]:
        raise OwnProofFailed(f"{form} form: {', '.join(against)}")
    if not same:
        raise OwnProofFailed(f"{form} form: it does not say what was meant")


def objections(found: Findings) -> list[str]:
    """The codes of all findings that speak against a token just made."""
    return [finding.code for finding in found.findings if finding.outcome in _AGAINST]


@dataclass(frozen=True)
class _Nobody:
    """Leaves the place of a signature empty; calls itself by another's name."""

    _name: KeyRef

    def key(self) -> KeyRef:
        return self._name

    def sign(self, _: bytes) -> bytes:
        return bytes(64)
