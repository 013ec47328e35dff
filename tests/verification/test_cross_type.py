"""Every kind of thing at every reader: only its own reader takes it, whoever signed it."""

import re
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from types import ModuleType
from typing import Any

import pytest

from registry.errors import MalformedInput
from registry.records.strict_input import parse
from registry.signing.possession import Challenge, SignedChallenge, sign_challenge
from registry.signing.signing_request import Signed, SigningRequest, ToSign, sign_all, understood
from tests.verification.log.test_note import HEAD, LOG, PROOF, Signs
from tests.verification.test_organisation_certificate import certificate, signed
from verification.claims import to_claims
from verification.envelopes.cwt import MalformedCwt, open_cwt
from verification.envelopes.jws import MalformedJws, open_jws, seal_jws, verify_jws
from verification.judge import judge
from verification.keys import good_signature, public_jwk, thumbprint
from verification.log.checkpoint import open_checkpoint
from verification.log.entry import MalformedEntry, read_entry, write_entry
from verification.log.note import MalformedNote, open_note
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
from verification.strict import NotStrict, decode_base64url, read_json
from verification.trust import AttestationKey, Key, Trust
from verification.trust_file import (
    ENDED,
    MalformedTrust,
    end_of_root,
    seal_trust,
    trust_from_file,
    trust_from_json,
    trust_to_json,
)
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
    "possession",
    "to_sign",
    "signatures",
    "end_of_root",
)
# Who takes what; everything else is refused.
TAKEN = {
    "certificate": {"verify"},
    "organisation certificate": {"verify"},
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
    "challenge": set[str](),
    "possession proof": {"possession"},
    "signing request": {"to_sign"},
    "signatures": {"signatures"},
    "end of a root key": {"end_of_root"},
}


OWNER_KID = "key-21"
LONG_AGO, ISSUED = datetime(2025, 1, 1, tzinfo=UTC), datetime(2026, 1, 2, 10, tzinfo=UTC)
SITE = "site_entry"
WITH_VC_JWT = {"certificate", "organisation certificate", "bitstring credential"}


@pytest.fixture(scope="module")
def trust(world: ModuleType) -> Trust:
    own = AttestationKey(kid=KID, public_key=world.TestKey(3, KID).public, not_before=datetime(2026, 1, 1, tzinfo=UTC))
    key = Key(kid=OWNER_KID, organisation=world.OWNER.id, public_key=owner_key(world).public, not_before=LONG_AGO)
    made: Trust = world.changed(world.TRUST, status_keys=(own,), keys=(*world.TRUST.keys, key))
    return made


def owner_key(world: ModuleType) -> Any:
    return world.TestKey(21, OWNER_KID)


def own_things(world: ModuleType) -> dict[str, str]:
    """What goes between the registry and an issuer that holds its key itself."""
    key, text = world.ISSUER_KEY, world.full()
    jwk, until = public_jwk(key.public), "2026-03-14T12:00:00Z"
    names = {"registry": world.PUBLIC_URL, "organisation": world.CERTIFICATE.issuer.id, "until": until}
    challenge = Challenge(jwk=jwk, nonce="n", **names)
    part = ToSign(number=world.NUMBER, input=text.rpartition(".")[0])
    request = SigningRequest(
        kid=key.kid, key=thumbprint(key.public), batch="batch-1", digest=None, to_sign=[part], **names
    )
    return {
        "challenge": challenge.model_dump_json(),
        "possession proof": sign_challenge(challenge, key).model_dump_json(),
        "signing request": request.model_dump_json(),
        "signatures": sign_all(request, understood(request, key.public), key).model_dump_json(),
        "end of a root key": end_of_root(ROOT.public, ISSUED, ROOT),
    }


def possession(data: bytes) -> None:
    """As the registry looks at one, but for the nonce, which is its own memory."""
    given = parse(read_json(data, max_bytes=100_000), SignedChallenge)
    if not good_signature(given.public_key(), decode_base64url(given.signature), given.statement()):
        raise MalformedInput([("signature", "does not hold")])


def root_ended(text: str) -> None:
    if not open_note(text, [ROOT.public]).text.startswith(ENDED):
        raise MalformedNote("says nothing of a root key")


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
        "organisation certificate": signed(world, certificate(world), owner_key(world)),
        **own_things(world),
    }


