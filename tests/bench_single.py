"""One certificate at a time through the API of a served registry: from the question until its proof is in hand.

The client asks as any program does: POST, the same again until the certificate is there, then its proof from the log.
"""

import contextlib
import json
import os
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from datetime import datetime
from typing import Any
from uuid import uuid4

from bench_bulk import Row, places
from bench_demo import demo
from bench_desk import ASKS, somebody

from registry.records.actors.accounts import grant_role
from registry.records.actors.api_keys import create_api_key
from registry.records.sittings.occasions import NewOccasion, add_occasion, occasion_by_id
from registry.records.whole.directory import Registry

LIKE = "fall-protection-autumn"  # of the demo: level D, which one person issues
OCCASION = "one-by-one"
AIM_MS = 1_000.0  # the slowest of a hundred


def bench_single(now: datetime, *, quick: bool) -> Iterator[Row]:
    """On either database."""
    times = 3 if quick else 300
    with places(quick=quick) as found:
        for name, url in found[:1] if quick else found:
            with demo(now, url) as registry:
                key = _key(registry, now)
                with _served(registry) as address:
                    took = sorted(_one(address, key, turn) for turn in range(times))
                for what, at in (("median", len(took) // 2), ("p99", len(took) * 99 // 100)):
                    told = f"one certificate asked for until its proof is there, {what}, {name}"
                    yield told, 1000 * took[at], "ms", "the aim", 1000 * took[at] / AIM_MS, 1.0


def _key(registry: Registry, now: datetime) -> str:
    """Of somebody who may ask for certificates of an occasion, and read them."""
    with registry.reading() as db:
        like = NewOccasion.model_validate_json(json.dumps(occasion_by_id(db, LIKE).document))
    somebody(registry, ASKS, like.issuer, now)
    with registry.writing() as db:
        add_occasion(db, like.model_copy(update={"id": OCCASION}), now, "bench")
        grant_role(db, ASKS, like.issuer, "reader", now=now, actor="bench")
        roles = ["requester", "reader"]
        given: dict[str, Any] = {"account": ASKS, "organisation": like.issuer, "roles": roles}
        return create_api_key(db, **given, now=now, actor="bench")[1]


@contextlib.contextmanager
def _served(registry: Registry) -> Iterator[str]:
    with socket.socket() as one:
        one.bind(("127.0.0.1", 0))
        port = int(one.getsockname()[1])
    run = "from registry.command_line.main import run; run()"
    command = [sys.executable, "-c", run, "serve", "--dir", str(registry.directory), "--port", str(port)]
    environment = os.environ | {"BEVIS_REQUESTS_PER_MINUTE": "0"}
    process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, env=environment)
    address, deadline = f"http://127.0.0.1:{port}", time.monotonic() + 60
    try:
        while True:
            try:
                with urllib.request.urlopen(f"{address}/readyz", timeout=10):  # noqa: S310 loopback
                    break
            except OSError:
                if time.monotonic() > deadline or process.poll() is not None:
                    sys.exit("the benchmark's server does not answer")
                time.sleep(0.1)
        yield address
    finally:
        process.terminate()
        process.wait(timeout=20)


def _one(address: str, key: str, turn: int) -> float:
    """Seconds."""
    facts = {"attended_minutes": 480, "passed_all": True, "result_recorded": True}
    asked = {"occasion": OCCASION, "name": f"Ett {_letters(turn)}", "birth_date": "1990-05-17", "facts": facts}
    asked |= {"email": f"p{turn}@example.org", "at_attained": True}
    begun = time.perf_counter()
    while not (told := _asked(f"{address}/api/v1/certificates", key, asked))["done"]:
        time.sleep(0.005)
    while not (proof := _asked(f"{address}/api/v1/certificates/{told['number']}/proof", key)):
        time.sleep(0.005)
    took = time.perf_counter() - begun
    if not proof.startswith("c2sp.org/tlog-proof@v1"):
        raise RuntimeError(f"this is no proof: {proof[:80]}")
    return took


def _asked(url: str, key: str, body: object = None) -> Any:
    """JSON, or the text of a proof; None: not yet."""
    headers = {"Authorization": f"Bearer {key}", "Content-Type": "application/json", "Idempotency-Key": str(uuid4())}
    data = None if body is None else json.dumps(body).encode()
    asked = urllib.request.Request(url, data, headers)  # noqa: S310 loopback
    try:
        with urllib.request.urlopen(asked, timeout=30) as answer:  # noqa: S310 loopback
            text = answer.read().decode()
            return text if body is None else json.loads(text)
    except urllib.error.HTTPError as refused:
        if body is None and refused.code in {404, 409, 425, 503}:
            return None
        raise RuntimeError(f"{url}: {refused.code} {refused.read().decode()[:500]}") from refused


def _letters(number: int) -> str:
    """A made-up name for a number: names have no digits."""
    return "".join(chr(ord("a") + int(digit)) for digit in f"{number:06d}").capitalize()
