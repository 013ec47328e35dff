"""Certificates made of drafts: numbered, said, signed, and proved by the verifier that everybody uses. Pure.

Needs no records, so that any process can do it: all there is to know is handed over. Many certificates of a list say
the same of everything but their holder, so a draft is handed over once, and for each holder no more than a line.
"""

import secrets
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from typing import Any, NamedTuple

import orjson
from pydantic import ValidationError

from registry.errors import OwnProofFailed
from registry.issuing.pressing.prove import Nobody, Proof
from verification.certificate import NUMBER_BYTES, Certificate, StatusPlace, did_web, new_number
from verification.claims import claims_like, to_claims
from verification.envelopes.cwt import MalformedCwt
from verification.envelopes.jws import MalformedJws, signed_jws
from verification.envelopes.signer import Signer
from verification.presented import CERTIFICATE_TYPE
from verification.trust import StatusEvent, Trust

# What is one holder's own; all else is said of everybody with the same draft.
_OWN = {"number", "holder_name", "birth_date", "birth_year", "issued_at", "renews", "status"}
_States = tuple[bool, bool, bool]  # whether birth date, birth year and what it renews are stated


@dataclass(frozen=True)
class Signers:
    """Who signs, and what the verifier believes while it proves.

    issuer       signs the full document; `Nobody` where that is done elsewhere, later
    attestation  signs the tokens of QR codes when they are shown; here only to see that it does
    trust        as it is now; events of certificates are added
    """

    organisation: str
    public_url: str
    trust: Trust
    issuer: Signer = field(repr=False)
    attestation: Signer = field(repr=False)


class Line(NamedTuple):
    """What is one holder's own on a certificate.

    row    of the list
    draft  which draft says the rest
    place  list and index in the status lists
    renews number of the certificate that it renews
    """

    row: int
    draft: int
    name: str
    born: date | None
    place: tuple[int, int]
    renews: str | None


class Job(NamedTuple):
    """Lines to press; drafts: at least those that they refer to, by number."""

    signers: Signers
    drafts: Mapping[int, Certificate]
    lines: Sequence[Line]
    now: datetime


class Pressed(NamedTuple):
    """A certificate said, signed and proved; facts: `Certificate` as JSON."""

    row: int
    number: str
    place: tuple[int, int]
    vc_jwt: str
    facts: str


class Press:
    """Makes certificates for one issuer."""

    def __init__(self, signers: Signers) -> None:
        self._signers = signers
        self._did = did_web(signers.public_url, signers.organisation)
        self._kid = f"{self._did}#{signers.issuer.key().kid}"
        self._drafts: dict[int, Certificate] = {}
        self._rest: dict[int, dict[str, Any]] = {}  # what each says of everybody, as JSON has it
        self._like: dict[int, dict[_States, dict[str, Any]]] = {}  # claims of one that states as much

    def learn(self, drafts: Mapping[int, Certificate], *, anew: bool = False) -> None:
        """What the drafts of lines to come say; anew: all that was told before is forgotten."""
        if anew:
            self._drafts, self._rest, self._like = {}, {}, {}
        for number, draft in drafts.items():
            self._drafts[number], self._like[number] = draft, {}
            self._rest[number] = draft.model_dump(mode="json", exclude=_OWN, exclude_defaults=True)

    def press(self, lines: Iterable[Line], now: datetime) -> list[Pressed]:
        """Make them. Each is proved against the trust as it will be once all of them are stored.

        The key that signs codes when they are shown is tried with the first.

        Raises OwnProofFailed, which names the row.
        """
        stated = [(line, self.said(line, now)) for line in lines]
        will_be = (StatusEvent(kind="issued", effective_from=now),)
        events = {certificate.number: will_be for _, certificate in stated}
        trust = _believed_at(self._signers.trust, now).model_copy(update={"events": events})
        elsewhere = isinstance(self._signers.issuer, Nobody)
        proof = Proof(self._signers.attestation, trust, now, signed=not elsewhere)
        return [self._pressed(line, certificate, proof) for line, certificate in stated]

    def said(self, line: Line, now: datetime) -> Certificate:
        """The whole certificate of one line. Raises OwnProofFailed, which names the row."""
        draft, born = self._drafts[line.draft], line.born
        try:
            return Certificate(
                **{
                    **draft.__dict__,
                    "number": new_number(secrets.token_bytes(NUMBER_BYTES)),
                    "holder_name": line.name,
                    "birth_date": born if draft.birth_in_code == "date" else None,
                    "birth_year": born.year if born is not None and draft.birth_in_code == "year" else None,
                    "status": StatusPlace(list=line.place[0], index=line.place[1]),
                    "issued_at": now.replace(microsecond=0),
                    "renews": line.renews,
                }
            )
        except ValidationError as fault:
            raise OwnProofFailed(f"row {line.row}: {fault.errors(include_input=False)[0]['msg']}") from fault

    def _pressed(self, line: Line, certificate: Certificate, proof: Proof) -> Pressed:
        states = certificate.birth_date is not None, certificate.birth_year is not None, certificate.renews is not None
        try:
            claims = self._claims(line.draft, certificate, states)
            vc_jwt = signed_jws(claims, typ=CERTIFICATE_TYPE, kid=self._kid, sign=self._signers.issuer)
            proof.prove(certificate, claims, vc_jwt, (line.draft, states))
        except (OwnProofFailed, MalformedJws, MalformedCwt) as failed:
            raise OwnProofFailed(f"row {line.row}: {failed}; nothing of it was issued") from failed
        facts = orjson.dumps({**self._rest[line.draft], **_own(certificate)}, option=orjson.OPT_UTC_Z).decode()
        return Pressed(line.row, certificate.number, line.place, vc_jwt, facts)

    def _claims(self, draft: int, said: Certificate, states: _States) -> dict[str, Any]:
        """What it says as a credential: all that was said before, with the same draft, is not written again."""
        url, known = self._signers.public_url, self._like[draft]
        like = known.get(states)
        if like is None:
            like = known[states] = to_claims(said, self._did, url)
            return like
        return claims_like(like, said, url)


def _own(said: Certificate) -> dict[str, Any]:
    """The facts of `_OWN` that are stated, as pydantic would write them."""
    own: dict[str, Any] = {
        "number": said.number,
        "holder_name": said.holder_name,
        "birth_date": said.birth_date,
        "birth_year": said.birth_year,
        "issued_at": said.issued_at,
        "renews": said.renews,
        "status": {"list": said.status.list, "index": said.status.index},
    }
    return {name: value for name, value in own.items() if value is not None}


def _believed_at(trust: Trust, now: datetime) -> Trust:
    """What is on record, known as of now: whoever presses has seen to it that nothing of it has changed."""
    later = now - trust.as_of
    if later <= timedelta():
        return trust
    lists = {
        number: known.model_copy(
            update={"issued_at": now, "expires_at": None if known.expires_at is None else known.expires_at + later}
        )
        for number, known in trust.status_lists.items()
    }
    return trust.model_copy(update={"as_of": now, "status_lists": lists})


def in_parts(lines: Sequence[Line], most: int) -> list[Sequence[Line]]:
    """Lines in parts of that many at most."""
    return [lines[start : start + most] for start in range(0, len(lines), most)]
