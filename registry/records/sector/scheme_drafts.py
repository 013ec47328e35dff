"""Drafts of schemes: written, confirmed, approved by somebody else where the level asks for it, and published.

Above level D a version takes two people: whoever approves it has written nothing of it. Up to D one is enough. A draft
that still says something which nobody has looked up or confirmed is neither approved nor published.
"""

from collections.abc import Sequence
from datetime import date, datetime
from typing import Any
from uuid import UUID

from sqlalchemy import JSON, Column, UniqueConstraint, and_, or_
from sqlmodel import Field, SQLModel, col, select

from levels.assess import check_tightening
from levels.level import Level
from levels.rulebook import edition_on
from levels.tightening import LooserThanEdition
from registry.errors import (
    ApprovalNeeded,
    ContentChanged,
    MalformedInput,
    SamePerson,
    SchemeDraftNotFound,
    SchemeExists,
    SchemeLooserThanEdition,
    SchemeNotFound,
    SchemeNotTheOwners,
    SchemeUnconfirmed,
    SourceNotFound,
)
from registry.records.actors.access import Actor
from registry.records.actors.accounts import account_named, told_apart
from registry.records.actors.approvals import (
    Approval,
    approval_of,
    approvals,
    decide,
    digest_of,
    request_approval,
    require_approval,
)
from registry.records.parties.organisations import organisation_by_slug
from registry.records.sector.scheme_document import FactSource, NewScheme, SourcedFact, edition_levels
from registry.records.sector.schemes import (
    SchemeEvent,
    SchemeRecord,
    SchemeVersion,
    append_event,
    keep_version,
    scheme_versions,
)
from registry.records.store.database import Database, new_id
from registry.records.strict_input import parse
from verification.certificate import day_at

KIND = "scheme"  # of what is approved
_WRITING = ("drafted", "amended", "confirmed")


class SchemeDraft(SQLModel, table=True):
    """A version that is being written. What it said at any time is in the events of the version."""

    __tablename__ = "scheme_draft"
    __table_args__ = (UniqueConstraint("code", "version"),)

    id: UUID = Field(primary_key=True, default_factory=new_id)
    code: str = Field(foreign_key="scheme.code", index=True)
    version: str
    owner: str = Field(foreign_key="organisation.slug", index=True)
    document: dict[str, Any] = Field(sa_column=Column(JSON, nullable=False))
    digest: str
    recorded_at: datetime
    recorded_by: str

    def new(self) -> NewScheme:
        """All that it says."""
        return parse(self.document, NewScheme)

    @property
    def subject(self) -> str:
        """What an approval of it is about."""
        return f"{self.code} {self.version}"

    def content(self) -> dict[str, object]:
        """What is approved."""
        return {"document": self.document}


def takes_two(new: NewScheme) -> bool:
    """Whether a second person has to approve it: above level D."""
    order = edition_levels(new.published_on)
    return order.index(new.max_level) < order.index(Level.D)


# --- writing -----------------------------------------------------------------------------------------------------


def draft_scheme(db: Database, new: NewScheme, now: datetime, actor: str, *, reason: str | None = None) -> SchemeDraft:
    """Write a version, or write it anew; the first one makes the scheme.

    Raises OrganisationNotFound, SchemeExists for a version that is published, SchemeNotTheOwners if another owns the
    code, and SchemeLooserThanEdition where it asks less than the edition in force now.
    """
    for slug in filter(None, (new.owner, new.item_bank_owner)):
        organisation_by_slug(db, slug)
    try:
        check_tightening(edition_on(now.date()), new.tightening)
    except LooserThanEdition as fault:
        raise SchemeLooserThanEdition(str(fault)) from fault
    _owned(db, new, now, actor)
    if any(each.version == new.version for each in scheme_versions(db, new.code)):
        raise SchemeExists(f"version {new.version} of {new.code} is published; a change is a new version")
    draft = _found(db, new.code, new.version, lock=True)
    kind = "drafted" if draft is None else "amended"
    if draft is None:
        draft = SchemeDraft(
            code=new.code,
            version=new.version,
            owner=new.owner,
            document={},
            digest="",
            recorded_at=now,
            recorded_by=actor,
        )
    _write(draft, new)
    db.add(draft)
    db.flush()
    append_event(
        db,
        new.code,
        new.version,
        kind,  # type: ignore[arg-type]
        now=now,
        actor=actor,
        reason=reason,
        digest=draft.digest,
        content=draft.document,
    )
    return draft


