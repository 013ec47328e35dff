"""What a stream of text can show."""

from typing import TextIO


def make_safe(stream: TextIO) -> None:
    """What a terminal cannot show becomes `?`, not a crash."""
    if hasattr(stream, "reconfigure"):
        stream.reconfigure(errors="replace")
