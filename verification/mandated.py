"""Who stands behind a mandate: its own certificate, signed by the scheme's owner, held against what the trust says.

Whoever makes the trust can write any mandate into it, and cannot sign for the owner of the scheme.
"""

from functools import lru_cache

from verification.certificate import display_number
from verification.claims import Stated
from verification.envelopes.jws import MalformedJws, verify_jws
from verification.findings import Finding, Value
from verification.organisation_certificate import MandateTerms, OrganisationCertificate
from verification.presented import opened_full
from verification.trust import Key, KnownCertificate, Mandate, Trust

_REMEMBERED = 1024


def mandate_certificate(mandate: Mandate, owner: str, trust: Trust) -> Finding | None:
    """What the certificate of a mandate says of it; None where it has none, or the trust does not bring it.

    owner  id of the scheme's owner
    """
    known = None if mandate.certificate is None else trust.certificates.get(mandate.certificate)
    if known is None or mandate.certificate is None:
        return None
    named = trust.organisations.get(owner)
    params: dict[str, Value] = {
        "certificate": display_number(mandate.certificate),
        "owner": named.name if named else owner,
    }
    kid, stated = _read(known.vc_jwt)
    key = trust.issuer_key(kid) if kid else None
    if key is None or stated is None or key.organisation != owner or not _signed(known.vc_jwt, key.public_key):
        return Finding("mandate_certificate_disagrees", "failed", params)
    said = stated.certificate
    if not isinstance(said, OrganisationCertificate) or not _same(said, mandate, owner):
        return Finding("mandate_certificate_disagrees", "failed", params)
    if not _sound(key, known, trust):
        return Finding("mandate_certificate_unproven", "could_not_check", params)
    return Finding("mandate_certificate", "passed", params)


def _same(said: OrganisationCertificate, mandate: Mandate, owner: str) -> bool:
    """Whether the trust says no more than the owner has signed. A suspension parts its days, so they may be fewer."""
    terms = said.attests
    return (
        isinstance(terms, MandateTerms)
        and said.number == mandate.certificate
        and said.issuer.id == owner
        and said.holder.id == mandate.issuer
        and (terms.mandate, terms.scheme, terms.versions) == (mandate.id, mandate.scheme, mandate.versions)
        and terms.max_level is mandate.max_level
        and said.valid_from <= mandate.since
        and (said.valid_until is None or (mandate.until is not None and mandate.until <= said.valid_until))
    )


def _sound(key: Key, known: KnownCertificate, trust: Trust) -> bool:
    """Whether it was signed while the key was its owner's alone. A place says nothing of which of several logs."""
    if key.compromised_since is None:
        return True
    if key.sound_below is None or known.log_index is None or len(trust.logs) != 1:
        return False
    return known.log_index < key.sound_below


@lru_cache(maxsize=_REMEMBERED)
def _read(vc_jwt: str) -> tuple[str | None, Stated | None]:
    try:
        opened = opened_full(vc_jwt)
    except MalformedJws:
        return None, None
    return opened.jws.kid, opened.stated


@lru_cache(maxsize=_REMEMBERED)
def _signed(vc_jwt: str, public_key: bytes) -> bool:
    return verify_jws(opened_full(vc_jwt).jws, public_key)
