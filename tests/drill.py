"""A signing key is stolen, on the demo's data: `make drill`. Who lives and who dies, online and offline, how soon.

An issuer's key leaks at T. Before, it signed sound certificates; after, the thief issues through the registry with it,
and signs others beside it: some dated before T, some not. Then the key is reported. Exactly what stood in the log
before T, and what another key has signed, may be valid afterwards. What somebody has rightly earned
since is issued anew.

Then the registry's own key for codes leaks. The thief signs codes with his own name under numbers that there are, and
under numbers that there are not. Exactly the codes that the registry would make may be valid afterwards.
"""

import json
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import NamedTuple

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from levels.rulebook import rulebook
from registry.command_line.demo import make_demo
from registry.command_line.place import keyring_of
from registry.issuing.changes.reissue import Reissue, ask_to_reissue, carry_out_reissue
from registry.issuing.documents.codes import qr_text
from registry.issuing.lists.roster import read_roster
from registry.records.actors.approvals import decide
from registry.records.issued.certificates import (
    IssuedCertificate,
    certificate_by_number,
    certificates,
    issued_event,
)
from registry.records.parties.signing_keys import mark_compromised
from registry.records.sittings.occasions import NewOccasion, add_occasion, occasion_by_id
from registry.records.whole.directory import Registry
from registry.signing.keys import Keyring
from registry.signing.log.keeper import LogKeeper
from registry.signing.log.published import proof_of
from registry.signing.published import events_of, signed_trust
from registry.signing.root import root_key
from registry.signing.survivors import work_out_survivors
from registry.web.source import RegistrySource
from tests.bench_desk import PEOPLE, issue, somebody
from verification.ask import ask
from verification.certificate import Certificate, did_web, display_number, new_number
from verification.claims import to_claims
from verification.envelopes.cwt import compact_token, seal_cwt
from verification.envelopes.jws import seal_jws
from verification.envelopes.signer import KeyRef, Signer
from verification.judge import judge
from verification.presented import with_proof
from verification.qr import pack
from verification.situation import situation
from verification.trust_file import trust_from_file
from verification.verify import verify

OCCASION = "fall-protection-autumn"
Ask = Callable[[str], str]


class Shown(NamedTuple):
    """Something somebody holds up: which group it is of, and its text."""

    group: str
    text: str


class Outcome(NamedTuple):
    """Of each group: how many were valid, and of how many; online and from a file. Seconds until both knew.

    anew  seconds in which what was rightly earned was issued anew
    """

    online: dict[str, tuple[int, int]]
    offline: dict[str, tuple[int, int]]
    seconds: float
    anew: float


LIVES = (
    "before the theft",
    "by the new key",
    "codes of the stolen key",
    "codes of the new key",
    "rightly earned after it, issued anew",
)
DIES = (
    "by the thief, through the registry",
    "by the thief, beside it",
    "by the thief, dated before",
    "codes with another name",
    "codes with another number",
    "rightly earned after it, by the old key",
)


class Clock:
    """A clock that is put forward by hand."""

    def __init__(self, at: datetime) -> None:
        self.at = at

    def __call__(self) -> datetime:
        return self.at


def drill(place: Path, people: int, now: datetime) -> Outcome:
    """All of it, in a new demo at that place."""
    registry, _ = make_demo(place / "demo", now - timedelta(days=10), public_url="http://127.0.0.1:8000")
    clock = Clock(now - timedelta(days=9))
    keyring = keyring_of(registry)
    registry.keep_log(LogKeeper(registry, lambda: keyring, clock))
    try:
        sound = _issued(registry, keyring, clock, people, 1)
        clock.at += timedelta(days=3)
        theft = clock.at
        clock.at += timedelta(hours=1)
        with registry.reading() as db:
            stolen = keyring.organisation_signer(db, _issuer(registry), clock.at)
        by_thief = _issued(registry, keyring, clock, people, 2)
        earned = _issued(registry, keyring, clock, people, 4)
        beside = [_forged(row, stolen, registry, clock.at) for row in by_thief]
        dated = [_forged(row, stolen, registry, theft - timedelta(days=1)) for row in sound]
        clock.at += timedelta(days=1)
        with registry.writing() as db:
            keyring.create_organisation_key(db, _issuer(registry), clock.at, "drill")
        by_new = _issued(registry, keyring, clock, people, 3)
        shown = [
            *_shown(registry, keyring, clock.at, "before the theft", sound),
            *_shown(registry, keyring, clock.at, DIES[0], by_thief),
            *_shown(registry, keyring, clock.at, DIES[5], earned),
            *_shown(registry, keyring, clock.at, LIVES[1], by_new),
            *(Shown(DIES[1], text) for text in beside),
            *(Shown(DIES[2], text) for text in dated),
        ]
        started = time.perf_counter()
        with registry.writing() as db:
            mark_compromised(db, stolen.key().kid, theft, "drill", now=clock.at)
        with _both(registry, keyring, clock) as (online, offline):
            seconds = time.perf_counter() - started
            counted = _counted(shown, online), _counted(shown, offline)
        started = time.perf_counter()
        anew = _issued_anew(registry, keyring, clock.at, stolen.key().kid, by_thief)
        lasted = time.perf_counter() - started
        again = [*_shown(registry, keyring, clock.at, LIVES[4], anew)]
        with _both(registry, keyring, clock) as (online, offline):
            counted = counted[0] | _counted(again, online), counted[1] | _counted(again, offline)
        then = _codes_drill(registry, keyring, clock, by_new)
        return Outcome(counted[0] | then.online, counted[1] | then.offline, max(seconds, then.seconds), lasted)
    finally:
        registry.close()


