"""Every kind of thing at every reader: only its own reader takes it, whoever signed it."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from types import ModuleType
from typing import Any

import pytest

from tests.verification.log.test_note import HEAD, LOG, PROOF, Signs
from verification.claims import to_claims
from verification.envelopes.cwt import MalformedCwt, open_cwt
from verification.envelopes.jws import MalformedJws, open_jws, seal_jws
from verification.judge import judge
from verification.log.checkpoint import open_checkpoint
from verification.log.entry import MalformedEntry, read_entry, write_entry
from verification.log.note import MalformedNote
from verification.log.proof import read_proof, write_proof
from verification.log.tree import MalformedProof
from verification.situation import situation
from verification.status_list import MalformedStatusList, decode_bitstring, decode_token_list, status_list
from verification.status_token import (
    Issue,
    NoStatusList,
    bitstring_claims,
    open_bitstring,
    open_status_list,
    seal_bitstring,
    seal_list_cwt,
    seal_list_jwt,
    token_list_claims,
    with_list,
)
from verification.trust import AttestationKey, Trust
from verification.trust_file import MalformedTrust, seal_trust, trust_from_file, trust_from_json, trust_to_json
from verification.verify import verify

Attempt = Callable[[], object]
ROOT = Signs(7, "bevis.example/root")
KID = "0c0c0c0c"
DID = "did:web:bevis.example"
READERS = (
    "verify",
    "open_status_list",
    "with_list",
    "open_bitstring",
    "decode_token_list",
    "decode_bitstring",
    "trust_from_json",
    "trust_from_file",
    "open_checkpoint",
    "read_proof",
    "read_entry",
)
# Who takes what; everything else is refused.
TAKEN = {
    "certificate": {"verify"},
    "compact token": {"verify"},
    "QR text": {"verify"},
    "QR digits": {"verify"},
    "list as JWT": {"open_status_list", "with_list"},
    "list as CWT": {"open_status_list", "with_list"},
    "bitstring credential": {"open_bitstring"},
    "number": set[str](),
    "verify address with a number": set[str](),
    "lst of a list": {"decode_token_list"},
    "encodedList of a bitstring": {"decode_bitstring"},
    "trust file": {"trust_from_json"},
    "signed trust file": {"trust_from_file"},
    "checkpoint": {"open_checkpoint"},
    "proof from the log": {"read_proof"},
    "entry of the log": {"read_entry"},
}


@pytest.fixture(scope="module")
def trust(world: ModuleType) -> Trust:
    own = AttestationKey(kid=KID, public_key=world.TestKey(3, KID).public, not_before=datetime(2026, 1, 1, tzinfo=UTC))
    made: Trust = world.changed(world.TRUST, status_keys=(own,))
    return made


@pytest.fixture(scope="module")
def things(world: ModuleType, trust: Trust) -> dict[str, str | bytes]:
    """One good one of every kind."""
    key, given = world.TestKey(3, KID), status_list({7: 1})
    issue = Issue(3, world.PUBLIC_URL, world.NOW, 900, timedelta(days=7))
    bits = seal_bitstring(given, "revocation", issue, key)
    return {
        "certificate": world.full(),
        "compact token": world.compact(),
        "QR text": world.qr_text(),
        "QR digits": world.qr_text().partition("#")[2],
        "list as JWT": seal_list_jwt(given, issue, key),
        "list as CWT": seal_list_cwt(given, issue, key),
        "bitstring credential": bits,
        "number": world.NUMBER,
        "verify address with a number": f"{world.PUBLIC_URL}/v/{world.NUMBER}",
        "lst of a list": token_list_claims(given, issue)["status_list"]["lst"],
        "encodedList of a bitstring": open_jws(bits, typ="vc+jwt").payload["credentialSubject"]["encodedList"],
        "trust file": trust_to_json(trust),
        "signed trust file": seal_trust(trust, ROOT.public, ROOT),
        "checkpoint": LOG.note(HEAD.text),
        "proof from the log": write_proof(PROOF),
        "entry of the log": write_entry("bundle.published", "2026-03-01", {"digest": "d"}),
    }


def takes(reader: str, thing: str | bytes, trust: Trust, now: datetime) -> bool:
    """Whether the reader takes it for its own; every refusal is the one that the reader has."""
    as_text = thing if isinstance(thing, str) else thing.decode("latin-1")
    as_bytes = thing if isinstance(thing, bytes) else thing.encode()
    attempts: dict[str, Attempt] = {
        "open_status_list": lambda: open_status_list(thing, trust, now),
        "with_list": lambda: with_list(trust, thing, now),
        "open_bitstring": lambda: open_bitstring(as_text, trust, now),
        "decode_token_list": lambda: decode_token_list(as_text, 2),
        "decode_bitstring": lambda: decode_bitstring(as_text),
        "trust_from_json": lambda: trust_from_json(as_bytes),
        "trust_from_file": lambda: trust_from_file(as_bytes, ROOT.public),
        "open_checkpoint": lambda: open_checkpoint(as_bytes.decode("utf-8", "replace"), [LOG.public]),
        "read_proof": lambda: read_proof(as_bytes.decode("utf-8", "replace")),
        "read_entry": lambda: read_entry(as_bytes),
    }
    if reader == "verify":
        found = verify(thing, trust, now)
        assert (judge(found, situation(), now).outcome == "valid") == (found.certificate is not None)
        return found.certificate is not None
    try:
        attempts[reader]()
    except (NoStatusList, MalformedStatusList, MalformedTrust, MalformedNote, MalformedProof, MalformedEntry):
        return False
    return True


@pytest.mark.parametrize("reader", READERS)
@pytest.mark.parametrize("kind", TAKEN)
def test_only_the_diagonal_passes(
    world: ModuleType, trust: Trust, things: dict[str, str | bytes], kind: str, reader: str
) -> None:
    assert set(things) == set(TAKEN)
    assert takes(reader, things[kind], trust, world.NOW) == (reader in TAKEN[kind])
    # In the other type of Python it is the same thing, where it can be one at all.
    other = things[kind]
    if isinstance(other, str):
        assert takes(reader, other.encode(), trust, world.NOW) == (reader in TAKEN[kind])


def test_the_readers_below_know_their_own_kind(things: dict[str, str | bytes]) -> None:
    for kind, thing in things.items():
        for typ, own in (("vc+jwt", {"certificate", "bitstring credential"}), ("statuslist+jwt", {"list as JWT"})):
            text = thing if isinstance(thing, str) else thing.decode("latin-1")
            if kind in own:
                assert open_jws(text, typ=typ).typ == typ
            else:
                with pytest.raises(MalformedJws):
                    open_jws(text, typ=typ)
        data = thing if isinstance(thing, bytes) else thing.encode()
        if kind == "compact token":
            assert open_cwt(data).token
        else:
            with pytest.raises(MalformedCwt):
                open_cwt(data)


# --- the right shape under another key, the right key under another shape ------------------------------


def test_a_certificate_signed_by_any_other_key_of_the_registry_is_none(world: ModuleType, trust: Trust) -> None:
    """Each key has one purpose, whatever it is made to sign."""
    claims = to_claims(world.CERTIFICATE, f"{DID}:o:provhuset", world.PUBLIC_URL)
    own = to_claims(world.CERTIFICATE, DID, world.PUBLIC_URL)
    for key in (world.ATTESTATION, world.TestKey(3, KID)):
        for kid in (f"{DID}#{key.kid}", f"{DID}:o:provhuset#{key.kid}", f"{DID}:o:provhuset#{world.ISSUER_KEY.kid}"):
            for said in (claims, own):
                found = verify(seal_jws(said, typ="vc+jwt", kid=kid, sign=key), trust, world.NOW)
                assert found.certificate is None
                assert judge(found, situation(), world.NOW).outcome != "valid"
    # A code by the key for lists, and by an organisation's key.
    for key in (world.TestKey(3, KID), world.TestKey(1, world.ATTESTATION.kid)):
        assert verify(world.compact(key=key), trust, world.NOW).certificate is None


def test_a_list_signed_by_any_other_key_is_none(world: ModuleType, trust: Trust) -> None:
    issue, given = Issue(3, world.PUBLIC_URL, world.NOW, 900, timedelta(days=7)), status_list({})
    for key in (world.ATTESTATION, world.ISSUER_KEY):
        for kid in (f"{DID}#{key.kid}", f"{DID}:o:provhuset#{key.kid}", f"{DID}#{KID}"):
            text = seal_jws(token_list_claims(given, issue), typ="statuslist+jwt", kid=kid, sign=key)
            bits = seal_jws(bitstring_claims(given, "revocation", issue), typ="vc+jwt", kid=kid, sign=key)
            with pytest.raises(NoStatusList):
                open_status_list(text, trust, world.NOW)
            with pytest.raises(NoStatusList):
                open_bitstring(bits, trust, world.NOW)
    with pytest.raises(NoStatusList):
        open_status_list(seal_list_cwt(given, issue, world.ATTESTATION), trust, world.NOW)


def test_the_claims_of_one_kind_in_the_envelope_of_another(world: ModuleType, trust: Trust) -> None:
    """Each properly signed by the key that such an envelope wants: only what it says is out of place."""
    issue, given = Issue(3, world.PUBLIC_URL, world.NOW, 900, timedelta(days=7)), status_list({})
    certificate = to_claims(world.CERTIFICATE, f"{DID}:o:provhuset", world.PUBLIC_URL)
    of_list, of_bits = token_list_claims(given, issue), bitstring_claims(given, "revocation", issue)
    issuer, status = f"{DID}:o:provhuset#{world.ISSUER_KEY.kid}", f"{DID}#{KID}"
    key = world.TestKey(3, KID)
    for claims in (
        of_list,
        of_bits,
        {**certificate, **of_bits},
        {**certificate, "status_list": of_list["status_list"]},
    ):
        found = verify(seal_jws(claims, typ="vc+jwt", kid=issuer, sign=world.ISSUER_KEY), trust, world.NOW)
        assert found.certificate is None
    wrong: tuple[dict[str, Any], ...] = (certificate, of_bits, {**certificate, **of_list}, {**of_bits, **of_list})
    for claims in wrong:
        with pytest.raises(NoStatusList):
            open_status_list(seal_jws(claims, typ="statuslist+jwt", kid=status, sign=key), trust, world.NOW)
    for claims in (certificate, of_list, {**certificate, **of_list}, {**of_list, **of_bits}):
        with pytest.raises(NoStatusList):
            open_bitstring(seal_jws(claims, typ="vc+jwt", kid=status, sign=key), trust, world.NOW)
