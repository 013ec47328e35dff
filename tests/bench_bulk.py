"""Long class lists through the service's own code: asked for, decided, recorded, signed, proved and kept, on two cores.

The yardstick is S, one core's bare Ed25519 signatures over 1500 bytes in a CPU second, measured before and after each
list. Rates of lists are told twice: by the clock on the wall, which is what whoever waits sees, and by the CPU time of
all processes together spread over the cores, which says the same of a machine that others use too. On SQLite as it is
opened everywhere (`synchronous = FULL`), and on a PostgreSQL server of its own on disk, with fsync.

    python tests/bench_bulk.py                               rates and memory
    python tests/bench_bulk.py 1000000 SQLite PostgreSQL     growth, with so many certificates stored
"""

import contextlib
import json
import os
import statistics
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, NamedTuple

from bench_demo import demo
from bench_desk import ASKS, ready
from bench_fill import check, fill
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from postgresql import NoServer, running_server

from levels.rulebook import rulebook
from registry.command_line.main import spare_the_collector
from registry.command_line.place import keyring_of
from registry.issuing.lists.roster import read_roster
from registry.records.issued.certificates import certificates
from registry.records.sittings.occasions import NewOccasion, add_occasion, occasion_by_id
from registry.records.store.database_address import PostgresqlAddress
from registry.records.store.engines import postgresql_connection
from registry.records.whole.directory import Registry
from registry.signing.published import signed_trust

OCCASION = "fall-protection-autumn"  # of the demo: level D, which one person issues
BARE = "S, bare Ed25519 signatures"
CORES = len(os.sched_getaffinity(0))
RATE, GROWTH, MEGABYTES, TRUST_FILE_SECONDS = 0.08, 0.9, 400.0, 5.0  # goals
Row = tuple[str, float, str, str | None, float | None, float | None]
Place = tuple[str, str | None]  # what it is called, and its URL


@contextlib.contextmanager
def places(*, quick: bool = False) -> Iterator[list[Place]]:
    """Both databases, or SQLite alone where no PostgreSQL can be started; quick: one that is not careful."""
    with contextlib.ExitStack() as ends:
        found: list[Place] = [("SQLite", None)]
        try:
            server = ends.enter_context(running_server(on_disk=not quick))
        except NoServer as why:
            sys.stderr.write(f"without PostgreSQL: {why}\n")
        else:
            found.append(("PostgreSQL", server.url(server.create())))
        yield found


def class_list(people: int, turn: int) -> bytes:
    """CSV with as many people, others in every turn."""
    rows = [
        f"{_letters(turn)} {_letters(number)};{1950 + number % 50}-{number % 12 + 1:02d}-{number % 28 + 1:02d};"
        f"p{number}.{turn}@example.org;480;ja;ja"
        for number in range(people)
    ]
    return ("namn;födelsedatum;e-post;närvarominuter;godkänd;resultat registrerat\n" + "\n".join(rows)).encode()


def _letters(number: int) -> str:
    """A made-up name for a number: names have no digits."""
    return "".join(chr(ord("a") + int(digit)) for digit in f"{number:06d}").capitalize()


def signatures(seconds: float = 0.3) -> float:
    """S."""
    key, text = Ed25519PrivateKey.generate(), b"x" * 1500
    done, start = 0, time.process_time()
    while time.process_time() - start < seconds:
        key.sign(text)
        done += 1
    return done / (time.process_time() - start)


class Rate(NamedTuple):
    """Certificates a second by the clock on the wall, and as it would be if all cores were there for nothing else."""

    wall: float
    cores: float
    signatures: float


