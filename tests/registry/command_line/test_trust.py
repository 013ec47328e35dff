"""The trust file: all that is public, nobody's name, and enough to check a certificate without the registry."""

import base64
import json
import os
import shutil
from datetime import UTC, datetime, timedelta
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest

from registry.command_line.place import keyring_of, log_of, registry_at
from registry.command_line.screen import file_bytes
from registry.errors import BackupDamaged, KeyFileUnusable, MalformedInput
from registry.issuing.documents.codes import qr_text
from registry.records.issued.certificates import certificates, issued_event
from registry.records.parties.organisations import organisations
from registry.records.persons.people import Person
from registry.records.sector.schemes import schemes
from registry.records.whole.directory import open_registry
from registry.signing.backup import _manifest, _opened
from registry.signing.key_file import open_key
from registry.signing.log.published import proof_of
from registry.signing.published import build_trust
from tests.registry.command_line.conftest import Bevis
from verification.monitor import NotSeen, read_seen
from verification.offline import trust_in
from verification.presented import with_proof
from verification.trust_file import trust_to_json


@pytest.fixture(scope="module")
def exported(demo_dir: Path, tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, list[tuple[str, str, str]]]:
    """A directory that holds a trust file and no registry, and (state, code, document) of every certificate."""
    place = tmp_path_factory.mktemp("laptop")
    registry = open_registry(demo_dir)
    try:
        keyring, now = keyring_of(registry), datetime.now(UTC)
        with registry.reading() as db:
            found = [
                (
                    row.state_on(now.date()),
                    qr_text(db, keyring, row, registry.public_url, now),
                    with_proof(row.vc_jwt, proof_of(db, log_of(registry).head_file, issued_event(db, row))),
                )
                for row in certificates(db)
            ]
    finally:
        registry.close()
    return place, found


def test_offline_says_what_the_register_says(
    bevis: Bevis, demo_dir: Path, exported: tuple[Path, list[tuple[str, str, str]]], monkeypatch: pytest.MonkeyPatch
) -> None:
    place, found = exported
    monkeypatch.chdir(place)  # nothing here is a registry
    told = bevis("trust", "export", "trust.json", "--dir", demo_dir, "--json")
    assert (told.code, told.json()["signed"], told.json()["file"]) == (0, True, "trust.json")
    for state, code, document in found:
        for token in (code, document):
            offline = bevis("verify", token, "--trust", "trust.json", "--json")
            online = bevis("verify", token, "--dir", demo_dir, "--json")
            assert offline.code == online.code, (state, offline.json()["reasons"])
            assert offline.json()["outcome"] == online.json()["outcome"]
            assert offline.json()["certificate"]["number"] == online.json()["certificate"]["number"]
    number = online.json()["certificate"]["number"]
    alone = bevis("verify", number, "--trust", "trust.json", "--json")
    assert (alone.code, alone.json()["reasons"][0]["code"]) == (3, "number_alone")
    wrong = bevis("verify", found[0][1], "--trust", "trust.json", "--scheme", "no-such-scheme", "--json")
    assert (wrong.code, wrong.json()["headline"]) == (1, "not_sufficient")


def test_the_file_names_no_person(bevis: Bevis, demo_dir: Path, tmp_path: Path) -> None:
    file = tmp_path / "trust.json"
    assert bevis("trust", "export", file, "--dir", demo_dir).code == 0
    signed = file.read_text("utf-8").split(".")[1]
    text = base64.urlsafe_b64decode(signed + "=" * (-len(signed) % 4)).decode()
    registry = open_registry(demo_dir)
    try:
        with registry.reading() as db:
            people = [one for one in organisations(db) if one.kind == "person"]
            holders = {row.certificate().holder_name for row in certificates(db)}
            numbers = {row.number for row in certificates(db)}
            assert {one.owner for one in schemes(db)}.isdisjoint(one.slug for one in people)
    finally:
        registry.close()
    assert people, "the demo has owners that are people; without them this proves nothing"
    assert holders
    for secret in (*holders, *numbers, *(one.name for one in people), *(f'"{one.slug}"' for one in people)):
        assert secret not in text
    assert '"events":{}' in text.replace(" ", "") or "events" not in json.loads(text)
    assert Person.__tablename__ not in text


