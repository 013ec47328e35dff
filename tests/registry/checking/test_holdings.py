"""Thousands at once get the answer that each would get: never greener than `bevis verify NUMBER`, on any day."""

import json
from collections.abc import Callable, Iterator
from datetime import date, datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import event, text

from registry.checking.gaps import Holding, gaps
from registry.checking.holdings import with_holdings
from registry.checking.workforce import Shown, Worker
from registry.command_line.demo import make_demo
from registry.command_line.place import keyring_of
from registry.issuing.changes.withdraw import annul, revoke, suspend
from registry.issuing.documents.codes import qr_text
from registry.records.issued.certificates import IssuedCertificate, certificates
from registry.records.mandates.mandate_decisions import suspend_mandate, withdraw_mandate
from registry.records.mandates.mandates import mandates
from registry.records.parties.organisations import strike_off
from registry.records.parties.signing_keys import keys_of, mark_compromised, retire_key
from registry.records.whole.directory import Registry
from registry.signing.keys import Keyring
from registry.web.source import RegistrySource
from tests.registry.checking.conftest import NOW, profile_of
from tests.registry.conftest import NOW as SMALL_NOW
from tests.registry.conftest import issue, let_history_be_changed, person, reinstate_by_two, roster
from verification.ask import ask
from verification.certificate import day_at, display_number
from verification.envelopes.cwt import compact_token, seal_cwt
from verification.judge import Verdict, judge
from verification.qr import pack
from verification.reasons import reason
from verification.situation import situation

TODAY = NOW.date()
PAST = [None, *(TODAY - timedelta(days=days) for days in (0, 1, 2, 3, 4, 6, 10, 18, 19, 29, 30, 45, 46, 100, 240, 300))]
AHEAD = [TODAY + timedelta(days=days) for days in (1, 30, 160, 400, 4000)]
ONE_EACH, IN_GROUPS = 10_000, 0
ANY = situation("site_entry").model_copy(update={"subject": None})
BETTER = {"lacking": 0, "unsure": 1, "fulfilled": 2}


def calm(_: Registry) -> None:
    """The demo as it is: one revoked, one suspended, some expired."""


def hostile(registry: Registry) -> None:
    """All that can befall certificates after they were issued, and those who issued them."""
    with registry.writing() as db:
        (key,) = keys_of(db, "eksamenshuset")
        mark_compromised(db, key.kid, NOW - timedelta(days=35), "test", now=NOW)  # before the certificates of that day
        (key,) = keys_of(db, "lindstrom")
        mark_compromised(db, key.kid, NOW - timedelta(days=60), "test", now=NOW)  # between spring and autumn
        (key,) = keys_of(db, "truckakademin")
        retire_key(db, key.kid, NOW - timedelta(hours=1), "test")
        strike_off(db, "byggskolan", TODAY - timedelta(days=6), "test")
        for one in mandates(db):
            if one.scheme == "hot-work":
                withdraw_mandate(db, one.public_id, TODAY - timedelta(days=18), "test", "test", now=NOW)
            elif one.scheme == "fork-lift":
                suspend_mandate(
                    db,
                    one.public_id,
                    TODAY - timedelta(days=46),
                    TODAY - timedelta(days=40),
                    "test",
                    "test",
                    now=NOW,
                )
        rows = {row.holder_name: row.number for row in certificates(db)}
        for holder, change, why in (
            ("Zoë Lundgren", annul, "error"),
            ("Tor Grønvold", annul, "fraud"),
            ("Ingrid Ødegård", revoke, "fraud"),
            ("Håkan Blåberg", revoke, "loss_of_competence"),
            ("Kari Nordahl", suspend, "error"),
            ("Per Arne Lid", suspend, "fraud"),
        ):
            change(db, rows[holder], reason=why, now=NOW - timedelta(days=2), actor="test")
        reinstate_by_two(db, rows["Per Arne Lid"], reason="resolved", now=NOW - timedelta(days=1), actor="test")


