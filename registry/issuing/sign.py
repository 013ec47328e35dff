"""What was decided to certificates: numbered, said, signed, and proved by the verifier that everybody uses.

Needs no database, so that any process can do it: all there is to know is handed over.
"""

import json
import secrets
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from levels.assess import Assessment
from registry.errors import OwnProofFailed
from registry.issuing.decide import Decided
from registry.issuing.prove import prove
from verification.certificate import NUMBER_BYTES, Certificate, StatusPlace, did_web, new_number
from verification.claims import to_claims
from verification.envelopes.cwt import MalformedCwt
from verification.envelopes.jws import MalformedJws, seal_jws
from verification.envelopes.signer import Signer
from verification.presented import CERTIFICATE_TYPE
from verification.trust import StatusEvent, Trust

Place = tuple[int, int]  # list and index in the status lists


@dataclass(frozen=True)
class Signers:
    """Who signs, and what the verifier believes while it proves.

    issuer       signs the full document
    attestation  signs the token of the QR code; here only to see that it can be proved
    trust        as it is now; events of certificates are added
    """

    organisation: str
    public_url: str
    trust: Trust
    issuer: Signer = field(repr=False)
    attestation: Signer = field(repr=False)


@dataclass(frozen=True)
class Signed:
    """A certificate said, signed and proved: the columns it is kept in, but for person, occasion and batch."""

    row: int
    number: str
    columns: Mapping[str, Any]


def sign(signers: Signers, decided: Sequence[tuple[Decided, Place]], now: datetime) -> list[Signed]:
    """Sign each at its place; proved against the trust as it will be once all of them are stored.

    Raises OwnProofFailed, which names the row.
    """
    stated = [(each, _numbered(each.draft, place, now)) for each, place in decided]
    will_be = (StatusEvent(kind="issued", effective_from=now),)
    trust = signers.trust.model_copy(update={"events": {certificate.number: will_be for _, certificate in stated}})
    return [_signed(signers, each, certificate, trust, now) for each, certificate in stated]


def _numbered(draft: Certificate, place: Place, now: datetime) -> Certificate:
    number = new_number(secrets.token_bytes(NUMBER_BYTES))
    status = StatusPlace(list=place[0], index=place[1])
    return draft.model_copy(update={"number": number, "status": status, "issued_at": now.replace(microsecond=0)})


def _signed(signers: Signers, decided: Decided, certificate: Certificate, trust: Trust, now: datetime) -> Signed:
    key = signers.issuer.key()
    did = did_web(signers.public_url, signers.organisation)
    row = decided.candidate.row.row
    try:
        claims = to_claims(certificate, did, signers.public_url)
        vc_jwt = seal_jws(claims, typ=CERTIFICATE_TYPE, kid=f"{did}#{key.kid}", sign=signers.issuer)
        prove(certificate, vc_jwt, signers.attestation, trust, now)
    except (OwnProofFailed, MalformedJws, MalformedCwt) as failed:
        raise OwnProofFailed(f"row {row}: {failed}; nothing of it was issued") from failed
    return Signed(row, certificate.number, columns(certificate, decided, vc_jwt, key.kid))


def columns(said: Certificate, decided: Decided, vc_jwt: str, kid: str) -> dict[str, Any]:
    """What is kept of it in columns of its own, and whole."""
    return {
        "number": said.number,
        "scheme": said.scheme,
        "scheme_version": said.scheme_version,
        "level": said.level.value,
        "edition": said.edition,
        "issuer": said.issuer.id,
        "kid": kid,
        "holder_name": said.holder_name,
        "vc_jwt": vc_jwt,
        "facts": said.model_dump_json(exclude_defaults=True),
        "evidence": decided.candidate.evidence.model_dump_json(exclude_defaults=True),
        "assessment": snapshot(decided.assessment),
        "status_list": said.status.list,
        "status_index": said.status.index,
        "issued_at": said.issued_at,
        "valid_from": said.valid_from,
        "valid_until": said.valid_until,
        "time_zone": said.time_zone,
        "corrects": said.corrects,
        "renews": said.renews,
    }


def snapshot(assessment: Assessment) -> str:
    """The assessment as it stood: rows by id (the edition has their sentences), and the paths of independence."""
    return json.dumps(
        {
            "attained": assessment.attained,
            "asked": assessment.asked,
            "ceiling": assessment.ceiling,
            "ceiling_by": assessment.ceiling_by,
            "edition": assessment.edition,
            "on": assessment.on.isoformat(),
            "party": assessment.party,
            "unmet": {level: [row.id for row in rows] for level, rows in assessment.unmet.items()},
            "satisfied": assessment.satisfied,
            "does_not_apply": assessment.exempt,
            "recommended_missed": [row.id for row in assessment.recommended_missed],
            "independence": [pair.as_json() for pair in assessment.independence],
        }
    )
