"""The scanner's files: built from their source, served whole, small and strict; its words in every language."""

import gzip
import json
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path
from types import ModuleType

import pytest
from fastapi import FastAPI
from starlette.testclient import TestClient

from levels.order import LANGUAGES
from tests.conftest import skip_unless_ci
from verification.endpoint.router import verify_router
from verification.endpoint.scanner_page import scanner_files, scanner_words
from verification.reasons import headlines, texts

ROOT = Path(__file__).resolve().parents[3]
SOURCE, BUILT = ROOT / "verification" / "scanner", ROOT / "verification" / "static" / "scan"


@pytest.fixture(scope="module")
def client(world: ModuleType) -> Iterator[TestClient]:
    app = FastAPI()
    app.include_router(verify_router(world.FakeSource()))
    with TestClient(app) as client:
        yield client


def test_what_is_built_is_what_the_source_says(tmp_path: Path) -> None:
    node = shutil.which("node")
    if node is None:
        skip_unless_ci("no node on this machine: apt-get install nodejs npm")
    if not (SOURCE / "node_modules" / ".installed").exists():
        skip_unless_ci("what the scanner is built with is not installed: `make test` installs it")
    subprocess.run([str(node), str(SOURCE / "build.mjs"), str(tmp_path)], check=True)
    built = {path.name: path.read_bytes() for path in BUILT.iterdir()}
    anew = {path.name: path.read_bytes() for path in tmp_path.iterdir()}
    assert anew == built, "run `make scanner`, and commit what it made"


def test_the_lock_names_no_host_and_nothing_installed_is_committed() -> None:
    lock = (SOURCE / "package-lock.json").read_text("utf-8")
    assert '"resolved"' not in lock
    assert "registry." not in lock
    ignored = (ROOT / ".gitignore").read_text("utf-8").splitlines()
    assert "node_modules/" in ignored


def test_every_file_is_served_packed_with_its_tag(client: TestClient) -> None:
    for name, file in scanner_files().items():
        plain = client.get(f"/scan/{name}", headers={"Accept-Encoding": "identity"})
        assert plain.content == file.content
        assert plain.headers["content-type"].split(";")[0] == file.media_type.split(";")[0]
        again = client.get(
            f"/scan/{name}", headers={"Accept-Encoding": "identity", "If-None-Match": plain.headers["etag"]}
        )
        assert again.status_code == 304
    packed = client.get("/scan/app.js", headers={"Accept-Encoding": "gzip"})
    assert packed.headers["content-encoding"] == "gzip"
    assert len(gzip.compress(packed.content)) < 60_000
    assert client.get("/scan/no-such-file.js").status_code == 404
    assert client.head("/scan").status_code == 200


def test_the_service_worker_is_told_of_every_file_and_may_answer_for_the_verify_page(client: TestClient) -> None:
    answer = client.get("/scan/sw.js")
    assert answer.headers["service-worker-allowed"] == "/"
    kept = json.loads(answer.text.split("const KEPT = ", 1)[1].split(";\n", 1)[0])
    assert set(kept) == {"scan", *(f"scan/{name}" for name in scanner_files())}
    assert all(digest.startswith("sha256-") for digest in kept.values())
    below = TestClient(client.app, root_path="/registry")
    assert below.get("/scan/sw.js").headers["service-worker-allowed"] == "/registry/"


def test_the_page_is_the_same_in_every_language_and_runs_only_our_scripts(client: TestClient) -> None:
    page = client.get("/scan?lang=nb")
    assert page.content == client.get("/scan", headers={"Accept-Language": "en"}).content
    assert "style=" not in page.text
    assert page.text.count("<script") == 1
    rules = page.headers["content-security-policy"]
    assert "'unsafe-inline'" not in rules
    assert "'wasm-unsafe-eval'" in rules
    for other in ("/v", "/levels"):
        elsewhere = client.get(other).headers
        assert "wasm" not in elsewhere["content-security-policy"]
        assert elsewhere["permissions-policy"] == "camera=()"


@pytest.mark.parametrize("lang", LANGUAGES)
def test_every_word_that_the_script_says_is_there(lang: str) -> None:
    own = scanner_words(lang)["scanner"]
    assert isinstance(own, dict)
    assert all(own.values())
    said = (SOURCE / "app" / "main.js").read_text("utf-8") + (ROOT / "verification/templates/scan.html").read_text(
        "utf-8"
    )
    unused = [name for name in own if f'"{name}"' not in said and not name.startswith(("keep_", "column_", "report_"))]
    in_other_files = "".join(path.read_text("utf-8") for path in (SOURCE / "app").glob("*.js"))
    assert not [name for name in unused if f'"{name}"' not in in_other_files]


def test_drafts_say_that_they_are_drafts_and_have_every_headline() -> None:
    drafts = texts("drafts")
    assert set(drafts) == {"pl", "lt", "ro", "uk"}
    for lang, told in drafts.items():
        assert told["draft"] is True, lang
        assert set(told["headlines"]) == set(headlines()), lang
        assert all(each["title"] and each["says"] for each in told["headlines"].values()), lang
