"""What held on a past day: a trust file with a history answers as the register does, one without does not guess."""

import json
from collections.abc import Mapping
from datetime import date, timedelta
from pathlib import Path

import pytest

from registry.command_line.door import answered
from registry.issuing.changes.withdraw import annul, revoke, suspend
from registry.issuing.documents.codes import qr_text
from registry.issuing.organisations.certify import Office
from registry.issuing.organisations.mandates import grant
from registry.records.issued.certificates import append_event, certificates, issued_event
from registry.records.mandates.mandate_decisions import NewMandate, suspend_mandate, withdraw_mandate
from registry.records.parties.organisation_certificates import certificate_of_mandate
from registry.records.strict_input import parse
from registry.records.whole.directory import Registry
from registry.signing.keys import Keyring
from registry.signing.log.keeper import LogKeeper
from registry.signing.log.published import proof_of
from registry.signing.published import build_trust, signed_trust
from registry.web.source import RegistrySource
from tests.registry.conftest import ACTOR, NOW, ON_SQLITE, Beginning, fill, issue, person, reinstate_by_two, roster
from verification.ask import ask
from verification.judge import Verdict
from verification.offline import ask_offline
from verification.presented import with_proof
from verification.situation import situation
from verification.status_list import Status, status_list
from verification.trust import KnownList, Trust
from verification.trust_file import trust_from_file, trust_from_json, trust_to_json

MADE = NOW + timedelta(days=10)
DAYS = [NOW.date() + timedelta(days=number) for number in range(-1, 10)]
WHAT = ("nothing", "suspended", "reinstated", "revoked", "fraud", "annulled", "superseded")


def with_a_past(registry: Registry, keyring: Keyring) -> None:
    registry.keep_log(LogKeeper(registry, lambda: keyring, lambda: NOW))
    with registry.writing() as db:
        keyring.prepare(db, NOW, ACTOR)
    issue(registry, keyring, "hot-work-march", roster(*(person(row) for row in range(2, 2 + len(WHAT)))))
    two, four = NOW + timedelta(days=2), NOW + timedelta(days=4)
    with registry.writing() as db:
        by = dict(zip(WHAT, certificates(db), strict=True))
        suspend(db, by["suspended"].number, reason="misuse", now=two, actor=ACTOR)
        suspend(db, by["reinstated"].number, reason="misuse", now=two, actor=ACTOR)
        reinstate_by_two(db, by["reinstated"].number, reason="resolved", now=four, actor=ACTOR)
        revoke(db, by["revoked"].number, reason="misuse", now=two, actor=ACTOR)
        revoke(db, by["fraud"].number, reason="fraud", now=two, actor=ACTOR)
        annul(db, by["annulled"].number, reason="error", now=two, actor=ACTOR)
        append_event(db, by["superseded"], "superseded", at=two, effective_from=two.date(), reason="error", actor=ACTOR)


BEGINS_WITH: Mapping[str, Beginning] = {"registry": with_a_past}


def codes(registry: Registry, keyring: Keyring) -> dict[str, tuple[str, str]]:
    with registry.reading() as db:
        return {
            what: (
                qr_text(db, keyring, row, registry.public_url, MADE),
                with_proof(row.vc_jwt, proof_of(db, registry.head_file, issued_event(db, row))),
            )
            for what, row in zip(WHAT, certificates(db), strict=True)
        }


def said(verdict: Verdict) -> tuple[object, ...]:
    """The verdict, and what it says of that day; not how it was come to know."""
    told = {one.code: dict(one.params) for one in verdict.reasons if one.code in _OF_THE_DAY}
    for params in told.values():
        params.pop("successor", None)
    return (verdict.outcome, verdict.headline, told)


_OF_THE_DAY = {"not_withdrawn", "suspended", "revoked", "annulled", "superseded", "ended_since", "not_issued_yet"}


@pytest.mark.parametrize("form", ["code", "full"])
def test_it_is_the_answer_of_the_register(registry: Registry, keyring: Keyring, form: str) -> None:
    with registry.reading() as db:
        _, data = signed_trust(db, keyring, registry.public_url, MADE, history=True)
    trust = trust_from_file(data).trust
    source, now = RegistrySource(registry, registry.public_url, lambda: MADE), MADE + timedelta(minutes=5)
    seen = set()
    for code, full in codes(registry, keyring).values():
        given = code if form == "code" else full
        for on in DAYS:
            online = said(ask(source, given, situation(), on).verdict)
            offline = said(ask_offline(given, trust, situation(), now, on))
            if form == "code" and on < NOW.date():
                assert offline[0] != "valid"  # a code does not say when it was issued
            elif on < NOW.date():
                assert offline[:2] == online[:2]
            else:
                assert offline == online, (given[:20], on)
            seen.add((online[0], online[1]))
    assert {outcome for outcome, _ in seen} == {"valid", "invalid", "undetermined"}
    source.close()


