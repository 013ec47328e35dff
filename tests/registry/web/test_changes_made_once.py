"""A service that is killed over and over while everybody repeats what got no answer: each thing is done once.

Every Idempotency-Key is sent by five at once, until each of them has its answer; meanwhile the service is killed at
random moments and started again. What was answered is on record, once, and everybody was told the same bytes.
`CHANGES=200 KILLS=20` asks for more.
"""

import http.client
import json
import os
import random
import signal
import subprocess
import sys
import threading
import time
from collections import defaultdict
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime
from pathlib import Path

import pytest

from registry.records.accounts import NewAccount, add_account
from registry.records.api_keys import create_api_key
from registry.records.directory import Registry
from registry.records.organisations import organisations
from registry.records.remembered import remembered
from registry.records.strict_input import parse
from tests.journeys.test_revocation_is_seen import free_port, wait_for

CHANGES, KILLS = int(os.environ.get("CHANGES", "20")), int(os.environ.get("KILLS", "3"))
REPEATS = 5
UNLIMITED = {f"BEVIS_{what}_PER_MINUTE": "0" for what in ("VERIFY", "MISSES", "REQUESTS")}


class Service:
    """`bevis serve`, killed and started again."""

    def __init__(self, directory: Path) -> None:
        self.port, self._directory = free_port(), directory
        self._start()

    def _start(self) -> None:
        command = [sys.executable, "-c", "from registry.command_line.main import run; run()", "serve"]
        self.process = subprocess.Popen(
            [*command, "--dir", str(self._directory), "--port", str(self.port), "--json"],
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            env=os.environ | UNLIMITED,
        )
        wait_for(self.port, self.process)

    def kill(self) -> None:
        self.process.send_signal(signal.SIGKILL)
        self.process.wait()
        self._start()

    def stop(self) -> None:
        self.process.terminate()
        self.process.wait(20)


def insist(service: Service, key: str, number: int) -> tuple[int, bytes]:
    """Ask until there is an answer. What was refused for now (under way, busy) is asked again."""
    body = json.dumps({"id": f"school-{number}", "name": f"Skola {number}", "registered_on": "2020-01-01"})
    headers = {
        "Authorization": f"Bearer {key}",
        "Content-Type": "application/json",
        "Idempotency-Key": f"change-{number}",
    }
    deadline = time.monotonic() + 120
    while time.monotonic() < deadline:
        line = http.client.HTTPConnection("127.0.0.1", service.port, timeout=60)
        try:
            line.request("POST", "/api/v1/organisations", body, headers)
            answer = line.getresponse()
            told = answer.read()
        except (OSError, http.client.HTTPException):
            time.sleep(0.05)
            continue
        finally:
            line.close()
        if answer.status in {409, 503} and json.loads(told)["type"] in {
            "/problems/same-request-under-way",
            "/problems/database-busy",
        }:
            time.sleep(0.05)
            continue
        return answer.status, told
    pytest.fail("no answer in two minutes")


def test_each_thing_is_done_once_whatever_is_killed(registry: Registry) -> None:
    now = datetime.now(UTC)
    with registry.writing() as db:
        add_account(db, parse({"id": "ola", "name": "Ola Nordmann"}, NewAccount), now, "ola")
        _, key = create_api_key(db, account="ola", organisation=None, roles=["operator"], now=now, actor="ola")
    service = Service(registry.directory)
    told: defaultdict[int, list[tuple[int, bytes]]] = defaultdict(list)
    asked = [number for number in range(CHANGES) for _ in range(REPEATS)]
    chance, done = random.Random(20261120), threading.Event()  # noqa: S311 the same moments each time

    def keep_killing() -> None:
        for _ in range(KILLS):
            if done.wait(chance.uniform(0.05, 1.0)):
                return
            service.kill()

    killer = threading.Thread(target=keep_killing)
    try:
        with ThreadPoolExecutor(2 * REPEATS) as pool:
            answers = pool.map(lambda number: (number, insist(service, key, number)), asked)
            killer.start()
            for number, answer in answers:
                told[number].append(answer)
    finally:
        done.set()
        killer.join()
        service.stop()
    assert {status for answers in told.values() for status, _ in answers} == {201}
    assert all(len(answers) == REPEATS and len(set(answers)) == 1 for answers in told.values())
    with registry.reading() as db:
        made = [one.slug for one in organisations(db) if one.slug.startswith("school-")]
        assert sorted(made) == sorted(f"school-{number}" for number in range(CHANGES))
        kept = [remembered(db, "ola ", f"change-{number}") for number in range(CHANGES)]
        assert [one and one.body for one in kept] == [told[number][0][1] for number in range(CHANGES)]
