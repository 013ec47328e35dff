"""A batch under way: two people, chunk after chunk, and what stops it."""

from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from typing import TYPE_CHECKING, Any

import pytest
from sqlalchemy import insert, text
from sqlalchemy.exc import IntegrityError
from sqlmodel import select

from levels.level import Level
from registry.errors import (
    BatchFinished,
    BatchNotFound,
    ContentChanged,
    IssuerNotAuthorised,
    NotAllowed,
    NotProven,
    Refusal,
    SamePerson,
    TookPart,
)
from registry.issuing.batches.issue_batch import batch_result, cancel_batch, request_batch, resume_batch
from registry.issuing.batches.progress import Progress, reason_of
from registry.issuing.batches.run import BatchRun
from registry.issuing.changes.withdraw import annul
from registry.issuing.decisions.wish import Wish
from registry.issuing.lists.outcome import BatchResult
from registry.issuing.lists.roster_row import Roster
from registry.issuing.pressing.prove import objections
from registry.records.actors.accounts import NewAccount, add_account, end_role, grant_role
from registry.records.actors.approvals import approval_by_id, approvals, decide
from registry.records.issued.amendments import amend_occasion, cancel_occasion
from registry.records.issued.batches import (
    Batch,
    BatchRow,
    batch_by_id,
    batch_events,
    batches,
    batches_out_of_step,
    rows_of,
)
from registry.records.issued.certificates import FULL_ENOUGH, StatusSlot, certificates, history, state_mismatches
from registry.records.mandates.mandate_decisions import end_suspension, suspend_mandate, withdraw_mandate
from registry.records.mandates.mandates import mandates
from registry.records.parties.organisations import organisation_by_slug, strike_off
from registry.records.parties.signing_keys import keys_of, retire_key
from registry.records.sector.scheme_drafts import add_scheme
from registry.records.sittings.occasions import add_occasion, occasion_by_id
from registry.records.store.database import new_id
from registry.records.whole.directory import Registry
from registry.signing.keys import Keyring
from registry.signing.published import build_trust
from tests.registry.conftest import (
    ACTOR,
    COURSE,
    NOW,
    OPENED,
    PUBLIC_URL,
    SOLO,
    actor,
    approve,
    hire,
    issue,
    occasion_like,
    person,
    roster,
    run,
    scheme_like,
)
from verification.verify import verify

if TYPE_CHECKING:
    from registry.records.actors.access import Role

MARCH = "hot-work-march"
LATER = NOW + timedelta(minutes=5)


def listed(count: int = 7) -> Roster:
    return roster(*(person(row, f"Person {row}") for row in range(2, 2 + count)))


def asked(registry: Registry, people: Roster | None = None, occasion: str = MARCH, **wish: Any) -> BatchResult:
    rita = actor(registry, "rita")
    with registry.writing() as db:
        return request_batch(db, occasion, people or listed(), Wish(**wish), actor=rita, now=NOW)


def count(registry: Registry, table: str) -> int:
    with registry.reading() as db:
        return int(db.connection().execute(text(f"SELECT count(*) FROM {table}")).scalar_one())  # noqa: S608 our tables


def under_way(registry: Registry, keyring: Keyring, rows: int = 3, **wish: Any) -> tuple[BatchRun, BatchResult]:
    """Approved, begun, the first rows issued, and the next ones in hand."""
    result = asked(registry, **wish)
    approve(registry, str(result.approval))
    begun = BatchRun(registry, keyring, str(result.batch), lambda: LATER, rows)
    assert begun.begin().state == "issuing"
    assert [begun.chunk().issued, begun.chunk().issued] == [0, rows]
    return begun, result


def to_the_end(run: BatchRun) -> Progress:
    progress = run.chunk()
    while progress.state == "issuing":
        progress = run.chunk()
    return progress


def by_hand(registry: Registry, name: str) -> None:
    """Past all that the program would do: another name on a row that is kept."""
    with registry.writing() as db:
        row = next(each for each in db.exec(select(BatchRow)) if each.read and each.read["name"] == name)
        row.read = {**(row.read or {}), "name": "Somebody Else"}
        db.add(row)


def kinds(registry: Registry, batch: str) -> list[str]:
    with registry.reading() as db:
        return [event.kind for event in batch_events(db, batch_by_id(db, batch))]


