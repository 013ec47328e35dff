"""`make bench`: what the work costs, as rates of one core and as ratios to a bare baseline in the same run.

Rates are operations per CPU second of this process, the median of several rounds; the ratio is to one bare Ed25519
verification (or signature) measured in the same round, because machines differ and drift.
"""

import json
import random
import statistics
import sys
import tempfile
import time
from collections.abc import Callable
from datetime import UTC, date, datetime
from pathlib import Path

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from levels.assess import assess
from levels.evidence import Tie, evidence_from_toml
from levels.independence import TieGraph, independence
from levels.rulebook import rulebook
from registry.command_line.demo import make_demo
from registry.command_line.place import keyring_of
from registry.issuing.documents import qr_svg, qr_text
from registry.issuing.issue_batch import issue_batch
from registry.issuing.roster import read_roster
from registry.records.certificates import certificates
from registry.records.directory import Registry
from registry.records.occasions import NewOccasion, add_occasion, occasion_by_id
from registry.web.source import RegistrySource
from verification.judge import judge
from verification.situation import situation
from verification.verify import verify

QUICK = "--quick" in sys.argv  # the same work, too little of it to be a measurement
ROUNDS = 1 if QUICK else 5
SECONDS = 0.01 if QUICK else 0.3
NOW = datetime.now(UTC).replace(microsecond=0)
BASE_B = Path(__file__).parent / "levels" / "cases" / "base_b.toml"
ORGANISATIONS, TIES = (100, 500) if QUICK else (10_000, 50_000)
ROSTER_ROWS = 20 if QUICK else 1_000


def rate(work: Callable[[], object], seconds: float = SECONDS) -> float:
    """Operations per CPU second."""
    done, start = 0, time.process_time()
    while time.process_time() - start < seconds:
        work()
        done += 1
    return done / (time.process_time() - start)


def line(name: str, value: str, ratio: str = "") -> None:
    sys.stdout.write(f"{name:<52}{value:>16}  {ratio}\n")


def against(name: str, work: Callable[[], object], baseline: Callable[[], object], what: str) -> None:
    """Print the median rate and the median of the ratios, each round measured side by side."""
    pairs = [(rate(work), rate(baseline)) for _ in range(ROUNDS)]
    ratio = statistics.median(one / other for one, other in pairs)
    line(name, f"{statistics.median(one for one, _ in pairs):,.0f} /s", f"{ratio:.3f} x {what}")


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


def bench_levels() -> None:
    rules, day = rulebook("2026-01-01"), date(2026, 6, 15)
    evidence = evidence_from_toml(BASE_B.read_bytes())
    key = Ed25519PrivateKey.generate()
    public, text = key.public_key(), b"x" * 1500
    signature = key.sign(text)

    def bare_verification() -> None:
        public.verify(signature, text)

    against("assessments, one core", lambda: assess(evidence, rules, day), bare_verification, "bare verification")

    ties = many_ties()
    age = {f"org-{number}": 1 for number in range(ORGANISATIONS)}
    dice = random.Random(8)  # noqa: S311 a benchmark, no secret
    found = []
    for _ in range(20):
        a, b = dice.sample(range(ORGANISATIONS), 2)
        start = time.process_time()
        independence(TieGraph(ties), f"org-{a}", f"org-{b}", first=day, last=day, complete_age=age, terms=rules.terms)
        found.append((time.process_time() - start) * 1000)
    line(
        f"cold independence, {ORGANISATIONS:,} organisations, {TIES:,} ties",
        f"{statistics.median(found):.1f} ms",
        f"{min(found):.1f} to {max(found):.1f} over 20 pairs",
    )


def letters(number: int) -> str:
    """A made-up name for a number: names have no digits."""
    return "".join(chr(ord("a") + int(digit)) for digit in f"{number:05d}").capitalize()


def long_roster() -> bytes:
    rows = [
        f"Test {letters(number)};1985-{number % 12 + 1:02d}-{number % 28 + 1:02d};p{number}@example.org;480;ja;ja"
        for number in range(ROSTER_ROWS)
    ]
    return ("namn;födelsedatum;e-post;närvarominuter;godkänd;resultat registrerat\n" + "\n".join(rows)).encode()


def bench_issuing(registry: Registry) -> None:
    key = Ed25519PrivateKey.generate()
    text = b"x" * 1500
    keyring = keyring_of(registry)
    with registry.reading() as db:
        document = json.dumps(occasion_by_id(db, "fall-protection-autumn").document)
        like = NewOccasion.model_validate_json(document)
    rates = []
    for turn in range(ROUNDS):
        with registry.writing() as db:
            add_occasion(db, like.model_copy(update={"id": f"bench-{turn}"}), NOW, "bench")
        roster = read_roster(long_roster(), methods=rulebook("2026-01-01").methods, on=NOW.date())
        cpu, wall = time.process_time(), time.perf_counter()
        with registry.writing() as db:
            done = issue_batch(
                db,
                keyring,
                registry.public_url,
                f"bench-{turn}",
                roster,
                now=NOW,
                actor="bench",
                issue_at_attained=True,
            )
        if done.issued != ROSTER_ROWS:
            sys.exit(f"the benchmark's list was not issued: {done.issued} of {ROSTER_ROWS}")
        spent = time.process_time() - cpu
        rates.append((ROSTER_ROWS / spent, ROSTER_ROWS / (time.perf_counter() - wall), rate(lambda: key.sign(text))))
    ratio = statistics.median(issued / signed for issued, _, signed in rates)
    line(
        f"certificates issued and proved, batches of {ROSTER_ROWS}",
        f"{statistics.median(issued for issued, _, _ in rates):,.0f} /s",
        f"{ratio:.4f} x bare signature; {statistics.median(wall for _, wall, _ in rates):,.0f} /s by the wall",
    )


def bench_verify(registry: Registry) -> None:
    keyring = keyring_of(registry)
    source = RegistrySource(registry, registry.public_url, lambda: NOW)
    with registry.reading() as db:
        row = next(row for row in certificates(db) if row.scheme == "hot-work" and row.state == "issued")
        code = qr_text(db, keyring, row, registry.public_url, NOW)
    trust, gate = source.trust(row.number), situation()
    key = Ed25519PrivateKey.generate()
    public, text = key.public_key(), b"x" * 1500
    signature = key.sign(text)

    def bare_verification() -> None:
        public.verify(signature, text)

    def whole(token: str) -> Callable[[], object]:
        def work() -> None:
            if judge(verify(token, trust, NOW), gate, NOW).headline != "valid":
                sys.exit("the benchmark's certificate is not valid")

        return work

    against("verify and judge, QR code", whole(code), bare_verification, "bare verification")
    against("verify and judge, vc+jwt", whole(row.vc_jwt), bare_verification, "bare verification")
    line("QR code drawn (SVG)", f"{rate(lambda: qr_svg(code)):,.0f} /s")


def main() -> None:
    bench_levels()
    with tempfile.TemporaryDirectory() as directory:
        registry, _ = make_demo(Path(directory) / "demo", NOW, public_url="http://127.0.0.1:8000")
        try:
            bench_verify(registry)
            bench_issuing(registry)
        finally:
            registry.close()


if __name__ == "__main__":
    main()
