"""Batches of issuers who hold their key themselves: what is to be signed is fetched, and its signatures handed in."""

from typing import Annotated, Final

from fastapi import Response
from pydantic import BaseModel, Field

from registry.errors import MalformedInput
from registry.issuing.batches.hand_in import MOST, keep_signed
from registry.issuing.batches.hand_out import signing_request_for
from registry.records.actors.access import Actor
from registry.records.issued.batches import BatchState
from registry.records.issued.to_sign import to_sign_in
from registry.signing.signing_request import Signed, SigningRequest
from registry.web.access import Acting
from registry.web.changes import Writing, api_router, max_body
from registry.web.dependencies import Now, Reading, TheOffice
from registry.web.paging import Paged
from registry.web.reads import Reads
from registry.web.request_body import Given
from registry.web.routes.batches import BatchId, after_row, batch_for

router = api_router("/batches", "batches")

_MOST_BYTES: Final = 262_144  # of signatures; each takes less than 200


class SignaturesKept(BaseModel):
    """What came of signatures."""

    state: BatchState = Field(description="Of the batch: done, once nothing is left.")
    kept: int = Field(description="Certificates issued now.")
    repeated: int = Field(description="Signatures that were handed in before; nothing is issued twice.")
    left: int = Field(description="How many still wait for theirs.")


@router.get(
    "/{batch}/to-sign",
    operation_id="getSigningRequest",
    summary="What the issuer's own key is to sign",
    response_model=SigningRequest,
    responses={204: {"description": "Nothing waits for a signature."}},
)
def to_sign(
    batch: BatchId,
    db: Reading,
    who: Annotated[Actor, Acting("batch.sign")],
    office: TheOffice,
    reads: Reads,
    page: Paged,
) -> SigningRequest | Response:
    """The exact bytes under each signature, for `bevis sign` on the issuer's own machine. A page is a whole request."""
    row = batch_for(db, who, "batch.sign", batch)
    reads.of("batch", row.public_id)
    after = after_row(page)
    shown = page.of(to_sign_in(db, row, after=after, limit=page.limit + 1), lambda one: one.row)
    asked = signing_request_for(db, office.registry.public_url, row, after=after, limit=len(shown)) if shown else None
    return Response(status_code=204) if asked is None else asked


@router.post(
    "/{batch}/signatures",
    operation_id="handInSignatures",
    summary="Hand signatures in",
    status_code=200,
    openapi_extra=max_body(_MOST_BYTES),
)
def hand_in(
    batch: BatchId,
    given: Annotated[Signed, Given(Signed)],
    db: Writing,
    who: Annotated[Actor, Acting("batch.sign")],
    office: TheOffice,
    now: Now,
) -> SignaturesKept:
    """All of them, or some; 250 at most at a time. What is wrong with one keeps all of them from being kept.

    Each is proved as whoever is shown the certificate would, on all that the batch rests on now; then it is issued.
    """
    row = batch_for(db, who, "batch.sign", batch)
    if len(given.signatures) > MOST:
        raise MalformedInput([("signatures", f"has more than {MOST}; hand them in in parts")])
    done = keep_signed(db, office.keyring, office.registry.public_url, batch, given, actor=who.account, now=now)
    return SignaturesKept(state=row.state, kept=done.kept, repeated=done.repeated, left=done.left)
