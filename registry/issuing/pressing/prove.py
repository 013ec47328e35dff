"""Prove before keep: a certificate of ours is read by the verifier that everybody uses, or it is not stored."""

from collections.abc import Callable, Hashable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from registry.errors import OwnProofFailed
from verification.certificate import Certificate, did_web, start_of
from verification.claims import Stated
from verification.envelopes.cwt import (
    MAX_TOKEN_BYTES,
    CompactToken,
    compact_token,
    open_cwt,
    signed_cwt,
    verify_cwt,
)
from verification.envelopes.jws import OpenedJws, jws_of, verify_jws
from verification.envelopes.signer import KeyRef, Signer
from verification.findings import Findings
from verification.presented import CERTIFICATE_TYPE, NotACertificate, OpenedCode, OpenedFull, opened
from verification.qr import pack
from verification.trust import Trust
from verification.verify import compact, full

_SAYS_OTHERWISE = "it does not say what was meant"
_LOGGED_LATER = frozenset({"not_in_log"})  # it is entered as it is stored, and shown to nobody before it has its place
_AGAINST = frozenset({"failed", "could_not_check"})
# How much longer another holder's code can be: a name of 120 characters in UTF-8, and larger numbers.
_MOST_LONGER = 4 * 120 + 20


class Proof:
    """Proves certificates that one key has signed, with the trust as it will be once they are stored.

    Of each the signature is checked, and the verifier finds what it finds. The first of those that are alike is read
    from its text, as whoever holds it up will have it read; the others were written from the same facts by the same
    hand, and differ in their holder, number and place alone. Codes are not stored, each is signed when it is shown:
    the first is signed here too, to see that the key does, and the first of those that are alike is read and judged.
    """

    def __init__(self, attestation: Signer, trust: Trust, now: datetime, *, signed: bool = True) -> None:
        """signed: whether it is; otherwise somebody else will, and all but the signature is looked at."""
        self._attestation, self._trust, self._now = attestation, trust, now
        self._check: Callable[[OpenedJws, bytes], bool] = verify_jws if signed else (lambda *_: True)
        self._fits: dict[Hashable, bool] = {}  # of those that are alike: whether every code can say as much

    def prove(self, certificate: Certificate, claims: Mapping[str, Any], vc_jwt: str, alike: Hashable) -> None:
        """One certificate.

        claims  what was signed
        alike   the same for those that differ in nothing but number, place and holder, and state as much of the holder

        Raises OwnProofFailed if any finding speaks against it, or if it does not say what was meant; MalformedJws and
        MalformedCwt for what no certificate and no code can say.
        """
        # Whoever is under age gets a certificate that holds from a birthday to come.
        later = start_of(certificate.valid_from, certificate.time_zone) > self._now
        meant = _LOGGED_LATER | {"not_yet_valid"} if later else _LOGGED_LATER
        fits = self._fits.get(alike)
        jws = self._read(certificate, vc_jwt) if fits is None else jws_of(vc_jwt, claims, typ=CERTIFICATE_TYPE)
        stated = Stated(certificate, did_web(self._trust.public_url, certificate.issuer.id), self._trust.public_url)
        _hold("full", full(jws, stated, self._trust, self._now, None, check=self._check), meant)
        if fits is None:
            self._fits[alike] = self._judged(compact_token(certificate), meant)
        elif not fits:
            self._written(compact_token(certificate))

    @staticmethod
    def _read(certificate: Certificate, vc_jwt: str) -> OpenedJws:
        """From its text."""
        try:
            found = opened(vc_jwt)
        except NotACertificate as unreadable:
            raise OwnProofFailed(f"it cannot be read: {unreadable}") from unreadable
        if not isinstance(found, OpenedFull) or found.stated is None or found.stated.certificate != certificate:
            raise OwnProofFailed(f"full form: {_SAYS_OTHERWISE}")
        return found.jws

    def _judged(self, token: CompactToken, meant: frozenset[str]) -> bool:
        """As whoever scans it has it judged; gives whether there is room for every other holder."""
        signs = not self._fits
        signer = self._attestation if signs else Nobody(self._attestation.key())
        sealed = signed_cwt(token, bytes.fromhex(signer.key().kid), signer)
        try:
            short = opened(pack(sealed, self._trust.public_url))
        except NotACertificate as unreadable:
            raise OwnProofFailed(f"it cannot be read: {unreadable}") from unreadable
        if not isinstance(short, OpenedCode) or short.cwt.token != token:
            raise OwnProofFailed(f"compact form: {_SAYS_OTHERWISE}")
        check = verify_cwt if signs else (lambda *_: True)
        _hold("compact", compact(short, self._trust, self._now, None, check=check), meant)
        return len(sealed) + _MOST_LONGER <= MAX_TOKEN_BYTES

    def _written(self, token: CompactToken) -> None:
        """That a code can say this."""
        nobody = Nobody(self._attestation.key())
        if open_cwt(signed_cwt(token, bytes.fromhex(nobody.key().kid), nobody)).token != token:
            raise OwnProofFailed(f"compact form: {_SAYS_OTHERWISE}")


def _hold(form: str, found: Findings, meant: frozenset[str]) -> None:
    """Raises OwnProofFailed."""
    if against := [code for code in objections(found) if code not in meant]:
        raise OwnProofFailed(f"{form} form: {', '.join(against)}")


def objections(found: Findings) -> list[str]:
    """The codes of all findings that speak against a token just made."""
    return [finding.code for finding in found.findings if finding.outcome in _AGAINST]


@dataclass(frozen=True)
class Nobody:
    """Leaves the place of a signature empty; calls itself by another's name."""

    _name: KeyRef

    def key(self) -> KeyRef:
        """Which key it will be."""
        return self._name

    def sign(self, _: bytes) -> bytes:
        """As long as a signature, and none."""
        return bytes(64)
