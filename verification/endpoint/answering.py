"""What every answer of the API has in common: who may ask from where, what is kept, and whether people read it."""

from collections.abc import Mapping

from fastapi import Request, Response

from verification.presented import NotACertificate, NumberAlone, told_apart

# Whoever checks certificates may do so from a page of their own: nothing here depends on who asks.
_FOR_ALL_ORIGINS = {
    "Access-Control-Allow-Origin": "*",
    "Access-Control-Expose-Headers": "RateLimit, RateLimit-Policy, Retry-After, Content-Language",
}
_HEADERS = {
    "Cache-Control": "no-store",
    "X-Content-Type-Options": "nosniff",
    "Vary": "Accept, Accept-Language",
    **_FOR_ALL_ORIGINS,
}


async def preflight(request: Request) -> Response:
    """A browser asks first, on behalf of a page from elsewhere."""
    methods = "GET, HEAD, OPTIONS" if request.url.path.endswith("/verification") else "POST, OPTIONS"
    headers = {
        "Allow": methods,
        "Access-Control-Allow-Methods": methods,
        "Access-Control-Allow-Headers": "Accept, Accept-Language, Content-Type",
        "Access-Control-Max-Age": "86400",
    }
    return Response(None, 204, {**_FOR_ALL_ORIGINS, **headers})


def wants_a_page(request: Request) -> bool:
    """Whether it is the script of a page that asks."""
    return "text/html" in request.headers.get("accept", "")


def is_number(token: str) -> bool:
    """Whether no more than a number was given."""
    if "#" in token:  # a code: no number has one, and reading the code once is enough
        return False
    try:
        return isinstance(told_apart(token), NumberAlone)
    except NotACertificate:
        return False


def json_answer(body: bytes, lang: str, left: Mapping[str, str]) -> Response:
    """An answer for programs; left: the fields that say how much more may be asked."""
    return Response(body, 200, {**_HEADERS, "Content-Language": lang, **left}, "application/json")


def for_all_origins(response: Response) -> Response:
    """The same, to be read by pages from anywhere."""
    response.headers.update(_FOR_ALL_ORIGINS)
    return response
