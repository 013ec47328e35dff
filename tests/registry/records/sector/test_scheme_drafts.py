from collections.abc import Callable
from dataclasses import replace
from datetime import date, timedelta
from typing import Any

import pytest
from sqlalchemy import text

from registry.errors import (
    ApprovalNeeded,
    ContentChanged,
    MalformedInput,
    NotAllowed,
    NotProven,
    Refusal,
    SamePerson,
    SchemeDraftNotFound,
    SchemeExists,
    SchemeLooserThanEdition,
    SchemeNotFound,
    SchemeNotInForce,
    SchemeNotTheOwners,
    SchemeRetired,
    SchemeUnconfirmed,
    SourceNotFound,
)
from registry.records.actors.access import Actor, Role
from registry.records.actors.accounts import NewAccount, actor_named, add_account, grant_role
from registry.records.actors.approvals import approvals, decide
from registry.records.sector.scheme_document import NewScheme
from registry.records.sector.scheme_drafts import (
    add_scheme,
    approve_draft,
    confirm_fact,
    discard_draft,
    draft_is_approved,
    draft_of,
    draft_scheme,
    drafts,
    publish_draft,
    submit_draft,
)
from registry.records.sector.schemes import (
    retire_version,
    scheme_history,
    scheme_mismatches,
    scheme_version,
    scheme_versions,
    version_in_force,
)
from registry.records.store.database import Database
from registry.records.strict_input import parse
from registry.records.whole.directory import Registry
from tests.registry.conftest import ACTOR, COURSE, HOT_WORK, NOW, scheme_like

TODAY = NOW.date()
PEOPLE: list[tuple[str, str, list[Role]]] = [
    ("ola", "Ola Operator", []),
    ("anna", "Anna Author", ["scheme_author"]),
    ("bo", "Bo Both", ["scheme_author", "scheme_approver"]),
    ("cia", "Cia Checker", ["scheme_approver"]),
]
UNSURE = {"fact": "validity", "mark": "G", "note": "remembered", "as_of": "2026-01-01"}


@pytest.fixture
def desk(registry: Registry) -> Registry:
    with registry.writing() as db:
        for slug, name, held in PEOPLE:
            add_account(db, parse({"id": slug, "name": name}, NewAccount), NOW, "ola")
            for role in held:
                grant_role(db, slug, "sector", role, now=NOW, actor="ola")
    return registry


def as_(db: Database, slug: str) -> Actor:
    return replace(actor_named(db, slug, NOW), proven=True)


def high(**change: Any) -> NewScheme:
    return scheme_like(HOT_WORK, **({"code": "new-work", "published_on": None} | change))


def _draft(db: Database, by: str = "anna", **change: Any) -> str:
    return draft_scheme(db, high(**change), NOW, by).digest


def _kinds(db: Database, version: str = "1") -> list[tuple[str, str]]:
    return [(event.kind, event.actor) for event in scheme_history(db, "new-work", version)]


def test_above_d_a_version_takes_two_people(desk: Registry) -> None:
    with desk.writing() as db:
        digest = _draft(db)
        with pytest.raises(ApprovalNeeded):
            publish_draft(db, "new-work", "1", from_day=None, now=NOW, actor="anna")
        with pytest.raises(ApprovalNeeded, match="nobody has asked"):
            approve_draft(db, "new-work", "1", digest=digest, actor=as_(db, "cia"), now=NOW)
        submit_draft(db, "new-work", "1", actor=as_(db, "anna"), now=NOW)
        assert not draft_is_approved(db, draft_of(db, "new-work", "1"), NOW)
        approve_draft(db, "new-work", "1", digest=digest, actor=as_(db, "cia"), now=NOW)
        assert draft_is_approved(db, draft_of(db, "new-work", "1"), NOW)
        published = publish_draft(db, "new-work", "1", from_day=None, now=NOW, actor="anna")
    with desk.reading() as db:
        assert scheme_version(db, "new-work") == published
        assert (published.published_on, published.new().published_on) == (TODAY, TODAY)
        assert _kinds(db) == [("drafted", "anna"), ("submitted", "anna"), ("approved", "cia"), ("published", "anna")]
        assert drafts(db) == []
        told = scheme_history(db, "new-work")
        assert told[0].content == high().model_dump(mode="json")
        assert {each.digest for each in told[:3]} == {digest}


