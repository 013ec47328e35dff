"""Issued certificates: found, read, handed out. What changes one is in `certificate_changes`."""

from collections.abc import Sequence
from datetime import date, datetime
from typing import Annotated, Literal
from uuid import UUID

from fastapi import Path, Query, Response
from pydantic import BaseModel, Field

from levels.evidence import Day
from levels.level import Level
from registry.errors import CertificateNotFound, PersonNotFound
from registry.issuing.changes.withdraw import in_whose_name
from registry.issuing.documents.codes import qr_png, qr_svg, qr_text
from registry.records.actors.access import Actor
from registry.records.issued.batches import Batch, batch_by_id, no_batch
from registry.records.issued.certificate_pages import (
    Lineage,
    ShownState,
    Wanted,
    batch_named,
    certificate_page,
    lineage_of,
    shown_state,
    spoilt_since,
)
from registry.records.issued.certificates import (
    EventKind,
    IssuedCertificate,
    certificate_by_number,
    history,
    issued_event,
    no_certificate,
)
from registry.records.issued.person_organisations import who_knows
from registry.records.parties.organisations import organisation_by_slug
from registry.records.persons.people import NOT_FOUND, all_records_of, person_by_id
from registry.records.sector.schemes import scheme_owner
from registry.records.sittings.occasions import occasion_of
from registry.records.store.database import Database
from registry.signing.log.published import proof_of
from registry.web.access import Acting
from registry.web.changes import api_router
from registry.web.dependencies import Now, Reading, TheOffice
from registry.web.paging import Paged
from registry.web.reads import Read, Reads
from registry.web.routes.occasions import known_occasion
from registry.web.states import HAS_ETAG, tagged
from verification.certificate import Certificate, MalformedNumber, display_number, parse_number

router = api_router("/certificates", "certificates")

VC_JWT = "application/vc+jwt"
Number = Annotated[
    str,
    Path(
        pattern=r"^[0-9A-Za-z]{4}(?:-?[0-9A-Za-z]{4}){3}$",
        description="Number of the certificate, with dashes or without.",
        examples=["7Q4M-2XKD-9RTB-0HWC"],
    ),
]
MayRead = Annotated[Actor, Acting("certificate.read")]
A_NUMBER = "7Q4M-2XKD-9RTB-0HWC"


class CertificateSummary(BaseModel):
    """One certificate, in short."""

    number: str = Field(examples=[A_NUMBER])
    holder: str = Field(description="The name on it.")
    scheme: str = Field(examples=["hot-work"])
    scheme_version: str
    level: Level
    issuer: str = Field(description="Id of the organisation that issued it.", examples=["provhuset"])
    issued_at: datetime
    valid_from: date
    valid_until: date | None = Field(description="Its last day; null = no end.")
    state: ShownState = Field(description="What it is at this moment, where its scheme keeps time.")
    corrects: str | None = Field(description="Number of the one in whose place it came.")
    renews: str | None = Field(description="Number of the one that it follows on.")
    key_compromised_since: datetime | None = Field(
        description="Since when the key that signed it was stolen, if that was before: nobody can rely on it then."
    )


class CertificateList(BaseModel):
    """One page of certificates, the newest first."""

    items: list[CertificateSummary]


class CertificateOut(CertificateSummary):
    """One certificate, with all that it says."""

    person: UUID = Field(description="Id of whom it is about.")
    batch: str = Field(description="Id of the batch it was issued in, itself or the one that it corrects.")
    corrected_by: str | None = Field(description="Number of the one that came in its place since it had a fault.")
    renewed_by: list[str] = Field(description="Numbers of those that follow on it.")
    events: int = Field(ge=1, description="How many events its history has; it grows with every change.")
    says: Certificate = Field(description="What its issuer signed.")


class CertificateEventOut(BaseModel):
    """Something that happened to it."""

    place: int = Field(ge=1, description="1 for the first, without gaps.")
    kind: EventKind
    at: datetime
    effective_from: date
    reason: str | None = Field(examples=["misuse"])
    actor: str = Field(description="Account of whoever did it.")
    organisation: str | None = Field(description="In whose name; null = the registry's own.")
    approval: str | None = Field(description="Id of what the second person decided on, where it took two.")
    note: str | None
    successor: str | None = Field(description="Number of the certificate that came in its place.")


