"""Hand-made hostile input at every door: never valid, never an exception, never a 500, never without end."""

import base64
import contextlib
import gzip
import io
import json
import pickle
import time
import zlib
from collections.abc import Iterator
from pathlib import Path
from types import ModuleType
from urllib.parse import quote

import pytest
from fastapi import FastAPI
from starlette.testclient import TestClient

from registry.command_line.main import app
from tests.verification.test_vectors import NAMES, vector
from tests.verification.vectors import ground
from verification import offline
from verification.endpoint.router import verify_router
from verification.judge import judge
from verification.presented import number_in
from verification.situation import situation
from verification.trust_file import trust_to_json
from verification.verify import verify

# Thousands of questions: what they reach is covered by other tests, and counting lines would take as long again.
pytestmark = pytest.mark.no_cover

CPU_SECONDS = 20.0  # it costs some milliseconds; this only tells an answer from none, on any machine
KIB, MIB = 1024, 1024 * 1024


def _part(data: bytes | str) -> str:
    return base64.urlsafe_b64encode(data.encode() if isinstance(data, str) else data).rstrip(b"=").decode()


def _document(claims: bytes | str, header: str = '{"alg":"EdDSA","typ":"vc+jwt","kid":"k"}') -> str:
    return f"{_part(header)}.{_part(claims)}.{_part(bytes(64))}"


def _members(count: int) -> str:
    return "{" + ",".join(f'"{number}":0' for number in range(count)) + "}"


