"""The web application over a real registry, with a clock that stands still."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime

import pytest
from fastapi.testclient import TestClient

from registry.records.issued.certificates import IssuedCertificate, certificates
from registry.records.whole.directory import Registry
from registry.web.app import create_app
from registry.web.settings import Settings
from tests.registry.conftest import NOW, PUBLIC_URL


@dataclass
class Clock:
    """A clock that tests set."""

    at: datetime = NOW

    def __call__(self) -> datetime:
        return self.at


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def settings(registry: Registry) -> Settings:
    return Settings.read(registry.directory, env={})


@pytest.fixture
def web(settings: Settings, clock: Clock) -> Iterator[TestClient]:
    with TestClient(create_app(settings, clock=clock), base_url=PUBLIC_URL, raise_server_exceptions=False) as client:
        yield client


@pytest.fixture
def issued(registry: Registry) -> IssuedCertificate:
    """The certificate that the registry begins with."""
    with registry.reading() as db:
        (row,) = certificates(db)
    return row
