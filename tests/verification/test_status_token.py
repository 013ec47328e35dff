import json
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from types import ModuleType
from typing import Any

import cbor2
import pytest
from hypothesis import given
from hypothesis import strategies as st

from verification.envelopes.jws import encode_base64url, open_jws, seal_jws
from verification.status_list import HERD, Status, decode_token_list, inflated, status_list
from verification.status_token import (
    CREDENTIAL_TYPE,
    CWT_TYPE,
    JWT_TYPE,
    Issue,
    NoStatusList,
    Purpose,
    bitstring_claims,
    open_bitstring,
    open_status_list,
    seal_bitstring,
    seal_list_cwt,
    seal_list_jwt,
    token_list_claims,
    with_list,
)
from verification.strict import NotStrict, decode_base64url, read_cbor
from verification.trust import AttestationKey, Key, Trust

WORKED = (
    Path(__file__).resolve().parents[2].parent
    / "shared" / "vectors" / "ietf-token-status-list" / "worked-examples.json"
)  # fmt: skip
NOW = datetime(2026, 11, 20, 15, 25, tzinfo=UTC)
URL = "https://bevis.example"
DID = "did:web:bevis.example"
WEEK = timedelta(days=7)
ISSUE = Issue(3, URL, NOW, 900, WEEK)
GIVEN = status_list({7: Status.WITHDRAWN, 8: Status.SUSPENDED, 9: Status.SUPERSEDED})
KID = "0c0c0c0c"
Forms = dict[str, Callable[..., str | bytes]]


@pytest.fixture(scope="module")
def key(world: ModuleType) -> Any:
    return world.TestKey(3, KID)


@pytest.fixture(scope="module")
def trust(world: ModuleType, key: Any) -> Trust:
    own = AttestationKey(kid=KID, public_key=key.public, not_before=datetime(2026, 1, 1, tzinfo=UTC))
    made: Trust = world.changed(world.TRUST, status_keys=(own,), status_lists={})
    return made


def claims_of(**changed: object) -> dict[str, Any]:
    """The payload of a good list, but for what is changed; a member that is None is left out."""
    members = {**token_list_claims(GIVEN, ISSUE), **changed}
    return {name: value for name, value in members.items() if value is not None}


def as_jwt(key: Any, claims: dict[str, Any], kid: str = f"{DID}#{KID}", typ: str = JWT_TYPE) -> str:
    return seal_jws(claims, typ=typ, kid=kid, sign=key)


NAMES = {"sub": 2, "exp": 4, "iat": 6, "status_list": 65533, "ttl": 65534}


def as_cwt(
    key: Any,
    claims: dict[Any, Any] | bytes,
    protected: object = None,
    unprotected: object = None,
    tag: bytes = b"\xd2",
) -> bytes:
    """The same claims as a CWT, whatever they are, properly signed."""
    if isinstance(claims, dict):
        claims = {NAMES.get(name, name): value for name, value in claims.items()}
        listed = claims.get(65533)
        if isinstance(listed, dict) and isinstance(listed.get("lst"), str):
            claims[65533] = {**listed, "lst": decode_base64url(listed["lst"])}
        claims = cbor2.dumps(claims, canonical=True)
    header = cbor2.dumps({1: -8, 16: CWT_TYPE} if protected is None else protected, canonical=True)
    beside = {4: bytes.fromhex(KID)} if unprotected is None else unprotected
    signature = key.sign(cbor2.dumps(["Signature1", header, b"", claims], canonical=True))
    return tag + cbor2.dumps([header, beside, claims, signature], canonical=True)


# --- what is sealed is opened --------------------------------------------------------------------------


@given(
    st.dictionaries(st.integers(0, HERD - 1), st.sampled_from(list(Status)), max_size=20), st.sampled_from([1, 6, 9])
)
def test_both_forms_open_to_what_was_sealed(
    key: Any,
    trust: Trust,
    statuses: dict[int, Status],
    effort: int,
) -> None:
    issue = ISSUE._replace(effort=effort)
    for seal in (seal_list_jwt, seal_list_cwt):
        number, known = open_status_list(seal(status_list(statuses), issue, key), trust, NOW)
        assert number == 3
        assert known.statuses == status_list(statuses)
        assert (known.issued_at, known.expires_at, known.ttl) == (NOW, NOW + WEEK, 900)


