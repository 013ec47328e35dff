"""Whoever reviewed an application proposes what becomes of it, and somebody else decides on exactly that."""

from datetime import date, datetime
from typing import Annotated, Any, Final, Literal, Self

from pydantic import Field, model_validator

from levels.evidence import add_months
from registry.errors import AccreditationStep, PartInApplication, RequestOutdated
from registry.records.accreditation.applications import (
    Accreditation,
    accreditation_by_id,
    append_step,
    documents_of,
    require_state,
    steps_of,
)
from registry.records.actors.access import Actor
from registry.records.actors.accounts import memberships_of
from registry.records.actors.approvals import (
    Approval,
    approval_by_id,
    canonical_json,
    drop_pending,
    request_approval,
)
from registry.records.store.database import Database
from registry.records.strict_input import Line, StrictInput

KIND: Final = "accreditation"
REINSTATEMENT: Final = "accreditation_reinstatement"
LONGEST_MONTHS: Final = 60


class Proposal(StrictInput):
    """What a reviewer proposes, and why. To grant it takes a period and how often it is looked at again."""

    outcome: Literal["grant", "refuse"]
    reason: Line
    valid_from: date | None = None
    valid_until: date | None = None
    surveillance_months: Annotated[int, Field(ge=1, le=24)] | None = None

    @model_validator(mode="after")
    def _hangs_together(self) -> Self:
        given = (self.valid_from, self.valid_until, self.surveillance_months)
        if self.outcome == "refuse":
            if any(one is not None for one in given):
                raise ValueError("what is refused has no period")
            return self
        if self.valid_from is None or self.valid_until is None or self.surveillance_months is None:
            raise ValueError("to grant it takes valid_from, valid_until and surveillance_months")
        if not self.valid_from <= self.valid_until < add_months(self.valid_from, LONGEST_MONTHS):
            raise ValueError(f"valid_until must lie after valid_from, and within {LONGEST_MONTHS} months")
        return self


def content_of(db: Database, row: Accreditation, given: Proposal) -> dict[str, Any]:
    """What is decided on: the application as it is, all its documents, and what is proposed."""
    return {
        "accreditation": row.public_id,
        "body": row.body,
        "applicant": row.applicant,
        "standard": row.standard,
        "edition": row.edition,
        "scope": list(row.scope),
        "documents": [
            {"name": one.name, "reference": one.reference, "sha256": one.sha256} for one in documents_of(db, row)
        ],
        **given.model_dump(),
    }


def propose(db: Database, public_id: str, given: Proposal, actor: Actor, now: datetime) -> Approval:
    """Review an application and ask somebody else to decide.

    Raises AccreditationNotFound, AccreditationStep, PartInApplication, and what `request_approval` raises.
    """
    row = accreditation_by_id(db, public_id, lock=True)
    require_state(row, "applied", "proposed")
    check_apart(db, row, actor.account, now)
    if given.outcome == "grant" and not documents_of(db, row):
        raise AccreditationStep(f"nothing was handed in with {public_id} that it could be granted on")
    latest = add_months(now.date(), LONGEST_MONTHS)
    if given.valid_from is not None and given.valid_from > latest:
        raise AccreditationStep(f"the period would begin after {latest}; propose one that begins sooner")
    if given.valid_until is not None and given.valid_until < now.date():
        raise AccreditationStep(f"the period would have ended on {given.valid_until}; propose one that is not over")
    asked = request_approval(
        db,
        kind=KIND,
        subject=public_id,
        organisation=row.body,
        content=content_of(db, row, given),
        actor=actor,
        now=now,
    )
    append_step(db, row, "proposed", now, actor.account, reason=given.reason, about=asked.public_id)
    return asked


def give_up(db: Database, public_id: str, reason: str, now: datetime, actor: str) -> Accreditation:
    """Apply for it no longer: nobody has to decide on it any more. Raises AccreditationNotFound, AccreditationStep."""
    row = accreditation_by_id(db, public_id, lock=True)
    require_state(row, "applied", "proposed", "decided")
    drop_pending(db, kind=KIND, subject=public_id, account=actor, now=now)
    append_step(db, row, "given_up", now, actor, reason=reason)
    return row


def settle(db: Database, decided: Approval, account: str, now: datetime) -> None:
    """What a decision comes to. What is rejected goes back to whoever reviews it.

    Raises PartInApplication, RequestOutdated, AccreditationStep.
    """
    row = accreditation_by_id(db, decided.subject, lock=True)
    require_state(row, "proposed")
    told = decided.content()
    if decided.state == "rejected":
        append_step(db, row, "sent_back", now, account, reason=decided.reason, about=decided.public_id)
        return
    check_apart(db, row, account, now)
    if canonical_json(content_of(db, row, proposal_in(told))) != decided.content_json:
        raise RequestOutdated(f"{row.public_id} changed since; review it again")
    kind: Literal["decided", "refused"] = "decided" if told["outcome"] == "grant" else "refused"
    append_step(db, row, kind, now, account, reason=decided.reason or told["reason"], about=decided.public_id)


def proposal_in(content: dict[str, Any]) -> Proposal:
    """The proposal in what was decided on."""
    return Proposal.model_validate_json(canonical_json({name: content[name] for name in Proposal.model_fields}))


def approved_proposal(db: Database, row: Accreditation) -> Approval:
    """What was decided about it last."""
    last = next(event for event in reversed(steps_of(db, row)) if event.kind == "decided")
    return approval_by_id(db, str(last.about))


def check_apart(db: Database, row: Accreditation, account: str, now: datetime) -> None:
    """Whoever reviews or decides has no part in the application. Raises PartInApplication."""
    handed_in = {row.applied_by, *(document.added_by for document in documents_of(db, row))}
    theirs = any(
        one.organisation == row.applicant and (one.until is None or one.until > now)
        for one in memberships_of(db, account)
    )
    if account in handed_in or theirs:
        raise PartInApplication(
            f"{account} acts for {row.applicant} or handed in something of {row.public_id}; somebody else sees to it"
        )
