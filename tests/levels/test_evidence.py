"""What an evidence file may say, and that every fault is named by its path."""

from datetime import date
from decimal import Decimal
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from levels.evidence import (
    MAX_DOCUMENT_BYTES,
    MAX_FAULTS,
    MalformedEvidence,
    Tie,
    add_months,
    age_in_months,
    evidence_from_json,
    evidence_from_toml,
    months_completed,
    toml_table,
)

OWNS = '[[ties]]\nkind = "owns"\na = "x"\nb = "y"\n'


@pytest.mark.parametrize(
    ("text", "path", "says"),
    [
        pytest.param('issur = "x"', "issur", "did you mean issuer", id="misspelt key"),
        pytest.param(
            OWNS + "shar_percent = 5", "ties[0].shar_percent", "did you mean share_percent", id="misspelt in a tie"
        ),
        pytest.param("zzz = 1", "zzz", "bevis level schema", id="unknown key"),
        pytest.param('attended_minutes = "40"', "attended_minutes", "integer", id="text for a number"),
        pytest.param("attended_minutes = 40.5", "attended_minutes", "integer", id="half a minute"),
        pytest.param("attended_minutes = -1", "attended_minutes", "greater", id="negative minutes"),
        pytest.param("portrait = 1", "portrait", "boolean", id="a number for yes"),
        pytest.param('portrait = "yes"', "portrait", "boolean", id="text for yes"),
        pytest.param("mandatory_minutes = true", "mandatory_minutes", "integer", id="yes for a number"),
        pytest.param('max_level = "A"', "max_level", "'B', 'C1'", id="level A is reserved"),
        pytest.param('max_level = "C"', "max_level", "'B', 'C1'", id="C is no level"),
        pytest.param('exam_face = "photo"', "exam_face", "portrait", id="no word of the scale"),
        pytest.param("enrolment_ida = 4", "enrolment_ida", "3", id="IDA4"),
        pytest.param("issuer = 7", "issuer", "string", id="number for an organisation"),
        pytest.param("issuer = 7.5", "issuer", "string", id="decimal for an organisation"),
        pytest.param('issuer = ""', "issuer", "at least 1", id="empty organisation"),
        pytest.param('issuer = " x"', "issuer", "surrounding spaces", id="organisation with a space"),
        pytest.param('issuer = "a\\u202eb"', "issuer", "plain identifier", id="organisation that reads backwards"),
        pytest.param("validity_months = 0", "validity_months", "greater", id="no validity at all"),
        pytest.param('validity_months = "ever"', "validity_months", "no_end", id="another word for no end"),
        pytest.param('examiner_last_taught = "long ago"', "examiner_last_taught", "never", id="another word for never"),
        pytest.param('decided_on = "2026-02-30"', "decided_on", "day", id="impossible date in text"),
        pytest.param("decided_on = 2026-02-30", "", "line 1", id="impossible date"),
        pytest.param("decided_on = 2026-02-01T10:00:00", "decided_on", "day such as", id="a moment for a day"),
        pytest.param('decided_on = "20260201"', "decided_on", "day such as", id="another way to write a day"),
        pytest.param(
            "first_session_on = 2026-03-02\ndecided_on = 2026-03-01", "", "lies before", id="decided before it began"
        ),
        pytest.param(OWNS + "share_percent = 101", "ties[0].share_percent", "at most 100", id="101 per cent"),
        pytest.param(OWNS + "share_percent = 0", "ties[0].share_percent", "above 0", id="0 per cent"),
        pytest.param(OWNS + 'share_percent = "1/0"', "ties[0].share_percent", "number", id="one by nothing"),
        pytest.param(OWNS + 'share_percent = "1e9"', "ties[0].share_percent", "number", id="an exponent"),
        pytest.param(OWNS + "share_percent = nan", "ties[0].share_percent", "number", id="not a number"),
        pytest.param(OWNS + "share_percent = inf", "ties[0].share_percent", "number", id="infinite share"),
        pytest.param(OWNS + "share_percent = true", "ties[0].share_percent", "number", id="yes for a share"),
        pytest.param(OWNS, "ties[0]", "needs share_percent", id="ownership without a share"),
        pytest.param(
            OWNS.replace('"y"', '"x"') + "share_percent = 5", "ties[0]", "cannot own itself", id="owns itself"
        ),
        pytest.param(
            OWNS + "share_percent = 5\nsince = 2026-02-02\nuntil = 2026-02-01", "ties[0]", "lies before", id="end first"
        ),
        pytest.param('[[ties]]\nkind = "owes"\na = "x"\nb = "y"', "ties[0].kind", "'owns'", id="unknown kind of tie"),
        pytest.param(
            '[[ties]]\nkind = "control_group"\na = "x"\nb = "y"\nshare_percent = 5',
            "ties[0]",
            "only owns",
            id="share of a group",
        ),
        pytest.param('ties = "x"', "ties", "tuple", id="text for ties"),
        pytest.param('confirmed_by = { portrait = "x" }', "", "'portrait'", id="confirms what nobody confirms"),
        pytest.param("[ties_complete_age]\nx = -1", "ties_complete_age.x", "greater", id="negative age"),
        pytest.param('[[tightening]]\nrow = "I5"', "tightening[0].level", "required", id="tightening without a level"),
        pytest.param(
            '[[tightening]]\nrow = "I5"\nlevel = "D"\nfact = "attended_percent"',
            "tightening[0]",
            "threshold needs",
            id="threshold without a value",
        ),
        pytest.param("a = 1\na = 2\n", "", "line 2", id="a key twice"),
        pytest.param("issuer = \n", "", "line 1", id="no value"),
        pytest.param("\udcff", "", "UTF-8", id="another encoding"),
    ],
)
def test_a_fault_is_named_by_its_path(text: str, path: str, says: str) -> None:
    with pytest.raises(MalformedEvidence) as caught:
        evidence_from_toml(text.encode("utf-8", "surrogateescape"))
    named = dict(caught.value.faults)
    assert path in named
    assert says in named[path]


