"""Extensions: a scheme's owner decides that certificates ending in some days may be relied on for longer.

What was signed stays as it was signed, and a verifier at a gate says so. The decision counts where its owner has a say
in what is accepted: in an employer's check, and for whether a renewal comes in time.
"""

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Annotated, Self
from uuid import UUID

from pydantic import Field as InputField
from pydantic import model_validator
from sqlalchemy import JSON, CheckConstraint, Column
from sqlmodel import Field, SQLModel, col, select

from levels.evidence import add_months
from registry.errors import ExtensionNotFound, ExtensionWithdrawn
from registry.records.sector.schemes import append_event, scheme_owner, scheme_version
from registry.records.store.database import Database, new_id
from registry.records.store.kept import never_changed, never_removed
from registry.records.strict_input import Line, Slug, StrictInput


@dataclass(frozen=True, slots=True)
class Extension:
    """One decision that stands.

    versions               None = all
    ends_from, ends_until  certificates whose last day, as signed, lies in these days, both included
    months, until          how much longer, or until which day for all of them; one of the two
    decision               how people find the decision again
    """

    scheme: str
    versions: Collection[str] | None
    ends_from: date
    ends_until: date
    months: int | None
    until: date | None
    decided_on: date
    decision: str

    def end_for(self, version: str, end: date) -> date | None:
        """The last day that it gives a certificate of that version; None where it is not meant."""
        if not self.ends_from <= end <= self.ends_until or (self.versions is not None and version not in self.versions):
            return None
        return add_months(end, self.months) if self.months is not None else self.until


def extended(extensions: Iterable[Extension], version: str, end: date | None) -> tuple[date | None, Extension | None]:
    """The last day as signed, or the latest that a decision gives, with that decision.

    extensions  of the certificate's scheme

    Each decision looks at the day that was signed, so their order does not matter; none ever shortens.
    """
    best: tuple[date | None, Extension | None] = (end, None)
    for each in extensions:
        later = None if end is None else each.end_for(version, end)
        if later is not None and best[0] is not None and later > best[0]:
            best = later, each
    return best


# --- on record ---------------------------------------------------------------------------------------------------


class SchemeExtension(SQLModel, table=True):
    """One decision as it was recorded. A mistake in it is withdrawn, and another decision recorded."""

    __tablename__ = "scheme_extension"
    __table_args__ = (
        CheckConstraint("(months IS NULL) <> (until IS NULL)", "extension_by_months_or_to_a_day"),
        CheckConstraint("ends_until >= ends_from", "extension_days_in_order"),
    )

    id: UUID = Field(primary_key=True, default_factory=new_id)
    public_id: str = Field(unique=True, index=True)
    scheme: str = Field(foreign_key="scheme.code", index=True)
    versions: list[str] | None = Field(default=None, sa_column=Column(JSON(none_as_null=True)))
    ends_from: date
    ends_until: date
    months: int | None = None
    until: date | None = None
    decided_on: date
    decision: str
    withdrawn_at: datetime | None = None
    recorded_at: datetime
    recorded_by: str

    def decided(self) -> Extension:
        """What it comes to."""
        return Extension(
            scheme=self.scheme,
            versions=None if self.versions is None else frozenset(self.versions),
            ends_from=self.ends_from,
            ends_until=self.ends_until,
            months=self.months,
            until=self.until,
            decided_on=self.decided_on,
            decision=self.decision,
        )


_KEPT = "a decision is never changed; it is withdrawn, and another recorded"
KEPT = (
    never_changed("scheme_extension_is_kept", "scheme_extension", _KEPT, but=("withdrawn_at",)),
    never_removed("scheme_extension_stays", "scheme_extension", _KEPT),
)


class ExtensionTerms(StrictInput):
    """What was decided about a scheme's certificates."""

    versions: Annotated[tuple[str, ...], InputField(min_length=1, max_length=100)] | None = None
    ends_from: date
    ends_until: date
    months: Annotated[int, InputField(ge=1, le=120)] | None = None
    until: date | None = None
    decided_on: date
    decision: Line

    @model_validator(mode="after")
    def _hangs_together(self) -> Self:
        if self.ends_until < self.ends_from:
            raise ValueError(f"ends_until ({self.ends_until}) lies before ends_from ({self.ends_from})")
        if (self.months is None) == (self.until is None):
            raise ValueError("needs either months or until")
        if self.until is not None and self.until <= self.ends_until:
            raise ValueError(f"until ({self.until}) lengthens nothing that ends on {self.ends_until}")
        return self


class NewExtension(ExtensionTerms):
    """The same, and about which scheme."""

    scheme: Slug


def extend_scheme(db: Database, new: NewExtension, now: datetime, actor: str) -> SchemeExtension:
    """Record that certificates are accepted for longer. Raises SchemeNotFound."""
    scheme_owner(db, new.scheme)
    covered = [scheme_version(db, new.scheme, version).version for version in new.versions or (None,)]
    identity = new_id()
    row = SchemeExtension(
        id=identity,
        public_id=f"extension-{identity.hex[-16:]}",
        scheme=new.scheme,
        versions=None if new.versions is None else covered,
        ends_from=new.ends_from,
        ends_until=new.ends_until,
        months=new.months,
        until=new.until,
        decided_on=new.decided_on,
        decision=new.decision,
        recorded_at=now,
        recorded_by=actor,
    )
    db.add(row)
    db.flush()
    append_event(
        db,
        new.scheme,
        covered[0],
        "extended",
        now=now,
        actor=actor,
        from_day=new.decided_on,
        reason=new.decision,
        content={"extension": row.public_id, **new.model_dump(mode="json")},
    )
    return row


def withdraw_extension(db: Database, public_id: str, *, reason: str, now: datetime, actor: str) -> SchemeExtension:
    """It should not have been recorded, or counts no more from now on. Raises ExtensionNotFound, ExtensionWithdrawn."""
    row = extension_by_id(db, public_id, lock=True)
    if row.withdrawn_at is not None:
        raise ExtensionWithdrawn(f"{public_id} was withdrawn on {row.withdrawn_at.date()}")
    row.withdrawn_at = now
    db.add(row)
    version = row.versions[0] if row.versions else scheme_version(db, row.scheme).version
    append_event(
        db,
        row.scheme,
        version,
        "extension_withdrawn",
        now=now,
        actor=actor,
        reason=reason,
        content={"extension": public_id},
    )
    return row


def extension_by_id(db: Database, public_id: str, *, lock: bool = False) -> SchemeExtension:
    """Raises ExtensionNotFound."""
    wanted = select(SchemeExtension).where(SchemeExtension.public_id == public_id)
    if lock:
        wanted = wanted.with_for_update().execution_options(populate_existing=True)
    row = db.exec(wanted).first()
    if row is None:
        raise ExtensionNotFound(f"no extension has the id {public_id!r}")
    return row


def extensions(db: Database, codes: Iterable[str] | None = None) -> Sequence[SchemeExtension]:
    """Those that stand, of all schemes or of these, by scheme and day of decision."""
    wanted = (
        select(SchemeExtension)
        .where(col(SchemeExtension.withdrawn_at).is_(None))
        .order_by(SchemeExtension.scheme, col(SchemeExtension.decided_on), col(SchemeExtension.id))
    )
    if codes is not None:
        wanted = wanted.where(col(SchemeExtension.scheme).in_(set(codes)))
    return db.exec(wanted).all()
