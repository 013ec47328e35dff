"""Several certificates at once, by picture or by list: each gets the answer it would get alone."""

import io
from collections.abc import Iterator
from types import ModuleType

import pytest
import segno
from fastapi import FastAPI
from PIL import Image
from starlette.testclient import TestClient

from verification.certificate import display_number
from verification.endpoint.gate import Limits
from verification.endpoint.router import verify_router
from verification.endpoint.several import PICTURE_COSTS, tokens_in
from verification.pictures.kinds import MAX_PICTURE_BYTES

PICTURES = "/api/v1/verify/pictures"
OTHER = "https://elsewhere.example/x"


def client_of(world: ModuleType, limits: Limits | None = None) -> TestClient:
    app = FastAPI()
    app.include_router(verify_router(world.FakeSource(tokens={world.NUMBER: world.full()}), limits))
    return TestClient(app)


@pytest.fixture
def client(world: ModuleType) -> Iterator[TestClient]:
    with client_of(world) as client:
        yield client


def picture(*said: str) -> bytes:
    paper = Image.new("L", (700 * len(said), 700), "white")
    for number, text in enumerate(said):
        drawn = io.BytesIO()
        segno.make(text, error="m", micro=False).save(drawn, kind="png", scale=5)
        paper.paste(Image.open(drawn).convert("L"), (40 + 700 * number, 40))
    file = io.BytesIO()
    paper.save(file, "PNG")
    return file.getvalue()


def ask(client: TestClient, data: bytes, kind: str = "image/png", query: str = "", **headers: str):  # noqa: ANN201
    return client.post(PICTURES + query, content=data, headers={"Content-Type": kind, **headers})


def test_every_code_in_a_picture_is_answered_as_it_would_be_alone(client: TestClient, world: ModuleType) -> None:
    code = world.qr_text()
    answered = ask(client, picture(code, OTHER), query="?lang=nb&situation=hiring")
    assert answered.status_code == 200, answered.text
    good, other = answered.json()["codes"]
    alone = client.post("/api/v1/verify", json={"token": code, "lang": "nb", "situation": "hiring"}).json()
    # And that nobody looked at anything else in the picture.
    assert [one["code"] for one in good["answer"]["reasons"] if one not in alone["reasons"]] == ["code_alone"]
    assert {**good["answer"], "reasons": None, "next": None} == {**alone, "reasons": None, "next": None}
    assert alone["certificate"]["birth"] is not None
    assert [reason["code"] for reason in other["answer"]["reasons"]] == ["unreadable"]
    assert good["page"] == 1
    assert good["at"][0] < good["at"][2] <= 0.5 <= other["at"][0]


def test_people_see_the_same_as_a_list(client: TestClient) -> None:
    shown = ask(client, picture(OTHER), Accept="text/html", query="?lang=en")
    assert shown.status_code == 200
    assert '<section class="several"' in shown.text
    assert "<html" not in shown.text
    assert OTHER in shown.text  # escaped, never a link
    assert f'href="{OTHER}' not in shown.text
    none = ask(client, _blank(), Accept="text/html")
    assert none.status_code == 200
    assert "QR" in none.text


def _blank() -> bytes:
    file = io.BytesIO()
    Image.new("L", (300, 300), "white").save(file, "PNG")
    return file.getvalue()


def test_a_picture_without_a_code_has_no_answers(client: TestClient) -> None:
    assert ask(client, _blank()).json() == {"codes": []}


@pytest.mark.parametrize(
    ("data", "kind", "query", "status", "name"),
    [
        (b"no picture", "image/png", "", 422, "not-a-picture"),
        (b"", "application/pdf", "", 422, "not-a-picture"),
        (b"{}", "application/json", "", 415, "unsupported-media-type"),
        (b"x", "image/gif", "", 415, "unsupported-media-type"),
        (b"<svg/>", "image/svg+xml", "", 422, "not-a-picture"),
        (b"\0\0\0\x18ftypheic", "image/heic", "", 422, "not-a-picture"),
        (b"x" * (MAX_PICTURE_BYTES + 1), "image/png", "", 413, "body-too-large"),
        (b"x", "image/png", "?situation=none", 422, "not-a-question"),
        (b"x", "image/png", "?nonsense=1", 422, "not-a-question"),
    ],
)
def test_what_is_no_picture_is_refused(
    client: TestClient, data: bytes, kind: str, query: str, status: int, name: str
) -> None:
    refused = ask(client, data, kind, query)
    assert (refused.status_code, refused.json()["type"]) == (status, f"/problems/{name}")
    assert client.get(f"/problems/{name}").status_code == 200


def test_a_list_written_on_the_page_is_answered_without_script(client: TestClient, world: ModuleType) -> None:
    number = display_number(world.NUMBER)
    shown = client.post("/v/several?lang=en", data={"list": f"{number}\r\n\r\n0000-0000-0000-0000;Anna\n"})
    assert shown.status_code == 200
    assert shown.text.count('<details class="card one') == 2
    assert number in shown.text
    assert str(world.CERTIFICATE.birth_date or world.CERTIFICATE.birth_year) not in shown.text  # by number alone
    for wrong in ("", "\n \n", "x\n" * 1001):
        refused = client.post("/v/several?lang=en", data={"list": wrong})
        assert refused.status_code == 422
        assert 'role="alert"' in refused.text
    assert client.post("/v/several", content=b"\xff\xfe").status_code == 422
    assert client.get("/v/several").status_code == 200
    assert client.get("/V/several").status_code == 200


def test_a_list_of_tokens_is_shown_to_the_script_of_the_page(client: TestClient, world: ModuleType) -> None:
    shown = client.post("/api/v1/verify", json={"tokens": [world.NUMBER, "x"]}, headers={"Accept": "text/html"})
    assert shown.text.count('<details class="card one') == 2


def test_looking_at_pictures_is_counted(world: ModuleType) -> None:
    with client_of(world, Limits(1000, 1000, lambda: 0)) as client:
        for _ in range(1000 // PICTURE_COSTS):
            assert ask(client, b"no picture").status_code == 422
        told = ask(client, b"no picture")
        assert told.status_code == 429
        assert int(told.headers["Retry-After"]) > 0
        assert ask(client, b"no picture", Accept="text/html").status_code == 429
        assert client.post("/v/several", data={"list": "x"}).status_code == 429


def test_of_files_that_wait_there_are_only_so_many(world: ModuleType, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("verification.endpoint.turns.MOST_HERE", 0)
    with client_of(world, Limits(1000, 1000, lambda: 0)) as client:
        for path, kind in ((PICTURES, "image/png"), ("/api/v1/verify", "application/pdf")):
            told = client.post(path, content=b"any file", headers={"Content-Type": kind})
            assert told.status_code == 429
            assert "Too many files" in told.json()["detail"]


def test_a_list_as_people_paste_it() -> None:
    assert tokens_in(' "A"\tAnna\n\nB;Bo;2026\r\nC\n') == ["A", "B", "C"]
