"""A demo registry served on loopback, and a Chromium to look at it with."""

import json
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from urllib.request import urlopen

import pytest
from playwright.sync_api import Browser, sync_playwright

ARGUMENTS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]


class Served:
    """A demo registry, made and served by the command itself."""

    def __init__(self, directory: Path) -> None:
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            self.port = free.getsockname()[1]
        self.origin = f"http://127.0.0.1:{self.port}"
        self.directory = directory
        self.bevis = [sys.executable, "-c", "from registry.command_line.main import run; run()"]
        command = [*self.bevis, "demo", "--dir", str(directory)]
        told = subprocess.run(
            [*command, "--port", str(self.port), "--no-serve", "--json"], check=True, capture_output=True, text=True
        )
        self.pages: dict[str, str] = json.loads(told.stdout)["pages"]
        self._command = [*self.bevis, "serve", "--dir", str(directory)]
        self.process = self.start()

    def start(self) -> "subprocess.Popen[bytes]":
        process = subprocess.Popen(
            [*self._command, "--port", str(self.port)], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
        )
        for _ in range(1200):  # a minute: others may be at work on this machine
            try:
                with urlopen(f"{self.origin}/healthz", timeout=1):  # noqa: S310 our own
                    return process
            except OSError:
                time.sleep(0.05)
        process.kill()
        raise AssertionError("the demo does not answer")

    def stop(self) -> None:
        self.process.terminate()
        self.process.wait(timeout=20)


@pytest.fixture(scope="session")
def served(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    demo = Served(tmp_path_factory.mktemp("browser") / "demo")
    yield demo
    demo.stop()


@pytest.fixture(scope="module")
def browser(chromium: str) -> Iterator[Browser]:
    with sync_playwright() as playwright:
        started = playwright.chromium.launch(executable_path=chromium, args=ARGUMENTS)
        yield started
        started.close()
