"""The scanner's core in JavaScript answers as the core in Python does: whole answers, in every language.

Node is asked once, about every vector, about texts that lead elsewhere, about certificates with a bit turned around or
changed and signed anew, and about texts made by chance. What Python says is what has to come out.
"""

import json
import random
import shutil
import subprocess
from collections.abc import Iterable, Mapping
from contextlib import nullcontext
from datetime import datetime
from functools import cache
from pathlib import Path
from typing import Any

import pytest

from levels.order import LANGUAGES
from tests.conftest import skip_unless_ci
from tests.verification.scanner import signed_anew
from tests.verification.scanner.hostile_codes import GENUINE, HOSTILE_CODES
from tests.verification.test_vectors import FOLDER, NAMES, situation_of, trust_named, vector, verdict_on
from tests.verification.vectors.ground import TestKey
from verification.answer import answer
from verification.judge import Verdict, judge
from verification.log.note import MalformedNote, NoteKey, key_from
from verification.qr import pack, unpack
from verification.scanner_texts import RULES, rules_in_javascript, situations_for_scanner, texts_for_scanner
from verification.situation import situation, situation_editions, situations
from verification.trust_file import FORMAT, MalformedTrust, end_of_root, seal_trust, trust_from_file
from verification.verify import verify

ASK = Path(__file__).parent / "answer_all.mjs"
SITE = situation("site_entry")
NOW = vector("code-good")["now"]
BASE = "trust/base.json"
_REFUSED = {
    path.stem: json.loads(path.read_text("utf-8"))["text"] for path in (FOLDER / "trust/refused").glob("*.json")
}
_ALPHABETS = (
    "0123456789",
    "0123456789abcdefABCDEF-. #/:?&=%",
    "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_.",
    "åäö\u0000\u00a0\u2013\u202e\u200b\ufeff\ud800\U0001f600 \t\r\n\"'{}[]<>",
)
_BEGINNINGS = ("", "", "https://bevis.example/v#", "https://bevis.example/v/", "eyJ", "\ufeff", "1", "7Q4M-2XKD-")


@cache
def turned_around() -> list[dict[str, Any]]:
    """Two hundred certificates that were good, each with one bit turned around."""
    chance, asked = random.Random(52), []  # noqa: S311 the same ones every time
    good = [name for name in NAMES if vector(name)["expect"]["outcome"] == "valid" and "token" in vector(name)]
    good = [name for name in good if "\n" not in vector(name)["token"].strip()]
    for _ in range(200):
        name = chance.choice(good)
        token = vector(name)["token"].strip()
        if "#" in token:
            code = unpack(token)
            at, bit = chance.randrange(len(code.token)), 1 << chance.randrange(8)
            token = pack(code.token[:at] + bytes([code.token[at] ^ bit]) + code.token[at + 1 :], str(code.base))
        else:
            at, bit = chance.randrange(len(token)), 1 << chance.randrange(7)
            token = token[:at] + chr(ord(token[at]) ^ bit) + token[at + 1 :]
        asked.append({**vector(name), "token": token})
    return asked


@cache
def by_chance() -> list[dict[str, Any]]:
    """Three hundred texts that nobody has written; some begin as ours do."""
    chance, asked = random.Random(53), []  # noqa: S311 the same ones every time
    for _ in range(300):
        alphabet = chance.choice(_ALPHABETS)
        text = "".join(chance.choice(alphabet) for _ in range(chance.choice((0, 3, 16, 40, 64, 65, 430, 3300))))
        asked.append(_at_a_gate(chance.choice(_BEGINNINGS) + text))
    return asked


@cache
def changed() -> list[dict[str, Any]]:
    """Three hundred certificates with one thing changed, and signed again."""
    return [*signed_anew.documents(200), *signed_anew.codes(100)]


def _at_a_gate(token: str) -> dict[str, Any]:
    return {"token": token, "trust": BASE, "now": NOW, "situation": "site_entry"}


def _question(asked: Mapping[str, Any]) -> dict[str, Any]:
    """A vector as it is put to JavaScript."""
    members = {member: asked[member] for member in ("token", "token_hex", "trust", "now", "on") if member in asked}
    return {**members, "situation": situation_of(dict(asked)).model_dump(mode="json")}


