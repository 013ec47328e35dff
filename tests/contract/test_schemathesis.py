"""The application as it is served, asked 200 times an operation by schemathesis: what it answers is what it describes.

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
from pathlib import Path

import pytest

UNLIMITED = {"BEVIS_VERIFY_PER_MINUTE": "0", "BEVIS_MISSES_PER_MINUTE": "0"}
EXAMPLES = 200
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
"""


@pytest.fixture
def served(tmp_path: Path) -> Iterator[str]:
    """The address of a demo registry, served by a process of its own."""
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
        yield address
    finally:
        process.terminate()
        process.communicate(timeout=20)


def test_nothing_is_answered_that_was_not_described(served: str, oracle_python: str, tmp_path: Path) -> None:
    program = Path(oracle_python).with_name("schemathesis")
    settings = tmp_path / "schemathesis.toml"
    settings.write_text(SETTINGS, encoding="utf-8")
    done = subprocess.run(
        [
            str(program),
            "--no-color",
            "--config-file",
            str(settings),
            "run",
            f"{served}/openapi.json",
            "--checks",
            ",".join(CHECKS),
            "--max-examples",
            str(EXAMPLES),
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
        timeout=600,
        check=False,
        env={name: value for name, value in os.environ.items() if not name.lower().endswith("_proxy")},
    )
    assert done.returncode == 0, done.stdout[-20_000:] + done.stderr[-2_000:]
    assert "Tested: " in done.stdout
