"""Four eyes: what one person asks for and another decides on, bound to the digest of what it is about.

The content is kept as it was asked for, so that whoever decides reads what is decided on. Whoever carries the thing
out says what it is about *now*: other content is not what was approved.
"""

import hashlib
import json
from collections.abc import Mapping, Sequence
from datetime import UTC, date, datetime
from enum import Enum
from typing import Any, Literal
from uuid import UUID

from sqlalchemy import CheckConstraint, ColumnElement, Text, and_, or_
from sqlalchemy.exc import IntegrityError
from sqlmodel import Field, SQLModel, col, select

from registry.errors import (
    AlreadyDecided,
    ApprovalNeeded,
    ApprovalNotFound,
    ApprovalPending,
    ContentChanged,
    MalformedInput,
    NotAllowed,
    NotProven,
    SamePerson,
)
from registry.records.actors.access import Actor, ApprovalRow, actions, approval_kinds
from registry.records.actors.accounts import account_by_slug, actor_named, memberships_of, told_apart
from registry.records.store.database import Database, new_id

ApprovalState = Literal["open", "approved", "rejected", "withdrawn"]


class Approval(SQLModel, table=True):
    """One thing that needs a second person, and what became of it.

    subject       what it is about, in the words of its kind: a batch's id, a certificate's number
    content_json  what is to be done, as canonical JSON
    digest        SHA-256 of that, in hexadecimal
    pending       kind and subject while it is open, so that no two are open about one thing
    *_key         public part of the key that proved who it was
    """

    __table_args__ = (
        CheckConstraint("decided_by IS NULL OR decided_by <> requested_by", "approval_takes_two"),
        CheckConstraint("(decided_by IS NULL) = (decided_at IS NULL)", "approval_decided_by_somebody"),
        CheckConstraint(
            "(state IN ('approved', 'rejected')) = (decided_by IS NOT NULL)", "approval_state_follows_decision"
        ),
    )

    id: UUID = Field(primary_key=True, default_factory=new_id)
    public_id: str = Field(unique=True, index=True)
    kind: str
    subject: str = Field(index=True)
    organisation: str | None = Field(default=None, foreign_key="organisation.slug", index=True)
    content_json: str = Field(sa_type=Text)
    digest: str = Field(index=True)
    state: str = "open"
    pending: str | None = Field(default=None, unique=True)
    requested_by: str = Field(foreign_key="account.slug", index=True)
    requested_at: datetime
    requested_key: str | None = None
    decided_by: str | None = Field(default=None, foreign_key="account.slug")
    decided_at: datetime | None = None
    decided_key: str | None = None
    reason: str | None = None
    withdrawn_by: str | None = None
    withdrawn_at: datetime | None = None

    def content(self) -> dict[str, Any]:
        """What is to be done."""
        told: dict[str, Any] = json.loads(self.content_json)
        return told


def canonical_json(content: Mapping[str, object]) -> str:
    """The one way to write it: names in order, no white space, days and moments as ISO 8601. No floats: they vary."""
    return json.dumps(_plain(content), sort_keys=True, separators=(",", ":"), ensure_ascii=False, allow_nan=False)


def digest_of(content: Mapping[str, object]) -> str:
    """SHA-256 of the canonical JSON, in hexadecimal."""
    return hashlib.sha256(canonical_json(content).encode()).hexdigest()


