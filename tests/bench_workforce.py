"""What it costs to check a workforce: a register filled with many certificates, and one question about everybody.

`tests/bench.py` calls `bench_workforce`; by itself this file prints the same figures, one part a line.
"""

import json
import statistics
import sys
import tempfile
import time
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path

from bench_desk import issue

from levels.rulebook import rulebook
from registry.checking.check_workforce import check_workforce
from registry.checking.profile import read_profile
from registry.checking.told import as_json
from registry.checking.workforce import read_workforce
from registry.command_line.demo import make_demo
from registry.command_line.place import keyring_of
from registry.issuing.lists.roster import read_roster
from registry.records.sittings.occasions import NewOccasion, add_occasion, occasion_by_id
from registry.records.whole.directory import Registry
from verification.certificate import display_number

SCHEMES = ("fall-protection", "scaffold-user", "toolbox-lifting")
LIKE = {"fall-protection-autumn": 480, "scaffold-user-uppsala": 150}  # occasions of the demo, and minutes of the course
CLASS = 25  # people on one class list
REQUIREMENTS = 20
MOST_SECONDS = 2.0
Row = tuple[str, float, str, str, float, float | None]  # name, value, unit, yardstick, ratio, goal


def _name(number: int) -> str:
    """A made-up name for a number: names have no digits."""
    return "Test " + "".join(chr(ord("a") + int(digit)) for digit in f"{number:05d}").capitalize()


def fill(registry: Registry, people: int, now: datetime) -> list[list[str]]:
    """Issue certificates of two of the demo's schemes to each of many people. Returns their numbers by person."""
    keyring, held = keyring_of(registry), [list[str]() for _ in range(people)]
    methods = rulebook("2026-01-01").methods
    for which, minutes in LIKE.items():
        with registry.reading() as db:
            like = NewOccasion.model_validate_json(json.dumps(occasion_by_id(db, which).document))
        for start in range(0, people, CLASS):
            rows = range(start, min(start + CLASS, people))
            lines = "\n".join(
                f"{_name(row)};1985-{row % 12 + 1:02d}-{row % 28 + 1:02d};a@example.org;{minutes};ja;ja;pass"
                for row in rows
            )
            listed = f"namn;födelsedatum;e-post;närvarominuter;godkänd;resultat registrerat;id-kontroll\n{lines}\n"
            roster = read_roster(listed.encode(), methods=methods, on=now.date())
            with registry.writing() as db:
                occasion = f"bench-{which[:5]}-{start}"
                add_occasion(db, like.model_copy(update={"id": occasion}), now, "bench")
            done = issue(registry, keyring, occasion, roster, now - timedelta(hours=4) + timedelta(seconds=start))
            for row, issued in zip(rows, done.rows, strict=True):
                if issued.number is None:
                    raise RuntimeError(issued)
                held[row].append(issued.number)
    return held


def workforce(held: list[list[str]]) -> bytes:
    """Everybody with what they hold; every hundredth shows the certificates of the one before."""
    lines = [
        f"{_name(row)},{1985},worker,{' '.join(display_number(number) for number in held[row - (row % 100 == 99)])}"
        for row in range(len(held))
    ]
    return ("name,birth year,role,certificates\n" + "\n".join(lines) + "\n").encode()


def profile() -> bytes:
    """Twenty requirements that differ in schemes, level, age and more."""
    blocks = [
        'id = "bench"',
        'owner = "own"',
        '[titles]\nsv = "Prov"\nnb = "Prøve"\nen = "Bench"',
        '[[role]]\nid = "worker"',
    ]
    blocks.append(f"requires = {[f'need-{number}' for number in range(REQUIREMENTS)]}".replace("'", '"'))
    blocks.append('[role.titles]\nsv = "Arbetare"\nnb = "Arbeider"\nen = "Worker"')
    for number in range(REQUIREMENTS):
        more = ("", 'level = "D"', "max_age_months = 12", "identity = 1", 'level = "E"')[number % 5]
        blocks += [
            f'[[requirement]]\nid = "need-{number}"\nany_of = ["{SCHEMES[number % 3]}"]\n{more}',
            f'[requirement.titles]\nsv = "Krav {number}"\nnb = "Krav {number}"\nen = "Need {number}"',
        ]
    return "\n".join(blocks).encode()


def measured(registry: Registry, listed: bytes, now: datetime) -> dict[str, float]:
    """Seconds of this process, part by part: reading the file, the answer, and that as JSON."""
    needed = read_profile(profile())
    spent: dict[str, float] = {}

    def timed(part: str, work: Callable[[], object]) -> object:
        start = time.process_time()
        done = work()
        spent[part] = time.process_time() - start
        return done

    people = timed("file", lambda: read_workforce(listed, needed, today=now.date()).people)
    with registry.reading() as db:
        found = timed(
            "answer",
            lambda: check_workforce(db, registry.public_url, people, needed, now=now, today=now.date()),  # type: ignore[arg-type]
        )
    timed("json", lambda: json.dumps(as_json(found, "sv"), ensure_ascii=False))  # type: ignore[arg-type]
    return spent


def bench_workforce(registry: Registry, now: datetime, *, people: int = 10_000, rounds: int = 3) -> list[Row]:
    """What one question about everybody costs, the median of several rounds; ratio: to two seconds, at most 1."""
    listed = workforce(fill(registry, people, now))
    later = now + timedelta(days=1)
    found = [measured(registry, listed, later) for _ in range(rounds)]
    answer = statistics.median(one["file"] + one["answer"] for one in found)
    told = statistics.median(one["json"] for one in found)
    name = f"workforce, {people:,} people x {REQUIREMENTS} requirements"
    return [
        (f"{name}: file and answer", answer, "s", "2 s", answer / MOST_SECONDS, 1.0),
        (f"{name}: as JSON", told, "s", "2 s", told / MOST_SECONDS, None),
    ]


if __name__ == "__main__":
    moment = datetime.now(UTC).replace(microsecond=0)
    with tempfile.TemporaryDirectory() as place:
        made, _ = make_demo(Path(place) / "demo", moment, public_url="http://127.0.0.1:8000")
        for row in bench_workforce(made, moment, people=int(sys.argv[1]) if len(sys.argv) > 1 else 10_000):
            sys.stdout.write(" | ".join(map(str, row)) + "\n")
        made.close()