@ON_SQLITE
def test_without_it_nothing_is_guessed(registry: Registry, keyring: Keyring, tmp_path: Path) -> None:
    code, _ = codes(registry, keyring)["nothing"]
    with registry.reading() as db:
        plain, full = (build_trust(db, registry.public_url, MADE, history=told) for told in (False, True))
    assert b"history" not in trust_to_json(plain)
    assert trust_from_json(trust_to_json(full)) == full
    assert trust_to_json(trust_from_json(trust_to_json(full))) == trust_to_json(full)
    on = NOW.date() + timedelta(days=3)
    assert _codes(code, plain, on) == {"status_history_unknown"}
    assert _codes(code, full, on) == {"not_withdrawn"}
    # Asked for a day that the file does not reach to its end.
    assert _codes(code, full, MADE.date(), days=2) == {"status_history_unknown"}
    # A list that was fetched since knows of an end: it may have been there from the first day.
    with registry.reading() as db:
        place = certificates(db)[0]
    number, index = place.status_list, place.status_index
    newer = KnownList(
        statuses=status_list({index: Status.WITHDRAWN}), issued_at=MADE + timedelta(hours=1), ttl=900, expires_at=None
    )
    later = full.model_copy(update={"status_lists": {number: newer}})
    assert _codes(code, later, on) == {"status_history_unknown"}
    # A list, a log or a place that the history knows nothing of.
    assert full.history is not None
    for history in (
        full.history.model_copy(update={"changes": {}}),
        full.history.model_copy(update={"logged": ()}),
    ):
        assert _codes(code, full.model_copy(update={"history": history}), on) == {"status_history_unknown"}
    file = tmp_path / "trust.json"
    file.write_bytes(trust_to_json(full))
    asked = ["verify", code, "--trust", str(file), "--on", on.isoformat(), "--json"]
    assert answered(asked, MADE + timedelta(minutes=5)) == 0


def _codes(code: str, trust: Trust, on: date, days: int = 0) -> set[str]:
    verdict = ask_offline(code, trust, situation(), MADE + timedelta(days=days, minutes=5), on)
    return {one.code for one in verdict.reasons if one.code in _OF_THE_DAY | {"status_history_unknown"}}


@ON_SQLITE
def test_it_names_nobody(registry: Registry) -> None:
    with registry.reading() as db:
        told = trust_to_json(build_trust(db, registry.public_url, MADE, history=True)).decode()
        rows = certificates(db)
    history = json.dumps(json.loads(told)["history"])
    assert all(row.number not in told and row.holder_name not in told for row in rows)
    assert set(json.loads(told)["history"]) == {"changes", "logged"}
    assert ACTOR not in history
    assert len(json.loads(told)["history"]["changes"]["0"]) == len(WHAT) - 1


@ON_SQLITE
def test_it_tells_of_certificates_about_organisations_too(empty: Registry, keyring: Keyring) -> None:
    fill(empty, keyring)
    with empty.writing() as db:
        for slug in ("examiner", "auditor"):
            keyring.create_organisation_key(db, slug, NOW, ACTOR)
        new = {"scheme": "hot-work", "issuer": "examiner", "max_level": "C2", "since": "2026-03-01"}
        mandate = grant(db, Office(keyring, empty.public_url), parse(new, NewMandate), NOW, ACTOR)
        row = certificate_of_mandate(db, mandate.public_id)
        assert row is not None
        keyring.prepare(db, NOW, ACTOR)
    with empty.writing() as db:
        suspend_mandate(db, mandate.public_id, date(2026, 3, 16), date(2026, 3, 17), "moved", ACTOR, now=NOW)
    with empty.writing() as db:
        withdraw_mandate(db, mandate.public_id, date(2026, 3, 20), "board 5", ACTOR, now=NOW + timedelta(days=1))
    with empty.writing() as db:
        keyring.prepare(db, MADE, ACTOR)
        trust = trust_from_file(signed_trust(db, keyring, empty.public_url, MADE, history=True)[1]).trust
    source, needed = RegistrySource(empty, empty.public_url, lambda: MADE), situation("organisation")
    found = []
    for on in DAYS[1:]:
        online = ask(source, row.vc_jwt, needed, on).verdict
        offline = ask_offline(row.vc_jwt, trust, needed, MADE + timedelta(minutes=5), on)
        assert (offline.outcome, offline.headline) == (online.outcome, online.headline), on
        found.append(offline.headline)
    assert found == ["valid"] * 3 + ["suspended"] * 2 + ["valid"] * 2 + ["revoked"] * 3
    source.close()
