"""What leaves the registry, read by software we did not write.

joserfc and zxing-cpp; cwt and PyLD in an environment of their own; jose, @owf/token-status-list and Digital Bazaar's
Bitstring Status List in Node.
"""

import io
import json
import subprocess
import sys
import warnings
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import cbor2
import pytest
import zxingcpp
from fastapi.testclient import TestClient
from joserfc import jws
from joserfc.errors import SecurityWarning
from joserfc.jwk import ECKey, KeySet, OKPKey
from PIL import Image

from levels.rulebook import rulebook
from registry.command_line.demo import make_demo
from registry.command_line.place import keyring_of
from registry.issuing.changes.withdraw import revoke, suspend
from registry.issuing.documents.codes import compact_token, qr_png, qr_svg, qr_text
from registry.issuing.lists.roster import read_roster
from registry.records.issued.certificates import certificates
from registry.records.whole.directory import Registry
from registry.signing.log.keeper import LogKeeper
from registry.signing.published import did_document, jwks
from registry.web.app import create_app
from registry.web.settings import Settings
from tests.registry.conftest import issue
from tests.verification.vectors.ground import spelled_out
from verification.claims import BADGE_CONTEXT, VC_CONTEXT
from verification.envelopes.jws import open_jws

# A minute ago, for those readers look at their own clock: what is signed then is neither from tomorrow nor too old.
NOW = datetime.now(UTC).replace(microsecond=0) - timedelta(minutes=1)
URL = "https://bevis.example"
READERS = Path(__file__).parent / "node" / "read.mjs"
NEW_PERSON = (
    b"name,birth_date,email,attended_minutes,passed_all,result_recorded,enrolment_method,portrait\n"
    b"Nina Aberg,1990-05-17,nina@example.org,480,yes,yes,passport,yes\n"
)

CHECK_CWT = """
import base64, json, sys
import cwt
given = json.load(sys.stdin)
public = base64.urlsafe_b64decode(given["jwk"]["x"] + "=")
# RFC 9052 section 7: kty OKP, kid as the 4 bytes that are published in hexadecimal, alg EdDSA, verify, crv Ed25519.
key = cwt.COSEKey.new({1: 1, 2: bytes.fromhex(given["jwk"]["kid"]), 3: -8, 4: [2], -1: 6, -2: public})
claims = cwt.decode(bytes.fromhex(given["token"]), key)
print(json.dumps({str(name): value for name, value in claims.items()}, default=lambda data: data.hex()))
"""

EXPAND = """
import json, sys
from pyld import jsonld
given, told = json.load(sys.stdin), []
def load(url, options):
    return {"contextUrl": None, "documentUrl": url, "document": given["contexts"][url], "contentType": None}
def types_in(node):
    if isinstance(node, list):
        return [kind for inner in node for kind in types_in(inner)]
    if not isinstance(node, dict):
        return []
    kinds = [] if "@value" in node else node.get("@type", [])
    return [*kinds, *(kind for name, inner in node.items() if name != "@type" for kind in types_in(inner))]
def values_in(node):
    if isinstance(node, dict):
        return sum(values_in(inner) for name, inner in node.items() if name not in ("@language", "@type"))
    return sum(map(values_in, node)) if isinstance(node, list) else 1
for claims in given["claims"]:
    dropped = []
    try:
        # What has no meaning of its own would be taken for an address under this one.
        options = {"documentLoader": load, "base": "https://undefined.invalid/"}
        expanded = jsonld.expand(claims, options, on_property_dropped=dropped.append)
        relative = json.dumps(expanded).count("undefined.invalid")
        types, values = types_in(expanded), values_in(expanded)
        told.append(
            {"dropped": dropped, "relative": relative, "types": types, "values": values, "expanded": expanded}
        )
    except jsonld.JsonLdError as fault:
        told.append({"refused": fault.code})
print(json.dumps(told))
"""

Ask = Callable[..., Any]


