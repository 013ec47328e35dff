"""What is done to all certificates that stem from one cause: looked at, asked for, and carried out once approved."""

from typing import Annotated, Any

from fastapi import Path, Query
from pydantic import BaseModel, Field, WithJsonSchema

from levels.evidence import Day
from levels.level import Level
from registry.issuing.changes.allowed import FOR_CAUSE, REASONS
from registry.issuing.changes.mass_action import (
    ACTION,
    Asked,
    OfOneCause,
    OfOneDecision,
    Plan,
    ask_for_mass_action,
    carry_out,
    mass_approval,
    plan_mass_action,
    planned_page,
)
from registry.issuing.changes.mass_selection import MOST, MassVerb, Why
from registry.records.actors.access import Actor
from registry.records.actors.approvals import Approval, no_approval
from registry.records.issued.certificates import State
from registry.records.issued.certificates_by_cause import CAUSES, Cause
from registry.records.store.database import Database
from registry.records.strict_input import Line, parse
from registry.web.access import Acting
from registry.web.changes import Writing, api_router
from registry.web.dependencies import Now, Reading
from registry.web.paging import Paged
from registry.web.reads import Reads
from registry.web.request_body import Given, NoNationalNumber
from registry.web.routes.certificate_changes import Awaited
from registry.web.routes.certificates import A_NUMBER
from verification.certificate import display_number

router = api_router("/mass-changes", "certificates")

Note = Annotated[Line, NoNationalNumber]
MayAsk = Annotated[Actor, Acting(ACTION)]
MassChangeId = Annotated[
    str,
    Path(
        pattern=r"^approval-[0-9a-f]{16}$",
        description="Id of the request; /api/v1/approvals has the same.",
        examples=["approval-8c1d2e3f4a5b6c7d"],
    ),
]


def _one_of(words: tuple[str, ...], says: str) -> Any:  # noqa: ANN401 what Annotated takes
    return WithJsonSchema({"type": "string", "enum": list(words), "description": says})


class MassChange(OfOneCause):
    """What is to be done to all certificates of one cause. What is suspended is reinstated by that decision's id."""

    change: Annotated[MassVerb, _one_of(("suspend", "revoke", "annul"), "What is to be done.")]
    reason: Annotated[str, _one_of(FOR_CAUSE, "Why; to annul, error or fraud only.")]
    note: Note | None = None


class MassReinstatement(OfOneDecision):
    """All that one decision suspended is to hold again, but what anything has happened to since."""

    suspended_by: Annotated[str, Field(pattern=r"^approval-[0-9a-f]{16}$", examples=["approval-8c1d2e3f4a5b6c7d"])]
    reason: Annotated[str, _one_of(REASONS["reinstated"], "Why.")]
    note: Note | None = None


class MassCounts(BaseModel):
    """How many certificates would be changed, and how many not."""

    to_change: int = Field(description=f"How many would be changed; at once {MOST} at most.")
    by_state: dict[State, int] = Field(description="Of these, by what they are now.")
    by_issuer: dict[str, int]
    by_level: dict[Level, int]
    left_out: dict[Why, int] = Field(description="How many are left out, by why.")


class Affected(BaseModel):
    """One certificate that stems from the cause."""

    number: str = Field(examples=[A_NUMBER])
    holder: str = Field(description="The name on it.")
    scheme: str
    level: Level
    issuer: str
    state: State
    left_out: Why | None = Field(description="Why it would not be changed; null = it would.")


class MassPreview(BaseModel):
    """What would come of it, and one page of the certificates, the newest first."""

    change: MassVerb
    organisation: str | None = Field(description="In whose name; null = the registry's own.")
    counts: MassCounts
    items: list[Affected]


class MassChangeAsked(BaseModel):
    """What waits for the decision of a second person; it is about exactly the certificates there are now."""

    certificates: int = Field(description="How many certificates it is about.")
    approval: Awaited


class MassChangeDone(BaseModel):
    """What was carried out."""

    certificates: int = Field(description="How many certificates were changed.")
    change: MassVerb
    before: bool = Field(description="Whether it was carried out before, and nothing was done now.")