HOSTILE: dict[str, str | bytes] = {
    # Size.
    "a megabyte of letters": "A" * MIB,
    "a megabyte of digits": "9" * MIB,
    "ten megabytes of digits": "9" * (10 * MIB),
    "ten megabytes after our address": "https://bevis.example/v#" + "9" * (10 * MIB),
    "ten megabytes in a document": _document('{"a":"' + "x" * (10 * MIB) + '"}'),
    "a megabyte of NUL": "\x00" * MIB,
    "a megabyte of blanks": " " * MIB,
    "a megabyte of dots": "." * MIB,
    "a megabyte of dashes": "-" * MIB,
    "a megabyte of bytes": b"\x84" * MIB,
    "ten megabytes of zero bytes": bytes(10 * MIB),
    "five thousand digits": "1" * 5000,
    "as many digits as int() reads": "9" * 4300,
    "one digit more": "9" * 4301,
    "digits of exactly the longest token": str(int.from_bytes(b"\x01" + b"\xff" * 1200, "big")),
    "a token of one byte more": str(int.from_bytes(b"\x01" + b"\xff" * 1201, "big")),
    "the longest document that is looked at": _document('{"a":"' + "x" * 48_000 + '"}'),
    "a header of sixty kilobytes": _document("{}", '{"alg":"EdDSA","typ":"vc+jwt","kid":"' + "k" * 45_000 + '"}'),
    "a signature of sixty kilobytes": f"{_part('{}')}.{_part('{}')}.{_part(bytes(48_000))}",
    # Depth and number.
    "nested a hundred thousand times": "[" * 100_000,
    "claims nested forty thousand times": _document("[" * 40_000),
    "claims nested in objects": _document('{"a":' * 8_000 + "1" + "}" * 8_000),
    "a header nested deeply": _document("{}", '{"alg":' + "[" * 10_000 + "]" * 10_000 + "}"),
    "five thousand members": _document(_members(5_000)),
    "a list of twenty thousand": _document('{"a":[' + "0," * 20_000 + "0]}"),
    "many brackets in a text": _document(json.dumps({"a": "[{" * 10_000})),
    "many escapes": _document('{"a":"' + "\\u0041" * 6_000 + '"}'),
    "an unfinished escape": _document('{"a":"\\u00'),
    "an unfinished text": _document('{"a":"' + "\\" * 30_000),
    "five thousand digits in claims": _document('{"exp":' + "9" * 5_000 + "}"),
    "an exponent without end": _document('{"exp":1e999999999}'),
    "cbor nested a thousand times": b"\x84" + b"\x81" * 1_000 + b"\x00",
    "cbor maps nested": b"\x84" + b"\xa1\x00" * 500 + b"\x00",
    "cbor tags nested": b"\x84" + b"\xc1" * 1_000 + b"\x00",
    "cbor text of all the memory there is": b"\x84\x7b" + b"\xff" * 8,
    "cbor bytes of all the memory there is": b"\x84\x5b" + b"\x7f" + b"\xff" * 7,
    "cbor array of all the memory there is": b"\x84\x9b" + b"\x00\xff" + b"\xff" * 6,
    "cbor map of all the memory there is": b"\x84\xbb" + b"\x00\xff" + b"\xff" * 6,
    "cbor bigfloat": b"\x84\xc5\x82\x1b\x7f" + b"\xff" * 7 + b"\x01",
    "cbor decimal fraction": b"\x84\xc4\x82\x3b\x7f" + b"\xff" * 7 + b"\x01",
    "cbor bignum of a kilobyte": b"\x84\xc2\x59\x03\xe8" + b"\xff" * 1_000,
    "cbor regular expression": b"\x84\xd8\x23\x69(a+)+$(a+",
    "cbor shared value that holds itself": b"\x84\xd8\x1c\x81\xd8\x1d\x00",
    "cbor string reference": b"\x84\xd9\x01\x00\x81\xd8\x19\x00",
    "cbor without end": b"\x84" + b"\x9f" * 100,
    # Packed.
    "a document that unpacks without end": _document(
        zlib.compress(bytes(10 * MIB)), '{"alg":"EdDSA","typ":"vc+jwt","kid":"k","zip":"DEF"}'
    ),
    "gzip": gzip.compress(bytes(MIB), mtime=0),
    "zlib as a number": str(int.from_bytes(b"\x01" + zlib.compress(bytes(300 * KIB)), "big")),
    "a spreadsheet": b"PK\x03\x04" + bytes(500),
    "a picture": b"\x89PNG\r\n\x1a\n" + bytes(500),
    "a PDF": b"%PDF-1.7\n" + bytes(500),
    "a pickle": pickle.dumps({"a": [1, 2, 3]}),
    # Texts that turn a reader against its owner.
    "markup": "<script>alert(1)</script>",
    "markup in an attribute": '"><img src=x onerror=alert(1)>',
    "a template": "{{7*7}}${7*7}#{7*7}<%= 7*7 %>",
    "a format": "%s%s%n{0.__class__.__mro__}{}",
    "a query": "' OR 1=1; DROP TABLE certificate --",
    "a command": "$(id)`id`;id|id&&id",
    "a formula": "=HYPERLINK(A1)",
    "a path": "../../../../etc/shadow",
    "a path with escapes": "..%2f..%2f..%2fetc%2fshadow",
    "an address of a file": "file:///etc/shadow",
    "a line for a header": "0000-0000\r\nSet-Cookie: a=b\r\n\r\n<html>",
    "an entity bomb": '<!DOCTYPE a [<!ENTITY b "' + "x" * 1000 + '"><!ENTITY c "&b;&b;&b;">]><a>&c;</a>',
    "a document of YAML": "!!python/object/apply:os.system ['id']",
    "a prototype": '{"__proto__":{"outcome":"valid"}}',
    "an answer": '{"outcome":"valid","headline":"valid","reasons":[]}',
    "terminal escapes": "\x1b[2J\x1b]0;valid\x07",
    # Expressions that take for ever where they are written carelessly.
    "an address of many steps": "https://" + "a/" * 50_000 + "!",
    "an address of many names": "https://" + "a." * 50_000 + "/v#",
    "an address of many v": "https://a" + "/v" * 50_000 + "#1",
    "an address of many signs": "https://a/v" + "#1" * 50_000,
    "an address of a long number": "https://bevis.example/v/" + "A-" * 50_000,
    "an address with a long query": "https://bevis.example/v/0000-0000-0000-0000?" + "a" * 100_000,
    "an address of brackets": "https://" + "[" * 50_000 + "/v#1",
    "three parts without end": "a." * 100_000,
    "a long first part": "a" * 100_000 + ".a",
    # Unicode.
    "half a character": "\ud800",
    "half a character among digits": "1" * 100 + "\udfff",
    "a hundred thousand accents": "e" + "\u0301" * 100_000,
    "joiners": "\u200d" * 10_000,
    "text turned around": "\u202e0000-0000-0000-0000",
    "a letter that grows in capitals": "\ufb03" * 16,
    "a letter that grows in small letters": "\u0130" * 16,
    "digits of all scripts": "".join(map(chr, (0x660, 0x6F0, 0x7C0, 0x966, 0x9E6, 0xFF10, 0x1D7CE))) * 20,
    "numbers that are no digits": "\u00b2\u2460\u4e00\u216b" * 20,
    "private characters": "\ue000\U0010fffd" * 50,
    "what is no character": "\ufffe\uffff\U0001ffff" * 50,
    "UTF-16": "https://bevis.example/v#1".encode("utf-16"),
    "UTF-7": "+AHs-",
    # What is nearly nothing.
    "nothing": "",
    "a dot": ".",
    "two dots": "..",
    "three empty parts": "..",
    "zero": "0",
    "minus one": "-1",
    "not a number": "NaN",
    "infinity": "1e400",
    "null": "null",
    "true": "true",
    "an empty object": "{}",
    "sixteen zeros and a NUL": "0000-0000-0000-0000\x00",
    "sixteen U": "U" * 16,
    "an option": "--help-me",
    "an end of options": "--",
}
# And everything of our own vectors that nobody may be told anything of.
HOSTILE |= {
    f"vector {name}": vector(name)["token"]
    for name in NAMES
    if vector(name)["expect"]["certificate_number"] is None
    and "number_alone" not in vector(name)["expect"]["codes"]  # a register answers that
    and vector(name)["trust"] == "trust/base.json"  # another trust may not know what this one knows
    and "token" in vector(name)
}
CASES = pytest.mark.parametrize("case", HOSTILE)


