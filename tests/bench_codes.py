"""How many printed codes are read under fourteen conditions: by the registry's decoder, and by the scanner's in Node.

The yardstick is what was measured at the same printed width when the size of the code was chosen.
"""

import json
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from datetime import datetime
from pathlib import Path

import zxingcpp

sys.path.insert(0, str(Path(__file__).parents[1]))  # a bench is run as a file, and its pictures are the tests'
from tests.verification.pictures.degraded import CONDITIONS, seen
from tests.verification.pictures.test_decode_rates import CODE, READ

Row = tuple[str, float, str, str | None, float | None, float | None]
WIDTH_MM = 30
READER = Path(__file__).parents[1] / "verification" / "scanner" / "node_modules"
MEASURED = {"zxing-cpp": (93, 140), "zxing-wasm": (45, 70)}


def bench_codes(now: datetime, *, quick: bool) -> Iterator[Row]:  # noqa: ARG001 a printed code has no age
    with tempfile.TemporaryDirectory() as place:
        pictures = [
            (seen(CODE, WIDTH_MM, condition, seed), condition)
            for condition in CONDITIONS
            for seed in range(1 if quick else 10)
        ]
        read = [any(one.text == CODE for one in zxingcpp.read_barcodes(picture)) for picture, _ in pictures]
        yield _row("zxing-cpp", read)
        node = shutil.which("node")
        if node is None or not READER.is_dir():
            sys.stderr.write(
                "bench: the scanner's decoder is not installed and not measured; `make bench` installs it, with npm\n"
            )
            return
        paths = []
        for number, (picture, _) in enumerate(pictures):
            if quick or number % 2 == 0:
                paths.append(Path(place) / f"{number}.png")
                picture.save(paths[-1])
        done = subprocess.run([node, str(READ), *map(str, paths)], capture_output=True, text=True, check=True)
        yield _row("zxing-wasm", [CODE in codes for codes in json.loads(done.stdout)])


def _row(decoder: str, read: list[bool]) -> Row:
    number, of = MEASURED[decoder]
    share = sum(read) / len(read)
    name = f"codes of {WIDTH_MM} mm read on bad days, {decoder}"
    return name, 100 * share, "%", "first measurement", share / (number / of), 1.0
