"""Accounts, roles and keys: who may do what, and how soon that ends."""

import hashlib
import itertools
from datetime import UTC, date, datetime, timedelta
from typing import Any, get_args

import pytest
from hypothesis import given
from hypothesis import strategies as st

from registry.errors import (
    AccountEnded,
    AccountExists,
    AccountNotFound,
    ApiKeyNotAllowed,
    ApiKeyNotFound,
    ApiKeyRejected,
    LastOperator,
    MalformedInput,
    NotAllowed,
    OrganisationNotFound,
    OrganisationRejected,
    PersonHasAccount,
    Refusal,
    RoleHeld,
    RoleNotHeld,
)
from registry.records.actors.access import Actor, Role, actions, approval_kinds, roles
from registry.records.actors.accounts import (
    Account,
    NewAccount,
    account_events,
    actor_named,
    add_account,
    end_account,
    end_role,
    grant_role,
    memberships_held,
    memberships_of,
    reopen_account,
    set_identity_index,
    told_apart,
)
from registry.records.actors.api_keys import (
    MOST_DAYS,
    ApiKey,
    actor_of_key,
    api_keys,
    create_api_key,
    note_use,
    revoke_api_key,
)
from registry.records.store.database import Database
from registry.records.strict_input import parse
from registry.records.whole.directory import Registry
from tests.registry.conftest import NOW, everything_stored

ROLES: tuple[Role, ...] = get_args(Role)
LATER = NOW + timedelta(hours=1)


def new(slug: str = "asa", name: str = "Åsa Lindström", **more: Any) -> NewAccount:
    return parse({"id": slug, "name": name, **more}, NewAccount)


@pytest.fixture
def people(registry: Registry) -> Registry:
    """An operator, and Åsa, who asks for certificates at the issuer."""
    with registry.writing() as db:
        add_account(db, new("ola", "Ola Nordmann"), NOW, "ola")
        add_account(db, new(birth_date="1980-02-29", email="asa@example.com"), NOW, "ola")
        grant_role(db, "asa", "issuer", "requester", now=NOW, actor="ola")
    return registry


# ------------------------------------------------------------------ the table of actions


def test_the_table_is_whole() -> None:
    assert set(roles()) == set(ROLES)
    assert all(row.roles for row in actions().values())
    for row in approval_kinds().values():
        assert {row.request, row.decide} <= set(actions())


@pytest.mark.parametrize("kind", [pytest.param(row, id=row.kind) for row in approval_kinds().values()])
def test_whoever_asks_is_not_by_the_same_role_the_one_who_decides(kind: Any) -> None:
    asking, deciding = actions()[kind.request].roles, actions()[kind.decide].roles
    assert asking != deciding
    assert deciding <= {"approver", "scheme_approver"}


@pytest.mark.parametrize("action", [pytest.param(row, id=row.id) for row in actions().values()])
def test_neither_the_operator_nor_the_reader_issues_or_approves(action: Any) -> None:
    if "approve" in action.id or action.id in {"batch.request", "scheme.draft", "mandate.grant", "certificate.revoke"}:
        assert not action.roles & {"operator", "reader"}
    if "reader" in action.roles:
        assert action.id.endswith(".read")


@pytest.mark.parametrize("role", ROLES)
@pytest.mark.parametrize("where", [None, "issuer", "solo"])
def test_a_role_holds_where_it_is_held(role: Role, where: str | None) -> None:
    actor = Actor("asa", frozenset({(where, role)}), proven=True)
    for row, asked in itertools.product(actions().values(), (None, "issuer", "solo", "other")):
        everywhere = where is None and role in {"operator", "reader"}
        expected = role in row.roles and (asked == where or everywhere)
        assert actor.may(row.id, asked) == expected
        if not expected:
            with pytest.raises(NotAllowed, match=row.id) as refused:
                actor.require(row.id, asked)
            assert set(refused.value.roles) == set(row.roles)
        if everywhere and role in row.roles:
            assert actor.organisations(row.id) is None
        else:
            assert actor.organisations(row.id) == ({where} if role in row.roles and where else set())


def test_an_action_in_no_row_is_a_fault_of_ours() -> None:
    with pytest.raises(KeyError):
        Actor("asa", frozenset(), proven=True).may("certificate.sell", None)


@given(st.frozensets(st.tuples(st.sampled_from([None, "a", "b"]), st.sampled_from(ROLES))), st.data())
def test_another_role_never_takes_anything_away(
    grants: frozenset[tuple[str | None, Role]], data: st.DataObject
) -> None:
    more = data.draw(st.tuples(st.sampled_from([None, "a", "b"]), st.sampled_from(ROLES)))
    before, after = Actor("x", grants, proven=False), Actor("x", grants | {more}, proven=False)
    for action in actions():
        for where in (None, "a", "b"):
            assert after.may(action, where) or not before.may(action, where)


