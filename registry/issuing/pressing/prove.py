"""Prove before keep: a certificate of ours is read by the verifier that everybody uses, or it is not stored."""

from dataclasses import dataclass
from datetime import datetime
from typing import Literal

from registry.errors import OwnProofFailed
from verification.certificate import Certificate, start_of
from verification.envelopes.cwt import CompactToken, compact_token, open_cwt, signed_cwt, verify_cwt
from verification.envelopes.signer import KeyRef, Signer
from verification.findings import Findings
from verification.presented import NotACertificate, OpenedCode, opened
from verification.qr import pack
from verification.trust import Trust
from verification.verify import compact, verify_opened

Code = Literal["signed", "judged", "read"]
_SAYS_OTHERWISE = "compact form: it does not say what was meant"
_AGAINST = frozenset({"failed", "could_not_check"})


def prove(  # noqa: PLR0913, PLR0917 what, by whose key, against what
    certificate: Certificate, vc_jwt: str, attestation: Signer, trust: Trust, now: datetime, code: Code = "signed"
) -> None:
    """Open both forms of the certificate with the trust as it will be once this is stored.

    code  how far the code is proved. Codes are not stored: each is signed when it is shown, by this key

          signed  signed, and read as whoever scans it does
          judged  the same but for the signature: of many proved at once, one tells that the key is good
          read    written and read back: of many that differ in their holders and places, one tells the rest, and what
                  the verifier says of number and place, it says of the full form

    Raises OwnProofFailed if any finding speaks against either, or if they do not say what was meant; MalformedCwt for
    what no code can say.
    """
    # Whoever is under age gets a certificate that holds from a birthday to come.
    meant = {"not_yet_valid"} if start_of(certificate.valid_from, certificate.time_zone) > now else set()
    try:
        full = opened(vc_jwt)
    except NotACertificate as unreadable:
        raise OwnProofFailed(f"it cannot be read: {unreadable}") from unreadable
    found = verify_opened(full, trust, now)
    _hold("full", found, meant, same=found.certificate is not None and found.certificate.full == certificate)
    _prove_code(compact_token(certificate), attestation, trust, now, meant, code)


def _prove_code(  # noqa: PLR0913, PLR0917 same
    token: CompactToken, attestation: Signer, trust: Trust, now: datetime, meant: set[str], code: Code
) -> None:
    signer = attestation if code == "signed" else _Nobody(attestation.key())
    sealed = signed_cwt(token, bytes.fromhex(attestation.key().kid), signer)
    if code == "read":
        if open_cwt(sealed).token != token:
            raise OwnProofFailed(_SAYS_OTHERWISE)
        return
    try:
        short = opened(pack(sealed, trust.public_url))
    except NotACertificate as unreadable:
        raise OwnProofFailed(f"it cannot be read: {unreadable}") from unreadable
    if not isinstance(short, OpenedCode) or short.cwt.token != token:
        raise OwnProofFailed(_SAYS_OTHERWISE)
    check = verify_cwt if code == "signed" else (lambda *_: True)
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