def _codes_drill(registry: Registry, keyring: Keyring, clock: Clock, rows: Sequence[IssuedCertificate]) -> Outcome:
    """The registry's own key for codes is stolen, used and reported."""
    with registry.reading() as db:
        stolen = keyring.attestation_signer(db, clock.at)
        shown = [Shown(LIVES[2], qr_text(db, keyring, row, registry.public_url, clock.at)) for row in rows]
        shown += [
            Shown(group, _forged_code(row, events_of(db, row.number)[0].log_index, facts, stolen, registry))
            for row in rows
            for group, facts in (
                (DIES[3], {"holder_name": "Tjuv Tjuvsson"}),
                (DIES[4], {"number": new_number(Ed25519PrivateKey.generate().private_bytes_raw()[:10])}),
            )
        ]
    clock.at += timedelta(hours=1)
    started = time.perf_counter()
    with registry.writing() as db:
        mark_compromised(db, stolen.key().kid, clock.at - timedelta(hours=2), "drill", now=clock.at)
        keyring.prepare(db, clock.at, "drill")
    work_out_survivors(registry, clock.at)
    with registry.reading() as db:
        shown += [Shown(LIVES[3], qr_text(db, keyring, row, registry.public_url, clock.at)) for row in rows]
    with _both(registry, keyring, clock) as (online, offline):
        seconds = time.perf_counter() - started
        return Outcome(_counted(shown, online), _counted(shown, offline), seconds, 0)


def _forged_code(
    like: IssuedCertificate, log_index: int | None, facts: dict[str, str], stolen: Signer, registry: Registry
) -> str:
    said = like.certificate().model_copy(update=facts)
    token = seal_cwt(compact_token(said, log_index), bytes.fromhex(stolen.key().kid), stolen)
    return pack(token, registry.public_url)


def _issuer(registry: Registry) -> str:
    with registry.reading() as db:
        return occasion_by_id(db, OCCASION).issuer


def _issued(registry: Registry, keyring: Keyring, clock: Clock, people: int, turn: int) -> Sequence[IssuedCertificate]:
    """A class list of so many, and what came of it."""
    with registry.writing() as db:
        like = NewOccasion.model_validate_json(json.dumps(occasion_by_id(db, OCCASION).document))
        occasion = add_occasion(db, like.model_copy(update={"id": f"drill-{turn}"}), clock.at, "drill")
    roster = read_roster(_class_list(people, turn), methods=rulebook("2026-01-01").methods, on=clock.at.date())
    done = issue(registry, keyring, f"drill-{turn}", roster, clock.at, at_attained=True)
    if done.issued != people:
        raise RuntimeError(f"the drill's list was not issued: {done.issued} of {people}")
    with registry.reading() as db:
        return certificates(db, occasion=occasion.id)