def test_an_approval_on_the_common_list_is_the_same(desk: Registry) -> None:
    with desk.writing() as db:
        digest = _draft(db)
        asked = submit_draft(db, "new-work", "1", actor=as_(db, "anna"), now=NOW)
        decide(db, asked.public_id, approve=True, digest=digest, actor=as_(db, "cia"), now=NOW)
        publish_draft(db, "new-work", "1", from_day=None, now=NOW + timedelta(days=1), actor="cia")
        assert _kinds(db)[2:] == [("approved", "cia"), ("published", "cia")]
        assert scheme_history(db, "new-work")[2].at == NOW


def _unchanged(_: Database) -> None:
    """Nothing happened between reading and approving."""


def _changed(db: Database) -> None:
    draft_scheme(db, high(mandatory_minutes=1), NOW, "anna")


def _helped(db: Database) -> None:
    """Somebody who may approve changed a word, and somebody else changed it back."""
    draft_scheme(db, high(mandatory_minutes=1), NOW, "bo")
    draft_scheme(db, high(), NOW, "anna")


@pytest.mark.parametrize(
    ("meanwhile", "by", "proven", "refusal"),
    [
        pytest.param(_changed, "cia", True, ContentChanged, id="it was amended after it was read"),
        pytest.param(_helped, "bo", True, SamePerson, id="whoever wrote some of it"),
        pytest.param(_unchanged, "cia", False, NotProven, id="somebody who is only named"),
        pytest.param(_unchanged, "anna", True, NotAllowed, id="whoever may not"),
        pytest.param(_unchanged, "ola", True, NotAllowed, id="the operator"),
    ],
)
def test_who_does_not_approve(
    desk: Registry, meanwhile: Callable[[Database], None], by: str, proven: bool, refusal: type[Refusal]
) -> None:
    with desk.writing() as db:
        digest = _draft(db)
        submit_draft(db, "new-work", "1", actor=as_(db, "anna"), now=NOW)
        meanwhile(db)
        actor = replace(as_(db, by), proven=proven)
        with pytest.raises(refusal):
            approve_draft(db, "new-work", "1", digest=digest, actor=actor, now=NOW)
        with pytest.raises(ApprovalNeeded):
            publish_draft(db, "new-work", "1", from_day=None, now=NOW, actor="anna")


def test_whoever_wrote_it_approves_it_on_no_list(desk: Registry) -> None:
    """Anna asks for it in her own name, but it was Bo who wrote it."""
    with desk.writing() as db:
        digest = _draft(db, by="bo")
        asked = submit_draft(db, "new-work", "1", actor=as_(db, "anna"), now=NOW)
        with pytest.raises(SamePerson, match="bo wrote new-work 1"):
            approve_draft(db, "new-work", "1", digest=digest, actor=as_(db, "bo"), now=NOW)
        decide(db, asked.public_id, approve=True, digest=digest, actor=as_(db, "bo"), now=NOW)
        with pytest.raises(SamePerson, match="bo wrote new-work 1"):
            publish_draft(db, "new-work", "1", from_day=None, now=NOW, actor="anna")


def test_what_was_approved_is_published_and_nothing_else(desk: Registry) -> None:
    with desk.writing() as db:
        digest = _draft(db)
        submit_draft(db, "new-work", "1", actor=as_(db, "anna"), now=NOW)
        approve_draft(db, "new-work", "1", digest=digest, actor=as_(db, "cia"), now=NOW)
        draft_scheme(db, high(mandatory_minutes=1), NOW, "anna")
        with pytest.raises(ApprovalNeeded):
            publish_draft(db, "new-work", "1", from_day=None, now=NOW, actor="anna")
        draft_scheme(db, high(), NOW, "anna")
        publish_draft(db, "new-work", "1", from_day=None, now=NOW, actor="anna")


def test_up_to_d_one_person_is_enough(desk: Registry) -> None:
    with desk.writing() as db:
        low = {"max_level": "D", "target_level": "D"}
        digest = _draft(db, **low)
        approve_draft(db, "new-work", "1", digest=digest, actor=as_(db, "bo"), now=NOW)
        assert draft_is_approved(db, draft_of(db, "new-work", "1"), NOW)
        publish_draft(db, "new-work", "1", from_day=None, now=NOW, actor="anna")
        add_scheme(db, high(version="2", **low), NOW, "anna")
        with pytest.raises(ApprovalNeeded, match="takes two people"):
            add_scheme(db, high(version="3", max_level="C2", target_level="D"), NOW, "anna")
        assert approvals(db) == []
        assert [each.version for each in scheme_versions(db, "new-work")] == ["2", "1"]