def request_approval(  # noqa: PLR0913 what, about what, whose, by whom, when
    db: Database,
    *,
    kind: str,
    subject: str,
    organisation: str | None,
    content: Mapping[str, object],
    actor: Actor,
    now: datetime,
) -> Approval:
    """Ask somebody else to decide on it.

    Asked again in the same words it is the same request; in others, it comes in the place of the one that is open.

    Raises NotProven, NotAllowed, ApprovalPending where two ask at the same moment.
    """
    row = approval_kinds()[kind]
    _proven(actor)
    _still_may(db, actor, row.request, organisation, now)
    written, pending = canonical_json(content), f"{kind} {subject}"
    digest = hashlib.sha256(written.encode()).hexdigest()
    open_one = db.exec(select(Approval).where(Approval.pending == pending).with_for_update()).first()
    if open_one is not None:
        if (open_one.digest, open_one.requested_by) == (digest, actor.account):
            return open_one
        _withdraw(db, open_one, now, actor.account)
    identity = new_id()
    approval = Approval(
        id=identity,
        public_id=f"approval-{identity.hex[-16:]}",
        kind=kind,
        subject=subject,
        organisation=organisation,
        content_json=written,
        digest=digest,
        pending=pending,
        requested_by=actor.account,
        requested_at=now,
        requested_key=actor.key,
    )
    try:
        with db.begin_nested():
            db.add(approval)
    except IntegrityError as fault:
        raise ApprovalPending(f"somebody else asked about {subject} at the same moment; look at it again") from fault
    return approval


def decide(  # noqa: PLR0913 which, how, of what content, by whom, when, why
    db: Database,
    public_id: str,
    *,
    approve: bool,
    digest: str,
    actor: Actor,
    now: datetime,
    reason: str | None = None,
) -> Approval:
    """Approve it or not; `digest` says which content was read. Both people must hold their roles at this moment.

    Raises ApprovalNotFound, NotProven, SamePerson, NotAllowed, AlreadyDecided, ContentChanged, and MalformedInput for a
    rejection without a reason.
    """
    approval = db.exec(select(Approval).where(Approval.public_id == public_id).with_for_update()).first()
    if approval is None:
        raise no_approval(public_id)
    row = approval_kinds()[approval.kind]
    _proven(actor)
    _two_people(db, approval.requested_by, actor.account)
    _still_may(db, actor, row.decide, approval.organisation, now)
    if approval.state != "open":
        raise AlreadyDecided(f"{public_id} is {approval.state} already")
    if digest != approval.digest:
        raise ContentChanged(f"what was read is not what {public_id} is about; read it again")
    if approve:
        _requester_still_may(db, approval, row, now)
    elif not reason:
        raise MalformedInput([("reason", "is missing; say why it is not approved")])
    approval.state, approval.pending = "approved" if approve else "rejected", None
    approval.decided_by, approval.decided_at, approval.decided_key = actor.account, now, actor.key
    approval.reason = reason
    db.add(approval)
    db.flush()
    return approval


def withdraw_request(db: Database, public_id: str, *, actor: Actor, now: datetime) -> Approval:
    """Ask for it no longer: whoever asked, or somebody who might have.

    Raises ApprovalNotFound, NotAllowed, AlreadyDecided.
    """
    approval = approval_by_id(db, public_id)
    if actor.account != approval.requested_by:
        actor.require(approval_kinds()[approval.kind].request, approval.organisation)
    drop_request(db, approval, actor=actor, now=now)
    return approval


def drop_pending(db: Database, *, kind: str, subject: str, account: str, now: datetime) -> None:
    """What waits for a decision about one thing, if anything does: nobody has to decide on it any more."""
    waiting = db.exec(select(Approval).where(Approval.pending == f"{kind} {subject}").with_for_update()).first()
    if waiting is not None:
        _withdraw(db, waiting, now, account)


def drop_request(db: Database, approval: Approval, *, actor: Actor, now: datetime) -> None:
    """Nobody has to decide on it any more, since what it was about is given up; who may do that is seen to elsewhere.

    Raises AlreadyDecided.
    """
    if approval.state != "open":
        raise AlreadyDecided(f"{approval.public_id} is {approval.state} already")
    _withdraw(db, approval, now, actor.account)


def approval_by_id(db: Database, public_id: str) -> Approval:
    """Raises ApprovalNotFound."""
    found = db.exec(select(Approval).where(Approval.public_id == public_id)).first()
    if found is None:
        raise no_approval(public_id)
    return found


def no_approval(public_id: str) -> ApprovalNotFound:
    """What is said of an id that no request has."""
    return ApprovalNotFound(f"nothing to approve has the id {public_id[:60]!r}")


