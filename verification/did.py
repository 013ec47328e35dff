"""The keys in public: did:web documents and JSON Web Key Sets, retired keys included."""

from collections.abc import Iterable
from datetime import datetime
from typing import Any

from verification.certificate import did_web
from verification.keys import public_jwk
from verification.trust import AttestationKey, Key


def did_document(public_url: str, organisation: str | None, keys: Iterable[Key | AttestationKey]) -> dict[str, Any]:
    """The did:web document of an organisation, or of the registry itself (None), retired keys included.

    A retired key still proves what it signed; one that is known to be compromised proves nothing to those who
    read no more than this document, so it is shown as revoked and no longer stands under `assertionMethod`.
    """
    did = did_web(public_url, organisation)
    methods: list[dict[str, Any]] = []
    sound: list[str] = []
    for key in keys:
        method: dict[str, Any] = {
            "id": f"{did}#{key.kid}",
            "type": "JsonWebKey",
            "controller": did,
            "publicKeyJwk": public_jwk(key.public_key, key.kid),
        }
        if key.retired_at is not None:
            method["expires"] = _stamp(key.retired_at)
        if key.compromised_since is not None:
            method["revoked"] = _stamp(key.compromised_since)
        else:
            sound.append(method["id"])
        methods.append(method)
    return {
        "@context": ["https://www.w3.org/ns/did/v1", "https://www.w3.org/ns/cid/v1"],
        "id": did,
        "verificationMethod": methods,
        "assertionMethod": sound,
    }


def jwks(public_url: str, organisation: str | None, keys: Iterable[Key | AttestationKey]) -> dict[str, Any]:
    """The same keys as a JSON Web Key Set (RFC 7517); `nbf`, `exp`, `revoked` as in OpenID Federation.

    Each is called what the header of a `vc+jwt` or a `statuslist+jwt` calls it, so that libraries find it by that.
    """
    did = did_web(public_url, organisation)
    entries: list[dict[str, Any]] = []
    for key in keys:
        jwk = public_jwk(key.public_key, f"{did}#{key.kid}")
        entry: dict[str, Any] = {**jwk, "nbf": int(key.not_before.timestamp())}
        if key.retired_at is not None:
            entry["exp"] = int(key.retired_at.timestamp())
        if key.compromised_since is not None:
            entry["revoked"] = {"revoked_at": int(key.compromised_since.timestamp())}
        entries.append(entry)
    return {"keys": entries}


def _stamp(moment: datetime) -> str:
    return moment.strftime("%Y-%m-%dT%H:%M:%SZ")