def whole(registry: Registry) -> None:
    """What holds of every registry at every moment."""
    with registry.reading() as db:
        assert state_mismatches(db) == []
        assert batches_out_of_step(db) == []
        for row in certificates(db):
            assert [event.kind for event in history(db, row)][:1] == ["issued"]
        issued = [row.number for batch in batches(db) for row in rows_of(db, batch, outcome="issued")]
        assert sorted(issued) == sorted(row.number for row in certificates(db))


# ------------------------------------------------------------------ asked, approved, issued


def test_at_a_high_level_somebody_else_decides_first(registry: Registry, keyring: Keyring) -> None:
    result = asked(registry)
    assert (result.state, result.issued, result.left) == ("waiting", 0, 7)
    assert {row.outcome for row in result.rows} == {"waiting"}
    assert BatchRun(registry, keyring, str(result.batch), lambda: NOW).begin().state == "waiting"
    assert count(registry, "issued_certificate") == 0
    approve(registry, str(result.approval))
    done = run(registry, keyring, str(result.batch))
    assert (done.state, done.issued, done.left, done.approval) == ("done", 7, 0, result.approval)
    assert kinds(registry, str(result.batch)) == ["received", "checked", "waiting", "issuing", "done"]
    with registry.reading() as db:
        begun = batch_events(db, batch_by_id(db, str(result.batch)))[3]
        assert (begun.actor, begun.note) == ("anders", result.approval)
        assert {history(db, row)[0].approval for row in certificates(db)} == {result.approval}
    whole(registry)


@pytest.mark.parametrize(
    ("occasion", "wish", "scheme", "state"),
    [
        pytest.param("own-course-march", {}, {}, "issuing", id="D"),
        pytest.param("own-course-march", {"asked": Level.E}, {}, "issuing", id="E"),
        pytest.param(MARCH, {"asked": Level.D}, {}, "issuing", id="D under a scheme that reaches B"),
        pytest.param(MARCH, {"asked": Level.C2}, {}, "waiting", id="C2"),
        pytest.param(MARCH, {"asked": Level.C1}, {}, "waiting", id="C1"),
        pytest.param("strict", {}, {"four_eyes_at_d": True}, "waiting", id="D where the scheme says so"),
        pytest.param("strict", {"asked": Level.E}, {"four_eyes_at_d": True}, "issuing", id="E where it says so for D"),
    ],
)
def test_which_levels_need_two(
    registry: Registry,
    add: Callable[..., str],
    occasion: str,
    wish: dict[str, Any],
    scheme: dict[str, Any],
    state: str,
) -> None:
    if scheme:
        with registry.writing() as db:
            add_scheme(db, scheme_like(COURSE, code="strict", **scheme), OPENED, ACTOR)
        add(SOLO, id="strict", scheme="strict")
    assert asked(registry, occasion=occasion, **wish).state == state


def test_a_one_person_provider_issues_alone_and_unproven(registry: Registry, keyring: Keyring) -> None:
    somebody = replace(actor(registry, "rita"), proven=False)
    with registry.writing() as db:
        result = request_batch(db, "own-course-march", listed(2), Wish(), actor=somebody, now=NOW)
    assert run(registry, keyring, str(result.batch)).issued == 2
    with pytest.raises(NotProven), registry.writing() as db:
        request_batch(db, MARCH, listed(2), Wish(), actor=somebody, now=NOW)
    assert count(registry, "batch") == 1


@pytest.mark.parametrize(
    ("by", "refusal"),
    [
        pytest.param("rita", SamePerson, id="whoever asked"),
        pytest.param("rita-again", SamePerson, id="whoever asked, by another account"),
        pytest.param("rolf", NotAllowed, id="nobody with the role"),
        pytest.param("eva", TookPart, id="the examiner"),
        pytest.param("inga-i", TookPart, id="the instructor by name"),
    ],
)
def test_who_does_not_decide(registry: Registry, keyring: Keyring, by: str, refusal: type[Refusal]) -> None:
    hire(registry)
    more: list[tuple[str, str, Role]] = [
        ("rita-again", "Rita Begär", "approver"),
        ("rolf", "Rolf Läser", "reader"),
        ("eva", "Eva Någon", "approver"),
        ("inga-i", "Inga Instruktör", "approver"),
    ]
    with registry.writing() as db:
        for account, name, role in more:
            add_account(db, NewAccount(id=account, name=name, another_person=True), OPENED, ACTOR)
            grant_role(db, account, "issuer", role, now=OPENED, actor=ACTOR)
    result = asked(registry)
    try:
        approve(registry, str(result.approval), by)
    except refusal:
        return
    assert BatchRun(registry, keyring, str(result.batch), lambda: NOW).begin().state == "held"
    with registry.reading() as db:
        assert batch_by_id(db, str(result.batch)).reason == reason_of(refusal(""))
    assert count(registry, "issued_certificate") == 0


