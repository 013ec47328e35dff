import json
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from types import ModuleType
from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric.ec import SECP256R1, derive_private_key
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from hypothesis import given
from hypothesis import strategies as st

from levels.level import Level
from tests.verification.log.test_note import Signs
from verification.certificate import new_number
from verification.keys import public_jwk
from verification.status_list import status_list
from verification.strict import encode_base64url, write_json
from verification.trust import (
    AttestationKey,
    Key,
    KnownList,
    Mandate,
    Organisation,
    Recognition,
    Scheme,
    StatusEvent,
    Trust,
)
from verification.trust_file import (
    MalformedTrust,
    end_of_root,
    seal_trust,
    trust_from_file,
    trust_from_json,
    trust_to_json,
)

JUNE = datetime(2026, 6, 1, 12, tzinfo=UTC)
ISSUED = ("issued", datetime(2026, 2, 20, 10, tzinfo=UTC), None)


def p256(secret: int) -> bytes:
    key = derive_private_key(secret, SECP256R1()).public_key()
    return key.public_bytes(Encoding.X962, PublicFormat.UncompressedPoint)


def ed25519(seed: int) -> bytes:
    return Ed25519PrivateKey.from_private_bytes(seed.to_bytes(32, "big")).public_key().public_bytes_raw()


# --- the file ------------------------------------------------------------------------------------------

MOMENTS = st.datetimes(
    datetime(2000, 1, 1), datetime(2100, 1, 1), timezones=st.just(UTC)  # noqa: DTZ001 the strategy adds the zone
).map(lambda moment: moment.replace(microsecond=0))  # fmt: skip
MAYBE = st.none() | MOMENTS
CODES = st.from_regex(r"[a-z][a-z0-9.-]{0,8}[a-z0-9]", fullmatch=True)
NAMES = st.text("abcåäö ÆØ'-", min_size=1, max_size=20).map(str.strip).filter(bool)
DAYS = MOMENTS.map(datetime.date)
TITLES = st.dictionaries(st.sampled_from(["sv", "nb", "en"]), NAMES, min_size=1)
STATUSES = st.dictionaries(st.integers(0, 999), st.integers(0, 3), max_size=5).map(
    lambda given: status_list(given, 1000)
)
EVENTS = st.builds(
    StatusEvent,
    kind=st.sampled_from(["issued", "suspended", "reinstated", "revoked", "annulled", "superseded"]),
    effective_from=MOMENTS,
    reason=st.none() | CODES,
    kid=st.none() | st.just("key-1"),
    successor=st.none() | st.binary(min_size=10, max_size=10).map(new_number),
)


