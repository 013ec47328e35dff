"""The review queue and merging: what the rules find, and what only two people can do."""

from datetime import date, timedelta
from typing import Any
from uuid import uuid4

import pytest
from stdnum import luhn

from registry.errors import (
    ContentChanged,
    DuplicateNotFound,
    MalformedInput,
    NotAllowed,
    NotMerged,
    NotProven,
    PersonMerged,
    SamePerson,
)
from registry.issuing.people.duplicates import (
    Asked,
    decide_different,
    find_duplicates,
    merge_content,
    merge_organisation,
    merge_people,
    pair_for,
    pairs_for,
    suspicion,
    unmerge_people,
)
from registry.issuing.people.identify import About, identify
from registry.issuing.people.recorded_person import correct_person
from registry.reading.national_id import national_number
from registry.records.actors.access import Actor
from registry.records.actors.accounts import NewAccount, add_account, grant_role
from registry.records.actors.api_keys import actor_of_key, create_api_key
from registry.records.actors.approvals import decide, digest_of
from registry.records.issued.person_organisations import note_organisation
from registry.records.persons.duplicates import pair_by_id, pairs, queue_pairs
from registry.records.persons.people import Changes, Person, add_person, all_records_of, person_events, standing_ids
from registry.records.store.database import Database
from registry.records.strict_input import parse
from registry.records.whole.directory import Registry
from registry.signing.personal_data import PersonalData
from tests.registry.conftest import ACTOR, NOW

BORN = date(1990, 5, 17)


def known(db: Database, name: str, born: date | None = BORN, **more: Any) -> Person:
    return add_person(db, Changes(name=name, birth_date=born, **more), NOW, ACTOR)


# ------------------------------------------------------------------ found by rules


@pytest.mark.parametrize(
    ("one", "other", "reasons"),
    [
        pytest.param(("Anna Berg", BORN), ("ANNA BERG", BORN), ["same_name_same_birth"], id="the same"),
        pytest.param(("Åsa Berg", BORN), ("Asa Berg", BORN), ["same_name_same_birth"], id="marks"),
        pytest.param(("Anna Berg", BORN), ("Berg Anna", BORN), ["like_name_same_birth"], id="turned round"),
        pytest.param(("Anna Bergström", BORN), ("Anna Bergstrøn", BORN), ["like_name_same_birth"], id="a slip"),
        pytest.param(("Anna Berg", None), ("Anna Berg", BORN), ["same_name_birth_missing"], id="no birth date"),
        pytest.param(("Anna Berg", None), ("Anna Berg", None), ["same_name_birth_missing"], id="neither has one"),
        pytest.param(("Anna Berg", BORN), ("Anna Berg", date(1990, 5, 11)), ["same_name_birth_near"], id="one digit"),
        pytest.param(("Anna Berg", BORN), ("Anna Berg", date(1985, 1, 1)), None, id="another date"),
        pytest.param(("Anna Berg", BORN), ("Eva Lind", BORN), None, id="another name"),
    ],
)
def test_what_is_queued(
    empty: Registry, one: tuple[str, date | None], other: tuple[str, date | None], reasons: list[str] | None
) -> None:
    with empty.writing() as db:
        a, b = known(db, *one), known(db, *other)
        known(db, "Cia Dahl", date(1970, 1, 1))
        assert find_duplicates(db, now=NOW, actor=ACTOR) == (0 if reasons is None else 1)
        found = [(({pair.a, pair.b}), pair.reasons) for pair in pairs(db)]
        assert found == ([] if reasons is None else [({a.id, b.id}, reasons)])
        assert find_duplicates(db, now=NOW, actor=ACTOR) == 0


def test_an_address_brings_two_together(empty: Registry) -> None:
    with empty.writing() as db:
        anna = known(db, "Anna Berg", email="anna@example.org")
        by_mail = known(db, "Anna M Berg", date(1985, 1, 1), email="Anna@Example.org")
        known(db, "Eva Lind", date(1985, 1, 1), email="anna@example.org")
        find_duplicates(db, now=NOW, actor=ACTOR)
        assert [{pair.a, pair.b} for pair in pairs(db)] == [{anna.id, by_mail.id}]


def test_everybody_is_compared_however_many_there_are(empty: Registry) -> None:
    with empty.writing() as db:
        for n in range(60):
            known(db, "Anna Berg", date(1950, 1, 1) + timedelta(days=97 * n))
        first = known(db, "Anna Berg", date(1950, 1, 1))
        find_duplicates(db, now=NOW, actor=ACTOR)
        alike = [pair for pair in pairs(db, limit=500) if first.id in {pair.a, pair.b}]
        assert ["same_name_same_birth"] in [pair.reasons for pair in alike]


