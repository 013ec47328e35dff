"""What a stolen key has spoilt, issued anew: looked at, asked for, and carried out once approved."""

from datetime import date, datetime
from typing import Annotated, Any, Final

from fastapi import Path, Response
from fastapi.responses import JSONResponse
from pydantic import BaseModel, Field

from levels.level import Level
from registry.errors import KeyHeldElsewhere
from registry.issuing.changes.reissue import (
    ACTION,
    Numbers,
    Reissue,
    Reissued,
    Why,
    ask_to_reissue,
    carry_out_reissue,
    reissue_approval,
    spoilt_page,
)
from registry.issuing.changes.reissue_elsewhere import keep_reissue, reissue_request, write_reissue
from registry.issuing.pressing.elsewhere import in_time
from registry.records.actors.access import Actor
from registry.records.actors.approvals import no_approval
from registry.records.issued.certificates import State
from registry.records.issued.reissues import reissue_to_sign
from registry.records.parties.signing_keys import key_by_kid
from registry.records.store.database import Database
from registry.records.strict_input import Line
from registry.signing.signing_request import Signed, SigningRequest
from registry.web.access import Acting
from registry.web.changes import Writing, api_router, max_body
from registry.web.dependencies import Now, Reading, TheOffice
from registry.web.paging import Paged
from registry.web.reads import Reads
from registry.web.request_body import Given, NoNationalNumber
from registry.web.routes.certificate_changes import Awaited
from registry.web.routes.certificates import A_NUMBER
from registry.web.routes.signing_keys import Kid
from verification.certificate import display_number

of_key = api_router("/signing-keys/{kid}/spoilt", "certificates")
router = api_router("/reissues", "certificates")

MayAsk = Annotated[Actor, Acting(ACTION)]
ReissueId = Annotated[
    str,
    Path(
        pattern=r"^approval-[0-9a-f]{16}$",
        description="Id of the request; /api/v1/approvals has the same.",
        examples=["approval-8c1d2e3f4a5b6c7d"],
    ),
]


class SpoiltOut(BaseModel):
    """One certificate that the key has spoilt."""

    number: str = Field(examples=[A_NUMBER])
    holder: str = Field(description="The name on it.")
    scheme: str
    level: Level
    state: State
    issued_at: datetime
    valid_until: date | None
    log_index: int = Field(description="Where it stands in the log.")
    left_out: Why | None = Field(description="Why it cannot be issued anew; null = it can.")


class SpoiltList(BaseModel):
    """What a stolen key has spoilt, as it was issued. Which of it is rightly earned, no key can tell."""

    items: list[SpoiltOut]


class ReissueAsked(BaseModel):
    """What waits for the decision of a second person; it is about exactly the certificates there are now."""

    certificates: int = Field(description="How many certificates it is about.")
    approval: Awaited


class NewReissue(Reissue):
    """What is to be issued anew with the issuer's new key, saying what the former certificates say."""

    certificates: Annotated[Numbers, Field(description="Only these numbers; none = all that can be.")] = ()
    left_out: Annotated[Numbers, Field(description="Not these: what the thief has issued.")] = ()
    note: Annotated[Line, NoNationalNumber] | None = None


class Anew(BaseModel):
    """A certificate and the one that came in its place."""

    former: str = Field(examples=[A_NUMBER])
    number: str = Field(examples=[A_NUMBER])


class ReissueDone(BaseModel):
    """What was carried out."""

    certificates: list[Anew]
    before: bool = Field(description="Whether it was carried out before, and nothing was done now.")


@of_key.get("", operation_id="listSpoilt", summary="What a stolen key has spoilt")
def spoilt(kid: Kid, db: Reading, who: MayAsk, page: Paged, reads: Reads, now: Now) -> SpoiltList:
    """For those who may ask for it to be issued anew: what it signed that did not stand in the log before the theft."""
    who.require(ACTION, key_by_kid(db, kid).organisation)
    rows = page.of(
        spoilt_page(db, kid, now, after=page.after_id(), limit=page.limit + 1),
        lambda row: row[0].id,
    )
    reads.of("certificate", *(row.number for row, _ in rows), action=ACTION)
    return SpoiltList(
        items=[
            SpoiltOut.model_validate(row._asdict() | {"number": display_number(row.number), "left_out": why})
            for row, why in rows
        ]
    )


