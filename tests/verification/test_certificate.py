import string
from copy import deepcopy
from datetime import UTC, date, datetime
from types import ModuleType
from typing import Any

import orjson
import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from levels.level import Level
from tests.verification.vectors.ground import spelled_out
from verification.certificate import (
    CROCKFORD,
    Certificate,
    IdentityAssurance,
    MalformedNumber,
    Party,
    StatusPlace,
    did_web,
    display_number,
    end_of,
    new_number,
    number_bytes,
    parse_number,
    start_of,
)
from verification.claims import MalformedCertificate, claims_like, from_claims, to_claims

URL = "https://bevis.example"
CODES = st.text(string.ascii_lowercase + string.digits, min_size=1, max_size=20)
LINES = (
    st.text(st.characters(exclude_categories=["Cc", "Cf", "Cs", "Zl", "Zp"]), min_size=1, max_size=60)
    .map(str.strip)
    .filter(bool)
)
DAYS = st.dates(date(1990, 1, 1), date(2150, 12, 31))
PARTIES = st.builds(Party, id=CODES, name=LINES)
LEVELS = st.sampled_from(list(Level))
MAYBE_MINUTES = st.none() | st.integers(0, 100_000)
ZONES = st.sampled_from(["Europe/Stockholm", "Europe/Oslo", "UTC"])


@st.composite
def certificates(draw: st.DrawFn) -> Certificate:
    first, last = sorted((draw(DAYS), draw(DAYS)))
    birth = draw(st.none() | st.dates(date(1900, 1, 1), date(2020, 1, 1)))
    return Certificate(
        number=new_number(draw(st.binary(min_size=10, max_size=10).filter(any))),  # it corrects no other than 0000…
        holder_name=draw(LINES),
        birth_date=birth,
        birth_year=draw(st.sampled_from([None, birth.year])) if birth else draw(st.none() | st.integers(1900, 2200)),
        birth_in_code=draw(st.sampled_from(["none", "year", "date"] if birth else ["none", "year"])),
        scheme=draw(CODES),
        scheme_version=draw(CODES),
        title=draw(st.dictionaries(st.sampled_from(["sv", "nb", "en"]), LINES, min_size=1)),
        content=draw(
            st.dictionaries(st.sampled_from(["sv", "nb", "en"]), st.lists(LINES, min_size=1, max_size=4).map(tuple))
        ),
        level=draw(LEVELS),
        edition="2026-01-01",
        training_provider=draw(st.none() | PARTIES),
        examination_body=draw(st.none() | PARTIES),
        issuer=draw(PARTIES),
        scheme_owner=draw(PARTIES),
        register_keeper=draw(st.none() | PARTIES),
        mandate=draw(st.none() | CODES),
        party=draw(st.sampled_from([None, "first", "second", "third"])),
        identity=IdentityAssurance(enrolment=draw(st.none() | st.integers(0, 3)), exam=draw(st.none() | st.just(2))),
        course_first_on=draw(st.none() | st.just(first)),
        course_last_on=draw(st.none() | st.just(last)),
        issued_at=draw(st.datetimes(datetime(2000, 1, 1), datetime(2100, 1, 1), timezones=st.just(UTC))),  # noqa: DTZ001 the zone is drawn beside
        valid_from=first,
        valid_until=draw(st.none() | st.just(last)),
        time_zone=draw(ZONES),
        attended_minutes=draw(MAYBE_MINUTES),
        mandatory_minutes=draw(MAYBE_MINUTES),
        delivery=draw(st.none() | LINES),
        corrects=draw(st.sampled_from([None, "0" * 16])),
        renews=draw(st.sampled_from([None, "1" * 16])),
        scope_classes=tuple(draw(st.lists(LINES, max_size=3))),
        restrictions=tuple(draw(st.lists(LINES, max_size=3))),
        status=StatusPlace(list=draw(st.integers(0, 999)), index=draw(st.integers(0, 131_071))),
    )


@given(certificates())
def test_claims_say_what_the_certificate_says(certificate: Certificate) -> None:
    claims = to_claims(certificate, did_web(URL, certificate.issuer.id), URL)
    assert from_claims(claims) == certificate


