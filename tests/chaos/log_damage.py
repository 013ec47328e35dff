"""Bits of the log are flipped, wherever they lie, and proofs are changed, wherever they can be: each is found."""

import base64
import random
import shutil
import tempfile
from collections import Counter
from collections.abc import Callable
from datetime import datetime
from pathlib import Path
from typing import Any

from sqlalchemy import text

from registry.records.issued.certificates import certificates, issued_event
from registry.records.log.entries import enter
from registry.records.whole.directory import Registry
from registry.signing.keys import open_keyring
from registry.signing.log.check import check_log
from registry.signing.log.keeper import LogKeeper
from registry.signing.log.published import proof_of, published_log
from registry.signing.publication import publish
from registry.signing.published import build_trust
from tests.independent.check_log import check as independent_check
from tests.registry.conftest import let_history_be_changed
from verification.presented import with_proof
from verification.verify import verify

_ENTRIES = 300
# What the log rests on, by table: the columns that were signed, or are worked out from what was.
_TABLES = {"log_entry": ("entry",), "log_tile": ("hashes",), "log_head": ("root", "note")}


def flipped_bits(registry: Registry, *, seed: int, flips: int, moment: datetime) -> str:
    """Flip so many, one at a time. Raises AssertionError where one is not found."""
    chance, found = random.Random(seed), Counter[str]()  # noqa: S311 the same bits again
    keyring = open_keyring(registry.master_key_file())
    keeper = LogKeeper(registry, lambda: keyring, lambda: moment)
    registry.keep_log(keeper)
    for part in range(3):
        with registry.writing() as db:
            for number in range(_ENTRIES // 3):
                enter(db, "bundle.published", moment.date(), {"digest": f"bit-{part}-{number}"})
    with registry.writing() as db:
        let_history_be_changed(db)
    with tempfile.TemporaryDirectory() as place:
        public = Path(place) / "public"
        with registry.reading() as db:
            publish(db, keyring, registry.head_file, registry.public_url, public, moment)
            key = published_log(db, registry.head_file).key.text
        before = independent_check(public / "log/1", key, None, moment.date())
        files = sorted(file for file in (public / "log/1").rglob("*") if file.is_file())
        for number in range(flips):
            where = ("table", "head file", "published")[number % 3]
            if where == "table":
                found[_in_a_table(registry, chance, moment)] += 1
            elif where == "head file":
                with _changed(registry.head_file, chance):
                    with registry.reading() as db:
                        assert not check_log(db, registry.head_file, moment).sound, f"seed {seed}, {number}"
                    _serves_nothing(registry)
                found[where] += 1
            else:
                file = chance.choice(files)
                with _changed(file, chance):
                    try:
                        independent_check(public / "log/1", key, before, moment.date())
                    except Exception:  # noqa: BLE001 whatever a reader says of it that it is not sound
                        found[where] += 1
                    else:
                        raise AssertionError(f"seed {seed}, {number}: a bit of {file.name} was flipped and not found")
        shutil.rmtree(public)
    with registry.reading() as db:
        assert check_log(db, registry.head_file, moment).sound
    told = ", ".join(f"{one} {many}" for one, many in found.most_common())
    return f"{flips} bits flipped ({told}), each found"


def _in_a_table(registry: Registry, chance: random.Random, moment: datetime) -> str:
    table = chance.choice([*_TABLES])
    column = chance.choice(_TABLES[table])
    key = {"log_entry": "log_index", "log_tile": "level, number", "log_head": "size"}[table]
    with registry.reading() as db:
        rows = db.connection().execute(text(f"SELECT {column}, {key} FROM {table} ORDER BY {key}")).all()  # noqa: S608 our own names
    value, *place = chance.choice(rows)
    changed = _flip(value, chance)
    where = " AND ".join(f"{name} = :{name.strip()}" for name in key.split(", "))
    names = dict(zip([name.strip() for name in key.split(",")], place, strict=True))

    def put(what: Any) -> None:
        with registry.noting() as db:
            change = f"UPDATE {table} SET {column} = :value WHERE {where}"  # noqa: S608 same
            db.connection().execute(text(change), {"value": what, **names})

    put(changed)
    try:
        with registry.reading() as db:
            assert not check_log(db, registry.head_file, moment).sound, f"{table}.{column} at {place}"
    finally:
        put(value)
    return table


def _flip(value: Any, chance: random.Random) -> Any:
    if isinstance(value, str):  # a signed note: another character of the same kind, anywhere but in its name's dash
        signs = [place for place, sign in enumerate(value) if sign.isascii() and sign.isalnum()]
        place = chance.choice(signs)
        other = chance.choice([sign for sign in "ABCDEFGHabcdefgh0123456789" if sign != value[place]])
        return value[:place] + other + value[place + 1 :]
    data = bytearray(value)
    data[chance.randrange(len(data))] ^= 1 << chance.randrange(8)
    return bytes(data)


class _changed:  # noqa: N801 read as a phrase
    """The file with one bit flipped, and as it was afterwards."""

    def __init__(self, file: Path, chance: random.Random) -> None:
        self._file, self._before = file, file.read_bytes()
        file.write_bytes(_flip(self._before, chance))

    def __enter__(self) -> None: ...

    def __exit__(self, *_: object) -> None:
        self._file.write_bytes(self._before)


def _serves_nothing(registry: Registry) -> None:
    """What is not sound is shown to nobody."""
    with registry.reading() as db:
        try:
            log = published_log(db, registry.head_file)
        except Exception:  # noqa: BLE001 however it is refused
            return
    raise AssertionError(f"a head file with a flipped bit was served as {log.head.size}")


# ------------------------------------------------------------------ proofs


def mutated_proofs(registry: Registry, *, seed: int, mutations: int, moment: datetime) -> str:
    """Change the proof of a certificate in so many ways. Raises AssertionError where one still proves it."""
    chance, refused = random.Random(seed), Counter[str]()  # noqa: S311 the same changes again
    keyring = open_keyring(registry.master_key_file())
    registry.keep_log(LogKeeper(registry, lambda: keyring, lambda: moment))
    with registry.writing() as db:
        for number in range(40):
            enter(db, "bundle.published", moment.date(), {"digest": f"beside-{number}"})
    with registry.reading() as db:
        rows = certificates(db)
        proofs = [proof_of(db, registry.head_file, issued_event(db, row)) for row in rows[:2]]
        trust, vc_jwt = build_trust(db, registry.public_url, moment), rows[0].vc_jwt

    def proves(proof: str) -> bool:
        found = verify(with_proof(vc_jwt, proof), trust, moment).findings
        return any(one.code == "in_log" and one.outcome == "passed" for one in found)

    assert proves(proofs[0]), "the proof itself proves nothing"
    assert not proves(proofs[1]), "another's proof proves it"
    ways = _ways(proofs[0], proofs[1])
    number = 0
    while refused.total() < mutations:
        number += 1
        name, change = ways[number % len(ways)]
        changed = change(chance)
        if changed.strip() == proofs[0].strip():  # what stands around it is no part of it
            continue
        assert not proves(changed), f"seed {seed}: changed by {name!r} it still proves: {changed!r}"
        refused[name] += 1
    told = ", ".join(f"{one} {many}" for one, many in refused.most_common())
    return f"{refused.total()} changed proofs refused ({told})"


def _ways(proof: str, other: str) -> list[tuple[str, Callable[[random.Random], str]]]:
    lines, others = proof.split("\n"), other.split("\n")
    hashes = [place for place, line in enumerate(lines) if len(line) == 44 and not line.startswith(("extra", "index"))]

    def a_sign(chance: random.Random) -> str:
        place = chance.randrange(len(proof))
        return proof[:place] + chance.choice("ABCxyz019+/=\n ") + proof[place + 1 :]

    def a_bit(chance: random.Random) -> str:
        """Of what a line of base64 stands for."""
        place = chance.choice([number for number, line in enumerate(lines) if len(line) > 40])
        head, _, tail = lines[place].rpartition(" ")
        try:
            data = bytearray(base64.b64decode(tail, validate=True))
        except ValueError:
            return a_sign(chance)
        data[chance.randrange(len(data))] ^= 1 << chance.randrange(8)
        changed = f"{head} {base64.b64encode(bytes(data)).decode()}" if head else base64.b64encode(bytes(data)).decode()
        return "\n".join([*lines[:place], changed, *lines[place + 1 :]])

    def a_line_less(chance: random.Random) -> str:
        place = chance.randrange(len(lines) - 1)
        return "\n".join([*lines[:place], *lines[place + 1 :]])

    def a_line_more(chance: random.Random) -> str:
        place = chance.randrange(len(lines))
        return "\n".join([*lines[:place], chance.choice([*lines, *others]), *lines[place:]])

    def two_lines(chance: random.Random) -> str:
        one, two = chance.randrange(len(lines)), chance.randrange(len(lines))
        swapped = list(lines)
        swapped[one], swapped[two] = swapped[two], swapped[one]
        return "\n".join(swapped)

    def a_number(chance: random.Random) -> str:
        """Index or size, a little more or less."""
        places = [number for number, line in enumerate(lines) if line.rpartition(" ")[2].isdigit()]
        place = chance.choice(places)
        head, space, digits = lines[place].rpartition(" ")
        changed = f"{head}{space}{int(digits) + chance.choice((-2, -1, 1, 2, 256))}"
        return "\n".join([*lines[:place], changed, *lines[place + 1 :]])

    def anothers_hash(chance: random.Random) -> str:
        place = chance.choice(hashes)
        return "\n".join([*lines[:place], base64.b64encode(chance.randbytes(32)).decode(), *lines[place + 1 :]])

    def cut(chance: random.Random) -> str:
        return proof[: chance.randrange(len(proof))]

    return [
        ("a sign", a_sign),
        ("a bit", a_bit),
        ("a line less", a_line_less),
        ("a line more", a_line_more),
        ("two lines", two_lines),
        ("a number", a_number),
        ("a hash", anothers_hash),
        ("an end", cut),
    ]