@pytest.fixture(scope="module")
def registry(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Registry]:
    """A sample sector with one certificate more, signed with ES256; some are withdrawn."""
    made, _ = make_demo(tmp_path_factory.mktemp("oracle") / "demo", NOW, public_url=URL)
    keyring = keyring_of(made)
    with made.writing() as db:
        keyring.create_organisation_key(db, "provhuset", NOW, "oracle", "ES256")
    roster = read_roster(NEW_PERSON, methods=rulebook("2026-01-01").methods, on=NOW.date())
    assert issue(made, keyring, "hot-work-vasteras", roster, now=NOW, issue_at_attained=True).issued == 1
    with made.writing() as db:
        standing = [row.number for row in certificates(db) if row.state == "issued" and row.scheme == "hot-work"]
        revoke(db, standing[-1], reason="fraud", now=NOW, actor="oracle")
        suspend(db, standing[-2], reason="misuse", now=NOW, actor="oracle")
    LogKeeper(made, lambda: keyring, lambda: NOW).advance()
    yield made
    made.close()


@pytest.fixture(scope="module")
def web(registry: Registry) -> Iterator[TestClient]:
    """The same registry over HTTP: the bytes that anybody would fetch."""
    settings = Settings.read(registry.directory, env={})
    with TestClient(create_app(settings, clock=lambda: NOW + timedelta(seconds=5)), base_url=URL) as client:
        yield client


@pytest.fixture
def ask_node(node: str) -> Ask:
    """Ask one of the readers in Node."""

    def ask(what: str, **given: object) -> Any:
        ran = subprocess.run(
            [node, str(READERS)],
            input=json.dumps({"ask": what, **given}),
            capture_output=True,
            text=True,
            check=False,
            timeout=120,
        )
        assert ran.returncode == 0, ran.stderr
        return json.loads(ran.stdout)

    return ask


def ask_python(oracle_python: str, program: str, given: object) -> Any:
    """What a program says in the other environment; None where it fails."""
    ran = subprocess.run(
        [oracle_python, "-c", program],
        input=json.dumps(given),
        capture_output=True,
        text=True,
        check=False,
        timeout=120,
    )
    return json.loads(ran.stdout) if ran.returncode == 0 else None


# --- certificates --------------------------------------------------------------------------------------


def test_joserfc_verifies_every_full_certificate_with_the_published_keys(registry: Registry) -> None:
    # The library would have the name Ed25519 (RFC 9864); what is in use everywhere is EdDSA (RFC 8037).
    warnings.simplefilter("ignore", SecurityWarning)
    seen = set()
    with registry.reading() as db:
        for row in certificates(db):
            document = did_document(db, registry.public_url, row.issuer)
            header = jws.extract_compact(row.vc_jwt.encode()).headers()
            assert header["typ"] == "vc+jwt"
            [method] = [one for one in document["verificationMethod"] if one["id"] == header["kid"]]
            jwk = method["publicKeyJwk"]
            seen.add(jwk["alg"])
            key = OKPKey.import_key(jwk) if jwk["kty"] == "OKP" else ECKey.import_key(jwk)
            read = jws.deserialize_compact(row.vc_jwt, key, algorithms=[jwk["alg"]])
            claims = json.loads(read.payload)
            assert claims["issuer"]["id"] == document["id"]
            assert claims["credentialSubject"]
            keys = KeySet.import_key_set(jwks(db, registry.public_url, row.issuer))
            assert jws.deserialize_compact(row.vc_jwt, keys, algorithms=["EdDSA", "ES256"]).payload == read.payload
    assert seen == {"EdDSA", "ES256"}


def test_jose_verifies_every_full_certificate_as_it_is_fetched(
    registry: Registry, web: TestClient, ask_node: Ask
) -> None:
    with registry.reading() as db:
        rows = [(row.vc_jwt, row.issuer) for row in certificates(db)]
    told = ask_node(
        "certificates",
        tokens=[token for token, _ in rows],
        documents=[web.get(f"/o/{issuer}/did.json").json() for _, issuer in rows],
        keySets=[web.get(f"/o/{issuer}/jwks.json").json() for _, issuer in rows],
    )
    assert {one["alg"] for one in told} == {"EdDSA", "ES256"}
    assert all(one["typ"] == "vc+jwt" and one["same"] for one in told)
    assert [one["issuer"] for one in told] == [f"did:web:bevis.example:o:{issuer}" for _, issuer in rows]


