"""Somebody else's word for when a seal was set (RFC 3161): the only request that sealing makes, and only if asked for.

The address is the operator's, and is held to what every request from here is held to: it leads to nobody inside, by
whatever name, and no redirect is followed. Imported late, as `sealing` is.
"""

import asyncio
import http.client
import socket
import ssl
from typing import Final
from urllib.parse import urlsplit

from asn1crypto import tsp
from pyhanko.sign.timestamps import TimeStamper, TimestampRequestError

from registry.signing.seal.time_address import NotAskable, check_address, outside

SECONDS: Final = 10
LONGEST_ANSWER: Final = 65_536
_QUERY, _REPLY = "application/timestamp-query", "application/timestamp-reply"


class TimeAuthority(TimeStamper):
    """Whoever vouches for the time, at an address of the network outside."""

    def __init__(self, address: str) -> None:
        """Raises NotAskable where that is no address of a server."""
        super().__init__()  # type: ignore[no-untyped-call] # it ships hints for some of itself only
        check_address(address)
        self._parts = urlsplit(address)

    async def async_request_tsa_response(self, req: tsp.TimeStampReq) -> tsp.TimeStampResp:
        """What it answers. Raises TimestampRequestError."""
        try:
            return tsp.TimeStampResp.load(await asyncio.to_thread(self._asked, req.dump()))
        except (OSError, ValueError, http.client.HTTPException, NotAskable) as fault:
            raise TimestampRequestError(f"{self._parts.hostname} gave no word on the time: {fault}") from fault

    def _asked(self, query: bytes) -> bytes:
        host, secure = self._parts.hostname or "", self._parts.scheme == "https"
        port = self._parts.port or (443 if secure else 80)
        link = socket.create_connection((outside(host, port), port), timeout=SECONDS)
        connection = http.client.HTTPConnection(host, port, timeout=SECONDS)
        try:
            connection.sock = ssl.create_default_context().wrap_socket(link, server_hostname=host) if secure else link
            connection.request(
                "POST",
                self._parts.path or "/",
                query,
                {"Content-Type": _QUERY, "Accept": _REPLY, "Accept-Encoding": "identity"},
            )
            answer = connection.getresponse()
            data = answer.read(LONGEST_ANSWER + 1)
        finally:
            connection.close()
            link.close()
        if answer.status != http.client.OK or answer.headers.get_content_type() != _REPLY:
            raise NotAskable(f"it answered {answer.status}")
        if len(data) > LONGEST_ANSWER:
            raise NotAskable("it answered at too great a length")
        return data
