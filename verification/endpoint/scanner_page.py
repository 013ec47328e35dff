"""The scanner at /scan: an installable page that judges a code by itself, with no network and no server.

Its files are built from `verification/scanner` (`make scanner`) and lie in `static/scan`; the words are those of the
verify page. The service worker is told the digest of every file, so that a device keeps all of one version or none.
"""

import gzip
import hashlib
import json
from base64 import b64encode
from collections.abc import Mapping
from functools import cache
from importlib.resources import files
from typing import NamedTuple

from fastapi import APIRouter, Request, Response

from levels.order import LANGUAGES
from verification.endpoint.presentation import READ, SECURITY_HEADERS, missing, scanner_shell
from verification.reasons import texts
from verification.scanner_texts import situations_for_scanner, texts_for_scanner

# The only pages where WebAssembly runs and a camera may be asked for; nothing but our own two scripts becomes one.
SCANNER_POLICY = (
    "default-src 'none'; script-src 'self' 'wasm-unsafe-eval'; worker-src 'self'; style-src 'self'; img-src 'self'; "
    "connect-src 'self'; manifest-src 'self'; form-action 'none'; base-uri 'none'; frame-ancestors 'none'; "
    "require-trusted-types-for 'script'; trusted-types bevis-scan"
)
SCANNER_HEADERS = {
    **SECURITY_HEADERS,
    "Content-Security-Policy": SCANNER_POLICY,
    "Permissions-Policy": "camera=(self), microphone=(), geolocation=()",
    "Cross-Origin-Opener-Policy": "same-origin",
}
_MEDIA_TYPES = {
    "css": "text/css",
    "js": "text/javascript",
    "json": "application/json",
    "png": "image/png",
    "svg": "image/svg+xml",
    "txt": "text/plain; charset=utf-8",
    "wasm": "application/wasm",
    "webmanifest": "application/manifest+json",
}
_PACKED = {"css", "js", "json", "svg", "wasm", "webmanifest"}
_WORKER = "sw.js"


class _File(NamedTuple):
    """content, the same packed where that helps, a tag, the media type."""

    content: bytes
    packed: bytes | None
    tag: str
    media_type: str


def add_scanner(router: APIRouter) -> None:
    """/scan and the files below it."""

    async def show_scanner(request: Request) -> Response:
        """The page: the same for everybody, in every language, so that a device can keep it."""
        return _answer(request, _shell(), {**SCANNER_HEADERS, "Cache-Control": "no-cache"})

    async def scanner_file(request: Request, name: str) -> Response:
        """A file of the scanner; asked for again, it costs nothing while it is the same."""
        known = scanner_files().get(name) if name != _WORKER else _service_worker()
        if known is None:
            return missing(request)
        headers = {
            "Cache-Control": "no-cache",
            "X-Content-Type-Options": "nosniff",
            # What decodes runs as a worker of its own, under the rules that come with its own file.
            "Content-Security-Policy": SCANNER_POLICY if name.endswith(".js") else "default-src 'none'",
        }
        if name == _WORKER:
            root = request.scope.get("root_path", "").rstrip("/")
            headers["Service-Worker-Allowed"] = f"{root}/"
        return _answer(request, known, headers)

    router.add_api_route("/scan", show_scanner, methods=READ, include_in_schema=False)
    router.add_api_route("/scan/{name}", scanner_file, methods=READ, include_in_schema=False)


def _answer(request: Request, file: _File, headers: Mapping[str, str]) -> Response:
    packed = file.packed if "gzip" in request.headers.get("accept-encoding", "") else None
    tag = f'"{file.tag}"' if packed is None else f'"{file.tag}-gzip"'
    sent = {**headers, "ETag": tag, "Vary": "Accept-Encoding"}
    if tag in request.headers.get("if-none-match", ""):
        return Response(None, 304, sent)
    if packed is not None:
        return Response(packed, 200, {**sent, "Content-Encoding": "gzip"}, file.media_type)
    return Response(file.content, 200, sent, file.media_type)


@cache
def scanner_files() -> Mapping[str, _File]:
    """Name -> file: all that the page loads, but the service worker that keeps it."""
    static = files("verification") / "static"
    found = {entry.name: entry.read_bytes() for entry in (static / "scan").iterdir() if entry.name != _WORKER}
    # The look of the verify page, under the scanner's own address: kept with this version of it.
    found["bevis.css"] = (static / "bevis.css").read_bytes()
    found |= {f"texts.{lang}.json": _json(scanner_words(lang)) for lang in LANGUAGES}
    found["situations.json"] = _json(situations_for_scanner())
    found["drafts.json"] = _json(texts("drafts"))
    return {name: _file(content, name.rpartition(".")[2]) for name, content in found.items()}


def scanner_words(lang: str) -> Mapping[str, object]:
    """All that the scanner says in one language: what the verify page says, and its own words as `scanner`."""
    return {**texts_for_scanner(lang), "scanner": {name: says[lang] for name, says in texts("scanner").items()}}


@cache
def _shell() -> _File:
    return _file(scanner_shell().encode(), "html")


@cache
def _service_worker() -> _File:
    """The service worker, told what to keep: the page and every file, each with its digest."""
    kept = {f"scan/{name}": file for name, file in scanner_files().items()} | {"scan": _shell()}
    listed = {path: _digest(file.content) for path, file in sorted(kept.items())}
    source = (files("verification") / "static" / "scan" / _WORKER).read_bytes()
    return _file(b"const KEPT = " + _json(listed) + b";\n" + source, "js")


def _file(content: bytes, ending: str) -> _File:
    packed = gzip.compress(content, 9, mtime=0) if ending in _PACKED else None
    tag = hashlib.sha256(content).hexdigest()[:32]
    return _File(content, packed, tag, _MEDIA_TYPES.get(ending, "text/html"))


def _digest(content: bytes) -> str:
    return "sha256-" + b64encode(hashlib.sha256(content).digest()).decode()


def _json(given: object) -> bytes:
    return json.dumps(given, ensure_ascii=False, separators=(",", ":"), sort_keys=True).encode()
