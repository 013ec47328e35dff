"""Papers that were ordered: printed by whoever works, going on where it stopped, fetched, and gone after a week."""

import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any
from zipfile import ZipFile

import pytest
from fastapi.testclient import TestClient

from registry.issuing.changes.withdraw import revoke
from registry.issuing.documents.many import numbers_in
from registry.records.actors.access_log import access_lines
from registry.records.actors.api_keys import MOST_DAYS, create_api_key
from registry.records.issued.batches import Batch, batches
from registry.records.issued.certificates import certificates
from registry.records.issued.print_orders import order_papers, print_order
from registry.records.parties.designs import choose_accent
from registry.records.parties.signing_keys import keys_of, mark_compromised
from registry.records.store.database import Database
from registry.records.whole.directory import Registry
from registry.signing.keys import Keyring
from registry.signing.log.keeper import LogKeeper
from registry.signing.seal.chain import chain_of
from registry.web.app import create_app
from registry.web.settings import Settings
from registry.work.executor import executor
from registry.work.printing import FOLDER, INTERRUPTED, KEPT, Printing, archive_of
from registry.work.reprint import judge_of
from tests.registry.conftest import ACTOR, NOW, OPENED, PUBLIC_URL, hire, issue, person, roster


@dataclass
class Ticking:
    """A clock of which every look costs a moment."""

    at: datetime = NOW
    step: timedelta = timedelta(seconds=1)

    def __call__(self) -> datetime:
        self.at += self.step
        return self.at


def begin(registry: Registry, keyring: Keyring) -> None:
    hire(registry)
    issue(registry, keyring, "hot-work-march", roster(*(person(row, f"Person {row}") for row in range(2, 14))))
    LogKeeper(registry, lambda: keyring, lambda: NOW).advance()
    chain_of(registry, keyring, NOW, ACTOR)


BEGINS_WITH = {"batch": begin}


@pytest.fixture
def database() -> str:
    return "sqlite"


@pytest.fixture
def batch(registry: Registry) -> Batch:
    with registry.reading() as db:
        (found,) = batches(db)
    return found


@pytest.fixture
def order(registry: Registry, batch: Batch) -> str:
    with registry.writing() as db:
        asked: dict[str, Any] = {
            "page": "card",
            "lang": "sv",
            "public_url": PUBLIC_URL,
            "of": 12,
            "still_good": lambda _: False,
        }
        made = order_papers(db, batch.id, **asked, now=NOW, actor=ACTOR)
        assert order_papers(db, batch.id, **asked, now=NOW, actor=ACTOR).public_id == made.public_id
    return made.public_id


def test_an_order_goes_on_where_it_stopped(registry: Registry, keyring: Keyring, order: str) -> None:
    first = Printing(registry, keyring, Ticking())
    assert first.some(order) == "waiting"
    parts = registry.directory / FOLDER / order
    before = {file.name: file.read_bytes() for file in parts.iterdir()}
    with registry.reading() as db:
        assert 0 < print_order(db, order).done < 12
    first.stop()
    assert first.some(order) == INTERRUPTED
    (parts / "half").write_bytes(b"")  # of whoever was killed while writing; it is no paper and goes with the rest
    second = Printing(registry, keyring, lambda: NOW)
    assert second.some(order) == "done"
    assert second.some(order) == "done"
    with ZipFile(archive_of(registry, order)) as packed:
        assert len(packed.namelist()) == 12
        assert {name: packed.read(name) for name in before} == before  # none was made twice
    assert not parts.exists()
    assert archive_of(registry, order).stat().st_mode & 0o077 == 0
    late = Printing(registry, keyring, lambda: NOW + KEPT + timedelta(hours=1))
    late.tidy()
    with registry.reading() as db:
        assert print_order(db, order).state == "removed"
        assert list(late.wanted(db)) == []
    assert list((registry.directory / FOLDER).iterdir()) == []


def test_what_cannot_be_done_is_tried_again_or_ends(
    registry: Registry, keyring: Keyring, order: str, tmp_path: Path
) -> None:
    (registry.directory / FOLDER).write_text("in the way")
    printing = Printing(registry, keyring, lambda: NOW)
    assert printing.some(order) == INTERRUPTED
    with registry.reading() as db:
        assert list(printing.wanted(db)) == []  # not at once again
        assert print_order(db, order).state == "waiting"
    (registry.directory / FOLDER).rename(tmp_path / "out of the way")
    assert Printing(registry, keyring, lambda: NOW).some(order) == "done"


def mark_keys(purpose: str) -> Callable[[Registry, Database, Sequence[str]], object]:
    def mark(_: Registry, db: Database, __: Sequence[str]) -> None:
        for key in keys_of(db, None):
            if key.purpose == purpose:
                mark_compromised(db, key.kid, LATER, ACTOR, now=LATER)

    return mark


