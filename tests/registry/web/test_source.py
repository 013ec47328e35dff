"""The register as a source of trust: one snapshot a question, the same as by the ORM, and never older than a change."""

import sqlite3
from collections.abc import Callable
from datetime import datetime, timedelta

import psycopg
import pytest
from fastapi.testclient import TestClient

from registry.issuing.changes.withdraw import annul, revoke, suspend
from registry.records.issued.certificates import IssuedCertificate, append_event, certificate_by_number
from registry.records.store.database import Database
from registry.records.whole.directory import Registry
from registry.signing.published import build_trust, events_of
from registry.web.source import RegistrySource
from tests.registry.conftest import ACTOR, NOW, PUBLIC_URL, reinstate_by_two
from tests.registry.web.conftest import Clock
from verification.trust_file import trust_to_json

LATER = NOW + timedelta(days=1, microseconds=123_456)


def superseded(db: Database, number: str) -> None:
    certificate = certificate_by_number(db, number)
    append_event(db, certificate, "superseded", at=LATER, effective_from=LATER.date(), reason="error", actor=ACTOR)


def stopped_and_started(db: Database, number: str) -> None:
    suspend(db, number, reason="misuse", now=NOW, actor=ACTOR)
    reinstate_by_two(db, number, reason="resolved", now=LATER, actor=ACTOR)


CHANGES: dict[str, Callable[[Database, str], object]] = {
    "nothing": lambda _, __: None,
    "suspended": lambda db, number: suspend(db, number, reason="misuse", now=LATER, actor=ACTOR),
    "reinstated": stopped_and_started,
    "revoked": lambda db, number: revoke(db, number, reason="fraud", now=LATER, actor=ACTOR),
    "annulled": lambda db, number: annul(db, number, reason="error", now=LATER, actor=ACTOR),
    "superseded": superseded,
}


@pytest.fixture
def clock() -> Clock:
    return Clock(LATER + timedelta(hours=1))


@pytest.fixture
def source(registry: Registry, clock: Clock) -> RegistrySource:
    return RegistrySource(registry, PUBLIC_URL, clock)


@pytest.mark.parametrize("kind", CHANGES)
def test_it_says_the_same_as_the_orm(
    registry: Registry, issued: IssuedCertificate, source: RegistrySource, clock: Clock, kind: str
) -> None:
    number = issued.number
    before = source.trust(number)
    with registry.writing() as db:
        CHANGES[kind](db, number)
    with registry.reading() as db:
        wanted, history = build_trust(db, PUBLIC_URL, clock(), asked=[number]), events_of(db, number)
    for _ in range(2):  # read anew, and from what is kept
        told = source.trust(number)
        assert told.events == {number: history} == wanted.events
        assert trust_to_json(told) == trust_to_json(wanted)
    assert source.token_by_number(number) == issued.vc_jwt
    assert (told.events == before.events) == (kind == "nothing")
    source.close()
    assert trust_to_json(source.trust(number)) == trust_to_json(wanted)  # it opens again where somebody still asks


def test_a_number_that_is_not_here_has_an_empty_history(source: RegistrySource, issued: IssuedCertificate) -> None:
    nobodys = "0" * 16
    assert source.trust(nobodys).events == {nobodys: ()}
    assert source.token_by_number(nobodys) is None
    assert source.trust().events == {}
    assert issued.number not in source.trust().events


def test_a_moment_stays_as_it_was(registry: Registry, issued: IssuedCertificate, source: RegistrySource) -> None:
    source.trust()  # so that what is trusted is kept already
    for _ in range(2):
        with source.at_once() as moment:
            at, now = moment.revision, moment.now()
            before = moment.trust("0" * 16)
            with registry.writing() as db:
                append = suspend if certificate_by_number(db, issued.number).state == "issued" else reinstate_by_two
                reason = "misuse" if append is suspend else "error"
                append(db, issued.number, reason=reason, now=now, actor=ACTOR)
            # Token, state and trust are of one moment, though the register has moved on meanwhile.
            assert len(moment.trust(issued.number).events[issued.number]) == len(before.status_lists) + _
            assert moment.trust().status_lists == before.status_lists
        with source.at_once() as moment:
            assert moment.revision == at + 1
            assert moment.trust().status_lists != before.status_lists


def test_it_only_reads(source: RegistrySource) -> None:
    with source.at_once() as moment, pytest.raises((sqlite3.Error, psycopg.Error), match=r"read-?only"):
        moment._snapshot._connection.execute("UPDATE revision SET value = 0")  # noqa: SLF001 what nobody may do


def test_what_is_known_is_as_old_as_the_question(source: RegistrySource, clock: Clock) -> None:
    for _ in range(3):
        told = source.trust()
        assert clock() - told.as_of < timedelta(seconds=1)
        assert all(clock() - known.issued_at < timedelta(seconds=1) for known in told.status_lists.values())
        clock.at += timedelta(milliseconds=700)


@pytest.mark.parametrize("path", ["/api/v1/verify", "/api/v1/certificates/{number}/verification"])
def test_a_change_is_seen_at_once_though_no_second_has_passed(
    web: TestClient, registry: Registry, issued: IssuedCertificate, clock: Clock, path: str
) -> None:
    def asked() -> str:
        if "number" in path:
            return str(web.get(path.format(number=issued.number)).json()["headline"])
        return str(web.post(path, json={"token": issued.number}).json()["headline"])

    def changed(change: Callable[..., object], reason: str) -> None:
        with registry.writing() as db:
            change(db, issued.number, reason=reason, now=clock(), actor=ACTOR)

    assert [asked(), asked()] == ["valid", "valid"]
    changed(suspend, "misuse")
    assert [asked(), asked()] == ["suspended", "suspended"]
    changed(reinstate_by_two, "resolved")
    assert [asked(), asked()] == ["valid", "valid"]
    changed(revoke, "fraud")
    assert [asked(), asked()] == ["revoked", "revoked"]


def test_a_new_second_is_a_new_answer(web: TestClient, issued: IssuedCertificate, clock: Clock) -> None:
    def asked(**more: str) -> dict[str, str]:
        told: dict[str, str] = web.post("/api/v1/verify", json={"token": issued.number, **more}).json()
        return told

    first = asked()
    clock.at += timedelta(milliseconds=100)
    assert asked() == first
    clock.at += timedelta(seconds=1)
    assert datetime.fromisoformat(asked()["checked_at"]) - datetime.fromisoformat(first["checked_at"]) == timedelta(
        seconds=1
    )
    # What is asked differently is answered differently, however close.
    for more in ({"lang": "en"}, {"situation": "hiring"}, {"on": "2031-03-31"}, {"schemes": ["other"]}):
        assert asked(**more) != asked()  # type: ignore[arg-type]
