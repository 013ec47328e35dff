"""What a stolen key has spoilt is issued anew: the same facts under the new key, by two people."""

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any

import pytest

from registry.errors import (
    ApprovalNeeded,
    KeyHeldElsewhere,
    NoSigningKey,
    NotAllowed,
    NothingToChange,
    NothingToSign,
    RequestOutdated,
    SignatureRejected,
    SigningOutdated,
)
from registry.issuing.changes.reissue import Reissue, ask_to_reissue, carry_out_reissue, spoilt_page
from registry.issuing.changes.reissue_elsewhere import keep_reissue, reissue_request, write_reissue
from registry.issuing.changes.withdraw import revoke, suspend
from registry.issuing.documents.codes import qr_text
from registry.records.actors.approvals import approval_by_id
from registry.records.issued.certificates import certificate_by_number, certificates, history
from registry.records.issued.reissues import reissue_to_sign
from registry.records.parties.signing_keys import key_that_signs, mark_compromised
from registry.records.strict_input import parse
from registry.records.whole.directory import Registry
from registry.signing.keys import Keyring
from registry.signing.log.keeper import LogKeeper
from registry.signing.private_keys import new_signer
from registry.signing.signing_request import Signed, SigningRequest, sign_all, understood
from registry.web.source import RegistrySource
from tests.registry.conftest import (
    ACTOR,
    NOW,
    ON_SQLITE,
    Beginning,
    actor,
    approved,
    employ,
    issue,
    person,
    roster,
)
from verification.ask import ask
from verification.certificate import display_number
from verification.situation import situation

HOUR = timedelta(hours=1)
BEFORE, AFTER, LATER = NOW - timedelta(hours=4), NOW - timedelta(hours=3), NOW
THEFT = NOW - timedelta(hours=3, minutes=30)


def stolen(registry: Registry, keyring: Keyring) -> None:
    """Two are issued before the theft and three after it; then the key is reported, and there is a new one."""
    employ(registry)
    log(registry, keyring, BEFORE)
    issue(registry, keyring, "hot-work-march", roster(person(2), person(3)), now=BEFORE)
    log(registry, keyring, AFTER)
    issue(registry, keyring, "hot-work-march", roster(person(4), person(5), person(6)), now=AFTER)
    log(registry, keyring, LATER)
    with registry.writing() as db:
        key = key_that_signs(db, "organisation", "issuer", AFTER)
        assert key is not None
        mark_compromised(db, key.kid, THEFT, ACTOR, now=LATER)
        keyring.create_organisation_key(db, "issuer", LATER, ACTOR)


BEGINS_WITH: Mapping[str, Beginning] = {"registry": stolen}


def log(registry: Registry, keyring: Keyring, at: Any) -> None:
    keeper = LogKeeper(registry, lambda: keyring, lambda: at)
    registry.keep_log(keeper)
    keeper.advance()


def stolen_kid(registry: Registry) -> str:
    with registry.reading() as db:
        return str(certificates(db)[-1].kid)


def asked(registry: Registry, **more: Any) -> str:
    """Rita asks, Anders approves; the id."""
    rita, anders = actor(registry, "rita", LATER), actor(registry, "anders", LATER)
    with registry.writing() as db:
        approval = ask_to_reissue(db, parse({"key": stolen_kid(registry), **more}, Reissue), actor=rita, now=LATER)
        approved(db, approval, anders, LATER)
        return approval.public_id


def done(registry: Registry, keyring: Keyring, approval: str) -> Mapping[str, str]:
    rita = actor(registry, "rita", LATER)
    with registry.writing() as db:
        return carry_out_reissue(db, keyring, registry.public_url, approval, actor=rita, now=LATER).numbers