def test_a_jwt_is_also_opened_from_its_bytes(key: Any, trust: Trust) -> None:
    text = seal_list_jwt(GIVEN, ISSUE, key)
    assert open_status_list(text.encode(), trust, NOW) == open_status_list(text, trust, NOW)


def test_a_list_is_laid_out_as_the_standard_shows(key: Any) -> None:
    head, body, _ = seal_list_jwt(GIVEN, ISSUE, key).split(".")
    assert json.loads(decode_base64url(head)) == {"alg": "EdDSA", "typ": "statuslist+jwt", "kid": f"{DID}#{KID}"}
    claims = json.loads(decode_base64url(body))
    seconds = int(NOW.timestamp())
    assert {name: claims[name] for name in ("sub", "iat", "exp", "ttl")} == {
        "sub": "https://bevis.example/status/3",
        "iat": seconds,
        "exp": seconds + 7 * 86_400,
        "ttl": 900,
    }
    assert decode_token_list(claims["status_list"]["lst"], claims["status_list"]["bits"]) == GIVEN
    message = cbor2.loads(seal_list_cwt(GIVEN, ISSUE, key))
    assert message.tag == 18
    protected, unprotected, payload, signature = message.value
    assert cbor2.loads(protected) == {1: -8, 16: "application/statuslist+cwt"}
    assert (unprotected, len(signature)) == ({4: bytes.fromhex(KID)}, 64)
    said = cbor2.loads(payload)
    assert {name: said[name] for name in (2, 4, 6, 65534)} == {
        2: "https://bevis.example/status/3",
        4: seconds + 7 * 86_400,
        6: seconds,
        65534: 900,
    }
    assert inflated(said[65533]["lst"], said[65533]["bits"]) == GIVEN


def test_the_standards_own_samples(trust: Trust) -> None:
    """Their layout is ours. They are another issuer's, and the CWT is written in an order of its own."""
    if not WORKED.exists():
        pytest.skip("the Token Status List vectors are not beside this checkout")
    worked = json.loads(WORKED.read_text("utf-8"))
    sample = open_jws(worked["status_list_jwt"], typ=JWT_TYPE)
    assert (sample.header["alg"], sample.kid) == ("ES256", "12")
    assert set(claims_of()) == set(sample.payload) - {"iss"}
    listed = sample.payload["status_list"]
    assert decode_token_list(listed["lst"], listed["bits"]).packed == bytes.fromhex("b9a3")
    with pytest.raises(NoStatusList) as refused:
        open_status_list(worked["status_list_jwt"], trust, NOW)
    assert refused.value.why == "key_unknown"

    data = bytes.fromhex(worked["status_list_cwt_hex"])
    message = cbor2.loads(data)
    protected, unprotected, payload, _ = message.value
    assert (message.tag, cbor2.loads(protected)) == (18, {1: -7, 16: CWT_TYPE})
    assert unprotected == {4: b"12"}
    said = cbor2.loads(payload)
    assert set(said) == {2, 4, 6, 65533, 65534}
    assert inflated(said[65533]["lst"], said[65533]["bits"]).packed == bytes.fromhex("b9a3")
    # Claim 6 stands before claim 4: legal CBOR, but not deterministic.
    with pytest.raises(NotStrict):
        read_cbor(payload, max_bytes=1000)
    with pytest.raises(NoStatusList) as refused:
        open_status_list(data, trust, NOW)
    assert refused.value.why == "malformed"
    with pytest.raises(NoStatusList):
        open_status_list(bytes.fromhex(worked["referenced_token_cwt_hex"]), trust, NOW)


# --- what is refused, and why --------------------------------------------------------------------------