def test_jose_refuses_a_certificate_under_the_keys_of_another(registry: Registry, web: TestClient, node: str) -> None:
    with registry.reading() as db:
        row = next(iter(certificates(db)))
    good = web.get(f"/o/{row.issuer}/did.json").json()
    others = [web.get("/.well-known/did.json").json(), web.get("/.well-known/jwks.json").json()]
    for method in good["verificationMethod"]:
        wrong = next(one for one in others[0]["verificationMethod"])["publicKeyJwk"]
        method["publicKeyJwk"] = wrong
    given = {"ask": "certificates", "tokens": [row.vc_jwt], "documents": [good], "keySets": [others[1]]}
    ran = subprocess.run(
        [node, str(READERS)], input=json.dumps(given), capture_output=True, text=True, check=False, timeout=120
    )
    assert ran.returncode != 0
    assert "JWSSignatureVerificationFailed" in ran.stderr or "JOSEAlgNotAllowed" in ran.stderr


def test_cwt_verifies_the_qr_codes_token_with_the_published_key(registry: Registry, oracle_python: str) -> None:
    keyring = keyring_of(registry)
    with registry.reading() as db:
        row = next(row for row in certificates(db) if row.scheme == "hot-work")
        token = compact_token(db, keyring, row, NOW)
        document = did_document(db, registry.public_url, None)
    # The tag that says "this is a COSE_Sign1" is left out of the QR code; this library wants it (RFC 9052 section 2).
    tagged = b"\xd2" + token
    asked = [{"jwk": method["publicKeyJwk"], "token": tagged.hex()} for method in document["verificationMethod"]]
    [claims] = [told for one in asked if (told := ask_python(oracle_python, CHECK_CWT, one)) is not None]
    assert claims["1"] == row.issuer
    assert claims["-65537"][0] == row.holder_name
    assert claims["-65537"][3] == row.level


# --- status lists --------------------------------------------------------------------------------------


def places_and_states(registry: Registry) -> tuple[list[int], list[int]]:
    """Every place that was given out in list 0 and some that were not, and the state each must have."""
    state_of = {"issued": 0, "revoked": 1, "annulled": 1, "suspended": 2, "superseded": 3}
    with registry.reading() as db:
        known = {row.status_index: state_of[row.state] for row in certificates(db)}
    places = [*known, *(place for place in (0, 1, 7, 131_071) if place not in known)]
    states = [known.get(place, 0) for place in places]
    assert {0, 1, 2} <= set(states)
    return places, states


def test_other_libraries_read_the_token_status_list_as_it_is_fetched(
    registry: Registry, web: TestClient, ask_node: Ask
) -> None:
    places, states = places_and_states(registry)
    told = ask_node(
        "list",
        token=web.get("/status/0").text,
        keySet=web.get("/.well-known/jwks.json").json(),
        url=f"{URL}/status/0",
        now=int(NOW.timestamp()) + 10,
        places=places,
    )
    assert told == {"ttl": 900, "bits": 2, "states": states}


