"""What an address of somebody who vouches for the time looks like, and where it may lead: to nobody inside."""

import ipaddress
import re
import socket
from collections.abc import Mapping
from typing import Final
from urllib.parse import urlsplit

from registry.errors import MalformedInput

SERVER: Final = re.compile(r"https?://[A-Za-z0-9.-]+(:[0-9]{1,5})?(/[A-Za-z0-9._~/-]*)?")


class NotAskable(Exception):
    """An address that nothing is asked of."""


def time_authority_of(env: Mapping[str, str]) -> str | None:
    """BEVIS_TSA_URL: who vouches for the moment a document is sealed; None = nobody is asked. Raises MalformedInput."""
    address = env.get("BEVIS_TSA_URL", "").strip()
    if not address:
        return None
    if not SERVER.fullmatch(address):
        raise MalformedInput([("BEVIS_TSA_URL", "must be like https://tsa.example.org/path, without user and query")])
    return address


def check_address(address: str) -> None:
    """Raises NotAskable where nothing is asked of such an address, whoever is there."""
    if not SERVER.fullmatch(address) or not urlsplit(address).hostname:
        raise NotAskable("must be like https://tsa.example.org/path, without a user and without a query")


def outside(host: str, port: int) -> str:
    """An address of that host which is not ours, nor anybody's inside: it alone is then connected to.

    Raises NotAskable, OSError.
    """
    found = {entry[4][0] for entry in socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)}
    addresses = [ipaddress.ip_address(str(each).split("%")[0]) for each in sorted(map(str, found))]
    if not addresses or not all(_is_outside(each) for each in addresses):
        raise NotAskable("that is an address inside, and nothing is asked there")
    return str(addresses[0])


def _is_outside(address: ipaddress.IPv4Address | ipaddress.IPv6Address) -> bool:
    mapped = address.ipv4_mapped if isinstance(address, ipaddress.IPv6Address) else None
    return (mapped or address).is_global and not address.is_multicast