SECONDS = int(NOW.timestamp())
WRONG_CLAIMS: dict[str, tuple[dict[str, Any], str]] = {
    "no sub": ({"sub": None}, "claims"),
    "no iat": ({"iat": None}, "claims"),
    "no exp": ({"exp": None}, "claims"),
    "no ttl": ({"ttl": None}, "claims"),
    "no list": ({"status_list": None}, "claims"),
    "another claim": ({"nbf": SECONDS}, "claims"),
    "list is text": ({"status_list": "eNo"}, "claims"),
    "list without bits": ({"status_list": {"lst": "eNo"}}, "claims"),
    "list with more": ({"status_list": {**claims_of()["status_list"], "aggregation_uri": URL}}, "claims"),
    "three bits": ({"status_list": {**claims_of()["status_list"], "bits": 3}}, "malformed"),
    "bits are true": ({"status_list": {**claims_of()["status_list"], "bits": True}}, "malformed"),
    "list is a number": ({"status_list": {"bits": 2, "lst": 5}}, "malformed"),
    "not compressed": ({"status_list": {"bits": 2, "lst": encode_base64url(bytes(100))}}, "malformed"),
    "of another registry": ({"sub": "https://other.example/status/3"}, "subject"),
    "of another path": ({"sub": f"{URL}/lists/3"}, "subject"),
    "of a host that begins alike": ({"sub": f"{URL}.evil.example/status/3"}, "subject"),
    "over http": ({"sub": "http://bevis.example/status/3"}, "subject"),
    "a bitstring's address": ({"sub": f"{URL}/status/3/revocation"}, "subject"),
    "leading zero": ({"sub": f"{URL}/status/03"}, "subject"),
    "negative": ({"sub": f"{URL}/status/-3"}, "subject"),
    "no number": ({"sub": f"{URL}/status/"}, "subject"),
    "Arabic digits": ({"sub": f"{URL}/status/\u0663"}, "subject"),
    "beyond all lists": ({"sub": f"{URL}/status/10000001"}, "subject"),
    "line break": ({"sub": f"{URL}/status/3\n"}, "subject"),
    "sub is a number": ({"sub": 3}, "subject"),
    "iat is text": ({"iat": str(SECONDS)}, "claims"),
    "iat is true": ({"iat": True}, "claims"),
    "exp is text": ({"exp": "9999999999"}, "claims"),
    "exp beyond the calendar": ({"exp": 2**50}, "claims"),
    "exp before iat": ({"exp": SECONDS - 1, "iat": SECONDS}, "claims"),
    "ttl is 0": ({"ttl": 0}, "claims"),
    "ttl is negative": ({"ttl": -1}, "claims"),
    "ttl is text": ({"ttl": "900"}, "claims"),
    "ttl is true": ({"ttl": True}, "claims"),
    "ttl beyond a year": ({"ttl": 2**40}, "claims"),
    "tomorrow's": ({"iat": SECONDS + 86_400, "exp": SECONDS + 2 * 86_400}, "in_future"),
    "six minutes ahead": ({"iat": SECONDS + 360}, "in_future"),
    "ended": ({"iat": SECONDS - 100, "exp": SECONDS - 1}, "expired"),
    "ends now": ({"iat": SECONDS - 100, "exp": SECONDS}, "expired"),
    "before the key": ({"iat": int(datetime(2025, 12, 31, tzinfo=UTC).timestamp())}, "key_not_sound"),
}


@pytest.mark.parametrize("form", ["jwt", "cwt"])
@pytest.mark.parametrize("case", WRONG_CLAIMS)
def test_a_well_signed_list_that_is_not_to_be_believed_is_refused(
    key: Any,
    trust: Trust,
    form: str,
    case: str,
) -> None:
    changed, why = WRONG_CLAIMS[case]
    data = (as_jwt if form == "jwt" else as_cwt)(key, claims_of(**changed))
    with pytest.raises(NoStatusList) as refused:
        open_status_list(data, trust, NOW)
    assert refused.value.why == why
    assert str(refused.value)


@pytest.mark.parametrize("form", ["jwt", "cwt"])
def test_a_clock_that_is_a_little_behind_is_forgiven(key: Any, trust: Trust, form: str) -> None:
    data = (as_jwt if form == "jwt" else as_cwt)(key, claims_of(iat=SECONDS + 300))
    assert open_status_list(data, trust, NOW).number == 3


@pytest.mark.parametrize("form", ["jwt", "cwt"])
def test_a_list_that_unpacks_to_more_than_a_list_is_refused(key: Any, trust: Trust, form: str) -> None:
    import zlib

    trap = encode_base64url(zlib.compress(bytes(64 << 20), 9))
    assert len(trap) < 100_000
    data = (as_jwt if form == "jwt" else as_cwt)(key, claims_of(status_list={"bits": 2, "lst": trap}))
    with pytest.raises(NoStatusList, match="too large"):
        open_status_list(data, trust, NOW)


KEY_FACTS: dict[str, dict[str, Any]] = {
    "retired before": {"retired_at": NOW - timedelta(seconds=1)},
    "compromised long ago": {"compromised_since": NOW - timedelta(days=30)},
    "compromised since": {"compromised_since": NOW + timedelta(days=1)},
    "not yet in use": {"not_before": NOW + timedelta(seconds=1)},
}


