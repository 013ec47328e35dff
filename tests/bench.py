"""`make bench`: what the work costs, each figure as a ratio to a bare yardstick measured beside it in the same run.

One row a line: name, value, unit, ratio, yardstick, goal. Rates are operations per CPU second of this process, the
median of several rounds; a ratio is the median of pairs measured one right after the other, because machines differ
and drift. `--json` prints the rows as JSON, `--quick` does the same work, too little of it to be a measurement, and
`--only WORD` measures what has that word in its name. `--only growth` alone stores a million certificates first, which
takes half an hour, and tells what a list costs then; it is no part of the whole.
"""

import argparse
import json
import random
import statistics
import sys
import time
import zlib
from collections.abc import Callable, Iterator
from datetime import UTC, date, datetime
from pathlib import Path

from bench_bulk import bench_bulk, bench_growth, bench_memory
from bench_codes import bench_codes
from bench_demo import demo
from bench_desk import ready
from bench_documents import bench_documents
from bench_http import bench_http, uniform_time
from bench_log import bench_log
from bench_offline import bench_offline
from bench_roster import bench_roster
from bench_scanner import bench_scanner
from bench_single import bench_single
from bench_workforce import bench_workforce
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from levels.assess import assess
from levels.evidence import Tie, evidence_from_toml
from levels.independence import TieGraph, independence
from levels.rulebook import rulebook
from registry.command_line.place import keyring_of
from registry.issuing.documents.codes import qr_svg, qr_text
from registry.issuing.lists.roster import read_roster
from registry.records.issued.certificates import certificates
from registry.records.sittings.occasions import NewOccasion, add_occasion, occasion_by_id
from registry.records.whole.directory import Registry
from registry.signing.status import EFFORT, list_of
from registry.web.source import RegistrySource
from verification.judge import judge
from verification.situation import situation
from verification.status_list import deflated
from verification.verify import verify

ASKED = argparse.ArgumentParser(description=__doc__)
ASKED.add_argument("--quick", action="store_true")
ASKED.add_argument("--json", action="store_true")
ASKED.add_argument("--only", default="", metavar="WORD", help="what has it in its name; growth: only this way")
GIVEN = ASKED.parse_args()
QUICK = GIVEN.quick
ROUNDS = 1 if QUICK else 9
SECONDS = 0.01 if QUICK else 0.2
NOW = datetime.now(UTC).replace(microsecond=0)
BASE_B = Path(__file__).parent / "levels" / "cases" / "base_b.toml"
ORGANISATIONS, TIES = (100, 500) if QUICK else (10_000, 50_000)
ROSTER_ROWS = 20 if QUICK else 1_000
BARE = "bare Ed25519 verification"
Row = tuple[str, float, str, str | None, float | None, float | None]  # name, value, unit, yardstick, ratio, goal


def rate(work: Callable[[], object], seconds: float = SECONDS) -> float:
    """Operations per CPU second."""
    done, start = 0, time.process_time()
    while time.process_time() - start < seconds:
        work()
        done += 1
    return done / (time.process_time() - start)


def against(
    name: str, work: Callable[[], object], baseline: Callable[[], object], yardstick: str, goal: float | None = None
) -> Row:
    """The median rate and the median of the ratios, each round measured side by side."""
    pairs = [(rate(work), rate(baseline)) for _ in range(ROUNDS)]
    ratio = statistics.median(one / other for one, other in pairs)
    return name, statistics.median(one for one, _ in pairs), "/CPU-s", yardstick, ratio, goal


def bare_verification() -> Callable[[], object]:
    """The yardstick of verification: one Ed25519 signature over 1500 bytes."""
    key = Ed25519PrivateKey.generate()
    public, text = key.public_key(), b"x" * 1500
    signature = key.sign(text)
    return lambda: public.verify(signature, text)


