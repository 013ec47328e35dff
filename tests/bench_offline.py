"""`bevis verify QR --trust FILE` as a process of its own, the registry off: what it takes beyond Python's own start.

CPU time of the processes, so that it says the same of a machine that others use too; at best of so many.
"""

import resource
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from datetime import datetime
from pathlib import Path

from bench_demo import demo

from registry.command_line.place import keyring_of
from registry.issuing.documents.codes import qr_text
from registry.records.issued.certificates import certificates
from registry.signing.published import signed_trust

Row = tuple[str, float, str, str | None, float | None, float | None]
GOAL_MS = 300
BEVIS = "from registry.command_line.door import run; run()"


def bench_offline(now: datetime, *, quick: bool) -> Iterator[Row]:
    with demo(now) as registry, registry.reading() as db:
        keyring = keyring_of(registry)
        row = next(row for row in certificates(db) if row.state == "issued")
        code = qr_text(db, keyring, row, registry.public_url, now)
        _, data = signed_trust(db, keyring, registry.public_url, now)
    with tempfile.TemporaryDirectory() as place:
        file = Path(place) / "trust.jws"
        file.write_bytes(data)
        rounds = 1 if quick else 15
        start = min(_cpu_ms("pass") for _ in range(rounds))
        asked = min(_cpu_ms(BEVIS, "verify", code, "--trust", str(file)) for _ in range(rounds))
    name = "offline: bevis verify --trust, beyond Python's start"
    yield name, asked - start, "ms", "Python's start", (asked - start) / start, GOAL_MS


def _cpu_ms(program: str, *arguments: str) -> float:
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    subprocess.run([sys.executable, "-c", program, *arguments], stdout=subprocess.DEVNULL, check=True)
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    return 1000 * (after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime)