def test_the_approval_of_one_content_is_none_of_another(registry: Registry, keyring: Keyring) -> None:
    result = asked(registry)
    with registry.reading() as db:
        read = approval_by_id(db, str(result.approval))
    with registry.writing() as db:
        amend_occasion(db, MARCH, {"restrictions": ["not-at-height"]}, reason="forgotten", now=NOW, actor=ACTOR)
    approve(registry, str(result.approval))
    assert BatchRun(registry, keyring, str(result.batch), lambda: NOW).begin().state == "held"
    with registry.writing() as db:
        again = resume_batch(db, str(result.batch), actor=actor(registry, "rita"), now=NOW)
        assert again.state == "waiting"
        asked_anew = next(one for one in approvals(db) if one.state == "open")
        assert asked_anew.digest != read.digest
        with pytest.raises(ContentChanged):
            decide(db, asked_anew.public_id, approve=True, digest=read.digest, actor=actor(registry, "anders"), now=NOW)
    approve(registry, asked_anew.public_id)
    done = run(registry, keyring, str(result.batch))
    assert done.issued == 7
    with registry.reading() as db:
        assert {row.certificate().restrictions for row in certificates(db)} == {("not-at-height",)}


def test_a_row_changed_by_hand_is_not_what_was_approved(registry: Registry, keyring: Keyring) -> None:
    result = asked(registry)
    approve(registry, str(result.approval))
    by_hand(registry, "Person 2")
    assert BatchRun(registry, keyring, str(result.batch), lambda: NOW).begin().state == "held"
    with registry.reading() as db:
        batch = batch_by_id(db, str(result.batch))
    assert (batch.reason, "something changed" in str(batch.detail)) == ("approval_needed", True)


def test_what_is_not_approved_is_not_issued(registry: Registry, keyring: Keyring) -> None:
    result = asked(registry)
    anders = actor(registry, "anders")
    with registry.writing() as db:
        digest = approval_by_id(db, str(result.approval)).digest
        decide(db, str(result.approval), approve=False, digest=digest, actor=anders, now=NOW, reason="wrong day")
    told = run(registry, keyring, str(result.batch))
    assert (told.state, told.reason, told.issued) == ("held", "approval_needed", 0)
    assert "rejected" in str(told.detail)


def test_a_row_changed_by_hand_while_it_runs_stops_it(registry: Registry, keyring: Keyring) -> None:
    begun, result = under_way(registry, keyring)
    by_hand(registry, "Person 6")
    assert (to_the_end(begun).state, count(registry, "issued_certificate")) == ("held", 3)
    with registry.reading() as db:
        assert batch_by_id(db, str(result.batch)).reason == "batch_changed"
    whole(registry)


# ------------------------------------------------------------------ what stops it on the way


def _withdraw(registry: Registry) -> None:
    with registry.writing() as db:
        withdraw_mandate(db, mandates(db)[0].public_id, NOW.date(), "closed", ACTOR, now=LATER)


def _suspend(registry: Registry) -> None:
    with registry.writing() as db:
        suspend_mandate(db, mandates(db)[0].public_id, NOW.date(), None, "looked at", ACTOR, now=LATER)


def _strike(registry: Registry) -> None:
    with registry.writing() as db:
        strike_off(db, "issuer", NOW.date(), ACTOR)


def _end_role(registry: Registry) -> None:
    with registry.writing() as db:
        end_role(db, "anders", "issuer", "approver", now=NOW, actor=ACTOR)


def _amend(registry: Registry) -> None:
    with registry.writing() as db:
        amend_occasion(db, "own-course-march", {"exam_face": "none"}, reason="mistake", now=NOW, actor=ACTOR)
        occasion = occasion_by_id(db, MARCH)
        occasion.document = {**occasion.document, "exam_face": "none"}
        db.add(occasion)


