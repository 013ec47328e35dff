import io
from pathlib import Path

import pikepdf
import pytest
from PIL import Image

from registry.records.issued.certificates import certificates
from registry.records.whole.directory import Registry
from registry.signing.keys import Keyring
from tests.registry.command_line.conftest import Bevis
from tests.registry.conftest import employ, issue, person, roster


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
