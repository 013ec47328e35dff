"""The drill of `make drill`, smaller."""

from datetime import UTC, datetime
from pathlib import Path

from tests.drill import drill, right


def test_the_drill_ends_with_exactly_the_right_ones_alive(tmp_path: Path) -> None:
    outcome = drill(tmp_path, 5, datetime.now(UTC).replace(microsecond=0))
    assert right(outcome), outcome
    assert outcome.seconds < 60
