"""Our own vectors, one defect each: the core answers every one, and the files are what the builder makes."""

import json
from datetime import date, datetime
from functools import cache
from pathlib import Path
from typing import Any

import pytest

from tests.verification.vectors import build, ground
from tests.verification.vectors.refused import refused, sound
from verification.judge import Verdict, judge
from verification.reasons import headlines, reasons
from verification.situation import Situation, situation
from verification.trust import Trust
from verification.trust_file import MalformedTrust, trust_from_json
from verification.verify import verify

FOLDER = build.ROOT / build.HERE
OPEN = frozenset({"failed", "could_not_check"})
NAMES = sorted(path.stem for path in FOLDER.glob("*.json"))
# What only a register can answer; the tests of `ask` and of the register have these.
ASKED_OF_A_REGISTER = {"not_found", "register_agrees", "register_disagrees", "register_unreadable"}
# What is said of a file that a certificate or a code stood in; a vector is a text. The tests of documents have these.
OF_A_FILE = {code for code in reasons() if code.startswith("document_")} | {"code_alone"}


@cache
def vector(name: str) -> dict[str, Any]:
    """A vector as its file has it."""
    return json.loads((FOLDER / f"{name}.json").read_text("utf-8"))


@cache
def trust_named(name: str) -> Trust:
    """A trust as its file has it."""
    return trust_from_json((FOLDER / name).read_bytes())


def situation_of(asked: dict[str, Any]) -> Situation:
    """The situation a vector names, with what else it needs."""
    other = {**asked.get("needs", {}), **({"schemes": tuple(sorted(asked["schemes"]))} if "schemes" in asked else {})}
    return Situation.model_validate({**dict(situation(asked["situation"])), **other})


def verdict_on(asked: dict[str, Any]) -> Verdict:
    """What the core says to a vector."""
    token = asked["token"] if "token" in asked else bytes.fromhex(asked["token_hex"])
    now = datetime.fromisoformat(asked["now"])
    on = date.fromisoformat(asked["on"]) if "on" in asked else None
    trust = trust_named(asked["trust"])
    return judge(verify(token, trust, now, on), situation_of(asked), now, trust)


@pytest.mark.parametrize("name", NAMES)
def test_the_core_answers_as_the_vector_says(name: str) -> None:
    asked = vector(name)
    verdict = verdict_on(asked)
    expect = {"also": [], **asked["expect"]}
    unsettled = [one.code for one in verdict.reasons if one.outcome in OPEN]
    settled = {one.code for one in verdict.reasons if one.outcome not in OPEN}
    assert (verdict.outcome, verdict.headline, unsettled) == (expect["outcome"], expect["headline"], expect["codes"])
    assert set(expect["also"]) <= settled
    assert (verdict.certificate.number if verdict.certificate else None) == expect["certificate_number"]


def test_the_files_are_what_the_builder_makes() -> None:
    """Rebuild them with `make vectors`, and read the difference before it is committed."""
    wanted = build.files()
    assert build.there() == set(wanted)
    differs = [str(path) for path, data in wanted.items() if (build.ROOT / path).read_bytes() != data]
    assert differs == []


def test_building_twice_builds_the_same() -> None:
    first = dict(build.files())
    for made in (build.files, build.vectors, ground.trusts, ground.issuer_key, ground.attestation_key):
        made.cache_clear()
    assert build.files() == first


def test_all_of_them_are_published_in_one_file() -> None:
    published = json.loads((build.ROOT / build.PUBLISHED).read_text("utf-8"))
    assert {one["name"]: {**one, "name": None} for one in published["vectors"]} == {
        name: {**vector(name), "name": None} for name in NAMES
    }
    for name, trust in published["trusts"].items():
        assert trust == json.loads((FOLDER / name).read_text("utf-8"))
    assert {one["trust"] for one in published["vectors"]} == set(published["trusts"])


def test_there_is_a_vector_for_every_headline() -> None:
    assert {vector(name)["expect"]["headline"] for name in NAMES} == set(headlines()) - {"document_altered"}


def test_there_is_a_vector_for_every_reason_but_those_of_a_register() -> None:
    told: set[str] = set()
    for name in NAMES:
        told |= {one.code for one in verdict_on(vector(name)).reasons}
    assert set(reasons()) - told == ASKED_OF_A_REGISTER | OF_A_FILE
    # And each that can fail or stay open decides one at least: a code that only passes along proves nothing.
    named = {code for name in NAMES for code in vector(name)["expect"]["codes"]}
    decisive = {code for code, reason in reasons().items() if reason.headline}
    assert decisive - named - OF_A_FILE == {"register_disagrees"}


def test_every_form_is_there() -> None:
    given = [vector(name) for name in NAMES]
    assert any("token_hex" in one for one in given)
    texts = [one["token"] for one in given if "token" in one]
    assert any(text.startswith("https://bevis.example/v#") for text in texts)
    assert any(text.isdigit() and len(text) > 100 for text in texts)
    assert any(text.count(".") == 2 and text.startswith("ey") for text in texts)
    assert any(len(text) == 19 for text in texts)


def test_every_history_is_asked_about() -> None:
    asked = {vector(name)["expect"]["certificate_number"] for name in NAMES}
    assert {ground.number_for(name) for name in ground.HISTORIES} <= asked


def test_each_says_in_a_sentence_what_is_special() -> None:
    descriptions = [vector(name)["description"] for name in NAMES]
    assert all(len(text) > 3 and text.endswith(".") for text in descriptions)


REFUSED = sorted((FOLDER / "trust" / "refused").glob("*.json"))


@pytest.mark.parametrize("path", REFUSED, ids=lambda path: path.stem)
def test_a_trust_that_must_not_be_believed_is_refused(path: Path) -> None:
    refused = json.loads(path.read_text("utf-8"))
    with pytest.raises(MalformedTrust):
        trust_from_json(refused["text"].encode())


def test_what_they_are_made_of_is_believed() -> None:
    """So it is the one fault that each is refused for."""
    assert trust_from_json(sound().encode()).public_url == "https://bevis.example"
    assert len({one.text for one in refused()}) == len(REFUSED)
    assert all(one.text != sound() for one in refused())


def test_the_refused_ones_are_published_too() -> None:
    published = json.loads((build.ROOT / build.PUBLISHED).read_text("utf-8"))["refused_trusts"]
    assert {one["name"]: one["text"] for one in published} == {
        path.stem: json.loads(path.read_text("utf-8"))["text"] for path in REFUSED
    }
