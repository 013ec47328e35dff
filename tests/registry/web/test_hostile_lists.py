"""Class lists of those who mean no good, by the API: refused with their type, and whoever comes next is served."""

import csv
import io
import json

import pytest
from fastapi.testclient import TestClient

from registry.records.actors.api_keys import MOST_DAYS, create_api_key
from registry.records.whole.directory import Registry
from tests.registry.conftest import ACTOR, ON_SQLITE, OPENED, hire
from tests.registry.issuing.lists.test_formulas_in_lists import FORMULAS, as_csv, assert_harmless
from tests.workbook_files import HOSTILE

XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
TRIED, CORRECTED = (
    "/batches?occasion=own-course-march&dry_run=true",
    "/class-lists/correction?occasion=own-course-march",
)
GOOD = as_csv(["Namn", "Född", "E-post", "Porträtt"], ["Anna Berg", "1990-05-17", "anna@example.com", "ja"])

pytestmark = ON_SQLITE  # nothing of it reaches a database


class Provider:
    """Somebody with a key."""

    def __init__(self, web: TestClient, registry: Registry) -> None:
        hire(registry)
        given = {"account": "rita", "organisation": "solo", "now": OPENED, "actor": ACTOR}
        with registry.writing() as db:
            _, key = create_api_key(db, roles=["requester"], days=MOST_DAYS, **given)
        self._web, self._headers = web, {"Authorization": f"Bearer {key}"}

    def hands_in(self, path: str, data: bytes) -> tuple[int, str, bytes]:
        kind = XLSX if data.startswith(b"PK") else "text/csv"
        headers = self._headers | {"Content-Type": kind, "Idempotency-Key": str(hash((path, data)))}
        answer = self._web.post(f"/api/v1{path}", content=data, headers=headers)
        return answer.status_code, answer.headers["content-type"].partition(";")[0], answer.content


@pytest.mark.parametrize("what", ["two cells far apart", "one cell of 40 MB", "an entity bomb"])
def test_a_workbook_that_is_aimed_at_the_reader_is_refused_and_the_next_is_read(
    what: str, web: TestClient, registry: Registry
) -> None:
    provider = Provider(web, registry)
    make, _ = HOSTILE[what]
    for path in (TRIED, CORRECTED):
        status, kind, body = provider.hands_in(path, make())
        assert (status, kind, json.loads(body)["type"]) == (422, "application/problem+json", "/problems/list-not-read")
    assert provider.hands_in(TRIED, GOOD)[0] == 200


def test_formulas_are_named_row_by_row_and_come_back_harmless(web: TestClient, registry: Registry) -> None:
    provider = Provider(web, registry)
    listed = as_csv(["Namn", "Född", "E-post"], *([one, "1990-05-17", "anna@example.com"] for one in FORMULAS))
    status, _, body = provider.hands_in(TRIED, listed)
    rows = json.loads(body)["not_issued"]
    assert (status, len(rows)) == (200, len(FORMULAS))
    assert {fault["code"] for row in rows for fault in row["faults"] if fault["column"] == "name"} == {"formula"}
    status, kind, body = provider.hands_in(CORRECTED, listed)
    assert (status, kind) == (200, "text/csv")
    assert len(list(csv.reader(io.StringIO(body.decode("utf-8-sig")), delimiter=";"))) == len(FORMULAS) + 1
    assert_harmless(body, ";")
