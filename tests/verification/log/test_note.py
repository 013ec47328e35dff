import base64
import json
from pathlib import Path
from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from verification.envelopes.signer import KeyRef
from verification.log.checkpoint import Checkpoint, open_checkpoint, read_checkpoint
from verification.log.note import MalformedNote, NoteKey, key_from, open_note, sign_note
from verification.log.proof import LogProof, read_proof, write_proof
from verification.log.tree import EMPTY_ROOT, MalformedProof

VECTORS = Path(__file__).parents[3].parent / "shared" / "vectors" / "c2sp-signed-note" / "vectors.json"
ORIGIN = "registry.example/log/1"
HEAD = Checkpoint(ORIGIN, 70_000, bytes(range(32)))


class Signs:
    """A key for notes."""

    def __init__(self, seed: int, name: str = ORIGIN) -> None:
        self._private = Ed25519PrivateKey.from_private_bytes(bytes([seed]) * 32)
        self.public = NoteKey(name, self._private.public_key().public_bytes_raw())

    def key(self) -> KeyRef:
        return KeyRef(self.public.id.hex())

    def sign(self, data: bytes) -> bytes:
        return self._private.sign(data)

    def note(self, text: str) -> str:
        return sign_note(text, self.public.name, self.public.public_key, self)


LOG, OTHER, WITNESS = Signs(1), Signs(2), Signs(3, "witness.example")


@pytest.fixture(scope="module")
def vectors() -> dict[str, list[dict[str, Any]]]:
    if not VECTORS.is_file():
        pytest.skip("the public test vectors are not here")
    read: dict[str, list[dict[str, Any]]] = json.loads(VECTORS.read_text(encoding="utf-8"))
    return read


def test_the_notes_of_go(vectors: dict[str, list[dict[str, Any]]]) -> None:
    for case in vectors["signed_note"]:
        key = key_from(case["vkey"])
        assert key.text == case["vkey"]
        assert open_note(case["note"], [key]) == (case["text"], (key,))
        private = Ed25519PrivateKey.from_private_bytes(base64.b64decode(case["skey"].split("+", 4)[-1])[1:])

        class Signer(Signs):
            def __init__(self, key: NoteKey, private: Ed25519PrivateKey) -> None:
                self.public, self._private = key, private

        assert Signer(key, private).note(case["text"]) == case["note"]


def test_checkpoints_of_others_are_spelled_as_ours(vectors: dict[str, list[dict[str, Any]]]) -> None:
    for case in vectors["checkpoint_body"]:
        # These have hashes of any length; ours are those of SHA-256.
        assert f"{case['origin']}\n{case['size']}\n{case['hash_b64']}\n" == case["text"]
        with pytest.raises(MalformedNote):
            read_checkpoint(case["text"])


def test_a_checkpoint_is_read_as_it_was_signed() -> None:
    note = LOG.note(HEAD.text)
    assert open_checkpoint(note, [OTHER.public, LOG.public]) == HEAD
    witnessed = note + WITNESS.note(HEAD.text).split("\n\n")[1]
    assert open_checkpoint(witnessed, [LOG.public]) == HEAD
    assert len(open_note(witnessed, [LOG.public, WITNESS.public]).signed_by) == 2
    with pytest.raises(MalformedNote, match="nobody known"):
        open_checkpoint(note, [OTHER.public])
    with pytest.raises(MalformedNote, match="not signed by the log"):
        open_checkpoint(WITNESS.note(HEAD.text), [LOG.public, WITNESS.public])


def test_a_signature_of_a_known_key_that_does_not_hold_spoils_the_note() -> None:
    note = LOG.note(HEAD.text)
    spoilt = note.replace("70000", "70001")
    with pytest.raises(MalformedNote, match="does not hold"):
        open_note(spoilt, [LOG.public])
    witnessed = note + WITNESS.note(spoilt.split("\n\n")[0] + "\n").split("\n\n")[1]
    assert open_note(witnessed, [LOG.public]).signed_by == (LOG.public,)
    with pytest.raises(MalformedNote, match="does not hold"):
        open_note(witnessed, [LOG.public, WITNESS.public])
    with pytest.raises(MalformedNote, match="twice"):
        open_note(note + note.split("\n\n")[1], [LOG.public])


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("\n\n", "\n"),
        ("\u2014 ", "- "),
        ("\u2014 ", "\u2014  "),
        ("\n\n", "\n\n\n"),
        ("70000", "70000\t"),
        ("70000", "\x0070000"),
        ("=\n", "\n"),
        ("=\n", "=="),
        ("70000\n", "70000\r\n"),
        (ORIGIN + " ", "a+b "),
    ],
)
def test_no_other_spelling_is_a_note(old: str, new: str) -> None:
    note = LOG.note(HEAD.text)
    for spoilt in (note.replace(old, new), note.replace(old, new, 1)):
        assert spoilt != note
        with pytest.raises(MalformedNote):
            open_checkpoint(spoilt, [LOG.public])