@pytest.fixture(scope="module", params=[calm, hostile])
def sector(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Registry]:
    made, _ = make_demo(tmp_path_factory.mktemp("checking") / "demo", NOW, public_url="https://bevis.example")
    request.param(made)
    yield made
    made.close()


@pytest.fixture(scope="module")
def rows(sector: Registry) -> list[IssuedCertificate]:
    with sector.reading() as db:
        return list(certificates(db))


def held(
    sector: Registry, shown: list[Shown], on: date | None = None, each: int = ONE_EACH, now: datetime = NOW
) -> dict[Shown, Holding]:
    worker = Worker(2, "Anna Berg", None, profile_of("work\nany_of = ['hot-work']").role[0], tuple(shown))
    with sector.reading() as db:
        ((_, found),) = with_holdings(db, sector.public_url, [worker], now=now, on=on, each_up_to=each)
    return dict(zip(shown, found, strict=True))


def verdict_on(holding: Holding, now: datetime = NOW) -> Verdict:
    found = holding.standing.findings
    dates = () if holding.dates is None else (holding.dates,)
    return judge(found._replace(findings=(*found.findings, *dates)), ANY, now)


def decisive(verdict: Verdict) -> set[tuple[str, str, str]]:
    """What speaks against it or could not be checked, with all that is said of it."""
    return {
        (one.code, one.outcome, json.dumps(dict(one.params), default=str, sort_keys=True))
        for one in verdict.reasons
        if reason(one.code).severity == "decisive" and one.outcome not in {"passed", "does_not_apply"}
    }


@pytest.mark.parametrize("each", [ONE_EACH, IN_GROUPS], ids=["each", "groups"])
@pytest.mark.parametrize("on", PAST, ids=str)
def test_every_certificate_gets_the_verdict_it_gets_alone(
    sector: Registry, rows: list[IssuedCertificate], on: date | None, each: int
) -> None:
    source = RegistrySource(sector, sector.public_url, lambda: NOW)
    found = held(sector, [Shown(number=row.number) for row in rows], on, each)
    for row in rows:
        alone = ask(source, row.number, ANY, on).verdict
        together = verdict_on(found[Shown(number=row.number)])
        assert (together.outcome, together.headline) == (alone.outcome, alone.headline), (row.holder_name, on)
        assert decisive(together) == decisive(alone), (row.holder_name, on)


@pytest.mark.parametrize("each", [ONE_EACH, IN_GROUPS], ids=["each", "groups"])
@pytest.mark.parametrize("on", AHEAD, ids=str)
def test_a_day_to_come_is_as_today_with_other_dates(
    sector: Registry, rows: list[IssuedCertificate], on: date, each: int
) -> None:
    source = RegistrySource(sector, sector.public_url, lambda: NOW)
    found = held(sector, [Shown(number=row.number) for row in rows], on, each)
    dates = {"expired", "not_yet_valid", "not_issued_yet", "in_force", "in_force_no_end"}
    for row in rows:
        today, then = ask(source, row.number, ANY).verdict, ask(source, row.number, ANY, on).verdict
        expected = {one for one in decisive(today) if one[0] not in dates}
        expected |= {one for one in decisive(then) if one[0] in dates}
        assert decisive(verdict_on(found[Shown(number=row.number)])) == expected, (row.holder_name, on)