@given(certificates(), certificates())
def test_claims_written_after_anothers_are_those_written_alone(one: Certificate, other: Certificate) -> None:
    """Of somebody else with the same course: byte for byte, whichever way they were written."""
    own = {
        name: getattr(other, name)
        for name in ("number", "holder_name", "birth_date", "birth_year", "issued_at", "renews", "status")
        if getattr(one, name) is not None and getattr(other, name) is not None
    }
    theirs, did = one.model_copy(update=own), did_web(URL, one.issuer.id)
    written = to_claims(one, did, URL)
    before = orjson.dumps(written)
    assert orjson.dumps(claims_like(written, theirs, URL)) == orjson.dumps(to_claims(theirs, did, URL))
    assert orjson.dumps(written) == before


@given(st.binary(min_size=10, max_size=10))
def test_a_number_is_its_eighty_bits(data: bytes) -> None:
    number = new_number(data)
    assert number_bytes(number) == data
    assert parse_number(display_number(number)) == number


@pytest.mark.parametrize(
    ("text", "number"),
    [
        pytest.param("0123-4567-89ab-cdef", "0123456789ABCDEF", id="lower case"),
        pytest.param(" 0123 4567 89AB CDEF ", "0123456789ABCDEF", id="spaces"),
        pytest.param("OI23-4567-89AB-CDEF", "0123456789ABCDEF", id="letters that look like digits"),
        pytest.param("0l23–4567–89AB–CDEF", "0123456789ABCDEF", id="long dashes"),
    ],
)
def test_a_number_is_read_as_people_type_it(text: str, number: str) -> None:
    assert parse_number(text) == number


@pytest.mark.parametrize(
    "text", ["", "0123", "0123456789ABCDEFG", "U123456789ABCDEF", "0123456789ABCDE\u0660", "ı123456789ABCDEF", "-" * 70]
)
def test_what_is_no_number_is_refused(text: str) -> None:
    with pytest.raises(MalformedNumber):
        parse_number(text)
    assert "U" not in CROCKFORD


@pytest.mark.parametrize(
    ("fact", "value"),
    [
        pytest.param("holder_name", "Eva\u202eavE", id="turns the text around"),
        pytest.param("holder_name", "Eva\nSvensson", id="breaks the line"),
        pytest.param("holder_name", "Eva\u200bS", id="invisible"),
        pytest.param("holder_name", " Eva", id="leading space"),
        pytest.param("holder_name", "\ud800", id="half a character"),
        pytest.param("number", "U123456789ABCDEF", id="no number"),
        pytest.param("time_zone", "Europe/Nowhere", id="no such zone"),
        pytest.param("time_zone", "../etc/passwd", id="a path"),
        pytest.param("valid_until", date(2020, 1, 1), id="ends before it begins"),
        pytest.param("birth_year", 1988, id="another year than the date's"),
        pytest.param("issued_at", datetime(2026, 1, 1), id="no zone"),  # noqa: DTZ001 that is the case
        pytest.param("level", "A", id="no such level"),
        pytest.param("scheme", "a/b", id="not a code"),
        pytest.param("renews", "7Q4M-2XKD-9RTB-0HWC", id="a number with dashes"),
    ],
)
def test_impossible_facts_are_refused(world: ModuleType, fact: str, value: object) -> None:
    facts = {name: getattr(world.CERTIFICATE, name) for name in Certificate.model_fields}
    with pytest.raises(ValidationError):
        Certificate(**{**facts, fact: value})


def test_lineage_names_two_other_certificates(world: ModuleType) -> None:
    facts = {name: getattr(world.CERTIFICATE, name) for name in Certificate.model_fields}
    for corrects, renews in ((facts["number"], None), (None, facts["number"]), ("0" * 16, "0" * 16)):
        with pytest.raises(ValidationError, match="two other certificates"):
            Certificate(**{**facts, "corrects": corrects, "renews": renews})
    assert Certificate(**{**facts, "corrects": "0" * 16, "renews": "1" * 16})


LINEAGE = {"corrects": "0" * 16, "renews": "1" * 16}


def claims_of(world: ModuleType, **change: Any) -> dict[str, Any]:
    return to_claims(world.CERTIFICATE.model_copy(update=change), did_web(URL, world.EXAMINER.id), URL)


def test_lineage_is_said_where_it_is_stated_and_nowhere_else(world: ModuleType) -> None:
    without = claims_of(world)
    assert not set(without["credentialSubject"]["competence"]) & set(LINEAGE)
    for stated in ({"corrects": "0" * 16}, {"renews": "1" * 16}, LINEAGE):
        claims = claims_of(world, **stated)
        assert claims["@context"] == without["@context"]
        assert claims["credentialSubject"]["competence"] == without["credentialSubject"]["competence"] | stated


