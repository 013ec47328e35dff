"""`bevis backup` and `bevis restore` in a shell."""

import shutil
from pathlib import Path
from typing import Any

import pytest

Bevis = Any


@pytest.fixture
def own_demo(demo_dir: Path, tmp_path: Path) -> Path:
    return Path(shutil.copytree(demo_dir, tmp_path / "own"))


def test_a_demo_is_backed_up_and_put_back(bevis: Bevis, own_demo: Path, tmp_path: Path) -> None:
    assert "is its disk mounted" in bevis("backup", tmp_path / "b", "--dir", own_demo, "--lang", "en").err
    (tmp_path / "b").mkdir()
    says = bevis("backup", tmp_path / "b", "--dir", own_demo, "--lang", "en")
    assert says.code == 0
    assert "master key is NOT in it" in says.out.replace("\n", " ")
    told = bevis("backup", tmp_path / "b.tar.gz", "--dir", own_demo, "--json").json()
    assert set(told["files"]) == {"registry.db", "log.head", "demo.json"}
    assert all(str(own_demo) in key for key in told["keys_to_keep"])
    assert "b.tar.gz" in bevis("doctor", "--dir", own_demo).out.replace("\n", "").replace(" ", "")
    (made,) = (tmp_path / "b").iterdir()
    assert {file.name for file in made.iterdir()} == {"registry.db", "log.head", "demo.json", "manifest.json"}
    assert all(file.stat().st_mode & 0o077 == 0 for file in [made, *made.iterdir(), tmp_path / "b.tar.gz"])
    # In an empty place it says what to do, and signs nothing.
    new = tmp_path / "new"
    ended = bevis("restore", tmp_path / "b.tar.gz", new, "--json")
    assert (ended.code, ended.json()["standing"], ended.json()["keys_open"]) == (1, "restored", False)
    shown = bevis("restore", made, tmp_path / "shown", "--lang", "en")
    assert shown.code == 1
    assert all(word in "".join(shown.out.split()) for word in ("--nothing-later", "bevislogbegin", "master.key"))
    # With the keys put back, and somebody who knows, it goes on.
    for key in ("master.key", "index.key"):
        shutil.copy(own_demo / key, new / key)
    assert bevis("doctor", "--dir", new).code == 1
    assert bevis("log", "recover", "--dir", new).code == 2
    assert bevis("log", "recover", "--nothing-later", "--dir", new).code == 0
    ended = bevis("doctor", "--dir", new, "--json")
    assert ended.code == 0, ended.out
    assert bevis("restore", made, new).code == 2


@pytest.mark.parametrize("who", ["rita", "nobody"])
def test_only_an_operator_makes_one(bevis: Bevis, demo_dir: Path, tmp_path: Path, who: str) -> None:
    assert bevis("backup", tmp_path / "b", "--dir", demo_dir, "--actor", who).code == 2
    assert not (tmp_path / "b").exists()