def test_other_libraries_read_it_as_a_cwt_too(
    registry: Registry, web: TestClient, ask_node: Ask, oracle_python: str
) -> None:
    places, states = places_and_states(registry)
    fetched = web.get("/status/0", headers={"Accept": "application/statuslist+cwt"})
    assert fetched.headers["content-type"] == "application/statuslist+cwt"
    document = web.get("/.well-known/did.json").json()
    told = ask_node("list_cwt", token=fetched.content.hex(), document=document, places=places)
    seconds = int(NOW.timestamp()) + 5
    assert told == {
        "tag": 18,
        "headers": {"1": -8, "16": "application/statuslist+cwt"},
        "good": True,
        "sub": f"{URL}/status/0",
        "iat": seconds,
        "exp": seconds + 7 * 86_400,
        "ttl": 900,
        "bits": 2,
        "states": states,
    }
    # Its signature once more, by a library that knows COSE and CWT but no status lists.
    kid = cbor2.loads(fetched.content).value[1][4].hex()
    [jwk] = [m["publicKeyJwk"] for m in document["verificationMethod"] if m["publicKeyJwk"]["kid"] == kid]
    claims = ask_python(oracle_python, CHECK_CWT, {"jwk": jwk, "token": fetched.content.hex()})
    assert claims["2"] == f"{URL}/status/0"
    assert claims["65533"]["bits"] == 2
    spoilt = bytearray(fetched.content)
    spoilt[-1] ^= 1
    assert ask_python(oracle_python, CHECK_CWT, {"jwk": jwk, "token": bytes(spoilt).hex()}) is None
    assert not ask_node("list_cwt", token=bytes(spoilt).hex(), document=document, places=[])["good"]


def test_digital_bazaars_library_finds_the_status_a_certificate_points_to(
    registry: Registry, web: TestClient, ask_node: Ask
) -> None:
    with registry.reading() as db:
        rows = list(certificates(db))
    lists = {
        f"{URL}/status/0/{purpose}": dict(open_jws(web.get(f"/status/0/{purpose}").text, typ="vc+jwt").payload)
        for purpose in ("revocation", "suspension")
    }
    credentials = [dict(open_jws(row.vc_jwt, typ="vc+jwt").payload) for row in rows]
    told = ask_node("status", credentials=credentials, lists=lists)
    assert told["lengths"] == [131_072, 131_072]
    assert told["found"] == [
        {"revocation": row.state in {"revoked", "annulled", "superseded"}, "suspension": row.state == "suspended"}
        for row in rows
    ]


# --- JSON-LD -------------------------------------------------------------------------------------------


def values_in(node: object) -> int:
    """Texts, numbers and constants, but for types and the context."""
    if isinstance(node, dict):
        return sum(values_in(inner) for name, inner in node.items() if name not in {"@context", "type"})
    return sum(map(values_in, node)) if isinstance(node, list) else 1


def types_in(node: object) -> int:
    """Types, one or several at each place."""
    if isinstance(node, dict):
        own = node.get("type", [])
        return (1 if isinstance(own, str) else len(own)) + sum(
            types_in(inner) for name, inner in node.items() if name not in {"@context", "type"}
        )
    return sum(map(types_in, node)) if isinstance(node, list) else 0


def test_as_json_ld_nothing_is_dropped_and_nothing_undefined(
    registry: Registry, web: TestClient, ask_node: Ask, oracle_python: str
) -> None:
    contexts = ask_node("contexts", urls=[VC_CONTEXT, BADGE_CONTEXT])
    with registry.reading() as db:
        claims = [dict(open_jws(row.vc_jwt, typ="vc+jwt").payload) for row in certificates(db)]
    claims += [
        dict(open_jws(web.get(f"/status/0/{purpose}").text, typ="vc+jwt").payload)
        for purpose in ("revocation", "suspension")
    ]
    told = ask_python(oracle_python, EXPAND, {"contexts": contexts, "claims": claims})
    assert len(told) == len(claims)
    for said, given in zip(told, claims, strict=True):
        assert (said["dropped"], said["relative"]) == ([], 0)
        assert all(kind.startswith("https://") for kind in said["types"]), said["types"]
        assert len(said["types"]) == types_in(given)
        assert said["values"] == values_in(given)


def test_a_vocabulary_says_what_terms_spelled_out_say(registry: Registry, ask_node: Ask, oracle_python: str) -> None:
    contexts = ask_node("contexts", urls=[VC_CONTEXT, BADGE_CONTEXT])
    with registry.reading() as db:
        claims = [dict(open_jws(row.vc_jwt, typ="vc+jwt").payload) for row in certificates(db)]
    given = {"contexts": contexts, "claims": [*claims, *map(spelled_out, claims)]}
    told = [said["expanded"] for said in ask_python(oracle_python, EXPAND, given)]
    assert told[: len(claims)] == told[len(claims) :]
    assert json.dumps(told[0]).count("/ns#") > 20


