"""A second person decides: on what still is as it was asked for, and never on whom that person taught or examined."""

from datetime import datetime

from registry.issuing.changes import mass_action
from registry.issuing.decisions.approving import check_apart, check_current
from registry.issuing.decisions.four_eyes import KIND
from registry.records.accreditation import proposals
from registry.records.accreditation.applications import accreditation_by_id
from registry.records.actors.access import Actor
from registry.records.actors.approvals import Approval, decide
from registry.records.issued.batches import batch_by_id
from registry.records.sittings.occasions import occasion_of
from registry.records.store.database import Database


def decide_on(  # noqa: PLR0913 which, how, by whom, when, why
    db: Database,
    public_id: str,
    *,
    approve: bool,
    digest: str,
    actor: Actor,
    now: datetime,
    reason: str | None = None,
) -> Approval:
    """Approve or reject what somebody else asked for.

    Raises TookPart, PartInApplication, RequestOutdated and what else keeps certificates from being issued, and what
    `decide` raises.
    """
    decided = decide(db, public_id, approve=approve, digest=digest, actor=actor, now=now, reason=reason)
    if approve and decided.kind == KIND:
        # Last, since somebody without the role is not told who taught; a refusal undoes what was decided.
        check_apart(db, occasion_of(db, batch_by_id(db, decided.subject).occasion_id), actor.account)
        check_current(db, decided, now)
    if decided.kind == proposals.KIND:
        proposals.settle(db, decided, actor.account, now)
    if approve and decided.kind == proposals.REINSTATEMENT:
        proposals.check_apart(db, accreditation_by_id(db, decided.subject), actor.account, now)
    if approve and decided.kind == mass_action.KIND:
        mass_action.check_current(db, decided)
    return decided