@pytest.mark.parametrize("lineage", [{}, LINEAGE], ids=["first of its line", "with lineage"])
def test_terms_may_be_spelled_out_as_the_first_certificates_have_them(
    world: ModuleType, lineage: dict[str, str]
) -> None:
    claims = spelled_out(claims_of(world, **lineage))
    assert from_claims(claims) == world.CERTIFICATE.model_copy(update=lineage)
    terms: dict[str, Any] = claims["@context"][2]["competence"]["@context"]
    # All of them, and as they were: whoever takes a word out, or its meaning, has another certificate than was signed.
    for term in terms:
        for changed in ({**terms, term: f"https://elsewhere.example/{term}"}, {**terms, term: None}):
            _refused(claims, changed)
        _refused(claims, {name: meaning for name, meaning in terms.items() if name != term})
    _refused(claims, {**terms, "added": f"{URL}/ns#added"})
    _refused(claims, {**terms, "@vocab": f"{URL}/ns#"})


def _refused(claims: dict[str, Any], terms: dict[str, Any]) -> None:
    competence = {**claims["@context"][2]["competence"], "@context": terms}
    with pytest.raises(MalformedCertificate):
        from_claims({**claims, "@context": [*claims["@context"][:2], {"competence": competence}]})


def _paths(value: object, path: tuple[Any, ...] = ()) -> list[tuple[Any, ...]]:
    inside = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else []
    return [path, *(step for key, inner in inside for step in _paths(inner, (*path, key)))]


@pytest.mark.parametrize("lineage", [{}, LINEAGE], ids=["first of its line", "with lineage"])
@pytest.mark.parametrize("damage", ["remove", "other type", "add"])
def test_claims_with_any_member_changed_are_refused(world: ModuleType, damage: str, lineage: dict[str, str]) -> None:
    for path in _paths(claims_of(world, **lineage))[1:]:
        claims = claims_of(world, **lineage)
        holder: Any = claims
        for step in path[:-1]:
            holder = holder[step]
        if damage == "remove":
            del holder[path[-1]]
        elif damage == "other type":
            holder[path[-1]] = [holder[path[-1]]] if not isinstance(holder[path[-1]], list) else "text"
        elif isinstance(holder[path[-1]], dict):
            holder[path[-1]]["@added"] = "x"
        else:
            continue
        # What is optional may be left out: the certificate then simply does not say it.
        try:
            read = from_claims(claims)
        except MalformedCertificate:
            continue
        assert damage == "remove", path
        assert to_claims(read, did_web(URL, world.EXAMINER.id), URL) == claims


def test_a_name_that_looks_like_json_ld_is_only_a_name(world: ModuleType) -> None:
    certificate = world.CERTIFICATE.model_copy(update={"holder_name": "@type"})
    claims = to_claims(certificate, did_web(URL, world.EXAMINER.id), URL)
    assert from_claims(deepcopy(claims)).holder_name == "@type"


def test_status_entries_are_as_the_standard_has_them(world: ModuleType) -> None:
    for entry in claims_of(world)["credentialStatus"]:
        assert entry["type"] == "BitstringStatusListEntry"
        assert entry["statusListIndex"] == "48213"
        assert entry["id"] != entry["statusListCredential"]
        assert not {"statusSize", "statusMessage"} & set(entry)


def test_no_end_means_no_valid_until(world: ModuleType) -> None:
    endless = world.CERTIFICATE.model_copy(update={"valid_until": None, "level": Level.E})
    assert "validUntil" not in to_claims(endless, did_web(URL, world.EXAMINER.id), URL)


@pytest.mark.parametrize(
    ("public_url", "organisation", "did"),
    [
        ("http://127.0.0.1:8000", "norrbygg", "did:web:127.0.0.1%3A8000:o:norrbygg"),
        ("https://bevis.example", None, "did:web:bevis.example"),
        ("https://sektor.example/bevis", "a", "did:web:sektor.example:bevis:o:a"),
    ],
)
def test_did_web(public_url: str, organisation: str | None, did: str) -> None:
    assert did_web(public_url, organisation) == did


@pytest.mark.parametrize(
    ("day", "hours"),
    [(date(2026, 3, 29), 23), (date(2026, 10, 25), 25), (date(2026, 7, 1), 24), (date(2028, 2, 29), 24)],
)
def test_a_day_lasts_as_long_as_it_does_there(day: date, hours: int) -> None:
    assert (end_of(day, "Europe/Stockholm") - start_of(day, "Europe/Stockholm")).total_seconds() == hours * 3600
