"""The Merkle tree of RFC 9162 section 2.1, over SHA-256: hashes, and what proofs show."""

import hashlib
import hmac
from collections.abc import Sequence

HASH_BYTES = 32
EMPTY_ROOT = hashlib.sha256().digest()
_sha256 = hashlib.sha256


class MalformedProof(Exception):
    """A proof that is none: of another length, or about no place in the tree."""


def leaf_hash(entry: bytes) -> bytes:
    """The hash of an entry as a leaf."""
    return _sha256(b"\x00" + entry).digest()


def node_hash(left: bytes, right: bytes) -> bytes:
    """The hash of what two hashes stand under."""
    return _sha256(b"\x01" + left + right).digest()


def root_of_nodes(nodes: Sequence[bytes]) -> bytes:
    """The head over nodes of one height, of which the last may be lower. ValueError where there are none."""
    if not nodes:
        raise ValueError("no tree has a head over nothing")
    level = list(nodes)
    while len(level) > 1:
        # Paired from the left, what is left alone rises: the split of RFC 9162 section 2.1.1, from below.
        paired = [node_hash(left, right) for left, right in zip(level[::2], level[1::2], strict=False)]
        level = [*paired, level[-1]] if len(level) % 2 else paired
    return level[0]


def root_from_inclusion(leaf: bytes, index: int, size: int, path: Sequence[bytes]) -> bytes:
    """The tree head that `path` leads to from a leaf (RFC 9162 section 2.1.3.2).

    leaf   32 bytes, made by `leaf_hash`
    index  position in the log, counted from 0, below `size` (the number of leaves)
    path   sibling hashes of 32 bytes each, from the leaf upwards

    Raises MalformedProof if `index` is not in the tree or `path` has the wrong length for it.
    """
    _check_hashes((leaf, *path))
    if not 0 <= index < size:
        raise MalformedProof("the index lies outside the tree")
    root = leaf
    for step, left in zip(path, _left(index, size - 1, len(path)), strict=True):
        root = node_hash(step, root) if left else node_hash(root, step)
    return root


def includes(leaf: bytes, index: int, size: int, path: Sequence[bytes], root: bytes) -> bool:
    """Whether `path` shows that the leaf stands at `index` of the tree with this head. Raises MalformedProof."""
    return hmac.compare_digest(root_from_inclusion(leaf, index, size, path), root)


def extends(old: int, new: int, path: Sequence[bytes], old_root: bytes, new_root: bytes) -> bool:
    """Whether `path` shows that the tree of `new` leaves begins with that of `old` (RFC 9162 section 2.1.4.2).

    path  of 32 bytes each, from below upwards; empty where the sizes are equal

    Raises MalformedProof where it is no such proof; about an empty tree there is nothing to prove.
    """
    _check_hashes((old_root, new_root, *path))
    if not 0 < old <= new:
        raise MalformedProof("the older tree is empty, or larger than the newer one")
    if old == new:
        if path:
            raise MalformedProof("trees of one size need no path")
        return hmac.compare_digest(old_root, new_root)
    if not path:
        raise MalformedProof("the path is missing")
    # Where the older tree is whole, its head stands in the newer one as a node, and the path leaves it out.
    steps = [old_root, *path] if old & (old - 1) == 0 else list(path)
    node, last = old - 1, new - 1
    while node % 2 == 1:
        node, last = node >> 1, last >> 1
    older = newer = steps[0]
    for step, left in zip(steps[1:], _left(node, last, len(steps) - 1), strict=True):
        older = node_hash(step, older) if left else older
        newer = node_hash(step, newer) if left else node_hash(newer, step)
    return hmac.compare_digest(older, old_root) and hmac.compare_digest(newer, new_root)


def _left(node: int, last: int, steps: int) -> list[bool]:
    """For each step upwards, whether the sibling stands to the left; `last` is the last node of that height.

    Raises MalformedProof where it takes more steps, or fewer, to the head.
    """
    found: list[bool] = []
    for _ in range(steps):
        if last == 0:
            raise MalformedProof("the path is longer than the tree is high")
        left = node % 2 == 1 or node == last
        found.append(left)
        # The last node of a level may stand alone; it then rises without a sibling.
        while left and node % 2 == 0 and node > 0:
            node, last = node >> 1, last >> 1
        node, last = node >> 1, last >> 1
    if last != 0:
        raise MalformedProof("the path ends below the head")
    return found


def _check_hashes(hashes: Sequence[bytes]) -> None:
    if any(len(one) != HASH_BYTES for one in hashes):
        raise MalformedProof(f"a hash has {HASH_BYTES} bytes")