def test_all_faults_of_a_file_are_told_at_once() -> None:
    with pytest.raises(MalformedEvidence) as caught:
        evidence_from_toml(b'portrait = 1\nissur = "x"\nmax_level = "Q"\nvalidity_months = "x"')
    assert sorted(path for path, _ in caught.value.faults) == ["issur", "max_level", "portrait", "validity_months"]


@pytest.mark.parametrize(
    "text",
    [
        pytest.param('{"portrait": true, "portrait": false}', id="a member twice"),
        pytest.param('{"attended_minutes": NaN}', id="NaN"),
        pytest.param("[1]", id="no table"),
        pytest.param("", id="empty"),
        pytest.param("[" * 100_000, id="nested without end"),
        pytest.param('{"decided_on": 1780000000}', id="seconds for a day"),
    ],
)
def test_json_is_read_as_strictly(text: str) -> None:
    with pytest.raises(MalformedEvidence):
        evidence_from_json(text.encode())


def test_json_and_toml_say_the_same() -> None:
    toml = evidence_from_toml(b'decided_on = 2026-03-01\nmax_level = "D"\n' + OWNS.encode() + b"share_percent = 24.5")
    json = evidence_from_json(
        b'{"decided_on": "2026-03-01", "max_level": "D",'
        b' "ties": [{"kind": "owns", "a": "x", "b": "y", "share_percent": 24.5}]}'
    )
    assert toml == json
    assert toml.ties[0].share_percent == Fraction(49, 2)


MANY = 50_000
DEEP = "a." * MANY + "a"


@pytest.mark.parametrize(
    ("text", "says"),
    [
        pytest.param(f"\n\n{DEEP} = 1", "line 3: a key has more than 32 dots", id="a key of very many parts"),
        pytest.param(f"[{DEEP}]", "32 dots", id="the name of a table"),
        pytest.param(f"[[{DEEP}]]", "32 dots", id="the name of a list of tables"),
        pytest.param('\'a\' . "b.\\"c" . ' * MANY + "a = 1", "32 dots", id="parts in quotes"),
        pytest.param(f"x = {{ y = 1, {DEEP} = 1 }}", "32 dots", id="within a value"),
        pytest.param(f'x = {{ y = """a\n"""", {DEEP} = 1 }}', "32 dots", id="after a quote at the end of long text"),
        pytest.param(f"x = {{ y = '''a\n''''', {DEEP} = 1 }}", "32 dots", id="after two of them"),
        pytest.param('x = "' + '\\"' * MANY, "not TOML", id="a string without an end"),
        pytest.param('"\\' * MANY, "not TOML", id="quotes and strokes"),
        pytest.param("x = " + "[" * MANY, "nested too deeply", id="lists in lists"),
        pytest.param("x = " + "{a = " * MANY, "nested too deeply", id="tables in tables"),
        pytest.param("x = " + "9" * 5000, "number is too long", id="a number of 5000 digits"),
        pytest.param("x = 1e99999999999999999999", "number is too long", id="a number with a huge exponent"),
        pytest.param(OWNS + "share_percent = 0x" + "f" * 5000, "at most 100", id="5000 digits in base 16"),
    ],
)
def test_what_would_take_very_long_to_read_is_refused(text: str, says: str) -> None:
    with pytest.raises(MalformedEvidence, match=says) as caught:
        evidence_from_toml(text.encode())
    assert len(caught.value.faults) == 1