def takes(reader: str, thing: str | bytes, trust: Trust, now: datetime, issuer: bytes = b"") -> bool:
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
        "possession": lambda: possession(as_bytes),
        "to_sign": lambda: understood(parse(read_json(as_bytes, max_bytes=100_000), SigningRequest), issuer),
        "signatures": lambda: parse(read_json(as_bytes, max_bytes=100_000), Signed),
        "end_of_root": lambda: root_ended(as_bytes.decode("utf-8", "replace")),
    }
    if reader == "verify":
        found = verify(thing, trust, now)
        for_person, for_organisation = (judge(found, situation(name), now).outcome for name in (SITE, "organisation"))
        assert ("valid" in {for_person, for_organisation}) == (found.certificate is not None)
        assert (for_person, for_organisation) != ("valid", "valid"), "nothing is proof of both"
        return found.certificate is not None
    try:
        attempts[reader]()
    except (NoStatusList, MalformedStatusList, MalformedTrust, MalformedNote, MalformedProof, MalformedEntry):
        return False
    except (MalformedInput, NotStrict):
        return False
    return True


@pytest.mark.parametrize("reader", READERS)
@pytest.mark.parametrize("kind", TAKEN)
def test_only_the_diagonal_passes(
    world: ModuleType, trust: Trust, things: dict[str, str | bytes], kind: str, reader: str
) -> None:
    assert set(things) == set(TAKEN)
    issuer = world.ISSUER_KEY.public
    assert takes(reader, things[kind], trust, world.NOW, issuer) == (reader in TAKEN[kind])
    # In the other type of Python it is the same thing, where it can be one at all.
    other = things[kind]
    if isinstance(other, str):
        assert takes(reader, other.encode(), trust, world.NOW, issuer) == (reader in TAKEN[kind])


def test_the_readers_below_know_their_own_kind(things: dict[str, str | bytes]) -> None:
    for kind, thing in things.items():
        for typ, own in (("vc+jwt", WITH_VC_JWT), ("statuslist+jwt", {"list as JWT"})):
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


# --- what an issuer signs on its own machine, and what the other notes are -------------------------------


def test_no_signature_of_one_kind_is_one_of_another(world: ModuleType, things: dict[str, str | bytes]) -> None:
    """What is signed says of itself what it is: the bytes of one kind are never those of another."""
    proof = parse(read_json(str(things["possession proof"]).encode(), max_bytes=100_000), SignedChallenge)
    request = parse(read_json(str(things["signing request"]).encode(), max_bytes=100_000), SigningRequest)
    (asked,) = understood(request, world.ISSUER_KEY.public)
    assert not re.fullmatch(rb"[\w-]+\.[\w-]+", proof.statement()), "no JWS is signed so"
    assert not asked.signed.startswith(proof.statement()[:10])
    # The signature under a certificate, handed in as that of the statement, and the other way round.
    under = str(things["certificate"]).rpartition(".")[2]
    with pytest.raises(MalformedInput):
        possession(proof.model_copy(update={"signature": under}).model_dump_json().encode())
    forged = f"{request.to_sign[0].input}.{proof.signature}"
    assert not verify_jws(open_jws(forged, typ="vc+jwt"), world.ISSUER_KEY.public)
    # A request that hands out anything else than certificates of its organisation is signed by nobody.
    for other in ("bitstring credential", "list as JWT", "signed trust file", "organisation certificate"):
        text = things[other] if isinstance(things[other], str) else bytes(things[other]).decode()  # type: ignore[arg-type]
        part = ToSign(number=world.NUMBER, input=str(text).rpartition(".")[0])
        with pytest.raises(MalformedInput):
            understood(request.model_copy(update={"to_sign": [part]}), world.ISSUER_KEY.public)


def test_notes_of_one_key_are_not_each_others() -> None:
    """Each properly signed by the key that such a note wants: only what it says is out of place."""
    with pytest.raises(MalformedNote):
        root_ended(ROOT.note(HEAD.text))
    with pytest.raises(MalformedNote):
        open_checkpoint(end_of_root(LOG.public, ISSUED, LOG), [LOG.public])
