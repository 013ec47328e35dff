"""A certificate is corrected by another in its place: by two people, for the same person, and never upwards."""

import json
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import date, timedelta
from threading import Barrier
from typing import Any

import pytest

from levels.level import Level
from registry.errors import (
    AlreadyRevoked,
    AlreadySuspended,
    AnotherPerson,
    ApprovalNeeded,
    CertificateNotFound,
    IssuerNotAuthorised,
    MalformedInput,
    NotAllowed,
    NothingToCorrect,
    NotProven,
    Refusal,
    SamePerson,
    SchemeNotFound,
    TookPart,
)
from registry.issuing.changes.correct import ask_to_correct, correct, plan_correction
from registry.issuing.changes.correction import Correction
from registry.issuing.changes.withdraw import annul, revoke, suspend
from registry.issuing.sittings.recording import record_sheet
from registry.records.actors.access import Actor
from registry.records.issued.amendments import amend_occasion
from registry.records.issued.certificates import (
    IssuedCertificate,
    assessment_behind,
    certificate_by_number,
    certificates,
    history,
    standing_at,
    state_mismatches,
)
from registry.records.issued.corrections import correction_of
from registry.records.issued.outbox import notices
from registry.records.mandates.mandate_decisions import NewMandate, grant_mandate, withdraw_mandate
from registry.records.mandates.mandates import mandates
from registry.records.persons.people import former_names_of, people_by_id
from registry.records.sittings.occasions import occasion_by_id
from registry.records.strict_input import parse
from registry.records.whole.directory import Registry
from registry.signing.keys import Keyring
from registry.signing.published import build_trust
from registry.web.source import RegistrySource
from tests.registry.conftest import (
    ACTOR,
    COURSE,
    HOT_WORK,
    NOW,
    OCCASION,
    PUBLIC_URL,
    SOLO,
    actor,
    approve,
    issue,
    person,
    publish_scheme,
    roster,
    scheme_like,
)
from verification.certificate import Certificate, day_at
from verification.endpoint.kept_answers import KeptAnswers
from verification.endpoint.question import Asking
from verification.judge import judge
from verification.situation import situation
from verification.verify import verify

SOON = NOW + timedelta(days=3)
NOTE = "misspelt on the list"
Corrected = Callable[..., IssuedCertificate]


def two(registry: Registry, keyring: Keyring) -> None:
    issue(registry, keyring, "hot-work-march", roster(person(2, "Asa Lindstrom"), person(3, "Bo Ek")))


BEGINS_WITH = {"number": two}


@pytest.fixture
def number(registry: Registry) -> str:
    """Of Asa's."""
    with registry.reading() as db:
        return next(row.number for row in certificates(db) if row.holder_name == "Asa Lindstrom")


def like(**given: Any) -> Correction:
    return parse(given, Correction)


@pytest.fixture
def ask(registry: Registry) -> Callable[..., str]:
    """Rita asks; returns what waits for a decision."""

    def asking(number: str, note: str = NOTE, by: str = "rita", now: Any = SOON, **given: Any) -> str:
        rita = actor(registry, by, now)
        with registry.writing() as db:
            return ask_to_correct(db, number, like(**given), note=note, actor=rita, now=now).public_id

    return asking


@pytest.fixture
def done(registry: Registry, keyring: Keyring, ask: Callable[..., str]) -> Corrected:
    """Rita asks, Anders approves, Rita has it done."""

    def doing(number: str, note: str = NOTE, now: Any = SOON, **given: Any) -> IssuedCertificate:
        approve(registry, ask(number, note, now=now, **given), now=now)
        with registry.writing() as db:
            return correct(db, keyring, PUBLIC_URL, number, like(**given), note=note, actor="rita", now=now)

    return doing


def said(registry: Registry, number: str) -> Certificate:
    with registry.reading() as db:
        return certificate_by_number(db, number).certificate()


