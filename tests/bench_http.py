"""What the endpoint costs: requests per CPU second of the server, against the same server's hello route.

The server is a process of its own on one core, over a demo registry with 6,000 more certificates in it; a
client in another process keeps its connections open and asks over loopback. Every yardstick is measured in turn with
what it measures, and the median of the ratios is told, for machines differ and drift.

    python tests/bench_http.py [--quick]
    python tests/bench_http.py --serve DIRECTORY PORT     what the benchmark starts
"""

import contextlib
import itertools
import json
import os
import random
import socket
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from pathlib import Path

import uvicorn
from bench_demo import copied
from bench_desk import issue

from levels.rulebook import rulebook
from registry.command_line.place import keyring_of
from registry.issuing.documents.codes import qr_text
from registry.issuing.lists.roster import read_roster
from registry.records.issued.certificates import certificates
from registry.records.sittings.occasions import NewOccasion, add_occasion, occasion_by_id
from registry.records.whole.directory import Registry
from registry.web.app import create_app
from registry.web.settings import Settings
from verification.certificate import display_number, new_number

UNLIMITED = {"BEVIS_VERIFY_PER_MINUTE": "0", "BEVIS_MISSES_PER_MINUTE": "0"}
CONNECTIONS = 8
SEEN = 1_500  # people of a site: each is asked about again and again, in one language after the other, seconds apart
HELLO = "hello route"
Row = tuple[str, float, str, str, float, float]


