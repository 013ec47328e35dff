"""Reports from gates: anybody sends one, the registry's own people read and close them."""

from collections.abc import Iterator
from typing import Any
from uuid import uuid4

import pytest
from fastapi.testclient import TestClient

from registry.records.actors.accounts import NewAccount, add_account
from registry.records.actors.api_keys import create_api_key
from registry.records.issued import reports as records
from registry.records.issued.reports import NewReport, add_report, reports
from registry.records.strict_input import parse
from registry.records.whole.directory import Registry
from registry.web.app import create_app
from registry.web.settings import Settings
from tests.registry.conftest import ACTOR, NOW, PUBLIC_URL
from tests.registry.web.conftest import Clock

AT = "/api/v1/reports"


def report(**more: Any) -> dict[str, Any]:
    return {"id": str(uuid4()), "noticed_at": "2026-03-01T08:00:00Z", "reason": "facts_differ"} | more


@pytest.fixture
def operator(registry: Registry) -> dict[str, str]:
    with registry.writing() as db:
        add_account(db, parse({"id": "olle", "name": "Olle Ohlin"}, NewAccount), NOW, ACTOR)
        _, key = create_api_key(db, account="olle", organisation=None, roles=["operator"], now=NOW, actor=ACTOR)
    return {"Authorization": f"Bearer {key}", "Idempotency-Key": "one"}


def test_a_report_is_kept_once_read_and_closed(web: TestClient, operator: dict[str, str]) -> None:
    sent = report(number="7Q4M2XKD9RTB0HWC", headline="valid", codes=["signature_good"], note="the photo is another's")
    for _ in range(2):  # a device that had no answer sends it again
        assert web.post(AT, json=sent).status_code == 202
    assert web.get(AT).status_code == 401
    (found,) = web.get(AT, headers=operator).json()["items"]
    assert (found["number"], found["note"], found["state"]) == ("7Q4M-2XKD-9RTB-0HWC", sent["note"], "open")
    closing = f"{AT}/{sent['id']}/closing"
    closed = web.post(closing, json={"because": "the issuer was called"}, headers=operator).json()
    assert (closed["state"], closed["note"], closed["closed_by"]) == ("closed", None, "olle")
    assert web.get(f"{AT}?state=open", headers=operator).json()["items"] == []
    assert len(web.get(f"{AT}?state=closed", headers=operator).json()["items"]) == 1
    again = web.post(closing, json={"because": "twice"}, headers=operator | {"Idempotency-Key": "two"})
    assert again.json()["type"].endswith("report-already-closed")
    none = web.post(f"{AT}/{uuid4()}/closing", json={"because": "x"}, headers=operator | {"Idempotency-Key": "three"})
    assert none.json()["type"].endswith("report-not-found")


@pytest.mark.parametrize(
    "fault",
    [
        pytest.param({"reason": "bored"}, id="no reason"),
        pytest.param({"note": "19121212-1212 was here"}, id="a national number"),
        *(
            pytest.param({"note": f"he said {number}"}, id=number)
            for number in ("8112289874", "811228 9874", "811228/9874", "1981 12 28 9874", "８１１２２８９８７４")
        ),
        pytest.param({"note": "two\nlines"}, id="two lines"),
        pytest.param({"note": "x" * 501}, id="too long"),
        pytest.param({"number": "7Q4M-2XKD-9RTB-0HWC"}, id="not as it is stored"),
        pytest.param({"codes": ["a" * 61]}, id="no code"),
        pytest.param({"codes": ["a"] * 61}, id="too many codes"),
        pytest.param({"picture": "…"}, id="a picture"),
        pytest.param({"noticed_at": "2026-03-01T08:00:00"}, id="no time zone"),
    ],
)
def test_what_is_no_report_is_refused(web: TestClient, fault: dict[str, Any]) -> None:
    assert web.post(AT, json=report(**fault)).status_code == 422


def test_a_clock_that_is_wrong_is_not_believed(registry: Registry) -> None:
    with registry.writing() as db:
        for noticed in ("2124-01-01T00:00:00Z", "1970-01-01T00:00:00Z"):
            row = add_report(db, parse(report(noticed_at=noticed), NewReport), NOW)
            assert abs((row.noticed_at - NOW).days) <= 365
            assert row.noticed_at <= row.received_at


def test_nobody_can_fill_it(web: TestClient, registry: Registry, monkeypatch: pytest.MonkeyPatch) -> None:
    told = [web.post(AT, json=report()) for _ in range(31)]
    assert [each.status_code for each in told] == [202] * 30 + [429]
    assert int(told[-1].headers["retry-after"]) >= 1
    monkeypatch.setattr(records, "MOST_OPEN", 30)
    with registry.writing() as db, pytest.raises(records.TooMuchUnderWay):
        add_report(db, parse(report(), NewReport), NOW)


def test_a_list_goes_on_where_it_ended(
    settings: Settings, clock: Clock, registry: Registry, operator: dict[str, str]
) -> None:
    with registry.writing() as db:
        sent = {str(add_report(db, parse(report(), NewReport), NOW).id) for _ in range(5)}
        assert len(reports(db, limit=2)) == 2
    with TestClient(create_app(settings, clock=clock), base_url=PUBLIC_URL) as client:
        assert set(_all(client, operator)) == sent


def _all(client: TestClient, headers: dict[str, str]) -> Iterator[str]:
    address: str | None = f"{AT}?limit=2"
    while address:
        told = client.get(address, headers=headers)
        yield from (each["id"] for each in told.json()["items"])
        address = told.links["next"]["url"] if "next" in told.links else None
