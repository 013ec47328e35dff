"""How much anybody may send. FastAPI's own limit answers in plain text; here it is a problem like any other."""

import re
from collections.abc import Collection, Sequence
from http import HTTPStatus

from starlette.exceptions import HTTPException
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from verification.endpoint.problem import problem


class BodyLimit:
    """Refuses a body that is announced as too large, or turns out so while it is read.

    most    bytes
    apart   paths whose routes have a limit of their own
    larger  pairs of (what a path looks like, bytes): routes that take more
    """

    def __init__(
        self, app: ASGIApp, most: int, apart: Collection[str], larger: Sequence[tuple[re.Pattern[str], int]] = ()
    ) -> None:
        self._app, self._most, self._apart, self._larger = app, most, frozenset(apart), tuple(larger)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """One request."""
        if scope["type"] != "http" or scope["path"] in self._apart:
            await self._app(scope, receive, send)
            return
        most = next((bytes_ for path, bytes_ in self._larger if path.match(scope["path"])), self._most)
        announced = next((value for name, value in scope["headers"] if name == b"content-length"), b"0")
        if not announced.isdigit() or int(announced[:20]) > most:
            refusal = problem(413, "body-too-large", "The body is too large", f"Send at most {most} bytes.")
            await refusal(scope, receive, send)
            return
        read = 0

        async def counted() -> Message:
            nonlocal read
            message = await receive()
            read += len(message.get("body", b""))
            if read > most:
                raise HTTPException(HTTPStatus.REQUEST_ENTITY_TOO_LARGE)
            return message

        await self._app(scope, counted, send)