class Desk:
    """Issues one class list after the other in one registry."""

    def __init__(self, registry: Registry, now: datetime) -> None:
        self.registry, self._keyring, self._now = registry, keyring_of(registry), now
        with registry.reading() as db:
            document = json.dumps(occasion_by_id(db, OCCASION).document)
        self._like = NewOccasion.model_validate_json(document)
        self._turn = 0

    def add_occasion(self) -> str:
        self._turn += 1
        identity = f"bulk-{self._turn}"
        with self.registry.writing() as db:
            add_occasion(db, self._like.model_copy(update={"id": identity}), self._now, "bench")
        return identity

    def issue(self, people: int) -> "Rate":
        """One list of so many."""
        occasion = self.add_occasion()
        roster = read_roster(
            class_list(people, self._turn), methods=rulebook("2026-01-01").methods, on=self._now.date()
        )
        work = ready(self.registry, self._keyring, occasion, roster, self._now, at_attained=True)
        before, worked, start = signatures(), _worked(), time.perf_counter()
        done = work()
        wall, cores = time.perf_counter() - start, (_worked() - worked) / CORES
        if done.issued != people:
            raise RuntimeError(f"the benchmark's list was not issued: {done.issued} of {people}")
        return Rate(people / wall, people / cores, (before + signatures()) / 2)


def bench_bulk(now: datetime, *, quick: bool) -> Iterator[Row]:
    """What it costs on either database."""
    spare_the_collector()  # as whoever starts the program does
    people, rounds = (40, 1) if quick else (20_000, 3)
    with places(quick=quick) as found:
        for name, url in found:
            with demo(now, url) as registry:
                desk = Desk(registry, now)
                rates = [desk.issue(people) for _ in range(rounds)]
                for what, place in (("wall", 0), ("CPU", 1)):
                    rate = statistics.median(each[place] for each in rates)
                    ratio = statistics.median(each[place] / each.signatures for each in rates)
                    yield (
                        f"issued from lists of {people:,}, {CORES} cores, {name}",
                        rate,
                        f"/{what}-s",
                        BARE,
                        ratio,
                        RATE,
                    )


def bench_growth(
    now: datetime, *, quick: bool, stored: int = 1_000_000, databases: Sequence[str] = ("SQLite", "PostgreSQL")
) -> Iterator[Row]:
    """What it costs with many certificates stored, against the same with few, in turns."""
    spare_the_collector()
    few, many, people, rounds = (40, 400, 40, 1) if quick else (10_000, stored, 5_000, 7)
    for name in databases[:1] if quick else databases:
        with contextlib.ExitStack() as ends:
            if name == "PostgreSQL":
                try:
                    server = ends.enter_context(running_server(on_disk=True))
                except NoServer:
                    return
                urls: list[str | None] = [server.url(server.create()) for _ in range(2)]
            else:
                urls = [None, None]
            desks = []
            for url, wanted in zip(urls, (few, many), strict=True):
                registry = ends.enter_context(demo(now, url))
                desks.append(_grown(registry, wanted, now))
            pairs: list[list[Rate]] = []
            for turn in range(rounds + 1):
                # Each in turn goes first, and the first turn warms both.
                rates = [desk.issue(people) for desk in (desks if turn % 2 else desks[::-1])]
                pairs.append(rates if turn % 2 else rates[::-1])
            counted = pairs[0 if quick else 1 :]
            for what, place in (("wall", 0), ("CPU", 1)):
                ratio = statistics.median(large[place] / small[place] for small, large in counted)
                rate = statistics.median(large[place] for _, large in counted)
                yield f"issued with {many:,} stored, {name}", rate, f"/{what}-s", f"with {few:,} stored", ratio, GROWTH
            took = statistics.median(_trust_file(desks[1].registry, now) for _ in range(1 if quick else 3))
            yield f"trust file over {many:,}, {name}", took, "s", "the aim", took / TRUST_FILE_SECONDS, 1.0


def _trust_file(registry: Registry, now: datetime) -> float:
    """Seconds for all that is public, as of one moment, signed."""
    keyring = keyring_of(registry)
    begun = time.perf_counter()
    with registry.reading() as db:
        signed_trust(db, keyring, registry.public_url, now)
    return time.perf_counter() - begun


def _grown(registry: Registry, wanted: int, now: datetime) -> Desk:
    desk = Desk(registry, now)
    desk.issue(20)
    with registry.reading() as db:
        like = certificates(db, limit=1)[0].number
    start = time.perf_counter()
    fill(registry, keyring_of(registry), like, wanted, now)
    check(registry, now)
    settle(registry)
    sys.stderr.write(f"{wanted:,} certificates stored in {time.perf_counter() - start:.0f} s\n")
    return desk