class CertificateHistory(BaseModel):
    """All that happened to one certificate, the first first."""

    items: list[CertificateEventOut]


@router.get("", operation_id="listCertificates", summary="Issued certificates")
def list_certificates(
    db: Reading,
    who: MayRead,
    now: Now,
    page: Paged,
    reads: Reads,
    occasion: Annotated[str | None, Query(max_length=64, description="Id of an occasion.")] = None,
    batch: Annotated[str | None, Query(max_length=64, description="Id of a batch.")] = None,
    person: Annotated[UUID | None, Query(description="Id of a person, under any of their records.")] = None,
    scheme: Annotated[str | None, Query(max_length=32, description="Code of a scheme.")] = None,
    issuer: Annotated[str | None, Query(max_length=32, description="Id of an organisation.")] = None,
    state: Annotated[ShownState | None, Query(description="What they are at this moment.")] = None,
    expiring_before: Annotated[
        Day | None, Query(description="Only those valid now whose last day lies before that day.")
    ] = None,
) -> CertificateList:
    """Those that organisations issued for which one may read, or under their schemes. The newest first."""
    wanted = Wanted(
        occasion=known_occasion(db, who, occasion).id if occasion else None,
        batch=_known_batch(db, who, batch).id if batch else None,
        people=_known_people(db, who, str(person), now) if person else None,
        scheme=scheme if scheme is None or scheme_owner(db, scheme) else None,
        issuer=organisation_by_slug(db, issuer).slug if issuer else None,
        state=state,
        expiring_before=expiring_before,
        organisations=who.organisations("certificate.read"),
    )
    rows = page.of(certificate_page(db, wanted, now, after=page.after_id(), limit=page.limit + 1), lambda row: row.id)
    reads.of("certificate", *(row.number for row in rows))
    spoilt = spoilt_since(db, rows)
    return CertificateList(items=[summary(row, now, spoilt.get(row.number)) for row in rows])


@router.get("/{number}", operation_id="getCertificate", summary="One certificate", openapi_extra=HAS_ETAG)
def get_certificate(
    number: Number, db: Reading, who: MayRead, now: Now, reads: Reads, response: Response
) -> CertificateOut:
    """All that it says, what it is now, and the certificates before and after it."""
    return tagged(response, whole(db, readable(db, number, who, reads), now))


@router.get("/{number}/history", operation_id="getCertificateHistory", summary="What happened to one")
def get_history(number: Number, db: Reading, who: MayRead, reads: Reads) -> CertificateHistory:
    """Every event, who did it, in whose name, why, and from when it counts."""
    row = readable(db, number, who, reads)
    return CertificateHistory(
        items=[
            CertificateEventOut.model_validate(event.model_dump() | {"successor": shown(event.successor)})
            for event in history(db, row)
        ]
    )


@router.get(
    "/{number}/document",
    operation_id="getCertificateDocument",
    summary="The signed document",
    response_class=Response,
    responses={200: {"description": "The document.", "content": {VC_JWT: {"schema": {"type": "string"}}}}},
)
def get_document(number: Number, db: Reading, who: MayRead, reads: Reads) -> Response:
    """As its issuer signed it: a W3C Verifiable Credential and Open Badge, as `vc+jwt`."""
    return Response(readable(db, number, who, reads).vc_jwt, media_type=VC_JWT)


@router.get(
    "/{number}/proof",
    operation_id="getCertificateProof",
    summary="The proof that it stands in the log",
    response_class=Response,
    responses={200: {"description": "The proof.", "content": {"text/plain": {"schema": {"type": "string"}}}}},
)
def get_proof(number: Number, db: Reading, office: TheOffice, who: MayRead, reads: Reads) -> Response:
    """As C2SP tlog-proof: its place in the log and the signed head above it; beside it the salt and the entry.

    A verifier takes it after the signed document and an empty line.
    """
    row = readable(db, number, who, reads)
    proof = proof_of(db, office.registry.head_file, issued_event(db, row))
    return Response(proof, media_type="text/plain; charset=utf-8")