def many_ties() -> list[Tie]:
    """A sector: forests of owners with persons on top, cross-holdings, and ties of other kinds."""
    dice = random.Random(7)  # noqa: S311 a benchmark, no secret
    free = dict.fromkeys(range(ORGANISATIONS), 100)
    ties: list[Tie] = []
    while len(ties) < TIES:
        owned = dice.randrange(ORGANISATIONS)
        if dice.random() < 0.7:
            share = dice.choice((5, 10, 20, 30, 60))
            share = min(share, free[owned])
            if share == 0:
                continue
            free[owned] -= share
            # Mostly a person or an older firm owns a younger one; now and then it is the other way round.
            older = dice.randrange(owned + 1) if dice.random() < 0.98 else dice.randrange(ORGANISATIONS)
            owner = f"person-{dice.randrange(20_000)}" if dice.random() < 0.6 or older == owned else f"org-{older}"
            ties.append(Tie(kind="owns", a=owner, b=f"org-{owned}", share_percent=share))  # type: ignore[arg-type]
        else:
            other = dice.randrange(ORGANISATIONS)
            if other != owned and dice.random() < 0.1:
                ties.append(Tie(kind="control_group", a=f"org-{owned}", b=f"org-{other}"))  # type: ignore[arg-type]
            elif other != owned:
                ties.append(Tie(kind="shared_staff", a=f"org-{owned}", b=f"org-{other}"))  # type: ignore[arg-type]
    return ties


def bench_levels() -> Iterator[Row]:
    rules, day = rulebook("2026-01-01"), date(2026, 6, 15)
    evidence = evidence_from_toml(BASE_B.read_bytes())
    yield against("assessments", lambda: assess(evidence, rules, day), bare_verification(), BARE)
    ties = many_ties()
    age = {f"org-{number}": 1 for number in range(ORGANISATIONS)}
    dice = random.Random(8)  # noqa: S311 a benchmark, no secret
    found = []
    for _ in range(20):
        a, b = dice.sample(range(ORGANISATIONS), 2)
        start = time.process_time()
        independence(TieGraph(ties), f"org-{a}", f"org-{b}", first=day, last=day, complete_age=age, terms=rules.terms)
        found.append((time.process_time() - start) * 1000)
    name = f"independence from nothing, {ORGANISATIONS:,} organisations, {TIES:,} ties"
    middle = statistics.median(found)
    yield name, middle, "ms", "50 ms, at most", middle / 50, 1.0


def letters(number: int) -> str:
    """A made-up name for a number: names have no digits."""
    return "".join(chr(ord("a") + int(digit)) for digit in f"{number:05d}").capitalize()


def long_roster() -> bytes:
    rows = [
        f"Test {letters(number)};1985-{number % 12 + 1:02d}-{number % 28 + 1:02d};p{number}@example.org;480;ja;ja"
        for number in range(ROSTER_ROWS)
    ]
    return ("namn;födelsedatum;e-post;närvarominuter;godkänd;resultat registrerat\n" + "\n".join(rows)).encode()


def bench_issuing(registry: Registry) -> Iterator[Row]:
    key = Ed25519PrivateKey.generate()
    text = b"x" * 1500
    keyring = keyring_of(registry)
    with registry.reading() as db:
        document = json.dumps(occasion_by_id(db, "fall-protection-autumn").document)
        like = NewOccasion.model_validate_json(document)
    rates = []
    for turn in range(1 if QUICK else 5):
        with registry.writing() as db:
            add_occasion(db, like.model_copy(update={"id": f"bench-{turn}"}), NOW, "bench")
        roster = read_roster(long_roster(), methods=rulebook("2026-01-01").methods, on=NOW.date())
        work = ready(registry, keyring, f"bench-{turn}", roster, NOW, at_attained=True)
        cpu, wall = time.process_time(), time.perf_counter()
        done = work()
        if done.issued != ROSTER_ROWS:
            sys.exit(f"the benchmark's list was not issued: {done.issued} of {ROSTER_ROWS}")
        spent = time.process_time() - cpu
        rates.append((ROSTER_ROWS / spent, ROSTER_ROWS / (time.perf_counter() - wall), rate(lambda: key.sign(text))))
    ratio = statistics.median(issued / signed for issued, _, signed in rates)
    issued = statistics.median(issued for issued, _, _ in rates)
    yield (
        f"certificates issued and proved, batches of {ROSTER_ROWS}",
        issued,
        "/CPU-s",
        "bare Ed25519 signature",
        ratio,
        None,
    )


