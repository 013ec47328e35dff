"""The papers of a whole batch, one file each in a directory: as many at a time as somebody has patience for.

A file is there when it is whole. Whoever is interrupted goes on by asking again: what is there is not made anew.
"""

import os
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from types import MappingProxyType
from typing import Final
from uuid import UUID
from zipfile import ZIP_STORED, ZipFile, ZipInfo

from registry.errors import Unprintable
from registry.issuing.documents.paper import sealed_pdf, to_print, wants_portrait
from registry.issuing.documents.sheet import Page
from registry.records.issued.certificate_pages import Wanted, all_pages
from registry.records.issued.certificates import certificate_by_number
from registry.records.store.database import Database
from registry.records.whole.directory import Registry
from registry.signing.keys import Keyring
from registry.signing.personal_data import PersonalData
from registry.signing.seal.chain import chain_of
from verification.certificate import display_number

AT_ONCE: Final = 8  # read in one snapshot


@dataclass(frozen=True)
class Order:
    """Which papers, how, and for whom.

    public_url  what stands in the codes
    time        the address of whoever vouches for the moment; None = nobody
    """

    numbers: Sequence[str]
    page: Page
    lang: str
    actor: str
    public_url: str
    time: str | None = None


@dataclass
class Progress:
    """How far it has come. unprintable: numbers, and why each has no paper."""

    of: int
    done: int = 0
    made: int = 0
    unprintable: dict[str, str] = field(default_factory=dict)


def numbers_in(db: Database, batch: UUID, now: datetime) -> tuple[list[str], list[str]]:
    """The certificates of a batch that papers are made of, in the order of issue; and whose portraits they bear.

    What was taken back is not given out again.
    """
    wanted = Wanted(batch=batch)
    numbers, pictured = list[str](), list[str]()
    for row in all_pages(db, wanted, now):
        if row.state == "issued":
            numbers.append(row.number)
            if wants_portrait(db, row):
                pictured.append(str(row.person_id))
    return numbers[::-1], pictured


def print_all(  # noqa: PLR0913, PLR0917 what, where, with what
    registry: Registry,
    keyring: Keyring,
    order: Order,
    place: Path,
    clock: Callable[[], datetime],
    personal_data: Callable[[], PersonalData],
    unprintable: Mapping[str, str] = MappingProxyType({}),
) -> Iterator[Progress]:
    """Make what is not there yet; tells how far it is after each. Raises what `to_print` and `sealed_pdf` raise.

    unprintable  of which there can be no paper, as an earlier attempt has found: not tried again
    """
    place.mkdir(mode=0o700, parents=True, exist_ok=True)
    progress = Progress(of=len(order.numbers), unprintable=dict(unprintable))
    for start in range(0, len(order.numbers), AT_ONCE):
        part = order.numbers[start : start + AT_ONCE]
        wanted = [number for number in part if display_number(number) not in unprintable]
        missing = [number for number in wanted if not file_of(place, number, order.page).exists()]
        progress.done += len(part) - len(missing)
        if not missing:
            yield progress
            continue
        now = clock()
        chain = chain_of(registry, keyring, now, order.actor)
        with registry.reading() as db:
            rows = [certificate_by_number(db, number) for number in missing]
            prints = [to_print(db, keyring, row, order.lang, order.public_url, now, personal_data) for row in rows]
        for number, what in zip(missing, prints, strict=True):
            try:
                put(file_of(place, number, order.page), sealed_pdf(what, order.page, chain, now, order.time))
                progress.made += 1
            except Unprintable as fault:
                progress.unprintable[display_number(number)] = str(fault)
            progress.done += 1
            yield progress


def file_of(place: Path, number: str, page: Page) -> Path:
    """Where the paper of a certificate is."""
    return place / f"{display_number(number)}{'-card' if page == 'card' else ''}.pdf"


def put(file: Path, data: bytes) -> None:
    """All of it or nothing, for nobody else on this machine."""
    fresh = file.with_name(f".{file.name}.{os.getpid()}")
    try:
        with os.fdopen(os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "wb") as opened:
            opened.write(data)
        fresh.replace(file)
    finally:
        with suppress(OSError):
            fresh.unlink(missing_ok=True)


def pack(place: Path, order: Order, archive: Path) -> None:
    """The files in one, each as it is; the same files make the same archive. All of it or nothing."""
    fresh = archive.with_name(f".{archive.name}.{os.getpid()}")
    try:
        with (
            os.fdopen(os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "wb") as opened,
            ZipFile(opened, "w", ZIP_STORED) as packed,
        ):
            for number in order.numbers:
                file = file_of(place, number, order.page)
                if file.exists():
                    packed.writestr(ZipInfo(file.name), file.read_bytes())
        fresh.replace(archive)
    finally:
        with suppress(OSError):
            fresh.unlink(missing_ok=True)