def test_a_file_is_believed_if_the_root_key_has_signed_it(
    bevis: Bevis, demo_dir: Path, exported: tuple[Path, list[tuple[str, str, str]]], tmp_path: Path
) -> None:
    file, code = tmp_path / "trust.jws", next(code for state, code, _ in exported[1] if state == "issued")
    for lang, words in (("sv", "rotnyckel"), ("nb", "rotnøkkel"), ("en", "root key")):
        shown = bevis("trust", "export", file, "--dir", demo_dir, "--lang", lang)
        assert words in " ".join(shown.out.split())
    root = bevis("trust", "root", "--dir", demo_dir).out.strip()
    assert root.startswith("127.0.0.1:8000/root+")
    assert bevis("trust", "root", "--dir", demo_dir, "--json").json() == {"root": root}
    pinned = bevis("verify", code, "--trust", file, "--root", root)
    assert (pinned.code, "--root" in pinned.out) == (0, False)
    assert "--root" in bevis("verify", code, "--trust", file).out
    signed = file.read_bytes()
    place = len(signed) // 2
    plain = tmp_path / "plain.json"
    with registry_at(demo_dir) as registry, registry.reading() as db:
        plain.write_bytes(trust_to_json(build_trust(db, registry.public_url, datetime.now(UTC))))
    other = tmp_path / "other.jws"
    other.write_bytes(signed[:place] + (b"A" if signed[place : place + 1] != b"A" else b"B") + signed[place + 1 :])
    for wrong in (plain, other):
        ended = bevis("verify", code, "--trust", wrong, "--root", root)
        assert (ended.code, wrong.name in ended.err.replace("\n", "")) == (2, True)
    for stranger in (root[:-1] + ("B" if root[-1] != "B" else "C"), "x", root.replace("127", "128", 1)):
        assert bevis("verify", code, "--trust", file, "--root", stranger).code == 2
    assert bevis("verify", code, "--trust", plain).code == 0


def test_a_stolen_root_key_is_announced_and_whoever_still_has_it_is_told(
    bevis: Bevis, demo_dir: Path, exported: tuple[Path, list[tuple[str, str, str]]], tmp_path: Path
) -> None:
    place, file = Path(shutil.copytree(demo_dir, tmp_path / "own")), tmp_path / "trust.jws"
    code, there = next(code for state, code, _ in exported[1] if state == "issued"), ("--dir", place)
    old = bevis("trust", "root", *there).out.strip()
    assert "root" not in {one["check"] for one in bevis("doctor", "--json", *there).json()["checks"]}
    (key,) = (one for one in bevis("key", "list", "--json", *there).json() if one["purpose"] == "root")
    said = bevis("key", "compromised", key["kid"], "--since", key["not_before"], "--lang", "en", *there)
    new = bevis("trust", "root", *there).out.strip()
    assert new != old
    assert new in said.out
    assert all(word in said.out for word in ("BEVIS_ROOT", "bevis publish", "thief"))
    checked = {one["check"]: one for one in bevis("doctor", "--json", *there).json()["checks"]}
    assert (checked["root"]["ok"], new in checked["root"]["says"]) == (True, True)
    assert bevis("trust", "export", file, *there).code == 0
    assert bevis("verify", code, "--trust", file, "--root", new).code == 0
    refused = bevis("verify", code, "--trust", file, "--root", old)
    assert refused.code == 2
    assert "is reported as stolen" in " ".join(refused.err.split())
    # One that is only retired is announced too; what cannot be known is not said.
    (key,) = (
        one
        for one in bevis("key", "list", "--json", *there).json()
        if one["purpose"] == "root" and one["compromised_since"] is None
    )
    retired = bevis("key", "retire", key["kid"], "--json", *there).json()
    assert retired["new_root"] == bevis("trust", "root", *there).out.strip() != new
    assert bevis("trust", "export", file, *there).code == 0
    refused = bevis("verify", code, "--trust", file, "--root", new)
    assert "has a new root key" in " ".join(refused.err.split())


