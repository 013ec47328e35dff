"""Files that a command writes: whole or not at all, for whom they are meant."""

import os
import stat
from pathlib import Path

import pytest

from registry.command_line.screen import write_file
from registry.errors import MalformedInput


def mode(file: Path) -> int:
    return stat.S_IMODE(file.stat().st_mode)


def test_a_full_disk_leaves_what_was_there(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    file = tmp_path / "diploma.pdf"
    file.write_bytes(b"the old one")

    def full(_: int) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(MalformedInput, match="No space left"):
        write_file(str(file), b"a new one", secret=True)
    assert file.read_bytes() == b"the old one"
    assert [one.name for one in tmp_path.iterdir()] == ["diploma.pdf"]


@pytest.mark.parametrize(("before", "secret", "after"), [(0o644, True, 0o600), (0o640, False, 0o640)])
def test_who_may_read_it(tmp_path: Path, before: int, secret: bool, after: int) -> None:
    file = tmp_path / "a.pdf"
    file.write_bytes(b"old and longer")
    file.chmod(before)
    write_file(str(file), b"new", secret=secret)
    assert (file.read_bytes(), mode(file)) == (b"new", after)
    write_file(str(tmp_path / "b.pdf"), b"new", secret=True)
    assert mode(tmp_path / "b.pdf") == 0o600


def test_a_link_stays_one_and_what_is_no_file_is_written_to(tmp_path: Path) -> None:
    file, link = tmp_path / "a.pdf", tmp_path / "link.pdf"
    file.write_bytes(b"old")
    link.symlink_to(file)
    write_file(str(link), b"new", secret=True)
    assert (link.is_symlink(), file.read_bytes(), mode(file)) == (True, b"new", 0o600)
    write_file("/dev/null", b"new", secret=True)
    assert stat.S_ISCHR(Path("/dev/null").stat().st_mode)


@pytest.mark.parametrize("name", ["", "folder", "folder/", "none/a.pdf", "a\0b"])
def test_what_is_no_name_of_a_file_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, name: str) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "folder").mkdir()
    with pytest.raises(MalformedInput, match="cannot be written"):
        write_file(name, b"x")
    assert [one.name for one in tmp_path.iterdir()] == ["folder"]
