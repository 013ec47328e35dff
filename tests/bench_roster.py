"""What it costs to read a class list of 20 000 people from a workbook, and to say what would become of it.

`tests/bench.py` calls `bench_roster`; by itself this file prints the same figures.
"""

import resource
import statistics
import sys
import tempfile
from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

from workbook_files import HOSTILE, written

from levels.rulebook import rulebook
from registry.command_line.demo import make_demo
from registry.command_line.main import spare_the_collector
from registry.issuing.batches.issue_batch import check_batch
from registry.issuing.lists.roster import read_roster
from registry.reading.workbooks import Limits, sheets_of
from registry.reading.wrong import Unreadable
from registry.records.whole.directory import Registry

OCCASION = "fall-protection-autumn"  # of the demo
MOST_SECONDS, MOST_SECONDS_OF_A_REFUSAL = 3.0, 2.0
HEADERS = ["namn", "födelsedatum", "e-post", "telefon", "arbetsgivare", "närvarominuter", "godkänd"]
HEADERS += ["resultat registrerat", "id-kontroll", "porträtt", "anmärkning"]
Row = tuple[str, float, str, str, float, float | None]  # name, value, unit, yardstick, ratio, goal


def seconds() -> float:
    """Of work, of this process and of those that it started and that ended."""
    spent = [resource.getrusage(which) for which in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)]
    return sum(each.ru_utime + each.ru_stime for each in spent)


def timed(work: Callable[[], object]) -> float:
    start = seconds()
    work()
    return seconds() - start


def class_list(people: int) -> bytes:
    """A workbook as a provider fills it in: days as days, numbers as numbers."""
    first = date(1975, 1, 1)
    return written(
        [
            HEADERS,
            *(
                [
                    "Åsa " + "".join(chr(ord("a") + int(digit)) for digit in f"{number:05d}").capitalize(),
                    first + timedelta(days=number % 9_000),
                    f"p{number}@example.org",
                    f"+46 70 {number:07d}",
                    "Norrbygg AB",
                    480,
                    "ja",
                    "ja",
                    "pass",
                    "x",
                    "",
                ]
                for number in range(people)
            ),
        ]
    )


def bench_roster(
    registry: Registry, now: datetime, *, people: int = 20_000, rounds: int = 3, hostile: int | None = None
) -> list[Row]:
    """Reading alone, and with what would be issued; and the slowest refusal of a workbook aimed at the reader."""
    spare_the_collector()  # as whoever starts the program does
    data, methods = class_list(people), rulebook("2026-01-01").methods

    def read() -> None:
        if len(read_roster(data, methods=methods, on=now.date()).rows) != people:
            raise RuntimeError("the benchmark's list is not read whole")

    def checked() -> None:
        roster = read_roster(data, methods=methods, on=now.date())
        with registry.reading() as db:
            if check_batch(db, OCCASION, roster, now=now).issued != people:
                raise RuntimeError("the benchmark's list would not be issued whole")

    name = f"class list, XLSX, {people:,} rows"
    rows: list[Row] = []
    for what, work, goal in (
        ("read, every cell checked", read, 1.0),
        ("and what would become of each", checked, None),
    ):
        spent = statistics.median(timed(work) for _ in range(rounds))
        rows.append((f"{name}: {what}", spent, "CPU-s", "3 s", spent / MOST_SECONDS, goal))
    found = refusals(hostile)
    slowest = max(found, key=lambda each: each[1])
    told = f"slowest of {len(found)} hostile workbooks ({slowest[0]})"
    rows.append((told, slowest[1], "CPU-s", "2 s", slowest[1] / MOST_SECONDS_OF_A_REFUSAL, 1.0))
    return rows


def refusals(most: int | None) -> list[tuple[str, float]]:
    found: list[tuple[str, float]] = []
    for name, (make, code) in list(HOSTILE.items())[:most]:
        data = make()

        def refused(data: bytes = data, code: str = code) -> None:
            try:
                sheets_of(data, Limits(50_100, 60))
            except Unreadable as unreadable:
                if unreadable.wrong[0].code == code:
                    return
            raise RuntimeError(f"not refused as {code}")

        found.append((name, timed(refused)))
    return found


if __name__ == "__main__":
    moment = datetime.now(UTC).replace(microsecond=0)
    with tempfile.TemporaryDirectory() as place:
        made, _ = make_demo(Path(place) / "demo", moment, public_url="http://127.0.0.1:8000")
        for row in bench_roster(made, moment, people=int(sys.argv[1]) if len(sys.argv) > 1 else 20_000):
            sys.stdout.write(" | ".join(map(str, row)) + "\n")
        made.close()