def approvals(
    db: Database,
    *,
    state: ApprovalState | None = None,
    before: UUID | None = None,
    limit: int | None = None,
) -> Sequence[Approval]:
    """All, the newest first; before: only those asked for earlier than that one."""
    wanted = select(Approval).order_by(col(Approval.id).desc())
    if state is not None:
        wanted = wanted.where(Approval.state == state)
    if before is not None:
        wanted = wanted.where(col(Approval.id) < before)
    return db.exec(wanted if limit is None else wanted.limit(limit)).all()


def approvals_seen_by(
    db: Database, actor: Actor, *, state: ApprovalState | None, before: UUID | None, limit: int
) -> Sequence[Approval]:
    """What that person may see, the newest first: the own requests, and those of the organisations it acts in."""
    seen: list[ColumnElement[bool]] = [col(Approval.requested_by) == actor.account]
    for row in approval_kinds().values():
        for action in (row.request, row.decide, "approval.read"):
            where = actor.organisations(action)
            of_kind = col(Approval.kind) == row.kind
            if where is None:
                seen.append(of_kind)
            elif where:
                seen.append(and_(of_kind, col(Approval.organisation).in_(where)))
            if actor.may(action, None):
                seen.append(and_(of_kind, col(Approval.organisation).is_(None)))
    wanted = select(Approval).where(or_(*seen)).order_by(col(Approval.id).desc()).limit(limit)
    if state is not None:
        wanted = wanted.where(Approval.state == state)
    return db.exec(wanted if before is None else wanted.where(col(Approval.id) < before)).all()


def approvals_about(db: Database, kind: str, subject: str) -> Sequence[Approval]:
    """All that was ever asked about one thing, the newest first."""
    return db.exec(
        select(Approval).where(Approval.kind == kind, Approval.subject == subject).order_by(col(Approval.id).desc())
    ).all()


def rejections_before(db: Database, approval: Approval) -> Sequence[Approval]:
    """Where exactly the same was asked and rejected before, the newest first: whoever decides is to know."""
    return db.exec(
        select(Approval)
        .where(
            Approval.digest == approval.digest,
            Approval.kind == approval.kind,
            Approval.state == "rejected",
            Approval.id != approval.id,
        )
        .order_by(col(Approval.id).desc())
    ).all()


def approval_mismatches(db: Database) -> list[str]:
    """Ids of those whose digest is not that of their content: somebody changed the database."""
    rows = db.exec(select(Approval.public_id, Approval.digest, Approval.content_json)).all()
    return [which for which, digest, said in rows if hashlib.sha256(said.encode()).hexdigest() != digest]


def may_decide(actor: Actor, approval: Approval) -> bool:
    """Whether it waits for somebody with such a role, and that is not the one who asked."""
    return (
        approval.state == "open"
        and approval.requested_by != actor.account
        and actor.may(approval_kinds()[approval.kind].decide, approval.organisation)
    )


def may_see(actor: Actor, approval: Approval) -> bool:
    """Whether it is that person's to ask for, to decide on, or to read."""
    row = approval_kinds()[approval.kind]
    return approval.requested_by == actor.account or any(
        actor.may(action, approval.organisation) for action in (row.request, row.decide, "approval.read")
    )


def open_approvals_for(db: Database, actor: Actor) -> Sequence[Approval]:
    """What waits for that person's decision, the oldest first."""
    return [one for one in reversed(approvals(db, state="open")) if may_decide(actor, one)]


def approval_of(
    db: Database, *, kind: str, subject: str, content: Mapping[str, object], now: datetime | None = None
) -> Approval | None:
    """The positive decision about exactly this content, if both people still hold their roles; else None.

    now  without it, a role counts as ended as soon as its end is on record, even one that lies ahead
    """
    digest, row = digest_of(content), approval_kinds()[kind]
    decided = db.exec(
        select(Approval)
        .where(
            Approval.kind == kind,
            Approval.subject == subject,
            Approval.digest == digest,
            Approval.state == "approved",
        )
        .order_by(col(Approval.id).desc())
    )
    return next((one for one in decided if _both_hold(db, one, row, now)), None)


