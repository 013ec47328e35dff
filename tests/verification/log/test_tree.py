import base64
import json
import random
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.verification.log import naive
from verification.log.tiles import (
    TILE_BYTES,
    Edge,
    MalformedTile,
    Tile,
    bundle_path,
    consistency_path,
    inclusion_path,
    read_bundle,
    root_at,
    tile_named,
    tile_path,
    tiles_of,
    width_in,
    write_bundle,
)
from verification.log.tree import EMPTY_ROOT, MalformedProof, extends, includes, leaf_hash

VECTORS = Path(__file__).parents[3].parent / "shared" / "vectors" / "transparency-dev-merkle"
RANDOM = random.Random(20261128)  # noqa: S311 what is changed is no secret
MUTATIONS = 20_000


def entries_of(size: int) -> list[bytes]:
    return [f"entry {number}".encode() for number in range(size)]


class Grown:
    """A tree grown step by step; its tiles as they would be kept."""

    def __init__(self) -> None:
        self.tiles: dict[tuple[int, int], bytes] = {}
        self.edge = Edge(0, [])

    def add(self, entries: list[bytes]) -> None:
        changed = self.edge.add([leaf_hash(entry) for entry in entries])
        for place, hashes in changed.items():
            assert hashes.startswith(self.tiles.get(place, b""))
            self.tiles[place] = hashes

    def read(self, level: int, number: int) -> bytes:
        return self.tiles[level, number]


def grown(size: int) -> Grown:
    tree = Grown()
    tree.add(entries_of(size))
    return tree


@pytest.fixture(scope="module")
def tree() -> Grown:
    return grown(70_000)


@pytest.mark.parametrize("kind", ["inclusion", "consistency"])
def test_the_vectors_of_transparency_dev(kind: str) -> None:
    if not VECTORS.is_dir():
        pytest.skip("the public test vectors are not here")
    cases = json.loads((VECTORS / f"{kind}.json").read_text(encoding="utf-8"))
    assert len(cases) > 90
    for case in cases:
        # One has roots of twelve bytes, which are equal; ours are hashes, or the proof is none.
        holds = not case["wantErr"] and not case["_file"].endswith("sizes-are-equal-one-and-proof-is-empty.json")
        assert _holds(kind, case) is holds, case["_file"]


def _holds(kind: str, case: Mapping[str, Any]) -> bool:
    path = [base64.b64decode(step) for step in case["proof"] or ()]
    try:
        if kind == "inclusion":
            leaf, root = base64.b64decode(case["leafHash"]), base64.b64decode(case["root"])
            return includes(leaf, case["leafIdx"], case["treeSize"], path, root)
        roots = [base64.b64decode(case[name]) for name in ("root1", "root2")]
        return extends(case["size1"], case["size2"], path, *roots)
    except MalformedProof:
        return False


@given(
    steps=st.lists(st.integers(1, 300), min_size=1, max_size=8),
    picks=st.lists(st.integers(0, 10**6), min_size=4, max_size=4),
)
def test_however_it_grew_it_is_the_tree_of_the_standard(steps: list[int], picks: list[int]) -> None:
    entries, tree, sizes = entries_of(sum(steps)), Grown(), [0]
    for step in steps:
        tree.add(entries[sizes[-1] : sizes[-1] + step])
        sizes.append(sizes[-1] + step)
        assert tree.edge.root() == naive.head(entries[: sizes[-1]]) == root_at(sizes[-1], tree.read)
    size = sizes[1 + picks[0] % (len(sizes) - 1)]
    index, old = picks[1] % size, 1 + picks[2] % size
    root, old_root = naive.head(entries[:size]), naive.head(entries[:old])
    path = inclusion_path(index, size, tree.read)
    assert path == naive.path(index, entries[:size])
    assert includes(leaf_hash(entries[index]), index, size, path, root)
    older = consistency_path(old, size, tree.read)
    assert older == naive.proof(old, entries[:size])
    assert extends(old, size, older, old_root, root)
    assert extends(old, size, older, old_root, naive.head(entries[: size - 1])) is False if size > old else True


def test_every_leaf_proves_itself_and_no_other() -> None:
    tree, size = grown(600), 600
    root = tree.edge.root()
    leaves = [leaf_hash(entry) for entry in entries_of(size)]
    for index in range(size):
        path = inclusion_path(index, size, tree.read)
        assert includes(leaves[index], index, size, path, root)
        assert not includes(leaves[(index + 1) % size], index, size, path, root)


def test_a_changed_proof_is_refused(tree: Grown) -> None:
    size = tree.edge.size
    root, refused = tree.edge.root(), 0
    while refused < MUTATIONS:
        index = RANDOM.randrange(size)
        path = inclusion_path(index, size, tree.read)
        leaf = leaf_hash(f"entry {index}".encode())
        for asked in _changed(leaf, index, size, path, root):
            assert not _includes(*asked)
            refused += 1
        old = RANDOM.randrange(1, size)
        older = consistency_path(old, size, tree.read)
        old_root = root_at(old, tree.read)
        for first, at, new, steps, last in _changed(old_root, old, size, older, root):
            assert not _extends(at, new, steps, first, last)
            refused += 1