# ------------------------------------------------------------------ accounts


def test_the_first_account_is_the_operator_and_no_other(people: Registry) -> None:
    with people.reading() as db:
        assert actor_named(db, "ola", NOW).grants == {(None, "operator")}
        assert actor_named(db, "asa", NOW) == Actor("asa", frozenset({("issuer", "requester")}), proven=False)
        assert [event.kind for event in account_events(db, "ola")] == ["opened"]


@pytest.mark.parametrize(
    ("given", "refusal"),
    [
        pytest.param(new("asa", "Bo Berg"), AccountExists, id="the id is taken"),
        pytest.param(new("asa-two"), PersonHasAccount, id="the name, no birth date"),
        pytest.param(new("asa-two", birth_date="1980-02-29"), PersonHasAccount, id="the name and birth date"),
        pytest.param(new("asa-two", "ÅSA  LINDSTRÖM", birth_date="1980-02-29"), PersonHasAccount, id="in capitals"),
        pytest.param(new("asa-two", "Asa Lindstrom", birth_date="1980-02-29"), PersonHasAccount, id="without marks"),
        pytest.param(
            new("asa-two", "Åsa Maria Lindström", birth_date="1980-02-29"), PersonHasAccount, id="with a middle name"
        ),
        pytest.param(new("asa-two", "Lindström Åsa", birth_date="1980-02-29"), PersonHasAccount, id="turned around"),
        pytest.param(new("asa-two", birth_date="1981-02-28"), None, id="another birth date"),
        pytest.param(new("asa-two", "Åsa Maria Lindström"), None, id="another name, no birth date"),
        pytest.param(new("asa-two", birth_date="1980-02-29", another_person=True), None, id="said to be another"),
    ],
)
def test_one_person_has_one_account(people: Registry, given: NewAccount, refusal: type[Refusal] | None) -> None:
    with people.writing() as db:
        if refusal is None:
            assert add_account(db, given, NOW, "ola").slug == given.id
        else:
            with pytest.raises(refusal):
                add_account(db, given, NOW, "ola")


@pytest.mark.parametrize(
    "given",
    [
        {"id": "199001011234", "name": "Åsa Lind"},
        {"id": "Asa", "name": "Åsa Lind"},
        {"id": "asa", "name": ""},
        {"id": "asa", "name": "Åsa Lind", "email": "asa"},
        {"id": "asa", "name": "Åsa Lind", "email": "asa@example.com\nBcc: x@example.com"},
        {"id": "asa", "name": "Åsa Lind", "birth_date": "1990-02-30"},
    ],
)
def test_what_is_no_account(given: dict[str, Any]) -> None:
    with pytest.raises(MalformedInput):
        parse(given, NewAccount)


def test_a_national_number_decides_who_is_who(people: Registry) -> None:
    one, other = hashlib.sha256(b"1").digest(), hashlib.sha256(b"2").digest()
    with people.writing() as db:
        add_account(db, new("twin", birth_date="1980-02-29", another_person=True), NOW, "ola")
        asa = set_identity_index(db, "asa", one, NOW, "ola")
        with pytest.raises(PersonHasAccount):
            set_identity_index(db, "twin", one, NOW, "ola")
        twin = set_identity_index(db, "twin", other, NOW, "ola")
        assert told_apart(asa, twin)


def _account(slug: str, name_key: str, born: date | None = None, index: bytes | None = None) -> Account:
    return Account(
        slug=slug,
        name=name_key,
        name_key=name_key,
        birth_date=born,
        identity_index=index,
        active_from=NOW,
        recorded_at=NOW,
        recorded_by="x",
    )


DAYS = st.sampled_from([None, date(1980, 1, 1), date(1981, 1, 1)])
NAMES = st.sampled_from(["åsa lind", "asa lind", "åsa maria lind", "bo lind", "lind åsa"])
INDEXES = st.sampled_from([None, b"1", b"2"])
ACCOUNTS = st.builds(_account, st.sampled_from(["a", "b"]), NAMES, DAYS, INDEXES)


@given(ACCOUNTS, ACCOUNTS)
def test_telling_apart_is_the_same_both_ways_and_never_from_oneself(one: Account, other: Account) -> None:
    assert told_apart(one, other) == told_apart(other, one)
    assert not told_apart(one, one)


