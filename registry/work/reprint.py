"""Whether papers that were printed would be printed alike today: else they are worth printing again."""

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Final
from uuid import UUID
from zipfile import BadZipFile, ZipFile

from registry.issuing.documents.many import file_of
from registry.issuing.documents.sheet import Page
from registry.records.issued.print_orders import PrintOrder
from registry.records.parties.designs import design_of
from registry.records.parties.signing_keys import keys_of
from registry.records.persons.people import all_records_of
from registry.records.persons.portraits import last_portrait_recorded, portrait_of
from registry.records.store.database import Database
from registry.records.whole.directory import Registry
from registry.work.printing import archive_of
from verification.certificate import display_number

_SIGNED_BY: Final = ("seal", "seal_root", "attestation")


def judge_of(  # noqa: PLR0913 all that a paper rests on
    registry: Registry, db: Database, *, numbers: Sequence[str], pictured: Sequence[str], issuer: str, page: Page
) -> Callable[[PrintOrder], bool]:
    """What tells of an order that is done whether it is still good.

    numbers   that would be printed now
    pictured  the people whose portraits would be
    """

    def still_good(order: PrintOrder) -> bool:
        return (
            order.ended_at is not None
            and _holds(archive_of(registry, order.public_id), order, numbers, page)
            and not _looks_otherwise(db, order, issuer, pictured)
            and _signed_by_keys_that_sign(db, order)
        )

    return still_good


def _holds(archive: Path, order: PrintOrder, numbers: Sequence[str], page: Page) -> bool:
    """Whether the files are there: of these numbers and of no other."""
    wanted = {
        file_of(Path(), number, page).name for number in numbers if display_number(number) not in order.unprintable
    }
    try:
        with ZipFile(archive) as packed:
            return set(packed.namelist()) == wanted
    except (OSError, BadZipFile):
        return False


def _looks_otherwise(db: Database, order: PrintOrder, issuer: str, pictured: Sequence[str]) -> bool:
    """Whether its issuer chose another look since, or somebody has another portrait."""
    design = design_of(db, issuer)
    if design is not None and design.recorded_at >= order.requested_at:
        return True
    last = last_portrait_recorded(db)
    if not pictured or last is None or last < order.requested_at:
        return False
    now = (portrait_of(db, all_records_of(db, UUID(person))) for person in pictured)
    return any(found is not None and found.recorded_at >= order.requested_at for found in now)


def _signed_by_keys_that_sign(db: Database, order: PrintOrder) -> bool:
    """Whether no key that the papers rest on was stolen or has ended since."""
    assert order.ended_at is not None  # noqa: S101 asked of those that are done
    then = [key for key in keys_of(db, None) if key.recorded_at <= order.ended_at]
    return all(
        any(key.compromised_since is None and key.retired_at is None for key in then if key.purpose == purpose)
        for purpose in {key.purpose for key in then}.intersection(_SIGNED_BY)
    )
