"""All that stems from one cause suspended, ended or reinstated: looked at, asked for by one, decided by another.

What was asked for is the approval: its content names every certificate. Whoever carries it out, finds the certificates
anew; if they are not the same ones, it is refused.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime
from functools import cache
from typing import Annotated, Any, Self
from uuid import UUID

from pydantic import Field as InputField
from pydantic import model_validator

from levels.level import Level
from levels.rulebook import rulebook
from registry.errors import MalformedInput, NothingToChange, RequestOutdated, TooManyCertificates
from registry.issuing.changes.allowed import REASONS, Withdrawal, check_reason
from registry.issuing.changes.mass_selection import CHANGE_OF, MOST, Counts, MassVerb, Why, counts_of, left_out
from registry.records.actors.access import Actor
from registry.records.actors.approvals import (
    Approval,
    approval_by_id,
    canonical_json,
    digest_of,
    no_approval,
    request_approval,
    require_approval,
)
from registry.records.issued.certificates_by_cause import (
    Cause,
    Condition,
    Group,
    Standing,
    Stemming,
    changed_by,
    groups_of,
    issued_between,
    lock_numbered,
    numbered,
    of_organisation,
    standing_of,
    stemming_after,
    stems_from,
)
from registry.records.issued.many_events import append_events
from registry.records.parties.organisations import organisation_by_slug
from registry.records.sector.schemes import scheme_version
from registry.records.store.database import Database
from registry.records.strict_input import Line, NoNumber, Slug, StrictInput
from verification.certificate import day_at, display_number, parse_number

KIND = "mass_change"  # of approval
ACTION, DECIDE = "certificate.mass_change", "certificate.mass_change_approve"
_FIRST, _LAST = date(1970, 1, 2), date(9998, 12, 31)  # on both sides there is a day more, in every zone

Which = Annotated[str, InputField(min_length=1, max_length=100, pattern=r"^[A-Za-z0-9._@-]+$"), NoNumber]


class OfOneCause(StrictInput):
    """What is to be done to which certificates.

    which          id of the cause; a version of a scheme is named scheme@version
    issued_from, issued_until  only those issued on these days, both included, where the scheme keeps time
    organisation   in whose name; the registry's own, or that of whoever acts for one only, need not be named
    """

    cause: Cause
    which: Which
    issued_from: date | None = None
    issued_until: date | None = None
    change: MassVerb
    reason: str
    organisation: Slug | None = None
    note: Annotated[Line, NoNumber] | None = None

    @model_validator(mode="after")
    def _hangs_together(self) -> Self:
        first, last = self.issued_from, self.issued_until
        if any(day is not None and not _FIRST <= day <= _LAST for day in (first, last)):
            raise ValueError("the days must lie between 1970 and 9998")
        if first and last and last < first:
            raise ValueError(f"issued_until ({last}) lies before issued_from ({first})")
        if self.change == "reinstate":
            raise ValueError("change: what one decision suspended is reinstated by naming that decision")
        return self


class OfOneDecision(StrictInput):
    """What one decision suspended is to hold again, as far as nothing has happened to it since."""

    suspended_by: Annotated[str, InputField(pattern=r"^approval-[0-9a-f]{16}$")]
    reason: str
    note: Annotated[Line, NoNumber] | None = None


Asked = OfOneCause | OfOneDecision


@dataclass(frozen=True)
class Plan:
    """What would come of it.

    organisation  in whose name; None = the registry's own
    where         which certificates stem from the cause
    """

    asked: Asked
    organisation: str | None
    where: Sequence[Condition]
    counts: Counts
    terms: "_Terms"

    @property
    def verb(self) -> MassVerb:
        """What is to be done."""
        return "reinstate" if isinstance(self.asked, OfOneDecision) else self.asked.change

    @property
    def suspended_by(self) -> str | None:
        """The decision whose suspensions are to end."""
        return self.asked.suspended_by if isinstance(self.asked, OfOneDecision) else None

    def why_not(self, one: Group | Stemming) -> Why | None:
        """Why a certificate does not undergo the change; None if it does."""
        return left_out(one, self.verb, self.asked.reason, self.terms.of(one), self.suspended_by)


@dataclass(frozen=True)
class Carried:
    """What was carried out; before: by an earlier call, and nothing was done now."""

    approval: Approval
    content: Mapping[str, Any]
    before: bool

    @property
    def changed(self) -> int:
        """How many certificates."""
        return len(self.content["certificates"])


class _Terms:
    """What a level carries and a scheme foresees, each looked up once."""

    def __init__(self, db: Database) -> None:
        self._of = cache(
            lambda scheme, version, level, edition: (
                rulebook(edition).carries_end(Level(level)),
                scheme_version(db, scheme, version).document["withdrawal"],
            )
        )

    def of(self, one: Group | Stemming) -> tuple[bool, Withdrawal]:
        found: tuple[bool, Withdrawal] = self._of(one.scheme, one.version, one.level, one.edition)
        return found


def plan_mass_action(db: Database, asked: Asked, who: Actor) -> Plan:
    """What would come of it, for somebody who may ask for it or decide on it. Stores nothing.

    Raises UnknownReason, NotAllowed, MalformedInput where it is not clear in whose name, ApprovalNotFound, and what is
    raised where nothing has the id of the cause.
    """
    return _plan(db, asked, _in_whose_name(db, asked, who))


def planned_page(
    db: Database, plan: Plan, *, after: UUID | None = None, limit: int | None = None
) -> Sequence[tuple[Stemming, Why | None]]:
    """The certificates of a plan, the newest first, each with why it is left out if it is."""
    rows = stemming_after(db, plan.where, last=plan.suspended_by is not None, after=after, limit=limit)
    return [(row, plan.why_not(row)) for row in rows]


def ask_for_mass_action(db: Database, asked: Asked, *, actor: Actor, now: datetime) -> Approval:
    """Ask somebody else to decide on exactly these certificates.

    Raises what `plan_mass_action` raises, NothingToChange, TooManyCertificates, NotProven.
    """
    plan = plan_mass_action(db, asked, actor)
    actor.require(ACTION, plan.organisation)
    return request_approval(
        db,
        kind=KIND,
        subject=_subject(plan),
        organisation=plan.organisation,
        content=_content(db, plan),
        actor=actor,
        now=now,
    )


def carry_out(db: Database, public_id: str, *, actor: Actor, now: datetime) -> Carried:
    """Do what was approved, to all of them or to none. Once it is done, asking again does nothing.

    Raises ApprovalNotFound, NotAllowed, ApprovalNeeded, and RequestOutdated where the cause has other certificates by
    now, or some of them can no longer be changed so.
    """
    approval = mass_approval(db, public_id)
    if not actor.may(DECIDE, approval.organisation):
        actor.require(ACTION, approval.organisation)
    content = approval.content()
    numbers = [parse_number(number) for number in content["certificates"]]
    lock_numbered(db, numbers)
    if changed_by(db, public_id, numbers[0]):
        return Carried(approval, content, before=True)
    if approval.state != "approved":
        require_approval(db, kind=KIND, subject=approval.subject, content=content, now=now)
    plan = check_current(db, approval)
    require_approval(db, kind=KIND, subject=approval.subject, content=content, now=now)
    rows, change = standing_of(db, numbers), CHANGE_OF[plan.verb]
    append_events(
        db,
        rows,
        change,
        effective_from={row.id: _first_day(row, plan.verb, now) for row in rows},
        at=now,
        reason=plan.asked.reason,
        actor=actor.account,
        organisation=approval.organisation,
        approval=approval.public_id,
        note=plan.asked.note,
    )
    return Carried(approval, content, before=False)


def check_current(db: Database, approval: Approval) -> Plan:
    """That what would be done now is what was asked for; gives what that is. Raises RequestOutdated."""
    told = approval.content()
    plan = _plan(db, _asked_in(told), approval.organisation)
    try:
        current = _content(db, plan)
    except (NothingToChange, TooManyCertificates) as fault:
        raise RequestOutdated(f"{fault}; ask again") from fault
    if digest_of(current) != approval.digest:
        then, today = set(told["certificates"]), set(current["certificates"])  # type: ignore[call-overload]
        raise RequestOutdated(
            f"since {approval.public_id} was asked for, {len(today - then)} certificates have come and "
            f"{len(then - today)} are no longer to be changed; ask again"
        )
    return plan


def mass_approval(db: Database, public_id: str) -> Approval:
    """What was asked under that id. Raises ApprovalNotFound, also for what is about something else."""
    approval = approval_by_id(db, public_id)
    if approval.kind != KIND:
        raise no_approval(public_id)
    return approval


# ------------------------------------------------------------------ which certificates


def _plan(db: Database, asked: Asked, organisation: str | None) -> Plan:
    if isinstance(asked, OfOneDecision):
        check_reason("reinstated", asked.reason)
        suspended = mass_approval(db, asked.suspended_by).content()
        where = [numbered(db, [parse_number(number) for number in suspended["certificates"]])]
    else:
        check_reason(CHANGE_OF[asked.change], asked.reason)
        days = issued_between(db, asked.issued_from, asked.issued_until)
        scope = None if organisation is None else of_organisation(organisation)
        where = [
            stems_from(db, asked.cause, asked.which, organisation),
            *(each for each in (days, scope) if each is not None),
        ]
    groups = groups_of(db, where, last=isinstance(asked, OfOneDecision))
    empty = Plan(asked, organisation, where, Counts(0, {}, {}, {}, {}), _Terms(db))
    return replace(empty, counts=counts_of(groups, empty.why_not))


def _in_whose_name(db: Database, asked: Asked, who: Actor) -> str | None:
    """For which organisation somebody may look at it: asks for it, or decides on it. Raises NotAllowed."""
    if isinstance(asked, OfOneDecision):
        # What an organisation suspended, its people let go, and nobody else.
        organisation = mass_approval(db, asked.suspended_by).organisation
    elif asked.organisation is not None:
        organisation = organisation_by_slug(db, asked.organisation).slug
    else:
        organisation = _only_one(who)
    if not who.may(DECIDE, organisation):
        who.require(ACTION, organisation)
    return organisation


def _only_one(who: Actor) -> str | None:
    """The registry itself, for those who act for it; else the one organisation for which somebody asks, or decides."""
    if who.may(ACTION, None) or who.may(DECIDE, None):
        return None
    acts_for = sorted(who.organisations(ACTION) or who.organisations(DECIDE) or ())
    if len(acts_for) > 1:
        raise MalformedInput([("organisation", f"say in whose name: {', '.join(acts_for)}")])
    return acts_for[0] if acts_for else None


def _content(db: Database, plan: Plan) -> dict[str, object]:
    """What is approved: what is done, why, and every certificate that it is done to.

    Raises NothingToChange, TooManyCertificates.
    """
    if not plan.counts.to_change:
        others = ", ".join(f"{count} {why}" for why, count in plan.counts.left_out.items())
        whose = "" if plan.organisation is None else f" that {plan.organisation} issued or whose scheme it owns"
        raise NothingToChange(
            f"no certificate{whose} stems from it and can be changed so" + (f"; left out: {others}" if others else "")
        )
    if plan.counts.to_change > MOST:
        raise TooManyCertificates(
            f"{plan.counts.to_change} certificates stem from it, and {MOST} at most are changed at once; ask for the "
            "days one after another with issued_from and issued_until, or for one occasion or batch at a time"
        )
    rows = stemming_after(db, plan.where, last=plan.suspended_by is not None)
    return {
        **plan.asked.model_dump(mode="json", exclude_none=True),
        "change": plan.verb,
        "organisation": plan.organisation,
        "note": plan.asked.note,
        "issuers": plan.counts.by_issuer,
        "counts": plan.counts.by_level,
        "certificates": sorted(display_number(row.number) for row in rows if plan.why_not(row) is None),
    }


def _asked_in(content: Mapping[str, Any]) -> Asked:
    """What was asked, as the content of an approval has it."""
    shape: type[Asked] = OfOneDecision if "suspended_by" in content else OfOneCause
    given = {name: content[name] for name in shape.model_fields if name in content}
    return shape.model_validate_json(canonical_json(given))


def _subject(plan: Plan) -> str:
    """What is decided on, in few words: two requests with the same words are about the same thing."""
    if isinstance(plan.asked, OfOneDecision):
        return f"reinstate {plan.asked.suspended_by}"
    asked = plan.asked
    days = f" {asked.issued_from or ''}..{asked.issued_until or ''}" if asked.issued_from or asked.issued_until else ""
    whose = "" if plan.organisation is None else f" {plan.organisation}"
    return f"{asked.change} {asked.cause} {asked.which}{days}{whose}"


def _first_day(row: Standing, verb: MassVerb, now: datetime) -> date:
    # An annulled certificate was void from its first day; all other changes count from now.
    return row.valid_from if verb == "annul" else day_at(now, row.time_zone)


def reasons_of(verb: MassVerb) -> tuple[str, ...]:
    """The reasons there are for it."""
    return REASONS[CHANGE_OF[verb]]
