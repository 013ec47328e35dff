"""The files the pages load: styles, script, mark."""

import hashlib
from collections.abc import Mapping
from functools import cache
from importlib.resources import files

from fastapi import APIRouter, Request, Response

from verification.endpoint.presentation import READ, missing

_MEDIA_TYPES = {"css": "text/css", "js": "text/javascript", "svg": "image/svg+xml"}


def add_static_files(router: APIRouter) -> None:
    """/static/{name}."""

    async def static_file(request: Request, name: str) -> Response:
        """A file of the pages; asked for again, it costs nothing while it is the same."""
        known = _static().get(name)
        if known is None:
            return missing(request)
        content, tag, media_type = known
        headers = {
            "ETag": tag,
            "Cache-Control": "public, max-age=300",
            "X-Content-Type-Options": "nosniff",
            "Content-Security-Policy": "default-src 'none'",
        }
        if tag in request.headers.get("if-none-match", ""):
            return Response(None, 304, headers)
        return Response(content, 200, headers, media_type)

    router.add_api_route("/static/{name}", static_file, methods=READ, include_in_schema=False)


@cache
def _static() -> Mapping[str, tuple[bytes, str, str]]:
    """Name -> content, strong ETag, media type."""
    found: dict[str, tuple[bytes, str, str]] = {}
    for entry in (files("verification") / "static").iterdir():
        ending = entry.name.rpartition(".")[2]
        if ending in _MEDIA_TYPES:
            content = entry.read_bytes()
            found[entry.name] = (content, f'"{hashlib.sha256(content).hexdigest()[:32]}"', _MEDIA_TYPES[ending])
    return found