@st.composite
def trusts(draw: st.DrawFn) -> Trust:
    """Anything a trust can hold, and nothing that contradicts itself."""
    seeds = iter(draw(st.lists(st.integers(1, 2**128), unique=True, min_size=9, max_size=9)))
    numbered = enumerate(draw(st.lists(CODES, max_size=3)))
    keys = tuple(
        Key(
            kid=f"key-{place}",
            organisation=code,
            public_key=draw(st.sampled_from([p256, ed25519]))(next(seeds)),
            not_before=draw(MOMENTS),
            retired_at=draw(MAYBE),
            compromised_since=draw(MAYBE),
        )
        for place, code in numbered
    )
    own = [
        AttestationKey(
            kid=f"{place:08x}",
            public_key=ed25519(next(seeds)),
            not_before=draw(MOMENTS),
            retired_at=draw(MAYBE),
            compromised_since=draw(MAYBE),
        )
        for place in range(draw(st.integers(0, 4)))
    ]
    organisations = draw(
        st.lists(
            st.builds(Organisation, id=CODES, name=NAMES, registered_on=DAYS, sector_body=st.booleans()), max_size=3
        )
    )
    schemes = draw(
        st.lists(
            st.builds(
                Scheme,
                code=CODES,
                owner=CODES,
                title=TITLES,
                max_level=st.sampled_from(list(Level)),
                time_zone=st.sampled_from(["Europe/Oslo", "UTC"]),
                versions=st.lists(CODES, max_size=2).map(tuple),
            ),
            max_size=2,
        )
    )
    mandates = st.builds(
        Mandate,
        id=CODES,
        issuer=CODES,
        scheme=CODES,
        versions=st.none() | st.lists(CODES, max_size=2).map(tuple),
        max_level=st.sampled_from(list(Level)),
        since=DAYS,
        until=st.none() | DAYS,
        withdrawn_from=st.none() | DAYS,
    )
    recognitions = st.builds(
        Recognition,
        id=CODES,
        scheme=CODES,
        accepts=CODES,
        versions=st.none() | st.lists(CODES, max_size=2).map(tuple),
        min_level=st.none() | st.sampled_from(list(Level)),
        issued_until=st.none() | DAYS,
        accepted_from=DAYS,
        class_map=st.dictionaries(NAMES, NAMES, max_size=2),
        condition=st.none() | TITLES,
        withdrawn_from=st.none() | DAYS,
    )
    known = st.builds(KnownList, statuses=STATUSES, issued_at=MOMENTS, ttl=st.integers(0, 10**6), expires_at=MAYBE)
    return Trust(
        as_of=draw(MOMENTS),
        public_url=draw(st.sampled_from(["https://bevis.example", "http://127.0.0.1:8000", "https://x.example/a/b"])),
        organisations={each.id: each for each in organisations},
        keys=keys,
        attestation_keys=tuple(own[::2]),
        status_keys=tuple(own[1::2]),
        schemes={each.code: each for each in schemes},
        mandates=tuple(draw(st.lists(mandates, max_size=2))),
        recognitions=tuple(draw(st.lists(recognitions, max_size=2))),
        status_lists=draw(st.dictionaries(st.integers(0, 10_000_000), known, max_size=2)),
        editions=("2026-01-01",),
        events=draw(
            st.dictionaries(
                st.binary(min_size=10, max_size=10).map(new_number), st.lists(EVENTS, max_size=3).map(tuple), max_size=2
            )
        ),
    )


@given(trusts())
def test_whatever_is_trusted_survives_its_file(trust: Trust) -> None:
    data = trust_to_json(trust)
    again = trust_from_json(data)
    assert again == trust
    assert trust_to_json(again) == data
    # People may set it in lines; it says the same.
    assert trust_from_json(json.dumps(json.loads(data), indent=2).encode()) == trust


def test_trust_survives_its_file(world: ModuleType) -> None:
    trust = world.with_history(ISSUED, ("revoked", JUNE, "fraud"), trust=world.with_status(2))
    again = trust_from_json(trust_to_json(trust))
    assert again == trust
    assert trust_to_json(again) == trust_to_json(trust)


def members(world: ModuleType) -> dict[str, Any]:
    found: dict[str, Any] = json.loads(trust_to_json(world.TRUST))
    return found


def test_a_file_says_what_it_is_and_holds_keys_as_jwk(world: ModuleType) -> None:
    said = members(world)
    assert next(iter(said)) == "format"
    assert said["format"] == "bevis-trust/1"
    assert said["keys"][0]["jwk"] == {"kty": "OKP", "crv": "Ed25519", "x": encode_base64url(world.ISSUER_KEY.public)}
    assert "public_key" not in trust_to_json(world.TRUST).decode()


Change = Callable[[dict[str, Any]], object]
RSA = {"kty": "RSA", "n": encode_base64url(b"\xc1" * 128), "e": "AQAB"}
EC = public_jwk(p256(7))


def _jwk(place: str, jwk: object) -> Change:
    return lambda said: said[place][0].update({"jwk": jwk})