def test_what_somebody_decided_is_not_asked_again_for_the_same_reason(empty: Registry) -> None:
    with empty.writing() as db:
        a, b = known(db, "Anna Berg"), known(db, "Anna Berg")
        find_duplicates(db, now=NOW, actor=ACTOR)
        (pair,) = pairs(db)
        decide_different(db, str(pair.id), "twins of one name", now=NOW, actor=ACTOR)
        assert (pair.state, pair.decided_by, pair.decided_because) == ("different", ACTOR, "twins of one name")
        assert find_duplicates(db, now=NOW, actor=ACTOR) == 0
        assert not pairs(db)
        # Another reason asks anew.
        queue_pairs(db, [suspicion(a.id, b.id, "number_conflict")], NOW, ACTOR)
        (pair,) = pairs(db)
        assert (pair.state, pair.reasons) == ("open", ["number_conflict", "same_name_same_birth"])
        assert pair.score == 90


def test_the_queue_is_read_page_by_page_the_likeliest_first(empty: Registry) -> None:
    with empty.writing() as db:
        people = [known(db, f"Person {word}", None) for word in "ABCDEFG"]
        some = [
            suspicion(people[0].id, each.id, reason)
            for each, reason in zip(
                people[1:],
                ["same_email", "same_number", "number_conflict", "same_email", "same_email", "same_number"],
                strict=True,
            )
        ]
        queue_pairs(db, [*some, suspicion(people[0].id, people[0].id, "same_number")], NOW, ACTOR)
        whole = [pair.id for pair in pairs(db)]
        assert [pair.score for pair in pairs(db)] == [100, 100, 90, 40, 40, 40]
        paged, after = [], None
        while page := pairs(db, after=after, limit=2):
            paged += [pair.id for pair in page]
            after = page[-1].id
        assert paged == whole
        with pytest.raises(DuplicateNotFound):
            pair_by_id(db, str(uuid4()))
        with pytest.raises(DuplicateNotFound):
            pair_by_id(db, "x")


# ------------------------------------------------------------------ merged by two people


@pytest.fixture
def office(registry: Registry) -> dict[str, Actor]:
    """Two who ask and decide in the registry itself, and two at one issuer."""
    grants = {
        "ola": ((None, "operator"),),
        "berit": ((None, "approver"),),
        "rut": (("issuer", "requester"),),
        "bo": (("issuer", "approver"),),
    }
    made: dict[str, Actor] = {}
    with registry.writing() as db:
        for account, (grant,) in grants.items():
            new = {"id": account, "name": f"{account.title()} {'Öst' if account in {'ola', 'rut'} else 'Väst'}"}
            add_account(db, parse(new, NewAccount), NOW - timedelta(days=1), ACTOR)
            where, role = grant
            if (where, role) != (None, "operator"):
                grant_role(db, account, where, role, now=NOW - timedelta(days=1), actor=ACTOR)  # type: ignore[arg-type]
            _, key = create_api_key(
                db, account=account, organisation=where, roles=[role], days=30, now=NOW, actor=ACTOR
            )
            made[account] = actor_of_key(db, key, NOW)
    return made


def agreed(db: Database, asked: Asked, by: Actor) -> None:
    decide(db, asked.approval.public_id, approve=True, digest=asked.approval.digest, actor=by, now=NOW)


def test_two_people_make_two_records_one_and_two_again(registry: Registry, office: dict[str, Actor]) -> None:
    with registry.writing() as db:
        kept, gone = known(db, "Anna Berg"), known(db, "Anna Borg")
        find_duplicates(db, now=NOW, actor=ACTOR)
        asked = merge_people(db, kept, gone, actor=office["ola"], now=NOW, reason="one person")
        assert not asked.done
        assert gone.merged_into is None
        with pytest.raises(SamePerson):
            agreed(db, asked, office["ola"])
        agreed(db, asked, office["berit"])
        assert gone.merged_into is None
        assert merge_people(db, kept, gone, actor=office["ola"], now=NOW, reason="one person").done
        assert all_records_of(db, gone.id) == [kept.id, gone.id]
        assert [pair.state for pair in pairs(db, state=None)] == ["merged"]
        with pytest.raises(MalformedInput):
            decide_different(db, str(pairs(db, state=None)[0].id), "no", now=NOW, actor=ACTOR)
        assert [(each.kind, each.about) for each in person_events(db, [gone.id])][-1] == ("merged", [str(kept.id)])
        with pytest.raises(PersonMerged):
            merge_people(db, kept, gone, actor=office["ola"], now=NOW)

        again = unmerge_people(db, gone, actor=office["ola"], now=NOW, reason="two after all")
        assert not again.done
        agreed(db, again, office["berit"])
        assert unmerge_people(db, gone, actor=office["ola"], now=NOW, reason="two after all").done
        assert standing_ids(db, {kept.id, gone.id}) == {kept.id: kept.id, gone.id: gone.id}
        assert [pair.state for pair in pairs(db, state=None)] == ["different"]
        with pytest.raises(NotMerged):
            unmerge_people(db, gone, actor=office["ola"], now=NOW)
        # What was approved then does not do it again.
        assert not merge_people(db, kept, gone, actor=office["ola"], now=NOW).done
        assert not merge_people(db, gone, kept, actor=office["ola"], now=NOW).done