def _said(verdict: Verdict, lang: str = "en") -> Any:
    return json.loads(json.dumps(answer(verdict, lang)))


class Told:
    """What JavaScript has said, by what it was asked."""

    def __init__(self, said: Mapping[str, Any], counts: Iterable[tuple[str, int]]) -> None:
        self.files: list[str | None] = said["files"]
        self.answers: dict[str, list[dict[str, Any]]] = {}
        left = iter(said["answers"])
        for name, count in counts:
            self.answers[name] = [next(left) for _ in range(count)]


def _node() -> str:
    node = shutil.which("node")
    if node is None:
        skip_unless_ci("Node is not installed, so the scanner's core cannot be asked")
    assert node is not None
    return node


def _ask(groups: Mapping[str, list[dict[str, Any]]], files: Iterable[tuple[str, str | None]], *options: str) -> Told:
    asked = [_question(one) for group in groups.values() for one in group]
    questions = {
        "trusts": {name: (FOLDER / name).read_text("utf-8") for name in sorted({one["trust"] for one in asked})},
        "texts": {lang: texts_for_scanner(lang) for lang in LANGUAGES},
        "asked": asked,
        "files": list(files),
    }
    given = json.dumps(questions).encode()
    ran = subprocess.run([_node(), str(ASK), *options], input=given, capture_output=True, timeout=120, check=False)
    assert ran.returncode == 0, ran.stderr.decode()
    return Told(json.loads(ran.stdout), ((name, len(group)) for name, group in groups.items()))


@cache
def files() -> dict[str, tuple[str, str | None]]:
    """Trust files, signed and not, each with the root key that it is held against."""
    trust, root = trust_named(BASE), NoteKey("bevis.example", TestKey(70, "").public)
    other = NoteKey("bevis.example", TestKey(71, "").public)
    plain = (FOLDER / BASE).read_text("utf-8")
    signed, forged = (seal_trust(trust, root, TestKey(seed, "")).decode() for seed in (70, 71))
    cut = signed.index(".") + 100
    ended = end_of_root(other, datetime.fromisoformat(NOW), TestKey(71, ""))
    after = trust.model_copy(update={"ended_roots": ("no note", ended), "seal_roots": (b"a certificate",)})
    renewed = seal_trust(after, root, TestKey(70, root.id.hex())).decode()
    # With every member that there is, those too that are left out where they say nothing.
    whole = {
        f"believed: all of {path.stem}": (
            json.dumps({"format": FORMAT, **trust_named(f"trust/{path.name}").model_dump(mode="json", by_alias=True)}),
            None,
        )
        for path in (FOLDER / "trust").glob("*.json")
    }
    refused = {name: (text, None) for name, text in _REFUSED.items()}
    return (
        refused
        | whole
        | {
            "believed: signed after another key had ended": (renewed, root.text),
            "held against a key that has ended": (renewed, other.text),
            "believed: signed": (signed, root.text),
            "believed: signed, a line feed after it": (f"{signed}\n", root.text),
            "believed: signed, held against nothing": (signed, None),
            "believed: not signed, held against nothing": (plain, None),
            "not signed": (plain, root.text),
            "held against another key": (signed, other.text),
            "signed by another key in its name": (forged, root.text),
            "changed since": (signed[:cut] + ("B" if signed[cut] == "A" else "A") + signed[cut + 1 :], root.text),
            "cut off": (signed[:-1], root.text),
            "a certificate": (vector("document-good")["token"], None),
            "held against no key": (signed, "bevis.example+00000000+AAAA"),
            "held against a key under another id": (signed, root.text.replace(root.id.hex(), "00000000")),
        }
    )


@pytest.fixture(scope="module")
def told() -> Told:
    """Node, asked once."""
    groups = {
        "vectors": [vector(name) for name in NAMES],
        "hostile": [_at_a_gate(text) for text in HOSTILE_CODES.values()],
        "turned": turned_around(),
        "chance": by_chance(),
        "changed": changed(),
    }
    return _ask(groups, files().values())