DAMAGED: dict[str, tuple[Change, str]] = {
    "no format": (lambda said: said.pop("format"), "does not say"),
    "another version": (lambda said: said.update(format="bevis-trust/2"), "^format"),
    "another format": (lambda said: said.update(format=1), "^format"),
    "no address": (lambda said: said.pop("public_url"), "^public_url"),
    "another scheme of address": (lambda said: said.update(public_url="ftp://bevis.example"), "^public_url"),
    "no moment": (lambda said: said.pop("as_of"), "^as_of"),
    "moment without zone": (lambda said: said.update(as_of="2026-11-20T15:13:00"), "^as_of"),
    "moment as a number": (lambda said: said.update(as_of=5), "^as_of"),
    "unknown member": (lambda said: said.update(extra=1), "^extra"),
    "unknown member of a key": (lambda said: said["keys"][0].update(extra=1), r"^keys\.0 \(key-1\)\.extra"),
    "the name that Python uses": (
        lambda said: said["keys"][0].update(public_key=said["keys"][0].pop("jwk")),
        r"^keys\.0 \(key-1\)",
    ),
    "RSA": (_jwk("keys", RSA), r"^keys\.0 \(key-1\)\.jwk: RSA .* 1024 bits"),
    "RSA for codes": (_jwk("attestation_keys", RSA), r"^attestation_keys\.0 \(0a0b0c0d\)\.jwk: RSA"),
    "a weak key": (_jwk("keys", {"kty": "OKP", "crv": "Ed25519", "x": encode_base64url(bytes(32))}), "small order"),
    "a key off its curve": (_jwk("keys", {**EC, "y": EC["x"]}), r"^keys\.0 \(key-1\)\.jwk: .*curve"),
    "P-256 for codes": (_jwk("attestation_keys", EC), r"^attestation_keys\.0 .*Ed25519"),
    "a private key": (lambda said: said["keys"][0]["jwk"].update(d="AAAA"), "private"),
    "a key with a name": (lambda said: said["keys"][0]["jwk"].update(kid="key-1"), "beside"),
    "a key in base64": (_jwk("keys", "AAAA"), r"^keys\.0 \(key-1\)\.jwk"),
    "a key that is null": (_jwk("keys", None), r"^keys\.0 \(key-1\)\.jwk"),
    "one key twice": (
        lambda said: said["keys"].append({**said["keys"][0], "kid": "key-2"}),
        "^trust: one public key stands under two names",
    ),
    "two keys of one name": (
        lambda said: said["keys"].append({**said["keys"][0], "jwk": EC}),
        "^trust: two keys have one name",
    ),
    "an organisation under another id": (
        lambda said: said["organisations"]["provhuset"].update(id="other"),
        "another id",
    ),
    "three bits": (lambda said: said["status_lists"]["3"]["statuses"].update(bits=3), r"^status_lists\.3\.statuses"),
    "list with more": (
        lambda said: said["status_lists"]["3"]["statuses"].update(size=3),
        r"^status_lists\.3\.statuses",
    ),
    "list without bits": (lambda said: said["status_lists"]["3"]["statuses"].pop("bits"), "has not bits and lst"),
    "list that is text": (lambda said: said["status_lists"]["3"].update(statuses="eNo"), r"^status_lists\.3\.statuses"),
    "list in no place": (lambda said: said["status_lists"].update(x=said["status_lists"].pop("3")), "^status_lists"),
    "a level that is none": (
        lambda said: said["mandates"][0].update(max_level="A"),
        r"^mandates\.0 \(m-1\)\.max_level",
    ),
    "a name that hides": (
        lambda said: said["organisations"]["provhuset"].update(name="x\u202ey"),
        r"^organisations\.provhuset\.name: .*U\+202E",
    ),
}


@pytest.mark.parametrize("case", DAMAGED)
def test_a_damaged_trust_file_is_refused_and_its_fault_named(world: ModuleType, case: str) -> None:
    change, says = DAMAGED[case]
    said = members(world)
    change(said)
    with pytest.raises(MalformedTrust, match=says) as refused:
        trust_from_json(write_json(said))
    assert len(str(refused.value)) < 300


