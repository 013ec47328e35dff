"""The public reference of what a check may answer: a page for each, with the test vectors in which it is given."""

import gzip
import hashlib
import json
from collections import defaultdict
from collections.abc import Mapping, Sequence
from functools import cache
from importlib.resources import files
from typing import Any, Final, NamedTuple

from fastapi import APIRouter, Request, Response

from verification.endpoint.presentation import READ, explained, language_of, missing
from verification.reasons import NoSuchReason, example, in_general, leads_to, reason, reasons

_MOST_VECTORS: Final = 8  # on the page of a reason
_FILE_HEADERS: Final = {
    "Cache-Control": "public, max-age=3600",
    "X-Content-Type-Options": "nosniff",
    "Content-Security-Policy": "default-src 'none'",
    "Access-Control-Allow-Origin": "*",
}


def add_reason_pages(router: APIRouter) -> None:
    """/reasons, a page for each of them, and /vectors.json."""

    async def show_reasons(request: Request) -> Response:
        """Every answer a check can give."""
        return explained("reasons.html", request, reasons=list(reasons().values()), vectors=_number_of_vectors())

    async def show_reason(request: Request, code: str) -> Response:
        """One answer, in general, and vectors in which it is given."""
        try:
            told = reason(code)
        except NoSuchReason:
            return missing(request)
        lang = language_of(request)
        given = _vectors().get(code, ())
        return explained(
            "reason.html",
            request,
            reason=told,
            says=in_general(code, lang),
            example=example(code, lang),
            headline=leads_to(code),
            vectors=given[:_MOST_VECTORS],
            more=max(0, len(given) - _MOST_VECTORS),
        )

    router.add_api_route("/reasons", show_reasons, methods=READ, include_in_schema=False)
    router.add_api_route("/reasons/{code}", show_reason, methods=READ, include_in_schema=False)
    router.add_api_route("/vectors.json", _show_vectors, methods=READ, include_in_schema=False)


# ------------------------------------------------------------------ vectors


class _Vector(NamedTuple):
    """A question whose answer is known: what it is about, and what comes of it."""

    name: str
    description: str
    outcome: str


@cache
def _vectors() -> Mapping[str, Sequence[_Vector]]:
    """By the code of each reason that is given in them: first those in which little else is."""
    found: dict[str, list[tuple[int, _Vector]]] = defaultdict(list)
    for one in _all_vectors():
        expected = one["expect"]
        told = _Vector(one["name"], one["description"], expected["outcome"])
        for code in expected["codes"]:
            found[code].append((len(expected["codes"]), told))
        for code in expected.get("also", ()):
            found[code].append((len(expected["codes"]), told))
    return {code: [one for _, one in sorted(given, key=lambda pair: pair[0])] for code, given in found.items()}


def _all_vectors() -> Sequence[Mapping[str, Any]]:
    found: Sequence[Mapping[str, Any]] = json.loads(_vectors_file()[0])["vectors"]
    return found


@cache
def _number_of_vectors() -> int:
    return len(_all_vectors())


@cache
def _vectors_file() -> tuple[bytes, bytes, str]:
    """As it is, packed, and its ETag without quotes."""
    content = (files("verification") / "vectors.json").read_bytes()
    return content, gzip.compress(content, mtime=0), hashlib.sha256(content).hexdigest()[:32]


async def _show_vectors(request: Request) -> Response:
    """Every vector there is, as docs/vectors.md describes them."""
    content, packed, tag = _vectors_file()
    takes_packed = "gzip" in request.headers.get("accept-encoding", "")
    headers = {**_FILE_HEADERS, "ETag": f'"{tag}{"-gzip" if takes_packed else ""}"', "Vary": "Accept-Encoding"}
    if headers["ETag"] in request.headers.get("if-none-match", ""):
        return Response(None, 304, headers)
    if takes_packed:
        return Response(packed, 200, {**headers, "Content-Encoding": "gzip"}, "application/json")
    return Response(content, 200, headers, "application/json")