LATER = NOW + timedelta(minutes=1)
CHANGES: dict[str, Callable[[Registry, Database, Sequence[str]], object]] = {
    "one was taken back": lambda _, db, numbers: revoke(db, numbers[0], reason="fraud", now=LATER, actor=ACTOR),
    "the issuer's colour": lambda _, db, __: choose_accent(db, "issuer", "#1e40af", LATER, ACTOR),
    "the seal's key was stolen": mark_keys("seal"),
    "its root was stolen": mark_keys("seal_root"),
    "the files are gone": lambda registry, _, numbers: archive_of(registry, numbers[-1]).unlink(),
    "half of them": lambda registry, _, numbers: archive_of(registry, numbers[-1]).write_bytes(b"PK"),
}


def test_the_same_order_is_the_same_as_long_as_it_would_be_printed_alike(
    registry: Registry, keyring: Keyring, batch: Batch, order: str
) -> None:
    Printing(registry, keyring, lambda: NOW).some(order)

    def again(change: str | None = None, **asked: str) -> str:
        """Which order is handed back; nothing stays of what was changed."""
        kept = archive_of(registry, order).read_bytes()
        with registry.writing() as db:
            if change:
                CHANGES[change](registry, db, [*numbers_in(db, batch.id, NOW)[0], order])
            numbers, pictured = numbers_in(db, batch.id, LATER)
            good = judge_of(registry, db, numbers=numbers, pictured=pictured, issuer=batch.issuer, page="card")
            wanted: dict[str, Any] = {"page": "card", "lang": "sv", "public_url": PUBLIC_URL} | asked
            made = order_papers(db, batch.id, **wanted, of=12, now=LATER, actor=ACTOR, still_good=good).public_id
            db.rollback()
        archive_of(registry, order).write_bytes(kept)
        return made

    assert again() == order
    assert [change for change in CHANGES if again(change) == order] == []
    assert [asked for asked in ({"lang": "nb"}, {"page": "diploma"}) if again(**asked) == order] == []


@pytest.fixture
def web(registry: Registry, batch: Batch) -> Iterator[TestClient]:  # noqa: ARG001 the registry begins with one
    settings = Settings.read(registry.directory, env={})
    with TestClient(create_app(settings, clock=lambda: NOW), base_url=PUBLIC_URL) as client:
        yield client


def test_papers_are_ordered_printed_and_fetched(
    registry: Registry, keyring: Keyring, batch: Batch, web: TestClient
) -> None:
    with registry.writing() as db:
        keys = [
            create_api_key(db, account=who, organisation=where, roles=[role], days=MOST_DAYS, now=OPENED, actor="olga")[
                1
            ]
            for who, where, role in (("rita", "issuer", "requester"), ("rita", "solo", "requester"))
        ]
    own, others = ({"Authorization": f"Bearer {key}"} for key in keys)
    path = f"/api/v1/batches/{batch.public_id}/papers"

    def ordered(headers: dict[str, str], body: dict[str, str]) -> Any:
        return web.post(
            path,
            json=body,
            headers=headers | {"Idempotency-Key": f"{len(headers)}{sorted(body.items())}"[:60].replace(" ", "")},
        )

    assert ordered(others, {}).status_code == 404
    assert ordered(own, {"page": "poster"}).status_code == 422
    made = ordered(own, {"page": "card", "lang": "en"})
    assert (made.status_code, made.json()["of"], made.json()["state"]) == (202, 12, "waiting"), made.text
    one = f"{path}/{made.json()['id']}"
    early = web.get(f"{one}/archive", headers=own)
    assert (early.status_code, early.json()["type"]) == (409, "/problems/papers-not-ready")
    work = executor(registry, keyring, lambda: NOW)
    assert work is not None
    work.open(look=True)
    try:
        ends = time.monotonic() + 60
        while web.get(one, headers=own).json()["state"] == "waiting" and time.monotonic() < ends:
            time.sleep(0.1)
    finally:
        work.close()
    told = web.get(one, headers=own).json()
    assert (told["state"], told["done"], told["unprintable"]) == ("done", 12, {})
    assert [each["id"] for each in web.get(path, headers=own).json()["items"]] == [told["id"]]
    fetched = web.get(f"{one}/archive", headers=own)
    assert (fetched.status_code, fetched.headers["content-type"]) == (200, "application/zip")
    assert fetched.content.startswith(b"PK")
    assert web.get(f"{one}/archive", headers=others).status_code == 404
    again = [
        web.post(path, json={"page": "card", "lang": "en"}, headers=own | {"Idempotency-Key": f"again-{turn}"}).json()
        for turn in range(3)
    ]
    assert {each["id"] for each in again} == {told["id"]}
    archive_of(registry, told["id"]).unlink()
    assert web.get(f"{one}/archive", headers=own).json()["type"] == "/problems/papers-not-found"
    with registry.reading() as db:
        assert access_lines(db, "certificate", next(iter(certificates(db))).number)[0].account == "rita"