def _retire_key(registry: Registry) -> None:
    with registry.writing() as db:
        kid = db.connection().execute(text("SELECT kid FROM signing_key WHERE organisation = 'issuer'")).scalar_one()
        retire_key(db, kid, NOW, ACTOR)


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        pytest.param(_withdraw, "issuer_not_authorised", id="the mandate is withdrawn"),
        pytest.param(_suspend, "mandate_suspended", id="the mandate is suspended"),
        pytest.param(_strike, "issuer_not_authorised", id="the issuer is struck off"),
        pytest.param(_end_role, "approval_needed", id="whoever approved lost the role"),
        pytest.param(_amend, "approval_needed", id="the occasion is another"),
        pytest.param(_retire_key, "approval_needed|batch_changed|no_signing_key", id="the key is retired"),
    ],
)
def test_what_stops_a_batch_stops_the_rest(
    registry: Registry, keyring: Keyring, change: Callable[[Registry], None], reason: str
) -> None:
    begun, result = under_way(registry, keyring)
    change(registry)
    progress = to_the_end(begun)
    assert (progress.state, progress.issued, count(registry, "issued_certificate")) == ("held", 3, 3)
    with registry.reading() as db:
        batch = batch_by_id(db, str(result.batch))
        told = batch_result(db, batch)
    assert str(batch.reason) in reason.split("|")
    assert [row.outcome for row in told.rows] == ["issued"] * 3 + ["held"] * 4
    assert told.rows[-1].faults[0].code == "batch_stopped"
    assert told.detail
    whole(registry)


def test_what_was_held_goes_on_once_the_reason_is_gone(registry: Registry, keyring: Keyring) -> None:
    _, result = under_way(registry, keyring)
    tomorrow, the_day_after = (NOW + timedelta(days=days) for days in (1, 2))
    with registry.writing() as db:
        (mandate,) = mandates(db)
        suspend_mandate(db, mandate.public_id, tomorrow.date(), None, "looked at", ACTOR, now=LATER)
    assert run(registry, keyring, str(result.batch), tomorrow).state == "held"
    with pytest.raises(IssuerNotAuthorised), registry.writing() as db:
        resume_batch(db, str(result.batch), actor=actor(registry, "rita"), now=tomorrow)
    with registry.writing() as db:
        end_suspension(db, mandates(db)[0], (tomorrow.date(), tomorrow.date()), "done", ACTOR, now=tomorrow)
        again = resume_batch(db, str(result.batch), actor=actor(registry, "rita", the_day_after), now=the_day_after)
        assert again.state == "waiting", "nothing that was approved lasts beyond what stopped it"
        asked_anew = next(one for one in approvals(db) if one.state == "open")
    approve(registry, asked_anew.public_id, now=the_day_after)
    done = run(registry, keyring, str(result.batch), the_day_after)
    assert (done.state, done.issued) == ("done", 7)
    whole(registry)


def test_a_cancelled_occasion_stops_it(registry: Registry, keyring: Keyring) -> None:
    result = asked(registry, occasion="own-course-march")
    begun = BatchRun(registry, keyring, str(result.batch), lambda: LATER, 3)
    begun.begin()
    with registry.writing() as db:
        cancel_occasion(db, "own-course-march", reason="never held", now=NOW, actor=ACTOR)
    assert to_the_end(begun).state == "held"
    assert count(registry, "issued_certificate") == 0


# ------------------------------------------------------------------ cancelled, killed, begun again


def test_what_is_cancelled_stays_so_and_what_is_issued_too(registry: Registry, keyring: Keyring) -> None:
    begun, result = under_way(registry, keyring)
    with registry.writing() as db:
        cancel_batch(db, str(result.batch), actor=actor(registry, "rita"), now=LATER, reason="wrong list")
    assert to_the_end(begun).state == "cancelled"
    with registry.reading() as db:
        told = batch_result(db, batch_by_id(db, str(result.batch)))
    assert [row.outcome for row in told.rows] == ["issued"] * 3 + ["cancelled"] * 4
    with registry.writing() as db:
        for change in (cancel_batch, resume_batch):
            with pytest.raises(BatchFinished):
                change(db, str(result.batch), actor=actor(registry, "rita"), now=LATER)
    again = issue(registry, keyring, MARCH, listed())
    assert again.batch != result.batch
    assert (again.issued, again.already) == (4, 3)
    whole(registry)


