"""The Merkle tree as RFC 9162 section 2.1 defines it, word for word and slow: what the real one is held against."""

import hashlib
from collections.abc import Sequence


def head(entries: Sequence[bytes]) -> bytes:
    """MTH(D[n])."""
    if not entries:
        return hashlib.sha256().digest()
    if len(entries) == 1:
        return hashlib.sha256(b"\x00" + entries[0]).digest()
    k = split(len(entries))
    return hashlib.sha256(b"\x01" + head(entries[:k]) + head(entries[k:])).digest()


def split(n: int) -> int:
    """The largest power of two smaller than n."""
    k = 1
    while k * 2 < n:
        k *= 2
    return k


def path(m: int, entries: Sequence[bytes]) -> list[bytes]:
    """PATH(m, D[n])."""
    if len(entries) <= 1:
        return []
    k = split(len(entries))
    if m < k:
        return [*path(m, entries[:k]), head(entries[k:])]
    return [*path(m - k, entries[k:]), head(entries[:k])]


def proof(m: int, entries: Sequence[bytes]) -> list[bytes]:
    """PROOF(m, D[n])."""
    return _subproof(m, entries, whole=True)


def _subproof(m: int, entries: Sequence[bytes], *, whole: bool) -> list[bytes]:
    if m == len(entries):
        return [] if whole else [head(entries)]
    k = split(len(entries))
    if m <= k:
        return [*_subproof(m, entries[:k], whole=whole), head(entries[k:])]
    return [*_subproof(m - k, entries[k:], whole=False), head(entries[:k])]