@router.get("/preview", operation_id="previewMassChange", summary="What would be changed")
def preview(
    db: Reading,
    who: Annotated[Actor, Acting()],
    page: Paged,
    reads: Reads,
    change: Annotated[MassVerb, Query(description="What is to be done.")],
    reason: Annotated[str, Query(max_length=32, description="Why; as when it is asked for.")],
    cause: Annotated[Cause | None, Query(description=f"What they stem from: {', '.join(CAUSES)}.")] = None,
    which: Annotated[str | None, Query(max_length=100, description="Its id; of a version, scheme@version.")] = None,
    issued_from: Annotated[Day | None, Query(description="Only those issued on that day or later.")] = None,
    issued_until: Annotated[Day | None, Query(description="Only those issued on that day or before.")] = None,
    organisation: Annotated[str | None, Query(max_length=32, description="In whose name; needed with several.")] = None,
    suspended_by: Annotated[
        str | None, Query(max_length=64, description="To reinstate: the decision that suspended them.")
    ] = None,
) -> MassPreview:
    """For those who may ask for it or decide on it: counts, and who would be affected. Nothing is stored but that."""
    given = {
        "cause": cause,
        "which": which,
        "issued_from": issued_from,
        "issued_until": issued_until,
        "organisation": organisation,
        "suspended_by": suspended_by,
        "change": None if change == "reinstate" else change,
        "reason": reason,
    }
    if suspended_by is not None:
        _there(db, suspended_by, who)
    shape: type[Asked] = OfOneDecision if change == "reinstate" else OfOneCause
    plan = plan_mass_action(db, parse({name: value for name, value in given.items() if value is not None}, shape), who)
    rows = page.of(
        planned_page(db, plan, after=page.after_id(), limit=page.limit + 1),
        lambda row: row[0].id,
    )
    reads.of("certificate", *(row.number for row, _ in rows), action=ACTION)
    return MassPreview(
        change=plan.verb,
        organisation=plan.organisation,
        counts=_counts(plan),
        items=[
            Affected.model_validate(row._asdict() | {"number": display_number(row.number), "left_out": why})
            for row, why in rows
        ],
    )


@router.post("", operation_id="askForMassChange", summary="Suspend, revoke or annul all of one cause", status_code=202)
def ask(given: Annotated[MassChange, Given(MassChange)], db: Writing, who: MayAsk, now: Now) -> MassChangeAsked:
    """Asks; somebody else decides at /api/v1/approvals, and then it is carried out here.

    For those that the organisation issued or whose scheme it owns; for the registry's operator, for all.
    """
    return _asked(ask_for_mass_action(db, OfOneCause.model_validate(given.model_dump()), actor=who, now=now))


@router.post(
    "/reinstatement",
    operation_id="askForMassReinstatement",
    summary="Let all of one decision hold again",
    status_code=202,
)
def ask_to_reinstate(
    given: Annotated[MassReinstatement, Given(MassReinstatement)], db: Writing, who: MayAsk, now: Now
) -> MassChangeAsked:
    """Asks for what one decision suspended, as far as it is still suspended by that. Somebody else decides."""
    _there(db, given.suspended_by, who)
    return _asked(ask_for_mass_action(db, OfOneDecision.model_validate(given.model_dump()), actor=who, now=now))


@router.post("/{approval}/execution", operation_id="carryOutMassChange", summary="Carry it out", status_code=200)
def execute(approval: MassChangeId, db: Writing, who: MayAsk, now: Now) -> MassChangeDone:
    """Once it is approved: to all of them or to none. Refused where the cause has other certificates by now."""
    _there(db, approval, who)
    done = carry_out(db, approval, actor=who, now=now)
    return MassChangeDone(certificates=done.changed, change=done.content["change"], before=done.before)


def _there(db: Database, said: str, who: Actor) -> None:
    """Raises ApprovalNotFound, also for whoever has no role where it was asked for."""
    if not who.knows(mass_approval(db, said).organisation):
        raise no_approval(said)


def _counts(plan: Plan) -> MassCounts:
    return MassCounts.model_validate(vars(plan.counts))


def _asked(approval: Approval) -> MassChangeAsked:
    return MassChangeAsked(
        certificates=len(approval.content()["certificates"]),
        approval=Awaited.model_validate({"id": approval.public_id, "state": approval.state, "digest": approval.digest}),
    )