def test_it_answers_every_vector_as_python_does(told: Told) -> None:
    differs = []
    for name, said in zip(NAMES, told.answers["vectors"], strict=True):
        verdict = verdict_on(vector(name))
        differs += [(name, lang) for lang in LANGUAGES if said[lang] != _said(verdict, lang)]
    assert differs == []


def test_it_answers_every_vector_as_the_vector_says(told: Told) -> None:
    """So that a fault which both cores had would be seen here too."""
    for name, said in zip(NAMES, told.answers["vectors"], strict=True):
        expect, english = vector(name)["expect"], said["en"]
        found = [one["code"] for one in english["reasons"] if one["outcome"] in {"failed", "could_not_check"}]
        assert (english["outcome"], english["headline"], found) == (
            expect["outcome"],
            expect["headline"],
            expect["codes"],
        ), name


def test_it_believes_the_trust_files_that_python_believes(told: Told) -> None:
    believed = [name for name, why in zip(files(), told.files, strict=True) if why is None]
    assert believed == [name for name in files() if name.startswith("believed: ")]
    for (name, (text, root)), why in zip(files().items(), told.files, strict=True):
        with nullcontext() if name in believed else pytest.raises((MalformedTrust, MalformedNote)) as refused:
            trust_from_file(text.encode(), None if root is None else key_from(root))
        if refused is not None and root is not None and "root key" in str(refused.value):
            assert why == str(refused.value)


def test_a_browser_without_ed25519_says_the_same(told: Told) -> None:
    if not (RULES.parents[1] / "node_modules/@noble/ed25519").is_dir():
        skip_unless_ci("@noble/ed25519 is not installed; `make test` and `make scanner` do that")
    some = NAMES[::9]
    alone = _ask({"vectors": [vector(name) for name in some]}, (), "--without-ed25519").answers["vectors"]
    whole = dict(zip(NAMES, told.answers["vectors"], strict=True))
    assert {name: whole[name] for name in some} == dict(zip(some, alone, strict=True))


@pytest.mark.parametrize("group", ["hostile", "turned"])
def test_what_was_made_to_deceive_is_never_valid_and_answered_as_python_does(told: Told, group: str) -> None:
    asked = {"hostile": [_at_a_gate(text) for text in HOSTILE_CODES.values()], "turned": turned_around()}[group]
    differs = []
    for one, said in zip(asked, told.answers[group], strict=True):
        assert said["en"]["outcome"] != "valid", one["token"]
        if said["en"] != _said(verdict_on(one)):
            differs.append((one["token"], [reason["code"] for reason in said["en"]["reasons"]]))
    assert differs == []


def test_what_was_changed_and_signed_anew_is_answered_as_python_does(told: Told) -> None:
    """Behind a good signature everything is read, so whatever one of them reads differently comes out here."""
    differs = [
        (one["token"], [reason["code"] for reason in said["en"]["reasons"]])
        for one, said in zip(changed(), told.answers["changed"], strict=True)
        if said["en"] != _said(verdict_on(one))
    ]
    assert differs == []
    shown = sum(said["en"]["certificate"] is not None for said in told.answers["changed"])
    assert 10 < shown < 200, "some changes are let pass and most are not, so that both are tried"


def test_no_text_makes_it_throw_and_all_are_answered_as_python_does(told: Told) -> None:
    trust, now = trust_named(BASE), datetime.fromisoformat(NOW)
    for one, said in zip(by_chance(), told.answers["chance"], strict=True):
        assert said["en"] == _said(judge(verify(one["token"], trust, now), SITE, now, trust)), one["token"]


def test_forty_texts_lead_elsewhere_and_a_genuine_one_does_not() -> None:
    assert len(HOSTILE_CODES) >= 40
    assert verdict_on(_at_a_gate(GENUINE)).outcome == "valid"


def test_its_rules_are_written_from_the_data() -> None:
    """Write them anew with `python -m verification.scanner_texts`."""
    assert RULES.read_text("utf-8") == rules_in_javascript()


def test_it_is_told_every_situation_of_every_edition() -> None:
    told = situations_for_scanner()
    assert list(told) == list(situation_editions())
    assert [one["id"] for one in list(told.values())[-1]] == list(situations())
    assert json.loads(json.dumps(told)) == told
