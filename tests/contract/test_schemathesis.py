"""The application as it is served, asked many times an operation by schemathesis: what it answers is what it describes.

It asks with what the description allows and with what it does not, over a real connection, always in the same order.
"""

import os
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest

from registry.records.actors.api_keys import create_api_key
from registry.records.whole.directory import open_registry

UNLIMITED = {f"BEVIS_{what}_PER_MINUTE": "0" for what in ("VERIFY", "MISSES", "REQUESTS")}
EXAMPLES = {"public": 10, "with a key": 2}  # for each operation
# Of what is public, two links lead back to where they came from, and most of the time went into following them.
PHASES = {"public": "examples,coverage,fuzzing", "with a key": "examples,coverage,fuzzing,stateful"}
DEEP = 50  # times as many with HYPOTHESIS_PROFILE=deep
TAGS = ("verification", "status", "keys", "operation")  # of what is public
CHECKS = (
    "not_a_server_error",
    "status_code_conformance",
    "content_type_conformance",
    "response_headers_conformance",
    "response_schema_conformance",
    "negative_data_rejection",
    "positive_data_acceptance",
    "unsupported_method",
    "allow_header_conformance",
)

# A list with more entries than are allowed may be too large to be read at all, and a long one that is allowed too.
SETTINGS = """
[checks]
negative_data_rejection.expected-statuses = [400, 404, 405, 413, 415, 422, 429]
positive_data_acceptance.expected-statuses = ["2xx", 304, 404, 413]

# What is right by its form may be about somebody who is not there, or be refused by what is stored; and what JSON
# Schema takes for the same (766.0 and 766, a text with NUL in it) is not read. A picture is bytes to it.
[[operations]]
include-path-regex = "^/api/v1/(?!verify$|.*/verification$)"
checks.positive_data_acceptance.expected-statuses = ["2xx", 400, 403, 404, 409, 412, 413, 422]
checks.negative_data_rejection.expected-statuses = [400, 403, 404, 405, 409, 412, 413, 415, 422, 428]

# It would find its own key in the list, and revoke it.
[[operations]]
include-operation-id = "revokeKey"
enabled = false
"""
# A draft that is amended has the body of `draftScheme`: a tenth of all cases.
QUICKLY = """
[[operations]]
include-operation-id = "amendSchemeDraft"
phases.coverage.enabled = false
"""


@pytest.fixture
def served(tmp_path: Path) -> Iterator[tuple[str, str]]:
    """The address of a demo registry, served by a process of its own, and a key of its operator."""
    with socket.socket() as one:
        one.bind(("127.0.0.1", 0))
        port = one.getsockname()[1]
    command = [sys.executable, "-c", "from registry.command_line.main import run; run()", "demo"]
    environment = {name: value for name, value in os.environ.items() if not name.startswith("BEVIS_")} | UNLIMITED
    process = subprocess.Popen(
        [*command, "--dir", str(tmp_path / "demo"), "--port", str(port), "--json"],
        stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
        env=environment,
    )
    address, deadline = f"http://127.0.0.1:{port}", time.monotonic() + 60
    try:
        while True:
            try:
                with urllib.request.urlopen(f"{address}/readyz", timeout=10):  # noqa: S310 loopback
                    break
            except urllib.error.URLError:
                if time.monotonic() > deadline or process.poll() is not None:
                    pytest.fail("it does not answer")
                time.sleep(0.1)
        yield address, operators_key(tmp_path / "demo")
    finally:
        process.terminate()
        process.communicate(timeout=20)


def operators_key(place: Path) -> str:
    registry = open_registry(place)
    with registry.writing() as db:
        given = {"account": "vera", "organisation": None, "now": datetime.now(UTC), "actor": "vera"}
        _, text = create_api_key(db, roles=["operator"], **given)  # type: ignore[arg-type]
    registry.close()
    return text


@pytest.mark.timeout(3600)
@pytest.mark.parametrize("part", EXAMPLES)
def test_nothing_is_answered_that_was_not_described(
    served: tuple[str, str], oracle_python: str, tmp_path: Path, part: str
) -> None:
    program = Path(oracle_python).with_name("schemathesis")
    settings = tmp_path / "schemathesis.toml"
    deep = os.environ.get("HYPOTHESIS_PROFILE") == "deep"
    settings.write_text(SETTINGS if deep else SETTINGS + QUICKLY, encoding="utf-8")
    done = subprocess.run(
        [
            str(program),
            "--no-color",
            "--config-file",
            str(settings),
            "run",
            f"{served[0]}/openapi.json",
            "--header",
            f"Authorization: Bearer {served[1]}",
            "--checks",
            ",".join(CHECKS),
            "--max-examples",
            str(EXAMPLES[part] * (DEEP if deep else 1)),
            *(word for tag in TAGS for word in ("--include-tag" if part == "public" else "--exclude-tag", tag)),
            "--phases",
            PHASES["with a key" if deep else part],
            "--seed",
            "20261120",
            "--generation-database",
            "none",
            "--continue-on-failure",
            "--warnings",
            "off",
        ],
        capture_output=True,
        text=True,
        cwd=tmp_path,  # where it may leave what it leaves
        timeout=3600,
        check=False,
        env={name: value for name, value in os.environ.items() if not name.lower().endswith("_proxy")},
    )
    assert done.returncode == 0, done.stdout[-20_000:] + done.stderr[-2_000:]
    assert "Tested: " in done.stdout