def require_approval(
    db: Database, *, kind: str, subject: str, content: Mapping[str, object], now: datetime | None = None
) -> Approval:
    """As `approval_of`. Raises ApprovalNeeded, which says why a decision that was made does not count."""
    found = approval_of(db, kind=kind, subject=subject, content=content, now=now)
    if found is not None:
        return found
    digest = digest_of(content)
    last = db.exec(
        select(Approval).where(Approval.kind == kind, Approval.subject == subject).order_by(col(Approval.id).desc())
    ).first()
    if last is None:
        why = "nobody was asked yet"
    elif last.state == "open":
        why = f"{last.public_id} waits for a decision"
    elif last.state != "approved":
        why = f"{last.public_id} was {last.state}"
    elif last.digest != digest:
        why = f"something changed since {last.public_id} was approved; ask again"
    else:
        why = f"{last.public_id} was approved, but one of the two no longer holds the role for it; ask again"
    raise ApprovalNeeded(f"{kind} {subject}: {why}")


# ------------------------------------------------------------------ who


def _proven(actor: Actor) -> None:
    if not actor.proven:
        raise NotProven(
            f"{actor.account} is only named; set BEVIS_KEY to the person's own key (`bevis key create` makes one)"
        )


def _two_people(db: Database, requester: str, approver: str) -> None:
    if requester == approver:
        raise SamePerson(f"{approver} asked for it, so somebody else decides")
    if not told_apart(account_by_slug(db, requester), account_by_slug(db, approver)):
        raise SamePerson(
            f"nothing on record tells {approver} from {requester}, who asked for it: the same name, and not two "
            "different birth dates or national numbers"
        )


def _still_may(db: Database, actor: Actor, action: str, organisation: str | None, now: datetime) -> None:
    """What the actor held when it came in, and holds still."""
    actor.require(action, organisation)
    if not _holds(db, actor.account, action, organisation, now):
        raise NotAllowed(actor.account, action, organisation, sorted(actions()[action].roles))


def _requester_still_may(db: Database, approval: Approval, row: ApprovalRow, now: datetime) -> None:
    if not _holds(db, approval.requested_by, row.request, approval.organisation, now):
        raise NotAllowed(
            approval.requested_by, row.request, approval.organisation, sorted(actions()[row.request].roles)
        )


def _both_hold(db: Database, approval: Approval, row: ApprovalRow, now: datetime | None) -> bool:
    people = ((approval.requested_by, row.request), (str(approval.decided_by), row.decide))
    return all(_holds(db, account, action, approval.organisation, now) for account, action in people)


def _holds(db: Database, slug: str, action: str, organisation: str | None, now: datetime | None) -> bool:
    account = account_by_slug(db, slug)
    if now is None:
        lasting = [one for one in memberships_of(db, slug) if one.until is None]
        grants = frozenset((one.organisation, one.role) for one in lasting)
        active = account.active_until is None
        return active and Actor(account=slug, grants=grants, proven=False).may(action, organisation)  # type: ignore[arg-type]
    return account.active_at(now) and actor_named(db, slug, now).may(action, organisation)


def _withdraw(db: Database, approval: Approval, now: datetime, account: str) -> None:
    approval.state, approval.pending = "withdrawn", None
    approval.withdrawn_by, approval.withdrawn_at = account, now
    db.add(approval)
    db.flush()


def _plain(value: object) -> object:
    """As JSON has it. What would be written in two ways is refused: that is a fault of ours."""
    told: object = value.value if isinstance(value, Enum) else value
    if isinstance(told, datetime):
        if told.utcoffset() is None:
            raise TypeError("a moment without a zone")
        told = told.astimezone(UTC).isoformat()
    elif isinstance(told, date):
        told = told.isoformat()
    elif isinstance(told, UUID):
        told = str(told)
    elif isinstance(told, Mapping) and all(isinstance(name, str) for name in told):
        told = {name: _plain(inner) for name, inner in told.items()}
    elif isinstance(told, (list, tuple)):
        told = [_plain(inner) for inner in told]
    elif told is not None and not isinstance(told, (str, bool, int)):
        raise TypeError(f"{type(told).__name__} has no one way to be written")
    return told
