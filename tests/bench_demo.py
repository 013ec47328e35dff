"""Demo registries for benchmarks."""

import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path

from registry.command_line.demo import make_demo
from registry.command_line.place import log_of
from registry.records.whole.directory import Registry, open_registry


@contextmanager
def demo(now: datetime, url: str | None = None) -> Iterator[Registry]:
    """A demo registry of its own; on SQLite a copy of one that is made once."""
    with tempfile.TemporaryDirectory() as directory:
        place = Path(directory) / "demo"
        if url is None:
            registry = copied(place, now)
        else:
            registry, _ = make_demo(place, now, public_url="http://127.0.0.1:8000", database=url)
            registry.keep_log(log_of(registry))
        try:
            yield registry
        finally:
            registry.close()


def copied(place: Path, now: datetime) -> Registry:
    """One on SQLite in a new directory, as of the first that was asked for: whoever asked closes it."""
    if not _made:
        _made.append(tempfile.TemporaryDirectory())
        make_demo(Path(_made[0].name) / "demo", now, public_url="http://127.0.0.1:8000")[0].close()
    shutil.copytree(Path(_made[0].name) / "demo", place)
    registry = open_registry(place)
    registry.keep_log(log_of(registry))
    return registry


_made: list[tempfile.TemporaryDirectory[str]] = []
