"""The registry's own keys for codes: bound to what stood in the log, renewed in good time, and survived."""

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

import pytest

from registry.issuing.documents.codes import qr_text
from registry.records.issued.certificates import IssuedCertificate, certificates
from registry.records.issued.survivors import keys_without_survivors, surviving_codes
from registry.records.parties.signing_keys import SigningKey, key_by_kid, key_that_signs, key_to_come, mark_compromised
from registry.records.whole.directory import Registry
from registry.signing.keys import KNOWN_BEFORE, LIVES, Keyring
from registry.signing.log.keeper import LogKeeper
from registry.signing.published import signed_trust
from registry.signing.root import root_key
from registry.signing.survivors import work_out_survivors
from tests.registry.conftest import ACTOR, NOW, ON_SQLITE, OPENED, PUBLIC_URL, issue, person, roster
from verification.envelopes.cwt import compact_token, seal_cwt
from verification.judge import judge
from verification.qr import pack
from verification.situation import situation
from verification.trust import Trust
from verification.trust_file import trust_from_file
from verification.verify import verify

Issue = Callable[..., list[IssuedCertificate]]
WEEK = timedelta(days=7)


class Clock:
    def __init__(self) -> None:
        self.at = NOW

    def __call__(self) -> datetime:
        return self.at


@pytest.fixture
def clock(registry: Registry, keyring: Keyring) -> Clock:
    """With a log that is kept by it."""
    clock = Clock()
    registry.keep_log(LogKeeper(registry, lambda: keyring, clock))
    return clock


def issued(registry: Registry, keyring: Keyring, clock: Clock, *rows: int) -> list[IssuedCertificate]:
    issue(registry, keyring, "hot-work-march", roster(*map(person, rows)), now=clock.at)
    with registry.reading() as db:
        return sorted(certificates(db), key=lambda row: row.holder_name)


def file(registry: Registry, keyring: Keyring, at: datetime) -> Trust:
    """As somebody has it who asks nobody."""
    with registry.reading() as db:
        root = root_key(PUBLIC_URL, keyring.root_signer(db, at).public())
        return trust_from_file(signed_trust(db, keyring, PUBLIC_URL, at)[1], root).trust


def headline(text: str, trust: Trust, at: datetime) -> str:
    return judge(verify(text, trust, at), situation("site_entry"), at).headline


def code_of(registry: Registry, keyring: Keyring, row: IssuedCertificate, at: datetime) -> str:
    with registry.reading() as db:
        return qr_text(db, keyring, row, PUBLIC_URL, at)


def signing(registry: Registry, at: datetime) -> SigningKey:
    with registry.reading() as db:
        key = key_that_signs(db, "attestation", None, at)
    assert key is not None
    return key


def test_genuine_codes_of_a_stolen_key_live_and_no_others(registry: Registry, keyring: Keyring, clock: Clock) -> None:
    first = issued(registry, keyring, clock, 2, 3)
    with registry.reading() as db:
        stolen = keyring.attestation_signer(db, clock.at)
    genuine = [code_of(registry, keyring, row, clock.at) for row in first]
    clock.at += timedelta(hours=1)
    with registry.writing() as db:
        mark_compromised(db, stolen.kid, clock.at - WEEK, ACTOR, now=clock.at)
        keyring.prepare(db, clock.at, ACTOR)
    clock.at += timedelta(hours=1)
    later = issued(registry, keyring, clock, 4)[-1]

    def forged(row: IssuedCertificate, index: int, **facts: Any) -> str:
        token = compact_token(row.certificate().model_copy(update=facts), index)
        return pack(seal_cwt(token, bytes.fromhex(stolen.kid), stolen), PUBLIC_URL)

    # Until it is known what survives, nothing does.
    before = file(registry, keyring, clock.at)
    assert {headline(text, before, clock.at) for text in genuine} == {"issuer_key_compromised"}
    assert work_out_survivors(registry, clock.at) == 1
    assert work_out_survivors(registry, clock.at) == 0
    trust = file(registry, keyring, clock.at)
    assert [headline(text, trust, clock.at) for text in genuine] == ["valid", "valid"]
    assert headline(code_of(registry, keyring, first[0], clock.at), trust, clock.at) == "valid"
    assert signing(registry, clock.at).kid != stolen.kid
    with registry.reading() as db:
        assert keys_without_survivors(db) == []
        kept = surviving_codes(db, stolen.kid)
        assert kept is not None
        places = [place for begin, end in kept.spans for place in range(begin, end + 1)]
        end = key_by_kid(db, stolen.kid).retired_at
    assert len(places) == 2
    assert end is not None
    dead = [
        forged(first[0], places[0], holder_name="Tjuv Tjuvsson"),
        forged(first[0], places[1]),
        forged(first[0], places[0], number="0" * 16),
        forged(later, places[-1] + 1),
        forged(later, 10**6),
    ]
    assert {headline(text, trust, clock.at) for text in dead} == {"issuer_key_compromised"}