def confirm_fact(  # noqa: PLR0913 which fact of which draft, how it is known, when, by whom
    db: Database, code: str, version: str, fact: SourcedFact, *, evidence: str, now: datetime, actor: str
) -> SchemeDraft:
    """The scheme's owner has looked at what the draft says of a fact, and stands by it.

    evidence  where it is written, or who decided it

    Raises SchemeDraftNotFound, SourceNotFound where the draft gives no source for that fact.
    """
    draft = draft_of(db, code, version, lock=True)
    new = draft.new()
    if fact not in {each.fact for each in new.source}:
        known = ", ".join(each.fact for each in new.source) or "none"
        raise SourceNotFound(f"{code} {version} gives no source for {fact}; those it gives are for {known}")
    confirmed = FactSource(fact=fact, mark="confirmed", note=evidence, as_of=now.date())
    source = tuple(confirmed if each.fact == fact else each for each in new.source)
    _write(draft, new.model_copy(update={"source": source}))
    db.add(draft)
    db.flush()
    told = {"fact": fact, "document": draft.document}
    append_event(
        db, code, version, "confirmed", now=now, actor=actor, reason=evidence, digest=draft.digest, content=told
    )
    return draft


def discard_draft(  # noqa: PLR0913 which, why, when, by whom
    db: Database, code: str, version: str, *, reason: str, now: datetime, actor: str
) -> None:
    """Give a draft up. Raises SchemeDraftNotFound."""
    draft = draft_of(db, code, version, lock=True)
    append_event(db, code, version, "discarded", now=now, actor=actor, reason=reason, digest=draft.digest)
    db.delete(draft)
    db.flush()


# --- approving and publishing ------------------------------------------------------------------------------------


def submit_draft(db: Database, code: str, version: str, *, actor: Actor, now: datetime) -> Approval:
    """Ask somebody else to approve it.

    Raises SchemeDraftNotFound, SchemeUnconfirmed, and what `request_approval` raises.
    """
    draft = draft_of(db, code, version, lock=True)
    _confirmed(draft)
    approval = request_approval(
        db, kind=KIND, subject=draft.subject, organisation=draft.owner, content=draft.content(), actor=actor, now=now
    )
    append_event(db, code, version, "submitted", now=now, actor=actor.account, digest=draft.digest)
    return approval


def approve_draft(  # noqa: PLR0913 which, in which words, by whom, when
    db: Database, code: str, version: str, *, digest: str, actor: Actor, now: datetime
) -> SchemeDraft:
    """Approve what was read: `digest` says which words.

    Raises SchemeDraftNotFound, ContentChanged, SchemeUnconfirmed, NotAllowed, SamePerson where the one who approves
    wrote some of it, ApprovalNeeded where nobody asked for it, and what `decide` raises.
    """
    draft = draft_of(db, code, version, lock=True)
    actor.require("scheme.approve", draft.owner)
    if digest != draft.digest:
        raise ContentChanged(f"{code} {version} does not say what was read any more; read it again")
    _confirmed(draft)
    if takes_two(draft.new()):
        _wrote_nothing(db, draft, actor.account)
        asked = [one for one in approvals(db, state="open") if (one.kind, one.subject) == (KIND, draft.subject)]
        if not asked:
            raise ApprovalNeeded(
                f"nobody has asked for {code} {version} to be approved; whoever wrote it does: `bevis scheme submit "
                f"{code} --version {version}`"
            )
        decide(db, asked[0].public_id, approve=True, digest=digest, actor=actor, now=now)
    if not _approved(db, draft):
        append_event(db, code, version, "approved", now=now, actor=actor.account, digest=draft.digest)
    return draft