def test_a_name_is_put_right_by_two_people(registry: Registry, number: str, done: Corrected) -> None:
    before = said(registry, number)
    new = done(number, name="Åsa Lindström")
    now = new.certificate()
    assert (now.holder_name, now.corrects, now.renews) == ("Åsa Lindström", number, None)
    changed = {name for name in Certificate.model_fields if getattr(before, name) != getattr(now, name)}
    assert changed == {"number", "holder_name", "issued_at", "corrects", "status"}
    with registry.reading() as db:
        former = certificate_by_number(db, number)
        assert [(event.kind, event.reason, event.successor) for event in history(db, former)] == [
            ("issued", None, None),
            ("superseded", "error", new.number),
        ]
        (first,) = history(db, new)
        last = history(db, former)[-1]
        correction = correction_of(db, number)
        assert correction is not None
        assert last.approval == first.approval == correction.approval
        assert (last.note, last.organisation, last.actor) == (NOTE, "issuer", "rita")
        assert (former.state, new.state, new.batch_id, new.person_id) == (
            "superseded",
            "issued",
            former.batch_id,
            former.person_id,
        )
        assert correction.changes == {"holder_name": ["Asa Lindstrom", "Åsa Lindström"]}
        who = people_by_id(db, [new.person_id])[new.person_id]
        assert who.name == "Åsa Lindström"
        assert [each.name for each in former_names_of(db, [who.id])[who.id]] == ["Asa Lindstrom"]
        assert state_mismatches(db) == []
        told = {each.parameters["number"]: (each.template, each.state, each.why) for each in notices(db)[-2:]}
        assert told == {
            new.number: ("corrected", "pending", None),
            number: ("superseded", "skipped", "said_with_successor"),
        }


def test_whoever_checks_the_old_one_is_led_to_the_new_one(registry: Registry, number: str, done: Corrected) -> None:
    new = done(number, name="Åsa Lindström")
    with registry.reading() as db:
        trust = build_trust(db, PUBLIC_URL, SOON, asked=[number, new.number])
        old = judge(verify(certificate_by_number(db, number).vc_jwt, trust, SOON), situation(), SOON)
        good = judge(verify(new.vc_jwt, trust, SOON), situation(), SOON)
        # On a day before the correction the old one was good.
        then = judge(verify(certificate_by_number(db, number).vc_jwt, trust, SOON, NOW.date()), situation(), SOON)
    assert (old.headline, good.headline, then.headline) == ("superseded", "valid", "valid")
    assert good.certificate is not None
    assert good.certificate.full is not None
    assert good.certificate.full.corrects == number
    page = KeptAnswers(RegistrySource(registry, PUBLIC_URL, lambda: SOON))
    shown = page.verdict(
        number, Asking([number], many=False, situation=situation(), on=None, lang=None), by_number=True
    )
    assert [(one.number, one.how) for one in shown.line] == [(number, None), (new.number, "corrects")]


def test_nobody_corrects_alone(registry: Registry, keyring: Keyring, number: str, ask: Callable[..., str]) -> None:
    def refused(refusal: type[Refusal], **other: Any) -> None:
        given = {"correction": like(name="Åsa Lindström"), "note": NOTE, "actor": "rita", "now": SOON} | other
        with pytest.raises(refusal), registry.writing() as db:
            correct(db, keyring, PUBLIC_URL, number, **given)

    refused(ApprovalNeeded)
    rita, anders = (actor(registry, who, SOON) for who in ("rita", "anders"))
    unproven = Actor(rita.account, rita.grants, proven=False)
    with pytest.raises(NotProven), registry.writing() as db:
        ask_to_correct(db, number, like(name="Åsa Lindström"), note=NOTE, actor=unproven, now=SOON)
    with pytest.raises(NotAllowed), registry.writing() as db:
        ask_to_correct(db, number, like(name="Åsa Lindström"), note=NOTE, actor=anders, now=SOON)
    asked = ask(number, name="Åsa Lindström")
    refused(ApprovalNeeded)
    with pytest.raises(SamePerson):
        approve(registry, asked, by="rita", now=SOON)
    approve(registry, asked, now=SOON)
    # Approved is this correction, for this reason, of the certificate as it was.
    refused(ApprovalNeeded, correction=like(name="Åsa Lindstrøm"))
    refused(ApprovalNeeded, note="another reason")
    refused(ApprovalNeeded, correction=like(name="Åsa Lindström", facts={"portrait": False}))
    with registry.reading() as db:
        assert len(certificates(db)) == 2