@pytest.mark.parametrize("each", [ONE_EACH, IN_GROUPS], ids=["each", "groups"])
@pytest.mark.parametrize(
    "demand",
    [
        "",
        "level = 'B'",
        "level = 'C1'",
        "level = 'C2'",
        "level = 'D'",
        "level = 'E'",
        "third_party = true",
        "identity = 1",
        "identity = 3",
    ],
)
def test_no_cell_is_greener_than_the_verdict_in_that_situation(
    sector: Registry, rows: list[IssuedCertificate], demand: str, each: int
) -> None:
    schemes = sorted({row.scheme for row in rows})
    profile = profile_of(f"work\nany_of = {schemes}\n{demand}")
    source = RegistrySource(sector, sector.public_url, lambda: NOW)
    for on in (None, TODAY - timedelta(days=3), TODAY - timedelta(days=25)):
        # Everybody shows what is theirs, so only the certificate decides.
        people = [
            Worker(row_number, row.holder_name, None, profile.role[0], (Shown(number=row.number),))
            for row_number, row in enumerate(rows, 2)
        ]
        with sector.reading() as db:
            found = with_holdings(db, sector.public_url, people, now=NOW, on=on, each_up_to=each)
        answer = gaps(found, profile, day=on or TODAY, ahead=False, now=NOW)
        for row, person_ in zip(rows, answer.people, strict=True):
            verdict = ask(source, row.number, profile.requirement[0].situation(TODAY), on).verdict
            outcome = {"valid": "fulfilled", "invalid": "lacking", "undetermined": "unsure"}[verdict.outcome]
            assert person_.cells[0].outcome == outcome, (row.holder_name, demand, on)


def test_a_code_and_a_document_get_the_verdict_they_get_alone(sector: Registry, rows: list[IssuedCertificate]) -> None:
    source, keyring = RegistrySource(sector, sector.public_url, lambda: NOW), keyring_of(sector)
    with sector.reading() as db:
        texts = [qr_text(db, keyring, row, sector.public_url, NOW) for row in rows] + [row.vc_jwt for row in rows]
    texts += [f"{sector.public_url}/v/{display_number(rows[0].number)}", f"https://other.example/v/{rows[0].number}"]
    texts += [texts[0][:-1] + str((int(texts[0][-1]) + 1) % 10), rows[0].vc_jwt[:-6] + "AAAAAA"]
    for on in (None, TODAY - timedelta(days=3), TODAY - timedelta(days=20)):
        found = held(sector, [Shown(text=one) for one in texts], on)
        for one in texts:
            alone, together = ask(source, one, ANY, on).verdict, verdict_on(found[Shown(text=one)])
            assert (together.headline, decisive(together)) == (alone.headline, decisive(alone)), one[:60]


def test_what_a_stolen_key_made_under_a_real_number_is_shown_up(
    sector: Registry, rows: list[IssuedCertificate]
) -> None:
    """The signature is good; the register knows better."""
    row = next(one for one in rows if one.scheme == "rope-access")
    forged = row.certificate().model_copy(update={"holder_name": "Anna Berg"})
    with sector.reading() as db:
        signer = keyring_of(sector).attestation_signer(db, NOW)
    code = pack(seal_cwt(compact_token(forged), bytes.fromhex(signer.key().kid), signer), sector.public_url)
    (holding,) = held(sector, [Shown(text=code)]).values()
    assert (holding.number, holding.holder_name, holding.scheme) == (None, None, None)
    assert verdict_on(holding).headline == "signature_invalid"


def test_a_number_that_is_not_here_is_not_found(sector: Registry) -> None:
    number = "0" * 16
    (holding,) = held(sector, [Shown(number=number)]).values()
    assert (holding.number, holding.scheme) == (number, None)
    assert [one.code for one in holding.standing.findings.findings if one.outcome == "could_not_check"] == ["not_found"]


# ------------------------------------------------------------------ many


def sixty(registry: Registry, keyring: Keyring) -> None:
    """Certificates of one class."""
    names = [f"Anna {chr(65 + number // 26)}{chr(97 + number % 26)}a" for number in range(60)]
    people = [person(row, name, f"{1940 + row % 50}-05-17") for row, name in enumerate(names, 2)]
    issue(registry, keyring, "hot-work-march", roster(*people), now=SMALL_NOW)


BEGINS_WITH = {"many": sixty}


@pytest.fixture
def many(registry: Registry) -> list[str]:
    """Their numbers, in the order of the list."""
    with registry.reading() as db:
        return [row.number for row in sorted(certificates(db), key=lambda row: row.id)]