@pytest.mark.parametrize("form", ["jwt", "cwt", "bitstring"])
@pytest.mark.parametrize("facts", KEY_FACTS)
def test_a_key_that_was_not_sound_signs_no_list(
    world: ModuleType,
    key: Any,
    trust: Trust,
    form: str,
    facts: str,
) -> None:
    weak = world.changed(trust, status_keys=(trust.status_keys[0].model_copy(update=KEY_FACTS[facts]),))
    with pytest.raises(NoStatusList) as refused:
        opened(form, sealed(form, key), weak)
    assert refused.value.why == "key_not_sound"
    later = world.changed(trust, status_keys=(trust.status_keys[0].model_copy(update={"retired_at": NOW + WEEK}),))
    assert opened(form, sealed(form, key), later) == 3


def sealed(form: str, key: Any, issue: Issue = ISSUE, given: Any = GIVEN) -> str | bytes:
    match form:
        case "jwt":
            return seal_list_jwt(given, issue, key)
        case "cwt":
            return seal_list_cwt(given, issue, key)
    return seal_bitstring(given, "revocation", issue, key)


def opened(form: str, data: str | bytes, trust: Trust, now: datetime = NOW) -> int:
    """The number of the list, by the reader of that form."""
    if form == "bitstring":
        assert isinstance(data, str)
        return open_bitstring(data, trust, now).number
    return open_status_list(data, trust, now).number


@pytest.mark.parametrize("form", ["jwt", "cwt", "bitstring"])
def test_only_the_keys_for_lists_sign_lists(world: ModuleType, key: Any, trust: Trust, form: str) -> None:
    assert opened(form, sealed(form, key), trust) == 3
    # The key for codes, an organisation's key and a stranger's, each under its own name and under the right one.
    for other in (world.ATTESTATION, world.STRANGER, world.TestKey(1, "0d0d0d0d")):
        with pytest.raises(NoStatusList) as refused:
            opened(form, sealed(form, other), trust)
        assert refused.value.why == "key_unknown"
        posing = world.TestKey(9, KID)
        posing.sign = other.sign
        with pytest.raises(NoStatusList) as refused:
            opened(form, sealed(form, posing), trust)
        assert refused.value.why == "signature"


@pytest.mark.parametrize(
    "kid", ["k", KID, f"{DID}#{KID.upper()}", f"{DID}:o:norrbygg#{KID}", f"did:web:other.example#{KID}", f"{DID}#key-1"]
)
def test_a_list_names_its_key_in_full(key: Any, trust: Trust, kid: str) -> None:
    for open_it, text in (
        (open_status_list, as_jwt(key, claims_of(), kid=kid)),
        (open_bitstring, as_jwt(key, bitstring_claims(GIVEN, "revocation", ISSUE), kid=kid, typ=CREDENTIAL_TYPE)),
    ):
        with pytest.raises(NoStatusList) as refused:
            open_it(text, trust, NOW)  # type: ignore[operator]
        assert refused.value.why == "key_unknown"


def test_a_cwt_is_written_one_way(key: Any, trust: Trust) -> None:
    good = as_cwt(key, claims_of())
    assert open_status_list(good, trust, NOW).number == 3
    kid = bytes.fromhex(KID)
    payload = cbor2.loads(good).value[2]
    hostile = {
        "untagged": good[1:],
        "tag in two bytes": b"\xd8\x12" + good[1:],
        "tag of a MAC": b"\xd1" + good[1:],
        "tagged twice": b"\xd2" + good,
        "tagged as a CWT": b"\xd8\x3d" + good,
        "trailing byte": good + b"\x00",
        "cut off": good[:-1],
        "empty": b"",
        "tag alone": b"\xd2",
        "claims in another order": as_cwt(key, cbor2.dumps(dict(reversed(cbor2.loads(payload).items())))),
        "bytes after the claims": as_cwt(key, payload + b"\x00"),
        "no type": as_cwt(key, claims_of(), protected={1: -8}),
        "type of a JWT": as_cwt(key, claims_of(), protected={1: -8, 16: JWT_TYPE}),
        "type as a number": as_cwt(key, claims_of(), protected={1: -8, 16: 61}),
        "content type instead": as_cwt(key, claims_of(), protected={1: -8, 3: CWT_TYPE}),
        "ES256": as_cwt(key, claims_of(), protected={1: -7, 16: CWT_TYPE}),
        "no algorithm": as_cwt(key, claims_of(), protected={16: CWT_TYPE}),
        "critical": as_cwt(key, claims_of(), protected={1: -8, 2: [16], 16: CWT_TYPE}),
        "key protected too": as_cwt(key, claims_of(), protected={1: -8, 4: kid, 16: CWT_TYPE}),
        "no key": as_cwt(key, claims_of(), unprotected={}),
        "algorithm beside": as_cwt(key, claims_of(), unprotected={1: -8, 4: kid}),
        "key is text": as_cwt(key, claims_of(), unprotected={4: KID}),
        "key of five bytes": as_cwt(key, claims_of(), unprotected={4: kid + b"\x00"}),
        "key of another": as_cwt(key, claims_of(), unprotected={4: b"abcd"}),
    }
    for case, data in hostile.items():
        with pytest.raises(NoStatusList):
            open_status_list(data, trust, NOW)
        assert case


