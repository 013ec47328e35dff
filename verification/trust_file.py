"""Trust as a file: JSON, `{"format": "bevis-trust/1", …}`, each key as a JSON Web Key; all that is in it is checked.

It is published signed with the registry's root key, as a JWS of type `bevis-trust+jws`; whoever uses it has that one
key from somebody they trust, and then every file made since. The JSON alone says nothing of who made it.
"""

import re
from collections.abc import Sequence
from datetime import datetime
from typing import Any, NamedTuple

from pydantic import ValidationError

from verification.envelopes.jws import MalformedJws, OpenedJws, open_jws, seal_jws, verify_jws
from verification.envelopes.signer import Signer
from verification.log.note import MalformedNote, NoteKey, open_note, sign_note
from verification.strict import NotStrict, read_json, write_json
from verification.trust import MOST_ENDED, Trust

FORMAT = "bevis-trust/1"
SIGNED_TYPE = "bevis-trust+jws"
ENDED = "bevis-root-ended/1"
MAX_TRUST_BYTES = 67_108_864  # some hundred status lists of a herd each that do not compress
_SINCE = re.compile(r"since: ([0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2}Z)")
_NAME = re.compile(r"[A-Za-z0-9._-]{1,64}")


class MalformedTrust(Exception):
    """A trust file that cannot be read; says where, and what is wrong there."""


def trust_to_json(trust: Trust) -> bytes:
    """The trust as a file (JSON, UTF-8); `trust_from_json` reads it back, and the same trust gives the same bytes."""
    return write_json(_members(trust))


def _members(trust: Trust) -> dict[str, Any]:
    most_have_none = {
        "history": trust.history,
        "ended_roots": trust.ended_roots or None,
        "seal_roots": trust.seal_roots or None,  # before the first document is sealed
        "stolen_seals": trust.stolen_seals or None,
    }
    left_out = {name for name, known in most_have_none.items() if known is None}
    return {"format": FORMAT, **trust.model_dump(mode="json", by_alias=True, exclude=left_out)}


def trust_from_json(data: bytes) -> Trust:
    """Read a trust file. Raises MalformedTrust, naming the first fault and its place."""
    try:
        members = read_json(data, max_bytes=MAX_TRUST_BYTES)
    except NotStrict as fault:
        raise MalformedTrust(f"this is no trust file: {fault}") from fault
    if "format" not in members:
        raise MalformedTrust(f"this is no trust file: it does not say {FORMAT}")
    if members.pop("format") != FORMAT:
        raise MalformedTrust(f"format: this reads {FORMAT}, and the file is of another kind or version")
    try:
        return Trust.model_validate_json(write_json(members), by_alias=True, by_name=False)
    except ValidationError as fault:
        first = fault.errors(include_url=False, include_input=False)[0]
        says = first["msg"].removeprefix("Value error, ")
        raise MalformedTrust(f"{_place(members, first['loc'])}: {says}") from fault


def seal_trust(trust: Trust, root: NoteKey, sign: Signer) -> bytes:
    """The trust as a signed file; `trust_from_file` reads it back. Raises MalformedTrust where it is too long."""
    try:
        return seal_jws(_members(trust), typ=SIGNED_TYPE, kid=root.id.hex(), sign=sign).encode()
    except MalformedJws as fault:
        raise MalformedTrust(str(fault)) from fault


def end_of_root(root: NoteKey, since: datetime, sign: Signer) -> str:
    """That a root key is not its owner's alone since a moment, signed with that key itself (a signed note).

    Whoever has the key can say so, and nobody gains by it but those who had trusted it. It names no new key: that one
    is told by another way.
    """
    said = f"{ENDED}\nThis root key is not to be believed any more.\nsince: {since:%Y-%m-%dT%H:%M:%SZ}\n"
    return sign_note(said, root.name, root.public_key, sign)


class TrustFile(NamedTuple):
    """What is in a trust file. checked: whether its maker is the one whose root key was given."""

    trust: Trust
    checked: bool


def trust_from_file(data: bytes, root: NoteKey | None = None) -> TrustFile:
    """Read a trust file, signed or not.

    root  the registry's root key: then nothing is read but what it has signed

    Raises MalformedTrust.
    """
    text = data.strip()
    if text.startswith(b"{"):
        if root is not None:
            raise MalformedTrust(f"this trust file is not signed, and {root.name} signs its own")
        return TrustFile(trust_from_json(data), checked=False)
    try:
        opened = open_jws(text.decode("ascii", "replace"), typ=SIGNED_TYPE)
    except MalformedJws as fault:
        raise MalformedTrust(f"this is no trust file: {fault}") from fault
    if root is not None:
        _check_signed_by(opened, root)
    return TrustFile(trust_from_json(write_json(dict(opened.payload))), checked=root is not None)


def _check_signed_by(opened: OpenedJws, root: NoteKey) -> None:
    """Raises MalformedTrust, which says what can be known: a new root key looks like a forger's to who has the old."""
    if opened.kid == root.id.hex():
        if not verify_jws(opened, root.public_key):
            raise MalformedTrust(f"this trust file was changed since {root.name} signed it")
        return
    if (since := _ended(opened, root)) is not None:
        raise MalformedTrust(
            f"the root key that was given ({root.name}, {root.id.hex()}) is reported as stolen, {since}, by a statement"
            " that it signed itself: have the registry tell its new one by another way than this file, and believe no "
            "file that the former one has signed"
        )
    shown = opened.kid if _NAME.fullmatch(opened.kid) else "another"
    raise MalformedTrust(
        f"this trust file is signed with the root key {shown}, and {root.id.hex()} ({root.name}) was given: either the "
        "registry has a new root key, which it tells by another way than this file, or somebody else has made the file"
    )


def _ended(opened: OpenedJws, root: NoteKey) -> str | None:
    """Since when, if the file brings a statement of that root key's own that it is not to be believed."""
    told = opened.payload.get("ended_roots")
    for note in told[:MOST_ENDED] if isinstance(told, list) else ():
        try:
            said = open_note(note if isinstance(note, str) else "", [root]).text.splitlines()
        except MalformedNote:
            continue
        if said[0] == ENDED:
            return next((f"since {found[1]}" for line in said if (found := _SINCE.fullmatch(line))), "since some day")
    return None


def _place(members: object, steps: Sequence[int | str]) -> str:
    """Where it is, and what the entry there is called: keys.3 (k0a1b2c).jwk."""
    here, said = members, ""
    for step in steps:
        inside = here.get(step) if isinstance(here, dict) else None
        if isinstance(here, list) and isinstance(step, int) and step < len(here):
            inside = here[step]
        shown = str(step) if _NAME.fullmatch(str(step)) else "…"
        called = next((inside[name] for name in ("kid", "id") if isinstance(inside, dict) and name in inside), None)
        if isinstance(step, int) and isinstance(called, str) and _NAME.fullmatch(called):
            shown += f" ({called})"
        said, here = f"{said}.{shown}" if said else shown, inside
    return said or "trust"