def test_the_file_is_replaced_whole_or_not_at_all(bevis: Bevis, demo_dir: Path, tmp_path: Path) -> None:
    file = tmp_path / "trust.json"
    file.write_text("old")
    assert bevis("trust", "export", file, "--dir", demo_dir).code == 0
    assert trust_in(str(file)).trust.public_url == "http://127.0.0.1:8000"
    assert [entry.name for entry in tmp_path.iterdir()] == ["trust.json"]
    nowhere = bevis("trust", "export", tmp_path / "no" / "t.json", "--dir", demo_dir)
    assert nowhere.code == 2
    assert "t.json" in nowhere.err
    onto_a_directory = bevis("trust", "export", tmp_path, "--dir", demo_dir)
    assert onto_a_directory.code == 2
    assert "Traceback" not in onto_a_directory.err


@pytest.mark.parametrize("content", [None, b"", b"not json", b'{"a": 1}', b"{" * 50_000])
def test_a_bad_trust_file_is_named(bevis: Bevis, tmp_path: Path, content: bytes | None) -> None:
    file = tmp_path / "bad.json"
    if content is not None:
        file.write_bytes(content)
    ended = bevis("verify", "x", "--trust", file, "--json")
    assert (ended.code, ended.json()["error"]["code"]) == (2, "MalformedInput")
    assert "bad.json" in ended.err.replace("\n", "")


@pytest.mark.timeout(60)
@pytest.mark.parametrize("place", [None, "/dev/shm"])  # noqa: S108 removed again
def test_a_pipe_with_a_name_is_not_waited_for(bevis: Bevis, tmp_path: Path, place: str | None) -> None:
    if place is not None and not Path(place).is_dir():
        pytest.skip(f"this machine has no {place}")
    with TemporaryDirectory(dir=place) as directory:
        _not_waited_for(bevis, Path(directory) / "pipe", tmp_path)


def _not_waited_for(bevis: Bevis, pipe: Path, tmp_path: Path) -> None:
    os.mkfifo(pipe)
    for given in (("verify", pipe), ("verify", "x", "--trust", pipe), ("verify", tmp_path)):
        ended = bevis(*given, "--json")
        assert (ended.code, ended.json()["error"]["code"]) == (2, "MalformedInput")
    with pytest.raises(MalformedInput, match="no file"):  # and so for whatever else a command is given
        file_bytes(str(pipe), 9)
    with pytest.raises(KeyFileUnusable, match="no key"):
        open_key(pipe)
    with pytest.raises(NotSeen):
        read_seen(pipe)
    large = tmp_path / "large"
    with large.open("wb") as file:
        file.truncate(5 * 1024**3)  # of nothing
    for backup in (pipe, large):
        with pytest.raises(BackupDamaged), _opened(backup) as source:
            _manifest(source)


def test_what_a_shell_pipes_in_is_read(
    bevis: Bevis, demo_dir: Path, exported: tuple[Path, list[tuple[str, str, str]]]
) -> None:
    code = next(code for state, code, _ in exported[1] if state == "issued")
    reads, writes = os.pipe()
    os.write(writes, code.encode())
    os.close(writes)
    ended = bevis("verify", f"/dev/fd/{reads}", "--dir", demo_dir, "--json")
    os.close(reads)
    assert ended.json()["outcome"] == bevis("verify", code, "--dir", demo_dir, "--json").json()["outcome"]


def test_old_knowledge_never_says_valid(
    bevis: Bevis, demo_dir: Path, exported: tuple[Path, list[tuple[str, str, str]]], tmp_path: Path
) -> None:
    file = tmp_path / "trust.json"
    assert bevis("trust", "export", file, "--dir", demo_dir).code == 0
    aged = json.loads(trust_to_json(trust_in(str(file)).trust))
    aged["as_of"] = (datetime.now(UTC) - timedelta(days=30)).strftime("%Y-%m-%dT%H:%M:%SZ")
    file.write_text(json.dumps(aged), "utf-8")
    for state, code, _ in exported[1]:
        ended = bevis("verify", code, "--trust", file, "--json")
        assert ended.json()["outcome"] != "valid"
        if state == "issued":
            assert "knowledge_too_old" in {reason["code"] for reason in ended.json()["reasons"]}