def test_it_says_the_same_under_the_new_key_and_is_valid(registry: Registry, keyring: Keyring) -> None:
    log(registry, keyring, LATER)
    with registry.reading() as db:
        spoilt = spoilt_page(db, stolen_kid(registry), LATER)
        assert [(row.holder, why) for row, why in spoilt] == [(f"Person {name}", None) for name in "CDE"]
        formers = {row.number: row for row in certificates(db)}
    approval = asked(registry, note="the key was stolen")
    numbers = done(registry, keyring, approval)
    assert set(numbers) == {row.number for row, _ in spoilt}
    assert done(registry, keyring, approval) == numbers  # again: nothing, and the same answer
    source = RegistrySource(registry, registry.public_url, lambda: LATER)
    with registry.reading() as db:
        for before, after in numbers.items():
            former, new = formers[before], certificate_by_number(db, after)
            same = former.certificate().model_dump(exclude={"number", "issued_at", "status", "corrects"})
            assert new.certificate().model_dump(exclude={"number", "issued_at", "status", "corrects"}) == same
            assert (new.corrects, new.evidence, new.assessment) == (before, former.evidence, former.assessment)
            assert new.kid != former.kid
            ended = history(db, certificate_by_number(db, before))[-1]
            assert (ended.kind, ended.successor, ended.approval) == ("superseded", after, approval)
            code = qr_text(db, keyring, new, registry.public_url, LATER)
            assert ask(source, code, situation()).verdict.outcome == "valid"
            old = ask(
                source, qr_text(db, keyring, certificate_by_number(db, before), registry.public_url, LATER), situation()
            )
            assert old.verdict.outcome == "invalid"
        assert [why for _, why in spoilt_page(db, stolen_kid(registry), LATER)] == ["ended"] * 3
    source.close()


def test_an_issuer_that_holds_its_key_itself_signs_what_is_issued_anew(registry: Registry, keyring: Keyring) -> None:
    """The registry writes, the issuer signs, and it comes to the same; all of it or nothing."""
    log(registry, keyring, LATER)
    own, thief, url, later = new_signer("own", "ES256"), new_signer("own", "ES256"), registry.public_url, LATER + HOUR
    rita = actor(registry, "rita", LATER)
    approval = asked(registry, note="the key was stolen")
    with registry.writing() as db:
        with pytest.raises(NothingToSign):
            write_reissue(db, keyring, url, approval, actor=rita, now=LATER)
        keyring.keep_organisation_key(db, "issuer", own.public(), LATER, ACTOR)
        formers = {row.number: row for row, _ in spoilt_page(db, stolen_kid(registry), LATER)}
    with pytest.raises(KeyHeldElsewhere):
        done(registry, keyring, approval)

    def written(at: datetime) -> SigningRequest:
        with registry.writing() as db:
            write_reissue(db, keyring, url, approval, actor=rita, now=at)
            return reissue_request(db, url, approval, rita)

    def handed_in(given: Signed, at: datetime) -> Mapping[str, str]:
        with registry.writing() as db:
            return keep_reissue(db, keyring, url, approval, given, actor=rita, now=at).numbers

    request = written(LATER)
    assert written(later) == request, "the same again is the same, while it holds"
    certificates_read = understood(request, own.public())
    assert {one.said.corrects for one in certificates_read} == set(formers)  # type: ignore[union-attr]
    back, forged = sign_all(request, certificates_read, own), sign_all(request, certificates_read, thief)
    with_one_forged = [*back.signatures[:-1], forged.signatures[-1]]
    wrong: list[tuple[dict[str, Any], datetime, type[Exception]]] = [
        ({"signatures": with_one_forged}, later, SignatureRejected),
        ({"signatures": back.signatures[:-1]}, later, SignatureRejected),
        ({"batch": "approval-0"}, later, SignatureRejected),
        ({"digest": "0" * 64}, later, SigningOutdated),
        ({}, LATER + 25 * HOUR, SigningOutdated),
    ]
    for change, at, refusal in wrong:
        with pytest.raises(refusal):
            handed_in(back.model_copy(update=change), at)
    with registry.reading() as db:
        assert [row.number for row in certificates(db) if row.corrects] == []
    numbers = handed_in(back, later)
    assert handed_in(back, later) == numbers == done(registry, keyring, approval)
    assert set(numbers) == set(formers)
    with pytest.raises(SignatureRejected):
        handed_in(forged, later)
    source = RegistrySource(registry, url, lambda: later)
    with registry.reading() as db:
        assert reissue_to_sign(db, approval) == []
        for before, after in numbers.items():
            former, new = certificate_by_number(db, before), certificate_by_number(db, after)
            same = former.certificate().model_dump(exclude={"number", "issued_at", "status", "corrects"})
            assert new.certificate().model_dump(exclude={"number", "issued_at", "status", "corrects"}) == same
            assert (new.corrects, new.kid, new.evidence) == (before, request.kid, former.evidence)
            assert (former.state, history(db, former)[-1].successor) == ("superseded", after)
            code = qr_text(db, keyring, new, url, later)
            assert ask(source, code, situation()).verdict.outcome == "valid"
    source.close()


