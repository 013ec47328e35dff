"""What one person asks for and another decides on."""

from datetime import datetime
from typing import Annotated, Any, Literal

from fastapi import Path, Query
from pydantic import BaseModel, Field, model_validator

from registry.issuing.changes.deciding import decide_on
from registry.records.actors.access import Actor, approval_kinds
from registry.records.actors.approvals import (
    Approval,
    ApprovalState,
    approval_by_id,
    approvals_seen_by,
    may_decide,
    may_see,
    no_approval,
    rejections_before,
    withdraw_request,
)
from registry.records.store.database import Database
from registry.records.strict_input import Line, StrictInput
from registry.web.access import Acting
from registry.web.changes import Writing, api_router
from registry.web.dependencies import Now, Reading
from registry.web.paging import Paged
from registry.web.reads import Reads
from registry.web.request_body import Given, NoNationalNumber

router = api_router("/approvals", "approvals")

ApprovalId = Annotated[
    str,
    Path(pattern=r"^approval-[0-9a-f]{16}$", description="Id of the request.", examples=["approval-8c1d2e3f4a5b6c7d"]),
]
State = Annotated[ApprovalState | None, Query(description="Only those in this state.")]


class ApprovalOut(BaseModel):
    """One thing that takes two people, and what became of it."""

    id: str = Field(examples=["approval-8c1d2e3f4a5b6c7d"])
    kind: str = Field(description="What kind of thing.", examples=["batch"])
    subject: str = Field(description="Which: the id of a batch, a scheme with its version, a number …")
    organisation: str | None = Field(description="Whose; null = the registry itself.", examples=["provhuset"])
    state: ApprovalState
    digest: str = Field(description="SHA-256 of the content as canonical JSON; a decision names it.")
    yours: bool = Field(description="Whether it waits for the decision of whoever asks.")
    requested_by: str
    requested_at: datetime
    decided_by: str | None
    decided_at: datetime | None
    reason: str | None
    withdrawn_by: str | None
    withdrawn_at: datetime | None


class Rejection(BaseModel):
    """That exactly the same was asked before, and rejected."""

    id: str = Field(description="Of that request.")
    decided_by: str | None
    decided_at: datetime | None
    reason: str | None


class ApprovalWithContent(ApprovalOut):
    """The same, with all of what is to be done."""

    rejected_before: list[Rejection] = Field(description="Where exactly the same was rejected, the newest first.")
    content: dict[str, Any] = Field(description="What is to be done; the digest is of exactly this.")


class ApprovalList(BaseModel):
    """One page of requests, the newest first."""

    items: list[ApprovalOut]


class ApprovalDecision(StrictInput):
    """A decision about exactly the content with that digest. What is rejected is rejected for a reason."""

    decision: Literal["approve", "reject"]
    digest: Annotated[str, Field(pattern=r"^[0-9a-f]{64}$")]
    reason: Annotated[Line, NoNationalNumber] | None = None

    @model_validator(mode="after")
    def _is_reasoned(self) -> "ApprovalDecision":
        if self.decision == "reject" and self.reason is None:
            raise ValueError("reason is missing; say why it is not approved")
        return self


@router.get("", operation_id="listApprovals", summary="What was asked for")
def list_approvals(db: Reading, who: Annotated[Actor, Acting()], page: Paged, state: State = None) -> ApprovalList:
    """One's own requests, and those of the organisations where one may ask, decide or read."""
    rows = approvals_seen_by(db, who, state=state, before=page.after_id(), limit=page.limit + 1)
    return ApprovalList(items=[_of(row, who) for row in page.of(rows, lambda row: row.id)])


@router.get("/{approval}", operation_id="getApproval", summary="One request, with all that is to be done")
def get_approval(
    approval: ApprovalId, db: Reading, who: Annotated[Actor, Acting()], reads: Reads
) -> ApprovalWithContent:
    """Whoever decides reads this, and names its digest."""
    row = _there(db, approval, who)
    if not may_see(who, row):
        who.require("approval.read", row.organisation)
    about = approval_kinds()[row.kind].about
    if about is not None:
        reads.of(about, *row.subject.split(), action="approval.read")
    before = [
        Rejection(id=one.public_id, decided_by=one.decided_by, decided_at=one.decided_at, reason=one.reason)
        for one in rejections_before(db, row)
    ]
    return ApprovalWithContent(content=row.content(), rejected_before=before, **_of(row, who).model_dump())


@router.post("/{approval}/decision", operation_id="decideApproval", summary="Approve or reject", status_code=200)
def decide_(
    approval: ApprovalId,
    given: Annotated[ApprovalDecision, Given(ApprovalDecision)],
    db: Writing,
    who: Annotated[Actor, Acting("approval.decide")],
    now: Now,
) -> ApprovalOut:
    """By somebody else than whoever asked, with the role that this kind of thing takes.

    Both people's roles are looked up at this moment, and once more when it is carried out.
    """
    _there(db, approval, who)
    row = decide_on(
        db,
        approval,
        approve=given.decision == "approve",
        digest=given.digest,
        actor=who,
        now=now,
        reason=given.reason,
    )
    return _of(row, who)


@router.post("/{approval}/withdrawal", operation_id="withdrawApproval", summary="Ask for it no longer", status_code=200)
def withdraw(approval: ApprovalId, db: Writing, who: Annotated[Actor, Acting()], now: Now) -> ApprovalOut:
    """By whoever asked, or somebody who might have."""
    _there(db, approval, who)
    return _of(withdraw_request(db, approval, actor=who, now=now), who)


def _there(db: Database, said: str, who: Actor) -> Approval:
    """The request of that id. Raises ApprovalNotFound, also for whoever has no role where it was made."""
    row = approval_by_id(db, said)
    if row.requested_by != who.account and not who.knows(row.organisation):
        raise no_approval(said)
    return row


def _of(row: Approval, who: Actor) -> ApprovalOut:
    shown = row.model_dump(include=set(ApprovalOut.model_fields))
    return ApprovalOut.model_validate(shown | {"id": row.public_id, "yours": may_decide(who, row)})