def bench_http(quick: bool) -> list[Row]:
    """name, value, unit, yardstick, ratio, goal; quick: the same work, too little of it to be a measurement."""
    rounds, requests, many = (1, 40, 40) if quick else (5, 2_000, 6_000)
    batch = many // 40
    with tempfile.TemporaryDirectory() as directory, contextlib.ExitStack() as ends:
        place = Path(directory) / "demo"
        codes, documents, numbers = _filled(place, many)
        port = ends.enter_context(_server(place))
        hello = _get("/hello")
        fresh_codes = itertools.cycle([_post({"token": code}) for code in codes])
        fresh_documents = itertools.cycle([_post({"token": document}) for document in documents])
        fresh_numbers = itertools.cycle([_by_number(number) for number in numbers])
        seen_codes = itertools.cycle(
            [_post({"token": code, "lang": lang}) for lang in ("sv", "nb", "en") for code in codes[-SEEN:]]
        )
        one_code, one_number = _post({"token": codes[0]}), _by_number(numbers[0])
        batches = itertools.cycle([_post({"tokens": codes[at : at + batch]}) for at in range(0, len(codes), batch)])
        asked: list[tuple[str, Callable[[], bytes], int, float]] = [
            # Two signatures are checked for a code, its own and that of the certificate on record.
            ("verify by code, fresh", lambda: next(fresh_codes), 1, 0.30),
            ("verify by vc+jwt, fresh", lambda: next(fresh_documents), 1, 0.30),
            ("verify by code, seen before", lambda: next(seen_codes), 1, 0.30),
            ("verify by number, fresh", lambda: next(fresh_numbers), 1, 0.30),
            ("verify by code, repeated", lambda: one_code, 1, 0.60),
            ("verify by number, repeated", lambda: one_number, 1, 0.60),
            ("verify by code, in batches, fresh", lambda: next(batches), batch, 0.30),
        ]
        rows: list[Row] = []
        for name, question, answers, goal in asked:
            count = max(1, requests // answers)
            pairs = [
                (_rate(port, question, count) * answers, _rate(port, lambda: hello, requests)) for _ in range(rounds)
            ]
            ratio = statistics.median(one / other for one, other in pairs)
            rows.append((name, statistics.median(one for one, _ in pairs), "answers/CPU-s", HELLO, ratio, goal))
        return rows


def uniform_time(quick: bool) -> list[Row]:
    """Whether time tells what an answer does not: what is no number, and what is a number here, from what is none.

    value: microseconds, the median; ratio: to its yardstick, asked in turn with it; goal: 1, they cannot be told apart
    """
    times = 40 if quick else 4_000
    dice = random.Random(7)  # noqa: S311 a benchmark, no secret

    def nobodys() -> str:
        return display_number(new_number(dice.randbytes(10)))

    with tempfile.TemporaryDirectory() as directory, contextlib.ExitStack() as ends:
        place = Path(directory) / "demo"
        _, _, numbers = _filled(place, times)
        ours = itertools.cycle(numbers)
        port = ends.enter_context(_server(place))
        elsewhere = "https://elsewhere.example/v/"
        kinds: dict[str, Callable[[], bytes]] = {
            "unknown": lambda: _by_number(nobodys()),
            "malformed": lambda: _by_number(nobodys()[:-1] + "U"),
            "another registry's": lambda: _post({"token": elsewhere + nobodys()}),
            "another registry's, and one here": lambda: _post({"token": elsewhere + next(ours)}),
        }
        took: dict[str, list[float]] = {name: [] for name in kinds}
        line = ends.enter_context(socket.create_connection(("127.0.0.1", port), 60))
        for _ in range(times):
            for name in dice.sample(list(kinds), len(kinds)):
                question = kinds[name]()
                begins = time.perf_counter()
                line.sendall(question)
                _answer(line)
                took[name].append((time.perf_counter() - begins) * 1e6)
    middle = {name: statistics.median(spent) for name, spent in took.items()}
    rows: list[Row] = []
    for name, value in middle.items():
        yardstick = "another registry's" if name.startswith("another") else "unknown"
        rows.append((f"time: {name}", value, "us", yardstick, value / middle[yardstick], 1.0))
    return rows


def _filled(place: Path, many: int) -> tuple[list[str], list[str], list[str]]:
    """A demo with so many more certificates; codes and numbers of different ones."""
    now = datetime.now(UTC)
    registry = copied(place, now)
    try:
        keyring = keyring_of(registry)
        _issue(registry, many, now)
        with registry.reading() as db:
            rows = certificates(db, limit=many)
            codes = [qr_text(db, keyring, row, registry.public_url, now) for row in rows]
        return codes, [row.vc_jwt for row in rows], [row.number for row in rows]
    finally:
        registry.close()


def _issue(registry: Registry, many: int, now: datetime) -> None:
    keyring = keyring_of(registry)
    with registry.reading() as db:
        like = NewOccasion.model_validate_json(json.dumps(occasion_by_id(db, "fall-protection-autumn").document))
    with registry.writing() as db:
        add_occasion(db, like.model_copy(update={"id": "bench-http"}), now, "bench")
    lines = (
        f"Test {_letters(number)};1985-{number % 12 + 1:02d}-{number % 28 + 1:02d};p{number}@example.org;480;ja;ja"
        for number in range(many)
    )
    text = "\n".join(["namn;födelsedatum;e-post;närvarominuter;godkänd;resultat registrerat", *lines])
    roster = read_roster(text.encode(), methods=rulebook("2026-01-01").methods, on=now.date())
    done = issue(registry, keyring, "bench-http", roster, now, at_attained=True)
    if done.issued != many:
        sys.exit(f"the benchmark's list was not issued: {done.issued} of {many}")


def _letters(number: int) -> str:
    """A made-up name for a number: names have no digits."""
    return "".join(chr(ord("a") + int(digit)) for digit in f"{number:05d}").capitalize()


@contextlib.contextmanager
def _server(place: Path) -> Iterator[int]:
    """The port of a server on a core of its own."""
    with socket.socket() as one:
        one.bind(("127.0.0.1", 0))
        port = int(one.getsockname()[1])
    process = subprocess.Popen(
        [sys.executable, str(Path(__file__).resolve()), "--serve", str(place), str(port)],
        env=os.environ | UNLIMITED | {"PYTHONPATH": os.pathsep.join(filter(None, sys.path))},
    )
    try:
        deadline = time.monotonic() + 60
        while True:
            try:
                _rate(port, lambda: _get("/hello"), 1)
                break
            except OSError:
                if time.monotonic() > deadline or process.poll() is not None:
                    sys.exit("the benchmark's server does not answer")
                time.sleep(0.1)
        yield port
    finally:
        process.terminate()
        process.wait(timeout=20)


def serve(place: Path, port: int) -> None:
    """The application with two more routes: the yardstick, and what the process has cost so far."""
    if hasattr(os, "sched_setaffinity"):
        os.sched_setaffinity(0, {min(os.sched_getaffinity(0))})
    app = create_app(Settings.read(place))

    @app.get("/hello")
    async def hello() -> dict[str, str]:
        return {"hello": "world"}

    @app.get("/cpu")
    async def cpu() -> dict[str, float]:
        return {"seconds": time.process_time()}

    uvicorn.run(app, host="127.0.0.1", port=port, log_level="warning", server_header=False, proxy_headers=False)


def _get(path: str) -> bytes:
    return f"GET {path} HTTP/1.1\r\nHost: 127.0.0.1\r\nAccept-Language: en\r\n\r\n".encode()


def _by_number(number: str) -> bytes:
    return _get(f"/api/v1/certificates/{number}/verification")


def _post(question: object) -> bytes:
    body = json.dumps(question, separators=(",", ":")).encode()
    head = (
        "POST /api/v1/verify HTTP/1.1\r\nHost: 127.0.0.1\r\nAccept-Language: en\r\nContent-Type: application/json\r\n"
    )
    return f"{head}Content-Length: {len(body)}\r\n\r\n".encode() + body


def _rate(port: int, question: Callable[[], bytes], requests: int) -> float:
    """Requests per CPU second of the server."""
    with contextlib.ExitStack() as ends:
        lines = [ends.enter_context(socket.create_connection(("127.0.0.1", port), 60)) for _ in range(CONNECTIONS)]
        before, left = _cpu(lines[0]), requests
        while left > 0:
            busy = lines[: min(left, CONNECTIONS)]
            for line in busy:
                line.sendall(question())
            for line in busy:
                _answer(line)
            left -= len(busy)
        return requests / max(1e-9, _cpu(lines[0]) - before)


def _cpu(line: socket.socket) -> float:
    line.sendall(_get("/cpu"))
    return float(json.loads(_answer(line))["seconds"])


def _answer(line: socket.socket) -> bytes:
    """The body of one answer; anything but 200 ends the benchmark."""
    received = b""
    while b"\r\n\r\n" not in received:
        received += _more(line)
    head, _, body = received.partition(b"\r\n\r\n")
    if not head.startswith(b"HTTP/1.1 200 "):
        sys.exit(f"the benchmark's question was refused: {head.splitlines()[0].decode()}")
    length = next(int(field[15:]) for field in head.lower().splitlines() if field.startswith(b"content-length:"))
    parts, have = [body], len(body)
    while have < length:
        parts.append(_more(line))
        have += len(parts[-1])
    return b"".join(parts)


def _more(line: socket.socket) -> bytes:
    received = line.recv(262_144)
    if not received:
        sys.exit("the benchmark's server hung up")
    return received


if __name__ == "__main__":
    if "--serve" in sys.argv:
        serve(Path(sys.argv[-2]), int(sys.argv[-1]))
    else:
        short = "--quick" in sys.argv
        for name, value, unit, yardstick, ratio, goal in [*bench_http(short), *uniform_time(short)]:
            sys.stdout.write(f"{name:<44}{value:>10,.0f} {unit:<14} {ratio:.2f} x {yardstick} (goal {goal:.2f})\n")
