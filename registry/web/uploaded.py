"""What is sent as a file: a list as people keep it, or the same as data.

def record_sheet(file: Annotated[UploadedFile, Uploaded(CSV, XLSX)], …)
"""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, Final

from fastapi import Depends, Request
from fastapi.dependencies.models import Dependant

from registry.web.request_body import other_kind

CSV: Final = "text/csv"
XLSX: Final = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
TOML: Final = "application/toml"


@dataclass(frozen=True)
class UploadedFile:
    """The bytes, and what they were said to be: one of the kinds that the route takes."""

    data: bytes
    kind: str


class _Uploaded:
    """The body as a file of one of these kinds."""

    def __init__(self, kinds: tuple[str, ...]) -> None:
        self.kinds = kinds

    async def __call__(self, request: Request) -> UploadedFile:
        # In which letters a text is written is seen by itself; what a program says of that is often wrong.
        kind = request.headers.get("content-type", "").partition(";")[0].strip().lower()
        if kind not in self.kinds or "content-encoding" in request.headers:
            raise other_kind(request, *self.kinds)
        return UploadedFile(await request.body(), kind)


def Uploaded(*kinds: str) -> Any:  # noqa: ANN401, N802 what Annotated takes; it is read as a word of a signature
    """The body as a file of one of these media types. Answers 415 where it is none."""
    return Depends(_Uploaded(kinds))


def kinds_of(dependant: Dependant) -> tuple[str, ...]:
    """The media types that a route takes as a file; none, where it takes no file."""
    return next((one.call.kinds for one in _all(dependant) if isinstance(one.call, _Uploaded)), ())


def _all(dependant: Dependant) -> Iterator[Dependant]:
    yield dependant
    for one in dependant.dependencies:
        yield from _all(one)