def edit(registry: Registry, statement: str, **values: object) -> None:
    """Past all that keeps records as they were."""
    with registry.writing() as db:
        let_history_be_changed(db)
        db.connection().execute(text("DELETE FROM holder_notice"))
        assert db.connection().execute(text(statement), values).rowcount == 1


def statements(registry: Registry, work: Callable[[], object]) -> int:
    counted: list[str] = []

    def count(_: Any, __: Any, statement: str, *___: Any) -> None:
        counted.append(statement)

    with registry.reading() as db:
        engine = db.get_bind()
    event.listen(engine, "before_cursor_execute", count)
    work()
    event.remove(engine, "before_cursor_execute", count)
    return len(counted)


def test_many_are_a_few_questions_to_the_database(registry: Registry, many: list[str]) -> None:
    def ask_for(numbers: list[str]) -> int:
        shown = [Shown(number=number) for number in numbers]
        return statements(registry, lambda: held(registry, shown, each=IN_GROUPS, now=SMALL_NOW))

    assert ask_for(many) == ask_for(many[:10])
    assert ask_for(many) < 40


def test_a_story_of_all_is_one_question(registry: Registry, many: list[str]) -> None:
    later = SMALL_NOW + timedelta(days=1)
    with registry.writing() as db:
        for number in many[:40]:
            suspend(db, number, reason="misuse", now=later, actor="test")
    shown = [Shown(number=number) for number in many]
    now = later + timedelta(hours=1)
    found = held(registry, shown, each=IN_GROUPS, now=now)
    headlines = [verdict_on(found[one], now).headline for one in shown]
    assert headlines == ["suspended"] * 40 + ["valid"] * 20
    assert len({id(found[one].standing) for one in shown}) == 2


@pytest.mark.parametrize("each", [ONE_EACH, IN_GROUPS], ids=["each", "groups"])
@pytest.mark.parametrize("which", [0, 30], ids=["the one that is looked at", "another"])
@pytest.mark.parametrize(
    ("statement", "values", "headline"),
    [
        pytest.param("valid_until = :day", {"day": "2050-01-01"}, "valid", id="a later end"),
        pytest.param("holder_name = :name", {"name": "Bo Ek"}, "valid", id="another name"),
        pytest.param("level = :level", {"level": "B"}, "valid", id="the same level"),
        pytest.param("facts = '{'", {}, "valid", id="facts that are none"),
        pytest.param("facts = '[]'", {}, "valid", id="facts of another shape"),
        pytest.param("facts = replace(facts, '\"hot-work\"', '\"own-course\"')", {}, "valid", id="other facts"),
        pytest.param("vc_jwt = substr(vc_jwt, 1, length(vc_jwt) - 6) || 'AAAAAA'", {}, None, id="a broken signature"),
    ],
)
def test_a_damaged_record_is_believed_no_more_than_by_itself(
    registry: Registry,
    many: list[str],
    statement: str,
    values: dict[str, object],
    headline: str | None,
    which: int,
    each: int,
) -> None:
    """What was signed counts. Only the signature of one that nobody opened is taken as read; `--each` opens all."""
    damaged = sorted(many)[which]  # one that stands first among its like is the one that is looked at
    change = f"UPDATE issued_certificate SET {statement} WHERE number = :number"  # noqa: S608 a case is no stranger
    edit(registry, change, number=damaged, **values)
    source = RegistrySource(registry, registry.public_url, lambda: SMALL_NOW)
    found = held(registry, [Shown(number=number) for number in many], each=each, now=SMALL_NOW)
    for number in many:
        alone, together = ask(source, number, ANY).verdict, found[Shown(number=number)]
        opened = headline is not None or each or number != damaged or together.scheme is None
        if opened:
            assert verdict_on(together, SMALL_NOW).headline == alone.headline
            seen = alone.certificate
            assert (together.holder_name, together.valid_until, together.scheme) == (
                (seen.holder_name, seen.valid_until, seen.scheme) if seen else (None, None, None)
            )


