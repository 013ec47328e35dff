import contextlib

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import TypeAdapter, ValidationError

from levels.evidence import MAX_FAULTS
from registry.errors import MalformedInput
from registry.records.parties.organisations import NewDeclaration, NewOrganisation, NewTie, Sector
from registry.records.sector.scheme_document import NewScheme
from registry.records.sittings.occasions import NewOccasion
from registry.records.strict_input import Line, Slug, parse, read_toml
from tests.registry.conftest import HOT_WORK, OCCASION, occasion_like

ORGANISATION = {"id": "acme", "name": "Acme", "registered_on": "2020-01-01"}
TIE = {"kind": "owns", "a": "a-one", "b": "b-two", "share_percent": 30}
DECLARATION = {"organisation": "acme", "kind": "appeals", "on": "2026-01-01"}


@pytest.mark.parametrize(
    ("shape", "base", "change", "path", "says"),
    [
        pytest.param(NewOrganisation, ORGANISATION, {"nmae": "x"}, "nmae", "did you mean name", id="misspelt"),
        pytest.param(NewOrganisation, ORGANISATION, {"id": "Å B"}, "id", "2 to 32", id="no slug"),
        pytest.param(NewOrganisation, ORGANISATION, {"id": "f-8507121234"}, "id", "national number", id="number"),
        pytest.param(NewOrganisation, ORGANISATION, {"sector_body": "yes"}, "sector_body", "boolean", id="type"),
        pytest.param(NewOrganisation, ORGANISATION, {"kind": "club"}, "kind", "'organisation'", id="kind"),
        pytest.param(NewOrganisation, ORGANISATION, {"registered_on": "2025-02-29"}, "registered_on", "date", id="day"),
        pytest.param(NewOrganisation, ORGANISATION, {"struck_off_on": "2019-01-01"}, "", "before", id="end first"),
        pytest.param(NewOrganisation, ORGANISATION, {"name": "a\u202eb"}, "name", "invisible", id="turned text"),
        pytest.param(NewTie, TIE, {"a": "b-two"}, "", "cannot own itself", id="owns itself"),
        pytest.param(NewTie, TIE, {"share_percent": 101}, "", "at most 100", id="101 per cent"),
        pytest.param(NewTie, TIE, {"share_percent": 0}, "", "above 0", id="nothing owned"),
        pytest.param(NewTie, TIE, {"share_percent": None}, "", "needs share_percent", id="no share"),
        pytest.param(NewTie, TIE, {"share_percent": 2.5}, "share_percent", "valid", id="binary float"),
        pytest.param(
            NewTie, TIE, {"since": "2026-01-02", "until": "2026-01-01"}, "", "before since", id="tie ends first"
        ),
        pytest.param(NewDeclaration, DECLARATION, {"kind": "apeals"}, "kind", "must be", id="declaration kind"),
        pytest.param(NewDeclaration, DECLARATION, {"value": 2}, "", "true or false", id="number for yes"),
        pytest.param(
            NewDeclaration, DECLARATION, {"confirmed_by": "b-two"}, "", "not confirmed by", id="unconfirmable"
        ),
        pytest.param(NewScheme, HOT_WORK, {"max_level": "A"}, "max_level", "'B', 'C1'", id="level A"),
        pytest.param(NewScheme, HOT_WORK, {"max_level": "D"}, "", "above max_level", id="target above"),
        pytest.param(NewScheme, HOT_WORK, {"time_zone": "Mars/Base"}, "time_zone", "time zone", id="time zone"),
        pytest.param(NewScheme, HOT_WORK, {"mandatory_minutes": -1}, "mandatory_minutes", "greater", id="minutes"),
        pytest.param(NewScheme, HOT_WORK, {"titles": {"sv": "x", "nb": "x"}}, "titles.en", "missing", id="language"),
        pytest.param(
            NewScheme, HOT_WORK, {"validity": {"months": 0}}, "validity.months", "greater than", id="no validity"
        ),
        pytest.param(
            NewScheme,
            HOT_WORK,
            {"content": {lang: ["x" * 500] * 13 for lang in ("sv", "nb", "en")}},
            "content",
            "by 2500 bytes",
            id="long",
        ),
        pytest.param(NewOccasion, OCCASION, {"restrictions": ["x" * 101] * 5}, "", "too long for a QR code", id="code"),
        pytest.param(NewOccasion, OCCASION, {"decided_on": "2026-03-11"}, "", "before exam_on", id="decided first"),
        pytest.param(NewOccasion, OCCASION, {"exam_supervision": "zoom"}, "exam_supervision", "'login'", id="scale"),
        pytest.param(
            NewOccasion,
            OCCASION,
            {"session": [{"on": "2026-03-11", "minutes": "480"}]},
            "session[0].minutes",
            "integer",
            id="nested",
        ),
        pytest.param(
            NewOccasion,
            OCCASION,
            {"identity": {"exam": {"metod": "passport"}}},
            "identity.exam.metod",
            "did you mean method",
            id="nested misspelt",
        ),
        pytest.param(
            NewOccasion, OCCASION, {"facts": {"decider_appart": True}}, "", "did you mean decider_apart", id="fact"
        ),
        pytest.param(NewOccasion, OCCASION, {"facts": {"exam_ida": 4}}, "", "facts.exam_ida", id="fact out of range"),
        pytest.param(NewOccasion, OCCASION, {"facts": {"issuer": "x"}}, "", "is no fact", id="issuer as a fact"),
    ],
)
def test_each_fault_is_named_by_its_path(
    shape: type, base: dict[str, object], change: dict[str, object], path: str, says: str
) -> None:
    with pytest.raises(MalformedInput) as caught:
        parse({name: value for name, value in (base | change).items() if value is not None}, shape)
    assert [where for where, _ in caught.value.faults] == [path]
    assert says in caught.value.faults[0][1]