@pytest.mark.parametrize("place", range(0, len(LOG.note(HEAD.text)), 1))
def test_a_note_with_any_character_changed_is_refused(place: int) -> None:
    note = LOG.note(HEAD.text)
    other = "A" if note[place] != "A" else "B"
    with pytest.raises(MalformedNote):
        open_checkpoint(note[:place] + other + note[place + 1 :], [LOG.public])


@pytest.mark.parametrize(
    "text",
    [
        *("", "\n", f"{ORIGIN}\n", f"{ORIGIN}\n1\n", f"\n1\n{'A' * 43}=\n", f"{ORIGIN}\n01\n{'A' * 43}=\n"),
        *(f"{ORIGIN}\n-1\n{'A' * 43}=\n", f"{ORIGIN}\n1\n{'A' * 42}B=\n", f"{ORIGIN}\n1\n{'A' * 44}\n"),
        *(f"{ORIGIN}\n1\n{'A' * 43}=\nmore\n", f"{ORIGIN}\n1\n{'A' * 43}=", f"{ORIGIN}\n0\n{'A' * 43}=\n"),
        *(f"{ORIGIN}\n1e3\n{'A' * 43}=\n", f"{ORIGIN}\n٣\n{'A' * 43}=\n", f"{ORIGIN}\n{'9' * 17}\n{'A' * 43}=\n"),
    ],
)
def test_no_other_text_is_a_checkpoint(text: str) -> None:
    with pytest.raises(MalformedNote):
        read_checkpoint(text)


def test_a_log_without_entries() -> None:
    empty = Checkpoint(ORIGIN, 0, EMPTY_ROOT)
    assert read_checkpoint(empty.text) == empty


@pytest.mark.parametrize(
    "text",
    [
        *("", "name", "name+00000000", f"name+00000000+{'A' * 44}", LOG.public.text.replace("+", "-", 1)),
        *(LOG.public.text[:-1] + "B", LOG.public.text + "=", "a b" + LOG.public.text[len(ORIGIN) :]),
        f"{ORIGIN}+{LOG.public.id.hex()}+{base64.b64encode(bytes([2]) + LOG.public.public_key).decode()}",
        NoteKey(ORIGIN, bytes(32)).text,
    ],
)
def test_no_other_text_is_a_key_for_notes(text: str) -> None:
    with pytest.raises(MalformedNote):
        key_from(text)
    assert key_from(LOG.public.text) == LOG.public


@pytest.mark.parametrize("text", ["no line feed", "a\ttab\n", ""])
def test_what_no_note_says_is_not_signed(text: str) -> None:
    with pytest.raises(ValueError, match="note"):
        LOG.note(text)


PROOF = LogProof(69_999, tuple(bytes([step]) * 32 for step in range(17)), LOG.note(HEAD.text), b"salt" * 8)


@pytest.mark.parametrize("proof", [PROOF, PROOF._replace(extra=b""), PROOF._replace(path=(), log_index=0)])
def test_a_proof_is_read_as_it_was_written(proof: LogProof) -> None:
    assert read_proof(write_proof(proof)) == proof


@pytest.mark.parametrize(
    ("old", "new"),
    [
        *(("@v1", "@v2"), ("index 69999", "index 069999"), ("index 69999", "index"), ("index 69999\n", "")),
        *(("extra ", "extra  "), ("extra ", "Extra "), ("\n\nregistry", "\nregistry"), ("index ", "index: ")),
        *(
            ("AQEBAQEB", "AQEB"),
            ("c2sp", "\ufeffc2sp"),
            ("index 69999", "index -1"),
        ),
    ],
)
def test_no_other_spelling_is_a_proof(old: str, new: str) -> None:
    text = write_proof(PROOF)
    assert old in text
    with pytest.raises(MalformedProof):
        read_proof(text.replace(old, new))


def test_a_proof_is_not_endless() -> None:
    with pytest.raises(MalformedProof):
        read_proof(write_proof(PROOF._replace(path=PROOF.path * 4)))
    with pytest.raises(MalformedProof):
        read_proof(write_proof(PROOF._replace(extra=bytes(5000))))
    with pytest.raises(MalformedProof):
        read_proof("x" * 1_000_000)