@router.post("", operation_id="askToReissue", summary="Issue anew what a stolen key has spoilt", status_code=202)
def ask(given: Annotated[NewReissue, Given(NewReissue)], db: Writing, who: MayAsk, now: Now) -> ReissueAsked:
    """Asks; somebody else decides at /api/v1/approvals, and then it is carried out here."""
    who.require(ACTION, key_by_kid(db, given.key).organisation)
    approval = ask_to_reissue(db, Reissue.model_validate(given.model_dump()), actor=who, now=now)
    return ReissueAsked(
        certificates=len(approval.content()["certificates"]),
        approval=Awaited.model_validate({"id": approval.public_id, "state": approval.state, "digest": approval.digest}),
    )


class ReissueToBeSigned(BaseModel):
    """What was written and waits for signatures, since the issuer holds its key itself."""

    certificates: int = Field(description="How many; all of them are handed in at once.")
    kid: str = Field(description="The key that is to sign.")
    until: str = Field(description="Until when that is taken; then carry it out again, and it is written anew.")


_WAITING: Final[dict[int | str, dict[str, Any]]] = {
    202: {
        "model": ReissueToBeSigned,
        "description": "The issuer holds its key itself: fetch what it is to sign at to-sign, and hand the signatures "
        "in at signatures.",
    }
}
_MOST_BYTES: Final = 524_288  # of signatures: as many as are issued anew at once, each less than 200


@router.post(
    "/{approval}/execution",
    operation_id="carryOutReissue",
    summary="Carry it out",
    status_code=200,
    response_model=ReissueDone,
    responses=_WAITING,
)
def execute(approval: ReissueId, db: Writing, who: MayAsk, now: Now, office: TheOffice) -> ReissueDone | Response:
    """Once it is approved: all of them or none. The former ones are superseded, and each names its successor.

    Where the issuer holds its key itself it answers 202, and the new ones wait for signatures.
    """
    _check_known(db, approval, who)
    url = office.settings.public_url
    try:
        done = carry_out_reissue(db, office.keyring, url, approval, actor=who, now=now)
    except KeyHeldElsewhere:
        rows = write_reissue(db, office.keyring, url, approval, actor=who, now=now)
        waits = ReissueToBeSigned(certificates=len(rows), kid=rows[0].kid, until=in_time(rows[0].made_at))
        return JSONResponse(waits.model_dump(), status_code=202)
    return _done(done)


@router.get(
    "/{approval}/to-sign", operation_id="getReissueSigningRequest", summary="What the issuer's own key is to sign anew"
)
def to_sign(approval: ReissueId, db: Reading, who: MayAsk, office: TheOffice, reads: Reads) -> SigningRequest:
    """The exact bytes under each signature, for `bevis sign` on the issuer's own machine: all of them, as a request."""
    _check_known(db, approval, who)
    request = reissue_request(db, office.settings.public_url, approval, who)
    reads.of("certificate", *(row.corrects for row in reissue_to_sign(db, approval)), action=ACTION)
    return request


@router.post(
    "/{approval}/signatures",
    operation_id="handInReissue",
    summary="Hand its signatures in",
    status_code=200,
    openapi_extra=max_body(_MOST_BYTES),
)
def hand_in(
    approval: ReissueId,
    given: Annotated[Signed, Given(Signed)],
    db: Writing,
    who: MayAsk,
    now: Now,
    office: TheOffice,
) -> ReissueDone:
    """Then it is carried out: all of them or none. Twice is once."""
    _check_known(db, approval, who)
    url = office.settings.public_url
    return _done(keep_reissue(db, office.keyring, url, approval, given, actor=who, now=now))


def _check_known(db: Database, approval: str, who: Actor) -> None:
    """Raises ApprovalNotFound, also for what is nobody's business."""
    if not who.knows(reissue_approval(db, approval).organisation):
        raise no_approval(approval)


def _done(done: Reissued) -> ReissueDone:
    pairs = sorted((display_number(former), display_number(new)) for former, new in done.numbers.items())
    return ReissueDone(certificates=[Anew(former=former, number=new) for former, new in pairs], before=done.before)
