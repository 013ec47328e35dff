"""The pages of the levels and of what a check may answer: examples that are computed, vectors that are there."""

import json
from collections.abc import Iterator
from importlib.resources import files

import pytest
from fastapi import FastAPI
from markupsafe import escape
from starlette.testclient import TestClient

from levels.evidence import evidence_from_toml
from levels.level import Level
from levels.rulebook import rulebook
from levels.worked_examples import examples
from verification.endpoint.router import verify_router
from verification.reasons import reasons

EDITION = "2026-01-01"


@pytest.fixture(scope="module")
def client() -> Iterator[TestClient]:
    from tests.verification import conftest as world  # as the fixture of every test gives it

    app = FastAPI()
    app.include_router(verify_router(world.FakeSource()))
    with TestClient(app) as client:
        yield client


def test_there_is_an_example_of_every_level_and_each_but_the_first_just_misses_the_one_above() -> None:
    order, found = rulebook(EDITION).order, examples(EDITION)
    assert tuple(one.found.attained for one in found) == order
    for level, one in zip(order, found[1:], strict=False):
        assert one.found.unmet[level]
    for one in found:
        assert set(one.title) == set(one.says) == {"sv", "nb", "en"}


@pytest.mark.parametrize("lang", ["sv", "nb", "en"])
@pytest.mark.parametrize("level", Level)
def test_a_level_shows_what_reaches_it_and_what_the_next_one_lacks(client: TestClient, level: Level, lang: str) -> None:
    shown = client.get(f"/levels/{level}?lang={lang}").text
    order, all_of_them = rulebook(EDITION).order, examples(EDITION)
    place = order.index(level)
    near = all_of_them[place : place + 2]
    for one in all_of_them:
        assert (escape(one.title[lang]) in shown) == (one in near)
    for row in near[-1].found.unmet[level] if len(near) > 1 else ():
        assert f'href="#{row.id}"' in shown
        assert f'id="{row.id}"' in shown


def test_an_example_can_be_taken_along(client: TestClient) -> None:
    for one in examples(EDITION):
        file = client.get(f"/levels/examples/{one.name}.toml")
        assert file.headers["content-type"].startswith("application/toml")
        assert evidence_from_toml(file.content).decided_on == one.found.on
    assert client.get("/levels/examples/titles.toml").status_code == 404
    assert client.get("/levels/examples/..%2ftitles.toml").status_code == 404


def test_every_requirement_is_in_the_comparison_and_leads_to_its_row(client: TestClient) -> None:
    book = rulebook(EDITION)
    for lang in ("sv", "nb", "en"):
        shown = client.get(f"/levels/compare?lang={lang}").text
        for level in book.order:
            for cell in book.cells[level]:
                assert f"/levels/{level}?lang={lang}#{cell.row.id}" in shown
                assert escape(cell.row.title[lang]) in shown


def test_the_vectors_are_handed_out_as_they_are(client: TestClient) -> None:
    content = (files("verification") / "vectors.json").read_bytes()
    plain = client.get("/vectors.json", headers={"Accept-Encoding": "identity"})
    packed = client.get("/vectors.json", headers={"Accept-Encoding": "gzip"})
    assert plain.content == packed.content == content
    assert packed.headers["content-encoding"] == "gzip"
    assert plain.headers["etag"] != packed.headers["etag"]
    again = client.get("/vectors.json", headers={"Accept-Encoding": "gzip", "If-None-Match": packed.headers["etag"]})
    assert again.status_code == 304


def test_a_reason_shows_vectors_that_give_it(client: TestClient) -> None:
    vectors = json.loads((files("verification") / "vectors.json").read_bytes())["vectors"]
    given = {code for one in vectors for code in (*one["expect"]["codes"], *one["expect"].get("also", ()))}
    for code in reasons():
        shown = client.get(f"/reasons/{code}?lang=en").text
        names = [one["name"] for one in vectors if f'<span class="code">{one["name"]}</span>' in shown]
        assert bool(names) == (code in given), code
        for one in vectors:
            if one["name"] in names:
                assert code in {*one["expect"]["codes"], *one["expect"].get("also", ())}
    assert str(len(vectors)) in client.get("/reasons?lang=en").text