def test_to_cancel_takes_back_what_was_asked(registry: Registry) -> None:
    result = asked(registry)
    with registry.writing() as db:
        cancel_batch(db, str(result.batch), actor=actor(registry, "rita"), now=LATER)
        assert approval_by_id(db, str(result.approval)).state == "withdrawn"


def test_a_run_that_begins_anew_goes_on_where_the_other_stopped(registry: Registry, keyring: Keyring) -> None:
    _, result = under_way(registry, keyring)
    first = {row.number for row in _rows(registry, result) if row.number}
    done = run(registry, keyring, str(result.batch), LATER)
    assert (done.state, done.issued, len(first)) == ("done", 7, 3)
    assert first < {row.number for row in done.rows}
    whole(registry)


def _rows(registry: Registry, result: BatchResult) -> list[Any]:
    with registry.reading() as db:
        return list(rows_of(db, batch_by_id(db, str(result.batch))))


def test_two_runs_of_one_batch_share_its_rows(registry: Registry, keyring: Keyring) -> None:
    begun, result = under_way(registry, keyring, rows=2)
    other = BatchRun(registry, keyring, str(result.batch), lambda: LATER, 2)
    other.begin()
    progress = [each.chunk() for _ in range(6) for each in (other, begun)]
    assert [each.issued for each in progress] == sorted(each.issued for each in progress)
    assert (progress[-1].state, progress[-1].issued, progress[-2].state) == ("done", 7, "done")
    assert count(registry, "issued_certificate") == 7
    whole(registry)


def test_whoever_got_theirs_from_another_list_meanwhile_gets_no_second(registry: Registry, keyring: Keyring) -> None:
    begun, result = under_way(registry, keyring)
    other = issue(registry, keyring, MARCH, roster(person(2, "Person 6"), person(3, "Person 8")))
    assert other.issued == 2
    assert to_the_end(begun).issued == 5
    with registry.reading() as db:
        told = batch_result(db, batch_by_id(db, str(result.batch)))
    assert (told.state, told.issued, told.already) == ("done", 5, 2)
    assert told.rows[4].number == other.rows[0].number
    whole(registry)


# ------------------------------------------------------------------ what changes while rows are in hand


def in_hand(registry: Registry, keyring: Keyring, rows: int = 7, **wish: Any) -> BatchRun:
    """Approved and begun; rows were taken, and none is kept yet."""
    before, result = count(registry, "status_slot"), asked(registry, **wish)
    approve(registry, str(result.approval))
    begun = BatchRun(registry, keyring, str(result.batch), lambda: LATER, rows)
    begun.begin()
    assert begun.chunk().issued == 0
    assert count(registry, "status_slot") == before + rows
    return begun


def test_who_revokes_others_meanwhile_stops_nobody(registry: Registry, keyring: Keyring) -> None:
    other = issue(registry, keyring, "own-course-march", listed(3))
    begun = in_hand(registry, keyring, 2)
    for row in other.rows:
        with registry.writing() as db:
            annul(db, str(row.number), reason="error", now=LATER, actor="rita")
        begun.chunk()
    assert to_the_end(begun).state == "done"
    # What was in hand was kept: no place was drawn twice for anybody.
    assert count(registry, "status_slot") == count(registry, "issued_certificate") == 10
    whole(registry)


def test_a_key_made_meanwhile_signs_the_rest_and_one_that_was_retired_signs_nothing(
    registry: Registry, keyring: Keyring
) -> None:
    begun = in_hand(registry, keyring)
    with registry.writing() as db:
        new = keyring.create_organisation_key(db, "issuer", NOW, ACTOR)
        old = next(key for key in keys_of(db, "issuer") if key.kid != new.kid)
        retire_key(db, old.kid, NOW, ACTOR)
    assert to_the_end(begun).issued == 7
    with registry.reading() as db:
        issued = certificates(db)
        trust = build_trust(db, PUBLIC_URL, LATER, asked=[row.number for row in issued])
    assert {row.kid for row in issued} == {new.kid}
    assert {code for row in issued for code in objections(verify(row.vc_jwt, trust, LATER))} == set()
    assert count(registry, "status_slot") == 14, "a place drawn for what came to nothing stays empty"