def test_an_account_that_ends_takes_its_roles_with_it(people: Registry) -> None:
    with people.writing() as db, pytest.raises(LastOperator):
        end_account(db, "ola", LATER, "ola")
    with people.writing() as db:
        end_account(db, "asa", LATER, "ola")
    with people.writing() as db:
        for attempt in (
            lambda: actor_named(db, "asa", LATER),
            lambda: end_account(db, "asa", LATER, "ola"),
            lambda: grant_role(db, "asa", "issuer", "approver", now=LATER, actor="ola"),
        ):
            with pytest.raises(AccountEnded):
                attempt()
        with pytest.raises(PersonHasAccount, match="reopen asa"):
            add_account(db, new("asa-again", birth_date="1980-02-29"), LATER, "ola")
        reopen_account(db, "asa", LATER, "ola")
        assert actor_named(db, "asa", LATER).grants == frozenset()
        assert [event.kind for event in account_events(db, "asa")] == ["opened", "ended", "reopened"]
        with pytest.raises(AccountExists):
            reopen_account(db, "asa", LATER, "ola")


# ------------------------------------------------------------------ roles


def test_a_role_is_dated_and_never_deleted(people: Registry) -> None:
    with people.writing() as db:
        grant_role(db, "asa", "solo", "examiner", now=NOW, actor="ola", until=LATER)
        end_role(db, "asa", "issuer", "requester", now=LATER, actor="ola")
    with people.reading() as db:
        rows = [(one.organisation, one.role, one.since, one.until, one.ended_by) for one in memberships_of(db, "asa")]
        assert rows == [("issuer", "requester", NOW, LATER, "ola"), ("solo", "examiner", NOW, LATER, None)]
        just_before = LATER - timedelta(microseconds=1)
        assert actor_named(db, "asa", just_before).grants == {("issuer", "requester"), ("solo", "examiner")}
        assert actor_named(db, "asa", LATER).grants == frozenset()
        assert [one.account for one in memberships_held(db, just_before, "solo")] == ["asa"]
        assert [one.account for one in memberships_held(db, LATER)] == ["ola"]


@pytest.mark.parametrize(
    ("account", "organisation", "role", "refusal"),
    [
        ("nobody", "issuer", "requester", AccountNotFound),
        ("asa", "nowhere", "requester", OrganisationNotFound),
        ("asa", "owner-person", "requester", OrganisationRejected),
        ("asa", "issuer", "requester", RoleHeld),
    ],
)
def test_what_cannot_be_granted(
    people: Registry, account: str, organisation: str, role: Role, refusal: type[Refusal]
) -> None:
    with people.writing() as db, pytest.raises(refusal):
        grant_role(db, account, organisation, role, now=NOW, actor="ola")


def test_the_last_operator_stays(people: Registry) -> None:
    with people.writing() as db:
        with pytest.raises(LastOperator):
            end_role(db, "ola", None, "operator", now=LATER, actor="ola")
        grant_role(db, "asa", None, "operator", now=NOW, actor="ola", until=LATER + timedelta(days=1))
        with pytest.raises(LastOperator):  # the other one ends by itself
            end_role(db, "ola", None, "operator", now=LATER, actor="ola")
        end_role(db, "asa", None, "operator", now=LATER, actor="ola")
        grant_role(db, "asa", None, "operator", now=LATER, actor="ola")
        end_role(db, "ola", None, "operator", now=LATER, actor="asa")
        with pytest.raises(RoleNotHeld):
            end_role(db, "ola", None, "operator", now=LATER, actor="asa")


# ------------------------------------------------------------------ keys


def key_of(db: Database, account: str = "asa", organisation: str | None = "issuer", **more: Any) -> tuple[ApiKey, str]:
    given: dict[str, Any] = {"roles": ["requester"], "now": NOW, "actor": "ola"} | more
    return create_api_key(db, account=account, organisation=organisation, **given)


def test_a_key_proves_its_person_for_its_roles(people: Registry) -> None:
    with people.writing() as db:
        grant_role(db, "asa", "issuer", "examiner", now=NOW, actor="ola")
        grant_role(db, "asa", "solo", "requester", now=NOW, actor="ola")
        key, text = key_of(db)
        note_use(db, key.prefix, NOW.date())
    with people.reading() as db:
        actor = actor_of_key(db, text, NOW)
        (stored,) = api_keys(db)
    assert actor == Actor("asa", frozenset({("issuer", "requester")}), proven=True, key=key.prefix)
    assert text.startswith(f"bvs_{key.prefix}_")
    assert stored.last_used_on == NOW.date()
    assert stored.expires_at - NOW == timedelta(days=90)
    assert text[13:56] not in repr(stored)
    assert text.encode() not in everything_stored(people)