def test_what_happened_in_between_is_seen(
    registry: Registry, keyring: Keyring, number: str, ask: Callable[..., str]
) -> None:
    approve(registry, ask(number, name="Åsa Lindström"), now=SOON)
    with registry.writing() as db:
        suspend(db, number, reason="fraud", now=SOON, actor=ACTOR)
    with pytest.raises(AlreadySuspended, match="would let it hold again"), registry.writing() as db:
        correct(db, keyring, PUBLIC_URL, number, like(name="Åsa Lindström"), note=NOTE, actor="rita", now=SOON)
    with registry.writing() as db:
        revoke(db, number, reason="fraud", now=SOON, actor=ACTOR)
    with pytest.raises(AlreadyRevoked), registry.writing() as db:
        correct(db, keyring, PUBLIC_URL, number, like(name="Åsa Lindström"), note=NOTE, actor="rita", now=SOON)


@pytest.mark.parametrize(
    ("given", "says"),
    [
        pytest.param({"name": "Karin Berg"}, "more than a slip of the pen", id="another name"),
        pytest.param({"name": "Bo Ek", "birth_date": "1991-01-01"}, "more than a slip", id="another name and date"),
        pytest.param(
            {"name": "Åsa Lindström", "birth_date": "1990-05-18"}, "both name and birth date", id="a slip in both"
        ),
        pytest.param({"birth_date": "1985-01-01"}, "as somebody else", id="somebody else of that name"),
    ],
)
def test_a_correction_is_no_way_to_another_person(
    registry: Registry, keyring: Keyring, number: str, ask: Callable[..., str], given: dict[str, str], says: str
) -> None:
    issue(registry, keyring, "own-course-march", roster(person(2, "Asa Lindstrom", "1985-01-01")))
    with pytest.raises(AnotherPerson, match=says):
        ask(number, **given)


def test_many_small_corrections_make_no_other_person(registry: Registry, number: str, done: Corrected) -> None:
    first = done(number, name="Asa Lindstrum")
    second = done(first.number, name="Asa Lindstrom", note="it was right")
    with pytest.raises(AnotherPerson):
        done(second.number, name="Asa Landstrim Berg Ek")
    third = done(second.number, birth_date="1990-05-18", note="wrong day")
    # The name slips a little, and the date has slipped before: that is somebody else by now.
    with pytest.raises(AnotherPerson, match="both name and birth date"):
        done(third.number, name="Asa Lindstrøn")
    assert said(registry, third.number).birth_date == date(1990, 5, 18)


def test_a_birth_date_is_put_right(registry: Registry, number: str, done: Corrected) -> None:
    new = done(number, birth_date="1990-05-18")
    assert new.certificate().birth_date == date(1990, 5, 18)
    with registry.reading() as db:
        assert people_by_id(db, [new.person_id])[new.person_id].birth_date == date(1990, 5, 18)


def test_wrong_days_are_put_right_from_the_record(registry: Registry, number: str, done: Corrected) -> None:
    with registry.writing() as db:
        amend_occasion(db, "hot-work-march", {"exam_on": "2026-03-11"}, reason="typing error", now=SOON, actor="rita")
    new = done(number, note="the exam was the day before")
    assert new.certificate().assessed_on == date(2026, 3, 11)
    assert new.certificate().holder_name == "Asa Lindstrom"