def publish_draft(  # noqa: PLR0913 which, from when, when, by whom
    db: Database, code: str, version: str, *, from_day: date | None, now: datetime, actor: str
) -> SchemeVersion:
    """From that day on, or from the day that the draft names, it may be issued under. It is never changed again.

    Raises SchemeDraftNotFound, SchemeUnconfirmed, ApprovalNeeded, SamePerson, SchemeLooserThanEdition, SchemeNotFound
    where it asks before itself for schemes of which none is published, and MalformedInput for a day that does not fit.
    """
    draft = draft_of(db, code, version, lock=True)
    new = draft.new()
    _confirmed(draft)
    if takes_two(new):
        approval = require_approval(db, kind=KIND, subject=draft.subject, content=draft.content(), now=now)
        _wrote_nothing(db, draft, str(approval.decided_by))
        if not _approved(db, draft):
            append_event(
                db,
                code,
                version,
                "approved",
                now=approval.decided_at or now,
                actor=str(approval.decided_by),
                digest=draft.digest,
            )
    published_on = _day_of(new, from_day, day_at(now, new.time_zone))
    _prerequisites_exist(db, new)
    db.delete(draft)
    db.flush()
    return keep_version(db, new, published_on, now, actor)


def add_scheme(db: Database, new: NewScheme, now: datetime, actor: str) -> SchemeVersion:
    """Write and publish a version in one step, as one person may up to level D.

    Raises what `draft_scheme` and `publish_draft` raise, among them ApprovalNeeded above D.
    """
    if takes_two(new):
        raise ApprovalNeeded(
            f"{new.code} goes up to {new.max_level}, and above D a scheme takes two people: `bevis scheme draft`, "
            "`submit` by whoever wrote it, `approve` by somebody else, `publish`"
        )
    draft_scheme(db, new, now, actor)
    return publish_draft(db, new.code, new.version, from_day=None, now=now, actor=actor)


# --- reading -----------------------------------------------------------------------------------------------------


def drafts(db: Database) -> Sequence[SchemeDraft]:
    """All drafts, by code and version."""
    return db.exec(select(SchemeDraft).order_by(SchemeDraft.code, SchemeDraft.version)).all()


def drafts_after(db: Database, owners: frozenset[str] | None, after: str | None, limit: int) -> Sequence[SchemeDraft]:
    """Drafts by code and version, from the one after `code version` on. owners: None = of all."""
    wanted = select(SchemeDraft).order_by(SchemeDraft.code, SchemeDraft.version).limit(limit)
    if owners is not None:
        wanted = wanted.where(col(SchemeDraft.owner).in_(owners))
    if after is not None:
        code, _, version = after.partition(" ")
        later = and_(col(SchemeDraft.code) == code, col(SchemeDraft.version) > version)
        wanted = wanted.where(or_(col(SchemeDraft.code) > code, later))
    return db.exec(wanted).all()


def has_draft(db: Database, code: str, version: str | None = None) -> bool:
    """Whether that version, or any, is being written."""
    wanted = select(SchemeDraft).where(SchemeDraft.code == code)
    return db.exec(wanted if version is None else wanted.where(SchemeDraft.version == version)).first() is not None


def draft_of(db: Database, code: str, version: str, *, lock: bool = False) -> SchemeDraft:
    """The draft of that version. Raises SchemeDraftNotFound.

    lock  nobody else writes it before the transaction ends
    """
    found = _found(db, code, version, lock=lock)
    if found is None:
        raise SchemeDraftNotFound(f"there is no draft of version {version} of {code!r}; `bevis scheme list` lists them")
    return found