@pytest.mark.parametrize(
    ("text", "value"),
    [
        pytest.param("x = '" + "a." * MANY + "'", "a." * MANY, id="text in quotes"),
        pytest.param('x = """' + '\n"a.a". \\"""\\' * 99 + '\n"""', '"a.a". """' * 99, id="text on many lines"),
        pytest.param("# " + "a." * MANY + "\nx = 1", 1, id="a comment"),
        pytest.param("x = [" + "1.5, " * 99 + "]", [Decimal("1.5")] * 99, id="numbers in a list"),
        pytest.param("\ufeffx = 1", 1, id="a byte order mark"),
    ],
)
def test_dots_that_join_no_parts_of_a_key_are_free(text: str, value: object) -> None:
    assert toml_table(text.encode())["x"] == value


def test_a_key_may_have_32_dots() -> None:
    table: object = toml_table(b"a." * 32 + b"a = 1")
    for _ in range(33):
        assert isinstance(table, dict)
        table = table["a"]
    assert table == 1


def test_a_key_that_is_too_long_to_show_is_cut() -> None:
    with pytest.raises(MalformedEvidence) as caught:
        evidence_from_toml(b"k" * MANY + b" = 1")
    assert caught.value.faults[0][0] == "k" * 200 + "…"


@pytest.mark.parametrize(
    ("text", "first", "more"),
    [
        pytest.param("".join(f"k{n} = 1\n" for n in range(1000)), "k0", 950, id="unknown names"),
        pytest.param("ties = [" + "{}, " * 1000 + "]", "ties[0].kind", 2950, id="bad ties"),
    ],
)
def test_of_very_many_faults_the_first_are_told_and_the_others_counted(text: str, first: str, more: int) -> None:
    with pytest.raises(MalformedEvidence) as caught:
        evidence_from_toml(text.encode())
    faults = caught.value.faults
    assert len(faults) == MAX_FAULTS + 1
    assert (faults[0][0], faults[-1]) == (first, ("", f"and {more} more"))


def test_a_file_that_is_too_large_is_refused() -> None:
    with pytest.raises(MalformedEvidence, match="larger"):
        evidence_from_toml(b" " * (MAX_DOCUMENT_BYTES + 1))


def test_a_tie_holds_on_both_its_ends() -> None:
    tie = Tie(kind="shared_staff", a="x", b="y", since="2026-01-01", until="2026-01-31")  # type: ignore[arg-type]
    days = [date(2025, 12, 31), date(2026, 1, 1), date(2026, 1, 31), date(2026, 2, 1)]
    assert [tie.holds_on(day) for day in days] == [False, True, True, False]


@pytest.mark.parametrize(
    ("since", "on", "age", "completed"),
    [
        ("2025-06-15", "2026-06-15", 12, 12),
        ("2025-06-15", "2026-06-16", 13, 12),
        ("2025-06-15", "2026-06-14", 12, 11),
        ("2026-06-15", "2026-06-15", 0, 0),
        ("2026-06-15", "2026-06-16", 1, 0),
        ("2025-01-31", "2025-02-28", 1, 1),
        ("2025-01-31", "2025-03-01", 2, 1),
        ("2024-02-29", "2025-02-28", 12, 12),
        ("2024-02-29", "2025-03-01", 13, 12),
        ("2024-06-16", "2026-06-15", 24, 23),
    ],
)
def test_ages_round_up_and_waiting_times_round_down(since: str, on: str, age: int, completed: int) -> None:
    first, last = date.fromisoformat(since), date.fromisoformat(on)
    assert (age_in_months(first, last), months_completed(first, last)) == (age, completed)


@given(st.dates(date(1990, 1, 1), date(2060, 1, 1)), st.integers(0, 4000))
def test_an_age_is_the_least_and_a_waiting_time_the_greatest_number_of_months(since: date, days: int) -> None:
    on = date.fromordinal(since.toordinal() + days)
    age, completed = age_in_months(since, on), months_completed(since, on)
    assert add_months(since, age) >= on
    assert age == 0 or add_months(since, age - 1) < on
    assert add_months(since, completed) <= on < add_months(since, completed + 1)


def test_a_day_in_the_future_has_no_age() -> None:
    with pytest.raises(ValueError, match="lies after"):
        age_in_months(date(2026, 1, 2), date(2026, 1, 1))
    with pytest.raises(ValueError, match="lies after"):
        months_completed(date(2026, 1, 2), date(2026, 1, 1))