def test_a_certificate_says_what_is_on_record_when_it_is_kept(registry: Registry, keyring: Keyring) -> None:
    begun = in_hand(registry, keyring)
    with registry.writing() as db:
        trainer = organisation_by_slug(db, "trainer")
        trainer.name = "Utbildarna i Norden AB"
        db.add(trainer)
    assert to_the_end(begun).issued == 7
    with registry.reading() as db:
        parties = [row.certificate().training_provider for row in certificates(db)]
    assert {party.name for party in parties if party} == {"Utbildarna i Norden AB"}


def test_a_day_that_ends_meanwhile_counts(registry: Registry, keyring: Keyring) -> None:
    """Where it counts from the day it is issued how long a certificate holds, that is the day it is kept."""
    with registry.writing() as db:
        from_issue = {"months": 12, "anchor": "issued_on"}
        add_scheme(db, scheme_like(COURSE, code="daily", validity=from_issue), OPENED, ACTOR)
        add_occasion(db, occasion_like(SOLO, id="daily", scheme="daily"), OPENED, ACTOR)
    result = asked(registry, occasion="daily")
    before, after = (datetime(2026, 3, 13, 22, 59, 59, tzinfo=UTC) + timedelta(seconds=second) for second in (0, 2))
    moments = [before, before, after]
    begun = BatchRun(registry, keyring, str(result.batch), lambda: moments.pop(0) if len(moments) > 1 else moments[0])
    begun.begin()
    assert to_the_end(begun).issued == 7
    with registry.reading() as db:
        assert {row.valid_until for row in certificates(db)} == {date(2027, 3, 14)}
        assert {row.issued_at for row in certificates(db)} == {after}


def test_a_batch_goes_on_in_the_next_list_when_one_is_full(registry: Registry, keyring: Keyring) -> None:
    with registry.writing() as db:
        full = [{"list_number": 0, "list_index": index, "reserved_at": NOW} for index in range(FULL_ENOUGH - 5)]
        db.connection().execute(insert(StatusSlot), full)
    result = asked(registry)
    approve(registry, str(result.approval))
    begun = BatchRun(registry, keyring, str(result.batch), lambda: LATER, 3)
    begun.begin()
    assert to_the_end(begun).issued == 7
    with registry.reading() as db:
        assert sorted(row.status_list for row in certificates(db)) == [0] * 5 + [1] * 2
    whole(registry)


# ------------------------------------------------------------------ the same list again


def test_the_same_list_while_it_waits_is_the_same_batch(registry: Registry) -> None:
    first, again = asked(registry), asked(registry)
    assert (first.batch, first.approval) == (again.batch, again.approval)
    assert asked(registry, asked=Level.D).batch != first.batch, "another wish is another batch"
    assert count(registry, "batch") == 2


def test_the_same_list_while_it_is_issued_is_the_same_batch(registry: Registry, keyring: Keyring) -> None:
    _, result = under_way(registry, keyring)
    again = asked(registry)
    assert (again.batch, again.state, again.issued, again.left) == (result.batch, "issuing", 3, 4)


def test_the_database_knows_one_batch_of_a_list(registry: Registry) -> None:
    result = asked(registry)
    with registry.reading() as db:
        columns = batch_by_id(db, str(result.batch)).model_dump()
    with pytest.raises(IntegrityError, match=r"one_batch_per_list|batch\.digest"), registry.writing() as db:
        db.add(Batch(**columns | {"id": new_id(), "public_id": "batch-other"}))


def test_a_list_that_was_held_goes_on_once_the_occasion_is_right(registry: Registry, keyring: Keyring) -> None:
    people = roster(person(2, facts={"attended_minutes": 481}))
    held = asked(registry, people)
    assert (held.state, held.reason, held.rows[0].faults[0].code) == ("held", "faults", "attended_too_long")
    with registry.writing() as db:
        sessions = [{"on": "2026-03-11", "minutes": 490}]
        amend_occasion(db, MARCH, {"session": sessions}, reason="ten minutes longer", now=NOW, actor=ACTOR)
    again = asked(registry, people)
    assert (again.batch, again.state) == (held.batch, "waiting")
    approve(registry, str(again.approval))
    assert run(registry, keyring, str(held.batch)).issued == 1
    whole(registry)