def draft_is_approved(db: Database, draft: SchemeDraft, now: datetime) -> bool:
    """Whether it may be published as it is now."""
    if not takes_two(draft.new()):
        return _approved(db, draft)
    return approval_of(db, kind=KIND, subject=draft.subject, content=draft.content(), now=now) is not None


def _found(db: Database, code: str, version: str, *, lock: bool) -> SchemeDraft | None:
    wanted = select(SchemeDraft).where(SchemeDraft.code == code, SchemeDraft.version == version)
    if lock:
        wanted = wanted.with_for_update().execution_options(populate_existing=True)
    return db.exec(wanted).first()


def _write(draft: SchemeDraft, new: NewScheme) -> None:
    draft.document = new.model_dump(mode="json")
    draft.digest = digest_of(draft.content())


def _owned(db: Database, new: NewScheme, now: datetime, actor: str) -> None:
    """The code is the owner's from the first draft on, for as long as there is a draft or a version."""
    scheme = db.get(SchemeRecord, new.code)
    if scheme is None:
        db.add(SchemeRecord(code=new.code, owner=new.owner, recorded_at=now, recorded_by=actor))
        db.flush()
    elif scheme.owner != new.owner:
        drafted = db.exec(select(SchemeDraft).where(SchemeDraft.code == new.code)).first()
        if drafted is not None or scheme_versions(db, new.code):
            raise SchemeNotTheOwners(f"{new.code} belongs to {scheme.owner}; {new.owner} must choose another code")
        scheme.owner = new.owner
        db.add(scheme)
        db.flush()


def _confirmed(draft: SchemeDraft) -> None:
    unsure = draft.new().unconfirmed
    if unsure:
        told = "; ".join(f"{each.fact} ({each.mark}: {each.note})" for each in unsure)
        raise SchemeUnconfirmed(
            f"{draft.code} {draft.version} says what nobody has confirmed: {told}. Look each one up, correct it in the "
            f"draft, and `bevis scheme confirm {draft.code} --version {draft.version} FACT --evidence ...`"
        )


def _events_of_draft(db: Database, draft: SchemeDraft) -> list[SchemeEvent]:
    """What happened to the draft since it was begun: one that was given up before is another."""
    events = db.exec(
        select(SchemeEvent)
        .where(SchemeEvent.code == draft.code, SchemeEvent.version == draft.version)
        .order_by(col(SchemeEvent.place))
    ).all()
    begun = max(place for place, event in enumerate(events) if event.kind == "drafted")
    return list(events[begun:])


def _approved(db: Database, draft: SchemeDraft) -> bool:
    return any(each.kind == "approved" and each.digest == draft.digest for each in _events_of_draft(db, draft))


def _wrote_nothing(db: Database, draft: SchemeDraft, approver: str) -> None:
    """Raises SamePerson."""
    judge = account_named(db, approver)
    for account in sorted({each.actor for each in _events_of_draft(db, draft) if each.kind in _WRITING}):
        author = account_named(db, account)
        if account == approver or (author is not None and judge is not None and not told_apart(author, judge)):
            raise SamePerson(f"{account} wrote {draft.code} {draft.version}, so somebody else approves it")


def _day_of(new: NewScheme, from_day: date | None, today: date) -> date:
    """The first day of a version. Raises MalformedInput."""
    if new.published_on is not None:
        if from_day not in {None, new.published_on}:
            raise MalformedInput(
                [("published_on", f"is {new.published_on} in what was approved; amend the draft for another day")]
            )
        return new.published_on
    if from_day is not None and from_day < today:
        says = (
            f"{from_day} has passed; a day in the past must stand in the draft (published_on), so that it is approved"
        )
        raise MalformedInput([("published_on", says)])
    return from_day or today


def _prerequisites_exist(db: Database, new: NewScheme) -> None:
    for wanted in new.prerequisite:
        if not any(scheme_versions(db, code) for code in wanted.any_of):
            raise SchemeNotFound(
                f"{new.code} asks before itself for {' or '.join(wanted.any_of)}, and none of them is published here"
            )