@ON_SQLITE
def test_a_key_that_has_ended_signs_for_nothing_that_came_after_it(
    registry: Registry, keyring: Keyring, clock: Clock
) -> None:
    (first,) = issued(registry, keyring, clock, 2)
    with registry.reading() as db:
        old = keyring.attestation_signer(db, clock.at)
    before = code_of(registry, keyring, first, clock.at)
    with registry.writing() as db:
        keyring.renew(db, "attestation", clock.at, ACTOR, at_once=True)
    clock.at += timedelta(hours=1)
    later = issued(registry, keyring, clock, 3)[-1]
    trust = file(registry, keyring, clock.at)
    key = trust.attestation_key(bytes.fromhex(old.kid))
    assert key is not None
    assert key.signs_below is not None
    assert headline(before, trust, clock.at) == "valid"
    assert headline(code_of(registry, keyring, later, clock.at), trust, clock.at) == "valid"
    # What came later, signed by whoever still has the old key, and dated as he likes.
    dated = {"valid_from": first.valid_from - timedelta(days=30)}
    for index, facts in ((key.signs_below, {}), (key.signs_below, dated), (2**53 - 1, dated)):
        token = compact_token(later.certificate().model_copy(update=facts), index)
        text = pack(seal_cwt(token, bytes.fromhex(old.kid), old), PUBLIC_URL)
        found = verify(text, trust, clock.at)
        assert "code_after_its_key" in {each.code for each in found.findings}
        assert headline(text, trust, clock.at) == "signature_invalid"


@ON_SQLITE
@pytest.mark.parametrize("purpose", ["attestation", "status"])
def test_a_new_key_is_published_before_it_signs(registry: Registry, keyring: Keyring, purpose: Any) -> None:
    def signs(at: datetime) -> str:
        with registry.reading() as db:
            key = key_that_signs(db, purpose, None, at)
        assert key is not None
        return key.kid

    life = LIVES[purpose]
    assert LIVES["attestation"] <= timedelta(days=92)
    old, soon = signs(OPENED), OPENED + life - timedelta(days=10)
    with registry.writing() as db:
        keyring.prepare(db, soon, ACTOR)
        keyring.prepare(db, soon + timedelta(days=1), ACTOR)
        coming = key_to_come(db, purpose, soon)
    assert coming is not None
    assert coming.not_before == soon + KNOWN_BEFORE
    assert coming.not_after == coming.not_before + life
    assert signs(soon + KNOWN_BEFORE - timedelta(seconds=1)) == old
    assert signs(soon + KNOWN_BEFORE) == coming.kid
    # By hand: the former one goes on until then, and what was to come does not come.
    with registry.writing() as db:
        third = keyring.renew(db, purpose, soon, ACTOR)
        assert key_to_come(db, purpose, soon) == third
        fourth = keyring.renew(db, purpose, soon, ACTOR, at_once=True)
    assert signs(soon) == fourth.kid
    assert signs(soon + WEEK * 2) == fourth.kid