def test_an_approval_is_of_both_records_as_they_were(
    registry: Registry, office: dict[str, Actor], data: PersonalData
) -> None:
    with registry.writing() as db:
        kept, gone = known(db, "Anna Berg"), known(db, "Anna Borg")
        asked = merge_people(db, kept, gone, actor=office["ola"], now=NOW)
        assert asked.approval.digest == digest_of(merge_content(db, kept, gone))
        correct_person(db, gone, Changes(email="anna@example.org"), now=NOW, actor=ACTOR, reason=None)
        agreed(db, asked, office["berit"])
        # What was approved is not what there is now: it has to be asked again.
        again = merge_people(db, kept, gone, actor=office["ola"], now=NOW)
        assert not again.done
        assert again.approval.digest != asked.approval.digest
        with pytest.raises(ContentChanged):
            decide(
                db, again.approval.public_id, approve=True, digest=asked.approval.digest, actor=office["berit"], now=NOW
            )
        number = national_number(f"19900517239{luhn.calc_check_digit('900517239')}", on=NOW.date())
        before = digest_of(merge_content(db, kept, gone))
        identify(db, data, kept, number, About(), now=NOW, actor=ACTOR)
        assert digest_of(merge_content(db, kept, gone)) != before
        assert number.reveal()[2:] not in str(merge_content(db, kept, gone))


def test_who_may_merge_whom(registry: Registry, office: dict[str, Actor]) -> None:
    with registry.writing() as db:
        kept, gone, other = known(db, "Anna Berg"), known(db, "Anna Borg"), known(db, "Anna Burg")
        for person in (kept, gone, other):
            note_organisation(db, person.id, "issuer", NOW, ACTOR)
        note_organisation(db, other.id, "solo", NOW, ACTOR)
        assert merge_organisation(db, kept.id, gone.id) == "issuer"
        assert merge_organisation(db, kept.id, other.id) is None
        asked = merge_people(db, kept, gone, actor=office["rut"], now=NOW)
        agreed(db, asked, office["bo"])
        assert merge_people(db, kept, gone, actor=office["rut"], now=NOW).done
        # Somebody of two organisations is for the registry itself.
        with pytest.raises(NotAllowed):
            merge_people(db, kept, other, actor=office["rut"], now=NOW)
        named = Actor("ola", office["ola"].grants, proven=False)
        with pytest.raises(NotProven):
            merge_people(db, kept, other, actor=named, now=NOW)
        with pytest.raises(MalformedInput):
            merge_people(db, kept, kept, actor=office["ola"], now=NOW)


def test_a_pair_is_seen_by_whoever_knows_both(registry: Registry, office: dict[str, Actor]) -> None:
    with registry.writing() as db:
        anna, borg, burg = known(db, "Anna Berg"), known(db, "Anna Borg"), known(db, "Anna Burg")
        note_organisation(db, anna.id, "issuer", NOW, ACTOR)
        note_organisation(db, borg.id, "issuer", NOW, ACTOR)
        find_duplicates(db, now=NOW, actor=ACTOR)
        assert len(pairs_for(db, office["ola"])) == 3
        (seen,) = pairs_for(db, office["rut"])
        assert {seen.a, seen.b} == {anna.id, borg.id}
        assert pair_for(db, office["rut"], str(seen.id)) is seen
        (unseen,) = [pair for pair in pairs(db) if {pair.a, pair.b} == {anna.id, burg.id}]
        with pytest.raises(DuplicateNotFound):
            pair_for(db, office["rut"], str(unseen.id))
        reader = Actor("rut", frozenset({(None, "reader")}), proven=True)
        with pytest.raises(NotAllowed):
            pairs_for(db, reader)
        with pytest.raises(NotAllowed):
            pair_for(db, reader, str(seen.id))