def test_what_nobody_confirmed_is_not_approved(desk: Registry) -> None:
    sources = [UNSURE, UNSURE | {"fact": "max_level", "mark": "S"}, UNSURE | {"fact": "titles", "mark": "P"}]
    with desk.writing() as db:
        _draft(db, source=sources)
        with pytest.raises(SchemeUnconfirmed, match=r"validity \(G: remembered\); titles \(P: remembered\)"):
            submit_draft(db, "new-work", "1", actor=as_(db, "anna"), now=NOW)
        with pytest.raises(SourceNotFound, match="validity, max_level, titles"):
            confirm_fact(db, "new-work", "1", "birth", evidence="minute 3", now=NOW, actor="anna")
        confirm_fact(db, "new-work", "1", "validity", evidence="minute 3", now=NOW, actor="anna")
        with pytest.raises(SchemeUnconfirmed, match=r"confirmed: titles"):
            submit_draft(db, "new-work", "1", actor=as_(db, "anna"), now=NOW)
        digest = confirm_fact(db, "new-work", "1", "titles", evidence="minute 3", now=NOW, actor="bo").digest
        submit_draft(db, "new-work", "1", actor=as_(db, "anna"), now=NOW)
        with pytest.raises(SamePerson, match="bo wrote"):  # who vouches for a fact has written it
            approve_draft(db, "new-work", "1", digest=digest, actor=as_(db, "bo"), now=NOW)
        approve_draft(db, "new-work", "1", digest=digest, actor=as_(db, "cia"), now=NOW)
        new = publish_draft(db, "new-work", "1", from_day=None, now=NOW, actor="anna").new()
        assert [(each.fact, each.mark) for each in new.source] == [
            ("validity", "confirmed"),
            ("max_level", "S"),
            ("titles", "confirmed"),
        ]


@pytest.mark.parametrize("level", ["B", "D"])
def test_nor_published(desk: Registry, level: str) -> None:
    with desk.writing() as db:
        _draft(db, source=[UNSURE], max_level=level, target_level=level)
        with pytest.raises(SchemeUnconfirmed):
            publish_draft(db, "new-work", "1", from_day=None, now=NOW, actor="anna")
        with pytest.raises(SchemeUnconfirmed):
            approve_draft(
                db, "new-work", "1", digest=draft_of(db, "new-work", "1").digest, actor=as_(db, "cia"), now=NOW
            )


@pytest.mark.parametrize(
    ("in_draft", "asked", "first"),
    [
        pytest.param(None, None, TODAY, id="today"),
        pytest.param(None, TODAY, TODAY, id="today, said"),
        pytest.param(None, TODAY + timedelta(days=9), TODAY + timedelta(days=9), id="a day to come"),
        pytest.param(None, TODAY - timedelta(days=1), None, id="a day past that nobody approved"),
        pytest.param("2024-01-01", None, date(2024, 1, 1), id="a day past that was approved"),
        pytest.param("2024-01-01", date(2024, 1, 1), date(2024, 1, 1), id="the same, said again"),
        pytest.param("2026-04-01", TODAY, None, id="another day than was approved"),
    ],
)
def test_from_which_day(desk: Registry, in_draft: str | None, asked: date | None, first: date | None) -> None:
    with desk.writing() as db:
        _draft(db, published_on=in_draft, max_level="D", target_level="D")
        if first is None:
            with pytest.raises(MalformedInput, match="published_on"):
                publish_draft(db, "new-work", "1", from_day=asked, now=NOW, actor="anna")
        else:
            row = publish_draft(db, "new-work", "1", from_day=asked, now=NOW, actor="anna")
            assert row.published_on == row.new().published_on == first