@contextlib.contextmanager
def bounded() -> Iterator[None]:
    """No measurement of speed, which benchmarks are for, but a wall far behind what it takes: R8 promises it."""
    began = time.process_time()
    yield
    assert time.process_time() - began < CPU_SECONDS


@pytest.fixture(scope="module")
def client(world: ModuleType) -> Iterator[TestClient]:
    application = FastAPI()
    application.include_router(verify_router(world.FakeSource(tokens={world.NUMBER: world.full()})))
    with TestClient(application, raise_server_exceptions=True) as opened:
        yield opened


@pytest.fixture(scope="module")
def trust_file(tmp_path_factory: pytest.TempPathFactory) -> Path:
    file = tmp_path_factory.mktemp("trust") / "trust.json"
    file.write_bytes(trust_to_json(ground.trusts()["base"]))
    return file


def as_text(given: str | bytes) -> str:
    return given if isinstance(given, str) else given.decode("latin-1")


def as_bytes(given: str | bytes) -> bytes:
    return given if isinstance(given, bytes) else given.encode("utf-8", "surrogatepass")


@CASES
def test_the_core(case: str) -> None:
    given = HOSTILE[case]
    for presented in (given, as_bytes(given), as_text(given)):
        with bounded():
            findings = verify(presented, ground.trusts()["base"], ground.NOW)
            verdict = judge(findings, situation(), ground.NOW)
            number_in(presented)
        assert verdict.outcome != "valid"
        assert findings.certificate is None


@CASES
def test_the_api_and_the_page(client: TestClient, case: str) -> None:
    text = as_text(HOSTILE[case])
    several = [text] * (3 if len(text) < MIB else 1)
    for body, kind in (
        ({"token": text}, "application/json"),
        ({"token": text}, "text/html"),
        ({"tokens": several}, "application/json"),
    ):
        # Escapes where the text has half a character: no client could send that in UTF-8.
        content, headers = json.dumps(body).encode(), {"Accept": kind, "Content-Type": "application/json"}
        with bounded():
            response = client.post("/api/v1/verify", content=content, headers=headers)
        assert response.status_code in {200, 400, 413, 422}
        if response.status_code == 200 and kind == "application/json":
            answers = response.json()["answers"] if "tokens" in body else [response.json()]
            assert all(answer["outcome"] != "valid" and answer["certificate"] is None for answer in answers)
        elif response.status_code == 200:
            assert 'class="answer valid' not in response.text
        assert_not_repeated(response.text, text)


def assert_not_repeated(page: str, text: str) -> None:
    """What was sent comes back in no form that a browser would run."""
    assert "<script>alert" not in page
    assert "onerror=" not in page
    assert "\x1b" not in page
    assert "49" not in page or "{{7*7}}" not in text


@CASES
def test_the_pages_for_a_number(client: TestClient, case: str) -> None:
    text = as_text(HOSTILE[case])
    # No server reads a longer address: with its escapes this is 60 kB.
    written = quote(text.encode("utf-8", "surrogatepass")[:20_000], safe="")
    for path in (f"/v/{written}", f"/v?number={written}", f"/api/v1/certificates/{written}/verification"):
        with bounded():
            response = client.get(path)
        assert response.status_code in {200, 404, 422}
        assert 'class="answer valid' not in response.text
        assert '"outcome":"valid"' not in response.text
        assert "set-cookie" not in response.headers
        assert_not_repeated(response.text, text)


@CASES
def test_the_shells(
    case: str, trust_file: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    given = HOSTILE[case]
    trusted = ["--trust", str(trust_file), "--lang", "en"]
    for what in ("-", as_text(given)):
        for shell in (_offline, _bevis):
            monkeypatch.setattr("sys.stdin", io.TextIOWrapper(io.BytesIO(as_bytes(given))))
            with bounded():
                code = shell([what, *trusted])
            out, err = capsys.readouterr()
            assert code in {1, 2, 3}, (code, out)
            assert "Traceback" not in err
            assert "Bevis itself failed" not in err
            assert "\x1b" not in out + err


def _offline(arguments: list[str]) -> int:
    try:
        return offline.main(arguments, ground.NOW)
    except SystemExit as end:  # how argparse refuses
        return int(end.code or 0)


def _bevis(arguments: list[str]) -> int:
    with pytest.raises(SystemExit) as end:
        app(["verify", *arguments], obj=lambda: ground.NOW)
    return int(end.value.code or 0)


def test_there_are_enough_of_them() -> None:
    made_by_hand = [case for case in HOSTILE if not case.startswith("vector ")]
    assert len(made_by_hand) >= 60