@pytest.mark.parametrize(
    ("old", "new"),
    [
        pytest.param(b'"as_of":', b'"public_url":"x","as_of":', id="twice"),
        pytest.param(b'"format":', b'"format":"bevis-trust/1","format":', id="format twice"),
        pytest.param(b'"ttl":3600', b'"ttl":3600.0', id="a fraction"),
        pytest.param(b'"ttl":3600', b'"ttl":NaN', id="NaN"),
        pytest.param(b'"ttl":3600', b'"ttl":9007199254740992', id="2**53"),
        pytest.param(b"{", b"[", id="no object"),
        pytest.param(b"{", b"\xef\xbb\xbf{", id="byte order mark"),
        pytest.param(b"{", b"{}{", id="two documents"),
    ],
)
def test_a_file_that_can_be_read_in_two_ways_is_no_trust_file(world: ModuleType, old: bytes, new: bytes) -> None:
    data = trust_to_json(world.TRUST)
    assert old in data
    with pytest.raises(MalformedTrust, match="this is no trust file"):
        trust_from_json(data.replace(old, new, 1))
    for cut in (b"", b"{}", b"null", data[:-5] + b"\xff", data[: len(data) // 2]):
        with pytest.raises(MalformedTrust, match="this is no trust file"):
            trust_from_json(cut)


# --- what hangs together -------------------------------------------------------------------------------


def test_a_key_stands_in_a_trust_once_and_is_sound(world: ModuleType) -> None:
    key = world.TRUST.keys[0]
    for keys in (
        (key, key),
        (key, key.model_copy(update={"kid": "other"})),
        (key.model_copy(update={"public_key": bytes(32)}),),
        (key.model_copy(update={"public_key": p256(7)[:33]}),),
    ):
        with pytest.raises(ValueError, match=r"key"):
            Trust.model_validate(
                {**{n: getattr(world.TRUST, n) for n in Trust.model_fields}, "keys": [dict(k) for k in keys]}
            )


def test_a_key_has_one_algorithm(world: ModuleType) -> None:
    key = world.TRUST.keys[0]
    assert (key.algorithm, world.TRUST.attestation_keys[0].algorithm) == ("EdDSA", "EdDSA")
    other = Key(kid="key-2", organisation="provhuset", public_key=p256(7), not_before=JUNE)
    assert other.algorithm == "ES256"
    with pytest.raises(ValueError, match="Ed25519"):
        AttestationKey(kid="0a0b0c0d", public_key=p256(7), not_before=JUNE)


def test_keys_are_found_by_their_names(world: ModuleType) -> None:
    own = AttestationKey(kid="0c0c0c0c", public_key=ed25519(5), not_before=JUNE - timedelta(days=1))
    trust = world.changed(world.TRUST, status_keys=(own,))
    assert trust.status_key(bytes.fromhex("0c0c0c0c")) == own
    assert trust.attestation_key(bytes.fromhex("0c0c0c0c")) is None
    assert trust.status_key(bytes.fromhex("0a0b0c0d")) is None
    assert trust.issuer_key("did:web:bevis.example#0c0c0c0c") is None
    assert trust.issuer_key("did:web:bevis.example:o:provhuset#key-1") == trust.keys[0]


# --- which root key --------------------------------------------------------------------------------------


def test_a_root_key_that_changed_is_told_from_a_file_that_was_changed(world: ModuleType) -> None:
    """Each refusal says what is known, and no more."""
    old, new, other = (Signs(number, "bevis.example/root") for number in (7, 8, 9))
    note = end_of_root(old.public, JUNE, old)
    quiet = seal_trust(world.TRUST, new.public, new)
    told = seal_trust(world.changed(world.TRUST, ended_roots=(note,)), new.public, new)
    changed = quiet[:-20] + (b"A" if quiet[-20:-19] != b"A" else b"B") + quiet[-19:]
    assert trust_from_file(told, new.public).trust.ended_roots == (note,)
    assert b"ended_roots" not in trust_to_json(world.TRUST), "most files have none"
    stolen, another, tampered = "is reported as stolen, since 20", "was given: either the registry", "was changed since"
    cases = (
        (told, old, stolen),
        (told, other, another),  # a statement about another key says nothing of this one
        (quiet, old, another),
        (changed, new, tampered),
    )
    for data, pinned, says in cases:
        with pytest.raises(MalformedTrust) as refused:
            trust_from_file(data, pinned.public)
        assert [word for word in (stolen, another, tampered) if word in str(refused.value)] == [says]
    # Nobody but the key itself says so of it, and no other of its notes is taken for that.
    forged = end_of_root(old.public, JUNE, other)
    another_note = old.note("bevis-other/1\nsince: 2026-03-01T00:00:00Z\n")
    for said in (forged, another_note, "", "x" * 2000):
        data = seal_trust(world.changed(world.TRUST, ended_roots=(said,)), new.public, new)
        with pytest.raises(MalformedTrust, match=another):
            trust_from_file(data, old.public)