def test_every_key_is_another(people: Registry) -> None:
    with people.writing() as db:
        texts = [key_of(db)[1] for _ in range(20)]
        assert len(set(texts)) == len({text[:12] for text in texts}) == 20
        assert len({actor_of_key(db, text, NOW).key for text in texts}) == 20


@pytest.mark.parametrize("place", range(62))
def test_a_key_with_another_sign_in_it_opens_nothing(people: Registry, place: int) -> None:
    with people.writing() as db:
        text = key_of(db)[1]
        assert len(text) == 62
        wrong = text[:place] + ("x" if text[place] != "x" else "y") + text[place + 1 :]
        with pytest.raises(ApiKeyRejected) as refused:
            actor_of_key(db, wrong, NOW)
        assert wrong not in str(refused.value)
        assert wrong[13:56] not in str(refused.value)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "bvs_",
        "bvs_" + "0" * 58,
        "bvs_00000000_" + "z" * 49,
        "bvs_00000000-" + "0" * 49,
        "å" * 62,
        "bvs_" + "²" * 58,
    ],
)
def test_what_is_no_key(people: Registry, text: str) -> None:
    with people.reading() as db, pytest.raises(ApiKeyRejected):
        actor_of_key(db, text, NOW)


def _revoked(db: Database, key: ApiKey) -> None:
    revoke_api_key(db, key.prefix, LATER, "ola")


def _ended(db: Database, _: ApiKey) -> None:
    end_account(db, "asa", LATER, "ola")


def _reopened(db: Database, _: ApiKey) -> None:
    end_account(db, "asa", LATER, "ola")
    reopen_account(db, "asa", LATER, "ola")


@pytest.mark.parametrize("how", [_revoked, _ended, _reopened])
def test_a_key_ends_at_once(people: Registry, how: Any) -> None:
    with people.writing() as db:
        key, text = key_of(db)
        assert actor_of_key(db, text, LATER).may("batch.request", "issuer")
        how(db, key)
        with pytest.raises(ApiKeyRejected):
            actor_of_key(db, text, LATER)


def test_a_key_loses_a_role_that_ends_and_does_not_get_it_back(people: Registry) -> None:
    with people.writing() as db:
        _, text = key_of(db)
        end_role(db, "asa", "issuer", "requester", now=LATER, actor="ola")
        assert actor_of_key(db, text, LATER).grants == frozenset()
        grant_role(db, "asa", "issuer", "requester", now=LATER, actor="ola")
        assert actor_of_key(db, text, LATER).grants == frozenset()
        _, another = key_of(db, now=LATER)
        assert actor_of_key(db, another, LATER).grants == {("issuer", "requester")}


@pytest.mark.parametrize("days", [1, 90, MOST_DAYS])
def test_a_key_expires_to_the_moment(people: Registry, days: int) -> None:
    with people.writing() as db:
        _, text = key_of(db, days=days)
        end = NOW + timedelta(days=days)
        assert actor_of_key(db, text, end - timedelta(microseconds=1)).account == "asa"
        with pytest.raises(ApiKeyRejected, match="expired"):
            actor_of_key(db, text, end)


@pytest.mark.parametrize(
    ("more", "refusal"),
    [
        ({"roles": ["approver"]}, ApiKeyNotAllowed),
        ({"roles": []}, ApiKeyNotAllowed),
        ({"organisation": "solo"}, ApiKeyNotAllowed),
        ({"organisation": None}, ApiKeyNotAllowed),
        ({"organisation": "nowhere"}, OrganisationNotFound),
        ({"account": "nobody"}, AccountNotFound),
        ({"days": 0}, ApiKeyNotAllowed),
        ({"days": MOST_DAYS + 1}, ApiKeyNotAllowed),
    ],
)
def test_what_key_cannot_be_made(people: Registry, more: dict[str, Any], refusal: type[Refusal]) -> None:
    with people.writing() as db, pytest.raises(refusal):
        key_of(db, **more)


def test_a_key_that_is_none_cannot_be_revoked(people: Registry) -> None:
    with people.writing() as db, pytest.raises(ApiKeyNotFound):
        revoke_api_key(db, "nothing1", NOW, "ola")


def test_moments_are_utc(people: Registry) -> None:
    with people.reading() as db:
        (held,) = memberships_of(db, "ola")
    assert held.since == datetime(2026, 3, 13, 15, 30, tzinfo=UTC)