def test_a_certificate_without_a_history_is_not_registered(registry: Registry, many: list[str]) -> None:
    whose = "SELECT id FROM issued_certificate WHERE number = :number"
    edit(registry, f"DELETE FROM certificate_event WHERE certificate_id = ({whose})", number=many[5])  # noqa: S608 same
    for each in (ONE_EACH, IN_GROUPS):
        found = held(registry, [Shown(number=number) for number in many], each=each, now=SMALL_NOW)
        assert verdict_on(found[Shown(number=many[5])], SMALL_NOW).headline == "unknown"
        assert verdict_on(found[Shown(number=many[6])], SMALL_NOW).headline == "valid"


def test_a_key_stolen_between_two_of_one_day_parts_them(registry: Registry, keyring: Keyring, many: list[str]) -> None:
    later = SMALL_NOW + timedelta(hours=1)
    people = [person(row, f"Bo {chr(65 + row)}a", "1950-01-01") for row in range(2, 12)]
    done = issue(registry, keyring, "hot-work-march", roster(*people), now=later)
    with registry.writing() as db:
        (key,) = keys_of(db, "issuer")
        mark_compromised(db, key.kid, SMALL_NOW + timedelta(minutes=30), "test", now=SMALL_NOW)
    after = [str(row.number) for row in done.rows]
    now = later + timedelta(hours=1)
    assert day_at(later, "Europe/Stockholm") == day_at(SMALL_NOW, "Europe/Stockholm")
    found = held(registry, [Shown(number=number) for number in many + after], each=IN_GROUPS, now=now)
    assert {verdict_on(found[Shown(number=number)], now).headline for number in many} == {"valid"}
    assert {verdict_on(found[Shown(number=number)], now).headline for number in after} == {"issuer_key_compromised"}


def test_a_record_that_is_not_what_was_signed_speaks_for_no_other(registry: Registry, many: list[str]) -> None:
    first = min(many)
    change = "UPDATE issued_certificate SET valid_until = '2050-01-01', facts = replace(facts, :then, '2050-01-01')"
    with registry.reading() as db:
        until = next(str(row.valid_until) for row in certificates(db) if row.number == first)
    edit(registry, f"{change} WHERE number = :number", number=first, then=until)
    found = held(registry, [Shown(number=number) for number in many], each=IN_GROUPS, now=SMALL_NOW)
    assert {str(found[Shown(number=number)].valid_until) for number in many} == {until}


@pytest.mark.parametrize("struck", [False, True], ids=["mandate withdrawn", "issuer struck off"])
def test_what_ends_between_two_classes_parts_them_and_each_is_told_its_own_day(
    registry: Registry, keyring: Keyring, many: list[str], *, struck: bool
) -> None:
    classes = {0: many}
    for days in (2, 3):
        people = [person(row, f"Bo {chr(65 + row)}{'abcd'[days]}", "1950-01-01") for row in range(2, 12)]
        at = SMALL_NOW + timedelta(days=days)
        done = issue(registry, keyring, "hot-work-march", roster(*people), now=at)
        # The one that is looked at is the first by number: let it be one of those that are good.
        classes[days] = [str(row.number) for row in done.rows if str(row.number) > min(many)]
    with registry.writing() as db:
        (mandate,) = mandates(db)
        if struck:
            strike_off(db, "issuer", SMALL_NOW.date() + timedelta(days=1), "test")
        else:
            withdraw_mandate(db, mandate.public_id, SMALL_NOW.date() + timedelta(days=1), "test", "test", now=SMALL_NOW)
    now = SMALL_NOW + timedelta(days=4)
    numbers = [number for listed in classes.values() for number in listed]
    found = held(registry, [Shown(number=number) for number in numbers], each=IN_GROUPS, now=now)
    source = RegistrySource(registry, registry.public_url, lambda: now)
    for days, listed in classes.items():
        for number in listed:
            together, alone = verdict_on(found[Shown(number=number)], now), ask(source, number, ANY).verdict
            assert together.headline == ("issuer_not_authorised" if days else "valid")
            assert decisive(together) == decisive(alone)