def test_a_refused_row_tells_why_from_what_was_kept(registry: Registry, keyring: Keyring) -> None:
    people = roster(person(2), person(3, facts={"attended_minutes": 479}))
    done = issue(registry, keyring, MARCH, people)
    with registry.reading() as db:
        batch = batch_by_id(db, str(done.batch))
        kept = rows_of(db, batch)[1]
        told = batch_result(db, batch).as_json("sv")
    assert (kept.unmet, kept.attained, kept.level) == (["I5"], "C2", None)
    assert "99" in told["rows"][1]["unmet"][0]["found"]
    assert told["rows"][1]["unmet"][0]["title"]


def test_a_level_below_goes_only_to_whom_it_was_wished(registry: Registry, keyring: Keyring) -> None:
    people = roster(person(2), person(3, facts={"attended_minutes": 479}))
    done = issue(registry, keyring, MARCH, people, issue_at_attained=True)
    assert [str(row.level) for row in done.rows] == ["B", "C2"]


def test_there_is_no_such_batch(registry: Registry) -> None:
    with registry.reading() as db, pytest.raises(BatchNotFound):
        batch_by_id(db, "batch-000000000000")


def test_a_decision_day_is_in_the_digest(registry: Registry) -> None:
    """What was asked names all that a decision rests on."""
    result = asked(registry)
    with registry.reading() as db:
        content = approval_by_id(db, str(result.approval)).content()
    assert content["counts"] == {"B": 7}
    assert (content["asked"], content["scheme"], content["version"], content["issuer"]) == (
        "B",
        "hot-work",
        "1",
        "issuer",
    )
    assert content["mandate"].startswith("mandate-")
    assert date.fromisoformat(content["occasion"]["document"]["decided_on"]) == date(2026, 3, 13)


# ------------------------------------------------------------------ what has to be held before


def with_a_base(registry: Registry, **wanted: Any) -> None:
    """A course for those who hold the base, and the base."""
    with registry.writing() as db:
        add_scheme(db, scheme_like(COURSE, code="base", validity={"months": 12}), OPENED, ACTOR)
        asks = [{"any_of": ["base", "elsewhere"], **wanted}]
        add_scheme(db, scheme_like(COURSE, code="special", prerequisite=asks), OPENED, ACTOR)


def told(result: BatchResult) -> list[tuple[str, list[str]]]:
    return [(row.outcome, [one.code for one in row.faults]) for row in result.rows]


def test_the_special_course_is_for_those_who_hold_the_base(registry: Registry, keyring: Keyring, add: Any) -> None:
    with_a_base(registry)
    base, special = (add(SOLO, id=f"{code}-march", scheme=code) for code in ("base", "special"))
    two = roster(person(2), person(3))
    assert told(issue(registry, keyring, special, two)) == [("refused", ["prerequisite_missing"])] * 2
    assert issue(registry, keyring, base, roster(person(2))).issued == 1
    result = issue(registry, keyring, special, two)
    assert told(result) == [("issued", []), ("refused", ["prerequisite_missing"])]
    for lang in ("sv", "nb", "en"):
        assert "base / elsewhere" in result.rows[1].faults[0].says[lang]
        assert "2026-03-13" in result.rows[1].faults[0].says[lang]


def test_a_base_that_was_annulled_counts_no_more(registry: Registry, keyring: Keyring, add: Any) -> None:
    with_a_base(registry)
    base, special = (add(SOLO, id=f"{code}-march", scheme=code) for code in ("base", "special"))
    held = issue(registry, keyring, base, roster(person(2)))
    with registry.writing() as db:
        annul(db, str(held.rows[0].number), reason="error", now=NOW, actor=ACTOR)
    assert told(issue(registry, keyring, special, roster(person(2)))) == [("refused", ["prerequisite_missing"])]


def test_a_day_that_nobody_knows_meets_nothing(registry: Registry, keyring: Keyring, add: Any) -> None:
    with_a_base(registry, on="course_first_on")
    without = add(SOLO, id="special-march", scheme="special", session=None)
    assert told(issue(registry, keyring, without, roster(person(2)))) == [("refused", ["prerequisite_day_unknown"])]
