"""`bevis demo` as a newcomer runs it: a process of its own, on a port, until Ctrl+C."""

import json
import os
import signal
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from pathlib import Path

import pytest


def free_port() -> int:
    with socket.socket() as one:
        one.bind(("127.0.0.1", 0))
        return int(one.getsockname()[1])


def fetched(url: str, body: bytes | None = None) -> str:
    headers = {"Content-Type": "application/json", "Accept-Language": "en"}
    with urllib.request.urlopen(urllib.request.Request(url, body, headers), timeout=10) as answer:  # noqa: S310 loopback
        return str(answer.read().decode())


def said_twice(port: int) -> bytes:
    """All that comes back on a connection where the end of a request is said in two ways, and another may follow."""
    lengths = b"Transfer-Encoding: chunked\r\nContent-Length: 4\r\n\r\n"
    with socket.create_connection(("127.0.0.1", port), timeout=10) as one:
        one.sendall(
            b"POST /api/v1/verify HTTP/1.1\r\nHost: a\r\n"
            + lengths
            + b"0\r\n\r\nGET /healthz HTTP/1.1\r\nHost: a\r\n\r\n"
        )
        return b"".join(iter(lambda: one.recv(4096), b""))


def test_the_demo_serves_what_it_prints_until_it_is_stopped(tmp_path: Path, at_database: list[str]) -> None:
    port = free_port()
    out = tmp_path / "out.json"
    command = [sys.executable, "-c", "from registry.command_line.main import run; run()"]
    environment = {name: value for name, value in os.environ.items() if not name.startswith("BEVIS_")}
    with out.open("wb") as stdout:
        process = subprocess.Popen(
            [*command, "demo", "--dir", str(tmp_path / "demo"), "--port", str(port), "--json", *at_database],
            stdout=stdout,
            stderr=subprocess.PIPE,
            env=environment | {"PYTHONUNBUFFERED": "1"},
        )
        try:
            deadline = time.monotonic() + 60
            while True:
                try:
                    assert json.loads(fetched(f"http://127.0.0.1:{port}/readyz"))["ready"]
                    break
                except urllib.error.URLError:
                    if time.monotonic() > deadline or process.poll() is not None:
                        pytest.fail(f"it does not answer: {process.communicate()[1].decode()}")
                    time.sleep(0.1)
            pages = json.loads(out.read_text(encoding="utf-8"))["pages"]
            assert pages["green"].startswith(f"http://127.0.0.1:{port}/v#")
            for colour, outcome in (("green", "valid"), ("red", "invalid"), ("amber", "undetermined")):
                question = json.dumps({"token": pages[colour]}).encode()
                assert json.loads(fetched(f"http://127.0.0.1:{port}/api/v1/verify", question))["outcome"] == outcome
            told = said_twice(port)
            assert (told[:12], told.count(b"HTTP/1.1 ")) == (b"HTTP/1.1 400", 1)
            assert "Do not rely on any of them" in fetched(pages["home"])
        finally:
            process.send_signal(signal.SIGINT)
            _, err = process.communicate(timeout=20)
    assert (process.returncode, err) == (0, b"")
