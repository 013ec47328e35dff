from pathlib import Path

import pytest

from registry.issuing.documents.paper import sealed_pdf, to_print
from registry.issuing.documents.sheet import Page, Print
from registry.records.issued.certificates import IssuedCertificate, certificates
from registry.records.whole.directory import Registry
from registry.signing.keys import Keyring
from registry.signing.log.keeper import LogKeeper
from registry.signing.personal_data import PersonalData
from registry.signing.seal.chain import chain_of, roots_as_pem
from tests.registry.conftest import ACTOR, NOW, PUBLIC_URL, issue, person, roster


def begin(registry: Registry, keyring: Keyring) -> None:
    """One certificate, in the log, and a chain to seal it with: made once for all tests that ask for one."""
    issue(registry, keyring, "hot-work-march", roster(person(2, "Åsa Öberg")))
    LogKeeper(registry, lambda: keyring, lambda: NOW).advance()
    chain_of(registry, keyring, NOW, ACTOR)


@pytest.fixture
def database() -> str:
    return "sqlite"  # nothing here differs between the two


@pytest.fixture
def issued(registry: Registry) -> IssuedCertificate:
    with registry.reading() as db:
        (row,) = certificates(db)
    return row


@pytest.fixture
def what(registry: Registry, keyring: Keyring, issued: IssuedCertificate, data: PersonalData) -> Print:
    with registry.reading() as db:
        return to_print(db, keyring, issued, "sv", PUBLIC_URL, NOW, lambda: data)


@pytest.fixture
def seal(registry: Registry, keyring: Keyring, what: Print):  # noqa: ANN201 a function
    def sealed(page: Page = "diploma", more: Print | None = None) -> bytes:
        return sealed_pdf(more or what, page, chain_of(registry, keyring, NOW, ACTOR), NOW)

    return sealed


@pytest.fixture
def root_file(registry: Registry, tmp_path: Path) -> Path:
    file = tmp_path / "root.pem"
    with registry.reading() as db:
        file.write_bytes(roots_as_pem(db))
    return file
