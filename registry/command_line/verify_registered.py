"""`bevis verify` where a registry is at hand."""

from collections.abc import Callable, Sequence
from datetime import date, datetime
from pathlib import Path

from registry.command_line.place import registry_at
from registry.web.source import RegistrySource
from verification.ask import Asked, ask
from verification.in_hand import Question
from verification.offline import check_known
from verification.situation import Situation


def ask_register(
    directory: Path | None,
    clock: Callable[[], datetime],
    schemes: Sequence[str],
    questions: Sequence[Question],
    needed: tuple[Situation, date | None],
) -> list[Asked]:
    """What it says to each. Raises NotUsable, and what opening it raises."""
    with registry_at(directory) as registry:
        source = RegistrySource(registry, registry.public_url, clock)
        try:
            with source.at_once() as moment:
                check_known(schemes, moment.trust())
                return [ask(moment, one.given, *needed) for one in questions]
        finally:
            source.close()