def test_what_has_no_meaning_is_told_by_the_same_reader(registry: Registry, ask_node: Ask, oracle_python: str) -> None:
    """The control: each of these would be lost, or is forbidden, and it says so."""
    contexts = ask_node("contexts", urls=[VC_CONTEXT, BADGE_CONTEXT])
    with registry.reading() as db:
        good = dict(open_jws(next(iter(certificates(db))).vc_jwt, typ="vc+jwt").payload)
    ours = good["@context"][2]
    spoilt: dict[str, dict[str, Any]] = {
        "a member that no context knows": {**good, "favouriteColour": "red"},
        "one of ours, outside its member": {**good, "schemeVersion": "2"},
        "a type that no context knows": {**good, "type": [*good["type"], "Sticker"]},
        "without our context": {**good, "@context": good["@context"][:2]},
        "a protected term of the standard's": {
            **good,
            "@context": [*good["@context"], {"name": "https://evil.example/name"}],
        },
    }
    told = dict(
        zip(
            spoilt, ask_python(oracle_python, EXPAND, {"contexts": contexts, "claims": [*spoilt.values()]}), strict=True
        )
    )
    assert ours["competence"]
    assert told["a member that no context knows"]["dropped"] == ["favouriteColour"]
    assert told["one of ours, outside its member"]["dropped"] == ["schemeVersion"]
    assert "https://undefined.invalid/Sticker" in told["a type that no context knows"]["types"]
    assert told["a type that no context knows"]["relative"] == 1
    assert "competence" in told["without our context"]["dropped"]
    assert told["a protected term of the standard's"] == {"refused": "protected term redefinition"}


# --- codes ---------------------------------------------------------------------------------------------


@pytest.mark.parametrize("scale", [4, 8])
def test_zxing_reads_every_code_from_its_image(registry: Registry, scale: int) -> None:
    keyring = keyring_of(registry)
    with registry.reading() as db:
        for row in certificates(db):
            text = qr_text(db, keyring, row, registry.public_url, NOW)
            with Image.open(io.BytesIO(qr_png(text, scale=scale))) as image:
                [found] = zxingcpp.read_barcodes(image, formats=zxingcpp.BarcodeFormat.QRCode)
            assert found.text == text


def test_a_printed_code_is_26_to_31_millimetres_and_reads_at_that_size(
    registry: Registry, chromium: str, tmp_path: Path
) -> None:
    keyring = keyring_of(registry)
    with registry.reading() as db:
        row = next(row for row in certificates(db) if row.scheme == "hot-work")
        text = qr_text(db, keyring, row, registry.public_url, NOW)
    svg = qr_svg(text)
    width = float(svg.split(b'width="', 1)[1].split(b"mm", 1)[0])
    assert 26 <= width <= 31
    drawing, picture = tmp_path / "code.svg", tmp_path / "code.png"
    drawing.write_bytes(svg)
    page = tmp_path / "page.html"
    page.write_text(f'<body style="margin:20px;background:#fff"><img src="{drawing.name}"></body>', encoding="utf-8")
    subprocess.run(
        [
            chromium,
            "--headless",
            "--no-sandbox",
            "--disable-gpu",
            "--disable-background-networking",
            "--force-device-scale-factor=2",
            f"--user-data-dir={tmp_path / 'profile'}",
            "--window-size=400,400",
            f"--screenshot={picture}",
            page.as_uri(),
        ],
        capture_output=True,
        check=True,
        timeout=120,
    )
    with Image.open(picture) as image:
        [found] = zxingcpp.read_barcodes(image, formats=zxingcpp.BarcodeFormat.QRCode)
    assert found.text == text


def test_python_is_the_one_of_this_environment() -> None:
    # The oracle must not be importable here: a pinned older cbor2 would take the place of ours.
    ran = subprocess.run([sys.executable, "-c", "import cwt"], capture_output=True, check=False)
    assert ran.returncode != 0
