"""Checks the published files of a log, and knows nothing of the program that wrote them: written from C2SP tlog-tiles,
signed-note and RFC 9162 alone.

    python check_log.py DIR KEY [SEEN.json]

DIR holds `checkpoint` and `tile/`; KEY is NAME+ID+KEY. SEEN.json, if given, is what was seen the last time; it is read,
compared, and written anew. Prints what was found as JSON; exit code 1 where the files are not one history.
"""

import base64
import hashlib
import json
import sys
from datetime import date, timedelta
from pathlib import Path
from typing import Any

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey


class NotOneHistory(Exception):
    """What is wrong."""


def sha(data: bytes) -> bytes:
    return hashlib.sha256(data).digest()


def head(hashes: list[bytes]) -> bytes:
    """MTH over leaf hashes (RFC 9162 section 2.1.1), from the definition."""
    if not hashes:
        return sha(b"")
    if len(hashes) == 1:
        return hashes[0]
    k = 1
    while 2 * k < len(hashes):
        k *= 2
    return sha(b"\x01" + head(hashes[:k]) + head(hashes[k:]))


def checkpoint(note: str, vkey: str) -> tuple[str, int, bytes]:
    """Origin, size and root, if that key has signed them."""
    name, key_id, encoded = vkey.strip().split("+", 2)
    raw = base64.b64decode(encoded)
    if sha(name.encode() + b"\n" + raw)[:4].hex() != key_id or raw[0] != 1:
        raise NotOneHistory("the key is not what it says it is")
    text, _, signatures = note.rpartition("\n\n")
    text += "\n"
    for line in signatures.splitlines():
        dash, signer, blob = line.split(" ")
        decoded = base64.b64decode(blob)
        if dash == "\u2014" and signer == name and decoded[:4].hex() == key_id:
            try:
                Ed25519PublicKey.from_public_bytes(raw[1:]).verify(decoded[4:], text.encode())
            except InvalidSignature:
                raise NotOneHistory("the checkpoint's signature does not hold") from None
            break
    else:
        raise NotOneHistory("the checkpoint is not signed by that key")
    origin, size, root = text.splitlines()[:3]
    if origin != name:
        raise NotOneHistory("the checkpoint is another log's")
    return origin, int(size), base64.b64decode(root)


def path_of(number: int) -> str:
    digits = f"{number:03}"
    while len(digits) % 3:
        digits = "0" + digits
    parts = [digits[at : at + 3] for at in range(0, len(digits), 3)]
    return "/".join(["x" + part for part in parts[:-1]] + parts[-1:])


def read(place: Path, kind: str, number: int, width: int) -> bytes:
    partial = place / f"tile/{kind}/{path_of(number)}.p/{width}"
    full = place / f"tile/{kind}/{path_of(number)}"
    for file in [full] if width == 256 else [partial, full]:
        if file.is_file():
            return file.read_bytes()
    raise NotOneHistory(f"tile/{kind}/{path_of(number)} is missing")


def entries(place: Path, size: int) -> list[bytes]:
    found: list[bytes] = []
    while len(found) < size:
        width = min(256, size - len(found))
        data, part = read(place, "entries", len(found) // 256, width), []
        while data and len(part) < width:
            length = int.from_bytes(data[:2], "big")
            part.append(data[2 : 2 + length])
            data = data[2 + length :]
        if len(part) != width or any(not one for one in part):
            raise NotOneHistory(f"entries are missing after {len(found) + len(part)}")
        found += part
    return found


def tiles(place: Path, hashes: list[bytes]) -> None:
    """Every tile there has to be, against the entries' own hashes."""
    level = 0
    while hashes:
        for number in range(-(-len(hashes) // 256)):
            wanted = hashes[number * 256 : number * 256 + 256]
            if read(place, str(level), number, len(wanted))[: 32 * len(wanted)] != b"".join(wanted):
                raise NotOneHistory(f"tile/{level}/{path_of(number)} is not what the entries give")
        hashes = [head(hashes[at : at + 256]) for at in range(0, len(hashes) - 255, 256)]
        level += 1


def check(place: Path, vkey: str, seen: dict[str, Any] | None, today: date | None = None) -> dict[str, Any]:
    """What the files say. Raises NotOneHistory."""
    origin, size, root = checkpoint((place / "checkpoint").read_text("utf-8"), vkey)
    found = entries(place, size)
    hashes = [sha(b"\x00" + entry) for entry in found]
    if head(hashes) != root:
        raise NotOneHistory("the entries are not those that the checkpoint was signed over")
    tiles(place, hashes)
    issued: dict[str, int] = {}
    for number, entry in enumerate(found):
        said = json.loads(entry)
        earliest = date.fromisoformat(seen["day"]) - timedelta(1) if seen and number >= seen["size"] else date.min
        if date.fromisoformat(said["day"]) < earliest:
            raise NotOneHistory(f"entry {number} bears {said['day']} and came after {seen['day']}")
        if said["type"] == "certificate.issued":
            issued[said["issuer"]] = issued.get(said["issuer"], 0) + 1
    if seen:
        if origin != seen["origin"] or size < seen["size"]:
            raise NotOneHistory(f"the log had {seen['size']} entries, and has {size}")
        if head(hashes[: seen["size"]]).hex() != seen["root"]:
            raise NotOneHistory(f"the first {seen['size']} entries are not what they were")
    return {"origin": origin, "size": size, "root": root.hex(), "day": str(today or date.today()), "issued": issued}  # noqa: DTZ011 a person's day


def main() -> int:
    place, vkey, *rest = sys.argv[1:]
    file = Path(rest[0]) if rest else None
    try:
        found = check(Path(place), vkey, json.loads(file.read_text()) if file and file.exists() else None)
    except NotOneHistory as fault:
        sys.stdout.write(json.dumps({"ok": False, "says": str(fault)}) + "\n")
        return 1
    if file:
        file.write_text(json.dumps(found))
    sys.stdout.write(json.dumps({"ok": True, **found}) + "\n")
    return 0


if __name__ == "__main__":
    sys.exit(main())