def test_a_correction_may_lower_the_level_and_never_raises_it(registry: Registry, number: str, done: Corrected) -> None:
    lower = done(number, facts={"attended_minutes": 440}, note="two hours were missed")
    assert (lower.level, lower.certificate().level.value) == ("C2", "C2")
    assert lower.valid_until == date(2031, 3, 31)
    again = done(lower.number, facts={"attended_minutes": 480}, note="they were not")
    assert again.level == "C2"
    with registry.reading() as db:
        assert json.loads(assessment_behind(db, again))["asked"] == "C2"


@pytest.mark.parametrize(
    ("wish", "level"),
    [({"asked": Level.C2}, "C2"), ({"at_attained": True, "facts": {"attended_minutes": 479}}, "C2"), ({}, "B")],
)
def test_a_name_is_put_right_at_whichever_level(
    registry: Registry, keyring: Keyring, done: Corrected, wish: dict[str, Any], level: str
) -> None:
    listed = roster(person(2, "Asa Lindstrom", **wish))
    number = str(issue(registry, keyring, "hot-work-march", listed).rows[0].number)
    assert done(number, name="Åsa Lindström").level == level


def test_classes_can_only_be_taken_away(
    registry: Registry, keyring: Keyring, done: Corrected, add: Callable[..., str]
) -> None:
    with registry.writing() as db:
        publish_scheme(db, scheme_like(HOT_WORK, code="lift", scope_classes=["A1", "B2", "C3"], owner="sector"))
        mandate = {"scheme": "lift", "issuer": "issuer", "max_level": "B", "since": "2026-01-01"}
        grant_mandate(db, parse(mandate, NewMandate), NOW, ACTOR)
    occasion = add(OCCASION, id="lift-march", scheme="lift", scope_classes=["A1", "B2"])
    number = str(issue(registry, keyring, occasion, roster(person(2))).rows[0].number)
    new = done(number, scope_classes=["A1"], note="B2 was not driven")
    assert new.certificate().scope_classes == ("A1",)
    with pytest.raises(MalformedInput, match="C3"):
        done(new.number, scope_classes=["A1", "C3"], note="C3 was driven")


def test_another_version_of_the_scheme(registry: Registry, number: str, done: Corrected) -> None:
    with registry.writing() as db:
        texts = {"sv": "Heta arbeten", "nb": "Varme arbeider", "en": "Hot works"}
        publish_scheme(db, scheme_like(HOT_WORK, version="2", titles=texts))
    new = done(number, version="2", note="misprint in the title")
    assert (new.scheme_version, new.certificate().title["en"]) == ("2", "Hot works")
    with pytest.raises(SchemeNotFound):
        done(new.number, version="9", note="no such version")


@pytest.mark.parametrize(
    ("given", "refusal", "says"),
    [
        pytest.param({}, NothingToCorrect, "what is on record already", id="nothing"),
        pytest.param({"name": "Asa Lindstrom"}, NothingToCorrect, "what is on record", id="the same"),
        pytest.param({"facts": {"party": "third"}}, MalformedInput, "facts.party", id="no fact of a row"),
        pytest.param({"facts": {"attended_minutes": 99999}}, MalformedInput, "99999 minutes", id="more than there was"),
        pytest.param({"name": "900101-1234"}, MalformedInput, "national number", id="a national number"),
        pytest.param({"name": "Å\x00"}, MalformedInput, "name", id="a control character"),
        pytest.param({"birth_date": "2026-03-12"}, MalformedInput, "date of birth", id="born at the exam"),
        pytest.param({"birth_date": "1850-01-01"}, MalformedInput, "birth_date", id="too long ago"),
        pytest.param({"enrolment_method": "handshake"}, MalformedInput, "handshake", id="unknown method"),
    ],
)
def test_what_cannot_be_corrected_is_said(
    ask: Callable[..., str], number: str, given: dict[str, Any], refusal: type[Refusal], says: str
) -> None:
    with pytest.raises(refusal, match=says):
        ask(number, **given)