def bench_verify(registry: Registry) -> Iterator[Row]:
    keyring = keyring_of(registry)
    source = RegistrySource(registry, registry.public_url, lambda: NOW)
    with registry.reading() as db:
        row = next(row for row in certificates(db) if row.scheme == "hot-work" and row.state == "issued")
        code = qr_text(db, keyring, row, registry.public_url, NOW)
    trust, gate = source.trust(row.number), situation()

    def whole(token: str) -> Callable[[], object]:
        def work() -> None:
            if judge(verify(token, trust, NOW), gate, NOW).headline != "valid":
                sys.exit("the benchmark's certificate is not valid")

        return work

    yield against("verify and judge a QR code, full policy", whole(code), bare_verification(), BARE, 0.6)
    yield against("verify and judge a vc+jwt, full policy", whole(row.vc_jwt), bare_verification(), BARE)
    yield "QR code drawn (SVG)", rate(lambda: qr_svg(code)), "/CPU-s", None, None, None


def bench_status_lists() -> Iterator[Row]:
    """From rows already read to the compressed list that is signed: at most 1.3 times what zlib alone takes."""
    for size in (10_000,) if QUICK else (1_000_000, 10_000_000):
        dice = random.Random(size)  # noqa: S311 a benchmark, no secret
        rows = {dice.randrange(size): dice.choice(("revoked", "suspended", "superseded")) for _ in range(size // 100)}
        packed = list_of(rows, size).packed

        def rendered(rows: dict[int, str] = rows, size: int = size) -> object:
            return deflated(list_of(rows, size), EFFORT)

        def bare(packed: bytes = packed) -> object:
            return zlib.compress(packed, EFFORT)

        name, value, _, yardstick, ratio, _ = against(f"status list of {size:,} rendered", rendered, bare, "zlib alone")
        yield name, 1000 / value, "ms", yardstick, None if ratio is None else 1 / ratio, 1.3


def rows() -> Iterator[Row]:  # noqa: C901 one line for each part of the work
    """Every figure, each part of the work in a registry of its own."""
    wanted = GIVEN.only
    if wanted in "levels assessments independence":
        yield from bench_levels()
    if wanted in "verify judge QR":
        with demo(NOW) as registry:
            yield from bench_verify(registry)
    if wanted in "status lists":
        yield from bench_status_lists()
    if wanted in "http endpoint time":
        yield from bench_http(QUICK)
        yield from uniform_time(QUICK)
    if wanted in "issued issuing":
        with demo(NOW) as registry:
            yield from bench_issuing(registry)
    for words, work in (
        ("bulk issued issuing lists", bench_bulk),
        ("bulk memory", bench_memory),
        ("log entries proofs", bench_log),
        ("single certificate asked", bench_single),
        ("offline verify", bench_offline),
        ("scanner camera verdict", bench_scanner),
        ("codes read", bench_codes),
        ("growth stored", bench_growth),
    ):
        if wanted in words and (wanted or QUICK or work is not bench_growth):
            yield from work(NOW, quick=QUICK)
    if wanted in "documents diploma seal paper":
        with demo(NOW) as registry:
            yield from bench_documents(registry, keyring_of(registry), against, quick=QUICK)
    if wanted in "class list roster hostile workbooks":
        with demo(NOW) as registry:
            yield from (
                bench_roster(registry, NOW, people=50, rounds=1, hostile=5) if QUICK else bench_roster(registry, NOW)
            )
    if wanted in "workforce":
        with demo(NOW) as registry:
            yield from bench_workforce(registry, NOW, people=50 if QUICK else 10_000)


def main() -> None:
    told: list[Row] = []
    for row in rows():
        told.append(row)
        if not GIVEN.json:
            name, value, unit, yardstick, ratio, goal = row
            shown = f"{value:,.0f}" if value >= 100 else f"{value:.2f}"
            beside = "" if ratio is None else f"{ratio:.3f} x {yardstick}"
            aim = "" if goal is None else f"goal {goal:g}"
            sys.stdout.write(f"{name:<58}{shown:>10} {unit:<14}{beside:<40}{aim}".rstrip() + "\n")
            sys.stdout.flush()
    if GIVEN.json:
        members = ("name", "value", "unit", "yardstick", "ratio", "goal")
        json.dump([dict(zip(members, row, strict=True)) for row in told], sys.stdout, indent=1)
        sys.stdout.write("\n")


if __name__ == "__main__":
    main()
