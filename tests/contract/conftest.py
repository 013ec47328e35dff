"""A demo registry for the contract: the application as it is served, and what it answers."""

import json
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from fastapi.testclient import TestClient

from registry.command_line.demo import make_demo
from registry.records.issued.certificates import certificates
from registry.web.app import create_app
from registry.web.settings import Settings

NOW = datetime(2026, 11, 20, 12, 0, tzinfo=UTC)
UNLIMITED = {"BEVIS_VERIFY_PER_MINUTE": "0", "BEVIS_MISSES_PER_MINUTE": "0"}


@pytest.fixture(scope="session")
def demo(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, list[str]]:
    """The directory of a demo registry, and the numbers in it."""
    place = tmp_path_factory.mktemp("contract") / "demo"
    registry, _ = make_demo(place, NOW, public_url="https://bevis.example")
    with registry.reading() as db:
        numbers = [row.number for row in certificates(db)]
    registry.close()
    return place, numbers


@pytest.fixture(scope="session")
def web(demo: tuple[Path, list[str]]) -> Iterator[TestClient]:
    app = create_app(Settings.read(demo[0], env=UNLIMITED), clock=lambda: NOW)
    with TestClient(app, base_url="https://bevis.example") as client:
        yield client


@pytest.fixture(scope="session")
def answered(web: TestClient, demo: tuple[Path, list[str]]) -> list[dict[str, Any]]:
    """Every answer to every number of the demo, and to one that is none."""
    told = web.post(
        "/api/v1/verify",
        content=json.dumps({"tokens": [*demo[1], "hello"]}),
        headers={"Content-Type": "application/json"},
    )
    found: list[dict[str, Any]] = told.json()["answers"]
    return found