def _issued_anew(
    registry: Registry, keyring: Keyring, now: datetime, kid: str, by_thief: Sequence[IssuedCertificate]
) -> Sequence[IssuedCertificate]:
    """What the key has spoilt and somebody has earned: asked for by one, decided by another, under the new key."""
    asks, decides = (somebody(registry, account, _issuer(registry), now) for account in PEOPLE)
    wanted = Reissue(key=kid, left_out=tuple(display_number(row.number) for row in by_thief))
    with registry.writing() as db:
        approval = ask_to_reissue(db, wanted, actor=asks, now=now)
        decide(db, approval.public_id, approve=True, digest=approval.digest, actor=decides, now=now)
    with registry.writing() as db:
        public_id, url = approval.public_id, registry.public_url
        done = carry_out_reissue(db, keyring, url, public_id, actor=asks, now=now)
    with registry.reading() as db:
        return [certificate_by_number(db, number) for number in done.numbers.values()]


def _class_list(people: int, turn: int) -> bytes:
    """CSV with as many people, others in every turn."""
    first = "abcdefghij"[turn].upper()
    names = ("".join("abcdefghij"[int(digit)] for digit in f"{number:04}") for number in range(people))
    lines = (f"{first}{name} Dril;1985-03-{number % 28 + 1:02};480;ja;ja" for number, name in enumerate(names))
    return ("namn;födelsedatum;närvarominuter;godkänd;resultat registrerat\n" + "\n".join(lines)).encode()


def _forged(like: IssuedCertificate, stolen: Signer, registry: Registry, issued_at: datetime) -> str:
    """A certificate of nobody's making but the thief's."""
    said: Certificate = like.certificate()
    number = new_number(Ed25519PrivateKey.generate().private_bytes_raw()[:10])
    said = said.model_copy(update={"number": number, "holder_name": "Tjuv Tjuvsson", "issued_at": issued_at})
    did = did_web(registry.public_url, said.issuer.id)
    ref: KeyRef = stolen.key()
    return seal_jws(to_claims(said, did, registry.public_url), typ="vc+jwt", kid=f"{did}#{ref.kid}", sign=stolen)


def _shown(
    registry: Registry, keyring: Keyring, now: datetime, group: str, rows: Sequence[IssuedCertificate]
) -> Iterator[Shown]:
    """The code of each, and its document with its proof."""
    with registry.reading() as db:
        for row in rows:
            yield Shown(group, qr_text(db, keyring, row, registry.public_url, now))
            proof = proof_of(db, registry.directory / "log.head", issued_event(db, row))
            yield Shown(group, with_proof(row.vc_jwt, proof))


@contextmanager
def _both(registry: Registry, keyring: Keyring, clock: Clock) -> Iterator[tuple[Ask, Ask]]:
    """Who is asked online, and who from a file."""
    source = RegistrySource(registry, registry.public_url, clock)
    with registry.reading() as db:
        signer = keyring.root_signer(db, clock.at)
        _, data = signed_trust(db, keyring, registry.public_url, clock.at)
    trust = trust_from_file(data, root_key(registry.public_url, signer.public())).trust
    needed = situation("site_entry")
    yield (
        lambda text: ask(source, text, needed).verdict.outcome,
        lambda text: judge(verify(text, trust, clock.at), needed, clock.at).outcome,
    )
    source.close()


def _counted(shown: Sequence[Shown], asked: Ask) -> dict[str, tuple[int, int]]:
    found: dict[str, tuple[int, int]] = {}
    for one in shown:
        valid, all_ = found.get(one.group, (0, 0))
        found[one.group] = (valid + (asked(one.text) == "valid"), all_ + 1)
    return found


def right(outcome: Outcome) -> bool:
    """Whether exactly the right ones are alive, wherever one asks."""
    return all(
        found[group][0] == (found[group][1] if group in LIVES else 0)
        for found in (outcome.online, outcome.offline)
        for group in (*LIVES, *DIES)
    )


def main() -> int:
    with tempfile.TemporaryDirectory() as place:
        outcome = drill(Path(place), 100, datetime.now(UTC).replace(microsecond=0))
    out = sys.stdout.write
    out(f"{'what is held up':42}{'valid online':>16}{'valid offline':>16}   should be\n")
    for group in (*LIVES, *DIES):
        online, offline = (f"{valid} of {all_}" for valid, all_ in (outcome.online[group], outcome.offline[group]))
        out(f"{group:42}{online:>16}{offline:>16}   {'all' if group in LIVES else 'none'}\n")
    out(f"known online and in a file {outcome.seconds:.1f} s after the report; issued anew in {outcome.anew:.1f} s\n")
    out("as it should be\n" if right(outcome) else "NOT as it should be\n")
    return 0 if right(outcome) else 1


if __name__ == "__main__":
    sys.exit(main())