def test_what_does_not_stand_is_not_corrected(registry: Registry, number: str, ask: Callable[..., str]) -> None:
    with pytest.raises(CertificateNotFound):
        ask("0" * 16, name="X Y")
    with registry.writing() as db:
        annul(db, number, reason="error", now=SOON, actor=ACTOR)
    with pytest.raises(AlreadyRevoked, match="annulled"):
        ask(number, name="Åsa Lindström")


def test_doing_it_again_changes_nothing(registry: Registry, keyring: Keyring, number: str, done: Corrected) -> None:
    new = done(number, name="Åsa Lindström")
    with registry.writing() as db:
        same = correct(db, keyring, PUBLIC_URL, number, like(name="Åsa Lindström"), note=NOTE, actor="bo", now=SOON)
        assert same.number == new.number
        with pytest.raises(AlreadyRevoked, match="change the certificate that replaced it"):
            correct(db, keyring, PUBLIC_URL, number, like(name="Åsa Lindström"), note="else", actor="bo", now=SOON)
        assert len(standing_at(db, occasion_by_id(db, "hot-work-march").id)) == 2
        assert len(certificates(db)) == 3


def test_two_at_once_make_one(registry: Registry, keyring: Keyring, number: str, ask: Callable[..., str]) -> None:
    approve(registry, ask(number, name="Åsa Lindström"), now=SOON)
    starting = Barrier(2)

    def doing(who: str) -> str:
        starting.wait()
        with registry.writing() as db:
            given = like(name="Åsa Lindström")
            return correct(db, keyring, PUBLIC_URL, number, given, note=NOTE, actor=who, now=SOON).number

    with ThreadPoolExecutor(2) as pool:
        one, other = pool.map(doing, ["rita", "anders"])
    assert one == other
    with registry.reading() as db:
        assert len(certificates(db)) == 3
        assert state_mismatches(db) == []


def test_an_issuer_without_a_mandate_corrects_nothing(registry: Registry, number: str, ask: Callable[..., str]) -> None:
    with registry.writing() as db:
        (mandate,) = mandates(db)
        withdraw_mandate(db, mandate.public_id, SOON.date(), "board", now=SOON, actor=ACTOR)
    with pytest.raises(IssuerNotAuthorised):
        ask(number, name="Åsa Lindström")


def test_nobody_corrects_their_own(registry: Registry, keyring: Keyring, ask: Callable[..., str]) -> None:
    done = issue(registry, keyring, "own-course-march", roster(person(2, "Rita Begar")))
    with pytest.raises(TookPart, match="seems to be whom"):
        ask(str(done.rows[0].number), name="Rita Begär")


def test_whoever_taught_does_not_decide(
    registry: Registry, keyring: Keyring, ask: Callable[..., str], add: Callable[..., str]
) -> None:
    staff = [{"id": "anders", "name": "Anders Avgör", "role": role} for role in ("instructor", "examiner")]
    occasion = add(SOLO, id="taught", staff=staff)
    number = str(issue(registry, keyring, occasion, roster(person(2, "Asa Lindstrom"))).rows[0].number)
    approve(registry, ask(number, name="Åsa Lindström"), now=SOON)
    with pytest.raises(TookPart, match="list of staff"), registry.writing() as db:
        correct(db, keyring, PUBLIC_URL, number, like(name="Åsa Lindström"), note=NOTE, actor="rita", now=SOON)


