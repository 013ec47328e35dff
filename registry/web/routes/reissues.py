"""What a stolen key has spoilt, issued anew: looked at, asked for, and carried out once approved."""

from datetime import date, datetime
from typing import Annotated

from fastapi import Path
from pydantic import BaseModel, Field

from levels.level import Level
from registry.issuing.changes.reissue import (
    ACTION,
    Numbers,
    Reissue,
    Why,
    ask_to_reissue,
    carry_out_reissue,
    reissue_approval,
    spoilt_page,
)
from registry.records.actors.access import Actor
from registry.records.actors.approvals import no_approval
from registry.records.issued.certificates import State
from registry.records.parties.signing_keys import key_by_kid
from registry.records.strict_input import Line
from registry.web.access import Acting
from registry.web.changes import Writing, api_router
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


@router.post("/{approval}/execution", operation_id="carryOutReissue", summary="Carry it out", status_code=200)
def execute(approval: ReissueId, db: Writing, who: MayAsk, now: Now, office: TheOffice) -> ReissueDone:
    """Once it is approved: all of them or none. The former ones are superseded, and each names its successor."""
    if not who.knows(reissue_approval(db, approval).organisation):
        raise no_approval(approval)
    done = carry_out_reissue(db, office.keyring, office.settings.public_url, approval, actor=who, now=now)
    pairs = sorted((display_number(former), display_number(new)) for former, new in done.numbers.items())
    return ReissueDone(certificates=[Anew(former=former, number=new) for former, new in pairs], before=done.before)
