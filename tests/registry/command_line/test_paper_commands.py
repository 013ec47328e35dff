import io
from pathlib import Path
from zipfile import ZipFile

import pikepdf
import pytest
from PIL import Image

from registry.issuing.changes.withdraw import revoke
from registry.records.issued.batches import batches
from registry.records.issued.certificates import certificates
from registry.records.whole.directory import Registry
from registry.signing.keys import Keyring
from tests.registry.command_line.conftest import Bevis
from tests.registry.conftest import ACTOR, NOW, employ, issue, person, roster
from verification.certificate import display_number


def begin(registry: Registry, keyring: Keyring) -> None:
    employ(registry)
    issue(registry, keyring, "hot-work-march", roster(person(2, "Åsa Öberg")))


BEGINS_WITH = {"bevis": begin}


@pytest.fixture
def database() -> str:
    return "sqlite"


def test_a_diploma_a_card_and_what_is_trusted_for_them(
    registry: Registry,
    keyring: Keyring,  # noqa: ARG001 the master key is there
    bevis: Bevis,
    tmp_path: Path,
) -> None:
    with registry.reading() as db:
        (row,) = certificates(db)
    where = ("--dir", registry.directory)
    logo, diploma, card, root = (tmp_path / name for name in ("logo.png", "diploma.pdf", "card.pdf", "root.pem"))
    Image.new("RGB", (400, 100), (20, 60, 120)).save(logo)
    ended = bevis("org", "design", row.issuer, "--colour", "#1D3F72", "--logo", logo, *where, "--json")
    assert (ended.code, ended.json()) == (0, {"colour": "#1d3f72", "logo": "400 × 100"}), ended.err
    refused = bevis("org", "design", row.issuer, "--colour", "#eeeeee", *where, "--lang", "nb")
    assert refused.code == 2
    assert "kontrasten" in refused.err
    for command, file in (("pdf", diploma), ("card", card)):
        ended = bevis("certificate", command, row.number, "-o", file, *where, "--lang", "nb")
        assert ended.code == 0, ended.err
        with pikepdf.open(io.BytesIO(file.read_bytes())) as opened:
            assert opened.Root.Lang == "nb"
            assert len(opened.attachments) == 1
        assert file.stat().st_mode & 0o077 == 0  # it is about a person
    assert bevis("certificate", "pdf", row.number, "-o", tmp_path / "diploma.txt", *where).code == 2
    assert bevis("certificate", "pdf", "0" * 16, "-o", diploma, *where).code == 2
    assert bevis("trust", "seal-root", "-o", root, *where).code == 0
    assert root.read_text().count("BEGIN CERTIFICATE") == 1


def test_a_batch_is_printed_goes_on_and_leaves_out_what_was_taken_back(
    registry: Registry, keyring: Keyring, bevis: Bevis, tmp_path: Path
) -> None:
    more = roster(person(3, "Bo Ek"), person(4, "李明"), person(5, "Cia Dal"))
    issue(registry, keyring, "hot-work-march", more)
    with registry.reading() as db:
        batch = next(each for each in batches(db) if each.rows == 3)
        rows = {row.holder_name: row for row in certificates(db) if row.batch_id == batch.id}
    with registry.writing() as db:
        revoke(db, rows["Cia Dal"].number, reason="fraud", now=NOW, actor=ACTOR)
    where = ("--dir", registry.directory, "--json")
    place, archive = tmp_path / "papers", tmp_path / "papers.zip"
    number = display_number(rows["Bo Ek"].number)
    ended = bevis("batch", "pdf", batch.public_id, "-o", place, *where)
    assert ended.code == 1, ended.err  # one of them cannot be printed, and is named
    assert (ended.json()["of"], ended.json()["made"]) == (2, 1)
    assert list(ended.json()["unprintable"]) == [display_number(rows["李明"].number)]
    (file,) = place.iterdir()
    assert file.name == f"{number}.pdf"
    before = file.read_bytes()
    assert bevis("batch", "pdf", batch.public_id, "-o", place, *where).json()["made"] == 0
    assert file.read_bytes() == before
    assert bevis("batch", "pdf", batch.public_id, "-o", archive, "--cards", *where).json()["made"] == 1
    with ZipFile(archive) as packed:
        assert packed.namelist() == [f"{number}-card.pdf"]
    assert sorted(each.name for each in tmp_path.iterdir()) == ["papers", "papers.zip"]
    assert bevis("batch", "pdf", batch.public_id, "-o", archive / "x", *where).code == 2