@pytest.mark.parametrize(
    ("change", "refusal"),
    [
        ({"code": "hot-work", "version": "1"}, SchemeExists),
        ({"code": "hot-work", "version": "2", "owner": "solo"}, SchemeNotTheOwners),
        ({"tightening": [{"row": "I5", "level": "D", "asked": False}]}, SchemeLooserThanEdition),
    ],
)
def test_what_is_not_drafted(desk: Registry, change: dict[str, Any], refusal: type[Refusal]) -> None:
    with desk.writing() as db, pytest.raises(refusal):
        draft_scheme(db, high(**change), NOW, "anna")


def test_a_code_is_taken_by_a_draft_and_free_again_without_one(desk: Registry) -> None:
    with desk.writing() as db:
        _draft(db)
        with pytest.raises(SchemeNotTheOwners, match="belongs to sector"):
            draft_scheme(db, high(owner="solo", item_bank_owner="solo"), NOW, "lisa")
        discard_draft(db, "new-work", "1", reason="not now", now=NOW, actor="anna")
        with pytest.raises(SchemeDraftNotFound):
            draft_of(db, "new-work", "1")
        draft_scheme(db, high(owner="solo", item_bank_owner="solo"), NOW, "lisa")
        assert [kind for kind, _ in _kinds(db)] == ["drafted", "discarded", "drafted"]


def test_a_draft_that_was_given_up_lends_its_approval_to_no_other(desk: Registry) -> None:
    low = {"max_level": "D", "target_level": "D"}
    with desk.writing() as db:
        approve_draft(db, "new-work", "1", digest=_draft(db, **low), actor=as_(db, "bo"), now=NOW)
        discard_draft(db, "new-work", "1", reason="not now", now=NOW, actor="anna")
        _draft(db, **low)
        assert not draft_is_approved(db, draft_of(db, "new-work", "1"), NOW)


def test_a_draft_is_nothing_to_issue_under(desk: Registry) -> None:
    with desk.writing() as db:
        _draft(db)
        with pytest.raises(SchemeNotFound):
            version_in_force(db, "new-work", None, TODAY)
        with pytest.raises(SchemeNotFound):
            scheme_version(db, "new-work", "1")


def test_what_is_asked_before_it_must_exist(desk: Registry) -> None:
    low = {"max_level": "D", "target_level": "D"}
    with desk.writing() as db:
        _draft(db, prerequisite=[{"any_of": ["nowhere", "never"]}], **low)
        with pytest.raises(SchemeNotFound, match="nowhere or never"):
            publish_draft(db, "new-work", "1", from_day=None, now=NOW, actor="anna")
        _draft(db, prerequisite=[{"any_of": ["nowhere", "hot-work"]}], **low)
        publish_draft(db, "new-work", "1", from_day=None, now=NOW, actor="anna")


def test_a_version_is_retired_from_a_day(desk: Registry) -> None:
    first = TODAY + timedelta(days=10)

    def retire(day: date) -> None:
        retire_version(db, "own-course", "1", day, reason="replaced", actor="lisa", now=NOW)

    with desk.writing() as db:
        with pytest.raises(SchemeNotInForce, match="has passed"):
            retire(TODAY - timedelta(days=1))
        retire(first)
        with pytest.raises(SchemeRetired):
            retire(first + timedelta(days=1))
        assert version_in_force(db, "own-course", None, first - timedelta(days=1), lock=True).version == "1"
        with pytest.raises(SchemeNotInForce, match=f"retired from {first}"):
            version_in_force(db, "own-course", "1", first, lock=True)
        with pytest.raises(SchemeNotInForce, match="published on 2024-01-01"):
            version_in_force(db, "own-course", None, date(2023, 12, 31))
        retire(TODAY)
        assert [(each.kind, each.from_day, each.reason) for each in scheme_history(db, "own-course", "1")][-2:] == [
            ("retired", first, "replaced"),
            ("retired", TODAY, "replaced"),
        ]


def test_a_change_without_an_event_is_found(desk: Registry) -> None:
    with desk.writing() as db:
        assert scheme_mismatches(db) == []
        retire_version(db, "own-course", "1", TODAY, reason="replaced", actor="lisa", now=NOW)
        assert scheme_mismatches(db) == []
        db.connection().execute(text("UPDATE scheme_version SET retired_from = NULL"))
    with desk.reading() as db:
        assert scheme_mismatches(db) == ["own-course 1"]