@router.get(
    "/{number}/qr.{form}",
    operation_id="getCertificateCode",
    summary="Its QR code",
    response_class=Response,
    responses={
        200: {
            "description": "The code.",
            "content": {
                "image/svg+xml": {"schema": {"type": "string"}},
                "image/png": {"schema": {"type": "string", "contentMediaType": "image/png"}},
                "text/plain": {"schema": {"type": "string"}},
            },
        }
    },
)
def get_code(
    number: Number,
    form: Annotated[Literal["svg", "png", "txt"], Path(description="As an image, or the text in it.")],
    db: Reading,
    office: TheOffice,
    who: MayRead,
    now: Now,
    reads: Reads,
) -> Response:
    """The code that stands on paper; made on request, and good for as long as the registry's key for codes is."""
    row = readable(db, number, who, reads)
    text = qr_text(db, office.keyring, row, office.settings.public_url, now)
    if form == "txt":
        return Response(text, media_type="text/plain")
    if form == "svg":
        return Response(qr_svg(text), media_type="image/svg+xml")
    return Response(qr_png(text), media_type="image/png")


# ------------------------------------------------------------------ what both files of routes need


def number_of(text: str) -> str:
    """The number as it is kept. Raises CertificateNotFound for what can be none."""
    try:
        return parse_number(text)
    except MalformedNumber as fault:
        raise CertificateNotFound("no certificate here has such a number") from fault


def readable(db: Database, number: str, who: Actor, reads: Read) -> IssuedCertificate:
    """A certificate that somebody may read, and a line about it. Raises CertificateNotFound, NotAllowed."""
    row = certificate_by_number(db, number_of(number))
    check_known(db, who, row)
    in_whose_name(db, who, "certificate.read", row)
    reads.of("certificate", row.number, action="certificate.read")
    return row


def check_known(db: Database, who: Actor, row: IssuedCertificate) -> None:
    """Raises CertificateNotFound for whoever has no role at its issuer, nor at the owner of its scheme."""
    if not who.knows(row.issuer, scheme_owner(db, row.scheme)):
        raise no_certificate(row.number)


def _known_batch(db: Database, who: Actor, said: str) -> Batch:
    row = batch_by_id(db, said)
    if not who.knows(row.issuer, scheme_owner(db, occasion_of(db, row.occasion_id).scheme)):
        raise no_batch(said)
    return row


def _known_people(db: Database, who: Actor, said: str, now: datetime) -> Sequence[UUID]:
    """All records of a person of whom one may read, or may read a certificate. Raises PersonNotFound."""
    records = all_records_of(db, person_by_id(db, said).id)
    wanted = Wanted(people=records, organisations=who.organisations("certificate.read"))
    if not who.knows(*who_knows(db, records[0])) and not certificate_page(db, wanted, now, limit=1):
        raise PersonNotFound(NOT_FOUND)
    return records


def summary(row: IssuedCertificate, now: datetime, spoilt: datetime | None) -> CertificateSummary:
    """In short; spoilt: since when the key that signed it was stolen."""
    return CertificateSummary(
        number=display_number(row.number),
        holder=row.holder_name,
        scheme=row.scheme,
        scheme_version=row.scheme_version,
        level=Level(row.level),
        issuer=row.issuer,
        issued_at=row.issued_at,
        valid_from=row.valid_from,
        valid_until=row.valid_until,
        state=shown_state(row, now),
        corrects=shown(row.corrects),
        renews=shown(row.renews),
        key_compromised_since=spoilt,
    )


def whole(db: Database, row: IssuedCertificate, now: datetime) -> CertificateOut:
    """All of it, as it is now."""
    lineage: Lineage = lineage_of(db, row)
    return CertificateOut(
        **summary(row, now, spoilt_since(db, [row]).get(row.number)).model_dump(),
        person=row.person_id,
        batch=batch_named(db, row),
        corrected_by=shown(lineage.corrected_by),
        renewed_by=[display_number(each) for each in lineage.renewed_by],
        events=len(history(db, row)),
        says=row.certificate(),
    )


def shown(number: str | None) -> str | None:
    """A number as people read it."""
    return display_number(number) if number else None