def test_a_correction_lends_no_time(
    registry: Registry, keyring: Keyring, done: Corrected, add: Callable[..., str]
) -> None:
    with registry.writing() as db:
        publish_scheme(
            db, scheme_like(HOT_WORK, code="from-issue", owner="solo", max_level="D", target_level="D",
                            scheme_document="course", validity={"months": 12, "anchor": "issued_on"})
        )  # fmt: skip
    number = str(
        issue(registry, keyring, add(SOLO, id="x1", scheme="from-issue"), roster(person(2, "Anna Lind"))).rows[0].number
    )
    ends = said(registry, number).valid_until
    assert ends == date(2027, 3, 13)
    later = NOW + timedelta(days=90)
    first = done(number, name="Anna Linde", now=later)
    second = done(first.number, name="Anna Lindh", now=later + timedelta(days=90), note="again")
    assert (first.valid_until, second.valid_until) == (ends, ends)
    assert day_at(second.issued_at, second.time_zone) > day_at(first.issued_at, first.time_zone)
    with pytest.raises(MalformedInput, match="would have expired"):
        done(second.number, name="Anna Lin", now=NOW + timedelta(days=700), note="too late")


def test_the_plan_says_exactly_what_changes(registry: Registry, number: str) -> None:
    with registry.writing() as db:
        plan = plan_correction(
            db, number, like(name="Åsa Lindström", facts={"attended_minutes": 470}), note=NOTE, now=SOON
        )
    assert plan.changes == {
        "holder_name": ["Asa Lindstrom", "Åsa Lindström"],
        "level": ["B", "C2"],
        "attended_minutes": [480, 470],
    }
    assert plan.content["changes"] == plan.changes
    assert plan.content["reason"] == "error"


def test_sheets_count_by_whichever_name_they_have(registry: Registry, keyring: Keyring, done: Corrected) -> None:
    signed = "name;birth date;minutes;id check;checked by\n"
    line = "{};1990-05-17;{};pass;inga\n"

    def record(name: str, minutes: int, reason: str | None = None) -> None:
        with registry.writing() as db:
            sheet = (signed + line.format(name, minutes)).encode()
            assert not record_sheet(db, "hot-work-march", sheet, now=NOW, actor="inga", reason=reason).faults

    record("Asa Lindstrom", 480)
    listed = roster(person(2, "Asa Lindstrom", facts={"attended_minutes": None}))
    number = str(issue(registry, keyring, "hot-work-march", listed).rows[0].number)
    first = done(number, name="Åsa Lindström")
    assert (first.level, first.certificate().attended_minutes) == ("B", 480)
    # What the sheet says is put right there; the certificate follows when it is corrected, not before.
    record("Asa Lindstrom", 440, "left before lunch")
    assert said(registry, first.number).attended_minutes == 480
    second = done(first.number, note="left before lunch")
    assert (second.level, second.certificate().attended_minutes, second.holder_name) == ("C2", 440, "Åsa Lindström")


def test_the_correction_of_a_renewal_renews_the_same(
    registry: Registry, keyring: Keyring, done: Corrected, add: Callable[..., str]
) -> None:
    step = {"id": "short", "titles": {"sv": "a", "nb": "b", "en": "c"}, "mandatory_minutes": 240}
    policy = {"months": 24, "anchored_renewal_months": 12, "refresher": [step]}
    with registry.writing() as db:
        publish_scheme(db, scheme_like(COURSE, code="crane", validity=policy))
    first = str(
        issue(registry, keyring, add(SOLO, id="c1", scheme="crane"), roster(person(2, "Asa Lindstrom"))).rows[0].number
    )
    later = NOW.replace(year=2027, month=11)
    day = later.date().isoformat()
    short = {"session": [{"on": day, "minutes": 240}], "exam_on": day, "decided_on": day, "refresher": "short"}
    rows = roster(person(2, "Asa Lindstrom", facts={"attended_minutes": 240}))
    renewed = str(issue(registry, keyring, add(SOLO, id="c2", scheme="crane", **short), rows, now=later).rows[0].number)
    with registry.writing() as db:  # the one it renewed is gone since; what was renewed then was renewed
        annul(db, first, reason="error", now=later, actor=ACTOR)
    new = done(renewed, name="Åsa Lindström", now=later + timedelta(days=1))
    assert (new.renews, new.corrects, new.valid_until) == (first, renewed, said(registry, renewed).valid_until)
    assert new.certificate().mandatory_minutes == 240