def _changed(first: bytes, at: int, size: int, path: list[bytes], root: bytes) -> Any:
    """What was asked, with one thing changed; where the tree is so small that it says the same, not that."""
    yield _flipped(first), at, size, path, root
    yield first, at, size, path, _flipped(root)
    if path:
        place = RANDOM.randrange(len(path))
        yield first, at, size, [*path[:place], _flipped(path[place]), *path[place + 1 :]], root
        yield first, at, size, [*path[:place], *path[place + 1 :]], root
        yield first, at, size, [*path[:place], path[place], *path[place:]], root
        yield first, at, size, [*path[:place], path[place][:-1], *path[place + 1 :]], root
        if len(set(path)) > 1:
            turned = path[::-1]
            yield first, at, size, turned, root
    yield first, at + 1, size, path, root
    yield first, at - 1, size, path, root
    yield first, at, size, [*path, root], root
    yield first, at, at, path, root


def _flipped(given: bytes) -> bytes:
    place = RANDOM.randrange(len(given))
    return given[:place] + bytes([given[place] ^ (1 << RANDOM.randrange(8))]) + given[place + 1 :]


def _includes(leaf: bytes, index: int, size: int, path: list[bytes], root: bytes) -> bool:
    try:
        return includes(leaf, index, size, path, root)
    except MalformedProof:
        return False


def _extends(old: int, new: int, path: list[bytes], old_root: bytes, new_root: bytes) -> bool:
    try:
        return extends(old, new, path, old_root, new_root)
    except MalformedProof:
        return False


def test_an_empty_tree_has_the_head_of_nothing() -> None:
    assert Edge(0, []).root() == root_at(0, grown(1).read) == EMPTY_ROOT == naive.head([])
    with pytest.raises(MalformedProof):
        extends(0, 1, [], EMPTY_ROOT, EMPTY_ROOT)


def test_an_edge_goes_on_where_it_was_left(tree: Grown) -> None:
    size = tree.edge.size
    last = [tree.tiles[level, (size >> 8 * level) >> 8] for level in range(3)]
    assert Edge(size, last).root() == tree.edge.root()
    for wrong in ([last[0][:-32], *last[1:]], last[:2], [*last[:2], last[2][:-1]], []):
        with pytest.raises(ValueError, match="right edge"):
            Edge(size, wrong)
    assert Edge(256, [b"", tree.tiles[1, 0][:32]]).root() == root_at(256, tree.read)


@pytest.mark.parametrize(
    ("size", "tiles"),
    [
        (0, []),
        (1, [Tile(0, 0, 1)]),
        (255, [Tile(0, 0, 255)]),
        (256, [Tile(0, 0), Tile(1, 0, 1)]),
        (257, [Tile(0, 0), Tile(0, 1, 1), Tile(1, 0, 1)]),
        (70_000, [*(Tile(0, n) for n in range(273)), Tile(0, 273, 112), Tile(1, 0), Tile(1, 1, 17), Tile(2, 0, 1)]),
    ],
)
def test_the_tiles_of_a_tree(size: int, tiles: list[Tile]) -> None:
    assert list(tiles_of(size)) == tiles
    assert all(width_in(size, tile.level, tile.number) == tile.width for tile in tiles)


def test_the_tiles_kept_are_those_of_the_tree(tree: Grown) -> None:
    kept = {Tile(level, number, len(hashes) // 32) for (level, number), hashes in tree.tiles.items()}
    assert kept == set(tiles_of(tree.edge.size))
    assert len(tree.tiles[0, 0]) == TILE_BYTES


@pytest.mark.parametrize(
    ("tile", "path"),
    [
        (Tile(0, 0), "tile/0/000"),
        (Tile(0, 255), "tile/0/255"),
        (Tile(1, 256, 1), "tile/1/256.p/1"),
        (Tile(0, 70_000, 255), "tile/0/x070/000.p/255"),
        (Tile(2, 1_234_067), "tile/2/x001/x234/067"),
    ],
)
def test_paths_of_tiles(tile: Tile, path: str) -> None:
    assert tile_path(tile) == path
    _, level, place = path.split("/", 2)
    assert tile_named(level, place) == tile
    assert bundle_path(tile) == f"tile/entries/{place}"
    assert tile_named("entries", place) == tile._replace(level=0)


@pytest.mark.parametrize(
    "path",
    [
        *("0/0", "0/00", "0/0000", "0/x000/001", "00/000", "64/000", "-1/000", "0/-01", "0/000.p/0", "0/000.p/256"),
        *("0/000.p/01", "0/000.p/", "0/000.p", "0/x001/x234", "0/001/234", "0/x1/234", "0/ 00", "0/٠٠٠", "0/xx01/234"),
        *("0/../000", "entry/000", "+0/000", "0/000/", "0//000", "0/" + "x001/" * 9 + "000", "0/000.p/1.p/1", "²/000"),
    ],
)
def test_no_other_path_names_a_tile(path: str) -> None:
    with pytest.raises(MalformedTile):
        tile_named(*path.split("/", 1))


@given(st.lists(st.binary(max_size=300), max_size=20))
def test_bundles_are_read_as_they_were_written(entries: list[bytes]) -> None:
    assert read_bundle(write_bundle(entries)) == entries


@pytest.mark.parametrize("data", [b"\x00", b"\x00\x01", b"\x00\x00\x00", b"\x01\x00abc", b"\x00\x00" * 257])
def test_no_other_bytes_are_a_bundle(data: bytes) -> None:
    with pytest.raises(MalformedTile):
        read_bundle(data)


def test_an_entry_too_long_for_a_bundle_is_refused() -> None:
    with pytest.raises(ValueError, match="65535"):
        write_bundle([bytes(65_536)])
