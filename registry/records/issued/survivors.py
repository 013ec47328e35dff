"""What a compromised key for codes may have signed truly: a few bytes for each certificate in the log by then."""

from collections.abc import Iterator, Sequence
from datetime import datetime

from sqlalchemy import JSON, Column, LargeBinary
from sqlmodel import Field, SQLModel, col, select

from registry.records.issued.certificates import CertificateEvent, IssuedCertificate
from registry.records.log.entries import LogEntry
from registry.records.parties.signing_keys import SigningKey
from registry.records.store.database import Database
from registry.records.store.kept import never_changed, never_removed


class SurvivingCodes(SQLModel, table=True):
    """As `verification.trust.Survivors` has them, worked out once: the key signs nothing more.

    spans    first and last of each run of places in the log
    digests  of the code at each of these places, one after the other
    """

    __tablename__ = "surviving_codes"

    kid: str = Field(primary_key=True, foreign_key="signing_key.kid")
    spans: list[list[int]] = Field(sa_column=Column(JSON, nullable=False))
    digests: bytes = Field(sa_column=Column(LargeBinary, nullable=False))
    made_at: datetime


KEPT = (
    never_changed("survivors_are_not_changed", "surviving_codes", "what survives a stolen key is never changed"),
    never_removed("survivors_are_not_removed", "surviving_codes", "what survives a stolen key is never removed"),
)


def surviving_codes(db: Database, kid: str) -> SurvivingCodes | None:
    """None where they were not worked out yet."""
    return db.get(SurvivingCodes, kid)


def keys_without_survivors(db: Database) -> Sequence[SigningKey]:
    """Compromised keys for codes of which nobody has worked out yet what survives them."""
    done = select(SurvivingCodes.kid)
    return db.exec(
        select(SigningKey).where(
            SigningKey.purpose == "attestation",
            col(SigningKey.compromised_since).is_not(None),
            col(SigningKey.kid).not_in(done),
        )
    ).all()


def keep_surviving(db: Database, found: SurvivingCodes) -> None:
    """Store them, unless somebody else has."""
    if surviving_codes(db, found.kid) is None:
        db.add(found)
        db.flush()


def facts_in_log(db: Database, epoch: int, below: int) -> Iterator[tuple[int, str]]:
    """Place in the log and facts of every certificate that stands there before that entry, by place."""
    wanted = (
        select(LogEntry.log_index, IssuedCertificate.facts)
        .join(CertificateEvent, col(CertificateEvent.id) == LogEntry.id)
        .join(IssuedCertificate, col(IssuedCertificate.id) == CertificateEvent.certificate_id)
        .where(CertificateEvent.place == 1, LogEntry.epoch == epoch, col(LogEntry.log_index) < below)
        .order_by(col(LogEntry.log_index))
    )
    for place, facts in db.exec(wanted, execution_options={"yield_per": 1000}):
        if place is not None:
            yield place, facts