def test_the_newest_version_in_force_is_taken(desk: Registry) -> None:
    with desk.writing() as db:
        for version, day in (("2", "2026-02-01"), ("3", "2026-06-01")):
            add_scheme(db, scheme_like(COURSE, version=version, published_on=day), NOW, ACTOR)
        found = [
            version_in_force(db, "own-course", None, day).version
            for day in (date(2026, 1, 31), date(2026, 2, 1), date(2026, 5, 31), date(2026, 6, 1))
        ]
        assert found == ["1", "2", "2", "3"]
        assert version_in_force(db, "own-course", "1", date(2026, 6, 1)).version == "1"


# --- what a document may say ----------------------------------------------------------------------------------------

TITLES = {"sv": "Klass", "nb": "Klasse", "en": "Class"}


@pytest.mark.parametrize(
    ("change", "says"),
    [
        ({"scope_class": [{"code": "T1", "titles": TITLES}]}, "T1 does not stand in scope_classes"),
        ({"scope_classes": ["T1", "T1"]}, "scope_classes: T1 stands there twice"),
        ({"scope_classes": ["T1"], "scope_class": [{"code": "T1", "titles": TITLES}] * 2}, "T1 stands there twice"),
        ({"national_number": "optional"}, "needs national_number_reason"),
        ({"national_number_reason": "because"}, "needs national_number_reason"),
        ({"prerequisite": [{"any_of": ["hot-work"]}]}, "cannot be asked for before itself"),
        ({"prerequisite": [{"any_of": []}]}, "must not be empty"),
        ({"framework": {}}, "needs eqf, seqf or nkr"),
        ({"framework": {"eqf": 9}}, "less than or equal to 8"),
        ({"framework": {"nkr": "5"}}, "'5.1'"),
        ({"standard": [{"name": "ISO/IEC 17024"}]}, "is missing"),
        ({"assessment": [{"kind": "oral"}]}, "'knowledge'"),
        ({"assessment": [{"kind": "knowledge"}] * 2}, "knowledge stands there twice"),
        ({"assessment": [{"kind": "knowledge", "pass_percent": 101}]}, "less than or equal to 100"),
        ({"source": [UNSURE] * 2}, "validity stands there twice"),
        ({"source": [UNSURE | {"mark": "sure"}]}, "'S-old'"),
        ({"source": [UNSURE | {"fact": "colour"}]}, "legal_basis"),
        ({"validity": {"months": 12, "from_age": 18}, "birth": "none"}, "needs the birth date"),
        ({"target_level": "C1", "max_level": "C2"}, "lies above max_level"),
    ],
)
def test_what_a_scheme_may_not_say(change: dict[str, Any], says: str) -> None:
    with pytest.raises(MalformedInput, match=says):
        scheme_like(HOT_WORK, **change)


def test_a_scheme_says_everything_back(desk: Registry) -> None:
    full = high(
        max_level="D",
        target_level="D",
        scope_classes=["T1", "T2"],
        scope_class=[{"code": "T1", "titles": TITLES, "own_result": False}],
        outcomes={"sv": ["Kan"], "nb": ["Kan"], "en": ["Can"]},
        who_issues=TITLES,
        legal_basis=[{"says": "FUA § 10-3", "country": "NO", "as_of": "2026-01-01"}],
        standard=[{"name": "ISO/IEC 17024", "edition": "2026"}],
        framework={"eqf": 4, "seqf": 4, "nkr": "4"},
        languages_training=["sv", "en"],
        languages_test=["sv"],
        four_eyes_at_d=True,
        assessment=[{"kind": "knowledge", "pass_percent": 80, "attempts": 2, "waiting_days": 7}, {"kind": "practical"}],
        prerequisite=[{"any_of": ["own-course"], "level": "D", "on": "course_first_on"}],
        sanctions={"sv": ["Spärr"], "nb": ["Sperre"], "en": ["Suspension"]},
        national_number="optional",
        national_number_reason="The law asks for it",
        portrait_required=True,
        source=[UNSURE | {"mark": "S"}],
    )
    with desk.writing() as db:
        draft_scheme(db, full, NOW, "anna")
        publish_draft(db, "new-work", "1", from_day=None, now=NOW, actor="anna")
    with desk.reading() as db:
        said = scheme_version(db, "new-work").new()
    assert said == full.model_copy(update={"published_on": TODAY})
    assert said.stated == full.outcomes
    assert said.class_titles("en") == {"T1": "Class"}
