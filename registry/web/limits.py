"""How much anybody may send, and that one sees where it ends.

FastAPI's own limit answers in plain text; here it is a problem like any other.
"""

import re
from collections.abc import Collection, Sequence
from http import HTTPStatus

from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from registry.web.problems import language_asked, told_problem, words_of


class BodyLimit:
    """Refuses a body that is announced as too large, or turns out so while it is read; and one whose end is said twice.

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
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        if _is_ambiguous(scope):
            # What follows on this connection may be another request to one of us, and the end of this one to the other.
            refusal = told_problem(Request(scope), 400, "ambiguous-length", says=True, headers={"Connection": "close"})
            await refusal(scope, receive, send)
            return
        if scope["path"] in self._apart:
            await self._app(scope, receive, send)
            return
        most = next((bytes_ for path, bytes_ in self._larger if path.match(scope["path"])), self._most)
        announced = next((value for name, value in scope["headers"] if name == b"content-length"), b"0")
        if not announced.isdigit() or int(announced[:20]) > most:
            request = Request(scope)
            detail = words_of("at_most_bytes", language_asked(request)).format(most=most)
            refusal = told_problem(request, 413, "body-too-large", detail)
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


def _is_ambiguous(scope: Scope) -> bool:
    """Whether the length of the body is said in two ways, or in one that HTTP/1.0 does not have (RFC 9112 § 6.1)."""
    names = {name for name, _ in scope["headers"]}
    if b"transfer-encoding" not in names:
        return False
    return b"content-length" in names or scope.get("http_version") == "1.0"
