"""Who asks: the address at the other end, or the one that a proxy we trust names."""

from collections.abc import Sequence
from functools import lru_cache
from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network, ip_address, ip_network

Network = IPv4Network | IPv6Network
UNKNOWN = "unknown"  # at the other end of a socket that has no address
LONGEST = 1000  # characters of X-Forwarded-For that are read, from its end


def trusted_proxies(text: str) -> tuple[Network, ...]:
    """Addresses and networks, with commas between. Raises ValueError, naming the first that is none."""
    found = []
    for part in filter(None, (each.strip() for each in text.split(","))):
        try:
            found.append(ip_network(part))
        except ValueError as fault:
            raise ValueError(f"{part[:60]!r} is neither an address nor a network such as 10.0.0.0/8") from fault
    return tuple(found)


@lru_cache(maxsize=1024)
def client_address(peer: str | None, forwarded: str, proxies: Sequence[Network]) -> str:
    """The address that asked.

    peer       at the other end of the connection; None = a socket without one
    forwarded  X-Forwarded-For, all of its lines joined by commas; each proxy adds at the end whom it was asked by
    proxies    those whose word is taken; a tuple

    Read from its end, the first that is no proxy of ours is who asked: what stands before it anybody can write.
    """
    told = peer or UNKNOWN
    hops = forwarded[-LONGEST:].split(",")
    while hops and _within(told, proxies):
        hop = hops.pop().strip()
        if _address(hop) is None:
            break  # the last that can be read is as near as we come
        told = hop
    return told


def _within(text: str, proxies: Sequence[Network]) -> bool:
    address = _address(text)
    return address is not None and any(address in network for network in proxies)


def _address(text: str) -> IPv4Address | IPv6Address | None:
    try:
        given = ip_address(text.partition("%")[0])
    except ValueError:
        return None
    return (given.ipv4_mapped or given) if isinstance(given, IPv6Address) else given