def settle(registry: Registry) -> None:
    """Let a server do now what it does for minutes after a flood: that is not what is measured."""
    if isinstance(registry.address, PostgresqlAddress):
        connection = postgresql_connection(registry.address)
        for statement in ("VACUUM (ANALYZE)", "CHECKPOINT"):
            connection.execute(statement)
        connection.close()


def bench_memory(now: datetime, *, quick: bool) -> Iterator[Row]:
    """What `bevis batch issue` and all that it starts hold in memory at most, together."""
    people = 100 if quick else 50_000
    with places(quick=quick) as found:
        for name, url in found[:1] if quick else found:
            with demo(now, url) as registry:
                desk = Desk(registry, now)
                occasion = desk.add_occasion()
                desk.issue(1)  # so that the people are there
                listed = registry.directory / "list.csv"
                listed.write_bytes(class_list(people, 0))
                bevis = "from registry.command_line.main import run; run()"
                command = [sys.executable, "-c", bevis, "batch", "issue", str(listed), "--occasion", occasion]
                command += ["--at-attained", "--dir", str(registry.directory), "--actor", ASKS, "--json"]
                told, most = _watched(command)
                if told["issued"] != people:
                    raise RuntimeError(f"the benchmark's list was not issued: {told['issued']} of {people}")
                yield f"memory for a list of {people:,}, {name}", most, "MB", f"{MEGABYTES:g} MB", most / MEGABYTES, 1.0


def _watched(command: list[str]) -> tuple[dict[str, int], float]:
    """What it answered, and the most megabytes that it and its children held at one moment; shared pages count once."""
    with tempfile.TemporaryFile() as answer:
        process = subprocess.Popen(command, stdout=answer)
        seen = [0]
        over = threading.Event()

        def watch() -> None:
            while not over.wait(0.1):
                seen.append(sum(map(_resident, _family(process.pid))))

        watching = threading.Thread(target=watch)
        watching.start()
        try:
            if process.wait() != 0:
                raise RuntimeError("the benchmark's command failed")
        finally:
            over.set()
            watching.join()
        answer.seek(0)
        return json.load(answer), max(seen) / 1e6


def _worked() -> float:
    """CPU seconds of this process, of all that it started, and of those that they started; the database's too."""
    ticks = 0
    for pid in _family(os.getpid()):
        with contextlib.suppress(OSError):
            told = Path(f"/proc/{pid}/stat").read_text("ascii", "replace").rpartition(")")[2].split()
            ticks += sum(map(int, told[11:15]))  # user and system, and those of children that have ended
    return ticks / os.sysconf("SC_CLK_TCK")


def _family(pid: int) -> list[int]:
    """A process, its children, and theirs."""
    found = [pid]
    for one in found:
        with contextlib.suppress(OSError):
            for thread in Path(f"/proc/{one}/task").iterdir():
                found += map(int, (thread / "children").read_text("ascii").split())
    return found


def _resident(pid: int) -> int:
    """Its share of what it holds in memory: pages that several processes have are divided among them."""
    with contextlib.suppress(OSError, ValueError):
        told = Path(f"/proc/{pid}/smaps_rollup").read_text("ascii")
        return 1024 * int(told.partition("\nPss:")[2].split(maxsplit=1)[0])
    try:
        return int(Path(f"/proc/{pid}/statm").read_text("ascii").split()[1]) * os.sysconf("SC_PAGE_SIZE")
    except OSError:
        return 0


def _measure(work: Callable[..., Iterator[Row]], **how: Any) -> None:
    for row in work(datetime.now(UTC).replace(microsecond=0), quick=False, **how):
        sys.stdout.write(" | ".join(map(str, row)) + "\n")
        sys.stdout.flush()


if __name__ == "__main__":
    if len(sys.argv) > 1:
        _measure(bench_growth, stored=int(sys.argv[1]), databases=sys.argv[2:] or ["SQLite"])
    else:
        _measure(bench_bulk)
        _measure(bench_memory)