@ON_SQLITE
def test_what_was_not_signed_in_time_or_was_changed_is_not_issued_anew(registry: Registry, keyring: Keyring) -> None:
    own, url, rita = new_signer("own", "EdDSA"), registry.public_url, actor(registry, "rita", LATER)
    approval = asked(registry)
    with registry.writing() as db:
        keyring.keep_organisation_key(db, "issuer", own.public(), LATER, ACTOR)

    def written(at: datetime) -> Signed:
        with registry.writing() as db:
            write_reissue(db, keyring, url, approval, actor=rita, now=at)
            request = reissue_request(db, url, approval, rita)
        return sign_all(request, understood(request, own.public()), own)

    first, second = written(LATER), written(LATER + 25 * HOUR)
    assert {one.number for one in first.signatures}.isdisjoint(one.number for one in second.signatures)
    with registry.writing() as db:
        one = spoilt_page(db, stolen_kid(registry), LATER)[0][0].number
        revoke(db, one, reason="fraud", now=LATER, actor=ACTOR)
    with registry.writing() as db, pytest.raises(RequestOutdated):
        keep_reissue(db, keyring, url, approval, second, actor=rita, now=LATER + 25 * HOUR)
    with registry.writing() as db, pytest.raises(NothingToSign):
        reissue_request(db, url, asked(registry), rita)


@ON_SQLITE
def test_whoever_asks_says_which(registry: Registry, keyring: Keyring) -> None:
    with registry.reading() as db:
        one, two, three = (display_number(row.number) for row, _ in spoilt_page(db, stolen_kid(registry), LATER))
    approval = asked(registry, left_out=[three])
    with registry.reading() as db:
        assert approval_by_id(db, approval).content()["certificates"] == sorted([one, two])
    assert len(done(registry, keyring, approval)) == 2
    assert len(done(registry, keyring, asked(registry, certificates=[three], occasion="hot-work-march"))) == 1
    for nothing in ({}, {"certificates": [one]}, {"certificates": ["0000-0000-0000-0000"]}):
        with pytest.raises(NothingToChange):
            asked(registry, **nothing)


@ON_SQLITE
def test_what_is_refused(registry: Registry, keyring: Keyring) -> None:
    rita, anders = actor(registry, "rita", LATER), actor(registry, "anders", LATER)
    kid = stolen_kid(registry)
    with registry.reading() as db:
        new = key_that_signs(db, "organisation", "issuer", LATER)
        assert new is not None
        one, two, three = (row.number for row, _ in spoilt_page(db, kid, LATER))
    with registry.writing() as db, pytest.raises(NothingToChange, match="never reported"):
        ask_to_reissue(db, Reissue(key=new.kid), actor=rita, now=LATER)
    with registry.writing() as db, pytest.raises(NotAllowed):
        ask_to_reissue(db, Reissue(key=kid), actor=anders, now=LATER)
    # What is suspended or has ended is left out; what nobody has decided on is not carried out.
    with registry.writing() as db:
        suspend(db, one, reason="misuse", now=LATER, actor=ACTOR)
        assert [why for _, why in spoilt_page(db, kid, LATER)] == ["suspended", None, None]
        waits = ask_to_reissue(db, Reissue(key=kid), actor=rita, now=LATER).public_id
    with registry.writing() as db, pytest.raises(ApprovalNeeded):
        carry_out_reissue(db, keyring, registry.public_url, waits, actor=rita, now=LATER)
    # What has become another by then is not carried out either.
    with registry.writing() as db:
        approved(db, approval_by_id(db, waits), anders, LATER)
        revoke(db, two, reason="fraud", now=LATER, actor=ACTOR)
    with registry.writing() as db, pytest.raises(RequestOutdated):
        carry_out_reissue(db, keyring, registry.public_url, waits, actor=rita, now=LATER)
    with registry.reading() as db:
        assert [row.number for row in certificates(db) if row.corrects] == []
    # Without a key to sign with, nothing is done.
    approval = asked(registry)
    with registry.writing() as db:
        mark_compromised(db, new.kid, LATER, ACTOR, now=LATER)
    with pytest.raises((NoSigningKey, KeyHeldElsewhere)):
        done(registry, keyring, approval)
    with registry.reading() as db:
        assert certificate_by_number(db, three).state == "issued"
