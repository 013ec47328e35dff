"""What others have published, from the network: the only file that goes out."""

import ipaddress
import urllib.error
import urllib.request
from typing import Final
from urllib.parse import urlsplit

from verification.log.files import LARGEST_FILE, NotReachable

SECONDS: Final = 10


class _Stay(urllib.request.HTTPRedirectHandler):
    """A redirect is not followed: it would lead to whom nobody asked."""

    def redirect_request(self, *_: object) -> None:
        """None = do not go there."""


class Server:
    """The files below an address. https, or http on this machine alone.

    ValueError for any other address.
    """

    def __init__(self, address: str) -> None:
        parts = urlsplit(address)
        local = parts.hostname is not None and _is_local(parts.hostname)
        if parts.scheme not in ({"http", "https"} if local else {"https"}) or not parts.hostname or parts.username:
            raise ValueError("an address begins with https:// (http:// on this machine alone) and names no user")
        self._address = address.rstrip("/")
        self._opener = urllib.request.build_opener(_Stay, urllib.request.ProxyHandler({}))

    def read(self, path: str, longest: int = LARGEST_FILE) -> bytes:
        """The bytes of a file; no more than `longest`. Raises NotReachable."""
        asked = urllib.request.Request(f"{self._address}/{path}", headers={"Accept-Encoding": "identity"})  # noqa: S310 its scheme was looked at
        try:
            with self._opener.open(asked, timeout=SECONDS) as answer:
                data: bytes = answer.read(longest + 1)
        except (urllib.error.URLError, OSError, ValueError) as fault:
            raise NotReachable(f"{path} cannot be fetched from {self._address}: {fault}") from fault
        if len(data) > longest:
            raise NotReachable(f"{path} is longer than {longest} bytes")
        return data


def _is_local(host: str) -> bool:
    if host == "localhost":
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False
