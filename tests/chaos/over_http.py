"""A class list that is handed in to `bevis serve`, and followed there: what the service answers is what is told."""

import http.client
import time
from contextlib import suppress
from functools import partial
from typing import Any

from registry.records.actors.api_keys import create_api_key
from registry.records.whole.directory import Registry
from tests.chaos.doors import Door, Told, list_of
from tests.chaos.ground import right_now
from tests.chaos.processes import Forked, Killable
from tests.chaos.served import asked, serve
from tests.journeys.test_revocation_is_seen import free_port

_LOOK_SECONDS = 0.05
_PAGE = 200  # rows in one answer


def by_service(registry: Registry, occasion: str) -> Door:
    """The service takes the list and issues from it; the same request again after each kill."""
    now = right_now()
    with registry.writing() as db:
        _, key = create_api_key(db, account="rita", organisation="solo", roles=["requester"], now=now, actor="rita")
    return partial(_by_service, occasion=occasion, key=key)


def _by_service(registry: Registry, told: Told, *, occasion: str, key: str) -> Killable:
    return _Served(registry, told, occasion, key)


class _Served(Killable):
    def __init__(self, registry: Registry, told: Told, occasion: str, key: str) -> None:
        self._port, self._occasion, self._key, self._people = free_port(), occasion, key, told.people
        self._process = Forked(serve, registry.directory, self._port)
        super().__init__(self._process.pid)

    @property
    def exit_code(self) -> int | None:
        """It has done its part once the list is issued."""
        return 0 if self.last("done") else self._process.exit_code

    def listen(self, seconds: float) -> bool:
        until = time.monotonic() + seconds
        while not self._process.listen(_LOOK_SECONDS):
            with suppress(OSError, http.client.HTTPException):  # it does not answer yet, or no more
                self._look()
            if self.last("done"):
                return True
            if time.monotonic() >= until:
                return False
        return True

    def close(self) -> None:
        self._process.close()

    def _look(self) -> None:
        """Hand the list in, or see how far it has come."""
        batch = self.last("batch")
        if batch is None:
            path = f"/batches?occasion={self._occasion}"
            answer = self._asked("POST", path, list_of(self._people), f"list-{self._people.start}")
            self.told |= {"batch": answer["batch"], "issued": answer["issued"]}
            return
        whole = self._asked("GET", f"/batches/{batch}")
        self.told["issued"] = whole["issued"]
        if whole["state"] != "issuing":
            self.told["done"] = self._numbers(batch)

    def _numbers(self, batch: str) -> dict[int, str]:
        numbers: dict[int, str] = {}
        path: str | None = f"/batches/{batch}/rows?limit={_PAGE}"
        while path:
            answer = self._asked("GET", path)
            numbers |= {row["row"]: row["number"].replace("-", "") for row in answer["items"] if row["number"]}
            path = answer["next"]
        return numbers

    def _asked(self, method: str, path: str, body: bytes | None = None, key: str = "") -> Any:
        headers = {"Authorization": f"Bearer {self._key}"}
        if body is not None:
            headers |= {"Content-Type": "text/csv", "Idempotency-Key": key}
        answer = asked(self._port, method, f"/api/v1{path}", headers, body)
        if answer.status == http.client.SERVICE_UNAVAILABLE:
            raise ConnectionError("busy")
        if answer.status not in {http.client.OK, http.client.ACCEPTED}:
            raise AssertionError(f"{method} {path} was answered {answer.status} {answer.body[:300]!r}")
        link = answer.headers.get("Link", "")
        following = link.partition("<")[2].partition(">")[0].partition("/api/v1")[2] if 'rel="next"' in link else None
        return {**answer.json(), "next": following}