def test_no_flipped_bit_of_a_list_is_believed(key: Any, trust: Trust) -> None:
    for form in ("jwt", "cwt"):
        data = sealed(form, key)
        good = data.encode() if isinstance(data, str) else data
        for position in range(0, len(good) * 8, 5):
            changed = bytearray(good)
            changed[position // 8] ^= 1 << position % 8
            with pytest.raises(NoStatusList):
                open_status_list(bytes(changed), trust, NOW)


@given(st.binary(max_size=200) | st.text(max_size=200) | st.binary(max_size=100).map(lambda data: b"\xd2" + data))
def test_nothing_breaks_the_reader(trust: Trust, data: bytes | str) -> None:
    with pytest.raises(NoStatusList):
        open_status_list(data, trust, NOW)


# --- bitstrings ----------------------------------------------------------------------------------------


@pytest.mark.parametrize("purpose", ["revocation", "suspension"])
def test_a_bitstring_credential_opens_to_what_was_sealed(key: Any, trust: Trust, purpose: Purpose) -> None:
    found = open_bitstring(seal_bitstring(GIVEN, purpose, ISSUE, key), trust, NOW)
    assert (found.number, found.purpose) == (3, purpose)
    assert [index for index in range(20) if found.bits.at(index)] == ([7, 9] if purpose == "revocation" else [8])


def test_a_large_list_is_sealed_and_opened_too(key: Any, trust: Trust) -> None:
    many = status_list({index: 1 + index % 3 for index in range(0, 1_000_000, 3)}, 1_000_000)
    issue = ISSUE._replace(effort=1)
    assert open_status_list(seal_list_jwt(many, issue, key), trust, NOW).known.statuses == many
    assert open_status_list(seal_list_cwt(many, issue, key), trust, NOW).known.statuses == many
    assert open_bitstring(seal_bitstring(many, "revocation", issue, key), trust, NOW).bits.at(999_999)


def _without(name: str) -> Callable[[dict[str, Any]], object]:
    return lambda claims: claims.pop(name)


def _with(name: str, value: object) -> Callable[[dict[str, Any]], object]:
    return lambda claims: claims.update({name: value})


def _in_subject(name: str, value: object) -> Callable[[dict[str, Any]], object]:
    return lambda claims: claims["credentialSubject"].update({name: value})


WRONG_BITSTRINGS: dict[str, tuple[Callable[[dict[str, Any]], object], str]] = {
    "no context": (_without("@context"), "claims"),
    "another context": (_with("@context", ["https://evil.example/v2"]), "claims"),
    "no id": (_without("id"), "subject"),
    "id of the other purpose": (_with("id", f"{URL}/status/3/suspension"), "subject"),
    "id of another registry": (_with("id", "https://other.example/status/3/revocation"), "subject"),
    "id without number": (_with("id", f"{URL}/status//revocation"), "subject"),
    "id is a list": (_with("id", [URL]), "subject"),
    "a certificate's type": (_with("type", ["VerifiableCredential", "OpenBadgeCredential"]), "claims"),
    "type in another order": (_with("type", ["BitstringStatusListCredential", "VerifiableCredential"]), "claims"),
    "another issuer": (_with("issuer", "did:web:other.example"), "claims"),
    "issuer is an object": (_with("issuer", {"id": DID}), "claims"),
    "no end": (_without("validUntil"), "claims"),
    "end is no moment": (_with("validUntil", "2026-13-40T00:00:00Z"), "claims"),
    "end with an offset": (_with("validUntil", "2026-11-27T16:25:00+01:00"), "claims"),
    "end in seconds": (_with("validUntil", 5), "claims"),
    "ended": (_with("validUntil", "2026-11-20T15:25:00Z"), "expired"),
    "in future": (_with("validFrom", "2026-11-20T16:25:00Z"), "in_future"),
    "no subject": (_without("credentialSubject"), "claims"),
    "subject is a list": (_with("credentialSubject", []), "claims"),
    "another purpose": (_in_subject("statusPurpose", "message"), "claims"),
    "purpose is a list": (_in_subject("statusPurpose", ["revocation"]), "claims"),
    "another kind of list": (_in_subject("type", "StatusList2021"), "claims"),
    "more in the subject": (_in_subject("statusSize", 1), "claims"),
    "another id of the list": (_in_subject("id", f"{URL}/status/4/revocation#list"), "claims"),
    "list is missing": (_in_subject("encodedList", None), "malformed"),
    "list is no list": (_in_subject("encodedList", "uAAAA"), "malformed"),
    "a member more": (_with("credentialStatus", {}), "claims"),
}


@pytest.mark.parametrize("case", WRONG_BITSTRINGS)
def test_a_well_signed_bitstring_of_another_shape_is_refused(key: Any, trust: Trust, case: str) -> None:
    change, why = WRONG_BITSTRINGS[case]
    claims = bitstring_claims(GIVEN, "revocation", ISSUE)
    change(claims)
    with pytest.raises(NoStatusList) as refused:
        open_bitstring(as_jwt(key, claims, typ=CREDENTIAL_TYPE), trust, NOW)
    assert refused.value.why == why


# --- merged into a trust -------------------------------------------------------------------------------


@pytest.mark.parametrize("form", ["jwt", "cwt"])
def test_a_newer_list_takes_the_place_of_an_older_one_and_never_the_other_way(
    key: Any,
    trust: Trust,
    form: str,
) -> None:
    first = with_list(trust, sealed(form, key), NOW)
    assert first.status_lists[3].statuses.at(7) == Status.WITHDRAWN
    assert trust.status_lists == {}
    later = sealed(form, key, ISSUE._replace(now=NOW + timedelta(minutes=1)), status_list({7: 2}))
    second = with_list(first, later, NOW + timedelta(minutes=1))
    assert second.status_lists[3].statuses.at(7) == Status.SUSPENDED
    for older in (sealed(form, key), sealed(form, key, ISSUE._replace(now=NOW - timedelta(days=1)))):
        assert with_list(second, older, NOW + timedelta(minutes=2)) is second
    assert with_list(second, later, NOW + timedelta(minutes=2)) == second
    other = with_list(second, sealed(form, key, ISSUE._replace(number=4)), NOW)
    assert set(other.status_lists) == {3, 4}
    with pytest.raises(NoStatusList):
        with_list(second, later, NOW + WEEK + timedelta(days=1))


def test_a_fetched_list_turns_a_verdict(world: ModuleType, key: Any, trust: Trust) -> None:
    from verification.verify import verify

    place = world.PLACE
    before = [one.code for one in verify(world.qr_text(), trust, NOW).findings]
    assert "status_unknown" in before
    good = Issue(place.list, URL, NOW, 900, WEEK)
    sound = with_list(trust, seal_list_cwt(status_list({}), good, key), NOW)
    assert "not_withdrawn" in [one.code for one in verify(world.qr_text(), sound, NOW).findings]
    withdrawn = with_list(
        sound, seal_list_jwt(status_list({place.index: 1}), good._replace(now=NOW + timedelta(seconds=5)), key), NOW
    )
    assert "withdrawn" in [one.code for one in verify(world.qr_text(), withdrawn, NOW).findings]


def test_a_key_signs_lists_or_codes_or_certificates(world: ModuleType, key: Any, trust: Trust) -> None:
    own = trust.status_keys[0]
    for twice in (
        {"attestation_keys": (own,)},
        {"keys": (Key(kid="k", organisation="norrbygg", public_key=key.public, not_before=NOW),)},
        {"status_keys": (own, own)},
    ):
        with pytest.raises(ValueError, match="key"):
            world.changed(trust, **twice)