def test_every_fault_is_told_at_once() -> None:
    with pytest.raises(MalformedInput) as caught:
        read_toml(
            b'organisation = [{id = "x", name = "X"}]\ntie = [{kind = "knows", a = "aa", b = "bb"}]\nti = 1', Sector
        )
    assert {path for path, _ in caught.value.faults} == {
        "organisation[0].id",
        "organisation[0].registered_on",
        "tie[0].kind",
        "ti",
    }


@pytest.mark.parametrize(
    ("data", "says"),
    [
        (b"\xff\xfe", "UTF-8"),
        (b"x =", "not TOML"),
        (b"x = " + b"[" * 5000, "TOML"),
        (b"#" * 2_000_000, "larger"),
        (b"organisation = nan", "organisation"),
        (b"x = " + b"9" * 5000, "number is too long"),
        (b"\n" + b"a." * 50_000 + b"a = 1", "line 2: a key has more than 32 dots"),
        (b"[" + b"a." * 50_000 + b"a]", "32 dots"),
        (b"x = 0x" + b"f" * 5000, "cannot be read"),
    ],
)
def test_a_file_that_is_none_is_refused(data: bytes, says: str) -> None:
    with pytest.raises(MalformedInput, match=says):
        read_toml(data, Sector)


def test_of_very_many_faults_the_first_are_told_and_the_others_counted() -> None:
    with pytest.raises(MalformedInput) as caught:
        read_toml(b"tie = [" + b"{knd = 1}, " * 1000 + b"]", Sector)
    assert len(caught.value.faults) == MAX_FAULTS + 1
    assert caught.value.faults[0] == ("tie[0].kind", "is missing")
    assert caught.value.faults[-1] == ("", "and 3950 more")


@given(data=st.binary(max_size=200) | st.text(max_size=200).map(str.encode))
def test_nothing_but_a_refusal_comes_out_of_rubbish(data: bytes) -> None:
    with contextlib.suppress(MalformedInput):
        read_toml(data, NewTie)


def test_shares_with_a_point_stay_exact() -> None:
    tie = read_toml(b'kind = "owns"\na = "aa"\nb = "bb"\nshare_percent = 24.9', NewTie).tie()
    assert str(tie.share_percent) == "249/10"


def test_what_is_read_is_what_is_kept() -> None:
    new = occasion_like(OCCASION)
    assert parse(new.model_dump(mode="json"), NewOccasion) == new


@pytest.mark.parametrize("text", ["190302139811", "0302139811", "030213-9811", "x-19030213-9811", "14023912024"])
def test_no_id_is_a_national_number(text: str) -> None:
    with pytest.raises(ValidationError) as refused:
        TypeAdapter(Slug).validate_python(text)
    assert text not in str([error["msg"] for error in refused.value.errors()])


@pytest.mark.parametrize("text", ["hot-work-2026", "s-2026-03-11", "20260311-t0900", "a1", "0123456789012345"])
def test_an_id_with_digits_is_an_id(text: str) -> None:
    assert TypeAdapter(Slug).validate_python(text) == text


@pytest.mark.parametrize(
    ("text", "held"),
    [
        ("Anna 190302139811", True),
        ("030213-9811", True),
        ("140239 12024", True),
        ("070-123 45 67", False),
        ("0701234567", False),
        ("SS-EN 60079-17:2024", False),
        ("2026-03-11 till 2026-03-13", False),
        ("ISO 9001:2015, 12.4", False),
    ],
)
def test_no_line_holds_a_national_number(text: str, held: bool) -> None:
    if held:
        with pytest.raises(ValidationError):
            TypeAdapter(Line).validate_python(text)
    else:
        assert TypeAdapter(Line).validate_python(text) == text
